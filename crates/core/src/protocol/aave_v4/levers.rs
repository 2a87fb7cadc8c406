//! What governance may move, and whom that reaches.
//!
//! A change of factor, bonus or fee adds a set of parameters: whoever has a position keeps the set that it
//! has until it acts, so nobody becomes liquidatable by it. Target health, the hub's fee and caps hold at
//! once. A factor times the largest bonus, rounded up, stays below 100 %.

use super::action::Action;
use super::hub::NO_CAP;
use super::machine::Market;
use super::math::Ruled;
use super::rejection::Rejection;
use super::spoke::{DynamicConfig, LiquidationConfig};
use super::spoke_setup::LENDING;
use crate::protocol::{AssetId, Governed, Lever, LeverKind, in_bps, of_bps};
use crate::units::{Bps, Ratio, WAD};

/// Everything, in basis points.
const WHOLE: u128 = 10_000;
/// Largest product of factor and bonus that, rounded up, stays below 100 %.
const PRODUCT_MAX: u128 = 99_990_000;
/// Largest factor.
const FACTOR_MAX: u128 = 9_999;
/// Largest target health told: 2.
const TARGET_MAX: u128 = 20_000;

/// The lending spoke's lever, then those of every reserve.
pub(super) fn levers(market: &Market) -> Vec<Lever> {
    let target = market.ledger.spoke(LENDING).map(|spoke| Lever {
        name: "target_health".to_owned(),
        kind: LeverKind::TargetHealth,
        governs: Governed::All,
        value: in_bps(spoke.liquidation.target_health.0, WAD),
        min: WHOLE,
        max: TARGET_MAX,
    });
    let mut levers = Vec::from_iter(target);
    for id in (0..).map(AssetId).take(market.tokens().len()) {
        levers.extend(of_reserve(market, id).into_iter().flatten());
    }
    levers
}

/// The set of an asset's parameters that is newest, and what the hub allows the spoke.
fn of_reserve(market: &Market, id: AssetId) -> Option<[Lever; 6]> {
    let place = (id, market.tokens().get(usize::from(id.0))?.symbol.as_str());
    let reserve = market.reserve(id)?;
    let set = reserve.dynamic(reserve.latest_key());
    let hub = market.asset(reserve.asset)?;
    let limits = hub.spoke(LENDING).ok()?.config;
    let (factor, bonus) = (
        u128::from(set.collateral_factor.0),
        u128::from(set.max_bonus),
    );
    let factor_max = PRODUCT_MAX.checked_div(bonus).unwrap_or(0).min(FACTOR_MAX);
    let bonus_max = PRODUCT_MAX.checked_div(factor).unwrap_or(u128::MAX);
    let lever = |kind, name, value, bounds| Lever::of_asset(place, (kind, name), value, bounds);
    Some([
        lever(
            LeverKind::LiquidationThreshold,
            "collateral_factor",
            factor,
            (0, factor_max),
        ),
        lever(
            LeverKind::LiquidationBonus,
            "max_liquidation_bonus",
            bonus,
            (WHOLE, bonus_max.min(u16::MAX.into())),
        ),
        lever(
            LeverKind::ProtocolFee,
            "liquidation_fee",
            set.fee.0.into(),
            (0, WHOLE),
        ),
        lever(
            LeverKind::ReserveFactor,
            "liquidity_fee",
            hub.state.liquidity_fee.0.into(),
            (0, WHOLE),
        ),
        lever(
            LeverKind::SupplyCap,
            "add_cap",
            limits.add_cap.into(),
            (0, NO_CAP.into()),
        ),
        lever(
            LeverKind::BorrowCap,
            "draw_cap",
            limits.draw_cap.into(),
            (0, NO_CAP.into()),
        ),
    ])
}

/// The administrator's call that sets a lever.
pub(super) fn call(market: &Market, lever: &Lever, value: u128) -> Ruled<Action> {
    let Some(asset) = lever.governs.asset() else {
        let present = market.ledger.spoke(LENDING)?.liquidation;
        return Ok(Action::UpdateLiquidationConfig {
            spoke: LENDING,
            config: LiquidationConfig {
                target_health: Ratio(of_bps(value, WAD)),
                ..present
            },
        });
    };
    let reserve = market.ledger.reserve(asset)?;
    let hub = market.ledger.asset(reserve.asset)?;
    let bps = Bps(u16::try_from(value).unwrap_or(u16::MAX));
    let cap = u64::try_from(value).unwrap_or(NO_CAP);
    let set = reserve.dynamic(reserve.latest_key());
    let limits = hub.spoke(LENDING)?.config;
    let with = |config| Action::AddDynamicConfig {
        reserve: asset,
        config,
    };
    let limited = |config| Action::UpdateSpokeConfig {
        asset: reserve.asset,
        spoke: LENDING,
        config,
    };
    Ok(match lever.kind {
        LeverKind::LiquidationThreshold => with(DynamicConfig {
            collateral_factor: bps,
            ..set
        }),
        LeverKind::LiquidationBonus => with(DynamicConfig {
            max_bonus: bps.0.into(),
            ..set
        }),
        LeverKind::ProtocolFee => with(DynamicConfig { fee: bps, ..set }),
        LeverKind::ReserveFactor => Action::UpdateAssetConfig {
            asset: reserve.asset,
            liquidity_fee: bps,
            fee_receiver: hub.fee_receiver,
            reinvestment_controller: hub.reinvestment_controller,
        },
        LeverKind::SupplyCap => limited(super::HubSpokeConfig {
            add_cap: cap,
            ..limits
        }),
        LeverKind::BorrowCap => limited(super::HubSpokeConfig {
            draw_cap: cap,
            ..limits
        }),
        _ => return Err(Rejection::InvalidLiquidationConfig),
    })
}

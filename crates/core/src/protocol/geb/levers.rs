//! What governance may move where it has not given that up, as RAI's gave up most.
//!
//! The contracts put hardly any bound on these numbers; those here keep out what no system could work
//! with: debt worth more than its collateral, or a penalty that takes more than twice the debt. Running
//! auctions keep the discounts that they began with.

use super::Geb;
use super::action::Action;
use super::parameter::{HouseParameter, Parameter};
use super::rejection::Ruled;
use crate::protocol::{AssetId, Lever, LeverKind, in_bps, in_tokens, of_bps, of_tokens};
use crate::units::{RAY, U256, WAD, mul};

/// Everything, in basis points.
const WHOLE: u128 = 10_000;
/// Largest ratio: ten times the debt.
const RATIO_MAX: u128 = 100_000;
/// Largest penalty: as much again as the debt.
const PENALTY_MAX: u128 = 20_000;
/// Longest auction: a week.
const DURATION_MAX: u128 = 604_800;
/// Largest limit on debt in auction, in whole coins.
const LIMIT_MAX: u128 = 1_000_000_000_000;

/// A whole coin, in rad.
fn coin() -> U256 {
    mul(WAD, RAY).unwrap_or(U256::MAX)
}

/// Levers of one system.
pub(super) fn levers(system: &Geb, place: (AssetId, &str)) -> [Lever; 5] {
    let core = system.core();
    let (engine, house) = (&core.engine, &core.house);
    let lever = |kind, name, value, bounds| Lever::of_asset(place, (kind, name), value, bounds);
    let first = in_bps(house.first_discount.0, WAD);
    [
        lever(
            LeverKind::LiquidationRatio,
            "liquidation_ratio",
            in_bps(core.relayer.liquidation_ratio.0, RAY),
            (WHOLE, RATIO_MAX),
        ),
        lever(
            LeverKind::LiquidationPenalty,
            "liquidation_penalty",
            in_bps(engine.penalty.0, WAD),
            (WHOLE, PENALTY_MAX),
        ),
        lever(
            LeverKind::AuctionLimit,
            "auction_limit",
            in_tokens(engine.limit.0, coin()),
            (0, LIMIT_MAX),
        ),
        lever(
            LeverKind::BonusDiscount,
            "last_discount",
            WHOLE.saturating_sub(in_bps(house.last_discount.0, WAD)),
            (WHOLE.saturating_sub(first), WHOLE.saturating_sub(1)),
        ),
        lever(
            LeverKind::AuctionDuration,
            "discount_duration",
            in_tokens(house.discount_duration, U256::ONE),
            (1, DURATION_MAX),
        ),
    ]
}

/// The system with a lever moved.
pub(super) fn turned(system: &Geb, kind: LeverKind, value: u128) -> Ruled<Geb> {
    let mut next = system.clone();
    for call in calls(kind, value) {
        next.apply(&call)?;
    }
    Ok(next)
}

/// The calls that set a lever. A ratio counts from the next update of the price, which anybody may
/// bring about at once.
fn calls(kind: LeverKind, value: u128) -> Vec<Action> {
    let set = |parameter, value| vec![Action::Set { parameter, value }];
    match kind {
        LeverKind::LiquidationRatio => vec![
            Action::Set {
                parameter: Parameter::LiquidationRatio,
                value: of_bps(value, RAY),
            },
            Action::UpdatePrice,
        ],
        LeverKind::LiquidationPenalty => set(Parameter::Penalty, of_bps(value, WAD)),
        LeverKind::AuctionLimit => set(Parameter::LiquidationLimit, of_tokens(value, coin())),
        LeverKind::BonusDiscount => {
            let left = of_bps(WHOLE.saturating_sub(value), WAD);
            set(Parameter::House(HouseParameter::LastDiscount), left)
        }
        _ => {
            let duration = Parameter::House(HouseParameter::DiscountDuration);
            set(duration, U256::from(value))
        }
    }
}

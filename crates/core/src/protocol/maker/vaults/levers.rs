//! What governance may move of each collateral type.
//!
//! The contracts ask for a penalty of at least one in 2.0 and for no cut above one; the other bounds here
//! keep out what no system could work with: debt worth more than its collateral, a penalty that takes
//! more than twice the debt, auctions of more than a week. A running Dutch auction goes by the curve that
//! holds when somebody buys, so a new curve is felt at once.

use super::Vaults;
use crate::auction::PriceCurve;
use crate::protocol::maker::parameter::{CollateralParameter, Parameter};
use crate::protocol::maker::rejection::{Rejection, Ruled};
use crate::protocol::maker::state::CollateralType;
use crate::protocol::maker::version::Sale;
use crate::protocol::{AssetId, Governed, Lever, LeverKind, in_bps, in_tokens, of_bps, of_tokens};
use crate::units::{RAY, U256, WAD, mul};

/// Everything, in basis points.
const WHOLE: u128 = 10_000;
/// Largest ratio: ten times the debt.
const RATIO_MAX: u128 = 100_000;
/// Largest penalty, and largest first price of an auction: twice.
const TWICE: u128 = 20_000;
/// A week, in seconds.
const WEEK: u128 = 604_800;
/// Largest ceiling or limit, in whole stablecoins.
const COINS_MAX: u128 = 1_000_000_000_000;

/// A whole stablecoin, in rad.
fn coin() -> U256 {
    mul(WAD, RAY).unwrap_or(U256::MAX)
}

fn of_auctions(kind: &CollateralType, place: (AssetId, &str)) -> Vec<Lever> {
    let house = &kind.dutch;
    let lever = |kind, name, value, bounds| Lever::of_asset(place, (kind, name), value, bounds);
    let seconds = |n: U256| in_tokens(n, U256::ONE);
    let mut levers = vec![
        lever(
            LeverKind::AuctionLimit,
            "auction_limit",
            in_tokens(kind.limit.0, coin()),
            (0, COINS_MAX),
        ),
        lever(
            LeverKind::AuctionStart,
            "auction_start",
            in_bps(house.start_factor.0, RAY),
            (WHOLE, TWICE),
        ),
        lever(
            LeverKind::AuctionTail,
            "auction_tail",
            seconds(house.terms.reset_after),
            (1, WEEK),
        ),
        lever(
            LeverKind::AuctionCusp,
            "auction_cusp",
            in_bps(house.terms.reset_below.0, RAY),
            (0, WHOLE),
        ),
    ];
    let cut_of = |cut: U256| {
        let bounds = (1, WHOLE);
        lever(
            LeverKind::AuctionCut,
            "auction_cut",
            in_bps(cut, RAY),
            bounds,
        )
    };
    match house.terms.curve {
        PriceCurve::Linear { duration } => levers.push(lever(
            LeverKind::AuctionDuration,
            "auction_duration",
            seconds(duration),
            (1, WEEK),
        )),
        PriceCurve::Stairstep { cut, step } => levers.extend([
            cut_of(cut.0),
            lever(
                LeverKind::AuctionStep,
                "auction_step",
                seconds(step),
                (1, WEEK),
            ),
        ]),
        PriceCurve::Exponential { cut } => levers.push(cut_of(cut.0)),
    }
    levers
}

impl Vaults {
    pub(super) fn all_levers(&self) -> Vec<Lever> {
        let mut levers = Vec::new();
        let rules = self.maker.version.rules();
        for (kind, asset) in self.kinds() {
            let listed = self.assets.get(usize::from(asset.0));
            let place = (asset, listed.map_or("?", |asset| asset.symbol.as_str()));
            let Ok(kind) = self.maker.kind(kind) else {
                continue;
            };
            levers.extend([
                Lever::of_asset(
                    place,
                    (LeverKind::LiquidationRatio, "liquidation_ratio"),
                    in_bps(kind.liquidation_ratio.0, RAY),
                    (WHOLE, RATIO_MAX),
                ),
                Lever::of_asset(
                    place,
                    (LeverKind::LiquidationPenalty, "liquidation_penalty"),
                    in_bps(kind.penalty, rules.penalty_one),
                    (WHOLE, TWICE),
                ),
                Lever::of_asset(
                    place,
                    (LeverKind::DebtCeiling, "debt_ceiling"),
                    in_tokens(kind.lending.ceiling.0, coin()),
                    (0, COINS_MAX),
                ),
            ]);
            if rules.sale == Sale::Dutch {
                levers.extend(of_auctions(kind, place));
            }
        }
        levers
    }

    /// Sets a lever within its bounds. A ratio counts from the next poke of the safe price, which
    /// anybody may bring about at once.
    pub(super) fn turn(&mut self, lever: &Lever, value: u128) -> Ruled<()> {
        let Governed::Asset(asset) = lever.governs else {
            return Err(Rejection::CollateralUnknown);
        };
        let kind = self.kind_of(asset)?;
        let one = self.maker.version.rules().penalty_one;
        let (parameter, value) = setting(lever.kind, value, one);
        let ((), changes) = self.maker.draft(|draft| {
            draft.set(Parameter::Collateral(kind, parameter), value)?;
            if parameter == CollateralParameter::LiquidationRatio {
                draft.poke_price(kind)?;
            }
            Ok(())
        })?;
        // Nothing below can fail.
        self.maker.commit(changes);
        self.refresh();
        Ok(())
    }
}

/// The contracts' parameter and its number. `one` is that of the penalty.
fn setting(kind: LeverKind, value: u128, one: U256) -> (CollateralParameter, U256) {
    match kind {
        LeverKind::LiquidationPenalty => (CollateralParameter::Penalty, of_bps(value, one)),
        LeverKind::DebtCeiling => (CollateralParameter::DebtCeiling, of_tokens(value, coin())),
        LeverKind::AuctionLimit => {
            let limit = of_tokens(value, coin());
            (CollateralParameter::LiquidationLimit, limit)
        }
        LeverKind::AuctionStart => (CollateralParameter::StartFactor, of_bps(value, RAY)),
        LeverKind::AuctionTail => (CollateralParameter::ResetAfter, U256::from(value)),
        LeverKind::AuctionCusp => (CollateralParameter::ResetBelow, of_bps(value, RAY)),
        LeverKind::AuctionCut => (CollateralParameter::CurveCut, of_bps(value, RAY)),
        LeverKind::AuctionStep => (CollateralParameter::CurveStep, U256::from(value)),
        LeverKind::AuctionDuration => (CollateralParameter::CurveDuration, U256::from(value)),
        _ => (CollateralParameter::LiquidationRatio, of_bps(value, RAY)),
    }
}

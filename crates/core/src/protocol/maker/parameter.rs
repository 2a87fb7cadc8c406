//! What governance may set, and the limits the contracts put on it.

use super::draft::Draft;
use super::rejection::{Rejection, Ruled};
use super::version::Sizing;
use crate::auction::{EnglishTerms, PriceCurve, Ray};
use crate::protocol::AssetId;
use crate::units::{Amount, Price, RAY, Ratio, U256, Value, WAD};

/// A parameter.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Parameter {
    /// One of the system.
    System(SystemParameter),
    /// One of a collateral type.
    Collateral(AssetId, CollateralParameter),
    /// One of the English auctions of the system or of a collateral type.
    Bidding(super::House, BiddingParameter),
}

/// Parameters of the system; units as in [`super::Core`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum SystemParameter {
    /// [`super::Core::target_price`].
    TargetPrice,
    /// [`super::Liquidations::enabled`]; only 0, which ends new liquidations for good.
    Liquidations,
    /// [`super::Liquidations::limit`].
    LiquidationLimit,
    /// [`super::Treasury::queue_delay`].
    QueueDelay,
    /// [`super::Treasury::debt_lot`].
    DebtLot,
    /// [`super::Treasury::debt_bid`].
    DebtBid,
    /// [`super::Treasury::surplus_lot`].
    SurplusLot,
    /// [`super::Treasury::surplus_buffer`].
    SurplusBuffer,
    /// [`super::DebtHouse::lot_growth`].
    DebtLotGrowth,
    /// [`super::SurplusHouse::limit`].
    SurplusLimit,
}

/// Parameters of a collateral type; units as in [`super::CollateralType`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum CollateralParameter {
    /// [`super::CollateralType::safe_price`].
    SafePrice,
    /// [`super::CollateralType::debt_floor`].
    DebtFloor,
    /// [`super::CollateralType::liquidation_ratio`].
    LiquidationRatio,
    /// [`super::CollateralType::penalty`].
    Penalty,
    /// [`super::Lending::ceiling`].
    DebtCeiling,
    /// [`super::CollateralType::limit`].
    LiquidationLimit,
    /// [`super::CollateralType::lot_max`].
    LotMax,
    /// [`super::DutchHouse::start_factor`].
    StartFactor,
    /// [`crate::auction::DutchTerms::reset_after`].
    ResetAfter,
    /// [`crate::auction::DutchTerms::reset_below`].
    ResetBelow,
    /// [`super::DutchHouse::keeper_share`]; the lowest 64 bits count.
    KeeperShare,
    /// [`super::DutchHouse::keeper_flat`]; the lowest 192 bits count.
    KeeperFlat,
    /// [`super::DutchHouse::halted`].
    Halted,
    /// [`super::Breaker::tolerance`].
    Tolerance,
    /// Seconds of a linear curve.
    CurveDuration,
    /// Seconds of a step of a stairstep curve.
    CurveStep,
    /// Factor of a stairstep or an exponential curve, in ray.
    CurveCut,
    /// [`super::DelayedFeed::delay`], of the lowest 16 bits.
    FeedDelay,
    /// [`super::DelayedFeed::stopped`]: 0 or 1.
    FeedStopped,
}

/// Parameters of English auctions.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum BiddingParameter {
    /// [`EnglishTerms::min_step`].
    MinStep,
    /// [`EnglishTerms::bid_duration`]; the lowest 48 bits count.
    BidDuration,
    /// [`EnglishTerms::duration`]; the lowest 48 bits count.
    Duration,
}

/// Checks the factor of a curve, as its contract does when the factor is set.
///
/// # Errors
/// [`Rejection::StairstepCutAboveOne`], [`Rejection::ExponentialCutAboveOne`].
pub fn check_curve(curve: &PriceCurve) -> Result<(), Rejection> {
    match curve {
        PriceCurve::Stairstep { cut, .. } if cut.0 > RAY => Err(Rejection::StairstepCutAboveOne),
        PriceCurve::Exponential { cut } if cut.0 > RAY => Err(Rejection::ExponentialCutAboveOne),
        _ => Ok(()),
    }
}

/// The lowest bits of a number, as a narrowing cast keeps them.
fn low_bits(value: U256, bits: usize) -> U256 {
    let mask = U256::MAX.wrapping_shr(256usize.saturating_sub(bits));
    value & mask
}

fn low_time(value: U256) -> u64 {
    u64::try_from(low_bits(value, 48)).unwrap_or(u64::MAX)
}

impl Draft<'_> {
    /// Sets a parameter.
    pub(super) fn set(&mut self, parameter: Parameter, value: U256) -> Ruled<()> {
        match parameter {
            Parameter::System(parameter) => self.set_system(parameter, value),
            Parameter::Collateral(asset, parameter) => self.set_type(asset, parameter, value),
            Parameter::Bidding(house, parameter) => {
                let terms = self.terms_mut(house)?;
                set_terms(terms, parameter, value);
                Ok(())
            }
        }
    }

    fn terms_mut(&mut self, house: super::House) -> Ruled<&mut EnglishTerms> {
        Ok(match house {
            super::House::Collateral(asset) => &mut self.type_mut(asset)?.english.terms,
            super::House::Debt => &mut self.core.debt_house.terms,
            super::House::Surplus => &mut self.core.surplus_house.terms,
        })
    }

    fn set_system(&mut self, parameter: SystemParameter, value: U256) -> Ruled<()> {
        let rules = self.rules();
        let core = &mut self.core;
        match parameter {
            SystemParameter::TargetPrice => core.target_price = Ray(value),
            SystemParameter::Liquidations if value.is_zero() => core.liquidations.enabled = false,
            SystemParameter::Liquidations => return Err(Rejection::NoSuchOperation),
            SystemParameter::LiquidationLimit if rules.sizing == Sizing::ByCollateral => {
                return Err(Rejection::NoSuchOperation);
            }
            SystemParameter::LiquidationLimit => core.liquidations.limit = Value(value),
            SystemParameter::QueueDelay => core.treasury.queue_delay = value,
            SystemParameter::DebtLot => core.treasury.debt_lot = Amount(value),
            SystemParameter::DebtBid => core.treasury.debt_bid = Value(value),
            SystemParameter::SurplusLot => core.treasury.surplus_lot = Value(value),
            SystemParameter::SurplusBuffer => core.treasury.surplus_buffer = Value(value),
            SystemParameter::DebtLotGrowth => core.debt_house.lot_growth = Ratio(value),
            SystemParameter::SurplusLimit if !rules.surplus_limit.on() => {
                return Err(Rejection::NoSuchOperation);
            }
            SystemParameter::SurplusLimit => core.surplus_house.limit = Value(value),
        }
        Ok(())
    }

    fn set_type(
        &mut self,
        asset: AssetId,
        parameter: CollateralParameter,
        value: U256,
    ) -> Ruled<()> {
        let sizing = self.rules().sizing;
        let kind = self.type_mut(asset)?;
        let house = &mut kind.dutch;
        match parameter {
            CollateralParameter::SafePrice => kind.safe_price = Price(value),
            CollateralParameter::DebtFloor => kind.debt_floor = Value(value),
            CollateralParameter::LiquidationRatio => kind.liquidation_ratio = Ray(value),
            CollateralParameter::Penalty if sizing == Sizing::ByRoom && value < WAD => {
                return Err(Rejection::DogPenaltyBelowOne);
            }
            CollateralParameter::Penalty => kind.penalty = value,
            CollateralParameter::DebtCeiling => kind.lending.ceiling = Value(value),
            CollateralParameter::LiquidationLimit => kind.limit = Value(value),
            CollateralParameter::LotMax => kind.lot_max = value,
            CollateralParameter::StartFactor => house.start_factor = Ray(value),
            CollateralParameter::ResetAfter => house.terms.reset_after = value,
            CollateralParameter::ResetBelow => house.terms.reset_below = Ray(value),
            CollateralParameter::KeeperShare => house.keeper_share = Ratio(low_bits(value, 64)),
            CollateralParameter::KeeperFlat => house.keeper_flat = Value(low_bits(value, 192)),
            CollateralParameter::Halted => house.halted = value,
            CollateralParameter::Tolerance if value > RAY => {
                return Err(Rejection::BreakerTolerance);
            }
            CollateralParameter::Tolerance => kind.breaker.tolerance = Ray(value),
            CollateralParameter::CurveDuration
            | CollateralParameter::CurveStep
            | CollateralParameter::CurveCut => {
                house.terms.curve = changed(house.terms.curve, parameter, value)?;
            }
            CollateralParameter::FeedDelay => {
                let delay = u16::try_from(low_bits(value, 16)).unwrap_or(u16::MAX);
                if delay == 0 {
                    return Err(Rejection::FeedZeroDelay);
                }
                let feed = kind.feed.delayed().ok_or(Rejection::NoSuchOperation)?;
                feed.delay = delay;
            }
            CollateralParameter::FeedStopped => {
                let feed = kind.feed.delayed().ok_or(Rejection::NoSuchOperation)?;
                feed.stopped = !value.is_zero();
            }
        }
        Ok(())
    }
}

fn set_terms(terms: &mut EnglishTerms, parameter: BiddingParameter, value: U256) {
    match parameter {
        BiddingParameter::MinStep => terms.min_step = Ratio(value),
        BiddingParameter::BidDuration => terms.bid_duration = low_time(value),
        BiddingParameter::Duration => terms.duration = low_time(value),
    }
}

/// A curve with another number.
fn changed(curve: PriceCurve, parameter: CollateralParameter, value: U256) -> Ruled<PriceCurve> {
    let curve = match (curve, parameter) {
        (PriceCurve::Linear { .. }, CollateralParameter::CurveDuration) => {
            PriceCurve::Linear { duration: value }
        }
        (PriceCurve::Stairstep { cut, .. }, CollateralParameter::CurveStep) => {
            PriceCurve::Stairstep { cut, step: value }
        }
        (PriceCurve::Stairstep { step, .. }, CollateralParameter::CurveCut) => {
            PriceCurve::Stairstep {
                cut: Ray(value),
                step,
            }
        }
        (PriceCurve::Exponential { .. }, CollateralParameter::CurveCut) => {
            PriceCurve::Exponential { cut: Ray(value) }
        }
        _ => return Err(Rejection::NoSuchOperation),
    };
    check_curve(&curve)?;
    Ok(curve)
}

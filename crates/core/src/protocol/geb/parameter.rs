//! What governance may set, and the limits the contracts put on it.

use super::draft::Draft;
use super::rejection::{Rejection, Ruled};
use crate::auction::Ray;
use crate::units::{Amount, RAY, Ratio, U256, Value, WAD, div};

/// A parameter; units as in the state.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Parameter {
    /// [`super::LiquidationEngine::limit`].
    LiquidationLimit,
    /// [`super::LiquidationEngine::penalty`].
    Penalty,
    /// [`super::LiquidationEngine::lot_max`].
    LotMax,
    /// [`super::SafeEngine::debt_floor`].
    DebtFloor,
    /// [`super::Relayer::liquidation_ratio`]; counts from the next update of the price.
    LiquidationRatio,
    /// One of the auction house.
    House(HouseParameter),
}

/// A parameter of the auction house; units as in [`super::House`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum HouseParameter {
    /// [`super::House::bid_min`].
    BidMin,
    /// [`super::House::first_discount`].
    FirstDiscount,
    /// [`super::House::last_discount`].
    LastDiscount,
    /// [`super::House::discount_rate`].
    DiscountRate,
    /// [`super::House::discount_duration`].
    DiscountDuration,
    /// [`super::House::collateral_lower`].
    CollateralLower,
    /// [`super::House::collateral_upper`].
    CollateralUpper,
    /// [`super::House::coin_lower`].
    CoinLower,
    /// [`super::House::coin_upper`].
    CoinUpper,
    /// [`super::House::coin_min`].
    CoinMin,
}

impl Draft<'_> {
    /// Sets a parameter; running auctions keep their discounts.
    pub(super) fn set(&mut self, parameter: Parameter, value: U256) -> Ruled<()> {
        let engine = &mut self.core.engine;
        match parameter {
            Parameter::LiquidationLimit => engine.limit = Value(value),
            Parameter::Penalty => engine.penalty = Ratio(value),
            Parameter::LotMax => {
                let most = div(U256::MAX, RAY).unwrap_or_default();
                if value > most {
                    return Err(Rejection::EngineQuantityOverflow);
                }
                engine.lot_max = Value(value);
            }
            Parameter::DebtFloor => self.core.safes.debt_floor = Value(value),
            Parameter::LiquidationRatio => self.core.relayer.liquidation_ratio = Ray(value),
            Parameter::House(parameter) => return self.set_in_house(parameter, value),
        }
        Ok(())
    }

    fn set_in_house(&mut self, parameter: HouseParameter, value: U256) -> Ruled<()> {
        let now = U256::from(self.core.now.0);
        let house = &mut self.core.house;
        let (first, last) = (house.first_discount.0, house.last_discount.0);
        let up_to_one = |refusal| allowed(value <= WAD, refusal);
        match parameter {
            HouseParameter::FirstDiscount => {
                allowed(value >= last && value < WAD, Rejection::HouseInvalidFirst)?;
                house.first_discount = Ratio(value);
            }
            HouseParameter::LastDiscount => {
                let fits = value <= first && value < WAD && !value.is_zero();
                allowed(fits, Rejection::HouseInvalidLast)?;
                house.last_discount = Ratio(value);
            }
            HouseParameter::DiscountRate => {
                allowed(value <= RAY, Rejection::HouseInvalidRate)?;
                house.discount_rate = Ray(value);
            }
            HouseParameter::DiscountDuration => {
                let end = now.checked_add(value).ok_or(Rejection::HouseAdd)?;
                let fits = !value.is_zero() && end < TIME_MAX;
                allowed(fits, Rejection::HouseInvalidTime)?;
                house.discount_duration = value;
            }
            HouseParameter::CollateralLower => {
                up_to_one(Rejection::HouseInvalidCollateralLower)?;
                house.collateral_lower = Ratio(value);
            }
            HouseParameter::CollateralUpper => {
                up_to_one(Rejection::HouseInvalidCollateralUpper)?;
                house.collateral_upper = Ratio(value);
            }
            HouseParameter::CoinLower => {
                up_to_one(Rejection::HouseInvalidCoinLower)?;
                house.coin_lower = Ratio(value);
            }
            HouseParameter::CoinUpper => {
                up_to_one(Rejection::HouseInvalidCoinUpper)?;
                house.coin_upper = Ratio(value);
            }
            HouseParameter::CoinMin => house.coin_min = Ratio(value),
            HouseParameter::BidMin => house.bid_min = Amount(value),
        }
        Ok(())
    }
}

/// 2^48 − 1, the last time that fits a deadline.
const TIME_MAX: U256 = U256::from_limbs([(1 << 48) - 1, 0, 0, 0]);

fn allowed(fits: bool, refusal: Rejection) -> Ruled<()> {
    if fits { Ok(()) } else { Err(refusal) }
}

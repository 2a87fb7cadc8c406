//! What a market is deployed with, and what follows from it.

use super::account::Token;
use super::math::{Ruled, factory_ln, ln, quotient_or_zero, scaled, sqrt};
use super::rejection::Rejection;
use crate::units::{Amount, Price, U256, WAD};

/// What a market is deployed with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Params {
    /// Amplification: a band is 1 ÷ A wide, relative to its upper edge. From 2 to 10 000.
    pub amplification: u16,
    /// Price of the upper edge of band 0 before interest: stablecoin per collateral, wad.
    pub base_price: Price,
    /// ln(A ÷ (A − 1)) as the AMM holds it, wad.
    pub log_ratio: u64,
    /// √(A ÷ (A − 1)) as the AMM holds it, wad.
    pub sqrt_ratio: U256,
    /// Factor that lifts amounts of stablecoin to 18 decimals.
    pub stable_precision: Amount,
    /// Factor that lifts amounts of collateral to 18 decimals.
    pub collateral_precision: Amount,
}

impl Params {
    /// As the factory deploys; the decimals of the tokens are at most 18.
    ///
    /// # Errors
    /// [`Rejection::NoReason`] where `amplification` is outside 2 to 10 000 or decimals exceed 18.
    pub fn of_factory(
        amplification: u16,
        base_price: Price,
        stable_decimals: u8,
        collateral_decimals: u8,
    ) -> Result<Self, Rejection> {
        let [upper, lower] = edges(amplification)?;
        let ratio = scaled(WAD, upper, lower)?;
        let log = u64::try_from(factory_ln(ratio)?).map_err(|_| Rejection::NoReason)?;
        let precision = |decimals: u8| {
            let missing = 18u8.checked_sub(decimals).ok_or(Rejection::NoReason)?;
            Ok::<_, Rejection>(Amount(crate::units::pow10(missing)?))
        };
        Ok(Self {
            amplification,
            base_price,
            log_ratio: log,
            sqrt_ratio: sqrt(ratio.wrapping_mul(WAD)),
            stable_precision: precision(stable_decimals)?,
            collateral_precision: precision(collateral_decimals)?,
        })
    }
}

/// A and A − 1.
fn edges(amplification: u16) -> Ruled<[U256; 2]> {
    if !(2..=10_000).contains(&amplification) {
        return Err(Rejection::NoReason);
    }
    let upper = U256::from(amplification);
    Ok([upper, upper.wrapping_sub(U256::ONE)])
}

/// What both contracts compute once from the parameters.
#[derive(Clone, Copy, Debug)]
pub struct Constants {
    /// A.
    pub(super) upper: U256,
    /// A − 1. A band's lower edge is its upper edge times (A − 1) ÷ A.
    pub(super) lower: U256,
    pub(super) base_price: U256,
    pub(super) log_ratio: i128,
    pub(super) sqrt_ratio: U256,
    /// Stablecoin and collateral.
    pub(super) precision: [U256; 2],
    /// (A ÷ (A − 1))^50 with a floor at each step, wad: how far an exchange may lead the band from
    /// the oracle's price.
    pub max_oracle_down: U256,
    /// ln(A ÷ (A − 1)) as the controller computes it, wad; a few units from the AMM's.
    pub controller_log_ratio: i64,
    /// √(A ÷ (A − 1)) as the controller computes it, wad.
    pub controller_sqrt_ratio: U256,
}

impl Constants {
    /// What follows from the parameters.
    ///
    /// # Errors
    /// [`Rejection::NoReason`] where A is outside 2 to 10 000.
    pub fn new(params: &Params) -> Result<Self, Rejection> {
        let [upper, lower] = edges(params.amplification)?;
        let mut max_oracle_down = WAD;
        for _ in 0..50 {
            max_oracle_down = scaled(max_oracle_down, upper, lower)?;
        }
        let log = ln(scaled(WAD, upper, lower)?)?;
        let squared = scaled(super::math::WAD_SQUARED, upper, lower)?;
        Ok(Self {
            upper,
            lower,
            base_price: params.base_price.0,
            log_ratio: i128::from(params.log_ratio),
            sqrt_ratio: params.sqrt_ratio,
            precision: [params.stable_precision.0, params.collateral_precision.0],
            max_oracle_down,
            controller_log_ratio: log.narrow().ok_or(Rejection::NoReason)?,
            controller_sqrt_ratio: sqrt(squared),
        })
    }

    /// Factor that lifts a token's own units to 18 decimals.
    pub(super) fn precision(&self, token: Token) -> U256 {
        let [stable, collateral] = self.precision;
        match token {
            Token::Stable => stable,
            Token::Collateral => collateral,
        }
    }

    /// An amount of 18 decimals in a token's own units, down.
    pub(super) fn native(&self, token: Token, amount: U256) -> Amount {
        Amount(quotient_or_zero(amount, self.precision(token)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The roots differ for A = 50 only.
    #[test]
    fn constants_of_the_two_contracts() {
        for (a, amm, controller) in [
            (
                30,
                1_017_095_255_431_215_574u64,
                1_017_095_255_431_215_574u64,
            ),
            (50, 1_010_152_544_552_210_748, 1_010_152_544_552_210_749),
            (100, 1_005_037_815_259_212_075, 1_005_037_815_259_212_075),
            (200, 1_002_509_414_234_171_021, 1_002_509_414_234_171_021),
        ] {
            let params = Params::of_factory(a, Price(WAD), 18, 8).unwrap();
            assert_eq!(params.sqrt_ratio, U256::from(amm), "A = {a}");
            let constants = Constants::new(&params).unwrap();
            assert_eq!(constants.controller_sqrt_ratio, U256::from(controller));
            assert_eq!(params.collateral_precision, Amount::new(10_000_000_000));
        }
        assert!(Params::of_factory(1, Price(WAD), 18, 18).is_err());
        assert!(Params::of_factory(100, Price(WAD), 18, 19).is_err());
    }
}

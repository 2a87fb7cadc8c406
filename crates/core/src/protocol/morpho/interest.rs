//! Interest: the rate a market asks its rate model for, and the series that compounds it.

use super::math::{Ruled, down, stored_sum, sum, wad_down};
use super::state::Totals;
use super::version::Rules;
use crate::units::{
    Amount, Ratio, Rounding, Shares, Timestamp, U256, WAD, YEAR, checked_mul_div, mul,
};

/// What tells the rate, in wad a second.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Irm {
    /// No rate model: no interest, and no accrual is told.
    None,
    /// Usage ÷ 365 days: the stand-in that the contract's own tests use.
    Usage,
    /// Always the same rate, in wad a second.
    Fixed(Ratio),
}

impl Irm {
    /// The rate for a market as it was last stored, wad a second; nothing without a model.
    pub(super) fn rate(self, totals: &Totals) -> Ruled<Option<Ratio>> {
        match self {
            Self::None => Ok(None),
            Self::Fixed(rate) => Ok(Some(rate)),
            Self::Usage if totals.supply_assets.is_zero() => Ok(Some(Ratio::ZERO)),
            Self::Usage => {
                let usage = down(totals.borrow_assets.0, WAD, totals.supply_assets.0)?;
                let rate = checked_mul_div(usage, U256::ONE, YEAR, Rounding::Floor)?;
                Ok(Some(Ratio(rate)))
            }
        }
    }
}

/// What one accrual adds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Interest {
    pub(super) rate: Ratio,
    pub(super) assets: Amount,
    pub(super) fee_shares: Shares,
}

/// Growth over a time: the first three terms of e^(rate · seconds) − 1, wad.
fn growth(rate: Ratio, seconds: u64) -> Ruled<U256> {
    let first = mul(rate.0, U256::from(seconds))?;
    let second = down(first, first, mul(WAD, U256::from(2u8))?)?;
    let third = down(second, first, mul(WAD, U256::from(3u8))?)?;
    sum(sum(first, second)?, third)
}

/// Brings totals up to a time; tells the interest where a rate model is set and time has passed.
pub(super) fn accrue(
    rules: &'static Rules,
    irm: Irm,
    totals: &mut Totals,
    now: Timestamp,
) -> Ruled<Option<Interest>> {
    let seconds = now.seconds_since(totals.last_update);
    if seconds == 0 {
        return Ok(None);
    }
    let Some(rate) = irm.rate(totals)? else {
        totals.last_update = now;
        return Ok(None);
    };
    let assets = Amount(wad_down(totals.borrow_assets.0, growth(rate, seconds)?)?);
    totals.add_borrowed(assets)?;
    totals.add_supplied(assets)?;
    let mut fee_shares = Shares::ZERO;
    if !totals.fee.is_zero() {
        let fee = Amount(wad_down(assets.0, totals.fee.0)?);
        // The fee is priced as if it were not yet in the total, which the interest has raised.
        let mut pot = totals.supply(rules);
        pot.assets = pot.assets.minus(fee)?;
        fee_shares = pot.shares_down(fee)?;
        totals.supply_shares = Shares(stored_sum(totals.supply_shares.0, fee_shares.0)?);
    }
    totals.last_update = now;
    Ok(Some(Interest {
        rate,
        assets,
        fee_shares,
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn three_terms() {
        // 10^-8 a second for 10^7 seconds: x = 0.1, x²/2 = 0.005, x³/6 = 0.000166…
        let tenth = growth(Ratio::new(10_000_000_000), 10_000_000);
        assert_eq!(tenth, Ok(U256::from(105_166_666_666_666_666u64)));
        assert_eq!(growth(Ratio::new(1), 0), Ok(U256::ZERO));
    }
}

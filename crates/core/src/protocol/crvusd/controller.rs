//! The controller: what a loan owes, which bands it takes, how healthy it is.

use super::account::{Loan, Token};
use super::draft::Draft;
use super::math::{
    Ruled, diff, ln, product, quotient_or_zero, scaled, scaled_or_zero, sum, wad_product,
};
use super::rejection::Rejection;
use super::signed::Signed;
use crate::protocol::AccountId;
use crate::units::{Amount, Rounding, U256, WAD, checked_mul_div};

/// The controller's own variables but for the loans.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ControllerState {
    /// How much less than its worth on the way down a new loan may be, wad.
    pub loan_discount: U256,
    /// How much less it must be worth before hard liquidation, wad; copied to a loan by its
    /// owner's actions.
    pub liquidation_discount: U256,
    /// Number of loans.
    pub n_loans: u32,
    /// Stablecoin lent and interest paid out, ever.
    pub minted: Amount,
    /// Stablecoin repaid, ever.
    pub redeemed: Amount,
    /// All debts together.
    pub total_debt: Loan,
}

/// Which health.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Measure {
    /// What the bands turn into on the way down, against the debt.
    InBands,
    /// With what the oracle's price exceeds the position's upper edge by. Decides liquidation.
    Full,
}

impl Draft<'_> {
    /// What an account owes now, and the present multiplier. Rounded up, but down while there is
    /// one loan only.
    pub(super) fn debt(&self, owner: AccountId) -> Ruled<(Amount, U256)> {
        let rate_mul = self.amm.rate_mul()?;
        let loan = self.account(owner)?.loan;
        if loan.initial_debt.is_zero() {
            return Ok((Amount::ZERO, rate_mul));
        }
        let rounding = if self.controller.n_loans > 1 {
            Rounding::Ceil
        } else {
            Rounding::Floor
        };
        let debt = checked_mul_div(loan.initial_debt.0, rate_mul, loan.rate_mul, rounding)?;
        Ok((Amount(debt), rate_mul))
    }

    /// All debts together, down.
    pub(super) fn total_debt(&self) -> Ruled<Amount> {
        let total = self.controller.total_debt;
        let rate_mul = self.amm.rate_mul()?;
        let debt = scaled(total.initial_debt.0, rate_mul, total.rate_mul)?;
        Ok(Amount(debt))
    }

    /// Brings the total up to date and adds a new debt.
    pub(super) fn raise_total(&mut self, debt: Amount, rate_mul: U256) -> Ruled<()> {
        let total = self.total_debt()?;
        self.controller.total_debt = Loan {
            initial_debt: total.plus(debt)?,
            rate_mul,
        };
        Ok(())
    }

    /// Brings the total up to date and takes a repayment off, as far as there is something.
    pub(super) fn lower_total(&mut self, debt: Amount, rate_mul: U256) -> Ruled<()> {
        let total = self.total_debt()?;
        self.controller.total_debt = Loan {
            initial_debt: total.minus_or_zero(debt),
            rate_mul,
        };
        Ok(())
    }

    /// Takes over the policy's rate, up to the largest.
    pub(super) fn save_rate(&mut self) -> Ruled<()> {
        let rate = self.market.policy_rate.min(self.amm.rules.rate_max);
        self.amm.set_rate(rate)
    }

    /// What collateral of 18 decimals over so many bands is worth on the way down, per price of
    /// the first band's upper edge.
    fn effective_collateral(&self, collateral: U256, bands: u32, discount: U256) -> Ruled<U256> {
        let (constants, dead) = (self.amm.constants, self.amm.rules.dead_shares);
        let count = U256::from(bands);
        let each = quotient_or_zero(collateral, count).max(dead);
        let rounding = quotient_or_zero(product(dead, WAD)?, each);
        let cut = sum(discount, rounding)?.min(WAD);
        let divisor = constants.controller_sqrt_ratio.wrapping_mul(count);
        let mut part = scaled_or_zero(collateral, WAD.wrapping_sub(cut), divisor)?;
        let mut total = part;
        for _ in 1..bands.min(self.amm.rules.bands_max) {
            part = scaled_or_zero(part, constants.lower, constants.upper)?;
            total = total.wrapping_add(part);
        }
        Ok(total)
    }

    fn discount_of(&self, owner: AccountId) -> Ruled<U256> {
        sum(
            self.controller.loan_discount,
            self.account(owner)?.extra_health,
        )
    }

    fn effective(&self, collateral: Amount, bands: u32, owner: AccountId) -> Ruled<U256> {
        let lifted = product(collateral.0, self.amm.precision(Token::Collateral))?;
        self.effective_collateral(lifted, bands, self.discount_of(owner)?)
    }

    /// The number of a logarithm of prices in bands, down.
    fn in_bands(&self, log: Signed) -> Ruled<i64> {
        let width = Signed::small(i128::from(self.amm.constants.controller_log_ratio));
        let one = Signed::small(1);
        let log = if log.is_negative() {
            log.checked_sub(width.sub(one)).ok_or(Rejection::NoReason)?
        } else {
            log
        };
        log.over(width).narrow().ok_or(Rejection::NoReason)
    }

    /// The first band of a loan: the farthest down at which its bands still support the debt.
    pub(super) fn first_band(
        &self,
        (collateral, debt): (Amount, Amount),
        bands: u32,
        owner: AccountId,
    ) -> Ruled<i64> {
        if debt.is_zero() {
            return Err(Rejection::NoLoan);
        }
        let active = self.amm.state.active_band;
        let edge = self.amm.upper_edge(active)?;
        let effective = self.effective(collateral, bands, owner)?;
        let owed = product(debt.0, self.amm.precision(Token::Stable))?;
        let ratio = scaled_or_zero(effective, edge, sum(owed, U256::ONE)?)?;
        if ratio.is_zero() {
            return Err(Rejection::AmountTooLow);
        }
        let farthest = i64::from(self.amm.rules.skip_max).saturating_sub(i64::from(bands));
        let first = self.in_bands(ln(ratio)?)?.min(farthest);
        let first = first.saturating_add(active);
        if first <= active && !self.amm.can_skip(first.saturating_sub(1)) {
            return Err(Rejection::DebtTooHigh);
        }
        if self.amm.upper_edge(first)? >= self.amm.oracle()?.price {
            return Err(Rejection::DebtTooHigh);
        }
        Ok(first)
    }

    /// Health against a debt and a discount, wad; below zero a loan may be liquidated.
    pub(super) fn health(
        &self,
        owner: AccountId,
        debt: Amount,
        measure: Measure,
        discount: U256,
    ) -> Ruled<Signed> {
        if debt.is_zero() {
            return Err(Rejection::LoanDoesntExist);
        }
        let down = self.amm.stable_down(&self.account(owner)?.position)?;
        self.health_from(down, owner, debt, measure, discount)
    }

    /// As [`Self::health`], given what the bands become on the way down.
    pub(super) fn health_from(
        &self,
        down: Amount,
        owner: AccountId,
        debt: Amount,
        measure: Measure,
        discount: U256,
    ) -> Ruled<Signed> {
        let signed = |n: U256| Signed::of(n).ok_or(Rejection::NoReason);
        let fits = |n: Option<Signed>| n.ok_or(Rejection::NoReason);
        let (one, position) = (signed(WAD)?, &self.account(owner)?.position);
        let kept = fits(one.checked_sub(signed(discount)?))?;
        let down = signed(down.0)?;
        let covered = fits(down.checked_times(kept))?.over(signed(debt.0)?);
        let health = fits(covered.checked_sub(one))?;
        if measure == Measure::InBands || position.first <= self.amm.state.active_band {
            return Ok(health);
        }
        let price = self.amm.oracle()?.price;
        let edge = self.amm.upper_edge(position.first)?;
        if price <= edge {
            return Ok(health);
        }
        let [_, collateral] = self.amm.holdings(position)?;
        let above = product(price.wrapping_sub(edge), collateral.0)?;
        let owed = product(debt.0, self.amm.precision(Token::Stable))?;
        let above = scaled_or_zero(above, self.amm.precision(Token::Collateral), owed)?;
        fits(health.checked_add(signed(above)?))
    }

    /// The highest price of a first band that a loan could have now.
    fn price_max(&self) -> Ruled<U256> {
        let price = self.amm.oracle()?.price;
        let base = scaled(self.amm.base_price()?, WAD, price)?;
        let rules = self.amm.rules;
        let by_price = self.in_bands(ln(base)?)?.saturating_add(rules.base_bands);
        let lowest = self.amm.active_band_with_skip();
        let mut number = by_price.max(lowest.saturating_add(1));
        let mut edge = self.amm.upper_edge(number)?;
        for _ in 0..=rules.skip_max {
            number = number.saturating_sub(1);
            if number <= lowest {
                break;
            }
            let above = self.amm.up(edge)?;
            if above > price {
                return Ok(edge);
            }
            edge = above;
        }
        Ok(edge)
    }

    /// The most that may be borrowed against collateral over so many bands.
    pub(super) fn max_borrowable(
        &self,
        (collateral, owed): (Amount, Amount),
        bands: u32,
        owner: AccountId,
    ) -> Ruled<Amount> {
        self.check_bands(bands)?;
        let effective = self.effective(collateral, bands, owner)?;
        let worth = wad_product(effective, self.price_max()?)?.saturating_sub(U256::ONE);
        let slack = diff(WAD, U256::from(100_000_000_000_000u64))?;
        let divisor = WAD.wrapping_mul(self.amm.precision(Token::Stable));
        let most = Amount(scaled_or_zero(worth, slack, divisor)?);
        Ok(most.min(self.lendable().plus(owed)?))
    }

    /// The least collateral over so many bands that supports a debt.
    pub(super) fn min_collateral(
        &self,
        debt: Amount,
        bands: u32,
        owner: AccountId,
    ) -> Ruled<Amount> {
        self.check_bands(bands)?;
        let rules = self.amm.rules;
        let lifted = WAD.wrapping_mul(self.amm.precision(Token::Stable));
        let effective = self.effective_collateral(WAD, bands, self.discount_of(owner)?)?;
        let worth = scaled(debt.0, lifted, self.price_max()?)?;
        let worth = scaled(worth, WAD, effective)?;
        let count = U256::from(bands);
        let dead = rules.dead_shares.wrapping_shl(1);
        let rounding = count.wrapping_mul(count.wrapping_add(dead));
        let precision = self.amm.precision(Token::Collateral);
        let up = precision.wrapping_sub(U256::ONE);
        let units = quotient_or_zero(sum(worth, rounding.wrapping_add(up))?, precision);
        let slack = diff(WAD, U256::from(100_000_000_000_000u64))?;
        Ok(Amount(scaled_or_zero(units, WAD, slack)?))
    }

    fn check_bands(&self, bands: u32) -> Ruled<()> {
        let rules = self.amm.rules;
        if (rules.bands_min..=rules.bands_max).contains(&bands) {
            Ok(())
        } else {
            Err(Rejection::NoReason)
        }
    }
}

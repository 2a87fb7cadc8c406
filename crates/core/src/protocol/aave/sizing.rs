//! How much of a position one liquidation takes: close factor, bonus, fee, dust.

use super::ledger::Totals;
use super::liquidate::NEARLY_HEALTHY;
use super::math::{Ruled, percent_div, percent_mul, product, quotient};
use super::rejection::Rejection;
use super::reserve::worth;
use super::version::{CloseFactor, Rules};
use crate::protocol::{TraceSink, TraceStep};
use crate::units::{Amount, Bps, Price, Rounding, U256, Value, checked_mul_div};

/// The two sides of a liquidation as they stand.
#[derive(Clone, Copy, Debug)]
pub(super) struct Pair<'a> {
    pub(super) rules: &'static Rules,
    pub(super) data: &'a Totals,
    /// Whether the totals are of these two sides alone, at these prices.
    pub(super) is_whole: bool,
    /// The borrower's supply of the collateral asset.
    pub(super) supply: Amount,
    /// The borrower's debt in the debt asset.
    pub(super) debt: Amount,
    pub(super) collateral_price: Price,
    pub(super) debt_price: Price,
    /// 10^decimals.
    pub(super) collateral_unit: U256,
    /// 10^decimals.
    pub(super) debt_unit: U256,
    /// 10 000 plus the bonus.
    pub(super) bonus: Bps,
    /// The treasury's share of the bonus.
    pub(super) fee: Bps,
}

/// What moves.
#[derive(Clone, Copy, Debug)]
pub(super) struct Sizes {
    /// Paid by the liquidator, debt units.
    pub(super) repaid: Amount,
    /// To the liquidator, collateral units.
    pub(super) seized: Amount,
    /// To the treasury, collateral units.
    pub(super) fee: Amount,
}

/// Positions smaller than this, in whole units of an 8-decimal base currency, may be closed whole.
const CLOSE_FACTOR_MIN: u64 = 2_000 * 100_000_000;
/// A rest smaller than this may not be left.
const LEFTOVER_MIN: u64 = 1_000 * 100_000_000;
/// Half, in basis points.
const HALF: Bps = Bps(5_000);

/// Reports one number and returns it. Inlined, so that the inputs are not even put together where
/// no steps are kept.
#[inline(always)]
fn told(
    trace: &mut impl TraceSink,
    (label, formula): (&'static str, &'static str),
    inputs: &[(&'static str, U256)],
    result: U256,
    rounding: Option<Rounding>,
) -> U256 {
    trace.step(|| TraceStep {
        label,
        formula,
        inputs: inputs.to_vec(),
        result,
        rounding,
    });
    result
}

impl Pair<'_> {
    /// Value of an amount of the debt asset.
    pub(super) fn debt_value(&self, amount: Amount) -> Ruled<Value> {
        let rounding = self.rules.debt_value;
        worth(amount, self.debt_price, self.debt_unit, rounding)
    }

    /// Value of an amount of the collateral asset, rounded down.
    pub(super) fn supply_value(&self, amount: Amount) -> Ruled<Value> {
        let (price, unit) = (self.collateral_price, self.collateral_unit);
        worth(amount, price, unit, Rounding::Floor)
    }

    /// How much is repaid, seized and kept.
    ///
    /// # Errors
    /// Where the contract reverts: overflow, a price of zero, or a rest of little worth.
    pub(super) fn sizes(&self, asked: Amount, trace: &mut impl TraceSink) -> Ruled<Sizes> {
        self.trace_account(trace);
        let limit = self.max_cover(trace)?;
        let cover = limit.min(asked);
        told(
            trace,
            ("debt to cover", "min(asked, most that may be repaid)"),
            &[("asked", asked.0), ("most that may be repaid", limit.0)],
            cover.0,
            None,
        );
        let (taken, repaid) = self.take(cover, trace)?;
        let fee = self.fee_of(taken, trace)?;
        let seized = taken.minus(fee)?;
        told(
            trace,
            (
                "collateral to liquidator",
                "collateral taken − protocol fee",
            ),
            &[("collateral taken", taken.0), ("protocol fee", fee.0)],
            seized.0,
            None,
        );
        let sizes = Sizes {
            repaid,
            seized,
            fee,
        };
        self.require_no_dust(&sizes)?;
        Ok(sizes)
    }

    fn trace_account(&self, trace: &mut impl TraceSink) {
        let data = self.data;
        let given = |label, result| TraceStep {
            label,
            formula: "given",
            inputs: Vec::new(),
            result,
            rounding: None,
        };
        trace.step(|| given("account collateral (base)", data.collateral.0));
        trace.step(|| given("account debt (base)", data.debt.0));
        trace.step(|| {
            given(
                "average liquidation threshold (bps)",
                data.liquidation_threshold(),
            )
        });
        trace.step(|| given("health factor (wad)", data.health_factor.0));
        trace.step(|| given("collateral price (base)", self.collateral_price.0));
        trace.step(|| given("debt price (base)", self.debt_price.0));
        trace.step(|| given("liquidation bonus (bps, 10000 + bonus)", self.bonus.wide()));
        trace.step(|| given("protocol fee share (bps of the bonus)", self.fee.wide()));
        trace.step(|| given("borrower's collateral (units)", self.supply.0));
        trace.step(|| given("borrower's debt (units)", self.debt.0));
    }

    /// Most debt that one call may repay.
    fn max_cover(&self, trace: &mut impl TraceSink) -> Ruled<Amount> {
        let nearly_healthy = self.data.health_factor > NEARLY_HEALTHY;
        let label = "most that may be repaid (units)";
        if self.rules.close_factor == CloseFactor::Reserve {
            let (share, formula) = if nearly_healthy {
                (
                    HALF,
                    "debt · 5000 ÷ 10000, as the health factor is above 0.95",
                )
            } else {
                (
                    Bps(10_000),
                    "debt · 10000 ÷ 10000, as the health factor is at most 0.95",
                )
            };
            let most = percent_mul(self.debt.0, share, Rounding::HalfUp)?;
            let inputs = [("debt", self.debt.0)];
            return Ok(Amount(told(
                trace,
                (label, formula),
                &inputs,
                most,
                Some(Rounding::HalfUp),
            )));
        }
        let large = Value::from(u128::from(CLOSE_FACTOR_MIN));
        let (owed, held) = if self.is_whole {
            (self.data.debt, self.data.collateral)
        } else {
            (self.debt_value(self.debt)?, self.supply_value(self.supply)?)
        };
        if nearly_healthy && held >= large && owed >= large {
            let half = percent_mul(self.data.debt.0, HALF, Rounding::HalfUp)?;
            if owed.0 > half {
                let most =
                    checked_mul_div(half, self.debt_unit, self.debt_price.0, Rounding::Floor)?;
                let inputs = [
                    ("half of the account's debt (base)", half),
                    ("10^decimals", self.debt_unit),
                    ("debt price", self.debt_price.0),
                ];
                let text = (
                    label,
                    "half · 10^decimals ÷ price, as the position is large and the health factor above 0.95",
                );
                return Ok(Amount(told(
                    trace,
                    text,
                    &inputs,
                    most,
                    Some(Rounding::Floor),
                )));
            }
        }
        let text = (label, "all of the debt in this reserve");
        Ok(Amount(told(
            trace,
            text,
            &[("debt", self.debt.0)],
            self.debt.0,
            None,
        )))
    }

    /// Collateral taken, fee included, and debt repaid for it.
    fn take(&self, cover: Amount, trace: &mut impl TraceSink) -> Ruled<(Amount, Amount)> {
        let rules = self.rules;
        let (collateral_price, debt_price) = (self.collateral_price.0, self.debt_price.0);
        let base = quotient(
            product(product(debt_price, cover.0)?, self.collateral_unit)?,
            product(collateral_price, self.debt_unit)?,
        )?;
        told(
            trace,
            (
                "collateral of equal value (units)",
                "debt price · debt to cover · 10^c ÷ (collateral price · 10^d)",
            ),
            &[
                ("debt price", debt_price),
                ("debt to cover", cover.0),
                ("10^c", self.collateral_unit),
                ("collateral price", collateral_price),
                ("10^d", self.debt_unit),
            ],
            base,
            Some(Rounding::Floor),
        );
        let wanted = percent_mul(base, self.bonus, rules.bonus)?;
        told(
            trace,
            (
                "with bonus (units)",
                "collateral of equal value · bonus ÷ 10000",
            ),
            &[
                ("collateral of equal value", base),
                ("bonus", self.bonus.wide()),
            ],
            wanted,
            Some(rules.bonus),
        );
        if wanted <= self.supply.0 {
            return Ok((Amount(wanted), cover));
        }
        let in_debt = quotient(
            product(product(collateral_price, self.supply.0)?, self.debt_unit)?,
            product(debt_price, self.collateral_unit)?,
        )?;
        let needed = percent_div(in_debt, self.bonus.wide(), rules.debt_needed)?;
        told(
            trace,
            (
                "debt that all collateral pays for (units)",
                "collateral worth in debt units · 10000 ÷ bonus, as the collateral is short",
            ),
            &[
                ("collateral worth in debt units", in_debt),
                ("bonus", self.bonus.wide()),
            ],
            needed,
            Some(rules.debt_needed),
        );
        Ok((self.supply, Amount(needed)))
    }

    /// The treasury's part of what is taken.
    fn fee_of(&self, taken: Amount, trace: &mut impl TraceSink) -> Ruled<Amount> {
        if self.fee.0 == 0 {
            return Ok(Amount::ZERO);
        }
        let rules = self.rules;
        let without = percent_div(taken.0, self.bonus.wide(), rules.bonus_base)?;
        told(
            trace,
            (
                "taken without bonus (units)",
                "collateral taken · 10000 ÷ bonus",
            ),
            &[("collateral taken", taken.0), ("bonus", self.bonus.wide())],
            without,
            Some(rules.bonus_base),
        );
        let bonus = taken.minus(Amount(without))?;
        let fee = percent_mul(bonus.0, self.fee, rules.protocol_fee)?;
        told(
            trace,
            (
                "protocol fee (units)",
                "(collateral taken − taken without bonus) · share ÷ 10000",
            ),
            &[("bonus part", bonus.0), ("share", self.fee.wide())],
            fee,
            Some(rules.protocol_fee),
        );
        Ok(Amount(fee))
    }

    /// What both sides keep must be worth something.
    fn require_no_dust(&self, sizes: &Sizes) -> Ruled<()> {
        let taken = sizes.seized.plus(sizes.fee)?;
        if !self.rules.leftover.on() || sizes.repaid >= self.debt || taken >= self.supply {
            return Ok(());
        }
        let least = Value::from(u128::from(LEFTOVER_MIN));
        let debt_left = self.debt_value(self.debt.minus(sizes.repaid)?)?;
        let supply_left = self.supply_value(self.supply.minus(taken)?)?;
        if debt_left < least || supply_left < least {
            return Err(Rejection::MustNotLeaveDust);
        }
        Ok(())
    }
}

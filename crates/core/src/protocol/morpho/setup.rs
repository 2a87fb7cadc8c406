//! A market from plain data, checked.

use super::interest::Irm;
use super::rejection::Rejection;
use super::state::{Holdings, Market, Position, Totals};
use super::version::MorphoVersion;
use crate::book::Book;
use crate::protocol::AccountId;
use crate::protocol::SetupError;
use crate::units::{Amount, Price, Ratio, Rounding, Shares, Timestamp, U256, WAD, checked_mul_div};
use std::collections::BTreeSet;
use std::sync::Arc;

/// Everything that a market starts from.
#[derive(Clone, Debug)]
pub struct MarketSetup {
    /// Which rules hold.
    pub version: MorphoVersion,
    /// Loan-to-value at which a position can be liquidated, wad, below 1.
    pub threshold: Ratio,
    /// What tells the rate.
    pub irm: Irm,
    /// Loan base units for one collateral base unit, times 10^36.
    pub price: Price,
    /// The present time.
    pub now: Timestamp,
    /// The totals as last stored.
    pub totals: Totals,
    /// Who gets the fee.
    pub fee_recipient: AccountId,
    /// Positions; ids run from 0 in this order.
    pub positions: Vec<Position>,
}

/// Passes where a condition holds.
fn require(
    holds: bool,
    field: &'static str,
    problem: impl Fn() -> String,
) -> Result<(), SetupError> {
    if holds {
        return Ok(());
    }
    Err(SetupError {
        field: field.to_owned(),
        problem: problem(),
    })
}

/// The sums over all positions: supply shares, borrow shares, collateral.
fn sums(positions: &[Position]) -> Result<(Shares, Shares, Amount), Rejection> {
    let mut all = (Shares::ZERO, Shares::ZERO, Amount::ZERO);
    for position in positions {
        all.0 = all.0.plus(position.supply_shares)?;
        all.1 = all.1.plus(position.borrow_shares)?;
        all.2 = all.2.plus(position.collateral)?;
    }
    Ok(all)
}

impl MarketSetup {
    /// Sets the totals to the sums over the positions at the share price of a new market, and the
    /// last accrual to now.
    ///
    /// # Errors
    /// When a sum overflows.
    pub fn open(mut self) -> Result<Self, SetupError> {
        let overflow = |rejection: Rejection| SetupError {
            field: "positions".to_owned(),
            problem: format!("their sum overflows ({rejection})"),
        };
        let (supply, borrow, _) = sums(&self.positions).map_err(overflow)?;
        let per_asset = self.version.rules().virtual_shares;
        let assets = |shares: Shares, rounding| {
            let assets = checked_mul_div(shares.0, U256::ONE, per_asset, rounding);
            assets.map(Amount).map_err(|e| overflow(e.into()))
        };
        self.totals.supply_assets = assets(supply, Rounding::Floor)?;
        self.totals.supply_shares = supply;
        self.totals.borrow_assets = assets(borrow, Rounding::Floor)?;
        self.totals.borrow_shares = borrow;
        self.totals.last_update = self.now;
        Ok(self)
    }

    /// The market.
    ///
    /// # Errors
    /// The first field that is out of range or inconsistent.
    pub fn build(self) -> Result<Market, SetupError> {
        let rules = self.version.rules();
        self.check_parameters(rules.fee_max)?;
        self.check_widths()?;
        let collateral = self.check_sums()?;
        let totals = self.totals;
        let Ok(loan) = totals.supply_assets.minus(totals.borrow_assets) else {
            return Err(SetupError {
                field: "totals.borrow_assets".to_owned(),
                problem: format!(
                    "{} borrowed of {} supplied",
                    totals.borrow_assets, totals.supply_assets
                ),
            });
        };
        Ok(Market {
            version: self.version,
            rules,
            threshold: self.threshold,
            irm: self.irm,
            price: self.price,
            now: self.now,
            totals,
            holdings: Holdings {
                loan,
                collateral,
                excess: Amount::ZERO,
            },
            fee_recipient: self.fee_recipient,
            book: Book::new(self.positions),
            managers: Arc::new(BTreeSet::new()),
        })
    }

    fn check_parameters(&self, fee_max: U256) -> Result<(), SetupError> {
        require(self.threshold.0 < WAD, "threshold", || {
            format!("{} is not below 10^18", self.threshold)
        })?;
        let fee = self.totals.fee;
        require(fee.0 <= fee_max, "totals.fee", || {
            format!("{fee} is above {fee_max}")
        })?;
        let last = self.totals.last_update;
        require(last <= self.now, "totals.last_update", || {
            format!("{} is after the present time {}", last.0, self.now.0)
        })?;
        let recipient = usize::try_from(self.fee_recipient.0).ok();
        require(
            recipient.is_some_and(|at| at < self.positions.len()),
            "fee_recipient",
            || format!("no account {}", self.fee_recipient.0),
        )
    }

    /// What the contract stores in 128 bits must fit.
    fn check_widths(&self) -> Result<(), SetupError> {
        let totals = &self.totals;
        for (field, number) in [
            ("totals.supply_assets", totals.supply_assets.0),
            ("totals.supply_shares", totals.supply_shares.0),
            ("totals.borrow_assets", totals.borrow_assets.0),
            ("totals.borrow_shares", totals.borrow_shares.0),
        ] {
            require(number.bit_len() <= 128, field, || {
                format!("{number} does not fit 128 bits")
            })?;
        }
        for (at, position) in self.positions.iter().enumerate() {
            let widest = position.borrow_shares.0.max(position.collateral.0);
            require(widest.bit_len() <= 128, "positions", || {
                format!("{widest} of account {at} does not fit 128 bits")
            })?;
        }
        Ok(())
    }

    /// Totals must be the sums; tells the sum of the collateral.
    fn check_sums(&self) -> Result<Amount, SetupError> {
        let (supply, borrow, collateral) = sums(&self.positions).map_err(|_| SetupError {
            field: "positions".to_owned(),
            problem: "their sum overflows".to_owned(),
        })?;
        let totals = &self.totals;
        require(
            totals.supply_shares == supply,
            "totals.supply_shares",
            || format!("{}; the positions sum to {supply}", totals.supply_shares),
        )?;
        require(
            totals.borrow_shares == borrow,
            "totals.borrow_shares",
            || format!("{}; the positions sum to {borrow}", totals.borrow_shares),
        )?;
        Ok(collateral)
    }
}

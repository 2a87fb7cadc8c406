//! An account's solvency as two straight lines, for liquidation prices and maps.

use super::Pool;
use super::ledger::{Listing, Source};
use super::math::Ruled;
use super::rejection::Rejection;
use super::reserve::to_amount;
use crate::book::{AssetSet, Solvency};
use crate::protocol::AccountId;
use crate::units::{BPS, Rounding, U256, WAD};

impl Pool {
    /// Both sides of an account's solvency as lines in the factor (wad) by which the prices of
    /// `shocked` move together from the present ones. Scale: base currency × 10 000.
    ///
    /// The lines leave out what the contract rounds on the way: each value to a base unit, and up
    /// to version 3.4 the average threshold to a basis point.
    ///
    /// # Errors
    /// On overflow.
    pub fn solvency(&self, id: AccountId, shocked: AssetSet) -> Result<Solvency, Rejection> {
        let account = self.ledger.account(id)?;
        let rules = self.ledger.rules;
        let mut lines = Solvency {
            unit: WAD,
            ..Solvency::default()
        };
        for position in account.positions() {
            let listing = Listing::new(&self.ledger, account.e_mode, position.asset)?;
            let (reserve, price) = (listing.reserve, listing.price());
            let moves = shocked.union(AssetSet::EMPTY.with(position.asset)) == shocked;
            if position.is_collateral && listing.counts() {
                let index = reserve.income_index()?;
                let held = to_amount(position.supply_shares(), index, rules.supply_balance)?;
                let value = reserve.value(held, price, Rounding::Floor)?;
                let weight = listing.threshold().wide();
                let line = if moves {
                    &mut lines.collateral
                } else {
                    &mut lines.fixed_collateral
                };
                *line = add_weighted(*line, value.0, weight)?;
            }
            if position.is_borrowing {
                let index = reserve.debt_index()?;
                let owed = to_amount(position.debt_shares(), index, rules.debt_balance)?;
                let value = reserve.value(owed, price, rules.debt_value)?;
                let line = if moves {
                    &mut lines.debt
                } else {
                    &mut lines.fixed_debt
                };
                *line = add_weighted(*line, value.0, BPS)?;
            }
        }
        Ok(lines)
    }
}

fn add_weighted(sum: U256, value: U256, weight: U256) -> Ruled<U256> {
    value
        .checked_mul(weight)
        .and_then(|more| sum.checked_add(more))
        .ok_or(Rejection::Panic0x11)
}

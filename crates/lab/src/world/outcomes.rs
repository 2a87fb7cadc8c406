//! What became of each account, and the end of a path.

use super::World;
use super::under_water::tell_lacking;
use crate::door;
use crate::record::{AccountRow, AccountsTold, LiquidationRow, PathRecord};
use backstop_core::protocol::{AccountId, Protocol};

impl<P: Protocol> World<P> {
    /// One row for each account with debt at the start, of those that are to be told, ascending.
    fn outcomes(&self, liquidations: &[LiquidationRow]) -> Vec<AccountRow> {
        let (opening, end) = (&self.opening, &self.protocol);
        let softened = end.softened();
        let mut accounts: Vec<AccountId> = match self.config.recording.accounts {
            AccountsTold::None => return Vec::new(),
            AccountsTold::All => (0..opening.accounts()).map(AccountId).collect(),
            AccountsTold::Touched => {
                let liquidated = liquidations.iter().map(|row| row.account);
                let touched = liquidated.chain(end.breaches());
                touched.chain(softened.iter().copied()).collect()
            }
        };
        accounts.sort_unstable();
        accounts.dedup();
        let begun = |id: &AccountId| self.openings.of(opening, &self.units, *id);
        let begun = accounts.iter().filter_map(begun);
        let mut rows = Vec::with_capacity(accounts.len());
        rows.extend(begun.map(|opening| opening.row.clone()));
        for liquidation in liquidations {
            let at = rows.binary_search_by_key(&liquidation.account, |row| row.account);
            if let Some(row) = at.ok().and_then(|at| rows.get_mut(at)) {
                count(row, liquidation);
            }
        }
        for row in &mut rows {
            row.softened = softened.binary_search(&row.account).is_ok();
            finish(row, end);
        }
        rows
    }
}

fn count(row: &mut AccountRow, liquidation: &LiquidationRow) {
    row.liquidations += u32::from(liquidation.begins());
    row.repaid_usd += liquidation.cleared_usd;
    row.seized_usd += liquidation.taken_usd;
    row.penalty_usd += liquidation.penalty_usd();
    row.deficit_usd += liquidation.deficit_usd;
}

/// Adds the account's state at the end.
fn finish<P: Protocol>(row: &mut AccountRow, end: &P) {
    let base = end.base_decimals();
    if let Ok(health) = end.health(row.account) {
        let collateral = door::value_to_usd(health.collateral, base);
        let debt = door::value_to_usd(health.debt, base);
        row.health_end = health.factor;
        row.collateral_usd[1] = collateral;
        row.debt_usd[1] = debt;
        row.shortfall_usd = (debt - collateral).max(0.0);
    }
}

impl<P: Protocol> World<P> {
    /// The record of what was done.
    pub(super) fn finish(&mut self) -> PathRecord {
        let empty = self.units.empty_record(&self.protocol, self.seed);
        let mut record = std::mem::replace(&mut self.record, empty);
        let told = self.config.recording.accounts;
        record.accounts = self.outcomes(&record.liquidations);
        record.accounts_told = told;
        self.tell_spared(&mut record);
        let step_s = self.config.grid.step_s;
        let held = |account| self.openings.of(&self.opening, &self.units, account);
        tell_lacking(|account| Some(&held(account)?.held), &mut record, step_s);
        record.liquidators = self.liquidator_rows();
        self.count_refused_moves();
        record.refusals = self.refusals.rows();
        record.guard_costs = self.guard_costs();
        if told == AccountsTold::All {
            record.state_hash = self.protocol.state_hash();
        }
        record
    }
}

//! What became of each account, and the end of a path.

use super::World;
use super::under_water::tell_lacking;
use crate::door;
use crate::record::{AccountRow, AccountsTold, LiquidationRow, PathRecord};
use backstop_core::protocol::{AccountId, Protocol};
use std::collections::BTreeMap;

/// One row for each account with debt at the start, of those that are to be told.
fn outcomes<P: Protocol>(
    (opening, end): (&P, &P),
    told: AccountsTold,
    liquidations: &[LiquidationRow],
) -> Vec<AccountRow> {
    let mut accounts: Vec<AccountId> = match told {
        AccountsTold::None => return Vec::new(),
        AccountsTold::All => (0..opening.accounts()).map(AccountId).collect(),
        AccountsTold::Touched => {
            let liquidated = liquidations.iter().map(|row| row.account);
            liquidated.chain(end.breaches()).collect()
        }
    };
    accounts.sort_unstable();
    accounts.dedup();
    let rows = accounts.iter().filter_map(|id| begun(opening, *id));
    let mut rows: Vec<AccountRow> = rows.collect();
    let places = rows.iter().enumerate().map(|(at, row)| (row.account, at));
    let places: BTreeMap<AccountId, usize> = places.collect();
    for liquidation in liquidations {
        let at = places.get(&liquidation.account);
        if let Some(row) = at.and_then(|at| rows.get_mut(*at)) {
            count(row, liquidation);
        }
    }
    for row in &mut rows {
        finish(row, end);
    }
    rows
}

/// An account as it stands at the start; nothing without debt.
fn begun<P: Protocol>(opening: &P, account: AccountId) -> Option<AccountRow> {
    let health = opening.health(account).ok()?;
    let base = opening.base_decimals();
    (!health.debt.is_zero()).then(|| AccountRow {
        account,
        name: None,
        health_start: health.factor,
        health_end: health.factor,
        collateral_usd: [door::value_to_usd(health.collateral, base); 2],
        debt_usd: [door::value_to_usd(health.debt, base); 2],
        liquidations: 0,
        softened: false,
        repaid_usd: 0.0,
        seized_usd: 0.0,
        penalty_usd: 0.0,
        deficit_usd: 0.0,
        shortfall_usd: 0.0,
        lacking_usd: 0.0,
        under_water_s: 0,
    })
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
    row.softened = end.softened(row.account);
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
        let ends = (&self.opening, &self.protocol);
        record.accounts = outcomes(ends, told, &record.liquidations);
        record.accounts_told = told;
        let step_s = self.config.grid.step_s;
        tell_lacking(&self.opening, &self.units, &mut record, step_s);
        record.liquidators = self.liquidator_rows();
        record.refusals = self.refusals.rows();
        if told == AccountsTold::All {
            record.state_hash = self.protocol.state_hash();
        }
        record
    }
}

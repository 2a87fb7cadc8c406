//! What became of each account, and the end of a path.

use super::World;
use crate::door;
use crate::record::{AccountRow, LiquidationRow, PathRecord};
use backstop_core::protocol::{AccountId, Protocol};
use std::collections::BTreeMap;

/// Account rows in the making; empty where they are not asked for.
#[derive(Clone, Debug, Default)]
pub(super) struct Outcomes {
    rows: Vec<AccountRow>,
    /// Where an account's row is.
    at: BTreeMap<AccountId, usize>,
}

impl Outcomes {
    /// One row for each account with debt, as it stands.
    pub(super) fn new<P: Protocol>(protocol: &P, wanted: bool) -> Self {
        let mut outcomes = Self::default();
        let accounts = if wanted { protocol.accounts() } else { 0 };
        for id in 0..accounts {
            outcomes.add(protocol, AccountId(id));
        }
        outcomes
    }

    fn add<P: Protocol>(&mut self, protocol: &P, account: AccountId) {
        let Ok(health) = protocol.health(account) else {
            return;
        };
        if health.debt.is_zero() {
            return;
        }
        let base = protocol.base_decimals();
        self.at.insert(account, self.rows.len());
        self.rows.push(AccountRow {
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
        });
    }

    /// Counts a liquidation.
    pub(super) fn liquidated(&mut self, row: &LiquidationRow) {
        let at = self.at.get(&row.account);
        if let Some(outcome) = at.and_then(|i| self.rows.get_mut(*i)) {
            outcome.liquidations += u32::from(row.begins());
            outcome.repaid_usd += row.cleared_usd;
            outcome.seized_usd += row.taken_usd;
            outcome.penalty_usd += row.penalty_usd();
            outcome.deficit_usd += row.deficit_usd;
        }
    }

    /// The rows with the accounts' state at the end.
    fn finished<P: Protocol>(&self, protocol: &P) -> Vec<AccountRow> {
        let base = protocol.base_decimals();
        let mut rows = self.rows.clone();
        for row in &mut rows {
            row.softened = protocol.softened(row.account);
            if let Ok(health) = protocol.health(row.account) {
                let collateral = door::value_to_usd(health.collateral, base);
                let debt = door::value_to_usd(health.debt, base);
                row.health_end = health.factor;
                row.collateral_usd[1] = collateral;
                row.debt_usd[1] = debt;
                row.shortfall_usd = (debt - collateral).max(0.0);
            }
        }
        rows
    }
}

impl<P: Protocol> World<P> {
    /// The record of what was done.
    pub(super) fn finish(&mut self) -> PathRecord {
        let empty = self.units.empty_record(&self.protocol, self.seed);
        let mut record = std::mem::replace(&mut self.record, empty);
        record.accounts = self.outcomes.finished(&self.protocol);
        record.liquidators = self.liquidator_rows();
        record.refusals = self.refusals.rows();
        if self.config.recording.accounts {
            record.state_hash = self.protocol.state_hash();
        }
        record
    }
}

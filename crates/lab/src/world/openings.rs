//! How accounts stood at the start, told once for all paths that begin there.

use super::books::Units;
use super::tokens::Tokens;
use crate::door;
use crate::record::AccountRow;
use backstop_core::protocol::{AccountId, Protocol};
use std::sync::OnceLock;

/// An account as it stood at the start.
#[derive(Debug)]
pub(super) struct Opening {
    /// The beginning of its row.
    pub(super) row: AccountRow,
    /// What it held and owed.
    pub(super) held: Tokens,
}

/// All accounts at one first moment; each is looked at when it is first asked for, on whatever path.
#[derive(Debug)]
pub(super) struct Openings {
    /// Ledger prices of that moment, USD.
    oracle: Vec<f64>,
    /// Nothing for accounts without debt.
    accounts: Vec<OnceLock<Option<Box<Opening>>>>,
}

impl Openings {
    pub(super) fn new<P: Protocol>(protocol: &P, oracle: &[f64]) -> Self {
        Self {
            oracle: oracle.to_vec(),
            accounts: (0..protocol.accounts()).map(|_| OnceLock::new()).collect(),
        }
    }

    /// Whether a start at these prices is the same.
    pub(super) fn are_at(&self, oracle: &[f64]) -> bool {
        self.oracle == oracle
    }

    /// Ledger prices of the first moment, USD.
    pub(super) fn oracle(&self) -> &[f64] {
        &self.oracle
    }

    /// An account with debt; `opening` is the protocol at the first moment.
    pub(super) fn of<P: Protocol>(
        &self,
        opening: &P,
        units: &Units,
        account: AccountId,
    ) -> Option<&Opening> {
        let place = self.accounts.get(account.0 as usize)?;
        let told = place.get_or_init(|| {
            let row = begun(opening, account)?;
            let held = Tokens::of(opening, units, account, self.oracle.len());
            Some(Box::new(Opening { row, held }))
        });
        told.as_deref()
    }
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
        solvent_spared: None,
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

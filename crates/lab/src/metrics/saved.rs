//! Accounts that liquidation left alive.

use super::{Evidence, Metric};
use crate::record::AccountRow;
use backstop_core::units::Ratio;

/// Collateral below this, in USD, is what rounding leaves behind.
const DUST_USD: f64 = 1.0;
/// A health factor of 1.
const HEALTHY: u128 = 1_000_000_000_000_000_000;

/// Liquidated, and still there.
pub(super) const ACCOUNTS_SAVED: Metric = Metric {
    name: "accounts_saved",
    unit: "count",
    doc: "Accounts that were liquidated or softened at least once and end with collateral of at least 1 USD and \
          with a health factor of 1 or more or without debt: liquidation in parts was enough. Needs \
          accounts' outcomes to be recorded.",
    compute: saved,
};

fn saved(evidence: &Evidence<'_>) -> Option<f64> {
    let rows = evidence.outcomes()?;
    Some(rows.iter().filter(|row| is_saved(row)).count() as f64)
}

fn is_saved(row: &AccountRow) -> bool {
    let healthy = row.health_end >= Ratio::new(HEALTHY) || row.debt_usd[1] <= 0.0;
    (row.liquidations > 0 || row.softened) && row.collateral_usd[1] >= DUST_USD && healthy
}

//! Accounts that need not have been liquidated, as things ended.

use super::Metric;
use crate::record::AccountRow;
use backstop_core::units::{Ratio, WAD};

/// Liquidated, and healthy at the end without it.
pub(super) const SOLVENT_ACCOUNTS_LIQUIDATED: Metric = Metric {
    name: "solvent_accounts_liquidated",
    unit: "count",
    doc: "Accounts that were liquidated or softened at least once and would have a health factor of 1 or more at the \
          end without it: with what they held and owed at the start and their own moves, at the market's prices of \
          the last step, interest left out. Needs accounts' outcomes to be recorded.",
    compute: |e| {
        let rows = e.outcomes()?.iter();
        Some(rows.filter(|row| is_solvent(row)).count() as f64)
    },
};

fn is_solvent(row: &AccountRow) -> bool {
    row.health_spared.is_some_and(|health| health >= Ratio(WAD))
}

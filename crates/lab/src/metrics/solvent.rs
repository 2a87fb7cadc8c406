//! Accounts that need not have been liquidated, as things ended.

use super::Metric;

/// Liquidated, and healthy at the end without it.
pub(super) const SOLVENT_ACCOUNTS_LIQUIDATED: Metric = Metric {
    name: "solvent_accounts_liquidated",
    unit: "count",
    doc: "Accounts that were liquidated or softened at least once and would have a health factor of 1 or more at the \
          end without it: with what they held and owed at the start and their own moves, at the market's prices of \
          the last step, interest left out. Needs accounts' outcomes to be recorded.",
    compute: |e| {
        let rows = e.outcomes()?.iter();
        Some(rows.filter(|row| row.solvent_spared == Some(true)).count() as f64)
    },
};

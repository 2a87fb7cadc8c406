//! All that was up for liquidation. Its quantile over paths is the liquidations at risk (LaR).

use super::{Evidence, Metric};
use crate::record::AccountRow;
use backstop_core::units::{Ratio, WAD};

/// Debt up for liquidation.
pub(super) const LIQUIDATIONS_AT_RISK: Metric = Metric {
    name: "liquidations_at_risk",
    unit: "USD",
    doc: "Debt that liquidations cleared or wrote off, and debt of accounts that end in breach: all \
          that was up for liquidation, whether or not somebody took it. Its quantile over paths at a \
          level is the liquidations at risk (LaR) at that level. Needs accounts' outcomes to be recorded.",
    compute: |e| {
        let waiting = e.outcomes()?.iter().filter(|row| in_breach(row));
        let waiting = waiting.fold(0.0, |sum, row| sum + row.debt_usd[1]);
        let done = e.path.liquidations.iter();
        let done = done.fold(0.0, |sum, row| sum + row.cleared_usd + row.deficit_usd);
        Some(done + waiting)
    },
};

/// Collateral of accounts that got into trouble.
pub(super) const COLLATERAL_AT_RISK: Metric = Metric {
    name: "collateral_at_risk",
    unit: "USD",
    doc: "Collateral, as it stood at the start and at its prices, of the accounts that were liquidated or \
          softened or end in breach. Its quantile over paths is the collateral at risk at that level. \
          Needs accounts' outcomes to be recorded.",
    compute: |e| Some(at_risk(e)?.fold(0.0, |sum, row| sum + row.collateral_usd[0])),
};

pub(super) fn at_risk<'a>(evidence: &Evidence<'a>) -> Option<impl Iterator<Item = &'a AccountRow>> {
    let rows = evidence.outcomes()?.iter();
    Some(rows.filter(|row| is_at_risk(row)))
}

/// Whether an account's collateral was at risk: it was liquidated or softened, or ends in breach.
pub(crate) fn is_at_risk(row: &AccountRow) -> bool {
    row.liquidations > 0 || row.softened || in_breach(row)
}

fn in_breach(row: &AccountRow) -> bool {
    row.health_end < Ratio(WAD) && row.debt_usd[1] > 0.0
}

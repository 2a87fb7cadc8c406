//! How much of the debt that was liquidated or lost came back.

use super::{Evidence, Metric};

/// Cleared over cleared and lost.
pub(super) const RECOVERY_RATE: Metric = Metric {
    name: "recovery_rate",
    unit: "share",
    doc: "Debt that liquidations cleared, as a share of that and of the bad debt: what lenders got back of \
          the debt that was liquidated or lost. None where there was neither. Needs accounts' outcomes \
          to be recorded.",
    compute: rate,
};

fn rate(evidence: &Evidence<'_>) -> Option<f64> {
    let rows = evidence.path.liquidations.iter();
    let (cleared, written_off) = rows.fold((0.0, 0.0), |(cleared, lost), row| {
        (cleared + row.cleared_usd, lost + row.deficit_usd)
    });
    let lacking = evidence.outcomes()?.iter();
    let lost = lacking.fold(written_off, |sum, row| sum + row.shortfall_usd);
    (cleared + lost > 0.0).then(|| cleared / (cleared + lost))
}

//! Bad debt that falls on those who did not agree to bear it.

use super::Metric;

/// What no layer with a limit paid.
pub(super) const UNCOVERED_BAD_DEBT: Metric = Metric {
    name: "uncovered_bad_debt",
    unit: "USD",
    doc: "Bad debt that no layer with a limit, such as an insurance fund, paid: deficits that were shared out, and \
          debt above collateral at the end. Needs accounts' outcomes to be recorded.",
    compute: |e| {
        let open = e.outcomes()?.iter();
        let open = open.fold(0.0, |sum, row| sum + row.shortfall_usd);
        let shared = e.path.coverage.iter();
        let shared = shared.filter(|row| !row.left_usd.is_finite());
        Some(shared.fold(open, |sum, row| sum + row.usd))
    },
};

//! Liquidations that made the borrower's health worse.

use super::Metric;
use backstop_core::protocol::OfferKind;

/// Share of liquidations after which health was lower.
pub(super) const TOXIC: Metric = Metric {
    name: "toxic_share",
    unit: "share",
    doc: "Share of liquidations at a fixed discount after which the account's health factor was lower \
          than before: the bonus took more than the repayment gave.",
    compute: |e| {
        let rows = e.path.liquidations.iter();
        let rows: Vec<_> = rows.filter(|row| row.kind == OfferKind::Repay).collect();
        let toxic = rows.iter().filter(|r| r.health_after < r.health_before);
        (!rows.is_empty()).then(|| toxic.count() as f64 / rows.len() as f64)
    },
};

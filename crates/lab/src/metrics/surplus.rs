//! What liquidation took from the borrowers themselves.

use super::{Evidence, Metric};
use crate::record::AccountRow;
use backstop_core::protocol::OfferKind;

/// The borrowers' own part of the penalty.
pub(super) const LOST_SURPLUS: Metric = Metric {
    name: "lost_surplus",
    unit: "USD",
    doc: "Collateral above debt that liquidation took from borrowers: each account's penalty less \
          its deficit and its shortfall at the end, not below zero, and what exchanges between bands \
          took from all of them. A part of the penalty, not to be added to it; whoever pays the bad \
          debt bears the rest. Needs accounts' outcomes to be recorded.",
    compute: lost,
};

fn lost(evidence: &Evidence<'_>) -> Option<f64> {
    let rows = evidence.outcomes()?;
    let exchanged = evidence.path.liquidations.iter();
    let exchanged = exchanged.filter(|row| row.kind == OfferKind::Exchange);
    let between_bands = exchanged.fold(0.0, |sum, row| sum + row.penalty_usd());
    Some(
        rows.iter()
            .fold(between_bands, |sum, row| sum + lost_by(row)),
    )
}

/// A borrower can walk away from debt above the collateral, so that is nobody's surplus.
fn lost_by(row: &AccountRow) -> f64 {
    let left = row.penalty_usd - row.deficit_usd - row.shortfall_usd;
    // `f64::max` would turn a value that is not a number into zero.
    if left < 0.0 { 0.0 } else { left }
}

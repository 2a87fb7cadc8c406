//! How much of the fall the selling caused.

use super::{Metric, hardest_hit};
use crate::record::PathRecord;

/// Fall with feedback over fall without.
pub(super) const AMPLIFICATION: Metric = Metric {
    name: "amplification",
    unit: "ratio",
    doc: "Largest fall of the oracle's price with feedback divided by the one without, same seed, \
          for the asset that falls most without. 1 means that the selling added nothing.",
    compute: |e| {
        let without = e.without_feedback?;
        amplification_of(e.path, without, hardest_hit(without)?)
    },
};

/// Largest fall of an asset's oracle price below its first price, as a share of the latter; none
/// for an asset or a path that is not there.
pub fn fall_of(path: &PathRecord, asset: usize) -> Option<f64> {
    let mut prices = path.steps.iter().filter_map(|row| row.oracle.get(asset));
    let first = *prices.next()?;
    let lowest = prices.fold(first, |low, p| low.min(*p));
    (first > 0.0).then(|| 1.0 - lowest / first)
}

/// Fall of an asset with feedback divided by its fall without; none where it does not fall without.
pub fn amplification_of(
    path: &PathRecord,
    without_feedback: &PathRecord,
    asset: usize,
) -> Option<f64> {
    let without = fall_of(without_feedback, asset)?;
    (without > 0.0).then_some(fall_of(path, asset)? / without)
}

//! How far the selling moved the price at its worst.

use super::{Metric, hardest_hit};
use crate::record::PathRecord;

/// Deepest gap between the pair.
pub(super) const PRICE_IMPACT: Metric = Metric {
    name: "price_impact",
    unit: "share",
    doc: "Largest share by which the oracle's price with feedback stood below the one without in the \
          same step, same seed, for the asset that falls most without.",
    compute: |e| {
        let without = e.without_feedback?;
        impact_of(e.path, without, hardest_hit(without)?)
    },
};

/// Largest share by which an asset's oracle price stands below that of the pair without feedback;
/// zero where it never does, none where the two have no step with a price in common.
pub fn impact_of(path: &PathRecord, without_feedback: &PathRecord, asset: usize) -> Option<f64> {
    let pairs = path.steps.iter().zip(&without_feedback.steps);
    let gaps = pairs.filter_map(|(with, without)| {
        let gap = 1.0 - with.oracle.get(asset)? / without.oracle.get(asset)?;
        gap.is_finite().then_some(gap)
    });
    gaps.reduce(f64::max).map(|gap| gap.max(0.0))
}

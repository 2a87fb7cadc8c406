//! How far selling pushed the venues, and how fast they came back.

use super::{Evidence, Metric};
use crate::record::PathRecord;

/// Time to half of the deepest displacement.
pub(super) const RECOVERY: Metric = Metric {
    name: "recovery",
    unit: "s",
    doc: "Seconds from the deepest gap between venue and outside price until at most half of it is \
          left, for the asset with the deepest gap. None where the path ends before.",
    compute: |e| worst(e)?.seconds_to_half,
};

/// The deepest displacement.
pub(super) const DISPLACEMENT: Metric = Metric {
    name: "displacement",
    unit: "share",
    doc: "Deepest gap of a venue price below the outside price at the end of a step.",
    compute: |e| Some(worst(e)?.deepest),
};

/// How an asset's venues were displaced.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Recovery {
    /// Deepest gap below the outside price, as a share of it.
    pub deepest: f64,
    /// Seconds from there to the first step with at most half the gap.
    pub seconds_to_half: Option<f64>,
}

/// The displacement of one asset's venues; none where they were never below the outside price.
pub fn recovery_of(path: &PathRecord, asset: usize) -> Option<Recovery> {
    let gaps: Vec<(u64, f64)> = path
        .steps
        .iter()
        .filter_map(|row| {
            let gap = 1.0 - row.venue.get(asset)? / row.outside.get(asset)?;
            Some((row.time, gap))
        })
        .collect();
    let (at, (time, deepest)) = gaps
        .iter()
        .copied()
        .enumerate()
        .max_by(|a, b| a.1.1.total_cmp(&b.1.1).then(b.0.cmp(&a.0)))?;
    let half = gaps
        .iter()
        .skip(at)
        .find(|(_, gap)| *gap <= deepest / 2.0)
        .map(|(t, _)| t.saturating_sub(time) as f64);
    (deepest > 0.0).then_some(Recovery {
        deepest,
        seconds_to_half: half,
    })
}

fn worst(evidence: &Evidence<'_>) -> Option<Recovery> {
    (0..evidence.path.symbols.len())
        .filter_map(|asset| recovery_of(evidence.path, asset))
        .max_by(|a, b| a.deepest.total_cmp(&b.deepest))
}

//! Cascades: liquidations that follow on each other.
//!
//! A cascade is a longest run of consecutive steps in each of which a liquidation was begun. A run says
//! nothing about causes: liquidations of neighbouring steps may share a fall of the outside price. The
//! coarser the steps, the fewer and the larger the cascades.

use super::{Evidence, Metric};
use crate::record::{PathRecord, StepRow};

/// How many.
pub(super) const CASCADES: Metric = Metric {
    name: "cascades",
    unit: "count",
    doc: "Longest runs of consecutive steps in each of which a liquidation was begun.",
    compute: |e| Some(cascades_of(e.path).len() as f64),
};

/// The largest.
pub(super) const LARGEST_CASCADE: Metric = Metric {
    name: "largest_cascade",
    unit: "USD",
    doc: "Collateral taken in the largest run of consecutive steps with liquidations. Over paths, its tail \
          index says how heavy the tail of cascades is.",
    compute: |e| Some(largest(e, |cascade| cascade.seized_usd)),
};

/// How many liquidations it has.
pub(super) const LARGEST_CASCADE_LIQUIDATIONS: Metric = Metric {
    name: "largest_cascade_liquidations",
    unit: "count",
    doc: "Most liquidations begun in one run of consecutive steps with liquidations.",
    compute: |e| Some(largest(e, |cascade| cascade.liquidations as f64)),
};

/// One run of steps with liquidations.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Cascade {
    /// Its first step.
    pub step: u32,
    /// Number of its steps.
    pub steps: u32,
    /// Liquidations begun.
    pub liquidations: u64,
    /// Collateral taken, USD.
    pub seized_usd: f64,
}

/// The cascades of a path, in order.
pub fn cascades_of(path: &PathRecord) -> Vec<Cascade> {
    let quiet = |row: &StepRow| row.liquidations == 0;
    let runs = path.steps.split(quiet).filter(|run| !run.is_empty());
    let cascade = |run: &[StepRow]| Cascade {
        step: run.first().map_or(0, |row| row.step),
        steps: u32::try_from(run.len()).unwrap_or(u32::MAX),
        liquidations: run.iter().map(|row| u64::from(row.liquidations)).sum(),
        seized_usd: run.iter().fold(0.0, |sum, row| sum + row.seized_usd),
    };
    runs.map(cascade).collect()
}

fn largest(evidence: &Evidence<'_>, size: impl Fn(&Cascade) -> f64) -> f64 {
    let cascades = cascades_of(evidence.path);
    cascades.iter().map(size).fold(0.0, f64::max)
}

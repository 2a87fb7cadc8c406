//! How fast accounts come near liquidation.

use super::{Evidence, Metric};

/// Length of the window, seconds.
const WINDOW_S: u64 = 3_600;

/// Most in an hour.
pub(super) const MARGIN_CALL_VELOCITY: Metric = Metric {
    name: "margin_call_velocity",
    unit: "count",
    doc: "Most accounts whose health fell below the margin-call level, for the first time on the path, \
          within one hour; in longer steps, within one step in proportion to its length. Needs a census \
          of the book.",
    compute: velocity,
};

fn velocity(evidence: &Evidence<'_>) -> Option<f64> {
    let steps = &evidence.path.steps;
    let calls: Vec<u32> = steps
        .iter()
        .map(|row| row.margin_calls)
        .collect::<Option<_>>()?;
    let step_s = steps.get(1)?.time.checked_sub(steps.first()?.time)?;
    let window = usize::try_from((WINDOW_S / step_s.max(1)).max(1)).ok()?;
    let covered_s = (window as u64 * step_s) as f64;
    let sums = calls.windows(window.min(calls.len()));
    let most = sums.map(|part| part.iter().map(|n| f64::from(*n)).sum::<f64>());
    Some(most.fold(0.0, f64::max) * WINDOW_S as f64 / covered_s.max(WINDOW_S as f64))
}

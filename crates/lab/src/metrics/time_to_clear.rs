//! How long accounts stayed in breach.

use super::Metric;

/// From the first breach until none is left for good.
pub(super) const TIME_TO_CLEAR: Metric = Metric {
    name: "time_to_clear",
    unit: "s",
    doc: "Seconds from the first step that ends with an account in breach to the first step after \
          which none is in breach any more. None where there was none or the path ends before.",
    compute: |e| {
        let steps = &e.path.steps;
        let first = steps.iter().find(|row| row.breached > 0)?;
        let last = steps.iter().rposition(|row| row.breached > 0)?;
        let cleared = steps.get(last + 1)?;
        Some(cleared.time.saturating_sub(first.time) as f64)
    },
};

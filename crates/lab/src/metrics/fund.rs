//! Whether and when the layers that pay for deficits ran out.

use super::{Evidence, Metric};

/// 1 where they ran out.
pub(super) const FUND_DEPLETED: Metric = Metric {
    name: "fund_depleted",
    unit: "share",
    doc: "1 where every layer with a limit, such as an insurance fund, was used up and a deficit remained to \
          be shared out, else 0: its mean over paths is the probability. None where there was a deficit and \
          no layer with a limit paid.",
    compute: |e| {
        let some = !e.path.coverage.is_empty();
        if some && !funded(e) {
            return None;
        }
        Some(f64::from(u8::from(depleted(e).is_some())))
    },
};

/// When.
pub(super) const FUND_DEPLETION_TIME: Metric = Metric {
    name: "fund_depletion_time",
    unit: "s",
    doc: "Seconds from the first step to the one in which the last layer with a limit was used up and a \
          deficit remained. None where that did not happen.",
    compute: |e| {
        let start = e.path.steps.first()?.time;
        Some(depleted(e)?.saturating_sub(start) as f64)
    },
};

fn funded(evidence: &Evidence<'_>) -> bool {
    let rows = evidence.path.coverage.iter();
    rows.clone().any(|row| row.left_usd.is_finite())
}

/// The time of the first payment by a layer without limit after layers with one: the waterfall asks
/// it only when those are empty.
fn depleted(evidence: &Evidence<'_>) -> Option<u64> {
    let mut rows = evidence.path.coverage.iter();
    let rest = rows.find(|row| !row.left_usd.is_finite())?;
    funded(evidence).then_some(rest.time)
}

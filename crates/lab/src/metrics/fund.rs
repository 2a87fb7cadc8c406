//! Whether and when the layers that pay for deficits ran out.

use super::{Evidence, Metric};
use std::collections::BTreeMap;

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

/// Less than this in a layer is a rest that buys no unit of an asset, USD.
const REST_USD: f64 = 1.0;

/// The time of the first payment by a layer without limit when every layer with one that has paid
/// is used up. A layer that paid no more because of a limit for one deficit or one asset is not.
fn depleted(evidence: &Evidence<'_>) -> Option<u64> {
    let mut left = BTreeMap::new();
    for row in &evidence.path.coverage {
        if row.left_usd.is_finite() {
            left.insert(row.layer.as_str(), row.left_usd);
        } else if !left.is_empty() && left.values().all(|usd| *usd < REST_USD) {
            return Some(row.time);
        }
    }
    None
}

//! `oracle-twap`: the oracle answers with a mean over time.

use super::{ASSETS, Part, Policy, whole};

/// Half an hour, as pools' accumulators are commonly read.
const WINDOW_S: i64 = 1_800;

pub(super) const POLICY: Policy = Policy {
    name: "oracle-twap",
    about: "The oracle answers with the mean of its source over a window of time",
    part: Part::Oracle,
    keys: &[whole("window_s", WINDOW_S, (1, 100_000_000)), ASSETS],
    apply: |spec, scenario| {
        let window_s = spec.whole("window_s").unsigned_abs();
        spec.change_assets(scenario, |asset| asset.oracle.twap_s = window_s);
        Ok(())
    },
};

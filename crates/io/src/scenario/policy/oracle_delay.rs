//! `oracle-delay`: prices are published before they hold.

use super::{ASSETS, Part, Policy, whole};

/// An hour, the delay of Maker's oracle security module.
const DELAY_S: i64 = 3_600;

pub(super) const POLICY: Policy = Policy {
    name: "oracle-delay",
    about: "A price holds a fixed time after it was published",
    part: Part::Oracle,
    keys: &[whole("delay_s", DELAY_S, (0, 100_000_000)), ASSETS],
    apply: |spec, scenario| {
        let delay_s = spec.whole("delay_s").unsigned_abs();
        spec.change_assets(scenario, |asset| asset.oracle.delay_s = delay_s);
        Ok(())
    },
};

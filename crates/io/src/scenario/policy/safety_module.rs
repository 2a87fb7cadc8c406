//! `safety-module`: stakes are slashed for deficits.

use super::super::LayerKind;
use super::{AMOUNT, Part, Policy, add_to_layer, share_of, whole};

pub(super) const POLICY: Policy = Policy {
    name: "safety-module",
    about: "Stakes are slashed for deficits, at most a share of what is staked for one",
    part: Part::Waterfall,
    keys: &[AMOUNT, whole("slash_max_bps", 3_000, (0, 10_000))],
    apply: |spec, scenario| {
        let layer = LayerKind::SafetyModule {
            slash_max_bps: share_of(spec, "slash_max_bps").0,
        };
        add_to_layer(scenario, layer, spec.number(AMOUNT.name));
        Ok(())
    },
};

//! `surplus-buffer`: penalties that were kept pay deficits.

use super::super::LayerKind;
use super::{AMOUNT, Part, Policy, add_to_layer, share_of, whole};

pub(super) const POLICY: Policy = Policy {
    name: "surplus-buffer",
    about: "Penalties that the protocol keeps pay deficits, on top of what is there at the start",
    part: Part::Waterfall,
    keys: &[AMOUNT, whole("penalty_share_bps", 10_000, (0, 10_000))],
    apply: |spec, scenario| {
        let layer = LayerKind::SurplusBuffer {
            penalty_share_bps: share_of(spec, "penalty_share_bps").0,
        };
        add_to_layer(scenario, layer, spec.number(AMOUNT.name));
        Ok(())
    },
};

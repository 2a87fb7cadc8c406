//! `first-loss`: somebody has promised to bear the first loss.

use super::super::LayerKind;
use super::{AMOUNT, Part, Policy, add_to_layer};

pub(super) const POLICY: Policy = Policy {
    name: "first-loss",
    about: "An organisation bears a first loss that it has promised, up to an amount",
    part: Part::Waterfall,
    keys: &[AMOUNT],
    apply: |spec, scenario| {
        let layer = LayerKind::FirstLoss;
        add_to_layer(scenario, layer, spec.number(AMOUNT.name));
        Ok(())
    },
};

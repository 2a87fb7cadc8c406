//! `backstop-pool`: deposits wait to absorb deficits.

use super::super::LayerKind;
use super::{AMOUNT, Part, Policy, add_to_layer};

pub(super) const POLICY: Policy = Policy {
    name: "backstop-pool",
    about: "Deposits that wait for it absorb deficits, up to an amount",
    part: Part::Waterfall,
    keys: &[AMOUNT],
    apply: |spec, scenario| {
        let layer = LayerKind::BackstopPool;
        add_to_layer(scenario, layer, spec.number(AMOUNT.name));
        Ok(())
    },
};

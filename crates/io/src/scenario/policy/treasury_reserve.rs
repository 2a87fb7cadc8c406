//! `treasury-reserve`: the treasury pays deficits first.

use super::super::LayerKind;
use super::{AMOUNT, Part, Policy, add_to_layer};

pub(super) const POLICY: Policy = Policy {
    name: "treasury-reserve",
    about: "The protocol's treasury pays deficits before anybody else, up to an amount",
    part: Part::Waterfall,
    keys: &[AMOUNT],
    apply: |spec, scenario| {
        let layer = LayerKind::TreasuryReserve;
        add_to_layer(scenario, layer, spec.number(AMOUNT.name));
        Ok(())
    },
};

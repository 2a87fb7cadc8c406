//! `treasury-reserve`: the treasury pays deficits first.

use super::super::LayerKind;
use super::{Part, Policy, add_to_layer, real};

pub(super) const POLICY: Policy = Policy {
    name: "treasury-reserve",
    about: "The protocol's treasury pays deficits before anybody else, up to an amount",
    part: Part::Waterfall,
    keys: &[real("amount_usd", 1e6, (0.0, 1e12))],
    apply: |spec, scenario| {
        add_to_layer(
            scenario,
            0,
            LayerKind::TreasuryReserve,
            spec.number("amount_usd"),
        );
        Ok(())
    },
};

//! `debt-auction`: new tokens are sold for deficits.

use super::super::LayerKind;
use super::{AMOUNT, Part, Policy, add_to_layer, real, share_of, whole};

pub(super) const POLICY: Policy = Policy {
    name: "debt-auction",
    about: "New tokens of the protocol are sold below their price for deficits, up to an amount",
    part: Part::Waterfall,
    keys: &[
        AMOUNT,
        real("supply_usd", 1e8, (0.0, 1e15)),
        whole("discount_bps", 500, (0, 9_999)),
    ],
    apply: |spec, scenario| {
        let layer = LayerKind::DebtAuction {
            supply_usd: spec.number("supply_usd"),
            discount_bps: share_of(spec, "discount_bps").0,
        };
        add_to_layer(scenario, layer, spec.number(AMOUNT.name));
        Ok(())
    },
};

//! `tranches`: junior suppliers bear deficits before senior ones.

use super::super::LayerKind;
use super::{Part, Policy, add_to_layer, real};

pub(super) const POLICY: Policy = Policy {
    name: "tranches",
    about: "Suppliers stand in two tranches, of which the junior one bears deficits first",
    part: Part::Waterfall,
    keys: &[
        real("junior_usd", 1e6, (0.0, 1e12)),
        real("senior_usd", 9e6, (0.0, 1e12)),
    ],
    apply: |spec, scenario| {
        let has_some = |layer: &LayerKind| matches!(layer, LayerKind::Tranches { .. });
        if scenario.waterfall.iter().any(|spec| has_some(&spec.layer)) {
            return Err(
                "the waterfall has tranches of its own; allowed: one of the two".to_owned(),
            );
        }
        let sizes_usd = vec![spec.number("junior_usd"), spec.number("senior_usd")];
        let amount_usd = sizes_usd.iter().sum();
        add_to_layer(scenario, LayerKind::Tranches { sizes_usd }, amount_usd);
        Ok(())
    },
};

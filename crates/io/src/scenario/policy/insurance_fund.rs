//! `insurance-fund`: a fund of stakers pays deficits.

use super::super::LayerKind;
use super::{Part, Policy, add_to_layer, real};

pub(super) const POLICY: Policy = Policy {
    name: "insurance-fund",
    about: "A fund of stakers pays deficits before suppliers do, up to an amount",
    part: Part::Waterfall,
    keys: &[real("amount_usd", 1e6, (0.0, 1e12))],
    apply: |spec, scenario| {
        let last = scenario.waterfall.len();
        add_to_layer(
            scenario,
            last,
            LayerKind::InsuranceFund {
                penalty_share_bps: 0,
                target_usd: spec.number("amount_usd"),
            },
            spec.number("amount_usd"),
        );
        Ok(())
    },
};

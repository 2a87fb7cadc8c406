//! `insurance-fund`: a fund of stakers pays deficits.

use super::super::LayerKind;
use super::{AMOUNT, Part, Policy, add_to_layer, share_of, whole};

pub(super) const POLICY: Policy = Policy {
    name: "insurance-fund",
    about: "A fund of stakers pays deficits before suppliers do, up to an amount",
    part: Part::Waterfall,
    keys: &[AMOUNT, whole("penalty_share_bps", 0, (0, 10_000))],
    apply: |spec, scenario| {
        let layer = LayerKind::InsuranceFund {
            penalty_share_bps: share_of(spec, "penalty_share_bps").0,
            target_usd: spec.number(AMOUNT.name),
        };
        add_to_layer(scenario, layer, spec.number(AMOUNT.name));
        Ok(())
    },
};

//! `liquidation-limit`: no more begins in a window than the market bears.

use super::super::GuardSpec;
use super::{Part, Policy, share_of, whole, with_guard};
use backstop_core::guard::LiquidationLimitSettings;

pub(super) const POLICY: Policy = Policy {
    name: "liquidation-limit",
    about: "Liquidations of an asset begin with no more of it in a window than a share of its depth",
    part: Part::Limits,
    keys: &[
        whole("window_s", 60, (1, 10_000_000)),
        whole("depth_bps", 10_000, (1, 60_000)),
    ],
    apply: |spec, scenario| {
        with_guard(
            scenario,
            GuardSpec::Limit(LiquidationLimitSettings {
                window_s: spec.seconds("window_s"),
                depth: Some(share_of(spec, "depth_bps")),
                asset_max: None,
                total_max: None,
            }),
        )
    },
};

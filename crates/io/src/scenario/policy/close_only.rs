//! `close-only`: assets that cannot be sold any more are only closed.

use super::super::GuardSpec;
use super::{Part, Policy, dollars, share_of, whole, with_guard};
use backstop_core::guard::CloseOnlySettings;

pub(super) const POLICY: Policy = Policy {
    name: "close-only",
    about: "Nobody takes on debt of an asset or against it while less than an amount of it can be sold",
    part: Part::Borrowing,
    keys: &[
        whole("depth_min_usd", 250_000, (1, 1_000_000_000_000)),
        whole("release_bps", 12_500, (10_000, 65_535)),
        whole("least_s", 3_600, (0, 10_000_000)),
    ],
    apply: |spec, scenario| {
        let settings = CloseOnlySettings {
            depth_min: dollars(spec, "depth_min_usd", scenario),
            release: share_of(spec, "release_bps"),
            least_s: spec.seconds("least_s"),
        };
        with_guard(scenario, GuardSpec::CloseOnly(settings))
    },
};

//! `deficit-breaker`: deficits hold the protocol back.

use super::super::GuardSpec;
use super::{LEVEL, Part, Policy, dollars, level, share_of, whole, with_guard};
use backstop_core::guard::DeficitBreakerSettings;

pub(super) const POLICY: Policy = Policy {
    name: "deficit-breaker",
    about: "The protocol is held back while a window has left more deficits than an amount",
    part: Part::Borrowing,
    keys: &[
        LEVEL,
        whole("window_s", 3_600, (1, 10_000_000)),
        whole("most_usd", 1_000_000, (1, 1_000_000_000_000)),
        whole("release_bps", 5_000, (1, 10_000)),
        whole("least_s", 1_800, (0, 10_000_000)),
    ],
    apply: |spec, scenario| {
        let settings = DeficitBreakerSettings {
            level: level(spec),
            window_s: spec.seconds("window_s"),
            most: dollars(spec, "most_usd", scenario),
            release: share_of(spec, "release_bps"),
            least_s: spec.seconds("least_s"),
        };
        with_guard(scenario, GuardSpec::Deficit(settings))
    },
};

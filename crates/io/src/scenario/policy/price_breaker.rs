//! `price-breaker`: a fast fall holds the protocol back.

use super::super::GuardSpec;
use super::{LEVEL, Part, Policy, level, share_of, whole, with_guard};
use backstop_core::guard::PriceBreakerSettings;

pub(super) const POLICY: Policy = Policy {
    name: "price-breaker",
    about: "An asset that falls fast within a window is held back until it has calmed down",
    part: Part::Borrowing,
    keys: &[
        LEVEL,
        whole("window_s", 3_600, (1, 10_000_000)),
        whole("trip_bps", 1_500, (1, 10_000)),
        whole("release_bps", 750, (1, 10_000)),
        whole("least_s", 1_800, (0, 10_000_000)),
    ],
    apply: |spec, scenario| {
        with_guard(
            scenario,
            GuardSpec::Price(PriceBreakerSettings {
                level: level(spec),
                window_s: spec.seconds("window_s"),
                trip: share_of(spec, "trip_bps"),
                release: share_of(spec, "release_bps"),
                least_s: spec.seconds("least_s"),
            }),
        )
    },
};

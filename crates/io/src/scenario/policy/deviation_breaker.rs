//! `deviation-breaker`: a price that is far from the market's holds the protocol back.

use super::super::GuardSpec;
use super::{Part, Policy, share_of, whole, with_guard};
use backstop_core::guard::DeviationBreakerSettings;

pub(super) const POLICY: Policy = Policy {
    name: "deviation-breaker",
    about: "No liquidation begins while the protocol's price lies far below the market's, no loan while far above",
    part: Part::Liquidations,
    keys: &[
        whole("trip_bps", 500, (1, 60_000)),
        whole("release_bps", 250, (1, 60_000)),
        whole("least_s", 600, (0, 10_000_000)),
    ],
    apply: |spec, scenario| {
        with_guard(
            scenario,
            GuardSpec::Deviation(DeviationBreakerSettings {
                trip: share_of(spec, "trip_bps"),
                release: share_of(spec, "release_bps"),
                least_s: spec.seconds("least_s"),
                ..DeviationBreakerSettings::default()
            }),
        )
    },
};

//! `volume-breaker`: liquidations pause where they take more than the market bears.

use super::super::GuardSpec;
use super::{Part, Policy, share_of, whole, with_guard};
use backstop_core::guard::VolumeBreakerSettings;

pub(super) const POLICY: Policy = Policy {
    name: "volume-breaker",
    about: "No liquidation of an asset begins while a window has taken more of it than a multiple of its depth",
    part: Part::Liquidations,
    keys: &[
        whole("window_s", 600, (1, 10_000_000)),
        whole("depth_bps", 20_000, (1, 60_000)),
        whole("release_bps", 5_000, (1, 10_000)),
        whole("least_s", 300, (0, 10_000_000)),
    ],
    apply: |spec, scenario| {
        with_guard(
            scenario,
            GuardSpec::Volume(VolumeBreakerSettings {
                window_s: spec.seconds("window_s"),
                depth: Some(share_of(spec, "depth_bps")),
                release: share_of(spec, "release_bps"),
                least_s: spec.seconds("least_s"),
                ..VolumeBreakerSettings::default()
            }),
        )
    },
};

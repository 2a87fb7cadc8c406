//! `downtime-grace`: liquidations wait after an outage.

use super::super::GuardSpec;
use super::{Part, Policy, whole, with_guard};
use backstop_core::guard::DowntimeGraceSettings;

pub(super) const POLICY: Policy = Policy {
    name: "downtime-grace",
    about: "After an outage of the chain or of a price source, liquidations wait so that borrowers can act first",
    part: Part::Liquidations,
    keys: &[
        whole("gap_s", 3_600, (1, 10_000_000)),
        whole("stale_s", 90_000, (1, 10_000_000)),
        whole("grace_s", 3_600, (1, 10_000_000)),
    ],
    apply: |spec, scenario| {
        with_guard(
            scenario,
            GuardSpec::Grace(DowntimeGraceSettings {
                gap_s: spec.seconds("gap_s"),
                stale_s: spec.seconds("stale_s"),
                grace_s: spec.seconds("grace_s"),
                ..DowntimeGraceSettings::default()
            }),
        )
    },
};

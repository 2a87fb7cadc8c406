//! `oracle-robust`: several sources, and the median of those that agree.

use super::super::oracle::{ReadsSpec, SourceSpec, SourcesSpec, Trust};
use super::{ASSETS, Part, Policy, PolicySpec, real, share_of, whole};

/// As many as the networks of oracles commonly ask at least.
const SOURCES: i64 = 5;

pub(super) const POLICY: Policy = Policy {
    name: "oracle-robust",
    about: "The oracle asks several sources, drops outliers and limits how fast its median moves",
    part: Part::Oracle,
    keys: &[
        whole("sources", SOURCES, (3, 64)),
        real("noise_bps", 10.0, (0.0, 10_000.0)),
        whole("lag_s", 0, (0, 100_000_000)),
        whole("outlier_bps", 500, (1, 10_000)),
        whole("half_life_s", 60, (0, 100_000_000)),
        whole("per_update_bps", 1_000, (1, 10_000)),
        real("per_second_bps", 20.0, (0.01, 10_000.0)),
        ASSETS,
    ],
    apply: |spec, scenario| {
        spec.change_assets(scenario, |asset| {
            let own = asset.sources.take();
            asset.sources = Some(SourcesSpec {
                trust: Trust::Robust,
                outlier_bps: share_of(spec, "outlier_bps").0,
                half_life_s: small(spec, "half_life_s"),
                per_update_bps: share_of(spec, "per_update_bps").0,
                per_second_bps: spec.number("per_second_bps"),
                ..own.unwrap_or_else(|| alike(spec))
            });
        });
        Ok(())
    },
};

/// Sources of the outside price that err apart from each other, for an asset that has none of its own.
fn alike(spec: &PolicySpec) -> SourcesSpec {
    let source = SourceSpec {
        reads: ReadsSpec::Outside,
        noise_bps: spec.number("noise_bps"),
        lag_s: spec.seconds("lag_s"),
        weight: 1,
    };
    let count = usize::try_from(spec.whole("sources")).unwrap_or(0);
    SourcesSpec::with_defaults(vec![source; count])
}

fn small(spec: &PolicySpec, key: &str) -> u32 {
    u32::try_from(spec.whole(key)).unwrap_or(u32::MAX)
}

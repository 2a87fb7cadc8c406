//! The oracles of several sources of a scenario.

use backstop_core::oracle::{
    Bounds, BrokenPeg, OracleConfig, Peg, Smoothing, SourceRules, SpeedLimit,
};
use backstop_core::units::{Bps, Ratio};
use backstop_io::scenario::{AssetSpec, PegBoundsSpec, ReadsSpec, SourceSpec, SourcesSpec, Trust};
use backstop_lab::door;
use backstop_lab::feed::sources::{DECIMALS, Reads, Source, SourcesConfig};
use backstop_report::SettingsTable;

const BPS: f64 = 10_000.0;
/// Decimals of a ratio.
const WAD_DECIMALS: u8 = 18;

/// What an asset's feed samples. Trusted naively the first source is asked alone.
pub(super) fn sources(spec: &SourcesSpec) -> SourcesConfig {
    let asked = match spec.trust {
        Trust::Naive => 1,
        Trust::Robust => spec.list.len(),
    };
    SourcesConfig {
        sources: spec.list.iter().take(asked).map(source).collect(),
        oracle: match spec.trust {
            Trust::Naive => OracleConfig::naive(),
            Trust::Robust => robust(spec),
        },
    }
}

fn source(spec: &SourceSpec) -> Source {
    Source {
        reads: match &spec.reads {
            ReadsSpec::Outside => Reads::Outside,
            ReadsSpec::Venue(venue) => Reads::Venue(*venue),
            ReadsSpec::Recorded(points) => Reads::Recorded(points.clone()),
        },
        noise: spec.noise_bps / BPS,
        lag_s: spec.lag_s,
    }
}

/// The default oracle with the scenario's settings on top. The quorum's weight is that of its sources where
/// they weigh the least.
fn robust(spec: &SourcesSpec) -> OracleConfig {
    let count = u16::try_from(spec.list.len()).unwrap_or(u16::MAX);
    let mut config = OracleConfig::robust(count);
    let rules = |source: &SourceSpec| SourceRules {
        weight: source.weight,
        max_age_s: spec.max_age_s,
        confidence_max: Bps(spec.confidence_max_bps),
    };
    config.sources = spec.list.iter().map(rules).collect();
    config.quorum.sources = spec.quorum.unwrap_or(config.quorum.sources);
    let mut weights: Vec<u32> = spec.list.iter().map(|source| source.weight).collect();
    weights.sort_unstable();
    let least = weights.into_iter().take(usize::from(config.quorum.sources));
    config.quorum.weight = least.map(u64::from).sum();
    config.outlier = Some(Bps(spec.outlier_bps));
    config.spread_max = Some(Bps(spec.spread_max_bps));
    config.jump_max = Some(Bps(spec.jump_max_bps));
    config.smoothing = match spec.half_life_s {
        0 => Smoothing::None,
        half_life_s => Smoothing::Ema { half_life_s },
    };
    config.speed = Some(SpeedLimit {
        per_update: Bps(spec.per_update_bps),
        per_second: Ratio(door::price_to_oracle(spec.per_second_bps / BPS, WAD_DECIMALS).0),
    });
    config.bounds = spec.peg.as_ref().map_or(Bounds::None, peg);
    config
}

fn peg(spec: &PegBoundsSpec) -> Bounds {
    Bounds::Peg(Peg {
        target: door::price_to_oracle(spec.target, DECIMALS),
        below: Bps(spec.below_bps),
        above: Bps(spec.above_bps),
        broken: if spec.clamped {
            BrokenPeg::Clamped
        } else {
            BrokenPeg::Invalid
        },
    })
}

/// What a report says about them, where there are any.
pub(super) fn settings(assets: &[AssetSpec]) -> Option<SettingsTable> {
    let told = assets.iter().filter_map(|asset| {
        let spec = asset.sources.as_ref()?;
        let config = sources(spec);
        let peg = spec.peg.filter(|_| spec.trust == Trust::Robust);
        Some(vec![
            asset.symbol.clone(),
            match spec.trust {
                Trust::Naive => "the first alone".to_owned(),
                Trust::Robust => "median of all that agree".to_owned(),
            },
            config.sources.len().to_string(),
            config.oracle.quorum.sources.to_string(),
            peg.map_or_else(String::new, |peg| peg.target.to_string()),
        ])
    });
    let rows: Vec<_> = told.collect();
    let columns = ["Asset", "Trusted", "Sources", "Quorum", "Peg (USD)"];
    (!rows.is_empty()).then(|| super::context::table("Oracles of several sources", &columns, rows))
}

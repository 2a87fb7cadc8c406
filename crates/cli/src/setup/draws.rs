//! How the paths of a scenario's ensemble are drawn.

use super::Loaded;
use super::stage::lead;
use backstop_io::scenario::DrawsSpec;
use backstop_lab::ensemble::Draws;
use backstop_lab::price::Tilt;

/// The draws of the scenario.
pub(crate) fn draws(loaded: &Loaded) -> Draws {
    let spec = &loaded.scenario.ensemble;
    match (spec.tilt, spec.draws) {
        (Some(tilt), _) => Draws::Tilted(Tilt {
            asset: tilt
                .asset
                .map_or_else(|| lead(loaded), |asset| asset.0.into()),
            shocks: tilt.shocks,
            jumps: tilt.jumps,
        }),
        (None, DrawsSpec::Plain) => Draws::Plain,
        (None, DrawsSpec::Antithetic) => Draws::Antithetic,
        (None, DrawsSpec::Sobol) => Draws::Sobol,
    }
}

/// The draws in a few words; nothing where they are plain.
pub(crate) fn draws_words(loaded: &Loaded) -> Option<String> {
    Some(match draws(loaded) {
        Draws::Plain => return None,
        Draws::Antithetic => "antithetic pairs".to_owned(),
        Draws::Sobol => "scrambled Sobol points in 16 randomisations".to_owned(),
        Draws::Tilted(tilt) => {
            let asset = loaded.scenario.assets.get(tilt.asset);
            let symbol = asset.map_or("?", |asset| asset.symbol.as_str());
            let Tilt { shocks, jumps, .. } = tilt;
            format!(
                "importance sampling: every other path with {symbol} moved down by {shocks} standard \
                 deviations and {jumps} times the jumps"
            )
        }
    })
}

//! How the paths of a scenario's ensemble are drawn.

use super::Loaded;
use super::stage::lead;
use backstop_io::scenario::{DrawsSpec, TiltSpec};
use backstop_lab::ConfigError;
use backstop_lab::ensemble::Draws;
use backstop_lab::price::{PricePlan, Tilt};

/// The draws of the scenario.
///
/// # Errors
/// When the prices cannot be drawn so.
pub(crate) fn draws(loaded: &Loaded, prices: &PricePlan) -> Result<Draws, ConfigError> {
    let spec = &loaded.scenario.ensemble;
    let draws = match (&spec.tilt, spec.draws) {
        (Some(TiltSpec::Fall { deviations, .. }), _) => {
            Draws::falling(prices, &falling(loaded, prices), *deviations)?
        }
        (
            Some(TiltSpec::Parts {
                asset,
                shocks,
                jumps,
                sizes,
            }),
            _,
        ) => {
            let tilt = Tilt {
                asset: asset.map_or_else(|| lead(loaded), |asset| asset.0.into()),
                shocks: *shocks,
                jumps: *jumps,
                sizes: *sizes,
            };
            Draws::Tilted([tilt].into())
        }
        (None, DrawsSpec::Plain) => Draws::Plain,
        (None, DrawsSpec::Antithetic) => Draws::Antithetic,
        (None, DrawsSpec::Sobol) => Draws::Sobol,
    };
    draws.check(prices)?;
    Ok(draws)
}

/// The assets of which one falls on each path of a tilt: those that the tilt names, else those of
/// `[shock]` whose prices have random shocks, else the one whose price reports show.
pub(super) fn falling(loaded: &Loaded, prices: &PricePlan) -> Vec<usize> {
    let scenario = &loaded.scenario;
    if let Some(TiltSpec::Fall { assets, .. }) = &scenario.ensemble.tilt
        && !assets.is_empty()
    {
        return assets.iter().map(|asset| asset.0.into()).collect();
    }
    let shocked = scenario.shock.falling(&scenario.assets).into_iter();
    let assets: Vec<usize> = shocked
        .map(|asset| asset.0.into())
        .filter(|asset| prices.takes_shocks(*asset))
        .collect();
    if assets.is_empty() {
        vec![lead(loaded)]
    } else {
        assets
    }
}

/// The draws in a few words; nothing where they are plain.
pub(crate) fn draws_words(loaded: &Loaded) -> Option<String> {
    let scenario = &loaded.scenario;
    let symbol = |at: usize| {
        let asset = scenario.assets.get(at);
        asset.map_or("?", |asset| asset.symbol.as_str())
    };
    Some(match (&scenario.ensemble.tilt, scenario.ensemble.draws) {
        (None, DrawsSpec::Plain) => return None,
        (None, DrawsSpec::Antithetic) => "antithetic pairs".to_owned(),
        (None, DrawsSpec::Sobol) => "scrambled Sobol points in 16 randomisations".to_owned(),
        (Some(TiltSpec::Fall { deviations, assets }), _) => {
            let of = match assets.as_slice() {
                [] => "an asset of the shock".to_owned(),
                assets => {
                    let named = assets.iter().map(|asset| symbol(asset.0.into()));
                    named.collect::<Vec<_>>().join(" or ")
                }
            };
            format!(
                "importance sampling: every other path with the log return of {of} lower by {deviations} \
                 standard deviations on average, by its shocks and jumps together or by its jumps alone"
            )
        }
        (
            Some(TiltSpec::Parts {
                asset,
                shocks,
                jumps,
                sizes,
            }),
            _,
        ) => {
            let symbol = symbol(asset.map_or_else(|| lead(loaded), |asset| asset.0.into()));
            let sizes = match *sizes {
                0.0 => String::new(),
                sizes => format!(", each lower by {sizes} of their standard deviations"),
            };
            format!(
                "importance sampling: every other path with {symbol} moved down by {shocks} standard \
                 deviations and {jumps} times the jumps{sizes}"
            )
        }
    })
}

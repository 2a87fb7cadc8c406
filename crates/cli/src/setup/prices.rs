//! The prices of a scenario, in the words of the lab.

use super::Loaded;
use crate::failure::Failure;
use backstop_io::inputs::AssetPrice;
use backstop_io::price::{PriceSeries, TimeSeries};
use backstop_io::scenario::{self as spec, PegSpec, RandomSpec, ScaleSpec};
use backstop_lab::price::{
    Bar, Blocks, Bootstrap, Constant, Correlation, Depeg, Dependence, Follows, Garch, Gbm, Heston,
    Historical, Merton, Move, Peg, PriceModel, Refine, Regime, Regimes, Scale, Scaled, Shocks,
    Tail,
};

/// The process of one asset's price.
pub(super) fn price_model(price: &AssetPrice) -> PriceModel {
    match price {
        AssetPrice::Constant(usd) => PriceModel::Constant(Constant { usd: *usd }),
        AssetPrice::Candles(series, how, scale) => {
            let bars = bars(series).into();
            let refine = refine(*how);
            scaled(Historical { bars, refine }, *scale)
        }
        AssetPrice::Points(series, how, scale) => {
            let history = Historical::from_points(&points(series), refine(*how));
            scaled(history, *scale)
        }
        AssetPrice::Follows(asset, ratio) => PriceModel::Follows(Follows {
            asset: usize::from(asset.0),
            ratio: *ratio,
        }),
        AssetPrice::Random(random) => random_model(random),
        AssetPrice::Bootstrap {
            series,
            start,
            draws,
        } => PriceModel::Bootstrap(Bootstrap {
            start: *start,
            bars: bars(series).into(),
            blocks: match draws.blocks {
                spec::BlockSpec::Geometric => Blocks::Geometric,
                spec::BlockSpec::Fixed => Blocks::Fixed,
            },
            block_s: draws.block_s,
            group: draws.group,
        }),
        AssetPrice::Shocks(on, moves) => PriceModel::Shocks(Shocks {
            on: Box::new(price_model(on)),
            moves: moves
                .iter()
                .map(|one| Move {
                    time: one.time,
                    log_move: one.log_move,
                    over_s: one.over_s,
                })
                .collect(),
        }),
    }
}

fn random_model(random: &RandomSpec) -> PriceModel {
    match random {
        RandomSpec::Gbm(trend) => PriceModel::Gbm(Gbm {
            start: trend.start,
            volatility: trend.volatility,
            drift: trend.drift,
        }),
        RandomSpec::Merton {
            trend,
            intensity,
            jump_mean,
            jump_deviation,
        } => PriceModel::Merton(Merton {
            start: trend.start,
            volatility: trend.volatility,
            drift: trend.drift,
            intensity: *intensity,
            jump_mean: *jump_mean,
            jump_deviation: *jump_deviation,
        }),
        RandomSpec::Heston {
            trend,
            long_volatility,
            reversion,
            volatility_of_variance,
            correlation,
        } => PriceModel::Heston(Heston {
            start: trend.start,
            volatility: trend.volatility,
            drift: trend.drift,
            long_volatility: *long_volatility,
            reversion: *reversion,
            volatility_of_variance: *volatility_of_variance,
            correlation: *correlation,
        }),
        RandomSpec::Garch {
            trend,
            first_volatility,
            alpha,
            beta,
            degrees,
            period_s,
        } => PriceModel::Garch(Garch {
            start: trend.start,
            volatility: trend.volatility,
            first_volatility: *first_volatility,
            drift: trend.drift,
            alpha: *alpha,
            beta: *beta,
            degrees: *degrees,
            period_s: *period_s,
        }),
        RandomSpec::Regimes {
            start,
            states,
            first,
        } => PriceModel::Regimes(Regimes {
            start: *start,
            regimes: states.iter().map(regime).collect(),
            first: *first,
        }),
        RandomSpec::Peg(spec) => PriceModel::Peg(peg(spec)),
    }
}

fn regime(spec: &spec::RegimeSpec) -> Regime {
    Regime {
        volatility: spec.volatility,
        drift: spec.drift,
        mean_stay_s: spec.mean_stay_s,
        next: spec.next.clone(),
    }
}

fn peg(spec: &PegSpec) -> Peg {
    Peg {
        to: spec.to.map(|leader| usize::from(leader.0)),
        ratio: spec.ratio,
        first_discount: spec.first_discount,
        mean_discount: spec.mean_discount,
        volatility: spec.volatility,
        half_life_s: spec.half_life_s,
        depeg: Depeg {
            intensity: spec.depeg_intensity,
            mean: spec.depeg_mean,
            deviation: spec.depeg_deviation,
            recovery_half_life_s: spec.recovery_half_life_s,
        },
    }
}

fn scaled(history: Historical, scale: ScaleSpec) -> PriceModel {
    let scale = match scale {
        ScaleSpec::None => return PriceModel::Historical(history),
        ScaleSpec::Returns(factor) => Scale::Returns(factor),
        ScaleSpec::Fall(share) => Scale::Fall(share),
        ScaleSpec::Drift(share) => Scale::Drift(share),
    };
    PriceModel::Scaled(Scaled { history, scale })
}

/// The dependence of the assets' prices.
///
/// # Errors
/// When correlations contradict each other: names the pair and what is allowed.
pub(super) fn dependence(loaded: &Loaded) -> Result<Dependence, Failure> {
    let (scenario, spec) = (&loaded.scenario, &loaded.scenario.dependence);
    let pair = |(a, b, value): &(_, _, f64)| {
        let at = |asset: &backstop_core::protocol::AssetId| usize::from(asset.0);
        Correlation {
            assets: (at(a), at(b)),
            value: *value,
        }
    };
    let dependence = Dependence {
        correlation: spec.correlation.iter().map(pair).collect(),
        tail: match spec.degrees {
            None => Tail::Gaussian,
            Some(degrees) => Tail::StudentT { degrees },
        },
    };
    let assets = &scenario.assets;
    if let Some(found) = dependence.contradiction(assets.len()) {
        let symbol = |i: usize| assets.get(i).map_or("?", |asset| asset.symbol.as_str());
        let (a, b) = found.assets;
        return Err(Failure::new(format!(
            "{}: dependence.correlation: that of {}/{} {found}",
            scenario.path.display(),
            symbol(a),
            symbol(b)
        )));
    }
    Ok(dependence)
}

fn refine(refine: spec::Refine) -> Refine {
    match refine {
        spec::Refine::Bridge => Refine::Bridge,
        spec::Refine::Linear => Refine::Linear,
        spec::Refine::Hold => Refine::Hold,
    }
}

/// Times and values of a series.
pub(super) fn points(series: &TimeSeries) -> Vec<(u64, f64)> {
    series
        .times
        .iter()
        .copied()
        .zip(series.values.iter().copied())
        .collect()
}

/// The candles of a series.
pub(crate) fn bars(series: &PriceSeries) -> Vec<Bar> {
    let rows = series.times.iter().zip(&series.open).zip(&series.high);
    let rows = rows.zip(&series.low).zip(&series.close);
    rows.map(|((((time, open), high), low), close)| Bar {
        time: *time,
        open: *open,
        high: *high,
        low: *low,
        close: *close,
    })
    .collect()
}

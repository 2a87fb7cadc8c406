//! Forecasts of past returns, each from what was known before it.
//!
//! Every horizon a forecast is made of the log return over the next horizon: its low quantiles, which are
//! the negative of value at risk. A model is fitted to the window that ends where its forecasts begin and
//! again every `refit`; between two fits parameters stay, and what a model knows of the present (the
//! variance of GARCH, the window of the models without memory) moves on with each return. Forecasts do not
//! overlap. Returns on both sides of a gap are taken as neighbours; a forecast whose horizon contains a gap is
//! left out.

use crate::error::{ConfigError, require};
use crate::price::fit::{Family, Fitted, RETURNS_MIN, Sample, fit};
use crate::price::{Dependence, Garch, Grid, PriceModel, PricePlan};
use crate::random::{Purpose, path_seed, stream};
use rand_distr::{ChiSquared, Distribution, StandardNormal};
use rayon::prelude::*;
use statrs::distribution::{ContinuousCDF, Normal, StudentsT};
use std::ops::{ControlFlow, Range};

/// Paths from which a quantile is read where there is no formula.
const PATHS: usize = 5_000;

/// How returns are forecast.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Model {
    /// Normal with the mean and variance of the window.
    Gbm,
    /// The window's own returns over the horizon, all that begin in it: blocks of past returns.
    Bootstrap,
    /// GARCH(1,1) with Student-t innovations.
    Garch,
    /// Merton's jump diffusion.
    Merton,
}

impl Model {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Gbm, Self::Bootstrap, Self::Garch, Self::Merton];

    /// Name, as a scenario's key.
    pub fn key(self) -> &'static str {
        match self {
            Self::Gbm => "gbm",
            Self::Bootstrap => "bootstrap",
            Self::Garch => "garch",
            Self::Merton => "merton",
        }
    }
}

/// How forecasts are made; all in returns of the sample.
#[derive(Clone, Debug, PartialEq)]
pub struct Settings {
    /// The model.
    pub model: Model,
    /// Returns from which it is estimated.
    pub window: usize,
    /// Returns that a forecast is about.
    pub horizon: usize,
    /// Returns from one fit to the next.
    pub refit: usize,
    /// Levels of value at risk, between 0.5 and 1.
    pub levels: Vec<f64>,
    /// First time of a forecast, seconds since 1970; earlier returns only serve the windows.
    pub from: u64,
    /// Seed of the paths.
    pub seed: u64,
}

/// One forecast and what came.
#[derive(Clone, Debug, PartialEq)]
pub struct Forecast {
    /// When it was made, seconds since 1970.
    pub time: u64,
    /// Value at risk by level: what the negative log return exceeds with one less the level's chance.
    pub value_at_risk: Vec<f64>,
    /// The log return that came.
    pub came: f64,
}

impl Forecast {
    /// Whether what came was worse than the value at risk of a level's position.
    pub fn exceeded(&self, level: usize) -> bool {
        let var = self.value_at_risk.get(level);
        var.is_some_and(|var| -self.came > *var)
    }
}

/// Makes all forecasts, in the order of time; the same on any number of threads. `on_fit` hears of
/// each fit that is done with its forecasts, with how many there are; when it breaks, nothing is returned.
///
/// # Errors
/// When the settings cannot work or the sample is too short for a window and a horizon.
pub fn walk_forward(
    sample: &Sample,
    settings: &Settings,
    on_fit: &(dyn Fn(usize) -> ControlFlow<()> + Sync),
) -> Result<Option<Vec<Forecast>>, ConfigError> {
    check(settings)?;
    let known = sample.times.partition_point(|time| *time < settings.from);
    let first = settings.window.max(known);
    let last = sample.returns.len().saturating_sub(settings.horizon);
    require(
        first <= last,
        || "window".to_owned(),
        || {
            let (found, wanted) = (sample.returns.len(), first + settings.horizon);
            format!("needs {wanted} returns with the horizon, found {found}")
        },
    )?;
    let starts: Vec<usize> = (first..=last).step_by(settings.horizon).collect();
    let of_a_fit = (settings.refit / settings.horizon).max(1);
    let blocks: Vec<&[usize]> = starts.chunks(of_a_fit).collect();
    let count = blocks.len();
    let forecasts = blocks.into_par_iter().map(|block| {
        let made = forecasts(sample, settings, block)?;
        Ok(on_fit(count).is_continue().then_some(made))
    });
    let all = forecasts.collect::<Result<Option<Vec<_>>, ConfigError>>()?;
    Ok(all.map(|blocks| blocks.into_iter().flatten().collect()))
}

fn check(settings: &Settings) -> Result<(), ConfigError> {
    require(
        settings.window >= RETURNS_MIN,
        || "window".to_owned(),
        || {
            let found = settings.window;
            format!("must hold at least {RETURNS_MIN} returns, found {found}")
        },
    )?;
    require(
        settings.horizon > 0 && settings.horizon <= settings.window,
        || "horizon".to_owned(),
        || {
            let (window, found) = (settings.window, settings.horizon);
            format!("must lie between 1 and the window of {window} returns, found {found}")
        },
    )?;
    require(
        settings.refit > 0,
        || "refit".to_owned(),
        || "must be at least one return".to_owned(),
    )?;
    for level in &settings.levels {
        require(
            *level > 0.5 && *level < 1.0,
            || "level".to_owned(),
            || format!("must lie above 0.5 and below 1, found {level}"),
        )?;
    }
    Ok(())
}

/// Part of a sample.
fn part(sample: &Sample, range: Range<usize>) -> Sample {
    Sample {
        step_s: sample.step_s,
        times: sample.times.get(range.clone()).unwrap_or_default().to_vec(),
        returns: sample.returns.get(range).unwrap_or_default().to_vec(),
        last: 1.0,
    }
}

/// The forecasts of one fit.
fn forecasts(
    sample: &Sample,
    settings: &Settings,
    starts: &[usize],
) -> Result<Vec<Forecast>, ConfigError> {
    let Some(first) = starts.first() else {
        return Ok(Vec::new());
    };
    let window = part(sample, first - settings.window..*first);
    let mut state = State::new(&window, settings, *first)?;
    let mut made = Vec::with_capacity(starts.len());
    let mut seen = *first;
    for start in starts {
        for log_return in &sample.returns[seen..*start] {
            state.goes_on(*log_return);
        }
        seen = *start;
        let past = &sample.returns[start - settings.window..*start];
        let value_at_risk = state.value_at_risk(past, settings, *start)?;
        let span = *start..start + settings.horizon;
        let (time, last) = (sample.times[*start], sample.times[span.end - 1]);
        let whole = (settings.horizon as u64 - 1) * u64::from(sample.step_s);
        if last - time == whole {
            let came = sample.returns[span].iter().sum();
            made.push(Forecast {
                time,
                value_at_risk,
                came,
            });
        }
    }
    Ok(made)
}

/// What a fitted model knows.
enum State {
    /// Nothing but the window.
    Window(Model),
    Garch(Clustered),
    /// Value at risk by level, the same until the next fit.
    Fixed(Vec<f64>),
}

/// GARCH with the variance of the next return.
struct Clustered {
    mean: f64,
    omega: f64,
    alpha: f64,
    beta: f64,
    degrees: f64,
    variance: f64,
}

impl State {
    fn new(window: &Sample, settings: &Settings, at: usize) -> Result<Self, ConfigError> {
        Ok(match settings.model {
            Model::Gbm | Model::Bootstrap => Self::Window(settings.model),
            Model::Garch => match fit(Family::Garch, window).model {
                PriceModel::Garch(model) => Self::Garch(Clustered::new(&model, window.step_s)),
                _ => Self::Window(Model::Gbm),
            },
            Model::Merton => {
                let fitted = fit(Family::Merton, window);
                let mut drawn = ends(&fitted, settings.horizon, window.step_s, seed(settings, at))?;
                Self::Fixed(tails(&mut drawn, &settings.levels))
            }
        })
    }

    /// Takes in one more return.
    fn goes_on(&mut self, log_return: f64) {
        if let Self::Garch(model) = self {
            model.goes_on(log_return);
        }
    }

    fn value_at_risk(
        &self,
        past: &[f64],
        settings: &Settings,
        at: usize,
    ) -> Result<Vec<f64>, ConfigError> {
        let (levels, horizon) = (&settings.levels, settings.horizon);
        Ok(match self {
            Self::Window(Model::Bootstrap) => {
                let mut sums: Vec<f64> = past.windows(horizon).map(|w| w.iter().sum()).collect();
                tails(&mut sums, levels)
            }
            Self::Window(_) => normal_tails(past, horizon, levels),
            Self::Garch(model) if horizon == 1 => model.next(levels)?,
            Self::Garch(model) => tails(&mut model.sums(horizon, seed(settings, at))?, levels),
            Self::Fixed(value_at_risk) => value_at_risk.clone(),
        })
    }
}

fn seed(settings: &Settings, at: usize) -> u64 {
    path_seed(settings.seed, at as u64)
}

fn normal_tails(past: &[f64], horizon: usize, levels: &[f64]) -> Vec<f64> {
    let n = past.len() as f64;
    let mean = past.iter().sum::<f64>() / n;
    let variance = past.iter().map(|r| (r - mean).powi(2)).sum::<f64>() / (n - 1.0);
    let h = horizon as f64;
    let (mean, deviation) = (mean * h, (variance * h).sqrt());
    let normal = Normal::standard();
    let var = |level: &f64| deviation * normal.inverse_cdf(*level) - mean;
    levels.iter().map(var).collect()
}

/// Value at risk of drawn returns: the negative of the term of rank ⌈n·(1 − level)⌉ from the smallest.
fn tails(drawn: &mut [f64], levels: &[f64]) -> Vec<f64> {
    drawn.sort_by(f64::total_cmp);
    let at = |level: &f64| {
        let rank = (drawn.len() as f64 * (1.0 - level)).ceil() as usize;
        drawn.get(rank.saturating_sub(1)).map_or(f64::NAN, |r| -r)
    };
    levels.iter().map(at).collect()
}

/// Log returns over the horizon of a fitted process without memory.
fn ends(fitted: &Fitted, horizon: usize, step_s: u32, seed: u64) -> Result<Vec<f64>, ConfigError> {
    let grid = Grid {
        start: 0,
        step_s,
        steps: u32::try_from(horizon).unwrap_or(u32::MAX).saturating_add(1),
    };
    let plan = PricePlan::new(
        std::slice::from_ref(&fitted.model),
        &Dependence::default(),
        &grid,
    )?;
    let mut paths = plan.paths(seed);
    let mut end = |path: usize| {
        plan.draw(path_seed(seed, path as u64), &mut paths);
        let path = paths.usd.first().map_or(&[][..], Vec::as_slice);
        let ends = path.first().zip(path.last());
        ends.map_or(f64::NAN, |(first, last)| (last / first).ln())
    };
    // Drawn once a fit: many, so that the far tail is smooth.
    Ok((0..4 * PATHS).map(&mut end).collect())
}

impl Clustered {
    fn new(model: &Garch, step_s: u32) -> Self {
        let step = crate::price::years(f64::from(step_s));
        let long_run = model.volatility.powi(2) * step;
        Self {
            mean: (model.drift - model.volatility.powi(2) / 2.0) * step,
            omega: long_run * (1.0 - model.alpha - model.beta),
            alpha: model.alpha,
            beta: model.beta,
            degrees: model.degrees,
            variance: model.first_volatility.powi(2) * step,
        }
    }

    fn after(&self, variance: f64, innovation: f64) -> f64 {
        self.omega + self.alpha * innovation * innovation + self.beta * variance
    }

    fn goes_on(&mut self, log_return: f64) {
        self.variance = self.after(self.variance, log_return - self.mean);
    }

    fn failed(&self, why: &impl ToString) -> ConfigError {
        ConfigError {
            field: "degrees".to_owned(),
            problem: format!("{} has no distribution: {}", self.degrees, why.to_string()),
        }
    }

    /// Value at risk of the next return.
    fn next(&self, levels: &[f64]) -> Result<Vec<f64>, ConfigError> {
        let law = StudentsT::new(0.0, 1.0, self.degrees).map_err(|why| self.failed(&why))?;
        let scale = (self.variance * (self.degrees - 2.0) / self.degrees).sqrt();
        let var = |level: &f64| scale * law.inverse_cdf(*level) - self.mean;
        Ok(levels.iter().map(var).collect())
    }

    /// Drawn sums of the next returns.
    fn sums(&self, horizon: usize, seed: u64) -> Result<Vec<f64>, ConfigError> {
        let weight = ChiSquared::new(self.degrees).map_err(|why| self.failed(&why))?;
        let mut rng = stream(seed, Purpose::Price(0));
        let mut sum = || {
            let (mut sum, mut variance) = (0.0, self.variance);
            for _ in 0..horizon {
                let shock: f64 = StandardNormal.sample(&mut rng);
                let heavy = (self.degrees - 2.0) / weight.sample(&mut rng);
                let innovation = shock * (variance * heavy).sqrt();
                sum += self.mean + innovation;
                variance = self.after(variance, innovation);
            }
            sum
        };
        Ok((0..PATHS).map(|_| sum()).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::price::{Bar, Gbm};
    use crate::statistics::coverage::Coverage;

    /// Hourly returns of a process.
    fn sample(model: PriceModel, hours: u32) -> Sample {
        let grid = Grid {
            start: 0,
            step_s: 3_600,
            steps: hours,
        };
        let plan = PricePlan::new(&[model], &Dependence::default(), &grid).unwrap();
        let bar = |(i, usd): (u64, &f64)| Bar {
            time: i * 3_600,
            open: *usd,
            high: *usd,
            low: *usd,
            close: *usd,
        };
        let bars: Vec<Bar> = (0..).zip(&plan.paths(2).usd[0]).map(bar).collect();
        Sample::new(&bars, 3_600).unwrap()
    }

    fn go(_: usize) -> ControlFlow<()> {
        ControlFlow::Continue(())
    }

    fn gbm() -> PriceModel {
        PriceModel::Gbm(Gbm {
            start: 100.0,
            volatility: 0.8,
            drift: 0.3,
        })
    }

    fn settings(model: Model, horizon: usize) -> Settings {
        Settings {
            model,
            window: 1_000,
            horizon,
            refit: 4_000,
            levels: vec![0.95, 0.99],
            from: 0,
            seed: 1,
        }
    }

    fn judged(forecasts: &[Forecast], level: usize, of: f64) -> Coverage {
        let exceeded: Vec<bool> = forecasts.iter().map(|f| f.exceeded(level)).collect();
        Coverage::new(&exceeded, of).unwrap()
    }

    #[test]
    fn a_right_model_is_not_rejected_and_a_small_value_at_risk_is() {
        let sample = sample(gbm(), 20_000);
        for (model, horizon) in [
            (Model::Gbm, 1),
            (Model::Gbm, 6),
            (Model::Garch, 1),
            (Model::Garch, 6),
            (Model::Merton, 1),
            (Model::Bootstrap, 1),
        ] {
            let mut made = walk_forward(&sample, &settings(model, horizon), &go)
                .unwrap()
                .unwrap();
            assert_eq!(made.len(), (sample.returns.len() - 1_000) / horizon);
            for (at, level) in [(0, 0.95), (1, 0.99)] {
                let got = judged(&made, at, level);
                assert!(
                    got.conditional.p > 1e-3,
                    "{model:?} {horizon} {level}: {got:?}"
                );
            }
            for forecast in &mut made {
                forecast
                    .value_at_risk
                    .iter_mut()
                    .for_each(|var| *var *= 0.7);
            }
            let got = judged(&made, 0, 0.95);
            assert!(got.coverage.p < 1e-3, "{model:?} {horizon}: {got:?}");
        }
    }

    /// Clustered returns: a window without memory is rejected for clusters, the right model is not.
    #[test]
    fn clusters_reject_a_model_without_memory() {
        let garch = PriceModel::Garch(Garch {
            start: 100.0,
            volatility: 0.8,
            first_volatility: 0.8,
            drift: 0.0,
            alpha: 0.2,
            beta: 0.75,
            degrees: 5.0,
            period_s: 3_600,
        });
        let sample = sample(garch, 20_000);
        let of = |model| {
            walk_forward(&sample, &settings(model, 1), &go)
                .unwrap()
                .unwrap()
        };
        let (right, wrong) = (of(Model::Garch), of(Model::Gbm));
        assert!(judged(&right, 0, 0.95).independence.p > 1e-3);
        assert!(judged(&wrong, 0, 0.95).independence.p < 1e-6);
    }

    /// No forecast changes when returns after it do.
    #[test]
    fn forecasts_know_the_past_only() {
        let sample = sample(gbm(), 4_000);
        let mut later = sample.clone();
        later.returns[3_000..].iter_mut().for_each(|r| *r *= 5.0);
        for model in Model::ALL {
            let settings = Settings {
                refit: 500,
                ..settings(model, 6)
            };
            let of = |sample| walk_forward(sample, &settings, &go).unwrap().unwrap();
            let until = sample.times[3_000];
            for (a, b) in of(&sample).iter().zip(&of(&later)) {
                if a.time <= until {
                    assert_eq!(a.value_at_risk, b.value_at_risk, "{model:?} {}", a.time);
                }
            }
        }
    }

    #[test]
    fn refuses_what_cannot_be_forecast() {
        let sample = sample(gbm(), 2_000);
        let good = settings(Model::Gbm, 1);
        for (bad, want) in [
            (
                Settings {
                    window: 10,
                    ..good.clone()
                },
                "window: must hold at least 100",
            ),
            (
                Settings {
                    window: 5_000,
                    ..good.clone()
                },
                "window: needs 5001 returns",
            ),
            (
                Settings {
                    horizon: 0,
                    ..good.clone()
                },
                "horizon: must lie between 1",
            ),
            (
                Settings {
                    refit: 0,
                    ..good.clone()
                },
                "refit: must be at least",
            ),
            (
                Settings {
                    levels: vec![1.0],
                    ..good.clone()
                },
                "level: must lie above 0.5",
            ),
            (
                Settings {
                    levels: vec![f64::NAN],
                    ..good
                },
                "level: must lie above 0.5",
            ),
        ] {
            let got = walk_forward(&sample, &bad, &go).unwrap_err().to_string();
            assert!(got.starts_with(want), "{got}");
        }
    }
}

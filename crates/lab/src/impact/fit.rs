//! Impact estimated from recorded forced flow.
//!
//! With q the net forced sales of an interval (sold less bought) and r the logarithmic return over the
//! same interval, each [`Law`] is r = c − b·f(q) + e with f(q) = sign(q)·|q|^δ: linear (δ = 1),
//! square root (δ = ½) and with a free δ, by least squares. Standard errors are Newey and West's, and
//! those of the free law by the delta method on the same scores. [`Responses`] tell what becomes of the
//! impact later.
//!
//! **What this is not.** Forced sales follow falls, so a part of the return would have come without
//! them: the coefficient is an association and an upper bound rather than a cause.
//! [`ImpactFit::before`], the same regression of the return of the interval *before*, says how
//! much falls announce sales; responses hold constant what returns and sales came before.

use super::least_squares::{Regression, newey_west, regress};
use super::response::{Look, Responses, least, responses};
use super::{ForcedFlow, Interval};
use crate::error::{ConfigError, require, require_positive};
use crate::price::fit::autocorrelation_of_squares;
use crate::random::{Purpose, stream};

/// Fewest intervals from which impact is estimated.
pub const INTERVALS_MIN: usize = 500;
/// Fewest of them with forced flow.
pub const FORCED_MIN: usize = 50;

/// How impact is estimated.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct FitOptions {
    /// Longest horizon of responses, in intervals.
    pub horizon: usize,
    /// Intervals before, whose returns and flow are held constant in responses.
    pub controls: usize,
    /// Lags of Newey and West; `None` for 4·(n/100)^(2/9).
    pub lags: Option<usize>,
    /// Intervals in a block of the bootstrap; `None` for a fiftieth of the record, at most 240.
    pub block: Option<usize>,
    /// Draws of the bootstrap.
    pub draws: usize,
    /// Seed of the bootstrap.
    pub seed: u64,
}

impl Default for FitOptions {
    fn default() -> Self {
        Self {
            horizon: 60,
            controls: 5,
            lags: None,
            block: None,
            draws: 1_000,
            seed: 0,
        }
    }
}

/// A law of impact.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LawKind {
    /// In proportion to the flow.
    Linear,
    /// To its square root.
    SquareRoot,
    /// To a power that is estimated too.
    Free,
}

/// One law, estimated.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Law {
    /// Which.
    pub kind: LawKind,
    /// b: fall of the logarithm of the price for each 1 of f(q), q in tokens.
    pub coefficient: Interval,
    /// δ; its error is 0 where it is given.
    pub exponent: Interval,
    /// Share of the variance of returns that the law explains.
    pub r_squared: f64,
    /// Autocorrelation of the residuals at lag 1.
    pub residual_correlation: f64,
    /// Autocorrelation of their squares at lag 1.
    pub residual_squares: f64,
}

/// What a record tells about impact.
#[derive(Clone, Debug, PartialEq)]
pub struct ImpactFit {
    /// Intervals used.
    pub intervals: usize,
    /// Of which with forced flow.
    pub forced: usize,
    /// Commonest length of an interval, seconds.
    pub step_s: f64,
    /// Intervals of more than one and a half of that length; taken as they are.
    pub gaps: usize,
    /// Standard deviation of a day's logarithmic return, from all intervals.
    pub daily_volatility: f64,
    /// Last price of the record.
    pub last: f64,
    /// Lags of Newey and West.
    pub lags: usize,
    /// Linear, square root, free.
    pub laws: [Law; 3],
    /// b of the square-root law for the return of the interval before: how falls announce sales.
    pub before: Interval,
    /// Responses to f of the square-root law.
    pub responses: Responses,
}

/// Estimates impact.
///
/// # Errors
/// When an option is out of range, the record's lists differ in length, it has fewer than
/// [`INTERVALS_MIN`] intervals or [`FORCED_MIN`] with flow, or prices do not vary.
pub fn fit(flow: &ForcedFlow, options: &FitOptions) -> Result<ImpactFit, ConfigError> {
    check(flow, options)?;
    let logs: Vec<f64> = flow.price.iter().map(|price| price.ln()).collect();
    let net: Vec<f64> = flow
        .sold
        .iter()
        .zip(&flow.bought)
        .map(|(s, b)| s - b)
        .collect();
    // The first row has no interval.
    let (q, r) = (&net[1..], returns(&logs));
    let lags = options.lags.unwrap_or_else(|| usual_lags(r.len()));
    let (step_s, gaps) = steps(&flow.times);
    let unusual = || ConfigError {
        field: "flow".to_owned(),
        problem: "prices and forced flow do not vary enough to tell them apart".to_owned(),
    };
    let free = free_exponent(q, &r);
    let law = |kind, exponent| law(kind, exponent, (q, &r), lags).ok_or_else(unusual);
    let laws = [
        law(LawKind::Linear, 1.0)?,
        law(LawKind::SquareRoot, 0.5)?,
        law(LawKind::Free, free)?,
    ];
    let root = powers(&net, 0.5);
    let ones = vec![1.0; r.len() - 1];
    let before = regress(&[&ones, &root[2..]], &r[..r.len() - 1], lags).ok_or_else(unusual)?;
    let look = Look {
        horizon: options.horizon,
        controls: options.controls,
        block: options.block.unwrap_or_else(|| (r.len() / 50).min(240)),
        draws: options.draws,
    };
    let mut rng = stream(options.seed, Purpose::Resample);
    let mean = r.iter().sum::<f64>() / r.len() as f64;
    let variance = r.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / r.len() as f64;
    Ok(ImpactFit {
        intervals: r.len(),
        forced: q.iter().filter(|q| **q != 0.0).count(),
        step_s,
        gaps,
        daily_volatility: (variance * 86_400.0 / step_s).sqrt(),
        last: flow.price.last().copied().unwrap_or(f64::NAN),
        lags,
        laws,
        before: normal(-before.coefficients[1], before.errors[1]),
        responses: responses(&logs, &root, &look, &mut rng).ok_or_else(unusual)?,
    })
}

fn check(flow: &ForcedFlow, options: &FitOptions) -> Result<(), ConfigError> {
    let rows = flow.times.len();
    let lists = [flow.price.len(), flow.sold.len(), flow.bought.len()];
    let named = |field: &str| {
        let field = field.to_owned();
        move || field
    };
    require(
        lists.iter().all(|list| *list == rows),
        named("flow"),
        || {
            format!(
                "has {rows} times, {lists:?} prices, sales and purchases; must have as many of each"
            )
        },
    )?;
    require(rows > INTERVALS_MIN, named("flow"), || {
        format!("has {rows} rows; at least {} are needed", INTERVALS_MIN + 1)
    })?;
    let rise = flow.times.windows(2).all(|pair| pair[0] < pair[1]);
    require(rise, named("flow.times"), || "must rise".to_owned())?;
    for (i, price) in flow.price.iter().enumerate() {
        require_positive(*price, || format!("flow.price[{i}]"))?;
    }
    let net = || {
        flow.sold
            .iter()
            .zip(&flow.bought)
            .skip(1)
            .map(|(s, b)| s - b)
    };
    let forced = net().filter(|q| *q != 0.0).count();
    require(net().all(f64::is_finite), named("flow"), || {
        "must have finite sales and purchases".to_owned()
    })?;
    require(forced >= FORCED_MIN, named("flow"), || {
        format!("has {forced} intervals with forced flow; at least {FORCED_MIN} are needed")
    })?;
    let most = rows / 10;
    for (name, value, (low, high)) in [
        ("horizon", options.horizon, (4, most)),
        ("controls", options.controls, (0, 20)),
        ("lags", options.lags.unwrap_or(0), (0, most)),
        ("block", options.block.unwrap_or(1), (1, most)),
        ("draws", options.draws, (100, 100_000)),
    ] {
        require((low..=high).contains(&value), named(name), || {
            format!("must lie between {low} and {high}, found {value}")
        })?;
    }
    Ok(())
}

fn returns(logs: &[f64]) -> Vec<f64> {
    logs.windows(2).map(|pair| pair[1] - pair[0]).collect()
}

/// Newey and West's rule of thumb.
fn usual_lags(n: usize) -> usize {
    (4.0 * (n as f64 / 100.0).powf(2.0 / 9.0)) as usize
}

/// Commonest length of an interval, and how many are more than one and a half times as long.
fn steps(times: &[u64]) -> (f64, usize) {
    let mut lengths: Vec<u64> = times.windows(2).map(|pair| pair[1] - pair[0]).collect();
    lengths.sort_unstable();
    let middle = lengths[lengths.len() / 2];
    let gaps = lengths
        .iter()
        .filter(|length| **length * 2 > middle * 3)
        .count();
    (middle as f64, gaps)
}

fn powers(q: &[f64], exponent: f64) -> Vec<f64> {
    let power = |q: &f64| match *q {
        0.0 => 0.0,
        q => q.signum() * q.abs().powf(exponent),
    };
    q.iter().map(power).collect()
}

fn on_powers(q: &[f64], r: &[f64], exponent: f64, lags: usize) -> Option<Regression> {
    let ones = vec![1.0; r.len()];
    regress(&[&ones, &powers(q, exponent)], r, lags)
}

/// The exponent between 0.02 and 2 that explains most.
fn free_exponent(q: &[f64], r: &[f64]) -> f64 {
    const STEPS: usize = 40;
    let at = |i: f64| 0.02 + 1.98 * i / STEPS as f64;
    let left = |i: f64| on_powers(q, r, at(i), 0).map_or(f64::INFINITY, |fit| -fit.r_squared);
    let coarse = (0..=STEPS).map(|i| i as f64);
    let best = coarse.min_by(|a, b| left(*a).total_cmp(&left(*b)));
    at(least(left, best.unwrap_or(0.0), STEPS as f64))
}

fn law(kind: LawKind, exponent: f64, (q, r): (&[f64], &[f64]), lags: usize) -> Option<Law> {
    let fitted = on_powers(q, r, exponent, lags)?;
    let slope = fitted.coefficients[1];
    let mut errors = (fitted.errors[1], 0.0);
    if kind == LawKind::Free {
        // Derivatives of the law by c, b and δ are the columns of the linearised problem.
        let ones = vec![1.0; r.len()];
        let f = powers(q, exponent);
        let by_exponent: Vec<f64> = f
            .iter()
            .zip(q)
            .map(|(f, q)| {
                if *q == 0.0 {
                    0.0
                } else {
                    slope * f * q.abs().ln()
                }
            })
            .collect();
        let columns: [&[f64]; 3] = [&ones, &f, &by_exponent];
        let factor = super::least_squares::Gram::of(&columns).factor()?;
        let all = newey_west(&columns, &fitted.residuals, &factor, lags);
        errors = (all[1], all[2]);
    }
    let e = &fitted.residuals;
    let around: f64 = e.windows(2).map(|pair| pair[0] * pair[1]).sum();
    Some(Law {
        kind,
        coefficient: normal(-slope, errors.0),
        exponent: normal(exponent, errors.1),
        r_squared: fitted.r_squared,
        residual_correlation: around / e.iter().map(|e| e * e).sum::<f64>(),
        residual_squares: autocorrelation_of_squares(e, 1),
    })
}

fn normal(value: f64, error: f64) -> Interval {
    /// 95 of 100 of a normal law lie within so many standard deviations.
    const DEVIATIONS: f64 = 1.959_963_984_540_054;
    Interval {
        value,
        error,
        low: value - DEVIATIONS * error,
        high: value + DEVIATIONS * error,
    }
}

#[cfg(test)]
mod tests;

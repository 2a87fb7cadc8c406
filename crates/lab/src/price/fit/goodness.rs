//! How well a fitted process describes a sample, and how heavy the sample's tails are.

use statrs::distribution::{ChiSquared, ContinuousCDF, Normal};

/// Shares at which quantiles of residuals are told.
pub const QUANTILES: [f64; 9] = [0.001, 0.01, 0.05, 0.25, 0.5, 0.75, 0.95, 0.99, 0.999];
/// Lags of the autocorrelation of squares that are tested together.
const LAGS: usize = 10;

/// What the residuals of a fit look like; of the right process they are independent standard
/// normal.
#[derive(Clone, Debug, PartialEq)]
pub struct Goodness {
    /// Quantiles of the residuals at [`QUANTILES`], beside those of the normal law.
    pub quantiles: Vec<(f64, f64)>,
    /// Largest distance of the residuals' distribution from the normal one (Kolmogorov and Smirnov).
    pub distance: f64,
    /// Autocorrelation of the squared residuals at lag 1; its standard error is 1/√n where there is
    /// none.
    pub squares: f64,
    /// Chance of squares as autocorrelated over lags 1 to 10 where they are not (McLeod and Li
    /// 1983).
    pub squares_p: f64,
}

impl Goodness {
    /// From the chance of each return under the fitted law, in the order of time.
    pub(super) fn new(chances: Vec<f64>) -> Self {
        /// Chances are kept off 0 and 1, whose normal numbers are infinite.
        const EDGE: f64 = 1e-15;
        let normal = Normal::standard();
        let of = |chance: &f64| normal.inverse_cdf(chance.clamp(EDGE, 1.0 - EDGE));
        let residuals: Vec<f64> = chances.iter().map(of).collect();
        let mut sorted = chances;
        sorted.sort_by(f64::total_cmp);
        let n = sorted.len() as f64;
        let distance = sorted
            .iter()
            .enumerate()
            .map(|(i, u)| (u - i as f64 / n).max((i + 1) as f64 / n - u))
            .fold(0.0, f64::max);
        let quantile = |share: &f64| (of(&at_share(&sorted, *share)), normal.inverse_cdf(*share));
        Self {
            quantiles: QUANTILES.iter().map(quantile).collect(),
            distance,
            squares: autocorrelation_of_squares(&residuals, 1),
            squares_p: mcleod_li(&residuals),
        }
    }
}

fn at_share(sorted: &[f64], share: f64) -> f64 {
    let at = (share * sorted.len() as f64) as usize;
    sorted
        .get(at.min(sorted.len().saturating_sub(1)))
        .copied()
        .unwrap_or(f64::NAN)
}

/// Autocorrelation of the squared differences from the mean, at a lag.
pub fn autocorrelation_of_squares(values: &[f64], lag: usize) -> f64 {
    let n = values.len() as f64;
    let mean = values.iter().sum::<f64>() / n;
    let squares: Vec<f64> = values.iter().map(|x| (x - mean).powi(2)).collect();
    let level = squares.iter().sum::<f64>() / n;
    let product = |(a, b): (&f64, &f64)| (a - level) * (b - level);
    let all: f64 = squares.iter().zip(&squares).map(product).sum();
    let apart: f64 = squares
        .iter()
        .zip(squares.iter().skip(lag))
        .map(product)
        .sum();
    apart / all
}

fn mcleod_li(values: &[f64]) -> f64 {
    let n = values.len() as f64;
    let term = |lag: usize| autocorrelation_of_squares(values, lag).powi(2) / (n - lag as f64);
    let statistic: f64 = n * (n + 2.0) * (1..=LAGS).map(term).sum::<f64>();
    ChiSquared::new(LAGS as f64).map_or(f64::NAN, |law| law.sf(statistic))
}

/// Hill's (1975) estimate of a tail: P(loss > x) falls like x^−index.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Hill {
    /// The index; moments of this order and above do not exist.
    pub index: f64,
    /// Its standard error, index/√count.
    pub error: f64,
    /// How many of the largest values it is taken from.
    pub count: usize,
}

/// The tail index of the largest of the values that are above 0; `None` where fewer than `count` + 1
/// are.
pub fn hill(values: impl Iterator<Item = f64>, count: usize) -> Option<Hill> {
    let mut positive: Vec<f64> = values.filter(|x| *x > 0.0).collect();
    positive.sort_by(|a, b| b.total_cmp(a));
    let threshold = positive.get(count)?.ln();
    let excess: f64 = positive
        .iter()
        .take(count)
        .map(|x| x.ln() - threshold)
        .sum();
    let index = count as f64 / excess;
    Some(Hill {
        index,
        error: index / (count as f64).sqrt(),
        count,
    })
}

//! Correlation of the returns of several assets, and how their extremes hang together.

use super::Sample;
use crate::price::Tail;
use statrs::distribution::{Continuous, ContinuousCDF, StudentsT};
use std::f64::consts::PI;

/// Most returns from which ranks are compared; longer samples are thinned evenly.
const RANKED_MAX: usize = 4_000;
/// Degrees of freedom that are tried.
const DEGREES: [f64; 12] = [
    2.0, 2.5, 3.0, 4.0, 5.0, 6.0, 8.0, 10.0, 15.0, 20.0, 30.0, 50.0,
];

/// Correlation of two samples over the times that both have.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct PairCorrelation {
    /// Positions of the samples.
    pub samples: (usize, usize),
    /// Returns that both have.
    pub count: usize,
    /// Correlation of the returns.
    pub value: f64,
    /// Its standard error for normal returns, (1 − r²)/√n.
    pub error: f64,
    /// Correlation of the shocks that the ranks of the returns imply, sin(π/2·τ) with Kendall's τ:
    /// heavy tails do not disturb it.
    pub of_ranks: f64,
    /// Correlation over those times when the first or the second fell by more than its 5 % quantile.
    pub in_crashes: f64,
}

/// The correlation of every pair; not a number where two samples share fewer than two times.
pub fn correlations(samples: &[Sample]) -> Vec<PairCorrelation> {
    let pairs = (0..samples.len()).flat_map(|b| (0..b).map(move |a| (a, b)));
    pairs.map(|(a, b)| pair(samples, a, b)).collect()
}

fn pair(samples: &[Sample], a: usize, b: usize) -> PairCorrelation {
    let both = shared(&samples[a], &samples[b]);
    let ranked = thinned(&both);
    let value = correlation(&both);
    let low = |of: fn(&(f64, f64)) -> f64| {
        let mut sorted: Vec<f64> = both.iter().map(of).collect();
        sorted.sort_by(f64::total_cmp);
        sorted.get(sorted.len() / 20).copied().unwrap_or(f64::NAN)
    };
    let (first, second) = (low(|pair| pair.0), low(|pair| pair.1));
    let crashes: Vec<_> = both
        .iter()
        .filter(|(x, y)| *x < first || *y < second)
        .copied()
        .collect();
    PairCorrelation {
        samples: (a, b),
        count: both.len(),
        value,
        error: (1.0 - value * value) / (both.len() as f64).sqrt(),
        of_ranks: (PI / 2.0 * kendall(&ranked)).sin(),
        in_crashes: correlation(&crashes),
    }
}

/// Returns of the times that both samples have.
fn shared(a: &Sample, b: &Sample) -> Vec<(f64, f64)> {
    let mut others = b.times.iter().zip(&b.returns).peekable();
    let mut both = Vec::new();
    for (time, value) in a.times.iter().zip(&a.returns) {
        while others.next_if(|(other, _)| *other < time).is_some() {}
        if let Some((_, other)) = others.next_if(|(other, _)| *other == time) {
            both.push((*value, *other));
        }
    }
    both
}

fn correlation(pairs: &[(f64, f64)]) -> f64 {
    let n = pairs.len() as f64;
    let mean = |of: fn(&(f64, f64)) -> f64| pairs.iter().map(of).sum::<f64>() / n;
    let (x, y) = (mean(|p| p.0), mean(|p| p.1));
    let sum =
        |of: &dyn Fn(f64, f64) -> f64| -> f64 { pairs.iter().map(|(a, b)| of(a - x, b - y)).sum() };
    sum(&|a, b| a * b) / (sum(&|a, _| a * a) * sum(&|_, b| b * b)).sqrt()
}

fn thinned(pairs: &[(f64, f64)]) -> Vec<(f64, f64)> {
    let every = pairs.len().div_ceil(RANKED_MAX).max(1);
    pairs.iter().step_by(every).copied().collect()
}

/// Kendall's τ: agreeing less disagreeing pairs of returns, as a share of all.
fn kendall(pairs: &[(f64, f64)]) -> f64 {
    let n = pairs.len() as f64;
    let mut sum = 0i64;
    for (i, (a, b)) in pairs.iter().enumerate() {
        for (c, d) in &pairs[..i] {
            let product = (a - c) * (b - d);
            sum += i64::from(product > 0.0) - i64::from(product < 0.0);
        }
    }
    sum as f64 / (n * (n - 1.0) / 2.0)
}

/// A copula fitted to several samples.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Copula {
    /// The best tail.
    pub tail: Tail,
    /// How much higher its log likelihood is than that of a Gaussian copula, over all pairs.
    pub gain: f64,
}

/// The degrees of freedom of the t copula under which the ranks of the returns are likeliest, over
/// all pairs of samples (a composite likelihood; correlations from Kendall's τ), out of a list from 2
/// to 50; Gaussian where that is likelier.
pub fn copula(samples: &[Sample]) -> Copula {
    let pairs: Vec<Ranked> = (0..samples.len())
        .flat_map(|b| (0..b).map(move |a| (a, b)))
        .map(|(a, b)| Ranked::new(&thinned(&shared(&samples[a], &samples[b]))))
        .collect();
    let likelihood = |degrees| -> f64 { pairs.iter().map(|pair| pair.likelihood(degrees)).sum() };
    /// Here a t copula is Gaussian for every purpose.
    const GAUSSIAN: f64 = 1e4;
    let gaussian = likelihood(GAUSSIAN);
    let tried = DEGREES.map(|degrees| (degrees, likelihood(degrees)));
    let best = tried.into_iter().max_by(|a, b| a.1.total_cmp(&b.1));
    match best {
        Some((degrees, value)) if value > gaussian => Copula {
            tail: Tail::StudentT { degrees },
            gain: value - gaussian,
        },
        _ => Copula {
            tail: Tail::Gaussian,
            gain: 0.0,
        },
    }
}

/// Two samples as ranks.
struct Ranked {
    /// Correlation from Kendall's τ.
    rho: f64,
    /// Position of each return in its sample, from the lowest.
    ranks: Vec<(usize, usize)>,
}

impl Ranked {
    fn new(both: &[(f64, f64)]) -> Self {
        let first = ranks(both.iter().map(|pair| pair.0));
        let second = ranks(both.iter().map(|pair| pair.1));
        Self {
            rho: (PI / 2.0 * kendall(both)).sin(),
            ranks: first.into_iter().zip(second).collect(),
        }
    }

    /// Log likelihood of a t copula.
    fn likelihood(&self, degrees: f64) -> f64 {
        let Ok(law) = StudentsT::new(0.0, 1.0, degrees) else {
            return f64::NEG_INFINITY;
        };
        let count = self.ranks.len() as f64;
        let point = |rank: usize| {
            let x = law.inverse_cdf((rank as f64 + 1.0) / (count + 1.0));
            (x, law.ln_pdf(x))
        };
        let points: Vec<(f64, f64)> = (0..self.ranks.len()).map(point).collect();
        let one = |(a, b): &(usize, usize)| density(points[*a], points[*b], self.rho, degrees);
        self.ranks.iter().map(one).sum()
    }
}

/// Log density of a t copula at two points, each told with the log density of its own law.
fn density((x, own_x): (f64, f64), (y, own_y): (f64, f64), rho: f64, degrees: f64) -> f64 {
    let left = 1.0 - rho * rho;
    let form = (x * x - 2.0 * rho * x * y + y * y) / (degrees * left);
    let joint = -(2.0 * PI * left.sqrt()).ln() - (degrees + 2.0) / 2.0 * form.ln_1p();
    joint - own_x - own_y
}

/// Position of each value among all in rising order.
fn ranks(values: impl Iterator<Item = f64>) -> Vec<usize> {
    let values: Vec<f64> = values.collect();
    let mut order: Vec<usize> = (0..values.len()).collect();
    order.sort_by(|a, b| values[*a].total_cmp(&values[*b]));
    let mut ranks = vec![0; values.len()];
    order
        .iter()
        .enumerate()
        .for_each(|(rank, i)| ranks[*i] = rank);
    ranks
}

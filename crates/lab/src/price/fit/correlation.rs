//! Correlation of the returns of several assets.

use super::Sample;

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

//! How the price goes on after a forced sale: responses by horizon, what stays and what comes back.
//!
//! Local projections (Jordà 2005): for each horizon k the change of the log price from before an
//! interval to k intervals after it is regressed on f of the interval's net forced sales, on the
//! returns and on f of the intervals before. The negative coefficient is the response θ_k.
//!
//! From the largest of the first responses on, θ_k = P + T·2^(−(k − k₀)/h) is fitted by least squares:
//! P stays, T comes back with half-life h. Intervals come from a bootstrap of blocks of neighbouring
//! intervals drawn with replacement (Carlstein 1986), so they hold where intervals depend on each other
//! over less than a block.

use super::least_squares::{Gram, dot};
use super::{Interval, quantile};
use chacha20::ChaCha8Rng;
use rand::RngExt;

/// Horizons among which the largest response is looked for.
const PEAK_WITHIN: usize = 5;

/// What stays of a response, and how fast the rest comes back.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Recovery {
    /// Largest response, of the fitted curve.
    pub total: f64,
    /// Its horizon, in intervals.
    pub peak: usize,
    /// Share of it that stays, 0 to 1.
    pub permanent_share: f64,
    /// Intervals in which half of the rest comes back; `None` where nothing does within the horizons
    /// or it takes longer than they reach.
    pub half_life: Option<f64>,
}

/// Responses by horizon, with intervals.
#[derive(Clone, Debug, PartialEq)]
pub struct Responses {
    /// By horizon from 0, in the logarithm of the price for each 1 of f.
    pub by_horizon: Vec<Interval>,
    /// From all of them.
    pub recovery: Recovery,
    /// Interval of the share that stays.
    pub permanent_share: Interval,
    /// Interval of the half-life in intervals, over the draws that tell one; its value is not a number
    /// where the sample does not tell one.
    pub half_life: Interval,
    /// Share of the bootstrap's draws that tell no half-life.
    pub untold: f64,
}

/// How responses are looked for.
#[derive(Clone, Copy, Debug)]
pub(super) struct Look {
    pub(super) horizon: usize,
    pub(super) controls: usize,
    pub(super) block: usize,
    pub(super) draws: usize,
}

/// Sums over one block: the Gram matrix and the products of each column with each horizon's change.
#[derive(Clone, Debug)]
struct Block {
    gram: Vec<f64>,
    /// By horizon, then by column.
    right: Vec<f64>,
}

/// Responses of log prices to f; `None` where controls and f depend on each other.
pub(super) fn responses(
    logs: &[f64],
    f: &[f64],
    look: &Look,
    rng: &mut ChaCha8Rng,
) -> Option<Responses> {
    let blocks = blocks(logs, f, look);
    let columns = 2 + 2 * look.controls;
    let whole = solve(blocks.iter(), columns, look.horizon)?;
    let recovery = recovery(&whole);
    let mut draws: Vec<Vec<f64>> = Vec::with_capacity(look.draws);
    for _ in 0..look.draws {
        let picks: Vec<&Block> = (0..blocks.len())
            .map(|_| &blocks[rng.random_range(0..blocks.len())])
            .collect();
        draws.extend(solve(picks.into_iter(), columns, look.horizon));
    }
    let by_horizon = whole
        .iter()
        .enumerate()
        .map(|(k, value)| Interval::of(*value, draws.iter().map(|draw| draw[k]).collect()))
        .collect();
    let found: Vec<Recovery> = draws.iter().map(|draw| self::recovery(draw)).collect();
    let shares = found.iter().map(|one| one.permanent_share).collect();
    let lives: Vec<f64> = found.iter().filter_map(|one| one.half_life).collect();
    Some(Responses {
        by_horizon,
        recovery,
        permanent_share: Interval::of(recovery.permanent_share, shares),
        untold: 1.0 - lives.len() as f64 / found.len().max(1) as f64,
        half_life: Interval::of(recovery.half_life.unwrap_or(f64::NAN), lives),
    })
}

fn blocks(logs: &[f64], f: &[f64], look: &Look) -> Vec<Block> {
    let first = look.controls + 1;
    let last = logs.len().saturating_sub(look.horizon);
    let times: Vec<usize> = (first..last).collect();
    times
        .chunks(look.block)
        .map(|times| {
            let column = |of: &dyn Fn(usize) -> f64| times.iter().map(|t| of(*t)).collect();
            let mut columns: Vec<Vec<f64>> = vec![vec![1.0; times.len()], column(&|t| f[t])];
            for lag in 1..=look.controls {
                columns.push(column(&|t| logs[t - lag] - logs[t - lag - 1]));
                columns.push(column(&|t| f[t - lag]));
            }
            let views: Vec<&[f64]> = columns.iter().map(Vec::as_slice).collect();
            let mut right = Vec::with_capacity((look.horizon + 1) * columns.len());
            for k in 0..=look.horizon {
                let change: Vec<f64> = column(&|t| logs[t + k] - logs[t - 1]);
                right.extend(views.iter().map(|view| dot(view, &change)));
            }
            Block {
                gram: Gram::of(&views).cells,
                right,
            }
        })
        .collect()
}

fn solve<'a>(
    blocks: impl Iterator<Item = &'a Block>,
    size: usize,
    horizon: usize,
) -> Option<Vec<f64>> {
    let mut cells = vec![0.0; size * size];
    let mut right = vec![0.0; (horizon + 1) * size];
    for block in blocks {
        add(&mut cells, &block.gram);
        add(&mut right, &block.right);
    }
    let factor = Gram { size, cells }.factor()?;
    let response = |right: &[f64]| -factor.solve(right)[1];
    Some(right.chunks(size).map(response).collect())
}

fn add(sum: &mut [f64], more: &[f64]) {
    for (sum, more) in sum.iter_mut().zip(more) {
        *sum += more;
    }
}

/// What stays of the responses by horizon and how fast the rest comes back.
pub(super) fn recovery(responses: &[f64]) -> Recovery {
    let early = responses.iter().take(PEAK_WITHIN + 1).enumerate();
    let (peak, largest) = early
        .max_by(|a, b| a.1.total_cmp(b.1))
        .map_or((0, 0.0), |(k, value)| (k, *value));
    let rest = responses.get(peak..).unwrap_or_default();
    let stays = Recovery {
        total: largest,
        peak,
        permanent_share: 1.0,
        half_life: None,
    };
    let longest = rest.len() as f64;
    if rest.len() < 4 || largest <= 0.0 {
        return stays;
    }
    let (life, curve) = best_half_life(rest, longest);
    if curve.comes_back <= 0.0 {
        return stays;
    }
    Recovery {
        total: curve.stays + curve.comes_back,
        peak,
        permanent_share: curve.stays / (curve.stays + curve.comes_back),
        half_life: (life < longest).then_some(life),
    }
}

#[derive(Clone, Copy, Debug)]
struct Curve {
    stays: f64,
    comes_back: f64,
    squares: f64,
}

/// The half-life, between a third of an interval and the longest, whose curve is nearest.
fn best_half_life(rest: &[f64], longest: f64) -> (f64, Curve) {
    const STEPS: usize = 80;
    let at = |i: f64| (longest * 3.0).powf(i / STEPS as f64) / 3.0;
    let squares = |i: f64| curve(rest, at(i)).squares;
    let coarse = (0..=STEPS).map(|i| i as f64);
    let best = coarse.min_by(|a, b| squares(*a).total_cmp(&squares(*b)));
    let i = least(squares, best.unwrap_or(0.0), STEPS as f64);
    (at(i), curve(rest, at(i)))
}

/// Golden section around a coarse minimum, one step to either side.
pub(super) fn least(f: impl Fn(f64) -> f64, near: f64, top: f64) -> f64 {
    const GOLDEN: f64 = 0.618_033_988_749_894_8;
    let (mut low, mut high) = ((near - 1.0).max(0.0), (near + 1.0).min(top));
    for _ in 0..40 {
        let (a, b) = (high - GOLDEN * (high - low), low + GOLDEN * (high - low));
        if f(a) <= f(b) {
            high = b;
        } else {
            low = a;
        }
    }
    let middle = (low + high) / 2.0;
    // The minimum may lie on the edge.
    let edges = [middle, 0.0, top];
    let best = edges.into_iter().min_by(|a, b| f(*a).total_cmp(&f(*b)));
    best.unwrap_or(middle)
}

/// Least squares of P + T·2^(−k/h) for one h; where P would be below 0, of T alone.
fn curve(rest: &[f64], half_life: f64) -> Curve {
    let n = rest.len() as f64;
    let fade = |k: usize| (-(k as f64) / half_life).exp2();
    let mut sums = [0.0; 4];
    for (k, value) in rest.iter().enumerate() {
        let x = fade(k);
        for (sum, term) in sums.iter_mut().zip([x, x * x, *value, x * value]) {
            *sum += term;
        }
    }
    let [x, xx, y, xy] = sums;
    let spread = n * xx - x * x;
    let slope = if spread > 0.0 {
        (n * xy - x * y) / spread
    } else {
        0.0
    };
    let (stays, comes_back) = match (y - slope * x) / n {
        stays if stays >= 0.0 => (stays, slope),
        _ => (0.0, xy / xx),
    };
    let squares = rest.iter().enumerate();
    let squares = squares.map(|(k, value)| (value - stays - comes_back * fade(k)).powi(2));
    Curve {
        stays,
        comes_back,
        squares: squares.sum(),
    }
}

impl Interval {
    /// The middle 95 of 100 of the draws around a value, and their standard deviation.
    fn of(value: f64, mut draws: Vec<f64>) -> Self {
        draws.sort_by(f64::total_cmp);
        let n = draws.len() as f64;
        let mean = draws.iter().sum::<f64>() / n;
        let variance = draws.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / (n - 1.0);
        Self {
            value,
            error: variance.sqrt(),
            low: quantile(&draws, 0.025),
            high: quantile(&draws, 0.975),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn recoveries_of_exact_curves() {
        let curve = |stays: f64, back: f64, life: f64| -> Vec<f64> {
            (0..61)
                .map(|k| stays + back * (-f64::from(k) / life).exp2())
                .collect()
        };
        for (stays, back, life) in [(0.3, 0.7, 10.0), (0.0, 1.0, 3.0), (2.0, 0.5, 25.0)] {
            let found = recovery(&curve(stays, back, life));
            assert_eq!(found.peak, 0);
            let share = stays / (stays + back);
            assert!((found.permanent_share - share).abs() < 1e-3, "{found:?}");
            let got = found.half_life.unwrap();
            assert!((got / life - 1.0).abs() < 1e-2, "{found:?}");
        }
        // What grows, does nothing, or is too short to tell.
        for responses in [
            vec![1.0; 61],
            (0..61).map(f64::from).collect(),
            vec![1.0, 0.5],
        ] {
            let found = recovery(&responses);
            assert_eq!((found.permanent_share, found.half_life), (1.0, None));
        }
        // The largest response comes one interval late.
        let mut late = curve(0.5, 0.5, 8.0);
        late.insert(0, 0.7);
        let found = recovery(&late);
        assert_eq!(found.peak, 1);
        assert!((found.permanent_share - 0.5).abs() < 1e-3);
    }
}

//! How large cascades get, and how heavy the tail of their sizes is.

use crate::answer::NOTHING_USD;
use crate::format::{count, decimal};
use backstop_lab::ensemble::{Distribution, TailIndex, Totals};

/// Metric whose terms are told: one a path.
pub(crate) const LARGEST: &str = "largest_cascade";
/// Shares of the paths with a cascade that count as the tail.
const TOPS: [f64; 3] = [0.05, 0.1, 0.2];
/// The one of which a sentence and the plot speak.
const MAIN: usize = 1;
/// Points of the curve for each factor of ten in probability.
const POINTS: u32 = 40;

/// The largest cascades of the paths.
#[derive(Clone, Debug)]
pub(crate) struct Cascades {
    /// Share of paths with any.
    pub(crate) share: f64,
    /// By share of the paths with a cascade that counts as the tail.
    pub(crate) tails: Vec<CascadeTail>,
    /// Size and the share of paths whose largest cascade is at least as large, from the smallest size on.
    pub(crate) curve: Vec<(f64, f64)>,
}

/// One tail.
#[derive(Clone, Copy, Debug)]
pub(crate) struct CascadeTail {
    /// Share of the paths with a cascade that counts as the tail.
    pub(crate) top: f64,
    /// The same as a share of all paths.
    pub(crate) of_all: f64,
    pub(crate) tail: TailIndex,
}

impl Cascades {
    /// Nothing where no path tells of cascades or none has any.
    pub(crate) fn of(totals: &Totals) -> Option<Self> {
        let all = totals.figure(LARGEST)?;
        let share = 1.0 - all.share_below(NOTHING_USD)?;
        let tails = TOPS.into_iter().filter_map(|top| {
            let of_all = top * share;
            let tail = all.tail_index(of_all)?;
            Some(CascadeTail { top, of_all, tail })
        });
        (share > 0.0).then(|| Self {
            share,
            tails: tails.collect(),
            curve: curve(all, share),
        })
    }

    /// The tail of which a sentence speaks.
    pub(crate) fn main(&self) -> Option<&CascadeTail> {
        let main = TOPS.get(MAIN)?;
        self.tails.iter().find(|tail| tail.top == *main)
    }

    /// Whether the intervals of all tails have a value in common: an exact power law has one index.
    pub(crate) fn is_straight(&self) -> bool {
        let ends = self.tails.iter().map(|tail| tail.tail.index);
        let low = ends.clone().map(|index| index.low).fold(0.0, f64::max);
        let high = ends.map(|index| index.high).fold(f64::INFINITY, f64::min);
        low <= high
    }
}

impl CascadeTail {
    /// How much rarer a cascade of twice the size is, in words such as `4.25` or `290`.
    pub(crate) fn rarer(&self) -> String {
        let times = self.tail.index.value.exp2();
        match times {
            times if times < 10.0 => decimal(times),
            // A cast from float saturates.
            times => count(times.round() as u64),
        }
    }
}

/// From what all paths with a cascade reach to what one path does.
fn curve(all: &Distribution, share: f64) -> Vec<(f64, f64)> {
    let least = 1.0 / all.sum.count().max(1) as f64;
    let factor = 10f64.powf(-1.0 / f64::from(POINTS));
    // As many as there are between the two ends; 2^64 paths are 771.
    let points = (share / least).log10() * f64::from(POINTS);
    let shares = (0..=points.max(0.0) as i32).map(|point| share * factor.powi(point));
    let shares = shares.chain(std::iter::once(least));
    let point = |share: f64| Some((all.reached_by(share)?, share));
    let mut curve: Vec<(f64, f64)> = shares.filter_map(point).collect();
    curve.retain(|(size, _)| *size >= NOTHING_USD);
    curve
}

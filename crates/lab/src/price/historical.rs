//! What really happened: bars of open, high, low and close, refined to the step.
//!
//! A bar begins at its time and ends where the next one begins; the last one is as long as the one
//! before it. Between its points nothing is known, so a [`Refine`] has to be chosen:
//!
//! - [`Refine::Hold`]: the open until the bar ends.
//! - [`Refine::Linear`]: straight from open to close. Misses the low and the high of the bar.
//! - [`Refine::Bridge`]: a seeded Brownian bridge in the logarithm of the price, from open to
//!   close. Its volatility comes from the bar's own range (Parkinson 1980: variance of a bar =
//!   ln(high/low)² / (4 ln 2)). Low and high are known, so each is put at a random step inside the
//!   bar and the bridge runs from point to point; between them it is reflected at low and high and
//!   so never leaves the bar. Both are touched where at least two steps lie strictly inside the
//!   bar; with one step inside only the one farther from the open is, and with none neither.
//!   The time of the low inside its bar is invented, and so is every price between the four
//!   points; pinning the range makes the path a little rougher than a Brownian motion of the same
//!   range.
//!
//! Steps longer than a bar skip over bars whole; their lows are then not seen.

use super::Grid;
use super::plan::{Draw, Fixed, Process};
use crate::error::{ConfigError, require, require_positive};
use chacha20::ChaCha8Rng;
use rand::RngExt;
use rand::seq::index::sample;
use rand_distr::{Distribution, StandardNormal};
use std::ops::Range;
use std::sync::Arc;

/// One bar of prices, USD per whole token.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Bar {
    /// When it begins, seconds since 1970.
    pub time: u64,
    /// First price.
    pub open: f64,
    /// Highest price.
    pub high: f64,
    /// Lowest price.
    pub low: f64,
    /// Last price.
    pub close: f64,
}

/// How to fill the time between known prices.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refine {
    /// The open until the bar ends.
    Hold,
    /// Straight from open to close.
    Linear,
    /// A seeded Brownian bridge inside the bar's range.
    Bridge,
}

/// A recorded price.
#[derive(Clone, Debug, PartialEq)]
pub struct Historical {
    /// Bars in ascending order of time, shared by all who read them.
    pub bars: Arc<[Bar]>,
    /// What happens inside a bar.
    pub refine: Refine,
}

impl Historical {
    /// Bars from points `(seconds since 1970, USD)` in ascending order: each runs from one point to
    /// the next, and its range is what the two points span.
    pub fn from_points(points: &[(u64, f64)], refine: Refine) -> Self {
        let next = points.iter().skip(1).chain(points.last());
        let bars = points
            .iter()
            .zip(next)
            .map(|(&(time, open), &(_, close))| Bar {
                time,
                open,
                high: open.max(close),
                low: open.min(close),
                close,
            })
            .collect();
        Self { bars, refine }
    }

    pub(super) fn prepare(
        &self,
        grid: &Grid,
        field: &str,
    ) -> Result<Box<dyn Process>, ConfigError> {
        self.check(grid, field)?;
        let (mut shares, mut spans) = (Vec::with_capacity(grid.steps as usize), Vec::new());
        let mut step = 0;
        for (index, bar) in self.bars.iter().enumerate() {
            let end = self.end_of(index);
            let length = (end - bar.time) as f64;
            let first = shares.len();
            while step < grid.steps && grid.time(step) < end {
                shares.push(grid.time(step).saturating_sub(bar.time) as f64 / length);
                step += 1;
            }
            if first < shares.len() {
                spans.push((*bar, first..shares.len()));
            }
        }
        let fill = |price: fn(&Bar, f64) -> f64| -> Box<dyn Process> {
            let price = |(bar, span): &(Bar, Range<usize>)| {
                let prices = shares[span.clone()].iter().map(|u| price(bar, *u));
                prices.collect::<Vec<f64>>()
            };
            Box::new(Fixed(spans.iter().flat_map(price).collect()))
        };
        Ok(match self.refine {
            Refine::Hold => fill(|bar, _| bar.open),
            Refine::Linear => fill(linear),
            Refine::Bridge => Box::new(Bridges { shares, spans }),
        })
    }

    /// Price at a time inside the bars: the open of the bar that holds then.
    pub(super) fn open_at(&self, time: u64) -> Option<f64> {
        let after = self.bars.partition_point(|bar| bar.time <= time);
        Some(self.bars.get(after.checked_sub(1)?)?.open)
    }

    /// When a bar ends, seconds since 1970.
    pub(super) fn end_of(&self, index: usize) -> u64 {
        let time = |i: usize| self.bars.get(i).map(|bar| bar.time);
        match (time(index + 1), time(index)) {
            (Some(next), _) => next,
            (None, Some(last)) => {
                let before = index.checked_sub(1).and_then(time).unwrap_or(last);
                last.saturating_add((last - before).max(1))
            }
            (None, None) => 0,
        }
    }

    pub(super) fn check(&self, grid: &Grid, field: &str) -> Result<(), ConfigError> {
        require(
            !self.bars.is_empty(),
            || format!("{field}.bars"),
            || "must not be empty".to_owned(),
        )?;
        for (i, bar) in self.bars.iter().enumerate() {
            let at = |name: &str| format!("{field}.bars[{i}].{name}");
            require_positive(bar.low, || at("low"))?;
            require_positive(bar.high, || at("high"))?;
            let ends = [bar.open, bar.close];
            require(
                ends.iter().all(|p| (bar.low..=bar.high).contains(p)),
                || at("low"),
                || {
                    format!(
                        "open {} and close {} must lie between low {} and high {}",
                        bar.open, bar.close, bar.low, bar.high
                    )
                },
            )?;
            let before = i.checked_sub(1).and_then(|j| self.bars.get(j));
            require(
                before.is_none_or(|b| b.time < bar.time),
                || at("time"),
                || format!("must be later than the bar before, found {}", bar.time),
            )?;
        }
        self.check_cover(grid, field)
    }

    fn check_cover(&self, grid: &Grid, field: &str) -> Result<(), ConfigError> {
        let first = self.bars.first().map_or(u64::MAX, |bar| bar.time);
        let end = self.end_of(self.bars.len().saturating_sub(1));
        let last = grid.time(grid.steps.saturating_sub(1));
        require(
            first <= grid.start && last < end,
            || format!("{field}.bars"),
            || {
                format!(
                    "cover {first} to {end}, but the path runs from {} to {last}",
                    grid.start
                )
            },
        )
    }
}

/// Which bars the grid meets, and at which shares of their lengths.
#[derive(Debug)]
struct Bridges {
    /// By step.
    shares: Vec<f64>,
    /// A bar and the steps inside it.
    spans: Vec<(Bar, Range<usize>)>,
}

impl Process for Bridges {
    fn driven(&self) -> bool {
        false
    }

    fn draw(&self, path: &mut [f64], draw: &Draw<'_>) {
        let mut rng = draw.private();
        for (bar, span) in &self.spans {
            bridge(
                bar,
                &self.shares[span.clone()],
                &mut path[span.clone()],
                &mut rng,
            );
        }
    }
}

fn linear(bar: &Bar, share: f64) -> f64 {
    (bar.open + (bar.close - bar.open) * share).clamp(bar.low, bar.high)
}

/// Prices at the shares of the bar's length given, ascending in `[0, 1)`.
fn bridge(bar: &Bar, shares: &[f64], prices: &mut [f64], rng: &mut ChaCha8Rng) {
    let volatility = (bar.high / bar.low).ln() / (4.0 * std::f64::consts::LN_2).sqrt();
    let mut anchors = extremes(bar, shares, rng);
    anchors.push((1.0, bar.close));
    let mut anchors = anchors.into_iter().peekable();
    let (mut at, mut log) = (0.0, bar.open.ln());
    for (&share, usd) in shares.iter().zip(prices) {
        while anchors.next_if(|(a, _)| *a < share).is_some() {}
        let Some(&(to, price)) = anchors.peek() else {
            break;
        };
        let (passed, left) = (share - at, to - at);
        if passed <= 0.0 {
            *usd = bar.open;
        } else if share >= to {
            (at, log) = (share, price.ln());
            *usd = price;
        } else {
            let mean = log + (price.ln() - log) * passed / left;
            let deviation = volatility * (passed * (left - passed) / left).max(0.0).sqrt();
            let noise: f64 = StandardNormal.sample(rng);
            log = reflect(mean + deviation * noise, bar.low.ln(), bar.high.ln());
            at = share;
            *usd = log.exp().clamp(bar.low, bar.high);
        }
    }
}

/// At which steps strictly inside the bar its low and high are touched, in order of time. An
/// extreme that is the open or the close needs no step of its own.
fn extremes(bar: &Bar, shares: &[f64], rng: &mut ChaCha8Rng) -> Vec<(f64, f64)> {
    let inside: Vec<f64> = shares.iter().copied().filter(|u| *u > 0.0).collect();
    let mut prices: Vec<f64> = [bar.low, bar.high]
        .into_iter()
        .filter(|p| *p != bar.open && *p != bar.close)
        .collect();
    let farther = |p: &f64| -((p / bar.open).ln().abs());
    prices.sort_by(|a, b| farther(a).total_cmp(&farther(b)));
    prices.truncate(inside.len());
    if prices.len() == 2 && rng.random_bool(0.5) {
        prices.swap(0, 1);
    }
    let mut picked = sample(rng, inside.len(), prices.len()).into_vec();
    picked.sort_unstable();
    picked
        .into_iter()
        .filter_map(|i| inside.get(i).copied())
        .zip(prices)
        .collect()
}

/// Folds `x` back into `[low, high]`, as a ball between two walls.
fn reflect(x: f64, low: f64, high: f64) -> f64 {
    let width = high - low;
    if width <= 0.0 {
        return low;
    }
    let along = (x - low).rem_euclid(2.0 * width);
    low + along.min(2.0 * width - along)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bar(time: u64, [open, high, low, close]: [f64; 4]) -> Bar {
        Bar {
            time,
            open,
            high,
            low,
            close,
        }
    }

    fn grid(step_s: u32, steps: u32) -> Grid {
        Grid {
            start: 1_000,
            step_s,
            steps,
        }
    }

    fn run(bars: &[Bar], refine: Refine, grid: Grid, seed: u64) -> Result<Vec<f64>, String> {
        let bars = bars.into();
        let ready = Historical { bars, refine }.prepare(&grid, "price");
        let ready = ready.map_err(|e| e.to_string())?;
        let mut path = vec![0.0; grid.steps as usize];
        ready.draw(
            &mut path,
            &Draw {
                seed,
                asset: 0,
                jumps: None,
            },
        );
        Ok(path)
    }

    #[test]
    fn hold_and_linear_are_tables() {
        let bars = [
            bar(1_000, [10.0, 12.0, 8.0, 11.0]),
            bar(1_100, [12.0, 12.0, 6.0, 6.0]),
        ];
        for (refine, want) in [
            (Refine::Hold, [10.0, 10.0, 12.0, 12.0]),
            (Refine::Linear, [10.0, 10.5, 12.0, 9.0]),
        ] {
            assert_eq!(run(&bars, refine, grid(50, 4), 1).unwrap(), want);
        }
    }

    #[test]
    fn points_become_bars_between_them() {
        let got = Historical::from_points(&[(0, 4.0), (10, 2.0), (20, 3.0)], Refine::Hold);
        let want = [
            bar(0, [4.0, 4.0, 2.0, 2.0]),
            bar(10, [2.0, 3.0, 2.0, 3.0]),
            bar(20, [3.0, 3.0, 3.0, 3.0]),
        ];
        assert_eq!(*got.bars, want);
    }

    #[test]
    fn refuses_bad_bars() {
        let good = bar(1_000, [10.0, 12.0, 8.0, 11.0]);
        for (bars, want) in [
            (vec![], "price.bars: must not be empty"),
            (
                vec![bar(1_000, [10.0, 12.0, 0.0, 11.0])],
                "price.bars[0].low: must be a number above 0, found 0",
            ),
            (
                vec![bar(1_000, [13.0, 12.0, 8.0, 11.0])],
                "price.bars[0].low: open 13 and close 11 must lie between low 8 and high 12",
            ),
            (
                vec![good, good],
                "price.bars[1].time: must be later than the bar before, found 1000",
            ),
            (
                vec![good, bar(1_100, [10.0, 12.0, 8.0, 11.0])],
                "price.bars: cover 1000 to 1200, but the path runs from 1000 to 1240",
            ),
            (
                vec![bar(1_010, [10.0, 12.0, 8.0, 11.0])],
                "price.bars: cover 1010 to 1011, but the path runs from 1000 to 1240",
            ),
        ] {
            let got = run(&bars, Refine::Bridge, grid(60, 5), 1).unwrap_err();
            assert_eq!(got, want);
        }
    }

    #[test]
    fn a_bridge_touches_what_it_can() {
        let one = [bar(1_000, [10.0, 13.0, 4.0, 11.0]), bar(1_100, [11.0; 4])];
        let touched = |step_s: u32, price: f64| {
            (0..20).all(|seed| {
                let path = run(&one, Refine::Bridge, grid(step_s, 200 / step_s), seed).unwrap();
                path.contains(&price)
            })
        };
        assert!(touched(10, 4.0) && touched(10, 13.0));
        assert!(touched(50, 4.0) && !touched(50, 13.0));
        assert!(!touched(100, 4.0) && !touched(100, 13.0));
    }

    proptest::proptest! {
        #[test]
        fn a_bridge_stays_in_range_and_meets_the_opens(
            raw in proptest::collection::vec((1.0f64..100.0, 0.0f64..0.5, 0.0f64..0.5, 0.5f64..2.0), 1..8),
            seed: u64,
        ) {
            let bars: Vec<Bar> = raw.iter().enumerate().map(|(i, &(open, down, up, move_))| {
                let close = open * move_;
                bar(1_000 + 100 * i as u64, [
                    open, open.max(close) * (1.0 + up), open.min(close) * (1.0 - down), close,
                ])
            }).chain(std::iter::once(bar(1_000 + 100 * raw.len() as u64, [5.0; 4]))).collect();
            let steps = 10 * bars.len() as u32;
            let path = run(&bars, Refine::Bridge, grid(10, steps), seed).unwrap();
            proptest::prop_assert_eq!(path.len(), steps as usize);
            for (bar, prices) in bars.iter().zip(path.chunks(10)) {
                proptest::prop_assert_eq!(prices[0], bar.open);
                for p in prices {
                    proptest::prop_assert!((bar.low..=bar.high).contains(p), "{p} in {bar:?}");
                }
                let low = prices.iter().copied().fold(f64::INFINITY, f64::min);
                proptest::prop_assert!(low == bar.low || bar.low == bar.close);
            }
        }
    }
}

//! A mean over time from cumulative sums, arithmetic or geometric.
//!
//! Whatever is observed holds from then until the next observation, as the price of a pool holds from
//! one trade to the next, so that a price that has stood for no time counts nothing. Sums of value ·
//! seconds are kept at every observation; a mean is the difference of two sums over the time between
//! them, rounded down. The arithmetic mean sums prices, as Uniswap v2 does. The geometric one sums
//! [ticks](Tick), as Uniswap v3 does: its mean tick rounds toward negative infinity, so that it is at
//! most two ticks (2 bp) below the exact geometric mean.
//!
//! The ring is bounded. Where it does not reach back over the whole window, because the oracle is young
//! or too many observations came, the mean is that over the time that it covers, and says so.

use super::Tick;
use crate::units::{Price, Rounding, Timestamp, U256, mul_div};
use std::collections::VecDeque;

/// What a mean is taken of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum MeanKind {
    /// Prices.
    Arithmetic,
    /// Ticks, which are logarithms of prices.
    Geometric,
}

/// A mean over time and the time that it covers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Mean {
    /// The mean price.
    pub price: Price,
    /// Seconds that it covers: those of the window, or fewer where the ring does not reach so far.
    pub seconds: u64,
}

/// A ring of cumulative sums.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Twap {
    kind: MeanKind,
    window_s: u64,
    capacity: usize,
    points: VecDeque<Point>,
}

/// One observation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Point {
    at: Timestamp,
    /// Σ value · seconds until then.
    sum: U256,
    /// What holds from then on: a price, or a tick above the lowest.
    value: U256,
}

impl Point {
    /// The sum at a later time if nothing else is observed until then.
    fn sum_at(&self, time: Timestamp) -> U256 {
        let seconds = U256::from(time.seconds_since(self.at));
        // 128 bits of value times 64 of seconds: neither this nor any sum of it leaves 256.
        let held = mul_div(self.value, seconds, U256::ONE, Rounding::Floor);
        self.sum.saturating_add(held.unwrap_or_default())
    }
}

impl Twap {
    /// An empty ring of at most `capacity` observations for means over `window_s` seconds.
    pub fn new(kind: MeanKind, window_s: u64, capacity: u16) -> Self {
        Self {
            kind,
            window_s,
            capacity: usize::from(capacity.max(1)),
            points: VecDeque::new(),
        }
    }

    /// Takes a price that holds from now on, and forgets what no window will need again. A time before
    /// the last observation counts as that of the last. A price of 0 or above 128 bits is not taken.
    pub fn observe(&mut self, now: Timestamp, price: Price) {
        let Some(tick) = Tick::at(price) else {
            return;
        };
        let value = match self.kind {
            MeanKind::Arithmetic => price.0,
            MeanKind::Geometric => above_lowest(tick),
        };
        let point = match self.points.back() {
            Some(last) if last.at >= now => {
                let replaced = Point { value, ..*last };
                self.points.pop_back();
                replaced
            }
            Some(last) => Point {
                at: now,
                sum: last.sum_at(now),
                value,
            },
            None => Point {
                at: now,
                sum: U256::ZERO,
                value,
            },
        };
        self.points.push_back(point);
        self.forget(now);
    }

    fn forget(&mut self, now: Timestamp) {
        let start = self.start(now);
        let needless = |points: &VecDeque<Point>| points.get(1).is_some_and(|p| p.at <= start);
        while needless(&self.points) || self.points.len() > self.capacity {
            self.points.pop_front();
        }
    }

    fn start(&self, now: Timestamp) -> Timestamp {
        Timestamp(now.0.saturating_sub(self.window_s))
    }

    /// The mean over the window that ends now; nothing before the first observation. Over no time it is
    /// what was observed last.
    pub fn mean(&self, now: Timestamp) -> Option<Mean> {
        let (first, last) = (self.points.front()?, self.points.back()?);
        let now = now.max(last.at);
        let start = self.start(now);
        let from = self.points.iter().take_while(|point| point.at <= start);
        let from = from.last().unwrap_or(first);
        let start = start.max(from.at);
        let seconds = now.seconds_since(start);
        let held = last.sum_at(now).saturating_sub(from.sum_at(start));
        let mean = mul_div(held, U256::ONE, U256::from(seconds), Rounding::Floor);
        let value = mean.unwrap_or(last.value);
        let price = match self.kind {
            MeanKind::Arithmetic => Price(value),
            MeanKind::Geometric => of_tick_above_lowest(value),
        };
        Some(Mean { price, seconds })
    }
}

/// A tick as a number that is not negative, so that rounding down is rounding toward negative infinity.
fn above_lowest(tick: Tick) -> U256 {
    U256::from(tick.get().abs_diff(Tick::MIN.get()))
}

fn of_tick_above_lowest(steps: U256) -> Price {
    let steps = i32::try_from(steps).ok();
    let tick = steps.and_then(|steps| Tick::new(Tick::MIN.get().saturating_add(steps)));
    tick.map_or(Price::ZERO, Tick::price)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn told(twap: &Twap, now: u64) -> Option<(u128, u64)> {
        let mean = twap.mean(Timestamp(now))?;
        Some((u128::try_from(mean.price.0).unwrap(), mean.seconds))
    }

    #[test]
    fn an_arithmetic_mean_by_hand() {
        let mut twap = Twap::new(MeanKind::Arithmetic, 100, 8);
        assert_eq!(told(&twap, 0), None);
        // (time, price observed, mean right after, seconds covered).
        for (now, price, mean, seconds) in [
            (1_000, 100, 100, 0),
            (1_000, 200, 200, 0),
            // 200 held for 40 s.
            (1_040, 50, 200, 40),
            // 40·200 + 60·50 = 11 000 over 100 s.
            (1_100, 10, 110, 100),
            // 20·200 + 60·50 + 20·10 = 7 200.
            (1_120, 999, 72, 100),
            // A time before the last is the time of the last: the price replaces that one.
            (1_000, 10, 72, 100),
            // 80·10 + 20·50 − the window began at 1_080.
            (1_180, 1, 18, 100),
        ] {
            twap.observe(Timestamp(now), Price::new(price));
            let got = told(
                &twap,
                now.max(if now == 1_000 && price == 10 {
                    1_120
                } else {
                    now
                }),
            );
            assert_eq!(got, Some((mean, seconds)), "at {now}");
        }
        // Nobody observes: what stood last holds on.
        assert_eq!(told(&twap, 1_280), Some((1, 100)));
        for none in [Price::ZERO, Price::MAX] {
            twap.observe(Timestamp(1_300), none);
            assert_eq!(told(&twap, 1_300), Some((1, 100)));
        }
    }

    #[test]
    fn a_full_ring_covers_less_and_says_so() {
        let mut twap = Twap::new(MeanKind::Arithmetic, 100, 2);
        for (now, price) in [(0, 10), (50, 20), (80, 30)] {
            twap.observe(Timestamp(now), Price::new(price));
        }
        assert_eq!(told(&twap, 100), Some((24, 50)));
    }

    #[test]
    fn the_mean_tick_rounds_toward_negative_infinity() {
        let mut twap = Twap::new(MeanKind::Geometric, 4, 8);
        // Tick 0 for three seconds and tick 6931 for one: 6931 ÷ 4 = 1732.75.
        twap.observe(Timestamp(10), Price::new(1));
        twap.observe(Timestamp(13), Price::new(2));
        twap.points[0].value = above_lowest(Tick::new(0).unwrap());
        let mean = |twap: &Twap| {
            let (first, last) = (twap.points[0], twap.points[1]);
            let held = last.sum_at(Timestamp(14)) - first.sum;
            i64::try_from(held / U256::from(4)).unwrap() - 887_272
        };
        assert_eq!(mean(&twap), 1_732);
        // Below one: ticks −1 for three seconds and 0 for one are −0.75, which is −1.
        twap.points[0].value = above_lowest(Tick::new(-1).unwrap());
        twap.points[1].sum = twap.points[0].value * U256::from(3);
        twap.points[1].value = above_lowest(Tick::new(0).unwrap());
        assert_eq!(mean(&twap), -1);
    }

    #[test]
    fn a_geometric_mean_is_the_root_of_the_product() {
        let mut twap = Twap::new(MeanKind::Geometric, 100, 8);
        twap.observe(Timestamp(0), Price::new(100_000_000));
        twap.observe(Timestamp(50), Price::new(400_000_000));
        let (price, seconds) = told(&twap, 100).unwrap();
        assert_eq!(seconds, 100);
        // Two ticks below 200 000 000 at most.
        assert!((199_960_000..=200_000_000).contains(&price), "{price}");
    }

    proptest! {
        /// However a price is moved for a share of the window, the arithmetic mean moves by at most that
        /// share of the move; both means stay within what was observed (the geometric to a tick).
        #[test]
        fn a_mean_moves_by_the_share_of_the_window(
            steady in 1u64..u64::MAX, moved in 1u64..u64::MAX, held in 0u64..=600, after in 0u64..300,
        ) {
            let (from, until) = (Timestamp(10_000), Timestamp(10_000 + held));
            let now = Timestamp(until.0 + after);
            let mut means = [MeanKind::Arithmetic, MeanKind::Geometric].map(|kind| {
                let mut twap = Twap::new(kind, 600, 16);
                twap.observe(Timestamp(0), Price::from(u128::from(steady)));
                twap.observe(from, Price::from(u128::from(moved)));
                twap.observe(until, Price::from(u128::from(steady)));
                twap.mean(now).unwrap()
            });
            let [arithmetic, geometric] = &mut means;
            prop_assert_eq!(arithmetic.seconds, 600);
            let inside = held.min(600u64.saturating_sub(after));
            let most = u128::from(steady.abs_diff(moved)) * u128::from(inside) / 600 + 1;
            let got = u128::try_from(arithmetic.price.0).unwrap().abs_diff(u128::from(steady));
            prop_assert!(got <= most, "{got} over {most}");
            let (low, high) = (u128::from(steady.min(moved)), u128::from(steady.max(moved)));
            let price = u128::try_from(arithmetic.price.0).unwrap();
            prop_assert!((low..=high).contains(&price));
            let price = u128::try_from(geometric.price.0).unwrap();
            prop_assert!((low - low.div_ceil(9_999)..=high).contains(&price), "{price}");
        }
    }
}

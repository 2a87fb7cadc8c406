//! Resting orders by distance from the mid, on both sides.
//!
//! The state is the net amount sold into the book and not yet refilled. A net sale of n tokens has
//! eaten the bids up to the level at depth n, and the makers move the other side along, so that
//! the spread stays as at rest; a net purchase mirrors that. Refilling takes the net amount back to
//! zero, from the far levels to the near ones.

use super::{Fill, Side};
use crate::error::{ConfigError, require, require_positive};

/// Orders at one distance from the mid.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Level {
    /// Distance from the mid as a share of it (0.001 is 10 bps).
    pub distance: f64,
    /// Base tokens.
    pub base: f64,
}

/// A limit order book.
#[derive(Clone, Debug)]
pub struct OrderBook {
    bids: Ladder,
    asks: Ladder,
    /// Net base tokens sold into the book; negative after purchases.
    net_sold: f64,
}

impl OrderBook {
    /// A full book. Levels ascend by distance.
    pub fn new(bids: &[Level], asks: &[Level]) -> Self {
        Self {
            bids: Ladder::new(bids),
            asks: Ladder::new(asks),
            net_sold: 0.0,
        }
    }

    pub(super) fn check(&self, field: &str) -> Result<(), ConfigError> {
        self.bids.check(1.0, &format!("{field}.bids"))?;
        self.asks.check(f64::INFINITY, &format!("{field}.asks"))
    }

    pub(super) fn mid(&self, reference: f64) -> f64 {
        self.mid_at(reference, self.net_sold)
    }

    fn mid_at(&self, reference: f64, net_sold: f64) -> f64 {
        let spread_centre = (self.asks.nearest() - self.bids.nearest()) / 2.0;
        reference * (1.0 + self.shift(net_sold) + spread_centre)
    }

    /// How far quotes have moved, as a share of the reference.
    fn shift(&self, net_sold: f64) -> f64 {
        if net_sold >= 0.0 {
            -self.bids.shift(net_sold)
        } else {
            self.asks.shift(-net_sold)
        }
    }

    /// Integral of [`Self::shift`] from 0.
    fn shift_sum(&self, net_sold: f64) -> f64 {
        if net_sold >= 0.0 {
            -self.bids.shift_sum(net_sold)
        } else {
            -self.asks.shift_sum(-net_sold)
        }
    }

    /// The fill, and the net amount sold after it.
    pub(super) fn fill(&self, reference: f64, fee: f64, side: Side, base: f64) -> (Fill, f64) {
        let from = self.net_sold;
        let (to, spread, after_fee) = match side {
            Side::Sell => {
                let to = (from + base).min(self.bids.depth());
                (to, -self.bids.nearest(), 1.0 - fee)
            }
            Side::Buy => {
                let to = (from - base).max(-self.asks.depth());
                (to, self.asks.nearest(), 1.0 + fee)
            }
        };
        let filled = (to - from).abs();
        let shifted = self.shift_sum(to) - self.shift_sum(from);
        let direction = if side == Side::Sell { 1.0 } else { -1.0 };
        let usd = reference * (filled * (1.0 + spread) + direction * shifted) * after_fee;
        (Fill::new(filled, usd, self.mid_at(reference, to)), to)
    }

    pub(super) fn trade(&mut self, reference: f64, fee: f64, side: Side, base: f64) -> Fill {
        let (fill, after) = self.fill(reference, fee, side, base);
        self.net_sold = after;
        fill
    }

    /// Tokens on offer at `price` or better, before fees.
    pub(super) fn until(&self, reference: f64, side: Side, price: f64) -> f64 {
        let spread = match side {
            Side::Sell => -self.bids.nearest(),
            Side::Buy => self.asks.nearest(),
        };
        let shift = price / reference - 1.0 - spread;
        let (bids, asks) = (&self.bids, &self.asks);
        match side {
            // What purchases have taken is refilled by sales from the far levels on.
            Side::Sell if shift > 0.0 => -asks.depth_until(|d| d < shift) - self.net_sold,
            Side::Sell => bids.depth_until(|d| d <= -shift) - self.net_sold,
            Side::Buy if shift < 0.0 => self.net_sold - bids.depth_until(|d| d < -shift),
            Side::Buy => self.net_sold + asks.depth_until(|d| d <= shift),
        }
        .max(0.0)
    }

    /// Price of the next token, before fees.
    pub(super) fn touch(&self, reference: f64, side: Side) -> f64 {
        let spread = match side {
            Side::Sell => -self.bids.nearest(),
            Side::Buy => self.asks.nearest(),
        };
        reference * (1.0 + self.shift(self.net_sold) + spread)
    }

    pub(super) fn recover(&mut self, keep: f64) {
        self.net_sold *= keep;
    }
}

/// One side of a book with running sums, so that a quote costs a binary search.
#[derive(Clone, Debug)]
struct Ladder {
    levels: Vec<Level>,
    /// Depth up to and including each level.
    depth: Vec<f64>,
    /// Σ base · (distance − nearest distance) up to and including each level.
    shift_sum: Vec<f64>,
}

impl Ladder {
    fn new(levels: &[Level]) -> Self {
        let nearest = levels.first().map_or(0.0, |level| level.distance);
        let running = |term: &dyn Fn(&Level) -> f64| {
            let mut sum = 0.0;
            let mut add = |level: &Level| {
                sum += term(level);
                sum
            };
            levels.iter().map(&mut add).collect()
        };
        Self {
            levels: levels.to_vec(),
            depth: running(&|level| level.base),
            shift_sum: running(&|level| level.base * (level.distance - nearest)),
        }
    }

    fn nearest(&self) -> f64 {
        self.levels.first().map_or(0.0, |level| level.distance)
    }

    fn depth(&self) -> f64 {
        self.depth.last().copied().unwrap_or(0.0)
    }

    /// First level that is not eaten up at a depth; the last one where all are.
    fn level_at(&self, depth: f64) -> usize {
        let eaten = self.depth.partition_point(|d| *d <= depth);
        eaten.min(self.levels.len().saturating_sub(1))
    }

    /// Depth of the levels up to the last whose distance from the nearest one is within.
    fn depth_until(&self, within: impl Fn(f64) -> bool) -> f64 {
        let nearest = self.nearest();
        let count = self
            .levels
            .partition_point(|l| within(l.distance - nearest));
        let last = count.checked_sub(1).and_then(|i| self.depth.get(i));
        last.copied().unwrap_or(0.0)
    }

    fn shift(&self, depth: f64) -> f64 {
        let level = self.levels.get(self.level_at(depth));
        level.map_or(0.0, |level| level.distance - self.nearest())
    }

    fn shift_sum(&self, depth: f64) -> f64 {
        let before = self.level_at(depth).checked_sub(1);
        let at = |sums: &[f64]| before.and_then(|i| sums.get(i).copied()).unwrap_or(0.0);
        at(&self.shift_sum) + (depth - at(&self.depth)) * self.shift(depth)
    }

    fn check(&self, distance_max: f64, field: &str) -> Result<(), ConfigError> {
        require(
            !self.levels.is_empty(),
            || field.to_owned(),
            || "must not be empty".to_owned(),
        )?;
        let mut before = 0.0;
        for (i, level) in self.levels.iter().enumerate() {
            let at = |name: &str| format!("{field}[{i}].{name}");
            require_positive(level.base, || at("base"))?;
            require(
                level.distance.is_finite()
                    && level.distance >= before
                    && level.distance < distance_max,
                || at("distance"),
                || {
                    format!(
                        "must be at least {before} (levels ascend) and below {distance_max}, found {}",
                        level.distance
                    )
                },
            )?;
            before = level.distance;
        }
        Ok(())
    }
}

//! A recorded price made milder or worse.
//!
//! The record is changed bar by bar and then refined as any other; prices are those of the record
//! at the start of the run. With y = ln(price/start) of the record at time τ after the start:
//!
//! - [`Scale::Returns`]: y·f. All log returns are f times as large, and so is volatility.
//! - [`Scale::Fall`]: as above, with the f that brings the lowest price of the run to (1 − x) times
//!   the price at the start.
//! - [`Scale::Drift`]: y + s·τ, with the s that does the same. Ups and downs keep their sizes.
//!
//! The lowest price is that of the bars that the run meets, the whole of the last one included;
//! whether a path touches it depends on how the bars are refined.

use super::plan::Process;
use super::{Bar, Grid, Historical};
use crate::error::{ConfigError, require};
use std::ops::Range;

/// Largest and smallest factor of returns.
const FACTORS: (f64, f64) = (1e-3, 1e3);

/// A recorded price, changed.
#[derive(Clone, Debug, PartialEq)]
pub struct Scaled {
    /// The record.
    pub history: Historical,
    /// What is changed.
    pub scale: Scale,
}

/// How a record is changed.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Scale {
    /// All log returns times a factor.
    Returns(f64),
    /// All log returns times the factor that gives a lowest price of 1 − x times the first, with x
    /// told here.
    Fall(f64),
    /// A steady drift on top that gives such a lowest price.
    Drift(f64),
}

impl Scaled {
    /// The changed record, as far as the grid meets it.
    ///
    /// # Errors
    /// When the record does not cover the grid, a number is out of its range, or a fall is wanted
    /// of a record that never falls below its first price.
    pub fn history(&self, grid: &Grid, field: &str) -> Result<Historical, ConfigError> {
        self.history.check(grid, field)?;
        self.check(field)?;
        let start = self.history.open_at(grid.start).unwrap_or(f64::NAN);
        let bars = &self.history.bars;
        let range = self.range(grid);
        let since = |time: u64| (time as f64 - grid.start as f64).max(0.0);
        let meet = |i: usize| Met {
            bar: bars[i],
            from: since(bars[i].time),
            to: since(self.history.end_of(i)),
        };
        let met: Vec<Met> = range.clone().map(meet).collect();
        let change = match self.scale {
            Scale::Returns(factor) => Change::factor(factor),
            Scale::Fall(share) => {
                let low = met
                    .iter()
                    .map(|met| met.bar.low)
                    .fold(f64::INFINITY, f64::min);
                let factor = (-share).ln_1p() / (low / start).ln();
                require(
                    low < start && factor <= FACTORS.1,
                    || format!("{field}.fall"),
                    || {
                        format!(
                            "the record falls from {start} to {low} only; its returns cannot be scaled to a fall of {share}"
                        )
                    },
                )?;
                Change::factor(factor)
            }
            Scale::Drift(share) => Change {
                factor: 1.0,
                drift: drift(&met, start, (-share).ln_1p()),
            },
        };
        Ok(Historical {
            // Bars that the run does not meet only tell where the others end.
            bars: bars
                .iter()
                .enumerate()
                .map(
                    |(i, bar)| match i.checked_sub(range.start).and_then(|i| met.get(i)) {
                        Some(met) => change.apply(met, start),
                        None => *bar,
                    },
                )
                .collect(),
            refine: self.history.refine,
        })
    }

    pub(super) fn prepare(
        &self,
        grid: &Grid,
        field: &str,
    ) -> Result<Box<dyn Process>, ConfigError> {
        self.history(grid, field)?.prepare(grid, field)
    }

    fn check(&self, field: &str) -> Result<(), ConfigError> {
        let (name, value, low, high) = match self.scale {
            Scale::Returns(factor) => ("scale", factor, FACTORS.0, FACTORS.1),
            Scale::Fall(share) => ("fall", share, 1e-4, 0.9999),
            Scale::Drift(share) => ("fall", share, 1e-4, 0.9999),
        };
        require(
            (low..=high).contains(&value),
            || format!("{field}.{name}"),
            || format!("must lie between {low} and {high}, found {value}"),
        )
    }

    /// Positions of the bars that the grid meets.
    fn range(&self, grid: &Grid) -> Range<usize> {
        let begun = |time: u64| self.history.bars.partition_point(|bar| bar.time <= time);
        let last = grid.time(grid.steps.saturating_sub(1));
        begun(grid.start).saturating_sub(1)..begun(last)
    }
}

/// A bar and when it begins and ends, in seconds after the start.
#[derive(Clone, Copy, Debug)]
struct Met {
    bar: Bar,
    from: f64,
    to: f64,
}

/// s of the drift: the least one that keeps every price at or above the lowest wanted.
fn drift(met: &[Met], start: f64, lowest: f64) -> f64 {
    let bounds = met.iter().flat_map(|met| {
        let bound = |price: f64, after: f64| (lowest - (price / start).ln()) / after;
        let open = (met.from > 0.0).then(|| bound(met.bar.open, met.from));
        open.into_iter().chain([bound(met.bar.low, met.to)])
    });
    bounds.fold(f64::NEG_INFINITY, f64::max)
}

/// y ↦ factor·y + drift·τ.
#[derive(Clone, Copy, Debug)]
struct Change {
    factor: f64,
    drift: f64,
}

impl Change {
    fn factor(factor: f64) -> Self {
        Self { factor, drift: 0.0 }
    }

    /// The time of low and high within their bar is not known; the drift is taken to its end.
    fn apply(&self, met: &Met, start: f64) -> Bar {
        let at = |price: f64, after: f64| {
            start * (self.factor * (price / start).ln() + self.drift * after).exp()
        };
        let bar = met.bar;
        let (open, close) = (at(bar.open, met.from), at(bar.close, met.to));
        Bar {
            time: bar.time,
            open,
            high: at(bar.high, met.to).max(open).max(close),
            low: at(bar.low, met.to).min(open).min(close),
            close,
        }
    }
}

#[cfg(test)]
mod tests;

//! Returns that really happened, in blocks drawn at random.
//!
//! The history is cut into log returns of one step each, from multiples of the step since 1970. A
//! path strings blocks of consecutive returns together, each block beginning at a random return;
//! the history is taken as a circle. Lengths of blocks are geometric (the stationary bootstrap of
//! Politis and Romano 1994) or fixed (the circular block bootstrap of 1992).
//!
//! All assets of a group draw the same times: only times count that every one of them has a return
//! for. So returns of one moment stay together, and so does whatever dependence they had. Where a
//! history has a gap, the returns on both sides of it become neighbours.
//!
//! Price at a time: the open of the bar that begins then, else the close of the bar before, where
//! that has not ended earlier; bars are as long as the shortest distance between two. Steps are not
//! shorter than bars.

use super::exponential::exponentiate;
use super::plan::{Draw, Process};
use super::{Bar, Grid, PriceModel};
use crate::error::{ConfigError, require, require_positive};
use crate::random::{Purpose, stream};
use rand::RngExt;
use std::sync::Arc;

/// A price with returns of the past.
#[derive(Clone, Debug, PartialEq)]
pub struct Bootstrap {
    /// Price at the start, USD.
    pub start: f64,
    /// Bars in ascending order of time.
    pub bars: Arc<[Bar]>,
    /// Lengths of blocks.
    pub blocks: Blocks,
    /// Mean length of a block, seconds; at least a step.
    pub block_s: f64,
    /// Assets of the same group draw the same times; blocks of a group are alike.
    pub group: u16,
}

/// How long blocks are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Blocks {
    /// Geometric lengths: the paths are stationary.
    #[default]
    Geometric,
    /// All the same, rounded to whole steps.
    Fixed,
}

#[derive(Debug)]
struct Ready {
    start: f64,
    returns: Vec<f64>,
    blocks: Blocks,
    /// Mean length of a block in steps, at least 1.
    length: f64,
    group: u16,
}

impl Bootstrap {
    pub(super) fn prepare(
        &self,
        all: &[PriceModel],
        grid: &Grid,
        field: &str,
    ) -> Result<Box<dyn Process>, ConfigError> {
        require_positive(self.start, || format!("{field}.start"))?;
        let step_s = f64::from(grid.step_s);
        require(
            self.block_s.is_finite() && self.block_s >= step_s,
            || format!("{field}.block_s"),
            || {
                format!(
                    "must be at least a step of {step_s} s, found {}",
                    self.block_s
                )
            },
        )?;
        let mut returns = step_returns(&self.bars, grid.step_s, field)?;
        for (i, other) in all.iter().enumerate() {
            let Some(other) = other.bootstrap() else {
                continue;
            };
            if other.group != self.group || Arc::ptr_eq(&other.bars, &self.bars) {
                continue;
            }
            let alike = other.blocks == self.blocks && other.block_s == self.block_s;
            require(
                alike,
                || format!("{field}.group"),
                || {
                    format!(
                        "group {} has blocks of several kinds or lengths",
                        self.group
                    )
                },
            )?;
            let others = step_returns(&other.bars, grid.step_s, &format!("assets[{i}].price"))?;
            returns = common(returns, &others);
        }
        let found = returns.len();
        require(
            found as f64 * step_s >= 2.0 * self.block_s,
            || format!("{field}.bars"),
            || {
                format!(
                    "have {found} returns of {step_s} s in common with their group: fewer than two blocks"
                )
            },
        )?;
        Ok(Box::new(Ready {
            start: self.start,
            returns: returns.into_iter().map(|(_, r)| r).collect(),
            blocks: self.blocks,
            length: match self.blocks {
                Blocks::Geometric => self.block_s / step_s,
                Blocks::Fixed => (self.block_s / step_s).round(),
            },
            group: self.group,
        }))
    }
}

/// Times and log returns of whole steps.
pub(super) fn step_returns(
    bars: &[Bar],
    step_s: u32,
    field: &str,
) -> Result<Vec<(u64, f64)>, ConfigError> {
    let length = check(bars, step_s, field)?;
    let step = u64::from(step_s);
    let first = bars
        .first()
        .map_or(0, |bar| bar.time.next_multiple_of(step));
    let last = bars.last().map_or(0, |bar| bar.time);
    let mut returns = Vec::new();
    let (mut at, mut before) = (0, None);
    let mut time = first;
    while time <= last.saturating_add(step) {
        while bars.get(at + 1).is_some_and(|bar| bar.time <= time) {
            at += 1;
        }
        let price = bars
            .get(at)
            .and_then(|bar| match time.checked_sub(bar.time) {
                Some(0) => Some(bar.open),
                Some(age) if age <= length => Some(bar.close),
                _ => None,
            });
        if let (Some(from), Some(to)) = (before, price) {
            let value: f64 = to / from;
            returns.push((time - step, value.ln()));
        }
        before = price;
        time += step;
    }
    Ok(returns)
}

/// Seconds of a bar.
fn check(bars: &[Bar], step_s: u32, field: &str) -> Result<u64, ConfigError> {
    for (i, bar) in bars.iter().enumerate() {
        let at = |name: &str| format!("{field}.bars[{i}].{name}");
        require_positive(bar.open, || at("open"))?;
        require_positive(bar.close, || at("close"))?;
        let before = i.checked_sub(1).and_then(|j| bars.get(j));
        require(
            before.is_none_or(|b| b.time < bar.time),
            || at("time"),
            || format!("must be later than the bar before, found {}", bar.time),
        )?;
    }
    let lengths = bars.windows(2).map(|pair| pair[1].time - pair[0].time);
    let shortest = lengths.min().unwrap_or(u64::MAX);
    require(
        shortest <= u64::from(step_s),
        || format!("{field}.bars"),
        || format!("must be two or more, not longer than a step of {step_s} s"),
    )?;
    Ok(shortest)
}

/// The returns whose times are in both, both in the order of time.
fn common(mine: Vec<(u64, f64)>, others: &[(u64, f64)]) -> Vec<(u64, f64)> {
    let mut others = others.iter().map(|(time, _)| *time).peekable();
    mine.into_iter()
        .filter(|(time, _)| {
            while others.next_if(|other| other < time).is_some() {}
            others.next_if_eq(time).is_some()
        })
        .collect()
}

impl Process for Ready {
    fn driven(&self) -> bool {
        false
    }

    fn draw(&self, path: &mut [f64], draw: &Draw<'_>) {
        let mut rng = stream(draw.seed, Purpose::Blocks(self.group));
        let Some((first, rest)) = path.split_first_mut() else {
            return;
        };
        *first = 0.0;
        let (mut log, mut at, mut left) = (0.0, 0, 0.0);
        for value in rest {
            if left < 1.0 {
                at = rng.random_range(0..self.returns.len());
                left = match self.blocks {
                    Blocks::Fixed => self.length,
                    Blocks::Geometric => geometric(self.length, rng.random()),
                };
            }
            log += self.returns[at];
            at = (at + 1) % self.returns.len();
            left -= 1.0;
            *value = log;
        }
        exponentiate(path, self.start);
    }
}

/// A geometric length of this mean, at least 1, from a number in `[0, 1)`.
fn geometric(mean: f64, unit: f64) -> f64 {
    if mean <= 1.0 {
        return 1.0;
    }
    // P(length > k) = (1 − 1/mean)^k.
    ((-unit).ln_1p() / (-mean.recip()).ln_1p()).floor() + 1.0
}

#[cfg(test)]
mod tests;

//! Realised volatility: the mean of the last squared moves.

use super::{Forecast, Moves, over, place};
use crate::governor::beat::Beat;
use crate::governor::outlook::Outlook;
use crate::protocol::AssetId;
use crate::signals::Signals;
use std::collections::VecDeque;

/// Mean over a window of moves, all of equal weight.
#[derive(Clone, Debug)]
pub struct Realised {
    /// Seconds of an interval.
    pub interval_s: u64,
    /// Intervals of the window.
    pub window: usize,
    beat: Beat,
    assets: Vec<State>,
}

#[derive(Clone, Debug, Default)]
struct State {
    moves: Moves,
    squares: VecDeque<u128>,
    sum: u128,
}

impl Default for Realised {
    fn default() -> Self {
        Self::new(300, 288)
    }
}

impl Realised {
    /// An empty window; one of nothing counts as one interval.
    pub fn new(interval_s: u64, window: usize) -> Self {
        Self {
            interval_s,
            window: window.max(1),
            beat: Beat::default(),
            assets: Vec::new(),
        }
    }
}

impl State {
    fn push(&mut self, square: u128, window: usize) {
        self.squares.push_back(square);
        self.sum = self.sum.saturating_add(square);
        while self.squares.len() > window {
            let gone = self.squares.pop_front().unwrap_or(0);
            self.sum = self.sum.saturating_sub(gone);
        }
    }
}

impl Forecast for Realised {
    fn policy(&self) -> &'static str {
        "realised-threshold"
    }

    fn see(&mut self, signals: &Signals) {
        if !self.beat.due(signals.now, self.interval_s) {
            return;
        }
        let (interval, window) = (self.interval_s, self.window);
        for (at, signal) in signals.assets.iter().enumerate() {
            let Some(state) = place(&mut self.assets, at) else {
                continue;
            };
            let seen = state.moves.see(signals.now, signal.price, interval);
            let Some(seen) = seen else {
                continue;
            };
            let times = usize::try_from(seen.intervals).unwrap_or(window);
            for _ in 0..times.min(window) {
                state.push(seen.square, window);
            }
        }
    }

    fn deviation(&self, asset: AssetId, horizon_s: u64, _: &Outlook) -> Option<u128> {
        let state = self.assets.get(usize::from(asset.0))?;
        let count = u128::try_from(state.squares.len()).ok()?;
        let variance = state.sum.checked_div(count)?;
        Some(over(variance, horizon_s, self.interval_s))
    }

    fn copy(&self) -> Box<dyn Forecast> {
        Box::new(self.clone())
    }
}

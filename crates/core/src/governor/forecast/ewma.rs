//! Exponentially weighted volatility: yesterday's estimate and the newest move.

use super::{Forecast, Moves, over, place};
use crate::governor::beat::Beat;
use crate::governor::number::{WHOLE, down};
use crate::governor::outlook::Outlook;
use crate::protocol::AssetId;
use crate::signals::Signals;
use crate::units::Bps;

/// Variance = `keep` · variance + (1 − `keep`) · move², once an interval (RiskMetrics, 1996).
#[derive(Clone, Debug)]
pub struct Ewma {
    /// Seconds of an interval.
    pub interval_s: u64,
    /// Weight of the past; 9 900 forgets half of it in 69 intervals.
    pub keep: Bps,
    beat: Beat,
    assets: Vec<State>,
}

#[derive(Clone, Copy, Debug, Default)]
struct State {
    moves: Moves,
    /// In millionths of ppm², so that calm is not cut off.
    variance: Option<u128>,
}

/// Scale of a stored variance.
const FINE: u128 = 1_000_000;

impl Default for Ewma {
    fn default() -> Self {
        Self::new(300, Bps(9_900))
    }
}

impl Ewma {
    /// An estimate that has seen nothing.
    pub fn new(interval_s: u64, keep: Bps) -> Self {
        Self {
            interval_s,
            keep: keep.min(Bps(10_000)),
            beat: Beat::default(),
            assets: Vec::new(),
        }
    }

    /// The estimate after a move that took some intervals, each of the same size.
    fn after(&self, before: u128, square: u128, intervals: u64) -> u128 {
        let keep = u128::from(self.keep.0);
        let new = down(square, WHOLE.saturating_sub(keep), WHOLE);
        // After a thousand intervals nothing of the past is left.
        (0..intervals.min(1_000)).fold(before, |variance, _| {
            down(variance, keep, WHOLE).saturating_add(new)
        })
    }
}

impl Forecast for Ewma {
    fn policy(&self) -> &'static str {
        "ewma-threshold"
    }

    fn see(&mut self, signals: &Signals) {
        if !self.beat.due(signals.now, self.interval_s) {
            return;
        }
        for (at, signal) in signals.assets.iter().enumerate() {
            let mut state = self.assets.get(at).copied().unwrap_or_default();
            let seen = state.moves.see(signals.now, signal.price, self.interval_s);
            if let Some(seen) = seen {
                let square = seen.square.saturating_mul(FINE);
                let before = state.variance.unwrap_or(square);
                state.variance = Some(self.after(before, square, seen.intervals));
            }
            if let Some(held) = place(&mut self.assets, at) {
                *held = state;
            }
        }
    }

    fn deviation(&self, asset: AssetId, horizon_s: u64, _: &Outlook) -> Option<u128> {
        let variance = self.assets.get(usize::from(asset.0))?.variance?;
        Some(over(down(variance, 1, FINE), horizon_s, self.interval_s))
    }

    fn copy(&self) -> Box<dyn Forecast> {
        Box::new(self.clone())
    }
}

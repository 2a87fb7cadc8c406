//! A variance of each asset's moves, updated once an interval.

use super::{Moves, place};
use crate::governor::beat::Beat;
use crate::protocol::AssetId;
use crate::signals::Signals;

/// Scale of variances: they are in millionths of ppm², so that calm is not cut off.
pub(super) const FINE: u128 = 1_000_000;

/// After so many intervals without a look nothing of the past is left.
const INTERVALS_MAX: u64 = 1_000;

/// Variances by asset.
#[derive(Clone, Debug, Default)]
pub(super) struct Variances {
    beat: Beat,
    assets: Vec<State>,
}

#[derive(Clone, Copy, Debug, Default)]
struct State {
    moves: Moves,
    variance: Option<u128>,
}

impl Variances {
    /// Looks at a tick: `next` is the variance after one interval with a move of this square, `first` the one before
    /// the first move.
    pub(super) fn see(
        &mut self,
        signals: &Signals,
        interval_s: u64,
        first: impl Fn(u128) -> u128,
        next: impl Fn(u128, u128) -> u128,
    ) {
        if !self.beat.due(signals.now, interval_s) {
            return;
        }
        for (at, signal) in signals.assets.iter().enumerate() {
            let Some(state) = place(&mut self.assets, at) else {
                continue;
            };
            let Some(seen) = state.moves.see(signals.now, signal.price, interval_s) else {
                continue;
            };
            let square = seen.square.saturating_mul(FINE);
            let before = state.variance.unwrap_or_else(|| first(square));
            let intervals = 0..seen.intervals.min(INTERVALS_MAX);
            state.variance = Some(intervals.fold(before, |variance, _| next(variance, square)));
        }
    }

    /// An asset's; nothing before its first move.
    pub(super) fn of(&self, asset: AssetId) -> Option<u128> {
        self.assets.get(usize::from(asset.0))?.variance
    }
}

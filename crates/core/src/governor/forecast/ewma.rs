//! Exponentially weighted volatility: yesterday's estimate and the newest move.

use super::variance::{FINE, Variances};
use super::{Forecast, over};
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
    variances: Variances,
}

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
            variances: Variances::default(),
        }
    }
}

impl Forecast for Ewma {
    fn policy(&self) -> &'static str {
        "ewma-threshold"
    }

    fn see(&mut self, signals: &Signals) {
        let keep = u128::from(self.keep.0);
        let next = |variance, square| {
            let new = down(square, WHOLE.saturating_sub(keep), WHOLE);
            down(variance, keep, WHOLE).saturating_add(new)
        };
        self.variances
            .see(signals, self.interval_s, |square| square, next);
    }

    fn deviation(&self, asset: AssetId, horizon_s: u64, _: &Outlook) -> Option<u128> {
        let variance = self.variances.of(asset)?;
        Some(over(down(variance, 1, FINE), horizon_s, self.interval_s))
    }

    fn copy(&self) -> Box<dyn Forecast> {
        Box::new(self.clone())
    }
}

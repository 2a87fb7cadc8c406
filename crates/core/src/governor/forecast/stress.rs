//! A stress score from depth and leverage: how far the price would fall by the selling that a fall sets
//! off.

use super::{Forecast, place};
use crate::governor::beat::Beat;
use crate::governor::number::{MILLION, WHOLE, down, impact, smoothed};
use crate::governor::outlook::Outlook;
use crate::protocol::AssetId;
use crate::signals::Signals;
use crate::units::{Bps, U256};

/// The impact of selling what is at risk into a smoothed depth, times 1 + leverage: leveraged holders buy
/// less of what others sell. The horizon plays no part, as a cascade takes none.
#[derive(Clone, Debug)]
pub struct Stress {
    /// Seconds of an interval.
    pub interval_s: u64,
    /// Weight of the past depth an interval; 9 000 forgets half of it in seven.
    pub keep: Bps,
    beat: Beat,
    /// Smoothed depths; nothing where none was told.
    depths: Vec<Option<U256>>,
}

impl Default for Stress {
    fn default() -> Self {
        Self::new(300, Bps(9_000))
    }
}

impl Stress {
    /// A score that has seen no depth.
    pub fn new(interval_s: u64, keep: Bps) -> Self {
        Self {
            interval_s,
            beat: Beat::default(),
            keep: keep.min(Bps(10_000)),
            depths: Vec::new(),
        }
    }
}

impl Forecast for Stress {
    fn policy(&self) -> &'static str {
        "stress-threshold"
    }

    fn reads_book(&self) -> bool {
        true
    }

    fn see(&mut self, signals: &Signals) {
        if !self.beat.due(signals.now, self.interval_s) {
            return;
        }
        for (at, signal) in signals.assets.iter().enumerate() {
            let told = Some(signal.depth.0).filter(|depth| !depth.is_zero());
            if let (Some(held), Some(depth)) = (place(&mut self.depths, at), told) {
                *held = Some(smoothed(held.unwrap_or(depth), depth, self.keep));
            }
        }
    }

    fn deviation(&self, asset: AssetId, _horizon_s: u64, outlook: &Outlook) -> Option<u128> {
        let depth = (*self.depths.get(usize::from(asset.0))?)?;
        let exposure = outlook.asset(asset)?;
        let fall = impact(exposure.at_risk.0, depth);
        let leverage = WHOLE.saturating_add(exposure.leverage.0.into());
        Some(down(fall, leverage, WHOLE).min(MILLION))
    }

    fn copy(&self) -> Box<dyn Forecast> {
        Box::new(self.clone())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::governor::outlook::Exposure;
    use crate::signals::AssetSignal;
    use crate::units::Amount;

    #[test]
    fn grows_with_what_is_at_risk_and_leverage_and_falls_with_depth() {
        let score = |at_risk: u128, leverage: u16, depth: u128| {
            let mut stress = Stress::default();
            stress.see(&Signals {
                assets: vec![AssetSignal {
                    depth: Amount::new(depth),
                    ..AssetSignal::default()
                }],
                ..Signals::default()
            });
            let outlook = Outlook {
                assets: vec![Exposure {
                    at_risk: Amount::new(at_risk),
                    leverage: Bps(leverage),
                    ..Exposure::default()
                }],
                ..Outlook::default()
            };
            stress.deviation(AssetId(0), 60, &outlook)
        };
        assert_eq!(score(0, 5_000, 100), Some(0));
        assert_eq!(score(100, 0, 100), Some(20_000));
        assert_eq!(score(100, 5_000, 100), Some(30_000));
        assert_eq!(score(100, 5_000, 200), Some(15_000));
        assert_eq!(score(1_000_000, 5_000, 1), Some(1_000_000));
        assert_eq!(score(100, 5_000, 0), None, "nobody told a depth");
    }
}

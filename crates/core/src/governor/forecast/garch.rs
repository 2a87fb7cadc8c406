//! GARCH(1,1): volatility that comes in clusters and returns to a long-run level.

use super::Forecast;
use super::variance::{FINE, Variances};
use crate::governor::number::{WHOLE, down};
use crate::governor::outlook::Outlook;
use crate::governor::within;
use crate::protocol::{AssetId, SetupError};
use crate::signals::Signals;
use crate::units::Bps;

/// Variance = (1 − α − β) · long run + α · move² + β · variance, once an interval (Bollerslev, 1986). Over a
/// horizon the expected variances of its intervals add up, each nearer to the long run by α + β.
#[derive(Clone, Debug)]
pub struct Garch {
    interval_s: u64,
    law: Law,
    variances: Variances,
}

/// How a variance goes on.
#[derive(Clone, Copy, Debug)]
struct Law {
    alpha: Bps,
    beta: Bps,
    /// Deviation of a move of one interval in the long run, ppm.
    long_run: u32,
}

/// Most intervals of a horizon that are summed one by one; those after it are of the long run.
const STEPS_MAX: u64 = 10_000;

impl Default for Garch {
    /// Five minutes, α = 0.10, β = 0.88, 0.15 % an interval: about 2.5 % a day.
    fn default() -> Self {
        Self {
            interval_s: 300,
            law: Law {
                alpha: Bps(1_000),
                beta: Bps(8_800),
                long_run: 1_500,
            },
            variances: Variances::default(),
        }
    }
}

impl Garch {
    /// An estimate that has seen nothing. `long_run` is the deviation of one interval's move, in ppm.
    ///
    /// # Errors
    /// Where α + β is not below 1, or an interval takes no time.
    pub fn new(interval_s: u64, alpha: Bps, beta: Bps, long_run: u32) -> Result<Self, SetupError> {
        let persistence = u128::from(alpha.0).saturating_add(beta.0.into());
        let policy = "garch-threshold";
        within(policy, "alpha + beta", persistence, (0, 9_999))?;
        within(policy, "interval_s", interval_s.into(), (1, 86_400))?;
        Ok(Self {
            interval_s,
            law: Law {
                alpha,
                beta,
                long_run,
            },
            variances: Variances::default(),
        })
    }
}

impl Law {
    /// Variance of the long run, in millionths of ppm².
    fn level(self) -> u128 {
        let deviation = u128::from(self.long_run);
        deviation.saturating_mul(deviation).saturating_mul(FINE)
    }

    /// One interval on: towards the long run, plus what the newest move adds.
    fn next(self, variance: u128, square: u128) -> u128 {
        let (alpha, beta) = (u128::from(self.alpha.0), u128::from(self.beta.0));
        let rest = WHOLE.saturating_sub(alpha).saturating_sub(beta);
        down(self.level(), rest, WHOLE)
            .saturating_add(down(square, alpha, WHOLE))
            .saturating_add(down(variance, beta, WHOLE))
    }
}

impl Forecast for Garch {
    fn policy(&self) -> &'static str {
        "garch-threshold"
    }

    fn see(&mut self, signals: &Signals) {
        let law = self.law;
        let next = |variance, square| law.next(variance, square);
        self.variances
            .see(signals, self.interval_s, |_| law.level(), next);
    }

    fn deviation(&self, asset: AssetId, horizon_s: u64, _: &Outlook) -> Option<u128> {
        let mut variance = self.variances.of(asset)?;
        let intervals = horizon_s.checked_div(self.interval_s)?.max(1);
        let steps = intervals.min(STEPS_MAX);
        let mut sum = 0u128;
        for _ in 0..steps {
            sum = sum.saturating_add(variance);
            // A move of the expected size.
            variance = self.law.next(variance, variance);
        }
        let later = u128::from(intervals.saturating_sub(steps));
        let sum = sum.saturating_add(self.law.level().saturating_mul(later));
        Some(down(sum, 1, FINE).isqrt())
    }

    fn copy(&self) -> Box<dyn Forecast> {
        Box::new(self.clone())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::signals::AssetSignal;
    use crate::units::{Price, Timestamp};

    #[test]
    fn a_far_horizon_is_of_the_long_run() {
        let mut garch = Garch::new(300, Bps(1_000), Bps(8_000), 1_000).unwrap();
        for (n, price) in [100_000_000, 105_000_000].into_iter().enumerate() {
            garch.see(&Signals {
                now: Timestamp(n as u64 * 300),
                assets: vec![AssetSignal {
                    price: Price::new(price),
                    ..AssetSignal::default()
                }],
                ..Signals::default()
            });
        }
        let seen = |horizon| garch.deviation(AssetId(0), horizon, &Outlook::default());
        // 0.1 · 50 000² + 0.1 · 1 000² + 0.8 · 1 000² = 250 900 000.
        assert_eq!(seen(300), Some(15_839));
        // 10⁶ intervals of 1 000 ppm: a thousand times as far; the shock adds a thousandth.
        let far = seen(300_000_000).unwrap();
        assert!((1_000_000..1_002_000).contains(&far), "{far}");
        assert_eq!(garch.deviation(AssetId(1), 300, &Outlook::default()), None);
    }

    #[test]
    fn refuses_variance_without_end() {
        let refused = Garch::new(300, Bps(2_000), Bps(8_000), 1_000).unwrap_err();
        assert_eq!(refused.field, "policy.garch-threshold.alpha + beta");
        assert_eq!(refused.problem, "10000 found, allowed from 0 to 9999");
    }
}

//! Governors around a protocol, as policies switch them on.

use backstop_core::governor::{
    AuctionSpeed, Bonus, Caps, Ewma, Forecast, Garch, Governor, Limits, Partial, Penalty, Realised,
    Step, StewardRules, Stress, Threshold, ThresholdRules,
};
use backstop_core::protocol::SetupError;
use backstop_core::units::Bps;

/// One governor with its settings, and how far and fast it may move what it moves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct GovernorSpec {
    /// What it proposes.
    pub kind: GovernorKind,
    /// Limits of each lever that it may move.
    pub limits: Limits,
    /// Whether a move may put healthy accounts in breach.
    pub may_liquidate: bool,
}

/// What a governor proposes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GovernorKind {
    /// Thresholds by a forecast.
    Threshold(ForecastSpec, ThresholdRules),
    /// A bonus that just pays, by what capital costs a year and the seconds for which it is bound.
    Bonus(Bonus, Bps, u64),
    /// How much one liquidation takes.
    Partial(Partial),
    /// A penalty by size.
    Penalty(Penalty),
    /// Caps by depth.
    Caps {
        /// Cap over the depth at 2 %.
        multiple: u32,
        /// Seconds of an interval.
        interval_s: u64,
        /// Weight of the past depth an interval.
        keep: Bps,
    },
    /// The speed of auctions.
    AuctionSpeed(AuctionSpeed),
}

/// What thresholds follow.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ForecastSpec {
    /// Exponentially weighted volatility.
    Ewma {
        /// Seconds of an interval.
        interval_s: u64,
        /// Weight of the past.
        keep: Bps,
    },
    /// Volatility of a window.
    Realised {
        /// Seconds of an interval.
        interval_s: u64,
        /// Intervals of the window.
        window: usize,
    },
    /// Volatility that comes in clusters.
    Garch {
        /// Seconds of an interval.
        interval_s: u64,
        /// Weight of the newest move.
        alpha: Bps,
        /// Weight of the past.
        beta: Bps,
        /// Deviation of an interval's move in the long run, ppm.
        long_run: u32,
    },
    /// A score of depth and leverage.
    Stress {
        /// Seconds of an interval.
        interval_s: u64,
        /// Weight of the past depth.
        keep: Bps,
    },
}

impl ForecastSpec {
    fn forecast(self) -> Result<Box<dyn Forecast>, SetupError> {
        Ok(match self {
            Self::Ewma { interval_s, keep } => Box::new(Ewma::new(interval_s, keep)),
            Self::Realised { interval_s, window } => Box::new(Realised::new(interval_s, window)),
            Self::Garch {
                interval_s,
                alpha,
                beta,
                long_run,
            } => Box::new(Garch::new(interval_s, alpha, beta, long_run)?),
            Self::Stress { interval_s, keep } => Box::new(Stress::new(interval_s, keep)),
        })
    }
}

impl GovernorSpec {
    /// The governor itself.
    ///
    /// # Errors
    /// Where a setting lies outside its range.
    pub fn governor(&self) -> Result<Box<dyn Governor>, SetupError> {
        Ok(match self.kind {
            GovernorKind::Threshold(forecast, rules) => {
                Box::new(Threshold::new(forecast.forecast()?, rules)?)
            }
            GovernorKind::Bonus(bonus, ..) => {
                bonus.check()?;
                Box::new(bonus)
            }
            GovernorKind::Partial(partial) => {
                partial.check()?;
                Box::new(partial)
            }
            GovernorKind::Penalty(penalty) => {
                penalty.check()?;
                Box::new(penalty)
            }
            GovernorKind::Caps {
                multiple,
                interval_s,
                keep,
            } => Box::new(Caps::new(multiple, interval_s, keep)?),
            GovernorKind::AuctionSpeed(speed) => {
                speed.check()?;
                Box::new(speed)
            }
        })
    }
}

/// The narrower of two limits in every respect.
fn narrower(one: Limits, other: Limits) -> Limits {
    let share = |step| match step {
        Step::Relative(bps) => (0, u128::from(bps)),
        Step::Units(units) => (1, units),
    };
    Limits {
        step: if share(one.step) <= share(other.step) {
            one.step
        } else {
            other.step
        },
        pause_s: one.pause_s.max(other.pause_s),
        reversal_s: one.reversal_s.max(other.reversal_s),
        reach: one.reach.min(other.reach),
        dead_band: one.dead_band.max(other.dead_band),
    }
}

/// The rules of one steward for all governors: a kind of lever that several may move has the narrower limits, and
/// healthy accounts are put in breach only where everybody asks for it who could do so.
///
/// # Errors
/// Where a setting lies outside its range.
pub fn steward_rules(specs: &[GovernorSpec]) -> Result<StewardRules, SetupError> {
    let mut rules = StewardRules {
        may_liquidate: true,
        special: std::collections::BTreeMap::new(),
        ..StewardRules::default()
    };
    let mut asked = false;
    for spec in specs {
        let governor = spec.governor()?;
        for kind in governor.moves() {
            let limits = rules.special.entry(*kind).or_insert(spec.limits);
            *limits = narrower(*limits, spec.limits);
        }
        if governor
            .moves()
            .iter()
            .any(|kind| kind.decides_liquidation())
        {
            asked |= spec.may_liquidate;
            rules.may_liquidate &= spec.may_liquidate;
        }
    }
    rules.may_liquidate &= asked;
    rules.check()?;
    Ok(rules)
}

#[cfg(test)]
mod tests {
    use super::*;
    use backstop_core::protocol::LeverKind;

    #[test]
    fn the_narrower_limits_hold_for_a_shared_lever() {
        let threshold = |step, pause_s, may_liquidate| GovernorSpec {
            kind: GovernorKind::Threshold(
                ForecastSpec::Ewma {
                    interval_s: 300,
                    keep: Bps(9_900),
                },
                ThresholdRules::default(),
            ),
            limits: Limits {
                step: Step::Relative(step),
                pause_s,
                ..Limits::default()
            },
            may_liquidate,
        };
        let caps = GovernorSpec {
            kind: GovernorKind::Caps {
                multiple: 50,
                interval_s: 300,
                keep: Bps(9_500),
            },
            limits: Limits {
                step: Step::Relative(2_000),
                ..Limits::default()
            },
            may_liquidate: false,
        };
        let both = [threshold(300, 60, true), threshold(100, 30, true), caps];
        let rules = steward_rules(&both).unwrap();
        let limits = rules.limits(LeverKind::LiquidationThreshold);
        assert_eq!((limits.step, limits.pause_s), (Step::Relative(100), 60));
        let limits = rules.limits(LeverKind::SupplyCap);
        assert_eq!(limits.step, Step::Relative(2_000));
        assert!(rules.may_liquidate, "both ask");
        let one = [threshold(300, 60, true), threshold(100, 30, false)];
        assert!(!steward_rules(&one).unwrap().may_liquidate);
        assert!(
            !steward_rules(&[caps]).unwrap().may_liquidate,
            "nobody asks"
        );
        assert!(steward_rules(&[threshold(0, 60, true)]).is_err());
    }
}

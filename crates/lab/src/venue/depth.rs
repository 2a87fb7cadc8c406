//! Depth that shrinks when prices swing and when providers leave.
//!
//! The depth of a venue is what it states times a factor, the product of parts of which the modelled ones
//! are at most 1:
//!
//! - *Volatility*: min(1, (σ₀/σ)^s), with σ the realised volatility of the outside price, an
//!   exponentially weighted root mean square of its log returns over a window, and σ₀ that of normal
//!   times, from which σ starts. Providers of liquidity widen their quotes when they may be run
//!   over.
//! - *Withdrawal*: when the outside price has fallen by `at_fall` from its highest in the window, a
//!   share of the providers leaves; at twice that fall, the same share of those who stayed; and so on.
//!   They come back with a half-life, unless the fall goes on.
//!
//! - *Record*: what a file tells of the depth at a time over that for which the venue is stated. A value
//!   holds until the next. It may be above 1, so with a record the whole factor may.
//!
//! A factor changes amounts and not prices: a venue with half the depth gives for half the amount what
//! it gave for the whole. The first two parts are functions of the outside price's path alone.

use crate::error::{ConfigError, require, require_positive, require_within};
use crate::price::years;
use std::collections::VecDeque;
use std::sync::Arc;

/// Least factor: what is thinner than a millionth is as good as nothing.
const FACTOR_MIN: f64 = 1e-6;
/// Largest factor of a record.
const FACTOR_MAX: f64 = 1e6;

/// How depth changes.
#[derive(Clone, Debug, PartialEq)]
pub struct DepthConfig {
    /// Seconds over which volatility is measured and from whose highest price falls count; without
    /// meaning where both rules are `None`.
    pub window_s: f64,
    /// With volatility; `None` for not at all.
    pub volatility: Option<VolatilityRule>,
    /// With falls; `None` for not at all.
    pub withdrawal: Option<Withdrawal>,
    /// As recorded; `None` for no record.
    pub recorded: Option<RecordedDepth>,
}

/// Depth over what is stated, at points in time.
#[derive(Clone, Debug, PartialEq)]
pub struct RecordedDepth {
    /// Seconds since 1970 and factor.
    points: Arc<[(u64, f64)]>,
}

impl RecordedDepth {
    /// Factors at times that rise; each holds until the next, the first one before it too.
    pub fn new(points: impl IntoIterator<Item = (u64, f64)>) -> Self {
        Self {
            points: points.into_iter().collect(),
        }
    }

    fn check(&self, field: &str) -> Result<(), ConfigError> {
        let at = |i: usize| format!("{field}.depth.recorded[{i}]");
        require(
            !self.points.is_empty(),
            || format!("{field}.depth.recorded"),
            || "tells no depth".to_owned(),
        )?;
        for (i, (_, factor)) in self.points.iter().enumerate() {
            require_within(*factor, (FACTOR_MIN, FACTOR_MAX), || at(i))?;
        }
        for (i, pair) in self.points.windows(2).enumerate() {
            require(
                pair[0].0 < pair[1].0,
                || at(i + 1),
                || format!("its time must be after {}, found {}", pair[0].0, pair[1].0),
            )?;
        }
        Ok(())
    }

    fn at(&self, time: u64) -> f64 {
        let after = self.points.partition_point(|(at, _)| *at <= time);
        let point = self.points.get(after.saturating_sub(1));
        point.map_or(1.0, |(_, factor)| *factor)
    }
}

/// How depth follows volatility.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct VolatilityRule {
    /// σ₀, a year: depth is as stated up to it.
    pub normal: f64,
    /// s: with 1, depth halves when volatility doubles.
    pub sensitivity: f64,
}

/// Providers who leave in a fall.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Withdrawal {
    /// Fall from the highest price of the window at which they do, as a share.
    pub at_fall: f64,
    /// Share of them that does.
    pub share: f64,
    /// Seconds in which half of them is back.
    pub return_half_life_s: f64,
}

impl DepthConfig {
    pub(super) fn check(&self, field: &str) -> Result<(), ConfigError> {
        let at = |name: &str| format!("{field}.depth.{name}");
        if let Some(recorded) = &self.recorded {
            recorded.check(field)?;
        }
        if self.volatility.is_some() || self.withdrawal.is_some() {
            require_positive(self.window_s, || at("window_s"))?;
        }
        if let Some(rule) = &self.volatility {
            require_positive(rule.normal, || at("volatility.normal"))?;
            let sensitivity = || at("volatility.sensitivity");
            require_within(rule.sensitivity, (0.0, 10.0), sensitivity)?;
        }
        if let Some(rule) = &self.withdrawal {
            let inside = |value: f64| value > 0.0 && value < 1.0;
            for (name, value) in [("at_fall", rule.at_fall), ("share", rule.share)] {
                require(
                    inside(value),
                    || at(&format!("withdrawal.{name}")),
                    || format!("must be above 0 and below 1, found {value}"),
                )?;
            }
            let back = || at("withdrawal.return_half_life_s");
            require_positive(rule.return_half_life_s, back)?;
        }
        Ok(())
    }
}

/// Depth over what is stated, as the outside price goes on.
#[derive(Clone, Debug)]
pub(super) struct DepthState {
    config: DepthConfig,
    last: f64,
    /// Mean square of returns, a year.
    variance: f64,
    /// Highest prices of the window that no later one exceeds, from the highest, with their times.
    peaks: VecDeque<(u64, f64)>,
    /// Share of providers who are away.
    away: f64,
    /// What the rules say.
    modelled: f64,
    /// What the record says.
    recorded: f64,
}

impl DepthState {
    pub(super) fn new(config: DepthConfig, outside: f64, time: u64) -> Self {
        let normal = config.volatility.map_or(0.0, |rule| rule.normal);
        let recorded = config.recorded.as_ref();
        Self {
            recorded: recorded.map_or(1.0, |recorded| recorded.at(time)),
            config,
            last: outside,
            variance: normal * normal,
            peaks: VecDeque::from([(time, outside)]),
            away: 0.0,
            modelled: 1.0,
        }
    }

    pub(super) fn factor(&self) -> f64 {
        (self.modelled * self.recorded).max(FACTOR_MIN)
    }

    /// Takes the outside price `dt` seconds later, at `time`.
    pub(super) fn step(&mut self, outside: f64, dt: f64, time: u64) {
        if let Some(recorded) = &self.config.recorded {
            self.recorded = recorded.at(time);
        }
        // A price of nothing tells no return.
        if dt <= 0.0 || outside <= 0.0 || self.last <= 0.0 {
            return;
        }
        let mut factor = 1.0;
        if let Some(rule) = self.config.volatility {
            let keep = (-dt / self.config.window_s).exp();
            let square = (outside / self.last).ln().powi(2) / years(dt);
            self.variance = keep * self.variance + (1.0 - keep) * square;
            let over = self.variance.sqrt() / rule.normal;
            if over > 1.0 {
                factor *= over.powf(-rule.sensitivity);
            }
        }
        if let Some(rule) = self.config.withdrawal {
            self.away *= (-dt / rule.return_half_life_s).exp2();
            // A share beyond the edge by rounding alone counts.
            let falls = (self.fall(outside, time) / rule.at_fall + 1e-9).floor();
            if falls >= 1.0 {
                self.away = self.away.max(1.0 - (1.0 - rule.share).powf(falls));
            }
            factor *= 1.0 - self.away;
        }
        self.last = outside;
        self.modelled = factor.max(FACTOR_MIN);
    }

    /// Fall from the highest price of the window, as a share.
    fn fall(&mut self, outside: f64, time: u64) -> f64 {
        while self.peaks.back().is_some_and(|(_, peak)| *peak <= outside) {
            self.peaks.pop_back();
        }
        self.peaks.push_back((time, outside));
        let window_s = self.config.window_s;
        let old = |(at, _): &(u64, f64)| (time.saturating_sub(*at)) as f64 > window_s;
        while self.peaks.front().is_some_and(old) {
            self.peaks.pop_front();
        }
        self.peaks
            .front()
            .map_or(0.0, |(_, peak)| 1.0 - outside / peak)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn state(volatility: Option<VolatilityRule>, withdrawal: Option<Withdrawal>) -> DepthState {
        let config = DepthConfig {
            window_s: 3_600.0,
            volatility,
            withdrawal,
            recorded: None,
        };
        config.check("v").unwrap();
        DepthState::new(config, 100.0, 0)
    }

    fn recorded(points: &[(u64, f64)]) -> DepthConfig {
        DepthConfig {
            window_s: 0.0,
            volatility: None,
            withdrawal: None,
            recorded: Some(RecordedDepth::new(points.iter().copied())),
        }
    }

    /// A value holds until the next and multiplies what the rules say.
    #[test]
    fn a_record_holds_from_point_to_point() {
        let points = [(100, 1.0), (160, 0.25), (400, 3.0)];
        let leave = DepthConfig {
            window_s: 3_600.0,
            withdrawal: Some(LEAVE),
            ..recorded(&points)
        };
        leave.check("v").unwrap();
        let mut state = DepthState::new(leave, 100.0, 130);
        assert_eq!(state.factor(), 1.0);
        for (time, price, want) in [
            (130, 100.0, 1.0),
            (159, 100.0, 1.0),
            (160, 100.0, 0.25),
            (399, 100.0, 0.25),
            (400, 100.0, 3.0),
            (401, 90.0, 1.5),
        ] {
            state.step(price, 1.0, time);
            assert!((state.factor() - want).abs() < 1e-12, "{time}");
        }
    }

    #[test]
    fn records_that_no_depth_has_are_refused() {
        for (points, want) in [
            (&[][..], "v.depth.recorded: tells no depth"),
            (
                &[(1, 1.0), (2, f64::NAN)],
                "v.depth.recorded[1]: must lie between 0.000001 and 1000000, found NaN",
            ),
            (
                &[(1, 0.0)],
                "v.depth.recorded[0]: must lie between 0.000001 and 1000000, found 0",
            ),
            (
                &[(1, 1.0), (3, 1.0), (3, 1.0)],
                "v.depth.recorded[2]: its time must be after 3, found 3",
            ),
        ] {
            let error = recorded(points).check("v").unwrap_err();
            assert_eq!(error.to_string(), want);
        }
    }

    const RULE: VolatilityRule = VolatilityRule {
        normal: 0.5,
        sensitivity: 1.0,
    };
    const LEAVE: Withdrawal = Withdrawal {
        at_fall: 0.1,
        share: 0.5,
        return_half_life_s: 600.0,
    };

    #[test]
    fn depth_follows_volatility() {
        let mut state = state(Some(RULE), None);
        let (mut price, mut variance) = (100.0, 0.25);
        for i in 1..=100u64 {
            let log = if i % 2 == 0 { 0.003 } else { -0.003 };
            price *= f64::exp(log);
            state.step(price, 60.0, 60 * i);
            let keep = (-60.0f64 / 3_600.0).exp();
            variance = keep * variance + (1.0 - keep) * log * log / years(60.0);
            let want = (0.5 / variance.sqrt()).min(1.0);
            assert!((state.factor() - want).abs() < 1e-12);
        }
        assert!(state.factor() < 0.4);
        // A calm day brings it back.
        for i in 101..=1_600u64 {
            state.step(price, 60.0, 60 * i);
        }
        assert_eq!(state.factor(), 1.0);
    }

    #[test]
    fn providers_leave_and_return() {
        let mut state = state(None, Some(LEAVE));
        let mut factors = Vec::new();
        let mut before = 0u32;
        for (time, price) in [
            (60, 90.01),
            (120, 90.0),
            (720, 95.0),
            (780, 80.0),
            (4_800, 80.0),
        ] {
            state.step(price, f64::from(time - before), u64::from(time));
            factors.push(state.factor());
            before = time;
        }
        let late = 1.0 - 0.75 * (-4_020.0f64 / 600.0).exp2();
        for (got, want) in factors.iter().zip([1.0, 0.5, 0.75, 0.25, late]) {
            assert!((got - want).abs() < 1e-9, "{factors:?}");
        }
    }

    #[test]
    fn refusals() {
        let base = DepthConfig {
            window_s: 60.0,
            volatility: Some(RULE),
            withdrawal: Some(LEAVE),
            recorded: None,
        };
        let rule = |rule| DepthConfig {
            volatility: Some(rule),
            ..base.clone()
        };
        let leave = |rule| DepthConfig {
            withdrawal: Some(rule),
            ..base.clone()
        };
        for (config, want) in [
            (
                DepthConfig {
                    window_s: 0.0,
                    ..base.clone()
                },
                "v.depth.window_s: must be a number above 0, found 0",
            ),
            (
                rule(VolatilityRule {
                    normal: f64::NAN,
                    ..RULE
                }),
                "v.depth.volatility.normal: must be a number above 0, found NaN",
            ),
            (
                rule(VolatilityRule {
                    sensitivity: -1.0,
                    ..RULE
                }),
                "v.depth.volatility.sensitivity: must lie between 0 and 10, found -1",
            ),
            (
                leave(Withdrawal {
                    at_fall: 0.0,
                    ..LEAVE
                }),
                "v.depth.withdrawal.at_fall: must be above 0 and below 1, found 0",
            ),
            (
                leave(Withdrawal {
                    share: 1.0,
                    ..LEAVE
                }),
                "v.depth.withdrawal.share: must be above 0 and below 1, found 1",
            ),
            (
                leave(Withdrawal {
                    return_half_life_s: 0.0,
                    ..LEAVE
                }),
                "v.depth.withdrawal.return_half_life_s: must be a number above 0, found 0",
            ),
        ] {
            assert_eq!(config.check("v").unwrap_err().to_string(), want);
        }
    }

    proptest! {
        /// Larger swings never mean more depth.
        #[test]
        fn depth_never_rises_with_volatility(
            returns in proptest::collection::vec((-0.02f64..0.02, 0.0f64..3.0), 1..100),
            sensitivity in 0.0f64..4.0,
        ) {
            let rule = VolatilityRule { sensitivity, ..RULE };
            let (mut calm, mut wild) = (state(Some(rule), None), state(Some(rule), None));
            let (mut a, mut b) = (100.0, 100.0);
            for (i, (log, more)) in returns.into_iter().enumerate() {
                let time = 60 * (i as u64 + 1);
                a *= f64::exp(log);
                b *= f64::exp(log * (1.0 + more));
                calm.step(a, 60.0, time);
                wild.step(b, 60.0, time);
                prop_assert!(wild.factor() <= calm.factor() * (1.0 + 1e-9));
                prop_assert!(calm.factor() <= 1.0 && wild.factor() >= FACTOR_MIN);
            }
        }

        /// A lower price after the same past never means more depth.
        #[test]
        fn depth_never_rises_with_a_deeper_fall(
            past in proptest::collection::vec(80.0f64..120.0, 1..40),
            low in 20.0f64..120.0,
            lower in 0.1f64..1.0,
        ) {
            let mut first = state(None, Some(LEAVE));
            for (i, price) in past.iter().enumerate() {
                first.step(*price, 60.0, 60 * (i as u64 + 1));
            }
            let mut second = first.clone();
            let time = 60 * (past.len() as u64 + 1);
            first.step(low, 60.0, time);
            second.step(low * lower, 60.0, time);
            prop_assert!(second.factor() <= first.factor());
        }
    }
}

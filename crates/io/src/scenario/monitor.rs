//! The table `[monitor]`: who is called as health falls.

use super::section::{Range, Section, list, number};
use super::tree::Item;

/// Most levels of health.
const LEVELS_MAX: usize = 16;
/// Longest window, seconds: a year.
const WINDOW_MAX_S: u64 = 31_536_000;
/// Least time over which volatility is measured, seconds.
const VOLATILITY_WINDOW_MIN_S: u64 = 3_600;

/// What a monitor watches for.
#[derive(Clone, Debug, PartialEq)]
pub struct MonitorSpec {
    /// Health factors below which accounts are called, ascending.
    pub levels: Vec<f64>,
    /// Health factor that a cure aims at.
    pub target_health: f64,
    /// How many standard deviations of a price are to be expected.
    pub deviations: f64,
    /// For how long a called account hears nothing more of the level or of a higher one, seconds.
    pub repeat_s: u64,
    /// Over which time calls are counted for their velocity, seconds.
    pub velocity_window_s: u64,
    /// Least standard deviation of a day, as a share, until the first window of prices has passed.
    pub volatility_a_day: f64,
    /// Over which time volatility is measured, seconds.
    pub volatility_window_s: u64,
}

impl Default for MonitorSpec {
    fn default() -> Self {
        Self {
            levels: vec![1.0, 1.05, 1.1],
            target_health: 1.25,
            deviations: 2.0,
            repeat_s: 86_400,
            velocity_window_s: 3_600,
            volatility_a_day: 0.05,
            volatility_window_s: 86_400,
        }
    }
}

/// The table; nothing where it is missing.
pub(super) fn read(root: &Section<'_>) -> Option<MonitorSpec> {
    let section = root.section_if("monitor")?;
    let or = MonitorSpec::default();
    let spec = MonitorSpec {
        levels: section.optional("levels", levels).unwrap_or(or.levels),
        target_health: section.number_or(
            "target_health",
            Range::Above(1.0, 100.0),
            or.target_health,
        ),
        deviations: section.number_or("deviations", Range::Within(0.1, 6.0), or.deviations),
        repeat_s: section.whole_or("repeat_s", 0, WINDOW_MAX_S, or.repeat_s),
        velocity_window_s: section.whole_or(
            "velocity_window_s",
            1,
            WINDOW_MAX_S,
            or.velocity_window_s,
        ),
        volatility_a_day: section.number_or(
            "volatility_a_day",
            Range::Above(0.0, 10.0),
            or.volatility_a_day,
        ),
        volatility_window_s: section.whole_or(
            "volatility_window_s",
            VOLATILITY_WINDOW_MIN_S,
            WINDOW_MAX_S,
            or.volatility_window_s,
        ),
    };
    let highest = spec.levels.last().copied().unwrap_or(0.0);
    if spec.target_health < highest {
        let found = spec.target_health;
        section.refuse(
            "target_health",
            format!("found {found}; allowed: at least the highest of the levels, {highest}"),
        );
    }
    section.finish();
    Some(spec)
}

fn levels(item: &Item) -> Result<Vec<f64>, String> {
    let allowed =
        || format!("1 to {LEVELS_MAX} rising numbers above 0, at most 100, such as [1, 1.05, 1.1]");
    let items = list(item).map_err(|_| allowed())?;
    if items.is_empty() || items.len() > LEVELS_MAX {
        return Err(allowed());
    }
    let level = |item| number(item, Range::Above(0.0, 100.0)).map_err(|_| allowed());
    let levels: Vec<f64> = items.iter().map(level).collect::<Result<_, _>>()?;
    if levels.is_sorted_by(|a, b| a < b) {
        Ok(levels)
    } else {
        Err(allowed())
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{problem, with};
    use super::*;

    #[test]
    fn an_empty_table_switches_the_defaults_on() {
        assert_eq!(with(&[]).unwrap().monitor, None);
        let scenario = with(&[("monitor", "{}")]).unwrap();
        assert_eq!(scenario.monitor, Some(MonitorSpec::default()));
    }

    #[test]
    fn every_key_is_read() {
        let scenario = with(&[(
            "monitor",
            "{ levels = [1.02, 1.2], target_health = 1.2, deviations = 1, repeat_s = 60, velocity_window_s = 600, \
             volatility_a_day = 0.1, volatility_window_s = 7200 }",
        )]);
        let want = MonitorSpec {
            levels: vec![1.02, 1.2],
            target_health: 1.2,
            deviations: 1.0,
            repeat_s: 60,
            velocity_window_s: 600,
            volatility_a_day: 0.1,
            volatility_window_s: 7_200,
        };
        assert_eq!(scenario.unwrap().monitor, Some(want));
    }

    #[test]
    fn what_cannot_be_is_refused() {
        for (key, value, want) in [
            ("levels", "[]", "allowed: 1 to 16 rising numbers"),
            ("levels", "[1.1, 1.0]", "allowed: 1 to 16 rising numbers"),
            ("levels", "[1.1, 1.1]", "allowed: 1 to 16 rising numbers"),
            ("levels", "[0]", "allowed: 1 to 16 rising numbers"),
            (
                "levels",
                "1.1",
                "found 1.1; allowed: 1 to 16 rising numbers",
            ),
            (
                "target_health",
                "1",
                "found 1; allowed: a number above 1, at most 100",
            ),
            (
                "target_health",
                "1.05",
                "found 1.05; allowed: at least the highest of the levels, 1.1",
            ),
            (
                "deviations",
                "0",
                "found 0; allowed: a number from 0.1 to 6",
            ),
            ("repeat_s", "-1", "found -1; allowed: a whole number from 0"),
            (
                "velocity_window_s",
                "0",
                "found 0; allowed: a whole number from 1",
            ),
            (
                "volatility_a_day",
                "0",
                "found 0; allowed: a number above 0, at most 10",
            ),
            (
                "volatility_window_s",
                "60",
                "found 60; allowed: a whole number from 3600",
            ),
            ("level", "1", "unknown key; allowed: levels, target_health"),
        ] {
            let name = format!("monitor.{key}");
            let got = problem(&[(&name, value)]);
            let named = got.contains(&format!("{name}: "));
            assert!(
                named && got.contains(want),
                "{got}
want {want}"
            );
        }
    }
}

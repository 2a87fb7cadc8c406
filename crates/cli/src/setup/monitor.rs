//! The monitor of a scenario: its settings for the world, and for the reader.

use super::context::table;
use backstop_io::scenario::Scenario;
use backstop_lab::world::MonitorConfig;
use backstop_report::{SettingsTable, setting};

const BPS: f64 = 10_000.0;

/// Interest a year that a monitor reckons with where a design's own rates are not in the scenario, as a share.
const INTEREST_LEAST: f64 = 0.5;

/// The monitor; nothing where the scenario has none.
pub(super) fn config(scenario: &Scenario) -> Option<MonitorConfig> {
    let spec = scenario.monitor.as_ref()?;
    let highest = scenario.assets.iter().map(|asset| {
        let rates = asset.rates;
        (f64::from(rates.base_bps) + f64::from(rates.slope1_bps) + f64::from(rates.slope2_bps))
            / BPS
    });
    Some(MonitorConfig {
        levels: spec.levels.clone(),
        target: spec.target_health,
        deviations: spec.deviations,
        window_s: spec.velocity_window_s,
        repeat_s: spec.repeat_s,
        volatility: spec.volatility_a_day,
        volatility_window_s: spec.volatility_window_s,
        interest_max: highest
            .fold(INTEREST_LEAST, f64::max)
            .min(MonitorConfig::INTEREST_MAX),
    })
}

/// One table, or none where nobody watches.
pub(super) fn settings(scenario: &Scenario) -> Option<SettingsTable> {
    let spec = scenario.monitor.as_ref()?;
    let levels: Vec<String> = spec.levels.iter().map(f64::to_string).collect();
    let rows = [
        ("Calls below health factor", levels.join(", ")),
        ("Cures aim at health factor", spec.target_health.to_string()),
        (
            "Deviations of a price that are to be expected",
            setting(spec.deviations),
        ),
        (
            "No second call of a level within (s)",
            spec.repeat_s.to_string(),
        ),
        (
            "Calls are counted over (s)",
            spec.velocity_window_s.to_string(),
        ),
        (
            "Volatility is measured over (s)",
            spec.volatility_window_s.to_string(),
        ),
        (
            "Least volatility of a day at first (share)",
            spec.volatility_a_day.to_string(),
        ),
    ];
    let rows = rows.map(|(name, value)| vec![name.to_owned(), value]);
    Some(table("Monitor", &["Setting", "Value"], rows.to_vec()))
}

//! What a report says about competition, leverage, a manipulator and averaged feeds, where there are any.

use super::context::{symbol_of, table};
use backstop_io::scenario::{CompetitionSpec, Scenario};
use backstop_report::{SettingsTable, setting};

/// One table, or none where the scenario has none of it.
pub(super) fn settings(scenario: &Scenario) -> Option<SettingsTable> {
    let mut rows: Vec<Vec<String>> = Vec::new();
    let mut row = |name: String, value: String| rows.push(vec![name, value]);
    for group in &scenario.liquidators {
        if let CompetitionSpec::PriorityGame { value_spread } = group.competition {
            row(
                format!(
                    "{}: bids by priority game, spread of values (share)",
                    group.name
                ),
                value_spread.to_string(),
            );
        }
        if let Some(risk) = group.inventory_risk {
            row(
                format!("{}: risk aversion (per USD)", group.name),
                risk.aversion.to_string(),
            );
            row(
                format!("{}: volatility it reckons with (a year)", group.name),
                risk.volatility.to_string(),
            );
        }
    }
    for asset in scenario.assets.iter().filter(|a| a.oracle.twap_s > 0) {
        row(
            format!("{}: oracle averages over (s)", asset.symbol),
            asset.oracle.twap_s.to_string(),
        );
    }
    for group in &scenario.leverage {
        row(
            format!("{}: borrowers that take on leverage (share)", group.name),
            group.share.to_string(),
        );
        row(
            format!("{}: act above and aim at health factor", group.name),
            format!("{}, {}", group.trigger_health, group.target_health),
        );
        row(
            format!("{}: after a calm of (s)", group.name),
            group.after_calm_s.to_string(),
        );
    }
    if let Some(manipulator) = &scenario.manipulator {
        let asset = symbol_of(scenario, manipulator.asset);
        row(
            format!("{}: capital to move {asset} (USD)", manipulator.name),
            setting(manipulator.capital_usd),
        );
    }
    if let Some(census) = scenario.census {
        row(
            "Margin calls below health factor".to_owned(),
            census.margin_call_health.to_string(),
        );
    }
    let title = "Competition, leverage and attacks";
    (!rows.is_empty()).then(|| table(title, &["Setting", "Value"], rows))
}

//! Competition of liquidators, borrowers that take on leverage, a manipulator, and the census of the book.

use super::Names;
use super::section::{Range, Section, list, number};
use backstop_core::protocol::AssetId;

const SHARE: Range = Range::Within(0.0, 1.0);
const HEALTH: Range = Range::Within(1.0, 1_000.0);
const SECONDS_MAX: u64 = 100_000_000;
const GROUPS_MAX: usize = 100;
const FALLS_MAX: usize = 20;

/// How a liquidator's bid for inclusion depends on its competitors.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub enum CompetitionSpec {
    /// Not at all.
    #[default]
    None,
    /// By the equilibrium of a priority auction.
    PriorityGame {
        /// Spread of private values as a share of the profit.
        value_spread: f64,
    },
}

/// What a liquidator charges for keeping collateral.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct RiskSpec {
    /// Absolute risk aversion, per USD.
    pub aversion: f64,
    /// Volatility of the collateral a year.
    pub volatility: f64,
}

/// A group of borrowers that take on leverage in calm.
#[derive(Clone, Debug, PartialEq)]
pub struct LeverageSpec {
    /// Name.
    pub name: String,
    /// Share of all accounts.
    pub share: f64,
    /// Largest collateral and debt that an account must have.
    pub pair: Option<(AssetId, AssetId)>,
    /// Health factor above which they act.
    pub trigger_health: f64,
    /// Health factor that they aim at.
    pub target_health: f64,
    /// Seconds of calm before they act.
    pub after_calm_s: u64,
    /// Fall of the price ratio that ends a calm.
    pub calm_fall_bps: f64,
}

/// Who moves an oracle's price where that pays.
#[derive(Clone, Debug, PartialEq)]
pub struct ManipulatorSpec {
    /// Name in results.
    pub name: String,
    /// Whose price it moves.
    pub asset: AssetId,
    /// Dollars for what it sells and repays.
    pub capital_usd: f64,
    /// Least profit that it attacks for.
    pub min_profit_usd: f64,
    /// What it loses when it sells what it seized.
    pub exit_cost_bps: f64,
    /// Seconds from look to look.
    pub look_every_s: u64,
    /// Falls of the oracle's answer that it considers.
    pub falls_bps: Vec<f64>,
}

/// What to count over all accounts.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct CensusSpec {
    /// Health factor below which a borrower hears a margin call.
    pub margin_call_health: f64,
}

/// The keys of one group of liquidators.
pub(super) fn competition(section: &Section<'_>) -> CompetitionSpec {
    let game = section.choice_or(
        "competition",
        &[("none", false), ("priority_game", true)],
        false,
    );
    let value_spread = section.number_or("value_spread", SHARE, 1.0);
    if game {
        CompetitionSpec::PriorityGame { value_spread }
    } else {
        if section.has("value_spread") {
            let message = "has no meaning without competition = \"priority_game\"";
            section.refuse("value_spread", message);
        }
        CompetitionSpec::None
    }
}

/// The risk of inventory; `inventory` says whether the group keeps any.
pub(super) fn inventory_risk(section: &Section<'_>, inventory: bool) -> Option<RiskSpec> {
    let aversion = section.optional("risk_aversion", |item| {
        number(item, Range::Within(0.0, 1_000.0))
    });
    let volatility = section.optional("risk_volatility", |item| {
        number(item, Range::Within(0.0, 100.0))
    });
    let (told, other) = match (aversion, volatility) {
        (Some(aversion), Some(volatility)) if inventory => {
            return Some(RiskSpec {
                aversion,
                volatility,
            });
        }
        (Some(_), Some(_)) => {
            let message = "has no meaning for a flash loan, which keeps nothing";
            section.refuse("risk_aversion", message);
            return None;
        }
        (Some(_), None) => ("risk_aversion", "risk_volatility"),
        (None, Some(_)) => ("risk_volatility", "risk_aversion"),
        (None, None) => return None,
    };
    if !section.has(other) {
        section.refuse(told, format!("needs {other} beside it"));
    }
    None
}

/// The tables `[[leverage]]`.
pub(super) fn leverage(root: &Section<'_>, names: &Names) -> Vec<LeverageSpec> {
    let mut groups: Vec<LeverageSpec> = Vec::new();
    for section in root.sections("leverage") {
        let group = LeverageSpec {
            name: section.text("name"),
            share: section.number("share", SHARE),
            pair: pair(&section, names),
            trigger_health: section.number("trigger_health", HEALTH),
            target_health: section.number("target_health", HEALTH),
            after_calm_s: section.whole("after_calm_s", 0, SECONDS_MAX),
            calm_fall_bps: section.number_or("calm_fall_bps", Range::Above(0.0, 10_000.0), 200.0),
        };
        if group.trigger_health < group.target_health {
            let message = format!(
                "found {}; allowed: at least target_health, {}",
                group.trigger_health, group.target_health
            );
            section.refuse("trigger_health", message);
        }
        if groups.iter().any(|other| other.name == group.name) {
            section.refuse("name", format!("a second group is called {:?}", group.name));
        }
        section.finish();
        groups.push(group);
    }
    let sum: f64 = groups.iter().map(|group| group.share).sum();
    if sum > 1.0 + 1e-9 {
        root.refuse(
            "leverage",
            format!("shares add up to {sum}; allowed: at most 1"),
        );
    }
    if groups.len() > GROUPS_MAX {
        let message = format!(
            "found {} groups; allowed: at most {GROUPS_MAX}",
            groups.len()
        );
        root.refuse("leverage", message);
    }
    groups
}

/// Both of the pair or none.
fn pair(section: &Section<'_>, names: &Names) -> Option<(AssetId, AssetId)> {
    let asset = |key| section.optional(key, |item| names.resolve(item));
    match (asset("collateral"), asset("debt")) {
        (Some(collateral), Some(debt)) if collateral == debt => {
            section.refuse("debt", "is the collateral; allowed: another asset");
            None
        }
        (Some(collateral), Some(debt)) => Some((collateral, debt)),
        (collateral, debt) => {
            for (found, key, other) in [
                (collateral, "collateral", "debt"),
                (debt, "debt", "collateral"),
            ] {
                if found.is_some() && !section.has(other) {
                    section.refuse(key, format!("needs {other} beside it"));
                }
            }
            None
        }
    }
}

/// The table `[manipulator]`.
pub(super) fn manipulator(root: &Section<'_>, names: &Names) -> Option<ManipulatorSpec> {
    let section = root.section_if("manipulator")?;
    let name = section.optional("name", super::section::text);
    let spec = ManipulatorSpec {
        name: name.unwrap_or_else(|| "manipulator".to_owned()),
        asset: section.required("asset", |item| names.resolve(item)),
        capital_usd: section.number("capital_usd", Range::Above(0.0, 1e15)),
        min_profit_usd: section.number_or("min_profit_usd", Range::Within(0.0, 1e15), 0.0),
        exit_cost_bps: section.number_or("exit_cost_bps", Range::Within(0.0, 10_000.0), 50.0),
        look_every_s: section.whole_or("look_every_s", 1, SECONDS_MAX, 3_600),
        falls_bps: section
            .optional("falls_bps", falls)
            .unwrap_or_else(|| vec![200.0, 500.0, 1_000.0, 2_000.0, 3_000.0]),
    };
    section.finish();
    Some(spec)
}

fn falls(item: &super::tree::Item) -> Result<Vec<f64>, String> {
    let allowed = || format!("1 to {FALLS_MAX} numbers above 0, at most 9999, such as [500, 1000]");
    let items = list(item).map_err(|_| allowed())?;
    if items.is_empty() || items.len() > FALLS_MAX {
        return Err(allowed());
    }
    let fall = |item| number(item, Range::Above(0.0, 9_999.0)).map_err(|_| allowed());
    items.iter().map(fall).collect()
}

/// The table `[census]`.
pub(super) fn census(root: &Section<'_>) -> Option<CensusSpec> {
    let section = root.section_if("census")?;
    let health = Range::Within(1.0, 100.0);
    let spec = CensusSpec {
        margin_call_health: section.number_or("margin_call_health", health, 1.05),
    };
    section.finish();
    Some(spec)
}

#[cfg(test)]
mod tests {
    use super::super::tests::{problem, with};
    use super::*;

    const LOOP: &str = r#"[{ name = "loop", share = 0.2, collateral = "WETH", debt = "DAI", trigger_health = 1.3, target_health = 1.2, after_calm_s = 3600 }]"#;

    #[test]
    fn what_is_not_said_is_not_there() {
        let scenario = with(&[]).unwrap();
        assert_eq!(scenario.leverage, []);
        assert_eq!((scenario.manipulator, scenario.census), (None, None));
        let group = &scenario.liquidators[0];
        assert_eq!(group.competition, CompetitionSpec::None);
        assert_eq!(group.inventory_risk, None);
        assert_eq!(scenario.assets[0].oracle.twap_s, 0);
    }

    #[test]
    fn every_key_is_read() {
        let scenario = with(&[
            ("leverage", LOOP),
            ("manipulator", "{ asset = 'WETH', capital_usd = 1e6 }"),
            ("census", "{}"),
            ("liquidators.0.competition", "priority_game"),
            ("liquidators.0.value_spread", "0.5"),
            ("oracle.twap_s", "1800"),
        ])
        .unwrap();
        let group = &scenario.leverage[0];
        assert_eq!(group.pair, Some((AssetId(0), AssetId(1))));
        assert_eq!((group.after_calm_s, group.calm_fall_bps), (3_600, 200.0));
        let manipulator = scenario.manipulator.unwrap();
        assert_eq!(manipulator.name, "manipulator");
        assert_eq!(manipulator.falls_bps.len(), 5);
        assert_eq!(scenario.census.unwrap().margin_call_health, 1.05);
        let game = CompetitionSpec::PriorityGame { value_spread: 0.5 };
        assert_eq!(scenario.liquidators[0].competition, game);
        assert_eq!(scenario.assets[0].oracle.twap_s, 1_800);
    }

    #[test]
    fn what_cannot_be_is_refused() {
        for (set, want) in [
            (
                ("liquidators.0.value_spread", "0.5"),
                "liquidators.0.value_spread: has no meaning without competition",
            ),
            (
                ("liquidators.0.risk_aversion", "1e-7"),
                "liquidators.0.risk_aversion: needs risk_volatility beside it",
            ),
            (
                ("liquidators.0.competition", "war"),
                "liquidators.0.competition: found \"war\"; allowed: none, priority_game",
            ),
            (
                ("census.margin_call_health", "0.9"),
                "census.margin_call_health: found 0.9; allowed: a number from 1 to 100",
            ),
            (
                ("manipulator", "{ asset = 'WETH', capital_usd = 0 }"),
                "manipulator.capital_usd: found 0; allowed: a number above 0, at most 1e15",
            ),
            (
                (
                    "manipulator",
                    "{ asset = 'WETH', capital_usd = 1, falls_bps = [] }",
                ),
                "manipulator.falls_bps: found […]; allowed: 1 to 20 numbers above 0",
            ),
            (
                ("oracle.twap_s", "-1"),
                "oracle.twap_s: found -1; allowed: a whole number from 0",
            ),
        ] {
            let got = problem(&[set]);
            assert!(got.contains(want), "{got}\nwant {want}");
        }
        for (change, want) in [
            (("share = 0.2", "share = 2"), "leverage.0.share: found 2"),
            (
                ("target_health = 1.2", "target_health = 1.4"),
                "leverage.0.trigger_health: found 1.3; allowed: at least target_health, 1.4",
            ),
            (
                ("debt = \"DAI\", ", ""),
                "leverage.0.collateral: needs debt beside it",
            ),
            (
                ("\"DAI\"", "\"WETH\""),
                "leverage.0.debt: is the collateral; allowed: another asset",
            ),
        ] {
            let text = LOOP.replace(change.0, change.1);
            let got = problem(&[("leverage", &text)]);
            assert!(got.contains(want), "{got}\nwant {want}");
        }
    }
}

//! The tables `[policy.NAME]`: what a protocol may put around its rules, switched on by name.
//!
//! A policy is one file with a [`Policy`] and one line in [`POLICIES`]. Its table names what is not to be as the
//! defaults say; without a table it is off. A policy acts by changing the scenario, after the book has been made
//! for the scenario as it stands without it, so that everything that reads a scenario sees its effect: runs,
//! ensembles, sweeps, comparisons and what reports tell of the settings.

mod auction_speed;
mod backstop_pool;
mod bonus_equilibrium;
mod bonus_offset;
mod borrower_alerts;
mod caps;
mod close_only;
mod debt_auction;
mod deficit_breaker;
mod deviation_breaker;
mod downtime_grace;
mod ewma_threshold;
mod first_loss;
mod garch_threshold;
mod insurance_fund;
mod liquidation_limit;
mod oracle_delay;
mod oracle_robust;
mod oracle_twap;
mod partial_liquidation;
mod penalty_by_size;
mod price_breaker;
mod realised_threshold;
mod safety_module;
mod stress_threshold;
mod surplus_buffer;
mod threshold_offset;
mod tranches;
mod treasury_reserve;
mod volume_breaker;

use super::section::{Problems, Range, Section, list};
use super::tree::{Item, Kind};
use super::{
    AssetSpec, ForecastSpec, GovernorKind, GovernorSpec, GuardSpec, LayerKind, LayerSpec, Names,
    Scenario, protocol, steward_rules,
};
use crate::error::{Place, nearest};
use backstop_core::governor::{Limits, Step, ThresholdRules};
use backstop_core::guard::Level;
use backstop_core::protocol::AssetId;
use backstop_core::units::{Bps, U256, Value, pow10};
use std::mem::discriminant;

/// All policies, in the order in which they act and in which reports show them.
pub const POLICIES: &[Policy] = &[
    oracle_robust::POLICY,
    oracle_twap::POLICY,
    oracle_delay::POLICY,
    threshold_offset::POLICY,
    bonus_offset::POLICY,
    borrower_alerts::POLICY,
    price_breaker::POLICY,
    deviation_breaker::POLICY,
    volume_breaker::POLICY,
    deficit_breaker::POLICY,
    liquidation_limit::POLICY,
    downtime_grace::POLICY,
    close_only::POLICY,
    ewma_threshold::POLICY,
    realised_threshold::POLICY,
    garch_threshold::POLICY,
    stress_threshold::POLICY,
    bonus_equilibrium::POLICY,
    partial_liquidation::POLICY,
    penalty_by_size::POLICY,
    caps::POLICY,
    auction_speed::POLICY,
    treasury_reserve::POLICY,
    surplus_buffer::POLICY,
    first_loss::POLICY,
    insurance_fund::POLICY,
    backstop_pool::POLICY,
    safety_module::POLICY,
    debt_auction::POLICY,
    tranches::POLICY,
];

/// What of a design a policy changes. Which designs cannot have it changed, and why, each family says in
/// `protocol.rs`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// Where prices come from.
    Oracle,
    /// The liquidation threshold of positions that are open.
    Threshold,
    /// The bonus of a liquidation.
    Bonus,
    /// Whether new debt can be held back.
    Borrowing,
    /// Whether liquidations can be held back.
    Liquidations,
    /// Whether liquidations can be counted over time and limited.
    Limits,
    /// Whether thresholds, ratios or discounts can be moved while it runs.
    MovingThreshold,
    /// Whether the bonus of a liquidation can be moved while it runs.
    MovingBonus,
    /// Whether the part that one liquidation takes can be moved.
    LiquidationSize,
    /// Whether a penalty can be moved.
    Penalty,
    /// Whether caps or ceilings can be moved.
    Caps,
    /// Whether the speed of auctions can be moved.
    AuctionSpeed,
    /// Who pays deficits.
    Waterfall,
    /// What borrowers do, which no design decides.
    Borrowers,
}

/// A policy that a scenario can switch on.
#[derive(Clone, Copy, Debug)]
pub struct Policy {
    /// Its one name, in kebab-case.
    pub name: &'static str,
    /// What it does, for people, in one sentence without its full stop.
    pub about: &'static str,
    /// What it changes.
    pub part: Part,
    /// What can be set; every key has a default.
    pub keys: &'static [Key],
    /// Changes a scenario; what is wrong with it where that cannot be done.
    apply: fn(&PolicySpec, &mut Scenario) -> Result<(), String>,
}

/// One key of a policy's table.
#[derive(Clone, Copy, Debug)]
pub struct Key {
    /// Name, with its unit at the end.
    pub name: &'static str,
    /// What it may be, and what it is where nothing is said.
    pub kind: KeyKind,
}

/// What a key may be, both bounds included.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum KeyKind {
    /// A whole number.
    Whole {
        /// Where nothing is said.
        default: i64,
        /// Smallest.
        min: i64,
        /// Largest.
        max: i64,
    },
    /// A number.
    Number {
        /// Where nothing is said.
        default: f64,
        /// Smallest.
        min: f64,
        /// Largest.
        max: f64,
    },
    /// A list of assets; every collateral where nothing is said.
    Collateral,
}

const fn whole(name: &'static str, default: i64, (min, max): (i64, i64)) -> Key {
    let kind = KeyKind::Whole { default, min, max };
    Key { name, kind }
}

const fn real(name: &'static str, default: f64, (min, max): (f64, f64)) -> Key {
    let kind = KeyKind::Number { default, min, max };
    Key { name, kind }
}

/// The key for the assets that a policy concerns.
const ASSETS: Key = Key {
    name: "assets",
    kind: KeyKind::Collateral,
};

/// How much a guard holds back: 1 new debt, 2 new liquidations too, 3 all but takes, 4 everything.
const LEVEL: Key = whole("level", 1, (1, 4));

/// The level that a guard is set to.
fn level(spec: &PolicySpec) -> Level {
    let at = usize::try_from(spec.whole(LEVEL.name)).unwrap_or(0);
    Level::ALL.get(at).copied().unwrap_or_default()
}

/// What a layer can pay at the start.
const AMOUNT: Key = real("amount_usd", 1e6, (0.0, 1e12));

/// Whole dollars by their key, in the scenario's base currency.
fn dollars(spec: &PolicySpec, key: &str, scenario: &Scenario) -> Value {
    let unit = pow10(scenario.protocol.base_decimals).unwrap_or(U256::ONE);
    Value(U256::from(spec.seconds(key)).saturating_mul(unit))
}

/// A share by its key.
fn share_of(spec: &PolicySpec, key: &str) -> Bps {
    Bps(u16::try_from(spec.whole(key)).unwrap_or(u16::MAX))
}

/// Adds a guard to the scenario, or says which of its settings is out of range.
fn with_guard(scenario: &mut Scenario, guard: GuardSpec) -> Result<(), String> {
    guard.guard().map_err(|error| error.to_string())?;
    scenario.guards.push(guard);
    Ok(())
}

/// Largest step of a governor, bps of the span of what it moves.
const fn step(default: i64) -> Key {
    whole("step_bps", default, (1, 10_000))
}

/// Furthest that a governor goes from the start's setting, bps of its span.
const fn reach(default: i64) -> Key {
    whole("reach_bps", default, (1, 100_000))
}

/// Least seconds from one move of a parameter to the next.
const PAUSE: Key = whole("pause_s", 3_600, (0, 10_000_000));

/// Least seconds from a move of a parameter to one the other way.
const REVERSAL: Key = whole("reversal_s", 14_400, (0, 10_000_000));

/// Seconds of an interval in which a governor looks at the market.
const INTERVAL: Key = whole("interval_s", 300, (1, 86_400));

/// Seconds in which a liquidation must be through.
const HORIZON: Key = whole("horizon_s", 21_600, (1, 31_536_000));

/// Standard deviations that a threshold bears over the horizon.
const DEVIATIONS: Key = real("deviations", 4.0, (0.0, 100.0));

/// Share of the collateral at risk that is sold within the horizon.
const SOLD: Key = whole("sold_bps", 1_000, (0, 10_000));

/// 1 where a move may put healthy accounts in breach.
const MAY_LIQUIDATE: Key = whole("may_liquidate", 0, (0, 1));

/// A whole number that is not negative and fits.
fn count(spec: &PolicySpec, key: &str) -> u32 {
    u32::try_from(spec.whole(key)).unwrap_or(0)
}

/// Adds a governor to the scenario, or says which of its settings is out of range.
fn with_governor(
    scenario: &mut Scenario,
    spec: &PolicySpec,
    kind: GovernorKind,
) -> Result<(), String> {
    let governor = GovernorSpec {
        kind,
        limits: Limits {
            step: Step::Relative(count(spec, "step_bps")),
            pause_s: spec.seconds(PAUSE.name),
            reversal_s: spec.seconds(REVERSAL.name),
            reach: count(spec, "reach_bps"),
            ..Limits::default()
        },
        may_liquidate: spec.whole(MAY_LIQUIDATE.name) == 1,
    };
    steward_rules(&[governor]).map_err(|error| error.to_string())?;
    scenario.governors.push(governor);
    Ok(())
}

/// Adds a governor of thresholds by a forecast of volatility.
fn with_threshold(
    scenario: &mut Scenario,
    spec: &PolicySpec,
    forecast: ForecastSpec,
) -> Result<(), String> {
    let rules = ThresholdRules {
        horizon_s: spec.seconds(HORIZON.name),
        deviations: hundredths(spec.number(DEVIATIONS.name)),
        sold: share_of(spec, SOLD.name),
    };
    with_governor(scenario, spec, GovernorKind::Threshold(forecast, rules))
}

/// A number in hundredths, to the nearest.
fn hundredths(number: f64) -> u32 {
    (number * 100.0).round() as u32
}

/// A policy that is on, with all its settings.
#[derive(Clone, Debug, PartialEq)]
pub struct PolicySpec {
    /// Name of the [`Policy`].
    pub name: &'static str,
    /// One value a key, in their order.
    pub values: Vec<(&'static str, PolicyValue)>,
}

/// The value of a key.
#[derive(Clone, Debug, PartialEq)]
pub enum PolicyValue {
    /// A whole number.
    Whole(i64),
    /// A number.
    Number(f64),
    /// Assets by their position.
    Assets(Vec<AssetId>),
}

impl PolicySpec {
    fn value(&self, key: &str) -> Option<&PolicyValue> {
        let found = self.values.iter().find(|(name, _)| *name == key);
        found.map(|(_, value)| value)
    }

    /// A whole number by its key; 0 where the policy has no such key.
    pub fn whole(&self, key: &str) -> i64 {
        match self.value(key) {
            Some(PolicyValue::Whole(number)) => *number,
            _ => 0,
        }
    }

    /// A whole number that is not negative, such as a time in seconds.
    fn seconds(&self, key: &str) -> u64 {
        u64::try_from(self.whole(key)).unwrap_or(0)
    }

    /// A number by its key; 0 where the policy has no such key.
    pub fn number(&self, key: &str) -> f64 {
        match self.value(key) {
            Some(PolicyValue::Number(number)) => *number,
            _ => 0.0,
        }
    }

    /// Assets by their key; none where the policy has no such key.
    pub fn assets(&self, key: &str) -> &[AssetId] {
        match self.value(key) {
            Some(PolicyValue::Assets(assets)) => assets,
            _ => &[],
        }
    }

    /// Changes each of the assets that the key `assets` names.
    fn change_assets(&self, scenario: &mut Scenario, change: impl Fn(&mut AssetSpec)) {
        for id in self.assets(ASSETS.name) {
            if let Some(asset) = scenario.assets.get_mut(usize::from(id.0)) {
                change(asset);
            }
        }
    }
}

/// The policy of a name.
pub fn policy(name: &str) -> Option<&'static Policy> {
    POLICIES.iter().find(|policy| policy.name == name)
}

/// Names of all policies, and the one that is nearest to what was found, as the end of a message.
pub fn allowed_policies(found: &str) -> String {
    let names: Vec<&str> = POLICIES.iter().map(|policy| policy.name).collect();
    let hint = nearest(found, &names).map(|near| format!("; did you mean {near:?}?"));
    format!("{}{}", names.join(", "), hint.unwrap_or_default())
}

impl Policy {
    /// Why a family cannot have it; nothing where it can.
    pub fn refused_by(&self, family: &str) -> Option<String> {
        let why = protocol::fixed(family, self.part)?;
        let name = self.name;
        Some(format!("{family} cannot have {name}: {why}"))
    }
}

impl Scenario {
    /// Why a family cannot have one of the policies that are on; nothing where it can have all.
    pub fn policies_refused_by(&self, family: &str) -> Option<String> {
        let on = self.policies.iter();
        let mut known = on.filter_map(|spec| policy(spec.name));
        known.find_map(|policy| policy.refused_by(family))
    }
}

/// A policy of a file, and where it stands there.
pub(super) struct Placed {
    spec: PolicySpec,
    place: Place,
}

/// Reads `[policy]`: a table a policy, `"off"` in its place, or `"on"` for all defaults.
pub(super) fn read(root: &Section<'_>, names: &Names, assets: &[AssetSpec]) -> Vec<Placed> {
    let Some(section) = root.section_if("policy") else {
        return Vec::new();
    };
    let mut placed = Vec::new();
    for (name, item) in section.entries() {
        let Some(policy) = policy(name) else {
            let message = format!("unknown policy; allowed: {}", allowed_policies(name));
            section
                .problems
                .add(&item.place, &section.key(name), message);
            continue;
        };
        let table = match &item.kind {
            Kind::Text(text) if text == "off" => continue,
            Kind::Text(text) if text == "on" => Item {
                kind: Kind::Table(Vec::new()),
                ..item.clone()
            },
            Kind::Table(_) => item.clone(),
            _ => {
                let message = format!(
                    "found {}; allowed: a table of keys, \"on\", \"off\"",
                    item.raw
                );
                section.refuse(name, message);
                continue;
            }
        };
        if let Some(table) = Section::new(section.problems, section.key(name), &table) {
            placed.push(Placed {
                spec: spec(policy, table, names, assets),
                place: item.place.clone(),
            });
        }
    }
    let order = |name: &str| POLICIES.iter().position(|policy| policy.name == name);
    placed.sort_by_key(|one| order(one.spec.name));
    placed
}

fn spec(policy: &Policy, section: Section<'_>, names: &Names, assets: &[AssetSpec]) -> PolicySpec {
    let values = policy.keys.iter().map(|key| {
        let value = match key.kind {
            KeyKind::Whole { default, min, max } => PolicyValue::Whole(
                section
                    .optional(key.name, |item| between(item, min, max))
                    .unwrap_or(default),
            ),
            KeyKind::Number { default, min, max } => {
                PolicyValue::Number(section.number_or(key.name, Range::Within(min, max), default))
            }
            KeyKind::Collateral => PolicyValue::Assets(
                section
                    .optional(key.name, |item| chosen(item, names))
                    .unwrap_or_else(|| collateral(assets)),
            ),
        };
        (key.name, value)
    });
    let spec = PolicySpec {
        name: policy.name,
        values: values.collect(),
    };
    section.finish();
    spec
}

/// A whole number, which may be below 0.
fn between(item: &Item, min: i64, max: i64) -> Result<i64, String> {
    let allowed = || format!("a whole number from {min} to {max}");
    match item.kind {
        Kind::Whole(found) => {
            let found = i64::try_from(found).ok();
            found
                .filter(|found| (min..=max).contains(found))
                .ok_or_else(allowed)
        }
        _ => Err(allowed()),
    }
}

/// Assets by name, each once; a single one need not be a list.
fn chosen(item: &Item, names: &Names) -> Result<Vec<AssetId>, String> {
    let items = list(item).unwrap_or(std::slice::from_ref(item));
    let mut found = Vec::new();
    for item in items {
        let id = names.resolve(item)?;
        if found.contains(&id) {
            return Err("a list of assets, each once".to_owned());
        }
        found.push(id);
    }
    match found.is_empty() {
        true => Err("a list of assets that is not empty".to_owned()),
        false => Ok(found),
    }
}

fn collateral(assets: &[AssetSpec]) -> Vec<AssetId> {
    let ids = (0..).map(AssetId).zip(assets);
    ids.filter(|(_, asset)| asset.liquidation_threshold_bps > 0)
        .map(|(id, _)| id)
        .collect()
}

/// Switches the policies on: the scenario is changed, or its problems are told.
pub(super) fn apply(problems: &Problems, placed: Vec<Placed>, scenario: &mut Scenario) {
    for Placed { spec, place } in placed {
        let Some(policy) = policy(spec.name) else {
            continue;
        };
        let refused = policy.refused_by(&scenario.protocol.family);
        let done = match refused {
            Some(why) => Err(why),
            None => (policy.apply)(&spec, scenario),
        };
        if let Err(why) = done {
            problems.add(&place, &format!("policy.{}", spec.name), why);
        }
        scenario.policies.push(spec);
    }
}

/// The largest threshold in bps with which threshold × (1 + bonus) stays below 100 %: else a liquidation at the
/// threshold leaves a loss.
fn below_par(bonus_bps: u16) -> u16 {
    let most = 100_000_000_u32.div_ceil(10_000 + u32::from(bonus_bps)) - 1;
    u16::try_from(most).unwrap_or(u16::MAX)
}

/// Adds to a layer of the waterfall, which is made where it is missing: before the first layer that commonly
/// pays after it.
fn add_to_layer(scenario: &mut Scenario, layer: LayerKind, amount_usd: f64) {
    let layers = &mut scenario.waterfall;
    let same = |found: &&mut LayerSpec| discriminant(&found.layer) == discriminant(&layer);
    match layers.iter_mut().find(same) {
        Some(found) => found.amount_usd += amount_usd,
        None => {
            let later = |found: &LayerSpec| found.layer.seniority() > layer.seniority();
            let at = layers.iter().position(later).unwrap_or(layers.len());
            let layer = LayerSpec {
                layer,
                amount_usd,
                ..LayerSpec::default()
            };
            layers.insert(at, layer);
        }
    }
}

#[cfg(test)]
mod tests;

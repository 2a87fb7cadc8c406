//! What moves a result: each main input of a scenario changed one at a time.

use super::Loaded;
use super::prices::dependence;
use backstop_io::inputs::AssetPrice;
use backstop_io::scenario::{
    AssetSpec, ExitSpec, GasPriceSpec, RandomSpec, ScaleSpec, Scenario, TrendSpec,
};

/// One input and how it is moved.
pub(crate) struct Driver {
    /// Name for people.
    pub(crate) label: &'static str,
    /// Downward and upward.
    pub(crate) sides: [Side; 2],
    change: fn(&mut Loaded, f64),
}

/// One change of an input.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Side {
    /// What is done, such as `twice`.
    pub(crate) words: &'static str,
    /// What the change takes: a factor, or as its function says.
    by: f64,
}

impl Driver {
    /// A scenario after one of the sides; nothing where it has no such input, or the change cannot
    /// be made.
    pub(crate) fn changed(&self, base: &Loaded, side: &Side) -> Option<Loaded> {
        let mut changed = Loaded {
            scenario: base.scenario.clone(),
            inputs: base.inputs.clone(),
            path: None,
        };
        (self.change)(&mut changed, side.by);
        let differs = changed.scenario != base.scenario || changed.inputs != base.inputs;
        differs.then_some(changed)
    }
}

const fn side((words, by): (&'static str, f64)) -> Side {
    Side { words, by }
}

const fn driver(
    label: &'static str,
    low: (&'static str, f64),
    high: (&'static str, f64),
    change: fn(&mut Loaded, f64),
) -> Driver {
    Driver {
        label,
        sides: [side(low), side(high)],
        change,
    }
}

const HALF: (&str, f64) = ("half", 0.5);
const TWICE: (&str, f64) = ("twice", 2.0);
const MORE: (&str, f64) = ("1.5 times", 1.5);

/// The inputs, in the order of the model: prices, depth, oracle, liquidators, rules, borrowers.
#[rustfmt::skip]
static DRIVERS: [Driver; 15] = [
    driver("Volatility", ("\u{2212}20\u{a0}%", 0.8), ("+25\u{a0}%", 1.25), volatility),
    driver("Jumps a year", HALF, TWICE, jumps),
    driver("Correlation", ("halfway to 0", -0.5), ("halfway to 1", 0.5), correlation),
    driver("Depth of venues", HALF, TWICE, depth),
    driver("Half-life of a displacement", HALF, TWICE, recovery),
    driver("Permanent share of impact", HALF, MORE, permanent_share),
    driver("Oracle's weight on the venues", HALF, MORE, venue_weight),
    driver("Oracle delay", ("none", 0.0), ("a step more", 1.0), oracle_delay),
    driver("Number of liquidators", HALF, TWICE, liquidators),
    driver("Liquidators' capital", HALF, TWICE, capital),
    driver("Liquidators' latency", HALF, TWICE, latency),
    driver("Price of gas", HALF, TWICE, gas),
    driver("Liquidation bonus", HALF, MORE, bonus),
    driver("Liquidation threshold", ("\u{2212}1 point", -100.0), ("+1 point", 100.0), threshold),
    driver("Borrowers' reactions", ("none", 0.0), TWICE, reactions),
];

/// Told of scenarios only that have borrowers who take on leverage.
static LEVERAGE: Driver = driver("Borrowers who lever up", ("none", 0.0), TWICE, leverage);

/// The inputs that a scenario is asked for.
pub(crate) fn drivers(scenario: &Scenario) -> impl Iterator<Item = &'static Driver> {
    let levered = scenario.leverage.iter().any(|group| group.share > 0.0);
    DRIVERS.iter().chain(levered.then_some(&LEVERAGE))
}

fn volatility(loaded: &mut Loaded, by: f64) {
    let scale = |price: &mut AssetPrice| match price {
        AssetPrice::Random(random) => scale_random(random, by),
        AssetPrice::Candles(_, _, scale) | AssetPrice::Points(_, _, scale) => match scale {
            ScaleSpec::None => *scale = ScaleSpec::Returns(by),
            ScaleSpec::Returns(factor) => *factor *= by,
            ScaleSpec::Fall(_) | ScaleSpec::Drift(_) => {}
        },
        _ => {}
    };
    beneath_shocks(loaded, scale);
}

/// Every price, where it has scripted moves the one beneath them.
fn beneath_shocks(loaded: &mut Loaded, change: impl Fn(&mut AssetPrice)) {
    for price in &mut loaded.inputs.prices {
        let mut price = price;
        while let AssetPrice::Shocks(on, _) = price {
            price = on;
        }
        change(price);
    }
}

fn scale_random(random: &mut RandomSpec, by: f64) {
    let trend_of = |trend: &mut TrendSpec| trend.volatility *= by;
    match random {
        RandomSpec::Gbm(trend) => trend_of(trend),
        RandomSpec::Merton {
            trend,
            jump_mean,
            jump_deviation,
            ..
        } => {
            trend_of(trend);
            *jump_mean *= by;
            *jump_deviation *= by;
        }
        RandomSpec::Heston {
            trend,
            long_volatility,
            volatility_of_variance,
            ..
        } => {
            trend_of(trend);
            *long_volatility *= by;
            // The variance grows with the square, so that its own shape stays.
            *volatility_of_variance *= by;
        }
        RandomSpec::Garch {
            trend,
            first_volatility,
            ..
        } => {
            trend_of(trend);
            *first_volatility *= by;
        }
        RandomSpec::Regimes { states, .. } => {
            states.iter_mut().for_each(|state| state.volatility *= by);
        }
        RandomSpec::Peg(peg) => peg.volatility *= by,
    }
}

fn jumps(loaded: &mut Loaded, by: f64) {
    beneath_shocks(loaded, |price| match price {
        AssetPrice::Random(RandomSpec::Merton { intensity, .. }) => *intensity *= by,
        AssetPrice::Random(RandomSpec::Peg(peg)) => peg.depeg_intensity *= by,
        _ => {}
    });
}

/// Towards 0 by this share where it is negative, else towards 1. Left as it is where correlations
/// would contradict each other.
fn correlation(loaded: &mut Loaded, by: f64) {
    let before = loaded.scenario.dependence.clone();
    for (_, _, value) in &mut loaded.scenario.dependence.correlation {
        *value += if by < 0.0 {
            *value * by
        } else {
            (0.9999 - *value) * by
        };
    }
    if dependence(loaded).is_err() {
        loaded.scenario.dependence = before;
    }
}

fn depth(loaded: &mut Loaded, by: f64) {
    let depth = &mut loaded.scenario.impact.depth;
    *depth = (*depth * by).clamp(1e-3, 1e3);
}

fn recovery(loaded: &mut Loaded, by: f64) {
    for venue in &mut loaded.scenario.venues {
        venue.recovery_half_life_s *= by;
    }
}

fn permanent_share(loaded: &mut Loaded, by: f64) {
    let share = &mut loaded.scenario.impact.permanent_share;
    *share = (*share * by).min(1.0);
}

fn venue_weight(loaded: &mut Loaded, by: f64) {
    let share = &mut loaded.scenario.impact.venue_weight;
    *share = (*share * by).min(1.0);
}

/// To none, or later by so many steps.
fn oracle_delay(loaded: &mut Loaded, by: f64) {
    let step = u64::from(loaded.scenario.time.step_s);
    for asset in &mut loaded.scenario.assets {
        let delay = &mut asset.oracle.delay_s;
        *delay = if by == 0.0 { 0 } else { *delay + step };
    }
}

fn liquidators(loaded: &mut Loaded, by: f64) {
    for group in &mut loaded.scenario.liquidators {
        let count = (f64::from(group.count) * by).round();
        group.count = count.clamp(1.0, 10_000.0) as u32;
    }
}

fn capital(loaded: &mut Loaded, by: f64) {
    let groups = loaded.scenario.liquidators.iter_mut();
    for group in groups.filter(|group| matches!(group.exit, ExitSpec::Inventory { .. })) {
        group.capital_usd *= by;
    }
}

fn latency(loaded: &mut Loaded, by: f64) {
    for group in &mut loaded.scenario.liquidators {
        group.latency_s *= by;
    }
}

fn gas(loaded: &mut Loaded, by: f64) {
    match &mut loaded.scenario.gas.price {
        GasPriceSpec::BaseFee(fee) => {
            fee.initial_gwei *= by;
            fee.min_gwei *= by;
            fee.priority_gwei *= by;
        }
        GasPriceSpec::Points(series) => series.values.iter_mut().for_each(|gwei| *gwei *= by),
        GasPriceSpec::Files(_) => {}
    }
    let recorded = loaded.inputs.gas.iter_mut();
    recorded.for_each(|series| series.values.iter_mut().for_each(|gwei| *gwei *= by));
}

fn collateral(scenario: &mut Scenario) -> impl Iterator<Item = &mut AssetSpec> {
    let assets = scenario.assets.iter_mut();
    assets.filter(|asset| asset.liquidation_threshold_bps > 0)
}

/// The largest bps with which threshold × (1 + bonus) stays below 100 %, where the other factor is
/// so many bps.
fn below_par(other: f64) -> f64 {
    (1e8 / other).ceil() - 1.0
}

fn bonus(loaded: &mut Loaded, by: f64) {
    for asset in collateral(&mut loaded.scenario) {
        let most = below_par(f64::from(asset.liquidation_threshold_bps)) - 1e4;
        let bonus = f64::from(asset.liquidation_bonus_bps) * by;
        asset.liquidation_bonus_bps = bonus.round().min(most) as u16;
    }
}

/// By so many bps.
fn threshold(loaded: &mut Loaded, by: f64) {
    for asset in collateral(&mut loaded.scenario) {
        let most = below_par(1e4 + f64::from(asset.liquidation_bonus_bps));
        let threshold = f64::from(asset.liquidation_threshold_bps) + by;
        asset.liquidation_threshold_bps = threshold.clamp(1.0, most) as u16;
        asset.ltv_bps = asset.ltv_bps.min(asset.liquidation_threshold_bps);
    }
}

/// Shares of accounts that react; all at most.
fn reactions(loaded: &mut Loaded, by: f64) {
    let spec = &mut loaded.scenario.borrowers;
    let share = spec.top_up + spec.repay;
    if share > 0.0 {
        let by = by.min(1.0 / share);
        spec.top_up *= by;
        spec.repay *= by;
        spec.ignore = (1.0 - spec.top_up - spec.repay).max(0.0);
    }
}

/// Shares of accounts that take on leverage; all at most.
fn leverage(loaded: &mut Loaded, by: f64) {
    let groups = &mut loaded.scenario.leverage;
    let share: f64 = groups.iter().map(|group| group.share).sum();
    let by = by.min(1.0 / share);
    groups.iter_mut().for_each(|group| group.share *= by);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::setup::Base;
    use crate::setup::OtherDraws;
    use std::path::PathBuf;

    fn base(scenario: &str) -> Base {
        let root = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../..");
        let set = vec!["book.synthetic.accounts=40".to_owned()];
        Base::open(&root.join(scenario), set, OtherDraws::Refused).unwrap()
    }

    /// Each side of each input is a scenario that opens, but for those that the scenario lacks.
    #[test]
    fn every_change_opens() {
        let base = base("scenarios/one-day.toml");
        let loaded = base.without_book();
        let mut lacking = Vec::new();
        for driver in drivers(&loaded.scenario) {
            for side in &driver.sides {
                match driver.changed(&loaded, side) {
                    Some(changed) => assert!(base.changed(&changed).is_ok(), "{}", driver.label),
                    None => lacking.push(format!("{} {}", driver.label, side.words)),
                }
            }
        }
        assert_eq!(lacking, ["Oracle delay none"]);
    }

    #[test]
    fn shares_that_lever_move_where_there_are_any() {
        let without = base("scenarios/one-day.toml").without_book();
        assert_eq!(drivers(&without.scenario).count(), DRIVERS.len());
        let base = base("scenarios/loops.toml");
        let loaded = base.without_book();
        let driver = drivers(&loaded.scenario).last().unwrap();
        let shares = |loaded: &Loaded| -> f64 {
            let groups = loaded.scenario.leverage.iter();
            groups.map(|group| group.share).sum()
        };
        assert!(shares(&loaded) > 0.5);
        for (side, want) in driver.sides.iter().zip([0.0, 1.0]) {
            let changed = driver.changed(&loaded, side).unwrap();
            assert!((shares(&changed) - want).abs() < 1e-9);
            assert!(base.changed(&changed).is_ok());
        }
    }

    #[test]
    fn thresholds_and_bonuses_stay_below_par() {
        let mut loaded = base("scenarios/one-day.toml").without_book();
        for (threshold_bps, bonus_bps, by, want_threshold, want_bonus) in [
            (8_250, 500, 1.5, 8_350, 750),
            (9_500, 500, 2.0, 9_523, 526),
            (9_999, 0, 1.5, 9_999, 0),
            (50, 100, 0.5, 150, 50),
        ] {
            for (change, by) in [(bonus as fn(&mut Loaded, f64), by), (threshold, 100.0)] {
                let asset = &mut loaded.scenario.assets[0];
                asset.liquidation_threshold_bps = threshold_bps;
                asset.liquidation_bonus_bps = bonus_bps;
                change(&mut loaded, by);
                let asset = &loaded.scenario.assets[0];
                let product = u32::from(asset.liquidation_threshold_bps)
                    * (10_000 + u32::from(asset.liquidation_bonus_bps));
                assert!(product < 100_000_000);
                if by == 100.0 {
                    assert_eq!(asset.liquidation_threshold_bps, want_threshold);
                } else {
                    assert_eq!(asset.liquidation_bonus_bps, want_bonus);
                }
            }
        }
    }

    #[test]
    fn correlations_move_towards_their_ends() {
        let mut loaded = base("scenarios/one-day.toml").without_book();
        let value = |loaded: &Loaded| loaded.scenario.dependence.correlation[0].2;
        loaded.scenario.dependence.correlation[0].2 = 0.8;
        correlation(&mut loaded, -0.5);
        assert!((value(&loaded) - 0.4).abs() < 1e-12);
        correlation(&mut loaded, 0.5);
        assert!((value(&loaded) - 0.699_95).abs() < 1e-12);
    }
}

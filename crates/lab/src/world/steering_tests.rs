//! Governors around a path.

use super::agents_tests::levered;
use super::monitoring_tests::monitor;
use super::tests::{STEPS, book, config, crash};
use super::*;
use crate::agents::LeverageGroup;
use crate::price::{Historical, PriceModel, Refine};
use crate::record::ParameterRow;
use crate::toy::Toy;
use crate::toy_auction::{AuctionToy, Sale};
use backstop_core::governor::{
    Cut, Dial, Ewma, Governor, Limits, Outlook, Partial, Proposal, Reason, Step, StewardRules,
    Takes, Threshold, ThresholdRules,
};
use backstop_core::protocol::{LeverKind, OfferKind};
use backstop_core::units::Bps;
use std::collections::BTreeMap;
use std::sync::Mutex;

/// Asks for fixed settings from a moment on.
#[derive(Clone, Debug)]
struct Wish {
    from: u64,
    wants: Vec<(&'static str, u128)>,
}

impl Governor for Wish {
    fn name(&self) -> &'static str {
        "wish"
    }

    fn moves(&self) -> &'static [LeverKind] {
        &[LeverKind::LiquidationThreshold, LeverKind::LiquidationBonus]
    }

    fn propose(&mut self, signals: &Signals, _: &Outlook, _: &[Dial]) -> Vec<Proposal> {
        let wants = self.wants.iter().filter(|_| signals.now.0 >= self.from);
        let proposal = |(lever, value): &(&str, u128)| Proposal {
            lever: (*lever).to_owned(),
            value: *value,
            reason: Reason {
                what: "wished",
                found: 1,
            },
        };
        wants.map(proposal).collect()
    }

    fn copy(&self) -> Box<dyn Governor> {
        Box::new(self.clone())
    }
}

/// A steward that sends any wish at once.
fn free(may_liquidate: bool) -> StewardRules {
    StewardRules {
        may_liquidate,
        general: Limits {
            step: Step::Units(u128::MAX),
            pause_s: 0,
            reversal_s: 0,
            reach: 100_000,
            dead_band: 0,
        },
        special: [].into(),
        ..StewardRules::default()
    }
}

fn wishing(from: u64, wants: &[(&'static str, u128)], rules: StewardRules) -> GovernorsConfig {
    let wish = Wish {
        from,
        wants: wants.to_vec(),
    };
    GovernorsConfig {
        governors: vec![Box::new(wish)],
        rules,
        ..GovernorsConfig::default()
    }
}

/// Thresholds by EWMA volatility over an hour.
fn by_volatility(deviations: u32) -> GovernorsConfig {
    let rules = ThresholdRules {
        horizon_s: 21_600,
        deviations,
        sold: Bps(1_000),
    };
    let ewma = Ewma::new(300, Bps(9_000));
    GovernorsConfig {
        governors: vec![Box::new(Threshold::new(Box::new(ewma), rules).unwrap())],
        ..GovernorsConfig::default()
    }
}

fn world(
    toy: Toy,
    governors: GovernorsConfig,
    change: impl FnOnce(&mut WorldConfig),
) -> World<Toy> {
    let mut config = WorldConfig {
        governors,
        ..config(crash(0.45, Refine::Linear))
    };
    change(&mut config);
    World::new(toy, config, 7).unwrap()
}

fn run(governors: GovernorsConfig, change: impl FnOnce(&mut WorldConfig)) -> PathRecord {
    world(book(), governors, change).run(&mut |_| ControlFlow::Continue(()))
}

/// All that a path left behind.
fn told(record: &PathRecord) -> String {
    format!("{record:?}")
}

/// A book of which nobody is near to liquidation, and a price that falls by a quarter within two hours and is back
/// after two more; calm before and after.
fn wave() -> (Toy, PriceModel) {
    let accounts: Vec<_> = (0..50).map(|i| (10.0 + f64::from(i), 400.0)).collect();
    let hour = |h: u64, usd: f64| (h * 3_600, usd);
    let points = [
        hour(0, 200.0),
        hour(12, 200.0),
        hour(14, 150.0),
        hour(16, 200.0),
        hour(80, 200.0),
    ];
    let price = PriceModel::Historical(Historical::from_points(&points, Refine::Linear));
    (Toy::new(&accounts), price)
}

#[test]
fn governors_that_never_act_change_nothing() {
    let without = run(GovernorsConfig::default(), |_| {});
    assert!(!without.liquidations.is_empty());
    let silent = run(
        wishing(u64::MAX, &[("ETH.liquidation_threshold", 1)], free(true)),
        |_| {},
    );
    assert_eq!(told(&without), told(&silent));
    let content = wishing(0, &[("ETH.liquidation_threshold", 8_000)], free(true));
    assert_eq!(told(&without), told(&run(content, |_| {})));
}

#[test]
fn thresholds_follow_the_stress_within_bounds_and_return() {
    let (toy, price) = wave();
    let mut world = world(toy, by_volatility(800), |config| {
        config.assets[0].price = price;
        config.grid.step_s = 300;
        config.grid.steps = 80 * 12;
    });
    let record = world.run(&mut |_| ControlFlow::Continue(()));
    let rows = &record.parameters;
    assert!(rows.len() > 4, "{rows:?}");
    let limits = Limits::default();
    let kind = LeverKind::LiquidationThreshold;
    let (least, most) = limits.reach(kind, 8_000, (1, 9_000));
    let mut last: Option<&ParameterRow> = None;
    for row in rows {
        assert!(
            (12 * 3_600..).contains(&row.time),
            "nothing in calm: {row:?}"
        );
        assert!((least..=most).contains(&row.to), "{row:?}");
        assert!(
            row.to.abs_diff(row.from) <= limits.step(kind, row.from),
            "{row:?}"
        );
        assert_eq!(row.from, last.map_or(8_000, |last| last.to));
        let turned = last.is_some_and(|last| (last.to > last.from) != (row.to > row.from));
        let pause = if turned {
            limits.reversal_s
        } else {
            limits.pause_s
        };
        assert!(
            last.is_none_or(|last| row.time - last.time >= pause),
            "{row:?}"
        );
        assert_eq!(row.decreed, 0);
        last = Some(row);
    }
    let lowest = rows.iter().map(|row| row.to).min();
    assert!(lowest < Some(7_800), "{lowest:?}");
    assert_eq!(last.map(|row| row.to), Some(8_000), "back where it was");
}

/// A move is seen at once: the step of it is that of a path that looks at everybody in breach there.
#[test]
fn whom_a_move_concerns_is_looked_at_at_once() {
    const AT: u32 = 30;
    for (bonus, wants) in [
        (500, &[("ETH.liquidation_threshold", 6_500)][..]),
        (500, &[("ETH.liquidation_threshold", 9_000)]),
        // Nobody comes for less than the venue's fee.
        (20, &[("ETH.liquidation_bonus", 10_200)]),
        (
            20,
            &[
                ("ETH.liquidation_bonus", 10_150),
                ("ETH.liquidation_threshold", 7_000),
            ],
        ),
    ] {
        let make = || {
            let mut toy = book();
            toy.bounded = true;
            let name = "ETH.liquidation_bonus";
            toy.set_lever(name, 10_000 + bonus).unwrap();
            world(toy, wishing(u64::from(AT) * 60, wants, free(true)), |_| {})
        };
        let (mut world, mut reference) = (make(), make());
        for step in 0..=AT {
            if step == AT {
                reference.watch.wake_all();
            }
            world.step(step).unwrap();
            reference.step(step).unwrap();
        }
        let record = world.finish();
        assert_eq!(told(&record), told(&reference.finish()), "{wants:?}");
        let moved = &record.parameters;
        assert_eq!(moved.len(), wants.len(), "{moved:?}");
        let lower = wants.iter().any(|(_, to)| *to < 8_000);
        let [before, after] = [AT - 1, AT].map(|step| &record.steps[step as usize]);
        assert_eq!(moved[0].decreed > 0, lower, "{moved:?}");
        assert!(after.breached > before.breached + 20 || !lower, "{wants:?}");
        let woken = before.liquidations == 0 && after.liquidations > 0;
        assert_eq!(woken, bonus == 20, "{before:?} {after:?}");
    }
}

/// A price that stays, accounts with health from 1.25 to 2.2, and nobody who acts.
fn still(to: u128, change: impl FnOnce(&mut WorldConfig)) -> PathRecord {
    let accounts: Vec<_> = (0..20)
        .map(|i| (10.0, 1_600.0 / (1.25 + 0.05 * f64::from(i))))
        .collect();
    let points = [(0, 200.0), (14_400, 200.0)];
    let price = PriceModel::Historical(Historical::from_points(&points, Refine::Linear));
    let governors = wishing(3_600, &[("ETH.liquidation_threshold", to)], free(false));
    let mut world = world(Toy::new(&accounts), governors, |config| {
        config.assets[0].price = price;
        config.liquidators.clear();
        config.borrowers.clear();
        config.grid.steps = 240;
        change(config);
    });
    world.run(&mut |_| ControlFlow::Continue(()))
}

/// The census and the monitor hear at once whom a lower threshold brings below their levels.
#[test]
fn a_lower_threshold_calls_everybody_whom_it_concerns() {
    let record = still(6_600, |config| {
        config.census = Some(CensusConfig { margin_call: 1.1 });
        config.monitor = Some(monitor());
        config.recording.calls = true;
    });
    // 0.825 of before: health of 1.25 and 1.3 lies below 1.1 now, and 1.35 does not.
    let called = record.calls.iter();
    let called: Vec<_> = called.map(|call| (call.time, call.account.0)).collect();
    assert_eq!(called, [(3_600, 0), (3_600, 1)]);
    let calls = record.steps.iter().map(|step| step.margin_calls);
    let at: Vec<_> = calls
        .enumerate()
        .filter(|(_, calls)| *calls != Some(0))
        .collect();
    assert_eq!(at, [(60, Some(2))]);
}

/// Who aims at a health of 1.4 takes on debt once a higher threshold lets it, and nobody before.
#[test]
fn a_higher_threshold_lets_borrowers_lever_up() {
    let times = |to| {
        let record = still(to, |config| {
            config.levered = vec![LeverageGroup {
                trigger: 2.3,
                target: 1.4,
                after_calm_s: 600,
                ..levered(1.0).remove(0)
            }];
        });
        record
            .leverings
            .iter()
            .map(|row| row.step)
            .collect::<Vec<_>>()
    };
    assert!(times(8_000).is_empty());
    let found = times(9_000);
    assert!(
        !found.is_empty() && found.iter().all(|step| *step >= 60),
        "{found:?}"
    );
}

/// The same wishes without being asked for put nobody in breach, and are told as refused or cut.
#[test]
fn nobody_is_put_in_breach_by_a_move_that_did_not_ask() {
    let wants = &[("ETH.liquidation_threshold", 6_500)];
    let record = run(wishing(600, wants, free(false)), |_| {});
    assert!(record.parameters.iter().all(|row| row.decreed == 0));
    let first = record
        .parameters
        .first()
        .expect("it moves as far as it may");
    assert!(
        first.cut == Cut::Grandfathered && first.to > 6_500,
        "{first:?}"
    );
}

/// The book is read at the first review and then only once something happened, and not more often than told.
#[test]
fn a_calm_book_is_read_once() {
    let (toy, price) = wave();
    let mut world = world(toy, by_volatility(800), |config| {
        config.assets[0].price = price;
        config.grid.step_s = 300;
        config.grid.steps = 80 * 12;
    });
    let mut read = Vec::new();
    for step in 0..world.config.grid.steps {
        world.step(step).unwrap();
        let survey = world.steering.as_ref().and_then(|s| s.survey_time());
        if survey != read.last().copied() {
            read.extend(survey);
        }
    }
    assert_eq!(read[0], 0);
    assert!(read[1] > 12 * 3_600, "{read:?}");
    assert!(
        read.windows(2).all(|pair| pair[1] - pair[0] >= 3_600),
        "{read:?}"
    );
    assert!(*read.last().unwrap() < 18 * 3_600, "{read:?}");
}

#[test]
fn a_protocol_without_the_lever_is_told_at_once() {
    let config = WorldConfig {
        governors: GovernorsConfig {
            governors: vec![Box::new(Partial::default())],
            ..GovernorsConfig::default()
        },
        ..config(crash(0.1, Refine::Linear))
    };
    let error = World::new(book(), config, 1).unwrap_err().to_string();
    assert_eq!(
        error,
        "governors: partial-liquidation: the protocol has no lever of [CloseFactor, TargetHealth]"
    );
}

/// Writes down the takes that it is told of.
#[derive(Clone, Debug, Default)]
struct Ear(Arc<Mutex<Vec<Takes>>>);

impl Governor for Ear {
    fn name(&self) -> &'static str {
        "ear"
    }

    fn moves(&self) -> &'static [LeverKind] {
        &[LeverKind::LiquidationThreshold]
    }

    fn propose(&mut self, _: &Signals, outlook: &Outlook, _: &[Dial]) -> Vec<Proposal> {
        self.0.lock().unwrap().push(outlook.assets[0].takes);
        Vec::new()
    }

    fn copy(&self) -> Box<dyn Governor> {
        Box::new(self.clone())
    }
}

/// Governors hear of each purchase once, with the age of its auction as the record tells it.
#[test]
fn takes_are_told_with_their_age() {
    let ear = Ear::default();
    let config = WorldConfig {
        governors: GovernorsConfig {
            governors: vec![Box::new(ear.clone())],
            ..GovernorsConfig::default()
        },
        ..config(crash(0.45, Refine::Linear))
    };
    let accounts: Vec<_> = (0..20)
        .map(|i| (10.0, 1_000.0 + 20.0 * f64::from(i)))
        .collect();
    let mut world = World::new(AuctionToy::new(Sale::Falling, &accounts), config, 7).unwrap();
    let record = world.run(&mut |_| ControlFlow::Continue(()));
    let last_review = u64::from(STEPS - 1) * 60 / 300 * 300;
    let mut began = BTreeMap::new();
    let (mut count, mut age_s) = (0, 0);
    for row in record
        .liquidations
        .iter()
        .filter(|row| row.time < last_review)
    {
        match row.kind {
            OfferKind::Start => drop(began.insert(row.account, row.time)),
            _ => {
                count += 1;
                age_s += row.time - began[&row.account];
            }
        }
    }
    let told = ear.0.lock().unwrap();
    assert!(count > 5 && age_s > 0, "{count} {age_s}");
    assert_eq!(told.iter().map(|takes| takes.count).sum::<u64>(), count);
    assert_eq!(told.iter().map(|takes| takes.age_s).sum::<u64>(), age_s);
}

//! Margin calls along a path.

use super::tests::{STEPS, book, config, crash};
use super::*;
use crate::agents::{BorrowerGroup, Reaction};
use crate::door;
use crate::price::{Gbm, PriceModel, Refine, YEAR_S};
use crate::record::{CallCause, CallRow, CureRow};
use crate::toy::Toy;
use backstop_core::guard::{PriceBreaker, PriceBreakerSettings};
use backstop_core::monitor::{Monitor, MonitorSettings};
use backstop_core::protocol::{AccountId, Adjustment};
use backstop_core::units::{Bps, Ratio, U256};
use std::collections::BTreeMap;

const LEVELS: [f64; 3] = [1.0, 1.05, 1.1];

pub(super) fn monitor() -> MonitorConfig {
    MonitorConfig {
        levels: LEVELS.to_vec(),
        target: 1.25,
        deviations: 2.0,
        window_s: 3_600,
        repeat_s: 0,
        volatility: 0.05,
        volatility_window_s: 86_400,
        interest_max: 0.5,
    }
}

/// A fall by 45 % on which borrowers react and a breaker trips.
fn watched(monitor: Option<MonitorConfig>) -> WorldConfig {
    let mut config = config(crash(0.45, Refine::Linear));
    let group = |name: &str, reaction| BorrowerGroup {
        name: name.to_owned(),
        share: 0.3,
        reaction,
        trigger: 1.08,
        target: 1.2,
        delay_s: 120,
        budget_share: 0.05,
    };
    config.borrowers = vec![
        group("adds", Reaction::TopUp),
        group("repays", Reaction::Repay),
    ];
    let breaker = PriceBreaker::new(PriceBreakerSettings::default()).unwrap();
    config.guards = vec![Box::new(breaker)];
    config.recording.calls = true;
    config.monitor = monitor;
    config
}

fn run(config: WorldConfig) -> PathRecord {
    stopped(config, STEPS).1
}

/// A world that ran so many steps.
fn stopped(config: WorldConfig, steps: u32) -> (World<Toy>, PathRecord) {
    let mut world = World::new(book(), config, 7).unwrap();
    let record = world.run(&mut |progress| match progress.done < steps {
        true => ControlFlow::Continue(()),
        false => ControlFlow::Break(()),
    });
    (world, record)
}

/// What a path did, without what the monitor writes down.
fn deeds(record: PathRecord) -> String {
    let told = PathRecord {
        call_window_s: None,
        calls: Vec::new(),
        bands: Vec::new(),
        ..record
    };
    format!("{told:?}")
}

#[test]
fn a_monitor_changes_nothing_else() {
    let (without, with) = (run(watched(None)), run(watched(Some(monitor()))));
    assert!(!with.liquidations.is_empty() && !with.reactions.is_empty());
    assert!(!with.guards.is_empty());
    assert!(with.calls.len() > 100 && with.bands.len() > 10);
    assert_eq!(with.call_window_s, Some(3_600));
    assert!(without.calls.is_empty() && without.bands.is_empty());
    assert_eq!(without.call_window_s, None);
    let again = World::new(book(), watched(Some(monitor())), 7).unwrap();
    let again = again
        .fork(7)
        .unwrap()
        .run(&mut |_| ControlFlow::Continue(()));
    assert!(again.calls == with.calls && again.bands == with.bands);
    assert!(deeds(with) == deeds(without), "INV-70");
}

#[test]
fn nobody_watches_where_calls_are_not_kept() {
    let mut config = watched(Some(monitor()));
    config.recording.calls = false;
    let record = run(config);
    assert!(record.calls.is_empty() && record.bands.is_empty());
    assert_eq!(record.call_window_s, None);
}

/// By account, its calls in order.
fn by_account(calls: &[CallRow]) -> BTreeMap<AccountId, Vec<&CallRow>> {
    let mut rows: BTreeMap<_, Vec<_>> = BTreeMap::new();
    for call in calls {
        rows.entry(call.account).or_default().push(call);
    }
    rows
}

#[test]
fn a_falling_price_calls_level_after_level() {
    let mut config = watched(Some(monitor()));
    config.borrowers.clear();
    config.guards.clear();
    // Nobody liquidates, so that only the price moves accounts.
    config.liquidators.clear();
    let record = run(config);
    let levels = LEVELS.map(door::ratio_of);
    let mut all_three = 0;
    for (account, calls) in by_account(&record.calls) {
        let told: Vec<Ratio> = calls.iter().map(|call| call.level).collect();
        let descend = told.windows(2).all(|pair| pair[1] < pair[0]);
        assert!(descend, "account {}: {told:?}", account.0);
        assert!(calls.is_sorted_by_key(|call| call.time));
        all_three += u32::from(told.len() == 3);
        let mut below = calls.iter().map(|call| call.health < call.level);
        assert!(below.all(|below| below));
        // Some begin below the highest level: they are below it since the start.
        let since = calls[0].since;
        assert!(calls.iter().all(|call| call.since == since));
        assert!(since == calls[0].time || since == 0, "{:?}", calls[0]);
        assert!(
            calls
                .iter()
                .all(|call| (call.breach_in_s == Some(0)) == (call.level == levels[0]))
        );
    }
    assert!(all_three > 50, "{all_three}");
    assert!(record.calls.iter().all(|c| c.cause == CallCause::Market));
}

#[test]
fn a_level_is_not_told_twice_within_the_time() {
    let swings = [
        (0, 200.0),
        (1_800, 180.0),
        (3_600, 200.0),
        (5_400, 170.0),
        (7_200, 200.0),
    ];
    let path = |repeat_s| {
        let mut config = watched(Some(MonitorConfig {
            repeat_s,
            ..monitor()
        }));
        let swings = crate::price::Historical::from_points(&swings, Refine::Linear);
        config.assets[0].price = PriceModel::Historical(swings);
        config.liquidators.clear();
        config.borrowers.clear();
        run(config).calls
    };
    let (all, news) = (path(0), path(86_400));
    assert!(
        news.len() * 3 < all.len() * 2,
        "{} {}",
        news.len(),
        all.len()
    );
    let (all, news) = (by_account(&all), by_account(&news));
    assert_eq!(
        all.keys().collect::<Vec<_>>(),
        news.keys().collect::<Vec<_>>()
    );
    for (account, calls) in &news {
        let levels = calls.windows(2).all(|pair| pair[1].level < pair[0].level);
        assert!(levels, "INV-74 {calls:?}");
        let least = |calls: &[&CallRow]| calls.iter().map(|call| call.level).min();
        assert_eq!(least(calls), least(&all[account]), "the lowest is told");
    }
    // Who is called again after the time has passed hears of each level again.
    let soon = by_account(&path(1_200))
        .values()
        .map(Vec::len)
        .sum::<usize>();
    let least = news.values().map(Vec::len).sum::<usize>();
    assert!(soon > least, "{soon} {least}");
}

/// The last row of each band by its lower end.
fn last_bands(record: &PathRecord) -> Vec<(u32, f64)> {
    let mut bands = BTreeMap::new();
    for row in &record.bands {
        bands.insert(row.from, (row.accounts, row.debt_usd));
    }
    bands.into_values().collect()
}

#[test]
fn bands_follow_what_everybody_does() {
    let mut moved = 0;
    for steps in [1, 20, 35, 50, 65, 90, STEPS] {
        let (world, record) = stopped(watched(Some(monitor())), steps);
        let mut scan = vec![(0, 0.0); LEVELS.len() + 1];
        let levels = LEVELS.map(door::ratio_of);
        for id in 0..world.protocol.accounts() {
            let health = world.protocol.health(AccountId(id)).unwrap();
            if !health.debt.is_zero() {
                let band = levels.partition_point(|level| *level <= health.factor);
                scan[band].0 += 1;
                scan[band].1 += door::value_to_usd(health.debt, 8);
            }
        }
        let told = last_bands(&record);
        assert_eq!(told.len(), scan.len());
        for (told, scanned) in told.iter().zip(&scan) {
            assert_eq!(told.0, scanned.0, "INV-71 after {steps} steps");
            let gap = (told.1 - scanned.1).abs();
            assert!(
                gap < 1e-6 * scanned.1.max(1.0),
                "INV-71 {told:?} {scanned:?}"
            );
        }
        moved = record.liquidations.len() + record.reactions.len();
    }
    assert!(moved > 50, "{moved}");
}

/// The health of an account after a move on a fork; nothing where the ledger refuses it.
fn after(world: &World<Toy>, account: AccountId, adjustment: Adjustment) -> Option<Ratio> {
    let mut fork = world.protocol.fork();
    fork.adjust(account, &adjustment).ok()?;
    fork.health(account).ok().map(|health| health.factor)
}

#[test]
fn a_told_cure_is_the_least() {
    let target = door::ratio_of(1.25);
    let mut cured = 0;
    for steps in 1..60 {
        let (world, record) = stopped(watched(Some(monitor())), steps);
        let last = steps - 1;
        let moved: Vec<AccountId> = record
            .liquidations
            .iter()
            .map(|row| (row.step, row.account))
            .chain(record.reactions.iter().map(|row| (row.step, row.account)))
            .filter(|(step, _)| *step == last)
            .map(|(_, account)| account)
            .collect();
        let calls = record.calls.iter().filter(|call| call.step == last);
        for call in calls.filter(|call| !moved.contains(&call.account)) {
            let repay = |CureRow { asset, .. }, amount| Adjustment::Repay { asset, amount };
            let top_up = |CureRow { asset, .. }, amount| Adjustment::TopUp { asset, amount };
            let (repaid, added) = (call.repay.unwrap(), call.top_up.unwrap());
            for (cure, of) in [
                (repaid, &repay as &dyn Fn(CureRow, Amount) -> Adjustment),
                (added, &top_up),
            ] {
                let less = Amount(cure.amount.0 - U256::ONE);
                let at = |amount| after(&world, call.account, of(cure, amount)).unwrap();
                assert!(at(cure.amount) >= target, "INV-72 {call:?}");
                assert!(at(less) < target, "INV-72 {call:?}");
                assert!(cure.usd > 0.0);
                cured += 1;
            }
        }
    }
    assert!(cured > 100, "{cured}");
}

/// Of driftless random walks with the volatility that is reckoned with, the share that has brought the account
/// to a liquidation within the predicted time is that of a normal law beyond the deviations, on both sides, to
/// within three points of a hundred.
#[test]
fn the_predicted_time_is_that_of_a_first_passage() {
    const PATHS: u64 = 4_000;
    // Health 1.05 at a price of 200.
    let mut toy = Toy::new(&[(10.0, 2_000.0 * 0.8 / 1.05)]);
    let prices = Prices(vec![
        door::price_to_oracle(200.0, 8),
        door::price_to_oracle(1.0, 8),
    ]);
    toy.observe(Timestamp(0), &prices).unwrap();
    for (sigma, deviations, expected) in
        [(0.05, 1.0, 0.3173), (0.05, 2.0, 0.0455), (0.1, 0.6745, 0.5)]
    {
        let settings = MonitorSettings {
            levels: vec![door::ratio_of(1.1)],
            sigma: vec![door::ratio_of(sigma), Ratio::ZERO],
            sigmas: Bps((deviations * 10_000.0) as u16),
            ..MonitorSettings::default()
        };
        let monitor = Monitor::new(settings, &toy, &prices).unwrap();
        let alert = monitor.alert(&toy, &prices, AccountId(0)).unwrap();
        let breach_usd = 200.0 * (1.0 - door::ratio_to_f64(alert.headroom));
        let step_s = 60;
        let walk = PriceModel::Gbm(Gbm {
            start: 200.0,
            volatility: sigma * (YEAR_S / 86_400.0).sqrt(),
            drift: 0.0,
        });
        let grid = Grid {
            start: 0,
            step_s,
            steps: u32::try_from(alert.breach_in_s).unwrap() / step_s + 1,
        };
        assert!(grid.steps > 50, "{alert:?}");
        let plan = PricePlan::new(&[walk], &crate::price::Dependence::default(), &grid).unwrap();
        let passed = (0..PATHS).filter(|path| {
            let paths = plan.paths(crate::random::path_seed(11, *path));
            paths.usd[0].iter().any(|usd| *usd < breach_usd)
        });
        let share = passed.count() as f64 / PATHS as f64;
        assert!(
            (share - expected).abs() < 0.03,
            "INV-73 {share} for {expected} at {deviations} deviations"
        );
    }
}

#[test]
fn what_cannot_be_watched_names_its_field() {
    type Change = fn(&mut MonitorConfig);
    let cases: [(Change, &str); 6] = [
        (|m| m.levels.clear(), "monitor.levels: found"),
        (|m| m.levels = vec![1.1, 1.0], "monitor.levels: found"),
        (|m| m.target = 1.0, "monitor.target: found"),
        (
            |m| m.deviations = 0.0,
            "monitor.deviations: must be a number above 0, found 0",
        ),
        (
            |m| m.volatility = f64::NAN,
            "monitor.volatility: must be a number above 0, found NaN",
        ),
        (
            |m| m.volatility_window_s = 60,
            "monitor.volatility_window_s: must be at least 3600, found 60",
        ),
    ];
    for (change, want) in cases {
        let mut wrong = monitor();
        change(&mut wrong);
        let error = World::new(book(), watched(Some(wrong)), 1).unwrap_err();
        assert!(error.to_string().starts_with(want), "{error}");
    }
}

//! Guards around a path.

use super::agents_tests::{boom, calm_book, deep, levered};
use super::tests::{STEPS, book, config, crash};
use super::*;
use crate::price::Refine;
use crate::record::Miss;
use crate::toy_auction::{AuctionToy, Sale};
use backstop_core::guard::{
    CloseOnly, CloseOnlySettings, Guard, Level, LiquidationLimit, LiquidationLimitSettings,
    Operation, PriceBreaker, PriceBreakerSettings, Reason, VolumeBreaker, VolumeBreakerSettings,
};
use backstop_core::units::{Bps, Value};

fn run(guards: Vec<Box<dyn Guard>>, change: impl FnOnce(&mut WorldConfig)) -> PathRecord {
    let mut config = WorldConfig {
        guards,
        ..config(crash(0.45, Refine::Linear))
    };
    change(&mut config);
    let mut world = World::new(book(), config, 7).unwrap();
    world.run(&mut |_| ControlFlow::Continue(()))
}

fn price_breaker(settings: PriceBreakerSettings) -> Box<dyn Guard> {
    Box::new(PriceBreaker::new(settings).unwrap())
}

/// A breaker on a fall by 10 % within ten minutes.
fn stops(level: Level) -> PriceBreakerSettings {
    PriceBreakerSettings {
        level,
        window_s: 900,
        trip: Bps(800),
        release: Bps(400),
        least_s: 600,
    }
}

/// What a path did, without what guards write down.
fn deeds(record: &PathRecord) -> String {
    let told = PathRecord {
        guards: Vec::new(),
        guard_costs: Vec::new(),
        ..record.clone()
    };
    format!("{told:?}")
}

#[test]
fn guards_that_never_trip_change_nothing() {
    let calm = PriceBreakerSettings {
        trip: Bps(10_000),
        ..PriceBreakerSettings::default()
    };
    let (without, with) = (run(vec![], |_| {}), run(vec![price_breaker(calm)], |_| {}));
    assert!(!without.liquidations.is_empty());
    assert_eq!(deeds(&without), deeds(&with));
    assert!(without.guard_costs.is_empty() && with.guards.is_empty());
    let [cost] = &with.guard_costs[..] else {
        panic!("one guard has its row");
    };
    assert_eq!(cost.seconds, [u64::from(STEPS - 1) * 60, 0, 0, 0, 0]);
}

#[test]
fn what_is_held_back_waits_for_the_release() {
    let stop = stops(Level::NoNewLiquidations);
    let record = run(vec![price_breaker(stop)], |_| {});
    let ether: Vec<_> = record.guards.iter().collect();
    assert!(ether.len() >= 2, "{ether:?}");
    assert_eq!(ether[0].to, Level::NoNewLiquidations);
    assert!(matches!(ether[0].reason, Reason::Fell { .. }));
    assert_eq!(ether[1].to, Level::Open, "released by itself");
    assert!(ether[1].time - ether[0].time >= 600);
    let held = ether[0].step..ether[1].step;
    let begun = |steps: std::ops::Range<u32>| {
        let within = record
            .liquidations
            .iter()
            .filter(|row| steps.contains(&row.step));
        within.count()
    };
    assert_eq!(begun(held.clone()), 0);
    assert!(begun(ether[1].step..u32::MAX) > 0);
    let guarded = record
        .misses
        .iter()
        .filter(|miss| miss.reason == Miss::Guarded);
    let guarded: Vec<_> = guarded.collect();
    assert!(!guarded.is_empty());
    assert!(
        guarded
            .iter()
            .all(|miss| held.contains(&miss.step) && miss.gas_usd == 0.0)
    );
    let cost = &record.guard_costs[0];
    assert!(cost.seconds[2] >= 600, "{cost:?}");
    let (operation, count, usd) = cost.refused[0];
    assert_eq!(operation, Operation::Start);
    assert!(count > 0 && usd > 0.0);
    let told = record
        .refusals
        .iter()
        .find(|(why, _)| why == "guard: price-breaker");
    assert_eq!(told.map(|(_, n)| u64::from(*n)), Some(count));
}

#[test]
fn volume_trips_on_what_liquidations_took() {
    let volume = VolumeBreakerSettings {
        depth: Some(Bps(2_000)),
        ..VolumeBreakerSettings::default()
    };
    let record = run(vec![Box::new(VolumeBreaker::new(volume).unwrap())], |_| {});
    let first = record.guards.first().expect("a crash of 45 % trips it");
    assert!(matches!(first.reason, Reason::Taken { value, limit } if value >= limit));
    let before = record
        .liquidations
        .iter()
        .filter(|row| row.step < first.step);
    assert!(before.count() > 0, "it hears of the steps before");
}

#[test]
fn limits_cut_what_begins() {
    let dollars = |n: u128| Value::new(n * 100_000_000);
    let settings = LiquidationLimitSettings {
        window_s: 300,
        depth: None,
        asset_max: Some(dollars(3_000)),
        total_max: None,
    };
    let limit = LiquidationLimit::new(settings).unwrap();
    let record = run(vec![Box::new(limit)], |_| {});
    let free = run(vec![], |_| {});
    let most = |record: &PathRecord| {
        let rows = &record.liquidations;
        let sums = rows.iter().map(|row| {
            let since = row.time.saturating_sub(299);
            let within = rows
                .iter()
                .filter(|other| (since..=row.time).contains(&other.time));
            within.map(|other| other.seized_usd).sum::<f64>()
        });
        sums.fold(0.0, f64::max)
    };
    assert!(most(&free) > 3_000.0, "{}", most(&free));
    // A cut amount is rounded down to a unit of each asset.
    assert!(
        most(&record) < 3_000.1 && most(&record) > 2_000.0,
        "{}",
        most(&record)
    );
    assert!(
        record
            .misses
            .iter()
            .any(|miss| miss.reason == Miss::Guarded)
    );
}

#[test]
fn nobody_levers_up_in_close_only_mode() {
    let path = |guards| {
        let config = WorldConfig {
            guards,
            levered: levered(1.0),
            ..deep(boom(260.0, 260.0))
        };
        let mut world = World::new(calm_book(), config, 1).unwrap();
        world.run(&mut |_| ControlFlow::Continue(()))
    };
    assert!(!path(vec![]).leverings.is_empty());
    let deeper_than_any = CloseOnlySettings {
        depth_min: Value::new(1 << 100),
        ..CloseOnlySettings::defaults(8)
    };
    let held = path(vec![Box::new(CloseOnly::new(deeper_than_any).unwrap())]);
    assert!(held.leverings.is_empty());
    let [told] = &held.guards[..] else {
        panic!("{:?}", held.guards);
    };
    assert_eq!(
        (told.asset, told.to),
        (Some(AssetId(0)), Level::NoBorrowing)
    );
    let [(operation, count, usd)] = held.guard_costs[0].refused[..] else {
        panic!("{:?}", held.guard_costs);
    };
    assert!(operation == Operation::Borrow && count > 0 && usd > 0.0);
}

#[test]
fn a_protocol_without_switches_is_told_at_once() {
    let config = WorldConfig {
        guards: vec![price_breaker(PriceBreakerSettings::default())],
        ..config(crash(0.1, Refine::Linear))
    };
    let toy = AuctionToy::new(Sale::Falling, &[(10.0, 1_000.0)]);
    let error = World::new(toy, config, 1).unwrap_err().to_string();
    assert_eq!(
        error,
        "guards: price-breaker needs a switch for the level no-borrowing, which is not to be had: \
         nothing is known of a switch"
    );
}

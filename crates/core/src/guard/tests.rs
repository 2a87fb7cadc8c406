//! Whole guards and sets of them, tick by tick.

use super::*;
use crate::protocol::Asset;
use crate::signals::AssetSignal;
use crate::units::{Bps, Timestamp};
use proptest::prelude::*;
use std::collections::BTreeMap;

const ASSETS: usize = 3;
/// Decimals of the base currency.
const BASE: u8 = 8;

fn listed() -> Vec<Asset> {
    let decimals = [18, 8, 6].into_iter().take(ASSETS);
    decimals
        .map(|decimals| Asset {
            symbol: format!("T{decimals}"),
            decimals,
        })
        .collect()
}

/// One of each that holds back by a level.
fn breakers() -> Vec<Box<dyn Guard>> {
    vec![
        Box::new(PriceBreaker::new(PriceBreakerSettings::default()).unwrap()),
        Box::new(DeviationBreaker::new(DeviationBreakerSettings::default()).unwrap()),
        Box::new(VolumeBreaker::new(VolumeBreakerSettings::default()).unwrap()),
        Box::new(DeficitBreaker::new(DeficitBreakerSettings::defaults(BASE)).unwrap()),
        Box::new(DowntimeGrace::new(DowntimeGraceSettings::default()).unwrap()),
        Box::new(CloseOnly::new(CloseOnlySettings::defaults(BASE)).unwrap()),
    ]
}

fn limit() -> Box<dyn Guard> {
    Box::new(LiquidationLimit::new(LiquidationLimitSettings::default()).unwrap())
}

fn set(guards: Vec<Box<dyn Guard>>) -> Guards {
    Guards::new(guards, Halts::ALL, &listed()).unwrap()
}

/// One asset at a price of 100 with a deep market.
fn calm_asset() -> AssetSignal {
    let price = Price::new(100 * 100_000_000);
    AssetSignal {
        price,
        mark: price,
        depth: Amount(U256::from(10u64).pow(U256::from(30))),
        ..AssetSignal::default()
    }
}

fn calm(now: u64) -> Signals {
    Signals {
        now: Timestamp(now),
        assets: vec![calm_asset(); ASSETS],
        deficit: Value::ZERO,
    }
}

/// Mostly ordinary numbers, sometimes the ends.
fn number(ordinary: std::ops::Range<u64>) -> impl Strategy<Value = U256> {
    prop_oneof![
        8 => ordinary.prop_map(U256::from),
        1 => Just(U256::ZERO),
        1 => Just(U256::MAX),
    ]
}

prop_compose! {
    fn asset()(
        price in number(5_000_000_000..10_000_000_000),
        mark in number(5_000_000_000..10_000_000_000),
        depth in number(0..u64::MAX),
        seized in number(0..u64::MAX),
        age_s in prop_oneof![Just(0), 0..200_000u64, Just(u64::MAX)],
    ) -> AssetSignal {
        AssetSignal {
            price: Price(price),
            age_s,
            mark: Price(mark),
            depth: Amount(depth),
            seized: Amount(seized),
        }
    }
}

prop_compose! {
    /// Seconds since the last tick, and the tick.
    fn tick()(
        seconds in prop_oneof![0..600u64, 0..10_000u64],
        assets in prop::collection::vec(asset(), 0..=ASSETS + 1),
        deficit in number(0..20_000_000_000_000),
    ) -> (u64, Signals) {
        (seconds, Signals { now: Timestamp(0), assets, deficit: Value(deficit) })
    }
}

fn ids() -> impl Iterator<Item = AssetId> {
    (0..).map(AssetId).take(ASSETS)
}

/// The levels that a log leads to, by guard and asset.
fn levels_of(log: &[Transition]) -> BTreeMap<(&'static str, Option<AssetId>), Level> {
    let mut levels = BTreeMap::new();
    for told in log {
        let before = levels.insert((told.guard, told.asset), told.to);
        assert_eq!(before.unwrap_or_default(), told.from, "INV-42 {told:?}");
        assert_ne!(told.from, told.to, "INV-42 {told:?}");
    }
    levels
}

/// A level holds for the least time before it falls.
fn no_flapping(log: &[Transition], guards: &Guards) {
    let mut reached: BTreeMap<_, Timestamp> = BTreeMap::new();
    for told in log {
        let key = (told.guard, told.asset);
        if told.to < told.from {
            let held = told.time.seconds_since(reached[&key]);
            let guard = guards.guards().find(|guard| guard.name() == told.guard);
            assert!(held >= guard.unwrap().least_s(), "INV-42 {told:?}");
        }
        reached.insert(key, told.time);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, ..ProptestConfig::default() })]

    /// Whatever is signalled: the set is as strict as its strictest member and no stricter, asks for
    /// nothing that a member did not, does not flap, says what it does, and lets go in time.
    #[test]
    fn levels_follow_the_guards_and_let_go(
        ticks in prop::collection::vec(tick(), 1..25),
        pace in 1u64..3_000,
    ) {
        let mut guards = set(breakers());
        let mut alone: Vec<Guards> = breakers().into_iter().map(|one| set(vec![one])).collect();
        let mut now = 0;
        for (seconds, mut signals) in ticks {
            now += seconds;
            signals.now = Timestamp(now);
            guards.look(&signals);
            alone.iter_mut().for_each(|one| one.look(&signals));
            let told = levels_of(guards.log());
            for id in ids() {
                let level = guards.level(id);
                let strictest = alone.iter().map(|one| one.level(id)).max();
                prop_assert_eq!(Some(level), strictest, "INV-42");
                let of_log = told.iter().filter(|((_, of), _)| of.is_none_or(|of| of == id));
                prop_assert_eq!(level, of_log.map(|(_, level)| *level).max().unwrap_or_default());
                prop_assert!(level >= guards.overall());
                for operation in Operation::ALL {
                    let permitted = guards.permits(operation, id);
                    prop_assert_eq!(permitted.is_ok(), level <= operation.highest(), "INV-42");
                }
                prop_assert!(level < Level::Stopped, "nobody asked for it");
                prop_assert!(guards.permits(Operation::Repay, id).is_ok());
            }
        }
        for told in guards.log().iter().filter(|told| told.to != Level::Open) {
            let guard = guards.guards().find(|guard| guard.name() == told.guard).unwrap();
            prop_assert!(guard.needs().contains(&Need::Level(told.to)), "INV-42 {told:?}");
        }
        lets_go(&mut guards, now, pace);
        no_flapping(guards.log(), &guards);
    }

    /// In any window, what was let through is within the limits: of each asset and of all. A start that
    /// cannot be cut may exceed them where it is alone.
    #[test]
    fn limits_hold_in_any_window(
        asks in prop::collection::vec((0u64..30, 0u16..3, 0u64..1_500, any::<bool>()), 1..80),
        window_s in 1u64..100,
    ) {
        let settings = LiquidationLimitSettings {
            window_s,
            depth: None,
            asset_max: Some(Value::new(700)),
            total_max: Some(Value::new(1_000)),
        };
        let limit = LiquidationLimit::new(settings).unwrap();
        let mut guards = set(vec![Box::new(limit)]);
        let (mut now, mut begun, mut refused) = (0, Vec::new(), 0);
        for (seconds, id, value, whole) in asks {
            now += seconds;
            guards.look(&calm(now));
            let request = Request { value: Value::new(value.into()), whole, ..request(id) };
            let allowance = guards.allowance(AssetId(id));
            let Ok(room) = guards.admit(&request) else {
                refused += 1;
                continue;
            };
            prop_assert!(room <= request.value);
            prop_assert!(!whole || room == request.value, "INV-43: not cut");
            prop_assert!(whole || room <= allowance, "INV-43");
            refused += u64::from(room < request.value);
            guards.begun(AssetId(id), room);
            begun.push((now, id, u64::try_from(room.0).unwrap()));
        }
        for (at, (start, of, _)) in begun.iter().enumerate() {
            let within = begun[at..].iter().filter(|(time, ..)| time - start < window_s);
            let total: Vec<_> = within.clone().map(|(.., n)| *n).filter(|n| *n > 0).collect();
            let own = within.filter(|(_, id, n)| id == of && *n > 0).map(|(.., n)| *n);
            let own: Vec<_> = own.collect();
            prop_assert!(own.iter().sum::<u64>() <= 700 || own.len() == 1, "INV-43 {begun:?}");
            prop_assert!(total.iter().sum::<u64>() <= 1_000 || total.len() == 1, "INV-43 {begun:?}");
        }
        let meter = guards.meters().next().unwrap();
        prop_assert_eq!(meter.refused(Operation::Start).count, refused);
    }
}

/// With calm signals every guard lets go within the time that it states.
fn lets_go(guards: &mut Guards, last: u64, pace: u64) {
    let promised: Vec<_> = guards
        .guards()
        .map(|guard| (guard.name(), guard.releases_within_s()))
        .collect();
    let longest = promised.iter().map(|(_, seconds)| *seconds).max().unwrap();
    let begin = last + 1;
    let mut now = begin;
    while now <= begin + longest + pace {
        guards.look(&calm(now));
        let told = levels_of(guards.log());
        for (name, seconds) in &promised {
            let held = told.iter().filter(|((of, _), _)| of == name);
            let highest = held.map(|(_, level)| *level).max().unwrap_or_default();
            let late = now - begin >= *seconds;
            assert!(
                !late || highest == Level::Open,
                "INV-42 {name} at {now}: {highest}"
            );
        }
        now += pace;
    }
    assert_eq!(guards.overall(), Level::Open, "INV-42");
}

fn request(asset: u16) -> Request {
    Request {
        operation: Operation::Start,
        collateral: AssetId(asset),
        debt: AssetId(2),
        health: Ratio::new(990_000_000_000_000_000),
        value: Value::new(100),
        whole: false,
    }
}

/// An asset whose signals the case changes, after a minute of calm.
fn after(change: impl FnOnce(&mut Signals)) -> Signals {
    let mut signals = calm(60);
    change(&mut signals);
    signals
}

#[test]
fn each_guard_trips_on_its_danger() {
    let cases: [(&str, Signals, Level); 6] = [
        (
            "price-breaker",
            after(|s| s.assets[0].price = Price::new(80 * 100_000_000)),
            Level::NoBorrowing,
        ),
        (
            "deviation-breaker",
            after(|s| s.assets[0].mark = Price::new(106 * 100_000_000)),
            Level::NoNewLiquidations,
        ),
        (
            "volume-breaker",
            after(|s| {
                s.assets[0].depth = Amount::new(50);
                s.assets[0].seized = Amount::new(100);
            }),
            Level::NoNewLiquidations,
        ),
        (
            "deficit-breaker",
            after(|s| s.deficit = Value::new(100_000 * 100_000_000)),
            Level::NoBorrowing,
        ),
        (
            "downtime-grace",
            after(|s| s.assets[0].age_s = 90_001),
            Level::NoNewLiquidations,
        ),
        (
            "close-only",
            after(|s| s.assets[0].depth = Amount::new(1)),
            Level::NoBorrowing,
        ),
    ];
    for ((name, signals, want), guard) in cases.into_iter().zip(breakers()) {
        assert_eq!(guard.name(), name);
        let mut guards = set(vec![guard]);
        guards.look(&calm(0));
        assert_eq!(guards.level(AssetId(0)), Level::Open, "{name}");
        guards.look(&signals);
        assert_eq!(guards.level(AssetId(0)), want, "{name}");
        let of_all = name == "deficit-breaker";
        let other = if of_all { want } else { Level::Open };
        assert_eq!(guards.level(AssetId(1)), other, "{name}");
        let [told] = guards.log() else {
            panic!("{name} tells one change");
        };
        let seen = (told.time, told.guard, told.from, told.to);
        assert_eq!(seen, (Timestamp(60), name, Level::Open, want));
        let refusal = guards.permits(Operation::Borrow, AssetId(0)).unwrap_err();
        assert_eq!((refusal.guard, refusal.reason), (name, told.reason));
    }
}

#[test]
fn an_outage_gives_grace_except_to_the_worst() {
    let harder = Ratio::new(950_000_000_000_000_000);
    let settings = DowntimeGraceSettings {
        harder,
        ..DowntimeGraceSettings::default()
    };
    let mut guards = set(vec![Box::new(DowntimeGrace::new(settings).unwrap())]);
    // (time, level): the outage from 60 to 4000 is longer than an hour.
    let ticks = [
        (0, Level::Open),
        (60, Level::Open),
        (4_000, Level::NoNewLiquidations),
        (7_599, Level::NoNewLiquidations),
        (7_600, Level::Open),
    ];
    for (time, want) in ticks {
        guards.look(&calm(time));
        assert_eq!(guards.overall(), want, "at {time}");
        let may = |health| guards.permits_at(Operation::Start, AssetId(0), health);
        assert_eq!(may(harder).is_ok(), want == Level::Open, "at {time}");
        let worse = Ratio::new(949_999_999_999_999_999);
        assert!(may(worse).is_ok(), "at {time}");
    }
    let meter = guards.meters().next().unwrap();
    assert_eq!(meter.seconds(Level::NoNewLiquidations), 3_600);
    assert_eq!(meter.seconds(Level::Open), 4_000);
}

#[test]
fn a_switch_of_the_protocol_holds_all_assets() {
    let switch = Ok(Switch::of_protocol("one flag").leaving(&[Operation::Withdraw]));
    let halts = Halts {
        no_new_liquidations: switch,
        ..Halts::ALL
    };
    let guard = DeviationBreaker::new(DeviationBreakerSettings::default()).unwrap();
    let mut guards = Guards::new(vec![Box::new(guard)], halts, &listed()).unwrap();
    guards.look(&after(|s| s.assets[0].mark = Price::MAX));
    assert_eq!(guards.overall(), Level::NoNewLiquidations);
    assert_eq!(guards.log()[0].asset, None);
    assert!(guards.permits(Operation::Start, AssetId(2)).is_err());
    assert!(guards.permits(Operation::Withdraw, AssetId(2)).is_ok());
    assert!(guards.permits(Operation::Borrow, AssetId(2)).is_err());
}

#[test]
fn refusals_are_counted_with_their_value() {
    let mut guards = set(breakers());
    guards.look(&calm(0));
    guards.look(&after(|s| s.assets[0].mark = Price::MAX));
    assert!(guards.admit(&request(0)).is_err());
    assert!(guards.admit(&request(0)).is_err());
    assert!(guards.admit(&request(1)).is_ok());
    let borrow = Request {
        operation: Operation::Borrow,
        ..request(0)
    };
    assert!(guards.admit(&borrow).is_err());
    let meters: Vec<_> = guards.meters().collect();
    let refused = |operation| meters.iter().map(move |meter| meter.refused(operation));
    let counts: u64 = refused(Operation::Start).map(|one| one.count).sum();
    assert_eq!(counts, 2);
    let deviation = meters[1];
    assert_eq!(deviation.guard, "deviation-breaker");
    assert_eq!(deviation.refused(Operation::Start).value, Value::new(200));
    assert_eq!(deviation.refused(Operation::Borrow).count, 1);
}

#[test]
fn limits_follow_the_depth() {
    let mut guards = set(vec![limit()]);
    let at = |time, depth| {
        let mut signals = calm(time);
        signals.assets[2].depth = Amount::new(depth);
        signals
    };
    // Six decimals at a price of 100: 5 whole tokens are worth 500.
    guards.look(&at(0, 5_000_000));
    let dollars = |n: u128| Value::new(n * 100_000_000);
    assert_eq!(guards.allowance(AssetId(2)), dollars(500));
    guards.begun(AssetId(2), dollars(300));
    assert_eq!(guards.allowance(AssetId(2)), dollars(200));
    let ask = |whole, n| Request {
        value: dollars(n),
        whole,
        ..request(2)
    };
    assert_eq!(guards.admit(&ask(false, 400)), Ok(dollars(200)));
    assert!(guards.admit(&ask(true, 400)).is_err());
    guards.look(&at(59, 1_000_000));
    assert_eq!(guards.allowance(AssetId(2)), Value::ZERO);
    assert!(guards.admit(&ask(false, 1)).is_err());
    guards.look(&at(60, 1_000_000));
    assert_eq!(guards.allowance(AssetId(2)), dollars(100));
    assert_eq!(guards.admit(&ask(true, 400)), Ok(dollars(400)));
    assert_eq!(guards.allowance(AssetId(9)), Value::ZERO, "not listed");
}

#[test]
fn what_a_protocol_lacks_is_refused() {
    let open = Err("the doors have no lock");
    let halts = Halts {
        no_borrowing: open,
        limit: open,
        exemption: open,
        ..Halts::ALL
    };
    let grace = DowntimeGraceSettings {
        harder: Ratio::new(1),
        ..DowntimeGraceSettings::default()
    };
    let cases: [(Box<dyn Guard>, Option<Need>); 4] = [
        (breakers().remove(0), Some(Need::Level(Level::NoBorrowing))),
        (breakers().remove(2), None),
        (limit(), Some(Need::Limit)),
        (
            Box::new(DowntimeGrace::new(grace).unwrap()),
            Some(Need::Exemption),
        ),
    ];
    for (guard, lacks) in cases {
        let name = guard.name();
        let made = Guards::new(vec![guard], halts, &listed());
        let want = lacks.map(|need| GuardError::Unsupported {
            guard: name,
            need,
            reason: "the doors have no lock",
        });
        assert_eq!(made.err(), want, "{name}");
    }
    let wide = Asset {
        symbol: "W".to_owned(),
        decimals: 78,
    };
    let made = Guards::new(Vec::new(), Halts::ALL, &[wide]);
    let found = GuardError::Decimals {
        symbol: "W".to_owned(),
        found: 78,
    };
    assert_eq!(made.err(), Some(found));
}

#[test]
fn settings_out_of_range_are_named() {
    let price = PriceBreakerSettings::default();
    let close = CloseOnlySettings::defaults(BASE);
    let field = |made: Result<(), GuardError>| match made {
        Err(GuardError::Setting { field, .. }) => field,
        other => panic!("{other:?}"),
    };
    let made = |settings| PriceBreaker::new(settings).map(|_| ());
    let cases = [
        (
            made(PriceBreakerSettings {
                trip: Bps(0),
                ..price
            }),
            "trip",
        ),
        (
            made(PriceBreakerSettings {
                trip: Bps(10_001),
                ..price
            }),
            "trip",
        ),
        (
            made(PriceBreakerSettings {
                release: Bps(1_501),
                ..price
            }),
            "release",
        ),
        (
            made(PriceBreakerSettings {
                window_s: 0,
                ..price
            }),
            "window-s",
        ),
        (
            made(PriceBreakerSettings {
                level: Level::Open,
                ..price
            }),
            "level",
        ),
        (
            CloseOnly::new(CloseOnlySettings {
                release: Bps(9_999),
                ..close
            })
            .map(|_| ()),
            "release",
        ),
        (
            VolumeBreaker::new(VolumeBreakerSettings {
                depth: None,
                ..VolumeBreakerSettings::default()
            })
            .map(|_| ()),
            "depth",
        ),
        (
            DeficitBreaker::new(DeficitBreakerSettings {
                most: Value::ZERO,
                ..DeficitBreakerSettings::defaults(BASE)
            })
            .map(|_| ()),
            "most",
        ),
        (
            LiquidationLimit::new(LiquidationLimitSettings {
                depth: None,
                ..LiquidationLimitSettings::default()
            })
            .map(|_| ()),
            "depth",
        ),
        (
            DowntimeGrace::new(DowntimeGraceSettings {
                grace_s: 0,
                ..DowntimeGraceSettings::default()
            })
            .map(|_| ()),
            "grace-s",
        ),
    ];
    for (made, want) in cases {
        assert_eq!(field(made), want);
    }
}

#[test]
fn forks_are_their_own() {
    let mut guards = set(breakers());
    guards.look(&calm(0));
    let mut fork = guards.clone();
    fork.look(&after(|s| s.assets[0].mark = Price::MAX));
    assert_eq!(guards.overall(), Level::Open);
    assert_eq!(guards.level(AssetId(0)), Level::Open);
    assert!(fork.level(AssetId(0)) > Level::Open);
    assert_eq!(fork.take_log().len(), 1);
    assert!(fork.log().is_empty());
}

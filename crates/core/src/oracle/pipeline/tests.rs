use super::*;
use crate::oracle::{BrokenPeg, Peg, Quorum, RateCap, SourceRules, SpeedLimit};
use crate::units::{BPS, Bps, U256, WAD};
use Quality::{Insufficient, Limited, NonPositive, Stale, TooUncertain, TooVolatile, Valid};
use proptest::prelude::*;
use std::num::NonZeroU16;

fn said(price: u128, at: u64) -> Option<Observation> {
    Some(Observation {
        price: Price::new(price),
        confidence: Price::ZERO,
        at: Timestamp(at),
    })
}

/// One update of a table: the time, what each source says (0 is silence), and what is told.
type Row<'a> = (u64, &'a [u128], (u128, Quality));

fn check(config: OracleConfig, rows: &[Row]) {
    let mut oracle = Oracle::new(config).unwrap();
    for (now, prices, (price, quality)) in rows {
        let told: Vec<_> = prices
            .iter()
            .map(|price| said(*price, *now).filter(|_| *price > 0))
            .collect();
        let got = oracle.update(Timestamp(*now), &told);
        let want = (Price::new(*price), *quality);
        assert_eq!((got.price, got.quality), want, "at {now}: {prices:?}");
    }
}

/// Sources of weight 1, a quorum of `least`, outliers beyond 5 %, and nothing else.
fn plain(sources: usize, least: u16) -> OracleConfig {
    OracleConfig {
        sources: vec![OracleConfig::naive().sources[0]; sources],
        quorum: Quorum {
            sources: least,
            weight: u64::from(least),
        },
        outlier: Some(Bps(500)),
        validity: Validity::LADDER,
        ..OracleConfig::naive()
    }
}

#[test]
fn the_naive_oracle_says_what_its_source_says() {
    check(
        OracleConfig::naive(),
        &[
            (0, &[0], (0, NonPositive)),
            (10, &[100], (100, Valid)),
            (20, &[1], (1, Valid)),
            (30, &[0], (1, Stale)),
        ],
    );
}

#[test]
fn a_median_of_those_that_agree() {
    check(
        plain(5, 3),
        &[
            (0, &[100, 0, 0, 0, 101], (0, NonPositive)),
            (1, &[100, 0, 0, 99, 101], (100, Valid)),
            // Outliers, then the mean of the two in the middle of four.
            (2, &[100, 500, 103, 99, 101], (100, Valid)),
            // Five that are far apart: the first median, of which nobody is near.
            (3, &[100, 120, 140, 160, 180], (140, TooUncertain)),
            // An uncertain price told again is no better for it.
            (4, &[200, 0, 0, 0, 200], (140, TooUncertain)),
        ],
    );
    let spread = OracleConfig {
        outlier: None,
        spread_max: Some(Bps(1_000)),
        ..plain(3, 2)
    };
    check(
        spread,
        &[
            (0, &[95, 100, 105], (100, Valid)),
            (1, &[94, 100, 105], (100, TooUncertain)),
        ],
    );
}

#[test]
fn each_source_says_why_it_does_not_count() {
    let mut oracle = Oracle::new(plain(4, 2)).unwrap();
    let told = [said(100, 5), said(900, 5), None, said(102, 6), said(1, 5)];
    let got = oracle.update(Timestamp(5), &told);
    // Half of the weight says 100 and half 900; neither is near the mean of both.
    assert_eq!((got.price, got.quality), (Price::new(500), TooUncertain));
    let got = oracle.update(Timestamp(6), &told);
    // 100, 102 and 900: the median is 102.
    assert_eq!((got.price, got.quality), (Price::new(101), Valid));
    assert_eq!(got.spread, Deviation(199));
    assert_eq!(
        oracle.sources(),
        [
            Ok(Price::new(100)),
            Err(Unusable::Outlier),
            Err(Unusable::Silent),
            Ok(Price::new(102)),
        ]
    );
    let got = oracle.update(Timestamp(66), &told[..1]);
    assert_eq!((got.quality, got.age_s), (Stale, 60));
}

#[test]
fn smoothing_speed_and_jumps() {
    let twap = |observations| OracleConfig {
        smoothing: Smoothing::ArithmeticTwap {
            window_s: 100,
            observations,
        },
        ..plain(1, 1)
    };
    check(
        twap(8),
        &[
            (0, &[100], (100, Insufficient)),
            (50, &[100], (100, Insufficient)),
            (100, &[200], (100, Valid)),
            (150, &[200], (150, Valid)),
            (200, &[0], (150, Stale)),
            (250, &[1], (200, Valid)),
        ],
    );
    let fast = SpeedLimit {
        per_update: Bps(2_000),
        per_second: Ratio::new(10_000_000_000_000_000),
    };
    let held = OracleConfig {
        speed: Some(fast),
        jump_max: Some(Bps(4_000)),
        ..plain(1, 1)
    };
    check(
        held,
        &[
            (0, &[1_000], (1_000, Valid)),
            (5, &[1_060], (1_050, Limited)),
            (65, &[500], (840, TooVolatile)),
            (125, &[650], (672, Limited)),
            (126, &[670], (670, Valid)),
        ],
    );
}

#[test]
fn classes_of_assets_bound_the_price() {
    let peg = Bounds::Peg(Peg {
        target: Price::new(1_000),
        below: Bps(100),
        above: Bps(100),
        broken: BrokenPeg::Clamped,
    });
    check(
        OracleConfig {
            bounds: peg,
            ..plain(1, 1)
        },
        &[(0, &[999], (999, Valid)), (1, &[650], (990, Limited))],
    );
    let cap = RateCap {
        snapshot: Ratio(WAD),
        at: Timestamp(0),
        growth_per_year: Bps(1_000),
    };
    let config = OracleConfig {
        bounds: Bounds::RedemptionRate(cap),
        ..plain(1, 1)
    };
    let mut oracle = Oracle::new(config).unwrap();
    for (rate, want) in [
        (None, (1_000, Valid)),
        (Some(WAD / U256::from(2)), (500, Valid)),
        (Some(WAD * U256::from(2)), (1_100, Limited)),
    ] {
        if let Some(rate) = rate {
            oracle.set_rate(Ratio(rate));
        }
        let now = 31_536_000;
        let got = oracle.update(Timestamp(now), &[said(1_000, now)]);
        assert_eq!((got.price, got.quality), (Price::new(want.0), want.1));
    }
}

#[test]
fn a_frozen_oracle_tells_what_it_told() {
    let mut oracle = Oracle::new(plain(1, 1)).unwrap();
    oracle.update(Timestamp(0), &[said(100, 0)]);
    oracle.freeze();
    let got = oracle.update(Timestamp(1), &[said(50, 1)]);
    assert_eq!((got.price, got.quality), (Price::new(100), Stale));
    assert!(!got.valid_for(Purpose::Borrow) && got.valid_for(Purpose::Liquidate));
    oracle.void();
    let got = oracle.update(Timestamp(2), &[said(50, 2)]);
    assert_eq!((got.price, got.quality), (Price::ZERO, NonPositive));
    assert!(Purpose::ALL.iter().all(|purpose| !got.valid_for(*purpose)));
    oracle.resume();
    let got = oracle.update(Timestamp(3), &[said(50, 3)]);
    assert_eq!((got.price, got.quality), (Price::new(50), Valid));
}

/// The robust oracle of five under an attack on two of them, and in a real fall.
#[test]
fn two_of_five_do_not_move_the_robust_oracle() {
    check(
        OracleConfig::robust(5),
        &[
            (0, &[10_000, 10_001, 9_999, 10_000, 10_002], (10_000, Valid)),
            (60, &[10_000, 10_001, 9_999, 1, 1], (10_000, Valid)),
            (
                120,
                &[10_000, 10_001, 9_999, 90_000, 90_000],
                (10_000, Valid),
            ),
            // All fall by half: the median jumps, the mean has not seen it stand.
            (180, &[5_000, 5_001, 4_999, 5_000, 5_000], (10_000, Valid)),
            (240, &[5_000, 5_001, 4_999, 5_000, 5_000], (9_000, Limited)),
            (300, &[5_000, 5_001, 4_999, 5_000, 5_000], (8_100, Limited)),
        ],
    );
}

fn prices() -> impl Strategy<Value = Price> {
    prop_oneof![
        (1u128..1_000).prop_map(Price::new),
        (990_000u128..1_010_000).prop_map(Price::new),
        any::<u128>().prop_map(Price::new),
        any::<[u64; 4]>().prop_map(|limbs| Price(U256::from_limbs(limbs))),
    ]
}

fn observations() -> impl Strategy<Value = Vec<Option<Observation>>> {
    let one = (
        prices(),
        prop_oneof![Just(Price::ZERO), prices()],
        0u64..20_000,
    );
    let one = one.prop_map(|(price, confidence, at)| Observation {
        price,
        confidence,
        at: Timestamp(at),
    });
    prop::collection::vec(prop::option::weighted(0.9, one), 0..8)
}

fn smoothings() -> impl Strategy<Value = Smoothing> {
    prop_oneof![
        Just(Smoothing::None),
        (1u32..1_000, 2u16..6).prop_map(|(window_s, observations)| Smoothing::ArithmeticTwap {
            window_s,
            observations
        }),
        (1u32..1_000, 2u16..6).prop_map(|(window_s, observations)| Smoothing::GeometricTwap {
            window_s,
            observations
        }),
        (1u32..1_000).prop_map(|half_life_s| Smoothing::Ema { half_life_s }),
    ]
}

fn configs() -> impl Strategy<Value = OracleConfig> {
    let rules =
        (1u32..5, 0u64..20_000, 1u16..).prop_map(|(weight, max_age_s, widest)| SourceRules {
            weight,
            max_age_s,
            confidence_max: Bps(widest),
        });
    let speed =
        (1u16..=10_000, 1u64..=1_000_000_000_000_000_000).prop_map(|(update, second)| SpeedLimit {
            per_update: Bps(update),
            per_second: Ratio::new(u128::from(second)),
        });
    let limits = prop::array::uniform3(prop::option::of((1u16..3_000).prop_map(Bps)));
    (
        prop::collection::vec(rules, 1..8),
        (0u16..8, 0u64..40),
        limits,
        smoothings(),
        prop::option::of(speed),
    )
        .prop_map(
            |(sources, quorum, [outlier, spread_max, jump_max], smoothing, speed)| {
                let whole: u64 = sources.iter().map(|source| u64::from(source.weight)).sum();
                let count = u16::try_from(sources.len()).unwrap();
                OracleConfig {
                    quorum: Quorum {
                        sources: quorum.0.clamp(1, count),
                        weight: quorum.1.clamp(1, whole),
                    },
                    sources,
                    outlier,
                    spread_max,
                    jump_max,
                    smoothing,
                    speed,
                    bounds: Bounds::None,
                    delay_s: None,
                    validity: Validity::LADDER,
                }
            },
        )
}

/// Updates at growing times.
fn stories() -> impl Strategy<Value = Vec<(u64, Vec<Option<Observation>>)>> {
    prop::collection::vec((0u64..3_000, observations()), 1..12).prop_map(|updates| {
        let mut now = 0;
        let clock = updates.into_iter().map(|(dt, told)| {
            now += dt;
            (now, told)
        });
        clock.collect()
    })
}

/// The prices that can be used at an update, outliers included; nothing where they are no quorum.
fn quorum(config: &OracleConfig, now: u64, told: &[Option<Observation>]) -> Option<Vec<Price>> {
    let sources = config.sources.iter().enumerate();
    let screened = sources.filter_map(|(i, rules)| {
        let said = told.get(i).and_then(Option::as_ref);
        let price = rules.screen(Timestamp(now), said).ok()?;
        Some((price, u64::from(rules.weight)))
    });
    let (prices, weights): (Vec<_>, Vec<_>) = screened.unzip();
    let enough = prices.len() >= usize::from(config.quorum.sources)
        && weights.iter().sum::<u64>() >= config.quorum.weight;
    enough.then_some(prices)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1_000, ..ProptestConfig::default() })]

    /// Before bounds, the price is within what usable sources said: now where nothing smooths it, at some
    /// time where something does. A geometric mean may be two ticks (2 bp) lower.
    #[test]
    fn a_trusted_price_is_within_its_sources(config in configs(), story in stories()) {
        let mut oracle = Oracle::new(config.clone()).unwrap();
        let (mut low, mut high) = (Price::MAX, Price::ZERO);
        let direct = config.smoothing == Smoothing::None && config.speed.is_none();
        for (now, told) in story {
            let got = oracle.update(Timestamp(now), &told);
            let usable = quorum(&config, now, &told);
            if direct && usable.is_some() {
                (low, high) = (Price::MAX, Price::ZERO);
            }
            for price in usable.into_iter().flatten() {
                (low, high) = (low.min(price), high.max(price));
            }
            if high.is_zero() {
                prop_assert_eq!((got.price, got.quality), (Price::ZERO, NonPositive));
                continue;
            }
            let slack = match config.smoothing {
                Smoothing::GeometricTwap { .. } => low.0 / U256::from(4_999) + U256::ONE,
                _ => U256::ZERO,
            };
            prop_assert!(Price(low.0.saturating_sub(slack)) <= got.price && got.price <= high);
        }
    }

    /// Where every quorum weighs more than twice one source, that source, whatever it says, moves the
    /// price no further than to what the others say.
    #[test]
    fn one_source_moves_the_price_to_its_neighbours_at_most(
        config in configs(), told in observations(), liar in 0usize..8, lie in prices(),
    ) {
        let mut config = OracleConfig { smoothing: Smoothing::None, speed: None, ..config };
        let liar = liar % config.sources.len();
        let twice = 2 * u64::from(config.sources[liar].weight);
        let whole: u64 = config.sources.iter().map(|source| u64::from(source.weight)).sum();
        prop_assume!(whole > twice);
        config.quorum.weight = config.quorum.weight.max(twice + 1);
        let mut told = told;
        told.resize(config.sources.len(), None);
        told[liar] = None;
        let anybody = OracleConfig { quorum: Quorum { sources: 1, weight: 1 }, ..config.clone() };
        let honest = quorum(&anybody, 20_000, &told).unwrap_or_default();
        told[liar] = Some(Observation { price: lie, confidence: Price::ZERO, at: Timestamp(20_000) });
        let got = Oracle::new(config).unwrap().update(Timestamp(20_000), &told);
        if got.quality != NonPositive {
            let (low, high) = (honest.iter().min().unwrap(), honest.iter().max().unwrap());
            prop_assert!(*low <= got.price && got.price <= *high, "{:?} of {:?}", got, honest);
        }
    }

    /// With any smoothing the price moves by no more than the limit, by the update and by the second.
    #[test]
    fn a_price_is_never_faster_than_its_limit(config in configs(), story in stories()) {
        let limit = SpeedLimit { per_update: Bps(300), per_second: Ratio::new(1_000_000_000_000_000) };
        let config = OracleConfig { speed: Some(config.speed.unwrap_or(limit)), ..config };
        let limit = config.speed.unwrap();
        let mut oracle = Oracle::new(config).unwrap();
        let mut before: Option<(Price, u64)> = None;
        for (now, told) in story {
            let got = oracle.update(Timestamp(now), &told);
            if got.quality == NonPositive {
                continue;
            }
            if let Some((last, since)) = before {
                let moved = got.price.0.abs_diff(last.0);
                prop_assert!(moved * BPS <= last.0 * limit.per_update.wide());
                prop_assert!(moved * WAD <= last.0 * limit.per_second.0 * U256::from(now - since));
            }
            if got.age_s == 0 {
                before = Some((got.price, now));
            }
        }
    }

    /// After the first price, nothing is told behind a delay that was not queued at least the delay
    /// before, whatever else the oracle does and however often it is frozen.
    #[test]
    fn a_delay_tells_only_what_it_queued(
        config in configs(), delay in 1u16..5_000, story in stories(), freezes in prop::collection::vec(0u8..4, 12),
    ) {
        let config = OracleConfig { delay_s: NonZeroU16::new(delay), ..config };
        let mut oracle = Oracle::new(config).unwrap();
        let mut queued: Vec<(u64, Price)> = Vec::new();
        let mut last = Price::ZERO;
        for ((now, told), freeze) in story.into_iter().zip(freezes) {
            match freeze {
                0 => oracle.freeze(),
                1 => oracle.resume(),
                _ => {}
            }
            let before = oracle.queued();
            let got = oracle.update(Timestamp(now), &told);
            let first = last.is_zero();
            if got.price != last && !first {
                prop_assert!(!oracle.is_frozen());
                let waited = |(since, price): &(u64, Price)| {
                    *price == got.price && now - since >= u64::from(delay)
                };
                prop_assert!(queued.iter().any(waited), "{} at {now} of {queued:?}", got.price);
            }
            last = got.price;
            if let Some(price) = oracle.queued() && before != Some(price) {
                queued.push((now, price));
            }
        }
    }

    /// No input panics, whatever the class of the asset.
    #[test]
    fn no_input_panics(
        config in configs(), story in stories(), target in 1u128.., bps: [u16; 2], rates: [[u64; 4]; 2], kind in 0u8..3,
    ) {
        let [snapshot, rate] = rates.map(|limbs| Ratio(U256::from_limbs(limbs).max(U256::ONE)));
        let bounds = match kind {
            0 => Bounds::Peg(Peg {
                target: Price::new(target),
                below: Bps(bps[0] % 10_000),
                above: Bps(bps[1]),
                broken: BrokenPeg::Clamped,
            }),
            1 => Bounds::RedemptionRate(RateCap { snapshot, at: Timestamp(500), growth_per_year: Bps(bps[0]) }),
            _ => Bounds::None,
        };
        let mut oracle = Oracle::new(OracleConfig { bounds, ..config }).unwrap();
        oracle.set_rate(rate);
        for (now, told) in story.iter().chain(&[(u64::MAX, Vec::new()), (0, Vec::new())]) {
            let got = oracle.update(Timestamp(*now), told);
            prop_assert_eq!(got.price.is_zero(), got.quality == NonPositive);
            if got.quality > TooVolatile && let Bounds::Peg(peg) = bounds {
                let (low, high) = peg.range();
                prop_assert!(low <= got.price && got.price <= high);
            }
        }
    }
}

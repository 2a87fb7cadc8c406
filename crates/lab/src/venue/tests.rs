use super::*;
use proptest::prelude::*;

fn level(distance: f64, base: f64) -> Level {
    Level { distance, base }
}

fn book() -> Liquidity {
    let side = [level(0.001, 10.0), level(0.01, 20.0), level(0.05, 70.0)];
    Liquidity::OrderBook(OrderBook::new(&side, &side))
}

fn pool() -> Liquidity {
    Liquidity::ConstantProduct(ConstantProduct::fixed(1_000.0, 200_000.0))
}

fn law() -> Liquidity {
    Liquidity::SquareRoot(SquareRoot::new(1.0, 0.05, 1_000_000.0))
}

fn linear() -> Liquidity {
    Liquidity::Linear(Linear::new(1e-4))
}

/// Three ranges around 200, the outer ones thin, and a gap above 240.
fn ticks() -> Liquidity {
    let range = |from, liquidity| Range { from, liquidity };
    Liquidity::Concentrated(Concentrated::new(vec![
        range(50.0, 2_000.0),
        range(180.0, 40_000.0),
        range(220.0, 3_000.0),
        range(240.0, 0.0),
        range(300.0, 1_000.0),
        range(400.0, 0.0),
    ]))
}

fn config(liquidity: Liquidity, fee: f64) -> VenueConfig {
    VenueConfig {
        name: "venue".to_owned(),
        base: 0,
        fee,
        half_life_s: 60.0,
        weight: 1.0,
        permanent_share: None,
        depth: None,
        liquidity,
    }
}

fn venue(liquidity: Liquidity, fee: f64) -> Venue {
    Venue::new(config(liquidity, fee), &[200.0], 0, "venues[0]").unwrap()
}

fn close(got: f64, want: f64) -> bool {
    (got - want).abs() <= 1e-9 * want.abs().max(1.0)
}

#[test]
fn sales_are_tables() {
    for (liquidity, fee, sold, usd, mid_after) in [
        (pool(), 0.0, 1_000.0, 100_000.0, 50.0),
        (pool(), 0.003, 0.0, 0.0, 200.0),
        (book(), 0.0, 10.0, 10.0 * 199.8, 200.0 * (1.0 - 0.009)),
        (
            book(),
            0.0,
            20.0,
            10.0 * 199.8 + 10.0 * 198.0,
            200.0 * 0.991,
        ),
        (book(), 0.1, 10.0, 9.0 * 199.8, 200.0 * 0.991),
        (
            book(),
            0.0,
            500.0,
            10.0 * 199.8 + 20.0 * 198.0 + 70.0 * 190.0,
            200.0 * (1.0 - 0.049),
        ),
        // Volume is 5,000 tokens a day; 1,250 are a quarter of it: impact 0.05·√0.25.
        (
            law(),
            0.0,
            1_250.0,
            200.0 * 1_250.0 * 2.0 * (1.0 - (-0.025f64).exp() * 1.025) / 0.025 / 0.025,
            200.0 * (-0.025f64).exp(),
        ),
    ] {
        let mut venue = venue(liquidity, fee);
        let quote = venue.quote(Side::Sell, sold);
        assert_eq!(venue.quote_sell(sold), quote.usd);
        let fill = venue.sell(sold);
        assert_eq!(fill, quote);
        assert!(close(fill.usd, usd), "{fill:?} {usd}");
        assert!(close(fill.mid_after, mid_after), "{fill:?} {mid_after}");
        assert!(close(venue.mid(), mid_after), "{fill:?} {mid_after}");
    }
}

#[test]
fn displacement_recovers_with_its_half_life() {
    for (liquidity, sold, want) in [
        (pool(), 1_000.0, 200.0 * 0.5),
        (law(), 1_250.0, 200.0 * (-0.0125f64).exp()),
        // Of 80 tokens 40 are still missing, in the third level.
        (book(), 80.0, 200.0 * 0.951),
        (book(), 50.0, 200.0 * 0.991),
    ] {
        let mut venue = venue(liquidity, 0.0);
        venue.sell(sold);
        venue.step(200.0, 60.0, 60);
        assert!(close(venue.mid(), want), "{} {want}", venue.mid());
        venue.step(100.0, 6_000.0, 6_060);
        assert!((venue.mid() - 100.0).abs() < 1e-9);
    }
    let mut at_once = config(pool(), 0.0);
    at_once.half_life_s = 0.0;
    let mut venue = Venue::new(at_once, &[200.0], 0, "").unwrap();
    venue.sell(10.0);
    venue.step(200.0, 1.0, 1);
    assert_eq!(venue.mid(), 200.0);
}

#[test]
fn a_permanent_move_reaches_the_quotes_with_the_half_life() {
    let mut venue = venue(pool(), 0.0);
    venue.absorb(50.0);
    assert!(close(venue.mid(), 200.0));
    venue.step(50.0, 60.0, 60);
    assert!(close(venue.mid(), 100.0));
}

#[test]
fn recorded_reserves_set_the_depth() {
    let at = |time, base, quote_usd| Reserves {
        time,
        base,
        quote_usd,
    };
    let series = ConstantProduct::series(vec![at(100, 10.0, 1_000.0), at(200, 30.0, 3_000.0)]);
    let mut venue = venue(Liquidity::ConstantProduct(series), 0.0);
    let mut sold_for_a_quarter = |time| {
        venue.step(100.0, 0.0, time);
        venue.quote_sell(10.0)
    };
    let got = [0, 100, 199, 200, 999].map(&mut sold_for_a_quarter);
    assert!(
        got.iter()
            .zip([500.0, 500.0, 500.0, 750.0, 750.0])
            .all(|(g, w)| close(*g, w)),
        "{got:?}"
    );
}

#[test]
fn the_router_takes_the_best_quote() {
    let mut router = Router::new(
        vec![venue(pool(), 0.003), venue(book(), 0.0)],
        2,
        Routing::Best,
    );
    assert!(close(router.mid(0, 1.0), 200.0));
    assert_eq!(router.mid(1, 7.0), 7.0);
    assert_eq!(router.quote(1, Side::Sell, 3.0, 7.0).usd, 21.0);
    let small = router.trade(0, Side::Sell, 10.0, (200.0, 0.0)).0;
    assert!(close(small.usd, 1_998.0), "{small:?}");
    let large = router.trade(0, Side::Sell, 400.0, (200.0, 0.0)).0;
    assert_eq!(large.base, 400.0);
    let bought = router.quote(0, Side::Buy, 1.0, 200.0);
    assert!(bought.usd < 150.0, "{bought:?}");
    assert_eq!(router.quote(0, Side::Buy, 150.0, 200.0).base, 150.0);
}

#[test]
fn refuses_bad_venues() {
    let empty = Liquidity::OrderBook(OrderBook::new(&[], &[]));
    let descending = [level(0.01, 1.0), level(0.001, 1.0)];
    let descending = Liquidity::OrderBook(OrderBook::new(&descending, &descending));
    let no_depth = Liquidity::ConstantProduct(ConstantProduct::fixed(0.0, 1.0));
    let no_law = Liquidity::SquareRoot(SquareRoot::new(1.0, -0.1, 1.0));
    for (config, want) in [
        (
            config(pool(), 1.0),
            "v.fee: must be at least 0 and below 1, found 1",
        ),
        (config(empty, 0.0), "v.bids: must not be empty"),
        (
            config(descending, 0.0),
            "v.bids[1].distance: must be at least 0.01 (levels ascend) and below 1, found 0.001",
        ),
        (
            config(no_depth, 0.0),
            "v.reserves[0].base: must be a number above 0, found 0",
        ),
        (
            config(no_law, 0.0),
            "v.daily_volatility: must be a number above 0, found -0.1",
        ),
        (
            VenueConfig {
                base: 1,
                ..config(pool(), 0.0)
            },
            "v.base: must name one of the 1 assets, found 1",
        ),
        (
            VenueConfig {
                half_life_s: f64::NAN,
                ..config(pool(), 0.0)
            },
            "v.half_life_s: must be a number of at least 0, found NaN",
        ),
    ] {
        let got = Venue::new(config, &[200.0], 0, "v").unwrap_err();
        assert_eq!(got.to_string(), want);
    }
}

fn any_liquidity() -> impl Strategy<Value = Liquidity> {
    let levels = || proptest::collection::vec((0.0001f64..0.02, 0.1f64..50.0), 1..20);
    let stack = |raw: Vec<(f64, f64)>| {
        let mut distance = 0.0;
        let stacked: Vec<Level> = raw
            .into_iter()
            .map(|(gap, base)| {
                distance += gap;
                level(distance, base)
            })
            .collect();
        stacked
    };
    prop_oneof![
        (1.0f64..1e4, 1.0f64..1e7)
            .prop_map(|(b, q)| Liquidity::ConstantProduct(ConstantProduct::fixed(b, q))),
        (levels(), levels())
            .prop_map(move |(b, a)| Liquidity::OrderBook(OrderBook::new(&stack(b), &stack(a)))),
        (1e-8f64..0.01).prop_map(|impact| Liquidity::Linear(Linear::new(impact))),
        proptest::collection::vec((1.01f64..1.5, 0.0f64..1e5), 2..20).prop_map(|raw| {
            let mut from = 60.0;
            let mut ranges = vec![Range {
                from: 50.0,
                liquidity: 1_000.0,
            }];
            for (ratio, liquidity) in raw {
                ranges.push(Range { from, liquidity });
                from *= ratio;
            }
            Liquidity::Concentrated(Concentrated::new(ranges))
        }),
        (0.1f64..2.0, 0.01f64..0.3, 1e3f64..1e9)
            .prop_map(|(y, s, v)| Liquidity::SquareRoot(SquareRoot::new(y, s, v))),
    ]
}

fn depth(venue: &Venue) -> f64 {
    venue.quote(Side::Sell, f64::MAX / 1e30).base
}

proptest! {
    #[test]
    fn buying_back_never_pays(liquidity in any_liquidity(), fee in 0.0f64..0.01, sold in 0.0f64..1e3, first in 0.0f64..50.0) {
        let mut venue = venue(liquidity, fee);
        venue.trade(Side::Buy, first);
        let received = venue.sell(sold);
        let paid = venue.trade(Side::Buy, received.base);
        prop_assert!(paid.base < received.base * (1.0 - 1e-9) || paid.usd >= received.usd * (1.0 - 1e-9), "{received:?} {paid:?}");
    }

    #[test]
    fn proceeds_grow_and_are_concave(liquidity in any_liquidity(), fee in 0.0f64..0.01, a in 0.01f64..500.0, b in 0.01f64..500.0) {
        let venue = venue(liquidity, fee);
        let (low, high) = (a.min(b), a.max(b));
        let [small, mid, large] = [low, (low + high) / 2.0, high].map(|s| venue.quote_sell(s));
        prop_assert!(small <= mid * (1.0 + 1e-12) && mid <= large * (1.0 + 1e-12));
        prop_assert!(mid >= (small + large) / 2.0 * (1.0 - 1e-9));
        prop_assert!(large <= 200.0 * high * (1.0 + 1e-9));
    }

    #[test]
    fn pieces_fetch_what_the_whole_does(liquidity in any_liquidity(), sold in 0.01f64..500.0, share in 0.0f64..1.0) {
        let mut venue = venue(liquidity, 0.0);
        let whole = venue.quote(Side::Sell, sold);
        prop_assume!(whole.base > 0.0);
        let pieces = venue.sell(sold * share).usd + venue.sell(sold * (1.0 - share)).usd;
        prop_assert!((whole.usd - pieces).abs() <= 1e-7 * whole.usd, "{whole:?} {pieces}");
        prop_assert!((whole.mid_after - venue.mid()).abs() <= 1e-7 * 200.0);
    }

    #[test]
    fn liquidity_of_a_pool_never_falls(fee in 0.0f64..0.1, trades in proptest::collection::vec((any::<bool>(), 0.0f64..2e3), 1..20)) {
        let mut venue = venue(pool(), fee);
        let of = |venue: &Venue| match &venue.config.liquidity {
            Liquidity::ConstantProduct(pool) => pool.liquidity(),
            _ => 0.0,
        };
        for (sells, base) in trades {
            let before = of(&venue);
            venue.trade(if sells { Side::Sell } else { Side::Buy }, base);
            prop_assert!(of(&venue) >= before);
        }
    }

    #[test]
    fn nothing_sells_beyond_its_depth(liquidity in any_liquidity(), sales in proptest::collection::vec(0.0f64..1e4, 1..10)) {
        let mut venue = venue(liquidity, 0.0);
        let all = depth(&venue);
        let sold: f64 = sales.iter().map(|s| venue.sell(*s).base).sum();
        prop_assert!(sold <= all * (1.0 + 1e-9), "{sold} of {all}");
        prop_assert!(venue.mid() > 0.0);
    }
}

mod concentrated;
mod split;

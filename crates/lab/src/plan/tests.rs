//! The planner against closed forms, examples by hand and simulation.

use super::dutch::Lots;
use super::ground::Sale;
use super::*;
use crate::cascade::Trigger;
use crate::market::FeedbackMode;
use crate::random::{Purpose, stream};
use crate::venue::{
    ConstantProduct, Level, Linear, Liquidity, OrderBook, Router, Routing, Side, SquareRoot, Venue,
};
use proptest::prelude::*;
use rand::RngExt;

const PRICE: f64 = 100.0;
const DECIMALS: u8 = 18;
/// So few buyers that an auction is a late sale on the venues.
const NOBODY: Buyers = Buyers {
    per_hour: 1e-6,
    margin: 0.05,
    resold: 0.5,
};
const SOME: Buyers = Buyers {
    per_hour: 30.0,
    margin: 0.04,
    resold: 0.5,
};

fn venue(liquidity: Liquidity, half_life_s: f64) -> VenueConfig {
    VenueConfig {
        name: "venue".to_owned(),
        base: 0,
        fee: 0.0,
        half_life_s,
        weight: 1.0,
        permanent_share: None,
        depth: None,
        liquidity,
    }
}

/// Each token moves the price by the share `impact`.
fn linear(impact: f64, half_life_s: f64) -> VenueConfig {
    venue(Liquidity::Linear(Linear::new(impact)), half_life_s)
}

fn pool(tokens: f64, half_life_s: f64) -> VenueConfig {
    let pool = ConstantProduct::fixed(tokens, tokens * PRICE);
    venue(Liquidity::ConstantProduct(pool), half_life_s)
}

fn triggers(all: &[(f64, f64)]) -> Triggers {
    let one = |(price, tokens): &(f64, f64)| Trigger {
        price: *price,
        tokens: *tokens,
    };
    Triggers::new(all.iter().map(one)).unwrap()
}

fn config(tokens: f64, venues: Vec<VenueConfig>) -> PlanConfig {
    PlanConfig {
        amount: door::tokens_to_amount(tokens, DECIMALS),
        decimals: DECIMALS,
        price: PRICE,
        over_s: 3_600,
        risk_aversion: 1e-6,
        volatility: 0.5,
        venues,
        asset: 0,
        impact: Impact {
            mode: FeedbackMode::On,
            venue_weight: 1.0,
            permanent_share: 0.0,
            routing: Routing::Best,
        },
        time: 0,
        triggers: Triggers::default(),
        buyers: NOBODY,
    }
}

fn alternatives(ground: &Ground<'_>) -> Vec<Alternative> {
    ranked(ground).into_iter().map(|(_, best)| best).collect()
}

fn of<'a>(plan: &'a Plan, name: &str) -> &'a Alternative {
    let mut all = plan.alternatives.iter();
    all.find(|way| way.terms.name() == name).unwrap()
}

fn near(got: f64, want: f64, tolerance: f64) {
    let scale = want.abs().max(1e-12);
    assert!(
        ((got - want) / scale).abs() <= tolerance,
        "{got}, wanted {want}"
    );
}

/// Holdings of the paper's example after each day, for its inputs: a million shares over five days, σ = 0.95 a
/// day, γ = 2.5e-7, η = 2.5e-6.
#[test]
fn holdings_are_those_of_the_paper() {
    let impact = 2.5e-6 - 2.5e-7 / 2.0;
    for (aversion, want) in [
        (1e-9, [799_544.0, 599_393.0, 399_469.0, 199_696.0]),
        (1e-7, [757_882.0, 544_564.0, 351_940.0, 172_689.0]),
        (5e-7, [636_913.0, 394_840.0, 227_786.0, 104_012.0]),
        (1e-6, [541_956.0, 289_854.0, 147_897.0, 62_142.0]),
        (2e-6, [428_599.0, 182_933.0, 76_296.0, 27_643.0]),
        (1e-5, [177_868.0, 31_636.0, 5_622.0, 969.0]),
    ] {
        let left = holdings(rate(aversion * 0.95 * 0.95, impact), 5);
        for (got, want) in left[1..5].iter().zip(want) {
            assert!((got * 1e6 - want).abs() <= 0.51, "{aversion}: {left:?}");
        }
    }
}

#[test]
fn holdings_are_hyperbolic_between_equal_pieces_and_all_at_once() {
    for rate in [0.01, 0.3, 0.6071, 2.0, 5.0f64] {
        for (k, got) in (0..).zip(holdings(rate, 20)) {
            let k = f64::from(k);
            near(
                got,
                (rate * (20.0 - k)).sinh() / (rate * 20.0).sinh(),
                1e-12,
            );
        }
    }
    for (rate, want) in [
        (0.0, [1.0, 0.75, 0.5, 0.25, 0.0]),
        (1e-9, [1.0, 0.75, 0.5, 0.25, 0.0]),
        (1e4, [1.0, 0.0, 0.0, 0.0, 0.0]),
        (f64::INFINITY, [1.0, 0.0, 0.0, 0.0, 0.0]),
    ] {
        for (got, want) in holdings(rate, 4).into_iter().zip(want) {
            assert!((got - want).abs() < 1e-9, "{rate}: {got} {want}");
        }
    }
    assert_eq!(rate(1.0, 0.0), f64::INFINITY);
    assert_eq!(rate(0.0, 1.0), 0.0);
}

/// On a linear venue that recovers between sales the chosen κ is the entry of the list next to the closed form's,
/// and figures are those of the paper: E = γX²/2 + η̃·Σn², V = s²·Σx².
#[test]
fn a_linear_venue_gives_the_closed_form() {
    for (aversion, stays) in [(3e-5, 0.0), (1e-3, 0.0), (1e-2, 0.0), (1e-3, 0.4)] {
        let mut config = config(1_000.0, vec![linear(1e-7, 0.0)]);
        config.risk_aversion = aversion;
        config.impact.permanent_share = stays;
        let plan = plan(&config).unwrap();
        let schedule = of(&plan, "almgren-chriss");
        let Terms::AlmgrenChriss { rate, closed_form } = schedule.terms else {
            panic!("{:?}", schedule.terms);
        };
        let half_entry = f64::exp2(0.5 / 4.0);
        let off = rate / closed_form;
        assert!(
            off < half_entry * 1.01 && off > 1.0 / half_entry / 1.01,
            "{aversion} {stays}: {rate}, closed form {closed_form}"
        );
        let left = holdings(rate * 75.0, 48);
        let (impact, tokens) = (1e-7 * PRICE, 1_000.0f64);
        let pieces = left.windows(2).map(|pair| (pair[0] - pair[1]) * tokens);
        let squares: f64 = pieces.map(|n| n * n).sum();
        let cost = stays * impact * tokens * tokens / 2.0 + (1.0 - stays) * impact / 2.0 * squares;
        near(schedule.expected.slippage_usd, cost, 1e-3);
        let variance = (0.5 * PRICE * tokens).powi(2)
            * crate::price::years(75.0)
            * left[1..].iter().map(|x| x * x).sum::<f64>();
        near(schedule.expected.timing_risk_usd, variance.sqrt(), 1e-9);
        near(schedule.expected.risk_charge_usd, aversion * variance, 1e-9);
    }
}

/// A thousand tokens on a venue that falls by e^(−0.05) for them, above an account of 4,000 tokens at 97 dollars.
fn cliff(half_life_s: f64, volatility: f64, aversion: f64) -> PlanConfig {
    PlanConfig {
        triggers: triggers(&[(97.0, 4_000.0)]),
        volatility,
        risk_aversion: aversion,
        ..config(1_000.0, vec![linear(5e-5, half_life_s)])
    }
}

/// At once the price falls to 95.12, below 97; the 4,000 tokens take it to 77.88. By integrals of 100·e^(−λq).
#[test]
fn a_cliff_is_seen_and_gone_around() {
    let found = plan(&cliff(60.0, 0.5, 1e-6)).unwrap();
    let at_once = of(&found, "immediate").expected;
    let integral = |from: f64, to: f64| PRICE * ((-from).exp() - (-to).exp()) / 5e-5;
    near(at_once.slippage_usd, 100_000.0 - integral(0.0, 0.05), 1e-9);
    assert_eq!(at_once.triggered_tokens, 4_000.0);
    near(
        at_once.triggered_loss_usd,
        400_000.0 - integral(0.05, 0.25),
        1e-9,
    );
    near(at_once.lowest_price, PRICE * (-0.25f64).exp(), 1e-9);
    near(at_once.cost_usd, 2_458.8 + 55_143.4, 1e-4);
    // The schedule stays above the edge: it triggers nothing.
    let chosen = found.chosen().unwrap();
    assert_eq!(chosen.terms.name(), "almgren-chriss");
    assert_eq!(chosen.expected.triggered_tokens, 0.0);
    assert!(chosen.expected.lowest_price > 97.0);
    assert!(chosen.expected.cost_usd < 200.0, "{:?}", chosen.expected);
    // The expansion of an empty neighbourhood foretells nothing; the map does.
    assert_eq!((found.greeks.delta, found.greeks.foretold), (0.0, 0.0));
    assert_eq!(found.greeks.mapped, 4_000.0);
}

/// Where depth does not come back, waiting saves no slippage and no account: any timing risk decides.
#[test]
fn the_choice_flips_with_recovery_volatility_and_the_cliff() {
    for (half_life_s, volatility, aversion, cluster, want) in [
        (60.0, 0.5, 1e-6, true, "almgren-chriss"),
        (60.0, 0.5, 1e-6, false, "almgren-chriss"),
        (1e12, 0.5, 1e-6, true, "immediate"),
        (1e12, 0.5, 1e-6, false, "immediate"),
        // With so much risk the slippage of 2,459 dollars is the least without a cluster; with it the schedule
        // stops at the edge.
        (600.0, 40.0, 1.0, false, "immediate"),
        (60.0, 4.0, 1e-3, true, "almgren-chriss"),
    ] {
        let mut config = cliff(half_life_s, volatility, aversion);
        if !cluster {
            config.triggers = Triggers::default();
        }
        let plan = plan(&config).unwrap();
        let got = plan.chosen().unwrap().terms.name();
        assert_eq!(got, want, "{half_life_s} {volatility} {aversion} {cluster}");
    }
}

/// The same block, with the account and without: where the price falls to its threshold more slowly, a slower
/// schedule is chosen.
#[test]
fn a_cliff_makes_the_schedule_slower() {
    let config = cliff(300.0, 2.0, 1e-2);
    let without = PlanConfig {
        triggers: Triggers::default(),
        ..config.clone()
    };
    let rate = |config: &PlanConfig| {
        let plan = plan(config).unwrap();
        match of(&plan, "almgren-chriss").terms {
            Terms::AlmgrenChriss { rate, .. } => rate,
            ref other => panic!("{other:?}"),
        }
    };
    let (slow, fast) = (rate(&config), rate(&without));
    assert!(slow < 0.9 * fast, "{slow} {fast}");
}

/// At the turning points the two ways cost the same, and beside them the order is the one and the other.
#[test]
fn turning_points_are_where_costs_are_equal() {
    let base = PlanConfig {
        triggers: Triggers::default(),
        ..cliff(600.0, 3.0, 1e-1)
    };
    let found = plan(&base).unwrap();
    let turning = found.turning.unwrap();
    let difference = |config: &PlanConfig| {
        let plan = plan(config).unwrap();
        let cost = |name| of(&plan, name).expected.cost_usd;
        cost("almgren-chriss") / cost("immediate") - 1.0
    };
    let volatility = turning.volatility.unwrap();
    let at = |volatility| PlanConfig {
        volatility,
        ..base.clone()
    };
    assert!(difference(&at(volatility)).abs() < 1e-3);
    let order = difference(&at(volatility * 0.9)) * difference(&at(volatility * 1.1));
    assert!(order < 0.0, "{volatility}");
    let factor = turning.half_life.unwrap();
    let at = |factor: f64| PlanConfig {
        venues: vec![linear(5e-5, 600.0 * factor)],
        ..base.clone()
    };
    assert!(difference(&at(factor)).abs() < 1e-3, "{factor}");
    // Depth that comes back faster speaks for the schedule, slower for the sale at once.
    assert!(difference(&at(factor / 1.2)) < 0.0 && difference(&at(factor * 1.2)) > 0.0);
}

/// Accounts from 1.5 % below the price on: none lies in the first window, the line begins in its middle.
#[test]
fn a_density_is_never_below_nothing() {
    for (at, tokens, impact, foretold) in [
        // Gamma is 100 ÷ 1² = 100 tokens a dollar a dollar, from half a dollar on: ½·100·(f − ½)².
        (98.5, 100.0, 2e-5, 50.0 * (1.980_133f64 - 0.5).powi(2)),
        (98.5, 100.0, 4e-6, 0.0),
        // From 150 tokens a dollar down to nothing at a dollar and a half.
        (99.5, 100.0, 2e-5, 150.0 * 1.5 / 2.0),
    ] {
        let config = PlanConfig {
            triggers: triggers(&[(at, tokens)]),
            ..config(1_000.0, vec![linear(impact, 60.0)])
        };
        let greeks = greeks::greeks(&Ground::new(&config).unwrap());
        near(greeks.foretold, foretold, 1e-5);
        assert!(greeks.delta >= 0.0, "{greeks:?}");
    }
}

/// Thresholds of 10 tokens a cent down to 90: delta is 1,000 tokens a dollar; thresholds whose density grows by
/// 100 tokens a dollar for each dollar: gamma is 100.
#[test]
fn delta_and_gamma_are_those_of_the_map() {
    for (density, growth) in [(1_000.0, 0.0), (200.0, 100.0)] {
        let thresholds = (0..10_000u32).map(|i| {
            let fall = (f64::from(i) + 0.5) * 1e-3;
            (PRICE - fall, (density + growth * fall) * 1e-3)
        });
        let thresholds: Vec<_> = thresholds.collect();
        let config = PlanConfig {
            triggers: triggers(&thresholds),
            ..config(1_000.0, vec![linear(2e-5, 60.0)])
        };
        let greeks = greeks::greeks(&Ground::new(&config).unwrap());
        near(greeks.delta, density, 2e-2);
        assert!((greeks.gamma - growth).abs() < 1.0, "{greeks:?}");
        let fall = PRICE * (1.0 - (-0.02f64).exp());
        near(greeks.fall_usd, fall, 1e-9);
        near(
            greeks.foretold,
            density * fall + growth * fall * fall / 2.0,
            1e-2,
        );
        near(greeks.mapped, greeks.foretold, 1e-2);
        near(
            greeks.forced_per_token(1_000.0),
            greeks.delta * fall / 1_000.0,
            1e-12,
        );
    }
}

/// Random buyers at a random market: the mean of what they pay over the price of the moment, how often nobody comes
/// in time, and when it ends.
#[test]
fn an_auction_does_what_its_law_says() {
    const RUNS: u32 = 40_000;
    let mut rng = stream(11, Purpose::Resample);
    let mut uniform = move || -> f64 { rng.random() };
    for (start, decay, per_hour, margin, hours) in [
        (1.0, 0.05, 30.0, 0.04, 1.0),
        (1.02, 0.4, 30.0, 0.04, 0.2),
        (0.98, 0.01, 6.0, 0.1, 0.5),
        (0.9, 1.0, 12.0, 0.05, 0.1),
        (1.0, 5.0, 2.0, 0.2, 4.0),
        (1.5, 0.1, 2.0, 0.2, 1.0),
    ] {
        let buyers = Buyers {
            per_hour,
            margin,
            resold: 1.0,
        };
        let law = Auction { start, decay }.law(&buyers, hours * 3_600.0);
        let (mut price, mut time, mut square, mut untaken) = (0.0, 0.0, 0.0, 0.0);
        for _ in 0..RUNS {
            let (mut at, mut market) = (0.0, 1.0);
            loop {
                let wait = -f64::ln(1.0 - uniform()) / per_hour;
                at += wait;
                // The market moves by a martingale meanwhile: up or down by a hundredth of √wait.
                market *= 1.0 + if uniform() < 0.5 { 0.01 } else { -0.01 } * wait.sqrt();
                if at > hours {
                    (at, untaken) = (hours, untaken + 1.0);
                    break;
                }
                let floor = f64::min(1.0 - margin, start);
                let asked = (start * f64::exp(-decay * at)).max(floor);
                if asked <= 1.0 - margin * uniform() {
                    price += asked * market;
                    square += (asked * market).powi(2);
                    break;
                }
            }
            time += at * 3_600.0;
        }
        let n = f64::from(RUNS);
        let within = |got: f64, want: f64, square: f64| {
            let error = ((square - got * got).max(0.0) / n).sqrt();
            assert!(
                (got - want).abs() < 4.0 * error + 1e-6,
                "{start} {decay}: {got} ± {error}, law {law:?}"
            );
        };
        within(price / n, law.mean_price, square / n);
        within(untaken / n, law.untaken, untaken / n);
        near(time / n, law.mean_time_s, 0.03);
        near(law.mean_square, square / n, 0.03);
    }
}

/// No start and no decay on a grid around the optimum costs less.
#[test]
fn an_auction_is_no_worse_than_its_neighbours() {
    for (aversion, volatility) in [(1e-6, 0.5), (1e-4, 1.0), (1e-3, 3.0)] {
        let config = PlanConfig {
            buyers: SOME,
            risk_aversion: aversion,
            volatility,
            ..config(1_000.0, vec![pool(50_000.0, 300.0)])
        };
        let ground = Ground::new(&config).unwrap();
        for count in [1, 4, 8] {
            let lots = Lots::new(&ground, count).unwrap();
            let best = lots.auction().unwrap();
            let least = lots.cost(&best);
            for (start, decay) in (-10..=10).flat_map(|i| (-10..=10).map(move |j| (i, j))) {
                let other = Auction {
                    start: best.start + f64::from(start) * 1e-3,
                    decay: best.decay * f64::exp2(f64::from(decay) / 5.0),
                };
                assert!(
                    lots.cost(&other) >= least * (1.0 - 1e-4),
                    "{aversion} {count}: {other:?} costs {}, {best:?} {least}",
                    lots.cost(&other)
                );
            }
        }
    }
}

/// Buyers with uses of their own pay more than a pool in which the block is half of the depth, and less than one in
/// which it is nothing.
#[test]
fn an_auction_wins_where_venues_are_thin() {
    for (pool_tokens, buyers, want) in [
        (
            2_000.0,
            Buyers {
                resold: 0.0,
                ..SOME
            },
            "dutch",
        ),
        (
            1e8,
            Buyers {
                resold: 0.0,
                ..SOME
            },
            "almgren-chriss",
        ),
        (2_000.0, NOBODY, "almgren-chriss"),
    ] {
        let config = PlanConfig {
            buyers,
            ..config(1_000.0, vec![pool(pool_tokens, 1_800.0)])
        };
        let plan = plan(&config).unwrap();
        assert_eq!(plan.chosen().unwrap().terms.name(), want, "{pool_tokens}");
    }
}

#[test]
fn refusals() {
    let good = || config(1_000.0, vec![pool(1e5, 60.0)]);
    type Change = fn(&mut PlanConfig);
    let cases: [(Change, &str); 15] = [
        (
            |c| c.amount = Amount::ZERO,
            "amount: must be above 0, found 0",
        ),
        (
            |c| c.amount = Amount::MAX,
            "amount: must be worth at most 1e13 USD, found 1.1579208923731621e61 USD",
        ),
        (
            |c| c.price = 0.0,
            "price: must be a number above 0, found 0",
        ),
        (
            |c| c.over_s = 0,
            "over_s: must lie between 1 and 31536000 seconds, found 0",
        ),
        (
            |c| c.over_s = u32::MAX,
            "over_s: must lie between 1 and 31536000 seconds, found 4294967295",
        ),
        (
            |c| c.risk_aversion = f64::NAN,
            "risk_aversion: must be a number of at least 0, found NaN",
        ),
        (
            |c| c.risk_aversion = -1.0,
            "risk_aversion: must be a number of at least 0, found -1",
        ),
        (
            |c| c.volatility = f64::INFINITY,
            "volatility: must be a number of at least 0, found inf",
        ),
        (|c| c.venues.clear(), "venues: none trades asset 0"),
        (|c| c.asset = 7, "venues: none trades asset 7"),
        (
            |c| c.buyers.margin = 1.0,
            "buyers.margin: must be above 0 and below 1, found 1",
        ),
        (
            |c| c.buyers.per_hour = 0.0,
            "buyers.per_hour: must be a number above 0, found 0",
        ),
        (
            |c| c.buyers.resold = f64::NAN,
            "buyers.resold: must lie between 0 and 1, found NaN",
        ),
        (
            |c| c.impact.venue_weight = 2.0,
            "impact.venue_weight: must lie between 0 and 1, found 2",
        ),
        (
            // Ten tokens of bids, which come back too slowly.
            |c| {
                let bids = [Level {
                    distance: 0.01,
                    base: 10.0,
                }];
                let book = OrderBook::new(&bids, &bids);
                c.venues = vec![venue(Liquidity::OrderBook(book), 1e12)];
            },
            "amount: must find buyers within 3600 seconds, found 1000 tokens, of which the venues take 10 at once",
        ),
    ];
    plan(&good()).unwrap();
    for (change, want) in cases {
        let mut config = good();
        change(&mut config);
        assert_eq!(plan(&config).unwrap_err().to_string(), want);
    }
}

fn any_venue() -> impl Strategy<Value = VenueConfig> {
    let shape = prop_oneof![
        (1e3f64..1e6)
            .prop_map(|t| Liquidity::ConstantProduct(ConstantProduct::fixed(t, t * PRICE))),
        (1e-8f64..1e-5).prop_map(|impact| Liquidity::Linear(Linear::new(impact))),
        (1e5f64..1e8).prop_map(|volume| Liquidity::SquareRoot(SquareRoot::new(1.0, 0.05, volume))),
    ];
    (shape, 0.0f64..3_600.0, 0.0f64..0.01, 0.1f64..4.0).prop_map(
        |(shape, half_life, fee, weight)| VenueConfig {
            fee,
            weight,
            ..venue(shape, half_life)
        },
    )
}

fn any_config() -> impl Strategy<Value = PlanConfig> {
    (
        proptest::collection::vec(any_venue(), 1..4),
        1u128..10u128.pow(22),
        proptest::collection::vec((50.0f64..100.0, 0.0f64..5_000.0), 0..12),
        (1u32..100_000, 0.0f64..4.0, 0.0f64..1.0),
    )
        .prop_map(|(venues, units, accounts, (over_s, volatility, stays))| {
            let mut config = config(1.0, venues);
            config.amount = Amount::new(units);
            config.triggers = triggers(&accounts);
            config.over_s = over_s;
            config.volatility = volatility;
            config.impact.permanent_share = stays;
            config.buyers = SOME;
            config
        })
}

fn sum(amounts: impl IntoIterator<Item = Amount>) -> Amount {
    let add = |sum: Amount, more: Amount| sum.plus(more);
    amounts.into_iter().try_fold(Amount::ZERO, add).unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    /// Slices sum to the block, venues' parts to their slice, to the last unit, for every method.
    #[test]
    fn the_block_is_sold_to_the_last_unit(config in any_config()) {
        let ground = Ground::new(&config).unwrap();
        for way in alternatives(&ground) {
            let amounts = way.slices.iter().map(|slice| slice.amount);
            prop_assert_eq!(sum(amounts), config.amount);
            for slice in way.slices.iter().filter(|slice| !slice.venues.is_empty()) {
                prop_assert_eq!(sum(slice.venues.iter().copied()), slice.amount);
                prop_assert_eq!(slice.venues.len(), config.venues.len());
            }
            let of_block = way.expected.proceeds_usd + way.expected.slippage_usd;
            prop_assert!((of_block / (config.tokens() * PRICE) - 1.0).abs() < 1e-9);
        }
    }

    /// A schedule for more risk aversion has no more left at any time.
    #[test]
    fn more_risk_aversion_is_never_slower(
        config in any_config(),
        aversion in 1e-9f64..1e-2,
        more in 1.0f64..1e4,
    ) {
        let left = |risk_aversion: f64| {
            let config = PlanConfig { risk_aversion, ..config.clone() };
            let ground = Ground::new(&config).unwrap();
            let best = almgren_chriss::AlmgrenChriss.best(&ground);
            best.map(|way| way.course.iter().map(|point| point.left).collect::<Vec<_>>())
        };
        if let (Some(slow), Some(fast)) = (left(aversion), left(aversion * more)) {
            for (slow, fast) in slow.iter().zip(&fast) {
                prop_assert!(*fast <= slow * (1.0 + 1e-9) + 1e-9 * config.tokens(), "{slow} {fast}");
            }
        }
    }

    /// Without accounts in reach costs are the plain ones: at once what the router quotes, and nothing
    /// differs from a map whose thresholds lie below all prices seen.
    #[test]
    fn without_accounts_in_reach_costs_are_the_plain_ones(config in any_config()) {
        let alone = PlanConfig { triggers: Triggers::default(), ..config.clone() };
        let ground = Ground::new(&alone).unwrap();
        let ways = alternatives(&ground);
        let venues = config.venues.iter().map(|venue| Venue::new(venue.clone(), &[PRICE], 0, "v").unwrap());
        let router = Router::new(venues.collect(), 1, Routing::Split);
        let quote = router.quote(0, Side::Sell, alone.tokens(), PRICE);
        let mut lowest = PRICE;
        for way in &ways {
            prop_assert_eq!(way.expected.triggered_loss_usd, 0.0);
            if way.terms == Terms::Immediate {
                prop_assert_eq!(way.expected.proceeds_usd, quote.usd);
            }
            lowest = lowest.min(way.expected.lowest_price);
        }
        let below = PlanConfig { triggers: triggers(&[(lowest * 0.999, 1e6)]), ..alone.clone() };
        let ground = Ground::new(&below).unwrap();
        for way in &ways {
            let sales: Vec<Sale> = way.course.iter().scan(0.0, |at_s, point| {
                let wait_s = point.at_s - *at_s;
                *at_s = point.at_s;
                Some((wait_s, point.left))
            }).scan(alone.tokens(), |left, (wait_s, after)| {
                let tokens = *left - after;
                *left = after;
                Some(Sale { wait_s, tokens })
            }).collect();
            if way.slices.iter().all(|slice| !slice.venues.is_empty()) {
                let tried = ground.try_out(&sales);
                prop_assert_eq!(tried.triggered_tokens, 0.0);
                prop_assert!((tried.sold_usd / way.expected.proceeds_usd - 1.0).abs() < 1e-6);
            }
        }
    }

    /// The accounts that sales bring into breach are those between the lowest price seen and the first, each once.
    #[test]
    fn an_account_is_triggered_once(config in any_config()) {
        let ground = Ground::new(&config).unwrap();
        // Figures of an auction are means of two courses.
        let on_venues = |way: &Alternative| way.terms.name() != "dutch";
        for way in alternatives(&ground).into_iter().filter(on_venues) {
            let expected = way.expected;
            let want = config.triggers.between(PRICE, expected.lowest_price);
            prop_assert!((expected.triggered_tokens - want).abs() <= 1e-9 * (want + 1.0));
            let seen: f64 = way.course.iter().map(|point| point.triggered).sum();
            prop_assert!((seen - want).abs() <= 1e-9 * (want + 1.0));
        }
    }
}

//! Trades over several venues at once, depth and permanent shares.

use super::*;

fn split(venues: Vec<Venue>) -> Router {
    Router::new(venues, 1, Routing::Split)
}

/// Two pools with liquidity L₁ and L₂ and no fee act as one with L₁ + L₂.
#[test]
fn two_pools_are_one_pool() {
    let pool = |share: f64| {
        let pool = ConstantProduct::fixed(1_000.0 * share, 200_000.0 * share);
        venue(Liquidity::ConstantProduct(pool), 0.0)
    };
    for (side, amount) in [(Side::Sell, 0.5), (Side::Sell, 700.0), (Side::Buy, 300.0)] {
        let mut router = split(vec![pool(0.7), pool(0.3)]);
        let whole = pool(1.0).quote(side, amount);
        let quote = router.quote(0, side, amount, 200.0);
        assert!(
            (quote.usd / whole.usd - 1.0).abs() < 1e-9,
            "{quote:?} {whole:?}"
        );
        assert_eq!(quote.base, amount);
        let (fill, stays) = router.trade(0, side, amount, (200.0, 0.25));
        assert!(close(fill.usd, quote.usd) && close(fill.mid_after, quote.mid_after));
        assert_eq!(stays, 0.25);
        assert!((router.mid(0, 200.0) / whole.mid_after - 1.0).abs() < 1e-7);
    }
}

#[test]
fn what_stays_is_weighted_by_what_moved() {
    let own = |share: f64, permanent| {
        let pool = ConstantProduct::fixed(1_000.0 * share, 200_000.0 * share);
        let liquidity = Liquidity::ConstantProduct(pool);
        let config = VenueConfig {
            permanent_share: permanent,
            ..config(liquidity, 0.0)
        };
        Venue::new(config, &[200.0], 0, "v").unwrap()
    };
    // Both end at the same price, so both move by the same.
    let mut router = split(vec![own(0.9, Some(0.8)), own(0.1, None)]);
    let (_, stays) = router.trade(0, Side::Sell, 100.0, (200.0, 0.2));
    assert!((stays - 0.5).abs() < 1e-6, "{stays}");
    let mut best = Router::new(vec![own(0.9, Some(0.8)), own(0.1, None)], 1, Routing::Best);
    assert_eq!(best.trade(0, Side::Sell, 100.0, (200.0, 0.2)).1, 0.8);
}

/// At a third of the depth a third of the amount fetches a third, at the same prices.
#[test]
fn depth_scales_amounts() {
    let thin = DepthConfig {
        window_s: 3_600.0,
        volatility: None,
        withdrawal: Some(Withdrawal {
            at_fall: 0.1,
            share: 2.0 / 3.0,
            return_half_life_s: 1e9,
        }),
        recorded: None,
    };
    for liquidity in [pool(), book(), law(), linear(), ticks()] {
        let thin = VenueConfig {
            depth: Some(thin.clone()),
            ..config(liquidity.clone(), 0.01)
        };
        let mut thin = Venue::new(thin, &[200.0], 0, "v").unwrap();
        let mut whole = venue(liquidity, 0.01);
        thin.step(180.0, 60.0, 60);
        whole.step(180.0, 60.0, 60);
        assert!((thin.depth() - 1.0 / 3.0).abs() < 1e-6, "{}", thin.depth());
        for (side, amount) in [(Side::Sell, 29.0), (Side::Buy, 23.0), (Side::Sell, 1e6)] {
            let (a, b) = (thin.trade(side, amount / 3.0), whole.trade(side, amount));
            assert!((3.0 * a.usd / b.usd - 1.0).abs() < 1e-6, "{a:?} {b:?}");
            assert!(
                (a.mid_after / b.mid_after - 1.0).abs() < 1e-6,
                "{a:?} {b:?}"
            );
            assert!(b.base < amount || a.base == amount / 3.0);
        }
    }
}

fn any_venues() -> impl Strategy<Value = Vec<Venue>> {
    proptest::collection::vec((any_liquidity(), 0.0f64..0.01), 2..5).prop_map(|all| {
        all.into_iter()
            .map(|(shape, fee)| venue(shape, fee))
            .collect()
    })
}

proptest! {
    /// A trade until a price ends at that price.
    #[test]
    fn until_is_the_inverse_of_the_fill(liquidity in any_liquidity(), fee in 0.0f64..0.01, first in 0.0f64..20.0, away in 1e-4f64..0.3) {
        for side in [Side::Sell, Side::Buy] {
            let mut venue = venue(liquidity.clone(), fee);
            venue.trade(Side::Sell, first);
            let now = venue.marginal(side);
            let price = if side == Side::Sell { now * (1.0 - away) } else { now * (1.0 + away) };
            let base = venue.until(side, price);
            prop_assert!(base >= 0.0);
            venue.trade(side, base);
            let after = venue.marginal(side);
            // Order books jump: the next token is at the price or beyond it.
            let within = match side {
                Side::Sell => after <= now * (1.0 + 1e-9) && venue.until(side, price * (1.0 + 1e-7)) <= 1e-6 * (1.0 + base),
                Side::Buy => after >= now * (1.0 - 1e-9) && venue.until(side, price * (1.0 - 1e-7)) <= 1e-6 * (1.0 + base),
            };
            prop_assert!(within, "{now} {price} {after} {base}");
            prop_assert_eq!(venue.until(side, now * if side == Side::Sell { 1.1 } else { 0.9 }), 0.0);
        }
    }

    /// Conserves the amount, is never worse than one venue, and leaves no better price behind.
    #[test]
    fn a_split_is_best(venues in any_venues(), amount in 0.001f64..500.0, sells in any::<bool>()) {
        let side = if sells { Side::Sell } else { Side::Buy };
        let best = Router::new(venues.clone(), 1, Routing::Best).quote(0, side, amount, 200.0);
        let mut router = split(venues.clone());
        let quote = router.quote(0, side, amount, 200.0);
        prop_assert!(quote.base <= amount * (1.0 + 1e-12));
        if best.base >= amount * (1.0 - 1e-9) {
            prop_assert_eq!(quote.base, amount);
            match side {
                Side::Sell => prop_assert!(quote.usd >= best.usd * (1.0 - 1e-9), "{quote:?} {best:?}"),
                Side::Buy => prop_assert!(quote.usd <= best.usd * (1.0 + 1e-9), "{quote:?} {best:?}"),
            }
        } else {
            prop_assert!(quote.base >= best.base * (1.0 - 1e-9));
        }
        let (fill, _) = router.trade(0, side, amount, (200.0, 0.0));
        prop_assert!((fill.usd - quote.usd).abs() <= 1e-9 * quote.usd && fill.base == quote.base);
    }

    /// Of smooth venues those that got a part end at the same price, and the others begin worse. (A constant
    /// product is not among them: its fee joins the reserves once the trade is done, and moves its next price.)
    #[test]
    fn marginal_prices_are_equal(fees in proptest::collection::vec(0.0f64..0.02, 2..5), amount in 0.1f64..500.0, sells in any::<bool>()) {
        let side = if sells { Side::Sell } else { Side::Buy };
        let wide = [(1.0, 14_000.0), (1e5, 0.0)].map(|(from, liquidity)| Range { from, liquidity });
        let wide = Liquidity::Concentrated(Concentrated::new(wide.to_vec()));
        let shapes = [wide, law(), linear(), ticks()];
        let venues: Vec<Venue> = fees
            .iter()
            .enumerate()
            .map(|(i, fee)| venue(shapes[i % 4].clone(), *fee))
            .collect();
        let before: Vec<f64> = venues.iter().map(|venue| venue.marginal(side)).collect();
        let mut router = split(venues);
        router.trade(0, side, amount, (200.0, 0.0));
        let after: Vec<f64> = router.of(0).map(|venue| venue.marginal(side)).collect();
        let moved = |i: usize| (after[i] / before[i] - 1.0).abs() > 1e-9;
        let traded: Vec<f64> = (0..after.len()).filter(|i| moved(*i)).map(|i| after[i]).collect();
        let (low, high) = traded.iter().fold((f64::MAX, 0f64), |(l, h), p| (l.min(*p), h.max(*p)));
        prop_assert!(high / low - 1.0 < 1e-5, "{before:?} {after:?}");
        for i in (0..after.len()).filter(|i| !moved(*i)) {
            let worse = if sells {
                before[i] <= high * (1.0 + 1e-6)
            } else {
                before[i] >= low * (1.0 - 1e-6)
            };
            prop_assert!(worse, "{before:?} {after:?}");
        }
    }
}

//! Pools with ticks: closed forms, other code's figures, properties.

use super::*;

fn pool_of(ranges: &[(f64, f64)], reference: f64, fee: f64) -> Venue {
    let range = |(from, liquidity): &(f64, f64)| Range {
        from: *from,
        liquidity: *liquidity,
    };
    let ranges = ranges.iter().map(range).collect();
    let config = config(Liquidity::Concentrated(Concentrated::new(ranges)), fee);
    Venue::new(config, &[reference], 0, "v").unwrap()
}

/// Within one range a sale of x tokens ends at √p′ = 1 / (1/√p + x/L) and brings L·(√p − √p′).
#[test]
fn one_range_in_closed_form() {
    let mut pool = pool_of(&[(100.0, 50_000.0), (400.0, 0.0)], 225.0, 0.0);
    let fill = pool.sell(10.0);
    let after = 1.0 / (1.0 / 15.0 + 10.0 / 50_000.0);
    assert!(close(fill.usd, 50_000.0 * (15.0 - after)), "{fill:?}");
    assert!(close(fill.mid_after, after * after), "{fill:?}");
    assert!(close(pool.mid(), after * after));
    // Half of it back: to 1/√p″ = 1/√p′ − 5/L.
    let back = pool.trade(Side::Buy, 5.0);
    let then = 1.0 / (1.0 / after - 5.0 / 50_000.0);
    assert!(close(back.usd, 50_000.0 * (then - after)), "{back:?}");
}

/// The whole trade by hand over three ranges with a fee of 1 %, down to the last boundary: what is given
/// counts 99 %, and the rest of the amount finds no liquidity.
#[test]
fn ranges_are_walked_and_end() {
    let ranges = [
        (64.0, 1_000.0),
        (81.0, 0.0),
        (90.25, 3_000.0),
        (100.0, 5_000.0),
        (121.0, 0.0),
    ];
    let (l1, l2, l3) = (1_000.0, 3_000.0, 5_000.0);
    let down = |l: f64, a: f64, b: f64| (l * (1.0 / b - 1.0 / a), l * (a - b));
    let legs = [
        down(l3, 10.5, 10.0),
        down(l2, 10.0, 9.5),
        down(l1, 9.0, 8.0),
    ];
    let base: f64 = legs.iter().map(|leg| leg.0).sum();
    let usd: f64 = legs.iter().map(|leg| leg.1).sum();
    let mut pool = pool_of(&ranges, 110.25, 0.01);
    let fill = pool.sell(1_000.0);
    assert!(close(fill.base, base / 0.99), "{fill:?}");
    assert!(close(fill.usd, usd), "{fill:?}");
    assert!(close(pool.mid(), 64.0));
    assert_eq!(pool.sell(1.0).base, 0.0);
    assert!(close(pool.mid(), 64.0));
    // All the way up, over the gap between 81 and 90.25, at no cost for the gap.
    let up = |l: f64, a: f64, b: f64| (l * (1.0 / a - 1.0 / b), l * (b - a));
    let legs = [up(l1, 8.0, 9.0), up(l2, 9.5, 10.0), up(l3, 10.0, 11.0)];
    let fill = pool.trade(Side::Buy, 1e6);
    assert!(
        close(fill.base, legs.iter().map(|leg| leg.0).sum()),
        "{fill:?}"
    );
    assert!(
        close(fill.usd, legs.iter().map(|leg| leg.1).sum::<f64>() / 0.99),
        "{fill:?}"
    );
    assert!(close(pool.mid(), 121.0));
}

/// A swap in the contract's integers (roots in Q64.96, tokens in 10^-18), as the Uniswap V3 Development Book
/// works it out in Solidity: with L = 1517882343751509868544 and √P = 5602277097478614198912276234240 a sale of
/// 0.01337 ETH brings 66.80838889 USDC and ends at √P = 5598789932670288701514545755210.
#[test]
fn the_integer_figures_of_another_implementation() {
    let q96 = 2f64.powi(96);
    let root = 5_602_277_097_478_614_198_912_276_234_240.0 / q96;
    let liquidity = 1_517_882_343_751_509_868_544.0 / 1e18;
    let mut pool = pool_of(&[(4_545.0, liquidity), (5_500.0, 0.0)], root * root, 0.0);
    let fill = pool.sell(0.013_37);
    assert!(
        (fill.usd / 66.808_388_890_199_41 - 1.0).abs() < 1e-12,
        "{fill:?}"
    );
    let after = 5_598_789_932_670_288_701_514_545_755_210.0 / q96;
    assert!(
        (fill.mid_after.sqrt() / after - 1.0).abs() < 1e-14,
        "{fill:?}"
    );
}

#[test]
fn one_wide_range_is_a_constant_product() {
    let liquidity = (1_000.0f64 * 200_000.0).sqrt();
    for side in [Side::Sell, Side::Buy] {
        for amount in [0.0, 1e-6, 1.0, 500.0] {
            // Fees stay in the reserves of the one and beside those of the other.
            for fee in [0.0, 0.003] {
                let ticks = pool_of(&[(1e-9, liquidity), (1e12, 0.0)], 200.0, fee);
                let (a, b) = (
                    ticks.quote(side, amount),
                    venue(pool(), fee).quote(side, amount),
                );
                assert!((a.usd - b.usd).abs() <= 1e-9 * b.usd, "{a:?} {b:?}");
                assert_eq!(a.base, b.base);
            }
        }
    }
}

/// When the outside price moves the pool slides along its curve and quotes from the range there.
#[test]
fn the_pool_follows_the_reference_along_its_ticks() {
    let mut pool = venue(ticks(), 0.0);
    let depth = |pool: &Venue| 200.0 / pool.mid() * pool.until(Side::Sell, pool.mid() * 0.999);
    let near = depth(&pool);
    pool.step(100.0, 60.0, 60);
    assert!(close(pool.mid(), 100.0));
    assert!(depth(&pool) < 0.2 * near);
    pool.step(270.0, 60.0, 120);
    // In the gap the next token fetches what the range below pays at its upper end.
    let fill = pool.quote(Side::Sell, 1e-9);
    assert!((fill.average - 240.0).abs() < 1e-4, "{fill:?}");
    pool.step(1_000.0, 60.0, 180);
    assert_eq!(pool.quote(Side::Buy, 1.0).base, 0.0);
    assert!((pool.quote(Side::Sell, 1e-9).average - 400.0).abs() < 1e-4);
    pool.step(200.0, 60.0, 240);
    assert!(close(depth(&pool), near));
}

#[test]
fn refusals() {
    for (ranges, want) in [
        (
            vec![(1.0, 1.0)],
            "v.ranges: must have at least two boundaries, found 1",
        ),
        (
            vec![(2.0, 1.0), (2.0, 1.0)],
            "v.ranges[1].from: must be above 2 (boundaries ascend), found 2",
        ),
        (
            vec![(1.0, -1.0), (2.0, 1.0)],
            "v.ranges[0].liquidity: must be a number of at least 0, found -1",
        ),
        (
            vec![(f64::INFINITY, 1.0), (2.0, 1.0)],
            "v.ranges[0].from: must be a number above 0, found inf",
        ),
        (
            vec![(1.0, 0.0), (2.0, 5.0)],
            "v.ranges: must have liquidity somewhere",
        ),
    ] {
        let range = |(from, liquidity)| Range { from, liquidity };
        let ranges = ranges.into_iter().map(range).collect();
        let config = config(Liquidity::Concentrated(Concentrated::new(ranges)), 0.0);
        let got = Venue::new(config, &[200.0], 0, "v").unwrap_err();
        assert_eq!(got.to_string(), want);
    }
}

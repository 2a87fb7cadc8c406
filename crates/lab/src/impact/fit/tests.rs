use super::*;
use crate::random::stream;
use rand::RngExt;
use rand_distr::{Distribution, StandardNormal};

/// What a simulated record is made of.
#[derive(Clone, Copy)]
struct Truth {
    coefficient: f64,
    exponent: f64,
    permanent_share: f64,
    half_life: f64,
}

/// Minutes of a random walk with volatility that changes, forced flow in a third of them, and the
/// impact of the flow, of which a share stays and the rest fades.
fn simulated(truth: &Truth, rows: usize, seed: u64) -> ForcedFlow {
    let mut rng = stream(seed, Purpose::Gas);
    let mut normal = || -> (f64, f64, f64) {
        let z: f64 = StandardNormal.sample(&mut rng);
        let size: f64 = StandardNormal.sample(&mut rng);
        (z, size, rng.random())
    };
    let (mut walk, mut fading) = (7.0, 0.0);
    let mut flow = ForcedFlow::default();
    for i in 0..rows {
        let (z, size, which) = normal();
        let calm = 0.0005 * (1.0 + (i as f64 / 700.0).sin().powi(2));
        let q = if which < 1.0 / 3.0 {
            (4.0 + 1.5 * size).exp()
        } else {
            0.0
        };
        let q = if which < 1.0 / 6.0 { q } else { -q };
        let moved = -truth.coefficient * q.signum() * q.abs().powf(truth.exponent);
        let moved = if q == 0.0 { 0.0 } else { moved };
        walk += calm * z + truth.permanent_share * moved;
        fading = fading * (-1.0 / truth.half_life).exp2() + (1.0 - truth.permanent_share) * moved;
        flow.times.push(1_600_000_000 + 60 * i as u64);
        flow.price.push((walk + fading).exp());
        flow.sold.push(q.max(0.0));
        flow.bought.push((-q).max(0.0));
    }
    flow
}

const TRUTH: Truth = Truth {
    coefficient: 2e-4,
    exponent: 0.5,
    permanent_share: 0.6,
    half_life: 8.0,
};

fn quick() -> FitOptions {
    FitOptions {
        draws: 200,
        ..FitOptions::default()
    }
}

fn within(interval: &Interval, truth: f64) -> bool {
    (interval.value - truth).abs() <= 4.0 * interval.error
}

#[test]
fn a_square_root_is_found() {
    for seed in [1, 2] {
        let found = fit(&simulated(&TRUTH, 20_000, seed), &quick()).unwrap();
        let [linear, root, free] = &found.laws;
        assert!(within(&root.coefficient, 2e-4), "{root:?}");
        assert!(within(&free.exponent, 0.5), "{free:?}");
        assert!(free.exponent.error < 0.05, "{free:?}");
        assert!(within(&free.coefficient, 2e-4), "{free:?}");
        assert!(root.r_squared > linear.r_squared && free.r_squared >= root.r_squared - 1e-9);
        let responses = &found.responses;
        assert_eq!(responses.by_horizon.len(), 61);
        for (k, response) in responses.by_horizon.iter().enumerate() {
            let truth = 2e-4 * (0.6 + 0.4 * (-(k as f64) / 8.0).exp2());
            assert!(within(response, truth), "{k}: {response:?} {truth}");
        }
        assert!(within(&responses.permanent_share, 0.6), "{responses:?}");
        assert!(responses.permanent_share.error < 0.15, "{responses:?}");
        assert!(within(&responses.half_life, 8.0), "{responses:?}");
        assert!(found.before.value.abs() <= 4.0 * found.before.error);
        assert_eq!(
            (found.intervals, found.step_s, found.gaps),
            (19_999, 60.0, 0)
        );
    }
}

#[test]
fn a_line_is_found() {
    let truth = Truth {
        coefficient: 4e-6,
        exponent: 1.0,
        ..TRUTH
    };
    let found = fit(&simulated(&truth, 20_000, 3), &quick()).unwrap();
    let [linear, root, free] = &found.laws;
    assert!(within(&linear.coefficient, 4e-6), "{linear:?}");
    assert!(within(&free.exponent, 1.0), "{free:?}");
    assert!(linear.r_squared > root.r_squared);
}

/// Intervals of 95 % hold the truth about 95 times in 100: those of the coefficient, and those of what
/// stays from the bootstrap.
#[test]
fn intervals_hold_what_they_say() {
    let (mut coefficient, mut stays) = (0, 0);
    for seed in 0..60 {
        let found = fit(&simulated(&TRUTH, 3_000, 100 + seed), &quick()).unwrap();
        let holds = |interval: &Interval, truth| interval.low <= truth && truth <= interval.high;
        coefficient += u32::from(holds(&found.laws[1].coefficient, 2e-4));
        stays += u32::from(holds(&found.responses.permanent_share, 0.6));
    }
    // Of 60 at 95 %, 50 or fewer happen with a chance of one in a thousand.
    assert!((51..=60).contains(&coefficient), "{coefficient}");
    assert!((51..=60).contains(&stays), "{stays}");
}

#[test]
fn the_same_seed_gives_the_same_bytes() {
    let flow = simulated(&TRUTH, 2_000, 5);
    assert_eq!(fit(&flow, &quick()), fit(&flow, &quick()));
}

#[test]
fn refusals() {
    let good = simulated(&TRUTH, 1_000, 4);
    let mut short = good.clone();
    short.price.pop();
    let mut mixed = good.clone();
    mixed.times.swap(3, 4);
    let mut free = good.clone();
    free.price[7] = 0.0;
    let mut calm = good.clone();
    (calm.sold, calm.bought) = (vec![0.0; 1_000], vec![0.0; 1_000]);
    let mut flat = good.clone();
    flat.sold = vec![1.0; 1_000];
    flat.bought = vec![0.0; 1_000];
    let few = simulated(&TRUTH, 500, 4);
    let base = quick();
    for (flow, options, want) in [
        (
            &short,
            base,
            "flow: has 1000 times, [999, 1000, 1000] prices, sales and purchases; must have as many of each",
        ),
        (&few, base, "flow: has 500 rows; at least 501 are needed"),
        (&mixed, base, "flow.times: must rise"),
        (
            &free,
            base,
            "flow.price[7]: must be a number above 0, found 0",
        ),
        (
            &calm,
            base,
            "flow: has 0 intervals with forced flow; at least 50 are needed",
        ),
        (
            &flat,
            base,
            "flow: prices and forced flow do not vary enough to tell them apart",
        ),
        (
            &good,
            FitOptions { horizon: 3, ..base },
            "horizon: must lie between 4 and 100, found 3",
        ),
        (
            &good,
            FitOptions {
                controls: 21,
                ..base
            },
            "controls: must lie between 0 and 20, found 21",
        ),
        (
            &good,
            FitOptions {
                lags: Some(101),
                ..base
            },
            "lags: must lie between 0 and 100, found 101",
        ),
        (
            &good,
            FitOptions {
                block: Some(0),
                ..base
            },
            "block: must lie between 1 and 100, found 0",
        ),
        (
            &good,
            FitOptions { draws: 1, ..base },
            "draws: must lie between 100 and 100000, found 1",
        ),
    ] {
        assert_eq!(fit(flow, &options).unwrap_err().to_string(), want);
    }
}

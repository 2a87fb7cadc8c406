use super::*;
use crate::venue::{ConstantProduct, Liquidity, SquareRoot};
use proptest::prelude::*;

fn flow(price: &[f64], sold: &[f64]) -> ForcedFlow {
    ForcedFlow {
        times: (0..price.len() as u64).map(|i| 60 * i).collect(),
        price: price.to_vec(),
        sold: sold.to_vec(),
        bought: vec![0.0; price.len()],
    }
}

fn config(response: Response) -> ReplayConfig {
    ReplayConfig {
        amplify: 1.0,
        flow: 1.0,
        capacity: 100.0,
        window: 2,
        followers: 0.0,
        rounding: 0.0,
        response,
    }
}

fn factor() -> Response {
    Response::Factor {
        reserve: 900.0,
        half_life_steps: 1.0,
    }
}

fn venue(liquidity: Liquidity) -> Response {
    Response::Venue(Box::new(VenueConfig {
        name: "venue".to_owned(),
        base: 0,
        fee: 0.0,
        half_life_s: 60.0,
        weight: 1.0,
        permanent_share: None,
        depth: None,
        liquidity,
    }))
}

/// 250 tokens meet a market that takes 100 in any three steps: sold 100, then 0, 0, then 100 again.
#[test]
fn a_queue_waits_for_the_window() {
    let record = flow(&[10.0; 8], &[0.0, 250.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0]);
    let mut steps = Vec::new();
    let outcome = replay(&record, &config(factor()), |step| steps.push(*step)).unwrap();
    let sold: Vec<f64> = steps.iter().map(|step| step.sold).collect();
    assert_eq!(sold, [0.0, 100.0, 0.0, 0.0, 100.0, 0.0, 0.0, 50.0]);
    assert_eq!((outcome.sold, outcome.open), (250.0, 0.0));
    // A sale of 100 multiplies the price by (900 / 1000)²; half of what is missing comes back.
    let after = [10.0, 10.0, 10.0 * 0.905, 10.0 * 0.9525];
    for (step, want) in steps.iter().zip(after) {
        assert!((step.price - want).abs() < 1e-12, "{step:?} {want}");
    }
    // The second sale begins at 0.97625 of the price and leaves 0.7907625, of which the third sale,
    // still waiting since the first, sees 0.89538125.
    assert!((outcome.fall_max - 0.10461875).abs() < 1e-12, "{outcome:?}");
    assert_eq!(outcome.open_at_fall_max, 50.0);
    assert_eq!(outcome.day_max, 250.0);
}

#[test]
fn nothing_forced_moves_nothing() {
    let record = flow(&[10.0, 9.0, 8.0], &[0.0; 3]);
    let pool = venue(Liquidity::ConstantProduct(ConstantProduct::fixed(1e3, 1e4)));
    for response in [factor(), pool] {
        let mut prices = Vec::new();
        let outcome = replay(&record, &config(response), |s| prices.push(s.price)).unwrap();
        assert!(
            prices
                .iter()
                .zip(&record.price)
                .all(|(a, b)| (a - b).abs() < 1e-12),
            "{prices:?}"
        );
        let nothing = Outcome {
            steps: 3,
            ..Outcome::default()
        };
        assert_eq!(outcome, nothing);
    }
}

#[test]
fn followers_come_with_new_lows_only() {
    let law = venue(Liquidity::SquareRoot(SquareRoot::new(1.0, 0.1, 1e5)));
    let record = flow(&[10.0; 4], &[100.0, 0.0, 100.0, 0.0]);
    let with = ReplayConfig {
        followers: 500.0,
        capacity: f64::INFINITY,
        ..config(law)
    };
    let mut joined = Vec::new();
    let outcome = replay(&record, &with, |step| joined.push(step.joined)).unwrap();
    // The first sale of 100 of 10,000 tokens a day moves by 0.1·√0.01 = 1 %: 5 tokens follow. They
    // do not reach the low again, for half of it has come back; 100 more do.
    assert!((joined[1] - 5.0).abs() < 1e-9, "{joined:?}");
    assert_eq!(joined[2], 100.0);
    assert!(joined[3] > 0.0 && joined[3] < 5.0, "{joined:?}");
    assert!((outcome.followed - joined[1] - joined[3]).abs() < 1e-9);
}

#[test]
fn refusals() {
    let good = flow(&[10.0, 10.0], &[1.0, 1.0]);
    let short = ForcedFlow {
        sold: vec![1.0],
        ..good.clone()
    };
    let mixed = ForcedFlow {
        times: vec![60, 0],
        ..good.clone()
    };
    let negative = flow(&[10.0, 10.0], &[1.0, -1.0]);
    let free = flow(&[10.0, 0.0], &[1.0, 1.0]);
    let base = || config(factor());
    let shallow = Response::Factor {
        reserve: 0.0,
        half_life_steps: 1.0,
    };
    for (flow, config, want) in [
        (
            &short,
            base(),
            "flow: must have as many prices and sales as times, at least one",
        ),
        (&mixed, base(), "flow.times: must rise"),
        (
            &negative,
            base(),
            "flow.sold[1]: must be a number of at least 0, found -1",
        ),
        (
            &free,
            base(),
            "flow.price[1]: must be a number above 0, found 0",
        ),
        (
            &good,
            ReplayConfig {
                amplify: f64::NAN,
                ..base()
            },
            "amplify: must lie between 0 and 10, found NaN",
        ),
        (
            &good,
            ReplayConfig {
                capacity: 0.0,
                ..base()
            },
            "capacity: must be above 0, found 0",
        ),
        (
            &good,
            ReplayConfig {
                followers: -1.0,
                ..base()
            },
            "followers: must be a number of at least 0, found -1",
        ),
        (
            &good,
            config(shallow),
            "response.reserve: must be a number above 0, found 0",
        ),
    ] {
        let error = replay(flow, &config, |_| {}).unwrap_err();
        assert_eq!(error.to_string(), want);
    }
}

proptest! {
    #[test]
    fn tokens_are_conserved_and_falls_are_the_largest(
        rows in proptest::collection::vec((1.0f64..100.0, 0.0f64..200.0), 1..60),
        capacity in 1.0f64..500.0,
        window in 0usize..10,
        followers in 0.0f64..50.0,
    ) {
        let (price, sold): (Vec<f64>, Vec<f64>) = rows.into_iter().unzip();
        let record = flow(&price, &sold);
        let config = ReplayConfig { capacity, window, followers, ..config(factor()) };
        let mut steps = Vec::new();
        let outcome = replay(&record, &config, |step| steps.push(*step)).unwrap();
        let all = outcome.recorded + outcome.followed;
        prop_assert!((all - outcome.sold - outcome.open).abs() <= 1e-9 * all.max(1.0));
        // The same by looking at every waiting sale.
        let mut waiting: VecDeque<(f64, f64)> = VecDeque::new();
        let mut fall_max = 0f64;
        for (i, step) in steps.iter().enumerate() {
            if step.joined > 0.0 {
                waiting.push_back((step.joined, step.price));
            }
            for (_, price) in &waiting {
                fall_max = fall_max.max((price - step.price) / price);
            }
            prop_assert!((fall_max - step.fall_max).abs() <= 1e-12);
            let recent: f64 = steps[i.saturating_sub(window)..=i].iter().map(|s| s.sold).sum();
            prop_assert!(recent <= capacity * (1.0 + 1e-9));
            let mut left = step.sold;
            while let Some(head) = waiting.front_mut() {
                if head.0 * (1.0 - DUST) > left {
                    head.0 -= left;
                    break;
                }
                left = (left - head.0).max(0.0);
                waiting.pop_front();
            }
        }
    }
}

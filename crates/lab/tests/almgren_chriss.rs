//! A block sold in pieces on a linear venue, against the closed form of Almgren and Chriss (2001).
//!
//! A venue whose price moves by λ for each token, recovers by the next step and leaves a share p of the move
//! in the outside price is their market with permanent impact γ = pλ a token and temporary impact η = λτ/2: selling
//! n_k at step k costs Σ n_k·(λ n_k/2 + γ·Σ_(j<k) n_j). With prices of volatility σ a step the cost
//! has
//!
//!   E = γX²/2 + (λ − γ)/2·Σ n_k²,   V = σ²·Σ x_k²,
//!
//! x_k being what is left after k sales (their equations 7 and 8, no fixed fee). Of all schedules those with
//! x_k = X·sinh(κ(N − k))/sinh(κN), 2(cosh κ − 1) = λσ²/(η − γ/2) a step, have the least E + risk aversion · V.
//! Moves are small, so that differences of logarithms are differences of prices.

#![allow(
    clippy::unwrap_used,
    reason = "a set-up that fails has to stop the test"
)]

use backstop_lab::market::{FeedbackMode, Impact, Market};
use backstop_lab::price::{Dependence, Gbm, Grid, PriceModel, PricePlan};
use backstop_lab::random::path_seed;
use backstop_lab::venue::{Linear, Liquidity, Routing, Side, VenueConfig};

const PRICE: f64 = 50.0;
const TOKENS: f64 = 1_000.0;
const STEPS: usize = 5;
/// Share of the price by which a token moves it, and of that what stays.
const IMPACT: f64 = 1e-6;
const STAYS: f64 = 0.3;
/// Volatility of a step, as a share of the price.
const SIGMA: f64 = 1e-4;
const PATHS: u64 = 4_000;

fn plan() -> PricePlan {
    let year_s = 365.0 * 86_400.0;
    let model = PriceModel::Gbm(Gbm {
        start: PRICE,
        volatility: SIGMA * (year_s / 60.0f64).sqrt(),
        drift: 0.0,
    });
    let grid = Grid {
        start: 0,
        step_s: 60,
        steps: STEPS as u32 + 1,
    };
    PricePlan::new(&[model], &Dependence::default(), &grid).unwrap()
}

/// Cost of a schedule on one path: what the block was worth at the start less what it brought, USD.
fn cost(plan: &PricePlan, schedule: &[f64], path: u64) -> f64 {
    let venue = VenueConfig {
        name: "linear".to_owned(),
        base: 0,
        fee: 0.0,
        half_life_s: 0.0,
        weight: 1.0,
        permanent_share: Some(STAYS),
        depth: None,
        liquidity: Liquidity::Linear(Linear::new(IMPACT)),
    };
    let impact = Impact {
        mode: FeedbackMode::On,
        venue_weight: 1.0,
        permanent_share: 0.0,
        routing: Routing::Best,
    };
    let mut market = Market::new(plan, vec![venue], impact, path_seed(7, path)).unwrap();
    let mut brought = 0.0;
    for (k, tokens) in schedule.iter().enumerate() {
        market.advance(k as u32);
        brought += market.trade(0, Side::Sell, *tokens).usd;
    }
    TOKENS * PRICE - brought
}

/// Sales of the schedule for a rate κ a step; equal ones for 0.
fn schedule(kappa: f64) -> Vec<f64> {
    let n = STEPS as f64;
    let left = |k: usize| match kappa {
        0.0 => TOKENS * (1.0 - k as f64 / n),
        kappa => TOKENS * (kappa * (n - k as f64)).sinh() / (kappa * n).sinh(),
    };
    (0..STEPS).map(|k| left(k) - left(k + 1)).collect()
}

/// Mean and variance by the closed form, USD.
fn closed(schedule: &[f64]) -> (f64, f64) {
    let (lambda, gamma) = (IMPACT * PRICE, STAYS * IMPACT * PRICE);
    let squares: f64 = schedule.iter().map(|n| n * n).sum();
    let mean = gamma * TOKENS * TOKENS / 2.0 + (lambda - gamma) / 2.0 * squares;
    // The first sale is at the price of the start, so risk begins with what is left after it.
    let mut left = TOKENS;
    let mut variance = 0.0;
    for sold in schedule {
        left -= sold;
        variance += (SIGMA * PRICE * left).powi(2);
    }
    (mean, variance)
}

#[test]
fn costs_have_the_mean_and_variance_of_the_closed_form() {
    let plan = plan();
    for kappa in [0.0, 0.3, 0.6071, 1.5, 4.0] {
        let schedule = schedule(kappa);
        assert!((schedule.iter().sum::<f64>() - TOKENS).abs() < 1e-9);
        let costs: Vec<f64> = (0..PATHS)
            .map(|path| cost(&plan, &schedule, path))
            .collect();
        let n = PATHS as f64;
        let mean = costs.iter().sum::<f64>() / n;
        let variance = costs.iter().map(|c| (c - mean).powi(2)).sum::<f64>() / (n - 1.0);
        let (wanted_mean, wanted_variance) = closed(&schedule);
        let error = (wanted_variance / n).sqrt();
        // Of the relative moves, terms of second order are left out: a thousandth of the mean.
        let second = wanted_mean * 1e-3;
        assert!(
            (mean - wanted_mean).abs() <= 4.0 * error + second,
            "{kappa}: mean {mean}, closed form {wanted_mean} ± {error}"
        );
        let error = wanted_variance * (2.0 / n).sqrt();
        assert!(
            (variance - wanted_variance).abs() <= 4.0 * error + wanted_variance * 2e-3,
            "{kappa}: variance {variance}, closed form {wanted_variance} ± {error}"
        );
    }
}

/// Without chance the cost is the closed form's mean to second order: five figures.
#[test]
fn without_volatility_the_cost_is_exact() {
    let model = PriceModel::Constant(backstop_lab::price::Constant { usd: PRICE });
    let grid = Grid {
        start: 0,
        step_s: 60,
        steps: STEPS as u32 + 1,
    };
    let plan = PricePlan::new(&[model], &Dependence::default(), &grid).unwrap();
    for kappa in [0.0, 0.6071, 4.0] {
        let schedule = schedule(kappa);
        let (wanted, _) = closed(&schedule);
        let got = cost(&plan, &schedule, 0);
        assert!(
            (got / wanted - 1.0).abs() < 1e-3,
            "{kappa}: {got}, closed form {wanted}"
        );
    }
}

/// The frontier: for a risk aversion the schedule with its κ has less mean + aversion · variance than those
/// with half and twice the rate, in the closed form and in the lab on the same paths.
#[test]
fn schedules_of_the_frontier_are_the_best() {
    let plan = plan();
    let (lambda, gamma) = (IMPACT * PRICE, STAYS * IMPACT * PRICE);
    let sigma = SIGMA * PRICE;
    for kappa in [0.3f64, 0.6071, 1.5] {
        let aversion = 2.0 * (kappa.cosh() - 1.0) * (lambda - gamma) / 2.0 / (sigma * sigma);
        let utility = |kappa: f64| {
            let schedule = schedule(kappa);
            let (mean, variance) = closed(&schedule);
            let costs: Vec<f64> = (0..PATHS)
                .map(|path| cost(&plan, &schedule, path))
                .collect();
            let n = PATHS as f64;
            let middle = costs.iter().sum::<f64>() / n;
            let spread = costs.iter().map(|c| (c - middle).powi(2)).sum::<f64>() / n;
            // Prices are a martingale: the mean is the impact's, which the closed form has exactly.
            (mean + aversion * variance, mean + aversion * spread)
        };
        let (best, best_in_lab) = utility(kappa);
        for other in [kappa / 2.0, kappa * 2.0] {
            let (worse, worse_in_lab) = utility(other);
            assert!(worse > best, "{kappa} {other}");
            assert!(worse_in_lab > best_in_lab * (1.0 - 0.02), "{kappa} {other}");
        }
    }
}

//! The schedule of Almgren and Chriss ("Optimal execution of portfolio transactions", 2001).
//!
//! Where a sale of n tokens costs η̃·n² beside what no schedule changes, the least E + A·V has
//!
//!   x_k = X·sinh(κ(N − k)) ÷ sinh(κN),  2(cosh κ − 1) = A·s² ÷ η̃,
//!
//! x_k being the tokens left after k of N sales and s² the variance of the price between two of them (their
//! equations 17 and 18). κ → 0 sells equal pieces, κ → ∞ all at once.
//!
//! Real venues are not linear, recover while the schedule runs, and have accounts below them. So the family of
//! schedules is the closed form's, and κ is the one of a fixed list with the least cost by the planner's own
//! count. The list is the same whatever the risk aversion is: with more of it the chosen κ is never smaller, since the
//! cost without risk and the variance of each entry stay what they are, and the variance falls with κ.

use super::ground::{Ground, Sale, Tried};
use super::{Alternative, Expected, Method, Terms};

/// Most sales.
const SALES_MAX: u32 = 48;
/// Entries of the list for each doubling of κ.
const PER_DOUBLING: i32 = 4;
/// κT of the smallest entry above 0, as a power of two.
const LEAST: i32 = -2;
/// κ of the largest entry, a step: the first sale is 95 % of the block.
const MOST: f64 = 3.0;

/// Sells pieces that shrink as the schedule runs.
pub(super) struct AlmgrenChriss;

impl Method for AlmgrenChriss {
    fn best(&self, ground: &Ground<'_>) -> Option<Alternative> {
        let sales = ground.config.over_s.clamp(1, SALES_MAX);
        let step_s = f64::from(ground.config.over_s) / f64::from(sales);
        let ways = rates(sales).filter_map(|rate| Way::new(ground, rate, (sales, step_s)));
        let best = ways.reduce(|a, b| {
            if b.expected.cost_usd < a.expected.cost_usd {
                b
            } else {
                a
            }
        })?;
        let piece = ground.tokens / f64::from(sales);
        let risk = ground.config.risk_aversion * ground.price_variance(step_s);
        let terms = Terms::AlmgrenChriss {
            rate: best.rate / step_s,
            closed_form: rate(risk, ground.impact(piece)) / step_s,
        };
        Some(ground.alternative(terms, (&best.sales, &best.tried), best.expected))
    }
}

/// The list of κ, a step: the slowest first.
fn rates(sales: u32) -> impl Iterator<Item = f64> {
    let rate =
        move |power: i32| (f64::from(power) / f64::from(PER_DOUBLING)).exp2() / f64::from(sales);
    let above = (LEAST * PER_DOUBLING..).map(rate);
    std::iter::once(0.0).chain(above.take_while(|rate| *rate <= MOST))
}

/// One entry of the list.
struct Way {
    /// κ, a step.
    rate: f64,
    sales: Vec<Sale>,
    tried: Tried,
    expected: Expected,
}

impl Way {
    /// Nothing where the venues would not take all of it.
    fn new(ground: &Ground<'_>, rate: f64, (sales, step_s): (u32, f64)) -> Option<Self> {
        let left = holdings(rate, sales);
        let pieces = left.windows(2).enumerate().map(|(k, pair)| Sale {
            wait_s: if k == 0 { 0.0 } else { step_s },
            tokens: (pair[0] - pair[1]) * ground.tokens,
        });
        let sales: Vec<Sale> = pieces.collect();
        let tried = ground.try_out(&sales);
        let squares: f64 = left.iter().skip(1).map(|share| share * share).sum();
        let variance = ground.price_variance(step_s) * ground.tokens.powi(2) * squares;
        tried.whole.then(|| Self {
            expected: ground.expected(&tried, tried.sold_usd, variance),
            rate,
            sales,
            tried,
        })
    }
}

/// Shares of the block left after 0, 1, …, `sales` sales, for κ a step.
pub fn holdings(rate: f64, sales: u32) -> Vec<f64> {
    let n = f64::from(sales);
    let left = |k: u32| {
        let k = f64::from(k);
        if k == 0.0 {
            1.0
        } else if k >= n || rate.is_infinite() {
            0.0
        } else if rate * n < 1e-6 {
            // The limit, which the quotient of two tiny numbers would miss.
            1.0 - k / n
        } else {
            // sinh(κ(N − k)) ÷ sinh(κN) without overflow.
            (-rate * k).exp() * (-2.0 * rate * (n - k)).exp_m1() / (-2.0 * rate * n).exp_m1()
        }
    };
    (0..=sales).map(left).collect()
}

/// κ a step by the closed form, from A·s² and η̃ (USD for the square of a token); infinite without impact.
pub fn rate(risk: f64, impact: f64) -> f64 {
    if impact <= 0.0 {
        return f64::INFINITY;
    }
    // arcosh(1 + u) without the loss of digits where u is small.
    let half = (risk / impact / 4.0).sqrt();
    2.0 * half.asinh()
}

//! Delta and gamma of the liquidation map: how a fall of the price meets the next accounts.

use super::ground::Ground;

/// Each of the two windows below the present price, as a share of it.
const WINDOW: f64 = 0.01;

/// The map around the present price, and the fall that the block alone causes when it is sold at once.
///
/// With Q(f) the tokens that a fall of f USD brings into breach, delta is dQ/df at the present price and gamma d²Q/df²,
/// by differences over two windows of 1 % of the price. The line through them (a density, so never below 0) foretells what
/// a fall triggers; where the map itself says much more, a cluster of accounts lies further down.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Greeks {
    /// Tokens that come into breach for each USD of fall.
    pub delta: f64,
    /// Growth of delta for each USD of fall.
    pub gamma: f64,
    /// Fall of the price that the oracle samples when the block is sold at once and nobody follows, USD.
    pub fall_usd: f64,
    /// Tokens that this brings into breach by delta and gamma, at least 0.
    pub foretold: f64,
    /// The same by the map.
    pub mapped: f64,
}

impl Greeks {
    /// Further tokens forced by each token of the block, at its mean impact: a sale of x moves the price by
    /// fall ÷ x a token, and each USD of that brings delta tokens.
    pub fn forced_per_token(&self, block: f64) -> f64 {
        self.delta * self.fall_usd / block
    }
}

pub(super) fn greeks(ground: &Ground<'_>) -> Greeks {
    let (now, after) = ground.fall(ground.tokens);
    let triggers = &ground.config.triggers;
    let window = WINDOW * now;
    let near = triggers.between(now, now - window) / window;
    let far = triggers.between(now - window, now - 2.0 * window) / window;
    let gamma = (far - near) / window;
    // The mean over a window is the value in its middle.
    let delta = near - gamma * window / 2.0;
    let fall_usd = now - after;
    Greeks {
        delta: delta.max(0.0),
        gamma,
        fall_usd,
        foretold: positive_part(delta, delta + gamma * fall_usd, fall_usd),
        mapped: triggers.between(now, after),
    }
}

/// Integral of the part above 0 of a line from one value to another, over a length.
fn positive_part(from: f64, to: f64, length: f64) -> f64 {
    match (from >= 0.0, to >= 0.0) {
        (true, true) => f64::midpoint(from, to) * length,
        (false, false) => 0.0,
        _ => from.max(to).powi(2) / (from - to).abs() / 2.0 * length,
    }
}

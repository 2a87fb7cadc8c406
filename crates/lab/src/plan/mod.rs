//! How to sell a seized block of collateral: at once, by a Dutch auction, or along an Almgren–Chriss schedule.
//!
//! Each method is one file and one line in `METHODS`; it returns its best way to sell the block. The planner
//! compares them by the expected cost in USD,
//!
//!   cost = (X·S − proceeds) + forced + A·V
//!
//! - X·S is the block at the price of now; proceeds are what it is expected to bring, so the bracket is fees and
//!   slippage (of an auction: what buyers keep);
//! - *forced* is what the accounts lose that the sale brings into breach: their collateral at the price of now less
//!   what its sale brings (`ground`);
//! - V is the variance of the proceeds, σ²·S²·∫ x(t)² dt with x(t) the tokens not yet sold and σ the volatility; A is
//!   the risk aversion, per USD (Almgren and Chriss, "Optimal execution of portfolio transactions", 2001).
//!
//! **Assumptions.** The outside price has no drift, and expected costs are those on its mean path: accounts that the
//! market's own moves would reach are not counted, with the plan or without it. Venues begin at rest, with the depth of
//! now. Trades are split over the venues at equal marginal prices. Gas is not counted.
//!
//! Inside everything is `f64`; [`Slice`] amounts are exact and sum to the block to the last unit.

mod almgren_chriss;
mod divide;
mod dutch;
mod greeks;
mod ground;
mod immediate;
#[cfg(test)]
mod tests;
mod turning;

pub use almgren_chriss::{holdings, rate};
pub use dutch::{Auction, Buyers, Law};
pub use greeks::Greeks;
pub use ground::Point;
pub use turning::Turning;

use crate::cascade::Triggers;
use crate::door;
use crate::error::{ConfigError, require, require_not_negative, require_positive};
use crate::market::Impact;
use crate::venue::VenueConfig;
use backstop_core::units::Amount;
use ground::Ground;

/// A way to sell a block.
trait Method: Sync {
    /// Its best alternative; nothing where it cannot sell the whole block in time.
    fn best(&self, ground: &Ground<'_>) -> Option<Alternative>;
}

/// All methods. Of alternatives that cost the same the first is chosen.
const METHODS: [&dyn Method; 3] = [
    &immediate::Immediate,
    &almgren_chriss::AlmgrenChriss,
    &dutch::Dutch,
];

/// Costs that differ by less than this share of the block are equal.
const ROUNDING: f64 = 1e-10;
/// Largest block, USD.
const LARGEST_USD: f64 = 1e13;
/// Longest horizon, seconds: a year.
const OVER_MAX_S: u32 = 365 * 86_400;

/// What is to be sold, and where.
#[derive(Clone, Debug)]
pub struct PlanConfig {
    /// The block, in the token's smallest unit.
    pub amount: Amount,
    /// Decimals of the token.
    pub decimals: u8,
    /// Price of now, USD.
    pub price: f64,
    /// Seconds within which the block is sold.
    pub over_s: u32,
    /// A: USD of cost for a USD² of variance.
    pub risk_aversion: f64,
    /// σ, a year.
    pub volatility: f64,
    /// Venues; those of other assets are left out.
    pub venues: Vec<VenueConfig>,
    /// Position of the asset in the venues' `base`.
    pub asset: usize,
    /// How trades move the price that the oracle samples. Trades are split whatever its routing is.
    pub impact: Impact,
    /// Now, seconds since 1970.
    pub time: u64,
    /// What a fall of the oracle's price makes liquidatable.
    pub triggers: Triggers,
    /// Who comes to a Dutch auction.
    pub buyers: Buyers,
}

impl PlanConfig {
    /// The block in whole tokens.
    pub fn tokens(&self) -> f64 {
        door::amount_to_tokens(self.amount, self.decimals)
    }

    fn check(&self) -> Result<(), ConfigError> {
        require(
            !self.amount.is_zero(),
            || "amount".to_owned(),
            || "must be above 0, found 0".to_owned(),
        )?;
        require_positive(self.price, || "price".to_owned())?;
        let worth = self.tokens() * self.price;
        require(
            worth <= LARGEST_USD,
            || "amount".to_owned(),
            || format!("must be worth at most {LARGEST_USD:e} USD, found {worth:e} USD"),
        )?;
        require(
            (1..=OVER_MAX_S).contains(&self.over_s),
            || "over_s".to_owned(),
            || {
                let found = self.over_s;
                format!("must lie between 1 and {OVER_MAX_S} seconds, found {found}")
            },
        )?;
        require_not_negative(self.risk_aversion, || "risk_aversion".to_owned())?;
        require_not_negative(self.volatility, || "volatility".to_owned())?;
        require(
            self.venues.iter().any(|venue| venue.base == self.asset),
            || "venues".to_owned(),
            || format!("none trades asset {}", self.asset),
        )?;
        self.buyers.check()
    }
}

/// What was chosen for a method's parameters.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Terms {
    /// All at once.
    Immediate,
    /// x(t) = X·sinh(κ(T − t)) ÷ sinh(κT).
    AlmgrenChriss {
        /// κ, a second.
        rate: f64,
        /// κ by the closed form, a second, for impact in proportion to the amount (measured for one of the equal pieces),
        /// venues that recover between sales, and no other account.
        closed_form: f64,
    },
    /// Lots offered one after another at a falling share of the oracle's price.
    Dutch {
        /// Equal lots, at equal intervals.
        lots: u32,
        /// The price and its fall.
        auction: Auction,
        /// Mean seconds until a lot is taken or withdrawn.
        mean_time_s: f64,
        /// Chance that nobody takes a lot in its time, and it is sold on the venues.
        untaken: f64,
    },
}

impl Terms {
    /// Name of the method.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Immediate => "immediate",
            Self::AlmgrenChriss { .. } => "almgren-chriss",
            Self::Dutch { .. } => "dutch",
        }
    }
}

/// What a way to sell is expected to do, in USD of the price of now.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Expected {
    /// What the block brings.
    pub proceeds_usd: f64,
    /// The block at the price of now less that: fees and slippage, and what an auction's buyers keep.
    pub slippage_usd: f64,
    /// Standard deviation of the proceeds.
    pub timing_risk_usd: f64,
    /// Risk aversion times their variance.
    pub risk_charge_usd: f64,
    /// Tokens of other accounts that the sale brings into breach.
    pub triggered_tokens: f64,
    /// What these accounts lose by the forced sale.
    pub triggered_loss_usd: f64,
    /// Lowest price that the oracle samples; in the mean where a lot may stay untaken.
    pub lowest_price: f64,
    /// Slippage, triggered loss and risk charge.
    pub cost_usd: f64,
}

/// One piece of the block, exact.
#[derive(Clone, Debug, PartialEq)]
pub struct Slice {
    /// Seconds from now; of an auction's lot its start.
    pub at_s: f64,
    /// Units of the token.
    pub amount: Amount,
    /// The same by venue, in the order of [`PlanConfig::venues`] without other assets'; empty where buyers
    /// take the piece.
    pub venues: Vec<Amount>,
}

/// The best way of one method.
#[derive(Clone, Debug)]
pub struct Alternative {
    /// The method and its parameters.
    pub terms: Terms,
    /// What it is expected to do.
    pub expected: Expected,
    /// The block in pieces; their amounts sum to it.
    pub slices: Vec<Slice>,
    /// Market and tokens left, sale by sale, on the mean path.
    pub course: Vec<Point>,
}

/// The alternatives and which to take.
#[derive(Clone, Debug)]
pub struct Plan {
    /// By expected cost, the least first: the first is chosen. Methods that cannot sell the block are left out.
    pub alternatives: Vec<Alternative>,
    /// How the block's own fall of the price meets other accounts.
    pub greeks: Greeks,
    /// What makes the second alternative the first; nothing where there is none.
    pub turning: Option<Turning>,
}

impl Plan {
    /// The alternative with the least cost.
    pub fn chosen(&self) -> Option<&Alternative> {
        self.alternatives.first()
    }
}

/// Plans a sale.
///
/// # Errors
/// When a field is out of range, no venue trades the asset, or no method finds buyers for the whole block.
pub fn plan(config: &PlanConfig) -> Result<Plan, ConfigError> {
    config.check()?;
    let ground = Ground::new(config)?;
    let ranked = ranked(&ground);
    require(
        !ranked.is_empty(),
        || "amount".to_owned(),
        || {
            format!(
                "must find buyers within {} seconds, found {} tokens, of which the venues take {} at once",
                config.over_s,
                config.tokens(),
                ground.taken_at_once()
            )
        },
    )?;
    let turning = match ranked.as_slice() {
        [(first, _), (second, _), ..] => Some(turning::turning(config, [*first, *second])?),
        _ => None,
    };
    Ok(Plan {
        greeks: greeks::greeks(&ground),
        alternatives: ranked.into_iter().map(|(_, best)| best).collect(),
        turning,
    })
}

/// The best of each method, the least cost first.
fn ranked(ground: &Ground<'_>) -> Vec<(&'static dyn Method, Alternative)> {
    let best = |method: &&'static dyn Method| Some((*method, method.best(ground)?));
    let mut all: Vec<_> = METHODS.iter().filter_map(best).collect();
    // A stable sort keeps the order of the methods where costs are equal but for rounding.
    let rounding = ROUNDING * ground.tokens * ground.config.price;
    let cost = |way: &Alternative| (way.expected.cost_usd / rounding).round();
    all.sort_by(|a, b| cost(&a.1).total_cmp(&cost(&b.1)));
    all
}

//! Where collateral is sold and debt tokens are bought: one file a liquidity model.
//!
//! A venue trades one base asset against dollars; the quote token is taken at one dollar, and an
//! exit from collateral to debt is two trades, each priced in USD. Chains of venues are not modelled.
//!
//! **Resilience.** A venue quotes around a reference price, which follows the outside price. What
//! ordinary traders do when the outside price moves is not simulated: the quotes move with it at
//! once. Forced trades displace the venue from its reference, and noise traders and arbitrage pull
//! it back at finite speed: the displacement (of the order book: the consumed depth) halves every
//! [`VenueConfig::half_life_s`].
//!
//! **Temporary and permanent.** Of the displacement by a forced trade a share may stay in the outside price
//! ([`VenueConfig::permanent_share`]); the rest fades with the half-life. [`crate::market`] has the formula.
//!
//! **Depth.** What a venue states may shrink in a crash, or follow a record ([`DepthConfig`]).
//!
//! **No free lunch.** Each model's price is a function of its displacement alone, so buying back
//! what was just sold never pays.

mod concentrated;
mod constant_product;
mod depth;
mod linear;
mod liquidity;
mod order_book;
mod router;
mod square_root;

pub use concentrated::{Concentrated, Range};
pub use constant_product::{ConstantProduct, Reserves};
pub use depth::{DepthConfig, RecordedDepth, VolatilityRule, Withdrawal};
pub use linear::Linear;
pub use liquidity::Liquidity;
pub use order_book::{Level, OrderBook};
pub use router::{Router, Routing};
pub use square_root::SquareRoot;

use depth::DepthState;

use crate::error::{ConfigError, require, require_not_negative, require_positive, require_share};

/// What the trader does with the base asset.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// Gives base, receives dollars.
    Sell,
    /// Gives dollars, receives base.
    Buy,
}

/// Result of a trade or of a quote.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Fill {
    /// Base tokens that changed hands; less than asked for where the depth ends.
    pub base: f64,
    /// Dollars received (sell) or paid (buy), fee included.
    pub usd: f64,
    /// Dollars per base token; the mid for an empty fill.
    pub average: f64,
    /// Mid price afterwards, USD.
    pub mid_after: f64,
}

impl Fill {
    fn new(base: f64, usd: f64, mid_after: f64) -> Self {
        let average = if base > 0.0 { usd / base } else { mid_after };
        Self {
            base,
            usd,
            average,
            mid_after,
        }
    }
}

/// One venue.
#[derive(Clone, Debug)]
pub struct VenueConfig {
    /// Name for messages and reports.
    pub name: String,
    /// Position of the base asset in the protocol's list.
    pub base: usize,
    /// Share of each trade kept as a fee, 0 to 1 (0.003 is 30 bps).
    pub fee: f64,
    /// Seconds in which half of a displacement is gone; 0 for at once (by the next step).
    pub half_life_s: f64,
    /// Weight among the venues of the same asset where a mean of their mids is formed.
    pub weight: f64,
    /// Share of a trade's impact that stays in the outside price; `None` for the share that holds for all
    /// venues.
    pub permanent_share: Option<f64>,
    /// How depth changes; `None` for not at all.
    pub depth: Option<DepthConfig>,
    /// Shape of the liquidity.
    pub liquidity: Liquidity,
}

/// State of one venue.
#[derive(Clone, Debug)]
pub struct Venue {
    config: VenueConfig,
    /// Logarithm of reference over outside price; what of a permanent move has not arrived yet.
    lag: f64,
    outside: f64,
    /// Price that the venue quotes around, from these two.
    reference: f64,
    depth: Option<DepthState>,
}

impl Venue {
    /// A venue at rest at the outside price of `assets[base]`.
    ///
    /// # Errors
    /// When a field of the configuration is out of range; `field` is the path to name.
    pub fn new(
        config: VenueConfig,
        outside: &[f64],
        time: u64,
        field: &str,
    ) -> Result<Self, ConfigError> {
        let at = |name: &str| format!("{field}.{name}");
        require(
            config.base < outside.len(),
            || at("base"),
            || {
                let assets = outside.len();
                format!(
                    "must name one of the {assets} assets, found {}",
                    config.base
                )
            },
        )?;
        require(
            (0.0..1.0).contains(&config.fee),
            || at("fee"),
            || format!("must be at least 0 and below 1, found {}", config.fee),
        )?;
        require_not_negative(config.half_life_s, || at("half_life_s"))?;
        require_positive(config.weight, || at("weight"))?;
        if let Some(share) = config.permanent_share {
            require_share(share, || at("permanent_share"))?;
        }
        if let Some(depth) = &config.depth {
            depth.check(field)?;
        }
        config.liquidity.check(field)?;
        let outside = outside[config.base];
        let mut venue = Self {
            depth: config
                .depth
                .clone()
                .map(|depth| DepthState::new(depth, outside, time)),
            config,
            lag: 0.0,
            outside,
            reference: outside,
        };
        venue.step(outside, 0.0, time);
        Ok(venue)
    }

    /// Position of the base asset.
    pub fn base(&self) -> usize {
        self.config.base
    }

    /// Weight among the venues of the same asset.
    pub fn weight(&self) -> f64 {
        self.config.weight
    }

    /// Share of a trade's impact that stays, where the venue has one of its own.
    pub fn permanent_share(&self) -> Option<f64> {
        self.config.permanent_share
    }

    /// Depth at present over what the venue states; above 1 only by a record.
    pub fn depth(&self) -> f64 {
        self.depth.as_ref().map_or(1.0, DepthState::factor)
    }

    /// Mid price, USD.
    pub fn mid(&self) -> f64 {
        self.config.liquidity.mid(self.reference)
    }

    /// What a trade of `base` tokens would get, without changing anything.
    pub fn quote(&self, side: Side, base: f64) -> Fill {
        let (reference, fee, depth) = (self.reference, self.config.fee, self.depth());
        let fill = self
            .config
            .liquidity
            .fill(reference, fee, side, base / depth);
        at_depth(fill, base, depth)
    }

    /// Trades `base` tokens, or as many as the depth allows.
    pub fn trade(&mut self, side: Side, base: f64) -> Fill {
        let (reference, fee, depth) = (self.reference, self.config.fee, self.depth());
        let fill = self
            .config
            .liquidity
            .trade(reference, fee, side, base / depth);
        at_depth(fill, base, depth)
    }

    /// What the next token fetches (sell) or costs (buy), fee included, USD.
    pub fn marginal(&self, side: Side) -> f64 {
        let (reference, fee) = (self.reference, self.config.fee);
        self.config.liquidity.marginal(reference, fee, side)
    }

    /// Base tokens of one trade until its next token would fetch less, or cost more, than `price`, fee
    /// included.
    pub fn until(&self, side: Side, price: f64) -> f64 {
        let (reference, fee) = (self.reference, self.config.fee);
        self.config.liquidity.until(reference, fee, side, price) * self.depth()
    }

    /// Sells `base` tokens, or as many as the depth allows.
    pub fn sell(&mut self, base: f64) -> Fill {
        self.trade(Side::Sell, base)
    }

    /// Dollars that a sale of `base` tokens would bring.
    pub fn quote_sell(&self, base: f64) -> f64 {
        self.quote(Side::Sell, base).usd
    }

    /// Lets `dt` seconds pass until `time`: takes the new outside price and recovers toward it.
    pub fn step(&mut self, outside: f64, dt: f64, time: u64) {
        let keep = self.kept(dt);
        self.outside = outside;
        self.lag *= keep;
        if let Some(depth) = &mut self.depth {
            depth.step(outside, dt, time);
        }
        self.refer();
        self.config.liquidity.recover(keep, self.reference, time);
    }

    /// Moves the outside price without moving the quotes: what part of a trade's impact is
    /// permanent, the venue has already seen.
    pub fn absorb(&mut self, outside: f64) {
        self.lag += (self.outside / outside).ln();
        self.outside = outside;
        self.refer();
    }

    fn refer(&mut self) {
        self.reference = if self.lag == 0.0 {
            self.outside
        } else {
            self.outside * self.lag.exp()
        };
        self.config.liquidity.anchor(self.reference);
    }

    fn kept(&self, dt: f64) -> f64 {
        if dt <= 0.0 {
            1.0
        } else if self.config.half_life_s > 0.0 {
            (-dt / self.config.half_life_s).exp2()
        } else {
            0.0
        }
    }
}

/// A fill of the stated depth, as it is at a share of that depth: amounts shrink with it.
fn at_depth(fill: Fill, asked: f64, depth: f64) -> Fill {
    if depth == 1.0 {
        return fill;
    }
    let whole = fill.base >= asked / depth;
    Fill {
        base: if whole { asked } else { fill.base * depth },
        usd: fill.usd * depth,
        ..fill
    }
}

#[cfg(test)]
mod tests;

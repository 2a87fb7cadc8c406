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
//! **No free lunch.** Each model's price is a function of its displacement alone, so buying back
//! what was just sold never pays.

mod constant_product;
mod order_book;
mod router;
mod square_root;

pub use constant_product::{ConstantProduct, Reserves};
pub use order_book::{Level, OrderBook};
pub use router::Router;
pub use square_root::SquareRoot;

use crate::error::{ConfigError, require, require_not_negative, require_positive};

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

/// The shape of a venue's liquidity.
#[derive(Clone, Debug)]
pub enum Liquidity {
    /// A pool that keeps x·y.
    ConstantProduct(ConstantProduct),
    /// Resting orders by distance from the mid.
    OrderBook(OrderBook),
    /// The square-root law of market impact.
    SquareRoot(SquareRoot),
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
        match &config.liquidity {
            Liquidity::ConstantProduct(m) => m.check(field)?,
            Liquidity::OrderBook(m) => m.check(field)?,
            Liquidity::SquareRoot(m) => m.check(field)?,
        }
        let outside = outside[config.base];
        let mut venue = Self {
            config,
            lag: 0.0,
            outside,
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

    /// Mid price, USD.
    pub fn mid(&self) -> f64 {
        let reference = self.reference();
        match &self.config.liquidity {
            Liquidity::ConstantProduct(m) => m.mid(reference),
            Liquidity::OrderBook(m) => m.mid(reference),
            Liquidity::SquareRoot(m) => m.mid(reference),
        }
    }

    /// What a trade of `base` tokens would get, without changing anything.
    pub fn quote(&self, side: Side, base: f64) -> Fill {
        let (reference, fee) = (self.reference(), self.config.fee);
        match &self.config.liquidity {
            Liquidity::ConstantProduct(m) => m.fill(reference, fee, side, base).0,
            Liquidity::OrderBook(m) => m.fill(reference, fee, side, base).0,
            Liquidity::SquareRoot(m) => m.fill(reference, fee, side, base).0,
        }
    }

    /// Trades `base` tokens, or as many as the depth allows.
    pub fn trade(&mut self, side: Side, base: f64) -> Fill {
        let (reference, fee) = (self.reference(), self.config.fee);
        match &mut self.config.liquidity {
            Liquidity::ConstantProduct(m) => m.trade(reference, fee, side, base),
            Liquidity::OrderBook(m) => m.trade(reference, fee, side, base),
            Liquidity::SquareRoot(m) => m.trade(reference, fee, side, base),
        }
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
        match &mut self.config.liquidity {
            Liquidity::ConstantProduct(m) => m.recover(keep, time),
            Liquidity::OrderBook(m) => m.recover(keep),
            Liquidity::SquareRoot(m) => m.recover(keep),
        }
    }

    /// Moves the outside price without moving the quotes: what part of a trade's impact is
    /// permanent, the venue has already seen.
    pub fn absorb(&mut self, outside: f64) {
        self.lag += (self.outside / outside).ln();
        self.outside = outside;
    }

    fn reference(&self) -> f64 {
        self.outside * self.lag.exp()
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

#[cfg(test)]
mod tests;

//! One word for all shapes of liquidity.

use super::{Concentrated, ConstantProduct, Fill, Linear, OrderBook, Side, SquareRoot};
use crate::error::ConfigError;

/// The shape of a venue's liquidity.
#[derive(Clone, Debug)]
pub enum Liquidity {
    /// A pool that keeps x·y.
    ConstantProduct(ConstantProduct),
    /// A pool with ticks.
    Concentrated(Concentrated),
    /// Resting orders by distance from the mid.
    OrderBook(OrderBook),
    /// The square-root law of market impact.
    SquareRoot(SquareRoot),
    /// Impact in proportion to the amount.
    Linear(Linear),
}

impl Liquidity {
    pub(super) fn check(&self, field: &str) -> Result<(), ConfigError> {
        match self {
            Self::ConstantProduct(m) => m.check(field),
            Self::Concentrated(m) => m.check(field),
            Self::OrderBook(m) => m.check(field),
            Self::SquareRoot(m) => m.check(field),
            Self::Linear(m) => m.check(field),
        }
    }

    pub(super) fn mid(&self, reference: f64) -> f64 {
        match self {
            Self::ConstantProduct(m) => m.mid(reference),
            Self::Concentrated(m) => m.mid(reference),
            Self::OrderBook(m) => m.mid(reference),
            Self::SquareRoot(m) => m.mid(reference),
            Self::Linear(m) => m.mid(reference),
        }
    }

    pub(super) fn fill(&self, reference: f64, fee: f64, side: Side, base: f64) -> Fill {
        match self {
            Self::ConstantProduct(m) => m.fill(reference, fee, side, base).0,
            Self::Concentrated(m) => m.fill(reference, fee, side, base).0,
            Self::OrderBook(m) => m.fill(reference, fee, side, base).0,
            Self::SquareRoot(m) => m.fill(reference, fee, side, base).0,
            Self::Linear(m) => m.fill(reference, fee, side, base).0,
        }
    }

    pub(super) fn trade(&mut self, reference: f64, fee: f64, side: Side, base: f64) -> Fill {
        match self {
            Self::ConstantProduct(m) => m.trade(reference, fee, side, base),
            Self::Concentrated(m) => m.trade(reference, fee, side, base),
            Self::OrderBook(m) => m.trade(reference, fee, side, base),
            Self::SquareRoot(m) => m.trade(reference, fee, side, base),
            Self::Linear(m) => m.trade(reference, fee, side, base),
        }
    }

    /// Takes a new reference before it is asked for quotes around it.
    pub(super) fn anchor(&mut self, reference: f64) {
        if let Self::SquareRoot(m) = self {
            m.anchor(reference);
        }
    }

    /// What the next token fetches or costs, fee included.
    pub(super) fn marginal(&self, reference: f64, fee: f64, side: Side) -> f64 {
        let before_fee = match self {
            Self::OrderBook(m) => m.touch(reference, side),
            _ => self.mid(reference),
        };
        self.with_fee(before_fee, fee, side)
    }

    /// Base tokens until the next one fetches less, or costs more, than `price`, fee included.
    pub(super) fn until(&self, reference: f64, fee: f64, side: Side, price: f64) -> f64 {
        let price = price / self.with_fee(1.0, fee, side);
        let base = match self {
            Self::ConstantProduct(m) => m.until(reference, side, price),
            Self::Concentrated(m) => m.until(reference, side, price),
            Self::OrderBook(m) => m.until(reference, side, price),
            Self::SquareRoot(m) => m.until(reference, side, price),
            Self::Linear(m) => m.until(reference, side, price),
        };
        match (side, self.fee_on_input()) {
            (Side::Sell, true) => base / (1.0 - fee),
            _ => base,
        }
    }

    fn with_fee(&self, price: f64, fee: f64, side: Side) -> f64 {
        match (side, self.fee_on_input()) {
            (Side::Sell, _) => price * (1.0 - fee),
            (Side::Buy, true) => price / (1.0 - fee),
            (Side::Buy, false) => price * (1.0 + fee),
        }
    }

    /// Pools take the fee from what they are given; other venues charge it in dollars.
    fn fee_on_input(&self) -> bool {
        matches!(self, Self::ConstantProduct(_) | Self::Concentrated(_))
    }

    pub(super) fn recover(&mut self, keep: f64, reference: f64, time: u64) {
        match self {
            Self::ConstantProduct(m) => m.recover(keep, time),
            Self::Concentrated(m) => m.recover(keep, reference),
            Self::OrderBook(m) => m.recover(keep),
            Self::SquareRoot(m) => m.recover(keep, reference),
            Self::Linear(m) => m.recover(keep),
        }
    }
}

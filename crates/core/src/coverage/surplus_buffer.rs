//! Penalties that the protocol keeps as a buffer, and sells above it.

use super::insurance_fund::part;
use super::{Layer, Loss, Payer, Rule};
use crate::units::{Amount, Bps, Price, Rounding, Value, mul_div, pow10};

/// What happens to surplus above the buffer: it is sold for the protocol's token, which is burned.
///
/// The auction itself is under [`protocol::maker`](crate::protocol::maker) and
/// [`protocol::geb`](crate::protocol::geb); here its price is data.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SurplusAuction {
    /// The buffer is filled up to this before anything is sold, in the base currency.
    pub buffer: Value,
    /// What a whole token costs in the auction, in the base currency.
    pub token_price: Price,
    /// Decimals of the token.
    pub token_decimals: u8,
}

/// A buffer that a share of penalties flows into; sold surplus is out of reach of later deficits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SurplusBuffer {
    left: Value,
    share: Bps,
    auction: Option<SurplusAuction>,
    sold: Value,
    burned: Amount,
}

impl SurplusBuffer {
    /// A buffer that holds `money` in the base currency and keeps a share of each penalty, rounded
    /// down; without an auction it grows without bound.
    ///
    /// ```
    /// use backstop_core::coverage::{Layer, SurplusAuction, SurplusBuffer};
    /// use backstop_core::units::{Amount, Bps, Price, Value};
    ///
    /// let auction = SurplusAuction {
    ///     buffer: Value::new(100),
    ///     token_price: Price::new(20),
    ///     token_decimals: 2,
    /// };
    /// let mut surplus = SurplusBuffer::new(Value::new(90), Bps(10_000), Some(auction));
    /// assert_eq!(surplus.receive(Value::new(25)), Value::new(25));
    /// assert_eq!(surplus.left(), Some(Value::new(100)));
    /// // 15 buy three quarters of a token at 20.
    /// assert_eq!((surplus.sold(), surplus.burned()), (Value::new(15), Amount::new(75)));
    /// ```
    pub fn new(money: Value, share: Bps, auction: Option<SurplusAuction>) -> Self {
        Self {
            left: money,
            share,
            auction,
            sold: Value::ZERO,
            burned: Amount::ZERO,
        }
    }

    /// Surplus sold so far, in the base currency: the token's holders have it.
    pub fn sold(&self) -> Value {
        self.sold
    }

    /// Tokens burned for it, rounded down: the buyer keeps the rest of the last unit. Stops at
    /// [`Amount::MAX`].
    pub fn burned(&self) -> Amount {
        self.burned
    }

    fn sell_surplus(&mut self, auction: &SurplusAuction) {
        let surplus = self.left.minus_or_zero(auction.buffer);
        self.left = self.left.minus_or_zero(surplus);
        self.sold = Value(self.sold.0.saturating_add(surplus.0));
        let unit = pow10(auction.token_decimals);
        let tokens = unit
            .and_then(|unit| mul_div(surplus.0, unit, auction.token_price.0, Rounding::Floor))
            .unwrap_or_default();
        self.burned = Amount(self.burned.0.saturating_add(tokens));
    }
}

impl Layer for SurplusBuffer {
    fn name(&self) -> &'static str {
        "surplus buffer"
    }

    fn rule(&self) -> Rule {
        Rule::money("the protocol's surplus")
    }

    fn left(&self) -> Option<Value> {
        Some(self.left)
    }

    fn pay(&mut self, value: Value) -> Vec<Loss> {
        let loss = Loss::of(Payer::Surplus, self.left, value);
        self.left = self.left.minus_or_zero(value);
        vec![loss]
    }

    fn receive(&mut self, income: Value) -> Value {
        // A buffer that would need more than 256 bits leaves the rest to others.
        let kept = part(income, self.share).min(Value::MAX.minus_or_zero(self.left));
        self.left = Value(self.left.0.saturating_add(kept.0));
        if let Some(auction) = self.auction {
            self.sell_surplus(&auction);
        }
        kept
    }

    fn boxed(&self) -> Box<dyn Layer> {
        Box::new(self.clone())
    }
}

//! A Dutch auction: the price falls until somebody buys, whole or in part.

use super::{PriceCurve, Ray};
use crate::units::{Amount, Overflow, Price, RAY, Timestamp, U256, Value, div, mul};

/// One auction.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct DutchAuction {
    /// Still to be raised.
    pub target: Value,
    /// Still for sale.
    pub lot: Amount,
    /// When the price began to fall.
    pub started: Timestamp,
    /// The price at that time: value of one base unit of the lot.
    pub top: Price,
}

/// The terms of a house, the same for all its auctions.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct DutchTerms {
    /// How the price falls.
    pub curve: PriceCurve,
    /// After more seconds than these an auction must be started again.
    pub reset_after: U256,
    /// Below this share of its top price an auction must be started again.
    pub reset_below: Ray,
    /// A purchase in part leaves at least this much to be raised.
    pub min_rest: Value,
}

/// Where an auction stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DutchStatus {
    /// Whether nobody may buy before it is started again.
    pub needs_reset: bool,
    /// The present price.
    pub price: Price,
}

/// What a buyer gets, and what is left.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Purchase {
    /// Value of one base unit of the lot.
    pub price: Price,
    /// What the buyer pays.
    pub paid: Value,
    /// What the buyer gets.
    pub bought: Amount,
    /// Still to be raised.
    pub target: Value,
    /// Still for sale; where the target is reached it belongs to the former owner.
    pub lot: Amount,
}

/// Why nobody may buy, in the order of the checks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum DutchRefusal {
    /// The price curve cannot be computed.
    Curve(Overflow),
    /// A number leaves its range.
    Arithmetic(Overflow),
    /// The auction ran too long or fell too far.
    NeedsReset,
    /// The price is above the buyer's limit.
    TooExpensive,
    /// So little would be left to be raised that the lot is sold whole or not at all.
    NoPartialPurchase,
}

impl From<Overflow> for DutchRefusal {
    fn from(overflow: Overflow) -> Self {
        Self::Arithmetic(overflow)
    }
}

impl DutchAuction {
    /// The price, and whether the auction must be started again: at exactly `reset_after` and at
    /// exactly `reset_below` it still sells.
    ///
    /// # Errors
    /// [`DutchRefusal::Curve`], or [`DutchRefusal::Arithmetic`] where the auction has no top price.
    pub fn status(&self, terms: &DutchTerms, now: Timestamp) -> Result<DutchStatus, DutchRefusal> {
        let elapsed = now.0.checked_sub(self.started.0);
        let elapsed = U256::from(elapsed.ok_or(Overflow::Arithmetic)?);
        let price = terms.curve.price(self.top, elapsed);
        let price = price.map_err(DutchRefusal::Curve)?;
        let needs_reset = elapsed > terms.reset_after
            || div(mul(price.0, RAY)?, self.top.0)? < terms.reset_below.0;
        Ok(DutchStatus { needs_reset, price })
    }

    /// What somebody gets who wants up to `amount` at up to `price_max`.
    ///
    /// Nobody pays more than the target; the lot that this pays for rounds down, against the buyer.
    /// A purchase in part that would leave less than [`DutchTerms::min_rest`] to be raised shrinks
    /// until it leaves just that.
    ///
    /// # Errors
    /// [`DutchRefusal`], the first in its order.
    pub fn purchase(
        &self,
        terms: &DutchTerms,
        now: Timestamp,
        amount: Amount,
        price_max: Price,
    ) -> Result<Purchase, DutchRefusal> {
        let status = self.status(terms, now)?;
        if status.needs_reset {
            return Err(DutchRefusal::NeedsReset);
        }
        if price_max < status.price {
            return Err(DutchRefusal::TooExpensive);
        }
        let (paid, bought) = self.fitted(terms.min_rest, status.price, amount)?;
        Ok(Purchase {
            price: status.price,
            paid,
            bought,
            target: self.target.minus(paid)?,
            lot: self.lot.minus(bought)?,
        })
    }

    /// What is paid and what it buys.
    fn fitted(
        &self,
        min_rest: Value,
        price: Price,
        amount: Amount,
    ) -> Result<(Value, Amount), DutchRefusal> {
        let wanted = amount.min(self.lot);
        let cost = Value(mul(wanted.0, price.0)?);
        let buys = |paid: Value| div(paid.0, price.0).map(Amount);
        if cost > self.target {
            return Ok((self.target, buys(self.target)?));
        }
        let in_part = cost < self.target && wanted < self.lot;
        if in_part && self.target.minus(cost)? < min_rest {
            if self.target <= min_rest {
                return Err(DutchRefusal::NoPartialPurchase);
            }
            let paid = self.target.minus(min_rest)?;
            return Ok((paid, buys(paid)?));
        }
        Ok((cost, wanted))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Sells 100 at 10 each and wants 600; leaves at least 200 to be raised.
    const AUCTION: (u128, u128, u128, u128) = (600, 100, 10, 200);

    fn check(amount: u128, (target, lot, price, rest): (u128, u128, u128, u128), want: &str) {
        let auction = DutchAuction {
            target: Value::new(target),
            lot: Amount::new(lot),
            started: Timestamp(0),
            top: Price::new(price),
        };
        let terms = DutchTerms {
            curve: PriceCurve::Exponential { cut: Ray::ONE },
            reset_after: U256::from(10),
            reset_below: Ray(U256::ZERO),
            min_rest: Value::new(rest),
        };
        let limit = Price::MAX;
        let got = match auction.purchase(&terms, Timestamp(10), Amount::new(amount), limit) {
            Ok(p) => format!(
                "{} for {}, left {} for {}",
                p.bought, p.paid, p.lot, p.target
            ),
            Err(refusal) => format!("{refusal:?}"),
        };
        assert_eq!(got, want, "{amount} of {lot} at {price}");
    }

    #[test]
    fn sells_in_parts() {
        let (target, lot, _, rest) = AUCTION;
        check(40, AUCTION, "40 for 400, left 60 for 200");
        check(41, AUCTION, "40 for 400, left 60 for 200");
        check(60, AUCTION, "60 for 600, left 40 for 0");
        check(99, AUCTION, "60 for 600, left 40 for 0");
        check(0, AUCTION, "0 for 0, left 100 for 600");
        // The target buys 66 and two thirds; the buyer gets 66 and pays the whole target.
        check(100, (target, lot, 9, rest), "66 for 600, left 34 for 0");
        // Too little left for a part: the whole lot, or nothing.
        check(1, (200, lot, 1, rest), "NoPartialPurchase");
        check(100, (200, lot, 1, rest), "100 for 100, left 0 for 100");
        check(1, (201, lot, 1, rest), "1 for 1, left 99 for 200");
        check(2, (201, lot, 1, rest), "1 for 1, left 99 for 200");
        check(100, (200, lot, 0, rest), "Arithmetic(DivisionByZero)");
    }
}

//! Money raised by new tokens, sold below their price.

use super::{Layer, Loss, Payer, Rule};
use crate::units::{Amount, BPS, Bps, Overflow, Price, Rounding, U256, Value, mul_div, pow10};

/// New tokens sold at a discount: the token's holders pay by dilution.
///
/// What it can raise is data: the most that may be minted, at the token's price less the discount.
/// The auctions themselves are under [`protocol::maker`](crate::protocol::maker) and
/// [`protocol::geb`](crate::protocol::geb).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DebtAuction {
    unit: U256,
    price: Price,
    bid: Price,
    /// What the holders' tokens are worth less what they have paid.
    held: Value,
    mintable: Amount,
    minted: Amount,
}

impl DebtAuction {
    /// An auction of up to `mint_max` new tokens beside a `supply`, both in token units, at `price`
    /// in the base currency for a whole token less `discount`; a discount of all raises nothing.
    /// The price of the bid is rounded down, against the holders.
    ///
    /// ```
    /// use backstop_core::coverage::{DebtAuction, Layer};
    /// use backstop_core::units::{Amount, Bps, Price, Value};
    ///
    /// // 1000.00 tokens at 20; up to 100.00 new ones sell at 15.
    /// let (supply, mint_max) = (Amount::new(100_000), Amount::new(10_000));
    /// let mut auction = DebtAuction::new(supply, mint_max, Price::new(20), Bps(2_500), 2)?;
    /// assert_eq!(auction.left(), Some(Value::new(1_500)));
    /// auction.pay(Value::new(600));
    /// assert_eq!(auction.minted(), Amount::new(4_000));
    /// assert_eq!(auction.discount_given(), Value::new(200));
    /// # Ok::<(), backstop_core::units::Overflow>(())
    /// ```
    ///
    /// # Errors
    /// [`Overflow::Arithmetic`] where `decimals` exceed 77, or all tokens' value needs more than
    /// 256 bits.
    pub fn new(
        supply: Amount,
        mint_max: Amount,
        price: Price,
        discount: Bps,
        decimals: u8,
    ) -> Result<Self, Overflow> {
        let unit = pow10(decimals)?;
        let paid = BPS.saturating_sub(discount.wide());
        let all = supply.plus(mint_max)?;
        mul_div(all.0, price.0, unit, Rounding::Ceil)?;
        Ok(Self {
            unit,
            price,
            bid: Price(mul_div(price.0, paid, BPS, Rounding::Floor)?),
            held: Value(mul_div(supply.0, price.0, unit, Rounding::Floor)?),
            mintable: mint_max,
            minted: Amount::ZERO,
        })
    }

    /// Tokens minted so far, rounded up for each deficit: the holders bear the rounding.
    pub fn minted(&self) -> Amount {
        self.minted
    }

    /// What buyers got on top of what they paid, at the token's price, rounded down: a loss of the
    /// holders beside what they paid for the deficits.
    pub fn discount_given(&self) -> Value {
        let gap = self.price.minus(self.bid).unwrap_or_default();
        Value(mul_div(self.minted.0, gap.0, self.unit, Rounding::Floor).unwrap_or_default())
    }
}

impl Layer for DebtAuction {
    fn name(&self) -> &'static str {
        "debt auction"
    }

    fn rule(&self) -> Rule {
        Rule {
            payer: "the token's holders, diluted",
            unit: "new tokens at the discounted price",
            rounding: Rounding::Ceil,
            owner: "holders: the last token unit is minted whole",
        }
    }

    fn left(&self) -> Option<Value> {
        // Never more than what all tokens are worth, which fits.
        let raised = mul_div(self.mintable.0, self.bid.0, self.unit, Rounding::Floor);
        Some(Value(raised.unwrap_or_default()).min(self.held))
    }

    fn pay(&mut self, value: Value) -> Vec<Loss> {
        if value.is_zero() {
            return vec![Loss::of(Payer::TokenHolders, self.held, value)];
        }
        let lot = mul_div(value.0, self.unit, self.bid.0, Rounding::Ceil);
        let lot = lot.map_or(self.mintable, |lot| self.mintable.min(Amount(lot)));
        self.mintable = self.mintable.minus_or_zero(lot);
        self.minted = Amount(self.minted.0.saturating_add(lot.0));
        let loss = Loss::of(Payer::TokenHolders, self.held, value);
        self.held = self.held.minus_or_zero(value);
        vec![loss]
    }

    fn boxed(&self) -> Box<dyn Layer> {
        Box::new(self.clone())
    }
}

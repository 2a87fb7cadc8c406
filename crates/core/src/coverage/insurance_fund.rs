//! Capital put at risk for a yield, which penalties may fill up again.

use super::{Layer, Loss, Payer, Rule};
use crate::units::{BPS, Bps, Rounding, U256, Value, mul_div};

/// Capital that its owners have put at risk to bear deficits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InsuranceFund {
    left: Value,
    refill: Refill,
}

/// How a fund grows again. The default never does.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Refill {
    /// Part of each penalty that goes to the fund, at most 10 000; rounded down, the rest goes on
    /// to whoever comes next.
    pub share: Bps,
    /// The fund takes no more than up to this, in the base currency.
    pub target: Value,
}

impl InsuranceFund {
    /// A fund of which this much can be taken, in the base currency.
    pub fn new(capital: Value) -> Self {
        Self::with_refill(capital, Refill::default())
    }

    /// A fund that a share of penalties fills up again.
    ///
    /// ```
    /// use backstop_core::coverage::{InsuranceFund, Layer, Refill};
    /// use backstop_core::units::{Bps, Value};
    ///
    /// let refill = Refill { share: Bps(2_500), target: Value::new(100) };
    /// let mut fund = InsuranceFund::with_refill(Value::new(80), refill);
    /// assert_eq!(fund.receive(Value::new(41)), Value::new(10));
    /// assert_eq!(fund.receive(Value::new(1_000)), Value::new(10));
    /// assert_eq!(fund.left(), Some(Value::new(100)));
    /// ```
    pub fn with_refill(capital: Value, refill: Refill) -> Self {
        Self {
            left: capital,
            refill,
        }
    }
}

impl Layer for InsuranceFund {
    fn name(&self) -> &'static str {
        "insurance fund"
    }

    fn rule(&self) -> Rule {
        Rule::money("the fund's capital")
    }

    fn left(&self) -> Option<Value> {
        Some(self.left)
    }

    fn pay(&mut self, value: Value) -> Vec<Loss> {
        let loss = Loss::of(Payer::Fund, self.left, value);
        self.left = self.left.minus_or_zero(value);
        vec![loss]
    }

    fn receive(&mut self, income: Value) -> Value {
        let missing = self.refill.target.minus_or_zero(self.left);
        let kept = part(income, self.refill.share).min(missing);
        self.left = Value(self.left.0.saturating_add(kept.0));
        kept
    }

    fn boxed(&self) -> Box<dyn Layer> {
        Box::new(self.clone())
    }
}

/// A share of an income, rounded down; never more than the income.
pub(super) fn part(income: Value, share: Bps) -> Value {
    let share = U256::min(share.wide(), BPS);
    Value(mul_div(income.0, share, BPS, Rounding::Floor).unwrap_or(income.0))
}

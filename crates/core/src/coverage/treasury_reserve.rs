//! The protocol's own money pays first.

use super::{Layer, Loss, Payer, Rule};
use crate::units::Value;

/// Fees that the protocol has collected and set aside.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TreasuryReserve {
    left: Value,
}

impl TreasuryReserve {
    /// A reserve of this much money, in the base currency.
    pub fn new(money: Value) -> Self {
        Self { left: money }
    }
}

impl Layer for TreasuryReserve {
    fn name(&self) -> &'static str {
        "treasury reserve"
    }

    fn rule(&self) -> Rule {
        Rule::money("the protocol's treasury")
    }

    fn left(&self) -> Option<Value> {
        Some(self.left)
    }

    fn pay(&mut self, value: Value) -> Vec<Loss> {
        let loss = Loss::of(Payer::Protocol, self.left, value);
        self.left = self.left.minus_or_zero(value);
        vec![loss]
    }

    fn boxed(&self) -> Box<dyn Layer> {
        Box::new(self.clone())
    }
}

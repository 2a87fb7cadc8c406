//! Capital put at risk for a yield pays next.

use super::Layer;
use crate::units::Value;

/// Capital that stakers have put at risk to bear deficits, such as a safety module's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InsuranceFund {
    left: Value,
}

impl InsuranceFund {
    /// A fund of which this much can be taken, in the base currency.
    pub fn new(capital: Value) -> Self {
        Self { left: capital }
    }
}

impl Layer for InsuranceFund {
    fn name(&self) -> &'static str {
        "insurance fund"
    }

    fn left(&self) -> Option<Value> {
        Some(self.left)
    }

    fn pay(&mut self, value: Value) {
        self.left = self.left.minus_or_zero(value);
    }

    fn boxed(&self) -> Box<dyn Layer> {
        Box::new(self.clone())
    }
}

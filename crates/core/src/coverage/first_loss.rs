//! A first loss that an organisation bears before anybody is slashed.

use super::{Layer, Loss, Payer, Rule};
use crate::units::Value;

/// A promise to bear deficits up to a sum before the layers after it are asked.
///
/// The rule is the deficit offset of Aave's Umbrella, whose exact machine is
/// [`umbrella`](super::umbrella): there it is counted per reserve in the reserve's units, here in
/// the base currency over all assets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FirstLoss {
    left: Value,
}

impl FirstLoss {
    /// A first loss of up to `offset`, in the base currency.
    pub fn new(offset: Value) -> Self {
        Self { left: offset }
    }
}

impl Layer for FirstLoss {
    fn name(&self) -> &'static str {
        "first-loss offset"
    }

    fn rule(&self) -> Rule {
        Rule::money("the organisation behind the protocol")
    }

    fn left(&self) -> Option<Value> {
        Some(self.left)
    }

    fn pay(&mut self, value: Value) -> Vec<Loss> {
        let loss = Loss::of(Payer::Organisation, self.left, value);
        self.left = self.left.minus_or_zero(value);
        vec![loss]
    }

    fn boxed(&self) -> Box<dyn Layer> {
        Box::new(self.clone())
    }
}

//! What nobody else pays, the suppliers of the asset lose.

use super::{Layer, Loss, Payer, Rule};
use crate::units::{Rounding, Value};

/// Suppliers bear the rest in proportion to what they supplied.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Socialised;

impl Layer for Socialised {
    fn name(&self) -> &'static str {
        "socialised"
    }

    fn rule(&self) -> Rule {
        Rule {
            payer: "all suppliers of the asset",
            unit: "the debt asset",
            rounding: Rounding::Ceil,
            owner: "suppliers, in the value told; the asset's units are exact",
        }
    }

    fn left(&self) -> Option<Value> {
        None
    }

    fn pay(&mut self, value: Value) -> Vec<Loss> {
        vec![Loss::uncounted(Payer::Suppliers, value)]
    }

    fn boxed(&self) -> Box<dyn Layer> {
        Box::new(*self)
    }
}

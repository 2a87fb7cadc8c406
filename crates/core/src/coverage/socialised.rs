//! What nobody else pays, the suppliers of the asset lose.

use super::Layer;
use crate::units::Value;

/// Suppliers bear the rest in proportion to what they supplied.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Socialised;

impl Layer for Socialised {
    fn name(&self) -> &'static str {
        "socialised"
    }

    fn left(&self) -> Option<Value> {
        None
    }

    fn pay(&mut self, _value: Value) {}

    fn boxed(&self) -> Box<dyn Layer> {
        Box::new(*self)
    }
}

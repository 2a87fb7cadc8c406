//! A loss borne by tranches, the junior one first.

use super::{Layer, Loss, Payer, Rule};
use crate::units::{Overflow, Rounding, Value};

/// Suppliers in tranches: a more senior one loses only when all below it are gone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tranches {
    /// Most junior first.
    left: Vec<Value>,
}

impl Tranches {
    /// Tranches by size, most junior first, in the base currency. Those after the 256th are
    /// refused.
    ///
    /// ```
    /// use backstop_core::coverage::{Layer, Loss, Payer, Tranches};
    /// use backstop_core::units::Value;
    ///
    /// let mut tranches = Tranches::new(&[Value::new(10), Value::new(90)])?;
    /// let junior = Loss::of(Payer::Tranche(0), Value::new(10), Value::new(10));
    /// let senior = Loss::of(Payer::Tranche(1), Value::new(90), Value::new(5));
    /// assert_eq!(tranches.pay(Value::new(15)), [junior, senior]);
    /// # Ok::<(), backstop_core::units::Overflow>(())
    /// ```
    ///
    /// # Errors
    /// [`Overflow::Arithmetic`] where the sizes sum to 2^256 or more, or there are more than 256.
    pub fn new(sizes: &[Value]) -> Result<Self, Overflow> {
        sizes
            .iter()
            .try_fold(Value::ZERO, |sum, size| sum.plus(*size))?;
        if sizes.len() > 256 {
            return Err(Overflow::Arithmetic);
        }
        Ok(Self {
            left: sizes.to_vec(),
        })
    }
}

impl Layer for Tranches {
    fn name(&self) -> &'static str {
        "tranches"
    }

    fn rule(&self) -> Rule {
        Rule {
            payer: "suppliers by tranche, the most junior first",
            unit: "base currency",
            rounding: Rounding::Ceil,
            owner: "the tranche that pays last",
        }
    }

    fn left(&self) -> Option<Value> {
        let sum = |sum: Value, left: &Value| Value(sum.0.saturating_add(left.0));
        Some(self.left.iter().fold(Value::ZERO, sum))
    }

    fn pay(&mut self, value: Value) -> Vec<Loss> {
        let (mut rest, mut losses) = (value, Vec::new());
        for (place, left) in (0..=u8::MAX).zip(&mut self.left) {
            let paid = rest.min(*left);
            if paid.is_zero() {
                continue;
            }
            losses.push(Loss::of(Payer::Tranche(place), *left, paid));
            *left = left.minus_or_zero(paid);
            rest = rest.minus_or_zero(paid);
        }
        losses
    }

    fn boxed(&self) -> Box<dyn Layer> {
        Box::new(self.clone())
    }
}

//! A loss spread over the suppliers of a pool, each by name.

use super::members::{Member, Members};
use super::{Layer, Loss, Payer, Rule};
use crate::protocol::AccountId;
use crate::units::{Overflow, Rounding, Value};

/// Suppliers that lose in proportion to what each has in the pool.
///
/// Pools that do so lower an index of deposits (Mango and Drift by the loss per deposit, Drift's
/// rounded up so that the pool keeps the odd units). Here the parts are exact, and odd units fall
/// on those first in the list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SupplierPool(Members);

impl SupplierPool {
    /// A pool of suppliers with their claims, in the base currency.
    ///
    /// ```
    /// use backstop_core::coverage::{Layer, SupplierPool};
    /// use backstop_core::protocol::AccountId;
    /// use backstop_core::units::Value;
    ///
    /// let claims = [(AccountId(0), Value::new(60)), (AccountId(1), Value::new(30))];
    /// let mut pool = SupplierPool::new(&claims)?;
    /// let paid: Vec<_> = pool.pay(Value::new(10)).iter().map(|loss| loss.paid).collect();
    /// assert_eq!(paid, [Value::new(7), Value::new(3)]);
    /// # Ok::<(), backstop_core::units::Overflow>(())
    /// ```
    ///
    /// # Errors
    /// [`Overflow::Arithmetic`] where the claims sum to 2^256 or more.
    pub fn new(claims: &[(AccountId, Value)]) -> Result<Self, Overflow> {
        let members = claims.iter().map(|(account, claim)| Member {
            payer: Payer::Supplier(*account),
            weight: claim.0,
            left: *claim,
        });
        Members::new(members).map(Self)
    }
}

impl Layer for SupplierPool {
    fn name(&self) -> &'static str {
        "supplier pool"
    }

    fn rule(&self) -> Rule {
        Rule {
            payer: "each supplier by its claim",
            unit: "base currency",
            rounding: Rounding::Floor,
            owner: "suppliers first in the list pay the odd units",
        }
    }

    fn left(&self) -> Option<Value> {
        Some(self.0.left())
    }

    fn pay(&mut self, value: Value) -> Vec<Loss> {
        self.0.pay(value)
    }

    fn boxed(&self) -> Box<dyn Layer> {
        Box::new(self.clone())
    }
}

//! A loss borne by the traders of a market, by their open base.

use super::auto_deleveraging::Side;
use super::members::{Member, Members};
use super::{Layer, Loss, Payer, Rule};
use crate::protocol::AccountId;
use crate::units::{Amount, Overflow, Rounding, Value};

/// Which traders of a market bear its loss.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Bearers {
    /// Longs and shorts alike, per unit of base.
    Both,
    /// One side only.
    Only(Side),
}

/// Traders that lose in proportion to their open base, at most their equity.
///
/// Drift and Mango charge the loss per unit of open interest of both sides through the funding
/// index, to traders without profit too; Drift rounds the sum per unit up, and its fee pool keeps
/// what that raises too much. Here the parts are exact, and odd units fall on those first in the
/// list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TwoSides(Members);

impl TwoSides {
    /// Traders of one market: account, side, open base in asset units, equity in the base currency.
    ///
    /// ```
    /// use backstop_core::coverage::{Bearers, Layer, Side, TwoSides};
    /// use backstop_core::protocol::AccountId;
    /// use backstop_core::units::{Amount, Value};
    ///
    /// let traders = [
    ///     (AccountId(0), Side::Long, Amount::new(3), Value::new(100)),
    ///     (AccountId(1), Side::Short, Amount::new(1), Value::new(100)),
    /// ];
    /// let parts = |bearers| -> Result<Vec<_>, _> {
    ///     let mut sides = TwoSides::new(&traders, bearers)?;
    ///     Ok(sides.pay(Value::new(10)).iter().map(|loss| loss.paid).collect())
    /// };
    /// assert_eq!(parts(Bearers::Both)?, [Value::new(8), Value::new(2)]);
    /// assert_eq!(parts(Bearers::Only(Side::Short))?, [Value::new(10)]);
    /// # Ok::<(), backstop_core::units::Overflow>(())
    /// ```
    ///
    /// # Errors
    /// [`Overflow::Arithmetic`] where bases or equities sum to 2^256 or more.
    pub fn new(
        traders: &[(AccountId, Side, Amount, Value)],
        bearers: Bearers,
    ) -> Result<Self, Overflow> {
        let bears = |side| match bearers {
            Bearers::Both => true,
            Bearers::Only(only) => side == only,
        };
        let traders = traders.iter().filter(|(_, side, _, _)| bears(*side));
        let members = traders.map(|(account, _, base, equity)| Member {
            payer: Payer::Trader(*account),
            weight: base.0,
            left: *equity,
        });
        Members::new(members).map(Self)
    }
}

impl Layer for TwoSides {
    fn name(&self) -> &'static str {
        "socialised by side"
    }

    fn rule(&self) -> Rule {
        Rule {
            payer: "each trader by its open base, up to its equity",
            unit: "base currency",
            rounding: Rounding::Floor,
            owner: "traders first in the list pay the odd units",
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

//! A debt taken over by the other borrowers.

use super::members::{Member, Members};
use super::{Layer, Loss, Payer, Rule};
use crate::protocol::AccountId;
use crate::units::{Amount, Overflow, Rounding, Value};

/// One borrower that may have to take over others' debt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Trove {
    /// Who.
    pub account: AccountId,
    /// What its part is in proportion to, in units of the collateral.
    pub stake: Amount,
    /// What its collateral is worth above its debt, in the base currency: the most it can bear.
    pub equity: Value,
}

/// Borrowers that take over a deficit in proportion to their stakes.
///
/// The rule is Liquity's redistribution, whose exact machine is
/// [`protocol::liquity`](crate::protocol::liquity). There the sum per stake is rounded down and the
/// remainder is carried to the next one, and nobody is spared for lack of equity; here a borrower
/// bears at most its equity and the others the rest.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Redistribution(Members);

impl Redistribution {
    /// A redistribution over these borrowers.
    ///
    /// # Errors
    /// [`Overflow::Arithmetic`] where stakes or equities sum to 2^256 or more.
    pub fn new(troves: &[Trove]) -> Result<Self, Overflow> {
        let members = troves.iter().map(|trove| Member {
            payer: Payer::Borrower(trove.account),
            weight: trove.stake.0,
            left: trove.equity,
        });
        Members::new(members).map(Self)
    }
}

impl Layer for Redistribution {
    fn name(&self) -> &'static str {
        "redistribution"
    }

    fn rule(&self) -> Rule {
        Rule {
            payer: "each other borrower by its stake, up to its equity",
            unit: "base currency",
            rounding: Rounding::Floor,
            owner: "borrowers first in the list pay the odd units",
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

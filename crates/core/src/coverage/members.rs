//! A list of payers that bear losses in proportion to something, each at most what it holds.

use super::ledger::{Loss, Payer};
use super::pro_rata::{capped_pro_rata, total};
use crate::units::{Overflow, U256, Value};

/// One payer of a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Member {
    pub(super) payer: Payer,
    /// What its part is in proportion to.
    pub(super) weight: U256,
    /// Most that it can lose.
    pub(super) left: Value,
}

/// The list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Members(Vec<Member>);

impl Members {
    /// A list; who has no weight or nothing to lose is left out.
    ///
    /// # Errors
    /// [`Overflow::Arithmetic`] where the weights or the holdings sum to 2^256 or more.
    pub(super) fn new(members: impl IntoIterator<Item = Member>) -> Result<Self, Overflow> {
        let pays = |member: &Member| !member.weight.is_zero() && !member.left.is_zero();
        let members: Vec<Member> = members.into_iter().filter(pays).collect();
        let mut sums = (Value::ZERO, Value::ZERO);
        for member in &members {
            sums.0 = sums.0.plus(Value(member.weight))?;
            sums.1 = sums.1.plus(member.left)?;
        }
        Ok(Self(members))
    }

    /// What all can lose together.
    pub(super) fn left(&self) -> Value {
        let left: Vec<U256> = self.0.iter().map(|member| member.left.0).collect();
        Value(total(&left))
    }

    /// Splits a loss of at most [`Members::left`] in proportion to the weights, under the holdings.
    pub(super) fn pay(&mut self, value: Value) -> Vec<Loss> {
        let weights: Vec<U256> = self.0.iter().map(|member| member.weight).collect();
        let caps: Vec<U256> = self.0.iter().map(|member| member.left.0).collect();
        let parts = capped_pro_rata(value.0, &weights, &caps);
        let mut losses = Vec::new();
        for (member, part) in self.0.iter_mut().zip(parts) {
            if part.is_zero() {
                continue;
            }
            let loss = Loss::of(member.payer, member.left, Value(part));
            member.left = member.left.minus_or_zero(loss.paid);
            losses.push(loss);
        }
        losses
    }
}

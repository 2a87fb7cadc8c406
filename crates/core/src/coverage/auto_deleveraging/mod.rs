//! Auto-deleveraging: winners' contracts are closed at the bankrupt account's price.
//!
//! A bankrupt account's contracts have to be closed at its bankruptcy price, and the market pays
//! less. Counterparties are closed at that price instead: each contract closed loses the distance
//! from the mark to it, the *concession*. How many contracts a deficit closes follows from it;
//! whose, says the [`Policy`]. A closed contract's gain or loss at the mark stays its owner's.

mod budget;
mod policy;
mod position;

pub use budget::{Budget, BudgetSum};
pub use policy::{Policy, queue};
pub use position::{Contracts, Position, Side};

use super::pro_rata::{pro_rata, total};
use super::{Layer, Loss, Payer, Rule};
use crate::units::{Amount, Overflow, Price, Rounding, U256, Value, mul_div, pow10};
use policy::Closing;

/// Counterparties of one market, one side, and the rule by which they are closed.
#[derive(Clone, Debug)]
pub struct AutoDeleveraging {
    positions: Vec<Position>,
    contracts: Contracts,
    policy: Policy,
    events: u64,
    closed: Amount,
}

impl AutoDeleveraging {
    /// The positions of `side` among these, at a mark and a concession for 10^`decimals` base
    /// units. A concession of zero raises nothing.
    ///
    /// # Errors
    /// [`Overflow::Arithmetic`] where `decimals` exceed 77, or the sizes or equities sum to 2^256 or
    /// more.
    pub fn new(
        positions: &[Position],
        side: Side,
        (mark, concession): (Price, Price),
        decimals: u8,
        policy: Policy,
    ) -> Result<Self, Overflow> {
        let positions: Vec<Position> = positions
            .iter()
            .filter(|position| position.side == side)
            .copied()
            .collect();
        let mut sums = (Amount::ZERO, Value::ZERO);
        for position in &positions {
            sums.0 = sums.0.plus(position.quantity)?;
            sums.1 = sums.1.plus(position.equity)?;
        }
        Ok(Self {
            positions,
            contracts: Contracts {
                mark,
                unit: pow10(decimals)?,
                concession,
            },
            policy,
            events: 0,
            closed: Amount::ZERO,
        })
    }

    /// The positions as they are now.
    pub fn positions(&self) -> &[Position] {
        &self.positions
    }

    /// Contracts closed so far, in base units.
    pub fn closed(&self) -> Amount {
        self.closed
    }

    fn caps(&self) -> Vec<U256> {
        let contracts = &self.contracts;
        let caps = self.positions.iter().map(|p| p.closable(contracts).0);
        caps.collect()
    }

    /// What closing these parts raises, rounded down. Nobody is closed beyond its equity, so it fits.
    fn raised(&self, parts: &[U256]) -> Value {
        let Contracts {
            unit, concession, ..
        } = self.contracts;
        let raised = mul_div(total(parts), concession.0, unit, Rounding::Floor);
        Value(raised.unwrap_or_default())
    }

    /// Closes contracts; tells how many of each position.
    fn close(&mut self, quantity: U256) -> Vec<U256> {
        let closing = Closing {
            positions: &self.positions,
            contracts: &self.contracts,
            caps: self.caps(),
            quantity,
            event: self.events,
        };
        let parts = closing.parts(self.policy);
        self.events = self.events.wrapping_add(1);
        self.closed = Amount(self.closed.0.saturating_add(quantity));
        parts
    }
}

impl Layer for AutoDeleveraging {
    fn name(&self) -> &'static str {
        "auto-deleveraging"
    }

    fn rule(&self) -> Rule {
        Rule {
            payer: "counterparties whose contracts are closed",
            unit: "contracts at the concession",
            rounding: Rounding::Ceil,
            owner: "counterparties: the last contract unit is closed whole; those first in the list pay the odd units of money",
        }
    }

    fn left(&self) -> Option<Value> {
        let contracts = &self.contracts;
        let parts = self.positions.iter().map(|p| p.bearable(contracts).0);
        Some(self.raised(&parts.collect::<Vec<_>>()))
    }

    fn payable(&self) -> Option<Value> {
        Some(self.raised(&self.caps()))
    }

    fn pay(&mut self, value: Value) -> Vec<Loss> {
        let Contracts {
            unit, concession, ..
        } = self.contracts;
        // At most what the caps allow: the value is at most what they raise.
        let quantity = mul_div(value.0, unit, concession.0, Rounding::Ceil);
        let closed = self.close(quantity.unwrap_or_default());
        let paid = pro_rata(value.0, &closed);
        let mut losses = Vec::new();
        for ((position, closed), paid) in self.positions.iter_mut().zip(closed).zip(paid) {
            position.quantity = position.quantity.minus_or_zero(Amount(closed));
            if paid.is_zero() {
                continue;
            }
            let payer = Payer::Counterparty(position.account);
            let loss = Loss::of(payer, position.equity, Value(paid));
            position.equity = position.equity.minus_or_zero(Value(paid));
            losses.push(loss);
        }
        losses
    }

    fn boxed(&self) -> Box<dyn Layer> {
        Box::new(self.clone())
    }
}

#[cfg(test)]
mod tests;

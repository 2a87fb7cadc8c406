//! v1: hints for the list of troves, from how it stood at the start.
//!
//! The contract takes hints because a search from an end of a long list costs too much; senders find
//! them off chain. Redistributions keep the order of troves that nobody touches, so a copy of the list
//! at the start, shared by all forks, tells near which of them a ratio belongs. The contract checks the
//! hint and searches on from there: a poor hint costs time, never a wrong place.

use crate::protocol::AccountId;
use crate::protocol::liquity::System;
use crate::protocol::liquity::account::TroveStatus;
use crate::protocol::liquity::action::Hints;
use crate::protocol::liquity::math::{NOMINAL, nominal_ratio};
use crate::units::{Amount, Rounding, U256, WAD, mul_div};
use std::sync::Arc;

/// Troves of the start from the largest to the smallest ratio.
#[derive(Clone, Debug)]
pub(super) struct Milestones(Arc<[(U256, AccountId)]>);

impl Milestones {
    pub(super) fn new(system: &System) -> Self {
        let nominal = |id| (recorded(system, id).unwrap_or(U256::MAX), id);
        Self(system.sorted().map(nominal).collect())
    }

    /// The nearest larger trove that nobody touched since, for a trove with this much.
    pub(super) fn hints(&self, system: &System, collateral: Amount, debt: Amount) -> Hints {
        let wanted = at_start(system, collateral, debt).unwrap_or(U256::ZERO);
        let place = self.0.partition_point(|(nominal, _)| *nominal >= wanted);
        let before = self.0.get(..place).unwrap_or_default();
        let untouched = before
            .iter()
            .rev()
            .find(|(nominal, id)| recorded(system, *id) == Some(*nominal));
        Hints {
            larger: untouched.map(|(_, id)| *id),
            smaller: None,
        }
    }
}

/// The nominal ratio of an open trove as recorded.
fn recorded(system: &System, id: AccountId) -> Option<U256> {
    let trove = &system.book.get(id)?.trove;
    let open = trove.status == TroveStatus::Active;
    let nominal = nominal_ratio(trove.collateral, trove.debt).ok();
    nominal.filter(|_| open)
}

/// Which ratio a trove had at the start that has this one now and was not touched: rewards per stake
/// are taken off both sides.
fn at_start(system: &System, collateral: Amount, debt: Amount) -> Option<U256> {
    let reward = &system.branch.reward;
    let held = WAD.checked_add(reward.collateral)?;
    let stake = mul_div(collateral.0, WAD, held, Rounding::Floor).ok()?;
    let passed_on = mul_div(stake, reward.debt, WAD, Rounding::Floor).ok()?;
    let own = debt.0.checked_sub(passed_on)?;
    mul_div(stake, NOMINAL, own, Rounding::Floor).ok()
}

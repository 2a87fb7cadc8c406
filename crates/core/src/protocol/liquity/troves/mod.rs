//! Liquity behind the [`Protocol`](crate::protocol::Protocol) trait: a branch for each collateral, one
//! stablecoin, one list of accounts.
//!
//! v2 has branches, one deployment each; v1 has one collateral, and is taken as if it were deployed
//! once for each. A branch has its own troves and its own pool, and an account at most one trove in
//! it. In the contracts a unit of the stablecoin is one dollar whatever it trades at ([`Peg`]).
//!
//! The pool's depositors are one account, after the borrowers; they claim their collateral with every
//! liquidation and never leave. Whoever comes from outside, as a liquidator or with a borrower's money,
//! is one more account that is in no list, with a large wallet.
//!
//! A liquidation is the contract's own, of one trove:
//!
//! - as `Repay` at no cost: the pool repays as much as it can, the other troves take the rest, the
//!   liquidator is compensated;
//! - as `Deposit` where the pool has too little: the liquidator first puts in what is missing, or a
//!   part of it, and claims its share of the collateral afterwards, in one call. In v2 the pool keeps
//!   one unit for good, of which the liquidator's part stays its own; it is told as paid.
//!
//! Nobody writes debt off. What a trove owes above the worth of its collateral is told as a deficit; it
//! is the loss of the pool's depositors, or of the troves that take the debt. Of a debt that was taken
//! over so no part is told again.

mod halts;
mod liquidation;
mod milestones;
mod passed;
mod protocol;
mod setup;
mod slot;

pub use setup::{BranchSetup, Peg, Stake, TrovesSetup};

use super::System;
use super::action::{Action, Outcome};
use super::draft::Changes;
use super::math::Ruled;
use super::rejection::Rejection;
use super::version::{LiquityVersion, Order};
use crate::protocol::scale::Scale;
use crate::protocol::{AccountId, Asset, AssetId, Prices};
use crate::units::{Amount, Timestamp, U256};
use setup::Coin;
use slot::Slot;
use std::sync::Arc;

/// One operation on one of the branches.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BranchAction {
    /// Place of the branch in the list.
    pub branch: usize,
    /// What is done.
    pub action: Action,
}

/// Accounts that are no borrowers.
#[derive(Clone, Copy, Debug)]
struct Seats {
    /// All who have deposits in the pools from the start.
    depositors: AccountId,
    /// Whoever comes from outside.
    outside: AccountId,
}

/// Branches over one list of assets and one list of accounts.
#[derive(Clone, Debug)]
pub struct Troves {
    version: LiquityVersion,
    assets: Arc<[Asset]>,
    base_decimals: u8,
    prices: Prices,
    now: Timestamp,
    debt: AssetId,
    /// From the asset's units to the contracts' of the stablecoin.
    debt_scale: Scale,
    /// 1 in the oracle's currency.
    dollar: U256,
    peg: Peg,
    native: AssetId,
    seats: Seats,
    slots: Vec<Slot>,
}

impl Troves {
    /// The branches: what is pledged, and the contracts.
    pub fn branches(&self) -> impl Iterator<Item = (AssetId, &System)> + '_ {
        self.slots
            .iter()
            .map(|slot| (slot.collateral, &slot.system))
    }

    /// The account of all who have deposits in the pools from the start.
    pub fn depositors(&self) -> AccountId {
        self.seats.depositors
    }

    /// What a coin counts for now.
    fn coin(&self) -> Coin {
        self.peg.coin(&self.prices, self.debt, self.dollar)
    }

    /// An amount of the contracts' stablecoin in units of the asset, rounded down.
    fn told_debt_down(&self, amount: Amount) -> Amount {
        Amount(self.debt_scale.outward_down(amount.0))
    }

    /// The same rounded up.
    fn told_debt_up(&self, amount: Amount) -> Amount {
        Amount(self.debt_scale.outward_up(amount.0))
    }

    /// An amount of the asset in units of the contracts' stablecoin.
    fn own_debt(&self, amount: Amount) -> Amount {
        Amount(self.debt_scale.inward_or_most(amount.0))
    }

    fn slot(&self, place: usize) -> Ruled<&Slot> {
        self.slots.get(place).ok_or(Rejection::AccountUnknown)
    }

    fn place(&self, collateral: AssetId) -> Ruled<usize> {
        let found = self
            .slots
            .iter()
            .position(|slot| slot.collateral == collateral);
        found.ok_or(self.no_trove())
    }

    /// How the version says that there is no such trove.
    fn no_trove(&self) -> Rejection {
        match self.version.rules().order {
            Order::ByNominalRatio => Rejection::TroveAbsent,
            Order::None => Rejection::TroveNotOpen,
        }
    }

    fn commit(&mut self, place: usize, changes: Changes, touched: &[AccountId], told: Amount) {
        if let Some(slot) = self.slots.get_mut(place) {
            slot.commit(changes, touched, told);
        }
    }
}

/// Whose troves an action may have changed by itself.
fn touched(action: &Action, outcome: &Outcome) -> Vec<AccountId> {
    match (action, outcome) {
        (_, Outcome::Liquidated(done)) => done.troves.clone(),
        (
            Action::Open { caller, .. }
            | Action::Adjust { caller, .. }
            | Action::Close { caller }
            | Action::GainToTrove { caller, .. },
            _,
        ) => vec![*caller],
        _ => Vec::new(),
    }
}

//! Deficits that were told and have passed to other troves with the debt, so that none is told twice.
//!
//! They are handed out by stake as the contracts hand out debt, and are part of it.

use crate::book::Book;
use crate::protocol::AccountId;
use crate::protocol::liquity::System;
use crate::units::{Amount, Rounding, U256, WAD, mul_div};
use sha2::{Digest, Sha256};

/// What a trove had of it when it last changed by itself.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Mark {
    per_stake: U256,
    carried: Amount,
}

/// What was told and passed on.
#[derive(Clone, Debug)]
pub(super) struct PassedOn {
    /// By a unit of stake, in wad.
    per_stake: U256,
    marks: Book<Mark>,
}

impl PassedOn {
    pub(super) fn new(accounts: u32) -> Self {
        let marks = (0..accounts).map(|_| Mark::default());
        Self {
            per_stake: U256::ZERO,
            marks: marks.collect(),
        }
    }

    /// How much of a trove's debt was told before, rounded down.
    pub(super) fn to(&self, system: &System, id: AccountId) -> Amount {
        let mark = self.marks.get(id).copied().unwrap_or_default();
        let stake = system.book.get(id).map(|account| account.trove.stake.0);
        let since = self.per_stake.saturating_sub(mark.per_stake);
        let gained = mul_div(stake.unwrap_or_default(), since, WAD, Rounding::Floor);
        Amount(mark.carried.0.saturating_add(gained.unwrap_or_default()))
    }

    /// Hands an amount out to all stakes, rounded down.
    pub(super) fn hand_out(&mut self, system: &System, amount: Amount) {
        let stakes = system.branch.stakes.0;
        let more = mul_div(amount.0, WAD, stakes, Rounding::Floor);
        self.per_stake = self.per_stake.saturating_add(more.unwrap_or_default());
    }

    /// Remembers what a trove has, before its stake changes.
    pub(super) fn mark(&mut self, id: AccountId, carried: Amount) {
        let mark = Mark {
            per_stake: self.per_stake,
            carried,
        };
        if self.marks.get(id).is_some_and(|held| *held != mark) {
            self.marks.set(id, mark);
        }
    }

    pub(super) fn feed(&self, hash: &mut Sha256) {
        hash.update(self.per_stake.to_be_bytes::<32>());
        for (_, mark) in self.marks.iter() {
            hash.update(mark.per_stake.to_be_bytes::<32>());
            hash.update(mark.carried.0.to_be_bytes::<32>());
        }
    }
}

//! Gates: who may have to pay cannot run first.

use super::waterfall::Deficit;
use crate::protocol::AssetId;
use crate::units::{Amount, Timestamp};
use std::collections::BTreeMap;

/// Why somebody cannot leave, in the order in which it is checked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Refusal {
    /// Nobody leaves this layer, or this account has nothing in it.
    NotStaked,
    /// A deficit is announced and not covered yet.
    DeficitPending,
    /// The gate is closed for a time after a deficit.
    GateClosed,
    /// No wish to leave was noted, or its wait is not over.
    CoolingDown,
    /// The window after the wait is over: a new wish is needed.
    WindowClosed,
    /// More shares than the wish was for.
    MoreThanStaked,
    /// A sum needs more than 256 bits.
    Overflow,
}

/// A gate that is closed while a deficit is pending, and for a time after each deficit.
///
/// dYdX v4 blocks withdrawals for 50 blocks after it has seen an account below zero; Aave's
/// Umbrella counts what was slashed for and not yet eliminated as pending. The default never
/// closes after a deficit, but does while one is pending.
///
/// ```
/// use backstop_core::coverage::{Deficit, Refusal, WithdrawalGate};
/// use backstop_core::units::{Amount, Timestamp};
///
/// let mut gate = WithdrawalGate::new(60);
/// let deficit = |now| Deficit {
///     amount: Amount::new(5),
///     now: Timestamp(now),
///     ..Deficit::default()
/// };
/// gate.announce(&deficit(1000));
/// assert_eq!(gate.check(Timestamp(9999)), Err(Refusal::DeficitPending));
/// gate.settle(&deficit(1100));
/// assert_eq!(gate.check(Timestamp(1159)), Err(Refusal::GateClosed));
/// assert_eq!(gate.check(Timestamp(1160)), Ok(()));
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct WithdrawalGate {
    hold_s: u64,
    opens: Timestamp,
    /// Announced and not yet covered, in units of each asset; prices may move in between.
    pending: BTreeMap<AssetId, Amount>,
}

impl WithdrawalGate {
    /// A gate that stays closed for `hold_s` seconds after each deficit.
    pub fn new(hold_s: u64) -> Self {
        Self {
            hold_s,
            ..Self::default()
        }
    }

    /// Announced and not yet covered, in asset units; stops at [`Amount::MAX`].
    pub fn pending(&self, asset: AssetId) -> Amount {
        self.pending.get(&asset).copied().unwrap_or_default()
    }

    /// A deficit is announced: the gate closes until it is covered.
    pub fn announce(&mut self, deficit: &Deficit) {
        let pending = self.pending(deficit.asset).0;
        self.set_pending(
            deficit.asset,
            Amount(pending.saturating_add(deficit.amount.0)),
        );
        self.close(deficit.now);
    }

    /// A deficit is covered; one that was not announced closes the gate for its time all the same.
    pub fn settle(&mut self, deficit: &Deficit) {
        let pending = self.pending(deficit.asset);
        self.set_pending(deficit.asset, pending.minus_or_zero(deficit.amount));
        self.close(deficit.now);
    }

    fn set_pending(&mut self, asset: AssetId, amount: Amount) {
        if amount.is_zero() {
            self.pending.remove(&asset);
        } else {
            self.pending.insert(asset, amount);
        }
    }

    /// Closes for the gate's time; never opens earlier than before.
    fn close(&mut self, now: Timestamp) {
        let opens = Timestamp(now.0.saturating_add(self.hold_s));
        self.opens = self.opens.max(opens);
    }

    /// Whether somebody may leave now.
    ///
    /// # Errors
    /// [`Refusal::DeficitPending`], then [`Refusal::GateClosed`].
    pub fn check(&self, now: Timestamp) -> Result<(), Refusal> {
        if !self.pending.is_empty() {
            return Err(Refusal::DeficitPending);
        }
        if now < self.opens {
            return Err(Refusal::GateClosed);
        }
        Ok(())
    }
}

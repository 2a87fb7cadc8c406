//! Opening and closing a trove.

use super::account::TroveStatus;
use super::action::{Hints, Outcome};
use super::branch::{DebtChange, Holding, interest};
use super::draft::Draft;
use super::math::{Ruled, minus, nominal_ratio, over, part, plus, ratio, times};
use super::rejection::Rejection;
use super::version::{Borrowing, FLAT_FEE, Funding, RATE_MAX, RATE_MIN, UPFRONT_PERIOD};
use crate::protocol::AccountId;
use crate::units::{Amount, Ratio, U256, WAD};

/// A trove to be opened.
#[derive(Clone, Copy, Debug)]
pub(super) struct Opening {
    pub(super) caller: AccountId,
    pub(super) stable: Amount,
    pub(super) collateral: Amount,
    pub(super) rate: Ratio,
    pub(super) fee_max: U256,
    pub(super) hints: Hints,
}

impl Draft<'_> {
    /// Opens a trove.
    pub(super) fn open(&mut self, opening: &Opening) -> Ruled<Outcome> {
        self.account(opening.caller)?;
        match self.rules().borrowing {
            Borrowing::FlatFee => self.open_at_flat_fee(opening),
            Borrowing::Interest => self.open_at_interest(opening),
        }
    }

    /// Ether that goes with a call has to be there before anything is checked.
    pub(super) fn require_funds(&self, caller: AccountId, collateral: Amount) -> Ruled<()> {
        let sent_along = self.rules().funding == Funding::WithTheCall;
        if sent_along && self.account(caller)?.collateral < collateral {
            return Err(Rejection::OutOfFunds);
        }
        Ok(())
    }

    /// v1: whether the sender's limit on the fee is a possible one.
    pub(super) fn require_fee_limit(&self, limit: U256, critical: bool) -> Ruled<()> {
        if critical {
            if limit > WAD {
                return Err(Rejection::MaxFeeAboveAll);
            }
        } else if limit < FLAT_FEE || limit > WAD {
            return Err(Rejection::MaxFeeOutOfRange);
        }
        Ok(())
    }

    /// v1: the fee on new debt, rounded down.
    pub(super) fn flat_fee(&self, borrowed: Amount, limit: U256) -> Ruled<Amount> {
        let fee = part(borrowed, FLAT_FEE, WAD)?;
        let share = over(times(fee.0, WAD)?, borrowed.0)?;
        if share > limit {
            return Err(Rejection::FeeExceeded);
        }
        Ok(fee)
    }

    /// v2: a week of interest at the average rate that the change leads to, rounded down.
    pub(super) fn upfront_fee(&self, change: &DebtChange, limit: U256) -> Ruled<Amount> {
        let average = self.branch.average_rate(self.now(), change)?;
        let fee = interest(times(change.increase.0, average)?, UPFRONT_PERIOD)?;
        if fee.0 > limit {
            return Err(Rejection::UpfrontFeeTooHigh);
        }
        Ok(fee)
    }

    /// The system's ratio after a change has to be critical at least.
    pub(super) fn require_sound(&self, up: Holding, down: Holding, weak: Rejection) -> Ruled<()> {
        let after = self
            .branch
            .ratio_after(self.now(), self.price(), up, down)?;
        if after < self.parameters().critical_ratio {
            return Err(weak);
        }
        Ok(())
    }

    fn open_at_flat_fee(&mut self, opening: &Opening) -> Ruled<Outcome> {
        let caller = opening.caller;
        self.require_funds(caller, opening.collateral)?;
        let critical = self.is_critical()?;
        self.require_fee_limit(opening.fee_max, critical)?;
        if self.trove(caller)?.status == TroveStatus::Active {
            return Err(Rejection::TroveIsActive);
        }
        let fee = if critical {
            Amount::ZERO
        } else {
            self.flat_fee(opening.stable, opening.fee_max)?
        };
        let net = plus(opening.stable, fee)?;
        if net < self.rules().debt_min {
            return Err(Rejection::NetDebtBelowMin);
        }
        let whole = Holding {
            collateral: opening.collateral,
            debt: plus(net, self.rules().stable_reserve)?,
        };
        let after = ratio(whole.collateral, whole.debt, self.price())?;
        let nominal = nominal_ratio(whole.collateral, whole.debt)?;
        if critical {
            if after < self.parameters().critical_ratio {
                return Err(Rejection::TroveBelowCritical);
            }
        } else {
            if after < self.parameters().minimum_ratio {
                return Err(Rejection::TroveBelowMinimum);
            }
            self.require_sound(whole, Holding::default(), Rejection::SystemBelowCritical)?;
        }
        self.found(caller, whole, Ratio::ZERO)?;
        self.enlist(caller, nominal, opening.hints)?;
        self.account_debt(&DebtChange {
            fee,
            increase: minus(whole.debt, fee)?,
            ..DebtChange::default()
        })?;
        self.fund(opening)?;
        Ok(Outcome::Opened {
            debt: whole.debt,
            fee,
        })
    }

    fn open_at_interest(&mut self, opening: &Opening) -> Ruled<Outcome> {
        if opening.rate < RATE_MIN {
            return Err(Rejection::InterestRateTooLow);
        }
        if opening.rate > RATE_MAX {
            return Err(Rejection::InterestRateTooHigh);
        }
        if self.branch.shut_down.is_some() {
            return Err(Rejection::IsShutDown);
        }
        let caller = opening.caller;
        if self.trove(caller)?.status != TroveStatus::Absent {
            return Err(Rejection::TroveExists);
        }
        let mut change = DebtChange {
            increase: opening.stable,
            weighted_after: times(opening.stable.0, opening.rate.0)?,
            ..DebtChange::default()
        };
        change.fee = self.upfront_fee(&change, opening.fee_max)?;
        let whole = Holding {
            collateral: opening.collateral,
            debt: plus(opening.stable, change.fee)?,
        };
        if whole.debt < self.rules().debt_min {
            return Err(Rejection::DebtBelowMin);
        }
        let after = ratio(whole.collateral, whole.debt, self.price())?;
        change.weighted_after = times(whole.debt.0, opening.rate.0)?;
        if after < self.parameters().minimum_ratio {
            return Err(Rejection::IcrBelowMcr);
        }
        self.require_sound(whole, Holding::default(), Rejection::TcrBelowCcr)?;
        self.account_debt(&change)?;
        self.fund(opening)?;
        self.found(caller, whole, opening.rate)?;
        Ok(Outcome::Opened {
            debt: whole.debt,
            fee: change.fee,
        })
    }

    /// Tokens of an opening: collateral and reserve in, stablecoin out.
    fn fund(&mut self, opening: &Opening) -> Ruled<()> {
        let caller = opening.caller;
        self.take_collateral(caller, opening.collateral)?;
        self.branch.active.collateral = plus(self.branch.active.collateral, opening.collateral)?;
        self.give_stable(caller, opening.stable)?;
        self.take_collateral(caller, self.rules().ether_reserve)
    }

    /// Writes a new trove.
    fn found(&mut self, id: AccountId, whole: Holding, rate: Ratio) -> Ruled<()> {
        let now = self.now();
        let trove = self.trove_mut(id)?;
        trove.status = TroveStatus::Active;
        (trove.collateral, trove.debt) = (whole.collateral, whole.debt);
        (trove.rate, trove.updated) = (rate, now);
        self.branch.troves = self.branch.troves.saturating_add(1);
        self.record_rewards(id)?;
        self.restake(id)
    }

    /// Repays a trove and takes its collateral out.
    pub(super) fn close_own(&mut self, caller: AccountId) -> Ruled<Outcome> {
        match self.rules().borrowing {
            Borrowing::FlatFee => self.close_at_flat_fee(caller),
            Borrowing::Interest => self.close_at_interest(caller),
        }
    }

    fn close_at_flat_fee(&mut self, caller: AccountId) -> Ruled<Outcome> {
        if self.trove(caller)?.status != TroveStatus::Active {
            return Err(Rejection::TroveAbsent);
        }
        if self.is_critical()? {
            return Err(Rejection::NotInRecoveryMode);
        }
        self.record(caller)?;
        let trove = *self.trove(caller)?;
        let repaid = minus(trove.debt, self.rules().stable_reserve)?;
        if self.account(caller)?.stable < repaid {
            return Err(Rejection::RepaymentUnfunded);
        }
        let whole = Holding {
            collateral: trove.collateral,
            debt: trove.debt,
        };
        self.require_sound(Holding::default(), whole, Rejection::SystemBelowCritical)?;
        self.close(caller, TroveStatus::ClosedByOwner)?;
        self.account_debt(&DebtChange {
            decrease: whole.debt,
            ..DebtChange::default()
        })?;
        self.take_stable(caller, repaid, Rejection::BurnExceedsBalance)?;
        self.release(caller, whole.collateral)?;
        Ok(Outcome::Closed {
            repaid,
            collateral: whole.collateral,
        })
    }

    fn close_at_interest(&mut self, caller: AccountId) -> Ruled<Outcome> {
        if !self.trove(caller)?.status.is_open() {
            return Err(Rejection::NoOwner);
        }
        let latest = self.latest(caller)?;
        if self.account(caller)?.stable < latest.debt {
            return Err(Rejection::NotEnoughBoldBalance);
        }
        let whole = Holding {
            collateral: latest.collateral,
            debt: latest.debt,
        };
        let none = Holding::default();
        if self.branch.shut_down.is_none() {
            self.require_sound(none, whole, Rejection::TcrBelowCcr)?;
        }
        self.close(caller, TroveStatus::ClosedByOwner)?;
        self.branch.apply(latest.pending)?;
        self.account_debt(&DebtChange {
            applied: latest.pending.debt,
            decrease: latest.debt,
            weighted_before: latest.weighted_debt,
            ..DebtChange::default()
        })?;
        self.give_collateral(caller, self.rules().ether_reserve)?;
        self.take_stable(caller, latest.debt, Rejection::BurnExceedsBalance)?;
        self.release(caller, latest.collateral)?;
        Ok(Outcome::Closed {
            repaid: latest.debt,
            collateral: latest.collateral,
        })
    }

    /// Collateral leaves the troves for a wallet.
    pub(super) fn release(&mut self, to: AccountId, amount: Amount) -> Ruled<()> {
        self.branch.active.collateral = minus(self.branch.active.collateral, amount)?;
        self.give_collateral(to, amount)
    }

    /// Pays out what a liquidation left over.
    pub(super) fn claim_surplus(&mut self, caller: AccountId) -> Ruled<Outcome> {
        let account = self.account_mut(caller)?;
        let collateral = std::mem::take(&mut account.surplus);
        if collateral.is_zero() {
            return Err(Rejection::NoSurplus);
        }
        self.branch.surplus = minus(self.branch.surplus, collateral)?;
        self.give_collateral(caller, collateral)?;
        Ok(Outcome::Claimed { collateral })
    }

    /// v2: shuts the branch down; interest up to now is booked, none comes after.
    pub(super) fn shut_down(&mut self) -> Ruled<Outcome> {
        if self.branch.shut_down.is_some() {
            return Err(Rejection::IsShutDown);
        }
        if self.total_ratio()? >= self.parameters().shutdown_ratio {
            return Err(Rejection::TcrNotBelowScr);
        }
        self.accrue()?;
        self.branch.shut_down = Some(self.now());
        Ok(Outcome::ShutDown)
    }
}

//! Changing an active trove.

use super::account::{Trove, TroveStatus};
use super::action::{Change, Hints, Outcome};
use super::branch::{DebtChange, Holding, Latest};
use super::draft::Draft;
use super::math::{Ruled, minus, nominal_ratio, plus, ratio, times};
use super::rejection::Rejection;
use super::version::{Borrowing, Recording};
use crate::protocol::AccountId;
use crate::units::{Amount, U256, WAD};

/// A change of a trove.
#[derive(Clone, Copy, Debug)]
pub(super) struct Adjustment {
    pub(super) caller: AccountId,
    pub(super) collateral: Change,
    pub(super) debt: Change,
    pub(super) fee_max: U256,
    pub(super) hints: Hints,
}

impl Adjustment {
    fn is_nothing(&self) -> bool {
        [self.collateral, self.debt]
            .into_iter()
            .all(|change| change.up().is_zero() && change.down().is_zero())
    }

    /// What a trove holds after the change and a fee.
    fn after(&self, before: Holding, fee: Amount) -> Ruled<Holding> {
        let moved =
            |amount: Amount, change: Change| minus(plus(amount, change.up())?, change.down());
        Ok(Holding {
            collateral: moved(before.collateral, self.collateral)?,
            debt: plus(moved(before.debt, self.debt)?, fee)?,
        })
    }

    fn up(&self, fee: Amount) -> Ruled<Holding> {
        Ok(Holding {
            collateral: self.collateral.up(),
            debt: plus(self.debt.up(), fee)?,
        })
    }

    fn down(&self) -> Holding {
        Holding {
            collateral: self.collateral.down(),
            debt: self.debt.down(),
        }
    }
}

fn recorded(trove: &Trove) -> Holding {
    Holding {
        collateral: trove.collateral,
        debt: trove.debt,
    }
}

impl Draft<'_> {
    /// Changes a trove.
    pub(super) fn adjust(&mut self, request: Adjustment) -> Ruled<Outcome> {
        let fee = match self.rules().borrowing {
            Borrowing::FlatFee => self.adjust_at_flat_fee(&request),
            Borrowing::Interest => self.adjust_at_interest(request),
        }?;
        Ok(Outcome::Adjusted { fee })
    }

    /// v1: writes what redistributions gave into the trove, where the rules record it now.
    pub(super) fn record(&mut self, id: AccountId) -> Ruled<()> {
        let trove = *self.trove(id)?;
        let waits = self.rules().recording == Recording::AfterCollateral
            && trove.snapshot.collateral >= self.branch.reward.collateral;
        if waits {
            return Ok(());
        }
        let pending = self.latest(id)?.pending;
        self.branch.apply(pending)?;
        self.branch.active.debt = plus(self.branch.active.debt, pending.debt)?;
        let trove = self.trove_mut(id)?;
        trove.collateral = plus(trove.collateral, pending.collateral)?;
        trove.debt = plus(trove.debt, pending.debt)?;
        self.record_rewards(id)
    }

    fn adjust_at_flat_fee(&mut self, request: &Adjustment) -> Ruled<Amount> {
        let caller = request.caller;
        self.require_funds(caller, request.collateral.up())?;
        let critical = self.is_critical()?;
        if let Change::Up(more) = request.debt {
            self.require_fee_limit(request.fee_max, critical)?;
            if more.is_zero() {
                return Err(Rejection::NoDebtChange);
            }
        }
        if request.is_nothing() {
            return Err(Rejection::NoChange);
        }
        if self.trove(caller)?.status != TroveStatus::Active {
            return Err(Rejection::TroveAbsent);
        }
        self.record(caller)?;
        let fee = match request.debt {
            Change::Up(more) if !critical => self.flat_fee(more, request.fee_max)?,
            _ => Amount::ZERO,
        };
        let before = recorded(self.trove(caller)?);
        let after = request.after(before, fee)?;
        if critical {
            self.require_better(request, before, after)?;
        } else {
            let up = request.up(fee)?;
            self.require_safe(after, Rejection::TroveBelowMinimum)?;
            self.require_sound(up, request.down(), Rejection::SystemBelowCritical)?;
        }
        let repaid = request.debt.down();
        if !repaid.is_zero() {
            self.require_repayment(caller, before.debt, repaid)?;
        }
        self.write(caller, after)?;
        self.unlist(caller)?;
        let nominal = nominal_ratio(after.collateral, after.debt)?;
        self.enlist(caller, nominal, request.hints)?;
        self.account_debt(&DebtChange {
            fee,
            increase: request.debt.up(),
            decrease: repaid,
            ..DebtChange::default()
        })?;
        self.settle_adjustment(request)?;
        Ok(fee)
    }

    /// v1 in recovery mode: nothing that lowers the trove's ratio by new debt or less collateral.
    fn require_better(&self, request: &Adjustment, before: Holding, after: Holding) -> Ruled<()> {
        if !request.collateral.down().is_zero() {
            return Err(Rejection::NoWithdrawalInRecovery);
        }
        if request.debt.up().is_zero() {
            return Ok(());
        }
        let of = |holding: Holding| ratio(holding.collateral, holding.debt, self.price());
        let (before, after) = (of(before)?, of(after)?);
        if after < self.parameters().critical_ratio {
            return Err(Rejection::TroveBelowCritical);
        }
        if after < before {
            return Err(Rejection::RatioDecreased);
        }
        Ok(())
    }

    fn require_safe(&self, after: Holding, weak: Rejection) -> Ruled<()> {
        let ratio = ratio(after.collateral, after.debt, self.price())?;
        if ratio < self.parameters().minimum_ratio {
            return Err(weak);
        }
        Ok(())
    }

    /// v1: what remains has to be a debt, and the caller has to have what is repaid.
    fn require_repayment(&self, caller: AccountId, debt: Amount, repaid: Amount) -> Ruled<()> {
        let net = minus(debt, self.rules().stable_reserve)?;
        if minus(net, repaid)? < self.rules().debt_min {
            return Err(Rejection::NetDebtBelowMin);
        }
        if repaid > net {
            return Err(Rejection::RepaymentTooLarge);
        }
        if self.account(caller)?.stable < repaid {
            return Err(Rejection::RepaymentUnfunded);
        }
        Ok(())
    }

    fn adjust_at_interest(&mut self, request: Adjustment) -> Ruled<Amount> {
        let caller = request.caller;
        if self.trove(caller)?.status != TroveStatus::Active {
            return Err(Rejection::TroveNotActive);
        }
        if self.branch.shut_down.is_some() {
            return Err(Rejection::IsShutDown);
        }
        let critical = self.is_critical()?;
        let latest = self.latest(caller)?;
        let request = self.cap_repayment(request, &latest)?;
        if request.is_nothing() {
            return Err(Rejection::ZeroAdjustment);
        }
        if request.collateral.down() > latest.collateral {
            return Err(Rejection::CollWithdrawalTooHigh);
        }
        let before = Holding {
            collateral: latest.collateral,
            debt: latest.debt,
        };
        let mut after = request.after(before, Amount::ZERO)?;
        let rate = self.trove(caller)?.rate.0;
        let mut change = DebtChange {
            fee: Amount::ZERO,
            applied: latest.pending.debt,
            increase: request.debt.up(),
            decrease: request.debt.down(),
            weighted_before: latest.weighted_debt,
            weighted_after: times(after.debt.0, rate)?,
        };
        if !change.increase.is_zero() {
            change.fee = self.upfront_fee(&change, request.fee_max)?;
            after.debt = plus(after.debt, change.fee)?;
            change.weighted_after = times(after.debt.0, rate)?;
        }
        if after.debt < self.rules().debt_min {
            return Err(Rejection::DebtBelowMin);
        }
        self.require_safe(after, Rejection::IcrBelowMcr)?;
        let up = request.up(change.fee)?;
        self.require_allowed(up, request.down(), critical)?;
        self.branch.apply(latest.pending)?;
        self.record_rewards(caller)?;
        let now = self.now();
        self.trove_mut(caller)?.updated = now;
        self.write(caller, after)?;
        self.account_debt(&change)?;
        self.settle_adjustment(&request)?;
        Ok(change.fee)
    }

    /// v2: a repayment stops at the smallest debt.
    fn cap_repayment(&self, mut request: Adjustment, latest: &Latest) -> Ruled<Adjustment> {
        let repaid = request.debt.down();
        if !repaid.is_zero() {
            let most = latest.debt.minus_or_zero(self.rules().debt_min);
            let repaid = repaid.min(most);
            request.debt = Change::Down(repaid);
            if self.account(request.caller)?.stable < repaid {
                return Err(Rejection::NotEnoughBoldBalance);
            }
        }
        Ok(request)
    }

    /// v2: what the state of the whole branch allows.
    fn require_allowed(&self, up: Holding, down: Holding, critical: bool) -> Ruled<()> {
        let sound = self.require_sound(up, down, Rejection::TcrBelowCcr);
        if !critical {
            return sound;
        }
        match sound {
            Err(Rejection::TcrBelowCcr) if up.debt.is_zero() => {}
            other => other?,
        }
        if times(down.debt.0, WAD)? < times(down.collateral.0, self.price().0)? {
            return Err(Rejection::RepaymentNotMatching);
        }
        Ok(())
    }

    fn write(&mut self, id: AccountId, after: Holding) -> Ruled<()> {
        let trove = self.trove_mut(id)?;
        (trove.collateral, trove.debt) = (after.collateral, after.debt);
        self.restake(id)
    }

    /// Tokens of a change, first the stablecoin.
    fn settle_adjustment(&mut self, request: &Adjustment) -> Ruled<()> {
        let (caller, repaid) = (request.caller, request.debt.down());
        self.give_stable(caller, request.debt.up())?;
        self.take_stable(caller, repaid, Rejection::BurnExceedsBalance)?;
        let added = request.collateral.up();
        self.take_collateral(caller, added)?;
        self.branch.active.collateral = plus(self.branch.active.collateral, added)?;
        self.release(caller, request.collateral.down())
    }
}

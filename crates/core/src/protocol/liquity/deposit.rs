//! The Stability Pool's depositors.

use super::account::TroveStatus;
use super::action::{Change, Gains, Hints, Outcome};
use super::adjust::Adjustment;
use super::draft::Draft;
use super::math::{Ruled, minus, plus};
use super::rejection::Rejection;
use super::version::Order;
use crate::protocol::AccountId;
use crate::units::{Amount, U256};

/// What a deposit has become.
#[derive(Clone, Copy, Debug)]
struct Claim {
    left: Amount,
    collateral: Amount,
    gained_yield: Amount,
}

impl Draft<'_> {
    fn claim(&self, caller: AccountId) -> Ruled<Claim> {
        let deposit = &self.account(caller)?.deposit;
        Ok(Claim {
            collateral: self.pool.collateral_gain(deposit)?,
            gained_yield: self.pool.yield_gain(deposit)?,
            left: self.pool.compounded(deposit)?,
        })
    }

    /// Without yield gains are always paid out.
    fn require_known(&self, gains: Gains) -> Ruled<()> {
        if gains == Gains::Kept && self.rules().yield_share.is_zero() {
            return Err(Rejection::NotInThisVersion);
        }
        Ok(())
    }

    /// Puts stablecoin in.
    pub(super) fn provide(
        &mut self,
        caller: AccountId,
        amount: Amount,
        gains: Gains,
    ) -> Ruled<Outcome> {
        self.require_known(gains)?;
        self.account(caller)?;
        if amount.is_zero() {
            return Err(Rejection::AmountZero);
        }
        self.accrue()?;
        let claim = self.claim(caller)?;
        let kept = kept_yield(&claim, gains);
        let added = plus(amount, kept)?;
        self.account_mut(caller)?.deposit = self.pool.snapshot(plus(claim.left, added)?);
        self.take_stable(caller, amount, Rejection::TransferExceedsBalance)?;
        self.pool.deposits = plus(self.pool.deposits, added)?;
        let collateral = self.pay_gains(caller, &claim, gains)?;
        // Yield that waited is booked if the pool is large enough now; the new deposit has a part.
        self.pool.receive_yield(Amount::ZERO)?;
        Ok(Outcome::Deposited {
            withdrawn: Amount::ZERO,
            collateral,
            gained_yield: claim.gained_yield,
        })
    }

    /// Takes stablecoin out.
    pub(super) fn withdraw(
        &mut self,
        caller: AccountId,
        amount: Amount,
        gains: Gains,
    ) -> Ruled<Outcome> {
        self.require_known(gains)?;
        self.account(caller)?;
        if !amount.is_zero() {
            self.require_none_waiting()?;
        }
        if self.account(caller)?.deposit.amount.is_zero() {
            return Err(Rejection::DepositAbsent);
        }
        self.accrue()?;
        let claim = self.claim(caller)?;
        let withdrawn = amount.min(claim.left);
        let kept = kept_yield(&claim, gains);
        let new = plus(minus(claim.left, withdrawn)?, kept)?;
        self.account_mut(caller)?.deposit = self.pool.snapshot(new);
        let deposits = plus(self.pool.deposits, kept)?.minus(withdrawn);
        self.pool.deposits = deposits.map_err(|_| self.rules().deposits_short)?;
        self.give_stable(caller, withdrawn)?;
        let collateral = self.pay_gains(caller, &claim, gains)?;
        if self.pool.deposits < self.pool.rules.left_min {
            return Err(Rejection::PoolBelowMin);
        }
        Ok(Outcome::Deposited {
            withdrawn,
            collateral,
            gained_yield: claim.gained_yield,
        })
    }

    /// v1: no stablecoin leaves while the trove with the smallest ratio could be liquidated.
    fn require_none_waiting(&self) -> Ruled<()> {
        if self.rules().order == Order::None {
            return Ok(());
        }
        let Some(smallest) = self.branch.smallest else {
            return Ok(());
        };
        if self.ratio(smallest)? < self.parameters().minimum_ratio {
            return Err(Rejection::WithdrawalLocked);
        }
        Ok(())
    }

    /// Pays gains out or keeps them; returns the collateral that was paid. Kept yield was added to
    /// the deposit already.
    fn pay_gains(&mut self, caller: AccountId, claim: &Claim, gains: Gains) -> Ruled<Amount> {
        self.pool.yield_owed = minus(self.pool.yield_owed, claim.gained_yield)?;
        let account = self.account_mut(caller)?;
        let all = plus(account.stashed, claim.collateral)?;
        match gains {
            Gains::Kept => {
                account.stashed = all;
                Ok(Amount::ZERO)
            }
            Gains::Claimed => {
                account.stashed = Amount::ZERO;
                self.give_stable(caller, claim.gained_yield)?;
                self.pay_collateral(caller, all)?;
                Ok(all)
            }
        }
    }

    fn pay_collateral(&mut self, to: AccountId, amount: Amount) -> Ruled<()> {
        self.pool.collateral = minus(self.pool.collateral, amount)?;
        self.give_collateral(to, amount)
    }

    /// v1: moves a gain of collateral into the depositor's trove.
    pub(super) fn gain_to_trove(&mut self, caller: AccountId, hints: Hints) -> Ruled<Outcome> {
        if self.account(caller)?.deposit.amount.is_zero() {
            return Err(Rejection::DepositAbsent);
        }
        if self.trove(caller)?.status != TroveStatus::Active {
            return Err(Rejection::NoTroveForGain);
        }
        let claim = self.claim(caller)?;
        if claim.collateral.is_zero() {
            return Err(Rejection::NoGain);
        }
        self.account_mut(caller)?.deposit = self.pool.snapshot(claim.left);
        self.pay_collateral(caller, claim.collateral)?;
        self.adjust(Adjustment {
            caller,
            collateral: Change::Up(claim.collateral),
            debt: Change::None,
            fee_max: U256::ZERO,
            hints,
        })?;
        Ok(Outcome::Deposited {
            withdrawn: Amount::ZERO,
            collateral: claim.collateral,
            gained_yield: Amount::ZERO,
        })
    }

    /// v2: pays out collateral that waits for somebody without a deposit.
    pub(super) fn claim_stashed(&mut self, caller: AccountId) -> Ruled<Outcome> {
        if !self.account(caller)?.deposit.amount.is_zero() {
            return Err(Rejection::DepositExists);
        }
        self.accrue()?;
        let account = self.account_mut(caller)?;
        let collateral = std::mem::take(&mut account.stashed);
        if collateral.is_zero() {
            return Err(Rejection::AmountZero);
        }
        self.pay_collateral(caller, collateral)?;
        Ok(Outcome::Claimed { collateral })
    }
}

fn kept_yield(claim: &Claim, gains: Gains) -> Amount {
    match gains {
        Gains::Kept => claim.gained_yield,
        Gains::Claimed => Amount::ZERO,
    }
}

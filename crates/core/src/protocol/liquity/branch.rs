//! Totals over all troves: what they hold and owe, how redistributions and interest reach them.

use super::account::{Reward, Trove};
use super::math::{Ruled, add, minus, over, part, plus, ratio, scale, sub, times};
use super::rejection::Rejection;
use super::version::{NoStakes, Parameters, Rules};
use crate::protocol::AccountId;
use crate::units::{Amount, Price, Ratio, Rounding, Timestamp, U256, WAD};

/// Seconds of a year times 10^18.
pub(super) const YEAR_WAD: U256 = U256::from_limbs([0xfc4e_a710_9e00_0000, 0x001a_1601, 0, 0]);

/// Collateral and debt that belong together.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Holding {
    /// Collateral.
    pub collateral: Amount,
    /// Debt.
    pub debt: Amount,
}

/// Everything that is kept once.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Branch {
    /// What troves hold and owe as recorded; in v2 the debt with aggregate interest up to
    /// `interest_updated`.
    pub active: Holding,
    /// What was redistributed and is not recorded in a trove yet.
    pub default: Holding,
    /// Sum of debt times rate over all troves, as recorded.
    pub weighted_debt: U256,
    /// Up to when aggregate interest is booked.
    pub interest_updated: Timestamp,
    /// Sum of stakes.
    pub stakes: Amount,
    /// The sum of stakes after the last liquidation.
    pub stakes_snapshot: Amount,
    /// The collateral of all troves after the last liquidation.
    pub collateral_snapshot: Amount,
    /// What a unit of stake has received.
    pub reward: Reward,
    /// Remainders of the last redistribution, in wad.
    pub reward_error: Reward,
    /// How many troves are open.
    pub troves: u64,
    /// Surplus collateral that waits for its owners.
    pub surplus: Amount,
    /// Stablecoin paid to stakers (v1) or to the interest router (v2).
    pub fees: Amount,
    /// v1: the trove with the largest ratio.
    pub largest: Option<AccountId>,
    /// v1: the trove with the smallest ratio.
    pub smallest: Option<AccountId>,
    /// v2: since when the branch is shut down.
    pub shut_down: Option<Timestamp>,
}

/// A trove with everything that accrued to it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Latest {
    /// Collateral, with redistributions.
    pub collateral: Amount,
    /// Debt, with redistributions and interest.
    pub debt: Amount,
    /// Of which redistributions since the last record.
    pub pending: Holding,
    /// Recorded debt times rate.
    pub weighted_debt: U256,
}

/// What an action does to the debt of all troves.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct DebtChange {
    pub(super) fee: Amount,
    pub(super) applied: Amount,
    pub(super) increase: Amount,
    pub(super) decrease: Amount,
    pub(super) weighted_before: U256,
    pub(super) weighted_after: U256,
}

impl Branch {
    /// Collateral of all troves.
    pub(super) fn collateral(&self) -> Ruled<Amount> {
        Ok(plus(self.active.collateral, self.default.collateral)?)
    }

    /// Debt of all troves, with interest up to `now`.
    pub(super) fn debt(&self, now: Timestamp) -> Ruled<Amount> {
        let active = plus(self.active.debt, self.pending_interest(now)?)?;
        Ok(plus(active, self.default.debt)?)
    }

    /// The system's collateral ratio.
    pub(super) fn ratio(&self, now: Timestamp, price: Price) -> Ruled<Ratio> {
        Ok(ratio(self.collateral()?, self.debt(now)?, price)?)
    }

    /// Interest of all troves since it was booked, rounded up, so that the total never falls short
    /// of the troves' sum.
    pub(super) fn pending_interest(&self, now: Timestamp) -> Ruled<Amount> {
        if self.shut_down.is_some() {
            return Ok(Amount::ZERO);
        }
        let seconds = U256::from(now.seconds_since(self.interest_updated));
        let interest = scale(self.weighted_debt, seconds, YEAR_WAD, Rounding::Ceil)?;
        Ok(Amount(interest))
    }

    /// A trove as of now.
    pub(super) fn latest(&self, trove: &Trove, now: Timestamp) -> Ruled<Latest> {
        if !trove.status.is_open() {
            return Ok(Latest::default());
        }
        let gained = |reward: U256, since: U256| part(trove.stake, sub(reward, since)?, WAD);
        let pending = Holding {
            collateral: gained(self.reward.collateral, trove.snapshot.collateral)?,
            debt: gained(self.reward.debt, trove.snapshot.debt)?,
        };
        let weighted_debt = times(trove.debt.0, trove.rate.0)?;
        let until = self.shut_down.unwrap_or(now);
        let seconds = U256::from(until.seconds_since(trove.updated));
        let interest = interest(weighted_debt, seconds)?;
        Ok(Latest {
            collateral: plus(trove.collateral, pending.collateral)?,
            debt: plus(plus(trove.debt, pending.debt)?, interest)?,
            pending,
            weighted_debt,
        })
    }

    /// Books interest and a fee; returns what goes to the pool's depositors. The rest goes to the
    /// stakers or the router.
    pub(super) fn mint(
        &mut self,
        rules: &Rules,
        now: Timestamp,
        fee: Amount,
    ) -> Ruled<(Amount, Amount)> {
        let minted = plus(self.pending_interest(now)?, fee)?;
        let yielded = part(minted, rules.yield_share.0, WAD)?;
        self.fees = plus(self.fees, minus(minted, yielded)?)?;
        self.interest_updated = now;
        Ok((minted, yielded))
    }

    /// Books a change of the troves' debt, after interest was minted.
    pub(super) fn change_debt(&mut self, minted: Amount, change: &DebtChange) -> Ruled<()> {
        let debt = plus(self.active.debt, minted)?;
        let debt = plus(plus(debt, change.applied)?, change.increase)?;
        self.active.debt = minus(debt, change.decrease)?;
        let weighted = add(self.weighted_debt, change.weighted_after)?;
        self.weighted_debt = sub(weighted, change.weighted_before)?;
        Ok(())
    }

    /// Rewards leave the default pool for the troves' own account; the debt is booked with the
    /// action's change of debt.
    pub(super) fn apply(&mut self, pending: Holding) -> Ruled<()> {
        self.default.debt = minus(self.default.debt, pending.debt)?;
        self.default.collateral = minus(self.default.collateral, pending.collateral)?;
        self.active.collateral = plus(self.active.collateral, pending.collateral)?;
        Ok(())
    }

    /// The stake of a collateral: less than it once redistributions have been handed out, rounded
    /// down.
    pub(super) fn stake(&self, rules: &Rules, collateral: Amount) -> Ruled<Amount> {
        if self.collateral_snapshot.is_zero() {
            return Ok(collateral);
        }
        if self.stakes_snapshot.is_zero() && rules.no_stakes == NoStakes::Refused {
            return Err(Rejection::Halt);
        }
        let (stakes, total) = (self.stakes_snapshot.0, self.collateral_snapshot.0);
        Ok(part(collateral, stakes, total)?)
    }

    /// Hands debt and collateral out to all stakes, rounded down; the remainders go with the next
    /// redistribution.
    pub(super) fn redistribute(&mut self, handed: Holding) -> Ruled<()> {
        if handed.debt.is_zero() {
            return Ok(());
        }
        let stakes = self.stakes.0;
        let collateral = add(
            times(handed.collateral.0, WAD)?,
            self.reward_error.collateral,
        )?;
        let debt = add(times(handed.debt.0, WAD)?, self.reward_error.debt)?;
        let per_stake = Reward {
            collateral: over(collateral, stakes)?,
            debt: over(debt, stakes)?,
        };
        self.reward_error = Reward {
            collateral: sub(collateral, times(per_stake.collateral, stakes)?)?,
            debt: sub(debt, times(per_stake.debt, stakes)?)?,
        };
        self.reward.collateral = add(self.reward.collateral, per_stake.collateral)?;
        self.reward.debt = add(self.reward.debt, per_stake.debt)?;
        self.active.collateral = minus(self.active.collateral, handed.collateral)?;
        self.default.collateral = plus(self.default.collateral, handed.collateral)?;
        self.default.debt = plus(self.default.debt, handed.debt)?;
        Ok(())
    }

    /// Remembers stakes and collateral after a liquidation; what the liquidator is about to receive
    /// does not count.
    pub(super) fn take_snapshots(&mut self, compensation: Amount) -> Ruled<()> {
        self.stakes_snapshot = self.stakes;
        let active = minus(self.active.collateral, compensation)?;
        self.collateral_snapshot = plus(active, self.default.collateral)?;
        Ok(())
    }

    /// v2: the rate that all debt bears on average after a change, rounded down; the change's fee
    /// does not count.
    pub(super) fn average_rate(&self, now: Timestamp, change: &DebtChange) -> Ruled<U256> {
        if self.shut_down.is_some() {
            return Ok(U256::ZERO);
        }
        let debt = plus(self.active.debt, self.pending_interest(now)?)?;
        let debt = plus(plus(debt, change.applied)?, change.increase)?;
        let debt = minus(debt, change.decrease)?;
        let weighted = add(self.weighted_debt, change.weighted_after)?;
        let weighted = sub(weighted, change.weighted_before)?;
        if debt.is_zero() {
            return Ok(U256::ZERO);
        }
        Ok(over(weighted, debt.0)?)
    }

    /// Whether the system is below its critical ratio.
    pub(super) fn is_critical(
        &self,
        parameters: &Parameters,
        now: Timestamp,
        price: Price,
    ) -> Ruled<bool> {
        Ok(self.ratio(now, price)? < parameters.critical_ratio)
    }

    /// The system's ratio if its collateral and debt changed so.
    pub(super) fn ratio_after(
        &self,
        now: Timestamp,
        price: Price,
        up: Holding,
        down: Holding,
    ) -> Ruled<Ratio> {
        let collateral = minus(plus(self.collateral()?, up.collateral)?, down.collateral)?;
        let debt = minus(plus(self.debt(now)?, up.debt)?, down.debt)?;
        Ok(ratio(collateral, debt, price)?)
    }
}

/// Interest of a debt times its rate over some seconds, rounded down for the borrower.
pub(super) fn interest(weighted_debt: U256, seconds: U256) -> Ruled<Amount> {
    Ok(Amount(scale(
        weighted_debt,
        seconds,
        YEAR_WAD,
        Rounding::Floor,
    )?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::units::YEAR;

    #[test]
    fn a_year_in_wad() {
        assert_eq!(YEAR_WAD, YEAR * WAD);
    }
}

//! Liquidation: troves are divided one by one against a running rest of the pool; pool, other
//! troves and liquidator are settled once, with the totals.

use super::account::TroveStatus;
use super::action::{Liquidation, Outcome};
use super::branch::{DebtChange, Holding, Latest};
use super::draft::Draft;
use super::math::{Ruled, add, minus, plus, ratio};
use super::rejection::Rejection;
use super::sizing::{Parts, Sizing};
use super::version::Below;
use crate::protocol::AccountId;
use crate::units::{Amount, Ratio, WAD};

/// How the troves were chosen. In recovery mode the two count the system's collateral differently.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Choice {
    /// By the sender. Owners' surplus still counts as the system's.
    Listed,
    /// From the smallest ratio upward.
    Smallest,
}

/// Which rule picks troves.
#[derive(Clone, Copy, Debug)]
enum Mode {
    /// Those below the minimum ratio.
    Normal,
    /// Those below the system's ratio too; it is computed from these running totals.
    Recovery(Holding),
}

/// A liquidation under way.
#[derive(Debug)]
struct Run {
    choice: Choice,
    mode: Mode,
    /// What the pool can still take.
    usable: Amount,
    done: Liquidation,
    change: DebtChange,
}

impl Draft<'_> {
    /// A trove's ratio, with everything accrued.
    pub(super) fn ratio(&self, id: AccountId) -> Ruled<Ratio> {
        let latest = self.latest(id)?;
        Ok(ratio(latest.collateral, latest.debt, self.price())?)
    }

    fn sizing(&self) -> Sizing {
        Sizing {
            rules: self.rules(),
            parameters: *self.parameters(),
            price: self.price(),
        }
    }

    /// v1: liquidates one trove.
    pub(super) fn liquidate_one(
        &mut self,
        liquidator: AccountId,
        trove: AccountId,
    ) -> Ruled<Outcome> {
        if self.trove(trove)?.status != TroveStatus::Active {
            return Err(Rejection::TroveNotLiquidatable);
        }
        self.liquidate_batch(liquidator, &[trove])
    }

    /// Liquidates those of a list that can be; the others are passed over.
    pub(super) fn liquidate_batch(
        &mut self,
        liquidator: AccountId,
        troves: &[AccountId],
    ) -> Ruled<Outcome> {
        if troves.is_empty() {
            return Err(self.rules().list_empty);
        }
        let mut run = self.begin(Choice::Listed)?;
        for id in troves {
            if !self.trove(*id)?.status.is_open() {
                continue;
            }
            let ratio = self.ratio(*id)?;
            match run.mode {
                Mode::Recovery(_) => {
                    if !self.is_pointless(&run, ratio) {
                        self.step_in_recovery(&mut run, *id, ratio)?;
                    }
                }
                Mode::Normal if ratio < self.parameters().minimum_ratio => {
                    self.step(&mut run, *id)?;
                }
                Mode::Normal => {}
            }
        }
        self.settle(run, liquidator)
    }

    /// v1: liquidates from the smallest ratio upward. In recovery mode the largest trove stays, and
    /// the walk ends at the first trove that nothing can be done with.
    pub(super) fn liquidate_smallest(
        &mut self,
        liquidator: AccountId,
        count: u64,
    ) -> Ruled<Outcome> {
        let mut run = self.begin(Choice::Smallest)?;
        let stop = match run.mode {
            Mode::Recovery(_) => self.branch.largest,
            Mode::Normal => None,
        };
        let mut next = self.branch.smallest;
        for _ in 0..count {
            let Some(id) = next.filter(|_| next != stop) else {
                break;
            };
            next = self.trove(id)?.larger;
            let ratio = self.ratio(id)?;
            match run.mode {
                Mode::Recovery(_) if self.is_pointless(&run, ratio) => break,
                Mode::Recovery(_) => self.step_in_recovery(&mut run, id, ratio)?,
                Mode::Normal if ratio < self.parameters().minimum_ratio => {
                    self.step(&mut run, id)?;
                }
                Mode::Normal => break,
            }
        }
        self.settle(run, liquidator)
    }

    fn begin(&self, choice: Choice) -> Ruled<Run> {
        let recovers = self.rules().below == Below::RecoveryMode;
        let mode = if recovers && self.is_critical()? {
            Mode::Recovery(Holding {
                collateral: self.branch.collateral()?,
                debt: self.branch.debt(self.now())?,
            })
        } else {
            Mode::Normal
        };
        Ok(Run {
            choice,
            mode,
            usable: self.pool.usable(),
            done: Liquidation::default(),
            change: DebtChange::default(),
        })
    }

    /// In recovery mode only the pool takes a trove at or above the minimum ratio.
    fn is_pointless(&self, run: &Run, ratio: Ratio) -> bool {
        ratio >= self.parameters().minimum_ratio && run.usable.is_zero()
    }

    /// Liquidates a trove below the minimum ratio.
    fn step(&mut self, run: &mut Run, id: AccountId) -> Ruled<()> {
        let latest = self.latest(id)?;
        let parts = self.sizing().divide(whole(&latest), run.usable)?;
        self.take_out(run, id, &latest, &parts)
    }

    /// Liquidates a trove in recovery mode, or leaves it; then looks whether the mode ended.
    fn step_in_recovery(&mut self, run: &mut Run, id: AccountId, own: Ratio) -> Ruled<()> {
        let Mode::Recovery(system) = run.mode else {
            return Ok(());
        };
        if self.branch.troves <= 1 {
            return Ok(());
        }
        let system_ratio = ratio(system.collateral, system.debt, self.price())?;
        let latest = self.latest(id)?;
        let Some(parts) = self.size_in_recovery(run, &latest, own, system_ratio)? else {
            return Ok(());
        };
        self.take_out(run, id, &latest, &parts)?;
        let mut collateral = minus(system.collateral, parts.offset.collateral)?;
        if run.choice == Choice::Smallest {
            collateral = minus(collateral, parts.surplus)?;
        }
        let debt = minus(system.debt, parts.offset.debt)?;
        let now = ratio(collateral, debt, self.price())?;
        run.mode = if now < self.parameters().critical_ratio {
            Mode::Recovery(Holding { collateral, debt })
        } else {
            Mode::Normal
        };
        Ok(())
    }

    fn size_in_recovery(
        &self,
        run: &Run,
        latest: &Latest,
        own: Ratio,
        system: Ratio,
    ) -> Ruled<Option<Parts>> {
        let sizing = self.sizing();
        if own <= Ratio(WAD) {
            return sizing.divide(whole(latest), Amount::ZERO).map(Some);
        }
        if own < self.parameters().minimum_ratio {
            return sizing.divide(whole(latest), run.usable).map(Some);
        }
        if own < system && latest.debt <= run.usable {
            return sizing.capped(whole(latest)).map(Some);
        }
        Ok(None)
    }

    /// Closes a divided trove and counts its parts.
    fn take_out(
        &mut self,
        run: &mut Run,
        id: AccountId,
        latest: &Latest,
        parts: &Parts,
    ) -> Ruled<()> {
        self.branch.apply(latest.pending)?;
        self.close(id, TroveStatus::ClosedByLiquidation)?;
        let account = self.account_mut(id)?;
        account.surplus = plus(account.surplus, parts.surplus)?;
        run.usable = minus(run.usable, parts.offset.debt)?;
        let change = &mut run.change;
        change.applied = plus(change.applied, latest.pending.debt)?;
        change.decrease = plus(change.decrease, latest.debt)?;
        change.weighted_before = add(change.weighted_before, latest.weighted_debt)?;
        let rules = self.rules();
        let done = &mut run.done;
        for (total, more) in [
            (&mut done.debt, latest.debt),
            (&mut done.collateral, latest.collateral),
            (&mut done.offset_debt, parts.offset.debt),
            (&mut done.offset_collateral, parts.offset.collateral),
            (&mut done.redistributed_debt, parts.redistributed.debt),
            (
                &mut done.redistributed_collateral,
                parts.redistributed.collateral,
            ),
            (&mut done.surplus, parts.surplus),
            (&mut done.compensation, parts.compensation),
            (&mut done.stable_compensation, rules.stable_reserve),
            (&mut done.ether_compensation, rules.ether_reserve),
        ] {
            *total = plus(*total, more)?;
        }
        done.troves.push(id);
        Ok(())
    }

    /// Moves the totals: interest first, then pool, other troves, owners, liquidator.
    fn settle(&mut self, run: Run, liquidator: AccountId) -> Ruled<Outcome> {
        let Run { done, change, .. } = run;
        if done.debt.is_zero() {
            return Err(self.rules().nothing_liquidated);
        }
        self.account_debt(&change)?;
        if !done.offset_debt.is_zero() || !done.offset_collateral.is_zero() {
            self.pool.offset(done.offset_debt, done.offset_collateral)?;
            self.branch.active.collateral =
                minus(self.branch.active.collateral, done.offset_collateral)?;
        }
        self.branch.redistribute(Holding {
            collateral: done.redistributed_collateral,
            debt: done.redistributed_debt,
        })?;
        self.branch.active.collateral = minus(self.branch.active.collateral, done.surplus)?;
        self.branch.surplus = plus(self.branch.surplus, done.surplus)?;
        self.branch.take_snapshots(done.compensation)?;
        self.give_stable(liquidator, done.stable_compensation)?;
        self.give_collateral(liquidator, done.ether_compensation)?;
        self.release(liquidator, done.compensation)?;
        Ok(Outcome::Liquidated(Box::new(done)))
    }
}

fn whole(latest: &Latest) -> Holding {
    Holding {
        collateral: latest.collateral,
        debt: latest.debt,
    }
}

//! A working copy of what one action touches: computed and refused here, then committed whole.

use super::System;
use super::account::{Account, Trove, TroveStatus};
use super::branch::{Branch, DebtChange, Latest};
use super::math::{Ruled, minus, plus, times};
use super::rejection::Rejection;
use super::version::{Parameters, Rules};
use crate::coverage::stability_pool::StabilityPool;
use crate::protocol::AccountId;
use crate::units::{Amount, Price, Ratio, Timestamp, U256};
use std::collections::BTreeMap;

/// The working copy.
#[derive(Debug)]
pub(super) struct Draft<'a> {
    system: &'a System,
    pub(super) branch: Branch,
    pub(super) pool: StabilityPool,
    accounts: BTreeMap<AccountId, Account>,
}

/// What a draft changes, detached from the system it was computed on.
#[derive(Debug)]
pub(super) struct Changes {
    branch: Branch,
    pool: StabilityPool,
    accounts: BTreeMap<AccountId, Account>,
}

impl<'a> Draft<'a> {
    pub(super) fn new(system: &'a System) -> Self {
        Self {
            system,
            branch: system.branch.clone(),
            pool: system.pool.clone(),
            accounts: BTreeMap::new(),
        }
    }

    pub(super) fn rules(&self) -> &'static Rules {
        self.system.version.rules()
    }

    pub(super) fn parameters(&self) -> &'a Parameters {
        &self.system.parameters
    }

    pub(super) fn now(&self) -> Timestamp {
        self.system.now
    }

    pub(super) fn price(&self) -> Price {
        self.system.price
    }

    pub(super) fn account(&self, id: AccountId) -> Ruled<&Account> {
        let touched = self.accounts.get(&id).or_else(|| self.system.book.get(id));
        touched.ok_or(Rejection::AccountUnknown)
    }

    pub(super) fn account_mut(&mut self, id: AccountId) -> Ruled<&mut Account> {
        use std::collections::btree_map::Entry;
        match self.accounts.entry(id) {
            Entry::Occupied(entry) => Ok(entry.into_mut()),
            Entry::Vacant(entry) => {
                let account = self.system.book.get(id);
                Ok(entry.insert(*account.ok_or(Rejection::AccountUnknown)?))
            }
        }
    }

    pub(super) fn trove(&self, id: AccountId) -> Ruled<&Trove> {
        Ok(&self.account(id)?.trove)
    }

    pub(super) fn trove_mut(&mut self, id: AccountId) -> Ruled<&mut Trove> {
        Ok(&mut self.account_mut(id)?.trove)
    }

    /// A trove with everything that accrued to it.
    pub(super) fn latest(&self, id: AccountId) -> Ruled<Latest> {
        self.branch.latest(self.trove(id)?, self.now())
    }

    /// Whether the system is below its critical ratio.
    pub(super) fn is_critical(&self) -> Ruled<bool> {
        self.branch
            .is_critical(self.parameters(), self.now(), self.price())
    }

    /// The system's ratio.
    pub(super) fn total_ratio(&self) -> Ruled<Ratio> {
        self.branch.ratio(self.now(), self.price())
    }

    /// Books interest, a fee and a change of debt.
    pub(super) fn account_debt(&mut self, change: &DebtChange) -> Ruled<()> {
        let (rules, now) = (self.rules(), self.now());
        let (minted, yielded) = self.branch.mint(rules, now, change.fee)?;
        self.pool.receive_yield(yielded)?;
        self.branch.change_debt(minted, change)
    }

    /// Books interest alone.
    pub(super) fn accrue(&mut self) -> Ruled<()> {
        self.account_debt(&DebtChange::default())
    }

    /// Collateral leaves a wallet.
    pub(super) fn take_collateral(&mut self, from: AccountId, amount: Amount) -> Ruled<()> {
        let wallet = &mut self.account_mut(from)?.collateral;
        *wallet = wallet
            .minus(amount)
            .map_err(|_| Rejection::TransferExceedsBalance)?;
        Ok(())
    }

    /// Collateral reaches a wallet.
    pub(super) fn give_collateral(&mut self, to: AccountId, amount: Amount) -> Ruled<()> {
        let wallet = &mut self.account_mut(to)?.collateral;
        *wallet = plus(*wallet, amount)?;
        Ok(())
    }

    /// Stablecoin leaves a wallet; `poor` says why it cannot.
    pub(super) fn take_stable(
        &mut self,
        from: AccountId,
        amount: Amount,
        poor: Rejection,
    ) -> Ruled<()> {
        let wallet = &mut self.account_mut(from)?.stable;
        *wallet = wallet.minus(amount).map_err(|_| poor)?;
        Ok(())
    }

    /// Stablecoin reaches a wallet.
    pub(super) fn give_stable(&mut self, to: AccountId, amount: Amount) -> Ruled<()> {
        let wallet = &mut self.account_mut(to)?.stable;
        *wallet = plus(*wallet, amount)?;
        Ok(())
    }

    /// Gives a trove the stake of its present collateral.
    pub(super) fn restake(&mut self, id: AccountId) -> Ruled<()> {
        let collateral = self.trove(id)?.collateral;
        let stake = self.branch.stake(self.rules(), collateral)?;
        let trove = self.trove_mut(id)?;
        let before = std::mem::replace(&mut trove.stake, stake);
        let others = minus(self.branch.stakes, before)?;
        self.branch.stakes = plus(others, stake)?;
        Ok(())
    }

    /// Records the present rewards as received.
    pub(super) fn record_rewards(&mut self, id: AccountId) -> Ruled<()> {
        let reward = self.branch.reward;
        self.trove_mut(id)?.snapshot = reward;
        Ok(())
    }

    /// Wipes a trove out, whose rewards and debt are accounted for elsewhere. A last trove stays.
    pub(super) fn close(&mut self, id: AccountId, status: TroveStatus) -> Ruled<()> {
        if self.branch.troves <= 1 && !self.may_close_last(status) {
            return Err(self.rules().only_one_trove);
        }
        self.unlist(id)?;
        let trove = self.trove_mut(id)?;
        let before = std::mem::replace(trove, Trove::closed(status));
        self.branch.stakes = minus(self.branch.stakes, before.stake)?;
        self.branch.troves = self.branch.troves.saturating_sub(1);
        Ok(())
    }

    fn may_close_last(&self, status: TroveStatus) -> bool {
        self.branch.shut_down.is_some() && status == TroveStatus::ClosedByOwner
    }

    /// The changes, free of the system.
    pub(super) fn finish(self) -> Changes {
        Changes {
            branch: self.branch,
            pool: self.pool,
            accounts: self.accounts,
        }
    }
}

/// A net change, modulo 2^256: quantities are far smaller, so equal changes are equal.
#[derive(Clone, Copy, Default, PartialEq)]
struct Net(U256);

impl Net {
    fn of(before: Amount, after: Amount) -> Self {
        let mut net = Self::default();
        net.add(before, after);
        net
    }

    fn add(&mut self, before: Amount, after: Amount) {
        self.0 = self.0.wrapping_add(after.0).wrapping_sub(before.0);
    }

    fn sum<const N: usize>(nets: [Self; N]) -> Self {
        let add = |sum: U256, net: Self| sum.wrapping_add(net.0);
        Self(nets.into_iter().fold(U256::ZERO, add))
    }
}

/// What the touched accounts hold more than before.
#[derive(Default)]
struct Claims {
    stable: Net,
    wallets: Net,
    collateral: Net,
    stake: Net,
    surplus: Net,
    weighted: Net,
    recorded: Net,
}

impl Claims {
    fn add(&mut self, before: &Account, after: &Account) {
        let (old, new) = (&before.trove, &after.trove);
        let weighted = |trove: &Trove| {
            let product = times(trove.debt.0, trove.rate.0);
            Amount(product.unwrap_or(U256::MAX))
        };
        self.stable.add(before.stable, after.stable);
        self.wallets.add(before.collateral, after.collateral);
        self.collateral.add(old.collateral, new.collateral);
        self.stake.add(old.stake, new.stake);
        self.surplus.add(before.surplus, after.surplus);
        self.weighted.add(weighted(old), weighted(new));
        self.recorded.add(old.debt, new.debt);
    }
}

impl Changes {
    /// Writes the changes.
    ///
    /// # Panics
    /// When something does not balance: a broken invariant, never a matter of input.
    pub(super) fn commit(self, system: &mut System) {
        self.assert_balanced(system);
        // Nothing below can fail.
        for (id, account) in self.accounts {
            system.book.set(id, account);
        }
        system.branch = self.branch;
        system.pool = self.pool;
    }

    /// Conservation: both tokens, and the totals that are kept over all troves.
    fn assert_balanced(&self, system: &System) {
        let mut claims = Claims::default();
        for (id, after) in &self.accounts {
            if let Some(before) = system.book.get(*id) {
                claims.add(before, after);
            }
        }
        let (old, new) = (&system.branch, &self.branch);
        self.assert_tokens(system, &claims);
        for (claimed, total, what) in [
            (
                claims.collateral,
                Net::of(old.active.collateral, new.active.collateral),
                "collateral of troves",
            ),
            (claims.stake, Net::of(old.stakes, new.stakes), "stakes"),
            (claims.surplus, Net::of(old.surplus, new.surplus), "surplus"),
            (
                claims.weighted,
                Net::of(Amount(old.weighted_debt), Amount(new.weighted_debt)),
                "debt times rate",
            ),
        ] {
            assert!(
                claimed == total,
                "{what} do not sum to the total that is kept"
            );
        }
        // Without interest the recorded debts are the active pool's to the unit.
        let bears_interest = !new.weighted_debt.is_zero() || !old.weighted_debt.is_zero();
        assert!(
            bears_interest || claims.recorded == Net::of(old.active.debt, new.active.debt),
            "debts of troves do not sum to the total that is kept"
        );
        let (was, is) = (&old.reward, &new.reward);
        assert!(
            was.collateral <= is.collateral && was.debt <= is.debt,
            "a reward per stake fell"
        );
    }

    fn assert_tokens(&self, system: &System, claims: &Claims) {
        let rules = system.version.rules();
        let (old, new) = (&system.branch, &self.branch);
        let (pool_before, pool) = (&system.pool, &self.pool);
        let reserve = |each: Amount| {
            let held = |branch: &Branch| Amount(U256::from(branch.troves).wrapping_mul(each.0));
            Net::of(held(old), held(new))
        };
        let stable = Net::sum([
            claims.stable,
            Net::of(pool_before.deposits, pool.deposits),
            Net::of(pool_before.yield_owed, pool.yield_owed),
            Net::of(pool_before.yield_pending, pool.yield_pending),
            Net::of(old.fees, new.fees),
            reserve(rules.stable_reserve),
        ]);
        let debt = Net::sum([
            Net::of(old.active.debt, new.active.debt),
            Net::of(old.default.debt, new.default.debt),
        ]);
        assert!(
            stable == debt,
            "the stablecoin in being changed by another amount than the debt"
        );
        let collateral = Net::sum([
            claims.wallets,
            Net::of(old.active.collateral, new.active.collateral),
            Net::of(old.default.collateral, new.default.collateral),
            Net::of(pool_before.collateral, pool.collateral),
            Net::of(old.surplus, new.surplus),
            reserve(rules.ether_reserve),
        ]);
        assert!(
            collateral == Net::default(),
            "collateral appeared or vanished"
        );
    }
}

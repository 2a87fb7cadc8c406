//! What has to hold, computed from the accounts alone.

use crate::starts::ACCOUNTS;
use backstop_core::protocol::AccountId;
use backstop_core::protocol::liquity::{
    Account, Action, Arithmetic, Liquidation, LiquityVersion, Outcome, System, TroveStatus,
};
use backstop_core::units::{Amount, U256};

fn accounts(system: &System) -> impl Iterator<Item = (AccountId, &Account)> + '_ {
    (0..ACCOUNTS)
        .map(AccountId)
        .map(|id| (id, system.account(id).unwrap()))
}

fn sum(amounts: impl Iterator<Item = Amount>) -> U256 {
    amounts.fold(U256::ZERO, |sum, amount| sum + amount.0)
}

/// Tokens that no action makes or destroys.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Books {
    /// Stablecoin in being, less all debt.
    unbacked: U256,
    /// Collateral everywhere.
    collateral: U256,
}

impl Books {
    pub(crate) fn of(system: &System) -> Self {
        let (branch, pool) = (system.branch(), system.pool());
        let rules = system.version().rules();
        let troves = U256::from(branch.troves);
        let stable = sum(accounts(system).map(|(_, account)| account.stable))
            + pool.holdings().unwrap().0
            + branch.fees.0
            + troves * rules.stable_reserve.0;
        let collateral = sum(accounts(system).map(|(_, account)| account.collateral))
            + branch.active.collateral.0
            + branch.default.collateral.0
            + pool.collateral.0
            + branch.surplus.0
            + troves * rules.ether_reserve.0;
        Self {
            unbacked: stable - branch.active.debt.0 - branch.default.debt.0,
            collateral,
        }
    }
}

/// Laws of any state.
pub(crate) fn hold(start: &Books, system: &System, slack: &Slack) {
    assert_eq!(&Books::of(system), start, "tokens");
    totals_are_sums(system);
    claims_are_covered(system, slack);
    if system.version() == LiquityVersion::V1 {
        list_is_sorted(system);
    }
}

fn totals_are_sums(system: &System) {
    let branch = system.branch();
    let of = |pick: fn(&Account) -> Amount| sum(accounts(system).map(|(_, a)| pick(a)));
    assert_eq!(
        of(|a| a.trove.collateral),
        branch.active.collateral.0,
        "collateral of troves"
    );
    assert_eq!(of(|a| a.trove.stake), branch.stakes.0, "stakes");
    assert_eq!(of(|a| a.surplus), branch.surplus.0, "surplus");
    let weighted = accounts(system).fold(U256::ZERO, |sum, (_, account)| {
        sum + account.trove.debt.0 * account.trove.rate.0
    });
    assert_eq!(weighted, branch.weighted_debt, "debt times rate");
    if system.version().rules().arithmetic == Arithmetic::Named {
        assert_eq!(of(|a| a.trove.debt), branch.active.debt.0, "debt of troves");
    }
    let open = accounts(system).filter(|(_, a)| a.trove.status.is_open());
    assert_eq!(open.count() as u64, branch.troves, "open troves");
}

/// By how much claims on the pool can exceed what it has. In v1 what an offset takes too much from
/// the deposits is given back with the next one, to whoever is a depositor then; those gain
/// collateral on it too.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Slack {
    deposits: U256,
    collateral: U256,
}

impl Slack {
    pub(crate) fn of(start: &System) -> Self {
        let none = Self {
            deposits: U256::ZERO,
            collateral: U256::ZERO,
        };
        let excess = |claimed: U256, held: Amount| claimed.saturating_sub(held.0);
        match start.version() {
            LiquityVersion::V1 => Self {
                deposits: excess(deposits(start), start.pool().deposits),
                collateral: excess(gains(start), start.pool().collateral),
            },
            LiquityVersion::V2 => none,
        }
    }

    /// After an action that succeeded.
    pub(crate) fn grow(&mut self, was: &System, outcome: &Outcome) {
        let Outcome::Liquidated(done) = outcome else {
            return;
        };
        let pool = was.pool();
        if was.version() == LiquityVersion::V1 && !pool.deposits.is_zero() {
            let more = self.deposits * done.offset_collateral.0 / pool.deposits.0;
            self.collateral += more + U256::ONE;
            self.deposits += pool.loss_error / U256::from(10u64).pow(U256::from(18)) + U256::ONE;
        }
    }
}

fn deposits(system: &System) -> U256 {
    let pool = system.pool();
    sum(accounts(system).map(|(_, a)| pool.compounded(&a.deposit).unwrap()))
}

fn gains(system: &System) -> U256 {
    let pool = system.pool();
    let gained = accounts(system).map(|(_, a)| pool.collateral_gain(&a.deposit).unwrap());
    let stashed = accounts(system).map(|(_, a)| a.stashed);
    sum(gained.chain(stashed))
}

/// What accounts can claim never exceeds what is there, but for the slack.
fn claims_are_covered(system: &System, slack: &Slack) {
    let (branch, pool) = (system.branch(), system.pool());
    let latest: Vec<_> = accounts(system)
        .map(|(id, _)| system.latest(id).unwrap())
        .collect();
    let pending = sum(latest.iter().map(|latest| latest.pending.collateral));
    assert!(
        pending <= branch.default.collateral.0,
        "redistributed collateral is short"
    );
    let pending = sum(latest.iter().map(|latest| latest.pending.debt));
    assert!(
        pending <= branch.default.debt.0,
        "redistributed debt is short"
    );
    assert!(
        sum(latest.iter().map(|latest| latest.debt)) <= system.total_debt().unwrap().0,
        "troves owe more than the system knows"
    );
    assert!(
        deposits(system) <= pool.deposits.0 + slack.deposits,
        "deposits are short"
    );
    assert!(
        gains(system) <= pool.collateral.0 + slack.collateral,
        "gains of collateral are short"
    );
    let gained = sum(accounts(system).map(|(_, a)| pool.yield_gain(&a.deposit).unwrap()));
    assert!(gained <= pool.yield_owed.0, "yield is short");
}

/// The list holds every open trove once. Roundings may swap neighbours of nearly equal ratio.
fn list_is_sorted(system: &System) {
    let listed: Vec<_> = system.sorted().take(ACCOUNTS as usize + 1).collect();
    let open = accounts(system).filter(|(_, a)| a.trove.status.is_open());
    let mut ids: Vec<_> = listed.clone();
    ids.sort_unstable();
    assert_eq!(ids, open.map(|(id, _)| id).collect::<Vec<_>>(), "list");
    for pair in listed.windows(2) {
        let [larger, smaller] = [pair[0], pair[1]].map(|id| system.ratio(id).unwrap().0);
        let slack = smaller / U256::from(1_000_000_000) + U256::ONE;
        assert!(larger + slack >= smaller, "order");
        let back = system.account(pair[1]).unwrap().trove.larger;
        assert_eq!(back, Some(pair[0]), "links");
    }
}

/// A rejected action changes nothing.
pub(crate) fn unchanged(was: &System, is: &System) {
    assert_eq!(was.branch(), is.branch(), "after a rejection");
    assert_eq!(was.pool(), is.pool(), "after a rejection");
    assert!(accounts(was).eq(accounts(is)), "after a rejection");
}

/// Laws of an accepted action.
pub(crate) fn after_success(was: &System, is: &System, action: &Action, outcome: &Outcome) {
    assert_eq!(was.quote(action).as_ref(), Ok(outcome), "quote");
    let (old, new) = (was.branch(), is.branch());
    assert!(
        old.reward.collateral <= new.reward.collateral && old.reward.debt <= new.reward.debt,
        "a reward fell"
    );
    let (old, new) = (was.pool(), is.pool());
    let stage = |system: &System| (system.pool().epoch, system.pool().scale);
    assert!(stage(was) <= stage(is), "epoch or scale fell");
    assert!(
        stage(was) < stage(is) || new.product <= old.product,
        "the product rose"
    );
    for ((epoch, scale), sum) in old.collateral_sums.iter() {
        assert!(sum <= new.collateral_sums.get(epoch, scale), "a sum fell");
    }
    if let Outcome::Liquidated(liquidation) = outcome {
        liquidation_adds_up(was, is, liquidation);
    }
}

fn liquidation_adds_up(was: &System, is: &System, done: &Liquidation) {
    let gone = |pick: fn(&backstop_core::protocol::liquity::Latest) -> Amount| {
        sum(done.troves.iter().map(|id| pick(&was.latest(*id).unwrap())))
    };
    assert_eq!(gone(|l| l.debt), done.debt.0, "debt");
    assert_eq!(gone(|l| l.collateral), done.collateral.0, "collateral");
    let parts = [
        done.offset_collateral,
        done.redistributed_collateral,
        done.surplus,
        done.compensation,
    ];
    assert_eq!(sum(parts.into_iter()), done.collateral.0, "parts");
    let parts = [done.offset_debt, done.redistributed_debt];
    assert_eq!(sum(parts.into_iter()), done.debt.0, "parts of the debt");
    // Half a percent at most is the liquidator's.
    assert!(
        done.compensation.0 * U256::from(200) <= done.collateral.0,
        "compensation"
    );
    assert!(done.offset_debt <= was.pool().usable(), "too much offset");
    let limit = match was.version() == LiquityVersion::V1 && was.is_critical().unwrap() {
        true => was.parameters().critical_ratio,
        false => was.parameters().minimum_ratio,
    };
    for id in &done.troves {
        assert!(was.ratio(*id).unwrap() < limit, "healthy");
        let status = is.account(*id).unwrap().trove.status;
        assert_eq!(status, TroveStatus::ClosedByLiquidation, "status");
    }
    // The pool's and the other troves' gains are what they were handed.
    let (old, new) = (was.pool(), is.pool());
    assert_eq!(
        new.collateral.0 - old.collateral.0,
        done.offset_collateral.0,
        "pool"
    );
    assert_eq!(
        old.deposits.0 - new.deposits.0,
        done.offset_debt.0,
        "deposits"
    );
}

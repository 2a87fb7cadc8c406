//! Borrowers that look after their position: add collateral or repay when health gets low.
//!
//! Accounts outside every group ignore their position. How they are dealt to groups and found without a look at all
//! of them is told in [`files`](super::files): a borrower is looked at when the price ratio has fallen to that at which
//! health reaches the trigger, and the ledger's exact health decides. Who turns out to be above the trigger is
//! filed again. An account with several assets may so be noticed late, when the fall is in an asset that is not its
//! largest, and interest alone wakes nobody.

use super::files::{Files, Pair, check_shares, group_of, health_of, largest, ratio, wake};
use crate::door;
use crate::error::{ConfigError, require, require_positive, require_share};
use backstop_core::protocol::{AccountId, Health, Protocol};
use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap};
use std::sync::Arc;

/// A budget below this is spent, USD.
const BUDGET_USD_MIN: f64 = 1.0;

/// Sets these hash keys apart from other uses of the same seed.
const BORROWER_KEYS: u64 = 4 << 32;

/// What a borrower does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reaction {
    /// Adds to the largest collateral.
    TopUp,
    /// Repays the largest debt.
    Repay,
}

/// A group of borrowers that react alike.
#[derive(Clone, Debug, PartialEq)]
pub struct BorrowerGroup {
    /// Name for messages.
    pub name: String,
    /// Share of all accounts, 0 to 1; groups together at most 1.
    pub share: f64,
    /// What they do.
    pub reaction: Reaction,
    /// Health factor below which they decide to act.
    pub trigger: f64,
    /// Health factor that they aim at.
    pub target: f64,
    /// Seconds from the decision to the act.
    pub delay_s: u64,
    /// Dollars each can bring in all, as a share of its debt at the start.
    pub budget_share: f64,
}

impl BorrowerGroup {
    fn check(&self, field: &str) -> Result<(), ConfigError> {
        require_share(self.share, || format!("{field}.share"))?;
        require_positive(self.trigger, || format!("{field}.trigger"))?;
        require(
            self.target.is_finite() && self.target >= self.trigger,
            || format!("{field}.target"),
            || {
                format!(
                    "must be a number of at least the trigger {}, found {}",
                    self.trigger, self.target
                )
            },
        )?;
        require(
            self.budget_share >= 0.0,
            || format!("{field}.budget_share"),
            || format!("must be at least 0, found {}", self.budget_share),
        )
    }
}

/// One reacting account.
#[derive(Clone, Debug)]
struct Borrower {
    account: AccountId,
    group: usize,
    pair: Pair,
    budget_usd: f64,
    /// Whether its health is below the trigger at the start.
    starts_below: bool,
}

/// The ratio at which a borrower should be looked at, as ordered bits, and its position.
type Entry = (u64, usize);

/// All reacting accounts as they stood at the start: shared by all paths that begin there.
#[derive(Debug)]
struct Roster {
    groups: Vec<BorrowerGroup>,
    borrowers: Vec<Borrower>,
    /// Time and prices at which it was made, USD by asset.
    start: (u64, Vec<f64>),
}

/// An account whose time to act has come.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Due {
    /// Position in the list of borrowers.
    pub(crate) borrower: usize,
    pub(crate) account: AccountId,
    pub(crate) reaction: Reaction,
    pub(crate) target: f64,
    pub(crate) budget_usd: f64,
}

/// All reacting accounts on one path. A clone costs what has changed since the start.
#[derive(Clone, Debug)]
pub(crate) struct Borrowers {
    roster: Arc<Roster>,
    files: Files<Pair, Entry>,
    /// Dollars that those who have acted can still bring.
    left_usd: BTreeMap<usize, f64>,
    /// Times to act.
    queue: BinaryHeap<Reverse<(u64, usize)>>,
}

impl Borrowers {
    /// Files every reacting account with debt. `oracle` holds USD by asset, as the ledger saw it.
    pub(crate) fn new<P: Protocol>(
        groups: Vec<BorrowerGroup>,
        protocol: &P,
        oracle: &[f64],
        seed: u64,
    ) -> Result<Self, ConfigError> {
        for (i, group) in groups.iter().enumerate() {
            group.check(&format!("borrowers[{i}]"))?;
        }
        check_shares("borrowers", groups.iter().map(|group| group.share))?;
        let mut roster = Roster {
            groups,
            borrowers: Vec::new(),
            start: (protocol.now().0, oracle.to_vec()),
        };
        let mut filed = BTreeMap::new();
        if !roster.groups.is_empty() {
            for id in 0..protocol.accounts() {
                roster.enlist(&mut filed, protocol, AccountId(id), oracle, seed);
            }
        }
        Ok(Self {
            roster: Arc::new(roster),
            files: Files::new(filed),
            left_usd: BTreeMap::new(),
            queue: BinaryHeap::new(),
        })
    }
}

impl Roster {
    fn enlist<P: Protocol>(
        &mut self,
        filed: &mut BTreeMap<Pair, Vec<Entry>>,
        protocol: &P,
        account: AccountId,
        oracle: &[f64],
        seed: u64,
    ) {
        let shares = self.groups.iter().map(|group| group.share);
        let Some(group) = group_of(shares, account, BORROWER_KEYS, seed) else {
            return;
        };
        let Some(health) = health_of(protocol, account) else {
            return;
        };
        let debt_usd = door::value_to_usd(health.debt, protocol.base_decimals());
        let Some(BorrowerGroup {
            trigger,
            budget_share,
            ..
        }) = self.groups.get(group)
        else {
            return;
        };
        let borrower = Borrower {
            account,
            group,
            pair: largest(protocol, account, oracle),
            budget_usd: budget_share * debt_usd,
            starts_below: door::ratio_to_f64(health.factor) < *trigger,
        };
        if let Some(wake) = self.wake(&borrower, borrower.budget_usd, &health, oracle) {
            let entry = (wake, self.borrowers.len());
            filed.entry(borrower.pair).or_default().push(entry);
        }
        self.borrowers.push(borrower);
    }

    fn is_start(&self, time: u64, oracle: &[f64]) -> bool {
        (time, oracle) == (self.start.0, &self.start.1[..])
    }

    /// The ratio at which a borrower should be looked at next; nothing where it cannot act.
    fn wake(
        &self,
        borrower: &Borrower,
        budget_usd: f64,
        health: &Health,
        oracle: &[f64],
    ) -> Option<u64> {
        let trigger = self.groups.get(borrower.group)?.trigger;
        let can_act = budget_usd >= BUDGET_USD_MIN;
        can_act.then(|| wake(borrower.pair, trigger, health, oracle))?
    }
}

impl Borrowers {
    fn budget_usd(&self, index: usize) -> f64 {
        let whole = || {
            self.roster
                .borrowers
                .get(index)
                .map_or(0.0, |b| b.budget_usd)
        };
        self.left_usd.get(&index).copied().unwrap_or_else(whole)
    }

    /// Files a borrower again.
    fn file(&mut self, index: usize, health: &Health, oracle: &[f64]) {
        let Some(borrower) = self.roster.borrowers.get(index) else {
            return;
        };
        let budget_usd = self.budget_usd(index);
        if let Some(wake) = self.roster.wake(borrower, budget_usd, health, oracle) {
            self.files.again(borrower.pair, (wake, index));
        }
    }

    /// Files all who are filed by their health of now, after the rules for it have changed.
    pub(crate) fn file_anew<P: Protocol>(&mut self, protocol: &P, oracle: &[f64]) {
        for (_, index) in self.files.take(|_| Some(|_: &Entry| true)) {
            let borrower = self.roster.borrowers.get(index);
            let account = borrower.map(|borrower| borrower.account);
            if let Some(health) = account.and_then(|account| health_of(protocol, account)) {
                self.file(index, &health, oracle);
            }
        }
    }

    /// Looks at the accounts whose ratio has been reached, and returns those whose time to act is
    /// now, in order of time.
    pub(crate) fn due<P: Protocol>(&mut self, protocol: &P, oracle: &[f64], time: u64) -> Vec<Due> {
        let woken = self.files.take(|file| {
            let now = ratio(file, oracle).to_bits();
            Some(move |entry: &Entry| entry.0 >= now)
        });
        for (_, index) in woken {
            self.look(protocol, index, oracle, time);
        }
        let mut due = Vec::new();
        while let Some(&Reverse((at, index))) = self.queue.peek() {
            if at > time {
                break;
            }
            self.queue.pop();
            due.extend(self.order(index));
        }
        due
    }

    /// Decides by exact health: to act after the delay, or to be looked at again later.
    fn look<P: Protocol>(&mut self, protocol: &P, index: usize, oracle: &[f64], time: u64) {
        let Some(borrower) = self.roster.borrowers.get(index) else {
            return;
        };
        let Some(group) = self.roster.groups.get(borrower.group) else {
            return;
        };
        let at = time.saturating_add(group.delay_s);
        // Nobody has acted yet, so all paths that begin at these prices decide alike.
        if borrower.starts_below && self.roster.is_start(time, oracle) {
            self.queue.push(Reverse((at, index)));
            return;
        }
        let Ok(health) = protocol.health(borrower.account) else {
            return;
        };
        if door::ratio_to_f64(health.factor) < group.trigger {
            self.queue.push(Reverse((at, index)));
        } else {
            self.file(index, &health, oracle);
        }
    }

    fn order(&self, index: usize) -> Option<Due> {
        let borrower = self.roster.borrowers.get(index)?;
        let group = self.roster.groups.get(borrower.group)?;
        Some(Due {
            borrower: index,
            account: borrower.account,
            reaction: group.reaction,
            target: group.target,
            budget_usd: self.budget_usd(index),
        })
    }

    /// Takes what a borrower spent, and files it again while it has something left.
    pub(crate) fn acted<P: Protocol>(
        &mut self,
        protocol: &P,
        index: usize,
        spent_usd: f64,
        oracle: &[f64],
    ) {
        let Some(borrower) = self.roster.borrowers.get(index) else {
            return;
        };
        let left_usd = self.budget_usd(index) - spent_usd;
        self.left_usd.insert(index, left_usd);
        if left_usd < BUDGET_USD_MIN {
            return;
        }
        if let Ok(health) = protocol.health(borrower.account) {
            self.file(index, &health, oracle);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::toy::Toy;
    use backstop_core::protocol::Prices;
    use backstop_core::units::{Price, Timestamp};

    /// Who is below its trigger at the start decides there without a look, but only where the path begins at the
    /// same prices.
    #[test]
    fn decisions_at_the_start_hold_at_its_prices_only() {
        let group = BorrowerGroup {
            name: "all".to_owned(),
            share: 1.0,
            reaction: Reaction::TopUp,
            trigger: 1.05,
            target: 1.2,
            delay_s: 0,
            budget_share: 1.0,
        };
        let at = |usd: u128| {
            // Health 1.02 and 1.5 at 200 dollars.
            let mut toy = Toy::new(&[(10.0, 1_600.0 / 1.02), (10.0, 1_600.0 / 1.5)]);
            let prices = [usd, 1].map(|usd| Price::new(usd * 100_000_000));
            toy.observe(Timestamp(0), &Prices(prices.to_vec())).unwrap();
            toy
        };
        let start = Borrowers::new(vec![group], &at(200), &[200.0, 1.0], 1).unwrap();
        for (usd, due) in [(200u32, &[0][..]), (220, &[]), (130, &[0, 1])] {
            let oracle = [f64::from(usd), 1.0];
            let mut borrowers = start.clone();
            let acts = borrowers.due(&at(u128::from(usd)), &oracle, 0);
            let who: Vec<u32> = acts.iter().map(|due| due.account.0).collect();
            assert_eq!(who, due, "{usd}");
        }
    }

    /// After a move of the threshold those act whose health fell below the trigger by it, as a look at all of them
    /// says; who has decided before does not decide again.
    #[test]
    fn rules_that_change_are_seen_once_filed_anew() {
        let group = BorrowerGroup {
            name: "all".to_owned(),
            share: 1.0,
            reaction: Reaction::Repay,
            trigger: 1.1,
            target: 1.2,
            delay_s: 60,
            budget_share: 1.0,
        };
        let healths = [1.05, 1.15, 1.3, 1.6];
        let book: Vec<_> = healths.iter().map(|h| (10.0, 1_600.0 / h)).collect();
        let (mut toy, oracle) = (Toy::new(&book), [200.0, 1.0]);
        let prices = Prices([200, 1].map(|usd| Price::new(usd * 100_000_000)).to_vec());
        toy.observe(Timestamp(0), &prices).unwrap();
        let mut borrowers = Borrowers::new(vec![group], &toy, &oracle, 1).unwrap();
        assert!(
            borrowers.due(&toy, &oracle, 0).is_empty(),
            "one has decided"
        );
        toy.set_lever("ETH.liquidation_threshold", 6_600).unwrap();
        borrowers.file_anew(&toy, &oracle);
        let mut acts = borrowers.due(&toy, &oracle, 30);
        acts.extend(borrowers.due(&toy, &oracle, 90));
        let mut who: Vec<u32> = acts.iter().map(|due| due.account.0).collect();
        who.sort_unstable();
        let low = |id: &u32| {
            let health = toy.health(AccountId(*id)).unwrap();
            door::ratio_to_f64(health.factor) < 1.1
        };
        assert_eq!(who, (0..4).filter(low).collect::<Vec<_>>());
        assert_eq!(who, [0, 1, 2]);
    }
}

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
}

/// The ratio at which a borrower should be looked at, as ordered bits, and its position.
type Entry = (u64, usize);

/// What is next for a borrower.
enum Outlook {
    /// To be looked at when this ratio is reached, as ordered bits.
    LookAt(u64),
    /// To act, as decided.
    ActAt(u64),
}

/// All reacting accounts as they stood at the start: shared by all paths that begin there.
#[derive(Debug, Default)]
struct Roster {
    groups: Vec<BorrowerGroup>,
    borrowers: Vec<Borrower>,
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
    /// Files every reacting account with debt; who is below its trigger at the start decides there and then, for
    /// all paths. `oracle` holds USD by asset, as the ledger saw it.
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
            ..Roster::default()
        };
        let (mut filed, mut queue) = (BTreeMap::new(), BinaryHeap::new());
        if !roster.groups.is_empty() {
            for id in 0..protocol.accounts() {
                let enlisted = roster.enlist(protocol, AccountId(id), oracle, seed);
                let Some((pair, index, outlook)) = enlisted else {
                    continue;
                };
                // The pair has a file from now on, even if nobody is in it.
                let file: &mut Vec<Entry> = filed.entry(pair).or_default();
                match outlook {
                    Outlook::LookAt(wake) => file.push((wake, index)),
                    Outlook::ActAt(time) => queue.push(Reverse((time, index))),
                }
            }
        }
        Ok(Self {
            roster: Arc::new(roster),
            files: Files::new(filed),
            left_usd: BTreeMap::new(),
            queue,
        })
    }
}

impl Roster {
    /// Takes in an account that belongs to a group and has a debt; its pair, its position, and what is next for it if
    /// it can act.
    fn enlist<P: Protocol>(
        &mut self,
        protocol: &P,
        account: AccountId,
        oracle: &[f64],
        seed: u64,
    ) -> Option<(Pair, usize, Outlook)> {
        let shares = self.groups.iter().map(|group| group.share);
        let group = group_of(shares, account, BORROWER_KEYS, seed)?;
        let health = health_of(protocol, account)?;
        let debt_usd = door::value_to_usd(health.debt, protocol.base_decimals());
        let (trigger, delay_s, budget_share) = {
            let group = self.groups.get(group)?;
            (group.trigger, group.delay_s, group.budget_share)
        };
        let borrower = Borrower {
            account,
            group,
            pair: largest(protocol, account, oracle),
            budget_usd: budget_share * debt_usd,
        };
        let (pair, index) = (borrower.pair, self.borrowers.len());
        let wake = self.wake(&borrower, borrower.budget_usd, &health, oracle);
        self.borrowers.push(borrower);
        let wake = wake?;
        let outlook = if door::ratio_to_f64(health.factor) < trigger {
            Outlook::ActAt(protocol.now().0.saturating_add(delay_s))
        } else {
            Outlook::LookAt(wake)
        };
        Some((pair, index, outlook))
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
        let Ok(health) = protocol.health(borrower.account) else {
            return;
        };
        if door::ratio_to_f64(health.factor) < group.trigger {
            let at = time.saturating_add(group.delay_s);
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

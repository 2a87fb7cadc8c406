//! Borrowers that look after their position: add collateral or repay when health gets low.
//!
//! Which group an account belongs to follows from a hash of the seed and the account's id, so it
//! depends on no order. Accounts outside every group ignore their position.
//!
//! **How they are found.** No step looks at all accounts. At the start each reacting account is
//! looked at once and filed under its largest collateral and largest debt, with the price ratio of
//! the two at which its health would reach the trigger if nothing else moved. A step looks only at
//! accounts whose ratio has been reached, and asks the ledger for their exact health; who turns out
//! to be above the trigger is filed again. An account with several assets may so be noticed late,
//! when the fall is in an asset that is not its largest, and interest alone wakes nobody.

use crate::door;
use crate::error::{ConfigError, require, require_positive, require_share};
use crate::random::hashed_unit;
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
    collateral: usize,
    debt: usize,
    budget_usd: f64,
}

/// The ratio at which a borrower should be looked at, as ordered bits, and its position.
type Entry = (u64, usize);

/// All reacting accounts as they stood at the start: shared by all paths that begin there.
#[derive(Debug, Default)]
struct Roster {
    groups: Vec<BorrowerGroup>,
    borrowers: Vec<Borrower>,
    /// By largest collateral and debt, the highest ratio first.
    filed: BTreeMap<(usize, usize), Vec<Entry>>,
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
    /// How many entries of the roster's files were taken out, by file.
    taken: BTreeMap<(usize, usize), usize>,
    /// Who was filed again since.
    refiled: BTreeMap<(usize, usize), BinaryHeap<Entry>>,
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
        let mut sum = 0.0;
        for (i, group) in groups.iter().enumerate() {
            group.check(&format!("borrowers[{i}]"))?;
            sum += group.share;
        }
        require(
            sum <= 1.0 + 1e-9,
            || "borrowers".to_owned(),
            || format!("shares must add up to at most 1, found {sum}"),
        )?;
        let mut roster = Roster {
            groups,
            ..Roster::default()
        };
        if !roster.groups.is_empty() {
            for id in 0..protocol.accounts() {
                roster.enlist(protocol, AccountId(id), oracle, seed);
            }
        }
        for entries in roster.filed.values_mut() {
            entries.sort_unstable_by_key(|entry| Reverse(*entry));
        }
        Ok(Self {
            roster: Arc::new(roster),
            taken: BTreeMap::new(),
            refiled: BTreeMap::new(),
            left_usd: BTreeMap::new(),
            queue: BinaryHeap::new(),
        })
    }
}

impl Roster {
    fn enlist<P: Protocol>(&mut self, protocol: &P, account: AccountId, oracle: &[f64], seed: u64) {
        let Some(group) = self.group_of(account, seed) else {
            return;
        };
        let Ok(health) = protocol.health(account) else {
            return;
        };
        if health.debt.is_zero() || health.collateral.is_zero() {
            return;
        }
        let (collateral, debt) = largest(protocol, account, oracle);
        let debt_usd = door::value_to_usd(health.debt, protocol.base_decimals());
        let budget_share = self.groups.get(group).map_or(0.0, |g| g.budget_share);
        let borrower = Borrower {
            account,
            group,
            collateral,
            debt,
            budget_usd: budget_share * debt_usd,
        };
        if let Some((file, wake)) = self.place(&borrower, borrower.budget_usd, &health, oracle) {
            let entry = (wake, self.borrowers.len());
            self.filed.entry(file).or_default().push(entry);
        }
        self.borrowers.push(borrower);
    }

    fn group_of(&self, account: AccountId, seed: u64) -> Option<usize> {
        let mut left = hashed_unit(seed, BORROWER_KEYS | u64::from(account.0));
        self.groups.iter().position(|group| {
            left -= group.share;
            left < 0.0
        })
    }

    /// Where a borrower is filed, and the ratio at which it should be looked at next; nothing where
    /// it cannot act.
    fn place(
        &self,
        borrower: &Borrower,
        budget_usd: f64,
        health: &Health,
        oracle: &[f64],
    ) -> Option<((usize, usize), u64)> {
        let group = self.groups.get(borrower.group)?;
        let factor = door::ratio_to_f64(health.factor);
        if budget_usd < BUDGET_USD_MIN || !factor.is_finite() || factor <= 0.0 {
            return None;
        }
        let file = (borrower.collateral, borrower.debt);
        let wake = ratio(file, oracle) * group.trigger / factor;
        // The bits of positive floats are ordered as the floats are.
        Some((file, wake.to_bits()))
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
        if let Some((file, wake)) = self.roster.place(borrower, budget_usd, health, oracle) {
            self.refiled.entry(file).or_default().push((wake, index));
        }
    }

    /// Looks at the accounts whose ratio has been reached, and returns those whose time to act is
    /// now, in order of time.
    pub(crate) fn due<P: Protocol>(&mut self, protocol: &P, oracle: &[f64], time: u64) -> Vec<Due> {
        for index in self.woken(oracle) {
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

    /// Takes out whose ratio has been reached, by file, the highest ratio first.
    fn woken(&mut self, oracle: &[f64]) -> Vec<usize> {
        let mut woken = Vec::new();
        for (file, entries) in &self.roster.filed {
            let now = ratio(*file, oracle).to_bits();
            let taken = self.taken.entry(*file).or_default();
            let refiled = self.refiled.entry(*file).or_default();
            loop {
                let first = entries.get(*taken);
                let again = refiled.peek();
                let Some((wake, index)) = first.max(again).copied() else {
                    break;
                };
                if wake < now {
                    break;
                }
                if first > again {
                    *taken += 1;
                } else {
                    refiled.pop();
                }
                woken.push(index);
            }
        }
        woken
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
        if let Ok(health) = protocol.health(borrower.account) {
            self.file(index, &health, oracle);
        }
    }
}

/// Assets of the largest enabled collateral and the largest debt, by value.
pub(crate) fn largest<P: Protocol>(
    protocol: &P,
    account: AccountId,
    oracle: &[f64],
) -> (usize, usize) {
    let (mut collateral, mut debt) = ((0, 0.0), (0, 0.0));
    for holding in protocol.holdings(account) {
        let asset = usize::from(holding.asset.0);
        let decimals = protocol.assets().get(asset).map_or(0, |a| a.decimals);
        let price = oracle.get(asset).copied().unwrap_or(0.0);
        let supplied = door::amount_to_tokens(holding.collateral, decimals) * price;
        let owed = door::amount_to_tokens(holding.debt, decimals) * price;
        if holding.enabled && supplied > collateral.1 {
            collateral = (asset, supplied);
        }
        if owed > debt.1 {
            debt = (asset, owed);
        }
    }
    (collateral.0, debt.0)
}

/// Price of the collateral in units of the debt asset.
pub(crate) fn ratio((collateral, debt): (usize, usize), oracle: &[f64]) -> f64 {
    let price = |asset: usize| oracle.get(asset).copied().unwrap_or(0.0);
    if price(debt) > 0.0 {
        price(collateral) / price(debt)
    } else {
        f64::MAX
    }
}

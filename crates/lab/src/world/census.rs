//! A census of the book: figures over all accounts that cost a step nothing for those to whom nothing happens.
//!
//! Every account with debt is looked at once, at the start. It is filed under its largest collateral and debt
//! by the price ratio of the two at which its health would reach the margin-call level if nothing else moved;
//! a step counts the entries that its ratio has passed. Who takes on leverage is filed anew. Collateral and debt
//! are summed by the accounts' largest collateral as [`Tokens`], which follow liquidations and borrowers' moves
//! without interest. An account with several assets may be counted early or late.

use super::books::Units;
use super::tokens::Tokens;
use crate::agents::{Files, Pair, largest, ratio, wake};
use crate::error::{ConfigError, require};
use crate::record::{PathRecord, StepRow};
use backstop_core::protocol::{AccountId, Protocol};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// What a census asks.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct CensusConfig {
    /// Health factor below which a borrower hears a margin call.
    pub margin_call: f64,
}

impl CensusConfig {
    fn check(&self) -> Result<(), ConfigError> {
        require(
            (1.0..=100.0).contains(&self.margin_call),
            || "census.margin_call".to_owned(),
            || format!("must lie between 1 and 100, found {}", self.margin_call),
        )
    }
}

/// The book at the start: shared by all paths that begin there.
#[derive(Debug)]
struct Book {
    margin_call: f64,
    /// By account, its largest collateral; nothing of an account without debt.
    home: Vec<Option<u16>>,
}

/// The ratio at which an account's health reaches the level, as ordered bits, and the account.
type Entry = (u64, u32);

/// The census along one path.
#[derive(Clone, Debug)]
pub(super) struct Census {
    book: Arc<Book>,
    files: Files<Pair, Entry>,
    /// Of accounts that were filed anew, the ratio that counts.
    anew: BTreeMap<u32, u64>,
    /// Who has heard a margin call.
    called: BTreeSet<u32>,
    /// What the accounts of one home have, by home.
    sums: Vec<Tokens>,
    /// Rows of the record that were counted: liquidations, reactions, leverings.
    seen: [usize; 3],
}

impl Census {
    pub(super) fn new<P: Protocol>(
        config: CensusConfig,
        protocol: &P,
        oracle: &[f64],
    ) -> Result<Self, ConfigError> {
        config.check()?;
        let (units, assets) = (Units::new(protocol), oracle.len());
        let mut sums = vec![Tokens::none(assets); assets];
        let (mut home, mut filed) = (Vec::new(), BTreeMap::<_, Vec<Entry>>::new());
        for id in 0..protocol.accounts() {
            let account = AccountId(id);
            let health = protocol.health(account).ok();
            let Some(health) = health.filter(|h| !h.debt.is_zero()) else {
                home.push(None);
                continue;
            };
            let pair = largest(protocol, account, oracle);
            home.push(u16::try_from(pair.0).ok());
            if let Some(wake) = wake(pair, config.margin_call, &health, oracle) {
                filed.entry(pair).or_default().push((wake, id));
            }
            if let Some(sums) = sums.get_mut(pair.0) {
                sums.enter(protocol, &units, account);
            }
        }
        let mut census = Self {
            book: Arc::new(Book {
                margin_call: config.margin_call,
                home,
            }),
            files: Files::new(filed),
            anew: BTreeMap::new(),
            called: BTreeSet::new(),
            sums,
            seen: [0; 3],
        };
        // Who is below the level at the start does not fall below it.
        census.passed(oracle);
        Ok(census)
    }

    /// Takes out the entries that a step's ratios have passed.
    fn passed(&mut self, oracle: &[f64]) -> Vec<Entry> {
        self.files.take(|pair| {
            let now = ratio(pair, oracle).to_bits();
            Some(move |entry: &Entry| entry.0 > now)
        })
    }

    /// Files all who were not called by their health of now, after the rules for it have changed.
    pub(super) fn file_all_anew<P: Protocol>(&mut self, protocol: &P, oracle: &[f64]) {
        let filed = self.files.take(|_| Some(|_: &Entry| true));
        for (told, account) in filed {
            let counts = self.anew.get(&account).is_none_or(|anew| *anew == told);
            let Some(health) = protocol.health(AccountId(account)).ok().filter(|_| counts) else {
                continue;
            };
            let pair = largest(protocol, AccountId(account), oracle);
            if let Some(wake) = wake(pair, self.book.margin_call, &health, oracle) {
                self.anew.insert(account, wake);
                self.files.again(pair, (wake, account));
            }
        }
    }

    /// Counts what a step changed, and tells of it.
    pub(super) fn take<P: Protocol>(
        &mut self,
        protocol: &P,
        record: &PathRecord,
        row: &mut StepRow,
    ) {
        self.file_anew(protocol, record, &row.oracle);
        self.follow(record, &row.oracle);
        let mut calls = 0;
        for (wake, account) in self.passed(&row.oracle) {
            let counts = self.anew.get(&account).is_none_or(|told| *told == wake);
            if counts && self.called.insert(account) {
                calls += 1;
            }
        }
        row.margin_calls = Some(calls);
        let homes = self.sums.iter();
        row.by_collateral = homes
            .map(|sums| [sums.collateral_usd(&row.oracle), sums.debt_usd(&row.oracle)])
            .collect();
    }

    /// Files who took on leverage in this step.
    fn file_anew<P: Protocol>(&mut self, protocol: &P, record: &PathRecord, oracle: &[f64]) {
        let [_, _, leverings] = self.seen;
        for row in record.leverings.iter().skip(leverings) {
            let Ok(health) = protocol.health(row.account) else {
                continue;
            };
            let pair = (usize::from(row.collateral.0), usize::from(row.debt.0));
            if let Some(wake) = wake(pair, self.book.margin_call, &health, oracle) {
                self.anew.insert(row.account.0, wake);
                self.files.again(pair, (wake, row.account.0));
            }
        }
    }

    /// Takes the rows that are new; their dollars are those of this step's oracle.
    fn follow(&mut self, record: &PathRecord, oracle: &[f64]) {
        let [liquidations, reactions, leverings] = self.seen;
        for row in record.liquidations.iter().skip(liquidations) {
            if let Some(sums) = self.home(row.account) {
                sums.liquidated(row, oracle);
            }
        }
        for row in record.reactions.iter().skip(reactions) {
            if let Some(sums) = self.home(row.account) {
                sums.reacted(row, oracle);
            }
        }
        for row in record.leverings.iter().skip(leverings) {
            if let Some(sums) = self.home(row.account) {
                sums.levered(row, oracle);
            }
        }
        self.seen = [
            record.liquidations.len(),
            record.reactions.len(),
            record.leverings.len(),
        ];
    }

    /// The sums that an account belongs to.
    fn home(&mut self, account: AccountId) -> Option<&mut Tokens> {
        let home = self.book.home.get(account.0 as usize).copied().flatten()?;
        self.sums.get_mut(usize::from(home))
    }
}

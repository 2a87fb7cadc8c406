//! A census of the book: figures over all accounts that cost a step nothing for those to whom nothing happens.
//!
//! Every account with debt is looked at once, at the start. It is filed under its largest collateral and debt
//! by the price ratio of the two at which its health would reach the margin-call level if nothing else moved;
//! a step counts the entries that its ratio has passed. Collateral and debt are summed by the accounts'
//! largest collateral as [`Tokens`], which follow liquidations and borrowers' moves without interest. An
//! account with several assets may be counted early or late.

use super::books::Units;
use super::tokens::Tokens;
use crate::agents::{largest, ratio};
use crate::door;
use crate::error::{ConfigError, require};
use crate::record::{PathRecord, StepRow};
use backstop_core::protocol::{AccountId, Protocol};
use std::collections::BTreeMap;
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
#[derive(Debug, Default)]
struct Book {
    /// By account, its largest collateral; nothing of an account without debt.
    home: Vec<Option<u16>>,
    /// By largest collateral and debt, the ratios at which health reaches the level, the highest first.
    filed: BTreeMap<(usize, usize), Vec<f64>>,
}

/// The census along one path.
#[derive(Clone, Debug)]
pub(super) struct Census {
    book: Arc<Book>,
    /// Entries that were passed, by file.
    passed: BTreeMap<(usize, usize), usize>,
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
        let mut book = Book::default();
        for id in 0..protocol.accounts() {
            let account = AccountId(id);
            let health = protocol.health(account).ok();
            let Some(health) = health.filter(|h| !h.debt.is_zero()) else {
                book.home.push(None);
                continue;
            };
            let pair = largest(protocol, account, oracle);
            book.home.push(u16::try_from(pair.0).ok());
            let wake = ratio(pair, oracle) * config.margin_call / door::ratio_to_f64(health.factor);
            if wake.is_finite() {
                book.filed.entry(pair).or_default().push(wake);
            }
            if let Some(sums) = sums.get_mut(pair.0) {
                sums.enter(protocol, &units, account);
            }
        }
        let mut passed = BTreeMap::new();
        for (pair, ratios) in &mut book.filed {
            ratios.sort_unstable_by(|a, b| b.total_cmp(a));
            let now = ratio(*pair, oracle);
            passed.insert(*pair, ratios.partition_point(|wake| *wake > now));
        }
        Ok(Self {
            book: Arc::new(book),
            passed,
            sums,
            seen: [0; 3],
        })
    }

    /// Counts what a step changed, and tells of it.
    pub(super) fn take(&mut self, record: &PathRecord, row: &mut StepRow) {
        self.follow(record, &row.oracle);
        let mut calls = 0;
        for (pair, ratios) in &self.book.filed {
            let now = ratio(*pair, &row.oracle);
            let passed = self.passed.entry(*pair).or_default();
            while ratios.get(*passed).is_some_and(|wake| *wake > now) {
                *passed += 1;
                calls += 1;
            }
        }
        row.margin_calls = Some(calls);
        let homes = self.sums.iter();
        row.by_collateral = homes
            .map(|sums| [sums.collateral_usd(&row.oracle), sums.debt_usd(&row.oracle)])
            .collect();
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

//! A census of the book: figures over all accounts that cost a step nothing for those to whom nothing happens.
//!
//! Every account with debt is looked at once, at the start. It is filed under its largest collateral and debt
//! by the price ratio of the two at which its health would reach the margin-call level if nothing else moved;
//! a step counts the entries that its ratio has passed. Collateral and debt are summed in tokens by the
//! accounts' largest collateral, and follow what liquidations and borrowers' moves change. Interest is left
//! out, and an account with several assets may be counted early or late.

use crate::agents::{largest, ratio};
use crate::door;
use crate::error::{ConfigError, require};
use crate::record::{PathRecord, StepRow};
use backstop_core::protocol::{AccountId, AssetId, Protocol};
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

/// What the accounts of one home are worth, in whole tokens by asset.
#[derive(Clone, Debug, Default)]
struct Sums {
    collateral: Vec<f64>,
    debt: Vec<f64>,
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
    /// By home.
    sums: Vec<Sums>,
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
        let assets = oracle.len();
        let empty = Sums {
            collateral: vec![0.0; assets],
            debt: vec![0.0; assets],
        };
        let mut sums = vec![empty; assets];
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
                enter(sums, protocol, account);
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
        let worth = |tokens: &[f64]| {
            let terms = tokens.iter().zip(&row.oracle);
            terms.fold(0.0, |sum, (held, usd)| sum + held * usd)
        };
        let homes = self.sums.iter();
        row.by_collateral = homes
            .map(|sums| [worth(&sums.collateral), worth(&sums.debt)])
            .collect();
    }

    /// Takes the rows that are new; their dollars are those of this step's oracle.
    fn follow(&mut self, record: &PathRecord, oracle: &[f64]) {
        let [liquidations, reactions, leverings] = self.seen;
        for row in record.liquidations.iter().skip(liquidations) {
            let cleared = row.cleared_usd + row.deficit_usd;
            self.change(
                row.account,
                oracle,
                [(row.collateral, -row.taken_usd)],
                [(row.debt, -cleared)],
            );
        }
        for row in record.reactions.iter().skip(reactions) {
            if row.repay {
                self.change(row.account, oracle, [], [(row.asset, -row.usd)]);
            } else {
                self.change(row.account, oracle, [(row.asset, row.usd)], []);
            }
        }
        for row in record.leverings.iter().skip(leverings) {
            let supplied = [(row.collateral, row.supplied_usd)];
            self.change(
                row.account,
                oracle,
                supplied,
                [(row.debt, row.borrowed_usd)],
            );
        }
        self.seen = [
            record.liquidations.len(),
            record.reactions.len(),
            record.leverings.len(),
        ];
    }

    fn change(
        &mut self,
        account: AccountId,
        oracle: &[f64],
        collateral: impl IntoIterator<Item = (AssetId, f64)>,
        debt: impl IntoIterator<Item = (AssetId, f64)>,
    ) {
        let home = self.book.home.get(account.0 as usize).copied().flatten();
        let Some(sums) = home.and_then(|home| self.sums.get_mut(usize::from(home))) else {
            return;
        };
        for (asset, usd) in collateral {
            add(&mut sums.collateral, asset, usd, oracle);
        }
        for (asset, usd) in debt {
            add(&mut sums.debt, asset, usd, oracle);
        }
    }
}

fn enter<P: Protocol>(sums: &mut Sums, protocol: &P, account: AccountId) {
    for held in protocol.holdings(account) {
        let at = usize::from(held.asset.0);
        let decimals = protocol.assets().get(at).map_or(0, |asset| asset.decimals);
        let tokens = |amount| door::amount_to_tokens(amount, decimals);
        if let Some(sum) = sums.collateral.get_mut(at).filter(|_| held.enabled) {
            *sum += tokens(held.collateral);
        }
        if let Some(sum) = sums.debt.get_mut(at) {
            *sum += tokens(held.debt);
        }
    }
}

fn add(tokens: &mut [f64], asset: AssetId, usd: f64, oracle: &[f64]) {
    let at = usize::from(asset.0);
    let price = oracle.get(at).copied().unwrap_or(0.0);
    if let Some(held) = tokens.get_mut(at).filter(|_| price > 0.0) {
        *held = (*held + usd / price).max(0.0);
    }
}

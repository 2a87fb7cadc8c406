//! Accounts dealt to groups, and filed by the price ratio at which each should be looked at.
//!
//! Which group an account belongs to follows from a hash of the seed and the account's id, so it depends on no
//! order; accounts beyond the shares belong to none. No step looks at all accounts: at the start each of a group
//! is looked at once and filed under its largest collateral and largest debt, with the price ratio of the two at
//! which its health would reach the group's trigger if nothing else moved. A step takes out the entries that its
//! ratio has reached, and may file an account again.

use crate::door;
use crate::error::{ConfigError, require};
use crate::random::hashed_unit;
use backstop_core::protocol::{AccountId, Health, Protocol};
use std::collections::{BTreeMap, BinaryHeap};
use std::sync::Arc;

/// Largest collateral and debt, by position.
pub(crate) type Pair = (usize, usize);

/// Refuses shares of groups that add up to more than all accounts.
pub(super) fn check_shares(
    field: &str,
    shares: impl Iterator<Item = f64>,
) -> Result<(), ConfigError> {
    let sum: f64 = shares.sum();
    require(
        sum <= 1.0 + 1e-9,
        || field.to_owned(),
        || format!("shares must add up to at most 1, found {sum}"),
    )
}

/// The group that an account belongs to; `key` sets these hashes apart from other uses of the seed.
pub(super) fn group_of(
    shares: impl Iterator<Item = f64>,
    account: AccountId,
    key: u64,
    seed: u64,
) -> Option<usize> {
    let mut left = hashed_unit(seed, key | u64::from(account.0));
    let mut shares = shares;
    shares.position(|share| {
        left -= share;
        left < 0.0
    })
}

/// Health of an account that has collateral and debt.
pub(super) fn health_of<P: Protocol>(protocol: &P, account: AccountId) -> Option<Health> {
    let health = protocol.health(account).ok()?;
    (!health.debt.is_zero() && !health.collateral.is_zero()).then_some(health)
}

/// The ratio of a pair at which health reaches the trigger, as bits: those of positive floats are ordered as the
/// floats are. Nothing where there is no such ratio.
pub(crate) fn wake(pair: Pair, trigger: f64, health: &Health, oracle: &[f64]) -> Option<u64> {
    let factor = door::ratio_to_f64(health.factor);
    let wake = ratio(pair, oracle) * trigger / factor;
    (factor.is_finite() && wake.is_finite() && wake > 0.0).then(|| wake.to_bits())
}

/// Entries by file. The greatest entry of a file is reached first. A clone costs what has changed since the start.
#[derive(Clone, Debug)]
pub(crate) struct Files<K, E: Ord> {
    /// By rising key, the greatest entry first: shared by all paths that begin there.
    start: Arc<Vec<(K, Vec<E>)>>,
    /// What has changed since, file by file.
    since: Vec<Since<E>>,
}

#[derive(Clone, Debug)]
struct Since<E: Ord> {
    /// How many entries of the start were taken out.
    taken: usize,
    /// Filed again.
    again: BinaryHeap<E>,
}

impl<K: Copy + Ord, E: Copy + Ord> Files<K, E> {
    pub(crate) fn new(filed: BTreeMap<K, Vec<E>>) -> Self {
        let mut start: Vec<_> = filed.into_iter().collect();
        for (_, entries) in &mut start {
            entries.sort_unstable_by(|a, b| b.cmp(a));
        }
        let since = start.iter().map(|_| Since {
            taken: 0,
            again: BinaryHeap::new(),
        });
        Self {
            since: since.collect(),
            start: Arc::new(start),
        }
    }

    /// Files an entry again; a file that nobody was in at the start is not kept.
    pub(crate) fn again(&mut self, file: K, entry: E) {
        let at = self.start.binary_search_by_key(&file, |(key, _)| *key);
        if let Some(since) = at.ok().and_then(|at| self.since.get_mut(at)) {
            since.again.push(entry);
        }
    }

    /// Takes out what has been reached, file by file. `reached` tells it of a file's entries; nothing of a file
    /// that is left alone.
    pub(crate) fn take<R: Fn(&E) -> bool>(
        &mut self,
        mut reached: impl FnMut(K) -> Option<R>,
    ) -> Vec<E> {
        let mut taken = Vec::new();
        for ((file, entries), since) in self.start.iter().zip(&mut self.since) {
            let Some(reached) = reached(*file) else {
                continue;
            };
            loop {
                let first = entries.get(since.taken).filter(|entry| reached(entry));
                let again = since.again.peek().filter(|entry| reached(entry));
                let Some(entry) = first.max(again).copied() else {
                    break;
                };
                if first > again {
                    since.taken += 1;
                } else {
                    since.again.pop();
                }
                taken.push(entry);
            }
        }
        taken
    }
}

/// Assets of the largest enabled collateral and the largest debt, by value.
pub(crate) fn largest<P: Protocol>(protocol: &P, account: AccountId, oracle: &[f64]) -> Pair {
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
pub(crate) fn ratio((collateral, debt): Pair, oracle: &[f64]) -> f64 {
    let price = |asset: usize| oracle.get(asset).copied().unwrap_or(0.0);
    if price(debt) > 0.0 {
        price(collateral) / price(debt)
    } else {
        f64::MAX
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_reached_is_taken_greatest_first_and_once() {
        let filed = [(2, vec![5, 9, 7]), (1, vec![4])];
        let mut files = Files::new(BTreeMap::from(filed));
        let from = |least: u32| move |_| Some(move |entry: &u32| *entry >= least);
        let start = files.clone();
        assert_eq!(files.take(from(8)), [9]);
        files.again(2, 8);
        files.again(2, 6);
        // A file that nobody was in is not kept.
        files.again(3, 9);
        assert_eq!(files.take(from(6)), [8, 7, 6]);
        assert_eq!(
            files.take(|file| (file == 2).then_some(|_: &u32| true)),
            [5]
        );
        assert_eq!(files.take(from(0)), [4]);
        assert!(files.take(from(0)).is_empty());
        // The clone of the start has everything.
        assert_eq!(start.clone().take(from(0)), [4, 9, 7, 5]);
    }

    #[test]
    fn shares_deal_accounts_to_groups() {
        let shares = [0.2, 0.3];
        let group = |id| group_of(shares.into_iter(), AccountId(id), 1 << 40, 7);
        let all: Vec<_> = (0..10_000).map(group).collect();
        for (wanted, share) in [(Some(0), 0.2), (Some(1), 0.3), (None, 0.5)] {
            let count = all.iter().filter(|group| **group == wanted).count() as f64;
            // Three standard errors of a share of 10,000.
            assert!((count / 1e4 - share).abs() < 0.015, "{wanted:?} {count}");
        }
        let refused = check_shares("borrowers", [0.6, 0.5].into_iter()).unwrap_err();
        assert_eq!(
            refused.to_string(),
            "borrowers: shares must add up to at most 1, found 1.1"
        );
        assert!(check_shares("borrowers", [0.7, 0.3].into_iter()).is_ok());
    }
}

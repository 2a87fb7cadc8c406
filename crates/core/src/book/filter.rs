//! Generations of entries: one side of the breach index.

use super::cohort::{Entry, Generation, Ratios, View};
use super::trie::Trie;
use std::sync::Arc;

/// Generations of about the same size that are kept apart. A tick reads the heads of all
/// generations; a merge costs a look at every account in it.
const TIER: usize = 8;

/// A filter over accounts: it hands out every account whose entry may have lost its meaning.
///
/// Entries made at the present prices are fresh. When prices move on, they become a generation
/// anchored at the prices that end. Generations are merged by having all of their accounts looked
/// at again, which anchors them anew: when there are [`TIER`] of about the same size, so that their
/// number grows with the logarithm of the number of accounts that were ever looked at.
#[derive(Clone, Debug)]
pub(super) struct Filter {
    /// Entries made at the beginning, generation 0; never merged, so that forks share it.
    base: Generation,
    later: Arc<Vec<(u64, Generation)>>,
    fresh: Trie<Entry>,
    /// The number that `fresh` will have as a generation.
    number: u64,
}

impl Filter {
    /// A filter of entries that were made at `anchor`, as generation 0.
    pub(super) fn new(anchor: View<'_>, entries: &[(u32, Entry)]) -> Self {
        Self {
            base: Generation::new(anchor, entries),
            later: Arc::default(),
            fresh: Trie::default(),
            number: 1,
        }
    }

    /// Adds the entry of an account, made at the present prices; returns the number of its
    /// generation.
    pub(super) fn add(&mut self, id: u32, entry: Entry) -> u64 {
        self.fresh.insert(id, entry);
        self.number
    }

    /// Forgets the fresh entry of an account. An older one is dead as soon as the caller says
    /// so when it is asked which entries live.
    pub(super) fn drop_fresh(&mut self, id: u32) {
        self.fresh.remove(id);
    }

    /// Ends the present prices: anchors the fresh entries at them. `lives` tells whether an
    /// account's live entry is in a generation. Accounts that must be looked at again go to
    /// `due`.
    pub(super) fn settle(
        &mut self,
        ending: View<'_>,
        lives: impl Fn(u32, u64) -> bool,
        due: &mut Vec<u32>,
    ) {
        if self.fresh.is_empty() {
            return;
        }
        let number = self.number;
        self.number = number.saturating_add(1);
        let fresh = std::mem::take(&mut self.fresh);
        let later = Arc::make_mut(&mut self.later);
        later.retain(|(_, generation)| generation.left() > 0);
        let merged = tail(later, fresh.len());
        for (old, generation) in later.drain(later.len().saturating_sub(merged)..) {
            due.extend(generation.rest().filter(|id| lives(*id, old)));
        }
        if merged > 0 {
            due.extend(fresh.iter().map(|(id, _)| id));
        } else {
            let entries: Vec<(u32, Entry)> = fresh.iter().map(|(id, e)| (id, *e)).collect();
            later.push((number, Generation::new(ending, &entries)));
        }
    }

    /// Passes every entry that may have lost its meaning at these prices; the accounts of those
    /// that live go to `due`.
    pub(super) fn pass(
        &mut self,
        prices: View<'_>,
        lives: impl Fn(u32, u64) -> bool,
        due: &mut Vec<u32>,
    ) {
        let mut ratios = Ratios::new();
        self.base.pass(prices, &mut ratios, |id| {
            if lives(id, 0) {
                due.push(id);
            }
        });
        if self.later.is_empty() {
            return;
        }
        for (number, generation) in Arc::make_mut(&mut self.later) {
            generation.pass(prices, &mut ratios, |id| {
                if lives(id, *number) {
                    due.push(id);
                }
            });
        }
    }
}

/// How many of the newest generations are merged with `fresh` new entries: tier by tier, all that
/// are at most twice as large as what comes together below them, where there are enough of them.
fn tail(later: &[(u64, Generation)], fresh: usize) -> usize {
    let mut sizes = later.iter().rev().map(|(_, generation)| generation.left());
    let (mut merged, mut total) = (0usize, fresh);
    loop {
        let most = total.saturating_mul(2);
        let tier: Vec<usize> = sizes.clone().take_while(|left| *left <= most).collect();
        if tier.len() < TIER {
            return merged;
        }
        merged = merged.saturating_add(tier.len());
        total = tier
            .iter()
            .fold(total, |sum, left| sum.saturating_add(*left));
        sizes.nth(tier.len().saturating_sub(1));
    }
}

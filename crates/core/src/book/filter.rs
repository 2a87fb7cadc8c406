//! Generations of entries: one side of the breach index.

use super::cohort::{Entry, Generation, View};
use super::trie::Trie;
use std::sync::Arc;

/// Most generations after the base. A tick reads the heads of all; a merge costs looks.
const LATER_MAX: usize = 12;

/// A filter over accounts: it hands out every account whose entry may have lost its meaning.
///
/// Entries made at the present prices are fresh. When prices move on, they become a generation
/// anchored at the prices that end. Generations are merged by having all of their accounts looked
/// at again, which anchors them anew: an old one when it has shrunk to half of a new one, and the
/// newest ones when there are too many.
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
        let mut total = fresh.len();
        let later = Arc::make_mut(&mut self.later);
        loop {
            let full = later.len() >= LATER_MAX;
            let merges =
                |(_, last): &mut (u64, Generation)| full || last.left().saturating_mul(2) <= total;
            let Some((old, generation)) = later.pop_if(merges) else {
                break;
            };
            total = total.saturating_add(generation.left());
            due.extend(generation.rest().filter(|id| lives(*id, old)));
        }
        if total > fresh.len() {
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
        self.base.pass(prices, |id| {
            if lives(id, 0) {
                due.push(id);
            }
        });
        if self.later.is_empty() {
            return;
        }
        for (number, generation) in Arc::make_mut(&mut self.later) {
            generation.pass(prices, |id| {
                if lives(id, *number) {
                    due.push(id);
                }
            });
        }
    }
}

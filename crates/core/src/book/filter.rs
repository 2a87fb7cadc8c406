//! Generations of entries: one side of the breach index.

use super::cohort::{Entry, Filed, Generation, Ratios, View};
use super::log::Log;
use std::sync::Arc;

/// Generations of about the same size that are kept apart. A tick reads the heads of all
/// generations; a merge costs a division for every account in it.
const TIER: usize = 4;

/// A filter over accounts: it hands out every account whose entry may have lost its meaning.
///
/// Entries made at the present prices are fresh. When prices move on, they become a generation
/// anchored at the prices that end. When there are [`TIER`] generations of about the same size, they are
/// merged: their entries are carried on to the prices that end, so that the number of generations
/// grows with the logarithm of the number of accounts that were ever looked at.
#[derive(Clone, Debug)]
pub(super) struct Filter {
    /// Entries made at the beginning, of number 0; never merged, so that forks share it.
    base: Generation,
    later: Arc<Vec<Generation>>,
    /// Entries made at the present prices; of one account the last counts, nothing of one that has
    /// left.
    fresh: Log<(u32, Option<Entry>)>,
    /// The number of the fresh entries.
    number: u64,
}

impl Filter {
    /// A filter of entries that were made at `anchor`, of number 0.
    pub(super) fn new(anchor: View<'_>, entries: Vec<Filed>) -> Self {
        Self {
            base: Generation::new(anchor, &entries),
            later: Arc::default(),
            fresh: Log::default(),
            number: 1,
        }
    }

    /// Adds the entry of an account, made at the present prices; returns its number.
    pub(super) fn add(&mut self, id: u32, entry: Entry) -> u64 {
        self.fresh.push((id, Some(entry)));
        self.number
    }

    /// Forgets the fresh entry of an account. An older one is dead as soon as the caller says
    /// so when it is asked which entries live.
    pub(super) fn drop_fresh(&mut self, id: u32) {
        self.fresh.push((id, None));
    }

    /// Ends the present prices: anchors the fresh entries at them. `lives` tells whether an
    /// account's live entry has a number. Accounts that must be looked at again go to `due`.
    pub(super) fn settle(
        &mut self,
        ending: View<'_>,
        lives: impl Fn(u32, u64) -> bool,
        due: &mut Vec<u32>,
    ) {
        if self.fresh.is_empty() {
            return;
        }
        let mut filed = self.take_fresh();
        if filed.is_empty() {
            return;
        }
        let later = Arc::make_mut(&mut self.later);
        later.retain(|generation| generation.left() > 0);
        let merged = tail(later, filed.len());
        let mut ratios = Ratios::new();
        for generation in later.drain(later.len().saturating_sub(merged)..) {
            generation.carry(ending, &mut ratios, |carried| {
                let (Ok(held) | Err(held)) = carried;
                if !lives(held.id, held.number) {
                    return;
                }
                match carried {
                    Ok(held) => filed.push(held),
                    Err(held) => due.push(held.id),
                }
            });
        }
        later.push(Generation::new(ending, &filed));
    }

    /// The fresh entries, one an account; the next ones have the next number.
    fn take_fresh(&mut self) -> Vec<Filed> {
        let number = self.number;
        self.number = number.saturating_add(1);
        let fresh = self.fresh.take();
        let fresh: Vec<&(u32, Option<Entry>)> = fresh.backward().collect();
        // Account and place in one number: of one account the last entry comes first, and stays there.
        let places = (0u32..).map(u64::from);
        let placed = fresh.iter().zip(places);
        let mut order: Vec<u64> = placed
            .map(|((id, _), place)| u64::from(*id).wrapping_shl(32) | place)
            .collect();
        order.sort_unstable();
        order.dedup_by_key(|packed| packed.wrapping_shr(32));
        let at = |packed: u64| usize::try_from(packed & u64::from(u32::MAX));
        let mut kept = Vec::with_capacity(order.len());
        for packed in order {
            let entry = at(packed).ok().and_then(|at| fresh.get(at));
            if let Some((id, Some(entry))) = entry {
                kept.push(Filed::new(*id, number, *entry));
            }
        }
        kept
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
        let mut take = |id, number| {
            if lives(id, number) {
                due.push(id);
            }
        };
        self.base.pass(prices, &mut ratios, &mut take);
        if self.later.is_empty() {
            return;
        }
        for generation in Arc::make_mut(&mut self.later) {
            generation.pass(prices, &mut ratios, &mut take);
        }
    }
}

/// How many of the newest generations are merged with `fresh` new entries: tier by tier, all that
/// are at most twice as large as what comes together below them, where there are enough of them.
fn tail(later: &[Generation], fresh: usize) -> usize {
    let mut sizes = later.iter().rev().map(Generation::left);
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

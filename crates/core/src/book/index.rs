//! Which accounts may be in breach after a price tick, without a scan.

use super::cohort::{Entry, Generation};
use super::exposure::{EffectivePrices, Exposure};
use super::trie::Trie;
use crate::protocol::AccountId;
use std::sync::Arc;

/// What the exact rule says of one account at the present prices.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Look {
    /// In breach.
    Breached,
    /// Not in breach, with its bounds at the present effective prices.
    Healthy(Exposure),
    /// Without debt or no longer there; not indexed.
    Gone,
}

/// Where the one live entry of an account is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    /// In the generation of this number, or waiting to become part of it.
    Generation(u64),
    /// In the breached set.
    Breached,
    /// Nowhere.
    Unindexed,
}

/// A conservative filter for breaches: it may ask about a healthy account, it never misses an
/// account in breach.
///
/// Entries are anchored at the effective prices at which they were made, sorted, and passed by a
/// cursor when prices have moved far enough. `docs/breach-index.md` has the proof.
///
/// `clone` is a fork: a few reference counts, whatever the number of accounts.
#[derive(Clone, Debug)]
pub struct BreachIndex {
    prices: Arc<EffectivePrices>,
    /// The entries made by [`BreachIndex::build`]; their number is 0.
    base: Generation,
    /// Later generations with their numbers; each has at most half the entries of the one before.
    later: Arc<Vec<(u64, Generation)>>,
    /// Entries made at the present prices.
    fresh: Trie<Entry>,
    /// The number that `fresh` will have as a generation.
    number: u64,
    /// Accounts whose live entry is not in the base.
    moved: Trie<Place>,
    breached: Trie<()>,
}

impl BreachIndex {
    /// Indexes accounts, each at most once, looked at at these prices.
    pub fn build(
        prices: EffectivePrices,
        accounts: impl IntoIterator<Item = (AccountId, Look)>,
    ) -> Self {
        let mut moved = Trie::default();
        let mut breached = Trie::default();
        let mut entries = Vec::new();
        for (id, look) in accounts {
            match look {
                Look::Healthy(exposure) if !exposure.debt_assets.is_empty() => {
                    entries.push((id.0, Entry::new(&exposure)));
                }
                Look::Breached => {
                    breached.insert(id.0, ());
                    moved.insert(id.0, Place::Breached);
                }
                Look::Healthy(_) | Look::Gone => {}
            }
        }
        Self {
            base: Generation::new(&prices, entries),
            prices: Arc::new(prices),
            later: Arc::default(),
            fresh: Trie::default(),
            number: 1,
            moved,
            breached,
        }
    }

    /// The effective prices of the last [`BreachIndex::advance`].
    pub fn prices(&self) -> &EffectivePrices {
        &self.prices
    }

    /// Tells the index that an account changed, with a look at it at the present prices.
    pub fn set(&mut self, id: AccountId, look: Look) {
        self.breached.remove(id.0);
        self.fresh.remove(id.0);
        let place = match look {
            Look::Breached => {
                self.breached.insert(id.0, ());
                Place::Breached
            }
            Look::Healthy(exposure) if !exposure.debt_assets.is_empty() => {
                self.fresh.insert(id.0, Entry::new(&exposure));
                Place::Generation(self.number)
            }
            Look::Healthy(_) | Look::Gone => Place::Unindexed,
        };
        self.moved.insert(id.0, place);
    }

    /// Takes new effective prices and looks at every account that may be in breach, and at
    /// every account that was. `look` answers at the new prices.
    pub fn advance(&mut self, prices: EffectivePrices, mut look: impl FnMut(AccountId) -> Look) {
        let mut due = Vec::new();
        self.settle_fresh(&mut due);
        self.prices = Arc::new(prices);
        self.pass(&mut due);
        due.extend(self.breached.iter().map(|(id, ())| id));
        for id in due {
            self.set(AccountId(id), look(AccountId(id)));
        }
    }

    /// Accounts in breach at the present prices, ascending.
    pub fn breached(&self) -> impl Iterator<Item = AccountId> + '_ {
        self.breached.iter().map(|(id, ())| AccountId(id))
    }

    /// How many accounts are in breach.
    pub fn breached_len(&self) -> usize {
        self.breached.len()
    }

    /// Anchors the fresh entries as a generation at the prices that now end, or, where later
    /// generations are not much larger, has them and those looked at again as one.
    fn settle_fresh(&mut self, due: &mut Vec<u32>) {
        if self.fresh.is_empty() {
            return;
        }
        let mut total = self.fresh.len();
        let number = self.number;
        self.number = number.saturating_add(1);
        let fresh = std::mem::take(&mut self.fresh);
        let later = Arc::make_mut(&mut self.later);
        while let Some((old, generation)) = later.pop_if(|(_, generation)| {
            usize::try_from(generation.left()).unwrap_or(usize::MAX) <= total.saturating_mul(2)
        }) {
            total = total.saturating_add(usize::try_from(generation.left()).unwrap_or(0));
            let live = Place::Generation(old);
            due.extend(
                generation
                    .rest()
                    .filter(|id| self.moved.get(*id) == Some(&live)),
            );
        }
        if total > fresh.len() {
            due.extend(fresh.iter().map(|(id, _)| id));
        } else {
            let entries = fresh.iter().map(|(id, entry)| (id, *entry));
            later.push((number, Generation::new(&self.prices, entries)));
        }
    }

    /// Collects the accounts of all live entries that may be in breach at the present prices.
    fn pass(&mut self, due: &mut Vec<u32>) {
        let moved = &self.moved;
        self.base.pass(&self.prices, |id| {
            if moved.get(id).is_none() {
                due.push(id);
            }
        });
        if self.later.is_empty() {
            return;
        }
        for (number, generation) in Arc::make_mut(&mut self.later) {
            let live = Place::Generation(*number);
            generation.pass(&self.prices, |id| {
                if moved.get(id) == Some(&live) {
                    due.push(id);
                }
            });
        }
    }
}

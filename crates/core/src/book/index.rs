//! Which accounts may be in breach after a price tick, without a scan.

use super::cohort::{Entry, Filed, View};
use super::exposure::{EffectivePrices, Exposure, Shortfall};
use super::filter::Filter;
use super::id_set::IdSet;
use super::trie::Trie;
use crate::protocol::AccountId;
use std::sync::Arc;

/// What the exact rule says of one account at the present prices.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Look {
    /// In breach; to be looked at again at every tick.
    Breached,
    /// In breach, with bounds that tell for how long; to be looked at again when prices have
    /// moved so far that it might have recovered.
    BreachedBy(Shortfall),
    /// Not in breach, with bounds that tell for how long.
    Healthy(Exposure),
    /// Without debt or no longer there; not indexed.
    Gone,
}

/// Where the one live entry of an account is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    /// Among the healthy, in the entry of this number.
    Healthy(u64),
    /// Among the breached, in the entry of this number.
    Breached(u64),
    /// Among the breached that are looked at at every tick.
    Restless,
    /// Nowhere.
    Unindexed,
}

/// A conservative filter for breaches: it may ask about a healthy account, it never misses an
/// account in breach.
///
/// Each account has an entry: a bound, made at some past effective prices, on how far prices
/// may move before the exact rule must be asked again. Entries are sorted, so a tick reads the
/// heads of a few lists. `docs/breach-index.md` has the proof and the costs.
///
/// `clone` is a fork: a few reference counts, whatever the number of accounts.
///
/// ```
/// use backstop_core::book::{AssetSet, BreachIndex, EffectivePrices, Exposure, Look};
/// use backstop_core::protocol::{AccountId, AssetId};
/// use backstop_core::units::{U256, Value};
///
/// // Asset 0 is collateral, asset 1 is debt. Account 7 has 150 units of the one at a threshold
/// // of 80 %, and owes 100 of the other.
/// let prices = |collateral: u64, debt: u64| EffectivePrices {
///     collateral: vec![U256::from(collateral), U256::ZERO],
///     debt: vec![U256::ZERO, U256::from(debt)],
/// };
/// let exposure = |collateral: u128, debt: u128| Exposure {
///     collateral_assets: AssetSet::EMPTY.with(AssetId(0)),
///     debt_assets: AssetSet::EMPTY.with(AssetId(1)),
///     collateral: Value::new(150 * 80 * collateral),
///     debt: Value::new(100 * 100 * debt),
///     slack: Value::ZERO,
/// };
/// let account = (AccountId(7), Look::Healthy(exposure(1_000, 1_000)));
/// let mut index = BreachIndex::build(prices(1_000, 1_000), [account]);
///
/// // A fall by a tenth asks about nobody.
/// index.advance(prices(900, 1_000), |id| panic!("{id:?}"));
/// assert_eq!(index.breached_len(), 0);
///
/// // A fall by a fifth asks, and the exact rule says that 150 · 0.8 · 0.8 is below 100.
/// index.advance(prices(800, 1_000), |_| Look::Breached);
/// assert_eq!(index.breached().collect::<Vec<_>>(), [AccountId(7)]);
/// ```
#[derive(Clone, Debug)]
pub struct BreachIndex {
    prices: Arc<EffectivePrices>,
    /// Hands out healthy accounts that may have breached.
    healthy: Filter,
    /// Hands out breached accounts that may have recovered.
    sunk: Filter,
    /// Breached accounts without an entry.
    restless: Trie<()>,
    /// Where accounts are, except those in an entry of number 0 of the healthy and those never seen.
    moved: Trie<Place>,
    breached: IdSet,
    /// How often `breached` has changed.
    revision: u64,
}

impl BreachIndex {
    /// Indexes accounts, each at most once, looked at at these prices.
    pub fn build(
        prices: EffectivePrices,
        accounts: impl IntoIterator<Item = (AccountId, Look)>,
    ) -> Self {
        let accounts = accounts.into_iter();
        let (least, most) = accounts.size_hint();
        let mut healthy = Vec::with_capacity(most.unwrap_or(least));
        let mut sunk = Vec::new();
        let (mut restless, mut moved) = (Trie::default(), Trie::default());
        let mut breached = IdSet::default();
        for (AccountId(id), look) in accounts {
            match look {
                Look::Healthy(exposure) if !exposure.debt_assets.is_empty() => {
                    healthy.push(Filed::new(id, 0, Entry::of_exposure(&exposure)));
                    continue;
                }
                Look::Healthy(_) | Look::Gone => continue,
                Look::Breached => {
                    restless.insert(id, ());
                    moved.insert(id, Place::Restless);
                }
                Look::BreachedBy(shortfall) => {
                    sunk.push(Filed::new(id, 0, Entry::of_shortfall(&shortfall)));
                    moved.insert(id, Place::Breached(0));
                }
            }
            breached.insert(id);
        }
        Self {
            healthy: Filter::new(View::of_healthy(&prices), healthy),
            sunk: Filter::new(View::of_breached(&prices), sunk),
            prices: Arc::new(prices),
            restless,
            moved,
            breached,
            revision: 0,
        }
    }

    /// Indexes all accounts anew, as [`BreachIndex::build`]: where the bounds of entries hold no longer.
    pub fn rebuild(
        &mut self,
        prices: EffectivePrices,
        accounts: impl IntoIterator<Item = (AccountId, Look)>,
    ) {
        *self = Self {
            revision: self.revision.wrapping_add(1),
            ..Self::build(prices, accounts)
        };
    }

    /// The effective prices of the last [`BreachIndex::advance`].
    pub fn prices(&self) -> &EffectivePrices {
        &self.prices
    }

    /// Tells the index that an account changed, with a look at it at the present prices.
    pub fn set(&mut self, id: AccountId, look: Look) {
        let AccountId(id) = id;
        let place = match look {
            Look::Healthy(exposure) if !exposure.debt_assets.is_empty() => {
                Place::Healthy(self.healthy.add(id, Entry::of_exposure(&exposure)))
            }
            Look::BreachedBy(shortfall) => {
                Place::Breached(self.sunk.add(id, Entry::of_shortfall(&shortfall)))
            }
            Look::Breached => Place::Restless,
            Look::Healthy(_) | Look::Gone => Place::Unindexed,
        };
        let before = self.moved.insert(id, place);
        if before == Some(place) {
            return;
        }
        self.leave(id, before, place);
        if matches!(place, Place::Restless) {
            self.restless.insert(id, ());
        }
        let changed = if matches!(place, Place::Restless | Place::Breached(_)) {
            self.breached.insert(id)
        } else {
            self.breached.remove(id)
        };
        self.revision = self.revision.wrapping_add(u64::from(changed));
    }

    /// Takes an account out of where it was, on its way to another place.
    fn leave(&mut self, id: u32, before: Option<Place>, place: Place) {
        match (before, place) {
            (Some(Place::Restless), _) => {
                self.restless.remove(id);
            }
            // A fresh entry on the same side has been overwritten.
            (Some(Place::Healthy(_)), Place::Healthy(_))
            | (Some(Place::Breached(_)), Place::Breached(_)) => {}
            (Some(Place::Healthy(_)), _) => self.healthy.drop_fresh(id),
            (Some(Place::Breached(_)), _) => self.sunk.drop_fresh(id),
            (Some(Place::Unindexed) | None, _) => {}
        }
    }

    /// Takes new effective prices and looks at every account whose state may have changed, each
    /// once. `look` answers at the new prices.
    pub fn advance(&mut self, prices: EffectivePrices, mut look: impl FnMut(AccountId) -> Look) {
        for id in self.due(prices) {
            self.set(id, look(id));
        }
    }

    /// Takes new effective prices and tells whose state may have changed, each once: the caller looks at them
    /// at the new prices and calls [`BreachIndex::set`] for each.
    pub fn due(&mut self, prices: EffectivePrices) -> Vec<AccountId> {
        let mut due = Vec::new();
        let moved = &self.moved;
        let healthy = |id: u32, number: u64| match moved.get(id) {
            Some(place) => *place == Place::Healthy(number),
            None => number == 0,
        };
        let sunk = |id: u32, number: u64| moved.get(id) == Some(&Place::Breached(number));
        let ending = &self.prices;
        self.healthy
            .settle(View::of_healthy(ending), healthy, &mut due);
        self.sunk.settle(View::of_breached(ending), sunk, &mut due);
        self.prices = Arc::new(prices);
        let prices = &self.prices;
        self.healthy
            .pass(View::of_healthy(prices), healthy, &mut due);
        self.sunk.pass(View::of_breached(prices), sunk, &mut due);
        due.extend(self.restless.iter().map(|(id, ())| id));
        due.into_iter().map(AccountId).collect()
    }

    /// Accounts in breach at the present prices, ascending.
    pub fn breached(&self) -> impl Iterator<Item = AccountId> + '_ {
        self.breached.iter().map(AccountId)
    }

    /// A number that grows whenever the accounts in breach are others than before.
    pub fn revision(&self) -> u64 {
        self.revision
    }

    /// How many accounts are in breach.
    pub fn breached_len(&self) -> usize {
        self.breached.len()
    }
}

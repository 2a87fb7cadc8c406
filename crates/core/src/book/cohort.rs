//! Accounts that share an anchor, grouped into cohorts and sorted by the ratio at which each
//! one may be in breach.
//!
//! `docs/breach-index.md` has the proof; the names here are the names there.

use super::exposure::{AssetSet, EffectivePrices, Exposure};
use crate::units::{Rounding, U256, Value, mul_div};
use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::sync::Arc;

/// Bits after the point of a price ratio.
const RATIO_BITS: u32 = 48;
/// Bits after the point of a key.
const KEY_BITS: u32 = 60;
/// Collateral prices may fall to 2^−12 of the anchor before a cohort must be looked at whole.
const RANGE_BITS: u32 = 12;
/// The ratio 2^−12.
const RATIO_MIN: u64 = 1u64.wrapping_shl(RATIO_BITS.wrapping_sub(RANGE_BITS));
/// Cohorts of one generation, the mixed one included.
const COHORTS_MAX: usize = 64;
/// The key of an account that is a candidate at any prices.
const ALWAYS: u64 = u64::MAX;

/// Which assets' prices matter to an account.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Signature {
    collateral: AssetSet,
    debt: AssetSet,
}

impl Signature {
    fn union(self, other: Self) -> Self {
        Self {
            collateral: self.collateral.union(other.collateral),
            debt: self.debt.union(other.debt),
        }
    }
}

/// One account as a generation knows it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Entry {
    assets: Signature,
    key: u64,
}

impl Entry {
    /// The entry of an account at the anchor at which its exposure was taken.
    pub(super) fn new(exposure: &Exposure) -> Self {
        Self {
            assets: Signature {
                collateral: exposure.collateral_assets,
                debt: exposure.debt_assets,
            },
            key: key(exposure),
        }
    }
}

/// `debt ÷ (collateral − 2^12 · slack)`, rounded up: at or below this ratio of price ratios the
/// account may be in breach.
fn key(exposure: &Exposure) -> u64 {
    let range = U256::ONE.wrapping_shl(widen(RANGE_BITS));
    let slack = exposure.slack.0.saturating_mul(range);
    let collateral = exposure.collateral.0.saturating_sub(slack);
    if exposure.collateral_assets.is_empty() || exposure.debt == Value::MAX {
        return ALWAYS;
    }
    let one = U256::ONE.wrapping_shl(widen(KEY_BITS));
    // A division by zero (no collateral left) and an overflow both mean "always".
    mul_div(exposure.debt.0, one, collateral, Rounding::Ceil)
        .ok()
        .and_then(|key| u64::try_from(key).ok())
        .unwrap_or(ALWAYS)
}

/// One asset's anchor price, shortened to 63 bits.
#[derive(Clone, Copy, Debug)]
struct Scale {
    shift: usize,
    unit: u64,
}

impl Scale {
    /// For collateral: the shortened anchor is rounded up, so that ratios come out low.
    fn of_collateral(price: U256) -> Self {
        let shift = price.bit_len().saturating_sub(63);
        let (unit, exact) = shorten(price, shift);
        Self {
            shift,
            unit: u64::try_from(unit)
                .unwrap_or(u64::MAX)
                .saturating_add(u64::from(!exact)),
        }
    }

    /// For debt: the shortened anchor is rounded down, so that ratios come out high. An unknown
    /// anchor bounds nothing.
    fn of_debt(price: U256) -> Option<Self> {
        let shift = price.bit_len().saturating_sub(63);
        let (unit, _) = shorten(price, shift);
        (price != U256::MAX).then_some(Self {
            shift,
            unit: u64::try_from(unit).unwrap_or(0),
        })
    }

    /// Lower bound of `price ÷ anchor`; an anchor of zero constrains nothing.
    fn floor(self, price: U256) -> u64 {
        let (price, _) = shorten(price, self.shift);
        if price.leading_zeros() < RATIO_BITS {
            return u64::MAX;
        }
        price
            .wrapping_shl(RATIO_BITS)
            .checked_div(u128::from(self.unit))
            .and_then(|ratio| u64::try_from(ratio).ok())
            .unwrap_or(u64::MAX)
    }

    /// Upper bound of `price ÷ anchor`; `u64::MAX` is "no bound".
    fn ceil(self, price: U256) -> u64 {
        let (short, exact) = shorten(price, self.shift);
        let short = short.saturating_add(u128::from(!exact));
        if price == U256::MAX || short.leading_zeros() < RATIO_BITS {
            return u64::MAX;
        }
        if short == 0 {
            return 0;
        }
        let (short, unit) = (short.wrapping_shl(RATIO_BITS), u128::from(self.unit));
        match (short.checked_div(unit), short.checked_rem(unit)) {
            (Some(ratio), Some(rest)) => {
                let ratio = ratio.saturating_add(u128::from(rest != 0));
                u64::try_from(ratio).unwrap_or(u64::MAX)
            }
            _ => u64::MAX,
        }
    }
}

/// The price shifted right, cut at 128 bits, and whether nothing was shifted out.
fn shorten(price: U256, shift: usize) -> (u128, bool) {
    let short = price.wrapping_shr(shift);
    let exact = price.trailing_zeros() >= shift;
    (u128::try_from(short).unwrap_or(u128::MAX), exact)
}

fn widen(n: u32) -> usize {
    usize::try_from(n).unwrap_or(usize::MAX)
}

/// Accounts of one signature, or of several under their union.
#[derive(Clone, Copy, Debug)]
struct Cohort {
    assets: Signature,
    /// Where it begins in the lists of its generation.
    start: u32,
    /// Where it ends.
    end: u32,
}

/// The immutable part of a generation, shared by all forks.
#[derive(Debug)]
struct Frozen {
    collateral: Vec<Scale>,
    debt: Vec<Option<Scale>>,
    assets: Signature,
    cohorts: Vec<Cohort>,
    /// Keys, descending within a cohort.
    keys: Vec<u64>,
    /// Accounts, beside their keys.
    ids: Vec<u32>,
}

impl Frozen {
    /// Bounds of each asset's price ratio, for the assets that matter here.
    fn ratios(&self, prices: &EffectivePrices) -> Ratios {
        let mut ratios = Ratios::default();
        for bit in self.assets.collateral.bits() {
            let floor = |asset: usize| {
                let price = prices.collateral.get(asset).copied().unwrap_or(U256::ZERO);
                self.collateral
                    .get(asset)
                    .map_or(u64::MAX, |scale| scale.floor(price))
            };
            let listed = prices.collateral.len().max(self.collateral.len());
            let ratio = assets_of(bit, listed).map(floor).min();
            ratios.collateral.put(bit, ratio.unwrap_or(u64::MAX));
        }
        for bit in self.assets.debt.bits() {
            let ceil = |asset: usize| {
                let price = prices.debt.get(asset).copied().unwrap_or(U256::MAX);
                let scale = self.debt.get(asset).copied().flatten();
                scale.map_or(u64::MAX, |scale| scale.ceil(price))
            };
            let listed = prices.debt.len().max(self.debt.len());
            let ratio = assets_of(bit, listed).map(ceil).max();
            ratios.debt.put(bit, ratio.unwrap_or(u64::MAX));
        }
        ratios
    }

    /// The first position from `from` on whose account cannot be in breach.
    fn reach(&self, cohort: &Cohort, from: u32, ratios: &Ratios) -> u32 {
        let fall = cohort
            .assets
            .collateral
            .bits()
            .map(|bit| ratios.collateral.at(bit))
            .min();
        let rise = cohort
            .assets
            .debt
            .bits()
            .map(|bit| ratios.debt.at(bit))
            .max();
        let (fall, rise) = (fall.unwrap_or(u64::MAX), rise.unwrap_or(0));
        if fall < RATIO_MIN || rise == u64::MAX {
            return cohort.end;
        }
        let bound = u128::from(fall).wrapping_shl(KEY_BITS);
        let candidate =
            |key: u64| key == ALWAYS || u128::from(key).saturating_mul(u128::from(rise)) >= bound;
        let mut position = from;
        while position < cohort.end && self.key(position).is_some_and(candidate) {
            position = position.saturating_add(1);
        }
        position
    }

    fn key(&self, position: u32) -> Option<u64> {
        self.keys.get(usize::try_from(position).ok()?).copied()
    }

    fn ids(&self, from: u32, to: u32) -> &[u32] {
        let range = usize::try_from(from).ok().zip(usize::try_from(to).ok());
        range
            .and_then(|(from, to)| self.ids.get(from..to))
            .unwrap_or_default()
    }
}

/// The assets that a bit of an [`AssetSet`] stands for, of a list of `listed`.
fn assets_of(bit: u32, listed: usize) -> std::ops::Range<usize> {
    let first = widen(bit);
    if bit == AssetSet::LAST {
        first..listed.max(first.saturating_add(1))
    } else {
        first..first.saturating_add(1)
    }
}

/// One ratio for each bit of an [`AssetSet`].
#[derive(Debug)]
struct PerBit([u64; 128]);

impl PerBit {
    fn put(&mut self, bit: u32, ratio: u64) {
        if let Some(place) = self.0.get_mut(widen(bit)) {
            *place = ratio;
        }
    }

    fn at(&self, bit: u32) -> u64 {
        self.0.get(widen(bit)).copied().unwrap_or(0)
    }
}

/// Present prices over anchor prices: collateral rounded down, debt up.
#[derive(Debug)]
struct Ratios {
    collateral: PerBit,
    debt: PerBit,
}

impl Default for Ratios {
    fn default() -> Self {
        Self {
            collateral: PerBit([0; 128]),
            debt: PerBit([0; 128]),
        }
    }
}

/// Which signatures have a cohort of their own; the rest share the last one.
struct Groups {
    own: BTreeMap<Signature, usize>,
    unions: Vec<Signature>,
}

impl Groups {
    fn of(&self, assets: Signature) -> usize {
        let mixed = self.unions.len().saturating_sub(1);
        self.own.get(&assets).copied().unwrap_or(mixed)
    }

    /// The cohorts over rows that are sorted by group.
    fn bounds(&self, rows: &[(usize, Reverse<u64>, u32)]) -> Vec<Cohort> {
        let place = |group: usize| {
            let position = rows.partition_point(|(of, _, _)| *of < group);
            u32::try_from(position).unwrap_or(u32::MAX)
        };
        let cohort = |(group, assets): (usize, &Signature)| Cohort {
            assets: *assets,
            start: place(group),
            end: place(group.saturating_add(1)),
        };
        self.unions.iter().enumerate().map(cohort).collect()
    }
}

/// Gives the most frequent signatures their own cohort.
fn group(entries: &[(u32, Entry)]) -> Groups {
    let mut counts: BTreeMap<Signature, usize> = BTreeMap::new();
    for (_, entry) in entries {
        let count = counts.entry(entry.assets).or_default();
        *count = count.saturating_add(1);
    }
    let mut ranked: Vec<(Reverse<usize>, Signature)> = counts
        .into_iter()
        .map(|(assets, count)| (Reverse(count), assets))
        .collect();
    ranked.sort_unstable();
    let mixed = ranked.split_off(ranked.len().min(COHORTS_MAX.saturating_sub(1)));
    let mut unions: Vec<Signature> = ranked.iter().map(|(_, assets)| *assets).collect();
    let own = unions
        .iter()
        .enumerate()
        .map(|(group, assets)| (*assets, group))
        .collect();
    unions.extend(
        mixed
            .into_iter()
            .map(|(_, assets)| assets)
            .reduce(Signature::union),
    );
    Groups { own, unions }
}

/// Accounts anchored at the same effective prices, with the positions up to which each cohort
/// has been passed. A clone is two reference counts.
#[derive(Clone, Debug)]
pub(super) struct Generation {
    frozen: Arc<Frozen>,
    cursors: Arc<Vec<u32>>,
    /// Entries not yet passed.
    left: u32,
}

impl Generation {
    /// Anchors entries at the prices at which their exposures were taken.
    pub(super) fn new(
        anchor: &EffectivePrices,
        entries: impl IntoIterator<Item = (u32, Entry)>,
    ) -> Self {
        let entries: Vec<(u32, Entry)> = entries.into_iter().collect();
        let cohorts = group(&entries);
        let mut rows: Vec<(usize, Reverse<u64>, u32)> = entries
            .iter()
            .map(|(id, entry)| (cohorts.of(entry.assets), Reverse(entry.key), *id))
            .collect();
        rows.sort_unstable();
        let frozen = Frozen {
            collateral: anchor
                .collateral
                .iter()
                .copied()
                .map(Scale::of_collateral)
                .collect(),
            debt: anchor.debt.iter().copied().map(Scale::of_debt).collect(),
            assets: cohorts
                .unions
                .iter()
                .copied()
                .fold(Signature::default(), Signature::union),
            cohorts: cohorts.bounds(&rows),
            keys: rows.iter().map(|(_, Reverse(key), _)| *key).collect(),
            ids: rows.iter().map(|(_, _, id)| *id).collect(),
        };
        Self {
            cursors: Arc::new(frozen.cohorts.iter().map(|cohort| cohort.start).collect()),
            left: u32::try_from(frozen.ids.len()).unwrap_or(u32::MAX),
            frozen: Arc::new(frozen),
        }
    }

    /// How many entries have not been passed.
    pub(super) fn left(&self) -> u32 {
        self.left
    }

    /// Passes every entry that may be in breach at these prices; each is passed at most once.
    pub(super) fn pass(&mut self, prices: &EffectivePrices, mut take: impl FnMut(u32)) {
        if self.left == 0 {
            return;
        }
        let frozen = Arc::clone(&self.frozen);
        let ratios = frozen.ratios(prices);
        for (index, cohort) in frozen.cohorts.iter().enumerate() {
            let from = self.cursors.get(index).copied().unwrap_or(cohort.end);
            if from == cohort.end {
                continue;
            }
            let to = frozen.reach(cohort, from, &ratios);
            if to == from {
                continue;
            }
            frozen.ids(from, to).iter().copied().for_each(&mut take);
            self.left = self.left.saturating_sub(to.saturating_sub(from));
            if let Some(cursor) = Arc::make_mut(&mut self.cursors).get_mut(index) {
                *cursor = to;
            }
        }
    }

    /// The accounts of all entries that have not been passed.
    pub(super) fn rest(&self) -> impl Iterator<Item = u32> + '_ {
        let cohorts = self.frozen.cohorts.iter().zip(self.cursors.iter());
        cohorts.flat_map(|(cohort, from)| self.frozen.ids(*from, cohort.end).iter().copied())
    }
}

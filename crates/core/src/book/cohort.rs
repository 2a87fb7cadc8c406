//! Entries that share an anchor, grouped into cohorts and sorted by the ratio at which each one
//! ends: until then the account is certain to be in the state in which it was seen.
//!
//! `docs/breach-index.md` has the proof; the names here are the names there.

use super::exposure::{AssetSet, EffectivePrices, Exposure, Shortfall};
use crate::units::{Divisor, Rounding, U256, Value, mul_div};
use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// Bits after the point of a price ratio.
const RATIO_BITS: u32 = 48;
/// Bits after the point of a key.
const KEY_BITS: u32 = 60;
/// Supporting prices may fall to 2^−8 of the anchor before a cohort must be looked at whole.
const RANGE_BITS: u32 = 8;
/// The ratio 2^−8.
const RATIO_MIN: u64 = 1u64.wrapping_shl(RATIO_BITS.wrapping_sub(RANGE_BITS));
/// The ratio ½: who must be asked about before supporting prices fall so far is asked at once instead of
/// being carried on.
const LEAST_MAX: u64 = 1u64.wrapping_shl(RATIO_BITS.wrapping_sub(1));
/// Cohorts of one generation, the mixed one included.
const COHORTS_MAX: usize = 64;
/// The key of an entry that is at its end at any prices.
const ALWAYS: u64 = u64::MAX;

/// Effective prices as one side of the index sees them. For healthy accounts collateral supports
/// and debt burdens; for breached ones, which wait to recover, it is the other way round.
#[derive(Clone, Copy, Debug)]
pub(super) struct View<'a> {
    /// A lower price of these brings an entry closer to its end.
    support: &'a [U256],
    /// A higher price of these does.
    burden: &'a [U256],
}

impl<'a> View<'a> {
    pub(super) fn of_healthy(prices: &'a EffectivePrices) -> Self {
        Self {
            support: &prices.collateral,
            burden: &prices.debt,
        }
    }

    pub(super) fn of_breached(prices: &'a EffectivePrices) -> Self {
        Self {
            support: &prices.debt,
            burden: &prices.collateral,
        }
    }
}

/// Which assets' prices matter to an account.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
struct Signature {
    support: AssetSet,
    burden: AssetSet,
}

impl Signature {
    fn union(self, other: Self) -> Self {
        Self {
            support: self.support.union(other.support),
            burden: self.burden.union(other.burden),
        }
    }
}

/// One account as a generation knows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Entry {
    assets: Signature,
    key: u64,
}

impl Entry {
    /// The entry of a healthy account, at the prices at which its exposure was taken.
    pub(super) fn of_exposure(exposure: &Exposure) -> Self {
        Self {
            assets: Signature {
                support: exposure.collateral_assets,
                burden: exposure.debt_assets,
            },
            key: key(exposure.collateral, exposure.debt, exposure.slack),
        }
    }

    /// The entry of a breached account, at the prices at which its shortfall was taken.
    pub(super) fn of_shortfall(shortfall: &Shortfall) -> Self {
        Self {
            assets: Signature {
                support: shortfall.debt_assets,
                burden: shortfall.collateral_assets,
            },
            key: key(shortfall.debt, shortfall.collateral, shortfall.slack),
        }
    }
}

/// An entry as a generation files it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Filed {
    /// Whose it is.
    pub(super) id: u32,
    /// Number of the tick after which it was made: of several entries of an account one is live.
    pub(super) number: u64,
    entry: Entry,
    /// See [`Cohort::least`].
    least: u64,
}

impl Filed {
    /// An entry at the prices at which it was made.
    pub(super) fn new(id: u32, number: u64, entry: Entry) -> Self {
        Self {
            id,
            number,
            entry,
            least: RATIO_MIN,
        }
    }

    /// The same entry at other prices, where supporting prices are at least `fall` and burdening ones at
    /// most `rise` times what they were.
    ///
    /// # Errors
    /// Itself where it does not hold far enough from there.
    fn carried(self, fall: u64, rise: u64) -> Result<Self, Self> {
        let scaled = |n: u128| match fall {
            0 => ALWAYS,
            _ => u64::try_from(n.div_ceil(u128::from(fall))).unwrap_or(ALWAYS),
        };
        // Products of two words.
        let key = scaled(u128::from(self.entry.key).wrapping_mul(u128::from(rise)));
        let least = scaled(u128::from(self.least).wrapping_shl(RATIO_BITS));
        if key == ALWAYS || least >= LEAST_MAX {
            return Err(self);
        }
        let entry = Entry { key, ..self.entry };
        Ok(Self {
            entry,
            least,
            ..self
        })
    }
}

/// `burden ÷ (support − 2^8 · slack)`, rounded up: the entry ends where support prices over
/// burden prices, relative to the anchor, are at or below this.
fn key(support: Value, burden: Value, slack: Value) -> u64 {
    if burden == Value::MAX {
        return ALWAYS;
    }
    let range = U256::ONE.wrapping_shl(widen(RANGE_BITS));
    let support = support.0.saturating_sub(slack.0.saturating_mul(range));
    if let (Ok(burden), Ok(support @ 1..)) = (u64::try_from(burden.0), u64::try_from(support)) {
        let burden = u128::from(burden).wrapping_shl(KEY_BITS);
        return u64::try_from(burden.div_ceil(u128::from(support))).unwrap_or(ALWAYS);
    }
    let one = U256::ONE.wrapping_shl(widen(KEY_BITS));
    // A division by zero (nothing supports the entry) and an overflow both mean "always".
    mul_div(burden.0, one, support, Rounding::Ceil)
        .ok()
        .and_then(|key| u64::try_from(key).ok())
        .unwrap_or(ALWAYS)
}

/// One asset's anchor price, shortened to 63 bits.
#[derive(Clone, Copy, Debug)]
struct Scale {
    shift: usize,
    /// Nothing for an anchor of zero.
    unit: Option<Divisor>,
}

impl Scale {
    /// For support: the shortened anchor is rounded up, so that ratios come out low.
    fn of_support(price: U256) -> Self {
        let shift = price.bit_len().saturating_sub(63);
        let (unit, exact) = shorten(price, shift);
        let unit = u64::try_from(unit).unwrap_or(u64::MAX);
        Self {
            shift,
            unit: Divisor::new(unit.saturating_add(u64::from(!exact))),
        }
    }

    /// For burden: the shortened anchor is rounded down, so that ratios come out high.
    fn of_burden(price: U256) -> Self {
        let shift = price.bit_len().saturating_sub(63);
        let (unit, _) = shorten(price, shift);
        Self {
            shift,
            unit: Divisor::new(u64::try_from(unit).unwrap_or(0)),
        }
    }

    /// Lower bound of `price ÷ anchor`; an anchor of zero constrains nothing.
    fn floor(self, price: U256) -> u64 {
        let (short, _) = shorten(price, self.shift);
        match self.ratio(short) {
            Some((ratio, _)) => ratio,
            None => u64::MAX,
        }
    }

    /// Upper bound of `price ÷ anchor`; `u64::MAX` is "no bound".
    fn ceil(self, price: U256) -> u64 {
        let (short, exact) = shorten(price, self.shift);
        let short = short.saturating_add(u128::from(!exact));
        if short == 0 {
            return 0;
        }
        match self.ratio(short) {
            Some((ratio, exact)) if price != U256::MAX => ratio.saturating_add(u64::from(!exact)),
            _ => u64::MAX,
        }
    }

    /// The ratio rounded down, and whether that is all of it; nothing where it is too large to tell.
    fn ratio(self, short: u128) -> Option<(u64, bool)> {
        let fits = short.leading_zeros() >= RATIO_BITS;
        self.unit
            .filter(|_| fits)?
            .divide(short.wrapping_shl(RATIO_BITS))
    }
}

/// The price shifted right by fewer than 256 bits, cut at 128 bits, and whether nothing was shifted out.
fn shorten(price: U256, shift: usize) -> (u128, bool) {
    let [a, b, c, d] = price.into_limbs();
    // The first word that stays, in part, with the two above it and all beyond; and all below it.
    let ([low, high, top], beyond, below) = match shift.wrapping_shr(6) {
        0 => ([a, b, c], d, 0),
        1 => ([b, c, d], 0, a),
        2 => ([c, d, 0], 0, a | b),
        _ => ([d, 0, 0], 0, a | b | c),
    };
    let bits = u32::try_from(shift & 63).unwrap_or(0);
    let head = |word: u64| word.wrapping_shl(1).wrapping_shl(63u32.wrapping_sub(bits));
    let out = low.wrapping_sub(low.wrapping_shr(bits).wrapping_shl(bits));
    let low = u128::from(low.wrapping_shr(bits) | head(high));
    let high = u128::from(high.wrapping_shr(bits) | head(top));
    let fits = beyond | top.wrapping_shr(bits) == 0;
    let short = if fits { low | (high << 64) } else { u128::MAX };
    (short, below | out == 0)
}

fn widen(n: u32) -> usize {
    usize::try_from(n).unwrap_or(usize::MAX)
}

/// Accounts of one signature, or of several under their union.
#[derive(Clone, Copy, Debug)]
struct Cohort {
    assets: Signature,
    /// All its entries end where supporting prices fall below this ratio.
    least: u64,
    /// Where it begins in the lists of its generation.
    start: u32,
    /// Where it ends.
    end: u32,
}

/// The immutable part of a generation, shared by all forks.
#[derive(Debug)]
struct Frozen {
    support: Vec<Scale>,
    burden: Vec<Scale>,
    assets: Signature,
    cohorts: Vec<Cohort>,
    /// Keys, descending within a cohort.
    keys: Vec<u64>,
    /// Accounts, beside their keys.
    ids: Vec<u32>,
    /// Numbers of their entries, beside them; none where all are `number`.
    numbers: Vec<u64>,
    number: u64,
}

impl Frozen {
    /// Bounds of each asset's price ratio, for the assets that matter here; others stay as they
    /// were.
    fn ratios(&self, prices: View<'_>, ratios: &mut Ratios) {
        for bit in self.assets.support.bits() {
            let floor = |asset: usize| {
                let price = prices.support.get(asset).copied().unwrap_or(U256::ZERO);
                let scale = self.support.get(asset);
                scale.map_or(u64::MAX, |scale| scale.floor(price))
            };
            let listed = prices.support.len().max(self.support.len());
            let ratio = assets_of(bit, listed).map(floor).min();
            ratios.support.put(bit, ratio.unwrap_or(u64::MAX));
        }
        for bit in self.assets.burden.bits() {
            let ceil = |asset: usize| {
                let price = prices.burden.get(asset).copied().unwrap_or(U256::MAX);
                let scale = self.burden.get(asset);
                scale.map_or(u64::MAX, |scale| scale.ceil(price))
            };
            let listed = prices.burden.len().max(self.burden.len());
            let ratio = assets_of(bit, listed).map(ceil).max();
            ratios.burden.put(bit, ratio.unwrap_or(u64::MAX));
        }
    }

    /// The first position from `from` on whose entry is not at its end.
    fn reach(&self, cohort: &Cohort, from: u32, ratios: &Ratios) -> u32 {
        let (fall, rise) = ratios.of(cohort.assets);
        if fall < cohort.least || rise == u64::MAX {
            return cohort.end;
        }
        let bound = u128::from(fall).wrapping_shl(KEY_BITS);
        let ends =
            |key: u64| key == ALWAYS || u128::from(key).saturating_mul(u128::from(rise)) >= bound;
        let mut position = from;
        while position < cohort.end && self.key(position).is_some_and(ends) {
            position = position.saturating_add(1);
        }
        position
    }

    fn key(&self, position: u32) -> Option<u64> {
        self.keys.get(usize::try_from(position).ok()?).copied()
    }

    /// Accounts and numbers of entries.
    fn entries(&self, from: u32, to: u32) -> impl Iterator<Item = (u32, u64)> + '_ {
        let range = usize::try_from(from).ok().zip(usize::try_from(to).ok());
        let (from, to) = range.unwrap_or_default();
        let ids = self.ids.get(from..to).unwrap_or_default().iter();
        let number = |at: usize| self.numbers.get(at).copied().unwrap_or(self.number);
        (from..).zip(ids).map(move |(at, id)| (*id, number(at)))
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

/// Present prices over anchor prices: of support rounded down, of burden rounded up. Room that all
/// generations of a tick share.
#[derive(Debug)]
pub(super) struct Ratios {
    support: PerBit,
    burden: PerBit,
}

impl Ratios {
    pub(super) fn new() -> Self {
        Self {
            support: PerBit([0; 128]),
            burden: PerBit([0; 128]),
        }
    }

    /// The lowest ratio of what supports and the highest of what burdens.
    fn of(&self, assets: Signature) -> (u64, u64) {
        let fall = assets.support.bits().map(|bit| self.support.at(bit)).min();
        let rise = assets.burden.bits().map(|bit| self.burden.at(bit)).max();
        (fall.unwrap_or(u64::MAX), rise.unwrap_or(0))
    }
}

/// The signatures of entries, one a cohort and ascending, and for each entry that of its cohort. Where there
/// are too many, those of the rarest become their union.
fn signatures(entries: &[Filed]) -> (Vec<Signature>, Vec<usize>) {
    let mut seen: BTreeMap<Signature, usize> = BTreeMap::new();
    let mut counts: Vec<(usize, Signature)> = Vec::new();
    let kind = |filed: &Filed| {
        let assets = filed.entry.assets;
        let kind = *seen.entry(assets).or_insert(counts.len());
        match counts.get_mut(kind) {
            Some((count, _)) => *count = count.saturating_add(1),
            None => counts.push((1, assets)),
        }
        kind
    };
    let kinds: Vec<usize> = entries.iter().map(kind).collect();
    let mut rare = BTreeSet::new();
    if counts.len() > COHORTS_MAX {
        let mut ranked = counts.clone();
        ranked.sort_unstable_by_key(|(count, assets)| (Reverse(*count), *assets));
        let of_rare = ranked.into_iter().skip(COHORTS_MAX.saturating_sub(1));
        rare.extend(of_rare.map(|(_, assets)| assets));
    }
    let union = rare
        .iter()
        .copied()
        .fold(Signature::default(), Signature::union);
    let cohort_of = |assets: Signature| {
        if rare.contains(&assets) {
            union
        } else {
            assets
        }
    };
    let of_kinds: Vec<Signature> = counts
        .iter()
        .map(|(_, assets)| cohort_of(*assets))
        .collect();
    let mut cohorts = of_kinds.clone();
    cohorts.sort_unstable();
    cohorts.dedup();
    let place = |assets: &Signature| cohorts.partition_point(|cohort| cohort < assets);
    let places: Vec<usize> = of_kinds.iter().map(place).collect();
    let place = |kind: usize| places.get(kind).copied().unwrap_or_default();
    let of_entries = kinds.into_iter().map(place).collect();
    (cohorts, of_entries)
}

/// Entries in the order of a generation: by cohort, keys descending. In one number each are the cohort, the
/// key's complement, and the place among the entries, so that a sort compares and moves little.
fn order(entries: &[Filed], cohorts: &[usize]) -> Vec<u128> {
    let places = 0u32..;
    let entries = entries.iter().zip(cohorts).zip(places);
    let number = |((filed, cohort), place): ((&Filed, &usize), u32)| {
        let cohort = u128::from(u32::try_from(*cohort).unwrap_or(u32::MAX));
        let key = u128::from(!filed.entry.key);
        cohort.wrapping_shl(96) | key.wrapping_shl(32) | u128::from(place)
    };
    let mut order: Vec<u128> = entries.map(number).collect();
    order.sort_unstable();
    order
}

/// The cohorts of sorted entries, one for each signature.
fn cohorts(entries: &[Filed], signatures: &[Signature], of_entries: &[usize]) -> Vec<Cohort> {
    let empty = |assets: &Signature| Cohort {
        assets: *assets,
        least: 0,
        start: 0,
        end: 0,
    };
    let mut cohorts: Vec<Cohort> = signatures.iter().map(empty).collect();
    for (filed, at) in entries.iter().zip(of_entries) {
        if let Some(cohort) = cohorts.get_mut(*at) {
            cohort.least = cohort.least.max(filed.least);
            cohort.end = cohort.end.saturating_add(1);
        }
    }
    let mut end = 0u32;
    for cohort in &mut cohorts {
        cohort.start = end;
        end = end.saturating_add(cohort.end);
        cohort.end = end;
    }
    cohorts
}

/// Accounts anchored at the same effective prices, with the positions up to which each cohort
/// has been passed. A clone is two reference counts.
#[derive(Clone, Debug)]
pub(super) struct Generation {
    frozen: Arc<Frozen>,
    cursors: Arc<Vec<u32>>,
    /// Entries not yet passed.
    left: usize,
}

impl Generation {
    /// Anchors entries at the prices at which they hold.
    pub(super) fn new(anchor: View<'_>, entries: &[Filed]) -> Self {
        let (signatures, of_entries) = signatures(entries);
        let cohorts = cohorts(entries, &signatures, &of_entries);
        let at = |number: &u128| entries.get(usize::try_from(*number & u128::from(u32::MAX)).ok()?);
        let order = order(entries, &of_entries);
        let sorted = || order.iter().filter_map(at);
        let number = entries.first().map_or(0, |filed| filed.number);
        let mixed = entries.iter().any(|filed| filed.number != number);
        let numbers = sorted().filter(|_| mixed);
        let (support, burden) = (anchor.support.iter(), anchor.burden.iter());
        let mut frozen = Frozen {
            support: support.copied().map(Scale::of_support).collect(),
            burden: burden.copied().map(Scale::of_burden).collect(),
            assets: signatures
                .into_iter()
                .fold(Signature::default(), Signature::union),
            keys: Vec::with_capacity(entries.len()),
            ids: Vec::with_capacity(entries.len()),
            numbers: numbers.map(|filed| filed.number).collect(),
            number,
            cohorts,
        };
        for filed in sorted() {
            frozen.keys.push(filed.entry.key);
            frozen.ids.push(filed.id);
        }
        Self {
            cursors: Arc::new(frozen.cohorts.iter().map(|cohort| cohort.start).collect()),
            left: entries.len(),
            frozen: Arc::new(frozen),
        }
    }

    /// How many entries have not been passed.
    pub(super) fn left(&self) -> usize {
        self.left
    }

    /// Passes every entry that is at its end at these prices; each is passed at most once.
    pub(super) fn pass(
        &mut self,
        prices: View<'_>,
        ratios: &mut Ratios,
        mut take: impl FnMut(u32, u64),
    ) {
        if self.left == 0 {
            return;
        }
        let frozen = Arc::clone(&self.frozen);
        frozen.ratios(prices, ratios);
        for (index, cohort) in frozen.cohorts.iter().enumerate() {
            let from = self.cursors.get(index).copied().unwrap_or(cohort.end);
            if from == cohort.end {
                continue;
            }
            let to = frozen.reach(cohort, from, ratios);
            if to == from {
                continue;
            }
            for (id, number) in frozen.entries(from, to) {
                take(id, number);
                self.left = self.left.saturating_sub(1);
            }
            if let Some(cursor) = Arc::make_mut(&mut self.cursors).get_mut(index) {
                *cursor = to;
            }
        }
    }

    /// All entries that have not been passed, carried on to the prices of the last pass; as an error one that
    /// has to be made anew.
    pub(super) fn carry(
        &self,
        prices: View<'_>,
        ratios: &mut Ratios,
        mut take: impl FnMut(Result<Filed, Filed>),
    ) {
        let frozen = &self.frozen;
        frozen.ratios(prices, ratios);
        for (cohort, from) in frozen.cohorts.iter().zip(self.cursors.iter()) {
            let (fall, rise) = ratios.of(cohort.assets);
            let keys = (*from..cohort.end).filter_map(|position| frozen.key(position));
            for ((id, number), key) in frozen.entries(*from, cohort.end).zip(keys) {
                let filed = Filed {
                    id,
                    number,
                    entry: Entry {
                        assets: cohort.assets,
                        key,
                    },
                    least: cohort.least,
                };
                take(filed.carried(fall, rise));
            }
        }
    }
}

#[cfg(test)]
mod tests;

//! Entries that share an anchor, grouped into cohorts and sorted by the ratio at which each one
//! ends: until then the account is certain to be in the state in which it was seen.
//!
//! `docs/breach-index.md` has the proof; the names here are the names there.

use super::exposure::{AssetSet, EffectivePrices, Exposure, Shortfall};
use crate::units::{Divisor, Rounding, U256, Value, mul_div};
use std::cmp::Reverse;
use std::collections::BTreeSet;
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
    /// most `rise` times what they were; nothing where it does not hold far enough from there.
    fn carried(self, fall: u64, rise: u64) -> Option<Self> {
        let over_fall = |n: u128| u64::try_from(n.div_ceil(u128::from(fall))).ok();
        if fall == 0 {
            return None;
        }
        let key = over_fall(u128::from(self.entry.key).saturating_mul(u128::from(rise)))?;
        let least = over_fall(u128::from(self.least).wrapping_shl(RATIO_BITS))?;
        let entry = Entry { key, ..self.entry };
        (key < ALWAYS && least < LEAST_MAX).then_some(Self {
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

/// Sorts entries into cohorts: by signature, keys descending. Where there are too many signatures, those
/// of the rarest become their union.
fn sort(entries: &mut [Filed]) {
    let order = |filed: &Filed| (filed.entry.assets, Reverse(filed.entry.key), filed.id);
    entries.sort_unstable_by_key(order);
    let same = |a: &Filed, b: &Filed| a.entry.assets == b.entry.assets;
    if entries.chunk_by(same).nth(COHORTS_MAX).is_none() {
        return;
    }
    let signature = |run: &[Filed]| run.first().map(|filed| (run.len(), filed.entry.assets));
    let mut ranked: Vec<(usize, Signature)> =
        entries.chunk_by(same).filter_map(signature).collect();
    ranked.sort_unstable_by_key(|(count, assets)| (Reverse(*count), *assets));
    let rare = ranked.split_off(COHORTS_MAX.saturating_sub(1));
    let rare: BTreeSet<Signature> = rare.into_iter().map(|(_, assets)| assets).collect();
    let union = rare
        .iter()
        .copied()
        .fold(Signature::default(), Signature::union);
    for filed in entries.iter_mut() {
        if rare.contains(&filed.entry.assets) {
            filed.entry.assets = union;
        }
    }
    entries.sort_unstable_by_key(order);
}

/// The cohorts of sorted entries.
fn cohorts(entries: &[Filed]) -> Vec<Cohort> {
    let mut start = 0u32;
    let runs = entries.chunk_by(|a, b| a.entry.assets == b.entry.assets);
    let cohort = |run: &[Filed]| {
        let from = start;
        start = start.saturating_add(u32::try_from(run.len()).unwrap_or(u32::MAX));
        let first = run.first()?;
        let least = run.iter().map(|filed| filed.least).max()?;
        Some(Cohort {
            assets: first.entry.assets,
            least,
            start: from,
            end: start,
        })
    };
    runs.filter_map(cohort).collect()
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
    pub(super) fn new(anchor: View<'_>, mut entries: Vec<Filed>) -> Self {
        sort(&mut entries);
        let cohorts = cohorts(&entries);
        let signatures = cohorts.iter().map(|cohort| cohort.assets);
        let number = entries.first().map_or(0, |filed| filed.number);
        let mixed = entries.iter().any(|filed| filed.number != number);
        let numbers = entries.iter().filter(|_| mixed);
        let (support, burden) = (anchor.support.iter(), anchor.burden.iter());
        Self {
            cursors: Arc::new(cohorts.iter().map(|cohort| cohort.start).collect()),
            left: entries.len(),
            frozen: Arc::new(Frozen {
                support: support.copied().map(Scale::of_support).collect(),
                burden: burden.copied().map(Scale::of_burden).collect(),
                assets: signatures.fold(Signature::default(), Signature::union),
                keys: entries.iter().map(|filed| filed.entry.key).collect(),
                ids: entries.iter().map(|filed| filed.id).collect(),
                numbers: numbers.map(|filed| filed.number).collect(),
                number,
                cohorts,
            }),
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

    /// All entries that have not been passed, carried on to the prices of the last pass; nothing in
    /// the place of one that has to be made anew.
    pub(super) fn carry(
        &self,
        prices: View<'_>,
        ratios: &mut Ratios,
        mut take: impl FnMut(u32, u64, Option<Filed>),
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
                take(id, number, filed.carried(fall, rise));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::AssetId;
    use proptest::prelude::*;
    use std::collections::BTreeSet;

    type Wide = ruint::Uint<640, 10>;

    /// Assets of which the last three share a bit.
    const ASSETS: [u16; 6] = [0, 1, 126, 127, 128, 200];

    /// Coefficients over [`ASSETS`] and the slack: all that a contract's rule may do.
    #[derive(Clone, Debug)]
    struct Line {
        support: [u64; 6],
        burden: [u64; 6],
        slack: u64,
    }

    /// Small numbers, so that ties are frequent, and large ones, so that bits are lost.
    fn price() -> impl Strategy<Value = U256> {
        prop_oneof![
            8 => (0u64..13).prop_map(U256::from),
            4 => (0u64..13, 0usize..240, 0u64..3)
                .prop_map(|(n, shift, more)| (U256::from(n) << shift) + U256::from(more)),
            2 => (1u64..13, 60usize..70, 0u64..3)
                .prop_map(|(n, shift, less)| (U256::from(n) << shift) - U256::from(less)),
            1 => (0usize..4).prop_map(|shift| U256::MAX >> shift),
        ]
    }

    /// Two lists of prices that the one account `a` · P against `b` · Q + slack ties at: the
    /// anchor is any, the end is where both sides are equal to the unit.
    #[derive(Clone, Debug)]
    struct Tie {
        a: u64,
        b: u64,
        slack: u64,
        anchor: [U256; 2],
        end: [U256; 2],
    }

    fn tie() -> impl Strategy<Value = Tie> {
        let scaled = |most: u64, shifts: usize| {
            (1..=most, 0..=shifts, 0u64..4)
                .prop_map(|(n, shift, more)| (U256::from(n) << shift) + U256::from(more))
        };
        let coefficient = || prop_oneof![1u64..60, 1u64..100_000];
        let anchor = || prop_oneof![scaled(400, 0), scaled(400, 80), scaled(u64::MAX, 90)];
        let end = (
            prop_oneof![scaled(12, 0), scaled(12, 80), scaled(u64::MAX, 90)],
            0u64..4,
        );
        (coefficient(), coefficient(), anchor(), anchor(), end).prop_map(
            |(a, b, support, burden, (k, j))| Tie {
                a,
                b,
                slack: a * j,
                anchor: [support, burden],
                // a · (b·k + j) = b · (a·k) + a·j
                end: [U256::from(b) * k + U256::from(j), U256::from(a) * k],
            },
        )
    }

    fn line() -> impl Strategy<Value = Line> {
        let coefficients = || {
            let one = prop_oneof![3 => Just(0u64), 3 => 0u64..7, 1 => any::<u64>()];
            prop::array::uniform6(one)
        };
        let slack = prop_oneof![3 => Just(0u64), 1 => 0u64..9];
        (coefficients(), coefficients(), slack).prop_map(|(support, burden, slack)| Line {
            support,
            burden,
            slack,
        })
    }

    /// Prices by asset number; what is beyond the end of a list is left to the default.
    fn listed(prices: [U256; 6], cut: bool) -> Vec<U256> {
        let mut list = vec![U256::from(5u64); 201];
        for (asset, price) in ASSETS.into_iter().zip(prices) {
            list[usize::from(asset)] = price;
        }
        list.truncate(if cut { 128 } else { 201 });
        list
    }

    fn at(list: &[U256], asset: u16, missing: U256) -> U256 {
        list.get(usize::from(asset)).copied().unwrap_or(missing)
    }

    /// Σ coefficient × price; `None` where a price that matters is unknown.
    fn sum(coefficients: [u64; 6], list: &[U256], missing: U256) -> Option<Wide> {
        let items = ASSETS.into_iter().zip(coefficients).filter(|(_, c)| *c > 0);
        items
            .map(|(asset, c)| {
                let price = at(list, asset, missing);
                (missing.is_zero() || price != U256::MAX).then(|| Wide::from(price) * Wide::from(c))
            })
            .sum()
    }

    fn set(coefficients: [u64; 6]) -> AssetSet {
        let items = ASSETS.into_iter().zip(coefficients).filter(|(_, c)| *c > 0);
        items.map(|(asset, _)| AssetId(asset)).collect()
    }

    /// The tightest bounds that the contract of [`Exposure`] allows.
    fn exposure(line: &Line, anchor: View<'_>) -> Exposure {
        let most = Wide::from(U256::MAX);
        let value = |sum: Wide| Value(U256::from_limbs_slice(&sum.min(most).into_limbs()[..4]));
        Exposure {
            collateral_assets: set(line.support),
            debt_assets: set(line.burden),
            collateral: sum(line.support, anchor.support, U256::ZERO).map_or(Value::ZERO, value),
            debt: sum(line.burden, anchor.burden, U256::MAX).map_or(Value::MAX, value),
            slack: Value(U256::from(line.slack)),
        }
    }

    /// Whether the contract lets the account be in breach.
    fn may_breach(line: &Line, prices: View<'_>) -> bool {
        let support = sum(line.support, prices.support, U256::ZERO).expect("support is known");
        let burden = sum(line.burden, prices.burden, U256::MAX);
        burden.is_none_or(|burden| support <= burden + Wide::from(line.slack))
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 4096, ..ProptestConfig::default() })]

        /// Whatever the contract lets be in breach has been passed, at every later tick.
        #[test]
        fn passes_whatever_may_breach(
            lines in prop::collection::vec(line(), 1..4),
            path in prop::collection::vec(
                (prop::array::uniform6(price()), prop::array::uniform6(price()), any::<[bool; 2]>()),
                2..5,
            ),
            carries: [bool; 5],
        ) {
            let path: Vec<(Vec<U256>, Vec<U256>)> = path
                .into_iter()
                .map(|(support, burden, [a, b])| (listed(support, a), listed(burden, b)))
                .collect();
            let views = path.iter().map(|(support, burden)| View { support, burden });
            let views: Vec<View<'_>> = views.collect();
            let filed = |(id, line): (u32, &Line)| {
                Filed::new(id, u64::from(id), Entry::of_exposure(&exposure(line, views[0])))
            };
            let entries: Vec<Filed> = (0..).zip(&lines).map(filed).collect();
            let mut generation = Generation::new(views[0], entries);
            let mut passed = BTreeSet::new();
            for (view, carry) in views.into_iter().zip(carries) {
                generation.pass(view, &mut Ratios::new(), |id, number| {
                    assert_eq!(number, u64::from(id));
                    assert!(passed.insert(id), "{id} passed twice");
                });
                for (id, line) in (0..).zip(&lines) {
                    prop_assert!(passed.contains(&id) || !may_breach(line, view), "missed {line:?}");
                }
                prop_assert_eq!(generation.left(), lines.len() - passed.len());
                if carry {
                    let mut carried = Vec::new();
                    generation.carry(view, &mut Ratios::new(), |id, number, filed| {
                        assert_eq!(number, u64::from(id));
                        match filed {
                            Some(filed) => carried.push(filed),
                            None => assert!(passed.insert(id), "{id} given up after it was passed"),
                        }
                    });
                    prop_assert!(carried.iter().all(|filed| !passed.contains(&filed.id)));
                    prop_assert_eq!(carried.len(), lines.len() - passed.len());
                    generation = Generation::new(view, carried);
                }
            }
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 20_000, ..ProptestConfig::default() })]

        /// At a tie of both sides every rounding must go the safe way.
        #[test]
        fn passes_ties(tie in tie()) {
            let side = |prices: [U256; 2]| (vec![prices[0]], vec![prices[1]]);
            let (anchor, end) = (side(tie.anchor), side(tie.end));
            let line = Line {
                support: [tie.a, 0, 0, 0, 0, 0],
                burden: [tie.b, 0, 0, 0, 0, 0],
                slack: tie.slack,
            };
            let anchor = View { support: &anchor.0, burden: &anchor.1 };
            let end = View { support: &end.0, burden: &end.1 };
            prop_assert!(may_breach(&line, end));
            let mut generation =
                Generation::new(anchor, vec![Filed::new(0, 0, Entry::of_exposure(&exposure(&line, anchor)))]);
            let mut passed = false;
            generation.pass(end, &mut Ratios::new(), |_, _| passed = true);
            prop_assert!(passed);
        }
    }

    /// Whether one account is passed at the last of three prices of its support and burden, after its entry
    /// was carried on at the second.
    fn is_passed_after_carry(line: &Line, path: [(U256, U256); 3]) -> bool {
        let [anchor, middle, end] = path.map(|(support, burden)| (vec![support], vec![burden]));
        let view = |side: &(Vec<U256>, Vec<U256>)| {
            may_breach(
                line,
                View {
                    support: &side.0,
                    burden: &side.1,
                },
            )
        };
        assert!(view(&end), "breaches at the end");
        let [anchor, middle, end] =
            [&anchor, &middle, &end].map(|(support, burden)| View { support, burden });
        let entry = Entry::of_exposure(&exposure(line, anchor));
        let mut generation = Generation::new(anchor, vec![Filed::new(0, 0, entry)]);
        let (mut passed, mut carried) = (false, Vec::new());
        generation.pass(middle, &mut Ratios::new(), |_, _| passed = true);
        generation.carry(middle, &mut Ratios::new(), |_, _, filed| {
            carried.push(filed)
        });
        if passed || carried == [None] {
            return true;
        }
        let carried = carried.into_iter().flatten().collect();
        let mut generation = Generation::new(middle, carried);
        generation.pass(end, &mut Ratios::new(), |_, _| passed = true);
        passed
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 20_000, ..ProptestConfig::default() })]

        /// At a tie after a carry, with ratios that are exact: only the key is rounded.
        #[test]
        fn passes_ties_after_a_carry(
            a in 1u64..60, b in 1u64..60, anchor in [0usize..12, 0usize..12],
            shift in [0usize..12, 0usize..12], times in [1u64..=16, 1u64..=16], k in 1u64..4,
        ) {
            // 720 720 is a multiple of every number up to 16.
            let k = k * 720_720;
            let line = Line {
                support: [a, 0, 0, 0, 0, 0],
                burden: [b, 0, 0, 0, 0, 0],
                slack: 0,
            };
            let one = U256::ONE;
            let path = [
                (one << anchor[0], one << anchor[1]),
                (U256::from(times[0]) << shift[0], U256::from(times[1]) << shift[1]),
                (U256::from(b * k), U256::from(a * k)),
            ];
            prop_assert!(is_passed_after_carry(&line, path));
        }
    }

    /// The slack alone lets an account be in breach that has lost 99 % before its entry was carried on and
    /// 99 % after, while its debt has become worthless.
    #[test]
    fn a_carry_keeps_the_range_of_an_entry() {
        let line = Line {
            support: [1, 0, 0, 0, 0, 0],
            burden: [1, 0, 0, 0, 0, 0],
            slack: 100,
        };
        let path = [(1_000_000u64, 1_000u64), (10_000, 10), (100, 0)];
        let path = path.map(|(support, burden)| (U256::from(support), U256::from(burden)));
        assert!(is_passed_after_carry(&line, path));
    }

    /// A price near a simple multiple of the anchor, where a lost bit shows.
    fn anchor_and_price() -> impl Strategy<Value = (U256, U256)> {
        let near = (
            price(),
            any::<u64>(),
            0usize..100,
            0u64..5,
            0u64..3,
            0u64..5,
        )
            .prop_map(|(small, n, shift, times, more, less)| {
                let anchor = small.max(U256::from(n) << shift);
                let price = anchor.saturating_mul(U256::from(times));
                let price = price.saturating_add(U256::from(more));
                (anchor, price.saturating_sub(U256::from(less)))
            });
        prop_oneof![2 => near, 1 => (price(), price())]
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 20_000, ..ProptestConfig::default() })]

        /// Ratios of prices are on the named side of the truth and close to it.
        #[test]
        fn ratios_round_as_named((anchor, price) in anchor_and_price()) {
            let one = Wide::from(1u64) << 48;
            let exact: Wide = Wide::from(price) * one;
            let anchor_wide = Wide::from(anchor);
            let floor = Scale::of_support(anchor).floor(price);
            let ceil = Scale::of_burden(anchor).ceil(price);
            if anchor.is_zero() {
                prop_assert_eq!(floor, u64::MAX);
                prop_assert_eq!(ceil, if price.is_zero() { 0 } else { u64::MAX });
                return Ok(());
            }
            // Off by one unit, by 2^-60 of the ratio and by the price's lost bits at most.
            let lost = one << anchor.bit_len().saturating_sub(63);
            let near = |ratio: u64| Wide::from(ratio) * anchor_wide / (one << 12) + lost;
            prop_assert!(Wide::from(floor) * anchor_wide <= exact);
            if floor < u64::MAX {
                let next = Wide::from(floor) * anchor_wide + anchor_wide;
                prop_assert!(next + near(floor) >= exact);
            } else {
                prop_assert!(exact >= anchor_wide << 63);
            }
            if price == U256::MAX {
                prop_assert_eq!(ceil, u64::MAX);
            } else if ceil < u64::MAX {
                prop_assert!(Wide::from(ceil) * anchor_wide >= exact);
                let less = exact + anchor_wide + near(ceil);
                prop_assert!(Wide::from(ceil) * anchor_wide <= less);
            } else {
                prop_assert!(exact >= anchor_wide << 63);
            }
        }
    }

    proptest! {
        #[test]
        fn prices_are_cut_where_told(limbs: [u64; 4], small in 0usize..256, shift in 0usize..256) {
            for price in [U256::from_limbs(limbs) >> small, U256::from(limbs[0]) << small] {
                let short = u128::try_from(price >> shift).unwrap_or(u128::MAX);
                let exact = price.is_zero() || price.trailing_zeros() >= shift;
                prop_assert_eq!(shorten(price, shift), (short, exact), "{} {}", price, shift);
            }
        }
    }

    /// A filter that passes everything would be sound too; this one is also tight.
    #[test]
    fn passes_little_else() {
        let side = |price: u64| vec![U256::from(price) * crate::units::RAY; 2];
        // Health 1.25: ends when support over burden has fallen to 0.8.
        let cases = [
            (1_000_000, 1_000_000, false),
            (800_001, 1_000_000, false),
            (800_000, 1_000_000, true),
            (1_000_000, 1_249_999, false),
            (1_000_000, 1_250_000, true),
            (500_000, 600_000, false),
            (500_000, 625_000, true),
            (5_000_000, 1_000_000, false),
            (4_000, 1_000, false),
            (3_000, 3_000, true),
        ];
        for (support, burden, want) in cases {
            let (start, end) = (
                (side(1_000_000), side(1_000_000)),
                (side(support), side(burden)),
            );
            let entry = Entry::of_exposure(&Exposure {
                collateral_assets: AssetSet::EMPTY.with(AssetId(0)),
                debt_assets: AssetSet::EMPTY.with(AssetId(1)),
                collateral: Value::new(1_250_000_000_000),
                debt: Value::new(1_000_000_000_000),
                slack: Value::new(1),
            });
            let view = |sides: &(Vec<U256>, Vec<U256>)| -> bool {
                let anchor = View {
                    support: &start.0,
                    burden: &start.1,
                };
                let mut generation = Generation::new(anchor, vec![Filed::new(9, 0, entry)]);
                let mut passed = false;
                generation.pass(
                    View {
                        support: &sides.0,
                        burden: &sides.1,
                    },
                    &mut Ratios::new(),
                    |_, _| passed = true,
                );
                passed
            };
            assert_eq!(view(&end), want, "{support} over {burden}");
        }
    }

    /// The most frequent signatures get their own cohort, the rest share one under their union.
    #[test]
    fn rare_signatures_share_a_cohort() {
        let signature = |n: u16| Entry {
            assets: Signature {
                support: AssetSet::EMPTY.with(AssetId(n % 10)),
                burden: AssetSet::EMPTY.with(AssetId(n / 10)),
            },
            key: u64::from(n),
        };
        let filed = |id: u16, n: u16| Filed::new(u32::from(id), 0, signature(n));
        let mut entries: Vec<Filed> = (0..100).map(|n| filed(n, n)).collect();
        entries.extend((0..63).map(|n| filed(n + 100, n)));
        let own: Vec<Signature> = entries.iter().map(|filed| filed.entry.assets).collect();
        sort(&mut entries);
        assert_eq!(cohorts(&entries).len(), COHORTS_MAX);
        let kept = |filed: &&Filed| filed.entry.assets == signature(filed.id as u16 % 100).assets;
        assert_eq!(entries.iter().filter(kept).count(), 126);
        for filed in &entries {
            let assets = own[filed.id as usize];
            assert_eq!(filed.entry.assets.union(assets), filed.entry.assets);
        }
    }
}

//! Which loans may be in breach, without a look at the others.
//!
//! What bands become on the way down (`x_down`) is no straight line in the oracle's price, so the
//! index gets prices of its own. Four facts bound a loan that nobody acts on; `docs/protocols/crvusd.md`
//! derives them.
//!
//! - While the oracle's price and the active band lie above a loan's bands, its `x_down` does not
//!   depend on the price and grows with interest as its debt does.
//! - While both lie below them, `x_down` is the stablecoin that the bands hold.
//! - Otherwise it changes at most as the fourth power of the price and the fifth of interest.
//! - An action changes it at most by the largest change of a share's worth over the bands it wrote.
//!
//! Loans over the same bands whose shares are even from band to band move together: their `x_down`
//! is their number of shares times what one share of each band becomes. Such a group gets a price of
//! its own, and the bounds of its loans are as exact as those of a straight line.

use super::account::Position;
use super::bands::Band;
use super::factor::{Factor, Products, STEEPNESS, one, quotient};
use super::market::Market;
use super::math::{Ruled, ln, scaled, scaled_or_zero, wad_product};
use super::rejection::Rejection;
use super::signed::Signed;
use super::standing::{Lens, Standing};
use crate::book::{AssetSet, BreachIndex, EffectivePrices, Exposure, IdSet, Look, Shortfall};
use crate::protocol::{AccountId, AssetId};
use crate::units::{Rounding, U256, Value, WAD, mul, mul_div};
use std::collections::BTreeMap;
use std::sync::Arc;

/// The lower of the oracle's price and the active band's upper edge.
const ABOVE: AssetId = AssetId(0);
/// The inverse of the higher of the two.
const BELOW: AssetId = AssetId(1);
/// The active band's upper edge without interest.
const REACH: AssetId = AssetId(2);
/// The inverse of that.
const DEPTH: AssetId = AssetId(3);
/// Least that actions left of a share's worth, over interest, to the power of [`STEEPNESS`]: a fall
/// by a few percent of what lies idle is far away, as is one of the price by half.
const KEPT: AssetId = AssetId(4);
/// Least that actions, prices and interest left of it.
const PATH: AssetId = AssetId(5);
/// Most that they made of it.
const GAINED: AssetId = AssetId(6);

/// The oracle's price.
const PRICE: AssetId = AssetId(7);
/// Interest, where it is of help.
const GROWTH: AssetId = AssetId(8);
/// The inverse of what is left to sell of the active band.
const SOLD: AssetId = AssetId(9);
/// The first of the groups' own prices.
const GROUPS: u16 = 10;
/// How many there are.
const GROUPS_MAX: i64 = 100;
/// Bands by which a group must lie away from price and active band to be left alone.
const QUIET_BANDS: i64 = 2;
/// Shares of a loan in a group differ by no more than this part, as a power of two.
const EVEN_BITS: u32 = 20;

/// Interest.
const INTEREST: AssetId = AssetId(0);
/// What never moves.
const STILL: AssetId = AssetId(1);

/// Inverses are taken of 2 to this power.
const INVERSE_BITS: usize = 250;
/// Each bound is this much, as a power of two, on the side of asking.
const MARGIN_BITS: usize = 18;
/// Each action may add roundings of this share, as a power of two.
const ACTION_BITS: usize = 30;
/// A loan that is watched by bounds is this much larger than its price and number of bands, as a
/// power of two: each band may round 64 times by a unit worth the price, which is 2^−36 of it.
const FINE_BITS: usize = 42;
/// And it has more digits than these in the stablecoin's own units.
const NATIVE_BITS: usize = 22;

/// What the bounds depend on but for the products.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Scene {
    /// Oracle's price as the AMM takes it, wad.
    price: U256,
    rate_mul: U256,
    /// Upper edge of the active band, wad.
    edge: U256,
    active: i64,
    /// Collateral in the active band, in 18 decimals.
    left: U256,
    /// Number of the band in which the oracle's price lies, one off at times.
    band: i64,
}

impl Scene {
    fn of(market: &Market) -> Ruled<Self> {
        let amm = market.amm_draft();
        let active = market.amm().active_band;
        let price = amm.oracle()?.price;
        let log = ln(scaled(amm.base_price()?, WAD, price)?)?;
        let band = log.over(Signed::small(amm.constants.log_ratio)).narrow();
        Ok(Self {
            left: market.band(active).collateral,
            band: band.ok_or(Rejection::NoReason)?,
            price,
            rate_mul: amm.rate_mul()?,
            edge: amm.upper_edge(active)?,
            active,
        })
    }

    fn above(&self) -> U256 {
        self.price.min(self.edge)
    }

    fn below(&self) -> U256 {
        self.price.max(self.edge)
    }

    fn reach(&self) -> Option<U256> {
        scaled(self.edge, WAD, self.rate_mul).ok()
    }

    fn effective_prices(&self, products: &Products, groups: &Groups) -> EffectivePrices {
        let inverse = |n: U256| {
            U256::ONE
                .wrapping_shl(INVERSE_BITS)
                .checked_div(n)
                .unwrap_or(U256::MAX)
        };
        let reach = self.reach().unwrap_or(U256::ZERO);
        let mut collateral = vec![
            self.above(),
            inverse(self.below()),
            reach,
            inverse(reach),
            products.kept,
            products.path,
            products.gained,
            self.price,
            self.rate_mul,
            inverse(self.left.saturating_add(U256::ONE)),
        ];
        collateral.extend(groups.prices());
        EffectivePrices {
            collateral,
            debt: vec![self.rate_mul, WAD],
        }
    }

    /// What the way from one scene to another may have done to a share's worth.
    /// Also interest alone.
    fn moved_to(&self, later: &Self) -> Option<[Factor; 2]> {
        let price = Factor::of_move(self.price, later.price)?.power(4)?;
        let interest = Factor::of_move(self.rate_mul, later.rate_mul)?;
        Some([price.times(interest.power(5)?)?, interest])
    }
}

/// Loans over the same bands.
#[derive(Clone, Copy, Debug)]
struct Group {
    first: i64,
    last: i64,
    /// What one share of each band becomes on the way down, in units of 2^−64; zero before it is
    /// known.
    worth: U256,
}

/// Groups by their first band, modulo their greatest number; who comes second is watched without.
#[derive(Clone, Debug, Default)]
struct Groups(Arc<BTreeMap<u16, Group>>);

fn group_place(first: i64) -> u16 {
    u16::try_from(first.rem_euclid(GROUPS_MAX)).unwrap_or(0)
}

impl Groups {
    /// The asset whose price is that of a position's group.
    fn asset(&self, position: &Position) -> Option<AssetId> {
        let place = group_place(position.first);
        let group = self.0.get(&place)?;
        let same = (group.first, group.last) == (position.first, position.last);
        (same && !group.worth.is_zero()).then(|| AssetId(GROUPS.saturating_add(place)))
    }

    fn prices(&self) -> impl Iterator<Item = U256> + '_ {
        let most = self
            .0
            .last_key_value()
            .map_or(0, |(place, _)| place.saturating_add(1));
        (0..most).map(|place| self.0.get(&place).map_or(U256::ZERO, |group| group.worth))
    }

    fn add(&mut self, spans: Vec<(i64, i64)>) {
        for (first, last) in spans {
            let place = group_place(first);
            if !self.0.contains_key(&place) {
                let worth = U256::ZERO;
                Arc::make_mut(&mut self.0).insert(place, Group { first, last, worth });
            }
        }
    }

    /// Takes what shares become now. A group that nobody acted on is left alone while it lies
    /// wholly below the price and the active band, where its worth does not change, or wholly
    /// above, where it grows with interest as the debts do.
    fn follow(&mut self, scenes: [&Scene; 2], bands: &[i64], lens: &mut Lens<'_>) {
        let numbers = scenes.map(|scene| [scene.active, scene.band]);
        let numbers = numbers.as_flattened();
        let top = numbers
            .iter()
            .min()
            .map_or(i64::MIN, |n| n.saturating_sub(QUIET_BANDS));
        let bottom = numbers
            .iter()
            .max()
            .map_or(i64::MAX, |n| n.saturating_add(QUIET_BANDS));
        let written = |group: &Group| {
            let ends = bands.first().zip(bands.last());
            ends.is_some_and(|(from, to)| *from <= group.last && *to >= group.first)
        };
        if self.0.is_empty() {
            return;
        }
        for group in Arc::make_mut(&mut self.0).values_mut() {
            let quiet = group.last < top || group.first > bottom;
            if group.worth.is_zero() || !quiet || written(group) {
                let worth = lens.worth_of_shares((group.first, group.last));
                group.worth = worth.unwrap_or(U256::ZERO);
            }
        }
    }
}

/// Whether shares are the same from band to band, nearly.
fn is_even(position: &Position) -> bool {
    let (least, most) = (position.shares.iter().min(), position.shares.iter().max());
    let ends = least.zip(most);
    ends.is_some_and(|(least, most)| most.abs_diff(*least) <= least.wrapping_shr(EVEN_BITS))
}

/// The index of one market.
#[derive(Clone, Debug)]
pub(super) struct Watch {
    index: BreachIndex,
    products: Products,
    /// Nothing where the market's own views revert.
    scene: Option<Scene>,
    /// Loans whose bands the active one has reached.
    softened: IdSet,
    groups: Groups,
}

impl Watch {
    /// Looks at every loan.
    pub(super) fn new(market: &Market) -> Self {
        let mut watch = Self {
            index: BreachIndex::build(EffectivePrices::default(), []),
            products: Products::new(),
            scene: None,
            softened: IdSet::default(),
            groups: Groups::default(),
        };
        watch.rebuild(market);
        watch
    }

    fn rebuild(&mut self, market: &Market) {
        self.products = Products::new();
        self.scene = Scene::of(market).ok();
        self.groups = Groups::default();
        let mut looker = Looker::new(market, self.scene, self.groups.clone());
        let softened = &mut self.softened;
        let looks = market.borrowers().map(|id| {
            note(softened, market, id);
            (id, looker.look(id))
        });
        let looks: Vec<_> = looks.collect();
        self.groups.add(looker.wishes);
        self.index = BreachIndex::build(self.effective_prices(), looks);
    }

    fn effective_prices(&self) -> EffectivePrices {
        let scene = self.scene.as_ref();
        scene.map_or_else(EffectivePrices::default, |scene| {
            scene.effective_prices(&self.products, &self.groups)
        })
    }

    /// After new prices, time, or both.
    pub(super) fn observe(&mut self, market: &Market) {
        self.follow(market, Some(Factor::none()), &[]);
    }

    /// After an action that wrote these bands and touched an account.
    pub(super) fn act(
        &mut self,
        (before, after): (&Market, &Market),
        bands: &[i64],
        account: Option<AccountId>,
    ) {
        self.follow(after, written(before, after, bands), bands);
        if let Some(id) = account {
            note(&mut self.softened, after, id);
            let mut looker = Looker::new(after, self.scene, self.groups.clone());
            self.index.set(id, looker.look(id));
            self.groups.add(looker.wishes);
        }
    }

    fn follow(&mut self, market: &Market, actions: Option<Factor>, bands: &[i64]) {
        let later = Scene::of(market).ok();
        let products = self.scene.zip(later).zip(actions).and_then(|x| {
            let ((scene, later), actions) = x;
            self.products.after(actions, scene.moved_to(&later)?)
        });
        let Some(products) = products else {
            self.rebuild(market);
            return;
        };
        self.products = products;
        let before = std::mem::replace(&mut self.scene, later);
        let mut looker = Looker::new(market, later, Groups::default());
        match (before.as_ref(), later.as_ref(), looker.lens.as_mut()) {
            (Some(before), Some(later), Some(lens)) => {
                self.groups.follow([before, later], bands, lens);
            }
            _ => self.groups = Groups::default(),
        }
        looker.groups = self.groups.clone();
        let prices = self.effective_prices();
        let softened = &mut self.softened;
        self.index.advance(prices, |id| {
            note(softened, market, id);
            looker.look(id)
        });
        self.groups.add(looker.wishes);
    }

    /// Loans in breach, ascending.
    pub(super) fn breached(&self) -> impl Iterator<Item = AccountId> + '_ {
        self.index.breached()
    }

    /// Loans whose bands the active one has reached since they were made, ascending.
    pub(super) fn softened(&self) -> impl Iterator<Item = AccountId> + '_ {
        self.softened.iter().map(AccountId)
    }
}

/// Remembers a loan whose bands the active one has reached.
fn note(softened: &mut IdSet, market: &Market, id: AccountId) {
    let owes = |account: &&super::Account| !account.loan.initial_debt.is_zero();
    let account = market.account(id).filter(owes);
    if account.is_some_and(|account| account.position.first <= market.amm().active_band) {
        softened.insert(id.0);
    }
}

/// What an action may have done to the worth of a share of any band; nothing where it is out of
/// bounds.
fn written(before: &Market, after: &Market, bands: &[i64]) -> Option<Factor> {
    let mut all = Factor::none();
    for number in bands {
        let (old, new) = (before.band(*number), after.band(*number));
        // Nobody holds a share before and after.
        if old.shares.is_zero() || new.shares.is_zero() || old == new {
            continue;
        }
        let factor = if old.shares == new.shares {
            traded((before, after), *number)?
        } else {
            shared(before, &old, &new)?
        };
        all = all.or(factor);
    }
    if bands.is_empty() {
        return Some(all);
    }
    let slack = one().wrapping_shr(ACTION_BITS);
    Some(Factor {
        least: all.least.saturating_sub(slack),
        most: all.most.saturating_add(slack),
    })
}

/// A band was traded with: what it becomes on the way down, after over before. What roundings
/// may have done is covered by what every action adds.
fn traded((before, after): (&Market, &Market), number: i64) -> Option<Factor> {
    let (before, after) = (before.amm_draft(), after.amm_draft());
    let (old, new) = (
        before.band_down(number).ok()?,
        after.band_down(number).ok()?,
    );
    let price = after.oracle().ok()?.price;
    let dust = scaled_or_zero(price, U256::from(64u64), WAD).ok()?;
    if new.abs_diff(old) <= dust.saturating_add(U256::from(64u64)) {
        return Some(Factor::none());
    }
    Some(quotient(new, old)?.or(Factor::none()))
}

/// Shares came or went. What is left of those who withdraw is worth a unit less or more to the
/// others; a deposit gives them what its own shares are rounded down by.
fn shared(market: &Market, old: &Band, new: &Band) -> Option<Factor> {
    if new.shares < old.shares || old.collateral.is_zero() {
        return Some(Factor::none());
    }
    let dead = market.version().rules().dead_shares;
    let [old_all, new_all] = [old, new].map(|band| band.shares.saturating_add(dead));
    let worth = quotient(new.collateral, old.collateral)?.times(quotient(old_all, new_all)?)?;
    Some(worth.or(Factor::none()))
}

/// Asked about at every tick.
fn restless() -> Look {
    Look::Healthy(Exposure {
        collateral_assets: AssetSet::EMPTY.with(KEPT),
        debt_assets: AssetSet::EMPTY.with(INTEREST),
        collateral: Value::ZERO,
        debt: Value(U256::MAX),
        slack: Value::ZERO,
    })
}

/// `above ÷ below` in units of 2^−100, up and a little more; nothing where it is far too much.
fn key(above: U256, below: U256) -> Option<U256> {
    let scale = U256::ONE.wrapping_shl(100);
    let key = mul_div(above, scale, below, Rounding::Ceil).ok()?;
    let margin = key.wrapping_shr(MARGIN_BITS).saturating_add(U256::ONE);
    key.checked_add(margin)
}

/// A key to the power of [`STEEPNESS`], up.
fn steep(key: Option<U256>) -> Option<U256> {
    let scale = U256::ONE.wrapping_shl(100);
    let mut power = key?;
    if power >= scale {
        return Some(power);
    }
    for _ in 0..STEEPNESS.trailing_zeros() {
        power = mul_div(power, power, scale, Rounding::Ceil).ok()?;
    }
    Some(power)
}

const _: () = assert!(STEEPNESS.is_power_of_two());

/// Not in breach, until one of the collaterals' prices has fallen to so much of the present one.
fn until(assets: &[AssetId], keys: &[Option<U256>]) -> Look {
    let mut most = U256::ZERO;
    for key in keys {
        let Some(key) = key else {
            return restless();
        };
        most = most.max(*key);
    }
    Look::Healthy(Exposure {
        collateral_assets: assets.iter().copied().collect(),
        debt_assets: AssetSet::EMPTY.with(INTEREST),
        collateral: Value(U256::ONE.wrapping_shl(100)),
        debt: Value(most),
        slack: Value::ZERO,
    })
}

/// One loan on the scene.
struct Seen<'a> {
    scene: &'a Scene,
    standing: &'a Standing,
    position: &'a Position,
    /// The price that moves as `x_down` does.
    group: Option<AssetId>,
    /// Upper edge of the first band.
    top: U256,
    /// Upper edge of the band before the first.
    before: U256,
    /// Upper edge of the last band.
    last: U256,
    /// Lower edge of the last band.
    bottom: U256,
    /// `x_down` less the discount.
    covered: U256,
    /// The collateral in the bands at the oracle's price, in units of stablecoin.
    pledged: U256,
    /// What that exceeds the collateral at the first band's upper edge by, where it counts.
    excess: U256,
}

/// What the exact rule says of loans, with bounds.
struct Looker<'a> {
    market: &'a Market,
    scene: Option<Scene>,
    /// Nothing where the market's own views revert.
    lens: Option<Lens<'a>>,
    groups: Groups,
    /// Groups that would be of use.
    wishes: Vec<(i64, i64)>,
}

impl<'a> Looker<'a> {
    fn new(market: &'a Market, scene: Option<Scene>, groups: Groups) -> Self {
        Self {
            market,
            scene,
            lens: Lens::new(market).ok(),
            groups,
            wishes: Vec::new(),
        }
    }

    fn look(&mut self, id: AccountId) -> Look {
        let Some(account) = self.market.account(id) else {
            return Look::Gone;
        };
        if account.loan.initial_debt.is_zero() {
            return Look::Gone;
        }
        let standing = self.lens.as_mut().map(|lens| lens.standing(id));
        let standing = match standing {
            Some(Ok(Some(standing))) => standing,
            Some(Ok(None)) => return Look::Gone,
            Some(Err(_)) | None => return restless(),
        };
        match self.bounded(&account.position, &standing) {
            Some(look) => look,
            None if standing.is_breached() => Look::Breached,
            None => restless(),
        }
    }

    fn bounded(&mut self, position: &Position, standing: &Standing) -> Option<Look> {
        let (scene, lens) = (self.scene.as_ref()?, self.lens.as_mut()?);
        let kept = WAD.checked_sub(standing.discount)?;
        let even = is_even(position);
        let group = self.groups.asset(position).filter(|_| even);
        let params = self.market.params();
        let lifted = mul(standing.held.collateral.0, params.collateral_precision.0).ok()?;
        let unit = mul(WAD, params.stable_precision.0).ok()?;
        let top = lens.edge(position.first).ok()?;
        let above = position.first > scene.active;
        let over = scene
            .price
            .saturating_sub(if above { top } else { scene.price });
        let seen = Seen {
            pledged: scaled(lifted, scene.price, unit).ok()?,
            excess: scaled(lifted, over, unit).ok()?,
            group,
            scene,
            standing,
            position,
            top,
            before: lens.edge(position.first.checked_sub(1)?).ok()?,
            last: lens.edge(position.last).ok()?,
            bottom: lens.edge(position.last.checked_add(1)?).ok()?,
            covered: wad_product(standing.stable_down.0, kept).ok()?,
        };
        let look = seen.is_fine(self.market).then(|| seen.look())?;
        let alone = [PATH, GAINED];
        let uses = match &look {
            Look::Healthy(exposure) => exposure.collateral_assets,
            Look::BreachedBy(shortfall) => shortfall.collateral_assets,
            Look::Breached | Look::Gone => AssetSet::EMPTY,
        };
        if even && alone.iter().any(|asset| uses.with(*asset) == uses) {
            self.wishes.push((position.first, position.last));
        }
        Some(look)
    }
}

impl Seen<'_> {
    /// Whether roundings are a small share of the loan: those of 18 decimals, which add up over
    /// actions, and those of the stablecoin's own units.
    fn is_fine(&self, market: &Market) -> bool {
        let whole = scaled_or_zero(self.scene.price, U256::ONE, WAD).unwrap_or(U256::MAX);
        let bands = U256::from(self.position.shares.len());
        let dust = whole.saturating_add(U256::ONE).saturating_mul(bands);
        let least = dust.saturating_mul(U256::ONE.wrapping_shl(FINE_BITS));
        let precision = market.params().stable_precision.0;
        let smaller = self.standing.debt.0.min(self.covered);
        smaller.saturating_mul(precision) >= least && smaller.bit_len() > NATIVE_BITS
    }

    fn look(&self) -> Look {
        if self.standing.is_breached() {
            return self.breached();
        }
        let converted = self.position.last < self.scene.active;
        if self.standing.health.is_negative() {
            // The bands hold stablecoin only, and less than is owed: nothing can be seized before
            // the active band comes back.
            let held = self.standing.held.stable.0;
            let short = held.saturating_add(held.wrapping_shr(MARGIN_BITS)) < self.standing.debt.0;
            return if converted && short {
                until(&[DEPTH], &[key(self.scene.edge, self.last)])
            } else {
                restless()
            };
        }
        let by_debt = key(self.standing.debt.0, self.covered);
        let untouched = self.position.first > self.scene.active;
        if untouched && self.scene.price > self.top {
            let to_top = key(self.top, self.scene.above());
            if self.covered >= self.standing.debt.0 {
                return until(&[ABOVE, KEPT], &[steep(by_debt), to_top]);
            }
            // Healthy by what the price exceeds the bands by: half of the surplus for the price to
            // lose, half for the bands.
            let surplus = self.covered.saturating_add(self.excess);
            let half = surplus.saturating_sub(self.standing.debt.0).wrapping_shr(1);
            let less = |n: U256| key(n.saturating_sub(half), n);
            let keys = [to_top, less(self.pledged), steep(less(self.covered))];
            until(&[ABOVE, KEPT, PRICE], &keys)
        } else if converted && self.scene.price < self.bottom {
            let to_bottom = key(self.scene.below(), self.bottom);
            until(&[BELOW, KEPT], &[steep(by_debt), to_bottom])
        } else if untouched {
            let to_top = key(self.top, self.scene.edge);
            until(&[self.group.unwrap_or(PATH), REACH], &[by_debt, to_top])
        } else {
            until(&[self.group.unwrap_or(PATH)], &[by_debt])
        }
    }

    /// In breach until its bands are worth more, they lie below the price and the active band
    /// again, or nothing is left in them to seize.
    fn breached(&self) -> Look {
        let untouched = self.position.first > self.scene.active;
        if self.position.last < self.scene.active {
            return self.breached_below();
        }
        let bands = U256::from(self.position.shares.len());
        if self.standing.held.collateral.0 < bands.wrapping_shl(20) {
            return Look::Breached;
        }
        // Where nothing was traded yet, the first band is to be noted when it is reached.
        let next = if untouched {
            self.top
        } else if self.position.last > self.scene.active {
            self.last
        } else {
            self.bottom
        };
        let owed = self.standing.debt.0;
        let by_depth = key(next, self.scene.edge);
        // Of 2^20 units a band, a thousandth is something to seize.
        let by_sale = key(U256::ONE, U256::from(1_000u64));
        let group = self.group.unwrap_or(GAINED);
        let by_bands = key(self.covered, owed);
        if !untouched {
            // What the price exceeds the bands by counts when the active band lies above them.
            let back = key(self.scene.edge, self.before);
            let keys = [back, by_bands, by_depth, by_sale];
            return while_below(&[REACH, DEPTH, SOLD, group], &keys);
        }
        if self.scene.price <= self.top {
            let keys = [key(self.scene.above(), self.top), by_bands, by_depth];
            return while_below(&[ABOVE, DEPTH, group], &keys);
        }
        // The price counts already: half of the lack for it to win, half for the bands.
        let lack = owed.saturating_sub(self.covered.saturating_add(self.excess));
        let more = |n: U256| key(n, n.saturating_add(lack.wrapping_shr(1)));
        let keys = [more(self.pledged), more(self.covered), by_depth];
        while_below(&[PRICE, DEPTH, group], &keys)
    }

    /// All is stablecoin, and more than is owed: until interest has eaten that, or the price or the
    /// active band comes back.
    fn breached_below(&self) -> Look {
        let keys = [
            key(self.standing.debt.0, self.standing.held.stable.0),
            key(self.scene.price, self.bottom),
            key(self.scene.edge, self.last),
        ];
        while_below(&[GROWTH, PRICE, REACH], &keys)
    }
}

/// In breach, until one of the collaterals' prices has risen to the inverse of so much of the
/// present one.
fn while_below(assets: &[AssetId], keys: &[Option<U256>]) -> Look {
    let mut most = U256::ZERO;
    for key in keys {
        let Some(key) = key else {
            return Look::Breached;
        };
        most = most.max(*key);
    }
    Look::BreachedBy(Shortfall {
        collateral_assets: assets.iter().copied().collect(),
        debt_assets: AssetSet::EMPTY.with(STILL),
        collateral: Value(most),
        debt: Value(U256::ONE.wrapping_shl(100)),
        slack: Value::ZERO,
    })
}

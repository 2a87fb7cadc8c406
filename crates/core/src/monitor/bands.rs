//! Accounts by band of health, without a scan.
//!
//! An account was looked at once, by the exact rule. Until some collateral has fallen, or some debt risen, so
//! far that its health could have left its band, it need not be looked at again. Health is proportional to
//! prices, so with `F` the least factor of its collateral's prices over the largest of its debts', and `R` the
//! largest over the least, both since one reference, a health `h` seen at `F₁` and `R₁` lies between
//! `h·F ÷ R₁` and `h·R ÷ F₁`. (Debts may also count at a fixed price; so the factors of their prices are taken
//! with 1 among them.) Accounts of the same assets are sorted by the `F` and the `R` at which they leave,
//! so a tick reads the heads of a few lists. Interest enters as the most that may accrue.

use super::calm::{Calm, LASTS_S};
use crate::book::AssetSet;
use crate::protocol::{AccountId, AssetId, Prices, Protocol};
use crate::units::{BPS, Bps, Ratio, Rounding, Timestamp, U256, Value, WAD, YEAR, mul_div};
use std::collections::{BTreeMap, BTreeSet};

/// Accounts with debt whose health factor lies in a range.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Band {
    /// Least health factor of the band.
    pub from: Ratio,
    /// Health factor above the band.
    pub to: Ratio,
    /// How many accounts.
    pub accounts: u32,
    /// Their debt, each as it was when it was last looked at; saturates.
    pub debt: Value,
}

/// An account's health fell below a level at which it was not before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Call {
    /// Who.
    pub account: AccountId,
    /// The lowest level that it fell below.
    pub level: Ratio,
    /// Its health factor.
    pub health: Ratio,
    /// When.
    pub time: Timestamp,
}

/// Where an account is filed.
#[derive(Clone, Copy, Debug)]
pub(super) struct Filed {
    pub(super) band: usize,
    pub(super) since: Timestamp,
    /// Since when it has been in any band that is called; the present where it is in none.
    pub(super) called: Timestamp,
    debt: Value,
    /// The cohort with the bounds; nothing where it is looked at at every tick.
    bounds: Option<(usize, U256, U256)>,
}

/// Accounts with the same collateral and debt assets.
#[derive(Clone, Debug, Default)]
struct Cohort {
    collateral: Vec<AssetId>,
    debt: Vec<AssetId>,
    /// Looked at when `F` lies below the number, the first at the end.
    falls: BTreeSet<(U256, u32)>,
    /// Looked at when `R` is at least the number, the first at the head.
    rises: BTreeSet<(U256, u32)>,
    /// The first numbers of both, so that a quiet tick reads no list.
    first_fall: U256,
    first_rise: U256,
}

/// All accounts with debt, by band.
#[derive(Clone, Debug)]
pub(super) struct Bands {
    levels: Vec<Ratio>,
    growth: Bps,
    bands: Vec<Band>,
    reference: Prices,
    begun: Timestamp,
    cohorts: Vec<Cohort>,
    places: BTreeMap<(AssetSet, AssetSet), usize>,
    filed: BTreeMap<u32, Filed>,
    restless: BTreeSet<u32>,
    /// Kept from tick to tick, so that a quiet one allocates nothing.
    due: Vec<u32>,
    factors: Vec<Option<Factors>>,
    /// While prices stay within nobody filed leaves a band; nothing where that is not known.
    calm: Option<Calm>,
}

/// How one asset's price moved since the reference, in wad: computed once a tick for all cohorts.
#[derive(Clone, Copy, Debug)]
struct Factors {
    /// As collateral, rounded down and up.
    least: U256,
    most: U256,
    /// What a debt of it takes a fall and a rise of collateral times, interest included.
    fall: U256,
    rise: U256,
}

impl Factors {
    /// Nothing where a price is zero (some contracts tell no health then) or numbers are too large.
    fn new(now: U256, then: U256, growth: U256) -> Option<Self> {
        if now.is_zero() {
            return None;
        }
        let (least, most) = if now == then {
            (WAD, WAD)
        } else {
            let least = mul_div(now, WAD, then, Rounding::Floor).ok()?;
            (least, mul_div(now, WAD, then, Rounding::Ceil).ok()?)
        };
        // A debt may count at a fixed price instead, as a stablecoin does where it was issued.
        let dearer = grown(most.max(WAD), growth)?;
        Some(Self {
            least,
            most,
            fall: mul_div(WAD, WAD, dearer, Rounding::Floor).ok()?,
            rise: mul_div(WAD, growth, least.min(WAD), Rounding::Ceil).ok()?,
        })
    }
}

/// What the numbers of a tick may be off by roundings, in basis points.
const MARGIN: u64 = 1;

impl Bands {
    /// With ascending levels; interest accrues by at most half of `growth` a year.
    pub(super) fn new<P: Protocol>(
        protocol: &P,
        prices: &Prices,
        levels: &[Ratio],
        growth: Bps,
    ) -> Self {
        let froms = [Ratio::ZERO].into_iter().chain(levels.iter().copied());
        let tos = levels.iter().copied().chain([Ratio::MAX]);
        let band = |(from, to)| Band {
            from,
            to,
            accounts: 0,
            debt: Value::ZERO,
        };
        let mut bands = Self {
            levels: levels.to_vec(),
            growth,
            bands: froms.zip(tos).map(band).collect(),
            reference: prices.clone(),
            begun: protocol.now(),
            cohorts: Vec::new(),
            places: BTreeMap::new(),
            filed: BTreeMap::new(),
            restless: BTreeSet::new(),
            due: Vec::new(),
            factors: Vec::new(),
            calm: None,
        };
        bands.file_all(protocol, prices, &mut Vec::new());
        bands
    }

    pub(super) fn bands(&self) -> &[Band] {
        &self.bands
    }

    pub(super) fn filed(&self, AccountId(id): AccountId) -> Option<&Filed> {
        self.filed.get(&id)
    }

    /// Looks at who may have left its band. Nothing may have where neither prices nor time moved.
    pub(super) fn look<P: Protocol>(
        &mut self,
        protocol: &P,
        prices: &Prices,
        calls: &mut Vec<Call>,
    ) {
        let now = protocol.now();
        if now.seconds_since(self.begun) >= YEAR.wrapping_to() {
            self.reference.clone_from(prices);
            self.begun = now;
            self.file_all(protocol, prices, calls);
            return;
        }
        let mut due = std::mem::take(&mut self.due);
        if !self
            .calm
            .as_ref()
            .is_some_and(|calm| calm.holds(now, prices))
        {
            self.pass(now, prices, &mut due);
        }
        due.extend(&self.restless);
        due.extend(protocol.softened().into_iter().map(|AccountId(id)| id));
        for id in due.drain(..) {
            self.file(protocol, prices, AccountId(id), calls);
        }
        self.due = due;
    }

    /// Takes out who may have left a band; where nobody has, notes for how long nobody will.
    fn pass(&mut self, now: Timestamp, prices: &Prices, due: &mut Vec<u32>) {
        let growth = self.growth_until(now);
        self.factors.clear();
        let pairs = prices.0.iter().zip(&self.reference.0);
        let factors = pairs.map(|(now, then)| Factors::new(now.0, then.0, growth));
        self.factors.extend(factors);
        for cohort in &mut self.cohorts {
            cohort.pass(&self.factors, due);
        }
        self.calm = match due.is_empty() {
            true => self.calm_from(now, prices, growth),
            false => None,
        };
    }

    /// How far all prices may move from now on, for a while.
    fn calm_from(&self, now: Timestamp, prices: &Prices, growth: U256) -> Option<Calm> {
        let mut room = U256::MAX;
        for cohort in self
            .cohorts
            .iter()
            .filter(|cohort| !cohort.falls.is_empty())
        {
            room = room.min(cohort.room(&self.factors)?);
        }
        let year: u64 = YEAR.wrapping_to();
        let until = Timestamp(
            now.0
                .saturating_add(LASTS_S)
                .min(self.begun.0.saturating_add(year)),
        );
        let accrued = mul_div(room, growth, self.growth_until(until), Rounding::Floor).ok()?;
        Calm::around(prices, until, accrued)
    }

    fn file_all<P: Protocol>(&mut self, protocol: &P, prices: &Prices, calls: &mut Vec<Call>) {
        for id in 0..protocol.accounts() {
            self.file(protocol, prices, AccountId(id), calls);
        }
    }

    /// Looks at one account and files it anew.
    pub(super) fn file<P: Protocol>(
        &mut self,
        protocol: &P,
        prices: &Prices,
        account: AccountId,
        calls: &mut Vec<Call>,
    ) {
        let AccountId(id) = account;
        let before = self.unfile(id);
        // Its new bounds may be nearer.
        self.calm = None;
        self.restless.remove(&id);
        let Ok(health) = protocol.health(account) else {
            // In no band until the contract tells its health again.
            self.restless.insert(id);
            return;
        };
        if health.debt.is_zero() {
            return;
        }
        let now = protocol.now();
        let band = self.levels.partition_point(|level| *level <= health.factor);
        let was = before.map_or(band, |filed| filed.band);
        if band < was
            && let Some(level) = self.levels.get(band)
        {
            calls.push(Call {
                account,
                level: *level,
                health: health.factor,
                time: now,
            });
        }
        let kept = before.filter(|filed| filed.band == band);
        let called = before.filter(|filed| filed.band < self.levels.len());
        let bounds = self.bounds(protocol, prices, account, health.factor, band);
        match bounds {
            Some((at, below, above)) => {
                if let Some(cohort) = self.cohorts.get_mut(at) {
                    cohort.falls.insert((below, id));
                    cohort.rises.insert((above, id));
                    cohort.note_firsts();
                }
            }
            None => {
                self.restless.insert(id);
            }
        }
        let filed = Filed {
            band,
            since: kept.map_or(now, |filed| filed.since),
            called: called.map_or(now, |filed| filed.called),
            debt: health.debt,
            bounds,
        };
        if let Some(band) = self.bands.get_mut(band) {
            band.accounts = band.accounts.saturating_add(1);
            band.debt = Value(band.debt.0.saturating_add(health.debt.0));
        }
        self.filed.insert(id, filed);
    }

    fn unfile(&mut self, id: u32) -> Option<Filed> {
        let filed = self.filed.remove(&id)?;
        if let Some((at, below, above)) = filed.bounds
            && let Some(cohort) = self.cohorts.get_mut(at)
        {
            cohort.falls.remove(&(below, id));
            cohort.rises.remove(&(above, id));
            cohort.note_firsts();
        }
        if let Some(band) = self.bands.get_mut(filed.band) {
            band.accounts = band.accounts.saturating_sub(1);
            band.debt = band.debt.minus_or_zero(filed.debt);
        }
        Some(filed)
    }

    /// The cohort of an account, and between which moves it stays in its band. Nothing where a reference price
    /// is zero or the numbers are too large.
    fn bounds<P: Protocol>(
        &mut self,
        protocol: &P,
        prices: &Prices,
        account: AccountId,
        health: Ratio,
        band: usize,
    ) -> Option<(usize, U256, U256)> {
        let (mut collateral, mut debt) = (AssetSet::EMPTY, AssetSet::EMPTY);
        for holding in protocol.holdings(account) {
            if holding.enabled && !holding.collateral.is_zero() {
                collateral.insert(holding.asset);
            }
            if !holding.debt.is_zero() {
                debt.insert(holding.asset);
            }
        }
        let at = self.cohort(protocol, (collateral, debt));
        let growth = self.growth_until(protocol.now());
        let cohort = self.cohorts.get(at)?;
        if collateral.is_empty() {
            // No price changes what is not there.
            return Some((at, U256::ZERO, U256::MAX));
        }
        let (fall, rise) = cohort.moves(&self.reference, prices)?;
        let Band { from, to, .. } = *self.bands.get(band)?;
        let below = bound(from.0, shrunk(rise, growth)?, health.0, Rounding::Ceil)?;
        let above = if to == Ratio::MAX {
            U256::MAX
        } else {
            bound(to.0, grown(fall, growth)?, health.0, Rounding::Floor)?
        };
        Some((at, widened(below), narrowed(above)))
    }

    fn cohort<P: Protocol>(&mut self, protocol: &P, key: (AssetSet, AssetSet)) -> usize {
        let next = self.cohorts.len();
        let at = *self.places.entry(key).or_insert(next);
        if at == next {
            let ids = |set: AssetSet| {
                let listed = (0..).map(AssetId).take(protocol.assets().len());
                listed.filter(move |id| set.with(*id) == set).collect()
            };
            self.cohorts.push(Cohort {
                collateral: ids(key.0),
                debt: ids(key.1),
                ..Cohort::default()
            });
        }
        at
    }

    /// One and the most that may have accrued since the beginning, in wad.
    fn growth_until(&self, now: Timestamp) -> U256 {
        let seconds = U256::from(now.seconds_since(self.begun));
        let year = YEAR.saturating_mul(BPS);
        let rate = self.growth.wide().saturating_mul(WAD);
        let grown = mul_div(rate, seconds, year, Rounding::Ceil).unwrap_or(U256::MAX);
        WAD.saturating_add(grown)
    }
}

impl Cohort {
    /// `F` and `R` in wad, the one rounded down and the other up; nothing where a price is zero.
    fn moves(&self, reference: &Prices, prices: &Prices) -> Option<(U256, U256)> {
        let factors = |ids: &[AssetId]| {
            let (mut least, mut most) = (U256::MAX, U256::ZERO);
            for id in ids {
                let (now, then) = (prices.get(*id).0, reference.get(*id).0);
                if now.is_zero() {
                    // Some contracts tell no health at a price of zero.
                    return None;
                }
                if now == then {
                    (least, most) = (least.min(WAD), most.max(WAD));
                    continue;
                }
                least = least.min(mul_div(now, WAD, then, Rounding::Floor).ok()?);
                most = most.max(mul_div(now, WAD, then, Rounding::Ceil).ok()?);
            }
            Some((least, most))
        };
        let (fall, rise) = if self.collateral.is_empty() {
            (WAD, WAD)
        } else {
            factors(&self.collateral)?
        };
        let (debt_least, debt_most) = factors(&self.debt)?;
        // A debt may count at a fixed price instead, as a stablecoin does where it was issued.
        let (debt_least, debt_most) = (debt_least.min(WAD), debt_most.max(WAD));
        if debt_least == debt_most {
            return Some((fall, rise));
        }
        Some((
            mul_div(fall, WAD, debt_most, Rounding::Floor).ok()?,
            mul_div(rise, WAD, debt_least, Rounding::Ceil).ok()?,
        ))
    }

    /// `F` and `R` with interest, from what is known of each asset; nothing where one is not known.
    fn reach(&self, factors: &[Option<Factors>]) -> Option<(U256, U256)> {
        let known = |id: &AssetId| factors.get(usize::from(id.0)).copied().flatten();
        let (mut least, mut most) = (U256::MAX, U256::ZERO);
        for id in &self.collateral {
            let factors = known(id)?;
            (least, most) = (least.min(factors.least), most.max(factors.most));
        }
        if self.collateral.is_empty() {
            (least, most) = (WAD, WAD);
        }
        let (mut fall, mut rise) = (U256::MAX, U256::ZERO);
        for id in &self.debt {
            let factors = known(id)?;
            (fall, rise) = (fall.min(factors.fall), rise.max(factors.rise));
        }
        Some((
            mul_div(least, fall, WAD, Rounding::Floor).ok()?,
            mul_div(most, rise, WAD, Rounding::Ceil).ok()?,
        ))
    }

    /// Takes out who may have left its band. Where the moves cannot be told, all have.
    fn pass(&mut self, factors: &[Option<Factors>], due: &mut Vec<u32>) {
        if self.falls.is_empty() {
            return;
        }
        let (fall, rise) = self.reach(factors).unwrap_or((U256::ZERO, U256::MAX));
        if fall >= self.first_fall && rise < self.first_rise {
            return;
        }
        while let Some((_, id)) = self.falls.last().filter(|(below, _)| fall < *below) {
            due.push(*id);
            self.falls.pop_last();
        }
        while let Some((_, id)) = self.rises.first().filter(|(above, _)| rise >= *above) {
            due.push(*id);
            self.rises.pop_first();
        }
        self.note_firsts();
    }

    /// How many times `F` lies above the first number, and `R` below, in wad: the smaller of both.
    fn room(&self, factors: &[Option<Factors>]) -> Option<U256> {
        let (fall, rise) = self.reach(factors)?;
        let times = |far: U256, near: U256| {
            mul_div(far, WAD, near.max(U256::ONE), Rounding::Floor).unwrap_or(U256::MAX)
        };
        Some(times(fall, self.first_fall).min(times(self.first_rise, rise)))
    }

    fn note_firsts(&mut self) {
        self.first_fall = self.falls.last().map_or(U256::ZERO, |(below, _)| *below);
        self.first_rise = self.rises.first().map_or(U256::MAX, |(above, _)| *above);
    }
}

/// `level · move ÷ health`; nothing where that cannot be told.
fn bound(level: U256, moved: U256, health: U256, rounding: Rounding) -> Option<U256> {
    mul_div(level, moved, health, rounding).ok()
}

fn shrunk(moved: U256, growth: U256) -> Option<U256> {
    mul_div(moved, WAD, growth, Rounding::Floor).ok()
}

fn grown(moved: U256, growth: U256) -> Option<U256> {
    mul_div(moved, growth, WAD, Rounding::Ceil).ok()
}

fn widened(below: U256) -> U256 {
    let more = BPS.saturating_add(U256::from(MARGIN));
    mul_div(below, more, BPS, Rounding::Ceil).unwrap_or(U256::MAX)
}

fn narrowed(above: U256) -> U256 {
    let less = BPS.saturating_sub(U256::from(MARGIN));
    mul_div(above, less, BPS, Rounding::Floor).unwrap_or(U256::ZERO)
}

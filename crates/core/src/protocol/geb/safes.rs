//! Systems with the same accounts behind the [`Protocol`] trait.
//!
//! Each collateral asset has a system of its own, in which an account has one safe. Whoever buys stays
//! outside: one address of each system stands for all of them, brings coins and takes collateral. An
//! account is in breach while a safe of it is unsafe or an auction of its collateral runs; what is in
//! auction, and the debt that it still has to raise, count as its own until then. The penalty is no
//! debt of the account: it is paid by what auctions raise beyond the debt.

use super::Geb;
use super::action::{Action, Liquidation, Outcome};
use super::halts;
use super::math::ENGINE;
use super::rejection::{Rejection, Ruled};
use super::state::{Account, Core, Feed, Feeds, GebSetup, Roles};
use crate::auction::AuctionId;
use crate::book::{AssetSet, BreachIndex, EffectivePrices, Look, Measure};
use crate::guard::Halts;
use crate::oracle::Quote;
use crate::protocol::feed::PriceFeed;
use crate::protocol::scale::Scale;
use crate::protocol::{
    AccountId, Adjustment, Asset, AssetId, Denied, Drift, Event, Events, Health, Holding, Lever,
    NoTrace, Offer, OfferKind, Prices, Protocol, Settlement, SetupError, Terms, Trace, TraceSink,
    TraceStep, chosen, health_factor,
};
use crate::units::{
    Amount, BPS, Bps, Price, RAY, Ratio, Rounding, Shares, Timestamp, U256, Value, WAD, div, mul,
    mul_div,
};
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::num::NonZeroU16;
use std::sync::Arc;

/// Places of the two sides in a system's own effective prices.
const COLLATERAL: AssetId = AssetId(0);
const DEBT: AssetId = AssetId(1);
/// Decimals of everything inside a system.
const WAD_DECIMALS: u8 = 18;
/// What the address outside has at the start, of coins and of collateral: more than any book.
const PURSE: U256 = U256::from_limbs([0, 0, 0, 1]);

/// A collateral asset and its system, before they are joined.
#[derive(Clone, Debug)]
pub struct Line {
    /// What is pledged.
    pub collateral: AssetId,
    /// Parameters, and prices of the start.
    pub core: Core,
    /// Collateral and debt of each account's safe, in wad.
    pub safes: Vec<(Amount, Shares)>,
    /// Seconds for which the feed holds an answer back; nothing where it tells at once.
    pub feed_delay: Option<NonZeroU16>,
}

/// What an auction still has to raise of its safe's debt, in coins (wad).
type Due = BTreeMap<AuctionId, U256>;

#[derive(Clone, Debug)]
struct Slot {
    collateral: AssetId,
    system: Geb,
    feed: PriceFeed,
    index: BreachIndex,
    dues: Arc<Due>,
}

/// Systems over one list of assets and one list of accounts.
#[derive(Clone, Debug)]
pub struct Safes {
    assets: Arc<[Asset]>,
    base_decimals: u8,
    prices: Prices,
    now: Timestamp,
    coin: AssetId,
    accounts: u32,
    slots: Vec<Slot>,
    /// Auctions by owner: place of the system and the auction.
    running: Arc<BTreeMap<AccountId, Vec<(usize, AuctionId)>>>,
}

/// From units of an asset to wad; nothing where it is not listed or has more than 18 decimals.
fn scale(assets: &[Asset], asset: AssetId) -> Option<Scale> {
    let listed = assets.get(usize::from(asset.0))?;
    Scale::new(listed.decimals, WAD_DECIMALS)
}

fn effective_prices(system: &Geb) -> EffectivePrices {
    let safes = &system.core().safes;
    EffectivePrices {
        collateral: vec![safes.liquidation_price.0, U256::ZERO],
        debt: vec![U256::ZERO, safes.debt_index.0],
    }
}

/// Both sides are exact products, so the bounds lose nothing to roundings.
fn look(system: &Geb, id: AccountId) -> Look {
    let Some(safe) = system.account(id) else {
        return Look::Gone;
    };
    if safe.debt.is_zero() || safe.locked.is_zero() {
        return Look::Gone;
    }
    let health = system.health(id).ok();
    let measure = Measure {
        collateral_assets: AssetSet::EMPTY.with(COLLATERAL),
        debt_assets: AssetSet::EMPTY.with(DEBT),
        collateral: health.map_or(Value::ZERO, |h| h.supported),
        debt: health.map_or(Value::MAX, |h| h.owed),
        grain: U256::MAX,
        dust: Value::ZERO,
    };
    measure.look(health.is_some_and(|h| h.unsafe_now))
}

impl Slot {
    /// Unsafe safes; none while the price is unknown.
    fn breached(&self) -> impl Iterator<Item = AccountId> + '_ {
        let known = !self.system.core().safes.liquidation_price.is_zero();
        known.then(|| self.index.breached()).into_iter().flatten()
    }

    fn refresh(&mut self) {
        let Self { index, system, .. } = self;
        index.advance(effective_prices(system), |id| look(system, id));
    }
}

impl Line {
    fn slot(self, accounts: u32) -> Result<Slot, SetupError> {
        let held = u32::try_from(self.safes.len()).unwrap_or(u32::MAX);
        if held != accounts {
            let field = "safes".to_owned();
            let problem = format!("{held} safes, but the first line has {accounts}");
            return Err(SetupError { field, problem });
        }
        let safe = |(locked, debt): &(Amount, Shares)| Account {
            locked: *locked,
            debt: *debt,
            ..Account::default()
        };
        let mut all: Vec<Account> = self.safes.iter().map(safe).collect();
        all.extend([Account::default(), Account::default()]);
        all.push(Account {
            coins: Value(PURSE),
            free: Amount(PURSE),
            ..Account::default()
        });
        let setup = GebSetup {
            core: self.core,
            roles: Roles {
                treasury: AccountId(accounts),
                house: AccountId(accounts.saturating_add(1)),
            },
            accounts: all,
            bids: BTreeMap::new(),
        };
        let system = setup.build()?;
        let looks = (0..accounts).map(|id| (AccountId(id), look(&system, AccountId(id))));
        let index = BreachIndex::build(effective_prices(&system), looks);
        let Feed { value, valid, .. } = self.core.feeds.delayed;
        Ok(Slot {
            collateral: self.collateral,
            system,
            feed: PriceFeed::settled(Quote { value, valid }, self.feed_delay, self.core.now),
            index,
            dues: Arc::default(),
        })
    }
}

impl Safes {
    /// Systems at their present time and prices. `prices` are those of the assets, in a base
    /// currency of `base_decimals` decimals; `coin` is what is lent. Every line has the same
    /// accounts.
    ///
    /// # Errors
    /// [`SetupError`] names an asset that is not listed with up to 18 decimals, or a line whose accounts
    /// differ in number.
    pub fn new(
        assets: Vec<Asset>,
        base_decimals: u8,
        prices: Prices,
        coin: AssetId,
        lines: Vec<Line>,
    ) -> Result<Self, SetupError> {
        let lent_or_pledged = lines.iter().map(|line| line.collateral).chain([coin]);
        for asset in lent_or_pledged {
            if scale(&assets, asset).is_none() {
                let field = "assets".to_owned();
                let problem = format!("asset {} is not listed with up to 18 decimals", asset.0);
                return Err(SetupError { field, problem });
            }
        }
        let accounts = lines.first().map_or(0, |line| line.safes.len());
        let accounts = u32::try_from(accounts).unwrap_or(u32::MAX);
        let now = lines.first().map_or(Timestamp(0), |line| line.core.now);
        let slots: Result<Vec<_>, _> = lines.into_iter().map(|l| l.slot(accounts)).collect();
        Ok(Self {
            assets: assets.into(),
            base_decimals,
            prices,
            now,
            coin,
            accounts,
            slots: slots?,
            running: Arc::default(),
        })
    }

    /// The systems with their collateral.
    pub fn systems(&self) -> impl Iterator<Item = (AssetId, &Geb)> + '_ {
        self.slots
            .iter()
            .map(|slot| (slot.collateral, &slot.system))
    }

    /// Running auctions of an account: collateral asset, auction, and what it still has to raise of
    /// the safe's debt, in wad.
    pub fn auctions(
        &self,
        account: AccountId,
    ) -> impl Iterator<Item = (AssetId, AuctionId, Amount)> + '_ {
        self.running_of(account).filter_map(|(place, id)| {
            let slot = self.slots.get(place)?;
            Some((slot.collateral, id, slot.due(id)))
        })
    }

    fn running_of(&self, account: AccountId) -> impl Iterator<Item = (usize, AuctionId)> + '_ {
        let found = self.running.get(&account);
        found.into_iter().flatten().copied()
    }

    fn outsider(&self) -> AccountId {
        AccountId(self.accounts.saturating_add(2))
    }

    fn slot(&self, place: usize) -> Ruled<&Slot> {
        self.slots.get(place).ok_or(Rejection::AccountUnknown)
    }

    fn place(&self, collateral: AssetId) -> Ruled<usize> {
        let found = self.slots.iter().position(|s| s.collateral == collateral);
        found.ok_or(Rejection::AccountUnknown)
    }

    /// From asset units to wad.
    fn scale(&self, asset: AssetId) -> Ruled<Scale> {
        scale(&self.assets, asset).ok_or(Rejection::AccountUnknown)
    }

    /// From asset units to wad; the largest amount where that is more than 256 bits hold.
    fn inward(&self, asset: AssetId, amount: Amount) -> Ruled<Amount> {
        Ok(Amount(self.scale(asset)?.inward_or_most(amount.0)))
    }

    /// From wad to asset units, rounded down: what somebody receives.
    fn outward_down(&self, asset: AssetId, wad: Amount) -> Ruled<Amount> {
        Ok(Amount(self.scale(asset)?.outward_down(wad.0)))
    }

    /// From wad to asset units, rounded up: what somebody pays or owes.
    fn outward_up(&self, asset: AssetId, wad: Amount) -> Ruled<Amount> {
        Ok(Amount(self.scale(asset)?.outward_up(wad.0)))
    }

    fn value(&self, asset: AssetId, wad: Amount) -> Ruled<Value> {
        let price = self.prices.get(asset).0;
        Ok(Value(mul_div(wad.0, price, WAD, Rounding::Floor)?))
    }

    /// An account in one system, auctions included.
    fn stake(&self, place: usize, account: AccountId) -> Ruled<Stake> {
        let slot = self.slot(place)?;
        let safe = slot.system.account(account);
        let safe = safe.ok_or(Rejection::AccountUnknown)?;
        let health = slot.system.health(account)?;
        let owed = mul_div(health.owed.0, U256::ONE, RAY, Rounding::Ceil)?;
        let mut stake = Stake {
            collateral: safe.locked.0,
            debt: owed,
            free: safe.free.0,
        };
        for (_, id) in self.running_of(account).filter(|(at, _)| *at == place) {
            let lot = slot.system.bid(id).map_or(U256::ZERO, |bid| bid.lot.0);
            stake.collateral = ENGINE.add(stake.collateral, lot)?;
            stake.debt = ENGINE.add(stake.debt, slot.due(id).0)?;
        }
        Ok(stake)
    }

    /// Supported over owed, the worst of all systems, auctions included; rounded down.
    fn factor(&self, account: AccountId) -> Ruled<Ratio> {
        let mut worst = Ratio::MAX;
        for place in 0..self.slots.len() {
            let stake = self.stake(place, account)?;
            let price = self.slot(place)?.system.core().safes.liquidation_price;
            let supported = div(mul(stake.collateral, price.0)?, RAY)?;
            worst = worst.min(health_factor(supported, stake.debt));
        }
        let under = self.running_of(account).next().is_some();
        // Whatever its collateral is worth, there is more to do while an auction runs.
        let most = Ratio(WAD.saturating_sub(U256::ONE));
        Ok(if under { worst.min(most) } else { worst })
    }

    /// What a safe's liquidation would open: the debt to be raised and the lot, at the largest
    /// discount.
    fn opening(&self, place: usize, account: AccountId) -> Ruled<(Amount, Amount)> {
        let system = &self.slot(place)?.system;
        let Outcome::Liquidated(taken) = system.preview(&Action::Liquidate { safe: account })?
        else {
            return Err(Rejection::EngineNotUnsafe);
        };
        let (_, deepest) = system.auction_prices(None)?;
        let target = mul_div(taken.target.0, U256::ONE, RAY, Rounding::Ceil)?;
        let whole = mul_div(taken.collateral.0, deepest.0, WAD, Rounding::Ceil)?;
        if whole <= target {
            return Ok((Amount(whole), taken.collateral));
        }
        let part = mul_div(target, WAD, deepest.0, Rounding::Floor)?;
        Ok((Amount(target), Amount(part)))
    }

    /// Most coins that a purchase of an auction can use: all that is to be raised, or all that the
    /// lot costs.
    fn useful(&self, place: usize, id: AuctionId) -> Ruled<Amount> {
        let system = &self.slot(place)?.system;
        let bid = system.bid(id).ok_or(Rejection::HouseNoAuction)?;
        let (price, _) = system.auction_prices(Some(id))?;
        let target = mul_div(bid.target.0, U256::ONE, RAY, Rounding::Ceil)?;
        let whole = mul_div(bid.lot.0, price.0, WAD, Rounding::Ceil)?;
        Ok(Amount(target.min(whole)))
    }

    fn start_offer(&self, place: usize, account: AccountId) -> Ruled<Offer> {
        let collateral = self.slot(place)?.collateral;
        let (repay, lot) = self.opening(place, account)?;
        Ok(Offer {
            account,
            kind: OfferKind::Start,
            collateral,
            debt: self.coin,
            repay_max: self.outward_up(self.coin, repay)?,
            seize_max: self.outward_down(collateral, lot)?,
            ..Offer::default()
        })
    }

    fn buy_offer(&self, account: AccountId, place: usize, id: AuctionId) -> Ruled<Offer> {
        let slot = self.slot(place)?;
        let collateral = slot.collateral;
        let done = slot.system.quote(id, self.useful(place, id)?)?;
        Ok(Offer {
            account,
            kind: OfferKind::Buy,
            auction: u64::try_from(id.0).unwrap_or(u64::MAX),
            collateral,
            debt: self.coin,
            repay_max: self.outward_up(self.coin, done.paid)?,
            seize_max: self.outward_down(collateral, done.bought)?,
            drift: Drift::Moving,
            ..Offer::default()
        })
    }

    fn settle(
        &self,
        offer: &Offer,
        terms: &Terms,
        trace: &mut impl TraceSink,
    ) -> Ruled<(Settlement, Self)> {
        let place = self.place(offer.collateral)?;
        let health_before = self.factor(offer.account)?;
        let mut next = self.clone();
        let settlement = if offer.kind == OfferKind::Start {
            next.start(place, offer.account, trace)?;
            Settlement::default()
        } else {
            next.buy(place, offer, terms, trace)?
        };
        let settlement = Settlement {
            health_before,
            health_after: next.factor(offer.account)?,
            ..settlement
        };
        Ok((settlement, next))
    }

    fn start(&mut self, place: usize, account: AccountId, trace: &mut impl TraceSink) -> Ruled<()> {
        let slot = self.slots.get_mut(place).ok_or(Rejection::AccountUnknown)?;
        let outcome = slot.system.apply(&Action::Liquidate { safe: account })?;
        let Outcome::Liquidated(taken) = outcome else {
            return Err(Rejection::EngineNotUnsafe);
        };
        record_start(trace, &slot.system, &taken);
        let index = slot.system.core().safes.debt_index.0;
        let due = mul_div(taken.debt.0, index, RAY, Rounding::Ceil)?;
        Arc::make_mut(&mut slot.dues).insert(taken.auction, due);
        slot.index.set(account, look(&slot.system, account));
        let auctions = Arc::make_mut(&mut self.running);
        auctions
            .entry(account)
            .or_default()
            .push((place, taken.auction));
        Ok(())
    }

    fn buy(
        &mut self,
        place: usize,
        offer: &Offer,
        terms: &Terms,
        trace: &mut impl TraceSink,
    ) -> Ruled<Settlement> {
        let id = AuctionId(U256::from(offer.auction));
        let asked = self.inward(self.coin, terms.repay)?;
        let amount = self.useful(place, id)?.min(asked);
        let (caller, coin, collateral) = (self.outsider(), self.coin, offer.collateral);
        let slot = self.slots.get_mut(place).ok_or(Rejection::AccountUnknown)?;
        let before = slot.system.bid(id).copied();
        let before = before.ok_or(Rejection::HouseNoAuction)?;
        let (price, _) = slot.system.auction_prices(Some(id))?;
        let outcome = slot.system.apply(&Action::Buy {
            auction: id,
            amount,
            caller,
        })?;
        let Outcome::Bought(done) = outcome else {
            return Err(Rejection::HouseNoAuction);
        };
        record_buy(trace, price, (done.paid, done.bought));
        let due = slot.due(id).0;
        let cleared = due.min(done.paid.0);
        let ended = slot.system.bid(id).is_none();
        let sold_out = before.lot == done.bought;
        let dues = Arc::make_mut(&mut slot.dues);
        let left = due.saturating_sub(cleared);
        if ended {
            dues.remove(&id);
        } else {
            dues.insert(id, left);
        }
        if ended {
            self.forget(offer.account, (place, id));
        }
        let repaid = self.outward_up(coin, done.paid)?;
        let seized = self.outward_down(collateral, done.bought)?;
        let deficit = self.outward_down(coin, Amount(left))?;
        let lost = ended && sold_out && !deficit.is_zero();
        let mut events = vec![Event::Liquidated {
            account: offer.account,
            liquidator: terms.liquidator,
            collateral,
            debt: coin,
            repaid,
            seized,
            receive_claim: false,
        }];
        if lost {
            events.push(Event::DeficitCreated {
                account: offer.account,
                asset: coin,
                amount: deficit,
            });
        }
        Ok(Settlement {
            repaid,
            seized,
            cleared: self.outward_down(coin, Amount(cleared))?,
            taken: vec![(collateral, seized)],
            deficit: lost.then_some((coin, deficit)).into_iter().collect(),
            events,
            ..Settlement::default()
        })
    }

    /// Drops an auction that has ended.
    fn forget(&mut self, account: AccountId, auction: (usize, AuctionId)) {
        let running = Arc::make_mut(&mut self.running);
        if let Some(own) = running.get_mut(&account) {
            own.retain(|known| *known != auction);
            if own.is_empty() {
                running.remove(&account);
            }
        }
    }
}

impl Slot {
    /// What an auction still has to raise of its safe's debt, in wad.
    fn due(&self, id: AuctionId) -> Amount {
        Amount(self.dues.get(&id).copied().unwrap_or(U256::ZERO))
    }
}

/// An account in one system, in wad, auctions included.
struct Stake {
    collateral: U256,
    debt: U256,
    free: U256,
}

fn record_start(trace: &mut impl TraceSink, system: &Geb, taken: &Liquidation) {
    trace.step(|| TraceStep {
        label: "to be raised (rad)",
        formula: "debt · index · penalty / 10^18",
        inputs: vec![
            ("debt", taken.debt.0),
            ("index", system.core().safes.debt_index.0),
            ("penalty", system.core().engine.penalty.0),
        ],
        result: taken.target.0,
        rounding: Some(Rounding::Floor),
    });
}

fn record_buy(trace: &mut impl TraceSink, price: Price, (paid, bought): (Amount, Amount)) {
    trace.step(|| TraceStep {
        label: "collateral bought (wad)",
        formula: "paid · 10^18 / price with discount, at most the lot",
        inputs: vec![("paid", paid.0), ("price", price.0)],
        result: bought.0,
        rounding: Some(Rounding::Floor),
    });
}

impl Protocol for Safes {
    type Action = (AssetId, Action);
    type Rejection = Rejection;

    fn observe(&mut self, now: Timestamp, prices: &Prices) -> Result<Events, Rejection> {
        if now < self.now {
            return Err(Rejection::TimeBackward);
        }
        let events = prices.events_since(&self.prices, self.assets.len());
        let mut next = Vec::with_capacity(self.slots.len());
        for slot in &self.slots {
            let answer = Quote::told(prices.get(slot.collateral), self.base_decimals)?;
            let (mut feed, mut system) = (slot.feed, slot.system.clone());
            feed.hear(now, answer);
            let told = |quote: Quote| Feed {
                value: quote.value,
                valid: quote.valid,
                connected: true,
            };
            let feeds = Feeds {
                delayed: told(feed.current()),
                median: told(answer),
                coin: Feed::default(),
            };
            system.observe(now, feeds)?;
            next.push((feed, system));
        }
        // Nothing below can fail.
        for (slot, (feed, system)) in self.slots.iter_mut().zip(next) {
            (slot.feed, slot.system) = (feed, system);
            slot.refresh();
        }
        self.now = now;
        self.prices = prices.clone();
        Ok(events)
    }

    /// The contract's operations on the system of a collateral asset. Auctions are started and bought
    /// from by [`Protocol::accept`], which keeps what they owe.
    fn apply(&mut self, (collateral, action): &(AssetId, Action)) -> Result<Events, Rejection> {
        let place = self.place(*collateral)?;
        let Action::Improve { safe, .. } = action else {
            return Err(Rejection::NoReason);
        };
        let slot = self.slots.get_mut(place).ok_or(Rejection::AccountUnknown)?;
        slot.system.apply(action)?;
        slot.index.set(*safe, look(&slot.system, *safe));
        Ok(Events::new())
    }

    fn assets(&self) -> &[Asset] {
        &self.assets
    }

    fn base_decimals(&self) -> u8 {
        self.base_decimals
    }

    fn now(&self) -> Timestamp {
        self.now
    }

    fn accounts(&self) -> u32 {
        self.accounts
    }

    fn health(&self, account: AccountId) -> Result<Health, Rejection> {
        let (mut collateral, mut debt, mut supported) = (Value::ZERO, Value::ZERO, Value::ZERO);
        for (place, slot) in self.slots.iter().enumerate() {
            let stake = self.stake(place, account)?;
            let held = self.value(slot.collateral, Amount(stake.collateral))?;
            let ratio = slot.system.core().relayer.liquidation_ratio.0;
            let part = mul_div(held.0, RAY, ratio, Rounding::Floor)?;
            collateral = collateral.plus(held)?;
            supported = supported.plus(Value(part))?;
            debt = debt.plus(self.value(self.coin, Amount(stake.debt))?)?;
        }
        let threshold = if collateral.is_zero() {
            U256::ZERO
        } else {
            mul_div(supported.0, BPS, collateral.0, Rounding::Floor)?
        };
        Ok(Health {
            collateral,
            debt,
            liquidation_threshold: Bps(u16::try_from(threshold).unwrap_or(u16::MAX)),
            factor: self.factor(account)?,
        })
    }

    fn holdings(&self, account: AccountId) -> Vec<Holding> {
        let mut held: BTreeMap<AssetId, Holding> = BTreeMap::new();
        let row = |asset| Holding {
            asset,
            collateral: Amount::ZERO,
            enabled: false,
            debt: Amount::ZERO,
        };
        for (place, slot) in self.slots.iter().enumerate() {
            let Ok(stake) = self.stake(place, account) else {
                continue;
            };
            let all = stake.collateral.saturating_add(stake.free);
            let own = held
                .entry(slot.collateral)
                .or_insert_with(|| row(slot.collateral));
            let all = self.outward_down(slot.collateral, Amount(all));
            own.collateral = all.unwrap_or(Amount::MAX);
            own.enabled = !stake.collateral.is_zero();
            let owed = held.entry(self.coin).or_insert_with(|| row(self.coin));
            let debt = self.outward_up(self.coin, Amount(stake.debt));
            let debt = debt.unwrap_or(Amount::MAX);
            owed.debt = Amount(owed.debt.0.saturating_add(debt.0));
        }
        let mut rows: Vec<_> = held.into_values().collect();
        rows.retain(|row| !row.collateral.is_zero() || !row.debt.is_zero());
        rows
    }

    fn breaches(&self) -> impl Iterator<Item = AccountId> + '_ {
        let all = self.slots.iter().flat_map(Slot::breached);
        let mut ids: Vec<AccountId> = all.chain(self.running.keys().copied()).collect();
        ids.sort_unstable();
        ids.dedup();
        ids.into_iter()
    }

    fn offers(&self, account: AccountId) -> Vec<Offer> {
        let mut offers = Vec::new();
        for (place, slot) in self.slots.iter().enumerate() {
            if slot.system.health(account).is_ok_and(|h| h.unsafe_now) {
                offers.extend(self.start_offer(place, account));
            }
        }
        let auctions = self.running_of(account);
        offers.extend(auctions.filter_map(|(place, id)| self.buy_offer(account, place, id).ok()));
        offers
    }

    fn accept(&mut self, offer: &Offer, terms: &Terms) -> Result<Settlement, Rejection> {
        let (settlement, next) = self.settle(offer, terms, &mut NoTrace)?;
        *self = next;
        Ok(settlement)
    }

    fn explain(&self, offer: &Offer, terms: &Terms) -> Result<(Settlement, Trace), Rejection> {
        let mut trace = Trace::new();
        let (settlement, _) = self.settle(offer, terms, &mut trace)?;
        Ok((settlement, trace))
    }

    fn adjust(&mut self, account: AccountId, adjustment: &Adjustment) -> Result<Events, Rejection> {
        let payer = self.outsider();
        let (asset, amount, action) = match *adjustment {
            Adjustment::TopUp { asset, amount } => {
                let action = Action::Improve {
                    safe: account,
                    collateral: self.inward(asset, amount)?,
                    repaid: Shares::ZERO,
                    payer,
                };
                (asset, amount, action)
            }
            Adjustment::Repay { asset, amount } => {
                let (collateral, repaid) = self.repayment(account, asset, amount)?;
                let action = Action::Improve {
                    safe: account,
                    collateral: Amount::ZERO,
                    repaid,
                    payer,
                };
                (collateral, amount, action)
            }
        };
        self.apply(&(asset, action))?;
        Ok(vec![match *adjustment {
            Adjustment::TopUp { .. } => Event::Supplied {
                payer: account,
                account,
                asset,
                amount,
            },
            Adjustment::Repay { .. } => Event::Repaid {
                payer: account,
                account,
                asset: self.coin,
                amount,
            },
        }])
    }

    fn levers(&self) -> Vec<Lever> {
        let levers = self.slots.iter().flat_map(|slot| {
            let listed = self.assets.get(usize::from(slot.collateral.0));
            let symbol = listed.map_or("?", |asset| asset.symbol.as_str());
            super::levers::levers(&slot.system, (slot.collateral, symbol))
        });
        levers.collect()
    }

    fn set_lever(&mut self, name: &str, value: u128) -> Result<Events, Denied<Rejection>> {
        let Some(lever) = chosen(self.levers(), name, value)? else {
            return Ok(Events::new());
        };
        let place = self.place(lever.governs.asset().unwrap_or(self.coin))?;
        let slot = self.slots.get_mut(place);
        let slot = slot.ok_or(Rejection::AccountUnknown)?;
        let system = super::levers::turned(&slot.system, lever.kind, value)?;
        // Nothing below can fail.
        slot.system = system;
        slot.refresh();
        Ok(lever.set_to(value))
    }

    fn halts(&self) -> Halts {
        halts::HALTS
    }

    fn state_hash(&self) -> [u8; 32] {
        let mut hash = Sha256::new();
        hash.update(self.now.0.to_be_bytes());
        for slot in &self.slots {
            hash.update(slot.collateral.0.to_be_bytes());
            // What a direct feed tells is part of the system.
            if let PriceFeed::Delayed(feed) = &slot.feed {
                for quote in [feed.current, feed.next] {
                    hash.update(quote.value.to_be_bytes::<32>());
                    hash.update([u8::from(quote.valid)]);
                }
                hash.update(feed.updated.0.to_be_bytes());
            }
            hash.update(slot.system.state_hash());
            for (id, due) in slot.dues.iter() {
                hash.update(id.0.to_be_bytes::<32>());
                hash.update(due.to_be_bytes::<32>());
            }
        }
        hash.finalize().into()
    }
}

impl Safes {
    /// The safe that a repayment does most for, the one that stands worst, and the debt that it pays
    /// back: as much as the amount pays for, rounded down.
    fn repayment(
        &self,
        account: AccountId,
        asset: AssetId,
        amount: Amount,
    ) -> Ruled<(AssetId, Shares)> {
        if asset != self.coin {
            return Err(Rejection::NoReason);
        }
        let debt_of = |slot: &Slot| {
            let safe = slot.system.account(account);
            safe.map_or(Shares::ZERO, |s| s.debt)
        };
        let owing = |slot: &&Slot| !debt_of(slot).is_zero();
        let standing = |slot: &&Slot| {
            let health = slot.system.health(account).ok();
            let ratio =
                health.and_then(|h| mul_div(h.supported.0, WAD, h.owed.0, Rounding::Floor).ok());
            ratio.unwrap_or(U256::MAX)
        };
        let worst = self.slots.iter().filter(owing).min_by_key(standing);
        let slot = worst.ok_or(Rejection::SafesSignedAdd)?;
        let paid = self.inward(asset, amount)?;
        let index = slot.system.core().safes.debt_index.0;
        let fitting = mul_div(paid.0, RAY, index, Rounding::Floor)?;
        Ok((slot.collateral, debt_of(slot).min(Shares(fitting))))
    }
}

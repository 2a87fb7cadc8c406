//! Several markets with the same accounts and the same stablecoin behind the [`Protocol`] trait.
//!
//! Each market has an account of its own, after the borrowers: it is in breach while a trade with
//! the market's bands gains at the oracle's price.

use super::account::Wallet;
use super::action::Action;
use super::halts;
use super::market::{Market, Visit};
use super::math::{Ruled, wad_product};
use super::rejection::Rejection;
use super::settle::{self, Settled};
use super::standing::{Arbitrage, Standing};
use super::watch::Watch;
use crate::guard::Halts;
use crate::protocol::{
    AccountId, Adjustment, Asset, AssetId, Denied, Drift, Events, Health, Holding, Lever, NoTrace,
    Offer, OfferKind, Prices, Protocol, Settlement, Terms, Trace, TraceSink, chosen,
};
use crate::units::{
    Amount, BPS, Bps, Price, Ratio, Rounding, Timestamp, U256, Value, WAD, mul_div, pow10,
};
use sha2::{Digest, Sha256};
use std::sync::Arc;

/// A market and its collateral.
#[derive(Clone, Debug)]
pub struct Pair {
    /// What is pledged.
    pub collateral: AssetId,
    /// The market: the borrowers' accounts by id, and one more, empty, for everybody outside.
    pub market: Market,
}

#[derive(Clone, Debug)]
struct Slot {
    pair: Pair,
    watch: Watch,
    sale: Option<Arbitrage>,
}

/// One operation on one of the markets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MarketAction {
    /// Place of the market in the list.
    pub market: usize,
    /// What is done.
    pub action: Action,
}

/// Markets over one list of assets and one list of accounts.
///
/// The oracle's price of a market is that of the collateral over that of the stablecoin, down.
/// Where the stablecoin has no price, a market keeps its last one.
#[derive(Clone, Debug)]
pub struct Markets {
    assets: Arc<[Asset]>,
    base_decimals: u8,
    prices: Prices,
    now: Timestamp,
    stable: AssetId,
    borrowers: u32,
    slots: Vec<Slot>,
}

impl Slot {
    fn new(pair: Pair) -> Self {
        Self {
            watch: Watch::new(&pair.market),
            sale: sale(&pair.market),
            pair,
        }
    }

    fn observe(&mut self, now: Timestamp, price: Price) -> Ruled<()> {
        self.pair.market.observe(now, price)?;
        self.watch.observe(&self.pair.market);
        self.sale = sale(&self.pair.market);
        Ok(())
    }

    /// Writes a new state.
    fn commit(&mut self, market: Market, bands: &[i64], account: Option<AccountId>) {
        let states = (&self.pair.market, &market);
        self.watch.act(states, bands, account);
        self.pair.market = market;
        self.sale = sale(&self.pair.market);
    }
}

/// A trade that gains; none where the AMM's views revert.
fn sale(market: &Market) -> Option<Arbitrage> {
    market.arbitrage().ok().flatten()
}

/// Whose loan an action changes.
fn owner_of(action: &Action) -> Option<AccountId> {
    match *action {
        Action::CreateLoan { owner, .. }
        | Action::AddCollateral { owner, .. }
        | Action::RemoveCollateral { owner, .. }
        | Action::BorrowMore { owner, .. }
        | Action::Repay { owner, .. }
        | Action::Liquidate { owner, .. } => Some(owner),
        _ => None,
    }
}

impl Markets {
    /// Markets at their present time and prices. `prices` are those of the assets, in a base
    /// currency of `base_decimals` decimals; `stable` is what all of them lend.
    ///
    /// # Errors
    /// [`Rejection::AccountUnknown`] where the markets have not equally many accounts, or none.
    pub fn new(
        assets: Vec<Asset>,
        (base_decimals, prices): (u8, Prices),
        now: Timestamp,
        stable: AssetId,
        pairs: Vec<Pair>,
    ) -> Result<Self, Rejection> {
        let mut counts = pairs.iter().map(|pair| pair.market.account_count());
        let count = counts.next().ok_or(Rejection::AccountUnknown)?;
        if counts.any(|other| other != count) {
            return Err(Rejection::AccountUnknown);
        }
        Ok(Self {
            assets: assets.into(),
            base_decimals,
            prices,
            now,
            stable,
            borrowers: count.checked_sub(1).ok_or(Rejection::AccountUnknown)?,
            slots: pairs.into_iter().map(Slot::new).collect(),
        })
    }

    /// The markets.
    pub fn pairs(&self) -> impl Iterator<Item = &Pair> + '_ {
        self.slots.iter().map(|slot| &slot.pair)
    }

    /// What all markets lend.
    pub fn stable(&self) -> AssetId {
        self.stable
    }

    /// The account that sells for a market, given its place in the list.
    pub fn seller(&self, place: usize) -> Option<AccountId> {
        let place = u32::try_from(place).ok()?;
        self.borrowers.checked_add(place).map(AccountId)
    }

    /// Acts for everybody who is not in the book.
    fn outsider(&self) -> AccountId {
        AccountId(self.borrowers)
    }

    /// The market that an account after the borrowers sells for.
    fn sold_by(&self, account: AccountId) -> Option<&Slot> {
        let place = account.0.checked_sub(self.borrowers)?;
        self.slots.get(usize::try_from(place).ok()?)
    }

    fn value(&self, asset: AssetId, amount: Amount) -> Ruled<Value> {
        let listed = self.assets.get(usize::from(asset.0));
        let unit = pow10(listed.map_or(0, |asset| asset.decimals))?;
        let price = self.prices.get(asset).0;
        Ok(Value(mul_div(amount.0, price, unit, Rounding::Floor)?))
    }

    /// Places of an account's markets with a loan, and how it stands there.
    fn standings(&self, account: AccountId) -> Ruled<Vec<(usize, Standing)>> {
        let mut found = Vec::new();
        for (place, slot) in self.slots.iter().enumerate() {
            if let Some(standing) = slot.pair.market.standing(account)? {
                found.push((place, standing));
            }
        }
        Ok(found)
    }

    fn slot(&self, place: usize) -> Ruled<&Slot> {
        self.slots.get(place).ok_or(Rejection::LoanDoesntExist)
    }

    fn commit(&mut self, place: usize, market: Market, bands: &[i64], owner: Option<AccountId>) {
        if let Some(slot) = self.slots.get_mut(place) {
            slot.commit(market, bands, owner);
        }
    }

    fn place(&self, collateral: AssetId) -> Ruled<usize> {
        let found = self
            .slots
            .iter()
            .position(|slot| slot.pair.collateral == collateral);
        found.ok_or(Rejection::LoanDoesntExist)
    }

    /// What all of a loan's liquidation offers.
    fn repayment(&self, account: AccountId, pair: &Pair) -> Option<Offer> {
        let standing = pair.market.standing(account).ok()??;
        if !standing.is_breached() {
            return None;
        }
        let Wallet { stable, collateral } = standing.held;
        Some(Offer {
            account,
            collateral: pair.collateral,
            debt: self.stable,
            repay_max: standing.debt.minus_or_zero(stable),
            seize_max: collateral,
            reward: stable.minus_or_zero(standing.debt),
            ..Offer::default()
        })
    }

    /// The trade that gains.
    fn exchange(&self, account: AccountId, slot: &Slot) -> Option<Offer> {
        let sale = slot.sale?;
        let [debt, collateral] = settle::sides(&slot.pair, self.stable, sale.pay);
        Some(Offer {
            account,
            kind: OfferKind::Exchange,
            collateral,
            debt,
            repay_max: sale.paid,
            seize_max: sale.received,
            // The fee for a step of the oracle's price fades within two minutes.
            drift: Drift::Moving,
            ..Offer::default()
        })
    }

    fn settle(
        &self,
        offer: &Offer,
        terms: &Terms,
        trace: &mut impl TraceSink,
    ) -> Ruled<(usize, Settled)> {
        let outsider = self.outsider();
        if offer.account.0 >= self.borrowers {
            let slot = self.sold_by(offer.account);
            let slot = slot.ok_or(Rejection::AccountUnknown)?;
            let sale = slot.sale.ok_or(Rejection::Slippage)?;
            let settled = settle::exchange(&slot.pair, (self.stable, outsider), &sale, terms)?;
            settle::record_exchange(trace, &slot.pair, &sale);
            return Ok((self.place(slot.pair.collateral)?, settled));
        }
        let place = self.place(offer.collateral)?;
        let pair = &self.slot(place)?.pair;
        let standing = pair.market.standing(offer.account)?;
        let standing = standing.ok_or(Rejection::LoanDoesntExist)?;
        let parties = (self.stable, outsider);
        let settled = settle::liquidation(pair, parties, offer.account, &standing, terms)?;
        settle::record_liquidation(trace, &standing, &settled.settlement);
        Ok((place, settled))
    }

    /// The market in which an account's own move does most: where it stands worst.
    fn own_move(
        &self,
        owner: AccountId,
        adjustment: &Adjustment,
    ) -> Ruled<(usize, Wallet, Action)> {
        if owner.0 >= self.borrowers {
            return Err(Rejection::AccountUnknown);
        }
        let concerns = |place: usize| match *adjustment {
            Adjustment::TopUp { asset, .. } => self.place(asset) == Ok(place),
            Adjustment::Repay { asset, .. } => self.stable == asset,
        };
        let mut loans = self.standings(owner)?;
        loans.retain(|(place, _)| concerns(*place));
        let worst = loans.iter().min_by_key(|(_, standing)| standing.factor());
        let (place, standing) = *worst.ok_or(Rejection::LoanDoesntExist)?;
        Ok(match *adjustment {
            Adjustment::TopUp { amount, .. } => (
                place,
                Wallet {
                    collateral: amount,
                    ..Wallet::default()
                },
                Action::AddCollateral {
                    caller: owner,
                    owner,
                    amount,
                },
            ),
            Adjustment::Repay { amount, .. } => {
                let amount = amount.min(standing.debt);
                let action = Action::Repay {
                    caller: owner,
                    owner,
                    amount,
                    active_band_max: i64::MAX,
                };
                let brought = Wallet {
                    stable: amount,
                    ..Wallet::default()
                };
                (place, brought, action)
            }
        })
    }
}

impl Protocol for Markets {
    type Action = MarketAction;
    type Rejection = Rejection;

    fn observe(&mut self, now: Timestamp, prices: &Prices) -> Result<Events, Rejection> {
        let late = |slot: &Slot| now < slot.pair.market.now();
        if now < self.now || self.slots.iter().any(late) {
            return Err(Rejection::TimeBackward);
        }
        let events = prices.events_since(&self.prices, self.assets.len());
        self.now = now;
        self.prices = prices.clone();
        let stable = prices.get(self.stable);
        for slot in &mut self.slots {
            let price = Market::pair_price(prices.get(slot.pair.collateral), stable);
            let kept = slot.pair.market.oracle_price();
            slot.observe(now, price.unwrap_or(kept))?;
        }
        Ok(events)
    }

    fn apply(&mut self, action: &MarketAction) -> Result<Events, Rejection> {
        let MarketAction {
            market: place,
            action,
        } = *action;
        let pair = &self.slot(place)?.pair;
        let mut market = pair.market.clone();
        // Nobody comes from outside: the wallets in the market pay.
        let Visit { outcome, bands, .. } = market.act(&action, None)?;
        let events = settle::events(pair, self.stable, &action, &outcome);
        self.commit(place, market, &bands, owner_of(&action));
        Ok(events)
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
        let sellers = u32::try_from(self.slots.len()).unwrap_or(u32::MAX);
        self.borrowers.saturating_add(sellers)
    }

    fn health(&self, account: AccountId) -> Result<Health, Rejection> {
        let mut health = Health {
            collateral: Value::ZERO,
            debt: Value::ZERO,
            liquidation_threshold: Bps(0),
            factor: Ratio::MAX,
        };
        if self.sold_by(account).is_some() {
            return Ok(health);
        }
        let mut weighted = U256::ZERO;
        for (place, standing) in self.standings(account)? {
            let asset = self.slot(place)?.pair.collateral;
            let held = self.value(asset, standing.held.collateral)?;
            let held = held.plus(self.value(self.stable, standing.held.stable)?)?;
            let kept = WAD.saturating_sub(standing.discount);
            let part = wad_product(held.0, kept)?;
            weighted = weighted.checked_add(part).ok_or(Rejection::NoReason)?;
            health.collateral = health.collateral.plus(held)?;
            health.debt = health.debt.plus(self.value(self.stable, standing.debt)?)?;
            health.factor = health.factor.min(standing.factor());
        }
        let kept = mul_div(weighted, BPS, health.collateral.0, Rounding::Floor);
        let kept = kept.ok().and_then(|kept| u16::try_from(kept).ok());
        health.liquidation_threshold = Bps(kept.unwrap_or(0));
        Ok(health)
    }

    fn holdings(&self, account: AccountId) -> Vec<Holding> {
        let ids = (0..).map(AssetId).take(self.assets.len());
        let mut held: Vec<Holding> = ids
            .map(|asset| Holding {
                asset,
                collateral: Amount::ZERO,
                enabled: true,
                debt: Amount::ZERO,
            })
            .collect();
        let mut more = |asset: AssetId, collateral: Amount, debt: Amount| {
            if let Some(row) = held.get_mut(usize::from(asset.0)) {
                row.collateral = Amount(row.collateral.0.saturating_add(collateral.0));
                row.debt = Amount(row.debt.0.saturating_add(debt.0));
            }
        };
        for pair in self.pairs() {
            if account.0 >= self.borrowers {
                continue;
            }
            let in_bands = pair.market.holdings(account).unwrap_or_default();
            let debt = pair.market.debt(account).unwrap_or(Amount::MAX);
            more(pair.collateral, in_bands.collateral, Amount::ZERO);
            more(self.stable, in_bands.stable, debt);
        }
        held.retain(|row| !row.collateral.is_zero() || !row.debt.is_zero());
        for row in &mut held {
            row.enabled = !row.collateral.is_zero();
        }
        held
    }

    fn breaches(&self) -> impl Iterator<Item = AccountId> + '_ {
        let all = self.slots.iter().flat_map(|slot| slot.watch.breached());
        let mut ids: Vec<AccountId> = all.collect();
        ids.sort_unstable();
        ids.dedup();
        let sellers = self.slots.iter().enumerate();
        let selling = sellers.filter(|(_, slot)| slot.sale.is_some());
        ids.extend(selling.filter_map(|(place, _)| self.seller(place)));
        ids.into_iter()
    }

    fn offers(&self, account: AccountId) -> Vec<Offer> {
        if let Some(slot) = self.sold_by(account) {
            return self.exchange(account, slot).into_iter().collect();
        }
        let of = |pair| self.repayment(account, pair);
        self.pairs().filter_map(of).collect()
    }

    fn accept(&mut self, offer: &Offer, terms: &Terms) -> Result<Settlement, Rejection> {
        let (place, settled) = self.settle(offer, terms, &mut NoTrace)?;
        let owner = Some(offer.account).filter(|id| id.0 < self.borrowers);
        self.commit(place, settled.market, &settled.bands, owner);
        let mut settlement = settled.settlement;
        if owner.is_none() && self.slot(place)?.sale.is_some() {
            settlement.health_after = Ratio::ZERO;
        }
        Ok(settlement)
    }

    fn explain(&self, offer: &Offer, terms: &Terms) -> Result<(Settlement, Trace), Rejection> {
        let mut trace = Trace::new();
        let (_, settled) = self.settle(offer, terms, &mut trace)?;
        let mut settlement = settled.settlement;
        if offer.account.0 >= self.borrowers && sale(&settled.market).is_some() {
            settlement.health_after = Ratio::ZERO;
        }
        Ok((settlement, trace))
    }

    fn adjust(&mut self, account: AccountId, adjustment: &Adjustment) -> Result<Events, Rejection> {
        let (place, brought, action) = self.own_move(account, adjustment)?;
        let pair = &self.slot(place)?.pair;
        let mut market = pair.market.clone();
        let Visit { outcome, bands, .. } = market.visit(account, brought, &action)?;
        let events = settle::events(pair, self.stable, &action, &outcome);
        self.commit(place, market, &bands, Some(account));
        Ok(events)
    }

    fn health_after(
        &self,
        account: AccountId,
        adjustment: &Adjustment,
    ) -> Result<Health, Rejection> {
        let (place, brought, action) = self.own_move(account, adjustment)?;
        let mut after = self.clone();
        if let Some(slot) = after.slots.get_mut(place) {
            // Health does not read who watches the bands, whom an action would tell.
            slot.pair.market.visit(account, brought, &action)?;
        }
        after.health(account)
    }

    fn softened(&self) -> Vec<AccountId> {
        let slots = self.slots.iter();
        let mut accounts: Vec<_> = slots.flat_map(|slot| slot.watch.softened()).collect();
        accounts.sort_unstable();
        accounts.dedup();
        accounts
    }

    fn levers(&self) -> Vec<Lever> {
        let levers = self.pairs().flat_map(|pair| {
            let listed = self.assets.get(usize::from(pair.collateral.0));
            let symbol = listed.map_or("?", |asset| asset.symbol.as_str());
            super::levers::levers(&pair.market, (pair.collateral, symbol))
        });
        levers.collect()
    }

    fn set_lever(&mut self, name: &str, value: u128) -> Result<Events, Denied<Rejection>> {
        let Some(lever) = chosen(self.levers(), name, value)? else {
            return Ok(Events::new());
        };
        let Some(asset) = lever.governs.asset() else {
            return Ok(Events::new());
        };
        let market = self.place(asset)?;
        let action = super::levers::call(&self.slot(market)?.pair.market, lever.kind, value);
        let mut events = self.apply(&MarketAction { market, action })?;
        events.extend(lever.set_to(value));
        Ok(events)
    }

    fn halts(&self) -> Halts {
        halts::HALTS
    }

    fn state_hash(&self) -> [u8; 32] {
        let mut hash = Sha256::new();
        hash.update(self.stable.0.to_be_bytes());
        for slot in &self.slots {
            hash.update(slot.pair.collateral.0.to_be_bytes());
            hash.update(slot.pair.market.state_hash());
            for AccountId(id) in slot.watch.softened() {
                hash.update(id.to_be_bytes());
            }
        }
        hash.finalize().into()
    }
}

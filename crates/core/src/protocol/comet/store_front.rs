//! A Comet behind the [`Protocol`] trait.
//!
//! Who absorbs an account buys of its collateral in the same call. What nobody bought is the
//! protocol's, and an account of its own, the store-front, offers it while the contract sells.

use super::action::Action;
use super::balance::Balance;
use super::event::{Absorption, Event as Told};
use super::halts;
use super::math::{Ruled, down, sum};
use super::rejection::Rejection;
use super::sale::Sale;
use super::solvency::Standing;
use super::state::{BASE, Comet, Position};
use crate::book::{AssetSet, BreachIndex, EffectivePrices, Look, Measure};
use crate::guard::Halts;
use crate::protocol::{
    AccountId, Adjustment, Asset, AssetId, Denied, Event, Events, Health, Holding, Lever, NoTrace,
    Offer, OfferKind, Prices, Protocol, Settlement, SetupError, Terms, Trace, TraceSink, TraceStep,
    chosen, health_factor,
};
use crate::units::{Amount, BPS, Bps, Price, Ratio, Rounding, Timestamp, U256, Value, mul};
use sha2::{Digest, Sha256};
use std::cmp::Reverse;
use std::sync::Arc;

/// Most offers for one account.
const OFFERS_MAX: usize = 8;

/// A [`Comet`] over a list of assets, with a breach index and a store-front.
///
/// Prices and values are dollars with 8 decimals, as in the contract. One asset of the list is the
/// base asset; the others are collateral, in their order. After the book's accounts comes the
/// store-front, which [`Protocol::accounts`] counts; past it an account acts for everybody outside:
/// what it pays comes from outside, what it buys stays in its wallet.
///
/// An account is in breach where an absorption would take it, with interest up to now; one without
/// collateral is not, as nothing could be bought. While absorbing is paused nobody is in breach.
#[derive(Clone, Debug)]
pub struct StoreFront {
    comet: Comet,
    assets: Arc<[Asset]>,
    /// Place of the base asset in the list.
    base: AssetId,
    index: BreachIndex,
}

/// What an absorption and its purchase did to the contract.
struct Absorbed {
    comet: Comet,
    told: Vec<Told>,
    sale: Option<Sale>,
}

impl StoreFront {
    /// Decimals of prices, which the contract fixes.
    pub const BASE_DECIMALS: u8 = 8;

    /// A Comet whose base asset has this place in the list; the collateral assets are the others, in
    /// their order.
    ///
    /// # Errors
    /// When the list and the Comet's assets differ in number or decimals.
    pub fn new(mut comet: Comet, assets: Vec<Asset>, base: AssetId) -> Result<Self, SetupError> {
        let misfit = |problem: String| SetupError {
            field: "assets".to_owned(),
            problem,
        };
        let expected = comet.listed().len().saturating_add(1);
        if assets.len() != expected {
            let found = assets.len();
            return Err(misfit(format!("{found} assets, not {expected}")));
        }
        for (place, asset) in (0..).map(AssetId).zip(&assets) {
            let kept = match Self::contract_number(place, base) {
                BASE => Ok(comet.config().base.decimals),
                id => comet.listing(id).map(|listed| listed.decimals),
            };
            if kept != Ok(asset.decimals) {
                let (symbol, decimals) = (&asset.symbol, asset.decimals);
                return Err(misfit(format!(
                    "{symbol} has other decimals than {decimals}"
                )));
            }
        }
        let ids = (0..comet.accounts()).map(AccountId);
        let looks = ids.map(|id| (id, look(&comet, id)));
        let index = BreachIndex::build(effective_prices(&comet), looks);
        // The store-front, and who acts for the world outside.
        comet.open_account();
        comet.open_account();
        Ok(Self {
            comet,
            assets: assets.into(),
            base,
            index,
        })
    }

    /// The contract's own state. Its assets are numbered with the base asset first.
    pub fn comet(&self) -> &Comet {
        &self.comet
    }

    /// The account that sells the protocol's collateral.
    pub fn store_front(&self) -> AccountId {
        AccountId(self.comet.accounts().saturating_sub(2))
    }

    /// Who acts for the world outside.
    fn outsider(&self) -> AccountId {
        AccountId(self.comet.accounts().saturating_sub(1))
    }

    /// The contract's number of an asset of a list, given the place of the base asset: the base asset
    /// first, the others in their order.
    pub fn contract_number(asset: AssetId, base: AssetId) -> AssetId {
        if asset == base {
            BASE
        } else if asset < base {
            AssetId(asset.0.saturating_add(1))
        } else {
            asset
        }
    }

    /// The contract's number of an asset of the list.
    pub fn contract_id(&self, asset: AssetId) -> AssetId {
        Self::contract_number(asset, self.base)
    }

    /// Place in the list of an asset of the contract.
    fn place(&self, asset: AssetId) -> AssetId {
        match asset {
            BASE => self.base,
            AssetId(n) if n <= self.base.0 => AssetId(n.saturating_sub(1)),
            later => later,
        }
    }

    /// A borrower or lender of the book.
    fn held(&self, account: AccountId) -> Ruled<&Position> {
        if account >= self.store_front() {
            return Err(Rejection::AccountUnknown);
        }
        self.comet.held(account)
    }

    /// What is for sale of each collateral, with the contract's number of it.
    fn for_sale(&self) -> impl Iterator<Item = (AssetId, Sale)> + '_ {
        let listed = (1..).map(AssetId).take(self.comet.listed().len());
        listed.filter_map(|asset| {
            let sale = purchase(&self.comet, asset, Amount::MAX, Amount::MAX).ok()?;
            Some((asset, sale))
        })
    }

    /// Looks at every account anew.
    fn rebuild(&mut self) {
        let comet = &self.comet;
        let ids = (0..self.store_front().0).map(AccountId);
        let looks = ids.map(|id| (id, look(comet, id)));
        self.index.rebuild(effective_prices(comet), looks);
    }

    fn sells(&self) -> bool {
        self.for_sale().next().is_some()
    }

    /// Collateral of an account, with its place in the list.
    fn collateral(&self, position: &Position) -> Vec<(AssetId, Amount)> {
        let marked = self.comet.marked(position);
        marked
            .map(|asset| (self.place(asset), position.supplied(asset)))
            .collect()
    }

    /// Pays for collateral from outside.
    fn buy(&self, comet: &mut Comet, asset: AssetId, sale: Sale) -> Ruled<Vec<Told>> {
        let outsider = self.outsider();
        let buy = Action::BuyCollateral {
            asset,
            min_amount: sale.collateral_amount,
            base_amount: sale.base_amount,
            buyer: outsider,
            recipient: outsider,
        };
        comet.apply_funded((outsider, BASE, sale.base_amount), &buy)
    }

    /// Absorbs an account and buys of the collateral that it had.
    fn absorb(&self, offer: &Offer, pay: Amount) -> Ruled<Absorbed> {
        let asset = self.contract_id(offer.collateral);
        let own = self.held(offer.account)?.supplied(asset);
        let mut comet = self.comet.clone();
        let mut told = comet.apply(&Action::Absorb {
            accounts: vec![offer.account],
        })?;
        let sale = purchase(&comet, asset, own, pay).ok();
        if let Some(sale) = sale {
            told.extend(self.buy(&mut comet, asset, sale)?);
        }
        Ok(Absorbed { comet, told, sale })
    }

    fn settle(
        &self,
        offer: &Offer,
        terms: &Terms,
        trace: &mut impl TraceSink,
    ) -> Ruled<(Settlement, Comet)> {
        if offer.account == self.store_front() {
            return self.settle_sale(offer, terms, trace);
        }
        let position = self.held(offer.account)?;
        let taken = self.collateral(position);
        let before = self.comet.standing(offer.account)?;
        let owed = owed(&self.comet, offer.account)?;
        let Absorbed { comet, told, sale } = self.absorb(offer, terms.repay)?;
        let absorption = told.iter().find_map(|event| match event {
            Told::DebtAbsorbed(absorption) => Some(*absorption),
            _ => None,
        });
        let absorption = absorption.ok_or(Rejection::NotLiquidatable)?;
        record_absorption(trace, &before, owed, &absorption);
        record_sale(trace, sale);
        let covered = owed.minus_or_zero(absorption.uncovered);
        let deficit = Some((self.base, absorption.uncovered));
        let sale = sale.unwrap_or(NOTHING);
        let settlement = Settlement {
            repaid: sale.base_amount,
            seized: sale.collateral_amount,
            cleared: covered.plus(absorption.surplus)?,
            taken,
            deficit: deficit.filter(|(_, n)| !n.is_zero()).into_iter().collect(),
            health_before: factor(&before),
            health_after: Ratio::MAX,
            events: self.events_of(&told, (offer.account, terms.liquidator)),
            ..Settlement::default()
        };
        Ok((settlement, comet))
    }

    /// A purchase from the store-front.
    fn settle_sale(
        &self,
        offer: &Offer,
        terms: &Terms,
        trace: &mut impl TraceSink,
    ) -> Ruled<(Settlement, Comet)> {
        let asset = self.contract_id(offer.collateral);
        let sale = purchase(&self.comet, asset, Amount::MAX, terms.repay)?;
        record_sale(trace, Some(sale));
        let mut next = self.clone();
        let told = self.buy(&mut next.comet, asset, sale)?;
        let settlement = Settlement {
            repaid: sale.base_amount,
            seized: sale.collateral_amount,
            health_before: self.sale_factor(),
            health_after: next.sale_factor(),
            events: self.events_of(&told, (offer.account, terms.liquidator)),
            ..Settlement::default()
        };
        Ok((settlement, next.comet))
    }

    /// Nothing while something is for sale.
    fn sale_factor(&self) -> Ratio {
        if self.sells() {
            Ratio::ZERO
        } else {
            Ratio::MAX
        }
    }

    fn sale_health(&self) -> Ruled<Health> {
        let mut collateral = Value::ZERO;
        for (asset, sale) in self.for_sale() {
            let worth = self.comet.collateral_worth(asset, sale.collateral_amount)?;
            collateral = collateral.plus(Value(worth))?;
        }
        Ok(Health {
            collateral,
            debt: Value::ZERO,
            liquidation_threshold: Bps(0),
            factor: self.sale_factor(),
        })
    }

    /// Takes a new state in which these accounts changed. Interest is the same at the same time,
    /// stored or not.
    fn commit(&mut self, comet: Comet, touched: &[AccountId]) {
        self.comet = comet;
        let end = self.store_front();
        for id in touched.iter().filter(|id| **id < end) {
            self.index.set(*id, look(&self.comet, *id));
        }
    }

    /// An account's own move, paid from outside.
    fn own_move(
        &self,
        comet: &mut Comet,
        account: AccountId,
        adjustment: &Adjustment,
    ) -> Ruled<Vec<Told>> {
        let (place, amount) = match *adjustment {
            Adjustment::TopUp { asset, amount } => (asset, amount),
            Adjustment::Repay { asset, amount } if asset == self.base => {
                (asset, amount.min(owed(&self.comet, account)?))
            }
            Adjustment::Repay { .. } => return Err(Rejection::BadAsset),
        };
        let asset = self.contract_id(place);
        let supply = Action::Supply {
            payer: account,
            account,
            asset,
            amount,
        };
        comet.apply_funded((account, asset, amount), &supply)
    }

    /// What has a word common to all families. Sales are told of the account whose collateral is
    /// bought, to the liquidator.
    fn events_of(&self, told: &[Told], (account, liquidator): (AccountId, AccountId)) -> Events {
        let word = |event: &Told| match *event {
            Told::Supplied {
                payer,
                account,
                asset,
                amount,
            } => Some(Event::Supplied {
                payer,
                account,
                asset: self.place(asset),
                amount,
            }),
            Told::Withdrawn {
                account,
                recipient: receiver,
                asset,
                amount,
            } => Some(Event::Withdrawn {
                account,
                receiver,
                asset: self.place(asset),
                amount,
            }),
            Told::CollateralBought {
                asset,
                base_amount: repaid,
                collateral_amount: seized,
                ..
            } => Some(Event::Liquidated {
                account,
                liquidator,
                collateral: self.place(asset),
                debt: self.base,
                repaid,
                seized,
                receive_claim: false,
            }),
            Told::DebtAbsorbed(absorbed) if !absorbed.uncovered.is_zero() => {
                Some(Event::DeficitCreated {
                    account: absorbed.account,
                    asset: self.base,
                    amount: absorbed.uncovered,
                })
            }
            _ => None,
        };
        told.iter().filter_map(word).collect()
    }

    /// Offers of an account in breach, if it were absorbed now.
    fn absorptions(&self, account: AccountId) -> Vec<Offer> {
        let bare = Offer {
            account,
            kind: OfferKind::Absorb,
            debt: self.base,
            ..Offer::default()
        };
        let absorbed = self.absorb(&bare, Amount::ZERO);
        let (Ok(position), Ok(absorbed)) = (self.held(account), absorbed) else {
            return Vec::new();
        };
        let owned = self.collateral(position);
        let sold = owned.iter().filter_map(|(place, own)| {
            let asset = self.contract_id(*place);
            let sale = purchase(&absorbed.comet, asset, *own, Amount::MAX).ok()?;
            Some(self.priced(asset, sale, bare))
        });
        let offers = best(sold.collect());
        if !offers.is_empty() {
            return offers;
        }
        // Nothing is for sale: an absorption by itself.
        let first = owned.first().map(|(collateral, _)| Offer {
            collateral: *collateral,
            ..bare
        });
        first.into_iter().collect()
    }

    /// An offer with what it sells, and what that is worth above its price, in dollars.
    fn priced(&self, asset: AssetId, sale: Sale, bare: Offer) -> (U256, Offer) {
        let worth = self.comet.collateral_worth(asset, sale.collateral_amount);
        let base = self.comet.feed(BASE);
        let paid = base.and_then(|p| Comet::worth(sale.base_amount, p, self.comet.base_scale()));
        let gain = worth.unwrap_or(U256::ZERO);
        let offer = Offer {
            collateral: self.place(asset),
            repay_max: sale.base_amount,
            seize_max: sale.collateral_amount,
            ..bare
        };
        (gain.saturating_sub(paid.unwrap_or(U256::ZERO)), offer)
    }
}

const NOTHING: Sale = Sale {
    base_amount: Amount::ZERO,
    collateral_amount: Amount::ZERO,
};

/// What a payment buys of a collateral, of which at most so much is asked for.
fn purchase(comet: &Comet, asset: AssetId, most: Amount, pay: Amount) -> Ruled<Sale> {
    let limit = comet.sale_of(asset, most)?;
    let sale = if pay >= limit.base_amount {
        limit
    } else {
        Sale {
            base_amount: pay,
            collateral_amount: comet.quote_collateral(asset, pay)?,
        }
    };
    // A buyer wants at least something.
    let some = !sale.collateral_amount.is_zero();
    some.then_some(sale).ok_or(Rejection::TooMuchSlippage)
}

/// Offers by their gain, the largest first.
fn best(mut offers: Vec<(U256, Offer)>) -> Vec<Offer> {
    offers.sort_by_key(|(gain, _)| Reverse(*gain));
    offers.truncate(OFFERS_MAX);
    offers.into_iter().map(|(_, offer)| offer).collect()
}

fn owed(comet: &Comet, account: AccountId) -> Ruled<Amount> {
    match comet.balance(account)? {
        Balance::Debt(owed) => Ok(owed),
        Balance::Supply(_) => Ok(Amount::ZERO),
    }
}

/// Weighted collateral over debt, rounded down.
fn factor(standing: &Standing) -> Ratio {
    health_factor(standing.liquidation_limit.0, standing.debt.0)
}

/// Prices of the collateral, and what a unit of principal owed is worth with interest up to now.
fn effective_prices(comet: &Comet) -> EffectivePrices {
    let listed = (1..).map(AssetId).take(comet.listed().len());
    let price = |asset| comet.price(asset).unwrap_or(Price::ZERO).0;
    let index = comet.totals_now().map(|totals| totals.borrow_index);
    let owed = index
        .ok()
        .and_then(|n| mul(price(BASE), U256::from(n)).ok());
    EffectivePrices {
        collateral: std::iter::once(U256::ZERO)
            .chain(listed.map(price))
            .collect(),
        debt: vec![owed.unwrap_or(U256::MAX)],
    }
}

/// Whether every feed answers.
fn is_priced(comet: &Comet) -> bool {
    let mut all = (0..)
        .map(AssetId)
        .take(comet.listed().len().saturating_add(1));
    all.all(|asset| comet.feed(asset).is_ok())
}

/// What the exact rule says of an account, with bounds. A debt is cut to a whole token unit; its
/// worth, each collateral's worth and its weight are cut to whole units of a value.
fn look(comet: &Comet, id: AccountId) -> Look {
    let Some(position) = comet.position(id) else {
        return Look::Gone;
    };
    let principal = position.account.principal;
    if principal >= 0 || position.account.assets_in.is_empty() {
        return Look::Gone;
    }
    let standing = comet.standing(id).ok();
    let collateral_assets: AssetSet = comet.marked(position).collect();
    let roundings = collateral_assets.len().saturating_mul(2).saturating_add(1);
    let measure = Measure {
        collateral_assets,
        debt_assets: AssetSet::EMPTY.with(BASE),
        collateral: standing.map_or(Value::ZERO, |s| s.liquidation_limit),
        debt: standing.map_or(Value::MAX, |s| s.debt),
        grain: U256::from(principal.unsigned_abs()),
        dust: Value::new(roundings.into()),
    };
    measure.look(standing.is_some_and(|s| !s.is_healthy()))
}

/// The numbers of an absorption on their way.
fn record_absorption(
    trace: &mut impl TraceSink,
    before: &Standing,
    owed: Amount,
    absorption: &Absorption,
) {
    trace.step(|| TraceStep {
        label: "liquidation limit (dollars, 8 decimals)",
        formula: "Σ collateral · price · liquidate factor / 10^18",
        inputs: vec![("debt", before.debt.0)],
        result: before.liquidation_limit.0,
        rounding: Some(Rounding::Floor),
    });
    trace.step(|| TraceStep {
        label: "paid out by reserves (base units)",
        formula: "debt + supply that the account is left with",
        inputs: vec![("debt", owed.0), ("supply", absorption.surplus.0)],
        result: absorption.paid_out.0,
        rounding: None,
    });
    trace.step(|| TraceStep {
        label: "not covered by the collateral (base units)",
        formula: "debt − Σ collateral · price · liquidation factor / base price, at least 0",
        inputs: vec![("debt", owed.0)],
        result: absorption.uncovered.0,
        rounding: Some(Rounding::Ceil),
    });
}

fn record_sale(trace: &mut impl TraceSink, sale: Option<Sale>) {
    if let Some(sale) = sale {
        trace.step(|| TraceStep {
            label: "collateral bought (units)",
            formula: "paid · base price / (price · (1 − store-front factor · (1 − liquidation factor)))",
            inputs: vec![("paid", sale.base_amount.0)],
            result: sale.collateral_amount.0,
            rounding: Some(Rounding::Floor),
        });
    }
}

impl Protocol for StoreFront {
    /// Names assets by the contract's numbers.
    type Action = Action;
    type Rejection = Rejection;

    fn observe(&mut self, now: Timestamp, prices: &Prices) -> Result<Events, Rejection> {
        let listed = (0..).map(AssetId).take(self.assets.len());
        let answers = listed.map(|asset| prices.get(self.place(asset)));
        let answers = Prices(answers.collect());
        let (before, was_priced) = (self.comet.clone(), is_priced(&self.comet));
        self.comet.observe(now, &answers)?;
        let (comet, priced) = (&self.comet, is_priced(&self.comet));
        if was_priced && priced {
            self.index
                .advance(effective_prices(comet), |id| look(comet, id));
        } else {
            // Without a price nobody can be absorbed: no bound holds across that.
            self.rebuild();
        }
        let places = (0..).map(AssetId).take(self.assets.len());
        let moved = places.filter(|place| {
            let id = self.contract_id(*place);
            before.price(id) != self.comet.price(id)
        });
        Ok(moved
            .map(|asset| Event::PriceObserved {
                asset,
                price: prices.get(asset),
            })
            .collect())
    }

    fn apply(&mut self, action: &Action) -> Result<Events, Rejection> {
        let mut comet = self.comet.clone();
        let told = comet.apply(action)?;
        let events = self.events_of(&told, (self.store_front(), self.outsider()));
        self.commit(comet, &action.accounts());
        Ok(events)
    }

    fn assets(&self) -> &[Asset] {
        &self.assets
    }

    fn base_decimals(&self) -> u8 {
        Self::BASE_DECIMALS
    }

    fn now(&self) -> Timestamp {
        self.comet.now()
    }

    fn accounts(&self) -> u32 {
        self.outsider().0
    }

    /// The store-front owes nothing; its factor is zero while it sells.
    fn health(&self, account: AccountId) -> Result<Health, Rejection> {
        if account == self.store_front() {
            return self.sale_health();
        }
        let position = self.held(account)?;
        let standing = self.comet.standing(account)?;
        let mut collateral = U256::ZERO;
        for asset in self.comet.marked(position) {
            let worth = self.comet.collateral_worth(asset, position.supplied(asset));
            collateral = sum(collateral, worth?)?;
        }
        let threshold = if collateral.is_zero() {
            U256::ZERO
        } else {
            down(standing.liquidation_limit.0, BPS, collateral)?
        };
        Ok(Health {
            collateral: Value(collateral),
            debt: standing.debt,
            liquidation_threshold: Bps(u16::try_from(threshold).unwrap_or(u16::MAX)),
            factor: factor(&standing),
        })
    }

    /// A supply of the base asset does not count as collateral. The store-front holds what it sells.
    fn holdings(&self, account: AccountId) -> Vec<Holding> {
        let collateral = |(asset, collateral): (AssetId, Amount)| Holding {
            asset,
            collateral,
            enabled: true,
            debt: Amount::ZERO,
        };
        if account == self.store_front() {
            let sales = self.for_sale();
            let sold = sales.map(|(asset, sale)| (self.place(asset), sale.collateral_amount));
            return sold.map(collateral).collect();
        }
        let Ok(position) = self.held(account) else {
            return Vec::new();
        };
        let (supply, debt) = match self.comet.balance(account) {
            Ok(Balance::Supply(supply)) => (supply, Amount::ZERO),
            Ok(Balance::Debt(debt)) => (Amount::ZERO, debt),
            Err(_) => (Amount::ZERO, Amount::MAX),
        };
        let owned = self.collateral(position).into_iter();
        let mut held: Vec<Holding> = owned.map(collateral).collect();
        if !supply.is_zero() || !debt.is_zero() {
            held.push(Holding {
                asset: self.base,
                collateral: supply,
                enabled: false,
                debt,
            });
        }
        held.sort_unstable_by_key(|row| row.asset);
        held
    }

    fn breaches(&self) -> impl Iterator<Item = AccountId> + '_ {
        let absorbs = !self.comet.paused().absorb;
        let taken = self.index.breached().take_while(move |_| absorbs);
        let store_front = self.sells().then_some(self.store_front());
        taken.chain(store_front)
    }

    fn offers(&self, account: AccountId) -> Vec<Offer> {
        if account != self.store_front() {
            return self.absorptions(account);
        }
        let bare = Offer {
            account,
            kind: OfferKind::Buy,
            debt: self.base,
            ..Offer::default()
        };
        // Each asset is a sale of its own.
        let offer = |(asset, sale): (AssetId, Sale)| {
            let auction = asset.0.into();
            self.priced(asset, sale, Offer { auction, ..bare })
        };
        best(self.for_sale().map(offer).collect())
    }

    fn accept(&mut self, offer: &Offer, terms: &Terms) -> Result<Settlement, Rejection> {
        let (settlement, comet) = self.settle(offer, terms, &mut NoTrace)?;
        self.commit(comet, &[offer.account]);
        Ok(settlement)
    }

    fn explain(&self, offer: &Offer, terms: &Terms) -> Result<(Settlement, Trace), Rejection> {
        let mut trace = Trace::new();
        let (settlement, _) = self.settle(offer, terms, &mut trace)?;
        Ok((settlement, trace))
    }

    fn adjust(&mut self, account: AccountId, adjustment: &Adjustment) -> Result<Events, Rejection> {
        self.held(account)?;
        let mut comet = self.comet.clone();
        let told = self.own_move(&mut comet, account, adjustment)?;
        let events = self.events_of(&told, (account, account));
        self.commit(comet, &[account]);
        Ok(events)
    }

    fn levers(&self) -> Vec<Lever> {
        super::levers::levers(self, &self.assets)
    }

    fn set_lever(&mut self, name: &str, value: u128) -> Result<Events, Denied<Rejection>> {
        let Some(lever) = chosen(self.levers(), name, value)? else {
            return Ok(Events::new());
        };
        // Nothing below can fail.
        let asset = lever.governs.asset().map(|place| self.contract_id(place));
        self.comet.turn(asset, lever.kind, value);
        self.rebuild();
        Ok(lever.set_to(value))
    }

    fn halts(&self) -> Halts {
        halts::HALTS
    }

    fn state_hash(&self) -> [u8; 32] {
        let mut hash = Sha256::new();
        hash.update(self.base.0.to_be_bytes());
        hash.update(self.comet.state_hash());
        hash.finalize().into()
    }
}

//! Vaults of several collateral types, held by one list of borrowers, behind the [`Protocol`]
//! trait.
//!
//! Borrowers are the first addresses of the system; the rest are its own and one that stands for
//! everybody outside: it pays for bids and purchases, keepers' rewards go to it, and the collateral
//! that it receives leaves the system in the same call. Its money is the coins that borrowers drew,
//! as the adapter of the token holds them on chain, and a large sum besides, backed by no vault of
//! this book, as if other collateral types had issued it. Sums are told in whole units of the token: what
//! is paid and owed rounded up, what is received rounded down.
//!
//! Borrowers' coins are not followed. Who bid highest is remembered by its id outside.

mod halts;
mod levers;
mod offers;
mod protocol;
mod settle;
mod setup;

pub use setup::{Pledge, VaultType, VaultsSetup};

use super::Maker;
use super::action::{Action, Outcome};
use super::hash::Sink;
use super::rejection::{Rejection, Ruled};
use super::state::House;
use super::vault::VaultHealth;
use crate::auction::AuctionId;
use crate::book::{AssetSet, BreachIndex, EffectivePrices, Look, Measure};
use crate::protocol::scale::Scale;
use crate::protocol::{AccountId, Asset, AssetId, Prices, health_factor};
use crate::units::{Amount, Ratio, U256, Value};
use std::collections::BTreeMap;
use std::sync::Arc;

/// Places of the two sides in a type's own effective prices.
const COLLATERAL: AssetId = AssetId(0);
const DEBT: AssetId = AssetId(1);

/// The largest factor of an account with a running auction: just below one.
const UNDER_LIQUIDATION: Ratio = Ratio(U256::from_limbs([999_999_999_999_999_999, 0, 0, 0]));

/// A collateral type (by its place in the system) and the number of an auction in its house.
type AuctionKey = (AssetId, AuctionId);

/// Which token a collateral type is made of.
#[derive(Clone, Copy, Debug)]
struct Token {
    /// Its place in the list of assets.
    asset: AssetId,
    /// From its base units to wad.
    scale: Scale,
}

/// What the system itself does not remember of an auction.
#[derive(Clone, Copy, Debug)]
struct Auction {
    /// Whose collateral it sells.
    owner: AccountId,
    /// The debt of the vault that was taken with it, without the penalty, in rad.
    due: Value,
    /// What purchases have brought, in rad.
    paid: Value,
    /// The highest bidder, by its id outside.
    bidder: Option<AccountId>,
}

/// Whose and which auction an action changed, and what it is now; nothing where it ended.
#[derive(Clone, Copy, Debug)]
struct Update {
    key: AuctionKey,
    owner: AccountId,
    next: Option<Auction>,
}

/// Vaults of several collateral types, one for each borrower and type, and their auctions.
#[derive(Clone, Debug)]
pub struct Vaults {
    assets: Arc<[Asset]>,
    base_decimals: u8,
    prices: Prices,
    borrowers: u32,
    debt: AssetId,
    /// From the debt token's base units to rad.
    debt_scale: Scale,
    outside: AccountId,
    maker: Maker,
    tokens: Arc<[Token]>,
    indexes: Vec<BreachIndex>,
    auctions: Arc<BTreeMap<AuctionKey, Auction>>,
    running: Arc<BTreeMap<AccountId, Vec<AuctionKey>>>,
}

/// The safe price and the debt index. A price of zero is an unknown one, at which no vault is in
/// breach.
fn effective_prices(maker: &Maker, kind: AssetId) -> EffectivePrices {
    let found = maker.kind(kind).ok();
    let price = found.map_or(U256::ZERO, |kind| kind.safe_price.0);
    let index = found.map_or(U256::ZERO, |kind| kind.debt_index.0);
    let known = if price.is_zero() { U256::MAX } else { price };
    EffectivePrices {
        collateral: vec![known, U256::ZERO],
        debt: vec![U256::ZERO, index],
    }
}

/// What the exact rule says of a vault, with bounds: it compares two products and rounds nothing.
fn look(maker: &Maker, kind: AssetId, id: AccountId) -> Look {
    let Ok(account) = maker.known(id) else {
        return Look::Gone;
    };
    let held = account.holding(kind);
    if held.locked.is_zero() || held.debt.is_zero() {
        return Look::Gone;
    }
    let health = maker.health(kind, id).ok();
    let known = maker
        .kind(kind)
        .is_ok_and(|kind| !kind.safe_price.is_zero());
    let supported = health.filter(|_| known).map(|health| health.supported);
    let measure = Measure {
        collateral_assets: AssetSet::EMPTY.with(COLLATERAL),
        debt_assets: AssetSet::EMPTY.with(DEBT),
        collateral: supported.unwrap_or(if known { Value::ZERO } else { Value::MAX }),
        debt: health.map_or(Value::MAX, |health| health.owed),
        grain: U256::MAX,
        dust: Value::ZERO,
    };
    measure.look(health.is_some_and(|health| health.unsafe_now))
}

impl Vaults {
    /// The system below.
    pub fn system(&self) -> &Maker {
        &self.maker
    }

    /// The collateral types' places in the system, by the asset that each is made of.
    pub fn kinds(&self) -> impl Iterator<Item = (AssetId, AssetId)> + '_ {
        let places = (0..).map(AssetId);
        places.zip(self.tokens.iter().map(|token| token.asset))
    }

    fn kind_of(&self, asset: AssetId) -> Ruled<AssetId> {
        let found = self.kinds().find(|(_, made_of)| *made_of == asset);
        let (kind, _) = found.ok_or(Rejection::CollateralUnknown)?;
        Ok(kind)
    }

    fn token(&self, kind: AssetId) -> Ruled<Token> {
        let found = self.tokens.get(usize::from(kind.0)).copied();
        found.ok_or(Rejection::CollateralUnknown)
    }

    /// The auction that an offer is about.
    fn auction(&self, key: AuctionKey) -> Ruled<Auction> {
        let missing = Rejection::NoSuchOperation;
        self.auctions.get(&key).copied().ok_or(missing)
    }

    fn running_of(&self, account: AccountId) -> &[AuctionKey] {
        self.running.get(&account).map_or(&[], Vec::as_slice)
    }

    /// Still for sale, in wad.
    fn lot(&self, key: AuctionKey) -> Amount {
        let (kind, id) = key;
        let bid = self.maker.bids.get(&(House::Collateral(kind), id));
        let sale = self.maker.sales.get(&key);
        let for_bids = bid.map_or(U256::ZERO, |bid| bid.auction.lot);
        let for_price = sale.map_or(U256::ZERO, |sale| sale.auction.lot.0);
        Amount(for_bids.saturating_add(for_price))
    }

    /// Money in whole units of the token, rounded up: what somebody pays or owes.
    fn units_up(&self, money: Value) -> Amount {
        Amount(self.debt_scale.outward_up(money.0))
    }

    /// Money in whole units of the token, rounded down: what somebody receives.
    fn units_down(&self, money: Value) -> Amount {
        Amount(self.debt_scale.outward_down(money.0))
    }

    /// Units of the token as money; the largest sum where that is more than 256 bits hold.
    fn money(&self, units: Amount) -> Value {
        Value(self.debt_scale.inward_or_most(units.0))
    }

    /// Collateral in whole units of its token, rounded down.
    fn tokens_down(&self, kind: AssetId, wad: Amount) -> Amount {
        let token = self.token(kind);
        token.map_or(Amount::ZERO, |token| {
            Amount(token.scale.outward_down(wad.0))
        })
    }

    /// Units of a token as collateral.
    fn wad(&self, kind: AssetId, units: Amount) -> Ruled<Amount> {
        Ok(Amount(self.token(kind)?.scale.inward(units.0)?))
    }

    /// What an auction's vault still owes, in units of the debt token.
    fn still_due(&self, auction: &Auction) -> Amount {
        let paid = self.units_up(auction.paid);
        self.units_up(auction.due).minus_or_zero(paid)
    }

    /// The vault of a type, and its debt in units of the debt token.
    fn vault(&self, kind: AssetId, account: AccountId) -> Ruled<(VaultHealth, Amount)> {
        let health = self.maker.health(kind, account)?;
        Ok((health, self.units_up(health.owed)))
    }

    /// How safe the vaults are, auctions apart. A price of zero is unknown and tells nothing.
    fn vaults_factor(&self, account: AccountId) -> Ruled<Ratio> {
        let mut worst = Ratio::MAX;
        for (kind, _) in self.kinds() {
            let health = self.maker.health(kind, account)?;
            if health.unsafe_now || !health.supported.is_zero() {
                worst = worst.min(health_factor(health.supported.0, health.owed.0));
            }
        }
        Ok(worst)
    }

    /// How safe an account is: its vaults, and never one while an auction runs.
    fn factor(&self, account: AccountId) -> Ruled<Ratio> {
        let vaults = self.vaults_factor(account)?;
        if self.running_of(account).is_empty() {
            return Ok(vaults);
        }
        Ok(vaults.min(UNDER_LIQUIDATION))
    }

    /// How safe an account is once one of its auctions is over: 0 while another runs.
    fn factor_without(&self, account: AccountId, over: AuctionKey) -> Ruled<Ratio> {
        if self.running_of(account).iter().any(|key| *key != over) {
            return Ok(Ratio::ZERO);
        }
        self.vaults_factor(account)
    }

    /// What an action does to the auction that it is about; `bidder` makes the bid, if it is one.
    fn update(&self, action: &Action, outcome: &Outcome, bidder: AccountId) -> Option<Update> {
        let known = |key: AuctionKey| self.auctions.get(&key).map(|auction| (key, *auction));
        let (key, owner, next) = match (action, outcome) {
            (Action::Liquidate { asset, vault, .. }, Outcome::Liquidated(taken)) => {
                let auction = Auction {
                    owner: *vault,
                    due: taken.due,
                    paid: Value::ZERO,
                    bidder: None,
                };
                ((*asset, taken.auction), *vault, Some(auction))
            }
            (Action::Take { asset, auction, .. }, Outcome::Bought(bought)) => {
                let (key, was) = known((*asset, *auction))?;
                let ended = bought.lot.is_zero() || bought.target.is_zero();
                let paid = Value(was.paid.0.saturating_add(bought.paid.0));
                (key, was.owner, (!ended).then_some(Auction { paid, ..was }))
            }
            (Action::Raise { house, auction, .. } | Action::Lower { house, auction, .. }, _) => {
                let House::Collateral(asset) = house else {
                    return None;
                };
                let (key, was) = known((*asset, *auction))?;
                let bidder = Some(bidder);
                (key, was.owner, Some(Auction { bidder, ..was }))
            }
            (Action::Settle { house, auction } | Action::CancelBid { house, auction, .. }, _) => {
                let House::Collateral(asset) = house else {
                    return None;
                };
                let (key, was) = known((*asset, *auction))?;
                (key, was.owner, None)
            }
            (Action::CancelSale { asset, auction, .. }, _) => {
                let (key, was) = known((*asset, *auction))?;
                (key, was.owner, None)
            }
            _ => return None,
        };
        Some(Update { key, owner, next })
    }

    fn record(&mut self, update: &Update) {
        let (auctions, running) = (&mut self.auctions, &mut self.running);
        let (auctions, running) = (Arc::make_mut(auctions), Arc::make_mut(running));
        let Some(auction) = update.next else {
            auctions.remove(&update.key);
            if let Some(own) = running.get_mut(&update.owner) {
                own.retain(|key| *key != update.key);
                if own.is_empty() {
                    running.remove(&update.owner);
                }
            }
            return;
        };
        if auctions.insert(update.key, auction).is_none() {
            running.entry(update.owner).or_default().push(update.key);
        }
    }

    /// Looks again at what a price or an index may have changed.
    fn refresh(&mut self) {
        let maker = &self.maker;
        for (kind, index) in (0..).map(AssetId).zip(&mut self.indexes) {
            let prices = effective_prices(maker, kind);
            if *index.prices() != prices {
                index.advance(prices, |id| look(maker, kind, id));
            }
        }
    }

    /// Looks again at one vault.
    fn look_at(&mut self, kind: AssetId, vault: AccountId) {
        let borrower = vault.0 < self.borrowers;
        if let Some(index) = self.indexes.get_mut(usize::from(kind.0))
            && borrower
        {
            index.set(vault, look(&self.maker, kind, vault));
        }
    }

    fn hash(&self) -> [u8; 32] {
        let mut sink = Sink::new();
        sink.bytes(&self.maker.state_hash());
        for price in &self.prices.0 {
            sink.wide(&[price.0]);
        }
        for ((kind, id), auction) in self.auctions.iter() {
            sink.small(kind.0);
            sink.wide(&[id.0, auction.due.0, auction.paid.0]);
            sink.small(auction.owner.0);
            sink.party(auction.bidder);
        }
        sink.finish()
    }
}

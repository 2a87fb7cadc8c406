//! Maker's liquidations: vaults, the auctions of their collateral, bad debt and surplus.
//!
//! A [`Maker`] is made by [`MakerSetup::build`] and moves by [`Action`]s. Version 2.0 sells
//! collateral at a falling price, 1.0 and 1.2 by bids; the rows are in `version`. The private words
//! of the contracts (ink, art, bark, …) are mapped to these names in `docs/protocols/maker.md`.

mod account;
mod action;
mod bidding;
mod cat;
mod clip;
mod dog;
mod draft;
mod flap;
mod flip;
mod flop;
mod hash;
mod lending;
mod machine;
mod parameter;
mod price;
mod rejection;
mod setup;
mod state;
mod vault;
mod vaults;
mod version;
mod vow;

pub use super::feed::PriceFeed;
pub use crate::oracle::{DelayedFeed, Quote};
pub use account::{Account, Holding};
pub use action::{Action, Liquidation, Outcome};
pub use bidding::NextBid;
pub use lending::Change;
pub use parameter::{
    BiddingParameter, CollateralParameter, Parameter, SystemParameter, check_curve,
};
pub use rejection::Rejection;
pub use setup::MakerSetup;
pub use state::{
    Bid, Breaker, CollateralType, Core, DebtHouse, DutchHouse, EnglishHouse, House, Lending,
    Liquidations, Roles, Sale, SurplusHouse, Treasury,
};
pub use vault::VaultHealth;
pub use vaults::{Pledge, VaultType, Vaults, VaultsSetup};
pub use version::{MakerVersion, OwnBid, Rule, Rules, Sale as SaleKind, Sizing};

use crate::auction::AuctionId;
use crate::book::Book;
use crate::protocol::{AccountId, AssetId};
use crate::units::{Amount, Price, Timestamp, Value};
use rejection::Ruled;
use state::{BidKey, SaleKey};
use std::collections::BTreeMap;
use std::sync::Arc;

/// One system. A clone is a fork: it shares accounts and auctions and copies what it touches.
#[derive(Clone, Debug)]
pub struct Maker {
    version: MakerVersion,
    core: Core,
    roles: Roles,
    kinds: Arc<Vec<CollateralType>>,
    accounts: Book<Account>,
    queue: Arc<BTreeMap<Timestamp, Value>>,
    sales: Arc<BTreeMap<SaleKey, Sale>>,
    running: Arc<BTreeMap<AssetId, Vec<AuctionId>>>,
    bids: Arc<BTreeMap<BidKey, Bid>>,
}

/// Where a Dutch auction stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SaleStatus {
    /// Whether it must be started again before anybody may buy.
    pub needs_reset: bool,
    /// The present price, in ray.
    pub price: Price,
    /// Still for sale, in wad.
    pub lot: Amount,
    /// Still to be raised, in rad.
    pub target: Value,
}

impl Maker {
    /// Which rules hold.
    pub fn version(&self) -> MakerVersion {
        self.version
    }

    /// Parameters and totals.
    pub fn core(&self) -> &Core {
        &self.core
    }

    /// The system's own addresses.
    pub fn roles(&self) -> Roles {
        self.roles
    }

    /// The present time.
    pub fn now(&self) -> Timestamp {
        self.core.now
    }

    /// The collateral types, in the order of [`AssetId`].
    pub fn kinds(&self) -> &[CollateralType] {
        &self.kinds
    }

    /// How many addresses there are; ids run from 0.
    pub fn accounts(&self) -> u32 {
        self.accounts.len()
    }

    /// One address.
    pub fn account(&self, id: AccountId) -> Option<&Account> {
        self.accounts.get(id)
    }

    /// Bad debt in the queue, by the moment it came.
    pub fn queue(&self) -> impl Iterator<Item = (Timestamp, Value)> + '_ {
        self.queue.iter().map(|(since, amount)| (*since, *amount))
    }

    /// Running Dutch auctions of a collateral type, in the contract's order.
    pub fn running(&self, asset: AssetId) -> &[AuctionId] {
        self.running.get(&asset).map_or(&[], Vec::as_slice)
    }

    /// A running Dutch auction.
    pub fn sale(&self, asset: AssetId, id: AuctionId) -> Option<&Sale> {
        self.sales.get(&(asset, id))
    }

    /// English auctions of a house, ascending.
    pub fn bids(&self, house: House) -> impl Iterator<Item = (AuctionId, &Bid)> + '_ {
        let of_house = move |(key, bid): (&'_ BidKey, _)| (key.0 == house).then_some((key.1, bid));
        self.bids.iter().filter_map(of_house)
    }

    fn kind(&self, asset: AssetId) -> Ruled<&CollateralType> {
        let found = self.kinds.get(usize::from(asset.0));
        found.ok_or(Rejection::CollateralUnknown)
    }

    fn known(&self, id: AccountId) -> Ruled<&Account> {
        self.accounts.get(id).ok_or(Rejection::AccountUnknown)
    }
}

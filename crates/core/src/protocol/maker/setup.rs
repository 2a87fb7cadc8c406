//! A system from its parts.

use super::account::Account;
use super::state::{Bid, BidKey, CollateralType, Core, House, Roles, Sale, SaleKey};
use super::version::MakerVersion;
use super::{Maker, check_curve};
use crate::auction::AuctionId;
use crate::book::Book;
use crate::protocol::SetupError;
use crate::protocol::{AccountId, AssetId};
use crate::units::{Timestamp, Value};
use std::collections::BTreeMap;
use std::sync::Arc;

/// Everything a system is made of.
#[derive(Clone, Debug)]
pub struct MakerSetup {
    /// Which contracts.
    pub version: MakerVersion,
    /// Parameters and totals.
    pub core: Core,
    /// The system's own addresses.
    pub roles: Roles,
    /// Collateral types; [`AssetId`] counts them.
    pub kinds: Vec<CollateralType>,
    /// Every address; [`AccountId`] counts them.
    pub accounts: Vec<Account>,
    /// Bad debt in the queue, by the moment it came.
    pub queue: BTreeMap<Timestamp, Value>,
    /// Running Dutch auctions.
    pub sales: BTreeMap<SaleKey, Sale>,
    /// Running English auctions.
    pub bids: BTreeMap<BidKey, Bid>,
}

impl MakerSetup {
    /// The system.
    ///
    /// # Errors
    /// [`SetupError`] names an address, a collateral type, a curve or a place that does not fit.
    pub fn build(self) -> Result<Maker, SetupError> {
        self.check_addresses()?;
        for (at, kind) in self.kinds.iter().enumerate() {
            let field = format!("kinds[{at}].dutch.terms.curve");
            check_curve(&kind.dutch.terms.curve).map_err(|rejection| SetupError {
                field,
                problem: rejection.name().to_owned(),
            })?;
        }
        let running = self.running()?;
        Ok(Maker {
            version: self.version,
            core: self.core,
            roles: self.roles,
            kinds: Arc::new(self.kinds),
            accounts: Book::new(self.accounts),
            queue: Arc::new(self.queue),
            sales: Arc::new(self.sales),
            running: Arc::new(running),
            bids: Arc::new(self.bids),
        })
    }

    fn check_addresses(&self) -> Result<(), SetupError> {
        let count = self.accounts.len();
        let mut named = vec![
            ("roles.treasury".to_owned(), self.roles.treasury),
            ("roles.liquidator".to_owned(), self.roles.liquidator),
            ("roles.surplus_house".to_owned(), self.roles.surplus_house),
        ];
        for (at, kind) in self.kinds.iter().enumerate() {
            named.push((format!("kinds[{at}].house"), kind.house));
        }
        for ((_, id), sale) in &self.sales {
            named.push((format!("sales.{id}.owner"), sale.owner));
        }
        for ((_, id), bid) in &self.bids {
            let parties = [bid.auction.bidder, bid.owner, bid.recipient];
            for party in parties.into_iter().flatten() {
                named.push((format!("bids.{id}"), party));
            }
        }
        for (field, AccountId(id)) in named {
            if usize::try_from(id).is_ok_and(|id| id >= count) {
                let problem = format!("address {id} is not among the {count} accounts");
                return Err(SetupError { field, problem });
            }
        }
        Ok(())
    }

    /// The running Dutch auctions of each collateral type, by their places.
    fn running(&self) -> Result<BTreeMap<AssetId, Vec<AuctionId>>, SetupError> {
        let mut places: BTreeMap<AssetId, BTreeMap<usize, AuctionId>> = BTreeMap::new();
        for ((asset, id), sale) in &self.sales {
            let taken = places.entry(*asset).or_default().insert(sale.place, *id);
            if let Some(other) = taken {
                return Err(SetupError {
                    field: format!("sales.{id}.place"),
                    problem: format!("auction {other} has place {} too", sale.place),
                });
            }
        }
        let known = |asset: &AssetId| usize::from(asset.0) < self.kinds.len();
        let assets = places
            .keys()
            .chain(self.bids.keys().filter_map(|(h, _)| match h {
                House::Collateral(asset) => Some(asset),
                House::Debt | House::Surplus => None,
            }));
        if let Some(asset) = assets.into_iter().find(|asset| !known(asset)) {
            return Err(SetupError {
                field: "sales".to_owned(),
                problem: format!("there is no collateral type {}", asset.0),
            });
        }
        let mut running = BTreeMap::new();
        for (asset, places) in places {
            if places.keys().copied().ne(0..places.len()) {
                return Err(SetupError {
                    field: "sales".to_owned(),
                    problem: format!("places of type {} do not run from 0", asset.0),
                });
            }
            running.insert(asset, places.into_values().collect());
        }
        Ok(running)
    }
}

//! GEB (the framework of RAI): one collateral type, liquidations within a limit, and auctions whose
//! discount grows until somebody buys.
//!
//! A [`Geb`] is made by [`GebSetup::build`] and moves by [`Action`]s. The contracts' own names are
//! mapped to these in `docs/protocols/geb.md`.

mod action;
mod draft;
mod engine;
mod halts;
mod hash;
mod house;
mod levers;
mod machine;
mod math;
mod parameter;
mod rejection;
mod relayer;
mod safes;
mod state;

pub use action::{Action, Liquidation, Outcome, Purchase};
pub use machine::SafeHealth;
pub use parameter::{HouseParameter, Parameter};
pub use rejection::Rejection;
pub use safes::{Line, Safes};
pub use state::{
    Account, Bid, Core, Feed, FeedName, Feeds, GebSetup, House, LiquidationEngine, Relayer, Roles,
    SafeEngine,
};

use crate::auction::AuctionId;
use crate::book::Book;
use crate::protocol::AccountId;
use crate::units::Timestamp;
use std::collections::BTreeMap;
use std::sync::Arc;

/// One system. A clone is a fork: it shares accounts and auctions and copies what it touches.
#[derive(Clone, Debug)]
pub struct Geb {
    core: Core,
    roles: Roles,
    accounts: Book<Account>,
    bids: Arc<BTreeMap<AuctionId, Bid>>,
}

impl Geb {
    /// Parameters, prices and totals.
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

    /// How many addresses there are; ids run from 0.
    pub fn accounts(&self) -> u32 {
        self.accounts.len()
    }

    /// One address.
    pub fn account(&self, id: AccountId) -> Option<&Account> {
        self.accounts.get(id)
    }

    /// A running auction.
    pub fn bid(&self, id: AuctionId) -> Option<&Bid> {
        self.bids.get(&id)
    }

    /// Running auctions, ascending.
    pub fn bids(&self) -> impl Iterator<Item = (AuctionId, &Bid)> + '_ {
        self.bids.iter().map(|(id, bid)| (*id, bid))
    }
}

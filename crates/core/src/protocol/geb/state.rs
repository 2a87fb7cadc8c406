//! What a system is made of.

use super::Geb;
use crate::auction::{AuctionId, Ray};
use crate::book::Book;
use crate::protocol::AccountId;
use crate::protocol::SetupError;
use crate::units::{Amount, Index, Price, Ratio, Shares, Timestamp, U256, Value};
use std::collections::BTreeMap;
use std::sync::Arc;

/// One address.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Account {
    /// Coins inside the system, in rad (10^−45).
    pub coins: Value,
    /// Debt without a safe behind it, in rad.
    pub bad_debt: Value,
    /// Collateral that is not locked, in wad (10^−18).
    pub free: Amount,
    /// Collateral locked in the address's safe, in wad.
    pub locked: Amount,
    /// Debt of the safe, in wad before interest.
    pub debt: Shares,
}

/// Addresses of the system's own contracts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Roles {
    /// Holds bad debt and gets what auctions raise.
    pub treasury: AccountId,
    /// Holds collateral in auction.
    pub house: AccountId,
}

/// Everything but accounts and auctions.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Core {
    /// The present time.
    pub now: Timestamp,
    /// Safes.
    pub safes: SafeEngine,
    /// Liquidations.
    pub engine: LiquidationEngine,
    /// The coin's own price.
    pub relayer: Relayer,
    /// Prices from outside.
    pub feeds: Feeds,
    /// Auctions.
    pub house: House,
    /// Bad debt of the treasury that waits for its collateral's auction, in rad.
    pub queued: Value,
}

/// What is the same for all safes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SafeEngine {
    /// What a unit of debt has grown to, in ray.
    pub debt_index: Index,
    /// Debt that one unit of collateral supports before liquidation, in ray.
    pub liquidation_price: Price,
    /// Least debt of a safe that has any, in rad.
    pub debt_floor: Value,
}

/// Liquidations.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LiquidationEngine {
    /// Whether new ones may start.
    pub enabled: bool,
    /// Most debt with penalties in auction, in rad.
    pub limit: Value,
    /// Debt with penalties in auction, in rad.
    pub in_auction: Value,
    /// What is raised for one of debt, in wad.
    pub penalty: Ratio,
    /// Most debt with penalty that one liquidation takes, in rad.
    pub lot_max: Value,
}

/// The coin's own price, which moves at a rate.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Relayer {
    /// The redemption price as stored, in ray of the feeds' currency.
    pub price: Price,
    /// What it is multiplied by every second, in ray.
    pub rate: Ray,
    /// Least rate that can be set.
    pub rate_min: Ray,
    /// Largest rate that can be set.
    pub rate_max: Ray,
    /// When the price was stored.
    pub updated: Timestamp,
    /// Price ÷ liquidation price, in ray.
    pub liquidation_ratio: Ray,
}

/// A feed's answer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Feed {
    /// Price of one whole token, in wad.
    pub value: U256,
    /// Whether there is a price.
    pub valid: bool,
    /// Whether the system asks this feed; where it does not, there is none.
    pub connected: bool,
}

impl Feed {
    /// Its price; zero where there is none.
    pub(super) fn price(&self) -> U256 {
        if self.connected && self.valid {
            self.value
        } else {
            U256::ZERO
        }
    }
}

/// Prices from outside.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Feeds {
    /// The collateral's price that the system lives by, usually an hour old.
    pub delayed: Feed,
    /// The collateral's present price.
    pub median: Feed,
    /// The coin's market price.
    pub coin: Feed,
}

/// One of the feeds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum FeedName {
    /// [`Feeds::delayed`].
    Delayed,
    /// [`Feeds::median`].
    Median,
    /// [`Feeds::coin`].
    Coin,
}

impl Feeds {
    /// A feed by its name.
    pub fn feed_mut(&mut self, name: FeedName) -> &mut Feed {
        match name {
            FeedName::Delayed => &mut self.delayed,
            FeedName::Median => &mut self.median,
            FeedName::Coin => &mut self.coin,
        }
    }
}

/// The house that sells collateral. A "discount" is what is left of the price: 0.95 is 5 % off.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct House {
    /// Least payment, in wad.
    pub bid_min: Amount,
    /// Discount at the start, in wad.
    pub first_discount: Ratio,
    /// Largest discount: the smallest number, in wad.
    pub last_discount: Ratio,
    /// What the discount is multiplied by every second, in ray.
    pub discount_rate: Ray,
    /// Seconds after which the largest discount holds.
    pub discount_duration: U256,
    /// How far below the delayed price the present one may count, in wad: 0.9 is 10 %.
    pub collateral_lower: Ratio,
    /// How far above it, in wad: 0.95 is 5 %.
    pub collateral_upper: Ratio,
    /// How far below the redemption price the coin's market price may count, in wad.
    pub coin_lower: Ratio,
    /// How far above it, in wad.
    pub coin_upper: Ratio,
    /// A bound on the coin's price nearer to the redemption price than this is no bound: the
    /// redemption price itself takes its place. In wad.
    pub coin_min: Ratio,
    /// The redemption price that the last purchase saw, in ray.
    pub last_redemption_price: Price,
    /// Auctions started so far.
    pub started: U256,
}

/// One auction.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Bid {
    /// Still for sale, in wad.
    pub lot: Amount,
    /// Still to be raised, in rad.
    pub target: Value,
    /// The discount at the last purchase, in wad.
    pub discount: Ratio,
    /// Its own [`House::last_discount`].
    pub last_discount: Ratio,
    /// Its own [`House::discount_rate`].
    pub discount_rate: Ray,
    /// When the discount was last brought up to date.
    pub updated: Timestamp,
    /// From when on the largest discount holds.
    pub deadline: Timestamp,
    /// Gets collateral that is left.
    pub owner: AccountId,
    /// Gets the money.
    pub recipient: AccountId,
}

/// Everything a system is made of.
#[derive(Clone, Debug, Default)]
pub struct GebSetup {
    /// Parameters, prices and totals.
    pub core: Core,
    /// The system's own addresses.
    pub roles: Roles,
    /// Every address; [`AccountId`] counts them.
    pub accounts: Vec<Account>,
    /// Running auctions.
    pub bids: BTreeMap<AuctionId, Bid>,
}

impl GebSetup {
    /// The system.
    ///
    /// # Errors
    /// [`SetupError`] names an address that is not among the accounts.
    pub fn build(self) -> Result<Geb, SetupError> {
        let count = self.accounts.len();
        let mut named = vec![
            ("roles.treasury".to_owned(), self.roles.treasury),
            ("roles.house".to_owned(), self.roles.house),
        ];
        for (id, bid) in &self.bids {
            named.push((format!("bids.{id}.owner"), bid.owner));
            named.push((format!("bids.{id}.recipient"), bid.recipient));
        }
        for (field, AccountId(id)) in named {
            if usize::try_from(id).is_ok_and(|id| id >= count) {
                let problem = format!("address {id} is not among the {count} accounts");
                return Err(SetupError { field, problem });
            }
        }
        Ok(Geb {
            core: self.core,
            roles: self.roles,
            accounts: Book::new(self.accounts),
            bids: Arc::new(self.bids),
        })
    }
}

//! The system's parameters and totals, without its accounts and auctions.

use crate::auction::{AuctionId, DutchAuction, DutchTerms, EnglishAuction, EnglishTerms, Ray};
use crate::protocol::feed::PriceFeed;
use crate::protocol::{AccountId, AssetId};
use crate::units::{Amount, Index, Price, Ratio, Shares, Timestamp, U256, Value};

/// Addresses of the system's own contracts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Roles {
    /// Holds surplus and bad debt.
    pub treasury: AccountId,
    /// Highest bidder of a new collateral auction (English ones only).
    pub liquidator: AccountId,
    /// Holds surplus in auction and the bids for it.
    pub surplus_house: AccountId,
}

/// Everything but collateral types, accounts, queued debt and auctions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Core {
    /// The present time.
    pub now: Timestamp,
    /// All stablecoins, in rad.
    pub issued: Value,
    /// All debt without a vault behind it, in rad.
    pub unbacked: Value,
    /// All governance tokens, in wad.
    pub tokens: Amount,
    /// Most of all stablecoins when a vault draws more, in rad.
    pub debt_ceiling: Value,
    /// What one stablecoin is meant to be worth, in ray of the feeds' currency.
    pub target_price: Ray,
    /// Liquidations over all collateral types.
    pub liquidations: Liquidations,
    /// Bad debt and surplus.
    pub treasury: Treasury,
    /// Sells governance tokens for money.
    pub debt_house: DebtHouse,
    /// Sells money for governance tokens.
    pub surplus_house: SurplusHouse,
}

/// Liquidations over all collateral types.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Liquidations {
    /// Whether new ones may start.
    pub enabled: bool,
    /// Most debt with penalties in auction, in rad; not read in 1.0.
    pub limit: Value,
    /// Debt with penalties in auction, in rad; not kept in 1.0.
    pub in_auction: Value,
}

/// Bad debt and surplus.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Treasury {
    /// Whether the system runs.
    pub enabled: bool,
    /// Bad debt that waits for its collateral's auction, in rad.
    pub queued: Value,
    /// Bad debt that the debt house is selling tokens for, in rad.
    pub in_auction: Value,
    /// Seconds that bad debt waits.
    pub queue_delay: U256,
    /// Tokens first offered in a debt auction, in wad.
    pub debt_lot: Amount,
    /// Money asked for in a debt auction, in rad.
    pub debt_bid: Value,
    /// Money sold in a surplus auction, in rad.
    pub surplus_lot: Value,
    /// Surplus that is never sold, in rad.
    pub surplus_buffer: Value,
}

/// Sells governance tokens for a fixed sum. Bids are in rad, lots in wad.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct DebtHouse {
    /// Whether it runs.
    pub enabled: bool,
    /// The terms of its auctions.
    pub terms: EnglishTerms,
    /// An auction without bids goes on with its lot times this.
    pub lot_growth: Ratio,
    /// Auctions started so far.
    pub started: U256,
}

/// Sells money for governance tokens, which it burns. Bids are in wad, lots in rad.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SurplusHouse {
    /// Whether it runs.
    pub enabled: bool,
    /// The terms of its auctions.
    pub terms: EnglishTerms,
    /// Auctions started so far.
    pub started: U256,
    /// Most money in auction, in rad; not read in 1.0.
    pub limit: Value,
    /// Money in auction, in rad; not kept in 1.0.
    pub in_auction: Value,
}

/// One collateral type and the house that sells it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CollateralType {
    /// Address of its auction house.
    pub house: AccountId,
    /// Debt of all its vaults, in wad before interest.
    pub debt: Shares,
    /// What a unit of debt has grown to, in ray.
    pub debt_index: Index,
    /// Debt that one unit of collateral supports, in ray: price ÷ liquidation ratio, as last poked.
    pub safe_price: Price,
    /// Least debt of a vault that has any, in rad.
    pub debt_floor: Value,
    /// Price ÷ safe price, in ray.
    pub liquidation_ratio: Ray,
    /// Where its price comes from.
    pub feed: PriceFeed,
    /// What is raised for one of debt: in wad, in 1.0 in ray.
    pub penalty: U256,
    /// Most debt with penalty in auction, in rad; read in 2.0.
    pub limit: Value,
    /// Debt with penalty in auction, in rad; kept in 2.0.
    pub in_auction: Value,
    /// Most that one liquidation takes: collateral in wad in 1.0, debt with penalty in rad in 1.2.
    pub lot_max: U256,
    /// Its Dutch auctions.
    pub dutch: DutchHouse,
    /// Its English auctions: bids in rad, lots in wad.
    pub english: EnglishHouse,
    /// What may halt its Dutch auctions.
    pub breaker: Breaker,
    /// How much its vaults may draw, and what that costs.
    pub lending: Lending,
}

/// How much the vaults of a collateral type may draw, and what that costs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Lending {
    /// Most debt of all its vaults when one draws more, in rad.
    pub ceiling: Value,
    /// What a debt of one grows to in a second, in ray: the sum of the system's rate and the type's.
    pub growth: Ray,
    /// When the debt index was brought up to date.
    pub accrued: Timestamp,
}

/// Nothing may be drawn, and no fee accrues.
impl Default for Lending {
    fn default() -> Self {
        Self {
            ceiling: Value::ZERO,
            growth: Ray::ONE,
            accrued: Timestamp(0),
        }
    }
}

/// A house that sells at a falling price.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DutchHouse {
    /// The terms of its auctions.
    pub terms: DutchTerms,
    /// First price ÷ the feed's price.
    pub start_factor: Ray,
    /// Share of the target that whoever starts an auction gets, in wad.
    pub keeper_share: Ratio,
    /// Money that whoever starts an auction gets, in rad.
    pub keeper_flat: Value,
    /// 0: open; 1: no new auctions; 2: no new starts either; 3: no purchases either.
    pub halted: U256,
    /// Auctions started so far.
    pub started: U256,
}

/// A house that sells by bids.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct EnglishHouse {
    /// The terms of its auctions.
    pub terms: EnglishTerms,
    /// Auctions started so far.
    pub started: U256,
}

/// What may halt Dutch auctions without a vote.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Breaker {
    /// A next price below this share of the present one trips it; 0 never does.
    pub tolerance: Ray,
    /// Until when nobody may trip it.
    pub locked_until: U256,
}

/// A Dutch auction and whose collateral it sells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sale {
    /// The auction.
    pub auction: DutchAuction,
    /// Gets what is left when the target is reached.
    pub owner: AccountId,
    /// Its place in the list of running auctions.
    pub place: usize,
}

/// An English auction and its parties.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Bid {
    /// The auction.
    pub auction: EnglishAuction,
    /// Gets collateral that bidders forgo (collateral houses only).
    pub owner: Option<AccountId>,
    /// Gets the bids (collateral houses only).
    pub recipient: Option<AccountId>,
    /// Most that is asked for, in rad (collateral houses only).
    pub target: Value,
}

/// A house that sells by bids.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum House {
    /// Sells collateral of liquidated vaults.
    Collateral(AssetId),
    /// Sells governance tokens for money.
    Debt,
    /// Sells money for governance tokens.
    Surplus,
}

/// A Dutch auction among all.
pub(super) type SaleKey = (AssetId, AuctionId);
/// An English auction among all.
pub(super) type BidKey = (House, AuctionId);

impl CollateralType {
    /// Debt of all vaults with interest, in rad, modulo 2^256.
    pub(super) fn owed(&self) -> U256 {
        self.debt.0.wrapping_mul(self.debt_index.0)
    }
}

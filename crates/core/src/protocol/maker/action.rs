//! The system's operations, and what they answer.

use super::lending::Change;
use super::parameter::Parameter;
use super::state::House;
use crate::auction::{AuctionId, Purchase};
use crate::oracle::Quote;
use crate::protocol::{AccountId, AssetId};
use crate::units::{Amount, Price, Shares, U256, Value};

/// One call. Rights are not modelled: whoever makes a governance call is governance.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Action {
    /// Takes an unsafe vault, or a part of it, and starts an auction of its collateral.
    Liquidate {
        /// Which collateral type.
        asset: AssetId,
        /// Whose vault.
        vault: AccountId,
        /// Gets the reward for the call (2.0).
        keeper: AccountId,
    },
    /// Buys from a Dutch auction.
    Take {
        /// Which collateral type.
        asset: AssetId,
        /// Which auction.
        auction: AuctionId,
        /// Most collateral wanted, in wad.
        amount: Amount,
        /// Highest price accepted, in ray.
        price_max: Price,
        /// Receives the collateral.
        receiver: AccountId,
        /// Pays.
        caller: AccountId,
    },
    /// Starts a Dutch auction again whose price fell too far or which ran too long.
    Reset {
        /// Which collateral type.
        asset: AssetId,
        /// Which auction.
        auction: AuctionId,
        /// Gets the reward for the call, where there is one.
        keeper: AccountId,
    },
    /// Brings the least rest of a purchase in part up to date with floor and penalty.
    RefreshMinRest {
        /// Which collateral type.
        asset: AssetId,
    },
    /// Ends a Dutch auction without a sale.
    CancelSale {
        /// Which collateral type.
        asset: AssetId,
        /// Which auction.
        auction: AuctionId,
        /// Receives the collateral.
        caller: AccountId,
    },
    /// Bids more for the same lot.
    Raise {
        /// Which house.
        house: House,
        /// Which auction.
        auction: AuctionId,
        /// The lot, to be sure of it, in the house's units.
        lot: U256,
        /// The bid, in the house's units.
        bid: U256,
        /// Pays.
        caller: AccountId,
    },
    /// Offers to take a smaller lot for the same bid.
    Lower {
        /// Which house.
        house: House,
        /// Which auction.
        auction: AuctionId,
        /// The lot, in the house's units.
        lot: U256,
        /// The bid, to be sure of it, in the house's units.
        bid: U256,
        /// Pays.
        caller: AccountId,
    },
    /// Hands the lot of an auction that is over to the highest bidder.
    Settle {
        /// Which house.
        house: House,
        /// Which auction.
        auction: AuctionId,
    },
    /// Gives an auction without a bid more time.
    Extend {
        /// Which house.
        house: House,
        /// Which auction.
        auction: AuctionId,
    },
    /// Ends an auction and refunds the highest bidder.
    CancelBid {
        /// Which house.
        house: House,
        /// Which auction.
        auction: AuctionId,
        /// Refunds the bidder and receives the collateral (collateral houses only).
        caller: AccountId,
    },
    /// The source of a feed answers anew.
    SetSource {
        /// Which collateral type.
        asset: AssetId,
        /// The answer.
        quote: Quote,
    },
    /// Moves a delayed feed on.
    PokeFeed {
        /// Which collateral type.
        asset: AssetId,
    },
    /// Makes a delayed feed forget its prices and stop.
    ClearFeed {
        /// Which collateral type.
        asset: AssetId,
    },
    /// Brings the safe price up to date with the feed.
    PokePrice {
        /// Which collateral type.
        asset: AssetId,
    },
    /// Makes money against new bad debt of the treasury, which waits in the queue.
    QueueDebt {
        /// In rad.
        amount: Value,
        /// Receives the money.
        receiver: AccountId,
    },
    /// Makes money against new bad debt of the treasury.
    Issue {
        /// In rad.
        amount: Value,
        /// Receives the money.
        receiver: AccountId,
    },
    /// Moves money.
    Move {
        /// Pays.
        from: AccountId,
        /// Receives.
        to: AccountId,
        /// In rad.
        amount: Value,
    },
    /// Takes the bad debt of one moment out of the queue.
    Release {
        /// The moment, unix seconds.
        since: U256,
    },
    /// Cancels bad debt against surplus.
    Heal {
        /// In rad.
        amount: Value,
    },
    /// Cancels bad debt in auction against surplus.
    HealAuctioned {
        /// In rad.
        amount: Value,
    },
    /// Offers governance tokens for money.
    StartDebtAuction,
    /// Offers surplus for governance tokens.
    StartSurplusAuction,
    /// Shuts the treasury and its two houses down.
    ShutDown,
    /// Sets the breaker's level and keeps everybody else from tripping it for a time.
    SetBreaker {
        /// Which collateral type.
        asset: AssetId,
        /// 0 to 3; see [`super::DutchHouse::halted`].
        level: U256,
        /// Seconds.
        delay: U256,
    },
    /// Halts new auctions and new starts because the next price is far below the present one.
    TripBreaker {
        /// Which collateral type.
        asset: AssetId,
    },
    /// Collateral comes from outside, not locked yet.
    Join {
        /// Which collateral type.
        asset: AssetId,
        /// Receives it.
        owner: AccountId,
        /// In wad.
        amount: Amount,
    },
    /// Collateral that is not locked leaves the system.
    Exit {
        /// Which collateral type.
        asset: AssetId,
        /// Whose.
        owner: AccountId,
        /// In wad.
        amount: Amount,
    },
    /// Locks or frees collateral of a vault, draws or pays back.
    Adjust {
        /// Which collateral type.
        asset: AssetId,
        /// Whose vault.
        vault: AccountId,
        /// Gives or receives the collateral.
        source: AccountId,
        /// Receives or pays the money.
        purse: AccountId,
        /// Of the collateral locked, in wad.
        collateral: Change,
        /// Of the debt, in wad before interest.
        debt: Change,
    },
    /// Brings the debt index of a collateral type up to date; the fee is the treasury's.
    Accrue {
        /// Which collateral type.
        asset: AssetId,
    },
    /// Sets a parameter.
    Set {
        /// Which.
        parameter: Parameter,
        /// In the parameter's units.
        value: U256,
    },
}

/// What a call answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Done; nothing to tell.
    Done,
    /// A vault was taken.
    Liquidated(Liquidation),
    /// Collateral was bought.
    Bought(Purchase),
    /// An auction was started again.
    Restarted {
        /// Its first price, in ray.
        top: Price,
        /// What the keeper got, in rad.
        reward: Value,
    },
    /// An auction of the treasury began.
    Started(AuctionId),
    /// The new safe price, in ray.
    Poked(Price),
}

/// What one liquidation took.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Liquidation {
    /// The new auction.
    pub auction: AuctionId,
    /// Collateral taken, in wad.
    pub collateral: Amount,
    /// Debt taken, in wad before interest.
    pub debt: Shares,
    /// Debt taken with interest, in rad.
    pub due: Value,
    /// To be raised: the debt with its penalty, in rad.
    pub target: Value,
    /// First price of a Dutch auction, in ray.
    pub top: Option<Price>,
    /// What the keeper got for a Dutch auction, in rad.
    pub reward: Option<Value>,
}

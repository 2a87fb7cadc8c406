//! The system's operations, and what they answer.

use super::parameter::Parameter;
use super::state::{Feed, FeedName};
use crate::auction::AuctionId;
use crate::protocol::AccountId;
use crate::units::{Amount, Shares, U256, Value};

/// One call. Rights are not modelled: whoever makes a governance call is governance.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// Takes an unsafe safe, or a part of it, and starts an auction of its collateral.
    Liquidate {
        /// Whose safe.
        safe: AccountId,
    },
    /// Locks more collateral in a safe and pays some of its debt back.
    Improve {
        /// Whose safe.
        safe: AccountId,
        /// Collateral, in wad.
        collateral: Amount,
        /// Debt paid back, in wad before interest.
        repaid: Shares,
        /// Gives collateral and coins.
        payer: AccountId,
    },
    /// Buys from an auction.
    Buy {
        /// Which auction.
        auction: AuctionId,
        /// Coins offered, in wad.
        amount: Amount,
        /// Pays and receives.
        caller: AccountId,
    },
    /// Ends an auction without a sale.
    Terminate {
        /// Which auction.
        auction: AuctionId,
        /// Receives the collateral.
        caller: AccountId,
    },
    /// A feed answers anew.
    SetFeed {
        /// Which.
        feed: FeedName,
        /// The answer.
        answer: Feed,
    },
    /// Brings redemption price and liquidation price up to date.
    UpdatePrice,
    /// Brings the redemption price up to date and sets its rate.
    SetRedemptionRate {
        /// In ray.
        rate: U256,
    },
    /// Ends new liquidations for good.
    DisableLiquidations,
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
    /// A safe was taken.
    Liquidated(Liquidation),
    /// Collateral was bought.
    Bought(Purchase),
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
    /// To be raised: the debt with interest and penalty, in rad.
    pub target: Value,
}

/// What one purchase moved.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Purchase {
    /// Coins paid, in wad.
    pub paid: Amount,
    /// Collateral bought, in wad.
    pub bought: Amount,
}

//! What the world outside can do with an account in breach, in terms common to all designs.

use super::{AccountId, AssetId, Events};
use crate::units::{Amount, Ratio};

/// Repay debt and seize collateral at a fixed discount.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Offer {
    /// Whose position.
    pub account: AccountId,
    /// What is seized.
    pub collateral: AssetId,
    /// What is repaid.
    pub debt: AssetId,
    /// Most that may be repaid now, in debt units.
    pub repay_max: Amount,
    /// Received for `repay_max`, in collateral units, after the protocol's fee.
    pub seize_max: Amount,
}

/// How the liquidator is paid.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Receive {
    /// The collateral's tokens leave the pool.
    Tokens,
    /// The liquidator takes the borrower's claim on the pool (an aToken at Aave).
    Claim,
}

/// A liquidator's answer to an offer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Terms {
    /// Who repays and receives. Debt tokens are brought from outside.
    pub liquidator: AccountId,
    /// How much to repay at most, in debt units; [`Amount::MAX`] for all that the rules allow.
    pub repay: Amount,
    /// How to be paid.
    pub receive: Receive,
}

/// What a liquidation did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settlement {
    /// Paid by the liquidator, in debt units.
    pub repaid: Amount,
    /// Received by the liquidator, in collateral units, after the protocol's fee.
    pub seized: Amount,
    /// Kept by the protocol, in collateral units.
    pub protocol_fee: Amount,
    /// Debt written off because no collateral was left, by asset.
    pub deficit: Vec<(AssetId, Amount)>,
    /// Health factor before.
    pub health_before: Ratio,
    /// Health factor after; [`Ratio::MAX`] without debt.
    pub health_after: Ratio,
    /// Everything that happened, in order.
    pub events: Events,
}

/// A borrower's own move, paid from outside.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Adjustment {
    /// More collateral.
    TopUp {
        /// Which asset.
        asset: AssetId,
        /// How much, in asset units.
        amount: Amount,
    },
    /// Less debt.
    Repay {
        /// Which asset.
        asset: AssetId,
        /// How much at most, in asset units.
        amount: Amount,
    },
}

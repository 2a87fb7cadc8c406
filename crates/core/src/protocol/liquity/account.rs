//! What one address has: a trove, a deposit in the pool, claims and wallets.

use crate::coverage::stability_pool::Deposit;
use crate::protocol::AccountId;
use crate::units::{Amount, Ratio, Timestamp, U256};

/// What became of a trove.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum TroveStatus {
    /// Never opened.
    #[default]
    Absent,
    /// Open.
    Active,
    /// Closed by its owner.
    ClosedByOwner,
    /// Liquidated.
    ClosedByLiquidation,
    /// v1: redeemed to the last unit.
    ClosedByRedemption,
    /// v2: open, but redeemed below the smallest debt.
    Zombie,
}

impl TroveStatus {
    /// Whether the trove holds anything.
    pub fn is_open(self) -> bool {
        matches!(self, Self::Active | Self::Zombie)
    }

    /// A number for each, for a hash.
    pub(super) fn number(self) -> u64 {
        match self {
            Self::Absent => 0,
            Self::Active => 1,
            Self::ClosedByOwner => 2,
            Self::ClosedByLiquidation => 3,
            Self::ClosedByRedemption => 4,
            Self::Zombie => 5,
        }
    }
}

/// What a unit of stake has received by redistribution, in wad.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Reward {
    /// Collateral.
    pub collateral: U256,
    /// Debt.
    pub debt: U256,
}

/// One position: collateral and debt, as last recorded.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Trove {
    /// What became of it.
    pub status: TroveStatus,
    /// Collateral, without what redistributions gave since.
    pub collateral: Amount,
    /// Debt, without interest and redistributions since.
    pub debt: Amount,
    /// Share in redistributions: the collateral, corrected for earlier ones.
    pub stake: Amount,
    /// v2: interest a year, in wad.
    pub rate: Ratio,
    /// v2: since when interest is not recorded.
    pub updated: Timestamp,
    /// The rewards that are recorded.
    pub snapshot: Reward,
    /// v1: the next larger trove of the list.
    pub larger: Option<AccountId>,
    /// v1: the next smaller trove of the list.
    pub smaller: Option<AccountId>,
}

impl Trove {
    /// What is left of a closed trove.
    pub(super) fn closed(status: TroveStatus) -> Self {
        Self {
            status,
            ..Self::default()
        }
    }
}

/// An address.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Account {
    /// Its trove; one at most.
    pub trove: Trove,
    /// Its deposit in the Stability Pool.
    pub deposit: Deposit,
    /// v2: collateral gained in the pool and left there.
    pub stashed: Amount,
    /// Collateral that a liquidation left over, to be claimed.
    pub surplus: Amount,
    /// Stablecoin in the wallet.
    pub stable: Amount,
    /// Collateral in the wallet.
    pub collateral: Amount,
}

//! The contracts' operations.

use crate::protocol::AccountId;
use crate::units::{Amount, Ratio, U256};

/// A change of one side of a trove.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Change {
    /// As it was.
    #[default]
    None,
    /// More.
    Up(Amount),
    /// Less.
    Down(Amount),
}

impl Change {
    /// How much more; zero where it is less.
    pub(super) fn up(self) -> Amount {
        match self {
            Self::Up(amount) => amount,
            Self::None | Self::Down(_) => Amount::ZERO,
        }
    }

    /// How much less; zero where it is more.
    pub(super) fn down(self) -> Amount {
        match self {
            Self::Down(amount) => amount,
            Self::None | Self::Up(_) => Amount::ZERO,
        }
    }
}

/// v1: between which troves a trove belongs, as the sender believes. None of both searches from the
/// largest.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Hints {
    /// The next larger.
    pub larger: Option<AccountId>,
    /// The next smaller.
    pub smaller: Option<AccountId>,
}

/// What becomes of a depositor's gains.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Gains {
    /// They are paid out. v1 knows nothing else.
    #[default]
    Claimed,
    /// v2: yield is added to the deposit, collateral waits in the pool.
    Kept,
}

/// One operation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Action {
    /// Opens a trove.
    Open {
        /// Who opens and owns it.
        caller: AccountId,
        /// Stablecoin that the caller receives.
        stable: Amount,
        /// Collateral that the caller brings.
        collateral: Amount,
        /// v2: interest a year, in wad.
        rate: Ratio,
        /// The highest fee: in wad of the stablecoin (v1), in stablecoin (v2).
        fee_max: U256,
        /// v1: where it belongs in the list.
        hints: Hints,
    },
    /// Changes an active trove.
    Adjust {
        /// Its owner.
        caller: AccountId,
        /// Collateral, from or to the caller's wallet.
        collateral: Change,
        /// Debt, to or from the caller's wallet.
        debt: Change,
        /// As in `Open`.
        fee_max: U256,
        /// v1: where it belongs in the list.
        hints: Hints,
    },
    /// Repays everything and takes the collateral out.
    Close {
        /// The owner.
        caller: AccountId,
    },
    /// Claims collateral that a liquidation left over.
    ClaimSurplus {
        /// The former owner.
        caller: AccountId,
    },
    /// Puts stablecoin into the Stability Pool.
    Provide {
        /// The depositor.
        caller: AccountId,
        /// How much.
        amount: Amount,
        /// What becomes of earlier gains.
        gains: Gains,
    },
    /// Takes stablecoin out of the Stability Pool.
    Withdraw {
        /// The depositor.
        caller: AccountId,
        /// How much; more than there is means all.
        amount: Amount,
        /// What becomes of the gains.
        gains: Gains,
    },
    /// v1: moves a depositor's collateral gain into their trove.
    GainToTrove {
        /// The depositor.
        caller: AccountId,
        /// Where it belongs in the list then.
        hints: Hints,
    },
    /// v2: pays out collateral that waits in the pool, to somebody without a deposit.
    ClaimStashed {
        /// The former depositor.
        caller: AccountId,
    },
    /// v1: liquidates one trove.
    Liquidate {
        /// Who receives the compensation.
        liquidator: AccountId,
        /// Whose trove.
        trove: AccountId,
    },
    /// Liquidates those troves of a list that can be.
    LiquidateBatch {
        /// Who receives the compensation.
        liquidator: AccountId,
        /// Whose troves, in this order.
        troves: Vec<AccountId>,
    },
    /// v1: liquidates from the smallest ratio upward.
    LiquidateSmallest {
        /// Who receives the compensation.
        liquidator: AccountId,
        /// At most so many.
        count: u64,
    },
    /// v2: shuts the branch down, for good.
    ShutDown,
}

/// What a liquidation did in all.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Liquidation {
    /// The troves that were closed, in their order.
    pub troves: Vec<AccountId>,
    /// Their debt, with everything accrued.
    pub debt: Amount,
    /// Their collateral, with everything accrued.
    pub collateral: Amount,
    /// Debt that the pool repaid.
    pub offset_debt: Amount,
    /// Collateral that the pool received.
    pub offset_collateral: Amount,
    /// Debt that the other troves took.
    pub redistributed_debt: Amount,
    /// Collateral that the other troves received.
    pub redistributed_collateral: Amount,
    /// Collateral left to the owners.
    pub surplus: Amount,
    /// Collateral to the liquidator.
    pub compensation: Amount,
    /// v1: stablecoin to the liquidator.
    pub stable_compensation: Amount,
    /// v2: ether to the liquidator.
    pub ether_compensation: Amount,
}

/// What an action did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// A trove was opened.
    Opened {
        /// Its debt, with fee and reserve.
        debt: Amount,
        /// The fee.
        fee: Amount,
    },
    /// A trove was changed.
    Adjusted {
        /// The fee.
        fee: Amount,
    },
    /// A trove was closed.
    Closed {
        /// Stablecoin paid.
        repaid: Amount,
        /// Collateral returned.
        collateral: Amount,
    },
    /// A surplus, or collateral that waited in the pool, was claimed.
    Claimed {
        /// Collateral paid out.
        collateral: Amount,
    },
    /// A deposit was changed.
    Deposited {
        /// Stablecoin taken out, without yield.
        withdrawn: Amount,
        /// Collateral paid out, or moved into the trove.
        collateral: Amount,
        /// Yield gained, paid out or kept.
        gained_yield: Amount,
    },
    /// Troves were liquidated.
    Liquidated(Box<Liquidation>),
    /// The branch was shut down.
    ShutDown,
}

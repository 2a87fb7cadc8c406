//! The contract's own operations on one market.

use crate::protocol::AccountId;
use crate::units::{Amount, Ratio, Shares};

/// A quantity by assets or by shares: exactly one of the two must be zero.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Quantity {
    /// Loan base units, or zero.
    pub assets: Amount,
    /// Shares, or zero.
    pub shares: Shares,
}

impl Quantity {
    /// So many loan base units.
    pub fn assets(assets: Amount) -> Self {
        Self {
            assets,
            shares: Shares::ZERO,
        }
    }

    /// So many shares.
    pub fn shares(shares: Shares) -> Self {
        Self {
            assets: Amount::ZERO,
            shares,
        }
    }
}

/// One operation. Who pays brings the tokens from outside the machine, and who receives them
/// takes them out of it, so neither has to be in the book.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// Opens the market.
    CreateMarket,
    /// Adds interest up to now.
    AccrueInterest,
    /// Changes the fee; for the owner of the contract.
    SetFee {
        /// Share of the interest, wad.
        fee: Ratio,
    },
    /// Changes who gets the fee, from the next accrual on; for the owner of the contract.
    SetFeeRecipient {
        /// Who.
        recipient: AccountId,
    },
    /// Lets another act for the caller, or no longer.
    SetAuthorization {
        /// Who gives leave.
        caller: AccountId,
        /// Who may act.
        manager: AccountId,
        /// Whether from now on.
        allowed: bool,
    },
    /// Lends loan tokens.
    Supply {
        /// Whose supply grows.
        on_behalf: AccountId,
        /// How much.
        quantity: Quantity,
    },
    /// Takes a supply out.
    Withdraw {
        /// Who asks.
        caller: AccountId,
        /// Whose supply shrinks.
        on_behalf: AccountId,
        /// How much.
        quantity: Quantity,
    },
    /// Borrows loan tokens.
    Borrow {
        /// Who asks.
        caller: AccountId,
        /// Who owes.
        on_behalf: AccountId,
        /// How much.
        quantity: Quantity,
    },
    /// Pays debt back.
    Repay {
        /// Whose debt shrinks.
        on_behalf: AccountId,
        /// How much.
        quantity: Quantity,
    },
    /// Brings collateral.
    SupplyCollateral {
        /// Whose collateral grows.
        on_behalf: AccountId,
        /// Collateral base units.
        assets: Amount,
    },
    /// Takes collateral out.
    WithdrawCollateral {
        /// Who asks.
        caller: AccountId,
        /// Whose collateral shrinks.
        on_behalf: AccountId,
        /// Collateral base units.
        assets: Amount,
    },
    /// Repays debt of an unhealthy position and seizes its collateral. Exactly one of the two
    /// quantities is zero; the other decides.
    Liquidate {
        /// Whose position.
        borrower: AccountId,
        /// Collateral base units to seize, or zero.
        seized_assets: Amount,
        /// Borrow shares to repay, or zero.
        repaid_shares: Shares,
    },
}

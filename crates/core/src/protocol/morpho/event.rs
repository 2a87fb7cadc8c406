//! What happened, in the contract's own terms.

use crate::protocol::AccountId;
use crate::units::{Amount, Ratio, Shares};

/// Events of one action, in order.
pub type Events = Vec<Event>;

/// Interest that was added.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Accrual {
    /// Rate over the whole time since the last accrual, wad a second.
    pub rate: Ratio,
    /// Added to what is supplied and to what is borrowed, in loan base units.
    pub interest: Amount,
    /// New supply shares of the fee recipient.
    pub fee_shares: Shares,
}

/// A liquidation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Liquidation {
    /// Whose position.
    pub borrower: AccountId,
    /// Paid by the liquidator, in loan base units; may exceed all that was borrowed by 1.
    pub repaid_assets: Amount,
    /// Borrow shares that the payment cleared.
    pub repaid_shares: Shares,
    /// Received by the liquidator, in collateral base units.
    pub seized_assets: Amount,
    /// Loss of all suppliers, in loan base units.
    pub bad_debt_assets: Amount,
    /// Borrow shares that were written off.
    pub bad_debt_shares: Shares,
}

/// One thing that happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Event {
    /// The market was opened.
    Created,
    /// Interest was added. A market without a rate model tells nothing.
    Accrued(Accrual),
    /// The fee changed.
    FeeSet(Ratio),
    /// The fee recipient changed.
    FeeRecipientSet(AccountId),
    /// A leave to act for an account changed.
    AuthorizationSet {
        /// Who gave it.
        owner: AccountId,
        /// Who has it.
        manager: AccountId,
        /// Whether from now on.
        allowed: bool,
    },
    /// Loan tokens came in as a supply.
    Supplied {
        /// Whose supply grew.
        account: AccountId,
        /// Loan base units.
        assets: Amount,
        /// New shares.
        shares: Shares,
    },
    /// A supply left.
    Withdrawn {
        /// Whose supply shrank.
        account: AccountId,
        /// Loan base units.
        assets: Amount,
        /// Shares given up.
        shares: Shares,
    },
    /// A debt grew.
    Borrowed {
        /// Who owes.
        account: AccountId,
        /// Loan base units.
        assets: Amount,
        /// New shares.
        shares: Shares,
    },
    /// A debt shrank.
    Repaid {
        /// Who owed.
        account: AccountId,
        /// Loan base units; may exceed all that was borrowed by 1.
        assets: Amount,
        /// Shares cleared.
        shares: Shares,
    },
    /// Collateral came in.
    CollateralSupplied {
        /// Whose collateral grew.
        account: AccountId,
        /// Collateral base units.
        assets: Amount,
    },
    /// Collateral left.
    CollateralWithdrawn {
        /// Whose collateral shrank.
        account: AccountId,
        /// Collateral base units.
        assets: Amount,
    },
    /// A position was liquidated.
    Liquidated(Liquidation),
}

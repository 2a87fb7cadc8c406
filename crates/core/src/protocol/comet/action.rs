//! The contract's own operations.

use super::state::Paused;
use crate::protocol::{AccountId, AssetId};
use crate::units::Amount;

/// One operation. Everybody acts for himself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Action {
    /// Brings the base asset, which repays first, or collateral.
    Supply {
        /// Whose wallet pays.
        payer: AccountId,
        /// Whose balance grows.
        account: AccountId,
        /// The base asset or a collateral asset.
        asset: AssetId,
        /// Token units; of the base asset [`Amount::MAX`] is all that the account owes.
        amount: Amount,
    },
    /// Takes the base asset, which borrows beyond a supply, or collateral.
    Withdraw {
        /// Whose balance shrinks.
        account: AccountId,
        /// Whose wallet is paid.
        recipient: AccountId,
        /// The base asset or a collateral asset.
        asset: AssetId,
        /// Token units; of the base asset [`Amount::MAX`] is all that the account has supplied.
        amount: Amount,
    },
    /// Moves the base asset or collateral between accounts.
    Transfer {
        /// Whose balance shrinks.
        sender: AccountId,
        /// Whose balance grows.
        recipient: AccountId,
        /// The base asset or a collateral asset.
        asset: AssetId,
        /// Token units; of the base asset [`Amount::MAX`] is all that the sender has supplied.
        amount: Amount,
    },
    /// Takes over accounts under water, debt and collateral; all or none.
    Absorb {
        /// Which, in this order.
        accounts: Vec<AccountId>,
    },
    /// Buys the protocol's own collateral at a discount.
    BuyCollateral {
        /// Which collateral.
        asset: AssetId,
        /// Least that the buyer wants, in token units.
        min_amount: Amount,
        /// Paid, in base token units.
        base_amount: Amount,
        /// Whose wallet pays.
        buyer: AccountId,
        /// Whose wallet gets the collateral.
        recipient: AccountId,
    },
    /// Pays reserves out; for the governor.
    WithdrawReserves {
        /// Whose wallet is paid.
        recipient: AccountId,
        /// Base token units.
        amount: Amount,
    },
    /// Stores interest, and an account's rewards.
    AccrueAccount {
        /// Whose.
        account: AccountId,
    },
    /// Pauses and resumes operations; for the governor and the guardian.
    Pause {
        /// Which are paused from now on.
        paused: Paused,
    },
    /// Puts tokens from outside into a wallet.
    Fund {
        /// Whose wallet.
        account: AccountId,
        /// Which tokens.
        asset: AssetId,
        /// Token units.
        amount: Amount,
    },
}

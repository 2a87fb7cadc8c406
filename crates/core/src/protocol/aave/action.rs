//! The pool's operations, as its users and administrators call them.

use crate::protocol::{AccountId, AssetId};
use crate::units::{Amount, Timestamp};

/// One call to the pool. An amount of [`Amount::MAX`] means "all" where the contract says so.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Action {
    /// Brings tokens in as a supply of `on_behalf_of`.
    Supply {
        /// Pays from its wallet.
        caller: AccountId,
        /// Which asset.
        asset: AssetId,
        /// In asset units.
        amount: Amount,
        /// Whose supply grows.
        on_behalf_of: AccountId,
    },
    /// Takes a supply out.
    Withdraw {
        /// Whose supply shrinks.
        caller: AccountId,
        /// Which asset.
        asset: AssetId,
        /// In asset units; all of it for [`Amount::MAX`].
        amount: Amount,
        /// Receives the tokens.
        to: AccountId,
    },
    /// Borrows at the variable rate.
    Borrow {
        /// Owes and receives the tokens.
        caller: AccountId,
        /// Which asset.
        asset: AssetId,
        /// In asset units.
        amount: Amount,
    },
    /// Repays a variable debt.
    Repay {
        /// Pays from its wallet.
        caller: AccountId,
        /// Which asset.
        asset: AssetId,
        /// In asset units; all of it for [`Amount::MAX`], which only the debtor may say.
        amount: Amount,
        /// Whose debt shrinks.
        on_behalf_of: AccountId,
    },
    /// Makes a supply count as collateral, or not.
    SetCollateral {
        /// Whose supply.
        caller: AccountId,
        /// Which asset.
        asset: AssetId,
        /// Whether it counts from now on.
        enabled: bool,
    },
    /// Chooses an efficiency mode.
    SetEMode {
        /// Who.
        caller: AccountId,
        /// Category; 0 is none.
        category: u8,
    },
    /// Repays a debt of an unhealthy account and seizes its collateral.
    Liquidate {
        /// Pays and receives.
        liquidator: AccountId,
        /// Whose position.
        borrower: AccountId,
        /// What is seized.
        collateral: AssetId,
        /// What is repaid.
        debt: AssetId,
        /// In debt units; as much as allowed for [`Amount::MAX`].
        debt_to_cover: Amount,
        /// Take the aToken in place of the tokens.
        receive_a_token: bool,
    },
    /// Burns the caller's supply against a recorded deficit (3.3 and later).
    EliminateDeficit {
        /// Pays with its supply; only the registered coverage account may.
        caller: AccountId,
        /// Which asset.
        asset: AssetId,
        /// In asset units.
        amount: Amount,
    },
    /// Tokens reach a wallet from outside the modelled world.
    Fund {
        /// Whose wallet.
        account: AccountId,
        /// Which asset.
        asset: AssetId,
        /// In asset units.
        amount: Amount,
    },
    /// Pauses or resumes a reserve.
    SetPaused {
        /// Which reserve.
        asset: AssetId,
        /// Whether it is paused from now on.
        paused: bool,
    },
    /// Withholds liquidations of a reserve until a time (3.1 and later).
    SetGrace {
        /// Which reserve.
        asset: AssetId,
        /// Until when; liquidation needs a later time.
        until: Timestamp,
    },
}

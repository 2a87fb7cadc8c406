//! The contracts' operations and what they answer.

use super::account::Token;
use crate::protocol::AccountId;
use crate::units::{Amount, U256};

/// What is known of an exchange, and what the caller accepts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Limit {
    /// As much as is paid (`exchange`).
    Paid {
        /// Units that go in, at most.
        amount: Amount,
        /// Fewest units that must come out.
        received_min: Amount,
    },
    /// As much as is wanted (`exchange_dy`).
    Received {
        /// Units that shall come out; all that can be had for [`Amount::MAX`].
        amount: Amount,
        /// Most units that may go in.
        paid_max: Amount,
    },
}

/// An operation of the AMM or of the controller.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Action {
    /// Opens a loan.
    CreateLoan {
        /// Pays the collateral.
        caller: AccountId,
        /// Owes and receives the stablecoin.
        owner: AccountId,
        /// Units of collateral.
        collateral: Amount,
        /// Units of stablecoin.
        debt: Amount,
        /// Number of bands, from 4 to 50.
        bands: u32,
    },
    /// Adds collateral and chooses bands anew.
    AddCollateral {
        /// Pays.
        caller: AccountId,
        /// Whose loan.
        owner: AccountId,
        /// Units of collateral; nothing happens for zero.
        amount: Amount,
    },
    /// Takes collateral out and chooses bands anew.
    RemoveCollateral {
        /// The owner, or whom the owner approved.
        caller: AccountId,
        /// Whose loan; receives.
        owner: AccountId,
        /// Units of collateral; nothing happens for zero.
        amount: Amount,
    },
    /// Borrows more, against more collateral or the same.
    BorrowMore {
        /// The owner, or whom the owner approved; pays the collateral.
        caller: AccountId,
        /// Whose loan; receives the stablecoin.
        owner: AccountId,
        /// Units of collateral.
        collateral: Amount,
        /// Units of stablecoin; nothing happens for zero.
        debt: Amount,
    },
    /// Repays; closes the loan where nothing is left.
    Repay {
        /// Pays.
        caller: AccountId,
        /// Whose loan; receives what was in the bands when the loan is closed.
        owner: AccountId,
        /// Units of stablecoin at most; nothing happens for zero.
        amount: Amount,
        /// Refuse a partial repayment while the active band's number is above this.
        active_band_max: i64,
    },
    /// Repays a part of an unhealthy loan out of its bands and the caller's wallet, and takes
    /// what was in that part of the bands.
    Liquidate {
        /// Pays and receives. The owner, or whom the owner approved, needs no bad health.
        caller: AccountId,
        /// Whose loan.
        owner: AccountId,
        /// Fewest units of stablecoin that must come out of the bands.
        stable_min: Amount,
        /// Part of the debt, wad; more than 1 means 1.
        fraction: U256,
    },
    /// Trades with the bands: this is how collateral is converted and converted back.
    Exchange {
        /// Pays and receives.
        caller: AccountId,
        /// What is paid.
        pay: Token,
        /// How much, and what is accepted.
        limit: Limit,
    },
    /// Lets another account borrow, repay and liquidate for the caller, or no longer.
    Approve {
        /// Who allows it.
        caller: AccountId,
        /// To whom.
        spender: AccountId,
        /// Whether it is allowed from now on.
        allowed: bool,
    },
    /// Sets what is added to the loan discount when the caller's bands are chosen.
    SetExtraHealth {
        /// Whose.
        caller: AccountId,
        /// Wad.
        value: U256,
    },
    /// Takes over the policy's interest rate.
    SaveRate,
    /// Pays the interest that accrued to a receiver.
    CollectFees {
        /// Who receives.
        receiver: AccountId,
    },
    /// Sets the AMM's fee (administrator).
    SetFee {
        /// Wad.
        fee: U256,
    },
    /// Sets the discounts (administrator).
    SetDiscounts {
        /// Sets how much may be borrowed, wad.
        loan: U256,
        /// Sets when hard liquidation starts, wad; holds for later actions of owners.
        liquidation: U256,
    },
    /// Tokens reach a wallet from outside the modelled world; not an operation of the contracts.
    Fund {
        /// Whose wallet.
        account: AccountId,
        /// Which token.
        token: Token,
        /// How many units.
        amount: Amount,
    },
}

/// What an operation did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Nothing to tell.
    Done,
    /// A loan stands in these bands.
    Placed {
        /// First band.
        first: i64,
        /// Last band.
        last: i64,
    },
    /// A trade with the bands; zero and zero where too little was offered for a unit.
    Exchanged {
        /// Units that went in.
        paid: Amount,
        /// Units that came out.
        received: Amount,
    },
    /// A hard liquidation.
    Liquidated(Liquidation),
    /// A repayment.
    Repaid {
        /// Units of stablecoin.
        debt: Amount,
        /// Units of stablecoin still owed.
        left: Amount,
        /// Tokens that the owner received from the bands.
        returned: super::Wallet,
    },
    /// Interest paid out.
    Collected {
        /// Units of stablecoin.
        amount: Amount,
    },
}

/// What a hard liquidation takes and pays.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Liquidation {
    /// Units of stablecoin out of the bands; what exceeds `debt` goes to the caller.
    pub stable: Amount,
    /// Units of collateral out of the bands, all for the caller.
    pub collateral: Amount,
    /// Units of debt repaid.
    pub debt: Amount,
    /// Units of debt left.
    pub debt_left: Amount,
    /// Units of stablecoin that the caller pays: what `stable` leaves of `debt`.
    pub to_pay: Amount,
}

//! What can be asked of a pool, and what it tells of it.

use crate::protocol::{AccountId, AssetId};
use crate::units::{Amount, Ratio, Shares};

/// An operation that a guardian may pause.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Guarded {
    /// New supply in a market.
    Mint(AssetId),
    /// New debt in a market.
    Borrow(AssetId),
    /// Moving cTokens between accounts, in every market.
    Transfer,
    /// Seizing in liquidations, in every market.
    Seize,
}

/// An operation of the contracts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Action {
    /// Stores a market's interest up to the present block.
    AccrueInterest {
        /// Which market.
        market: AssetId,
    },
    /// Supplies tokens for cTokens.
    Mint {
        /// Who pays and receives.
        minter: AccountId,
        /// Which market.
        market: AssetId,
        /// Tokens paid.
        amount: Amount,
    },
    /// Gives cTokens back for tokens.
    Redeem {
        /// Whose cTokens.
        redeemer: AccountId,
        /// Which market.
        market: AssetId,
        /// cTokens given.
        tokens: Shares,
    },
    /// Gives as many cTokens back as an amount of tokens costs.
    RedeemUnderlying {
        /// Whose cTokens.
        redeemer: AccountId,
        /// Which market.
        market: AssetId,
        /// Tokens wanted.
        amount: Amount,
    },
    /// Borrows; enters the market where that has not been done.
    Borrow {
        /// Who owes and receives.
        borrower: AccountId,
        /// Which market.
        market: AssetId,
        /// Tokens wanted.
        amount: Amount,
    },
    /// Repays a debt, one's own or another's.
    RepayBorrow {
        /// Who pays.
        payer: AccountId,
        /// Who owes.
        borrower: AccountId,
        /// Which market.
        market: AssetId,
        /// Tokens paid; [`Amount::MAX`] is the whole debt.
        amount: Amount,
    },
    /// Lets a market count, as collateral and as debt.
    EnterMarket {
        /// Who.
        account: AccountId,
        /// Which market.
        market: AssetId,
    },
    /// Lets a market count no longer.
    ExitMarket {
        /// Who.
        account: AccountId,
        /// Which market.
        market: AssetId,
    },
    /// Moves cTokens.
    Transfer {
        /// Whose.
        from: AccountId,
        /// Who receives them.
        to: AccountId,
        /// Which market.
        market: AssetId,
        /// How many.
        tokens: Shares,
    },
    /// Repays a part of a debt of an account with a shortfall and takes cTokens for it.
    LiquidateBorrow {
        /// Who repays and receives.
        liquidator: AccountId,
        /// Whose debt.
        borrower: AccountId,
        /// Market of the debt.
        borrow_market: AssetId,
        /// Market of the cTokens taken. The borrower need not have entered it.
        collateral_market: AssetId,
        /// Tokens paid.
        repay_amount: Amount,
    },
    /// Tokens reach a wallet from outside.
    Fund {
        /// Whose wallet.
        account: AccountId,
        /// Which market's token.
        market: AssetId,
        /// How many.
        amount: Amount,
    },
    /// Pauses an operation or resumes it.
    SetPaused {
        /// Which operation.
        operation: Guarded,
        /// Whether it is paused from now on.
        paused: bool,
    },
}

/// One thing that happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// A market stored interest.
    InterestAccrued {
        /// Which market.
        market: AssetId,
        /// Rate a block that held, in wad.
        rate: Ratio,
        /// Interest since the last accrual.
        interest: Amount,
        /// New borrow index, in wad.
        borrow_index: Ratio,
        /// New sum of debts.
        total_borrows: Amount,
    },
    /// Tokens were supplied.
    Minted {
        /// By whom.
        account: AccountId,
        /// Which market.
        market: AssetId,
        /// Tokens paid.
        amount: Amount,
        /// cTokens made.
        tokens: Shares,
    },
    /// cTokens were given back.
    Redeemed {
        /// By whom.
        account: AccountId,
        /// Which market.
        market: AssetId,
        /// Tokens received.
        amount: Amount,
        /// cTokens destroyed.
        tokens: Shares,
    },
    /// A debt was opened or grew.
    Borrowed {
        /// Whose.
        account: AccountId,
        /// Which market.
        market: AssetId,
        /// Tokens received.
        amount: Amount,
        /// Debt afterwards.
        debt: Amount,
    },
    /// A debt shrank.
    Repaid {
        /// Who paid.
        payer: AccountId,
        /// Whose debt.
        account: AccountId,
        /// Which market.
        market: AssetId,
        /// Tokens paid.
        amount: Amount,
        /// Debt afterwards.
        debt: Amount,
    },
    /// A market began to count for an account.
    MarketEntered {
        /// Who.
        account: AccountId,
        /// Which market.
        market: AssetId,
    },
    /// A market ceased to count for an account.
    MarketExited {
        /// Who.
        account: AccountId,
        /// Which market.
        market: AssetId,
    },
    /// cTokens moved.
    Transferred {
        /// From whom.
        from: AccountId,
        /// To whom.
        to: AccountId,
        /// Which market.
        market: AssetId,
        /// How many.
        tokens: Shares,
    },
    /// A debt was repaid for cTokens.
    Liquidated {
        /// Who repaid.
        liquidator: AccountId,
        /// Whose debt.
        account: AccountId,
        /// Market of the debt.
        borrow_market: AssetId,
        /// Market of the cTokens.
        collateral_market: AssetId,
        /// Tokens paid.
        repaid: Amount,
        /// cTokens that the borrower lost.
        seized: Shares,
        /// Of these, received by the liquidator.
        to_liquidator: Shares,
        /// Of these, destroyed in favour of the reserves.
        to_protocol: Shares,
    },
    /// A market's reserves grew by a seizure.
    ReservesAdded {
        /// Which market.
        market: AssetId,
        /// By how many tokens.
        amount: Amount,
    },
    /// An operation was paused or resumed.
    PauseSet {
        /// Which operation.
        operation: Guarded,
        /// Whether it is paused from now on.
        paused: bool,
    },
}

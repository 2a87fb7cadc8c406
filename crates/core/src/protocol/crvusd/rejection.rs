//! Why the market refuses, roughly in the order in which its checks come; the exact order of each
//! operation is in `docs/protocols/crvusd.md`.

use crate::protocol::rejections;
use crate::units::Overflow;

rejections! {
    /// Why the market refused.
    pub enum Rejection;

    /// The machine's time would go backward.
    TimeBackward = 0 "TIME_BACKWARD",
    /// The account is not in the book.
    AccountUnknown = 1 "ACCOUNT_UNKNOWN",
    /// The AMM's fee is outside its bounds.
    Fee = 2 "Fee",
    /// The account has a loan.
    LoanAlreadyCreated = 3 "Loan already created",
    /// Fewer than four bands.
    NeedMoreTicks = 4 "Need more ticks",
    /// More than fifty bands.
    NeedLessTicks = 5 "Need less ticks",
    /// The account owes nothing.
    LoanDoesntExist = 6 "Loan doesn't exist",
    /// Health is not below zero.
    NotEnoughRekt = 7 "Not enough rekt",
    /// The account has nothing in the bands.
    NoDeposits = 8 "No deposits",
    /// Some of the collateral is converted already.
    AlreadyInUnderwaterMode = 9 "Already in underwater mode",
    /// A loan of nothing.
    NoLoan = 10 "No loan",
    /// Too little collateral for the debt or for the number of bands.
    AmountTooLow = 11 "Amount too low",
    /// No band that can be reached supports the debt.
    DebtTooHigh = 12 "Debt too high",
    /// The active band and the bands to skip hold stablecoin.
    DepositBelowCurrentBand = 13 "Deposit below current band",
    /// A band of the deposit holds stablecoin.
    BandNotEmpty = 14 "Band not empty",
    /// Worse than the caller's limit.
    Slippage = 15 "Slippage",
    /// Checked arithmetic, a bare assertion or a token transfer failed; the contract tells nothing.
    NoReason = 16 "NO_REASON",
}

impl From<Overflow> for Rejection {
    fn from(_: Overflow) -> Self {
        Self::NoReason
    }
}

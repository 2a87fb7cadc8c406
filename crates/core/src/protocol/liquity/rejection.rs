//! Why the contracts refuse, roughly in the order in which the checks come; the exact order of each
//! operation is in `docs/protocols/liquity.md`. The names are the contracts' revert strings (v1) and
//! custom errors (v2).

use crate::coverage::stability_pool::Fault;
use crate::protocol::rejections;

rejections! {
    /// Why the contracts refused.
    pub enum Rejection;

    /// The machine's time would go backward.
    TimeBackward = 0 "TIME_BACKWARD",
    /// The operation does not exist in this version.
    NotInThisVersion = 1 "NOT_IN_THIS_VERSION",
    /// The account is not in the book.
    AccountUnknown = 2 "ACCOUNT_UNKNOWN",
    /// The sender has less ether than it sends along: no transaction at all.
    OutOfFunds = 3 "OUT_OF_FUNDS",

    /// v1: the limit on the fee is not between the smallest fee and everything.
    MaxFeeOutOfRange = 10 "Max fee percentage must be between 0.5% and 100%",
    /// v1 in recovery mode: the limit on the fee is above everything.
    MaxFeeAboveAll = 11 "Max fee percentage must less than or equal to 100%",
    /// v1: the fee is above the caller's limit.
    FeeExceeded = 12 "Fee exceeded provided maximum",
    /// v1: the caller has a trove.
    TroveIsActive = 13 "BorrowerOps: Trove is active",
    /// v1: the caller has no trove.
    TroveAbsent = 14 "BorrowerOps: Trove does not exist or is closed",
    /// v1: an increase of the debt by nothing.
    NoDebtChange = 15 "BorrowerOps: Debt increase requires non-zero debtChange",
    /// v1: a change of nothing.
    NoChange = 16 "BorrowerOps: There must be either a collateral change or a debt change",
    /// v1: the debt is too small.
    NetDebtBelowMin = 17 "BorrowerOps: Trove's net debt must be greater than minimum",
    /// v1: not while the system is in recovery mode.
    NotInRecoveryMode = 18 "BorrowerOps: Operation not permitted during Recovery Mode",
    /// v1: no collateral leaves in recovery mode.
    NoWithdrawalInRecovery = 19 "BorrowerOps: Collateral withdrawal not permitted Recovery Mode",
    /// v1: in recovery mode the trove has to be above the critical ratio.
    TroveBelowCritical = 20 "BorrowerOps: Operation must leave trove with ICR >= CCR",
    /// v1: in recovery mode the trove's ratio must not fall.
    RatioDecreased = 21 "BorrowerOps: Cannot decrease your Trove's ICR in Recovery Mode",
    /// v1: the trove would be below the minimum ratio.
    TroveBelowMinimum = 22 "BorrowerOps: An operation that would result in ICR < MCR is not permitted",
    /// v1: the system would be below the critical ratio.
    SystemBelowCritical = 23 "BorrowerOps: An operation that would result in TCR < CCR is not permitted",
    /// v1: more than the debt is repaid.
    RepaymentTooLarge = 24 "BorrowerOps: Amount repaid must not be larger than the Trove's debt",
    /// v1: the caller has too little of the stablecoin.
    RepaymentUnfunded = 25 "BorrowerOps: Caller doesnt have enough LUSD to make repayment",
    /// v1: a list must not hold a trove without collateral.
    NominalRatioZero = 26 "SortedTroves: NICR must be positive",
    /// v1: a trove has to stay.
    OnlyOneTrove = 27 "TroveManager: Only one trove in the system",
    /// v1: no such trove to liquidate.
    TroveNotLiquidatable = 28 "TroveManager: Trove does not exist or is closed",
    /// v1: an empty list.
    ListEmpty = 29 "TroveManager: Calldata address array must not be empty",
    /// v1: no trove of the list can be liquidated.
    NothingLiquidated = 30 "TroveManager: nothing to liquidate",
    /// v1: deposits are locked while a trove waits for its liquidation.
    WithdrawalLocked = 31 "StabilityPool: Cannot withdraw while there are troves with ICR < MCR",
    /// v1: the caller has no trove to take the gain.
    NoTroveForGain = 32 "StabilityPool: caller must have an active trove to withdraw ETHGain to",
    /// v1: there is no gain.
    NoGain = 33 "StabilityPool: caller must have non-zero ETH Gain",

    /// v2: the rate is too low.
    InterestRateTooLow = 40 "InterestRateTooLow",
    /// v2: the rate is too high.
    InterestRateTooHigh = 41 "InterestRateTooHigh",
    /// v2: the branch is shut down.
    IsShutDown = 42 "IsShutDown",
    /// v2: the system is not below the shutdown ratio.
    TcrNotBelowScr = 43 "TCRNotBelowSCR",
    /// v2: the trove exists or existed.
    TroveExists = 44 "TroveExists",
    /// v2: the trove is not active.
    TroveNotActive = 45 "TroveNotActive",
    /// v2: the trove has no owner any more, or never had one.
    NoOwner = 46 "ERC721: invalid token ID",
    /// v2: the trove is not open.
    TroveNotOpen = 47 "TroveNotOpen",
    /// v2: the caller has too little of the stablecoin.
    NotEnoughBoldBalance = 48 "NotEnoughBoldBalance",
    /// v2: a change of nothing.
    ZeroAdjustment = 49 "ZeroAdjustment",
    /// v2: more collateral than there is.
    CollWithdrawalTooHigh = 50 "CollWithdrawalTooHigh",
    /// v2: the fee is above the caller's limit.
    UpfrontFeeTooHigh = 51 "UpfrontFeeTooHigh",
    /// v2: the debt is too small.
    DebtBelowMin = 52 "DebtBelowMin",
    /// v2: the trove would be below the minimum ratio.
    IcrBelowMcr = 53 "ICRBelowMCR",
    /// v2: the system would be below the critical ratio.
    TcrBelowCcr = 54 "TCRBelowCCR",
    /// v2: below the critical ratio collateral leaves only against a repayment of its worth.
    RepaymentNotMatching = 55 "RepaymentNotMatchingCollWithdrawal",
    /// v2: an empty list.
    EmptyData = 56 "EmptyData",
    /// v2: no trove of the list can be liquidated.
    NothingToLiquidate = 57 "NothingToLiquidate",
    /// v2: a trove has to stay.
    OnlyOneTroveLeft = 58 "OnlyOneTroveLeft",
    /// v2: the pool would be emptied so far that its product vanishes.
    ProductZero = 59 "P must never decrease to 0",
    /// v2: a withdrawal has to leave one unit in the pool.
    PoolBelowMin = 60 "Withdrawal must leave totalBoldDeposits >= MIN_BOLD_IN_SP",
    /// v2: the caller has a deposit.
    DepositExists = 61 "StabilityPool: User must have no deposit",

    /// An amount of nothing.
    AmountZero = 70 "StabilityPool: Amount must be non-zero",
    /// The caller has no deposit.
    DepositAbsent = 71 "StabilityPool: User must have a non-zero deposit",
    /// No surplus to claim.
    NoSurplus = 72 "CollSurplusPool: No collateral available to claim",
    /// A wallet holds too little.
    TransferExceedsBalance = 73 "ERC20: transfer amount exceeds balance",
    /// A wallet holds too little to burn.
    BurnExceedsBalance = 74 "ERC20: burn amount exceeds balance",

    /// v1: a sum left its range.
    AdditionOverflow = 80 "SafeMath: addition overflow",
    /// v1: a difference left its range.
    SubtractionOverflow = 81 "SafeMath: subtraction overflow",
    /// v1: a product left its range.
    MultiplicationOverflow = 82 "SafeMath: multiplication overflow",
    /// v1: a division by zero.
    DivisionByZero = 83 "SafeMath: division by zero",
    /// v1: an assertion of the contract failed.
    Halt = 84 "HALT",
    /// v2: checked arithmetic of the language, which gives no reason.
    NoReason = 85 "NO_REASON",
}

impl From<Fault> for Rejection {
    fn from(fault: Fault) -> Self {
        match fault {
            Fault::Addition => Self::AdditionOverflow,
            Fault::Subtraction => Self::SubtractionOverflow,
            Fault::Multiplication => Self::MultiplicationOverflow,
            Fault::Division => Self::DivisionByZero,
            Fault::Assertion => Self::Halt,
            Fault::ProductZero => Self::ProductZero,
        }
    }
}

impl Rejection {
    /// As a contract says it whose language checks the arithmetic.
    pub(super) fn without_reason(self) -> Self {
        match self {
            Self::AdditionOverflow
            | Self::SubtractionOverflow
            | Self::MultiplicationOverflow
            | Self::DivisionByZero
            | Self::Halt => Self::NoReason,
            other => other,
        }
    }
}

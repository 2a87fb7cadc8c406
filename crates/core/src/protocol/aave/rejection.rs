//! Why the pool refuses, roughly in the order in which its checks come; the exact order of each
//! operation is in `docs/protocols/aave.md`.

use crate::protocol::{panics, rejections};

rejections! {
    /// Why the pool refused.
    pub enum Rejection;

    /// The machine's time would go backward.
    TimeBackward = 0 "TIME_BACKWARD",
    /// The operation does not exist in this version.
    NotInThisVersion = 1 "NOT_IN_THIS_VERSION",
    /// The account is not in the book.
    AccountUnknown = 2 "ACCOUNT_UNKNOWN",
    /// The asset is not listed.
    AssetNotListed = 3 "ASSET_NOT_LISTED",
    /// Only the registered coverage account may eliminate deficits.
    CallerNotUmbrella = 4 "CALLER_NOT_UMBRELLA",
    /// The amount is zero, or more than exists.
    InvalidAmount = 5 "INVALID_AMOUNT",
    /// The reserve has no deficit.
    ReserveNotInDeficit = 6 "RESERVE_NOT_IN_DEFICIT",
    /// The coverage account owes something.
    UserCannotHaveDebt = 7 "USER_CANNOT_HAVE_DEBT",
    /// More than the caller's supply.
    NotEnoughAvailableUserBalance = 8 "NOT_ENOUGH_AVAILABLE_USER_BALANCE",
    /// Only the debtor may say "all".
    NoExplicitAmountToRepayOnBehalf = 9 "NO_EXPLICIT_AMOUNT_TO_REPAY_ON_BEHALF",
    /// An account may not liquidate itself.
    SelfLiquidation = 10 "SELF_LIQUIDATION",
    /// The reserve is switched off.
    ReserveInactive = 11 "RESERVE_INACTIVE",
    /// The reserve is paused.
    ReservePaused = 12 "RESERVE_PAUSED",
    /// The reserve takes no new supply or borrow.
    ReserveFrozen = 13 "RESERVE_FROZEN",
    /// The reserve cannot be borrowed.
    BorrowingNotEnabled = 14 "BORROWING_NOT_ENABLED",
    /// The sequencer is down or came back too recently.
    PriceOracleSentinelCheckFailed = 15 "PRICE_ORACLE_SENTINEL_CHECK_FAILED",
    /// Liquidations are withheld for a time after a pause.
    LiquidationGraceSentinelCheckFailed = 16 "LIQUIDATION_GRACE_SENTINEL_CHECK_FAILED",
    /// The account is healthy.
    HealthFactorNotBelowThreshold = 17 "HEALTH_FACTOR_NOT_BELOW_THRESHOLD",
    /// The account's supply of the asset is no collateral.
    CollateralCannotBeLiquidated = 18 "COLLATERAL_CANNOT_BE_LIQUIDATED",
    /// The account does not owe the asset.
    SpecifiedCurrencyNotBorrowedByUser = 19 "SPECIFIED_CURRENCY_NOT_BORROWED_BY_USER",
    /// More would be supplied than the cap allows.
    SupplyCapExceeded = 20 "SUPPLY_CAP_EXCEEDED",
    /// More would be borrowed than the cap allows.
    BorrowCapExceeded = 21 "BORROW_CAP_EXCEEDED",
    /// The asset may not be borrowed against isolated collateral.
    AssetNotBorrowableInIsolation = 22 "ASSET_NOT_BORROWABLE_IN_ISOLATION",
    /// The ceiling of debt against the isolated collateral is reached.
    DebtCeilingExceeded = 23 "DEBT_CEILING_EXCEEDED",
    /// The category does not exist or does not fit.
    InconsistentEmodeCategory = 24 "INCONSISTENT_EMODE_CATEGORY",
    /// The asset may not be borrowed in the category.
    NotBorrowableInEmode = 25 "NOT_BORROWABLE_IN_EMODE",
    /// A debt does not fit the category.
    InvalidDebtInEmode = 26 "INVALID_DEBT_IN_EMODE",
    /// A collateral does not fit the category.
    InvalidCollateralInEmode = 27 "INVALID_COLLATERAL_IN_EMODE",
    /// The account has no collateral.
    CollateralBalanceIsZero = 28 "COLLATERAL_BALANCE_IS_ZERO",
    /// Collateral without borrowing power stands in the way.
    LtvValidationFailed = 29 "LTV_VALIDATION_FAILED",
    /// The account would be liquidatable.
    HealthFactorLowerThanLiquidationThreshold = 30 "HEALTH_FACTOR_LOWER_THAN_LIQUIDATION_THRESHOLD",
    /// The collateral does not cover the borrow.
    CollateralCannotCoverNewBorrow = 31 "COLLATERAL_CANNOT_COVER_NEW_BORROW",
    /// A siloed asset must be the single debt.
    SiloedBorrowingViolation = 32 "SILOED_BORROWING_VIOLATION",
    /// The account does not owe the asset.
    NoDebtOfSelectedType = 33 "NO_DEBT_OF_SELECTED_TYPE",
    /// The account has no supply of the asset.
    UnderlyingBalanceZero = 34 "UNDERLYING_BALANCE_ZERO",
    /// The supply may not become collateral.
    UserInIsolationModeOrLtvZero = 35 "USER_IN_ISOLATION_MODE_OR_LTV_ZERO",
    /// The supply may not become collateral: it has no borrowing power.
    UserHasAssetWithZeroLtv = 36 "USER_HAS_ASSET_WITH_ZERO_LTV",
    /// A rest of little worth would be left.
    MustNotLeaveDust = 37 "MUST_NOT_LEAVE_DUST",
    /// The scaled amount to mint is zero.
    InvalidMintAmount = 38 "INVALID_MINT_AMOUNT",
    /// The scaled amount to burn is zero.
    InvalidBurnAmount = 39 "INVALID_BURN_AMOUNT",
    /// Does not fit the contract's storage.
    SafeCastOverflow = 40 "SAFE_CAST_OVERFLOW",
    /// A checked sum, difference or product left its range.
    Panic0x11 = 41 "PANIC_0x11",
    /// A division by zero.
    Panic0x12 = 42 "PANIC_0x12",
    /// A number left its range inside the fixed-point library, which gives no reason.
    EmptyRevert = 43 "EMPTY_REVERT",
    /// A wallet or the pool holds too few tokens.
    Erc20InsufficientBalance = 44 "ERC20_INSUFFICIENT_BALANCE",
}

panics!(Rejection);

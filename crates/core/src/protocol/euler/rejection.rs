//! Why the cluster refuses, roughly in the order in which its checks come; the exact order of each
//! operation is in `docs/protocols/euler.md`.

use crate::protocol::{panics, rejections};

rejections! {
    /// Why the cluster refused.
    pub enum Rejection;

    /// The machine's time would go backward.
    TimeBackward = 0 "TIME_BACKWARD",
    /// The account is not in the book.
    AccountUnknown = 1 "ACCOUNT_UNKNOWN",
    /// The vault is not in the cluster.
    VaultUnknown = 2 "VAULT_UNKNOWN",
    /// The caller has not made the vault its controller.
    ControllerDisabled = 3 "E_ControllerDisabled",
    /// The operation is switched off.
    OperationDisabled = 4 "E_OperationDisabled",
    /// A set of the connector is full.
    TooManyElements = 5 "TooManyElements",
    /// Collaterals at these places cannot change places.
    InvalidIndex = 6 "InvalidIndex",
    /// The account still owes the vault.
    OutstandingDebt = 7 "E_OutstandingDebt",
    /// From and to are one account.
    SelfTransfer = 8 "E_SelfTransfer",
    /// The assets are worth no share.
    ZeroShares = 9 "E_ZeroShares",
    /// The shares are worth no asset.
    ZeroAssets = 10 "E_ZeroAssets",
    /// The vault holds too few assets.
    InsufficientCash = 11 "E_InsufficientCash",
    /// The account holds too few shares.
    InsufficientBalance = 12 "E_InsufficientBalance",
    /// More than is owed.
    RepayTooMuch = 13 "E_RepayTooMuch",
    /// More than is owed by whom the debt is taken from.
    InsufficientDebt = 14 "E_InsufficientDebt",
    /// An account may not liquidate itself.
    SelfLiquidation = 15 "E_SelfLiquidation",
    /// The collateral never had a loan-to-value.
    BadCollateral = 16 "E_BadCollateral",
    /// The account has several controllers, as happens within a batch.
    TransientState = 17 "E_TransientState",
    /// The account has no controller.
    NoLiability = 18 "E_NoLiability",
    /// The account's controller is another vault.
    NotController = 19 "E_NotController",
    /// The account has not enabled the collateral.
    CollateralDisabled = 20 "E_CollateralDisabled",
    /// The account was touched before in the same batch.
    ViolatorLiquidityDeferred = 21 "E_ViolatorLiquidityDeferred",
    /// The account was found healthy too short a time ago.
    LiquidationCoolOff = 22 "E_LiquidationCoolOff",
    /// The vault has no oracle.
    NoPriceOracle = 23 "E_NoPriceOracle",
    /// More than may be repaid.
    ExcessiveRepayAmount = 24 "E_ExcessiveRepayAmount",
    /// Less would be seized than the caller asks for.
    MinYield = 25 "E_MinYield",
    /// A vault cannot be its own collateral.
    InvalidLtvAsset = 26 "E_InvalidLTVAsset",
    /// More than 100 %.
    ConfigAmountTooLargeToEncode = 27 "E_ConfigAmountTooLargeToEncode",
    /// The loan-to-value of borrowing exceeds that of liquidation.
    LtvBorrow = 28 "E_LTVBorrow",
    /// Only a fall of the loan-to-value can be stretched over time.
    LtvLiquidation = 29 "E_LTVLiquidation",
    /// A discount of 100 %.
    BadMaxLiquidationDiscount = 30 "E_BadMaxLiquidationDiscount",
    /// The fee is outside its range.
    BadFee = 31 "E_BadFee",
    /// The cap on supply is wider than what can be held.
    BadSupplyCap = 32 "E_BadSupplyCap",
    /// The cap on borrows is wider than what can be owed.
    BadBorrowCap = 33 "E_BadBorrowCap",
    /// Unknown bits of a setting.
    NotSupported = 34 "E_NotSupported",
    /// Assets or shares beyond 112 bits.
    AmountTooLargeToEncode = 35 "E_AmountTooLargeToEncode",
    /// A debt beyond 112 bits of assets.
    DebtAmountTooLargeToEncode = 36 "E_DebtAmountTooLargeToEncode",
    /// A checked sum, difference or product left its range.
    Panic0x11 = 37 "Panic(0x11)",
    /// A division by zero.
    Panic0x12 = 38 "Panic(0x12)",
    /// After the call the account has several controllers.
    ControllerViolation = 39 "EVC_ControllerViolation",
    /// After the call the collateral does not exceed the debt.
    AccountLiquidity = 40 "E_AccountLiquidity",
    /// After the call more is borrowed than the cap allows.
    BorrowCapExceeded = 41 "E_BorrowCapExceeded",
    /// After the call more is supplied than the cap allows.
    SupplyCapExceeded = 42 "E_SupplyCapExceeded",
}

panics!(Rejection);

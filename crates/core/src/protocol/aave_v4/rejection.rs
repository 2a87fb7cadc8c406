//! Why the contracts refuse, roughly in the order in which their checks come; the exact order of
//! each operation is in `docs/protocols/aave-v4.md`.

use crate::protocol::{panics, rejections};

rejections! {
    /// Why the market refused.
    pub enum Rejection;

    /// The machine's time would go backward.
    TimeBackward = 0 "TIME_BACKWARD",
    /// The account is not in the book.
    AccountUnknown = 1 "ACCOUNT_UNKNOWN",
    /// The spoke does not exist.
    SpokeUnknown = 2 "SPOKE_UNKNOWN",
    /// The caller has not the role that the operation needs.
    AccessManagedUnauthorized = 3 "AccessManagedUnauthorized",
    /// Only the owner of the spoke may.
    OwnableUnauthorizedAccount = 4 "OwnableUnauthorizedAccount",
    /// Only the account itself or a position manager that it approved may.
    Unauthorized = 5 "Unauthorized",
    /// The oracle has no positive answer.
    InvalidPrice = 6 "InvalidPrice",
    /// The reserve is not listed on the spoke.
    ReserveNotListed = 7 "ReserveNotListed",
    /// The asset is not listed on the hub.
    AssetNotListed = 8 "AssetNotListed",
    /// An account may not liquidate itself.
    SelfLiquidation = 9 "SelfLiquidation",
    /// Nothing was offered to repay.
    InvalidDebtToCover = 10 "InvalidDebtToCover",
    /// The reserve is paused.
    ReservePaused = 11 "ReservePaused",
    /// The reserve takes no new supply or borrow.
    ReserveFrozen = 12 "ReserveFrozen",
    /// The reserve cannot be borrowed.
    ReserveNotBorrowable = 13 "ReserveNotBorrowable",
    /// The account has no supply in the reserve.
    ReserveNotSupplied = 14 "ReserveNotSupplied",
    /// The account owes nothing in the reserve.
    ReserveNotBorrowed = 15 "ReserveNotBorrowed",
    /// The account is healthy.
    HealthFactorNotBelowThreshold = 16 "HealthFactorNotBelowThreshold",
    /// The supply does not count as collateral.
    ReserveNotEnabledAsCollateral = 17 "ReserveNotEnabledAsCollateral",
    /// The liquidator may not take shares of this reserve.
    CannotReceiveShares = 18 "CannotReceiveShares",
    /// The offered repayment would leave a rest of little worth.
    MustNotLeaveDust = 19 "MustNotLeaveDust",
    /// An amount of zero.
    InvalidAmount = 20 "InvalidAmount",
    /// The hub does not deal with the spoke.
    SpokeNotActive = 21 "SpokeNotActive",
    /// The hub has stopped the spoke's movements of liquidity.
    SpokeHalted = 22 "SpokeHalted",
    /// More than the hub takes from the spoke.
    AddCapExceeded = 23 "AddCapExceeded",
    /// More than the hub lends to the spoke.
    DrawCapExceeded = 24 "DrawCapExceeded",
    /// More drawn debt restored than the spoke owes.
    SurplusDrawnRestored = 25 "SurplusDrawnRestored",
    /// More premium restored than the spoke owes.
    SurplusPremiumRayRestored = 26 "SurplusPremiumRayRestored",
    /// More drawn debt written off than the spoke owes.
    SurplusDrawnDeficitReported = 27 "SurplusDrawnDeficitReported",
    /// More premium written off than the spoke owes.
    SurplusPremiumRayDeficitReported = 28 "SurplusPremiumRayDeficitReported",
    /// The hub has too little of the asset at hand.
    InsufficientLiquidity = 29 "InsufficientLiquidity",
    /// The amount is worth no share.
    InvalidShares = 30 "InvalidShares",
    /// A change of premium does not add up, or exceeds what the spoke may have.
    InvalidPremiumChange = 31 "InvalidPremiumChange",
    /// The account uses as many reserves as the spoke allows.
    MaximumUserReservesExceeded = 32 "MaximumUserReservesExceeded",
    /// A number does not fit the list that the risk premium is computed from.
    MaxDataSizeExceeded = 33 "MaxDataSizeExceeded",
    /// The account would be liquidatable.
    HealthFactorBelowThreshold = 34 "HealthFactorBelowThreshold",
    /// The target, the bonus factor or the health for the largest bonus is out of range.
    InvalidLiquidationConfig = 35 "InvalidLiquidationConfig",
    /// The collateral risk is above 100 000 bps.
    InvalidCollateralRisk = 36 "InvalidCollateralRisk",
    /// No more keys for parameter sets.
    MaximumDynamicConfigKeyReached = 37 "MaximumDynamicConfigKeyReached",
    /// No parameter set has this key.
    DynamicConfigKeyUninitialized = 38 "DynamicConfigKeyUninitialized",
    /// The collateral factor of a set in use may not become zero.
    InvalidCollateralFactor = 39 "InvalidCollateralFactor",
    /// The collateral factor and the largest bonus would leave debt uncovered.
    InvalidCollateralFactorAndMaxLiquidationBonus = 40
        "InvalidCollateralFactorAndMaxLiquidationBonus",
    /// The fee is above 10 000 bps.
    InvalidLiquidationFee = 41 "InvalidLiquidationFee",
    /// The hub does not list the spoke for this asset.
    SpokeNotListed = 42 "SpokeNotListed",
    /// The hub lists the spoke for this asset already.
    SpokeAlreadyListed = 43 "SpokeAlreadyListed",
    /// The fee is above 10 000 bps.
    InvalidLiquidityFee = 44 "InvalidLiquidityFee",
    /// A controller is needed while liquidity is swept.
    InvalidReinvestmentController = 45 "InvalidReinvestmentController",
    /// Only the asset's reinvestment controller may.
    OnlyReinvestmentController = 46 "OnlyReinvestmentController",
    /// The optimal usage is below 100 or above 9900 bps.
    InvalidOptimalUsageRatio = 47 "InvalidOptimalUsageRatio",
    /// The largest rate is above 100 000 bps.
    InvalidMaxDrawnRate = 48 "InvalidMaxDrawnRate",
    /// A number without sign does not fit the contract's storage.
    SafeCastOverflowedUintDowncast = 49 "SafeCastOverflowedUintDowncast",
    /// A number with sign does not fit the contract's storage.
    SafeCastOverflowedIntDowncast = 50 "SafeCastOverflowedIntDowncast",
    /// A number is too large to take a sign.
    SafeCastOverflowedUintToInt = 51 "SafeCastOverflowedUintToInt",
    /// A negative number cannot lose its sign.
    SafeCastOverflowedIntToUint = 52 "SafeCastOverflowedIntToUint",
    /// A checked sum, difference or product left its range.
    Panic0x11 = 53 "Panic(0x11)",
    /// A division by zero.
    Panic0x12 = 54 "Panic(0x12)",
    /// A number left its range inside the fixed-point library, which gives no reason.
    EmptyRevert = 55 "EMPTY_REVERT",
    /// A wallet holds too few tokens.
    Erc20InsufficientBalance = 56 "ERC20_INSUFFICIENT_BALANCE",
}

panics!(Rejection);

//! Why the contracts refuse.

use crate::protocol::{panics, rejections};

rejections! {
    /// Why Umbrella refused.
    pub enum Rejection;

    /// The machine's time would go backward.
    TimeBackward = 0 "TIME_BACKWARD",
    /// The account is not in the book.
    AccountUnknown = 1 "ACCOUNT_UNKNOWN",
    /// The fee is above 10 000 bps.
    InvalidLiquidationFee = 2 "InvalidLiquidationFee",
    /// The stake token does not exist.
    InvalidStakeToken = 3 "InvalidStakeToken",
    /// The stake's asset and the reserve have different decimals.
    InvalidNumberOfDecimals = 4 "InvalidNumberOfDecimals",
    /// The pool does not list the reserve.
    InvalidReserve = 5 "InvalidReserve",
    /// The oracle of the stake's asset has no positive answer.
    InvalidOraclePrice = 6 "InvalidOraclePrice",
    /// The stake token covers another reserve.
    UmbrellaStakeAlreadySetForAnotherReserve = 7 "UmbrellaStakeAlreadySetForAnotherReserve",
    /// No stake token covers the reserve.
    ReserveCoverageNotSetup = 8 "ReserveCoverageNotSetup",
    /// The offset would leave part of the deficit unexplained.
    TooMuchDeficitOffsetReduction = 9 "TooMuchDeficitOffsetReduction",
    /// A reserve with stakes, offset or pending deficit is not covered directly.
    ReserveIsConfigured = 10 "ReserveIsConfigured",
    /// Nothing is there to cover.
    ZeroDeficitToCover = 11 "ZeroDeficitToCover",
    /// The pool covers no deficit with nothing.
    InvalidAmount = 12 "INVALID_AMOUNT",
    /// No new deficit, or not exactly one stake token.
    CannotSlash = 13 "CannotSlash",
    /// The vault is paused.
    EnforcedPause = 14 "EnforcedPause",
    /// The slashed amount rounds to nothing.
    ZeroAmountSlashing = 15 "ZeroAmountSlashing",
    /// The vault holds only what always stays.
    ZeroFundsAvailable = 16 "ZeroFundsAvailable",
    /// Without shares no cooldown.
    ZeroBalanceInStaking = 17 "ZeroBalanceInStaking",
    /// A paused vault takes nothing.
    Erc4626ExceededMaxDeposit = 18 "ERC4626ExceededMaxDeposit",
    /// A paused vault mints nothing.
    Erc4626ExceededMaxMint = 19 "ERC4626ExceededMaxMint",
    /// More than may be withdrawn now.
    Erc4626ExceededMaxWithdraw = 20 "ERC4626ExceededMaxWithdraw",
    /// More than may be redeemed now.
    Erc4626ExceededMaxRedeem = 21 "ERC4626ExceededMaxRedeem",
    /// More shares than the account has.
    Erc20InsufficientBalance = 22 "ERC20InsufficientBalance",
    /// A number does not fit the contract's storage.
    SafeCastOverflowedUintDowncast = 23 "SafeCastOverflowedUintDowncast",
    /// A checked sum, difference or product left its range.
    Panic0x11 = 24 "Panic(0x11)",
    /// A division by zero.
    Panic0x12 = 25 "Panic(0x12)",
}

panics!(Rejection);

/// Result of a rule.
pub(super) type Ruled<T> = Result<T, Rejection>;

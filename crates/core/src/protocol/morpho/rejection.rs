//! Why a market refuses, roughly in the order in which its checks come; the exact order of each
//! operation is in `docs/protocols/morpho.md`.

use crate::protocol::{panics, rejections};

rejections! {
    /// Why the market refused.
    pub enum Rejection;

    /// The machine's time would go backward.
    TimeBackward = 0 "TIME_BACKWARD",
    /// The account is not in the book.
    AccountUnknown = 1 "ACCOUNT_UNKNOWN",
    /// The market exists already.
    MarketAlreadyCreated = 2 "market already created",
    /// The market does not exist yet.
    MarketNotCreated = 3 "market not created",
    /// The setting is what it was.
    AlreadySet = 4 "already set",
    /// The fee is above a quarter of the interest.
    MaxFeeExceeded = 5 "max fee exceeded",
    /// Not exactly one of two quantities is zero.
    InconsistentInput = 6 "inconsistent input",
    /// The amount is zero.
    ZeroAssets = 7 "zero assets",
    /// The caller may not act for the account.
    Unauthorized = 8 "unauthorized",
    /// The position is healthy.
    HealthyPosition = 9 "position is healthy",
    /// The position would be unhealthy.
    InsufficientCollateral = 10 "insufficient collateral",
    /// More would be lent than was supplied.
    InsufficientLiquidity = 11 "insufficient liquidity",
    /// Does not fit the contract's storage.
    MaxUint128Exceeded = 12 "max uint128 exceeded",
    /// A checked sum, difference or product left its range.
    Panic0x11 = 13 "Panic(0x11)",
    /// A division by zero.
    Panic0x12 = 14 "Panic(0x12)",
}

panics!(Rejection);

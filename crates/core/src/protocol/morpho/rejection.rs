//! Why a market refuses, roughly in the order in which its checks come; the exact order of each
//! operation is in `docs/protocols/morpho.md`.

use crate::protocol::rejections;
use crate::units::Overflow;

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

impl From<Overflow> for Rejection {
    fn from(overflow: Overflow) -> Self {
        match overflow {
            Overflow::Arithmetic => Self::Panic0x11,
            Overflow::DivisionByZero => Self::Panic0x12,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_and_names_are_unique_and_ordered() {
        let mut names: Vec<_> = Rejection::ALL.iter().map(|r| r.name()).collect();
        assert!(Rejection::ALL.windows(2).all(|pair| pair[0] < pair[1]));
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), Rejection::ALL.len());
    }
}

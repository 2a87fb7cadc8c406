//! How good a price is, and what for.
//!
//! The ladder and the default table follow Drift v2 (`math/oracle.rs`): a price may be good enough to
//! liquidate and too poor to borrow.

use std::fmt;

/// How good a price is; later is better.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Quality {
    /// There is no price.
    NonPositive,
    /// The sources have moved away from the last price by more than the limit, or a peg is broken
    /// whose rule says that no price holds then.
    TooVolatile,
    /// The sources disagree by more than the limit, or too few of them agree.
    TooUncertain,
    /// Too few sources answer: an earlier price is told again. A frozen oracle tells this too.
    Stale,
    /// The window of a mean over time is not yet filled.
    Insufficient,
    /// The speed limit or a bound of the asset class holds the price.
    Limited,
    /// Nothing is wrong.
    Valid,
}

/// What a price is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Purpose {
    /// More debt.
    Borrow,
    /// Less collateral.
    Withdraw,
    /// A liquidation.
    Liquidate,
    /// Funding, profit and loss, and other settlements between accounts.
    Settle,
}

impl Purpose {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Borrow, Self::Withdraw, Self::Liquidate, Self::Settle];
}

impl fmt::Display for Purpose {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Borrow => "borrow",
            Self::Withdraw => "withdraw",
            Self::Liquidate => "liquidate",
            Self::Settle => "settle",
        })
    }
}

/// The least quality for each purpose. A better price is good for all that a worse one is good for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Validity {
    /// Least quality to borrow at.
    pub borrow: Quality,
    /// Least quality to withdraw collateral at.
    pub withdraw: Quality,
    /// Least quality to liquidate at.
    pub liquidate: Quality,
    /// Least quality to settle at.
    pub settle: Quality,
}

impl Validity {
    /// Any price will do for anything.
    pub const ANY: Self = Self {
        borrow: Quality::TooVolatile,
        withdraw: Quality::TooVolatile,
        liquidate: Quality::TooVolatile,
        settle: Quality::TooVolatile,
    };

    /// Stale and uncertain prices still liquidate, stale ones settle, and only prices with a quorum
    /// behind them let anybody borrow or withdraw.
    pub const LADDER: Self = Self {
        borrow: Quality::Insufficient,
        withdraw: Quality::Insufficient,
        liquidate: Quality::TooUncertain,
        settle: Quality::Stale,
    };

    /// The least quality for a purpose.
    pub fn least(&self, purpose: Purpose) -> Quality {
        match purpose {
            Purpose::Borrow => self.borrow,
            Purpose::Withdraw => self.withdraw,
            Purpose::Liquidate => self.liquidate,
            Purpose::Settle => self.settle,
        }
    }

    /// Whether a price of this quality is good enough.
    pub fn allows(&self, quality: Quality, purpose: Purpose) -> bool {
        quality > Quality::NonPositive && quality >= self.least(purpose)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use Quality::{Insufficient, Limited, NonPositive, Stale, TooUncertain, TooVolatile, Valid};

    const LADDER: [Quality; 7] = [
        NonPositive,
        TooVolatile,
        TooUncertain,
        Stale,
        Insufficient,
        Limited,
        Valid,
    ];

    #[test]
    fn what_each_rung_is_good_for() {
        // Borrow, withdraw, liquidate, settle.
        let table = [
            (NonPositive, [false, false, false, false]),
            (TooVolatile, [false, false, false, false]),
            (TooUncertain, [false, false, true, false]),
            (Stale, [false, false, true, true]),
            (Insufficient, [true, true, true, true]),
            (Limited, [true, true, true, true]),
            (Valid, [true, true, true, true]),
        ];
        for (quality, want) in table {
            let got = Purpose::ALL.map(|purpose| Validity::LADDER.allows(quality, purpose));
            assert_eq!(got, want, "{quality:?}");
            let any = Purpose::ALL.map(|purpose| Validity::ANY.allows(quality, purpose));
            assert_eq!(any, [quality != NonPositive; 4], "{quality:?}");
        }
    }

    /// Over every table there is: what a worse price is good for, a better one is good for.
    #[test]
    fn a_better_price_is_never_worse_for_anything() {
        for least in LADDER {
            let table = Validity {
                borrow: least,
                withdraw: least,
                liquidate: least,
                settle: least,
            };
            for purpose in Purpose::ALL {
                let allowed = LADDER.map(|quality| table.allows(quality, purpose));
                assert!(allowed.is_sorted(), "{least:?} {purpose}: {allowed:?}");
                assert!(!allowed[0], "no price is good for nothing");
            }
        }
    }
}

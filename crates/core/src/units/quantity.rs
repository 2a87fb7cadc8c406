//! The newtypes. Each states its unit and scale; same unit adds and subtracts, checked.

use super::mul_div::{Overflow, wide};
use ruint::aliases::U256;
use std::fmt;

macro_rules! quantity {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub struct $name(pub U256);

        impl $name {
            /// Nothing.
            pub const ZERO: Self = Self(U256::ZERO);
            /// The largest value, 2^256 − 1; contracts use it to say "all" or "no limit".
            pub const MAX: Self = Self(U256::MAX);

            /// A value from a number that always fits.
            #[inline]
            pub fn new(n: u128) -> Self {
                Self(wide(n))
            }

            /// Whether this is nothing.
            #[inline]
            pub fn is_zero(self) -> bool {
                let [a, b, c, d] = self.0.into_limbs();
                a | b | c | d == 0
            }

            /// The sum.
            ///
            /// # Errors
            /// [`Overflow::Arithmetic`] above 2^256 − 1.
            #[inline]
            pub fn plus(self, other: Self) -> Result<Self, Overflow> {
                self.0.checked_add(other.0).map(Self).ok_or(Overflow::Arithmetic)
            }

            /// The difference.
            ///
            /// # Errors
            /// [`Overflow::Arithmetic`] below zero.
            #[inline]
            pub fn minus(self, other: Self) -> Result<Self, Overflow> {
                self.0.checked_sub(other.0).map(Self).ok_or(Overflow::Arithmetic)
            }

            /// The difference, or nothing when it would be negative.
            #[inline]
            pub fn minus_or_zero(self, other: Self) -> Self {
                Self(self.0.saturating_sub(other.0))
            }
        }

        impl From<u128> for $name {
            #[inline]
            fn from(n: u128) -> Self {
                Self(wide(n))
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(&self.0, f)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!(stringify!($name), "({})"), self.0)
            }
        }
    };
}

quantity!(
    /// Base units of an asset: 10^−decimals of a whole token.
    Amount
);
quantity!(
    /// Scaled units: an amount divided by an [`Index`]; constant while interest accrues.
    Shares
);
quantity!(
    /// Oracle price of one whole token, in the base currency's smallest unit.
    Price
);
quantity!(
    /// A sum of money in the base currency's smallest unit.
    Value
);
quantity!(
    /// Cumulated growth of one unit since the start, in ray (10^27 = 1).
    Index
);
quantity!(
    /// Interest per year of 365 days, in ray (10^27 = 100 %).
    Rate
);
quantity!(
    /// A pure number in wad (10^18 = 1), such as a health factor; [`Ratio::MAX`] is "no debt".
    Ratio
);

/// Basis points: 10 000 = 100 %. A liquidation bonus is stored as 10 000 plus the bonus.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Bps(pub u16);

impl Bps {
    /// The number as an operand of [`super::mul_div`].
    pub fn wide(self) -> U256 {
        U256::from(self.0)
    }
}

/// Seconds since 1970-01-01 00:00 UTC.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Timestamp(pub u64);

impl Timestamp {
    /// Seconds from `earlier` to `self`; zero when `earlier` is later.
    pub fn seconds_since(self, earlier: Self) -> u64 {
        self.0.saturating_sub(earlier.0)
    }
}

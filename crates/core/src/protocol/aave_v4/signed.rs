//! A number with a sign, as wide as the contracts' `int256`.

use super::math::Ruled;
use super::rejection::Rejection;
use crate::units::U256;
use std::fmt;

/// A whole number of shares, or of asset units times 10^27, with a sign. Zero has none, so equal
/// numbers are equal.
#[derive(Clone, Copy, Default, PartialEq, Eq, Hash)]
pub struct Signed {
    magnitude: U256,
    negative: bool,
}

impl Signed {
    /// Zero.
    pub const ZERO: Self = Self {
        magnitude: U256::ZERO,
        negative: false,
    };

    /// A number from its magnitude and sign.
    pub fn new(magnitude: U256, negative: bool) -> Self {
        Self {
            magnitude,
            negative: negative && !magnitude.is_zero(),
        }
    }

    /// The number without its sign.
    pub fn magnitude(self) -> U256 {
        self.magnitude
    }

    /// Whether it is below zero.
    pub fn is_negative(self) -> bool {
        self.negative
    }

    /// A number without sign takes one.
    pub(super) fn from_unsigned(n: U256) -> Ruled<Self> {
        let fits = n.bit_len() <= 255;
        let number = Self::new(n, false);
        fits.then_some(number)
            .ok_or(Rejection::SafeCastOverflowedUintToInt)
    }

    /// A number that is not negative loses its sign.
    pub(super) fn to_unsigned(self) -> Ruled<U256> {
        if self.negative {
            return Err(Rejection::SafeCastOverflowedIntToUint);
        }
        Ok(self.magnitude)
    }

    fn negated(self) -> Self {
        Self::new(self.magnitude, !self.negative)
    }

    /// The sum.
    pub(super) fn plus(self, other: Self) -> Ruled<Self> {
        let sum = if self.negative == other.negative {
            let magnitude = self.magnitude.checked_add(other.magnitude);
            Self::new(magnitude.ok_or(Rejection::Panic0x11)?, self.negative)
        } else if self.magnitude >= other.magnitude {
            Self::new(
                self.magnitude.saturating_sub(other.magnitude),
                self.negative,
            )
        } else {
            Self::new(
                other.magnitude.saturating_sub(self.magnitude),
                other.negative,
            )
        };
        sum.fits(256).then_some(sum).ok_or(Rejection::Panic0x11)
    }

    /// The difference.
    pub(super) fn minus(self, other: Self) -> Ruled<Self> {
        self.plus(other.negated())
    }

    /// A cast to the 200 bits of storage.
    pub(super) fn stored(self) -> Ruled<Self> {
        self.fits(200)
            .then_some(self)
            .ok_or(Rejection::SafeCastOverflowedIntDowncast)
    }

    /// Whether a two's complement of so many bits holds it.
    pub(super) fn fits(self, bits: usize) -> bool {
        let below = bits.saturating_sub(1);
        let lowest = self.negative && self.magnitude == U256::ONE.wrapping_shl(below);
        self.magnitude.bit_len() <= below || lowest
    }

    /// `held + self` for a number without sign.
    pub(super) fn added_to(self, held: U256) -> Ruled<U256> {
        let sum = if self.negative {
            held.checked_sub(self.magnitude)
        } else {
            held.checked_add(self.magnitude)
        };
        sum.ok_or(Rejection::Panic0x11)
    }
}

impl fmt::Display for Signed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.negative { "-" } else { "" };
        write!(f, "{sign}{}", self.magnitude)
    }
}

impl fmt::Debug for Signed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Signed({self})")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn number(n: i64) -> Signed {
        Signed::new(U256::from(n.unsigned_abs()), n < 0)
    }

    #[test]
    fn adds_and_subtracts() {
        for a in -4..=4 {
            for b in -4..=4 {
                assert_eq!(number(a).plus(number(b)), Ok(number(a + b)));
                assert_eq!(number(a).minus(number(b)), Ok(number(a - b)));
            }
        }
    }

    #[test]
    fn keeps_to_its_widths() {
        let edge = U256::ONE << 255;
        let (low, high) = (
            Signed::new(edge, true),
            Signed::new(edge - U256::ONE, false),
        );
        assert_eq!(low.plus(number(-1)), Err(Rejection::Panic0x11));
        assert_eq!(high.plus(number(1)), Err(Rejection::Panic0x11));
        assert_eq!(high.minus(low), Err(Rejection::Panic0x11));
        assert_eq!(low.minus(high.negated()), Ok(number(-1)));
        let from = Signed::from_unsigned;
        assert_eq!(from(edge), Err(Rejection::SafeCastOverflowedUintToInt));
        assert_eq!(from(edge - U256::ONE), Ok(high));
        let refused = Err(Rejection::SafeCastOverflowedIntToUint);
        assert_eq!(number(-1).to_unsigned(), refused);
        let half = U256::ONE << 199;
        let stored = |n: U256, negative| Signed::new(n, negative).stored().is_ok();
        assert!(stored(half, true) && !stored(half, false));
        assert!(!stored(half + U256::ONE, true) && stored(half - U256::ONE, false));
        assert_eq!(number(-3).added_to(U256::from(3)), Ok(U256::ZERO));
        let low = number(-3).added_to(U256::from(2));
        assert_eq!(low, Err(Rejection::Panic0x11));
        assert_eq!(format!("{} {:?}", number(-3), number(0)), "-3 Signed(0)");
    }
}

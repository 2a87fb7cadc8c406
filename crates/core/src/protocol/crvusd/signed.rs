//! Signed 256-bit integers as the virtual machine has them: two's complement.

use crate::units::{U256, div};
use std::cmp::Ordering;
use std::fmt;

/// A signed 256-bit integer, such as a health in wad (10^18 = 1).
#[derive(Clone, Copy, Default, PartialEq, Eq, Hash)]
pub struct Signed(U256);

impl Signed {
    /// Nothing.
    pub const ZERO: Self = Self(U256::ZERO);

    /// A number of 128 bits.
    pub const fn small(n: i128) -> Self {
        let [a, b] = halves(n);
        let fill = if n < 0 { u64::MAX } else { 0 };
        Self(U256::from_limbs([a, b, fill, fill]))
    }

    /// The same number; nothing from 2^255 on.
    pub fn of(n: U256) -> Option<Self> {
        let signed = Self(n);
        (!signed.is_negative()).then_some(signed)
    }

    /// Whether this is below zero.
    pub fn is_negative(self) -> bool {
        self.0.bit(255)
    }

    /// The distance from zero.
    pub fn magnitude(self) -> U256 {
        if self.is_negative() {
            self.0.wrapping_neg()
        } else {
            self.0
        }
    }

    /// The number, where it is not below zero.
    pub fn unsigned(self) -> Option<U256> {
        (!self.is_negative()).then_some(self.0)
    }

    /// The number, where it fits 64 bits.
    pub fn narrow(self) -> Option<i64> {
        let magnitude = i64::try_from(self.magnitude()).ok()?;
        if self.is_negative() {
            magnitude.checked_neg()
        } else {
            Some(magnitude)
        }
    }

    pub(super) fn add(self, other: Self) -> Self {
        Self(self.0.wrapping_add(other.0))
    }

    pub(super) fn sub(self, other: Self) -> Self {
        Self(self.0.wrapping_sub(other.0))
    }

    pub(super) fn times(self, other: Self) -> Self {
        Self(self.0.wrapping_mul(other.0))
    }

    pub(super) fn checked_add(self, other: Self) -> Option<Self> {
        let sum = self.add(other);
        let fits =
            self.is_negative() != other.is_negative() || sum.is_negative() == self.is_negative();
        fits.then_some(sum)
    }

    pub(super) fn checked_sub(self, other: Self) -> Option<Self> {
        let rest = self.sub(other);
        let fits =
            self.is_negative() == other.is_negative() || rest.is_negative() == self.is_negative();
        fits.then_some(rest)
    }

    /// The product; nothing where its distance from zero reaches 2^255.
    pub(super) fn checked_times(self, other: Self) -> Option<Self> {
        let magnitude = self.magnitude().checked_mul(other.magnitude())?;
        let product = Self::of(magnitude)?;
        Some(product.with_sign(self.is_negative() != other.is_negative()))
    }

    /// The quotient toward zero; zero where the divisor is, as the machine's instruction has it.
    pub(super) fn over(self, divisor: Self) -> Self {
        let quotient = div(self.magnitude(), divisor.magnitude());
        Self(quotient.unwrap_or_default()).with_sign(self.is_negative() != divisor.is_negative())
    }

    /// The quotient by 2^96 toward zero.
    pub(super) fn over_q96(self) -> Self {
        let quotient = self.magnitude().wrapping_shr(96);
        Self(quotient).with_sign(self.is_negative())
    }

    /// The quotient by 2^`bits`, downward. `bits` lies from 1 to 255.
    pub(super) fn shift_down(self, bits: usize) -> Self {
        let low = self.0.wrapping_shr(bits);
        if self.is_negative() {
            let fill = U256::MAX.wrapping_shl(256usize.saturating_sub(bits));
            Self(low | fill)
        } else {
            Self(low)
        }
    }

    fn with_sign(self, negative: bool) -> Self {
        if negative {
            Self(self.0.wrapping_neg())
        } else {
            self
        }
    }
}

/// The two words of a number.
const fn halves(n: i128) -> [u64; 2] {
    let b = n.to_le_bytes();
    [
        u64::from_le_bytes([b[0], b[1], b[2], b[3], b[4], b[5], b[6], b[7]]),
        u64::from_le_bytes([b[8], b[9], b[10], b[11], b[12], b[13], b[14], b[15]]),
    ]
}

impl Ord for Signed {
    fn cmp(&self, other: &Self) -> Ordering {
        // Numbers below zero have the top bit, so they come last as unsigned ones.
        let key = |n: &Self| (!n.is_negative(), n.0);
        key(self).cmp(&key(other))
    }
}

impl PartialOrd for Signed {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl fmt::Display for Signed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad_integral(!self.is_negative(), "", &self.magnitude().to_string())
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

    fn s(n: i128) -> Signed {
        Signed::small(n)
    }

    #[test]
    fn agrees_with_the_language() {
        let numbers = [0, 1, -1, 2, -3, 7, -8, 1 << 40, -(1 << 40), (1 << 60) - 1];
        for a in numbers {
            assert_eq!(s(a).to_string(), a.to_string());
            assert_eq!(s(a).narrow().map(i128::from), Some(a));
            assert_eq!(s(a).shift_down(3), s(a >> 3));
            for b in numbers {
                assert_eq!(s(a).add(s(b)), s(a + b));
                assert_eq!(s(a).sub(s(b)), s(a - b));
                assert_eq!(s(a).times(s(b)), s(a * b));
                assert_eq!(s(a).checked_times(s(b)), Some(s(a * b)));
                assert_eq!(s(a).cmp(&s(b)), a.cmp(&b));
                let quotient = if b == 0 { 0 } else { a / b };
                assert_eq!(s(a).over(s(b)), s(quotient), "{a} / {b}");
            }
        }
    }

    #[test]
    fn knows_its_ends() {
        let most = Signed::of(U256::MAX.wrapping_shr(1)).unwrap();
        let least = most.add(s(1));
        assert!(least.is_negative());
        assert_eq!(Signed::of(least.magnitude()), None);
        assert_eq!(most.checked_add(s(1)), None);
        assert_eq!(least.checked_sub(s(1)), None);
        assert_eq!(least.checked_add(most), Some(s(-1)));
        assert_eq!(most.checked_sub(s(-1)), None);
        assert_eq!(most.checked_times(s(2)), None);
        assert_eq!(s(-(1 << 100)).over_q96(), s(-16));
        assert_eq!(s(-(1 << 96) - 1).over_q96(), s(-1));
        assert_eq!(s(-(1 << 96) - 1).shift_down(96), s(-2));
    }
}

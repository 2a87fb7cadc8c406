//! Factors by which a share's worth may have changed, and their running products.

use crate::units::{Rounding, U256, mul_div};

/// Factors are in units of 2^−64.
const ONE_BITS: usize = 64;
/// Products start here.
const START_BITS: usize = 160;
/// Products leave their range here, and the index is built anew.
const PRODUCT_BITS: std::ops::RangeInclusive<usize> = 96..=224;
/// A factor smaller than this, or larger than its inverse, as a power of two: the index is built
/// anew.
const FAR_BITS: usize = 12;
/// Power in which what lies idle is watched.
pub(super) const STEEPNESS: u32 = 64;

/// A factor of 1.
pub(super) fn one() -> U256 {
    U256::ONE.wrapping_shl(ONE_BITS)
}

/// A factor and the inverse of the smallest that could stand in its place, in units of 2^−64: at
/// least the first, at most the second.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Factor {
    pub(super) least: U256,
    pub(super) most: U256,
}

impl Factor {
    pub(super) const fn none() -> Self {
        let one = U256::from_limbs([0, 1, 0, 0]);
        Self {
            least: one,
            most: one,
        }
    }

    /// How far a price moved, either way.
    pub(super) fn of_move(from: U256, to: U256) -> Option<Self> {
        if from == to {
            return Some(Self::none());
        }
        let least = mul_div(from.min(to), one(), from.max(to), Rounding::Floor).ok()?;
        Self {
            least,
            most: U256::ZERO,
        }
        .with_inverse()
    }

    fn with_inverse(self) -> Option<Self> {
        if self.least.bit_len() < ONE_BITS.saturating_sub(FAR_BITS) {
            return None;
        }
        let most = mul_div(one(), one(), self.least, Rounding::Ceil).ok()?;
        Some(Self { most, ..self })
    }

    pub(super) fn times(self, other: Self) -> Option<Self> {
        let least = mul_div(self.least, other.least, one(), Rounding::Floor).ok()?;
        let most = mul_div(self.most, other.most, one(), Rounding::Ceil).ok()?;
        let near = least.bit_len() >= ONE_BITS.saturating_sub(FAR_BITS)
            && most.bit_len() <= ONE_BITS.saturating_add(FAR_BITS);
        near.then_some(Self { least, most })
    }

    pub(super) fn power(self, exponent: u32) -> Option<Self> {
        let (mut all, mut square) = (Self::none(), self);
        if self == all {
            return Some(all);
        }
        let mut rest = exponent;
        while rest > 0 {
            if rest & 1 == 1 {
                all = all.times(square)?;
            }
            rest = rest.wrapping_shr(1);
            if rest > 0 {
                square = square.times(square)?;
            }
        }
        Some(all)
    }

    /// The smallest and the largest of both.
    pub(super) fn or(self, other: Self) -> Self {
        Self {
            least: self.least.min(other.least),
            most: self.most.max(other.most),
        }
    }
}

/// Running products, from 2^160 on.
#[derive(Clone, Copy, Debug)]
pub(super) struct Products {
    pub(super) kept: U256,
    pub(super) path: U256,
    pub(super) gained: U256,
}

impl Products {
    pub(super) fn new() -> Self {
        let start = U256::ONE.wrapping_shl(START_BITS);
        Self {
            kept: start,
            path: start,
            gained: start,
        }
    }

    /// After factors of actions, of prices and interest, and of interest alone; nothing where a product leaves
    /// its range.
    pub(super) fn after(self, actions: Factor, [moves, interest]: [Factor; 2]) -> Option<Self> {
        let all = actions.times(moves)?;
        let idle = actions.times(interest)?.power(STEEPNESS)?;
        let times = |n: U256, by: U256, rounding| mul_div(n, by, one(), rounding).ok();
        let products = Self {
            kept: times(self.kept, idle.least, Rounding::Floor)?,
            path: times(self.path, all.least, Rounding::Floor)?,
            gained: times(self.gained, all.most, Rounding::Ceil)?,
        };
        let fits = |n: U256| PRODUCT_BITS.contains(&n.bit_len());
        (fits(products.kept) && fits(products.path) && fits(products.gained)).then_some(products)
    }
}

/// One number over another; nothing where that is far from one.
pub(super) fn quotient(above: U256, below: U256) -> Option<Factor> {
    let factor = Factor {
        least: mul_div(above, one(), below, Rounding::Floor).ok()?,
        most: mul_div(above, one(), below, Rounding::Ceil).ok()?,
    };
    let near = ONE_BITS.saturating_sub(FAR_BITS)..=ONE_BITS.saturating_add(FAR_BITS);
    (near.contains(&factor.least.bit_len()) && near.contains(&factor.most.bit_len()))
        .then_some(factor)
}

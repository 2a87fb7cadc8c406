//! Arithmetic whose refusals carry the name of the contract that computes.

use super::rejection::{Rejection, Ruled};
use crate::units::{RAY, U256, WAD, div, mul};

/// A contract's names for refusals of arithmetic.
pub(super) struct Arithmetic {
    add: Rejection,
    subtract: Rejection,
    multiply: Rejection,
    division: Rejection,
}

pub(super) const ENGINE: Arithmetic = Arithmetic {
    add: Rejection::EngineAdd,
    subtract: Rejection::EngineSubtract,
    multiply: Rejection::EngineMultiply,
    division: Rejection::Halt,
};

pub(super) const SAFES: Arithmetic = Arithmetic {
    add: Rejection::SafesAdd,
    subtract: Rejection::SafesSubtract,
    multiply: Rejection::SafesMultiply,
    division: Rejection::Halt,
};

pub(super) const RELAYER: Arithmetic = Arithmetic {
    add: Rejection::NoReason,
    subtract: Rejection::RelayerSubtract,
    multiply: Rejection::RelayerMultiply,
    division: Rejection::RelayerDivision,
};

pub(super) const HOUSE: Arithmetic = Arithmetic {
    add: Rejection::HouseAdd,
    subtract: Rejection::HouseSubtract,
    multiply: Rejection::HouseMultiply,
    division: Rejection::HouseDivisionRay,
};

impl Arithmetic {
    pub(super) fn add(&self, x: U256, y: U256) -> Ruled<U256> {
        x.checked_add(y).ok_or(self.add)
    }

    pub(super) fn subtract(&self, x: U256, y: U256) -> Ruled<U256> {
        x.checked_sub(y).ok_or(self.subtract)
    }

    pub(super) fn multiply(&self, x: U256, y: U256) -> Ruled<U256> {
        mul(x, y).map_err(|_| self.multiply)
    }

    /// Rounds down.
    pub(super) fn divide(&self, x: U256, y: U256) -> Ruled<U256> {
        div(x, y).map_err(|_| self.division)
    }

    /// A product with a number in wad, rounded down.
    pub(super) fn share(&self, x: U256, wad: U256) -> Ruled<U256> {
        self.divide(self.multiply(x, wad)?, WAD)
    }

    /// A quotient in ray, rounded down. Division by zero is looked at before the product.
    pub(super) fn quotient(&self, x: U256, y: U256) -> Ruled<U256> {
        if y.is_zero() {
            return Err(self.division);
        }
        self.divide(self.multiply(x, RAY)?, y)
    }

    /// What is left of two when this is taken off, both in wad.
    pub(super) fn mirrored(&self, wad: U256) -> Ruled<U256> {
        self.subtract(TWO, wad)
    }
}

/// 2 in wad.
const TWO: U256 = U256::from_limbs([2_000_000_000_000_000_000, 0, 0, 0]);

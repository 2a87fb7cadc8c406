//! Checked arithmetic that says which operation failed: contracts with a library for safe sums name
//! it in their revert.

use crate::units::{Amount, Overflow, Rounding, U256, checked_mul_div, div, mul};

/// Why a computation cannot be done. A family turns it into its numbered rejection.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Fault {
    /// A sum above 2^256 − 1.
    Addition,
    /// A difference below zero.
    Subtraction,
    /// A product above 2^256 − 1.
    Multiplication,
    /// A divisor of zero.
    Division,
    /// A condition that the contract asserts.
    Assertion,
    /// The product of the pool would become zero.
    ProductZero,
}

/// `a + b`.
pub(crate) fn add(a: U256, b: U256) -> Result<U256, Fault> {
    a.checked_add(b).ok_or(Fault::Addition)
}

/// `a − b`.
pub(crate) fn sub(a: U256, b: U256) -> Result<U256, Fault> {
    a.checked_sub(b).ok_or(Fault::Subtraction)
}

/// `a · b`.
pub(crate) fn times(a: U256, b: U256) -> Result<U256, Fault> {
    mul(a, b).map_err(|_| Fault::Multiplication)
}

/// `⌊n ÷ d⌋`.
pub(crate) fn over(n: U256, d: U256) -> Result<U256, Fault> {
    div(n, d).map_err(|_| Fault::Division)
}

/// `x · y ÷ d` with a product of at most 256 bits.
pub(crate) fn scale(x: U256, y: U256, d: U256, rounding: Rounding) -> Result<U256, Fault> {
    checked_mul_div(x, y, d, rounding).map_err(|overflow| match overflow {
        Overflow::Arithmetic => Fault::Multiplication,
        Overflow::DivisionByZero => Fault::Division,
    })
}

/// `a + b` of amounts.
pub(crate) fn plus(a: Amount, b: Amount) -> Result<Amount, Fault> {
    add(a.0, b.0).map(Amount)
}

/// `a − b` of amounts.
pub(crate) fn minus(a: Amount, b: Amount) -> Result<Amount, Fault> {
    sub(a.0, b.0).map(Amount)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_operation_names_its_own_fault() {
        let (one, most) = (U256::ONE, U256::MAX);
        for (got, want) in [
            (add(most, one), Err(Fault::Addition)),
            (sub(one, most), Err(Fault::Subtraction)),
            (times(most, most), Err(Fault::Multiplication)),
            (over(one, U256::ZERO), Err(Fault::Division)),
            (
                scale(one, one, U256::ZERO, Rounding::Floor),
                Err(Fault::Division),
            ),
            (
                scale(most, most, most, Rounding::Floor),
                Err(Fault::Multiplication),
            ),
            (add(one, one), Ok(U256::from(2))),
            (
                scale(U256::from(7), one, U256::from(2), Rounding::Floor),
                Ok(U256::from(3)),
            ),
        ] {
            assert_eq!(got, want);
        }
    }
}

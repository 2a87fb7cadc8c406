//! Quantities with their units, and the only division of the crate.
//!
//! Every quantity is an unsigned 256-bit integer in a newtype, so that unlike quantities neither
//! add nor compare. No newtype multiplies or divides by an operator: the products of this field
//! always carry a rounding, and [`mul_div`] makes the caller name it.

mod by_any;
mod by_constant;
mod mul_div;
mod quantity;

pub(crate) use by_any::Divisor;
pub use mul_div::{Overflow, Rounding, checked_mul_div, div, mul, mul_div, pow10};
pub(crate) use mul_div::{checked_mul_div_by, word_product};
pub use quantity::{Amount, Bps, Index, Price, Rate, Ratio, Shares, Timestamp, Value};
pub use ruint::aliases::U256;

/// 10^18, the scale of a [`Ratio`].
pub const WAD: U256 = U256::from_limbs([1_000_000_000_000_000_000, 0, 0, 0]);
/// 10^27, the scale of an [`Index`] and of a [`Rate`].
pub const RAY: U256 = U256::from_limbs([0x9fd0_803c_e800_0000, 0x033b_2e3c, 0, 0]);
/// 10^4, the scale of [`Bps`].
pub const BPS: U256 = U256::from_limbs([10_000, 0, 0, 0]);
/// Seconds of the year that interest rates refer to: 365 days.
pub const YEAR: U256 = U256::from_limbs([31_536_000, 0, 0, 0]);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scales_are_powers_of_ten() {
        assert_eq!(WAD, U256::from(10u64).pow(U256::from(18)));
        assert_eq!(RAY, U256::from(10u64).pow(U256::from(27)));
        assert_eq!(BPS, U256::from(10u64).pow(U256::from(4)));
    }
}

//! Leverage.

use crate::units::{Ratio, Rounding, Value, WAD, mul_div};

/// Collateral over equity, in wad, rounded up; 1 without debt or anything at all. [`Ratio::MAX`] without equity.
///
/// ```
/// use backstop_core::monitor::leverage;
/// use backstop_core::units::{Ratio, Value};
///
/// let one = 1_000_000_000_000_000_000;
/// assert_eq!(leverage(Value::new(400), Value::new(300)), Ratio::new(4 * one));
/// assert_eq!(leverage(Value::new(300), Value::new(300)), Ratio::MAX);
/// ```
pub fn leverage(collateral: Value, debt: Value) -> Ratio {
    if debt.is_zero() {
        return Ratio(WAD);
    }
    let equity = collateral.minus_or_zero(debt);
    mul_div(collateral.0, WAD, equity.0, Rounding::Ceil).map_or(Ratio::MAX, Ratio)
}

//! Words for the parts of a trace.

use backstop_core::units::Rounding;

/// Which way a division went.
pub(crate) fn rounding_word(rounding: Rounding) -> &'static str {
    match rounding {
        Rounding::Floor => "down",
        Rounding::Ceil => "up",
        Rounding::HalfUp => "to nearest, half up",
    }
}

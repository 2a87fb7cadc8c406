//! Words for the parts of a trace.

use backstop_core::units::Rounding;

/// Which way a division went, for people.
pub(crate) fn rounding_word(rounding: Rounding) -> &'static str {
    match rounding {
        Rounding::Floor => "down",
        Rounding::Ceil => "up",
        Rounding::HalfUp => "to nearest, half up",
    }
}

/// Which way a division went, for files.
pub(crate) fn rounding_name(rounding: Rounding) -> &'static str {
    match rounding {
        Rounding::Floor => "floor",
        Rounding::Ceil => "ceil",
        Rounding::HalfUp => "half_up",
    }
}

/// The direction of a name in a file.
pub(crate) fn rounding_of(name: &str) -> Option<Rounding> {
    [Rounding::Floor, Rounding::Ceil, Rounding::HalfUp]
        .into_iter()
        .find(|rounding| rounding_name(*rounding) == name)
}

//! Words for parameters and their moves.

use crate::format::count;
use backstop_core::governor::Cut;
use backstop_core::protocol::{LeverKind, LeverUnit};

/// The unit of a parameter's settings.
pub(crate) fn unit(kind: LeverKind) -> &'static str {
    match kind.unit() {
        LeverUnit::Bps => "bps",
        LeverUnit::Tokens => "tokens",
        LeverUnit::Seconds => "s",
    }
}

/// A setting, in its parameter's unit.
pub(crate) fn setting(value: u128) -> String {
    count(u64::try_from(value).unwrap_or(u64::MAX))
}

/// What shortened a move.
pub(crate) fn bounded_by(cut: Cut) -> &'static str {
    match cut {
        Cut::None => "nothing",
        Cut::Bounds => "bounds",
        Cut::Step => "step",
        Cut::Grandfathered => "healthy accounts",
    }
}

//! What is wrong with a world's configuration.

use std::fmt;

/// A configuration that cannot run: which field, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConfigError {
    /// Dotted path of the field, such as `assets[0].price.bars[3].low`.
    pub field: String,
    /// What is wrong with it, with the value found.
    pub problem: String,
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.field, self.problem)
    }
}

impl std::error::Error for ConfigError {}

/// Refuses with `problem` unless `holds`.
pub(crate) fn require(
    holds: bool,
    field: impl FnOnce() -> String,
    problem: impl FnOnce() -> String,
) -> Result<(), ConfigError> {
    if holds {
        return Ok(());
    }
    Err(ConfigError {
        field: field(),
        problem: problem(),
    })
}

/// Refuses a number that is not finite and above zero.
pub(crate) fn require_positive(
    value: f64,
    field: impl FnOnce() -> String,
) -> Result<(), ConfigError> {
    require(value.is_finite() && value > 0.0, field, || {
        format!("must be a number above 0, found {value}")
    })
}

/// Refuses a number outside `[0, 1]`.
pub(crate) fn require_share(value: f64, field: impl FnOnce() -> String) -> Result<(), ConfigError> {
    require((0.0..=1.0).contains(&value), field, || {
        format!("must lie between 0 and 1, found {value}")
    })
}

/// Refuses a number that is negative, infinite or not a number.
pub(crate) fn require_not_negative(
    value: f64,
    field: impl FnOnce() -> String,
) -> Result<(), ConfigError> {
    require(value.is_finite() && value >= 0.0, field, || {
        format!("must be a number of at least 0, found {value}")
    })
}

/// Refuses a number outside `[min, max]`, and one that is not a number.
pub(crate) fn require_within(
    value: f64,
    (min, max): (f64, f64),
    field: impl FnOnce() -> String,
) -> Result<(), ConfigError> {
    require((min..=max).contains(&value), field, || {
        format!("must lie between {min} and {max}, found {value}")
    })
}

//! Why a machine cannot be made from plain data.

use std::fmt;

/// A field of a set-up that is out of range or inconsistent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SetupError {
    /// The field, such as `markets.cDAI.price`.
    pub field: String,
    /// What was found and what is allowed.
    pub problem: String,
}

impl fmt::Display for SetupError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.field, self.problem)
    }
}

impl std::error::Error for SetupError {}

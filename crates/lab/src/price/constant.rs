//! A price that does not move.

use super::Grid;
use super::plan::{Fixed, Process};
use crate::error::{ConfigError, require_positive};

/// Always the same price.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Constant {
    /// USD per whole token.
    pub usd: f64,
}

impl Constant {
    pub(super) fn prepare(
        &self,
        grid: &Grid,
        field: &str,
    ) -> Result<Box<dyn Process>, ConfigError> {
        require_positive(self.usd, || format!("{field}.usd"))?;
        Ok(Box::new(Fixed(vec![self.usd; grid.steps as usize])))
    }
}

//! A price that does not move.

use super::Grid;
use crate::error::{ConfigError, require_positive};

/// Always the same price.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Constant {
    /// USD per whole token.
    pub usd: f64,
}

impl Constant {
    pub(super) fn path(&self, grid: &Grid, field: &str) -> Result<Vec<f64>, ConfigError> {
        require_positive(self.usd, || format!("{field}.usd"))?;
        Ok(vec![self.usd; grid.steps as usize])
    }
}

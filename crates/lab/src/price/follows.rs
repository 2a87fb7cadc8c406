//! A price that is another asset's price times a fixed ratio, such as a staked token's.

use super::Grid;
use super::plan::{Fixed, Process};
use crate::error::{ConfigError, require, require_positive};

/// Another asset's price times a ratio.
///
/// What forced sales leave in the other asset's outside price reaches this one too.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Follows {
    /// Position of the other asset in the protocol's list.
    pub asset: usize,
    /// Price of this asset in whole tokens of the other.
    pub ratio: f64,
}

impl Follows {
    pub(super) fn prepare(
        &self,
        assets: usize,
        grid: &Grid,
        field: &str,
    ) -> Result<Box<dyn Process>, ConfigError> {
        require_positive(self.ratio, || format!("{field}.ratio"))?;
        check_leader(self.asset, assets, field)?;
        Ok(Box::new(Fixed(vec![self.ratio; grid.steps as usize])))
    }
}

/// Refuses a leader that does not exist.
pub(super) fn check_leader(leader: usize, assets: usize, field: &str) -> Result<(), ConfigError> {
    require(
        leader < assets,
        || format!("{field}.asset"),
        || format!("must name one of the {assets} assets, found {leader}"),
    )
}

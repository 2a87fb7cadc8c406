//! A price that is another asset's price times a fixed ratio, such as a staked token's.

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
    pub(super) fn check(&self, assets: usize, field: &str) -> Result<(), ConfigError> {
        require_positive(self.ratio, || format!("{field}.ratio"))?;
        require(
            self.asset < assets,
            || format!("{field}.asset"),
            || format!("must name one of the {assets} assets, found {}", self.asset),
        )
    }
}

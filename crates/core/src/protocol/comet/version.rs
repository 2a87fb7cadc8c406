//! The versions of Comet as rows of one table.

use crate::protocol::versions;

/// What differs between versions.
#[derive(Clone, Copy, Debug)]
pub struct Rules {
    /// Most collateral assets.
    pub assets_max: usize,
}

versions! {
    /// A version of the contract, at the commit that `docs/protocols/comet.md` names.
    pub enum CometVersion: Rules;

    /// `Comet.sol`.
    Compact = "compact" => Rules { assets_max: 15 },

    /// `CometWithExtendedAssetList.sol`.
    D5a30b0 = "d5a30b0" => Rules { assets_max: 24 },
}

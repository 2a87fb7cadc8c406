//! The versions of Comet as rows of one table.

/// A version of the contract, at the commit that `docs/protocols/comet.md` names.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum CometVersion {
    /// `Comet.sol`.
    Compact,
    /// `CometWithExtendedAssetList.sol`.
    D5a30b0,
}

impl CometVersion {
    /// All versions.
    pub const ALL: [Self; 2] = [Self::Compact, Self::D5a30b0];

    /// The name as people write it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Compact => "compact",
            Self::D5a30b0 => "d5a30b0",
        }
    }

    /// Reads a name.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|version| version.name() == name)
    }

    /// The rules of the version.
    pub fn rules(self) -> &'static Rules {
        match self {
            Self::Compact => &COMPACT,
            Self::D5a30b0 => &EXTENDED,
        }
    }
}

/// What differs between versions.
#[derive(Clone, Copy, Debug)]
pub struct Rules {
    /// Most collateral assets.
    pub assets_max: usize,
}

const COMPACT: Rules = Rules { assets_max: 15 };
const EXTENDED: Rules = Rules { assets_max: 24 };

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_read_back() {
        for version in CometVersion::ALL {
            assert_eq!(CometVersion::parse(version.name()), Some(version));
        }
        assert_eq!(CometVersion::parse("1.0"), None);
    }
}

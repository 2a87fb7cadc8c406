//! The versions of the Euler Vault Kit as rows of one table.

use crate::units::{Bps, U256};

/// A version of the contracts, named by its commit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum EvkVersion {
    /// `5b98b42`, with the connector at `34bb788`.
    Commit5b98b42,
}

impl EvkVersion {
    /// All versions, oldest first.
    pub const ALL: [Self; 1] = [Self::Commit5b98b42];

    /// The name as people write it.
    pub fn number(self) -> &'static str {
        match self {
            Self::Commit5b98b42 => "5b98b42",
        }
    }

    /// Reads a name.
    pub fn parse(number: &str) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|version| version.number() == number)
    }

    /// The rules of the version.
    pub fn rules(self) -> &'static Rules {
        match self {
            Self::Commit5b98b42 => &COMMIT_5B98B42,
        }
    }
}

/// The contracts' constants.
#[derive(Clone, Copy, Debug)]
pub struct Rules {
    /// Counts beside the real assets and the real shares in every conversion.
    pub virtual_deposit: U256,
    /// Liability value, in the unit of account, from which on a rest without collateral is written
    /// off.
    pub socialization_min: U256,
    /// Largest interest rate, ray a second.
    pub rate_max: U256,
    /// Interest fees from here to 100 % need nobody's leave.
    pub interest_fee_min: Bps,
    /// Largest share of the fees that goes to the protocol.
    pub protocol_share_max: Bps,
    /// How many members a set of the connector has at most.
    pub set_max: usize,
}

const COMMIT_5B98B42: Rules = Rules {
    virtual_deposit: U256::from_limbs([1_000_000, 0, 0, 0]),
    socialization_min: U256::from_limbs([1_000_000, 0, 0, 0]),
    // 291867278914945094175: a million per cent a year.
    rate_max: U256::from_limbs([15_166_117_809_301_819_935, 15, 0, 0]),
    interest_fee_min: Bps(1_000),
    protocol_share_max: Bps(5_000),
    set_max: 10,
};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_read_back() {
        for version in EvkVersion::ALL {
            assert_eq!(EvkVersion::parse(version.number()), Some(version));
        }
        assert_eq!(EvkVersion::parse("1.0"), None);
    }

    #[test]
    fn the_largest_rate_is_as_written() {
        let written = "291867278914945094175".parse();
        assert_eq!(Ok(COMMIT_5B98B42.rate_max), written);
    }
}

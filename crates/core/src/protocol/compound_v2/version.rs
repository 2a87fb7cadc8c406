//! The versions of Compound v2 as rows of one table.

use crate::units::{Ratio, Rounding, U256};

/// A version of the contracts, oldest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum CompoundVersion {
    /// Release 2.6 of April 2020: the rules of that spring.
    V2_6,
    /// Commit `a3214f6` of June 2022, the last one.
    A3214f6,
}

impl CompoundVersion {
    /// All versions, oldest first.
    pub const ALL: [Self; 2] = [Self::V2_6, Self::A3214f6];

    /// The name that people write: a release or a commit.
    pub fn number(self) -> &'static str {
        match self {
            Self::V2_6 => "2.6",
            Self::A3214f6 => "a3214f6",
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
            Self::V2_6 => &V2_6,
            Self::A3214f6 => &A3214F6,
        }
    }
}

/// Whether the debts of a market that is wound up can be called in from anybody.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Deprecation {
    /// The notion does not exist.
    Absent,
    /// A market without collateral factor, paused for borrowing and with a reserve factor of 1 is
    /// wound up: its borrowers can be liquidated without shortfall and in full.
    CallsDebtsIn,
}

/// Everything in which versions differ.
#[derive(Clone, Copy, Debug)]
pub struct Rules {
    /// Product of two numbers scaled by 10^18.
    pub product: Rounding,
    /// Part of the seized cTokens that goes to the market's reserves.
    pub protocol_seize_share: Ratio,
    /// Markets that are wound up.
    pub deprecation: Deprecation,
}

const V2_6: Rules = Rules {
    product: Rounding::HalfUp,
    protocol_seize_share: Ratio::ZERO,
    deprecation: Deprecation::Absent,
};

const A3214F6: Rules = Rules {
    product: Rounding::Floor,
    protocol_seize_share: Ratio(U256::from_limbs([28_000_000_000_000_000, 0, 0, 0])),
    deprecation: Deprecation::CallsDebtsIn,
};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_read_back() {
        for version in CompoundVersion::ALL {
            assert_eq!(CompoundVersion::parse(version.number()), Some(version));
        }
        assert_eq!(CompoundVersion::parse("3"), None);
    }
}

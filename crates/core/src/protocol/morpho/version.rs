//! The versions of Morpho Blue as rows of one table.
//!
//! The contract is immutable, so there is one row; a fork of it with other constants is a second.

use crate::units::U256;

/// A version of the contract.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum MorphoVersion {
    /// 1.0.0
    V1_0_0,
}

impl MorphoVersion {
    /// All versions, oldest first.
    pub const ALL: [Self; 1] = [Self::V1_0_0];

    /// The number as people write it.
    pub fn number(self) -> &'static str {
        match self {
            Self::V1_0_0 => "1.0.0",
        }
    }

    /// Reads a number; a missing trailing `.0` is the same version.
    pub fn parse(number: &str) -> Option<Self> {
        let known = |version: &Self| {
            let own = version.number();
            own == number || own.strip_suffix(".0") == Some(number)
        };
        Self::ALL.into_iter().find(known)
    }

    /// The rules of the version.
    pub fn rules(self) -> &'static Rules {
        match self {
            Self::V1_0_0 => &V1_0_0,
        }
    }
}

/// The contract's constants.
#[derive(Clone, Copy, Debug)]
pub struct Rules {
    /// Shares that count beside the real ones in every conversion.
    pub virtual_shares: U256,
    /// Assets that count beside the real ones in every conversion.
    pub virtual_assets: U256,
    /// Scale of the oracle's price.
    pub price_scale: U256,
    /// How much of the room between the threshold and 1 becomes incentive, wad.
    pub liquidation_cursor: U256,
    /// Largest incentive factor, wad.
    pub incentive_max: U256,
    /// Largest share of the interest that goes to the fee recipient, wad.
    pub fee_max: U256,
}

const V1_0_0: Rules = Rules {
    virtual_shares: U256::from_limbs([1_000_000, 0, 0, 0]),
    virtual_assets: U256::ONE,
    // 10^36.
    price_scale: U256::from_limbs([0xb34b_9f10_0000_0000, 0x00c0_97ce_7bc9_0715, 0, 0]),
    liquidation_cursor: U256::from_limbs([300_000_000_000_000_000, 0, 0, 0]),
    incentive_max: U256::from_limbs([1_150_000_000_000_000_000, 0, 0, 0]),
    fee_max: U256::from_limbs([250_000_000_000_000_000, 0, 0, 0]),
};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_read_back() {
        for version in MorphoVersion::ALL {
            assert_eq!(MorphoVersion::parse(version.number()), Some(version));
        }
        assert_eq!(MorphoVersion::parse("1.0"), Some(MorphoVersion::V1_0_0));
        assert_eq!(MorphoVersion::parse("2.0.0"), None);
    }

    #[test]
    fn price_scale_is_a_power_of_ten() {
        let ten = U256::from(10u64);
        assert_eq!(V1_0_0.price_scale, ten.pow(U256::from(36)));
    }
}

//! The versions of Morpho Blue as rows of one table.
//!
//! The contract is immutable, so there is one row; a fork of it with other constants is a second.

use crate::protocol::versions;
use crate::units::U256;

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

versions! {
    /// A version of the contract.
    pub enum MorphoVersion: Rules;

    /// 1.0.0
    V1_0_0 = "1.0.0" => Rules {
        virtual_shares: U256::from_limbs([1_000_000, 0, 0, 0]),
        virtual_assets: U256::ONE,
        // 10^36.
        price_scale: U256::from_limbs([0xb34b_9f10_0000_0000, 0x00c0_97ce_7bc9_0715, 0, 0]),
        liquidation_cursor: U256::from_limbs([300_000_000_000_000_000, 0, 0, 0]),
        incentive_max: U256::from_limbs([1_150_000_000_000_000_000, 0, 0, 0]),
        fee_max: U256::from_limbs([250_000_000_000_000_000, 0, 0, 0]),
    },
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn price_scale_is_a_power_of_ten() {
        let ten = U256::from(10u64);
        assert_eq!(V1_0_0.price_scale, ten.pow(U256::from(36)));
    }
}

//! What differs between pools of this kind, as rows of data.

use crate::units::{Amount, U256, WAD};

/// 10^36.
const E36: U256 = U256::from_limbs([0xb34b_9f10_0000_0000, 0x00c0_97ce_7bc9_0715, 0, 0]);
/// 10^18, one unit of the stablecoin.
const UNIT: Amount = Amount(WAD);

/// The factor between two scales of the product, 10^9.
pub(super) const SCALE_FACTOR: U256 = U256::from_limbs([1_000_000_000, 0, 0, 0]);

/// How an offset moves the sum and the product.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Accounting {
    /// Per unit of deposit first, with the remainders carried to the next offset; a loss of
    /// everything starts a new epoch. At most one change of scale an offset.
    PerUnit,
    /// Straight from the totals, without carried remainders; as many changes of scale as it takes.
    Direct,
}

/// What becomes of a deposit that shrank to less than a billionth.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Dust {
    /// It counts as nothing.
    Dropped,
    /// It stays what it is.
    Kept,
}

/// Whether a gain is held down to what the pool has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum GainCap {
    /// It is paid as computed; a pool that has less reverts.
    None,
    /// At most what the pool holds or owes in all.
    Balance,
}

/// One version's accounting.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct PoolRules {
    /// The product at the start, and what is 1 in it.
    pub product_start: U256,
    /// The product changes scale below this.
    pub product_min: U256,
    /// How an offset is booked.
    pub accounting: Accounting,
    /// What one collateral unit per deposited unit adds to the sum, over the product.
    pub sum_unit: U256,
    /// How many scales after its own a deposit still gains in.
    pub gain_span: u64,
    /// How many changes of scale a deposit survives.
    pub shrink_span: u64,
    /// What becomes of the last billionth.
    pub dust: Dust,
    /// Whether gains are capped.
    pub gain_cap: GainCap,
    /// What neither an offset nor a withdrawal may take.
    pub left_min: Amount,
}

/// Liquity v1 as deployed on mainnet.
pub static LIQUITY_V1: PoolRules = PoolRules {
    product_start: WAD,
    product_min: SCALE_FACTOR,
    accounting: Accounting::PerUnit,
    sum_unit: WAD,
    gain_span: 1,
    shrink_span: 1,
    dust: Dust::Dropped,
    gain_cap: GainCap::None,
    left_min: Amount::ZERO,
};

/// Liquity v2.
pub static LIQUITY_V2: PoolRules = PoolRules {
    product_start: E36,
    product_min: crate::units::RAY,
    accounting: Accounting::Direct,
    sum_unit: U256::ONE,
    gain_span: 2,
    shrink_span: 8,
    dust: Dust::Kept,
    gain_cap: GainCap::Balance,
    left_min: UNIT,
};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn constants_are_the_powers_they_say() {
        let ten = |power: u64| U256::from(10u64).pow(U256::from(power));
        assert_eq!(E36, ten(36));
        assert_eq!(SCALE_FACTOR, ten(9));
        assert_eq!(LIQUITY_V2.product_min, ten(36 - 9));
        assert_eq!(LIQUITY_V1.product_min, ten(18 - 9));
    }
}

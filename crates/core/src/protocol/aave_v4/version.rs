//! The versions of Aave v4 as rows of one table.
//!
//! The contracts were rewritten several times before their first release, so a row is one commit.
//! Code branches on a field of the row, never on the version.

use crate::protocol::versions;
use crate::units::Rounding::{self, Ceil, Floor};
use crate::units::{U256, WAD};

/// What a version fixes: limits, and which way the divisions of a liquidation go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rules {
    /// Below this health factor an account can be liquidated; wad.
    pub health_threshold: U256,
    /// A rest of collateral or debt worth less is not left behind; 10^26 is one dollar.
    pub dust: U256,
    /// Interpolated bonus between the smallest and the largest.
    pub bonus: Rounding,
    /// Debt whose repayment reaches the target health factor.
    pub debt_to_target: Rounding,
    /// Drawn shares that reach the target health factor.
    pub drawn_to_target: Rounding,
    /// Drawn shares that the offered repayment pays for.
    pub drawn_to_cover: Rounding,
    /// Collateral worth the repaid debt and the bonus, in asset units.
    pub seized: Rounding,
    /// The same in shares.
    pub seized_shares: Rounding,
    /// What all collateral shares are worth when the debt is recomputed from them.
    pub taken_whole: Rounding,
    /// The debt recomputed from all collateral.
    pub recomputed_debt: Rounding,
    /// Drawn shares of the recomputed debt.
    pub recomputed_drawn: Rounding,
    /// The protocol's part of the seized shares.
    pub fee: Rounding,
}

versions! {
    /// A version of the contracts, named by its commit.
    pub enum AaveV4Version: Rules;

    /// Commit `1e8de86` of 3 June 2026, package 0.5.11.
    V1e8de86 = "1e8de86" => Rules {
        health_threshold: WAD,
        // 1000 · 10^26.
        dust: U256::from_limbs([0x6d72_17ca_a000_0000, 0x1_431e_0fae, 0, 0]),
        bonus: Floor,
        debt_to_target: Ceil,
        drawn_to_target: Ceil,
        drawn_to_cover: Floor,
        seized: Floor,
        seized_shares: Floor,
        taken_whole: Ceil,
        recomputed_debt: Ceil,
        recomputed_drawn: Ceil,
        fee: Ceil,
    },
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_thousand_dollars_and_names() {
        let dollar = U256::from(10).pow(U256::from(26));
        for version in AaveV4Version::ALL {
            assert_eq!(version.rules().dust, U256::from(1000) * dollar);
            assert_eq!(AaveV4Version::parse(version.number()), Some(version));
        }
        assert_eq!(AaveV4Version::parse("main"), None);
    }
}

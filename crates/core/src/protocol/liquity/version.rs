//! The versions as rows of one table.
//!
//! Code branches on a field of the row, never on a version. Each field says which rule it switches;
//! the sources are in `docs/protocols/liquity.md`.

use super::rejection::Rejection;
use crate::coverage::stability_pool::{LIQUITY_V1, LIQUITY_V2, PoolRules};
use crate::protocol::versions;
use crate::units::{Amount, Ratio, U256};

/// What a failed computation is called.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Arithmetic {
    /// A library names the operation.
    Named,
    /// The language reverts without a reason.
    Checked,
}

/// What a system below its critical ratio does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Below {
    /// Troves below the system's own ratio can be liquidated too.
    RecoveryMode,
    /// Only borrowing is restricted.
    Restricted,
}

/// Which troves stand in a list.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Order {
    /// All, by collateral over debt; liquidations can walk it.
    ByNominalRatio,
    /// None that a liquidation reads.
    None,
}

/// What a borrower pays for new debt.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Borrowing {
    /// A share of the new debt, once; no interest.
    FlatFee,
    /// A week of the average rate at once, and the trove's own rate as time passes.
    Interest,
}

/// How a trove's debt and collateral are split between pool, other troves and owner.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Split {
    /// All collateral goes with the debt, after the liquidator's part.
    Proportional,
    /// Debt and a penalty's worth of collateral; the rest is the owner's.
    Penalties,
}

/// How collateral reaches the contracts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Funding {
    /// With the call itself, before anything is checked.
    WithTheCall,
    /// By a transfer, after all checks.
    Transferred,
}

/// When an owner's own action records what redistributions gave.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Recording {
    /// Only if collateral was handed out since the last record; debt alone waits.
    AfterCollateral,
    /// Always.
    Always,
}

/// What a stake is after a liquidation that left no stakes at all.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum NoStakes {
    /// The contract asserts that there are some.
    Refused,
    /// Zero.
    Zero,
}

/// The rules of one version.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rules {
    /// The Stability Pool's accounting.
    pub pool: &'static PoolRules,
    /// What a failed computation is called.
    pub arithmetic: Arithmetic,
    /// What a system below its critical ratio does.
    pub below: Below,
    /// Which troves stand in a list.
    pub order: Order,
    /// What a borrower pays.
    pub borrowing: Borrowing,
    /// How a trove is split.
    pub split: Split,
    /// How collateral reaches the contracts.
    pub funding: Funding,
    /// When rewards are recorded.
    pub recording: Recording,
    /// What a stake is where no stakes were left.
    pub no_stakes: NoStakes,
    /// Stablecoin that each trove owes besides and its liquidator receives.
    pub stable_reserve: Amount,
    /// Ether that each opener sets aside and its liquidator receives.
    pub ether_reserve: Amount,
    /// Smallest debt, the reserve not counted.
    pub debt_min: Amount,
    /// The liquidator's part of the collateral is at most this.
    pub compensation_max: Amount,
    /// Share of interest and fees that goes to the pool's depositors, in wad.
    pub yield_share: Ratio,
    /// Says that the list of troves is empty.
    pub list_empty: Rejection,
    /// Says that no trove of the list can be liquidated.
    pub nothing_liquidated: Rejection,
    /// Says that the last trove has to stay.
    pub only_one_trove: Rejection,
    /// Says that the pool has less than a depositor withdraws.
    pub deposits_short: Rejection,
}

/// The liquidator's part of the collateral is a two-hundredth.
pub(super) const COMPENSATION_DIVISOR: U256 = U256::from_limbs([200, 0, 0, 0]);
/// v1: the fee on new debt, 0.5 %.
pub(super) const FLAT_FEE: U256 = U256::from_limbs([5_000_000_000_000_000, 0, 0, 0]);
/// v2: seconds of interest that new debt pays at once: a week.
pub(super) const UPFRONT_PERIOD: U256 = U256::from_limbs([604_800, 0, 0, 0]);
/// v2: lowest rate a year, 0.5 %.
pub(super) const RATE_MIN: Ratio = Ratio(U256::from_limbs([5_000_000_000_000_000, 0, 0, 0]));
/// v2: highest rate a year, 250 %.
pub(super) const RATE_MAX: Ratio = Ratio(U256::from_limbs([2_500_000_000_000_000_000, 0, 0, 0]));

/// The ratios of one market, in wad.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Parameters {
    /// Below it the system is in recovery mode (v1) or restricts borrowing (v2).
    pub critical_ratio: Ratio,
    /// Below it a trove can be liquidated.
    pub minimum_ratio: Ratio,
    /// Below it the branch can be shut down (v2).
    pub shutdown_ratio: Ratio,
    /// What the pool gains on the debt it takes (v2).
    pub pool_penalty: Ratio,
    /// What other troves gain on the debt they take (v2).
    pub redistribution_penalty: Ratio,
}

impl Parameters {
    /// The ratios of v1, which are constants of the contract.
    pub fn v1() -> Self {
        Self {
            critical_ratio: Ratio(U256::from_limbs([1_500_000_000_000_000_000, 0, 0, 0])),
            minimum_ratio: Ratio(U256::from_limbs([1_100_000_000_000_000_000, 0, 0, 0])),
            shutdown_ratio: Ratio::ZERO,
            pool_penalty: Ratio::ZERO,
            redistribution_penalty: Ratio::ZERO,
        }
    }
}

versions! {
    /// A version of the contracts, oldest first.
    pub enum LiquityVersion: Rules;

    /// v1 (LUSD) at the commit of its mainnet deployment.
    V1 = "v1" => Rules {
        pool: &LIQUITY_V1,
        arithmetic: Arithmetic::Named,
        below: Below::RecoveryMode,
        order: Order::ByNominalRatio,
        borrowing: Borrowing::FlatFee,
        split: Split::Proportional,
        funding: Funding::WithTheCall,
        recording: Recording::AfterCollateral,
        no_stakes: NoStakes::Refused,
        stable_reserve: Amount(U256::from_limbs([0xd78e_bc5a_c620_0000, 0xa, 0, 0])),
        ether_reserve: Amount::ZERO,
        debt_min: Amount(U256::from_limbs([0x9404_9f30_f720_0000, 0x61, 0, 0])),
        compensation_max: Amount::MAX,
        yield_share: Ratio::ZERO,
        list_empty: Rejection::ListEmpty,
        nothing_liquidated: Rejection::NothingLiquidated,
        only_one_trove: Rejection::OnlyOneTrove,
        deposits_short: Rejection::TransferExceedsBalance,
    },

    /// v2 (BOLD), one branch.
    V2 = "v2" => Rules {
        pool: &LIQUITY_V2,
        arithmetic: Arithmetic::Checked,
        below: Below::Restricted,
        order: Order::None,
        borrowing: Borrowing::Interest,
        split: Split::Penalties,
        funding: Funding::Transferred,
        recording: Recording::Always,
        no_stakes: NoStakes::Zero,
        stable_reserve: Amount::ZERO,
        ether_reserve: Amount(U256::from_limbs([37_500_000_000_000_000, 0, 0, 0])),
        debt_min: Amount(U256::from_limbs([0x6b93_5b8b_bd40_0000, 0x6c, 0, 0])),
        compensation_max: Amount(U256::from_limbs([2_000_000_000_000_000_000, 0, 0, 0])),
        yield_share: Ratio(U256::from_limbs([750_000_000_000_000_000, 0, 0, 0])),
        list_empty: Rejection::EmptyData,
        nothing_liquidated: Rejection::NothingToLiquidate,
        only_one_trove: Rejection::OnlyOneTroveLeft,
        deposits_short: Rejection::NoReason,
    },
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn constants_are_what_the_contracts_say() {
        let milli = |n: u64| U256::from(n) * U256::from(10u64).pow(U256::from(15u64));
        for (got, want) in [
            (V1.stable_reserve.0, milli(200_000)),
            (V1.debt_min.0, milli(1_800_000)),
            (V2.debt_min.0, milli(2_000_000)),
            (V2.ether_reserve.0 * U256::from(2), milli(75)),
            (V2.compensation_max.0, milli(2_000)),
            (V2.yield_share.0, milli(750)),
            (FLAT_FEE, milli(5)),
            (RATE_MIN.0, milli(5)),
            (RATE_MAX.0, milli(2_500)),
            (Parameters::v1().critical_ratio.0, milli(1_500)),
            (Parameters::v1().minimum_ratio.0, milli(1_100)),
        ] {
            assert_eq!(got, want);
        }
    }
}

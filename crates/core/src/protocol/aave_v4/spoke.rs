//! A spoke: its reserves and their parameters.

use super::math::{Ruled, percent_mul};
use super::rejection::Rejection;
use super::{HubAssetId, SpokeId};
use crate::protocol::AccountId;
use crate::units::{BPS, Bps, Ratio, Rounding, U256, WAD};
use std::collections::{BTreeMap, BTreeSet};

/// Largest collateral risk, bps.
const RISK_MAX: u32 = 100_000;

/// How a spoke liquidates.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct LiquidationConfig {
    /// Health factor that a liquidation brings back; at least 1.
    pub target_health: Ratio,
    /// At or below this health factor the bonus is largest; below 1.
    pub health_for_max_bonus: Ratio,
    /// Smallest bonus, as a share of the largest.
    pub bonus_factor: Bps,
}

impl LiquidationConfig {
    /// Whether a spoke would take these parameters.
    ///
    /// # Errors
    /// [`Rejection::InvalidLiquidationConfig`].
    pub fn check(&self) -> Result<(), Rejection> {
        let fits = self.target_health.0 >= WAD
            && self.target_health.0.bit_len() <= 128
            && self.bonus_factor.wide() <= BPS
            && self.health_for_max_bonus.0 < WAD;
        fits.then_some(())
            .ok_or(Rejection::InvalidLiquidationConfig)
    }
}

/// Switches of a reserve, and its risk.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct ReserveConfig {
    /// How much a debt against this collateral costs on top of the drawn rate, bps of it; at most
    /// 100 000.
    pub collateral_risk: u32,
    /// Whether nothing is allowed but write-offs.
    pub paused: bool,
    /// Whether no new supply, borrow or collateral is allowed.
    pub frozen: bool,
    /// Whether it can be borrowed.
    pub borrowable: bool,
    /// Whether a liquidator may take shares in place of tokens.
    pub receive_shares: bool,
}

impl ReserveConfig {
    /// Whether a spoke would take these parameters.
    ///
    /// # Errors
    /// [`Rejection::InvalidCollateralRisk`].
    pub fn check(&self) -> Result<(), Rejection> {
        if self.collateral_risk > RISK_MAX {
            return Err(Rejection::InvalidCollateralRisk);
        }
        Ok(())
    }
}

/// One set of a reserve's risk parameters. An account keeps its set until it acts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct DynamicConfig {
    /// Share of the collateral that counts.
    pub collateral_factor: Bps,
    /// Largest bonus: 10 000 plus the bonus, bps.
    pub max_bonus: u32,
    /// The protocol's share of the bonus.
    pub fee: Bps,
}

impl DynamicConfig {
    /// Whether a spoke would take these parameters: collateral at the factor, with the largest
    /// bonus, must not exceed itself.
    ///
    /// # Errors
    /// [`Rejection::InvalidCollateralFactorAndMaxLiquidationBonus`],
    /// [`Rejection::InvalidLiquidationFee`].
    pub fn check(&self) -> Result<(), Rejection> {
        let bonus = U256::from(self.max_bonus);
        let factor = self.collateral_factor.wide();
        let covered = percent_mul(bonus, factor, Rounding::Ceil)? < BPS;
        if factor >= BPS || bonus < BPS || !covered {
            return Err(Rejection::InvalidCollateralFactorAndMaxLiquidationBonus);
        }
        if self.fee.wide() > BPS {
            return Err(Rejection::InvalidLiquidationFee);
        }
        Ok(())
    }
}

/// A reserve: one hub asset as a spoke lists it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reserve {
    /// Whose reserve.
    pub spoke: SpokeId,
    /// Where the liquidity is.
    pub asset: HubAssetId,
    /// The token's decimals.
    pub decimals: u8,
    /// Switches and risk.
    pub config: ReserveConfig,
    /// Parameter sets by key; the last one is for whoever acts now.
    pub dynamic: Vec<DynamicConfig>,
}

impl Reserve {
    /// A set of parameters; all zero where the key was never used.
    pub fn dynamic(&self, key: u32) -> DynamicConfig {
        let place = usize::try_from(key).ok();
        let set = place.and_then(|place| self.dynamic.get(place));
        set.copied().unwrap_or_default()
    }

    /// Key of the newest set.
    pub fn latest_key(&self) -> u32 {
        let last = self.dynamic.len().saturating_sub(1);
        u32::try_from(last).unwrap_or(u32::MAX)
    }

    pub(super) fn add_dynamic(&mut self, set: DynamicConfig) -> Ruled<u32> {
        if self.latest_key() == u32::MAX {
            return Err(Rejection::MaximumDynamicConfigKeyReached);
        }
        set.check()?;
        self.dynamic.push(set);
        Ok(self.latest_key())
    }

    pub(super) fn update_dynamic(&mut self, key: u32, set: DynamicConfig) -> Ruled<()> {
        let place = usize::try_from(key).ok();
        let held = place.and_then(|place| self.dynamic.get_mut(place));
        let held = held.ok_or(Rejection::DynamicConfigKeyUninitialized)?;
        if set.collateral_factor.0 == 0 {
            return Err(Rejection::InvalidCollateralFactor);
        }
        set.check()?;
        *held = set;
        Ok(())
    }
}

/// Who may act for others on a spoke.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PositionManager {
    /// Whether the spoke lets the manager act at all.
    pub active: bool,
    /// Accounts that approved it.
    pub approvals: BTreeSet<AccountId>,
}

/// A spoke.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Spoke {
    /// How it liquidates.
    pub liquidation: LiquidationConfig,
    /// Most reserves that an account may have as collateral, and as debt; 65 535 for no limit.
    pub max_user_reserves: u16,
    /// May refresh anybody's risk premium and parameter sets.
    pub updater: Option<AccountId>,
    /// Acts for a spoke without reserves: a treasury, or one that covers deficits.
    pub owner: Option<AccountId>,
    /// Who may act for others.
    pub managers: BTreeMap<AccountId, PositionManager>,
}

impl Spoke {
    /// Whether the caller may act for an account.
    pub(super) fn lets(&self, caller: AccountId, account: AccountId) -> bool {
        let manages =
            |manager: &PositionManager| manager.active && manager.approvals.contains(&account);
        caller == account || self.managers.get(&caller).is_some_and(manages)
    }

    pub(super) fn allows_more(&self, held: usize) -> bool {
        self.max_user_reserves == u16::MAX || held < usize::from(self.max_user_reserves)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn refuses_parameters_out_of_range() {
        let check = |factor, bonus, fee, want: Option<Rejection>| {
            let set = DynamicConfig {
                collateral_factor: Bps(factor),
                max_bonus: bonus,
                fee: Bps(fee),
            };
            assert_eq!(set.check().err(), want, "{factor} {bonus} {fee}");
        };
        let unsound = Some(Rejection::InvalidCollateralFactorAndMaxLiquidationBonus);
        check(0, 10_000, 10_000, None);
        check(9999, 10_000, 0, None);
        check(10_000, 10_000, 0, unsound);
        check(5000, 9999, 0, unsound);
        check(8000, 12_498, 0, None);
        check(8000, 12_499, 0, unsound);
        check(8000, 12_499, 10_001, unsound);
        check(8000, 10_500, 10_001, Some(Rejection::InvalidLiquidationFee));
        let check = |target: U256, health: U256, factor, fits: bool| {
            let config = LiquidationConfig {
                target_health: Ratio(target),
                health_for_max_bonus: Ratio(health),
                bonus_factor: Bps(factor),
            };
            assert_eq!(config.check().is_ok(), fits, "{target} {health} {factor}");
        };
        let less = WAD - U256::ONE;
        check(WAD, less, 10_000, true);
        check(less, less, 10_000, false);
        check(WAD, WAD, 10_000, false);
        check(WAD, less, 10_001, false);
        let risk = |collateral_risk| ReserveConfig {
            collateral_risk,
            ..ReserveConfig::default()
        };
        assert_eq!(risk(100_000).check(), Ok(()));
        let refused = Err(Rejection::InvalidCollateralRisk);
        assert_eq!(risk(100_001).check(), refused);
    }
}

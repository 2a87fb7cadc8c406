//! How much a liquidation takes: the bonus, the debt, the collateral, the protocol's part.
//!
//! Pure functions of one [`LiquidationParams`] and the collateral's hub, step by step as in the
//! contracts' library.

use super::hub::HubAsset;
use super::math::{
    AmountRay, Ruled, ValueRay, bps_to_wad, difference, divide, fixed, from_ray_up, percent_mul,
    product, ray_mul, round_ray_up, sum, to_ray, to_value, to_wad, unit, wide_div,
};
use super::rejection::Rejection;
use super::version::Rules;
use crate::units::{Amount, BPS, Bps, Index, Price, RAY, Ratio, Rounding, Shares, Timestamp, U256};

/// What the size of a liquidation depends on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LiquidationParams {
    /// The borrower's collateral shares.
    pub supplied_shares: Shares,
    /// Decimals of the collateral.
    pub collateral_decimals: u8,
    /// Price of the collateral, 8 decimals.
    pub collateral_price: Price,
    /// The borrower's drawn shares.
    pub drawn_shares: Shares,
    /// The borrower's premium debt.
    pub premium_debt: AmountRay,
    /// Index of the drawn shares.
    pub drawn_index: Index,
    /// Everything that the borrower owes on the spoke.
    pub total_debt: ValueRay,
    /// Decimals of the debt.
    pub debt_decimals: u8,
    /// Price of the debt, 8 decimals.
    pub debt_price: Price,
    /// Most that the liquidator pays.
    pub debt_to_cover: Amount,
    /// Share of the collateral that counts.
    pub collateral_factor: Bps,
    /// At or below this health factor the bonus is largest.
    pub health_for_max_bonus: Ratio,
    /// Smallest bonus, as a share of the largest.
    pub bonus_factor: Bps,
    /// Largest bonus: 10 000 plus the bonus, bps.
    pub max_bonus: u32,
    /// Health factor that the liquidation brings back.
    pub target_health: Ratio,
    /// The borrower's health factor.
    pub health: Ratio,
    /// The protocol's share of the bonus.
    pub fee: Bps,
}

/// How much of a debt is repaid.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DebtToLiquidate {
    /// Drawn shares.
    pub drawn_shares: Shares,
    /// Premium, repaid before any drawn debt.
    pub premium: AmountRay,
}

/// How much a liquidation moves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LiquidationAmounts {
    /// Shares that leave the borrower.
    pub collateral_shares: Shares,
    /// Of these, shares for the liquidator; the rest is the protocol's.
    pub to_liquidator: Shares,
    /// What is repaid.
    pub debt: DebtToLiquidate,
}

/// The bonus at a health factor: 10 000 plus the bonus, bps. Largest at `health_for_max_bonus`
/// and below, smallest at the threshold, straight in between.
///
/// # Errors
/// On overflow, for parameters that no spoke accepts.
pub fn liquidation_bonus(
    rules: &Rules,
    health_for_max_bonus: Ratio,
    bonus_factor: Bps,
    health: Ratio,
    max_bonus: u32,
) -> Result<U256, Rejection> {
    let most = U256::from(max_bonus);
    if health <= health_for_max_bonus {
        return Ok(most);
    }
    let least = percent_mul(difference(most, BPS)?, bonus_factor.wide(), Rounding::Floor)?;
    let least = sum(least, BPS)?;
    let range = difference(most, least)?;
    let below = difference(rules.health_threshold, health.0)?;
    let whole = difference(rules.health_threshold, health_for_max_bonus.0)?;
    sum(least, fixed(range, below, whole, rules.bonus)?)
}

impl LiquidationParams {
    /// The bonus, bps.
    ///
    /// # Errors
    /// As [`liquidation_bonus`].
    pub fn bonus(&self, rules: &Rules) -> Result<U256, Rejection> {
        liquidation_bonus(
            rules,
            self.health_for_max_bonus,
            self.bonus_factor,
            self.health,
            self.max_bonus,
        )
    }

    /// The debt whose repayment at a bonus brings the health factor back to its target.
    ///
    /// # Errors
    /// On overflow.
    pub fn debt_to_target(&self, rules: &Rules, bonus: U256) -> Result<AmountRay, Rejection> {
        // Exact: the wad has more digits than the factor.
        let factor = self.collateral_factor.wide();
        let penalty = percent_mul(bps_to_wad(bonus)?, factor, Rounding::Ceil)?;
        let lacking = difference(self.target_health.0, self.health.0)?;
        let scale = product(unit(self.debt_decimals), lacking)?;
        let gain = difference(self.target_health.0, penalty)?;
        let divisor = product(gain, to_wad(self.debt_price.0)?)?;
        let debt = wide_div(self.total_debt.0, scale, divisor, rules.debt_to_target)?;
        Ok(AmountRay(debt))
    }

    /// What is repaid: premium first, up to the target, the offer and what is owed; all of it
    /// where the rest would be dust, even beyond the offer.
    ///
    /// # Errors
    /// On overflow.
    pub fn debt_to_liquidate(
        &self,
        rules: &Rules,
        bonus: U256,
    ) -> Result<DebtToLiquidate, Rejection> {
        let target = self.debt_to_target(rules, bonus)?.0;
        let (owed, cover) = (self.premium_debt.0, self.debt_to_cover.0);
        let mut premium = round_ray_up(target)?.min(owed);
        if cover < from_ray_up(premium)? {
            premium = to_ray(cover)?;
        }
        let mut drawn = U256::ZERO;
        if premium == owed && premium < target {
            let index = self.drawn_index.0;
            let rest = difference(target, premium)?;
            let to_target = divide(rest, index, rules.drawn_to_target)?;
            let paid = difference(cover, from_ray_up(premium)?)?;
            let to_cover = wide_div(paid, RAY, index, rules.drawn_to_cover)?;
            drawn = to_target.min(to_cover).min(self.drawn_shares.0);
        }
        if self.leaves_debt_dust(rules, drawn, premium)? {
            drawn = self.drawn_shares.0;
            premium = owed;
        }
        Ok(DebtToLiquidate {
            drawn_shares: Shares(drawn),
            premium: AmountRay(premium),
        })
    }

    /// Whether some debt is left, and worth less than the limit.
    fn leaves_debt_dust(&self, rules: &Rules, drawn: U256, premium: U256) -> Ruled<bool> {
        let rest = difference(self.drawn_shares.0, drawn)?;
        let rest = product(rest, self.drawn_index.0)?;
        let rest = difference(sum(rest, self.premium_debt.0)?, premium)?;
        if drawn >= self.drawn_shares.0 {
            return Ok(false);
        }
        let worth = to_value(rest, self.debt_decimals, self.debt_price.0)?;
        Ok(worth < to_ray(rules.dust)?)
    }

    /// Collateral shares worth the repaid debt and the bonus.
    ///
    /// # Errors
    /// On overflow.
    pub fn collateral_to_liquidate(
        &self,
        rules: &Rules,
        bonus: U256,
        debt: &DebtToLiquidate,
        hub: &HubAsset,
        now: Timestamp,
    ) -> Result<Shares, Rejection> {
        let drawn = product(debt.drawn_shares.0, self.drawn_index.0)?;
        let repaid = sum(drawn, debt.premium.0)?;
        let dear = product(self.debt_price.0, unit(self.collateral_decimals))?;
        let scale = product(dear, bonus)?;
        let cheap = product(unit(self.debt_decimals), self.collateral_price.0)?;
        let divisor = product(product(cheap, BPS)?, RAY)?;
        let assets = wide_div(repaid, scale, divisor, rules.seized)?;
        hub.to_shares(Amount(assets), now, rules.seized_shares)
    }

    /// Whether some collateral is left, and worth less than the limit.
    fn leaves_collateral_dust(
        &self,
        rules: &Rules,
        taken: Shares,
        hub: &HubAsset,
        now: Timestamp,
    ) -> Ruled<bool> {
        if taken >= self.supplied_shares {
            return Ok(false);
        }
        let rest = self.supplied_shares.minus(taken)?;
        let rest = hub.preview_remove_by_shares(rest, now)?;
        let worth = to_value(rest.0, self.collateral_decimals, self.collateral_price.0)?;
        Ok(worth < rules.dust)
    }

    /// All collateral is taken: the debt that it pays for.
    fn debt_for_all_collateral(
        &self,
        rules: &Rules,
        bonus: U256,
        hub: &HubAsset,
        now: Timestamp,
    ) -> Ruled<DebtToLiquidate> {
        let assets = hub.to_assets(self.supplied_shares, now, rules.taken_whole)?;
        let cheap = product(self.collateral_price.0, unit(self.debt_decimals))?;
        let scale = product(product(cheap, BPS)?, RAY)?;
        let dear = product(self.debt_price.0, unit(self.collateral_decimals))?;
        let divisor = product(dear, bonus)?;
        let debt = wide_div(assets.0, scale, divisor, rules.recomputed_debt)?;
        let premium = self.premium_debt.0;
        if debt <= premium {
            return Ok(DebtToLiquidate {
                drawn_shares: Shares::ZERO,
                premium: AmountRay(round_ray_up(debt)?.min(premium)),
            });
        }
        let rest = difference(debt, premium)?;
        let drawn = divide(rest, self.drawn_index.0, rules.recomputed_drawn)?;
        Ok(DebtToLiquidate {
            drawn_shares: Shares(drawn),
            premium: AmountRay(premium),
        })
    }

    /// Both sides of a liquidation: all debt, or all collateral, or neither rest is dust.
    ///
    /// # Errors
    /// [`Rejection::MustNotLeaveDust`] where the offer does not pay for it; on overflow.
    pub fn amounts(
        &self,
        rules: &Rules,
        hub: &HubAsset,
        now: Timestamp,
    ) -> Result<LiquidationAmounts, Rejection> {
        let bonus = self.bonus(rules)?;
        let mut debt = self.debt_to_liquidate(rules, bonus)?;
        let mut taken = self.collateral_to_liquidate(rules, bonus, &debt, hub, now)?;
        let dust = self.leaves_collateral_dust(rules, taken, hub, now)?;
        let leaves_debt = debt.drawn_shares < self.drawn_shares;
        if taken > self.supplied_shares || (dust && leaves_debt) {
            taken = self.supplied_shares;
            debt = self.debt_for_all_collateral(rules, bonus, hub, now)?;
            if debt.drawn_shares > self.drawn_shares {
                debt.drawn_shares = self.drawn_shares;
                let again = self.collateral_to_liquidate(rules, bonus, &debt, hub, now)?;
                taken = again.min(self.supplied_shares);
            }
        }
        let drawn = ray_mul(debt.drawn_shares.0, self.drawn_index.0, Rounding::Ceil)?;
        let price = sum(drawn, from_ray_up(debt.premium.0)?)?;
        if self.debt_to_cover.0 < price {
            return Err(Rejection::MustNotLeaveDust);
        }
        let part = product(self.fee.wide(), difference(bonus, BPS)?)?;
        let fee = fixed(taken.0, part, product(bonus, BPS)?, rules.fee)?;
        Ok(LiquidationAmounts {
            collateral_shares: taken,
            to_liquidator: Shares(difference(taken.0, fee)?),
            debt,
        })
    }
}

/// Whether a liquidation leaves debt behind without any collateral: the seized position is
/// emptied, it was the only active collateral, and some debt is left there or elsewhere.
pub fn leaves_deficit(
    collateral: Remainder,
    debt: Remainder,
    active_collaterals: u32,
    borrows: u32,
) -> bool {
    let no_collateral = collateral == Remainder::Nothing && active_collaterals <= 1;
    no_collateral && (debt == Remainder::Something || borrows > 1)
}

/// What is left of a position.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Remainder {
    /// It is emptied.
    Nothing,
    /// Some shares are left.
    Something,
}

impl Remainder {
    /// Of so many shares.
    pub(super) fn of(shares: u128) -> Self {
        if shares == 0 {
            Self::Nothing
        } else {
            Self::Something
        }
    }
}

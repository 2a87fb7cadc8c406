//! How solvent a user is.

use super::number::{Round, add, max_256, mul, mul_div, value, wad};
use super::{Outcome, Reserve, Version, World};
use num_bigint::BigUint;

/// A user's totals at the present time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Account {
    /// Base currency.
    pub collateral: BigUint,
    /// Base currency.
    pub debt: BigUint,
    /// Average over the collateral, bps, rounded down.
    pub ltv: BigUint,
    /// Average over the collateral, bps, rounded down.
    pub liquidation_threshold: BigUint,
    /// Wad; the largest number without debt.
    pub health_factor: BigUint,
    /// Whether some collateral has no borrowing power.
    pub has_zero_ltv: bool,
}

impl World {
    /// A user's totals.
    pub fn account(&self, user: &str) -> Outcome<Account> {
        let mut collateral = BigUint::ZERO;
        let mut debt = BigUint::ZERO;
        let mut ltv_sum = BigUint::ZERO;
        let mut threshold_sum = BigUint::ZERO;
        let mut has_zero_ltv = false;
        for asset in self.reserve_list() {
            let position = self.position(user, &asset);
            let reserve = self.reserve(&asset)?;
            let price = self.price_for(user, reserve);
            let counted = self.version >= Version::V36 || reserve.liquidation_threshold != 0;
            if position.is_collateral && counted {
                let worth = value(
                    &self.supply_of(user, &asset)?,
                    &price,
                    reserve.decimals,
                    Round::Floor,
                )?;
                let ltv = self.ltv_for(self.emode_of(user), &asset)?;
                has_zero_ltv |= ltv.is_none();
                ltv_sum = add(&ltv_sum, &mul(&worth, &ltv.unwrap_or(0).into())?)?;
                let threshold = self.threshold_for(self.emode_of(user), &asset)?;
                threshold_sum = add(&threshold_sum, &mul(&worth, &threshold.into())?)?;
                collateral = add(&collateral, &worth)?;
            }
            if position.is_borrowing {
                let owed = self.debt_of(user, &asset)?;
                let round = self.version.debt_value();
                debt = add(&debt, &value(&owed, &price, reserve.decimals, round)?)?;
            }
        }
        let average = |sum: &BigUint| {
            if collateral == BigUint::ZERO {
                BigUint::ZERO
            } else {
                sum / &collateral
            }
        };
        let liquidation_threshold = average(&threshold_sum);
        let ltv = average(&ltv_sum);
        let health_factor = if debt == BigUint::ZERO {
            max_256()
        } else if self.version >= Version::V35 {
            mul_div(&threshold_sum, &wad(), &debt, Round::HalfUp)? / 10_000u32
        } else {
            let weighted = mul_div(
                &collateral,
                &liquidation_threshold,
                &10_000u32.into(),
                Round::HalfUp,
            )?;
            mul_div(&weighted, &wad(), &debt, Round::HalfUp)?
        };
        Ok(Account {
            collateral,
            debt,
            ltv,
            liquidation_threshold,
            health_factor,
            has_zero_ltv,
        })
    }

    /// What the user could still borrow, base currency; a view that no rule reads.
    pub fn available_borrows(&self, account: &Account) -> Outcome<BigUint> {
        let power = mul_div(
            &account.collateral,
            &account.ltv,
            &10_000u32.into(),
            self.version.available_borrows(),
        )?;
        if power <= account.debt {
            return Ok(BigUint::ZERO);
        }
        Ok(power - &account.debt)
    }

    /// The price at which a user's asset counts: in 3.0.2 a category may have its own.
    fn price_for(&self, user: &str, reserve: &Reserve) -> BigUint {
        let category = self.emode_of(user);
        if self.version == Version::V302 && category != 0 && reserve.emode_category == category {
            match self.emode(category).price {
                Some(price) if price != BigUint::ZERO => return price,
                _ => {}
            }
        }
        reserve.price.clone()
    }

    /// Loan-to-value of an asset as collateral, bps; `None` where it gives no borrowing power by
    /// rule. Up to 3.5 a category's own value, even 0, stands where the reserve's is not 0.
    pub(super) fn ltv_for(&self, category: u8, asset: &str) -> Outcome<Option<u32>> {
        let reserve = self.reserve(asset)?;
        let member = self.is_emode_collateral(category, asset)?;
        let emode = self.emode(category);
        if self.version <= Version::V35 {
            if reserve.ltv == 0 {
                return Ok(None);
            }
            return Ok(Some(if member { emode.ltv } else { reserve.ltv }));
        }
        let ltv = if member && emode.ltv_zero.contains(asset) {
            0
        } else if member {
            emode.ltv
        } else if self.version >= Version::V37 && category != 0 && emode.isolated {
            0
        } else {
            reserve.ltv
        };
        Ok(Some(ltv).filter(|ltv| *ltv != 0))
    }

    /// Liquidation threshold of an asset as collateral, bps.
    fn threshold_for(&self, category: u8, asset: &str) -> Outcome<u32> {
        if self.is_emode_collateral(category, asset)? {
            return Ok(self.emode(category).liquidation_threshold);
        }
        Ok(self.reserve(asset)?.liquidation_threshold)
    }

    /// Refuses where the user would be liquidatable.
    pub(super) fn require_healthy(&self, user: &str) -> Outcome<Account> {
        let account = self.account(user)?;
        if account.health_factor < wad() {
            return Err("HEALTH_FACTOR_LOWER_THAN_LIQUIDATION_THRESHOLD");
        }
        Ok(account)
    }

    /// Refuses where the user would be liquidatable, and where collateral with borrowing power
    /// leaves before collateral without.
    pub(super) fn require_healthy_and_ltv(&self, user: &str, asset: &str) -> Outcome<()> {
        let account = self.require_healthy(user)?;
        let ltv = if self.version >= Version::V36 {
            self.ltv_for(self.emode_of(user), asset)?.unwrap_or(0)
        } else {
            self.reserve(asset)?.ltv
        };
        if account.has_zero_ltv && ltv != 0 {
            return Err("LTV_VALIDATION_FAILED");
        }
        Ok(())
    }
}

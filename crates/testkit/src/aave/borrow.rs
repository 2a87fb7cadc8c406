//! Borrowing and repaying, and the ceiling on debt against isolated collateral.

use super::number::{
    PANIC_RANGE, Round, add, div, max_256, mul, mul_div, percent_div, ray_div, ray_mul, ten, wad,
};
use super::{Outcome, Version, World};
use num_bigint::BigUint;

impl World {
    /// Borrows at the variable rate.
    pub fn borrow(&mut self, caller: &str, asset: &str, amount: &BigUint) -> Outcome<()> {
        self.attempt(|world| world.do_borrow(caller, asset, amount))
    }

    fn do_borrow(&mut self, caller: &str, asset: &str, amount: &BigUint) -> Outcome<()> {
        self.accrue(asset)?;
        let index = self.reserve(asset)?.borrow_index.clone();
        let directional = self.version >= Version::V35;
        let early = if directional {
            ray_div(amount, &index, Round::Ceil)?
        } else {
            BigUint::ZERO
        };
        self.require_borrowable(caller, asset, amount, &early)?;
        let scaled = ray_div(amount, &index, self.version.debt_mint())?;
        if scaled == BigUint::ZERO {
            return Err("INVALID_MINT_AMOUNT");
        }
        let isolated = self.isolated_collateral(caller)?;
        let had_debt = self.position(caller, asset).debt != BigUint::ZERO;
        let marks = self.version >= Version::V34 || !had_debt;
        let position = self.position_mut(caller, asset);
        position.debt += &scaled;
        position.is_borrowing |= marks;
        self.reserve_mut(asset)?.total_debt += &scaled;
        if let Some(collateral) = isolated {
            if self.version >= Version::V34 {
                self.require_isolated_debt(&collateral, asset, amount)?;
            }
            let more = self.isolated_units(asset, amount)?;
            self.reserve_mut(&collateral)?.isolated_debt += more;
        }
        self.update_rates(asset, &BigUint::ZERO, amount)?;
        self.push(caller, asset, amount)?;
        if directional {
            self.require_covered(caller)?;
        }
        Ok(())
    }

    /// Everything that is checked before a borrow changes anything. `scaled` is the borrow in
    /// scaled units where the version checks in those.
    fn require_borrowable(
        &self,
        user: &str,
        asset: &str,
        amount: &BigUint,
        scaled: &BigUint,
    ) -> Outcome<()> {
        let directional = self.version >= Version::V35;
        let asked = if directional { scaled } else { amount };
        if *asked == BigUint::ZERO {
            return Err("INVALID_AMOUNT");
        }
        self.require_active_and_running(asset)?;
        let reserve = self.reserve(asset)?;
        if reserve.frozen {
            return Err("RESERVE_FROZEN");
        }
        let category = self.emode_of(user);
        let fits_emode = category == 0 || self.is_emode_borrowable(category, asset)?;
        if self.version >= Version::V36 && category != 0 {
            if !fits_emode {
                return Err("NOT_BORROWABLE_IN_EMODE");
            }
        } else if !reserve.borrowing_enabled {
            return Err("BORROWING_NOT_ENABLED");
        }
        self.require_enough_supply(asset, amount, scaled)?;
        if !self.sentinel_allows() {
            return Err("PRICE_ORACLE_SENTINEL_CHECK_FAILED");
        }
        self.require_borrow_cap(asset, amount, scaled)?;
        if self.version <= Version::V33
            && let Some(collateral) = self.isolated_collateral(user)?
        {
            self.require_isolated_debt(&collateral, asset, amount)?;
        }
        if !fits_emode {
            return Err(if self.version == Version::V302 {
                "INCONSISTENT_EMODE_CATEGORY"
            } else {
                "NOT_BORROWABLE_IN_EMODE"
            });
        }
        if !directional {
            self.require_room(user, asset, amount)?;
        }
        self.require_silo(user, asset)
    }

    /// Since 3.3 nobody can borrow more than was ever supplied.
    fn require_enough_supply(
        &self,
        asset: &str,
        amount: &BigUint,
        scaled: &BigUint,
    ) -> Outcome<()> {
        if self.version == Version::V302 {
            return Ok(());
        }
        let reserve = self.reserve(asset)?;
        let index = self.income_index(asset)?;
        let supplied = ray_mul(&reserve.total_supply, &index, self.version.supply_balance())?;
        let asked = if self.version >= Version::V35 {
            ray_mul(scaled, &reserve.borrow_index, self.version.debt_balance())?
        } else {
            amount.clone()
        };
        if supplied < asked {
            return Err("INVALID_AMOUNT");
        }
        Ok(())
    }

    fn require_borrow_cap(&self, asset: &str, amount: &BigUint, scaled: &BigUint) -> Outcome<()> {
        let reserve = self.reserve(asset)?;
        if reserve.borrow_cap == BigUint::ZERO {
            return Ok(());
        }
        let round = self.version.debt_balance();
        let after = if self.version >= Version::V35 {
            let total = add(&reserve.total_debt, scaled)?;
            ray_mul(&total, &reserve.borrow_index, round)?
        } else {
            let total = ray_mul(&reserve.total_debt, &reserve.borrow_index, round)?;
            add(&total, amount)?
        };
        if after > &reserve.borrow_cap * ten(reserve.decimals) {
            return Err("BORROW_CAP_EXCEEDED");
        }
        Ok(())
    }

    /// Up to 3.4: the account before the borrow has room for it.
    fn require_room(&self, user: &str, asset: &str, amount: &BigUint) -> Outcome<()> {
        let account = self.account(user)?;
        if account.collateral == BigUint::ZERO {
            return Err("COLLATERAL_BALANCE_IS_ZERO");
        }
        if account.ltv == BigUint::ZERO {
            return Err("LTV_VALIDATION_FAILED");
        }
        if account.health_factor <= wad() {
            return Err("HEALTH_FACTOR_LOWER_THAN_LIQUIDATION_THRESHOLD");
        }
        let reserve = self.reserve(asset)?;
        let category = self.emode_of(user);
        let source = self.emode(category).price;
        let price = match source {
            Some(price) if self.version == Version::V302 && category != 0 => price,
            _ => reserve.price.clone(),
        };
        let worth = mul(&price, amount)? / ten(reserve.decimals);
        let needed = mul_div(
            &add(&account.debt, &worth)?,
            &10_000u32.into(),
            &account.ltv,
            Round::HalfUp,
        )?;
        if needed > account.collateral {
            return Err("COLLATERAL_CANNOT_COVER_NEW_BORROW");
        }
        Ok(())
    }

    /// Since 3.5: the account after the borrow is covered.
    fn require_covered(&self, user: &str) -> Outcome<()> {
        let account = self.account(user)?;
        if account.ltv == BigUint::ZERO {
            return Err("LTV_VALIDATION_FAILED");
        }
        if account.health_factor < wad() {
            return Err("HEALTH_FACTOR_LOWER_THAN_LIQUIDATION_THRESHOLD");
        }
        let ltv = u32::try_from(&account.ltv).map_err(|_| PANIC_RANGE)?;
        if account.collateral < percent_div(&account.debt, ltv, Round::Ceil)? {
            return Err("COLLATERAL_CANNOT_COVER_NEW_BORROW");
        }
        Ok(())
    }

    /// A siloed asset is a borrower's single debt; gone in 3.7.
    fn require_silo(&self, user: &str, asset: &str) -> Outcome<()> {
        let borrowed = self.borrowed_by(user);
        if self.version >= Version::V37 || borrowed.is_empty() {
            return Ok(());
        }
        let violated = match borrowed.as_slice() {
            [only] if self.reserve(only)?.siloed => only != asset,
            _ => self.reserve(asset)?.siloed,
        };
        if violated {
            return Err("SILOED_BORROWING_VIOLATION");
        }
        Ok(())
    }

    /// An amount in the two-decimal units of the debt ceiling, rounded down; stored in 128 bits.
    fn isolated_units(&self, asset: &str, amount: &BigUint) -> Outcome<BigUint> {
        let decimals = self.reserve(asset)?.decimals;
        let shift = decimals.checked_sub(2).ok_or(PANIC_RANGE)?;
        let units = div(amount, &ten(shift))?;
        if units.bits() > 128 {
            return Err("SAFE_CAST_OVERFLOW");
        }
        Ok(units)
    }

    fn require_isolated_debt(
        &self,
        collateral: &str,
        asset: &str,
        amount: &BigUint,
    ) -> Outcome<()> {
        if !self.reserve(asset)?.borrowable_in_isolation {
            return Err("ASSET_NOT_BORROWABLE_IN_ISOLATION");
        }
        let reserve = self.reserve(collateral)?;
        let after = add(&reserve.isolated_debt, &self.isolated_units(asset, amount)?)?;
        if after > reserve.debt_ceiling {
            return Err("DEBT_CEILING_EXCEEDED");
        }
        Ok(())
    }

    /// Takes a repayment off the count of debt against an isolated collateral, at most to zero.
    pub(super) fn reduce_isolated_debt(
        &mut self,
        collateral: &str,
        asset: &str,
        amount: &BigUint,
    ) -> Outcome<()> {
        let less = self.isolated_units(asset, amount)?;
        let reserve = self.reserve_mut(collateral)?;
        reserve.isolated_debt = if reserve.isolated_debt > less {
            &reserve.isolated_debt - less
        } else {
            BigUint::ZERO
        };
        Ok(())
    }

    /// Repays a variable debt of `on_behalf_of` from the wallet of `caller`; all of it for the
    /// largest number. Tells the amount.
    pub fn repay(
        &mut self,
        caller: &str,
        asset: &str,
        amount: &BigUint,
        on_behalf_of: &str,
    ) -> Outcome<BigUint> {
        self.attempt(|world| world.do_repay(caller, asset, amount, on_behalf_of))
    }

    fn do_repay(
        &mut self,
        caller: &str,
        asset: &str,
        amount: &BigUint,
        on_behalf_of: &str,
    ) -> Outcome<BigUint> {
        self.accrue(asset)?;
        let owed = self.debt_of(on_behalf_of, asset)?;
        if *amount == BigUint::ZERO {
            return Err("INVALID_AMOUNT");
        }
        if *amount == max_256() && caller != on_behalf_of {
            return Err("NO_EXPLICIT_AMOUNT_TO_REPAY_ON_BEHALF");
        }
        self.require_active_and_running(asset)?;
        if owed == BigUint::ZERO {
            return Err("NO_DEBT_OF_SELECTED_TYPE");
        }
        let paid = amount.min(&owed).clone();
        let index = self.reserve(asset)?.borrow_index.clone();
        let scaled = ray_div(&paid, &index, self.version.debt_burn())?;
        self.burn_debt(on_behalf_of, asset, &scaled)?;
        self.update_rates(asset, &paid, &BigUint::ZERO)?;
        let cleared = if self.version <= Version::V33 {
            paid == owed
        } else {
            self.position(on_behalf_of, asset).debt == BigUint::ZERO
        };
        if cleared {
            self.position_mut(on_behalf_of, asset).is_borrowing = false;
        }
        if let Some(collateral) = self.isolated_collateral(on_behalf_of)? {
            self.reduce_isolated_debt(&collateral, asset, &paid)?;
        }
        self.pull(caller, asset, &paid)?;
        Ok(paid)
    }
}

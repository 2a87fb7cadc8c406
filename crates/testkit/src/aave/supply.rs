//! Supplying, withdrawing, and choosing what counts as collateral.

use super::number::{Round, add, max_256, mul, ray_div, ray_mul, ten};
use super::{Outcome, Version, World};
use num_bigint::BigUint;

impl World {
    /// Brings tokens of `caller` in as a supply of `on_behalf_of`.
    pub fn supply(
        &mut self,
        caller: &str,
        asset: &str,
        amount: &BigUint,
        on_behalf_of: &str,
    ) -> Outcome<()> {
        self.attempt(|world| world.do_supply(caller, asset, amount, on_behalf_of))
    }

    fn do_supply(
        &mut self,
        caller: &str,
        asset: &str,
        amount: &BigUint,
        on_behalf_of: &str,
    ) -> Outcome<()> {
        self.accrue(asset)?;
        let index = self.reserve(asset)?.liquidity_index.clone();
        let early = if self.version >= Version::V35 {
            ray_div(amount, &index, Round::Floor)?
        } else {
            amount.clone()
        };
        if early == BigUint::ZERO {
            return Err("INVALID_AMOUNT");
        }
        self.require_active_and_running(asset)?;
        if self.reserve(asset)?.frozen {
            return Err("RESERVE_FROZEN");
        }
        self.require_supply_cap(asset, &early)?;
        self.update_rates(asset, amount, &BigUint::ZERO)?;
        self.pull(caller, asset, amount)?;
        let scaled = ray_div(amount, &index, self.version.supply_mint())?;
        if scaled == BigUint::ZERO {
            return Err("INVALID_MINT_AMOUNT");
        }
        let first = self.position(on_behalf_of, asset).supply == BigUint::ZERO;
        self.position_mut(on_behalf_of, asset).supply += &scaled;
        self.reserve_mut(asset)?.total_supply += &scaled;
        if first && self.becomes_collateral_by_itself(on_behalf_of, asset)? {
            self.position_mut(on_behalf_of, asset).is_collateral = true;
        }
        Ok(())
    }

    pub(super) fn require_active_and_running(&self, asset: &str) -> Outcome<()> {
        let reserve = self.reserve(asset)?;
        if !reserve.active {
            return Err("RESERVE_INACTIVE");
        }
        if reserve.paused {
            return Err("RESERVE_PAUSED");
        }
        Ok(())
    }

    /// `asked` is scaled where the version checks in scaled units.
    fn require_supply_cap(&self, asset: &str, asked: &BigUint) -> Outcome<()> {
        let reserve = self.reserve(asset)?;
        if reserve.supply_cap == BigUint::ZERO {
            return Ok(());
        }
        let round = self.version.supply_balance();
        let claims = add(&reserve.total_supply, &reserve.accrued_to_treasury)?;
        let after = if self.version >= Version::V35 {
            ray_mul(&add(&claims, asked)?, &reserve.liquidity_index, round)?
        } else {
            add(&ray_mul(&claims, &reserve.liquidity_index, round)?, asked)?
        };
        if after > mul(&reserve.supply_cap, &ten(reserve.decimals))? {
            return Err("SUPPLY_CAP_EXCEEDED");
        }
        Ok(())
    }

    /// Whether a first supply is switched on as collateral without being asked.
    pub(super) fn becomes_collateral_by_itself(&self, user: &str, asset: &str) -> Outcome<bool> {
        let isolated = self.reserve(asset)?.debt_ceiling != BigUint::ZERO;
        if self.version < Version::V37 && isolated {
            return Ok(false);
        }
        self.may_be_collateral(user, asset)
    }

    /// Whether a supply may be switched on as collateral.
    fn may_be_collateral(&self, user: &str, asset: &str) -> Outcome<bool> {
        let has_ltv = if self.version >= Version::V36 {
            self.ltv_for(self.emode_of(user), asset)?.is_some()
        } else {
            self.reserve(asset)?.ltv != 0
        };
        if !has_ltv {
            return Ok(false);
        }
        if self.version >= Version::V37 || self.collateral_of(user).is_empty() {
            return Ok(true);
        }
        let in_isolation = self.isolated_collateral(user)?.is_some();
        Ok(!in_isolation && self.reserve(asset)?.debt_ceiling == BigUint::ZERO)
    }

    /// Takes a supply of `caller` out to the wallet of `to`; all of it for the largest number.
    /// Tells the amount.
    pub fn withdraw(
        &mut self,
        caller: &str,
        asset: &str,
        amount: &BigUint,
        to: &str,
    ) -> Outcome<BigUint> {
        self.attempt(|world| world.do_withdraw(caller, asset, amount, to))
    }

    fn do_withdraw(
        &mut self,
        caller: &str,
        asset: &str,
        amount: &BigUint,
        to: &str,
    ) -> Outcome<BigUint> {
        self.accrue(asset)?;
        let index = self.reserve(asset)?.liquidity_index.clone();
        let held = self.position(caller, asset);
        let balance = ray_mul(&held.supply, &index, self.version.supply_balance())?;
        let all = *amount == max_256();
        let amount = if all { &balance } else { amount };
        let directional = self.version >= Version::V35;
        let early = if all && directional {
            held.supply.clone()
        } else if directional {
            ray_div(amount, &index, Round::Ceil)?
        } else {
            amount.clone()
        };
        let (asked, limit) = if directional {
            (&early, &held.supply)
        } else {
            (&early, &balance)
        };
        if *asked == BigUint::ZERO {
            return Err("INVALID_AMOUNT");
        }
        if asked > limit {
            return Err("NOT_ENOUGH_AVAILABLE_USER_BALANCE");
        }
        self.require_active_and_running(asset)?;
        let takes_all = asked == limit;
        self.update_rates(asset, &BigUint::ZERO, amount)?;
        let scaled = if directional {
            early
        } else {
            ray_div(amount, &index, Round::HalfUp)?
        };
        self.burn_supply(caller, asset, &scaled)?;
        self.push(to, asset, amount)?;
        if held.is_collateral {
            if takes_all {
                self.position_mut(caller, asset).is_collateral = false;
            }
            if !self.borrowed_by(caller).is_empty() {
                self.require_healthy_and_ltv(caller, asset)?;
            }
        }
        Ok(amount.clone())
    }

    /// Makes a supply count as collateral, or not.
    pub fn set_collateral(&mut self, caller: &str, asset: &str, enabled: bool) -> Outcome<()> {
        self.attempt(|world| world.do_set_collateral(caller, asset, enabled))
    }

    fn do_set_collateral(&mut self, caller: &str, asset: &str, enabled: bool) -> Outcome<()> {
        if self.version <= Version::V33 && self.supply_of(caller, asset)? == BigUint::ZERO {
            return Err("UNDERLYING_BALANCE_ZERO");
        }
        self.require_active_and_running(asset)?;
        let position = self.position(caller, asset);
        if position.is_collateral == enabled {
            return Ok(());
        }
        if !enabled {
            self.position_mut(caller, asset).is_collateral = false;
            return self.require_healthy_and_ltv(caller, asset);
        }
        if position.supply == BigUint::ZERO {
            return Err("UNDERLYING_BALANCE_ZERO");
        }
        if !self.may_be_collateral(caller, asset)? {
            return Err(if self.version >= Version::V37 {
                "USER_HAS_ASSET_WITH_ZERO_LTV"
            } else {
                "USER_IN_ISOLATION_MODE_OR_LTV_ZERO"
            });
        }
        self.position_mut(caller, asset).is_collateral = true;
        Ok(())
    }

    /// Chooses an efficiency mode; 0 is none.
    pub fn set_emode(&mut self, caller: &str, category: u8) -> Outcome<()> {
        self.attempt(|world| world.do_set_emode(caller, category))
    }

    fn do_set_emode(&mut self, caller: &str, category: u8) -> Outcome<()> {
        let before = self.emode_of(caller);
        if self.version > Version::V302 && before == category {
            return Ok(());
        }
        if category != 0 && self.emode(category).liquidation_threshold == 0 {
            return Err("INCONSISTENT_EMODE_CATEGORY");
        }
        for asset in self.reserve_list() {
            self.require_fits_emode(caller, category, &asset)?;
        }
        self.users.entry(caller.to_owned()).or_default().emode = category;
        if self.version > Version::V302 || before != 0 {
            self.require_healthy(caller)?;
        }
        Ok(())
    }

    /// Refuses a category that a debt, or since 3.6 a collateral, does not fit.
    fn require_fits_emode(&self, user: &str, category: u8, asset: &str) -> Outcome<()> {
        let position = self.position(user, asset);
        let strict = self.version >= Version::V36;
        let fits = if category != 0 {
            self.is_emode_borrowable(category, asset)?
        } else {
            !strict || self.reserve(asset)?.borrowing_enabled
        };
        if position.is_borrowing && !fits {
            return Err(match self.version {
                Version::V302 => "INCONSISTENT_EMODE_CATEGORY",
                Version::V33 | Version::V34 | Version::V35 => "NOT_BORROWABLE_IN_EMODE",
                Version::V36 | Version::V37 => "INVALID_DEBT_IN_EMODE",
            });
        }
        if strict && position.is_collateral && self.ltv_for(category, asset)?.is_none() {
            return Err("INVALID_COLLATERAL_IN_EMODE");
        }
        Ok(())
    }
}

//! Covering debt that was written off.

use super::number::{ray_div, ray_mul, sub};
use super::{Outcome, Version, World};
use num_bigint::BigUint;

impl World {
    /// Burns supply of `caller` against a recorded deficit. Tells the amount covered.
    pub fn eliminate_deficit(
        &mut self,
        caller: &str,
        asset: &str,
        amount: &BigUint,
    ) -> Outcome<BigUint> {
        self.attempt(|world| world.do_eliminate_deficit(caller, asset, amount))
    }

    fn do_eliminate_deficit(
        &mut self,
        caller: &str,
        asset: &str,
        amount: &BigUint,
    ) -> Outcome<BigUint> {
        if self.version == Version::V302 {
            return Err("NOT_IN_THIS_VERSION");
        }
        if caller != self.coverage {
            return Err("CALLER_NOT_UMBRELLA");
        }
        if *amount == BigUint::ZERO {
            return Err("INVALID_AMOUNT");
        }
        let deficit = self.reserve(asset)?.deficit.clone();
        if deficit == BigUint::ZERO {
            return Err("RESERVE_NOT_IN_DEFICIT");
        }
        if !self.borrowed_by(caller).is_empty() {
            return Err("USER_CANNOT_HAVE_DEBT");
        }
        self.accrue(asset)?;
        if !self.reserve(asset)?.active {
            return Err("RESERVE_INACTIVE");
        }
        let covered = amount.min(&deficit).clone();
        let index = self.reserve(asset)?.liquidity_index.clone();
        let held = self.position(caller, asset).supply;
        let balance = ray_mul(&held, &index, self.version.supply_balance())?;
        let scaled = ray_div(&covered, &index, self.version.supply_burn())?;
        let (asked, limit) = if self.version >= Version::V35 {
            (&scaled, &held)
        } else {
            (&covered, &balance)
        };
        if asked > limit {
            return Err("NOT_ENOUGH_AVAILABLE_USER_BALANCE");
        }
        if asked == limit {
            self.position_mut(caller, asset).is_collateral = false;
        }
        self.burn_supply(caller, asset, &scaled)?;
        let reserve = self.reserve_mut(asset)?;
        reserve.deficit = sub(&reserve.deficit, &covered)?;
        self.update_rates(asset, &BigUint::ZERO, &BigUint::ZERO)?;
        Ok(covered)
    }
}

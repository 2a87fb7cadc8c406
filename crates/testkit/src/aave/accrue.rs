//! Interest: the growth of indexes, the treasury's share, and the rates that follow.

use super::number::{
    Round, add, div, max_256, mul, mul_div, percent_mul, ray, ray_div, ray_mul, sub, ten,
};
use super::{Outcome, Reserve, Version, World};
use num_bigint::BigUint;

/// Seconds of a year without a leap day.
const YEAR: u64 = 31_536_000;

/// Growth of a supply over `seconds`, without compounding.
fn linear(rate: &BigUint, seconds: u64) -> Outcome<BigUint> {
    let interest = div(&mul(rate, &seconds.into())?, &YEAR.into())?;
    add(&ray(), &interest)
}

/// Growth of a debt over `seconds`: three terms of a series, whose form changed with 3.4.
fn compounded(version: Version, rate: &BigUint, seconds: u64) -> Outcome<BigUint> {
    if seconds == 0 {
        return Ok(ray());
    }
    let first = div(&mul(rate, &seconds.into())?, &YEAR.into())?;
    if version >= Version::V34 {
        let sixth = ray_mul(&first, &(&first / 6u32), Round::HalfUp)?;
        let rest = ray_mul(&first, &(&first / 2u32 + sixth), Round::HalfUp)?;
        return add(&add(&ray(), &first)?, &rest);
    }
    let year = BigUint::from(YEAR);
    let less_one = BigUint::from(seconds - 1);
    let less_two = BigUint::from(seconds.saturating_sub(2));
    let squared = ray_mul(rate, rate, Round::HalfUp)? / (&year * &year);
    let cubed = ray_mul(&squared, rate, Round::HalfUp)? / &year;
    let pairs = mul(&seconds.into(), &less_one)?;
    let second = mul(&pairs, &squared)? / 2u32;
    let third = mul(&mul(&pairs, &less_two)?, &cubed)? / 6u32;
    add(&add(&add(&ray(), &first)?, &second)?, &third)
}

impl World {
    /// Growth of a supply up to now, whether or not it was stored.
    pub(super) fn income_index(&self, asset: &str) -> Outcome<BigUint> {
        let reserve = self.reserve(asset)?;
        if reserve.last_update == self.now {
            return Ok(reserve.liquidity_index.clone());
        }
        let growth = linear(&reserve.liquidity_rate, self.now - reserve.last_update)?;
        ray_mul(&growth, &reserve.liquidity_index, Round::HalfUp)
    }

    /// Growth of a debt up to now, whether or not it was stored.
    pub(super) fn debt_index(&self, asset: &str) -> Outcome<BigUint> {
        let reserve = self.reserve(asset)?;
        if reserve.last_update == self.now {
            return Ok(reserve.borrow_index.clone());
        }
        let seconds = self.now - reserve.last_update;
        let growth = compounded(self.version, &reserve.borrow_rate, seconds)?;
        ray_mul(&growth, &reserve.borrow_index, Round::HalfUp)
    }

    /// A user's supply with interest.
    pub fn supply_of(&self, user: &str, asset: &str) -> Outcome<BigUint> {
        let scaled = self.position(user, asset).supply;
        let index = self.income_index(asset)?;
        ray_mul(&scaled, &index, self.version.supply_balance())
    }

    /// A user's debt with interest.
    pub fn debt_of(&self, user: &str, asset: &str) -> Outcome<BigUint> {
        let scaled = self.position(user, asset).debt;
        if scaled == BigUint::ZERO {
            return Ok(scaled);
        }
        let index = self.debt_index(asset)?;
        ray_mul(&scaled, &index, self.version.debt_balance())
    }

    /// Stores the indexes of now and the treasury's share of the interest since the last time.
    pub(super) fn accrue(&mut self, asset: &str) -> Outcome<()> {
        let (version, now) = (self.version, self.now);
        let reserve = self.reserve_mut(asset)?;
        if reserve.last_update == now {
            return Ok(());
        }
        let before = reserve.clone();
        let seconds = now - before.last_update;
        if before.liquidity_rate != BigUint::ZERO {
            let growth = linear(&before.liquidity_rate, seconds)?;
            reserve.liquidity_index = ray_mul(&growth, &before.liquidity_index, Round::HalfUp)?;
        }
        if before.total_debt != BigUint::ZERO {
            let growth = compounded(version, &before.borrow_rate, seconds)?;
            reserve.borrow_index = ray_mul(&growth, &before.borrow_index, Round::HalfUp)?;
        }
        let share = treasury_share(version, &before, reserve)?;
        reserve.accrued_to_treasury += share;
        reserve.last_update = now;
        Ok(())
    }

    /// As [`World::accrue`], with the treasury's share counted twice: the fault of 3.5 and 3.6
    /// where one asset is both collateral and debt of a liquidation.
    pub(super) fn accrue_with_double_share(&mut self, asset: &str) -> Outcome<()> {
        let before = self.reserve(asset)?.accrued_to_treasury.clone();
        self.accrue(asset)?;
        let reserve = self.reserve_mut(asset)?;
        let share = sub(&reserve.accrued_to_treasury, &before)?;
        reserve.accrued_to_treasury += share;
        Ok(())
    }

    /// Sets the rates after tokens come in or go out, and counts them.
    pub(super) fn update_rates(
        &mut self,
        asset: &str,
        added: &BigUint,
        taken: &BigUint,
    ) -> Outcome<()> {
        let version = self.version;
        let reserve = self.reserve_mut(asset)?;
        let debt = ray_mul(
            &reserve.total_debt,
            &reserve.borrow_index,
            version.debt_balance(),
        )?;
        let held = if version == Version::V302 {
            &reserve.available
        } else {
            &reserve.virtual_balance
        };
        if debt == BigUint::ZERO {
            reserve.liquidity_rate = BigUint::ZERO;
            reserve.borrow_rate = reserve.strategy.base.clone();
        } else {
            let liquidity = sub(&add(held, added)?, taken)?;
            reserve.borrow_rate = borrow_rate(reserve, &debt, &liquidity)?;
            reserve.liquidity_rate = liquidity_rate(version, reserve, &debt, &liquidity)?;
        }
        if version != Version::V302 {
            if added.bits() > 128 || taken.bits() > 128 {
                return Err("SAFE_CAST_OVERFLOW");
            }
            reserve.virtual_balance = sub(&add(&reserve.virtual_balance, added)?, taken)?;
        }
        Ok(())
    }
}

/// Scaled supply that the treasury earned between two states of a reserve.
fn treasury_share(version: Version, before: &Reserve, after: &Reserve) -> Outcome<BigUint> {
    if before.reserve_factor == 0 {
        return Ok(BigUint::ZERO);
    }
    let interest = if version >= Version::V35 {
        let growth = sub(&after.borrow_index, &before.borrow_index)?;
        ray_mul(&before.total_debt, &growth, Round::Floor)?
    } else {
        let new = ray_mul(&before.total_debt, &after.borrow_index, Round::HalfUp)?;
        let old = ray_mul(&before.total_debt, &before.borrow_index, Round::HalfUp)?;
        sub(&new, &old)?
    };
    let amount = percent_mul(&interest, before.reserve_factor, Round::HalfUp)?;
    if amount == BigUint::ZERO {
        return Ok(amount);
    }
    ray_div(&amount, &after.liquidity_index, version.supply_mint())
}

/// The curve at the present usage.
fn borrow_rate(reserve: &Reserve, debt: &BigUint, liquidity: &BigUint) -> Outcome<BigUint> {
    let curve = &reserve.strategy;
    let usage = ray_div(debt, &add(liquidity, debt)?, Round::HalfUp)?;
    if usage > curve.optimal_usage {
        let excess = ray_div(
            &(&usage - &curve.optimal_usage),
            &sub(&ray(), &curve.optimal_usage)?,
            Round::HalfUp,
        )?;
        let steep = ray_mul(&curve.slope2, &excess, Round::HalfUp)?;
        add(&add(&curve.base, &curve.slope1)?, &steep)
    } else {
        let flat = ray_mul(&curve.slope1, &usage, Round::HalfUp)?;
        let flat = ray_div(&flat, &curve.optimal_usage, Round::HalfUp)?;
        add(&curve.base, &flat)
    }
}

/// What suppliers get of the borrowers' interest; a deficit dilutes it.
fn liquidity_rate(
    version: Version,
    reserve: &Reserve,
    debt: &BigUint,
    liquidity: &BigUint,
) -> Outcome<BigUint> {
    let claims = add(&add(liquidity, debt)?, &reserve.deficit)?;
    let usage = ray_div(debt, &claims, Round::HalfUp)?;
    let paid = if version == Version::V302 {
        overall_rate(debt, &reserve.borrow_rate)?
    } else {
        reserve.borrow_rate.clone()
    };
    let kept = 10_000u32
        .checked_sub(reserve.reserve_factor)
        .ok_or("PANIC_0x11")?;
    percent_mul(&ray_mul(&paid, &usage, Round::HalfUp)?, kept, Round::HalfUp)
}

/// 3.0.2 takes the average over both kinds of debt. With variable debt alone that is its own rate
/// but for the rounding, which shows in very small debts.
fn overall_rate(debt: &BigUint, rate: &BigUint) -> Outcome<BigUint> {
    let in_ray = debt * ten(9);
    if in_ray > max_256() {
        return Err("EMPTY_REVERT");
    }
    let weighted = ray_mul(&in_ray, rate, Round::HalfUp)?;
    mul_div(&weighted, &ray(), &in_ray, Round::HalfUp)
}

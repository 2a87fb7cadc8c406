//! Use, rates, and what is stored when time has passed.

use super::balance::present;
use super::math::{Ruled, by_factor, down, sum64, to_u64};
use super::rejection::Rejection;
use super::state::{Comet, Totals};
use crate::units::{Ratio, U256, WAD, mul};

impl Comet {
    /// Seconds since interest was last stored; the contract's clock has 40 bits.
    pub(super) fn elapsed(&self, totals: &Totals) -> Ruled<u64> {
        if self.now.0 >= 1 << 40 {
            return Err(Rejection::TimestampTooLarge);
        }
        let elapsed = self.now.0.checked_sub(totals.last_accrual.0);
        elapsed.ok_or(Rejection::Panic0x11)
    }

    /// Debts for one supplied, wad, by stored indexes; zero without a supply.
    ///
    /// # Errors
    /// Where the contract's own computation would revert (overflow).
    pub fn utilization(&self) -> Result<Ratio, Rejection> {
        let supply = present(self.totals.supply_index, self.totals.supply)?;
        let borrow = present(self.totals.borrow_index, self.totals.borrow)?;
        if supply.is_zero() {
            return Ok(Ratio::ZERO);
        }
        Ok(Ratio(down(borrow.0, WAD, supply.0)?))
    }

    /// What suppliers earn at a use, wad a second.
    ///
    /// # Errors
    /// Where the contract's own computation would revert (overflow).
    pub fn supply_rate(&self, utilization: Ratio) -> Result<Ratio, Rejection> {
        let rate = self.config.supply_curve.rate(utilization.0)?;
        Ok(Ratio::new(u128::from(rate)))
    }

    /// What borrowers pay at a use, wad a second.
    ///
    /// # Errors
    /// Where the contract's own computation would revert (overflow).
    pub fn borrow_rate(&self, utilization: Ratio) -> Result<Ratio, Rejection> {
        let rate = self.config.borrow_curve.rate(utilization.0)?;
        Ok(Ratio::new(u128::from(rate)))
    }

    /// Both indexes after so many seconds, supply first; linear in time.
    fn indexes_after(&self, seconds: u64) -> Ruled<(u64, u64)> {
        let utilization = self.utilization()?;
        let supply_rate = self.supply_rate(utilization)?;
        let borrow_rate = self.borrow_rate(utilization)?;
        let grown = |index: u64, rate: Ratio| {
            let growth = mul(rate.0, U256::from(seconds))?;
            sum64(index, to_u64(by_factor(U256::from(index), growth)?)?)
        };
        let supply = grown(self.totals.supply_index, supply_rate)?;
        Ok((supply, grown(self.totals.borrow_index, borrow_rate)?))
    }

    /// Both indexes at the present time, as views tell them.
    pub(super) fn indexes_now(&self) -> Ruled<(u64, u64)> {
        match self.elapsed(&self.totals)? {
            0 => Ok((self.totals.supply_index, self.totals.borrow_index)),
            seconds => self.indexes_after(seconds),
        }
    }

    /// The totals with interest and rewards up to now, and the seconds that it took.
    pub(super) fn accrued(&self) -> Ruled<(Totals, u64)> {
        let mut totals = self.totals;
        let seconds = self.elapsed(&totals)?;
        if seconds == 0 {
            return Ok((totals, 0));
        }
        (totals.supply_index, totals.borrow_index) = self.indexes_after(seconds)?;
        let config = &self.config;
        let reward = |index: u64, speed: u64, principals: u128| {
            if principals < config.rewards_min {
                return Ok(index);
            }
            let paid = mul(U256::from(speed), U256::from(seconds))?;
            let each = down(paid, self.base_scale(), U256::from(principals))?;
            sum64(index, to_u64(each)?)
        };
        let (supply, borrow) = (totals.supply, totals.borrow);
        let speeds = (config.tracking_supply_speed, config.tracking_borrow_speed);
        totals.tracking_supply_index = reward(totals.tracking_supply_index, speeds.0, supply)?;
        totals.tracking_borrow_index = reward(totals.tracking_borrow_index, speeds.1, borrow)?;
        totals.last_accrual = self.now;
        Ok((totals, seconds))
    }

    /// The totals with interest and rewards up to now.
    ///
    /// # Errors
    /// Where the contract's own computation would revert (overflow).
    pub fn totals_now(&self) -> Result<Totals, Rejection> {
        Ok(self.accrued()?.0)
    }
}

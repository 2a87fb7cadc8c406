//! The redemption price, and the liquidation price that follows from it.

use super::draft::Draft;
use super::math::RELAYER;
use super::rejection::{Rejection, Ruled};
use crate::auction::{Ray, power};
use crate::units::{Price, RAY, U256};

/// From wad to ray.
pub(super) const BILLION: U256 = U256::from_limbs([1_000_000_000, 0, 0, 0]);

impl Draft<'_> {
    /// The redemption price of now, which it stores: once a second, rounded down, at least 1.
    pub(super) fn redemption_price(&mut self) -> Ruled<Price> {
        let now = self.core.now;
        let relayer = &mut self.core.relayer;
        if now <= relayer.updated {
            return Ok(relayer.price);
        }
        let seconds = U256::from(now.seconds_since(relayer.updated));
        let growth = power(relayer.rate.0, seconds, RAY).map_err(|_| Rejection::NoReason)?;
        let price = RELAYER.divide(RELAYER.multiply(growth, relayer.price.0)?, RAY)?;
        relayer.price = Price(price.max(U256::ONE));
        relayer.updated = now;
        Ok(relayer.price)
    }

    /// The liquidation price follows feed and redemption price in two divisions that both round
    /// down, against the borrower; zero where the feed has no price.
    pub(super) fn update_price(&mut self) -> Ruled<()> {
        let feed = self.core.feeds.delayed;
        if !feed.connected {
            return Err(Rejection::NoReason);
        }
        let redemption = self.redemption_price()?;
        let mut price = U256::ZERO;
        if feed.valid {
            let ray = RELAYER.multiply(feed.value, BILLION)?;
            let in_coins = RELAYER.quotient(ray, redemption.0)?;
            price = RELAYER.quotient(in_coins, self.core.relayer.liquidation_ratio.0)?;
        }
        self.core.safes.liquidation_price = Price(price);
        Ok(())
    }

    /// A new rate, within its bounds, from the redemption price of now.
    pub(super) fn set_redemption_rate(&mut self, rate: U256) -> Ruled<()> {
        self.redemption_price()?;
        if rate.is_zero() {
            return Err(Rejection::RelayerNullData);
        }
        let relayer = &mut self.core.relayer;
        if relayer.updated != self.core.now {
            return Err(Rejection::RelayerNotUpdated);
        }
        let (least, most) = (relayer.rate_min.0, relayer.rate_max.0);
        relayer.rate = Ray(if rate > most { most } else { rate.max(least) });
        Ok(())
    }
}

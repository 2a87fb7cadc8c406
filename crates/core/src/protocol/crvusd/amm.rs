//! The AMM: its state, the oracle's price as it takes it, and the prices of its bands.

use super::account::{Token, Wallet};
use super::bands::{Band, BandDraft, Bands};
use super::curve::{self, Curve};
use super::math::{
    Ruled, WAD_SQUARED, exp, product, quotient, quotient_or_zero, scaled, scaled_or_zero, sum,
    wad_product,
};
use super::params::Constants;
use super::rejection::Rejection;
use super::version::Rules;
use crate::units::{Amount, Timestamp, U256, WAD};

/// The AMM's own variables but for the bands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct AmmState {
    /// Fee of an exchange, wad.
    pub fee: U256,
    /// Part of the fee that is set apart, wad.
    pub admin_fee: U256,
    /// Interest per second, wad.
    pub rate: U256,
    /// When the multiplier was last stored.
    pub rate_time: Timestamp,
    /// Interest multiplier as stored, wad. Debts and the bands' prices grow with it.
    pub rate_mul: U256,
    /// The only band that may hold both tokens.
    pub active_band: i64,
    /// Bands below hold nothing.
    pub min_band: i64,
    /// Bands above hold nothing.
    pub max_band: i64,
    /// Fees set apart, and dust of emptied bands, in the tokens' own units.
    pub admin_fees: Wallet,
    /// Oracle's price at the last exchange, as limited then, wad.
    pub old_price: U256,
    /// Fee that the step to that price had left, wad.
    pub old_fee: U256,
    /// When that was.
    pub old_time: Timestamp,
}

/// The oracle's price as the AMM takes it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Oracle {
    /// Limited to a step of 1.25 within two minutes, wad.
    pub(super) price: U256,
    /// Fee that makes up for the step, wad.
    pub(super) fee: U256,
}

/// A working copy of the AMM at one time and one answer of the oracle.
#[derive(Clone, Debug)]
pub(super) struct AmmDraft<'a> {
    pub(super) rules: &'static Rules,
    pub(super) constants: &'a Constants,
    pub(super) now: Timestamp,
    pub(super) oracle_price: U256,
    pub(super) state: AmmState,
    pub(super) bands: BandDraft<'a>,
}

fn seconds(later: Timestamp, earlier: Timestamp) -> Ruled<u64> {
    later.0.checked_sub(earlier.0).ok_or(Rejection::NoReason)
}

impl<'a> AmmDraft<'a> {
    pub(super) fn new(
        rules: &'static Rules,
        constants: &'a Constants,
        (now, oracle_price): (Timestamp, U256),
        (state, bands): (&AmmState, &'a Bands),
    ) -> Self {
        Self {
            rules,
            constants,
            now,
            oracle_price,
            state: *state,
            bands: BandDraft::new(bands),
        }
    }

    /// The oracle's price as an exchange would take it now.
    pub(super) fn oracle(&self) -> Ruled<Oracle> {
        let delay = self.rules.oracle_delay;
        let passed = seconds(self.now, self.state.old_time)?;
        let left = delay.saturating_sub(passed);
        let (new, old) = (self.oracle_price, self.state.old_price);
        if left == 0 {
            let fee = U256::ZERO;
            return Ok(Oracle { price: new, fee });
        }
        let (price, ratio) = self.limited(new, old)?;
        // The ratio is at most 1, so nothing here leaves its range but by an absurd old fee.
        let cube = ratio.wrapping_mul(ratio).wrapping_mul(ratio);
        let cube = quotient_or_zero(cube, WAD_SQUARED);
        let loss = WAD.wrapping_add(self.state.old_fee).wrapping_sub(cube);
        let fee = quotient_or_zero(loss.wrapping_mul(U256::from(left)), U256::from(delay));
        let most = WAD.wrapping_sub(U256::ONE);
        let fee = fee.min(most);
        Ok(Oracle { price, fee })
    }

    /// The new price within the largest step from the old one, and the smaller of the two prices
    /// over the larger, wad.
    fn limited(&self, new: U256, old: U256) -> Ruled<(U256, U256)> {
        let step = self.rules.oracle_step_max;
        let least = quotient_or_zero(WAD_SQUARED, step);
        let rises = new > old;
        let (smaller, larger) = if rises { (old, new) } else { (new, old) };
        let ratio = scaled_or_zero(smaller, WAD, larger)?;
        if ratio >= least {
            return Ok((new, ratio));
        }
        let limited = if rises {
            scaled_or_zero(old, step, WAD)?
        } else {
            scaled_or_zero(old, WAD, step)?
        };
        Ok((limited, least))
    }

    /// As [`Self::oracle`], and remembered.
    pub(super) fn store_oracle(&mut self) -> Ruled<Oracle> {
        let oracle = self.oracle()?;
        self.state.old_time = self.now;
        self.state.old_price = oracle.price;
        self.state.old_fee = oracle.fee;
        Ok(oracle)
    }

    /// The interest multiplier now.
    pub(super) fn rate_mul(&self) -> Ruled<U256> {
        let passed = U256::from(seconds(self.now, self.state.rate_time)?);
        let growth = sum(WAD, product(self.state.rate, passed)?)?;
        wad_product(self.state.rate_mul, growth)
    }

    /// Stores the multiplier and takes a new rate.
    pub(super) fn set_rate(&mut self, rate: U256) -> Ruled<()> {
        self.state.rate_mul = self.rate_mul()?;
        self.state.rate_time = self.now;
        self.state.rate = rate;
        Ok(())
    }

    /// Upper edge of band 0.
    pub(super) fn base_price(&self) -> Ruled<U256> {
        wad_product(self.constants.base_price, self.rate_mul()?)
    }

    /// Upper edge of a band: the oracle's price above which the band is all collateral.
    pub(super) fn upper_edge(&self, number: i64) -> Ruled<U256> {
        let power = i128::from(number)
            .checked_neg()
            .and_then(|minus| minus.checked_mul(self.constants.log_ratio))
            .ok_or(Rejection::NoReason)?;
        let factor = exp(power)?;
        if factor <= U256::from(1_000u64) {
            return Err(Rejection::NoReason);
        }
        wad_product(self.base_price()?, factor)
    }

    /// The edge below an upper edge, as loops compute it.
    pub(super) fn down(&self, edge: U256) -> Ruled<U256> {
        scaled_or_zero(edge, self.constants.lower, self.constants.upper)
    }

    /// The edge above, as loops compute it.
    pub(super) fn up(&self, edge: U256) -> Ruled<U256> {
        scaled_or_zero(edge, self.constants.upper, self.constants.lower)
    }

    /// The curve of a band that holds something.
    pub(super) fn curve(&self, band: &Band, price: U256, edge: U256) -> Ruled<Curve> {
        Curve::new(self.constants, [band.stable, band.collateral], price, edge)
    }

    /// Price at which a band trades while all of it is collateral.
    pub(super) fn current_down(&self, number: i64) -> Ruled<U256> {
        let edge = self.upper_edge(number)?;
        let price = self.oracle()?.price;
        let square = scaled(price, price, edge)?;
        scaled_or_zero(square, price, edge)
    }

    /// Price of the active band.
    pub(super) fn price(&self) -> Ruled<U256> {
        let number = self.state.active_band;
        self.price_in(number, self.bands.get(number))
    }

    /// Price at which a band with these holdings trades.
    pub(super) fn price_in(&self, number: i64, band: &Band) -> Ruled<U256> {
        let edge = self.upper_edge(number)?;
        let price = self.oracle()?.price;
        if edge.is_zero() {
            return Err(Rejection::NoReason);
        }
        if band.stable.is_zero() {
            let lowest = curve::lowest_price(price, edge)?;
            if !band.collateral.is_zero() {
                return Ok(lowest);
            }
            return self.up(lowest);
        }
        if band.collateral.is_zero() {
            let edge = self.down(edge)?;
            let square = scaled(price, price, edge)?;
            return scaled_or_zero(square, price, edge);
        }
        let (upper, lower) = (self.constants.upper, self.constants.lower);
        let y0 = curve::base_amount(self.constants, [band.stable, band.collateral], price, edge)?;
        let f = scaled_or_zero(product(upper, y0)?, price, edge)?;
        let f = product(f, price)?;
        let g = scaled_or_zero(product(lower, y0)?, edge, price)?;
        let above = sum(f, product(band.stable, WAD)?)?;
        quotient(above, sum(g, band.collateral)?)
    }

    /// Whether bands between the active one and `end`, without it, can be skipped.
    pub(super) fn can_skip(&self, end: i64) -> bool {
        let mut number = self.state.active_band;
        for _ in 0..self.rules.skip_max {
            let band = self.bands.get(number);
            let (held, next) = if end > number {
                (band.collateral, number.saturating_add(1))
            } else {
                (band.stable, number.saturating_sub(1))
            };
            if !held.is_zero() {
                return false;
            }
            number = next;
            if number == end {
                break;
            }
        }
        true
    }

    /// The active band after skipping those without stablecoin.
    pub(super) fn active_band_with_skip(&self) -> i64 {
        let active = self.state.active_band;
        let mut number = active;
        for _ in 0..self.rules.skip_max {
            if number < self.state.min_band {
                return active.saturating_sub(i64::from(self.rules.skip_max));
            }
            if !self.bands.get(number).stable.is_zero() {
                break;
            }
            number = number.saturating_sub(1);
        }
        number
    }

    /// Fee of an exchange before what a band adds.
    pub(super) fn fee(&self, oracle: &Oracle) -> U256 {
        self.state.fee.max(oracle.fee)
    }

    /// Factor that lifts a token's own units to 18 decimals.
    pub(super) fn precision(&self, token: Token) -> U256 {
        self.constants.precision(token)
    }

    /// An amount of 18 decimals in a token's own units, down.
    pub(super) fn native(&self, token: Token, amount: U256) -> Amount {
        self.constants.native(token, amount)
    }
}

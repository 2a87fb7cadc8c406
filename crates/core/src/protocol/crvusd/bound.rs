//! Whether a loan is below zero for sure, from a bound that costs a few multiplications a band.
//!
//! A hard liquidation asks for the sign of full health only, but the exact number takes five
//! divisions a band. This bounds what the bands become on the way down from above. Where even the
//! bound does not cover the debt, the exact number cannot either; elsewhere, and wherever the exact
//! computation might be refused, the exact rule decides.
//!
//! Write e for the upper edge of a position's band 0, r for A ÷ (A − 1), p for the oracle's price,
//! and w for what the position's share of a band's tokens is: at most what the withdrawal takes
//! out, and a unit. Edge k is ⌊edge(k−1) ÷ r⌋, so it is at most e ÷ r^k. Each floor takes less
//! than a unit off, so it is more than e ÷ r^k − k, and thus more than e′ ÷ r^k, where e′ is e
//! less k · r^k. The bands:
//!
//! | band k | the exact rule | at most |
//! |---|---|---|
//! | collateral, p below it | collateral · ⌊⌊p² ÷ edge(k+1)⌋ · p ÷ edge(k)⌋ | w · p³ ÷ e′² · r^(2k+1) |
//! | collateral, p above it | collateral · edge(k) ÷ √r | w · e ÷ r^k ÷ √r |
//! | stablecoin, p below it | the stablecoin | w |
//! | any other | as it is | itself |
//!
//! All powers are rounded up, and so is every sum.

use super::account::{Position, Token};
use super::amm::AmmDraft;
use super::bands::Band;
use super::draft::Draft;
use super::math::{product, scaled};
use super::value::share;
use crate::units::{Amount, Rounding, U256, WAD, mul_div};

/// Powers are below 2^8 in units of 2^−56, in one word.
const BITS: usize = 56;
/// Most bands of a position here, so that their number times a power is at most [`FLOORS`].
const BANDS_MAX: usize = 63;
/// At least k · r^k of every edge.
const FLOORS: u64 = 1 << 14;
/// Prices are below 2^85, so that no cube overflows.
const PRICE_BITS: usize = 85;
/// Holdings of a band are below 2^96, so that no value of a band exceeds 128 bits.
const HELD_BITS: usize = 96;
/// p³ ÷ e′² is kept in units of 2^−40.
const FINE_BITS: usize = 40;

impl Draft<'_> {
    /// Whether full health is below zero by the bound already, given the AMM after all of the
    /// owner's position was withdrawn. Where this says so, [`Draft::health`] tells the same; where
    /// not, it decides.
    pub(super) fn is_surely_unhealthy(
        &self,
        held: &Position,
        (debt, discount): (Amount, U256),
        emptied: &AmmDraft<'_>,
    ) -> bool {
        let covered = || {
            let most = self.amm.stable_down_most(held, emptied)?;
            product(most.0, WAD.checked_sub(discount)?).ok()
        };
        let owed = product(debt.0, WAD).ok();
        covered()
            .zip(owed)
            .is_some_and(|(covered, owed)| covered < owed)
    }
}

impl AmmDraft<'_> {
    /// At least what [`AmmDraft::stable_down`] tells, given the AMM after all of the position was
    /// withdrawn from this one. Nothing where that may be refused, where the price lies above a
    /// position that it would count for, and where the numbers are out of the ordinary.
    pub(super) fn stable_down_most(
        &self,
        held: &Position,
        emptied: &AmmDraft<'_>,
    ) -> Option<Amount> {
        if held.shares.len() > BANDS_MAX || !self.bands.is_untouched() {
            return None;
        }
        let mut bound = Bound::new(self, held.first)?;
        if held.first > self.state.active_band && bound.price > bound.first {
            return None;
        }
        for ((number, shares), (before, after)) in held.bands().zip(emptied.bands.changes()) {
            bound.add((number, shares), before, after)?;
        }
        Some(self.native(Token::Stable, bound.total()?))
    }
}

/// A walk down the bands.
#[derive(Debug)]
struct Bound<'a> {
    amm: &'a AmmDraft<'a>,
    price: U256,
    /// Upper edge of the first band.
    first: U256,
    /// What every edge is at least, times the power at it.
    least: U256,
    /// A ÷ (A − 1) and its inverse, up.
    steps: [u64; 2],
    /// The price lies below an edge where r^k is below the one, and above it where r^−k is below
    /// the other.
    limits: [u64; 2],
    /// r^k and r^−k of the next band's upper edge, up.
    powers: [u64; 2],
    /// Number and upper edge of a band that the exact rule was asked about, for the next one.
    exact: (i64, U256),
    /// Collateral below which the price is, each times its power.
    fallen: U256,
    /// Collateral above which the price is, each times its power.
    risen: U256,
    /// Stablecoin, and what the exact rule told.
    stable: U256,
}

/// A product of powers, up.
fn times(a: u64, b: u64) -> Option<u64> {
    let product = u128::from(a).wrapping_mul(u128::from(b)) >> BITS;
    u64::try_from(product.wrapping_add(1)).ok()
}

/// `n · 2^-BITS`, up.
fn cut(n: U256) -> U256 {
    n.wrapping_shr(BITS).wrapping_add(U256::ONE)
}

/// `a · b ÷ d`, up.
fn scaled_up(a: U256, b: U256, d: U256) -> Option<U256> {
    mul_div(a, b, d, Rounding::Ceil).ok()
}

/// `a ÷ b` as a power, down; the largest where it is none.
fn limit(a: U256, b: U256) -> Option<u64> {
    let limit = scaled(a.wrapping_shl(BITS), U256::ONE, b).ok()?;
    Some(u64::try_from(limit).unwrap_or(u64::MAX))
}

fn is_below(n: U256, bits: usize) -> bool {
    n.wrapping_shr(bits).is_zero()
}

impl<'a> Bound<'a> {
    fn new(amm: &'a AmmDraft<'a>, number: i64) -> Option<Self> {
        let price = amm.oracle().ok()?.price;
        let first = amm.upper_edge(number).ok()?;
        let least = first.checked_sub(U256::from(FLOORS))?;
        let ordinary = is_below(price, PRICE_BITS)
            && is_below(first, PRICE_BITS)
            && amm.constants.sqrt_ratio >= WAD;
        if !ordinary {
            return None;
        }
        let (upper, lower) = (amm.constants.upper, amm.constants.lower);
        let one = U256::ONE.wrapping_shl(BITS);
        let step = |a: U256, b: U256| u64::try_from(scaled_up(one, a, b)?).ok();
        Some(Self {
            amm,
            price,
            first,
            least,
            steps: [step(upper, lower)?, step(lower, upper)?],
            limits: [limit(least, price)?, limit(price, first)?],
            powers: [1 << BITS; 2],
            exact: (number, first),
            fallen: U256::ZERO,
            risen: U256::ZERO,
            stable: U256::ZERO,
        })
    }

    /// The next band, as it was before the withdrawal and after it.
    fn add(&mut self, (number, shares): (i64, U256), before: &Band, after: &Band) -> Option<()> {
        let ([up, down], [rise, fall]) = (self.steps, self.powers);
        let next = times(rise, up)?;
        self.powers = [next, times(fall, down)?];
        let active = self.amm.state.active_band;
        let stable = number <= active && !before.stable.is_zero();
        let collateral = number >= active && !before.collateral.is_zero();
        let [below, above] = self.limits;
        if collateral && !stable && next < below {
            let power = times(rise, next)?;
            let part = weighed(before.collateral, after.collateral, power)?;
            self.fallen = self.fallen.wrapping_add(part);
        } else if collateral && !stable && fall < above {
            let part = weighed(before.collateral, after.collateral, fall)?;
            self.risen = self.risen.wrapping_add(part);
        } else if stable && !collateral && next < below {
            let part = weighed(before.stable, after.stable, 1)?;
            self.stable = self.stable.wrapping_add(part);
        } else if stable || collateral {
            let part = self.exactly(number, shares)?;
            self.stable = self.stable.wrapping_add(part);
        }
        Some(())
    }

    /// What the exact rule tells of a band, which comes later than any it was asked about.
    fn exactly(&mut self, number: i64, shares: U256) -> Option<U256> {
        let (mut last, mut edge) = self.exact;
        while last < number {
            edge = self.amm.down(edge).ok()?;
            last = last.saturating_add(1);
        }
        self.exact = (number, edge);
        let low = self.amm.down(edge).ok()?;
        let whole = self
            .amm
            .whole(number, [edge, low], self.price, Token::Stable);
        match whole.ok()? {
            Some(whole) => share(whole, shares).ok(),
            None => Some(U256::ZERO),
        }
    }

    /// All of it in units of 18 decimals of stablecoin.
    fn total(&self) -> Option<U256> {
        let mut total = self.stable;
        if !self.fallen.is_zero() {
            let fine = self.price.wrapping_shl(FINE_BITS);
            let square = scaled_up(fine, self.price, self.least)?;
            let middle = scaled_up(square, self.price, self.least)?;
            let unit = WAD.wrapping_shl(FINE_BITS);
            total = total.checked_add(scaled_up(cut(self.fallen), middle, unit)?)?;
        }
        if !self.risen.is_zero() {
            let root = self.amm.constants.sqrt_ratio;
            let worth = scaled_up(cut(self.risen), self.first, root)?;
            total = total.checked_add(worth)?;
        }
        Some(total)
    }
}

/// What a withdrawal took of a token, and a unit, times a power; nothing where the band held too
/// much.
fn weighed(before: U256, after: U256, power: u64) -> Option<U256> {
    let taken = before.wrapping_sub(after).wrapping_add(U256::ONE);
    product(taken, U256::from(power))
        .ok()
        .filter(|_| is_below(before, HELD_BITS))
}

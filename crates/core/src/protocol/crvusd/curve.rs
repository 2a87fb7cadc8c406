//! The curve of one band: (f + stable) · (g + collateral) is constant.

use super::math::{Ruled, product, scaled, scaled_or_zero, sqrt, sum, wad_product};
use super::params::Constants;
use super::rejection::Rejection;
use crate::units::{U256, WAD};

/// Offsets and invariant of a band's curve.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Curve {
    /// Added to the stablecoin.
    pub(super) f: U256,
    /// Added to the collateral.
    pub(super) g: U256,
    /// The product that an exchange keeps.
    pub(super) invariant: U256,
}

impl Curve {
    /// Of a band that holds `[stable, collateral]`.
    pub(super) fn new(
        constants: &Constants,
        held: [U256; 2],
        price: U256,
        edge: U256,
    ) -> Ruled<Self> {
        let y0 = base_amount(constants, held, price, edge)?;
        let f = scaled(product(constants.upper, y0)?, price, edge)?;
        let f = wad_product(f, price)?;
        let g = scaled_or_zero(product(constants.lower, y0)?, edge, price)?;
        let [stable, collateral] = held;
        let invariant = product(sum(f, stable)?, sum(g, collateral)?)?;
        Ok(Self { f, g, invariant })
    }
}

/// The collateral that the band would hold if all of it were collateral and both the oracle's
/// price and the band's stood at the upper edge: the root of a quadratic equation, down.
pub(super) fn base_amount(
    constants: &Constants,
    [stable, collateral]: [U256; 2],
    price: U256,
    edge: U256,
) -> Ruled<U256> {
    if price.is_zero() {
        return Err(Rejection::NoReason);
    }
    let (upper, lower) = (constants.upper, constants.lower);
    let mut b = U256::ZERO;
    if !stable.is_zero() {
        b = scaled_or_zero(product(edge, lower)?, stable, price)?;
    }
    if !collateral.is_zero() {
        let by_price = scaled(upper, product(price, price)?, edge)?;
        b = sum(b, wad_product(by_price, collateral)?)?;
    }
    if stable.is_zero() || collateral.is_zero() {
        return scaled_or_zero(b, WAD, upper.wrapping_mul(price));
    }
    let four = product(upper.wrapping_shl(2), price)?;
    let last = product(wad_product(four, collateral)?, stable)?;
    let root = sqrt(sum(product(b, b)?, last)?);
    scaled_or_zero(
        sum(b, root)?,
        WAD,
        upper.wrapping_shl(1).wrapping_mul(price),
    )
}

/// Price at which a band trades while all of it is collateral.
pub(super) fn lowest_price(price: U256, edge: U256) -> Ruled<U256> {
    let square = scaled_or_zero(price, price, edge)?;
    scaled_or_zero(square, price, edge)
}

/// What a band adds to the fee: a quarter of the distance of the oracle's price from the prices at
/// which the band trades.
pub(super) fn distance_fee(constants: &Constants, price: U256, edge: U256) -> Ruled<U256> {
    let (upper, lower) = (constants.upper, constants.lower);
    let lowest = lowest_price(price, edge)?;
    let highest = scaled_or_zero(lowest, upper, lower)?;
    let highest = scaled_or_zero(highest, upper, lower)?;
    let quarter = WAD.wrapping_shr(2);
    if price < lowest {
        let distance = lowest.wrapping_sub(price);
        scaled_or_zero(distance, quarter, lowest)
    } else if price > highest {
        let distance = price.wrapping_sub(highest);
        scaled_or_zero(distance, quarter, price)
    } else {
        Ok(U256::ZERO)
    }
}

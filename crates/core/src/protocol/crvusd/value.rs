//! What a position turns into if the price moves slowly: into stablecoin on the way down, into
//! collateral on the way up. Health is told by the former, never by collateral times price.

use super::account::{Position, Token};
use super::amm::AmmDraft;
use super::curve;
use super::math::{
    Ruled, excess, product, quotient, scaled, scaled_or_zero, sqrt, sum, wad_product,
};
use super::rejection::Rejection;
use crate::units::{Amount, U256, WAD};

/// The band in question.
#[derive(Clone, Copy, Debug)]
struct InBand {
    stable: U256,
    collateral: U256,
    /// Oracle's price.
    price: U256,
    /// Upper edge.
    edge: U256,
    /// Lower edge.
    low: U256,
}

impl AmmDraft<'_> {
    /// Units of stablecoin that a position becomes on a slow way down through its bands.
    pub(super) fn stable_down(&self, held: &Position) -> Ruled<Amount> {
        self.converted(held, Token::Stable)
    }

    /// Units of collateral that a position becomes on a slow way up through its bands.
    pub(super) fn collateral_up(&self, held: &Position) -> Ruled<Amount> {
        self.converted(held, Token::Collateral)
    }

    /// Units of 18 decimals of stablecoin that a whole band becomes on a slow way down.
    pub(super) fn band_down(&self, number: i64) -> Ruled<U256> {
        let edge = self.upper_edge(number)?;
        let edges = [edge, self.down(edge)?];
        let whole = self.whole(number, edges, self.oracle()?.price, Token::Stable)?;
        Ok(whole.map_or(U256::ZERO, |[amount, _]| amount))
    }

    /// What a whole band between two edges becomes, in 18 decimals, and its shares with the dead
    /// ones; nothing where it holds nothing.
    pub(super) fn whole(
        &self,
        number: i64,
        [edge, low]: [U256; 2],
        price: U256,
        into: Token,
    ) -> Ruled<Option<[U256; 2]>> {
        let (band, active) = (self.bands.get(number), self.state.active_band);
        let reachable = |held: U256, counts: bool| if counts { held } else { U256::ZERO };
        let stable = reachable(band.stable, number <= active);
        let collateral = reachable(band.collateral, number >= active);
        let holds = !stable.is_zero() || !collateral.is_zero();
        if !holds || band.shares.is_zero() {
            return Ok(None);
        }
        let amount = self.band_converted(
            &InBand {
                stable,
                collateral,
                price,
                edge,
                low,
            },
            into,
        )?;
        Ok(Some([amount, sum(band.shares, self.rules.dead_shares)?]))
    }

    fn converted(&self, held: &Position, into: Token) -> Ruled<Amount> {
        if held.is_empty() {
            return Ok(Amount::ZERO);
        }
        let price = self.oracle()?.price;
        if price.is_zero() {
            return Err(Rejection::NoReason);
        }
        let mut low = self.upper_edge(held.first)?;
        let mut total = U256::ZERO;
        for (number, shares) in held.bands() {
            let edge = low;
            low = self.down(edge)?;
            if shares.is_zero() {
                continue;
            }
            if let Some(whole) = self.whole(number, [edge, low], price, into)? {
                total = sum(total, share(whole, shares)?)?;
            }
        }
        Ok(self.native(into, total))
    }

    fn band_converted(&self, band: &InBand, into: Token) -> Ruled<U256> {
        let InBand { price, edge, .. } = *band;
        let square = scaled(price, price, band.low)?;
        let middle = scaled_or_zero(square, price, edge)?;
        let one_sided = band.stable.is_zero() || band.collateral.is_zero();
        if one_sided && price > edge {
            let mut all = band.collateral;
            if all.is_zero() {
                all = scaled(band.stable, WAD, middle)?;
            }
            return self.collateral_into(all, edge, into);
        }
        if one_sided && price < band.low {
            let mut all = band.stable;
            if all.is_zero() {
                all = wad_product(band.collateral, middle)?;
            }
            return self.stable_into(all, edge, into);
        }
        self.band_traded(band, into)
    }

    /// Trades to the oracle's price, or to the band's edge before it, along the curve.
    fn band_traded(&self, band: &InBand, into: Token) -> Ruled<U256> {
        let InBand { price, edge, .. } = *band;
        let (upper, lower) = (self.constants.upper, self.constants.lower);
        let y0 = curve::base_amount(self.constants, [band.stable, band.collateral], price, edge)?;
        let f = scaled_or_zero(product(upper, y0)?, price, edge)?;
        let f = wad_product(f, price)?;
        let g = scaled_or_zero(product(lower, y0)?, edge, price)?;
        let invariant = product(sum(f, band.stable)?, sum(g, band.collateral)?)?;
        if price > edge {
            let all = excess(quotient(invariant, f)?, g);
            return self.collateral_into(all, edge, into);
        }
        if price < band.low {
            let all = excess(quotient(invariant, g)?, f);
            return self.stable_into(all, edge, into);
        }
        let distance = price.wrapping_sub(band.low);
        let collateral = scaled_or_zero(product(upper, y0)?, distance, price)?;
        let stable = excess(quotient(invariant, sum(g, collateral)?)?, f);
        match into {
            Token::Collateral => {
                let root = sqrt(product(edge, price)?);
                sum(collateral, scaled(stable, WAD, root)?)
            }
            Token::Stable => {
                let root = sqrt(product(band.low, price)?);
                sum(stable, wad_product(collateral, root)?)
            }
        }
    }

    /// Collateral at the upper edge, into either token.
    fn collateral_into(&self, amount: U256, edge: U256, into: Token) -> Ruled<U256> {
        match into {
            Token::Collateral => Ok(amount),
            Token::Stable => scaled_or_zero(amount, edge, self.constants.sqrt_ratio),
        }
    }

    /// Stablecoin at the lower edge, into either token.
    fn stable_into(&self, amount: U256, edge: U256, into: Token) -> Ruled<U256> {
        match into {
            Token::Stable => Ok(amount),
            Token::Collateral => scaled_or_zero(amount, self.constants.sqrt_ratio, edge),
        }
    }
}

/// The part of a whole band, with its shares, that belongs to so many of them.
pub(super) fn share([amount, shares_all]: [U256; 2], shares: U256) -> Ruled<U256> {
    scaled_or_zero(amount, shares, shares_all)
}

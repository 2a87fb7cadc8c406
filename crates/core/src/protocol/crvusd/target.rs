//! What it takes to move the AMM to a price: the arbitrageur's question.

use super::account::Token;
use super::amm::{AmmDraft, Oracle};
use super::bands::Band;
use super::curve::{Curve, distance_fee, lowest_price};
use super::math::{
    Ruled, WAD_SQUARED, diff, excess, quotient, quotient_or_zero, scaled, scaled_or_zero, sqrt,
    sum, wad_product,
};
use super::rejection::Rejection;
use super::swap::markup;
use crate::units::{Amount, U256, WAD};

/// A walk over the bands toward a price.
#[derive(Debug)]
struct Walk<'d, 'a> {
    amm: &'d AmmDraft<'a>,
    oracle: Oracle,
    target: U256,
    pay: Token,
    number: i64,
    /// Bands seen from the first on that holds something.
    seen: u32,
    edge: U256,
    /// Lowest and highest price at which the present band trades.
    range: [U256; 2],
    amount: U256,
}

impl AmmDraft<'_> {
    /// What is to be paid, in its own units and rounded up, and which token, until the AMM trades
    /// at `target` (wad). Too little where the target cannot be reached.
    pub(super) fn amount_for_price(&self, target: U256) -> Ruled<(Amount, Token)> {
        let number = self.state.active_band;
        let oracle = self.oracle()?;
        let edge = self.upper_edge(number)?;
        let lowest = lowest_price(oracle.price, edge)?;
        let present = self.price_in(number, self.bands.get(number))?;
        let walk = Walk {
            amm: self,
            oracle,
            target,
            pay: if target < present {
                Token::Collateral
            } else {
                Token::Stable
            },
            number,
            seen: 0,
            edge,
            range: [lowest, self.band_up(lowest)?],
            amount: U256::ZERO,
        };
        walk.run()
    }

    /// The highest price of a band from its lowest: two edges further.
    fn band_up(&self, price: U256) -> Ruled<U256> {
        let [upper, lower] = self.squares();
        scaled_or_zero(price, upper, lower)
    }

    fn squares(&self) -> [U256; 2] {
        let (upper, lower) = (self.constants.upper, self.constants.lower);
        [upper.wrapping_mul(upper), lower.wrapping_mul(lower)]
    }
}

impl Walk<'_, '_> {
    fn run(mut self) -> Ruled<(Amount, Token)> {
        let rules = self.amm.rules;
        for _ in 0..rules.bands_max.saturating_add(rules.skip_max) {
            if self.edge.is_zero() {
                return Err(Rejection::NoReason);
            }
            let band = *self.amm.bands.get(self.number);
            let holds = !band.stable.is_zero() || !band.collateral.is_zero();
            let price = self.oracle.price;
            let mut fee = self.amm.fee(&self.oracle);
            let mut curve = Curve::default();
            if holds {
                curve = self.amm.curve(&band, price, self.edge)?;
                fee = fee.max(distance_fee(self.amm.constants, price, self.edge)?);
            }
            if holds || self.seen > 0 {
                self.seen = self.seen.saturating_add(1);
            }
            let markup = markup(fee);
            let [lowest, highest] = self.range;
            if (lowest..=highest).contains(&self.target) {
                if holds {
                    self.pay_within(&band, &curve, markup)?;
                }
                break;
            }
            if holds {
                self.pay_across(&band, &curve, markup)?;
            }
            if !self.advance()? {
                break;
            }
        }
        let precision = self.amm.precision(self.pay);
        let whole = quotient_or_zero(self.amount.wrapping_sub(U256::ONE), precision);
        let amount = if self.amount.is_zero() {
            U256::ZERO
        } else {
            whole.wrapping_add(U256::ONE)
        };
        Ok((Amount(amount), self.pay))
    }

    /// Up to the target within the present band.
    fn pay_within(&mut self, band: &Band, curve: &Curve, markup: U256) -> Ruled<()> {
        let square = scaled(curve.invariant, WAD, self.target)?;
        let collateral = excess(sqrt(square), curve.g);
        let held = quotient(curve.invariant, sum(curve.g, collateral)?)?;
        let stable = excess(held, curve.f);
        let needed = match self.pay {
            Token::Stable => excess(stable, band.stable),
            Token::Collateral => excess(collateral, band.collateral),
        };
        self.amount = sum(self.amount, wad_product(needed, markup)?)?;
        Ok(())
    }

    /// Until the present band is converted.
    fn pay_across(&mut self, band: &Band, curve: &Curve, markup: U256) -> Ruled<()> {
        let needed = match self.pay {
            Token::Stable => diff(
                diff(quotient(curve.invariant, curve.g)?, curve.f)?,
                band.stable,
            )?,
            Token::Collateral => diff(
                diff(quotient(curve.invariant, curve.f)?, curve.g)?,
                band.collateral,
            )?,
        };
        self.amount = sum(self.amount, wad_product(needed, markup)?)?;
        Ok(())
    }

    /// To the next band, where there is one and it is near enough to the oracle's price.
    fn advance(&mut self) -> Ruled<bool> {
        let amm = self.amm;
        let ratio = scaled_or_zero(self.edge, WAD, self.oracle.price)?;
        let (far, full) = (
            amm.constants.max_oracle_down,
            self.seen >= amm.rules.bands_max,
        );
        let [upper, lower] = amm.squares();
        let [lowest, highest] = self.range;
        match self.pay {
            Token::Stable => {
                let near = quotient_or_zero(WAD_SQUARED, far);
                if self.number == amm.state.max_band || full || ratio < near {
                    return Ok(false);
                }
                self.number = self.number.saturating_add(1);
                self.range = [highest, scaled_or_zero(highest, upper, lower)?];
                self.edge = amm.down(self.edge)?;
            }
            Token::Collateral => {
                if self.number == amm.state.min_band || full || ratio > far {
                    return Ok(false);
                }
                self.number = self.number.saturating_sub(1);
                self.range = [scaled_or_zero(lowest, lower, upper)?, lowest];
                self.edge = amm.up(self.edge)?;
            }
        }
        Ok(true)
    }
}

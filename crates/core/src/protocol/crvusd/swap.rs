//! Trades with the bands.
//!
//! Paying stablecoin buys the collateral of the active band, then of those with higher numbers:
//! the AMM's price rises. That is what pays while the oracle's price falls, since the AMM's falls
//! faster, and it is how collateral is liquidated softly. Paying collateral goes the other way.

use super::account::Token;
use super::action::Limit;
use super::amm::{AmmDraft, Oracle};
use super::bands::Band;
use super::curve::{Curve, distance_fee};
use super::math::{
    Ruled, WAD_SQUARED, diff, product, quotient, quotient_or_zero, scaled_or_zero, sum, wad_product,
};
use super::rejection::Rejection;
use crate::units::{Amount, U256, WAD};

/// A trade, in 18 decimals.
#[derive(Clone, Debug)]
struct Trade {
    /// First band that holds something.
    first: i64,
    /// Band at the end.
    last: i64,
    paid: U256,
    received: U256,
    /// What was paid into each band, with what the band held of it, from `first` on.
    paid_in: Vec<U256>,
    /// What the last band holds of the other token.
    rest: U256,
    /// Fees set apart.
    admin_fee: U256,
}

/// What is still to be traded.
#[derive(Clone, Copy, Debug)]
enum Left {
    /// To be paid.
    Paid(U256),
    /// To be received.
    Received(U256),
}

/// One side and the other of a band as the payer sees it.
#[derive(Clone, Copy, Debug, Default)]
struct Sides {
    /// Held of what is paid.
    paid: U256,
    /// Held of what is received.
    received: U256,
    /// Offset of the curve on the paid side.
    offset_paid: U256,
    /// Offset on the received side.
    offset_received: U256,
    invariant: U256,
    /// 1 ÷ (1 − fee), wad.
    markup: U256,
}

/// Whether the sweep over the bands goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Sweep {
    On,
    Done,
}

/// A sweep over the bands.
#[derive(Debug)]
struct Sweeper<'d, 'a> {
    amm: &'d AmmDraft<'a>,
    pay: Token,
    oracle: Oracle,
    fee: U256,
    /// All of what is to be traded.
    whole: U256,
    left: Left,
    /// Upper edge of the present band.
    edge: U256,
    band: Band,
    trade: Trade,
}

impl<'d, 'a> Sweeper<'d, 'a> {
    fn new(amm: &'d AmmDraft<'a>, pay: Token, oracle: Oracle, left: Left) -> Ruled<Self> {
        let active = amm.state.active_band;
        let (Left::Paid(whole) | Left::Received(whole)) = left;
        Ok(Self {
            amm,
            pay,
            oracle,
            fee: amm.fee(&oracle),
            whole,
            left,
            edge: amm.upper_edge(active)?,
            band: *amm.bands.get(active),
            trade: Trade {
                first: 0,
                last: active,
                paid: U256::ZERO,
                received: U256::ZERO,
                paid_in: Vec::new(),
                rest: U256::ZERO,
                admin_fee: U256::ZERO,
            },
        })
    }

    fn run(mut self) -> Ruled<Trade> {
        let steps = self
            .amm
            .rules
            .bands_max
            .saturating_add(self.amm.rules.skip_max);
        for step in 1..=steps {
            let sides = self.enter()?;
            // Told before the band is traded: it decides whether the next one is too far off.
            let ratio = scaled_or_zero(self.edge, WAD, self.oracle.price)?;
            let trades = !sides.received.is_zero() && !sides.offset_received.is_zero();
            if trades && self.fill(&sides)? == Sweep::Done {
                break;
            }
            if step != steps && self.advance(ratio)? == Sweep::Done {
                break;
            }
        }
        let amm = self.amm;
        let other = other(self.pay);
        let paid = amm.precision(self.pay);
        let up = self.trade.paid.wrapping_add(paid.wrapping_sub(U256::ONE));
        self.trade.paid = quotient_or_zero(up, paid).wrapping_mul(paid);
        let received = amm.precision(other);
        let units = quotient_or_zero(self.trade.received, received);
        self.trade.received = units.wrapping_mul(received);
        Ok(self.trade)
    }

    /// Looks at the present band.
    fn enter(&mut self) -> Ruled<Sides> {
        let band = self.band;
        let holds = !band.stable.is_zero() || !band.collateral.is_zero();
        let mut curve = Curve::default();
        let mut fee = self.fee;
        if holds {
            if self.trade.paid_in.is_empty() {
                self.trade.first = self.trade.last;
            }
            let price = self.oracle.price;
            curve = self.amm.curve(&band, price, self.edge)?;
            fee = fee.max(distance_fee(self.amm.constants, price, self.edge)?);
        }
        let mut sides = match self.pay {
            Token::Stable => Sides {
                paid: band.stable,
                received: band.collateral,
                offset_paid: curve.f,
                offset_received: curve.g,
                ..Sides::default()
            },
            Token::Collateral => Sides {
                paid: band.collateral,
                received: band.stable,
                offset_paid: curve.g,
                offset_received: curve.f,
                ..Sides::default()
            },
        };
        sides.invariant = curve.invariant;
        sides.markup = markup(fee);
        if holds || !self.trade.paid_in.is_empty() {
            self.trade.paid_in.push(sides.paid);
        }
        Ok(sides)
    }

    fn fill(&mut self, sides: &Sides) -> Ruled<Sweep> {
        match self.left {
            Left::Paid(left) => self.fill_paid(sides, left),
            Left::Received(left) => self.fill_received(sides, left),
        }
    }

    fn fill_paid(&mut self, sides: &Sides, left: U256) -> Ruled<Sweep> {
        let needed = emptying(sides)?;
        let paid = wad_product(needed, sides.markup)?;
        if paid < left {
            let paid = paid.max(U256::ONE);
            self.left = Left::Paid(diff(left, paid)?);
            self.trade.received = sum(self.trade.received, sides.received)?;
            self.pay_in(sides, paid, needed)?;
            self.trade.paid = sum(self.trade.paid, paid)?;
            return Ok(Sweep::On);
        }
        let needed = scaled_or_zero(left, WAD, sides.markup)?;
        let held = sum(sides.offset_paid, sum(sides.paid, needed)?)?;
        let rest = diff(quotient(sides.invariant, held)?, sides.offset_received)?;
        // One unit stays in the band, against the trader.
        let rest = sum(rest, U256::ONE)?.min(sides.received);
        self.trade.rest = rest;
        self.trade.received = sum(self.trade.received, diff(sides.received, rest)?)?;
        self.pay_in(sides, left, needed)?;
        self.trade.paid = self.whole;
        Ok(Sweep::Done)
    }

    fn fill_received(&mut self, sides: &Sides, left: U256) -> Ruled<Sweep> {
        if sides.received < left {
            let needed = emptying(sides)?;
            let paid = wad_product(needed, sides.markup)?.max(U256::ONE);
            self.left = Left::Received(diff(left, sides.received)?);
            self.trade.paid = sum(self.trade.paid, paid)?;
            self.trade.received = sum(self.trade.received, sides.received)?;
            self.pay_in(sides, paid, needed)?;
            return Ok(Sweep::On);
        }
        let rest = sides.received.wrapping_sub(left);
        self.trade.rest = rest;
        let held = quotient(sides.invariant, sum(sides.offset_received, rest)?)?;
        let needed = diff(diff(held, sides.offset_paid)?, sides.paid)?;
        let paid = wad_product(needed, sides.markup)?;
        self.trade.received = self.whole;
        self.trade.paid = sum(self.trade.paid, paid)?;
        self.pay_in(sides, paid, needed)?;
        Ok(Sweep::Done)
    }

    /// Puts a payment into the present band but for the fee that is set apart.
    fn pay_in(&mut self, sides: &Sides, paid: U256, needed: U256) -> Ruled<()> {
        let fee = wad_product(paid.wrapping_sub(needed), self.amm.state.admin_fee)?;
        if let Some(held) = self.trade.paid_in.last_mut() {
            *held = diff(sum(sides.paid, paid)?, fee)?;
        }
        self.trade.admin_fee = self.trade.admin_fee.wrapping_add(fee);
        Ok(())
    }

    /// Moves to the next band, if there is one, the trade may touch it and it is near enough to
    /// the oracle's price.
    fn advance(&mut self, ratio: U256) -> Ruled<Sweep> {
        let (amm, last) = (self.amm, self.trade.last);
        let most = usize::try_from(amm.rules.bands_max).unwrap_or(usize::MAX);
        let full = self.trade.paid_in.len() >= most;
        let far = amm.constants.max_oracle_down;
        match self.pay {
            Token::Stable => {
                let near = quotient_or_zero(WAD_SQUARED, far);
                if last == amm.state.max_band || full || ratio < near {
                    return Ok(Sweep::Done);
                }
                self.trade.last = last.saturating_add(1);
                self.edge = amm.down(self.edge)?;
                self.band = *amm.bands.get(self.trade.last);
                self.band.stable = U256::ZERO;
            }
            Token::Collateral => {
                if last == amm.state.min_band || full || ratio > far {
                    return Ok(Sweep::Done);
                }
                self.trade.last = last.saturating_sub(1);
                self.edge = amm.up(self.edge)?;
                self.band = *amm.bands.get(self.trade.last);
                self.band.collateral = U256::ZERO;
            }
        }
        Ok(Sweep::On)
    }
}

/// What the curve takes, before the fee, until nothing is left to receive.
fn emptying(sides: &Sides) -> Ruled<U256> {
    let held = quotient_or_zero(sides.invariant, sides.offset_received);
    diff(diff(held, sides.offset_paid)?, sides.paid)
}

/// 1 ÷ (1 − fee), wad.
pub(super) fn markup(fee: U256) -> U256 {
    let most = WAD.wrapping_sub(U256::ONE);
    quotient_or_zero(WAD_SQUARED, WAD.wrapping_sub(fee.min(most)))
}

/// The other token.
pub(super) fn other(token: Token) -> Token {
    match token {
        Token::Stable => Token::Collateral,
        Token::Collateral => Token::Stable,
    }
}

impl AmmDraft<'_> {
    /// Trades; returns what goes in and what comes out, in the tokens' own units. The oracle's
    /// price is remembered even where nothing is traded.
    pub(super) fn exchange(&mut self, pay: Token, limit: Limit) -> Ruled<[Amount; 2]> {
        let nothing = Ok([Amount::ZERO; 2]);
        let oracle = self.store_oracle()?;
        let left = match limit {
            Limit::Paid { amount, .. } if !amount.is_zero() => {
                Left::Paid(product(amount.0, self.precision(pay))?)
            }
            Limit::Received { amount, .. } if amount == Amount::MAX => Left::Received(U256::MAX),
            Limit::Received { amount, .. } if !amount.is_zero() => {
                Left::Received(product(amount.0, self.precision(other(pay)))?)
            }
            Limit::Paid { .. } | Limit::Received { .. } => return nothing,
        };
        let trade = Sweeper::new(self, pay, oracle, left)?.run()?;
        let paid = self.native(pay, trade.paid);
        let received = self.native(other(pay), trade.received);
        let accepted = match limit {
            Limit::Paid { received_min, .. } => received >= received_min,
            Limit::Received { amount, paid_max } => {
                paid <= paid_max && (received == amount || amount == Amount::MAX)
            }
        };
        if !accepted {
            return Err(Rejection::Slippage);
        }
        if paid.is_zero() || received.is_zero() {
            return nothing;
        }
        self.store_trade(pay, &trade)?;
        Ok([paid, received])
    }

    fn store_trade(&mut self, pay: Token, trade: &Trade) -> Ruled<()> {
        let fee = self.native(pay, trade.admin_fee);
        let fees = &mut self.state.admin_fees;
        let fees = match pay {
            Token::Stable => &mut fees.stable,
            Token::Collateral => &mut fees.collateral,
        };
        *fees = fees.plus(fee)?;
        let mut number = trade.first;
        for paid in &trade.paid_in {
            let mut band = *self.bands.get(number);
            let rest = if number == trade.last {
                trade.rest
            } else {
                U256::ZERO
            };
            (band.stable, band.collateral) = match pay {
                Token::Stable => (*paid, rest),
                Token::Collateral => (rest, *paid),
            };
            self.bands.set(number, band);
            number = match pay {
                Token::Stable => number.saturating_add(1),
                Token::Collateral => number.saturating_sub(1),
            };
        }
        self.state.active_band = trade.last;
        Ok(())
    }
}

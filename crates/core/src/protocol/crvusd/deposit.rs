//! Deposits into bands, withdrawals, and what a position holds.

use super::account::{Position, Token};
use super::amm::AmmDraft;
use super::bands::Band;
use super::math::{Ruled, diff, product, quotient_or_zero, scaled_or_zero, sum, wad_product};
use super::rejection::Rejection;
use crate::units::{Amount, U256, WAD};

impl AmmDraft<'_> {
    /// Spreads collateral over bands `first` to `last` evenly; the first takes the remainder.
    pub(super) fn deposit(
        &mut self,
        held: &Position,
        amount: Amount,
        (first, last): (i64, i64),
    ) -> Ruled<Position> {
        let count = last.checked_sub(first).and_then(|span| span.checked_add(1));
        let count = count.and_then(|count| u32::try_from(count).ok());
        let count = count.filter(|count| *count <= self.rules.bands_max);
        let count = U256::from(count.ok_or(Rejection::NoReason)?);
        let total = product(amount.0, self.precision(Token::Collateral))?;
        let each = quotient_or_zero(total, count);
        if each <= U256::from(100u64) {
            return Err(Rejection::AmountTooLow);
        }
        if held.shares.iter().take(2).any(|shares| *shares != 0) {
            return Err(Rejection::NoReason);
        }
        self.skip_to(first)?;
        let others = product(each, count.wrapping_sub(U256::ONE))?;
        let mut part = diff(total, others)?;
        let mut shares = Vec::with_capacity(50);
        for number in first..=last {
            shares.push(self.deposit_in(number, part)?);
            part = each;
        }
        self.state.min_band = self.state.min_band.min(first);
        self.state.max_band = self.state.max_band.max(last);
        Ok(Position {
            first,
            last,
            shares: shares.into(),
        })
    }

    /// Moves the active band over empty ones until it lies below `first` in number.
    fn skip_to(&mut self, first: i64) -> Ruled<()> {
        let mut number = self.state.active_band;
        for skipped in 0..=self.rules.skip_max {
            if first > number {
                if skipped != 0 {
                    self.state.active_band = number;
                }
                return Ok(());
            }
            let empty = self.bands.get(number).stable.is_zero();
            if !empty || skipped == self.rules.skip_max {
                return Err(Rejection::DepositBelowCurrentBand);
            }
            number = number.saturating_sub(1);
        }
        Ok(())
    }

    /// Puts collateral into one band; returns the shares for it.
    fn deposit_in(&mut self, number: i64, amount: U256) -> Ruled<u128> {
        let mut band = *self.bands.get(number);
        if !band.stable.is_zero() {
            return Err(Rejection::BandNotEmpty);
        }
        let with_dead = sum(band.shares, self.rules.dead_shares)?;
        let shares = scaled_or_zero(with_dead, amount, sum(band.collateral, U256::ONE)?)?;
        if shares.is_zero() {
            return Err(Rejection::AmountTooLow);
        }
        band.shares = sum(band.shares, shares)?;
        u128::try_from(band.shares).map_err(|_| Rejection::NoReason)?;
        band.collateral = sum(band.collateral, amount)?;
        self.bands.set(number, band);
        u128::try_from(shares).map_err(|_| Rejection::NoReason)
    }

    /// Takes a part (wad, at most 1) out of a position; returns what is left of the position and
    /// what came out, in the tokens' own units.
    pub(super) fn withdraw(
        &mut self,
        held: &Position,
        fraction: U256,
    ) -> Ruled<(Position, [Amount; 2])> {
        if fraction > WAD {
            return Err(Rejection::NoReason);
        }
        if held.is_empty() {
            return Err(Rejection::NoDeposits);
        }
        let mut min_band = self.state.min_band;
        let mut max_band = held.first.saturating_sub(1);
        let (mut stable, mut collateral) = (U256::ZERO, U256::ZERO);
        self.bands.reserve(held.shares.len());
        let rests = if fraction == WAD {
            0
        } else {
            held.shares.len()
        };
        let mut left = Vec::with_capacity(rests);
        for (number, shares) in held.bands() {
            let mut gone = shares;
            if fraction != WAD {
                gone = wad_product(fraction, shares)?;
                let rest = shares.wrapping_sub(gone);
                left.push(u128::try_from(rest).map_err(|_| Rejection::NoReason)?);
            }
            let ([out_stable, out_collateral], holds) = self.withdraw_from(number, gone)?;
            stable = sum(stable, out_stable)?;
            collateral = sum(collateral, out_collateral)?;
            if holds {
                max_band = number;
            } else if number == min_band {
                min_band = min_band.saturating_add(1);
            }
        }
        self.state.min_band = min_band;
        if self.state.max_band <= held.last {
            self.state.max_band = max_band;
        }
        let position = Position {
            shares: left.into(),
            ..*held
        };
        let stable = self.native(Token::Stable, stable);
        Ok((
            position,
            [stable, self.native(Token::Collateral, collateral)],
        ))
    }

    /// Takes shares out of one band; returns what came out, and whether the band still holds
    /// something. What the last shares leave behind becomes fees.
    fn withdraw_from(&mut self, number: i64, shares: U256) -> Ruled<([U256; 2], bool)> {
        let (dead, constants) = (self.rules.dead_shares, self.constants);
        let band = self.bands.get_mut(number).ok_or(Rejection::NoReason)?;
        let [stable, collateral] = worth(band, shares, dead)?;
        band.shares = diff(band.shares, shares)?;
        band.stable = diff(band.stable, stable)?;
        band.collateral = diff(band.collateral, collateral)?;
        if band.shares.is_zero() {
            let fees = &mut self.state.admin_fees;
            let dust = constants.native(Token::Stable, band.stable);
            fees.stable = fees.stable.plus(dust)?;
            let dust = constants.native(Token::Collateral, band.collateral);
            fees.collateral = fees.collateral.plus(dust)?;
            *band = Band::EMPTY;
        }
        let holds = !band.stable.is_zero() || !band.collateral.is_zero();
        Ok(([stable, collateral], holds))
    }

    /// What a position holds, in the tokens' own units, down.
    pub(super) fn holdings(&self, held: &Position) -> Ruled<[Amount; 2]> {
        let (mut stable, mut collateral) = (U256::ZERO, U256::ZERO);
        if !held.is_empty() {
            for (number, shares) in held.bands() {
                let band = self.bands.get(number);
                let [of_stable, of_collateral] = worth(band, shares, self.rules.dead_shares)?;
                stable = sum(stable, of_stable)?;
                collateral = sum(collateral, of_collateral)?;
            }
        }
        let stable = self.native(Token::Stable, stable);
        Ok([stable, self.native(Token::Collateral, collateral)])
    }
}

/// What shares of a band are worth, in 18 decimals, down; `dead` are those that belong to nobody.
#[inline]
fn worth(band: &Band, shares: U256, dead: U256) -> Ruled<[U256; 2]> {
    let with_dead = sum(band.shares, dead)?;
    let part = |held: U256| {
        // One unit and less than all shares: nothing.
        if held.is_zero() && shares < with_dead {
            return Ok(U256::ZERO);
        }
        scaled_or_zero(sum(held, U256::ONE)?, shares, with_dead)
    };
    Ok([part(band.stable)?, part(band.collateral)?])
}

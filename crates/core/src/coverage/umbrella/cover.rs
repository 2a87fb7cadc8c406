//! Reserves: what of a deficit is slashed for, what is pending, and paying for it.

use super::action::{Event, Payment};
use super::machine::Umbrella;
use super::rejection::{Rejection, Ruled};
use super::stake::ReserveStake;
use super::{Action, StakeId};
use crate::protocol::AssetId;
use crate::units::{Amount, BPS, Price, Rounding, U256, mul, mul_div};

/// A reserve of the pool, and what Umbrella counts for it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Reserve {
    /// Decimals of the token.
    pub decimals: u8,
    /// Oracle answer of the pool.
    pub price: Price,
    /// The pool's recorded deficit.
    pub deficit: Amount,
    /// First loss that is not slashed for.
    pub offset: Amount,
    /// Slashed for, but not yet eliminated in the pool.
    pub pending: Amount,
}

impl Reserve {
    /// The deficit that nothing accounts for yet.
    ///
    /// # Errors
    /// On overflow.
    pub fn new_deficit(&self) -> Result<Amount, Rejection> {
        let known = self.offset.plus(self.pending)?;
        Ok(self.deficit.minus_or_zero(known))
    }
}

impl Umbrella {
    /// The deficit that a slashing of a reserve would be for, and the vault that would be slashed.
    ///
    /// # Errors
    /// [`Rejection::CannotSlash`] where there is none, or not exactly one vault.
    pub fn slashable(&self, id: AssetId) -> Result<(Amount, StakeId), Rejection> {
        let deficit = self.listed(id)?.new_deficit()?;
        match self.covering(id).as_slice() {
            [only] if !deficit.is_zero() => Ok((deficit, *only)),
            _ => Err(Rejection::CannotSlash),
        }
    }

    pub(super) fn slash(&mut self, id: AssetId) -> Ruled<Event> {
        let (deficit, stake) = self.slashable(id)?;
        let reserve = *self.listed(id)?;
        let vault = self.stake_mut(stake)?;
        let fee = vault.covers.map_or(0, |covers| covers.fee_bps);
        let share = U256::from(fee).saturating_add(BPS);
        let dear = match fee {
            0 => deficit.0,
            _ => mul_div(deficit.0, share, BPS, Rounding::Floor)?,
        };
        // The two prices and the two units are on one scale each, so none is divided out.
        let worth = mul(reserve.price.0, dear)?;
        let wanted = mul_div(worth, U256::ONE, vault.price.0, Rounding::Floor)?;
        let taken = vault.slash(Amount(wanted))?;
        let fee = Amount(dear).minus(deficit)?;
        let part = |of: Amount| -> Ruled<Amount> {
            if taken.0 == wanted {
                return Ok(of);
            }
            let product = mul(of.0, taken.0)?;
            Ok(Amount(mul_div(
                product,
                U256::ONE,
                wanted,
                Rounding::Floor,
            )?))
        };
        let (covered, fee) = (part(deficit)?, part(fee)?);
        let reserve = self.listed_mut(id)?;
        reserve.pending = reserve.pending.plus(covered)?;
        Ok(Event::Slashed {
            reserve: id,
            stake,
            taken,
            covered,
            fee,
        })
    }

    /// Takes a payment of up to `most`; tells what it eliminates.
    fn pay(&mut self, payment: &Payment, most: Amount) -> Ruled<Amount> {
        let due = payment.amount.min(most);
        if due.is_zero() {
            return Err(Rejection::ZeroDeficitToCover);
        }
        let amount = due.min(payment.received);
        if amount.is_zero() {
            return Err(Rejection::InvalidAmount);
        }
        let reserve = self.listed_mut(payment.reserve)?;
        reserve.deficit = reserve.deficit.minus_or_zero(amount);
        Ok(amount)
    }

    pub(super) fn cover_offset(&mut self, payment: &Payment) -> Ruled<Event> {
        let reserve = *self.listed(payment.reserve)?;
        // An offset raised by hand exceeds the deficit: what is pending stays out of it.
        let raised = reserve.offset.plus(reserve.pending)? > reserve.deficit;
        let most = if raised {
            reserve.deficit.minus(reserve.pending)?
        } else {
            reserve.offset
        };
        let amount = self.pay(payment, most)?;
        let held = self.listed_mut(payment.reserve)?;
        held.offset = held.offset.minus(amount)?;
        Ok(covered(payment, amount))
    }

    pub(super) fn cover_pending(&mut self, payment: &Payment) -> Ruled<Event> {
        let most = self.listed(payment.reserve)?.pending;
        let amount = self.pay(payment, most)?;
        let held = self.listed_mut(payment.reserve)?;
        held.pending = held.pending.minus(amount)?;
        Ok(covered(payment, amount))
    }

    pub(super) fn cover_reserve(&mut self, payment: &Payment) -> Ruled<Event> {
        let reserve = *self.listed(payment.reserve)?;
        let counted = !reserve.pending.is_zero() || !reserve.offset.is_zero();
        if counted || !self.covering(payment.reserve).is_empty() {
            return Err(Rejection::ReserveIsConfigured);
        }
        let amount = self.pay(payment, reserve.deficit)?;
        Ok(covered(payment, amount))
    }

    pub(super) fn set_offset(&mut self, id: AssetId, offset: Amount) -> Ruled<()> {
        if self.covering(id).is_empty() {
            return Err(Rejection::ReserveCoverageNotSetup);
        }
        let reserve = self.listed_mut(id)?;
        if offset.plus(reserve.pending)? < reserve.deficit {
            return Err(Rejection::TooMuchDeficitOffsetReduction);
        }
        reserve.offset = offset;
        Ok(())
    }

    /// Changes which vaults cover which reserves.
    pub(super) fn configure(&mut self, action: &Action) -> Ruled<()> {
        match *action {
            Action::UpdateSlashingConfig {
                reserve,
                stake,
                fee_bps,
            } => self.set_coverage(stake, ReserveStake { reserve, fee_bps }),
            Action::RemoveSlashingConfig { reserve, stake } => {
                if let Ok(vault) = self.stake_mut(stake)
                    && vault.covers.is_some_and(|covers| covers.reserve == reserve)
                {
                    vault.covers = None;
                }
                Ok(())
            }
            _ => Ok(()),
        }
    }

    fn set_coverage(&mut self, stake: StakeId, covers: ReserveStake) -> Ruled<()> {
        if U256::from(covers.fee_bps) > BPS {
            return Err(Rejection::InvalidLiquidationFee);
        }
        let held = self.stake(stake).ok_or(Rejection::InvalidStakeToken)?;
        let reserve = self.listed(covers.reserve)?;
        if held.decimals != reserve.decimals {
            return Err(Rejection::InvalidNumberOfDecimals);
        }
        if held.price.is_zero() {
            return Err(Rejection::InvalidOraclePrice);
        }
        if held.covers.is_some_and(|old| old.reserve != covers.reserve) {
            return Err(Rejection::UmbrellaStakeAlreadySetForAnotherReserve);
        }
        if self.covering(covers.reserve).is_empty() {
            let reserve = self.listed_mut(covers.reserve)?;
            reserve.offset = reserve.deficit.minus(reserve.pending)?;
        }
        self.stake_mut(stake)?.covers = Some(covers);
        Ok(())
    }
}

fn covered(payment: &Payment, amount: Amount) -> Event {
    Event::Covered {
        reserve: payment.reserve,
        amount,
    }
}

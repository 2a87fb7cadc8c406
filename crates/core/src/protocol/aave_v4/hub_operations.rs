//! What spokes, and the administrators of a hub, do with one of its assets.

use super::SpokeId;
use super::hub::{HubAsset, HubSpoke, NO_CAP, NO_THRESHOLD, premium_ray};
use super::math::{
    AMOUNT_BITS, AmountRay, DEFICIT_BITS, Ruled, cast, difference, from_ray_up, percent_mul,
    product, stored_rest, stored_sum, sum, to_ray, unit,
};
use super::rejection::Rejection;
use super::signed::Signed;
use crate::protocol::AccountId;
use crate::units::{Amount, Index, Rounding, Shares, Timestamp, U256};

/// A change of a premium debt: shares and offset move, the debt falls by what was restored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PremiumDelta {
    /// Change of the premium shares.
    pub shares: Signed,
    /// Change of the offset.
    pub offset: Signed,
    /// By how much the debt falls.
    pub restored: AmountRay,
}

/// A premium as shares and offset.
type Premium = (Shares, Signed);

impl PremiumDelta {
    /// The premium after the change, which has to add up.
    fn applied(&self, index: Index, (shares, offset): Premium) -> Ruled<Premium> {
        let before = premium_ray(shares.0, offset, index)?;
        let shares = self.shares.added_to(shares.0)?;
        let offset = offset.plus(self.offset)?;
        let after = premium_ray(shares, offset, index)?;
        if sum(after, self.restored.0)? != before {
            return Err(Rejection::InvalidPremiumChange);
        }
        Ok((Shares(cast(shares, AMOUNT_BITS)?), offset.stored()?))
    }
}

impl HubSpoke {
    fn require_active(&self) -> Ruled<()> {
        if !self.config.active {
            return Err(Rejection::SpokeNotActive);
        }
        Ok(())
    }

    fn require_moving(&self) -> Ruled<()> {
        self.require_active()?;
        if self.config.halted {
            return Err(Rejection::SpokeHalted);
        }
        Ok(())
    }
}

fn require_amount(amount: Amount) -> Ruled<()> {
    if amount.is_zero() {
        return Err(Rejection::InvalidAmount);
    }
    Ok(())
}

fn plus(held: Shares, more: Shares) -> Ruled<Shares> {
    Ok(Shares(stored_sum(held.0, more.0, AMOUNT_BITS)?))
}

fn minus(held: Shares, less: Shares) -> Ruled<Shares> {
    Ok(Shares(stored_rest(held.0, less.0, AMOUNT_BITS)?))
}

fn stored(shares: Shares) -> Ruled<Shares> {
    Ok(Shares(cast(shares.0, AMOUNT_BITS)?))
}

fn stored_amount(amount: Amount) -> Ruled<Amount> {
    Ok(Amount(cast(amount.0, AMOUNT_BITS)?))
}

impl HubAsset {
    /// Whether a cap in whole tokens is exceeded by an amount.
    fn exceeds(&self, cap: u64, amount: impl FnOnce() -> Ruled<U256>) -> Ruled<bool> {
        if cap == NO_CAP {
            return Ok(false);
        }
        let cap = product(U256::from(cap), unit(self.decimals))?;
        Ok(cap < amount()?)
    }

    /// A spoke brings an amount in; tells the shares it gets.
    pub(super) fn add(&mut self, by: SpokeId, amount: Amount, now: Timestamp) -> Ruled<Shares> {
        self.accrue(now)?;
        let spoke = self.spoke(by)?;
        require_amount(amount)?;
        spoke.require_moving()?;
        let held = spoke.added_shares;
        let full = self.exceeds(spoke.config.add_cap, || {
            sum(self.to_assets(held, now, Rounding::Ceil)?.0, amount.0)
        })?;
        if full {
            return Err(Rejection::AddCapExceeded);
        }
        let liquidity = self.state.liquidity.plus(amount)?;
        let shares = stored(self.to_shares(amount, now, Rounding::Floor)?)?;
        if shares.is_zero() {
            return Err(Rejection::InvalidShares);
        }
        self.state.added_shares = plus(self.state.added_shares, shares)?;
        let spoke = self.spoke_mut(by)?;
        spoke.added_shares = plus(spoke.added_shares, shares)?;
        self.state.liquidity = stored_amount(liquidity)?;
        self.update_rate()?;
        Ok(shares)
    }

    /// What is at hand, less an amount.
    fn liquidity_less(&self, amount: Amount) -> Ruled<Amount> {
        let rest = self.state.liquidity.minus(amount);
        rest.map_err(|_| Rejection::InsufficientLiquidity)
    }

    /// A spoke takes an amount out; tells the shares it loses.
    pub(super) fn remove(&mut self, by: SpokeId, amount: Amount, now: Timestamp) -> Ruled<Shares> {
        self.accrue(now)?;
        require_amount(amount)?;
        self.spoke(by)?.require_moving()?;
        let liquidity = self.liquidity_less(amount)?;
        let shares = stored(self.to_shares(amount, now, Rounding::Ceil)?)?;
        self.burn_added(by, shares)?;
        self.state.liquidity = liquidity;
        self.update_rate()?;
        Ok(shares)
    }

    fn burn_added(&mut self, by: SpokeId, shares: Shares) -> Ruled<()> {
        self.state.added_shares = minus(self.state.added_shares, shares)?;
        let spoke = self.spoke_mut(by)?;
        spoke.added_shares = minus(spoke.added_shares, shares)?;
        Ok(())
    }

    /// A spoke borrows an amount; tells the drawn shares it owes.
    pub(super) fn draw(&mut self, by: SpokeId, amount: Amount, now: Timestamp) -> Ruled<Shares> {
        self.accrue(now)?;
        require_amount(amount)?;
        let spoke = self.spoke(by)?;
        spoke.require_moving()?;
        let drawn = self.drawn_assets(spoke.drawn_shares, now)?;
        let premium = from_ray_up(self.spoke_premium(by, now)?.0)?;
        let owed = sum(drawn.0, premium)?;
        let full = self.exceeds(spoke.config.draw_cap, || {
            sum(sum(owed, amount.0)?, from_ray_up(spoke.deficit.0)?)
        })?;
        if full {
            return Err(Rejection::DrawCapExceeded);
        }
        let liquidity = self.liquidity_less(amount)?;
        let shares = stored(self.drawn_shares(amount, now, Rounding::Ceil)?)?;
        self.state.drawn_shares = plus(self.state.drawn_shares, shares)?;
        let spoke = self.spoke_mut(by)?;
        spoke.drawn_shares = plus(spoke.drawn_shares, shares)?;
        self.state.liquidity = liquidity;
        self.update_rate()?;
        Ok(shares)
    }

    /// Takes drawn debt off; tells the drawn shares.
    fn burn_drawn(&mut self, by: SpokeId, drawn: Amount, now: Timestamp) -> Ruled<Shares> {
        let shares = stored(self.drawn_shares(drawn, now, Rounding::Floor)?)?;
        self.state.drawn_shares = minus(self.state.drawn_shares, shares)?;
        let spoke = self.spoke_mut(by)?;
        spoke.drawn_shares = minus(spoke.drawn_shares, shares)?;
        Ok(shares)
    }

    /// A spoke repays drawn debt and premium; tells the drawn shares.
    pub(super) fn restore(
        &mut self,
        by: SpokeId,
        drawn: Amount,
        delta: &PremiumDelta,
        now: Timestamp,
    ) -> Ruled<Shares> {
        self.accrue(now)?;
        self.require_some(drawn, delta)?;
        let spoke = self.spoke(by)?;
        spoke.require_moving()?;
        let owed = self.drawn_assets(spoke.drawn_shares, now)?;
        let premium = self.spoke_premium(by, now)?;
        if drawn > owed {
            return Err(Rejection::SurplusDrawnRestored);
        }
        if delta.restored > premium {
            return Err(Rejection::SurplusPremiumRayRestored);
        }
        let shares = self.burn_drawn(by, drawn, now)?;
        self.apply_premium(by, delta)?;
        let premium = Amount(from_ray_up(delta.restored.0)?);
        let liquidity = self.state.liquidity.plus(drawn)?.plus(premium)?;
        self.state.liquidity = stored_amount(liquidity)?;
        self.update_rate()?;
        Ok(shares)
    }

    fn require_some(&self, drawn: Amount, delta: &PremiumDelta) -> Ruled<()> {
        if drawn.is_zero() && delta.restored.0.is_zero() {
            return Err(Rejection::InvalidAmount);
        }
        Ok(())
    }

    /// A spoke writes debt off; tells the drawn shares and the deficit. A halted spoke may.
    pub(super) fn report_deficit(
        &mut self,
        by: SpokeId,
        drawn: Amount,
        delta: &PremiumDelta,
        now: Timestamp,
    ) -> Ruled<(Shares, AmountRay)> {
        self.accrue(now)?;
        self.require_some(drawn, delta)?;
        let spoke = self.spoke(by)?;
        spoke.require_active()?;
        let owed = self.drawn_assets(spoke.drawn_shares, now)?;
        let premium = self.spoke_premium(by, now)?;
        if drawn > owed {
            return Err(Rejection::SurplusDrawnDeficitReported);
        }
        if delta.restored > premium {
            return Err(Rejection::SurplusPremiumRayDeficitReported);
        }
        let shares = self.burn_drawn(by, drawn, now)?;
        self.apply_premium(by, delta)?;
        let written_off = product(shares.0, self.state.drawn_index.0)?;
        let deficit = sum(written_off, delta.restored.0)?;
        let total = stored_sum(self.state.deficit.0, deficit, DEFICIT_BITS)?;
        self.state.deficit = AmountRay(total);
        let spoke = self.spoke_mut(by)?;
        spoke.deficit = AmountRay(stored_sum(spoke.deficit.0, deficit, DEFICIT_BITS)?);
        self.update_rate()?;
        Ok((shares, AmountRay(deficit)))
    }

    /// A spoke gives up shares for a deficit that `covered` reported; tells the shares and the
    /// deficit covered.
    pub(super) fn eliminate_deficit(
        &mut self,
        by: SpokeId,
        amount: Amount,
        covered: SpokeId,
        now: Timestamp,
    ) -> Ruled<(Shares, AmountRay)> {
        if !self.spoke(by)?.config.eliminates_deficit {
            return Err(Rejection::AccessManagedUnauthorized);
        }
        self.accrue(now)?;
        let deficit = self.spoke(covered)?.deficit.0;
        let part = if amount.0 < from_ray_up(deficit)? {
            to_ray(amount.0)?
        } else {
            deficit
        };
        self.spoke(by)?.require_active()?;
        if part.is_zero() {
            return Err(Rejection::InvalidAmount);
        }
        let assets = Amount(from_ray_up(part)?);
        let shares = stored(self.to_shares(assets, now, Rounding::Ceil)?)?;
        self.burn_added(by, shares)?;
        let total = stored_rest(self.state.deficit.0, part, DEFICIT_BITS)?;
        self.state.deficit = AmountRay(total);
        let spoke = self.spoke_mut(covered)?;
        spoke.deficit = AmountRay(stored_rest(spoke.deficit.0, part, DEFICIT_BITS)?);
        self.update_rate()?;
        Ok((shares, AmountRay(part)))
    }

    /// A spoke changes an account's premium without repaying any.
    pub(super) fn refresh_premium(
        &mut self,
        by: SpokeId,
        delta: &PremiumDelta,
        now: Timestamp,
    ) -> Ruled<()> {
        self.accrue(now)?;
        self.spoke(by)?.require_active()?;
        if !delta.restored.0.is_zero() {
            return Err(Rejection::InvalidPremiumChange);
        }
        self.apply_premium(by, delta)?;
        self.update_rate()
    }

    /// Changes the premium of the asset and of a spoke, within the spoke's threshold.
    fn apply_premium(&mut self, by: SpokeId, delta: &PremiumDelta) -> Ruled<()> {
        let index = self.state.drawn_index;
        let held = (self.state.premium_shares, self.state.premium_offset);
        let (shares, offset) = delta.applied(index, held)?;
        (self.state.premium_shares, self.state.premium_offset) = (shares, offset);
        let spoke = self.spoke_mut(by)?;
        let held = (spoke.premium_shares, spoke.premium_offset);
        let (shares, offset) = delta.applied(index, held)?;
        (spoke.premium_shares, spoke.premium_offset) = (shares, offset);
        let threshold = spoke.config.risk_premium_threshold;
        if threshold == NO_THRESHOLD {
            return Ok(());
        }
        let most = percent_mul(spoke.drawn_shares.0, U256::from(threshold), Rounding::Ceil)?;
        if shares.0 > most {
            return Err(Rejection::InvalidPremiumChange);
        }
        Ok(())
    }

    /// A spoke hands shares to the fee receiver.
    pub(super) fn pay_fee_shares(
        &mut self,
        by: SpokeId,
        shares: Shares,
        now: Timestamp,
    ) -> Ruled<()> {
        self.accrue(now)?;
        self.spoke(by)?.require_active()?;
        if shares.is_zero() {
            return Err(Rejection::InvalidShares);
        }
        let receiver = self.fee_receiver;
        self.move_added(by, receiver, shares)?;
        self.update_rate()
    }

    fn move_added(&mut self, from: SpokeId, to: SpokeId, shares: Shares) -> Ruled<()> {
        let sender = self.spoke_mut(from)?;
        sender.added_shares = minus(sender.added_shares, shares)?;
        let receiver = self.spoke_mut(to)?;
        receiver.added_shares = plus(receiver.added_shares, shares)?;
        Ok(())
    }

    /// Turns counted fees into shares of the fee receiver; tells the shares.
    pub(super) fn mint_fee_shares(&mut self, now: Timestamp) -> Ruled<Shares> {
        let fees = self.state.realized_fees;
        let shares = stored(self.to_shares(fees, now, Rounding::Floor)?)?;
        if shares.is_zero() {
            return Ok(shares);
        }
        let receiver = self.fee_receiver;
        self.spoke(receiver)?.require_active()?;
        self.state.added_shares = plus(self.state.added_shares, shares)?;
        let spoke = self.spoke_mut(receiver)?;
        spoke.added_shares = plus(spoke.added_shares, shares)?;
        self.state.realized_fees = Amount::ZERO;
        Ok(shares)
    }

    fn require_controller(&self, caller: AccountId) -> Ruled<()> {
        if self.reinvestment_controller != Some(caller) {
            return Err(Rejection::OnlyReinvestmentController);
        }
        Ok(())
    }

    /// The reinvestment controller takes liquidity out.
    pub(super) fn sweep(&mut self, caller: AccountId, amount: Amount, now: Timestamp) -> Ruled<()> {
        self.accrue(now)?;
        self.require_controller(caller)?;
        require_amount(amount)?;
        self.state.liquidity = self.liquidity_less(amount)?;
        let swept = stored_sum(self.state.swept.0, amount.0, AMOUNT_BITS)?;
        self.state.swept = Amount(swept);
        self.update_rate()
    }

    /// The reinvestment controller brings liquidity back.
    pub(super) fn reclaim(
        &mut self,
        caller: AccountId,
        amount: Amount,
        now: Timestamp,
    ) -> Ruled<()> {
        self.accrue(now)?;
        self.require_controller(caller)?;
        require_amount(amount)?;
        self.state.liquidity = stored_amount(self.state.liquidity.plus(amount)?)?;
        self.state.swept = Amount(difference(
            self.state.swept.0,
            cast(amount.0, AMOUNT_BITS)?,
        )?);
        self.update_rate()
    }
}

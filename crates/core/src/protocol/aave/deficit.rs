//! Debt without collateral: written off by a liquidation, covered by the coverage account.

use super::draft::Draft;
use super::ledger::Source;
use super::math::{Ruled, stored_sum};
use super::rejection::Rejection;
use super::reserve::{Flow, to_amount, to_shares};
use crate::protocol::{AccountId, AssetId, Event};
use crate::units::{Amount, U256};

impl Draft<'_> {
    /// Writes off a debt that no collateral stands behind; an inactive reserve is left alone.
    /// Tells the amount.
    pub(super) fn write_off(&mut self, id: AccountId, asset: AssetId) -> Ruled<Amount> {
        if !self.reserve(asset)?.config.active {
            return Ok(Amount::ZERO);
        }
        self.accrue(asset)?;
        let owed = self.debt_of(id, asset)?;
        if !owed.is_zero() {
            self.burn_debt_amount(id, asset, owed)?;
            self.record_deficit(id, asset, owed)?;
        }
        let emptied = owed.is_zero() || self.position(id, asset)?.debt == 0;
        if emptied || self.rules().write_off_clears_mark.on() {
            self.edit(id, asset, |position| position.is_borrowing = false)?;
        }
        self.update_rates(asset, Flow::default())?;
        Ok(owed)
    }

    /// Counts a written-off debt.
    pub(super) fn record_deficit(
        &mut self,
        id: AccountId,
        asset: AssetId,
        amount: Amount,
    ) -> Ruled<()> {
        let state = &mut self.reserve_mut(asset)?.state;
        state.deficit = Amount(stored_sum(state.deficit.0, amount.0)?);
        self.events.push(Event::DeficitCreated {
            account: id,
            asset,
            amount,
        });
        Ok(())
    }

    /// Burns supply of the coverage account against a recorded deficit.
    pub(super) fn eliminate_deficit(
        &mut self,
        caller: AccountId,
        asset: AssetId,
        amount: Amount,
    ) -> Ruled<()> {
        let rules = self.rules();
        if !rules.deficit.on() {
            return Err(Rejection::NotInThisVersion);
        }
        if caller != self.ledger().coverage {
            return Err(Rejection::CallerNotUmbrella);
        }
        if amount.is_zero() {
            return Err(Rejection::InvalidAmount);
        }
        let deficit = self.reserve(asset)?.state.deficit;
        if deficit.is_zero() {
            return Err(Rejection::ReserveNotInDeficit);
        }
        if self.account(caller)?.borrowed().next().is_some() {
            return Err(Rejection::UserCannotHaveDebt);
        }
        self.accrue(asset)?;
        if !self.reserve(asset)?.config.active {
            return Err(Rejection::ReserveInactive);
        }
        let covered = amount.min(deficit);
        let index = self.reserve(asset)?.state.liquidity_index;
        let held = self.position(caller, asset)?;
        let balance = to_amount(held.supply_shares(), index, rules.supply_balance)?;
        let shares = to_shares(covered, index, rules.supply_burn)?;
        let (asked, limit) = if rules.compares_shares.on() {
            (shares.0, U256::from(held.supply))
        } else {
            (covered.0, balance.0)
        };
        if asked > limit {
            return Err(Rejection::NotEnoughAvailableUserBalance);
        }
        if asked == limit {
            self.set_flag(caller, asset, false)?;
        }
        self.burn_supply(caller, asset, shares)?;
        let state = &mut self.reserve_mut(asset)?.state;
        state.deficit = state.deficit.minus(covered)?;
        self.update_rates(asset, Flow::default())?;
        self.events.push(Event::DeficitCovered {
            asset,
            payer: caller,
            amount: covered,
        });
        Ok(())
    }
}

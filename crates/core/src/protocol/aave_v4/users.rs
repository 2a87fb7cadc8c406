//! What an account does with its own positions.

use super::SpokeId;
use super::draft::Draft;
use super::event::Event;
use super::ledger::stored_risk;
use super::math::{AmountRay, Ruled, fewer_shares, from_ray_up, more_shares, ray_div, ray_mul};
use super::math::{difference, sum, to_ray};
use super::rejection::Rejection;
use super::spoke::{Reserve, ReserveConfig};
use crate::protocol::{AccountId, AssetId};
use crate::units::{Amount, Index, Rounding, Shares, U256};

/// Who does what with how much of a reserve, for whom.
#[derive(Clone, Copy, Debug)]
pub(super) struct Call {
    pub(super) caller: AccountId,
    pub(super) reserve: AssetId,
    pub(super) amount: Amount,
    pub(super) account: AccountId,
}

impl Call {
    pub(super) fn new(
        caller: AccountId,
        reserve: AssetId,
        amount: Amount,
        account: AccountId,
    ) -> Self {
        Self {
            caller,
            reserve,
            amount,
            account,
        }
    }
}

impl ReserveConfig {
    fn require_running(&self) -> Ruled<()> {
        if self.paused {
            return Err(Rejection::ReservePaused);
        }
        Ok(())
    }

    fn require_open(&self) -> Ruled<()> {
        self.require_running()?;
        if self.frozen {
            return Err(Rejection::ReserveFrozen);
        }
        Ok(())
    }
}

impl Draft<'_> {
    /// The reserve, for a caller that may act for the account.
    fn reserve_for(
        &self,
        caller: AccountId,
        account: AccountId,
        reserve: AssetId,
    ) -> Ruled<Reserve> {
        let listed = self.ledger.reserve(reserve)?;
        if !self.ledger.spoke(listed.spoke)?.lets(caller, account) {
            return Err(Rejection::Unauthorized);
        }
        self.ledger.account(account)?;
        Ok(listed.clone())
    }

    pub(super) fn supply(&mut self, call: &Call) -> Ruled<()> {
        let reserve = self.reserve_for(call.caller, call.account, call.reserve)?;
        reserve.config.require_open()?;
        let now = self.ledger.now;
        self.pull(call.caller, reserve.asset, call.amount)?;
        let asset = self.asset_mut(reserve.asset)?;
        let shares = asset.add(reserve.spoke, call.amount, now)?;
        self.edit(call.account, call.reserve, |position| {
            position.supply(shares)
        })?;
        self.events.push(Event::Supplied {
            reserve: call.reserve,
            payer: call.caller,
            account: call.account,
            shares,
            amount: call.amount,
        });
        Ok(())
    }

    pub(super) fn withdraw(&mut self, call: &Call) -> Ruled<()> {
        let reserve = self.reserve_for(call.caller, call.account, call.reserve)?;
        reserve.config.require_running()?;
        let now = self.ledger.now;
        let held = self.ledger.position(call.account, call.reserve)?;
        let asset = self.asset_mut(reserve.asset)?;
        let most = asset.preview_remove_by_shares(held.supplied_shares(), now)?;
        let amount = call.amount.min(most);
        let shares = asset.remove(reserve.spoke, amount, now)?;
        self.push(call.caller, reserve.asset, amount)?;
        self.edit(call.account, call.reserve, |position| {
            position.supplied = fewer_shares(position.supplied, shares.0)?;
            Ok(())
        })?;
        if held.is_collateral {
            self.refresh_and_require_health(call.account, reserve.spoke)?;
        }
        self.events.push(Event::Withdrawn {
            reserve: call.reserve,
            receiver: call.caller,
            account: call.account,
            shares,
            amount,
        });
        Ok(())
    }

    pub(super) fn borrow(&mut self, call: &Call) -> Ruled<()> {
        let reserve = self.reserve_for(call.caller, call.account, call.reserve)?;
        reserve.config.require_open()?;
        if !reserve.config.borrowable {
            return Err(Rejection::ReserveNotBorrowable);
        }
        let now = self.ledger.now;
        let asset = self.asset_mut(reserve.asset)?;
        let shares = asset.draw(reserve.spoke, call.amount, now)?;
        self.push(call.caller, reserve.asset, call.amount)?;
        let account = self.ledger.account(call.account)?;
        let borrows = account.on(reserve.spoke).filter(|p| p.is_borrowing);
        let borrows = borrows.count();
        let full = !self.ledger.spoke(reserve.spoke)?.allows_more(borrows);
        self.edit(call.account, call.reserve, |position| {
            position.drawn = more_shares(position.drawn, shares.0)?;
            if !position.is_borrowing && full {
                return Err(Rejection::MaximumUserReservesExceeded);
            }
            position.is_borrowing = true;
            Ok(())
        })?;
        self.refresh_and_require_health(call.account, reserve.spoke)?;
        self.events.push(Event::Borrowed {
            reserve: call.reserve,
            receiver: call.caller,
            account: call.account,
            shares,
            amount: call.amount,
        });
        Ok(())
    }

    pub(super) fn repay(&mut self, call: &Call) -> Ruled<()> {
        let reserve = self.reserve_for(call.caller, call.account, call.reserve)?;
        reserve.config.require_running()?;
        let now = self.ledger.now;
        let owed = self.ledger.position(call.account, call.reserve)?;
        let index = self.ledger.asset(reserve.asset)?.drawn_index(now)?;
        let premium_owed = owed.premium_debt(index)?;
        let (drawn, restored) = split(owed.drawn, premium_owed, index, call.amount)?;
        let shares = Shares(ray_div(drawn.0, index.0, Rounding::Floor)?);
        let risk = self.ledger.account(call.account)?;
        let risk = U256::from(risk.risk_premium(reserve.spoke));
        let premium = owed.premium_delta(shares, index, risk, restored)?;
        let amount = Amount(sum(drawn.0, from_ray_up(restored.0)?)?);
        self.pull(call.caller, reserve.asset, amount)?;
        let asset = self.asset_mut(reserve.asset)?;
        asset.restore(reserve.spoke, drawn, &premium, now)?;
        self.edit(call.account, call.reserve, |position| {
            position.apply_premium(&premium)?;
            position.drawn = fewer_shares(position.drawn, shares.0)?;
            position.is_borrowing &= position.drawn != 0;
            Ok(())
        })?;
        self.events.push(Event::Repaid {
            reserve: call.reserve,
            payer: call.caller,
            account: call.account,
            shares,
            amount,
            premium,
        });
        Ok(())
    }

    pub(super) fn set_collateral(&mut self, call: &Call, enabled: bool) -> Ruled<()> {
        let reserve = self.reserve_for(call.caller, call.account, call.reserve)?;
        let position = self.ledger.position(call.account, call.reserve)?;
        if position.is_collateral == enabled {
            return Ok(());
        }
        reserve.config.require_running()?;
        if enabled {
            reserve.config.require_open()?;
            let account = self.ledger.account(call.account)?;
            let held = account.on(reserve.spoke).filter(|p| p.is_collateral);
            if !self.ledger.spoke(reserve.spoke)?.allows_more(held.count()) {
                return Err(Rejection::MaximumUserReservesExceeded);
            }
        }
        let key = reserve.latest_key();
        self.edit(call.account, call.reserve, |position| {
            position.is_collateral = enabled;
            if enabled {
                position.config_key = key;
            }
            Ok(())
        })?;
        if !enabled {
            self.refresh_and_require_health(call.account, reserve.spoke)?;
        }
        self.events.push(Event::CollateralSet {
            reserve: call.reserve,
            account: call.account,
            enabled,
        });
        Ok(())
    }

    fn require_refresher(
        &self,
        caller: AccountId,
        account: AccountId,
        spoke: SpokeId,
    ) -> Ruled<()> {
        let held = self.ledger.spoke(spoke)?;
        if !held.lets(caller, account) && held.updater != Some(caller) {
            return Err(Rejection::AccessManagedUnauthorized);
        }
        Ok(())
    }

    pub(super) fn update_risk_premium(
        &mut self,
        caller: AccountId,
        account: AccountId,
        spoke: SpokeId,
    ) -> Ruled<()> {
        self.require_refresher(caller, account, spoke)?;
        self.refresh_risk_premium(account, spoke)
    }

    pub(super) fn update_dynamic_config(
        &mut self,
        caller: AccountId,
        account: AccountId,
        spoke: SpokeId,
    ) -> Ruled<()> {
        self.require_refresher(caller, account, spoke)?;
        self.refresh_and_require_health(account, spoke)
    }

    /// Recomputes the risk premium and the premium of every debt.
    pub(super) fn refresh_risk_premium(&mut self, id: AccountId, spoke: SpokeId) -> Ruled<()> {
        let risk = self.ledger.data(id, spoke)?.risk_premium;
        self.notify_risk_premium(id, spoke, risk)
    }

    /// Takes the account to the newest parameter sets; it has to be healthy with them.
    fn refresh_and_require_health(&mut self, id: AccountId, spoke: SpokeId) -> Ruled<()> {
        self.refresh_keys(id, spoke)?;
        let data = self.ledger.data(id, spoke)?;
        self.events
            .push(Event::DynamicConfigRefreshed { spoke, account: id });
        if data.health.0 < self.ledger.rules.health_threshold {
            return Err(Rejection::HealthFactorBelowThreshold);
        }
        self.notify_risk_premium(id, spoke, data.risk_premium)
    }

    fn refresh_keys(&mut self, id: AccountId, spoke: SpokeId) -> Ruled<()> {
        let account = self.ledger.account(id)?;
        let mut stale = Vec::new();
        for position in account.on(spoke).filter(|p| p.is_collateral) {
            let key = self.ledger.reserve(position.reserve)?.latest_key();
            if key != position.config_key {
                stale.push((position.reserve, key));
            }
        }
        for (reserve, key) in stale {
            self.edit(id, reserve, |position| {
                position.config_key = key;
                Ok(())
            })?;
        }
        Ok(())
    }

    fn notify_risk_premium(&mut self, id: AccountId, spoke: SpokeId, risk: U256) -> Ruled<()> {
        let account = self.ledger.account(id)?;
        if risk.is_zero() && account.risk_premium(spoke) == 0 {
            return Ok(());
        }
        let debts: Vec<AssetId> = account
            .on(spoke)
            .filter(|position| position.is_borrowing)
            .map(|position| position.reserve)
            .collect();
        let stored = stored_risk(risk)?;
        self.account_mut(id)?.set_risk(spoke, stored);
        for reserve in debts {
            self.refresh_premium(id, reserve, risk)?;
        }
        self.events.push(Event::RiskPremiumSet {
            spoke,
            account: id,
            risk: stored,
        });
        Ok(())
    }

    fn refresh_premium(&mut self, id: AccountId, reserve: AssetId, risk: U256) -> Ruled<()> {
        let now = self.ledger.now;
        let listed = self.ledger.reserve(reserve)?;
        let (asset, spoke) = (listed.asset, listed.spoke);
        let index = self.ledger.asset(asset)?.drawn_index(now)?;
        let position = self.ledger.position(id, reserve)?;
        let nothing = AmountRay::default();
        let premium = position.premium_delta(Shares::ZERO, index, risk, nothing)?;
        self.asset_mut(asset)?
            .refresh_premium(spoke, &premium, now)?;
        self.edit(id, reserve, |position| position.apply_premium(&premium))?;
        self.events.push(Event::PremiumRefreshed {
            reserve,
            account: id,
            premium,
        });
        Ok(())
    }
}

/// What an amount repays: drawn debt in asset units, and premium before it. An amount below the
/// premium repays whole units of it.
fn split(
    drawn: u128,
    premium: AmountRay,
    index: Index,
    amount: Amount,
) -> Ruled<(Amount, AmountRay)> {
    let drawn = ray_mul(U256::from(drawn), index.0, Rounding::Ceil)?;
    let units = from_ray_up(premium.0)?;
    if amount.0 >= sum(drawn, units)? {
        return Ok((Amount(drawn), premium));
    }
    if amount.0 < units {
        return Ok((Amount::ZERO, AmountRay(to_ray(amount.0)?)));
    }
    Ok((Amount(difference(amount.0, units)?), premium))
}

//! Supplying and withdrawing.

use super::draft::Draft;
use super::ledger::{Listing, Source, Totals, isolated_collateral};
use super::math::{Ruled, cast, quotient};
use super::rejection::Rejection;
use super::reserve::{Flow, to_amount, to_shares};
use super::version::{Isolation, LoanToValue};
use crate::protocol::{AccountId, AssetId, Event};
use crate::units::{Amount, Ratio, Shares, U256, WAD};

impl Draft<'_> {
    /// Brings tokens of `payer` in as a supply of `account`.
    pub(super) fn supply(
        &mut self,
        payer: AccountId,
        asset: AssetId,
        amount: Amount,
        account: AccountId,
    ) -> Ruled<()> {
        self.accrue(asset)?;
        let rules = self.rules();
        let index = self.reserve(asset)?.state.liquidity_index;
        let checked = if rules.compares_shares.on() {
            to_shares(amount, index, rules.supply_mint)?.0
        } else {
            amount.0
        };
        if checked.is_zero() {
            return Err(Rejection::InvalidAmount);
        }
        self.require_active_and_running(asset)?;
        if self.reserve(asset)?.config.frozen {
            return Err(Rejection::ReserveFrozen);
        }
        self.require_supply_cap(asset, checked)?;
        self.update_rates(
            asset,
            Flow {
                added: amount,
                taken: Amount::ZERO,
            },
        )?;
        self.pull(payer, asset, amount)?;
        let first = self.position(account, asset)?.supply == 0;
        let shares = to_shares(amount, index, rules.supply_mint)?;
        self.mint_supply(account, asset, shares)?;
        if first && self.becomes_collateral_by_itself(account, asset)? {
            self.set_flag(account, asset, true)?;
        }
        self.events.push(Event::Supplied {
            payer,
            account,
            asset,
            amount,
        });
        Ok(())
    }

    pub(super) fn require_active_and_running(&self, asset: AssetId) -> Ruled<()> {
        let config = &self.reserve(asset)?.config;
        if !config.active {
            return Err(Rejection::ReserveInactive);
        }
        if config.paused {
            return Err(Rejection::ReservePaused);
        }
        Ok(())
    }

    /// `checked` is the amount, in scaled units where the version compares those.
    fn require_supply_cap(&self, asset: AssetId, checked: U256) -> Ruled<()> {
        let (rules, reserve) = (self.rules(), self.reserve(asset)?);
        if reserve.config.supply_cap.is_zero() {
            return Ok(());
        }
        let claims = reserve
            .state
            .total_supply
            .plus(reserve.state.accrued_to_treasury)?;
        let index = reserve.state.liquidity_index;
        let after = if rules.compares_shares.on() {
            to_amount(claims.plus(Shares(checked))?, index, rules.supply_balance)?
        } else {
            to_amount(claims, index, rules.supply_balance)?.plus(Amount(checked))?
        };
        let cap = reserve.config.supply_cap.0.checked_mul(reserve.unit);
        if after.0 > cap.ok_or(Rejection::Panic0x11)? {
            return Err(Rejection::SupplyCapExceeded);
        }
        Ok(())
    }

    /// Whether a first supply is switched on as collateral without being asked.
    pub(super) fn becomes_collateral_by_itself(
        &self,
        account: AccountId,
        asset: AssetId,
    ) -> Ruled<bool> {
        let isolated = !self.reserve(asset)?.config.debt_ceiling.is_zero();
        if isolated && self.rules().isolation != Isolation::Absent {
            return Ok(false);
        }
        self.may_be_collateral(account, asset)
    }

    /// Whether a supply may be switched on as collateral.
    fn may_be_collateral(&self, id: AccountId, asset: AssetId) -> Ruled<bool> {
        let (rules, account) = (self.rules(), self.account(id)?);
        let reserve = self.reserve(asset)?;
        let has_ltv = match rules.loan_to_value {
            LoanToValue::CategoryFirst => {
                let listing = Listing::new(self, account.e_mode, asset)?;
                listing.loan_to_value(asset).is_some()
            }
            LoanToValue::ReserveFirst => reserve.config.loan_to_value.0 != 0,
        };
        if !has_ltv {
            return Ok(false);
        }
        if rules.isolation == Isolation::Absent || account.collateral().next().is_none() {
            return Ok(true);
        }
        let in_isolation = isolated_collateral(self, account)?.is_some();
        Ok(!in_isolation && reserve.config.debt_ceiling.is_zero())
    }

    /// Takes a supply out; all of it for the largest amount.
    pub(super) fn withdraw(
        &mut self,
        id: AccountId,
        asset: AssetId,
        amount: Amount,
        receiver: AccountId,
    ) -> Ruled<()> {
        self.accrue(asset)?;
        let rules = self.rules();
        let index = self.reserve(asset)?.state.liquidity_index;
        let held = self.position(id, asset)?;
        let balance = to_amount(held.supply_shares(), index, rules.supply_balance)?;
        let all = amount == Amount::MAX;
        let amount = if all { balance } else { amount };
        let shares = if all && rules.compares_shares.on() {
            held.supply_shares()
        } else {
            to_shares(amount, index, rules.supply_burn)?
        };
        let (asked, limit): (U256, U256) = if rules.compares_shares.on() {
            (shares.0, U256::from(held.supply))
        } else {
            (amount.0, balance.0)
        };
        if asked.is_zero() {
            return Err(Rejection::InvalidAmount);
        }
        if asked > limit {
            return Err(Rejection::NotEnoughAvailableUserBalance);
        }
        self.require_active_and_running(asset)?;
        self.update_rates(
            asset,
            Flow {
                added: Amount::ZERO,
                taken: amount,
            },
        )?;
        self.burn_supply(id, asset, shares)?;
        self.push(receiver, asset, amount)?;
        if held.is_collateral {
            if asked == limit {
                self.set_flag(id, asset, false)?;
            }
            if self.account(id)?.borrowed().next().is_some() {
                self.require_healthy_and_ltv(id, asset)?;
            }
        }
        self.events.push(Event::Withdrawn {
            account: id,
            receiver,
            asset,
            amount,
        });
        Ok(())
    }

    /// Makes a supply count as collateral, or not.
    pub(super) fn set_collateral(
        &mut self,
        id: AccountId,
        asset: AssetId,
        enabled: bool,
    ) -> Ruled<()> {
        let rules = self.rules();
        let held = self.position(id, asset)?;
        if rules.flag_needs_balance.on() {
            let index = self.reserve(asset)?.income_index()?;
            if to_amount(held.supply_shares(), index, rules.supply_balance)?.is_zero() {
                return Err(Rejection::UnderlyingBalanceZero);
            }
        }
        self.require_active_and_running(asset)?;
        if held.is_collateral == enabled {
            return Ok(());
        }
        if !enabled {
            self.set_flag(id, asset, false)?;
            return self.require_healthy_and_ltv(id, asset);
        }
        if held.supply == 0 {
            return Err(Rejection::UnderlyingBalanceZero);
        }
        if !self.may_be_collateral(id, asset)? {
            return Err(match rules.isolation {
                Isolation::Absent => Rejection::UserHasAssetWithZeroLtv,
                _ => Rejection::UserInIsolationModeOrLtvZero,
            });
        }
        self.set_flag(id, asset, true)
    }

    /// Refuses where the account would be liquidatable.
    pub(super) fn require_healthy(&self, id: AccountId) -> Ruled<bool> {
        let data = Totals::new(self, self.account(id)?)?;
        if data.health_factor < Ratio(WAD) {
            return Err(Rejection::HealthFactorLowerThanLiquidationThreshold);
        }
        Ok(data.has_zero_ltv)
    }

    /// As [`Draft::require_healthy`]; also refuses where collateral with borrowing power leaves
    /// before collateral without.
    fn require_healthy_and_ltv(&self, id: AccountId, asset: AssetId) -> Ruled<()> {
        let has_zero_ltv = self.require_healthy(id)?;
        let ltv = match self.rules().loan_to_value {
            LoanToValue::CategoryFirst => {
                let listing = Listing::new(self, self.account(id)?.e_mode, asset)?;
                listing.loan_to_value(asset).unwrap_or_default()
            }
            LoanToValue::ReserveFirst => self.reserve(asset)?.config.loan_to_value,
        };
        if has_zero_ltv && ltv.0 != 0 {
            return Err(Rejection::LtvValidationFailed);
        }
        Ok(())
    }

    /// An account's supply of an asset at the present time.
    pub(super) fn supply_of(&self, id: AccountId, asset: AssetId) -> Ruled<Amount> {
        let index = self.reserve(asset)?.income_index()?;
        let shares = self.position(id, asset)?.supply_shares();
        to_amount(shares, index, self.rules().supply_balance)
    }

    /// An account's debt in an asset at the present time.
    pub(super) fn debt_of(&self, id: AccountId, asset: AssetId) -> Ruled<Amount> {
        let shares = self.position(id, asset)?.debt_shares();
        if shares.is_zero() {
            return Ok(Amount::ZERO);
        }
        to_amount(
            shares,
            self.reserve(asset)?.debt_index()?,
            self.rules().debt_balance,
        )
    }

    /// Burns the scaled debt of an amount.
    pub(super) fn burn_debt_amount(
        &mut self,
        id: AccountId,
        asset: AssetId,
        amount: Amount,
    ) -> Ruled<()> {
        let index = self.reserve(asset)?.state.borrow_index;
        let shares = to_shares(amount, index, self.rules().debt_burn)?;
        self.burn_debt(id, asset, shares)
    }

    /// An amount in the hundredths of a debt ceiling, rounded down.
    pub(super) fn ceiling_units(&self, asset: AssetId, amount: Amount) -> Ruled<Amount> {
        let reserve = self.reserve(asset)?;
        let hundredths = U256::from(100u8);
        if reserve.config.decimals < 2 {
            return Err(Rejection::Panic0x11);
        }
        let unit = reserve
            .unit
            .checked_div(hundredths)
            .ok_or(Rejection::Panic0x12)?;
        Ok(Amount(U256::from(cast(quotient(amount.0, unit)?)?)))
    }
}

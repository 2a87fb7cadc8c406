//! Borrowing, repaying, efficiency modes.

use super::draft::Draft;
use super::ledger::{Listing, Source, Totals, is_borrowable, isolated_collateral};
use super::math::{Ruled, percent_div, stored_sum};
use super::rejection::Rejection;
use super::reserve::{Flow, to_amount, to_shares};
use super::version::{BorrowCheck, DebtMark, Membership};
use crate::protocol::{AccountId, AssetId, Event};
use crate::units::{Amount, Ratio, Rounding, Shares, U256, WAD};

impl Draft<'_> {
    /// Borrows at the variable rate.
    pub(super) fn borrow(&mut self, id: AccountId, asset: AssetId, amount: Amount) -> Ruled<()> {
        self.accrue(asset)?;
        let rules = self.rules();
        let index = self.reserve(asset)?.state.borrow_index;
        let checked = if rules.compares_shares.on() {
            to_shares(amount, index, rules.debt_mint)?.0
        } else {
            amount.0
        };
        self.require_borrow_allowed(id, asset, amount, checked)?;
        let isolated = isolated_collateral(self, self.account(id)?)?;
        let had_debt = self.position(id, asset)?.debt != 0;
        let shares = to_shares(amount, index, rules.debt_mint)?;
        self.mint_debt(id, asset, shares)?;
        if rules.debt_mark == DebtMark::Shares || !had_debt {
            self.edit(id, asset, |position| position.is_borrowing = true)?;
        }
        if let Some(collateral) = isolated {
            if rules.isolation_check == BorrowCheck::After {
                self.require_ceiling(collateral, asset, amount)?;
            }
            let more = self.ceiling_units(asset, amount)?;
            let state = &mut self.reserve_mut(collateral)?.state;
            state.isolated_debt = Amount(stored_sum(state.isolated_debt.0, more.0)?);
            let total = state.isolated_debt;
            self.events.push(Event::IsolatedDebtUpdated {
                asset: collateral,
                total,
            });
        }
        self.update_rates(
            asset,
            Flow {
                added: Amount::ZERO,
                taken: amount,
            },
        )?;
        self.push(id, asset, amount)?;
        if rules.borrow_check == BorrowCheck::After {
            self.require_covered(id)?;
        }
        let rate = self.reserve(asset)?.state.borrow_rate;
        self.events.push(Event::Borrowed {
            account: id,
            receiver: id,
            asset,
            amount,
            rate,
        });
        Ok(())
    }

    /// Everything that is checked before a borrow changes anything. `checked` is the amount, in
    /// scaled units where the version compares those.
    fn require_borrow_allowed(
        &self,
        id: AccountId,
        asset: AssetId,
        amount: Amount,
        checked: U256,
    ) -> Ruled<()> {
        let rules = self.rules();
        if checked.is_zero() {
            return Err(Rejection::InvalidAmount);
        }
        self.require_active_and_running(asset)?;
        if self.reserve(asset)?.config.frozen {
            return Err(Rejection::ReserveFrozen);
        }
        let category = self.account(id)?.e_mode;
        let fits = category == 0 || is_borrowable(self, category, asset)?;
        if rules.strict_category.on() && category != 0 {
            if !fits {
                return Err(Rejection::NotBorrowableInEmode);
            }
        } else if !self.reserve(asset)?.config.borrowing_enabled {
            return Err(Rejection::BorrowingNotEnabled);
        }
        self.require_enough_supply(asset, checked)?;
        if !self.ledger().sentinel_allows() {
            return Err(Rejection::PriceOracleSentinelCheckFailed);
        }
        self.require_borrow_cap(asset, checked)?;
        if rules.isolation_check == BorrowCheck::Before
            && let Some(collateral) = isolated_collateral(self, self.account(id)?)?
        {
            self.require_ceiling(collateral, asset, amount)?;
        }
        if !fits {
            return Err(match rules.membership {
                Membership::ByReserve => Rejection::InconsistentEmodeCategory,
                Membership::ByCategory => Rejection::NotBorrowableInEmode,
            });
        }
        if rules.borrow_check == BorrowCheck::Before {
            self.require_room(id, asset, amount)?;
        }
        self.require_silo(id, asset)
    }

    /// Nobody borrows more than was supplied.
    fn require_enough_supply(&self, asset: AssetId, checked: U256) -> Ruled<()> {
        let (rules, reserve) = (self.rules(), self.reserve(asset)?);
        if !rules.supplied_limit.on() {
            return Ok(());
        }
        let total = reserve.state.total_supply;
        let supplied = to_amount(total, reserve.income_index()?, rules.supply_balance)?;
        let asked = if rules.compares_shares.on() {
            to_amount(
                Shares(checked),
                reserve.state.borrow_index,
                rules.debt_balance,
            )?
        } else {
            Amount(checked)
        };
        if supplied < asked {
            Err(Rejection::InvalidAmount)
        } else {
            Ok(())
        }
    }

    fn require_borrow_cap(&self, asset: AssetId, checked: U256) -> Ruled<()> {
        let (rules, reserve) = (self.rules(), self.reserve(asset)?);
        if reserve.config.borrow_cap.is_zero() {
            return Ok(());
        }
        let (total, index) = (reserve.state.total_debt, reserve.state.borrow_index);
        let after = if rules.compares_shares.on() {
            to_amount(total.plus(Shares(checked))?, index, rules.debt_balance)?
        } else {
            to_amount(total, index, rules.debt_balance)?.plus(Amount(checked))?
        };
        let cap = reserve.config.borrow_cap.0.checked_mul(reserve.unit);
        if after.0 > cap.ok_or(Rejection::Panic0x11)? {
            return Err(Rejection::BorrowCapExceeded);
        }
        Ok(())
    }

    /// The account before the borrow has room for it.
    fn require_room(&self, id: AccountId, asset: AssetId, amount: Amount) -> Ruled<()> {
        let account = self.account(id)?;
        let data = Totals::new(self, account)?.data();
        if data.collateral.is_zero() {
            return Err(Rejection::CollateralBalanceIsZero);
        }
        if data.loan_to_value.is_zero() {
            return Err(Rejection::LtvValidationFailed);
        }
        if data.health_factor <= Ratio(WAD) {
            return Err(Rejection::HealthFactorLowerThanLiquidationThreshold);
        }
        let price = Listing::new(self, account.e_mode, asset)?.price();
        let worth = self.reserve(asset)?.value(amount, price, Rounding::Floor)?;
        let debt = data.debt.plus(worth)?;
        let needed = percent_div(debt.0, data.loan_to_value, Rounding::HalfUp)?;
        if needed > data.collateral.0 {
            return Err(Rejection::CollateralCannotCoverNewBorrow);
        }
        Ok(())
    }

    /// The account after the borrow is covered.
    fn require_covered(&self, id: AccountId) -> Ruled<()> {
        let data = Totals::new(self, self.account(id)?)?.data();
        if data.loan_to_value.is_zero() {
            return Err(Rejection::LtvValidationFailed);
        }
        if data.health_factor < Ratio(WAD) {
            return Err(Rejection::HealthFactorLowerThanLiquidationThreshold);
        }
        let needed = percent_div(data.debt.0, data.loan_to_value, Rounding::Ceil)?;
        if data.collateral.0 < needed {
            return Err(Rejection::CollateralCannotCoverNewBorrow);
        }
        Ok(())
    }

    /// A siloed asset is an account's single debt.
    fn require_silo(&self, id: AccountId, asset: AssetId) -> Ruled<()> {
        if !self.rules().silo.on() {
            return Ok(());
        }
        let mut borrowed = self.account(id)?.borrowed();
        let violated = match (borrowed.next(), borrowed.next()) {
            (None, _) => false,
            (Some(only), None) if self.reserve(only)?.config.siloed => only != asset,
            _ => self.reserve(asset)?.config.siloed,
        };
        if violated {
            Err(Rejection::SiloedBorrowingViolation)
        } else {
            Ok(())
        }
    }

    fn require_ceiling(&self, collateral: AssetId, asset: AssetId, amount: Amount) -> Ruled<()> {
        if !self.reserve(asset)?.config.borrowable_in_isolation {
            return Err(Rejection::AssetNotBorrowableInIsolation);
        }
        let reserve = self.reserve(collateral)?;
        let after = reserve
            .state
            .isolated_debt
            .plus(self.ceiling_units(asset, amount)?)?;
        if after > reserve.config.debt_ceiling {
            return Err(Rejection::DebtCeilingExceeded);
        }
        Ok(())
    }

    /// Takes a repayment off the debt counted against isolated collateral, at most to zero.
    pub(super) fn reduce_isolated_debt(
        &mut self,
        collateral: AssetId,
        asset: AssetId,
        amount: Amount,
    ) -> Ruled<()> {
        let less = self.ceiling_units(asset, amount)?;
        let state = &mut self.reserve_mut(collateral)?.state;
        state.isolated_debt = state.isolated_debt.minus_or_zero(less);
        let total = state.isolated_debt;
        self.events.push(Event::IsolatedDebtUpdated {
            asset: collateral,
            total,
        });
        Ok(())
    }

    /// Repays a debt; all of it for the largest amount.
    pub(super) fn repay(
        &mut self,
        payer: AccountId,
        asset: AssetId,
        amount: Amount,
        id: AccountId,
    ) -> Ruled<()> {
        self.accrue(asset)?;
        let owed = self.debt_of(id, asset)?;
        if amount.is_zero() {
            return Err(Rejection::InvalidAmount);
        }
        if amount == Amount::MAX && payer != id {
            return Err(Rejection::NoExplicitAmountToRepayOnBehalf);
        }
        self.require_active_and_running(asset)?;
        if owed.is_zero() {
            return Err(Rejection::NoDebtOfSelectedType);
        }
        let amount = amount.min(owed);
        self.burn_debt_amount(id, asset, amount)?;
        self.update_rates(
            asset,
            Flow {
                added: amount,
                taken: Amount::ZERO,
            },
        )?;
        let cleared = match self.rules().debt_mark {
            DebtMark::Amounts => amount == owed,
            DebtMark::Shares => self.position(id, asset)?.debt == 0,
        };
        if cleared {
            self.edit(id, asset, |position| position.is_borrowing = false)?;
        }
        if let Some(collateral) = isolated_collateral(self, self.account(id)?)? {
            self.reduce_isolated_debt(collateral, asset, amount)?;
        }
        self.pull(payer, asset, amount)?;
        self.events.push(Event::Repaid {
            payer,
            account: id,
            asset,
            amount,
        });
        Ok(())
    }

    /// Chooses an efficiency mode; 0 is none.
    pub(super) fn set_e_mode(&mut self, id: AccountId, category: u8) -> Ruled<()> {
        let rules = self.rules();
        let before = self.account(id)?.e_mode;
        let checks_change = rules.membership == Membership::ByCategory;
        if checks_change && before == category {
            return Ok(());
        }
        let mode = self.ledger().e_modes.get(&category);
        if category != 0 && mode.is_none_or(|mode| mode.liquidation_threshold.0 == 0) {
            return Err(Rejection::InconsistentEmodeCategory);
        }
        for position in self.account(id)?.positions() {
            self.require_fits_category(category, *position)?;
        }
        self.account_mut(id)?.e_mode = category;
        if checks_change || before != 0 {
            self.require_healthy(id)?;
        }
        self.events.push(Event::EModeSet {
            account: id,
            category,
        });
        Ok(())
    }

    /// Refuses a category that a debt, or under strict rules a collateral, does not fit.
    fn require_fits_category(&self, category: u8, held: super::Position) -> Ruled<()> {
        let rules = self.rules();
        let strict = rules.strict_category.on();
        let fits = if category != 0 {
            is_borrowable(self, category, held.asset)?
        } else {
            !strict || self.reserve(held.asset)?.config.borrowing_enabled
        };
        if held.is_borrowing && !fits {
            return Err(match rules.membership {
                Membership::ByReserve => Rejection::InconsistentEmodeCategory,
                Membership::ByCategory if strict => Rejection::InvalidDebtInEmode,
                Membership::ByCategory => Rejection::NotBorrowableInEmode,
            });
        }
        if strict && held.is_collateral {
            let listing = Listing::new(self, category, held.asset)?;
            if listing.loan_to_value(held.asset).is_none() {
                return Err(Rejection::InvalidCollateralInEmode);
            }
        }
        Ok(())
    }
}

//! Opening, changing and repaying loans, and the controller's administration.

use super::account::{Loan, Token};
use super::action::{Action, Outcome};
use super::controller::Measure;
use super::draft::{Draft, Holder};
use super::math::{Ruled, product, quotient, quotient_or_zero};
use super::rejection::Rejection;
use super::{Position, Wallet};
use crate::protocol::AccountId;
use crate::units::{Amount, U256, WAD};

/// How a loan is changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Change {
    /// More collateral.
    Add,
    /// Less collateral.
    Remove,
    /// More debt, and collateral or none.
    Borrow,
}

/// Who acts for whom.
#[derive(Clone, Copy, Debug)]
struct Parties {
    caller: AccountId,
    owner: AccountId,
}

impl Draft<'_> {
    /// Runs an action; the draft is of no use where this refuses.
    pub(super) fn run(&mut self, action: &Action) -> Ruled<Outcome> {
        let parties = |caller: AccountId, owner: AccountId| Parties { caller, owner };
        match *action {
            Action::CreateLoan {
                caller,
                owner,
                collateral,
                debt,
                bands,
            } => self.create(parties(caller, owner), (collateral, debt), bands),
            Action::AddCollateral {
                caller,
                owner,
                amount,
            } => self.change(parties(caller, owner), Change::Add, amount, Amount::ZERO),
            Action::RemoveCollateral {
                caller,
                owner,
                amount,
            } => self.change(parties(caller, owner), Change::Remove, amount, Amount::ZERO),
            Action::BorrowMore {
                caller,
                owner,
                collateral,
                debt,
            } => self.change(parties(caller, owner), Change::Borrow, collateral, debt),
            Action::Repay {
                caller,
                owner,
                amount,
                active_band_max,
            } => self.repay(parties(caller, owner), amount, active_band_max),
            Action::Liquidate {
                caller,
                owner,
                stable_min,
                fraction,
            } => self.liquidate(caller, owner, stable_min, fraction.min(WAD)),
            Action::Exchange { caller, pay, limit } => self.exchange(caller, pay, limit),
            Action::Approve {
                caller,
                spender,
                allowed,
            } => self.approve(caller, spender, allowed),
            Action::SetExtraHealth { caller, value } => self.set_extra_health(caller, value),
            Action::SaveRate => self.save_rate().map(|()| Outcome::Done),
            Action::CollectFees { receiver } => self.collect_fees(receiver),
            Action::SetFee { fee } => self.set_fee(fee),
            Action::SetDiscounts { loan, liquidation } => self.set_discounts(loan, liquidation),
            Action::Fund {
                account,
                token,
                amount,
            } => self.fund(account, token, amount),
        }
    }

    fn create(
        &mut self,
        Parties { caller, owner }: Parties,
        (collateral, debt): (Amount, Amount),
        bands: u32,
    ) -> Ruled<Outcome> {
        self.account(caller)?;
        let held = self.account(owner)?.clone();
        self.need_approval(caller, owner)?;
        if !held.loan.initial_debt.is_zero() {
            return Err(Rejection::LoanAlreadyCreated);
        }
        if bands < self.amm.rules.bands_min {
            return Err(Rejection::NeedMoreTicks);
        }
        if bands > self.amm.rules.bands_max {
            return Err(Rejection::NeedLessTicks);
        }
        let first = self.first_band((collateral, debt), bands, owner)?;
        let last = first.saturating_add(i64::from(bands)).saturating_sub(1);
        let rate_mul = self.amm.rate_mul()?;
        self.list_loan(owner)?;
        self.raise_total(debt, rate_mul)?;
        let position = self
            .amm
            .deposit(&held.position, collateral, (first, last))?;
        let discount = self.controller.liquidation_discount;
        let account = self.account_mut(owner)?;
        account.loan = Loan {
            initial_debt: debt,
            rate_mul,
        };
        account.liquidation_discount = discount;
        account.position = position;
        self.controller.minted = self.controller.minted.plus(debt)?;
        let to_amm = (Holder::Account(caller), Holder::Amm);
        self.transfer(Token::Collateral, to_amm, collateral)?;
        let to_owner = (Holder::Controller, Holder::Account(owner));
        self.transfer(Token::Stable, to_owner, debt)?;
        self.save_rate()?;
        Ok(Outcome::Placed { first, last })
    }

    fn need_approval(&self, caller: AccountId, owner: AccountId) -> Ruled<()> {
        if self.may_act(caller, owner) {
            Ok(())
        } else {
            Err(Rejection::NoReason)
        }
    }

    /// Changes collateral, debt or both, and places the loan anew.
    fn change(
        &mut self,
        Parties { caller, owner }: Parties,
        change: Change,
        collateral: Amount,
        debt: Amount,
    ) -> Ruled<Outcome> {
        self.account(caller)?;
        self.account(owner)?;
        let decisive = if change == Change::Borrow {
            debt
        } else {
            collateral
        };
        if decisive.is_zero() {
            return Ok(Outcome::Done);
        }
        if change != Change::Add {
            self.need_approval(caller, owner)?;
        }
        let placed = self.place_anew(Parties { caller, owner }, change, collateral, debt)?;
        let outside = Holder::Account(caller);
        match change {
            Change::Add => {
                self.transfer(Token::Collateral, (outside, Holder::Amm), collateral)?;
            }
            Change::Remove => {
                let to_owner = (Holder::Amm, Holder::Account(owner));
                self.transfer(Token::Collateral, to_owner, collateral)?;
            }
            Change::Borrow => {
                self.controller.minted = self.controller.minted.plus(debt)?;
                self.transfer(Token::Collateral, (outside, Holder::Amm), collateral)?;
                let to_owner = (Holder::Controller, Holder::Account(owner));
                self.transfer(Token::Stable, to_owner, debt)?;
            }
        }
        self.save_rate()?;
        Ok(placed)
    }

    fn place_anew(
        &mut self,
        Parties { caller, owner }: Parties,
        change: Change,
        collateral: Amount,
        more_debt: Amount,
    ) -> Ruled<Outcome> {
        let (debt, rate_mul) = self.debt(owner)?;
        if debt.is_zero() {
            return Err(Rejection::LoanDoesntExist);
        }
        let debt = debt.plus(more_debt)?;
        let held = self.account(owner)?.position.clone();
        let (left, [stable, mut held_collateral]) = self.amm.withdraw(&held, WAD)?;
        if !stable.is_zero() {
            return Err(Rejection::AlreadyInUnderwaterMode);
        }
        held_collateral = match change {
            Change::Remove => held_collateral.minus(collateral)?,
            Change::Add | Change::Borrow => held_collateral.plus(collateral)?,
        };
        if change == Change::Add && caller != owner {
            self.need_more_than_rounding(collateral)?;
        }
        let (first, last) = self.redeposit(owner, &left, (held_collateral, debt))?;
        self.account_mut(owner)?.loan = Loan {
            initial_debt: debt,
            rate_mul,
        };
        if caller == owner {
            self.renew_discount(owner)?;
        }
        if !more_debt.is_zero() {
            self.raise_total(more_debt, rate_mul)?;
        }
        Ok(Outcome::Placed { first, last })
    }

    /// Somebody else's gift must be worth more than what rounding may take from the loan.
    fn need_more_than_rounding(&self, collateral: Amount) -> Ruled<()> {
        let worth = product(collateral.0, self.amm.oracle()?.price)?;
        let least = product(WAD.wrapping_shl(1), self.amm.precision(Token::Stable))?;
        let least = quotient(least, self.amm.precision(Token::Collateral))?;
        if worth > least {
            Ok(())
        } else {
            Err(Rejection::NoReason)
        }
    }

    /// Puts withdrawn collateral into as many bands as before, where they support the debt.
    fn redeposit(
        &mut self,
        owner: AccountId,
        left: &Position,
        (collateral, debt): (Amount, Amount),
    ) -> Ruled<(i64, i64)> {
        let span = left.last.saturating_sub(left.first);
        let bands = u32::try_from(span.saturating_add(1)).map_err(|_| Rejection::NoReason)?;
        let first = self.first_band((collateral, debt), bands, owner)?;
        let last = first.saturating_add(span);
        let position = self.amm.deposit(left, collateral, (first, last))?;
        self.account_mut(owner)?.position = position;
        Ok((first, last))
    }

    fn renew_discount(&mut self, owner: AccountId) -> Ruled<()> {
        let discount = self.controller.liquidation_discount;
        self.account_mut(owner)?.liquidation_discount = discount;
        Ok(())
    }

    fn repay(
        &mut self,
        Parties { caller, owner }: Parties,
        amount: Amount,
        active_band_max: i64,
    ) -> Ruled<Outcome> {
        self.account(caller)?;
        self.account(owner)?;
        if amount.is_zero() {
            return Ok(Outcome::Done);
        }
        let (debt, rate_mul) = self.debt(owner)?;
        if debt.is_zero() {
            return Err(Rejection::LoanDoesntExist);
        }
        let paid = debt.min(amount);
        let left = debt.minus_or_zero(paid);
        let mut returned = Wallet::default();
        if left.is_zero() {
            returned = self.close(caller, owner)?;
        } else {
            self.repay_part(Parties { caller, owner }, left, active_band_max)?;
        }
        let to_controller = (Holder::Account(caller), Holder::Controller);
        self.transfer(Token::Stable, to_controller, paid)?;
        self.controller.redeemed = self.controller.redeemed.plus(paid)?;
        self.account_mut(owner)?.loan = Loan {
            initial_debt: left,
            rate_mul,
        };
        self.lower_total(paid, rate_mul)?;
        self.save_rate()?;
        Ok(Outcome::Repaid {
            debt: paid,
            left,
            returned,
        })
    }

    /// Everything leaves the bands for the owner.
    fn close(&mut self, caller: AccountId, owner: AccountId) -> Ruled<Wallet> {
        let held = self.account(owner)?.position.clone();
        let (left, [stable, collateral]) = self.amm.withdraw(&held, WAD)?;
        self.account_mut(owner)?.position = left;
        let to_owner = (Holder::Amm, Holder::Account(owner));
        if !stable.is_zero() {
            self.need_approval(caller, owner)?;
            self.transfer(Token::Stable, to_owner, stable)?;
        }
        self.transfer(Token::Collateral, to_owner, collateral)?;
        self.unlist_loan(owner)?;
        Ok(Wallet { stable, collateral })
    }

    fn repay_part(
        &mut self,
        Parties { caller, owner }: Parties,
        debt: Amount,
        active_band_max: i64,
    ) -> Ruled<()> {
        let active = self.amm.active_band_with_skip();
        if active > active_band_max {
            return Err(Rejection::NoReason);
        }
        let approved = self.may_act(caller, owner);
        let held = self.account(owner)?.position.clone();
        if held.first > active {
            let (left, [_, collateral]) = self.amm.withdraw(&held, WAD)?;
            self.redeposit(owner, &left, (collateral, debt))?;
            if approved {
                self.renew_discount(owner)?;
            }
        }
        if !approved {
            let discount = self.account(owner)?.liquidation_discount;
            let health = self.health(owner, debt, Measure::InBands, discount)?;
            if health <= super::Signed::ZERO {
                return Err(Rejection::NoReason);
            }
        }
        Ok(())
    }

    fn exchange(&mut self, caller: AccountId, pay: Token, limit: super::Limit) -> Ruled<Outcome> {
        self.account(caller)?;
        let [paid, received] = self.amm.exchange(pay, limit)?;
        let trader = Holder::Account(caller);
        self.transfer(pay, (trader, Holder::Amm), paid)?;
        self.transfer(super::swap::other(pay), (Holder::Amm, trader), received)?;
        Ok(Outcome::Exchanged { paid, received })
    }

    fn collect_fees(&mut self, receiver: AccountId) -> Ruled<Outcome> {
        self.account(receiver)?;
        let rate_mul = self.amm.rate_mul()?;
        self.raise_total(Amount::ZERO, rate_mul)?;
        self.save_rate()?;
        let owed = self.controller.total_debt.initial_debt;
        let redeemable = owed.plus(self.controller.redeemed)?;
        let amount = redeemable.minus_or_zero(self.controller.minted);
        if !amount.is_zero() {
            self.controller.minted = redeemable;
        }
        let to_receiver = (Holder::Controller, Holder::Account(receiver));
        self.transfer(Token::Stable, to_receiver, amount)?;
        Ok(Outcome::Collected { amount })
    }

    fn approve(&mut self, owner: AccountId, spender: AccountId, allowed: bool) -> Ruled<Outcome> {
        self.account(owner)?;
        self.account(spender)?;
        self.approval = Some((owner, spender, allowed));
        Ok(Outcome::Done)
    }

    fn set_extra_health(&mut self, owner: AccountId, value: U256) -> Ruled<Outcome> {
        self.account_mut(owner)?.extra_health = value;
        Ok(Outcome::Done)
    }

    fn set_fee(&mut self, fee: U256) -> Ruled<Outcome> {
        let rules = self.amm.rules;
        let [least, most] = rules.fee_bounds;
        let by_width = U256::from(rules.bands_min).wrapping_mul(WAD);
        let most = most.min(quotient_or_zero(by_width, self.amm.constants.upper));
        if fee < least || fee > most {
            return Err(Rejection::Fee);
        }
        self.amm.state.fee = fee;
        Ok(Outcome::Done)
    }

    fn set_discounts(&mut self, loan: U256, liquidation: U256) -> Ruled<Outcome> {
        let rules = self.amm.rules;
        let allowed = loan > liquidation
            && liquidation >= rules.liquidation_discount_min
            && loan <= rules.loan_discount_max;
        if !allowed {
            return Err(Rejection::NoReason);
        }
        self.controller.loan_discount = loan;
        self.controller.liquidation_discount = liquidation;
        Ok(Outcome::Done)
    }
}

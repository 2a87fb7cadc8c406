//! The market as a machine: time, prices and actions in, events or a rejection out; and what can
//! be asked of it.

use super::action::Action;
use super::draft::Draft;
use super::event::{Event, Events, Liquidation};
use super::interest::accrue;
use super::math::{Ruled, sum};
use super::rejection::Rejection;
use super::state::{Holdings, Market, Position, Standing, Totals};
use super::version::MorphoVersion;
use crate::protocol::AccountId;
use crate::units::{Amount, Price, Ratio, Rounding, Shares, Timestamp, U256, checked_mul_div};
use std::sync::Arc;

/// The largest liquidation that the rules allow now, ready to be applied.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Quote {
    /// The operation that does it.
    pub action: Action,
    /// What it does.
    pub result: Liquidation,
}

impl Draft<'_> {
    fn run(&mut self, action: &Action) -> Ruled<()> {
        match *action {
            Action::CreateMarket => self.create(),
            Action::AccrueInterest => {
                self.market.require_created()?;
                self.accrue()
            }
            Action::SetFee { fee } => self.set_fee(fee),
            // Settings of the whole contract; they are written on commit.
            Action::SetFeeRecipient { .. } | Action::SetAuthorization { .. } => Ok(()),
            Action::Supply {
                on_behalf,
                quantity,
            } => self.supply(on_behalf, quantity),
            Action::Withdraw {
                caller,
                on_behalf,
                quantity,
            } => self.withdraw(caller, on_behalf, quantity),
            Action::Borrow {
                caller,
                on_behalf,
                quantity,
            } => self.borrow(caller, on_behalf, quantity),
            Action::Repay {
                on_behalf,
                quantity,
            } => self.repay(on_behalf, quantity),
            Action::SupplyCollateral { on_behalf, assets } => {
                self.supply_collateral(on_behalf, assets)
            }
            Action::WithdrawCollateral {
                caller,
                on_behalf,
                assets,
            } => self.withdraw_collateral(caller, on_behalf, assets),
            Action::Liquidate {
                borrower,
                seized_assets,
                repaid_shares,
            } => self
                .liquidate(borrower, seized_assets, repaid_shares)
                .map(drop),
        }
    }
}

impl Market {
    /// Moves time forward and takes a new oracle answer. Interest is added by the next action.
    ///
    /// # Errors
    /// [`Rejection::TimeBackward`] when `now` lies before the present time.
    pub fn observe(&mut self, now: Timestamp, price: Price) -> Result<(), Rejection> {
        if now < self.now {
            return Err(Rejection::TimeBackward);
        }
        // Nothing below can fail.
        self.now = now;
        self.price = price;
        Ok(())
    }

    /// Checks everything, then commits. A rejected action changes nothing.
    ///
    /// # Errors
    /// The first rejection in the contract's order.
    pub fn apply(&mut self, action: &Action) -> Result<Events, Rejection> {
        match *action {
            Action::SetFeeRecipient { recipient } => self.set_fee_recipient(recipient),
            Action::SetAuthorization {
                caller,
                manager,
                allowed,
            } => self.set_authorization(caller, manager, allowed),
            _ => {
                let mut draft = Draft::new(self);
                draft.run(action)?;
                let changes = draft.finish();
                // Nothing below can fail.
                Ok(changes.commit(self))
            }
        }
    }

    fn set_fee_recipient(&mut self, recipient: AccountId) -> Ruled<Events> {
        self.held(recipient)?;
        if recipient == self.fee_recipient {
            return Err(Rejection::AlreadySet);
        }
        // Nothing below can fail.
        self.fee_recipient = recipient;
        Ok(vec![Event::FeeRecipientSet(recipient)])
    }

    fn set_authorization(
        &mut self,
        owner: AccountId,
        manager: AccountId,
        allowed: bool,
    ) -> Ruled<Events> {
        if self.has_leave(owner, manager) == allowed {
            return Err(Rejection::AlreadySet);
        }
        // Nothing below can fail.
        let managers = Arc::make_mut(&mut self.managers);
        if allowed {
            managers.insert((owner, manager));
        } else {
            managers.remove(&(owner, manager));
        }
        Ok(vec![Event::AuthorizationSet {
            owner,
            manager,
            allowed,
        }])
    }

    /// Refuses a caller who is neither the owner nor has the owner's leave.
    pub(super) fn require_authorized(&self, caller: AccountId, owner: AccountId) -> Ruled<()> {
        let may = caller == owner || self.has_leave(owner, caller);
        may.then_some(()).ok_or(Rejection::Unauthorized)
    }

    /// Which rules hold.
    pub fn version(&self) -> MorphoVersion {
        self.version
    }

    /// The present time.
    pub fn now(&self) -> Timestamp {
        self.now
    }

    /// The oracle's answer: loan base units for one collateral base unit, times 10^36.
    pub fn price(&self) -> Price {
        self.price
    }

    /// Loan-to-value at which a position can be liquidated, wad.
    pub fn threshold(&self) -> Ratio {
        self.threshold
    }

    /// The totals as last stored, without interest since.
    pub fn totals(&self) -> Totals {
        self.totals
    }

    /// Tokens held for the market.
    pub fn holdings(&self) -> Holdings {
        self.holdings
    }

    /// Who gets the fee.
    pub fn fee_recipient(&self) -> AccountId {
        self.fee_recipient
    }

    /// Whether an owner has given a manager leave to act.
    pub fn has_leave(&self, owner: AccountId, manager: AccountId) -> bool {
        self.managers.contains(&(owner, manager))
    }

    /// How many accounts the book holds; ids run from 0.
    pub fn accounts(&self) -> u32 {
        self.book.len()
    }

    /// An account's position, or nothing where it is not in the book.
    pub fn position(&self, id: AccountId) -> Option<&Position> {
        self.book.get(id)
    }

    /// Adds an account without a position.
    pub fn open_account(&mut self) -> AccountId {
        self.book.push(Position::default())
    }

    /// The rate that the next accrual would charge, wad a second; nothing without a rate model.
    ///
    /// # Errors
    /// Where the contract's own computation would revert (overflow).
    pub fn borrow_rate(&self) -> Result<Option<Ratio>, Rejection> {
        self.irm.rate(&self.totals)
    }

    /// The totals with interest up to now, as every action but the bringing of collateral sees
    /// them.
    ///
    /// # Errors
    /// Where the contract's own computation would revert (overflow).
    pub fn totals_now(&self) -> Result<Totals, Rejection> {
        let mut totals = self.totals;
        accrue(self.rules, self.irm, &mut totals, self.now)?;
        Ok(totals)
    }

    /// How solvent an account is at the present time and price. [`Standing::is_healthy`] decides
    /// whether it can be liquidated.
    ///
    /// # Errors
    /// Where the contract's own computation would revert (overflow).
    pub fn standing(&self, id: AccountId) -> Result<Standing, Rejection> {
        self.standing_under(&self.totals_now()?, &self.held(id)?)
    }

    /// What an account's supply is worth now, in loan base units, rounded down.
    ///
    /// # Errors
    /// Where the contract's own computation would revert (overflow).
    pub fn supplied(&self, id: AccountId) -> Result<Amount, Rejection> {
        let shares = self.held(id)?.supply_shares;
        self.totals_now()?.supply(self.rules).assets_down(shares)
    }

    /// The largest liquidation that the rules allow now: all of the debt or, where the collateral
    /// is short of that, all of the collateral.
    ///
    /// # Errors
    /// [`Rejection::HealthyPosition`], or what any liquidation of the position would meet.
    pub fn quote(&self, borrower: AccountId) -> Result<Quote, Rejection> {
        let position = self.held(borrower)?;
        let all = self.try_liquidation(borrower, Amount::ZERO, position.borrow_shares);
        if let Ok(_) | Err(Rejection::HealthyPosition) = all {
            return all;
        }
        self.try_liquidation(borrower, position.collateral, Shares::ZERO)
            .or_else(|_| self.largest_partial(borrower, position.borrow_shares))
    }

    fn try_liquidation(
        &self,
        borrower: AccountId,
        seized_assets: Amount,
        repaid_shares: Shares,
    ) -> Ruled<Quote> {
        let action = Action::Liquidate {
            borrower,
            seized_assets,
            repaid_shares,
        };
        let result = Draft::new(self).liquidate(borrower, seized_assets, repaid_shares)?;
        Ok(Quote { action, result })
    }

    /// Where rounding forbids both all of the debt and all of the collateral: the most shares that
    /// can be repaid, by halving.
    fn largest_partial(&self, borrower: AccountId, below: Shares) -> Ruled<Quote> {
        let attempt = |shares| self.try_liquidation(borrower, Amount::ZERO, Shares(shares));
        let (mut best, mut fits, mut fails) = (attempt(U256::ONE)?, U256::ONE, below.0);
        while let Some(width) = fails.checked_sub(fits).filter(|width| *width > U256::ONE) {
            let half = checked_mul_div(width, U256::ONE, U256::from(2u8), Rounding::Floor)?;
            let middle = sum(fits, half)?;
            match attempt(middle) {
                Ok(quote) => (best, fits) = (quote, middle),
                Err(_) => fails = middle,
            }
        }
        Ok(best)
    }
}

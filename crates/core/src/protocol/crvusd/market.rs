//! The machine: one market of the AMM, the controller and the accounts around it.

use super::account::{Account, Token, Wallet};
use super::action::{Action, Limit, Liquidation, Outcome};
use super::amm::{AmmDraft, AmmState};
use super::bands::{Band, Bands};
use super::controller::{ControllerState, Measure};
use super::draft::{Changes, Draft};
use super::params::{Constants, Params};
use super::rejection::Rejection;
use super::signed::Signed;
use super::version::Version;
use crate::book::Book;
use crate::protocol::AccountId;
use crate::units::{Amount, Price, Timestamp, U256};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// A market as it stands at some moment.
#[derive(Clone, Debug)]
pub struct MarketSetup {
    /// Which contracts.
    pub version: Version,
    /// What it was deployed with.
    pub params: Params,
    /// The moment.
    pub now: Timestamp,
    /// The oracle's answer, wad.
    pub oracle_price: Price,
    /// The monetary policy's rate per second, wad.
    pub policy_rate: U256,
    /// The AMM's variables.
    pub amm: AmmState,
    /// The bands that hold something.
    pub bands: BTreeMap<i64, Band>,
    /// The controller's variables; the number of loans is counted from the accounts.
    pub controller: ControllerState,
    /// Accounts by id; those in debt enter the list of loans in this order.
    pub accounts: Vec<Account>,
    /// Owners and whom they let act for them.
    pub approvals: BTreeSet<(AccountId, AccountId)>,
    /// Tokens of the AMM contract.
    pub amm_wallet: Wallet,
    /// Tokens of the controller contract; its stablecoin can still be lent.
    pub controller_wallet: Wallet,
}

impl MarketSetup {
    /// A market fresh from the factory, with so much stablecoin to lend.
    ///
    /// # Errors
    /// As [`Constants::new`].
    pub fn fresh(
        params: Params,
        (now, oracle_price): (Timestamp, Price),
        lendable: Amount,
    ) -> Result<Self, Rejection> {
        Constants::new(&params)?;
        let wad = crate::units::WAD;
        let percent = |n: u64| U256::from(n).wrapping_mul(U256::from(10_000_000_000_000_000u64));
        Ok(Self {
            version: Version::V1,
            params,
            now,
            oracle_price,
            policy_rate: U256::ZERO,
            amm: AmmState {
                fee: U256::from(6_000_000_000_000_000u64),
                admin_fee: U256::ZERO,
                rate: U256::ZERO,
                rate_time: Timestamp(0),
                rate_mul: wad,
                active_band: 0,
                min_band: 0,
                max_band: 0,
                admin_fees: Wallet::default(),
                old_price: oracle_price.0,
                old_fee: U256::ZERO,
                old_time: now,
            },
            bands: BTreeMap::new(),
            controller: ControllerState {
                loan_discount: percent(9),
                liquidation_discount: percent(6),
                n_loans: 0,
                minted: Amount::ZERO,
                redeemed: Amount::ZERO,
                total_debt: super::Loan {
                    initial_debt: Amount::ZERO,
                    rate_mul: wad,
                },
            },
            accounts: Vec::new(),
            approvals: BTreeSet::new(),
            amm_wallet: Wallet::default(),
            controller_wallet: Wallet {
                stable: lendable,
                collateral: Amount::ZERO,
            },
        })
    }

    /// The machine.
    ///
    /// # Errors
    /// As [`Constants::new`]; also where a position's shares do not fit its bands.
    pub fn build(mut self) -> Result<Market, Rejection> {
        let constants = Constants::new(&self.params)?;
        let mut bands = Bands::default();
        for (number, band) in &self.bands {
            bands.set(*number, *band);
        }
        let mut loans = Vec::new();
        for (id, account) in self.accounts.iter_mut().enumerate() {
            let position = &account.position;
            let span = position.last.checked_sub(position.first);
            let span = span.and_then(|span| usize::try_from(span).ok());
            let span = span.ok_or(Rejection::NoReason)?;
            let count = position.shares.len();
            if count != 0 && count != span.saturating_add(1) {
                return Err(Rejection::NoReason);
            }
            if !account.loan.initial_debt.is_zero() {
                account.place = u32::try_from(loans.len()).map_err(|_| Rejection::NoReason)?;
                let id = u32::try_from(id).map_err(|_| Rejection::NoReason)?;
                loans.push(AccountId(id));
            }
        }
        let n_loans = u32::try_from(loans.len()).map_err(|_| Rejection::NoReason)?;
        Ok(Market {
            version: self.version,
            params: self.params,
            constants,
            now: self.now,
            oracle_price: self.oracle_price,
            policy_rate: self.policy_rate,
            amm: self.amm,
            bands,
            controller: ControllerState {
                n_loans,
                ..self.controller
            },
            accounts: Book::new(self.accounts),
            loans: Book::new(loans),
            approvals: Arc::new(self.approvals),
            amm_wallet: self.amm_wallet,
            controller_wallet: self.controller_wallet,
        })
    }
}

/// The machine. A clone shares accounts and bands with its original.
#[derive(Clone, Debug)]
pub struct Market {
    pub(super) version: Version,
    pub(super) params: Params,
    pub(super) constants: Constants,
    pub(super) now: Timestamp,
    pub(super) oracle_price: Price,
    pub(super) policy_rate: U256,
    pub(super) amm: AmmState,
    pub(super) bands: Bands,
    pub(super) controller: ControllerState,
    pub(super) accounts: Book<Account>,
    /// Who has a loan, by place; what lies beyond the number of loans is left over.
    pub(super) loans: Book<AccountId>,
    pub(super) approvals: Arc<BTreeSet<(AccountId, AccountId)>>,
    pub(super) amm_wallet: Wallet,
    pub(super) controller_wallet: Wallet,
}

/// What somebody from outside did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Visit {
    /// What the operation did.
    pub outcome: Outcome,
    /// Tokens that left the modelled world with the visitor.
    pub left: Wallet,
    /// Numbers of the bands that were written, ascending.
    pub bands: Vec<i64>,
}

/// What changes the state.
impl Market {
    /// Moves time forward and takes a new answer of the oracle, wad.
    ///
    /// # Errors
    /// [`Rejection::TimeBackward`].
    pub fn observe(&mut self, now: Timestamp, oracle_price: Price) -> Result<(), Rejection> {
        if now < self.now {
            return Err(Rejection::TimeBackward);
        }
        self.now = now;
        self.oracle_price = oracle_price;
        Ok(())
    }

    /// Takes a new rate of the monetary policy, wad per second. It holds from the next operation
    /// of the controller on.
    pub fn set_policy_rate(&mut self, rate: U256) {
        self.policy_rate = rate;
    }

    /// Checks everything, then commits. A rejected action changes nothing.
    ///
    /// # Errors
    /// The first rejection in the contract's order.
    pub fn apply(&mut self, action: &Action) -> Result<Outcome, Rejection> {
        Ok(self.act(action, None)?.outcome)
    }

    /// As [`Market::apply`], by somebody who comes with tokens from outside the modelled world and
    /// takes there at once whatever the wallet holds afterwards.
    ///
    /// # Errors
    /// The first rejection in the contract's order.
    pub fn visit(
        &mut self,
        visitor: AccountId,
        brought: Wallet,
        action: &Action,
    ) -> Result<Visit, Rejection> {
        self.act(action, Some((visitor, brought)))
    }

    pub(super) fn act(
        &mut self,
        action: &Action,
        visitor: Option<(AccountId, Wallet)>,
    ) -> Result<Visit, Rejection> {
        let mut draft = Draft::new(self);
        if let Some((id, brought)) = visitor {
            draft.fund(id, Token::Stable, brought.stable)?;
            draft.fund(id, Token::Collateral, brought.collateral)?;
        }
        let outcome = draft.run(action)?;
        let left = match visitor {
            Some((id, _)) => draft.empty(id)?,
            None => Wallet::default(),
        };
        let changes = draft.finish();
        let bands = changes.bands.iter().map(|(number, _)| *number).collect();
        // Nothing below can fail.
        self.commit(changes);
        Ok(Visit {
            outcome,
            left,
            bands,
        })
    }

    fn commit(&mut self, changes: Changes) {
        self.amm = changes.amm;
        self.controller = changes.controller;
        self.amm_wallet = changes.amm_wallet;
        self.controller_wallet = changes.controller_wallet;
        self.bands.write(&changes.bands);
        for (id, account) in changes.accounts {
            self.accounts.set(id, account);
        }
        for (place, owner) in changes.loans {
            if place < self.loans.len() {
                self.loans.set(AccountId(place), owner);
            } else {
                self.loans.push(owner);
            }
        }
        if let Some((owner, spender, allowed)) = changes.approval {
            let approvals = Arc::make_mut(&mut self.approvals);
            if allowed {
                approvals.insert((owner, spender));
            } else {
                approvals.remove(&(owner, spender));
            }
        }
    }
}

/// What stands in the state.
impl Market {
    /// Which contracts.
    pub fn version(&self) -> Version {
        self.version
    }

    /// What it was deployed with.
    pub fn params(&self) -> &Params {
        &self.params
    }

    /// What follows from that.
    pub fn constants(&self) -> &Constants {
        &self.constants
    }

    /// The present time.
    pub fn now(&self) -> Timestamp {
        self.now
    }

    /// The oracle's answer as it came in, wad.
    pub fn oracle_price(&self) -> Price {
        self.oracle_price
    }

    /// The monetary policy's rate, wad per second.
    pub fn policy_rate(&self) -> U256 {
        self.policy_rate
    }

    /// The AMM's variables.
    pub fn amm(&self) -> &AmmState {
        &self.amm
    }

    /// The controller's variables.
    pub fn controller(&self) -> &ControllerState {
        &self.controller
    }

    /// One band.
    pub fn band(&self, number: i64) -> Band {
        *self.bands.get(number)
    }

    /// The bands that hold something, ascending by number, so descending by price.
    pub fn bands(&self) -> impl Iterator<Item = (i64, Band)> + '_ {
        self.bands.iter()
    }

    /// One account.
    pub fn account(&self, id: AccountId) -> Option<&Account> {
        self.accounts.get(id)
    }

    /// How many accounts there are; ids run from 0.
    pub fn account_count(&self) -> u32 {
        self.accounts.len()
    }

    /// All accounts, ascending by id.
    pub fn accounts(&self) -> impl Iterator<Item = (AccountId, &Account)> + '_ {
        self.accounts.iter()
    }

    /// Accounts with a loan, in the contract's order.
    pub fn borrowers(&self) -> impl Iterator<Item = AccountId> + '_ {
        (0..self.controller.n_loans).filter_map(|place| self.loan_at(place))
    }

    pub(super) fn loan_at(&self, place: u32) -> Option<AccountId> {
        self.loans.get(AccountId(place)).copied()
    }

    /// Whether an owner lets another account act for it.
    pub fn is_approved(&self, owner: AccountId, spender: AccountId) -> bool {
        self.approvals.contains(&(owner, spender))
    }

    /// Tokens of the AMM contract.
    pub fn amm_wallet(&self) -> Wallet {
        self.amm_wallet
    }

    /// Tokens of the controller contract.
    pub fn controller_wallet(&self) -> Wallet {
        self.controller_wallet
    }

    pub(super) fn amm_draft(&self) -> AmmDraft<'_> {
        AmmDraft::new(
            self.version.rules(),
            &self.constants,
            (self.now, self.oracle_price.0),
            (&self.amm, &self.bands),
        )
    }
}

/// What follows from the state, as the contracts' views tell it. Each errs where the view reverts.
impl Market {
    /// The oracle's price, limited as an exchange would take it, wad.
    ///
    /// # Errors
    /// [`Rejection::NoReason`].
    pub fn price_oracle(&self) -> Result<Price, Rejection> {
        Ok(Price(self.amm_draft().oracle()?.price))
    }

    /// The least fee of an exchange now, wad; a band may ask for more.
    ///
    /// # Errors
    /// [`Rejection::NoReason`].
    pub fn dynamic_fee(&self) -> Result<U256, Rejection> {
        let amm = self.amm_draft();
        Ok(amm.fee(&amm.oracle()?))
    }

    /// Price at which the AMM trades, wad.
    ///
    /// # Errors
    /// [`Rejection::NoReason`].
    pub fn amm_price(&self) -> Result<Price, Rejection> {
        Ok(Price(self.amm_draft().price()?))
    }

    /// Upper edge of a band: above this price of the oracle it is all collateral, wad.
    ///
    /// # Errors
    /// [`Rejection::NoReason`].
    pub fn upper_edge(&self, band: i64) -> Result<Price, Rejection> {
        Ok(Price(self.amm_draft().upper_edge(band)?))
    }

    /// Lowest price at which a band trades now, that is while all of it is collateral, wad. The
    /// highest is the lowest of the next band.
    ///
    /// # Errors
    /// [`Rejection::NoReason`].
    pub fn current_down(&self, band: i64) -> Result<Price, Rejection> {
        Ok(Price(self.amm_draft().current_down(band)?))
    }

    /// The interest multiplier, wad.
    ///
    /// # Errors
    /// [`Rejection::NoReason`].
    pub fn rate_mul(&self) -> Result<U256, Rejection> {
        self.amm_draft().rate_mul()
    }

    /// All debts together.
    ///
    /// # Errors
    /// [`Rejection::NoReason`].
    pub fn total_debt(&self) -> Result<Amount, Rejection> {
        Draft::new(self).total_debt()
    }

    /// What an account owes.
    ///
    /// # Errors
    /// [`Rejection::AccountUnknown`], [`Rejection::NoReason`].
    pub fn debt(&self, owner: AccountId) -> Result<Amount, Rejection> {
        Ok(Draft::new(self).debt(owner)?.0)
    }

    /// What an account's part of the bands holds.
    ///
    /// # Errors
    /// [`Rejection::AccountUnknown`], [`Rejection::NoReason`].
    pub fn holdings(&self, owner: AccountId) -> Result<Wallet, Rejection> {
        let draft = Draft::new(self);
        let [stable, collateral] = draft.amm.holdings(&draft.account(owner)?.position)?;
        Ok(Wallet { stable, collateral })
    }

    /// Stablecoin that an account's bands become if prices fall slowly through them.
    ///
    /// # Errors
    /// [`Rejection::AccountUnknown`], [`Rejection::NoReason`].
    pub fn stable_down(&self, owner: AccountId) -> Result<Amount, Rejection> {
        let draft = Draft::new(self);
        draft.amm.stable_down(&draft.account(owner)?.position)
    }

    /// Collateral that an account's bands become if prices rise slowly through them.
    ///
    /// # Errors
    /// [`Rejection::AccountUnknown`], [`Rejection::NoReason`].
    pub fn collateral_up(&self, owner: AccountId) -> Result<Amount, Rejection> {
        let draft = Draft::new(self);
        draft.amm.collateral_up(&draft.account(owner)?.position)
    }

    /// Health with the discount that the loan has, wad.
    ///
    /// # Errors
    /// [`Rejection::LoanDoesntExist`], [`Rejection::AccountUnknown`], [`Rejection::NoReason`].
    pub fn health(&self, owner: AccountId, measure: Measure) -> Result<Signed, Rejection> {
        let draft = Draft::new(self);
        let discount = draft.account(owner)?.liquidation_discount;
        let (debt, _) = draft.debt(owner)?;
        draft.health(owner, debt, measure, discount)
    }

    /// Whether anybody may liquidate the loan of an account now.
    ///
    /// # Errors
    /// As [`Market::health`], but none without a loan.
    pub fn is_liquidatable(&self, owner: AccountId) -> Result<bool, Rejection> {
        match self.health(owner, Measure::Full) {
            Ok(health) => Ok(health.is_negative()),
            Err(Rejection::LoanDoesntExist) => Ok(false),
            Err(other) => Err(other),
        }
    }

    /// What anybody who liquidates a part (wad, at most 1) takes and pays now.
    ///
    /// # Errors
    /// As the action would be refused, but for an empty wallet.
    pub fn liquidation(&self, owner: AccountId, fraction: U256) -> Result<Liquidation, Rejection> {
        let mut draft = Draft::new(self);
        let discount = draft.account(owner)?.liquidation_discount;
        let fraction = fraction.min(crate::units::WAD);
        let plan = draft.plan_liquidation(owner, fraction, discount)?;
        Ok(plan.liquidation)
    }

    /// Stablecoin that a caller must bring to liquidate a part (wad), as the contract tells it:
    /// one unit less than needed at times.
    ///
    /// # Errors
    /// [`Rejection::AccountUnknown`], [`Rejection::NoReason`].
    pub fn tokens_to_liquidate(
        &self,
        caller: AccountId,
        owner: AccountId,
        fraction: U256,
    ) -> Result<Amount, Rejection> {
        Draft::new(self).tokens_to_liquidate(caller, owner, fraction)
    }

    /// What would go in and come out of an exchange now.
    ///
    /// # Errors
    /// As the action would be refused, but for an empty wallet.
    pub fn quote(&self, pay: Token, limit: Limit) -> Result<[Amount; 2], Rejection> {
        self.amm_draft().exchange(pay, limit)
    }

    /// How much of which token, fees included, moves the AMM to a price (wad). Less than needed
    /// where the price cannot be reached in one exchange.
    ///
    /// # Errors
    /// [`Rejection::NoReason`].
    pub fn amount_for_price(&self, target: Price) -> Result<(Amount, Token), Rejection> {
        self.amm_draft().amount_for_price(target.0)
    }

    /// The most that an account which owes `owed` already may owe against collateral over so many
    /// bands; bound by what the controller has.
    ///
    /// # Errors
    /// [`Rejection::AccountUnknown`], [`Rejection::NoReason`].
    pub fn max_borrowable(
        &self,
        (collateral, owed): (Amount, Amount),
        bands: u32,
        owner: AccountId,
    ) -> Result<Amount, Rejection> {
        Draft::new(self).max_borrowable((collateral, owed), bands, owner)
    }

    /// The least collateral over so many bands that supports a debt.
    ///
    /// # Errors
    /// [`Rejection::AccountUnknown`], [`Rejection::NoReason`].
    pub fn min_collateral(
        &self,
        debt: Amount,
        bands: u32,
        owner: AccountId,
    ) -> Result<Amount, Rejection> {
        Draft::new(self).min_collateral(debt, bands, owner)
    }
}

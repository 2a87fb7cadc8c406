//! A working copy of what one action touches: computed and refused here, then committed whole.

use super::account::{Account, Token, Wallet};
use super::action::Outcome;
use super::amm::{AmmDraft, AmmState};
use super::bands::Band;
use super::controller::ControllerState;
use super::market::Market;
use super::math::Ruled;
use super::rejection::Rejection;
use crate::protocol::AccountId;
use crate::units::{Amount, U256};

/// Who holds tokens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Holder {
    /// An account's wallet.
    Account(AccountId),
    /// The AMM contract.
    Amm,
    /// The controller contract.
    Controller,
}

/// The working copy.
#[derive(Debug)]
pub(super) struct Draft<'a> {
    pub(super) market: &'a Market,
    pub(super) amm: AmmDraft<'a>,
    pub(super) controller: ControllerState,
    accounts: Vec<(AccountId, Account)>,
    amm_wallet: Wallet,
    controller_wallet: Wallet,
    /// Places of the list of loans that were written.
    loans: Vec<(u32, AccountId)>,
    /// Who allowed whom, or no longer.
    pub(super) approval: Option<(AccountId, AccountId, bool)>,
    /// Tokens that came from outside the modelled world less those that left it, modulo 2^256.
    funded: Wallet,
}

/// What a draft changes, detached from the market it was computed on.
#[derive(Debug)]
pub(super) struct Changes {
    pub(super) amm: AmmState,
    /// Ascending by number.
    pub(super) bands: Vec<(i64, Band)>,
    pub(super) controller: ControllerState,
    pub(super) accounts: Vec<(AccountId, Account)>,
    pub(super) amm_wallet: Wallet,
    pub(super) controller_wallet: Wallet,
    pub(super) loans: Vec<(u32, AccountId)>,
    pub(super) approval: Option<(AccountId, AccountId, bool)>,
}

impl Wallet {
    fn of(&mut self, token: Token) -> &mut Amount {
        match token {
            Token::Stable => &mut self.stable,
            Token::Collateral => &mut self.collateral,
        }
    }
}

impl<'a> Draft<'a> {
    /// An empty draft.
    pub(super) fn new(market: &'a Market) -> Self {
        Self {
            market,
            amm: market.amm_draft(),
            controller: market.controller,
            accounts: Vec::with_capacity(2),
            amm_wallet: market.amm_wallet,
            controller_wallet: market.controller_wallet,
            loans: Vec::new(),
            approval: None,
            funded: Wallet::default(),
        }
    }

    pub(super) fn account(&self, id: AccountId) -> Ruled<&Account> {
        let touched = self.accounts.iter().find(|(held, _)| *held == id);
        match touched {
            Some((_, account)) => Ok(account),
            None => self
                .market
                .accounts
                .get(id)
                .ok_or(Rejection::AccountUnknown),
        }
    }

    pub(super) fn account_mut(&mut self, id: AccountId) -> Ruled<&mut Account> {
        let place = match self.accounts.iter().position(|(held, _)| *held == id) {
            Some(place) => place,
            None => {
                self.accounts.push((id, self.account(id)?.clone()));
                self.accounts.len().saturating_sub(1)
            }
        };
        let touched = self.accounts.get_mut(place);
        touched
            .map(|(_, account)| account)
            .ok_or(Rejection::AccountUnknown)
    }

    /// Moves tokens; refuses where the sender has too few.
    pub(super) fn transfer(
        &mut self,
        token: Token,
        (from, to): (Holder, Holder),
        amount: Amount,
    ) -> Ruled<()> {
        if amount.is_zero() {
            return Ok(());
        }
        let sent = self.wallet_mut(from)?.of(token);
        *sent = sent.minus(amount)?;
        let received = self.wallet_mut(to)?.of(token);
        *received = received.plus(amount)?;
        Ok(())
    }

    fn wallet_mut(&mut self, holder: Holder) -> Ruled<&mut Wallet> {
        match holder {
            Holder::Account(id) => Ok(&mut self.account_mut(id)?.wallet),
            Holder::Amm => Ok(&mut self.amm_wallet),
            Holder::Controller => Ok(&mut self.controller_wallet),
        }
    }

    /// Stablecoin that the controller can still lend.
    pub(super) fn lendable(&self) -> Amount {
        self.controller_wallet.stable
    }

    /// Tokens reach a wallet from outside.
    pub(super) fn fund(&mut self, id: AccountId, token: Token, amount: Amount) -> Ruled<Outcome> {
        let wallet = self.account_mut(id)?.wallet.of(token);
        *wallet = wallet.plus(amount)?;
        let funded = self.funded.of(token);
        *funded = Amount(funded.0.wrapping_add(amount.0));
        Ok(Outcome::Done)
    }

    /// All tokens of a wallet leave the modelled world; returns them.
    pub(super) fn empty(&mut self, id: AccountId) -> Ruled<Wallet> {
        let wallet = std::mem::take(&mut self.account_mut(id)?.wallet);
        for (token, gone) in [
            (Token::Stable, wallet.stable),
            (Token::Collateral, wallet.collateral),
        ] {
            let funded = self.funded.of(token);
            *funded = Amount(funded.0.wrapping_sub(gone.0));
        }
        Ok(wallet)
    }

    /// Whether an account may act for another.
    pub(super) fn may_act(&self, caller: AccountId, owner: AccountId) -> bool {
        caller == owner || self.market.is_approved(owner, caller)
    }

    /// Adds a loan to the end of the list.
    pub(super) fn list_loan(&mut self, owner: AccountId) -> Ruled<()> {
        let place = self.controller.n_loans;
        self.loans.push((place, owner));
        self.account_mut(owner)?.place = place;
        self.controller.n_loans = place.checked_add(1).ok_or(Rejection::NoReason)?;
        Ok(())
    }

    /// Takes a loan off the list; the last one takes its place.
    pub(super) fn unlist_loan(&mut self, owner: AccountId) -> Ruled<()> {
        let last = self.controller.n_loans.checked_sub(1);
        let last = last.ok_or(Rejection::NoReason)?;
        let place = self.account(owner)?.place;
        if self.market.loan_at(place) != Some(owner) {
            return Err(Rejection::NoReason);
        }
        self.account_mut(owner)?.place = 0;
        if place < last {
            let moved = self.market.loan_at(last).ok_or(Rejection::NoReason)?;
            self.loans.push((place, moved));
            self.account_mut(moved)?.place = place;
        }
        self.controller.n_loans = last;
        Ok(())
    }

    /// What the draft changes. Asserts that no token and no share appeared or vanished.
    pub(super) fn finish(self) -> Changes {
        let mut tokens = [Net::default(), Net::default()];
        let mut shares = Net::default();
        let mut add = |before: &Wallet, after: &Wallet| {
            let [stable, collateral] = &mut tokens;
            stable.add(before.stable.0, after.stable.0);
            collateral.add(before.collateral.0, after.collateral.0);
        };
        add(&self.market.amm_wallet, &self.amm_wallet);
        add(&self.market.controller_wallet, &self.controller_wallet);
        for (id, account) in &self.accounts {
            if let Some(before) = self.market.accounts.get(*id) {
                add(&before.wallet, &account.wallet);
                shares.add(held(before), held(account));
            }
        }
        let [stable, collateral] = tokens;
        assert!(
            stable == Net(self.funded.stable.0),
            "INV-01: stablecoin does not balance over an action"
        );
        assert!(
            collateral == Net(self.funded.collateral.0),
            "INV-01: collateral does not balance over an action"
        );
        self.assert_backed(shares);
        Changes {
            amm: self.amm.state,
            bands: self.amm.bands.into_written(),
            controller: self.controller,
            accounts: self.accounts,
            amm_wallet: self.amm_wallet,
            controller_wallet: self.controller_wallet,
            loans: self.loans,
            approval: self.approval,
        }
    }

    /// What the AMM holds of a token beyond its bands and the fees set apart never falls, and the
    /// shares of the bands are those of the accounts.
    fn assert_backed(&self, shares_of_accounts: Net) {
        let mut shares = Net::default();
        let mut owed = [Net::default(), Net::default()];
        for (before, after) in self.amm.bands.changes() {
            let [stable, collateral] = &mut owed;
            stable.add(before.stable, after.stable);
            collateral.add(before.collateral, after.collateral);
            shares.add(before.shares, after.shares);
        }
        assert!(
            shares == shares_of_accounts,
            "INV-02: shares of the bands are not those of the accounts"
        );
        let [stable, collateral] = owed;
        let (old, new) = (self.market.amm.admin_fees, self.amm.state.admin_fees);
        let (held_old, held_new) = (self.market.amm_wallet, self.amm_wallet);
        for (token, bands, held, fees) in [
            (
                Token::Stable,
                stable,
                Net::of(held_old.stable.0, held_new.stable.0),
                Net::of(old.stable.0, new.stable.0),
            ),
            (
                Token::Collateral,
                collateral,
                Net::of(held_old.collateral.0, held_new.collateral.0),
                Net::of(old.collateral.0, new.collateral.0),
            ),
        ] {
            let precision = self.amm.precision(token);
            let spare = held.0.wrapping_sub(fees.0).wrapping_mul(precision);
            let spare = spare.wrapping_sub(bands.0);
            assert!(
                !spare.bit(255),
                "INV-27: the AMM gave away {token:?} that its bands hold"
            );
        }
    }
}

fn held(account: &Account) -> U256 {
    let shares = account.position.shares.iter();
    shares.fold(U256::ZERO, |all, shares| {
        all.wrapping_add(U256::from(*shares))
    })
}

/// A net change, modulo 2^256: quantities are far smaller, so equal changes are equal.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
struct Net(U256);

impl Net {
    fn of(before: U256, after: U256) -> Self {
        Self(after.wrapping_sub(before))
    }

    fn add(&mut self, before: U256, after: U256) {
        self.0 = self.0.wrapping_add(after).wrapping_sub(before);
    }
}

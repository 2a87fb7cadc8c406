//! A working copy of what one action touches: computed and refused here, then committed whole.

use super::account::{Account, Position};
use super::action::Event;
use super::ledger::{Guards, Ledger};
use super::market::Market;
use super::math::Ruled;
use super::rejection::Rejection;
use crate::protocol::{AccountId, AssetId};
use crate::units::{Amount, Shares, U256};
use std::sync::Arc;

/// A market in work, and the interest that it stored.
#[derive(Clone, Copy, Debug)]
struct Touched {
    market: Market,
    interest: Amount,
}

/// The working copy.
#[derive(Debug)]
pub(super) struct Draft<'a> {
    pub(super) ledger: &'a Ledger,
    pub(super) guards: Guards,
    markets: Vec<(AssetId, Touched)>,
    accounts: Vec<(AccountId, Account)>,
    /// Tokens that came from outside.
    funded: Option<(AssetId, Amount)>,
    pub(super) events: Vec<Event>,
}

/// What a draft changes, detached from the ledger it was computed on.
#[derive(Debug)]
pub(super) struct Changes {
    guards: Guards,
    markets: Vec<(AssetId, Touched)>,
    accounts: Vec<(AccountId, Account)>,
    funded: Option<(AssetId, Amount)>,
    events: Vec<Event>,
}

/// The entry of a key, made where it is missing.
fn entry<K: PartialEq + Copy, V>(
    list: &mut Vec<(K, V)>,
    key: K,
    make: impl FnOnce() -> Ruled<V>,
) -> Ruled<&mut V> {
    let place = match list.iter().position(|(held, _)| *held == key) {
        Some(place) => place,
        None => {
            list.push((key, make()?));
            list.len().saturating_sub(1)
        }
    };
    let found = list.get_mut(place).map(|(_, value)| value);
    found.ok_or(Rejection::Panic0x11)
}

impl<'a> Draft<'a> {
    pub(super) fn new(ledger: &'a Ledger) -> Self {
        Self {
            ledger,
            guards: ledger.guards,
            markets: Vec::new(),
            accounts: Vec::new(),
            funded: None,
            events: Vec::new(),
        }
    }

    pub(super) fn market(&self, id: AssetId) -> Ruled<&Market> {
        match self.markets.iter().find(|(held, _)| *held == id) {
            Some((_, touched)) => Ok(&touched.market),
            None => self.ledger.market(id),
        }
    }

    fn touched(&mut self, id: AssetId) -> Ruled<&mut Touched> {
        let ledger = self.ledger;
        entry(&mut self.markets, id, || {
            Ok(Touched {
                market: *ledger.market(id)?,
                interest: Amount::ZERO,
            })
        })
    }

    pub(super) fn market_mut(&mut self, id: AssetId) -> Ruled<&mut Market> {
        Ok(&mut self.touched(id)?.market)
    }

    pub(super) fn account(&self, id: AccountId) -> Ruled<&Account> {
        match self.accounts.iter().find(|(held, _)| *held == id) {
            Some((_, account)) => Ok(account),
            None => self.ledger.account(id),
        }
    }

    pub(super) fn account_mut(&mut self, id: AccountId) -> Ruled<&mut Account> {
        let ledger = self.ledger;
        entry(&mut self.accounts, id, || ledger.account(id).cloned())
    }

    pub(super) fn position(&self, id: AccountId, market: AssetId) -> Ruled<Position> {
        Ok(self.account(id)?.position(market))
    }

    /// Debt of an account in a market, with the index as it stands.
    pub(super) fn debt(&self, id: AccountId, market: AssetId) -> Ruled<Amount> {
        let position = self.position(id, market)?;
        self.market(market)?
            .debt(position.principal, position.interest_index)
    }

    /// Changes a position.
    fn edit(
        &mut self,
        id: AccountId,
        market: AssetId,
        change: impl FnOnce(&mut Position) -> Ruled<()>,
    ) -> Ruled<()> {
        let account = self.account_mut(id)?;
        let mut position = account.position(market);
        change(&mut position)?;
        account.put(position);
        Ok(())
    }

    /// Stores a market's interest up to now and tells of it.
    pub(super) fn accrue(&mut self, id: AssetId) -> Ruled<()> {
        let block = self.ledger.block;
        let touched = self.touched(id)?;
        let Some(accrual) = touched.market.accrue(block)? else {
            return Ok(());
        };
        touched.interest = accrual.interest;
        let state = touched.market.state;
        self.events.push(Event::InterestAccrued {
            market: id,
            rate: accrual.rate,
            interest: accrual.interest,
            borrow_index: state.borrow_index,
            total_borrows: state.total_borrows,
        });
        Ok(())
    }

    /// Tokens reach a wallet from outside.
    pub(super) fn fund(&mut self, id: AccountId, market: AssetId, amount: Amount) -> Ruled<()> {
        // The market is part of the conservation that is checked.
        self.touched(market)?;
        self.edit(id, market, |position| {
            position.wallet = position.wallet.plus(amount)?;
            Ok(())
        })?;
        self.funded = Some((market, amount));
        Ok(())
    }

    /// Tokens go from a wallet into a market.
    pub(super) fn pull(&mut self, id: AccountId, market: AssetId, amount: Amount) -> Ruled<()> {
        self.edit(id, market, |position| {
            let left = position.wallet.minus(amount);
            position.wallet = left.map_err(|_| Rejection::Erc20ExceedsBalance)?;
            Ok(())
        })?;
        let state = &mut self.market_mut(market)?.state;
        state.cash = state.cash.plus(amount)?;
        Ok(())
    }

    /// Tokens go from a market into a wallet.
    pub(super) fn push(&mut self, id: AccountId, market: AssetId, amount: Amount) -> Ruled<()> {
        let state = &mut self.market_mut(market)?.state;
        let left = state.cash.minus(amount);
        state.cash = left.map_err(|_| Rejection::Erc20ExceedsBalance)?;
        self.edit(id, market, |position| {
            position.wallet = position.wallet.plus(amount)?;
            Ok(())
        })
    }

    /// Adds cTokens to an account; the total is the caller's.
    pub(super) fn credit(&mut self, id: AccountId, market: AssetId, tokens: Shares) -> Ruled<()> {
        self.edit(id, market, |position| {
            position.c_tokens = position.c_tokens.plus(tokens)?;
            Ok(())
        })
    }

    /// Takes cTokens from an account; the total is the caller's.
    pub(super) fn debit(&mut self, id: AccountId, market: AssetId, tokens: Shares) -> Ruled<()> {
        self.edit(id, market, |position| {
            position.c_tokens = position.c_tokens.minus(tokens)?;
            Ok(())
        })
    }

    /// Writes a debt at the index as it stands.
    pub(super) fn set_debt(&mut self, id: AccountId, market: AssetId, debt: Amount) -> Ruled<()> {
        let index = self.market(market)?.state.borrow_index;
        self.edit(id, market, |position| {
            position.principal = debt;
            position.interest_index = index;
            Ok(())
        })
    }

    /// The changes, free of the ledger.
    pub(super) fn finish(self) -> Changes {
        Changes {
            guards: self.guards,
            markets: self.markets,
            accounts: self.accounts,
            funded: self.funded,
            events: self.events,
        }
    }
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

impl Changes {
    /// Writes the changes and tells the events.
    ///
    /// # Panics
    /// When a market does not balance: a broken invariant, never a matter of input.
    pub(super) fn commit(self, ledger: &mut Ledger) -> Vec<Event> {
        for (id, touched) in &self.markets {
            self.assert_balanced(ledger, *id, touched);
        }
        // Nothing below can fail.
        ledger.guards = self.guards;
        if !self.markets.is_empty() {
            let markets = Arc::make_mut(&mut ledger.markets);
            for (id, touched) in self.markets {
                if let Some(place) = markets.get_mut(usize::from(id.0)) {
                    *place = touched.market;
                }
            }
        }
        for (id, account) in self.accounts {
            ledger.book.set(id, account);
        }
        self.events
    }

    /// Conservation in one market: tokens, cTokens, debts.
    fn assert_balanced(&self, ledger: &Ledger, id: AssetId, touched: &Touched) {
        let Ok(before) = ledger.market(id) else {
            return;
        };
        let (old, new) = (&before.state, &touched.market.state);
        let (mut tokens, mut claims, mut debts) = <(Net, Net, Net)>::default();
        for (account, now) in &self.accounts {
            let now = now.position(id);
            let was = ledger.account(*account).map(|held| held.position(id));
            let was = was.unwrap_or_default();
            tokens.add(was.wallet.0, now.wallet.0);
            claims.add(was.c_tokens.0, now.c_tokens.0);
            if (was.principal, was.interest_index) != (now.principal, now.interest_index) {
                let owed = touched.market.debt(was.principal, was.interest_index);
                debts.add(owed.unwrap_or_default().0, now.principal.0);
            }
        }
        tokens.add(old.cash.0, new.cash.0);
        debts.add(U256::ZERO, touched.interest.0);
        let funded = self.funded.filter(|(market, _)| *market == id);
        let funded = funded.map_or(Amount::ZERO, |(_, amount)| amount);
        assert!(
            tokens == Net(funded.0),
            "INV-01: tokens of market {} do not balance",
            id.0
        );
        assert!(
            claims == Net::of(old.total_supply.0, new.total_supply.0),
            "INV-02: cTokens of market {} do not balance",
            id.0
        );
        assert!(
            debts == Net::of(old.total_borrows.0, new.total_borrows.0),
            "INV-02: debts of market {} do not change with their sum",
            id.0
        );
        assert!(
            new.borrow_index >= old.borrow_index,
            "INV-09: the borrow index of market {} fell",
            id.0
        );
    }
}

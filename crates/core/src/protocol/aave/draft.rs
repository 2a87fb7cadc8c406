//! A working copy of what one action touches: computed and refused here, then committed whole.

use super::account::{Account, Position};
use super::few::Few;
use super::ledger::{Ledger, Source};
use super::math::{Ruled, balance_rest, balance_sum};
use super::rejection::Rejection;
use super::reserve::{Flow, Reserve};
use super::version::{Cash, Rules};
use crate::protocol::{AccountId, AssetId, Event, Events};
use crate::units::{Amount, Shares, U256};
use smallvec::SmallVec;
use std::sync::Arc;

/// The working copy. An action touches two reserves and two or three accounts, so the lists have
/// room for them without an allocation.
#[derive(Debug)]
pub(super) struct Draft<'a> {
    ledger: &'a Ledger,
    reserves: Few<AssetId, Box<Reserve>, 2>,
    accounts: Few<AccountId, Account, 3>,
    wallets: Few<(AccountId, AssetId), Amount, 2>,
    /// Tokens that came from outside the modelled world.
    funded: Few<AssetId, Amount, 1>,
    /// Whose payments come from outside, to the unit.
    outside: Option<AccountId>,
    pub(super) events: Events,
}

/// What a draft changes, detached from the ledger it was computed on. Every asset balances.
#[derive(Debug)]
pub(super) struct Changes {
    reserves: Few<AssetId, Box<Reserve>, 2>,
    accounts: Few<AccountId, Account, 3>,
    wallets: Few<(AccountId, AssetId), Amount, 2>,
    /// The touched accounts that have or had a debt: those that the breach index knows.
    indebted: Few<AccountId, (), 3>,
    events: Events,
}

/// A draft's accounts as they were, in their order; nothing for one that is new.
type Before<'a> = SmallVec<[Option<&'a Account>; 3]>;

impl Source for Draft<'_> {
    fn ledger(&self) -> &Ledger {
        self.ledger
    }

    fn reserve(&self, asset: AssetId) -> Ruled<&Reserve> {
        match self.reserves.get(asset) {
            Some(reserve) => Ok(reserve),
            None => self.ledger.reserve(asset),
        }
    }

    fn account(&self, id: AccountId) -> Ruled<&Account> {
        match self.accounts.get(id) {
            Some(account) => Ok(account),
            None => self.ledger.account(id),
        }
    }
}

impl<'a> Draft<'a> {
    /// An empty draft. Payments of `outside` are brought from outside as they are needed.
    pub(super) fn new(ledger: &'a Ledger, outside: Option<AccountId>) -> Self {
        Self {
            ledger,
            reserves: Few::new(),
            accounts: Few::new(),
            wallets: Few::new(),
            funded: Few::new(),
            outside,
            events: Events::with_capacity(6),
        }
    }

    pub(super) fn rules(&self) -> &'static Rules {
        self.ledger.rules
    }

    pub(super) fn reserve_mut(&mut self, asset: AssetId) -> Ruled<&mut Reserve> {
        let ledger = self.ledger;
        let reserve = self
            .reserves
            .entry(asset, || Ok(Box::new(ledger.reserve(asset)?.clone())))?;
        Ok(reserve)
    }

    pub(super) fn account_mut(&mut self, id: AccountId) -> Ruled<&mut Account> {
        let ledger = self.ledger;
        self.accounts.entry(id, || ledger.account(id).cloned())
    }

    pub(super) fn position(&self, id: AccountId, asset: AssetId) -> Ruled<Position> {
        Ok(self.account(id)?.position(asset))
    }

    /// Changes a position.
    pub(super) fn edit(
        &mut self,
        id: AccountId,
        asset: AssetId,
        change: impl FnOnce(&mut Position),
    ) -> Ruled<()> {
        self.account_mut(id)?.edit(asset, change);
        Ok(())
    }

    /// Switches a supply on or off as collateral and tells of it.
    pub(super) fn set_flag(&mut self, id: AccountId, asset: AssetId, enabled: bool) -> Ruled<()> {
        if self.position(id, asset)?.is_collateral == enabled {
            return Ok(());
        }
        self.edit(id, asset, |position| position.is_collateral = enabled)?;
        self.events.push(Event::CollateralEnabled {
            account: id,
            asset,
            enabled,
        });
        Ok(())
    }

    /// Stores a reserve's interest up to now; tells the treasury's scaled share.
    pub(super) fn accrue(&mut self, asset: AssetId) -> Ruled<Shares> {
        let (rules, now) = (self.rules(), self.ledger.now);
        self.reserve_mut(asset)?.accrue(rules, now)
    }

    /// Sets a reserve's rates and tells of it.
    pub(super) fn update_rates(&mut self, asset: AssetId, flow: Flow) -> Ruled<()> {
        let rules = self.rules();
        let reserve = self.reserve_mut(asset)?;
        reserve.update_rates(rules, flow)?;
        let event = Event::ReserveUpdated {
            asset,
            liquidity_rate: reserve.state.liquidity_rate,
            borrow_rate: reserve.state.borrow_rate,
            liquidity_index: reserve.state.liquidity_index,
            borrow_index: reserve.state.borrow_index,
        };
        self.events.push(event);
        Ok(())
    }

    fn wallet_mut(&mut self, id: AccountId, asset: AssetId) -> Ruled<&mut Amount> {
        let ledger = self.ledger;
        self.wallets
            .entry((id, asset), || Ok(ledger.wallet(id, asset)))
    }

    /// Tokens reach a wallet from outside. The owner need not be in the book, as any address may
    /// hold tokens.
    pub(super) fn fund(&mut self, id: AccountId, asset: AssetId, amount: Amount) -> Ruled<()> {
        self.reserve(asset)?;
        let wallet = self.wallet_mut(id, asset)?;
        *wallet = wallet.plus(amount)?;
        let funded = self.funded.entry(asset, || Ok(Amount::ZERO))?;
        *funded = funded.plus(amount)?;
        Ok(())
    }

    /// Tokens go from a wallet into the pool.
    pub(super) fn pull(&mut self, id: AccountId, asset: AssetId, amount: Amount) -> Ruled<()> {
        if self.outside == Some(id) {
            self.fund(id, asset, amount)?;
        }
        let wallet = self.wallet_mut(id, asset)?;
        *wallet = wallet
            .minus(amount)
            .map_err(|_| Rejection::Erc20InsufficientBalance)?;
        let state = &mut self.reserve_mut(asset)?.state;
        state.available = state.available.plus(amount)?;
        Ok(())
    }

    /// Tokens go from the pool into a wallet.
    pub(super) fn push(&mut self, id: AccountId, asset: AssetId, amount: Amount) -> Ruled<()> {
        let state = &mut self.reserve_mut(asset)?.state;
        let left = state.available.minus(amount);
        state.available = left.map_err(|_| Rejection::Erc20InsufficientBalance)?;
        let wallet = self.wallet_mut(id, asset)?;
        *wallet = wallet.plus(amount)?;
        Ok(())
    }

    /// Creates scaled supply.
    pub(super) fn mint_supply(
        &mut self,
        id: AccountId,
        asset: AssetId,
        shares: Shares,
    ) -> Ruled<()> {
        if shares.is_zero() {
            return Err(Rejection::InvalidMintAmount);
        }
        let bits = self.rules().balance_bits;
        let held = balance_sum(self.position(id, asset)?.supply, shares.0, bits)?;
        self.edit(id, asset, |position| position.supply = held)?;
        let state = &mut self.reserve_mut(asset)?.state;
        state.total_supply = state.total_supply.plus(shares)?;
        Ok(())
    }

    /// Creates scaled debt.
    pub(super) fn mint_debt(&mut self, id: AccountId, asset: AssetId, shares: Shares) -> Ruled<()> {
        if shares.is_zero() {
            return Err(Rejection::InvalidMintAmount);
        }
        let bits = self.rules().balance_bits;
        let owed = balance_sum(self.position(id, asset)?.debt, shares.0, bits)?;
        self.edit(id, asset, |position| position.debt = owed)?;
        let state = &mut self.reserve_mut(asset)?.state;
        state.total_debt = state.total_debt.plus(shares)?;
        Ok(())
    }

    /// Destroys scaled supply.
    pub(super) fn burn_supply(
        &mut self,
        id: AccountId,
        asset: AssetId,
        shares: Shares,
    ) -> Ruled<()> {
        if shares.is_zero() {
            return Err(Rejection::InvalidBurnAmount);
        }
        let left = balance_rest(self.position(id, asset)?.supply, shares.0)?;
        self.edit(id, asset, |position| position.supply = left)?;
        let state = &mut self.reserve_mut(asset)?.state;
        state.total_supply = state.total_supply.minus(shares)?;
        Ok(())
    }

    /// Destroys scaled debt.
    pub(super) fn burn_debt(&mut self, id: AccountId, asset: AssetId, shares: Shares) -> Ruled<()> {
        if shares.is_zero() {
            return Err(Rejection::InvalidBurnAmount);
        }
        let left = balance_rest(self.position(id, asset)?.debt, shares.0)?;
        self.edit(id, asset, |position| position.debt = left)?;
        let state = &mut self.reserve_mut(asset)?.state;
        state.total_debt = state.total_debt.minus(shares)?;
        Ok(())
    }

    /// Moves scaled supply from one account to another.
    pub(super) fn move_supply(
        &mut self,
        from: AccountId,
        to: AccountId,
        asset: AssetId,
        shares: Shares,
    ) -> Ruled<()> {
        let left = balance_rest(self.position(from, asset)?.supply, shares.0)?;
        self.edit(from, asset, |position| position.supply = left)?;
        let bits = self.rules().balance_bits;
        let held = balance_sum(self.position(to, asset)?.supply, shares.0, bits)?;
        self.edit(to, asset, |position| position.supply = held)
    }

    /// The changes, free of the ledger.
    ///
    /// # Panics
    /// When an asset does not balance: a broken invariant, never a matter of input.
    pub(super) fn finish(self) -> Changes {
        let (mut before, mut indebted) = (Before::new(), Few::new());
        for (id, account) in self.accounts.iter() {
            let held = self.ledger.account(*id).ok();
            if account.owes() || held.is_some_and(Account::owes) {
                indebted.push(*id, ());
            }
            before.push(held);
        }
        for (asset, reserve) in self.reserves.iter() {
            self.assert_balanced(*asset, reserve, &before);
        }
        Changes {
            reserves: self.reserves,
            accounts: self.accounts,
            wallets: self.wallets,
            indebted,
            events: self.events,
        }
    }

    /// Conservation of one asset: tokens, scaled supply, scaled debt, and the pool's own count. `held` are the
    /// draft's accounts as they were, in their order.
    fn assert_balanced(&self, asset: AssetId, after: &Reserve, held: &Before<'_>) {
        let ledger = self.ledger;
        let Ok(before) = ledger.reserve(asset) else {
            return;
        };
        let (old, new) = (&before.state, &after.state);
        let (mut supply, mut debt, mut tokens) = (0u128, 0u128, Net::default());
        for ((_, account), held) in self.accounts.iter().zip(held) {
            let (supplied, owed) = held.map_or((0, 0), |held| held.shares(asset));
            let (supplies, owes) = account.shares(asset);
            supply = supply.wrapping_add(supplies).wrapping_sub(supplied);
            debt = debt.wrapping_add(owes).wrapping_sub(owed);
        }
        for ((id, of), amount) in self.wallets.iter() {
            if *of == asset {
                tokens.add(ledger.wallet(*id, asset).0, amount.0);
            }
        }
        tokens.add(old.available.0, new.available.0);
        let funded = self.funded.get(asset).copied().unwrap_or_default();
        assert!(
            supply == net_shares(old.total_supply, new.total_supply),
            "INV-02: scaled supply of asset {} does not balance",
            asset.0
        );
        assert!(
            debt == net_shares(old.total_debt, new.total_debt),
            "INV-02: scaled debt of asset {} does not balance",
            asset.0
        );
        assert!(
            tokens == Net(funded.0),
            "INV-01: tokens of asset {} do not balance",
            asset.0
        );
        assert!(
            before.income == after.income && before.owing == after.owing,
            "INV-09: an action moved a present index of asset {}",
            asset.0
        );
        let counted = Net::of(old.virtual_balance.0, new.virtual_balance.0);
        assert!(
            ledger.rules.cash == Cash::Real || counted == Net::of(old.available.0, new.available.0),
            "INV-01: the pool's count of asset {} differs from its tokens",
            asset.0
        );
    }
}

/// A net change of scaled units, modulo 2^128 as accounts hold them: changes are far smaller, so equal ones
/// are equal.
fn net_shares(before: Shares, after: Shares) -> u128 {
    after.0.wrapping_sub(before.0).wrapping_to()
}

/// A net change, modulo 2^256: quantities are far smaller, so equal changes are equal.
#[derive(Clone, Copy, Default)]
struct Net(U256);

impl PartialEq for Net {
    /// Word by word, as the words have just been computed: compared as vectors they would have to
    /// be written to memory and read back.
    fn eq(&self, other: &Self) -> bool {
        let ([a, b, c, d], [e, f, g, h]) = (self.0.into_limbs(), other.0.into_limbs());
        (a ^ e) | (b ^ f) | (c ^ g) | (d ^ h) == 0
    }
}

impl Net {
    fn of(before: U256, after: U256) -> Self {
        Self(after.wrapping_sub(before))
    }

    fn add(&mut self, before: U256, after: U256) {
        self.0 = self.0.wrapping_add(after).wrapping_sub(before);
    }
}

impl Changes {
    /// What a commit would tell.
    pub(super) fn told(self) -> Events {
        self.events
    }

    /// Writes the changes; tells the events, and the accounts that the breach index must look at.
    pub(super) fn commit(self, ledger: &mut Ledger) -> (Events, Few<AccountId, (), 3>) {
        if !self.reserves.is_empty() {
            let reserves = Arc::make_mut(&mut ledger.reserves);
            for (asset, reserve) in self.reserves.into_iter() {
                if let Some(place) = reserves.get_mut(usize::from(asset.0)) {
                    *place = *reserve;
                }
            }
        }
        for (id, account) in self.accounts.into_iter() {
            ledger.book.set(id, account);
        }
        if !self.wallets.is_empty() {
            Arc::make_mut(&mut ledger.wallets).extend(self.wallets.into_iter());
        }
        (self.events, self.indebted)
    }
}

//! A working copy of what one action touches: computed and refused here, then committed whole.

use super::Maker;
use super::account::{Account, Holding};
use super::lending::{Change, SIGNED_MAX};
use super::rejection::{Rejection, Ruled};
use super::state::{Bid, BidKey, CollateralType, Core, House, Sale, SaleKey};
use super::version::Rules;
use crate::auction::AuctionId;
use crate::protocol::{AccountId, AssetId};
use crate::units::{Amount, Shares, Timestamp, U256, Value, mul};
use std::sync::Arc;

/// What a call does to the list of running Dutch auctions.
#[derive(Clone, Copy, Debug)]
pub(super) enum ListChange {
    /// A new one at the end.
    Push(AssetId, AuctionId),
    /// The last one takes a place.
    Remove(AssetId, usize),
}

/// The working copy. A call touches at most one collateral type, one moment of the queue and one
/// English auction, and a handful of accounts.
#[derive(Debug)]
pub(super) struct Draft<'a> {
    pub(super) base: &'a Maker,
    pub(super) changes: Changes,
    pub(super) core: Core,
}

/// What a draft changes, detached from the system it was computed on.
#[derive(Debug, Default)]
pub(super) struct Changes {
    core: Option<Core>,
    kind: Option<(AssetId, CollateralType)>,
    accounts: Vec<(AccountId, Account)>,
    queue: Option<(Timestamp, Value)>,
    sales: Vec<(SaleKey, Option<Sale>)>,
    list: Option<ListChange>,
    bid: Option<(BidKey, Option<Bid>)>,
    outside: Option<(AssetId, Net)>,
}

impl<'a> Draft<'a> {
    pub(super) fn new(base: &'a Maker) -> Self {
        Self {
            base,
            changes: Changes {
                accounts: Vec::with_capacity(4),
                ..Changes::default()
            },
            core: base.core,
        }
    }

    pub(super) fn rules(&self) -> &'static Rules {
        self.base.version.rules()
    }

    pub(super) fn now(&self) -> Timestamp {
        self.core.now
    }

    pub(super) fn kind(&self, asset: AssetId) -> Ruled<&CollateralType> {
        match &self.changes.kind {
            Some((touched, kind)) if *touched == asset => Ok(kind),
            _ => self.base.kind(asset),
        }
    }

    pub(super) fn type_mut(&mut self, asset: AssetId) -> Ruled<&mut CollateralType> {
        let copy = *self.kind(asset)?;
        let (_, kind) = self.changes.kind.insert((asset, copy));
        Ok(kind)
    }

    pub(super) fn account(&self, id: AccountId) -> Ruled<&Account> {
        let touched = self.changes.accounts.iter().find(|(key, _)| *key == id);
        match touched {
            Some((_, account)) => Ok(account),
            None => self.base.known(id),
        }
    }

    pub(super) fn account_mut(&mut self, id: AccountId) -> Ruled<&mut Account> {
        let accounts = &mut self.changes.accounts;
        let at = match accounts.iter().position(|(key, _)| *key == id) {
            Some(at) => at,
            None => {
                accounts.push((id, self.base.known(id)?.clone()));
                accounts.len().saturating_sub(1)
            }
        };
        let found = accounts.get_mut(at).map(|(_, account)| account);
        found.ok_or(Rejection::AccountUnknown)
    }

    /// Changes what an address holds of a collateral type.
    pub(super) fn hold(
        &mut self,
        id: AccountId,
        asset: AssetId,
        change: impl FnOnce(Holding) -> Ruled<Holding>,
    ) -> Ruled<()> {
        let account = self.account_mut(id)?;
        let changed = change(account.holding(asset))?;
        account.put(changed);
        Ok(())
    }

    /// Moves money; one may pay oneself, but must have it.
    pub(super) fn pay(&mut self, from: AccountId, to: AccountId, amount: Value) -> Ruled<()> {
        let payer = self.account_mut(from)?;
        payer.coins = payer.coins.minus(amount)?;
        let receiver = self.account_mut(to)?;
        receiver.coins = receiver.coins.plus(amount)?;
        Ok(())
    }

    /// Moves collateral that is not locked.
    pub(super) fn deliver(
        &mut self,
        asset: AssetId,
        from: AccountId,
        to: AccountId,
        amount: Amount,
    ) -> Ruled<()> {
        self.hold(from, asset, |held| {
            let free = held.free.minus(amount)?;
            Ok(Holding { free, ..held })
        })?;
        self.hold(to, asset, |held| {
            let free = held.free.plus(amount)?;
            Ok(Holding { free, ..held })
        })
    }

    /// Changes by how much an address's collateral that is not locked came from outside, or went
    /// there.
    pub(super) fn cross(&mut self, owner: AccountId, asset: AssetId, change: Change) -> Ruled<()> {
        let before = self.account(owner)?.holding(asset).free.0;
        let after = change.on(before)?;
        self.hold(owner, asset, |held| {
            let free = Amount(after);
            Ok(Holding { free, ..held })
        })?;
        let (_, net) = self.changes.outside.unwrap_or((asset, Net::default()));
        self.changes.outside = Some((asset, net.plus(Net::of(before, after))));
        Ok(())
    }

    /// Makes money for one address against bad debt of another.
    pub(super) fn issue(&mut self, debtor: AccountId, to: AccountId, amount: Value) -> Ruled<()> {
        let account = self.account_mut(debtor)?;
        account.bad_debt = account.bad_debt.plus(amount)?;
        let account = self.account_mut(to)?;
        account.coins = account.coins.plus(amount)?;
        self.core.unbacked = self.core.unbacked.plus(amount)?;
        self.core.issued = self.core.issued.plus(amount)?;
        Ok(())
    }

    /// Cancels an address's bad debt against its money.
    pub(super) fn cancel(&mut self, owner: AccountId, amount: Value) -> Ruled<()> {
        let account = self.account_mut(owner)?;
        account.bad_debt = account.bad_debt.minus(amount)?;
        account.coins = account.coins.minus(amount)?;
        self.core.unbacked = self.core.unbacked.minus(amount)?;
        self.core.issued = self.core.issued.minus(amount)?;
        Ok(())
    }

    /// Takes collateral and debt out of a vault: the debt becomes bad debt of the treasury.
    pub(super) fn seize(
        &mut self,
        asset: AssetId,
        vault: AccountId,
        to: AccountId,
        (collateral, debt): (Amount, Shares),
    ) -> Ruled<()> {
        self.hold(vault, asset, |held| {
            Ok(Holding {
                locked: held.locked.minus(collateral)?,
                debt: held.debt.minus(debt)?,
                ..held
            })
        })?;
        let kind = self.type_mut(asset)?;
        kind.debt = kind.debt.minus(debt)?;
        // The contract multiplies signed numbers.
        let due = Value(mul(kind.debt_index.0, debt.0)?);
        if due.0 > SIGNED_MAX || kind.debt_index.0 >= SIGNED_MAX {
            return Err(Rejection::NoReason);
        }
        self.hold(to, asset, |held| {
            let free = held.free.plus(collateral)?;
            Ok(Holding { free, ..held })
        })?;
        let treasury = self.account_mut(self.base.roles.treasury)?;
        treasury.bad_debt = treasury.bad_debt.plus(due)?;
        self.core.unbacked = self.core.unbacked.plus(due)?;
        Ok(())
    }

    /// Moves governance tokens.
    pub(super) fn send_tokens(
        &mut self,
        from: AccountId,
        to: AccountId,
        amount: Amount,
    ) -> Ruled<()> {
        let payer = self.account_mut(from)?;
        payer.tokens = payer
            .tokens
            .minus(amount)
            .map_err(|_| Rejection::TokenInsufficientBalance)?;
        let receiver = self.account_mut(to)?;
        let sum = receiver.tokens.plus(amount);
        receiver.tokens = sum.map_err(|_| Rejection::TokenAddOverflow)?;
        Ok(())
    }

    /// Makes governance tokens.
    pub(super) fn mint_tokens(&mut self, to: AccountId, amount: Amount) -> Ruled<()> {
        let account = self.account_mut(to)?;
        let sum = account.tokens.plus(amount);
        account.tokens = sum.map_err(|_| Rejection::TokenAddOverflow)?;
        let all = self.core.tokens.plus(amount);
        self.core.tokens = all.map_err(|_| Rejection::TokenAddOverflow)?;
        Ok(())
    }

    /// Destroys governance tokens.
    pub(super) fn burn_tokens(&mut self, owner: AccountId, amount: Amount) -> Ruled<()> {
        let account = self.account_mut(owner)?;
        let rest = account.tokens.minus(amount);
        account.tokens = rest.map_err(|_| Rejection::TokenInsufficientBalance)?;
        self.core.tokens = self.core.tokens.minus(amount)?;
        Ok(())
    }

    /// Debt of one moment in the queue.
    pub(super) fn queued_at(&self, since: Timestamp) -> Value {
        let told = self.base.queue.get(&since).copied();
        told.unwrap_or(Value::ZERO)
    }

    pub(super) fn set_queued_at(&mut self, since: Timestamp, amount: Value) {
        self.changes.queue = Some((since, amount));
    }

    pub(super) fn sale(&self, asset: AssetId, id: AuctionId) -> Ruled<Sale> {
        let found = self.base.sales.get(&(asset, id)).copied();
        found.ok_or(Rejection::ClipperNotRunning)
    }

    pub(super) fn put_sale(&mut self, asset: AssetId, id: AuctionId, sale: Sale) {
        self.changes.sales.push(((asset, id), Some(sale)));
    }

    /// Appends a new sale to the list of running ones; tells its place.
    pub(super) fn list_sale(&mut self, asset: AssetId, id: AuctionId) -> usize {
        self.changes.list = Some(ListChange::Push(asset, id));
        self.base.running(asset).len()
    }

    /// Ends a sale; the last one of the list takes its place there.
    pub(super) fn end_sale(&mut self, asset: AssetId, id: AuctionId, place: usize) {
        let last = self.base.running(asset).last().copied();
        if let Some(last) = last.filter(|last| *last != id)
            && let Some(moved) = self.base.sales.get(&(asset, last))
        {
            self.put_sale(asset, last, Sale { place, ..*moved });
        }
        self.changes.sales.push(((asset, id), None));
        self.changes.list = Some(ListChange::Remove(asset, place));
    }

    /// An English auction; an empty one where there is none.
    pub(super) fn bid(&self, key: BidKey) -> Bid {
        self.base.bids.get(&key).copied().unwrap_or_default()
    }

    pub(super) fn put_bid(&mut self, key: BidKey, bid: Option<Bid>) {
        self.changes.bid = Some((key, bid));
    }

    /// What the action changes, once nothing can be refused any more.
    ///
    /// # Panics
    /// When something does not balance: a broken invariant, never a matter of input.
    pub(super) fn finish(mut self) -> Changes {
        self.changes.core = Some(self.core);
        self.changes.assert_balanced(self.base);
        self.changes
    }
}

impl Changes {
    /// Conservation of money, bad debt, tokens, collateral, debt, and of the sums that are kept.
    fn assert_balanced(&self, base: &Maker) {
        let (mut coins, mut bad_debt, mut tokens) = <(Net, Net, Net)>::default();
        let (mut collateral, mut debt) = <(Net, Net)>::default();
        for (id, new) in &self.accounts {
            let Ok(old) = base.known(*id) else { continue };
            coins.add(old.coins.0, new.coins.0);
            bad_debt.add(old.bad_debt.0, new.bad_debt.0);
            tokens.add(old.tokens.0, new.tokens.0);
            if let Some(asset) = self.asset() {
                let (had, has) = (old.holding(asset), new.holding(asset));
                collateral.add(had.locked.0, has.locked.0);
                collateral.add(had.free.0, has.free.0);
                debt.add(had.debt.0, has.debt.0);
            }
        }
        let core = self.core.as_ref().unwrap_or(&base.core);
        let issued = Net::of(base.core.issued.0, core.issued.0);
        let unbacked = Net::of(base.core.unbacked.0, core.unbacked.0);
        assert!(coins == issued, "money does not balance");
        assert!(bad_debt == unbacked, "bad debt does not balance");
        assert!(
            tokens == Net::of(base.core.tokens.0, core.tokens.0),
            "governance tokens do not balance"
        );
        let mut backed = Net::default();
        let outside = self.outside.map(|(_, net)| net).unwrap_or_default();
        assert!(collateral == outside, "collateral does not balance");
        if let Some((asset, new)) = &self.kind
            && let Ok(old) = base.kind(*asset)
        {
            backed = Net::of(old.owed(), new.owed());
            assert!(
                debt == Net::of(old.debt.0, new.debt.0),
                "the vaults' debt does not balance"
            );
        }
        assert!(
            issued == unbacked.plus(backed),
            "money is neither backed by vaults nor counted as unbacked"
        );
        self.assert_auctions_balanced(base, core);
    }

    /// The sums of debt and collateral in auction.
    fn assert_auctions_balanced(&self, base: &Maker, core: &Core) {
        let (mut targets, mut lots) = <(Net, Net)>::default();
        for (key, new) in &self.sales {
            let old = base.sales.get(key).map(|sale| sale.auction);
            let new = new.map(|sale| sale.auction);
            targets.add(
                old.map_or(U256::ZERO, |auction| auction.target.0),
                new.map_or(U256::ZERO, |auction| auction.target.0),
            );
            lots.add(
                old.map_or(U256::ZERO, |auction| auction.lot.0),
                new.map_or(U256::ZERO, |auction| auction.lot.0),
            );
        }
        if let Some((asset, new)) = &self.kind
            && let Ok(old) = base.kind(*asset)
        {
            assert!(
                targets == Net::of(old.in_auction.0, new.in_auction.0),
                "debt in auction differs from the auctions' targets"
            );
        }
        let (before, after) = (&base.core.surplus_house, &core.surplus_house);
        if let Some((key @ (House::Surplus, _), new)) = &self.bid
            && base.version.rules().surplus_limit.on()
            && after.enabled
        {
            let old = base.bids.get(key).map_or(U256::ZERO, |bid| bid.auction.lot);
            let new = new.map_or(U256::ZERO, |bid| bid.auction.lot);
            assert!(
                Net::of(old, new) == Net::of(before.in_auction.0, after.in_auction.0),
                "surplus in auction differs from the auctions' lots"
            );
        }
        let Some(house) = self.house(base) else {
            return;
        };
        if let Some((key @ (House::Collateral(_), _), new)) = &self.bid {
            let old = base.bids.get(key).map_or(U256::ZERO, |bid| bid.auction.lot);
            lots.add(old, new.map_or(U256::ZERO, |bid| bid.auction.lot));
        }
        assert!(
            lots == house,
            "an auction house holds other collateral than its auctions sell"
        );
    }

    /// The collateral type that the action is about.
    fn asset(&self) -> Option<AssetId> {
        match (&self.kind, &self.bid) {
            (Some((asset, _)), _) | (None, Some(((House::Collateral(asset), _), _))) => {
                Some(*asset)
            }
            _ => self.outside.map(|(asset, _)| asset),
        }
    }

    /// By how much the touched house's collateral changed.
    fn house(&self, base: &Maker) -> Option<Net> {
        let asset = self.asset()?;
        let house = base.kind(asset).ok()?.house;
        let touched = self.accounts.iter().find(|(id, _)| *id == house);
        let old = base.known(house).ok()?.holding(asset).free;
        let new = touched.map_or(old, |(_, account)| account.holding(asset).free);
        Some(Net::of(old.0, new.0))
    }
}

impl Maker {
    /// Writes what a draft changed; nothing in here can fail.
    pub(super) fn commit(&mut self, changes: Changes) {
        if let Some(core) = changes.core {
            self.core = core;
        }
        if let Some((asset, kind)) = changes.kind
            && let Some(place) = Arc::make_mut(&mut self.kinds).get_mut(usize::from(asset.0))
        {
            *place = kind;
        }
        for (id, account) in changes.accounts {
            self.accounts.set(id, account);
        }
        match changes.queue {
            Some((since, Value::ZERO)) => {
                Arc::make_mut(&mut self.queue).remove(&since);
            }
            Some((since, amount)) => {
                Arc::make_mut(&mut self.queue).insert(since, amount);
            }
            None => {}
        }
        for (key, sale) in changes.sales {
            let sales = Arc::make_mut(&mut self.sales);
            match sale {
                Some(sale) => sales.insert(key, sale),
                None => sales.remove(&key),
            };
        }
        if let Some((key, bid)) = changes.bid {
            let bids = Arc::make_mut(&mut self.bids);
            match bid {
                Some(bid) => bids.insert(key, bid),
                None => bids.remove(&key),
            };
        }
        match changes.list {
            Some(ListChange::Push(asset, id)) => self.running_mut(asset).push(id),
            Some(ListChange::Remove(asset, place)) => {
                self.running_mut(asset).swap_remove(place);
            }
            None => {}
        }
    }

    fn running_mut(&mut self, asset: AssetId) -> &mut Vec<AuctionId> {
        Arc::make_mut(&mut self.running).entry(asset).or_default()
    }
}

/// A net change, modulo 2^256: quantities are far smaller, so equal changes are equal.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
struct Net(U256);

impl Net {
    fn of(old: U256, new: U256) -> Self {
        Self(new.wrapping_sub(old))
    }

    fn add(&mut self, old: U256, new: U256) {
        *self = self.plus(Self::of(old, new));
    }

    fn plus(self, other: Self) -> Self {
        Self(self.0.wrapping_add(other.0))
    }
}

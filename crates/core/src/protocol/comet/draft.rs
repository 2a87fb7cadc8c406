//! A working copy of what one action touches: computed and refused here, then committed whole.

use super::event::{Event, Events};
use super::math::{Ruled, down, rest104, sum64, sum104, to_u64};
use super::rejection::Rejection;
use super::state::{BASE, Collateral, Comet, Paused, Position, Totals, offset};
use crate::protocol::{AccountId, AssetId};
use crate::units::{Amount, U256, div};
use std::collections::BTreeMap;

/// The working copy.
#[derive(Debug)]
pub(super) struct Draft<'a> {
    pub(super) comet: &'a Comet,
    pub(super) totals: Totals,
    pub(super) paused: Paused,
    pub(super) base_held: Amount,
    pub(super) collateral: Vec<Collateral>,
    pub(super) events: Events,
    positions: BTreeMap<AccountId, Position>,
    /// Tokens that came from outside.
    funded: BTreeMap<AssetId, U256>,
}

/// What a draft changes, detached from the state it was computed on.
#[derive(Debug)]
pub(super) struct Changes {
    totals: Totals,
    paused: Paused,
    base_held: Amount,
    collateral: Vec<Collateral>,
    events: Events,
    positions: BTreeMap<AccountId, Position>,
    funded: BTreeMap<AssetId, U256>,
}

impl<'a> Draft<'a> {
    pub(super) fn new(comet: &'a Comet) -> Self {
        Self {
            comet,
            totals: comet.totals,
            paused: comet.paused,
            base_held: comet.base_held,
            collateral: comet.collateral.clone(),
            events: Events::new(),
            positions: BTreeMap::new(),
            funded: BTreeMap::new(),
        }
    }

    pub(super) fn position(&self, id: AccountId) -> Ruled<&Position> {
        match self.positions.get(&id) {
            Some(position) => Ok(position),
            None => self.comet.held(id),
        }
    }

    pub(super) fn position_mut(&mut self, id: AccountId) -> Ruled<&mut Position> {
        let held = self.comet.held(id)?;
        Ok(self.positions.entry(id).or_insert_with(|| held.clone()))
    }

    /// Collateral tokens of a listed asset.
    pub(super) fn collateral_mut(&mut self, asset: AssetId) -> Ruled<&mut Collateral> {
        let tokens = offset(asset).and_then(|at| self.collateral.get_mut(at));
        tokens.ok_or(Rejection::BadAsset)
    }

    /// Stores interest and rewards up to now.
    pub(super) fn accrue(&mut self) -> Ruled<()> {
        let (totals, seconds) = self.comet.accrued()?;
        self.totals = totals;
        if seconds > 0 {
            self.events.push(Event::Accrued { seconds });
        }
        Ok(())
    }

    /// Takes tokens out of a wallet; what is not listed is refused only later.
    pub(super) fn pull(&mut self, payer: AccountId, asset: AssetId, amount: Amount) -> Ruled<()> {
        let held = self.position(payer)?.in_wallet(asset);
        let Ok(left) = held.minus(amount) else {
            return Err(Rejection::TransferExceedsBalance);
        };
        self.position_mut(payer)?.wallet.insert(asset, left);
        if asset == BASE {
            self.base_held = self.base_held.plus(amount)?;
        } else if let Ok(tokens) = self.collateral_mut(asset) {
            tokens.held = tokens.held.plus(amount)?;
        }
        Ok(())
    }

    /// Puts tokens of the contract into a wallet.
    pub(super) fn pay(&mut self, payee: AccountId, asset: AssetId, amount: Amount) -> Ruled<()> {
        let held = match asset {
            BASE => &mut self.base_held,
            _ => &mut self.collateral_mut(asset)?.held,
        };
        let Ok(left) = held.minus(amount) else {
            return Err(Rejection::TransferExceedsBalance);
        };
        *held = left;
        let wallet = &mut self.position_mut(payee)?.wallet;
        let total = wallet.entry(asset).or_default();
        *total = total.plus(amount)?;
        Ok(())
    }

    /// Puts tokens from outside into a wallet.
    pub(super) fn fund(&mut self, id: AccountId, asset: AssetId, amount: Amount) -> Ruled<()> {
        let wallet = &mut self.position_mut(id)?.wallet;
        let total = wallet.entry(asset).or_default();
        *total = total.plus(amount)?;
        self.funded.insert(asset, amount.0);
        self.events.push(Event::Funded {
            account: id,
            asset,
            amount,
        });
        Ok(())
    }

    /// Writes a principal, and the rewards that the old one earned.
    pub(super) fn set_principal(&mut self, id: AccountId, principal: i128) -> Ruled<()> {
        let totals = self.totals;
        let scale = U256::from(self.comet.config.tracking_scale);
        // Rewards have 6 decimals.
        let million = U256::from(1_000_000u64);
        let descale = div(self.comet.base_scale(), million)?;
        let account = &mut self.position_mut(id)?.account;
        let index = |principal: i128| match principal >= 0 {
            true => totals.tracking_supply_index,
            false => totals.tracking_borrow_index,
        };
        let since = index(account.principal).checked_sub(account.base_tracking_index);
        let since = U256::from(since.ok_or(Rejection::Panic0x11)?);
        let size = U256::from(account.principal.unsigned_abs());
        let earned = to_u64(div(down(size, since, scale)?, descale)?)?;
        account.base_tracking_accrued = sum64(account.base_tracking_accrued, earned)?;
        account.base_tracking_index = index(principal);
        account.principal = principal;
        Ok(())
    }

    /// Moves the sums after one principal rose; where it fell they stay, as in the contract.
    pub(super) fn count_rise(&mut self, old: i128, new: i128) -> Ruled<()> {
        let (repaid, supplied) = rise(old, new);
        self.totals.supply = sum104(self.totals.supply, supplied)?;
        self.totals.borrow = rest104(self.totals.borrow, repaid)?;
        Ok(())
    }

    /// Moves the sums after one principal fell; where it rose they stay, as in the contract.
    pub(super) fn count_fall(&mut self, old: i128, new: i128) -> Ruled<()> {
        let (withdrawn, borrowed) = fall(old, new);
        self.totals.supply = rest104(self.totals.supply, withdrawn)?;
        self.totals.borrow = sum104(self.totals.borrow, borrowed)?;
        Ok(())
    }

    /// Moves the sums after one principal fell and another rose.
    pub(super) fn count_transfer(&mut self, from: (i128, i128), to: (i128, i128)) -> Ruled<()> {
        let (withdrawn, borrowed) = fall(from.0, from.1);
        let (repaid, supplied) = rise(to.0, to.1);
        // Sums rise before they fall, so only the upper end can refuse here.
        self.totals.supply = rest104(sum104(self.totals.supply, supplied)?, withdrawn)?;
        self.totals.borrow = rest104(sum104(self.totals.borrow, borrowed)?, repaid)?;
        Ok(())
    }

    /// The changes, free of the state.
    pub(super) fn finish(self) -> Changes {
        Changes {
            totals: self.totals,
            paused: self.paused,
            base_held: self.base_held,
            collateral: self.collateral,
            events: self.events,
            positions: self.positions,
            funded: self.funded,
        }
    }
}

/// What of a signed number lies above zero.
pub(super) fn side(principal: i128) -> u128 {
    u128::try_from(principal).unwrap_or(0)
}

/// Repaid and supplied by a principal that rose; nothing where it fell.
fn rise(old: i128, new: i128) -> (u128, u128) {
    if new < old {
        return (0, 0);
    }
    let repaid = side(old.saturating_neg()).saturating_sub(side(new.saturating_neg()));
    (repaid, side(new).saturating_sub(side(old)))
}

/// Withdrawn and borrowed by a principal that fell, which is one that rises seen from the other
/// side; nothing where it rose.
fn fall(old: i128, new: i128) -> (u128, u128) {
    rise(old.saturating_neg(), new.saturating_neg())
}

/// A net change, modulo 2^256: quantities are far smaller, so equal changes are equal.
fn net(before: U256, after: U256) -> U256 {
    after.wrapping_sub(before)
}

/// Net changes by asset, modulo 2^256.
#[derive(Debug, Default)]
struct Nets(Vec<(AssetId, U256)>);

impl Nets {
    fn add(&mut self, asset: AssetId, change: U256) {
        if change.is_zero() {
            return;
        }
        match self.0.iter_mut().find(|(held, _)| *held == asset) {
            Some((_, sum)) => *sum = sum.wrapping_add(change),
            None => self.0.push((asset, change)),
        }
    }

    fn take(&mut self, asset: AssetId, change: U256) {
        self.add(asset, change.wrapping_neg());
    }

    fn replace(
        &mut self,
        before: Option<&BTreeMap<AssetId, Amount>>,
        after: &BTreeMap<AssetId, Amount>,
    ) {
        if before == Some(after) {
            return;
        }
        for (asset, amount) in before.into_iter().flatten() {
            self.take(*asset, amount.0);
        }
        for (asset, amount) in after {
            self.add(*asset, amount.0);
        }
    }

    /// An asset that does not balance.
    fn odd(&self) -> Option<AssetId> {
        let odd = self.0.iter().find(|(_, sum)| !sum.is_zero());
        odd.map(|(asset, _)| *asset)
    }
}

impl Changes {
    /// Writes the changes and tells the events.
    ///
    /// # Panics
    /// When tokens or claims do not balance: a broken invariant, never a matter of input.
    pub(super) fn commit(self, comet: &mut Comet) -> Events {
        self.assert_tokens(comet);
        self.assert_collateral(comet);
        self.assert_principals(comet);
        self.assert_indexes(comet);
        // Nothing below can fail.
        comet.totals = self.totals;
        comet.paused = self.paused;
        comet.base_held = self.base_held;
        comet.collateral = self.collateral;
        for (id, position) in self.positions {
            comet.book.set(id, position);
        }
        self.events
    }

    /// The sum of the changes of one figure over all touched accounts.
    fn change(&self, comet: &Comet, figure: impl Fn(&Position) -> U256) -> U256 {
        let changes = self.positions.iter().map(|(id, now)| {
            let before = comet.book.get(*id).map(&figure).unwrap_or_default();
            net(before, figure(now))
        });
        changes.fold(U256::ZERO, U256::wrapping_add)
    }

    /// What the contract and the wallets hold changes by what came from outside.
    fn assert_tokens(&self, comet: &Comet) {
        let mut nets = Nets::default();
        for (asset, outside) in &self.funded {
            nets.take(*asset, *outside);
        }
        nets.add(BASE, net(comet.base_held.0, self.base_held.0));
        let pairs = comet.collateral.iter().zip(&self.collateral);
        for (asset, (before, after)) in (1..).map(AssetId).zip(pairs) {
            nets.add(asset, net(before.held.0, after.held.0));
        }
        for (id, now) in &self.positions {
            let before = comet.book.get(*id).map(|before| &before.wallet);
            nets.replace(before, &now.wallet);
        }
        let odd = nets.odd();
        assert!(odd.is_none(), "INV-01: tokens of {odd:?} do not balance");
    }

    /// What accounts have supplied of a collateral sums to its total.
    fn assert_collateral(&self, comet: &Comet) {
        let mut nets = Nets::default();
        let pairs = comet.collateral.iter().zip(&self.collateral);
        for (asset, (before, after)) in (1..).map(AssetId).zip(pairs) {
            nets.take(asset, net(before.total_supply.0, after.total_supply.0));
        }
        for (id, now) in &self.positions {
            let before = comet.book.get(*id).map(|before| &before.collateral);
            nets.replace(before, &now.collateral);
        }
        let odd = nets.odd();
        assert!(odd.is_none(), "INV-02: supplies of {odd:?} do not balance");
    }

    /// The sums of principals follow the principals; rounding may leave them above by one for
    /// each account.
    fn assert_principals(&self, comet: &Comet) {
        let accounts = U256::from(self.positions.len());
        let (before, after) = (&comet.totals, &self.totals);
        let supplied = self.change(comet, |position| {
            U256::from(side(position.account.principal))
        });
        let owed =
            |position: &Position| U256::from(side(position.account.principal.saturating_neg()));
        let borrowed = self.change(comet, owed);
        let supply = net(U256::from(before.supply), U256::from(after.supply));
        let borrow = net(U256::from(before.borrow), U256::from(after.borrow));
        assert!(
            supply.wrapping_sub(supplied) <= accounts,
            "INV-02: principals supplied do not balance"
        );
        assert!(
            borrow.wrapping_sub(borrowed) <= accounts,
            "INV-02: principals owed do not balance"
        );
    }

    fn assert_indexes(&self, comet: &Comet) {
        let (before, after) = (&comet.totals, &self.totals);
        let rise = before.supply_index <= after.supply_index
            && before.borrow_index <= after.borrow_index
            && before.tracking_supply_index <= after.tracking_supply_index
            && before.tracking_borrow_index <= after.tracking_borrow_index;
        assert!(rise, "INV-09: an index fell");
    }
}

impl Draft<'_> {
    /// Writes an account's collateral of one asset and marks whether there is any; the total is not
    /// touched.
    pub(super) fn put_collateral(
        &mut self,
        id: AccountId,
        asset: AssetId,
        amount: U256,
    ) -> Ruled<()> {
        let position = self.position_mut(id)?;
        position.collateral.insert(asset, Amount(amount));
        if amount.is_zero() {
            position.account.assets_in.remove(asset);
        } else {
            position.account.assets_in.insert(asset);
        }
        Ok(())
    }
}

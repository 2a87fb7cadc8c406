//! A working copy of the state: an action is computed and refused here, then committed whole.

use super::account::{Account, Position};
use super::event::Event;
use super::hub::HubAsset;
use super::ledger::Ledger;
use super::math::Ruled;
use super::rejection::Rejection;
use super::signed::Signed;
use super::spoke::{Reserve, Spoke};
use super::{HubAssetId, SpokeId, TokenId};
use crate::protocol::{AccountId, AssetId};
use crate::units::{Amount, U256};
use std::sync::Arc;

/// The working copy. It shares with the ledger whatever it does not change.
#[derive(Debug)]
pub(super) struct Draft<'a> {
    before: &'a Ledger,
    pub(super) ledger: Ledger,
    /// Accounts that may have changed.
    touched: Vec<AccountId>,
    /// Tokens that came from outside the modelled world, modulo 2^256.
    funded: Vec<(TokenId, Net)>,
    /// Who pays and is paid outside the modelled world.
    outside: Option<AccountId>,
    pub(super) events: Vec<Event>,
}

/// A net change, modulo 2^256: quantities are far smaller, so equal changes are equal.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Net(U256);

impl Net {
    fn add(&mut self, before: U256, after: U256) {
        self.0 = self.0.wrapping_add(after).wrapping_sub(before);
    }

    fn add_signed(&mut self, before: Signed, after: Signed) {
        for (number, added) in [(after, true), (before, false)] {
            self.0 = if number.is_negative() == added {
                self.0.wrapping_sub(number.magnitude())
            } else {
                self.0.wrapping_add(number.magnitude())
            };
        }
    }
}

/// Net changes of what a spoke has and owes in an asset.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Parts {
    added: Net,
    drawn: Net,
    premium: Net,
    offset: Net,
}

impl<'a> Draft<'a> {
    /// An empty draft. What `outside` pays and receives stays outside.
    pub(super) fn new(before: &'a Ledger, outside: Option<AccountId>) -> Self {
        Self {
            before,
            ledger: before.clone(),
            touched: Vec::with_capacity(2),
            funded: Vec::new(),
            outside,
            events: Vec::with_capacity(4),
        }
    }

    pub(super) fn asset_mut(&mut self, id: HubAssetId) -> Ruled<&mut HubAsset> {
        let assets = Arc::make_mut(&mut self.ledger.assets);
        let asset = assets.get_mut(usize::from(id.0));
        asset.map(Arc::make_mut).ok_or(Rejection::AssetNotListed)
    }

    pub(super) fn reserve_mut(&mut self, id: AssetId) -> Ruled<&mut Reserve> {
        let reserves = Arc::make_mut(&mut self.ledger.reserves);
        let reserve = reserves.get_mut(usize::from(id.0));
        reserve
            .map(Arc::make_mut)
            .ok_or(Rejection::ReserveNotListed)
    }

    pub(super) fn spoke_mut(&mut self, id: SpokeId) -> Ruled<&mut Spoke> {
        let spokes = Arc::make_mut(&mut self.ledger.spokes);
        let spoke = spokes.get_mut(usize::from(id.0));
        spoke.ok_or(Rejection::SpokeUnknown)
    }

    pub(super) fn account_mut(&mut self, id: AccountId) -> Ruled<&mut Account> {
        if !self.touched.contains(&id) {
            self.touched.push(id);
        }
        let account = self.ledger.book.get_mut(id);
        account.map(Arc::make_mut).ok_or(Rejection::AccountUnknown)
    }

    /// Changes a position.
    pub(super) fn edit(
        &mut self,
        id: AccountId,
        reserve: AssetId,
        change: impl FnOnce(&mut Position) -> Ruled<()>,
    ) -> Ruled<()> {
        let mut position = self.ledger.position(id, reserve)?;
        change(&mut position)?;
        self.account_mut(id)?.put(position);
        Ok(())
    }

    fn fund_net(&mut self, token: TokenId, before: U256, after: U256) {
        if let Some((_, net)) = self.funded.iter_mut().find(|(held, _)| *held == token) {
            return net.add(before, after);
        }
        let mut net = Net::default();
        net.add(before, after);
        self.funded.push((token, net));
    }

    /// Tokens reach a wallet from outside.
    pub(super) fn fund(&mut self, id: AccountId, token: TokenId, amount: Amount) -> Ruled<()> {
        if usize::from(token.0) >= self.ledger.tokens.len() {
            return Err(Rejection::AssetNotListed);
        }
        self.fund_net(token, U256::ZERO, amount.0);
        let account = self.account_mut(id)?;
        let held = account.tokens(token).plus(amount)?;
        account.set_tokens(token, held);
        self.events.push(Event::Funded {
            account: id,
            token,
            amount,
        });
        Ok(())
    }

    /// Tokens leave a wallet toward a hub.
    pub(super) fn pull(&mut self, id: AccountId, asset: HubAssetId, amount: Amount) -> Ruled<()> {
        let token = self.ledger.asset(asset)?.token;
        if self.outside == Some(id) {
            self.fund_net(token, U256::ZERO, amount.0);
            return Ok(());
        }
        let account = self.account_mut(id)?;
        let held = account.tokens(token).minus(amount);
        let held = held.map_err(|_| Rejection::Erc20InsufficientBalance)?;
        account.set_tokens(token, held);
        Ok(())
    }

    /// Tokens of a hub reach a wallet.
    pub(super) fn push(&mut self, id: AccountId, asset: HubAssetId, amount: Amount) -> Ruled<()> {
        let token = self.ledger.asset(asset)?.token;
        if self.outside == Some(id) {
            self.fund_net(token, amount.0, U256::ZERO);
            return Ok(());
        }
        let account = self.account_mut(id)?;
        let held = account.tokens(token).plus(amount)?;
        account.set_tokens(token, held);
        Ok(())
    }

    /// The changed state, free of the ledger.
    ///
    /// # Panics
    /// When something does not balance: a broken invariant, never a matter of input.
    pub(super) fn finish(self) -> (Ledger, Vec<Event>) {
        let assets = self.before.assets.iter().zip(self.ledger.assets.iter());
        let mut changed = Vec::new();
        for (at, (before, after)) in assets.enumerate() {
            if !Arc::ptr_eq(before, after) {
                assert_parts(at, after);
                assert!(
                    before.state.drawn_index <= after.state.drawn_index,
                    "the drawn index of hub asset {at} fell"
                );
                changed.push((at, before.as_ref(), after.as_ref()));
            }
        }
        self.assert_tokens(&changed);
        self.assert_positions(&changed);
        (self.ledger, self.events)
    }

    /// Tokens: what hubs and wallets hold changes by what came from outside.
    fn assert_tokens(&self, changed: &[(usize, &HubAsset, &HubAsset)]) {
        let mut nets: Vec<(TokenId, Net)> = Vec::new();
        let mut add = |token: TokenId, before: U256, after: U256| {
            let place = nets.iter().position(|(held, _)| *held == token);
            match place.and_then(|place| nets.get_mut(place)) {
                Some((_, net)) => net.add(before, after),
                None => {
                    let mut net = Net::default();
                    net.add(before, after);
                    nets.push((token, net));
                }
            }
        };
        for (_, before, after) in changed {
            let (had, has) = (before.state.liquidity.0, after.state.liquidity.0);
            add(after.token, had, has);
        }
        for id in &self.touched {
            let (before, after) = self.accounts(*id);
            for (token, amount) in before.map_or(&[][..], Account::wallet) {
                add(*token, amount.0, U256::ZERO);
            }
            for (token, amount) in after.map_or(&[][..], Account::wallet) {
                add(*token, U256::ZERO, amount.0);
            }
        }
        let funded = |token: TokenId| {
            let funded = self.funded.iter().find(|(held, _)| *held == token);
            funded.map_or(Net::default(), |(_, net)| *net)
        };
        for (token, net) in &nets {
            assert!(
                *net == funded(*token),
                "tokens of kind {} do not balance",
                token.0
            );
        }
    }

    fn accounts(&self, id: AccountId) -> (Option<&Account>, Option<&Account>) {
        let (before, after) = (self.before.account(id), self.ledger.account(id));
        (before.ok(), after.ok())
    }

    /// What accounts have and owe on a spoke changes as the spoke's part of the hub asset does.
    /// Shares that a payout in whole units leaves over stay with the spoke.
    fn assert_positions(&self, changed: &[(usize, &HubAsset, &HubAsset)]) {
        for (at, reserve) in self.ledger.reserves.iter().enumerate() {
            let asset = usize::from(reserve.asset.0);
            let id = AssetId(u16::try_from(at).unwrap_or(u16::MAX));
            let users = self.user_parts(id);
            let hub = changed.iter().find(|(held, _, _)| *held == asset);
            let Some((_, before, after)) = hub else {
                assert!(
                    users == Parts::default(),
                    "positions in reserve {at} moved without the hub"
                );
                continue;
            };
            let spoke = spoke_parts(before, after, reserve.spoke);
            let kept = spoke.added.0.wrapping_sub(users.added.0);
            assert!(
                !kept.bit(255),
                "reserve {at} has more shares than its spoke"
            );
            assert!(
                (users.drawn, users.premium, users.offset)
                    == (spoke.drawn, spoke.premium, spoke.offset),
                "debts in reserve {at} do not sum to the spoke's"
            );
        }
    }

    fn user_parts(&self, reserve: AssetId) -> Parts {
        let mut parts = Parts::default();
        for id in &self.touched {
            let (before, after) = self.accounts(*id);
            let held = |account: Option<&Account>| {
                let position = account.and_then(|account| account.position(reserve));
                position.copied().unwrap_or_default()
            };
            let (before, after) = (held(before), held(after));
            let wide = |n: u128| U256::from(n);
            parts.added.add(wide(before.supplied), wide(after.supplied));
            parts.drawn.add(wide(before.drawn), wide(after.drawn));
            parts.premium.add(wide(before.premium), wide(after.premium));
            parts
                .offset
                .add_signed(before.premium_offset, after.premium_offset);
        }
        parts
    }
}

fn spoke_parts(before: &HubAsset, after: &HubAsset, spoke: SpokeId) -> Parts {
    let mut parts = Parts::default();
    if let (Ok(before), Ok(after)) = (before.spoke(spoke), after.spoke(spoke)) {
        parts.added.add(before.added_shares.0, after.added_shares.0);
        parts.drawn.add(before.drawn_shares.0, after.drawn_shares.0);
        parts
            .premium
            .add(before.premium_shares.0, after.premium_shares.0);
        parts
            .offset
            .add_signed(before.premium_offset, after.premium_offset);
    }
    parts
}

/// The spokes' parts of an asset sum to the whole.
pub(super) fn sums_up(asset: &HubAsset) -> bool {
    let (mut parts, mut deficit) = (Parts::default(), Net::default());
    let zero = U256::ZERO;
    for spoke in &asset.spokes {
        parts.added.add(zero, spoke.added_shares.0);
        parts.drawn.add(zero, spoke.drawn_shares.0);
        parts.premium.add(zero, spoke.premium_shares.0);
        parts.offset.add_signed(Signed::ZERO, spoke.premium_offset);
        deficit.add(zero, spoke.deficit.0);
    }
    let (state, mut whole) = (&asset.state, Parts::default());
    whole.added.add(zero, state.added_shares.0);
    whole.drawn.add(zero, state.drawn_shares.0);
    whole.premium.add(zero, state.premium_shares.0);
    whole.offset.add_signed(Signed::ZERO, state.premium_offset);
    parts == whole && deficit.0 == state.deficit.0
}

fn assert_parts(at: usize, asset: &HubAsset) {
    assert!(
        sums_up(asset),
        "the spokes' parts of hub asset {at} do not sum to the whole"
    );
}

//! The vaults and the reserves as one machine.

use super::StakeId;
use super::action::{Action, Event};
use super::cover::Reserve;
use super::rejection::{Rejection, Ruled};
use super::stake::StakeToken;
use crate::protocol::{AccountId, AssetId};
use crate::units::{Amount, Price, Shares, Timestamp};
use std::sync::Arc;

/// What Umbrella starts from.
#[derive(Clone, Debug)]
pub struct UmbrellaSetup {
    /// The present time.
    pub now: Timestamp,
    /// The pool's reserves, by [`AssetId`].
    pub reserves: Vec<Reserve>,
    /// The vaults, by [`StakeId`].
    pub stakes: Vec<StakeToken>,
}

/// Stakes that cover a pool's deficits. A clone is a fork: it shares what it does not change.
#[derive(Clone, Debug)]
pub struct Umbrella {
    now: Timestamp,
    reserves: Arc<Vec<Reserve>>,
    stakes: Arc<Vec<Arc<StakeToken>>>,
}

impl UmbrellaSetup {
    /// The machine.
    pub fn build(self) -> Umbrella {
        Umbrella {
            now: self.now,
            reserves: Arc::new(self.reserves),
            stakes: Arc::new(self.stakes.into_iter().map(Arc::new).collect()),
        }
    }
}

impl Umbrella {
    /// Moves time forward.
    ///
    /// # Errors
    /// [`Rejection::TimeBackward`].
    pub fn observe(&mut self, now: Timestamp) -> Result<(), Rejection> {
        if now < self.now {
            return Err(Rejection::TimeBackward);
        }
        self.now = now;
        Ok(())
    }

    /// Takes over what the pool says of a reserve.
    ///
    /// # Errors
    /// [`Rejection::InvalidReserve`].
    pub fn observe_reserve(
        &mut self,
        id: AssetId,
        price: Price,
        deficit: Amount,
    ) -> Result<(), Rejection> {
        let reserve = self.listed_mut(id)?;
        (reserve.price, reserve.deficit) = (price, deficit);
        Ok(())
    }

    /// Takes over what the oracle says of a staked asset.
    ///
    /// # Errors
    /// [`Rejection::InvalidStakeToken`].
    pub fn observe_stake(&mut self, id: StakeId, price: Price) -> Result<(), Rejection> {
        self.stake_mut(id)?.price = price;
        Ok(())
    }

    /// Checks everything, then commits. A rejected action changes nothing.
    ///
    /// # Errors
    /// The first rejection in the contracts' order.
    ///
    /// # Panics
    /// When shares or assets do not balance: a broken invariant, never a matter of input.
    pub fn apply(&mut self, action: &Action) -> Result<Event, Rejection> {
        let mut draft = self.clone();
        let event = draft.run(action)?;
        self.assert_balance(&draft, &event);
        // Nothing below can fail.
        *self = draft;
        Ok(event)
    }

    fn run(&mut self, action: &Action) -> Ruled<Event> {
        match *action {
            Action::Deposit { .. }
            | Action::Mint { .. }
            | Action::Cooldown { .. }
            | Action::Withdraw { .. }
            | Action::Redeem { .. }
            | Action::Transfer { .. } => return self.run_staker(action),
            Action::SetCooldown {
                stake,
                cooldown,
                window,
            } => {
                let vault = self.stake_mut(stake)?;
                (vault.cooldown, vault.window) = (cooldown, window);
            }
            Action::SetPaused { stake, paused } => self.stake_mut(stake)?.paused = paused,
            Action::UpdateSlashingConfig { .. } | Action::RemoveSlashingConfig { .. } => {
                self.configure(action)?;
            }
            Action::SetDeficitOffset { reserve, offset } => self.set_offset(reserve, offset)?,
            Action::Slash { reserve } => return self.slash(reserve),
            Action::CoverDeficitOffset(payment) => return self.cover_offset(&payment),
            Action::CoverPendingDeficit(payment) => return self.cover_pending(&payment),
            Action::CoverReserveDeficit(payment) => return self.cover_reserve(&payment),
        }
        Ok(Event::Configured)
    }

    /// Runs what stakers do; ignores the rest.
    fn run_staker(&mut self, action: &Action) -> Ruled<Event> {
        let now = self.now;
        match *action {
            Action::Deposit {
                stake,
                account,
                assets,
            } => {
                let shares = self.stake_mut(stake)?.deposit(account, assets)?;
                Ok(staked(stake, account, assets, shares))
            }
            Action::Mint {
                stake,
                account,
                shares,
            } => {
                let assets = self.stake_mut(stake)?.mint(account, shares)?;
                Ok(staked(stake, account, assets, shares))
            }
            Action::Cooldown { stake, account } => Ok(Event::CooldownStarted {
                stake,
                account,
                cooldown: self.stake_mut(stake)?.start_cooldown(account, now)?,
            }),
            Action::Withdraw {
                stake,
                account,
                assets,
            } => {
                let shares = self.stake_mut(stake)?.withdraw(account, assets, now)?;
                Ok(unstaked(stake, account, assets, shares))
            }
            Action::Redeem {
                stake,
                account,
                shares,
            } => {
                let assets = self.stake_mut(stake)?.redeem(account, shares, now)?;
                Ok(unstaked(stake, account, assets, shares))
            }
            Action::Transfer {
                stake,
                from,
                to,
                shares,
            } => {
                self.stake_mut(stake)?.transfer(from, to, shares, now)?;
                Ok(Event::Transferred {
                    stake,
                    from,
                    to,
                    shares,
                })
            }
            _ => Ok(Event::Configured),
        }
    }

    /// What an operation says it moved is what moved, in assets and in shares.
    fn assert_balance(&self, after: &Self, event: &Event) {
        let stake = match *event {
            Event::Staked { stake, .. }
            | Event::Unstaked { stake, .. }
            | Event::Transferred { stake, .. }
            | Event::Slashed { stake, .. } => stake,
            Event::CooldownStarted { .. } | Event::Covered { .. } | Event::Configured => return,
        };
        let (Some(old), Some(new)) = (self.stake(stake), after.stake(stake)) else {
            return;
        };
        let mut came = (Amount::ZERO, Shares::ZERO);
        let mut went = (Amount::ZERO, Shares::ZERO);
        let mut touched = [AccountId::default(); 2];
        match *event {
            Event::Staked {
                account,
                assets,
                shares,
                ..
            } => (came, touched) = ((assets, shares), [account; 2]),
            Event::Unstaked {
                account,
                assets,
                shares,
                ..
            } => (went, touched) = ((assets, shares), [account; 2]),
            Event::Transferred { from, to, .. } => touched = [from, to],
            Event::Slashed { taken, .. } => went.0 = taken,
            _ => {}
        }
        assert!(
            old.assets.plus(came.0) == new.assets.plus(went.0),
            "assets of stake {} do not balance",
            stake.0
        );
        assert!(
            old.shares.plus(came.1) == new.shares.plus(went.1),
            "shares of stake {} do not balance",
            stake.0
        );
        let held = |vault: &StakeToken| {
            let [one, other] = touched.map(|id| vault.staker(id).shares);
            if touched.first() == touched.last() {
                Ok(one)
            } else {
                one.plus(other)
            }
        };
        let (had, has) = (held(old), held(new));
        assert!(
            had.and_then(|n| n.plus(came.1)) == has.and_then(|n| n.plus(went.1)),
            "stakers of stake {} do not sum to its shares",
            stake.0
        );
    }

    pub(super) fn listed(&self, id: AssetId) -> Ruled<&Reserve> {
        let reserve = self.reserves.get(usize::from(id.0));
        reserve.ok_or(Rejection::InvalidReserve)
    }

    pub(super) fn listed_mut(&mut self, id: AssetId) -> Ruled<&mut Reserve> {
        let reserves = Arc::make_mut(&mut self.reserves);
        let reserve = reserves.get_mut(usize::from(id.0));
        reserve.ok_or(Rejection::InvalidReserve)
    }

    pub(super) fn stake_mut(&mut self, id: StakeId) -> Ruled<&mut StakeToken> {
        let stakes = Arc::make_mut(&mut self.stakes);
        let stake = stakes.get_mut(usize::from(id.0));
        stake.map(Arc::make_mut).ok_or(Rejection::InvalidStakeToken)
    }

    /// The vaults that cover a reserve.
    pub fn covering(&self, reserve: AssetId) -> Vec<StakeId> {
        let stakes = (0u16..).zip(self.stakes.iter());
        stakes
            .filter(|(_, stake)| stake.covers.is_some_and(|c| c.reserve == reserve))
            .map(|(id, _)| StakeId(id))
            .collect()
    }

    /// A reserve, or nothing where it is not listed.
    pub fn reserve(&self, id: AssetId) -> Option<&Reserve> {
        self.listed(id).ok()
    }

    /// A vault, or nothing where there is none.
    pub fn stake(&self, id: StakeId) -> Option<&StakeToken> {
        self.stakes.get(usize::from(id.0)).map(AsRef::as_ref)
    }

    /// The present time.
    pub fn now(&self) -> Timestamp {
        self.now
    }
}

fn staked(stake: StakeId, account: AccountId, assets: Amount, shares: Shares) -> Event {
    Event::Staked {
        stake,
        account,
        assets,
        shares,
    }
}

fn unstaked(stake: StakeId, account: AccountId, assets: Amount, shares: Shares) -> Event {
    Event::Unstaked {
        stake,
        account,
        assets,
        shares,
    }
}

//! One stake token: a vault whose shares are redeemed after a cooldown only.

use super::rejection::{Rejection, Ruled};
use crate::book::Book;
use crate::protocol::{AccountId, AssetId};
use crate::units::{Amount, Price, Rounding, Shares, Timestamp, U256, mul_div};

/// Assets that a slashing always leaves.
const ASSETS_LEFT_MIN: Amount = Amount(U256::from_limbs([1_000_000, 0, 0, 0]));
/// Most bits of assets, and of shares in cooldown, in storage.
const AMOUNT_BITS: usize = 192;

/// A wish to leave: so many shares can be redeemed in a window after the wait.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Cooldown {
    /// Shares that may be redeemed.
    pub amount: Shares,
    /// When the window opens, unix seconds.
    pub end: u32,
    /// How long it stays open, seconds.
    pub window: u32,
}

impl Cooldown {
    /// Whether the window has not closed yet. Without a wish it has.
    fn is_running(&self, now: Timestamp) -> Ruled<bool> {
        let closes = self.end.checked_add(self.window);
        let closes = closes.ok_or(Rejection::Panic0x11)?;
        Ok(now.0 <= u64::from(closes))
    }

    fn is_open(&self, now: Timestamp) -> bool {
        let since = now.0.checked_sub(u64::from(self.end));
        since.is_some_and(|since| since <= u64::from(self.window))
    }
}

/// What one account has in a vault.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Staker {
    /// Shares of the vault.
    pub shares: Shares,
    /// The wish to leave, if any.
    pub cooldown: Cooldown,
}

/// Which reserve a stake covers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ReserveStake {
    /// The reserve.
    pub reserve: AssetId,
    /// What is slashed on top of a deficit; at most 10 000 bps.
    pub fee_bps: u16,
}

/// A vault.
#[derive(Clone, Debug)]
pub struct StakeToken {
    /// Decimals of the staked asset.
    pub decimals: u8,
    /// Oracle answer for the staked asset, on the scale of the pool's prices; zero where it has
    /// no positive one.
    pub price: Price,
    /// Which reserve it covers.
    pub covers: Option<ReserveStake>,
    /// Wait before the window opens, seconds, for wishes from now on.
    pub cooldown: u32,
    /// How long the window stays open, seconds, for wishes from now on.
    pub window: u32,
    /// Whether deposits, withdrawals, transfers, cooldowns and slashing are stopped.
    pub paused: bool,
    /// Staked assets by the vault's own count: tokens sent to it do not change them.
    pub assets: Amount,
    /// Shares of all stakers.
    pub shares: Shares,
    /// Slashed so far.
    pub slashed: Amount,
    pub(super) stakers: Book<Staker>,
}

fn cast(n: U256) -> Ruled<U256> {
    if n.bit_len() > AMOUNT_BITS {
        return Err(Rejection::SafeCastOverflowedUintDowncast);
    }
    Ok(n)
}

impl StakeToken {
    /// An empty vault for this many accounts.
    pub fn new(decimals: u8, cooldown: u32, window: u32, accounts: u32) -> Self {
        Self {
            decimals,
            price: Price::ZERO,
            covers: None,
            cooldown,
            window,
            paused: false,
            assets: Amount::ZERO,
            shares: Shares::ZERO,
            slashed: Amount::ZERO,
            stakers: (0..accounts).map(|_| Staker::default()).collect(),
        }
    }

    /// An account's stake; empty where it has none.
    pub fn staker(&self, id: AccountId) -> Staker {
        self.stakers.get(id).copied().unwrap_or_default()
    }

    fn staker_mut(&mut self, id: AccountId) -> Ruled<&mut Staker> {
        self.stakers.get_mut(id).ok_or(Rejection::AccountUnknown)
    }

    /// Shares for assets; one virtual unit of each keeps the ratio defined.
    ///
    /// # Errors
    /// On overflow.
    pub fn to_shares(&self, assets: Amount, rounding: Rounding) -> Result<Shares, Rejection> {
        let (one_share, one_unit) = (Shares::new(1), Amount::new(1));
        let (all, worth) = (self.shares.plus(one_share)?, self.assets.plus(one_unit)?);
        Ok(Shares(mul_div(assets.0, all.0, worth.0, rounding)?))
    }

    /// Assets for shares.
    ///
    /// # Errors
    /// On overflow.
    pub fn to_assets(&self, shares: Shares, rounding: Rounding) -> Result<Amount, Rejection> {
        let (one_share, one_unit) = (Shares::new(1), Amount::new(1));
        let (all, worth) = (self.shares.plus(one_share)?, self.assets.plus(one_unit)?);
        Ok(Amount(mul_div(shares.0, worth.0, all.0, rounding)?))
    }

    /// Shares that an account may redeem now.
    pub fn redeemable(&self, id: AccountId, now: Timestamp) -> Shares {
        let cooldown = self.staker(id).cooldown;
        if self.paused || !cooldown.is_open(now) {
            return Shares::ZERO;
        }
        cooldown.amount
    }

    /// Most that a slashing can take now.
    pub fn slashable(&self) -> Amount {
        if self.paused {
            return Amount::ZERO;
        }
        self.assets.minus_or_zero(ASSETS_LEFT_MIN)
    }

    fn require_running(&self) -> Ruled<()> {
        if self.paused {
            return Err(Rejection::EnforcedPause);
        }
        Ok(())
    }

    /// Assets come in for shares, rounded down.
    pub(super) fn deposit(&mut self, to: AccountId, assets: Amount) -> Ruled<Shares> {
        if self.paused && !assets.is_zero() {
            return Err(Rejection::Erc4626ExceededMaxDeposit);
        }
        let shares = self.to_shares(assets, Rounding::Floor)?;
        self.come_in(to, assets, shares)?;
        Ok(shares)
    }

    /// Shares are made for assets, rounded up.
    pub(super) fn mint(&mut self, to: AccountId, shares: Shares) -> Ruled<Amount> {
        if self.paused && !shares.is_zero() {
            return Err(Rejection::Erc4626ExceededMaxMint);
        }
        let assets = self.to_assets(shares, Rounding::Ceil)?;
        self.come_in(to, assets, shares)?;
        Ok(assets)
    }

    fn come_in(&mut self, to: AccountId, assets: Amount, shares: Shares) -> Ruled<()> {
        self.require_running()?;
        self.shares = self.shares.plus(shares)?;
        let staker = self.staker_mut(to)?;
        staker.shares = staker.shares.plus(shares)?;
        let all = self.assets.0.checked_add(cast(assets.0)?);
        let all = all.filter(|all| all.bit_len() <= AMOUNT_BITS);
        self.assets = Amount(all.ok_or(Rejection::Panic0x11)?);
        Ok(())
    }

    /// Assets go out; tells the shares, rounded up.
    pub(super) fn withdraw(
        &mut self,
        owner: AccountId,
        assets: Amount,
        now: Timestamp,
    ) -> Ruled<Shares> {
        let most = self.to_assets(self.redeemable(owner, now), Rounding::Floor)?;
        if assets > most {
            return Err(Rejection::Erc4626ExceededMaxWithdraw);
        }
        let shares = self.to_shares(assets, Rounding::Ceil)?;
        self.go_out(owner, assets, shares, now)?;
        Ok(shares)
    }

    /// Shares are burned; tells the assets, rounded down.
    pub(super) fn redeem(
        &mut self,
        owner: AccountId,
        shares: Shares,
        now: Timestamp,
    ) -> Ruled<Amount> {
        if shares > self.redeemable(owner, now) {
            return Err(Rejection::Erc4626ExceededMaxRedeem);
        }
        let assets = self.to_assets(shares, Rounding::Floor)?;
        self.go_out(owner, assets, shares, now)?;
        Ok(assets)
    }

    fn go_out(
        &mut self,
        owner: AccountId,
        assets: Amount,
        shares: Shares,
        now: Timestamp,
    ) -> Ruled<()> {
        self.require_running()?;
        let staker = self.staker_mut(owner)?;
        if staker.cooldown.is_running(now)? {
            let rest = staker.cooldown.amount.minus(shares)?;
            staker.cooldown.shrink_to(rest);
        }
        let rest = staker.shares.minus(shares);
        staker.shares = rest.map_err(|_| Rejection::Erc20InsufficientBalance)?;
        self.shares = self.shares.minus(shares)?;
        self.assets = self.assets.minus(Amount(cast(assets.0)?))?;
        Ok(())
    }

    /// Shares change hands. What stays behind limits the sender's cooldown.
    pub(super) fn transfer(
        &mut self,
        from: AccountId,
        to: AccountId,
        shares: Shares,
        now: Timestamp,
    ) -> Ruled<()> {
        self.require_running()?;
        let sender = self.staker_mut(from)?;
        if from != to && sender.cooldown.is_running(now)? {
            let rest = Shares(cast(sender.shares.minus(shares)?.0)?);
            if rest < sender.cooldown.amount {
                sender.cooldown.shrink_to(rest);
            }
        }
        let rest = sender.shares.minus(shares);
        sender.shares = rest.map_err(|_| Rejection::Erc20InsufficientBalance)?;
        let receiver = self.staker_mut(to)?;
        receiver.shares = receiver.shares.plus(shares)?;
        Ok(())
    }

    /// An account wishes to leave with all that it has now.
    pub(super) fn start_cooldown(&mut self, id: AccountId, now: Timestamp) -> Ruled<Cooldown> {
        self.require_running()?;
        let (wait, window) = (self.cooldown, self.window);
        let staker = self.staker_mut(id)?;
        if staker.shares.is_zero() {
            return Err(Rejection::ZeroBalanceInStaking);
        }
        let end = now.0.checked_add(u64::from(wait));
        let end = end.and_then(|end| u32::try_from(end).ok());
        staker.cooldown = Cooldown {
            amount: Shares(cast(staker.shares.0)?),
            end: end.ok_or(Rejection::SafeCastOverflowedUintDowncast)?,
            window,
        };
        Ok(staker.cooldown)
    }

    /// Takes up to an amount from all stakers alike; tells what was taken.
    pub(super) fn slash(&mut self, amount: Amount) -> Ruled<Amount> {
        self.require_running()?;
        if amount.is_zero() {
            return Err(Rejection::ZeroAmountSlashing);
        }
        let most = self.slashable();
        if most.is_zero() {
            return Err(Rejection::ZeroFundsAvailable);
        }
        let taken = amount.min(most);
        self.assets = self.assets.minus(taken)?;
        self.slashed = self.slashed.plus(taken)?;
        Ok(taken)
    }
}

impl Cooldown {
    fn shrink_to(&mut self, rest: Shares) {
        self.amount = rest;
        if rest.is_zero() {
            *self = Self::default();
        }
    }
}

//! The operations, and what they tell.

use super::StakeId;
use super::stake::Cooldown;
use crate::protocol::{AccountId, AssetId};
use crate::units::{Amount, Shares};

/// One call. Assets are paid from and to the outside; operations of administrators and of the
/// coverage manager are called by whoever has the role.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// Stakes assets.
    Deposit {
        /// Which vault.
        stake: StakeId,
        /// Who gets the shares.
        account: AccountId,
        /// In asset units.
        assets: Amount,
    },
    /// Stakes what so many shares cost.
    Mint {
        /// Which vault.
        stake: StakeId,
        /// Who gets the shares.
        account: AccountId,
        /// New shares.
        shares: Shares,
    },
    /// Begins the wait for leaving with everything.
    Cooldown {
        /// Which vault.
        stake: StakeId,
        /// Who wishes to leave.
        account: AccountId,
    },
    /// Takes assets out, in the window.
    Withdraw {
        /// Which vault.
        stake: StakeId,
        /// Whose shares.
        account: AccountId,
        /// In asset units.
        assets: Amount,
    },
    /// Burns shares for assets, in the window.
    Redeem {
        /// Which vault.
        stake: StakeId,
        /// Whose shares.
        account: AccountId,
        /// Burned shares.
        shares: Shares,
    },
    /// Hands shares on.
    Transfer {
        /// Which vault.
        stake: StakeId,
        /// Whose shares.
        from: AccountId,
        /// Whose from now on.
        to: AccountId,
        /// How many.
        shares: Shares,
    },
    /// Sets the wait and the window of later wishes.
    SetCooldown {
        /// Which vault.
        stake: StakeId,
        /// Wait, seconds.
        cooldown: u32,
        /// Window, seconds.
        window: u32,
    },
    /// Stops a vault, or lets it go on.
    SetPaused {
        /// Which vault.
        stake: StakeId,
        /// Whether it is stopped from now on.
        paused: bool,
    },
    /// Lets a vault cover a reserve, or changes its fee. The first one fixes the offset at the
    /// deficit of the moment.
    UpdateSlashingConfig {
        /// Which reserve.
        reserve: AssetId,
        /// Which vault.
        stake: StakeId,
        /// What is slashed on top of a deficit, bps.
        fee_bps: u16,
    },
    /// Ends a vault's coverage of a reserve; nothing happens where there is none.
    RemoveSlashingConfig {
        /// Which reserve.
        reserve: AssetId,
        /// Which vault.
        stake: StakeId,
    },
    /// Sets the deficit that is not slashed for.
    SetDeficitOffset {
        /// Which reserve.
        reserve: AssetId,
        /// In the reserve's units.
        offset: Amount,
    },
    /// Slashes for the new deficit of a reserve. Anybody may.
    Slash {
        /// Which reserve.
        reserve: AssetId,
    },
    /// Pays for the part of the deficit that is not slashed for.
    CoverDeficitOffset(Payment),
    /// Pays for the part of the deficit that was slashed for.
    CoverPendingDeficit(Payment),
    /// Pays for the deficit of a reserve that no vault covers.
    CoverReserveDeficit(Payment),
}

/// A payment for a pool's deficit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Payment {
    /// Which reserve.
    pub reserve: AssetId,
    /// Most that is paid.
    pub amount: Amount,
    /// What arrives. Transfers of a pool's own claim may lose a unit; what arrives beyond the
    /// amount does not count.
    pub received: Amount,
}

/// What an operation did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Event {
    /// A stake grew.
    Staked {
        /// Which vault.
        stake: StakeId,
        /// Whose.
        account: AccountId,
        /// Paid.
        assets: Amount,
        /// New shares.
        shares: Shares,
    },
    /// A stake shrank.
    Unstaked {
        /// Which vault.
        stake: StakeId,
        /// Whose.
        account: AccountId,
        /// Received.
        assets: Amount,
        /// Burned shares.
        shares: Shares,
    },
    /// A wish to leave.
    CooldownStarted {
        /// Which vault.
        stake: StakeId,
        /// Whose.
        account: AccountId,
        /// Until when, and with how much.
        cooldown: Cooldown,
    },
    /// Shares changed hands.
    Transferred {
        /// Which vault.
        stake: StakeId,
        /// Whose they were.
        from: AccountId,
        /// Whose they are.
        to: AccountId,
        /// How many.
        shares: Shares,
    },
    /// A vault was slashed.
    Slashed {
        /// For which reserve.
        reserve: AssetId,
        /// Which vault.
        stake: StakeId,
        /// Taken, in units of the staked asset.
        taken: Amount,
        /// Deficit that is pending because of it, in the reserve's units.
        covered: Amount,
        /// The fee's part, in the reserve's units.
        fee: Amount,
    },
    /// The pool is to eliminate so much of its deficit.
    Covered {
        /// Of which reserve.
        reserve: AssetId,
        /// In the reserve's units.
        amount: Amount,
    },
    /// A parameter changed.
    Configured,
}

//! The contracts' operations.

use super::cluster::VaultId;
use super::vault::{AmountCap, LinearKink};
use crate::protocol::AccountId;
use crate::units::{Amount, Bps, Shares};

/// What a vault can switch off.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Operation {
    /// Bringing assets by their amount.
    Deposit,
    /// Bringing assets by the shares they give.
    Mint,
    /// Taking assets by their amount.
    Withdraw,
    /// Taking assets by the shares they cost.
    Redeem,
    /// Handing on shares; a seizure of shares too.
    Transfer,
    /// Borrowing.
    Borrow,
    /// Repaying with assets.
    Repay,
    /// Repaying with shares.
    RepayWithShares,
    /// Taking over a debt.
    PullDebt,
    /// Giving fees to their receivers.
    ConvertFees,
    /// Liquidating.
    Liquidate,
    /// Adding interest.
    Touch,
    /// The vault's own check after any of them.
    VaultStatusCheck,
}

impl Operation {
    /// Its bit in [`super::VaultConfig::disabled`], as in the contract.
    pub fn bit(self) -> u32 {
        match self {
            Self::Deposit => 1,
            Self::Mint => 1 << 1,
            Self::Withdraw => 1 << 2,
            Self::Redeem => 1 << 3,
            Self::Transfer => 1 << 4,
            Self::Borrow => 1 << 6,
            Self::Repay => 1 << 7,
            Self::RepayWithShares => 1 << 8,
            Self::PullDebt => 1 << 9,
            Self::ConvertFees => 1 << 10,
            Self::Liquidate => 1 << 11,
            Self::Touch => 1 << 13,
            Self::VaultStatusCheck => 1 << 14,
        }
    }

    /// Whether only an account that the vault controls may do it.
    pub(super) fn needs_controller(self) -> bool {
        matches!(self, Self::Borrow | Self::PullDebt | Self::Liquidate)
    }
}

/// A change of a vault's settings by its governor.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Setting {
    /// Loan-to-value of a collateral.
    Ltv {
        /// Which collateral.
        collateral: VaultId,
        /// For new borrows.
        borrow: Bps,
        /// For liquidation.
        liquidation: Bps,
        /// Seconds over which a fall is stretched.
        ramp: u32,
    },
    /// Largest discount of a liquidation.
    MaxLiquidationDiscount(Bps),
    /// Seconds after a passed check within which an account cannot be liquidated.
    LiquidationCoolOff(u16),
    /// What sets the rate.
    InterestRateModel(Option<LinearKink>),
    /// Operations switched off, by their bits.
    Disabled(u32),
    /// Flags such as [`super::DONT_SOCIALIZE_DEBT`].
    Flags(u32),
    /// Caps on supply and borrows.
    Caps {
        /// On supply.
        supply: AmountCap,
        /// On borrows.
        borrow: AmountCap,
    },
    /// Part of the interest that goes to the fee receivers.
    InterestFee(Bps),
    /// Who gets the governor's part of the fees.
    FeeReceiver(Option<AccountId>),
}

/// An operation. Assets come from outside the modelled world and go there; [`Amount::MAX`] and
/// [`Shares::MAX`] say "all" where the contract reads them so.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// Adds a collateral to the end of an account's list.
    EnableCollateral {
        /// Whose.
        account: AccountId,
        /// Which vault's shares.
        vault: VaultId,
    },
    /// Takes a collateral off the list; the last one takes its place.
    DisableCollateral {
        /// Whose.
        account: AccountId,
        /// Which vault's shares.
        vault: VaultId,
    },
    /// Two collaterals change places.
    ReorderCollaterals {
        /// Whose.
        account: AccountId,
        /// The earlier place, from 0.
        first: u8,
        /// The later place.
        second: u8,
    },
    /// Lets a vault control an account.
    EnableController {
        /// Whose.
        account: AccountId,
        /// Which vault.
        vault: VaultId,
    },
    /// The vault lets go of an account that owes it nothing.
    DisableController {
        /// Whose.
        account: AccountId,
        /// Which vault.
        vault: VaultId,
    },
    /// Brings assets.
    Deposit {
        /// Where.
        vault: VaultId,
        /// Assets; there is no "all", as nobody's assets outside are known.
        amount: Amount,
        /// Who gets the shares.
        receiver: AccountId,
    },
    /// Brings the assets for a number of shares.
    Mint {
        /// Where.
        vault: VaultId,
        /// Shares.
        shares: Shares,
        /// Who gets them.
        receiver: AccountId,
    },
    /// Takes assets.
    Withdraw {
        /// Where.
        vault: VaultId,
        /// Assets.
        amount: Amount,
        /// Whose shares pay for them.
        owner: AccountId,
    },
    /// Takes the assets for a number of shares.
    Redeem {
        /// Where.
        vault: VaultId,
        /// Shares, or all.
        shares: Shares,
        /// Whose.
        owner: AccountId,
    },
    /// Hands on shares.
    Transfer {
        /// Of which vault.
        vault: VaultId,
        /// Who has them.
        from: AccountId,
        /// Who gets them.
        to: AccountId,
        /// How many.
        shares: Shares,
    },
    /// Takes assets as a debt.
    Borrow {
        /// Where.
        vault: VaultId,
        /// Who owes them.
        account: AccountId,
        /// Assets, or all that the vault holds.
        amount: Amount,
    },
    /// Pays a debt.
    Repay {
        /// Where.
        vault: VaultId,
        /// Whose debt.
        receiver: AccountId,
        /// Assets, or all that is owed.
        amount: Amount,
    },
    /// Pays a debt with shares of the same vault.
    RepayWithShares {
        /// Where.
        vault: VaultId,
        /// Whose shares.
        account: AccountId,
        /// Whose debt.
        receiver: AccountId,
        /// Assets, or all shares; never more than is owed.
        amount: Amount,
    },
    /// Takes over a debt.
    PullDebt {
        /// Where.
        vault: VaultId,
        /// Who takes it.
        account: AccountId,
        /// Who owes it.
        from: AccountId,
        /// Assets, or all that is owed.
        amount: Amount,
    },
    /// Adds interest and sets the rate.
    Touch {
        /// Where.
        vault: VaultId,
    },
    /// Gives the fees to their receivers as shares.
    ConvertFees {
        /// Whose fees.
        vault: VaultId,
    },
    /// Takes over debt of an unhealthy account, and collateral at a discount with it.
    Liquidate {
        /// Whose loan.
        vault: VaultId,
        /// Who takes over.
        liquidator: AccountId,
        /// Whose position.
        violator: AccountId,
        /// Which vault's shares to seize.
        collateral: VaultId,
        /// Debt to take over in assets, or the most that is allowed.
        repay: Amount,
        /// Fewer shares than this are refused.
        min_shares: Shares,
    },
    /// A change of settings.
    Govern {
        /// Of which vault.
        vault: VaultId,
        /// What.
        setting: Setting,
    },
}

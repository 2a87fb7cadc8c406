//! What a call did.

use super::cluster::VaultId;
use super::debt::Debt;
use super::vault::{Ltv, SecondRate};
use crate::protocol::AccountId;
use crate::units::{Amount, Index, Shares};

/// One liquidation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Liquidation {
    /// Whose loan.
    pub vault: VaultId,
    /// Who takes over debt and collateral.
    pub liquidator: AccountId,
    /// Whose position.
    pub violator: AccountId,
    /// Whose shares were seized.
    pub collateral: VaultId,
    /// Debt taken over, in assets.
    pub repay: Amount,
    /// Shares seized.
    pub shares: Shares,
}

/// One thing that happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Event {
    /// Assets came in, shares were made.
    Deposited {
        /// Where.
        vault: VaultId,
        /// Who has the shares.
        account: AccountId,
        /// Assets that came in; zero where fees became shares.
        assets: Amount,
        /// Shares made.
        shares: Shares,
    },
    /// Shares were destroyed; assets went out, or paid a debt in the vault.
    Withdrawn {
        /// Where.
        vault: VaultId,
        /// Whose shares.
        account: AccountId,
        /// Assets.
        assets: Amount,
        /// Shares destroyed.
        shares: Shares,
    },
    /// Shares changed hands.
    Transferred {
        /// Of which vault.
        vault: VaultId,
        /// Who had them.
        from: AccountId,
        /// Who has them.
        to: AccountId,
        /// How many.
        shares: Shares,
    },
    /// A debt grew by interest since it was last written, in whole assets.
    InterestAccrued {
        /// To which vault it is owed.
        vault: VaultId,
        /// Who owes it.
        account: AccountId,
        /// By how much.
        assets: Amount,
    },
    /// A debt was taken.
    Borrowed {
        /// To which vault it is owed.
        vault: VaultId,
        /// Who owes it.
        account: AccountId,
        /// How much.
        assets: Amount,
    },
    /// A debt was paid, handed on or written off.
    Repaid {
        /// To which vault it was owed.
        vault: VaultId,
        /// Who owed it.
        account: AccountId,
        /// How much.
        assets: Amount,
    },
    /// A debt was taken over of one's own will.
    DebtPulled {
        /// To which vault it is owed.
        vault: VaultId,
        /// Who owed it.
        from: AccountId,
        /// Who owes it.
        to: AccountId,
        /// How much.
        assets: Amount,
    },
    /// A rest of debt without collateral was written off; the vault's depositors pay for it.
    DebtSocialized {
        /// To which vault it was owed.
        vault: VaultId,
        /// Who owed it.
        account: AccountId,
        /// How much, in whole assets rounded up.
        assets: Amount,
    },
    /// A liquidation.
    Liquidated(Liquidation),
    /// Fees were given to their receivers as shares.
    FeesConverted {
        /// Whose fees.
        vault: VaultId,
        /// Part of the protocol.
        protocol: Shares,
        /// Part of the vault's governor.
        governor: Shares,
    },
    /// The vault's ledger after its check.
    VaultChecked {
        /// Which vault.
        vault: VaultId,
        /// All shares.
        total_shares: Shares,
        /// What all debtors owe.
        total_borrows: Debt,
        /// Shares not yet given to the fee receivers.
        accumulated_fees: Shares,
        /// Assets that it holds.
        cash: Amount,
        /// Growth of debts.
        interest_accumulator: Index,
        /// The rate from now on.
        interest_rate: SecondRate,
    },
    /// An account passed its controller's check.
    AccountChecked {
        /// Which account.
        account: AccountId,
        /// Its controller.
        controller: VaultId,
    },
    /// A collateral was enabled or disabled.
    CollateralSet {
        /// For which account.
        account: AccountId,
        /// Which vault.
        vault: VaultId,
        /// Whether it is collateral now.
        enabled: bool,
    },
    /// A controller was enabled or disabled.
    ControllerSet {
        /// For which account.
        account: AccountId,
        /// Which vault.
        vault: VaultId,
        /// Whether it is a controller now.
        enabled: bool,
    },
    /// A loan-to-value was set.
    LtvSet {
        /// For loans of which vault.
        vault: VaultId,
        /// For which collateral.
        collateral: VaultId,
        /// What holds now.
        ltv: Ltv,
    },
    /// Another setting changed.
    SettingChanged {
        /// Of which vault.
        vault: VaultId,
    },
}

/// Events of one call, in the order in which they happened.
pub type Events = Vec<Event>;

//! What happened, in the contract's own terms.

use super::state::Paused;
use crate::protocol::{AccountId, AssetId};
use crate::units::{Amount, Value};

/// Events of one action, in order.
pub type Events = Vec<Event>;

/// A debt that the protocol took over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Absorption {
    /// Whose.
    pub account: AccountId,
    /// Paid by reserves, in base token units: the debt and the surplus.
    pub paid_out: Amount,
    /// What that is worth, in dollars with 8 decimals, rounded down.
    pub value: Value,
    /// Supply that the account is left with, in base token units.
    pub surplus: Amount,
    /// Debt that its collateral did not cover, in base token units.
    pub uncovered: Amount,
}

/// One thing that happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Event {
    /// Interest was stored after so many seconds.
    Accrued {
        /// More than zero.
        seconds: u64,
    },
    /// The base asset or collateral came in.
    Supplied {
        /// Who paid.
        payer: AccountId,
        /// Whose balance grew.
        account: AccountId,
        /// Which tokens.
        asset: AssetId,
        /// Token units.
        amount: Amount,
    },
    /// The base asset or collateral left.
    Withdrawn {
        /// Whose balance shrank.
        account: AccountId,
        /// Who was paid.
        recipient: AccountId,
        /// Which tokens.
        asset: AssetId,
        /// Token units.
        amount: Amount,
    },
    /// The base asset or collateral changed accounts.
    Transferred {
        /// Whose balance shrank.
        sender: AccountId,
        /// Whose balance grew.
        recipient: AccountId,
        /// Which asset.
        asset: AssetId,
        /// Token units.
        amount: Amount,
    },
    /// Collateral became the protocol's.
    CollateralAbsorbed {
        /// Whose it was.
        account: AccountId,
        /// Which asset.
        asset: AssetId,
        /// Token units.
        amount: Amount,
        /// What it is worth, in dollars with 8 decimals, rounded down.
        value: Value,
    },
    /// A debt became the protocol's.
    DebtAbsorbed(Absorption),
    /// Collateral was sold.
    CollateralBought {
        /// Who paid.
        buyer: AccountId,
        /// Which collateral.
        asset: AssetId,
        /// Paid, in base token units.
        base_amount: Amount,
        /// Bought, in token units.
        collateral_amount: Amount,
    },
    /// Reserves were paid out.
    ReservesWithdrawn {
        /// To whom.
        recipient: AccountId,
        /// Base token units.
        amount: Amount,
    },
    /// Operations were paused or resumed.
    PauseSet(Paused),
    /// Tokens came from outside.
    Funded {
        /// Whose wallet.
        account: AccountId,
        /// Which tokens.
        asset: AssetId,
        /// Token units.
        amount: Amount,
    },
}

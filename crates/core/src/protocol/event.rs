//! What happened. Events rebuild state and feed every metric.

use super::{AccountId, AssetId};
use crate::units::{Amount, Index, Price, Rate, Shares, Timestamp};

/// One thing that happened, in the words common to all families.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// The machine took new oracle answers.
    PriceObserved {
        /// Which asset.
        asset: AssetId,
        /// The new answer.
        price: Price,
    },
    /// A reserve accrued and its rates changed.
    ReserveUpdated {
        /// Which reserve.
        asset: AssetId,
        /// Yearly rate paid to suppliers.
        liquidity_rate: Rate,
        /// Yearly rate paid by borrowers.
        borrow_rate: Rate,
        /// Cumulated growth of a supply.
        liquidity_index: Index,
        /// Cumulated growth of a debt.
        borrow_index: Index,
    },
    /// Tokens came into the pool as a supply.
    Supplied {
        /// Who paid.
        payer: AccountId,
        /// Whose supply grew.
        account: AccountId,
        /// Which asset.
        asset: AssetId,
        /// How much.
        amount: Amount,
    },
    /// A supply left the pool.
    Withdrawn {
        /// Whose supply shrank.
        account: AccountId,
        /// Who received it.
        receiver: AccountId,
        /// Which asset.
        asset: AssetId,
        /// How much.
        amount: Amount,
    },
    /// A debt was opened or grew.
    Borrowed {
        /// Who owes.
        account: AccountId,
        /// Who received the tokens.
        receiver: AccountId,
        /// Which asset.
        asset: AssetId,
        /// How much.
        amount: Amount,
        /// Yearly rate after the borrow.
        rate: Rate,
    },
    /// A debt shrank.
    Repaid {
        /// Who paid.
        payer: AccountId,
        /// Who owed.
        account: AccountId,
        /// Which asset.
        asset: AssetId,
        /// How much.
        amount: Amount,
    },
    /// A supply began or ceased to count as collateral.
    CollateralEnabled {
        /// Whose supply.
        account: AccountId,
        /// Which asset.
        asset: AssetId,
        /// Whether it counts from now on.
        enabled: bool,
    },
    /// An account chose an efficiency mode.
    EModeSet {
        /// Who.
        account: AccountId,
        /// Category; 0 is none.
        category: u8,
    },
    /// A position was liquidated.
    Liquidated {
        /// Whose position.
        account: AccountId,
        /// Who repaid.
        liquidator: AccountId,
        /// What was seized.
        collateral: AssetId,
        /// What was repaid.
        debt: AssetId,
        /// Paid by the liquidator, in debt units.
        repaid: Amount,
        /// Received by the liquidator, in collateral units, after the protocol's fee.
        seized: Amount,
        /// Whether the liquidator took the claim on the pool in place of the tokens.
        receive_claim: bool,
    },
    /// The protocol's share of a seizure.
    LiquidationFee {
        /// Whose collateral.
        account: AccountId,
        /// Which asset.
        asset: AssetId,
        /// In asset units.
        amount: Amount,
        /// In scaled units, after the clamp to what was left.
        shares: Shares,
    },
    /// Debt without collateral was written off.
    DeficitCreated {
        /// Whose debt.
        account: AccountId,
        /// Which asset.
        asset: AssetId,
        /// In asset units.
        amount: Amount,
    },
    /// A recorded deficit was paid.
    DeficitCovered {
        /// Which asset.
        asset: AssetId,
        /// Who paid.
        payer: AccountId,
        /// In asset units.
        amount: Amount,
    },
    /// The total debt against an isolated collateral changed.
    IsolatedDebtUpdated {
        /// The isolated collateral.
        asset: AssetId,
        /// New total, in hundredths of a whole debt token.
        total: Amount,
    },
    /// Liquidations of a reserve are withheld until a time.
    GraceSet {
        /// Which reserve.
        asset: AssetId,
        /// Until when; liquidation needs a later time.
        until: Timestamp,
    },
    /// A reserve was paused or resumed.
    PauseSet {
        /// Which reserve.
        asset: AssetId,
        /// Whether it is paused from now on.
        paused: bool,
    },
    /// A parameter was moved, in the unit of its [`LeverKind`](super::LeverKind).
    LeverSet {
        /// The lever's name.
        name: String,
        /// Setting before.
        before: u128,
        /// Setting from now on.
        after: u128,
    },
}

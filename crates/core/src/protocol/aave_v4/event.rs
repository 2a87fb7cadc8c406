//! What happened, in the contracts' own terms.

use super::hub_operations::PremiumDelta;
use super::math::AmountRay;
use super::sizing::LiquidationAmounts;
use super::{HubAssetId, SpokeId, TokenId};
use crate::protocol::{AccountId, AssetId};
use crate::units::{Amount, Price, Shares};

/// One thing that happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// The spoke's oracle has a new answer.
    PriceObserved {
        /// Which reserve.
        reserve: AssetId,
        /// The new answer.
        price: Price,
    },
    /// A supply grew.
    Supplied {
        /// Which reserve.
        reserve: AssetId,
        /// Who paid.
        payer: AccountId,
        /// Whose supply.
        account: AccountId,
        /// New shares.
        shares: Shares,
        /// Paid.
        amount: Amount,
    },
    /// A supply shrank.
    Withdrawn {
        /// Which reserve.
        reserve: AssetId,
        /// Who received the tokens.
        receiver: AccountId,
        /// Whose supply.
        account: AccountId,
        /// Burned shares.
        shares: Shares,
        /// Received.
        amount: Amount,
    },
    /// A debt grew.
    Borrowed {
        /// Which reserve.
        reserve: AssetId,
        /// Who received the tokens.
        receiver: AccountId,
        /// Who owes.
        account: AccountId,
        /// New drawn shares.
        shares: Shares,
        /// Received.
        amount: Amount,
    },
    /// A debt shrank.
    Repaid {
        /// Which reserve.
        reserve: AssetId,
        /// Who paid.
        payer: AccountId,
        /// Whose debt.
        account: AccountId,
        /// Repaid drawn shares.
        shares: Shares,
        /// Paid, premium included.
        amount: Amount,
        /// How the premium changed.
        premium: PremiumDelta,
    },
    /// A supply began or ceased to count as collateral.
    CollateralSet {
        /// Which reserve.
        reserve: AssetId,
        /// Whose supply.
        account: AccountId,
        /// Whether it counts from now on.
        enabled: bool,
    },
    /// An account's collateral has the newest parameter sets now.
    DynamicConfigRefreshed {
        /// On which spoke.
        spoke: SpokeId,
        /// Whose.
        account: AccountId,
    },
    /// An account's premium on a reserve follows its new risk premium.
    PremiumRefreshed {
        /// Which reserve.
        reserve: AssetId,
        /// Whose debt.
        account: AccountId,
        /// How the premium changed.
        premium: PremiumDelta,
    },
    /// An account's risk premium was set.
    RiskPremiumSet {
        /// On which spoke.
        spoke: SpokeId,
        /// Whose.
        account: AccountId,
        /// In bps.
        risk: u32,
    },
    /// A position was liquidated.
    Liquidated(Liquidation),
    /// Debt without collateral was written off.
    DeficitReported {
        /// Which reserve.
        reserve: AssetId,
        /// Whose debt.
        account: AccountId,
        /// Drawn shares.
        shares: Shares,
        /// Drawn and premium together.
        deficit: AmountRay,
    },
    /// A recorded deficit was covered.
    DeficitEliminated {
        /// Which asset.
        asset: HubAssetId,
        /// Whose shares were burned.
        payer: SpokeId,
        /// Whose deficit.
        covered: SpokeId,
        /// Burned shares.
        shares: Shares,
        /// Covered.
        deficit: AmountRay,
    },
    /// A spoke without reserves brought tokens in.
    HubAdded {
        /// Which asset.
        asset: HubAssetId,
        /// Which spoke.
        spoke: SpokeId,
        /// New shares.
        shares: Shares,
        /// Paid.
        amount: Amount,
    },
    /// A spoke without reserves took tokens out.
    HubRemoved {
        /// Which asset.
        asset: HubAssetId,
        /// Which spoke.
        spoke: SpokeId,
        /// Burned shares.
        shares: Shares,
        /// Received.
        amount: Amount,
    },
    /// Counted fees became shares.
    FeeSharesMinted {
        /// Which asset.
        asset: HubAssetId,
        /// Whose shares.
        receiver: SpokeId,
        /// New shares.
        shares: Shares,
    },
    /// The reinvestment controller took liquidity out.
    Swept {
        /// Which asset.
        asset: HubAssetId,
        /// In asset units.
        amount: Amount,
    },
    /// The reinvestment controller brought liquidity back.
    Reclaimed {
        /// Which asset.
        asset: HubAssetId,
        /// In asset units.
        amount: Amount,
    },
    /// Tokens reached a wallet from outside.
    Funded {
        /// Whose wallet.
        account: AccountId,
        /// Which token.
        token: TokenId,
        /// In asset units.
        amount: Amount,
    },
    /// An administrator changed a parameter.
    Configured,
}

/// What one liquidation did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Liquidation {
    /// What was seized.
    pub collateral: AssetId,
    /// What was repaid.
    pub debt: AssetId,
    /// Whose position.
    pub borrower: AccountId,
    /// Who paid.
    pub liquidator: AccountId,
    /// Paid, in debt units.
    pub repaid: Amount,
    /// Worth of all seized shares, in collateral units.
    pub seized: Amount,
    /// Received by the liquidator in tokens, in collateral units; nothing where it took shares.
    pub paid_out: Amount,
    /// Sizes in shares.
    pub amounts: LiquidationAmounts,
    /// How the premium changed.
    pub premium: PremiumDelta,
    /// Whether the rest of the borrower's debt was written off.
    pub leaves_deficit: bool,
}

//! The operations of spokes and hub, as users and administrators call them.

use super::hub::HubSpokeConfig;
use super::rate::RateStrategy;
use super::spoke::{DynamicConfig, LiquidationConfig, ReserveConfig};
use super::{HubAssetId, SpokeId, TokenId};
use crate::protocol::{AccountId, AssetId};
use crate::units::{Amount, Bps};

/// One call. A reserve is an [`AssetId`]; it names its spoke.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Action {
    /// Brings tokens in as a supply of `on_behalf_of`.
    Supply {
        /// Pays from its wallet; the account itself or its manager.
        caller: AccountId,
        /// Which reserve.
        reserve: AssetId,
        /// In asset units.
        amount: Amount,
        /// Whose supply grows.
        on_behalf_of: AccountId,
    },
    /// Takes a supply out.
    Withdraw {
        /// Receives the tokens; the account itself or its manager.
        caller: AccountId,
        /// Which reserve.
        reserve: AssetId,
        /// In asset units; all of it where that is less.
        amount: Amount,
        /// Whose supply shrinks.
        on_behalf_of: AccountId,
    },
    /// Borrows.
    Borrow {
        /// Receives the tokens; the account itself or its manager.
        caller: AccountId,
        /// Which reserve.
        reserve: AssetId,
        /// In asset units.
        amount: Amount,
        /// Who owes.
        on_behalf_of: AccountId,
    },
    /// Repays, premium first.
    Repay {
        /// Pays from its wallet; the account itself or its manager.
        caller: AccountId,
        /// Which reserve.
        reserve: AssetId,
        /// In asset units; all of the debt where that is less.
        amount: Amount,
        /// Whose debt shrinks.
        on_behalf_of: AccountId,
    },
    /// Makes a supply count as collateral, or not.
    SetUsingAsCollateral {
        /// The account itself or its manager.
        caller: AccountId,
        /// Which reserve.
        reserve: AssetId,
        /// Whether it counts from now on.
        enabled: bool,
        /// Whose supply.
        on_behalf_of: AccountId,
    },
    /// Repays a debt of an unhealthy account and seizes its collateral.
    Liquidate {
        /// Pays and receives.
        liquidator: AccountId,
        /// Whose position.
        borrower: AccountId,
        /// What is seized.
        collateral: AssetId,
        /// What is repaid; a reserve of the same spoke.
        debt: AssetId,
        /// Most that is paid, in debt units.
        debt_to_cover: Amount,
        /// Take shares in place of tokens.
        receive_shares: bool,
    },
    /// Recomputes an account's risk premium.
    UpdateRiskPremium {
        /// The account itself, its manager, or the spoke's updater.
        caller: AccountId,
        /// On which spoke.
        spoke: SpokeId,
        /// Whose.
        account: AccountId,
    },
    /// Takes an account to the newest parameter sets of its collateral.
    UpdateDynamicConfig {
        /// The account itself, its manager, or the spoke's updater.
        caller: AccountId,
        /// On which spoke.
        spoke: SpokeId,
        /// Whose.
        account: AccountId,
    },
    /// Lets a manager act for an account, or no longer.
    SetPositionManager {
        /// Whose position.
        account: AccountId,
        /// On which spoke.
        spoke: SpokeId,
        /// Who may act.
        manager: AccountId,
        /// Whether it may from now on.
        approve: bool,
    },
    /// Switches a manager on or off for a whole spoke.
    UpdatePositionManager {
        /// Which spoke.
        spoke: SpokeId,
        /// Which manager.
        manager: AccountId,
        /// Whether it may act from now on.
        active: bool,
    },
    /// Sets how a spoke liquidates.
    UpdateLiquidationConfig {
        /// Which spoke.
        spoke: SpokeId,
        /// The new parameters.
        config: LiquidationConfig,
    },
    /// Sets a reserve's switches and risk.
    UpdateReserveConfig {
        /// Which reserve.
        reserve: AssetId,
        /// The new parameters.
        config: ReserveConfig,
    },
    /// Adds a parameter set; accounts come to it as they act.
    AddDynamicConfig {
        /// Which reserve.
        reserve: AssetId,
        /// The new set.
        config: DynamicConfig,
    },
    /// Changes a parameter set, for all accounts that have it.
    UpdateDynamicReserveConfig {
        /// Which reserve.
        reserve: AssetId,
        /// Which set.
        key: u32,
        /// The new parameters.
        config: DynamicConfig,
    },
    /// A spoke without reserves brings tokens in.
    AddToHub {
        /// The spoke's owner; pays.
        caller: AccountId,
        /// Which spoke.
        spoke: SpokeId,
        /// Which asset.
        asset: HubAssetId,
        /// In asset units.
        amount: Amount,
    },
    /// A spoke without reserves takes tokens out.
    RemoveFromHub {
        /// The spoke's owner; receives.
        caller: AccountId,
        /// Which spoke.
        spoke: SpokeId,
        /// Which asset.
        asset: HubAssetId,
        /// In asset units; all that it has where that is less.
        amount: Amount,
    },
    /// A spoke without reserves gives up shares for a recorded deficit.
    EliminateDeficit {
        /// The spoke's owner.
        caller: AccountId,
        /// Whose shares are burned.
        spoke: SpokeId,
        /// Which asset.
        asset: HubAssetId,
        /// In asset units; all of the deficit where that is less.
        amount: Amount,
        /// Which spoke reported the deficit.
        covered: SpokeId,
    },
    /// Turns counted fees into shares of the fee receiver.
    MintFeeShares {
        /// Which asset.
        asset: HubAssetId,
    },
    /// Lists a spoke for an asset.
    AddSpoke {
        /// Which asset.
        asset: HubAssetId,
        /// Which spoke.
        spoke: SpokeId,
        /// Its limits and switches.
        config: HubSpokeConfig,
    },
    /// Sets a spoke's limits and switches.
    UpdateSpokeConfig {
        /// Which asset.
        asset: HubAssetId,
        /// Which spoke.
        spoke: SpokeId,
        /// The new ones.
        config: HubSpokeConfig,
    },
    /// Sets an asset's fee and who handles its money.
    UpdateAssetConfig {
        /// Which asset.
        asset: HubAssetId,
        /// The hub's part of the interest.
        liquidity_fee: Bps,
        /// Receives fees from now on.
        fee_receiver: SpokeId,
        /// May take liquidity out from now on.
        reinvestment_controller: Option<AccountId>,
    },
    /// Sets an asset's rate curve.
    SetInterestRateData {
        /// Which asset.
        asset: HubAssetId,
        /// The new curve.
        strategy: RateStrategy,
    },
    /// The reinvestment controller takes liquidity out.
    Sweep {
        /// The controller; receives.
        caller: AccountId,
        /// Which asset.
        asset: HubAssetId,
        /// In asset units.
        amount: Amount,
    },
    /// The reinvestment controller brings liquidity back.
    Reclaim {
        /// The controller; pays.
        caller: AccountId,
        /// Which asset.
        asset: HubAssetId,
        /// In asset units.
        amount: Amount,
    },
    /// Tokens reach a wallet from outside the modelled world.
    Fund {
        /// Whose wallet.
        account: AccountId,
        /// Which token.
        token: TokenId,
        /// In asset units.
        amount: Amount,
    },
}

//! Aave v4: hubs that hold liquidity, spokes that lend it against collateral.
//!
//! A [`Market`] is made by [`MarketSetup::build`] and moves by [`Action`]s. A liquidation brings
//! the health factor back to a target, with a bonus that grows as the health factor falls, and
//! leaves no dust. Debt without collateral is reported to the hub as a deficit. The mechanism, the
//! roundings and their sources are in `docs/protocols/aave-v4.md`.

mod account;
mod action;
mod admin;
mod draft;
mod event;
mod halts;
mod hash;
mod hub;
mod hub_admin;
mod hub_operations;
mod ledger;
mod levers;
mod liquidate;
mod machine;
mod math;
mod rate;
mod rejection;
mod setup;
mod signed;
mod sizing;
mod spoke;
mod spoke_bounds;
mod spoke_machine;
mod spoke_setup;
mod spoke_told;
mod users;
mod version;

pub use account::{Account, Position};
pub use action::Action;
pub use event::{Event, Liquidation};
pub use hub::{HubAsset, HubSpoke, HubSpokeConfig, HubState, NO_CAP, NO_THRESHOLD};
pub use hub_operations::PremiumDelta;
pub use ledger::AccountData;
pub use liquidate::LiquidationCheck;
pub use machine::Market;
pub use math::{AmountRay, ValueRay};
pub use rate::RateStrategy;
pub use rejection::Rejection;
pub use setup::MarketSetup;
pub use signed::Signed;
pub use sizing::{
    DebtToLiquidate, LiquidationAmounts, LiquidationParams, Remainder, leaves_deficit,
    liquidation_bonus,
};
pub use spoke::{DynamicConfig, LiquidationConfig, PositionManager, Reserve, ReserveConfig, Spoke};
pub use spoke_machine::SpokeMachine;
pub use spoke_setup::{Listing, SpokeSetup};
pub use version::{AaveV4Version, Rules};

/// Position of an underlying token in the market's list.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct TokenId(pub u16);

/// Position of a hub's asset in the market's list; two hubs may list the same token.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct HubAssetId(pub u16);

/// Position of a spoke in the market's list.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct SpokeId(pub u16);

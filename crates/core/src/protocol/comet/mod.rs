//! Compound v3 (Comet): one base asset is lent against many collateral assets, and the protocol
//! itself absorbs accounts under water and sells their collateral.
//!
//! A [`Comet`] is made by [`CometSetup::build`] and moves by [`Action`]s; a [`StoreFront`] puts it
//! behind the trait that a market world runs. Versions are rows of the
//! table in `version`; the mechanism, the roundings and their sources are in
//! `docs/protocols/comet.md`.

mod absorb;
mod action;
mod asset_set;
mod balance;
mod config;
mod draft;
mod event;
mod halts;
mod hash;
mod interest;
mod lend;
mod levers;
mod machine;
mod math;
mod rejection;
mod sale;
mod setup;
mod solvency;
mod state;
mod store_front;
mod version;

pub use action::Action;
pub use asset_set::AssetSet;
pub use balance::Balance;
pub use config::{BaseConfig, CollateralConfig, Config, RateCurve};
pub use event::{Absorption, Event, Events};
pub use rejection::Rejection;
pub use sale::{Reserves, Sale};
pub use setup::{CollateralSetup, CometSetup};
pub use solvency::Standing;
pub use state::{Account, BASE, Collateral, Comet, Paused, Position, Totals};
pub use store_front::StoreFront;
pub use version::{CometVersion, Rules};

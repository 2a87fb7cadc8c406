//! Morpho Blue: isolated markets of one collateral and one loan token, kept in shares.
//!
//! A [`Market`] is made by [`MarketSetup::build`] and moves by [`Action`]s. Versions are rows of
//! the table in `version`; the mechanism, the roundings and their sources are in
//! `docs/protocols/morpho.md`.

mod action;
mod draft;
mod event;
mod halts;
mod hash;
mod interest;
mod liquidate;
mod machine;
mod markets;
mod math;
mod rejection;
mod setup;
mod shares;
mod state;
mod supply;
mod version;

pub use action::{Action, Quantity};
pub use event::{Accrual, Event, Events, Liquidation};
pub use interest::Irm;
pub use machine::Quote;
pub use markets::{MarketAction, Markets, Pair};
pub use rejection::Rejection;
pub use setup::MarketSetup;
pub use state::{Holdings, Market, Position, Standing, Totals};
pub use version::{MorphoVersion, Rules};

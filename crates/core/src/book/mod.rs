//! Accounts, their O(1) fork, and the indexes over them.
//!
//! - [`Book`] holds one record an account. Its clone shares everything and copies what it touches.
//! - [`BreachIndex`] tells which accounts may be in breach after a price tick without a scan.
//! - [`LiquidationMap`] tells how much collateral becomes liquidatable between any two prices.
//!
//! `docs/breach-index.md` explains why the index never misses and what it costs.

mod accounts;
mod cohort;
mod exposure;
mod filter;
mod id_set;
mod index;
mod log;
mod map;
mod measure;
mod threshold;
mod trie;

pub use accounts::Book;
pub(crate) use id_set::IdSet;

pub use exposure::{AssetSet, EffectivePrices, Exposure, Shortfall};
pub use index::{BreachIndex, Look};
pub use map::{Curve, LiquidationMap, MapPoint, Position, Totals};
pub use measure::Measure;
pub use threshold::{Solvency, Threshold};

//! The market world of Backstop: prices, liquidity, oracles' feeds, gas, agents, and the loop that
//! joins them with a protocol.
//!
//! Prices and quantities are `f64` here. They meet the ledger's integers in [`door`] and nowhere
//! else. Randomness comes from seeded generators only: the same inputs and seed give the same
//! bytes, on any number of threads. Nothing here reads a clock or a file.
//!
//! Start at [`world::World`], which runs one path, and [`record::PathRecord`], which it returns;
//! [`ensemble::Ensemble`] runs many.

pub mod agents;
pub mod cascade;
pub mod door;
pub mod ensemble;
mod error;
pub mod feed;
pub mod impact;
pub mod market;
pub mod metrics;
pub mod network;
pub mod oracle_cost;
pub mod plan;
pub mod price;
pub mod random;
pub mod record;
pub mod statistics;
#[cfg(test)]
mod toy;
#[cfg(test)]
mod toy_auction;
pub mod venue;
pub mod world;

pub use error::ConfigError;

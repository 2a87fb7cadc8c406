//! The market world of Backstop: prices, liquidity, oracles' feeds, gas, agents, and the loop that
//! joins them with a protocol.
//!
//! Prices and quantities are `f64` here. They meet the ledger's integers in [`door`] and nowhere
//! else. Randomness comes from seeded generators only: the same inputs and seed give the same
//! bytes, on any number of threads. Nothing here reads a clock or a file.
//!
//! Start at [`record::PathRecord`], what a path leaves behind.

pub mod door;
mod error;
pub mod price;
pub mod random;
pub mod record;


pub use error::ConfigError;

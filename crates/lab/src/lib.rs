//! The market world of Backstop: prices, liquidity, oracles' feeds, gas, agents, and the loop that
//! joins them with a protocol.
//!
//! Prices and quantities are `f64` here. They meet the ledger's integers in [`door`] and nowhere
//! else. Randomness comes from seeded generators only: the same inputs and seed give the same
//! bytes, on any number of threads. Nothing here reads a clock or a file.

pub mod record;

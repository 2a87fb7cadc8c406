//! The ledger world of Backstop: exact, deterministic integer rules of on-chain credit.
//!
//! Nothing here reads a clock, a file, the network or a source of randomness, and nothing uses a
//! floating-point number. Time, prices and identifiers come in as arguments, so the same inputs
//! give the same state hash everywhere.
//!
//! Start at [`protocol::Protocol`], the one trait; [`protocol::aave`] is a family behind it.

#![cfg_attr(
    not(test),
    deny(
        clippy::float_arithmetic,
        clippy::arithmetic_side_effects,
        clippy::integer_division,
        clippy::as_conversions,
        clippy::indexing_slicing,
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::panic,
        clippy::iter_over_hash_type
    )
)]

pub mod auction;
pub mod book;
pub mod coverage;
pub mod governor;
pub mod guard;
pub mod monitor;
pub mod oracle;
pub mod protocol;
pub mod signals;
pub mod units;

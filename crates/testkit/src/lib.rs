//! Development only: a slow, obvious model of the rules, to judge the fast engine by.
//!
//! The model shares no code with the engine. It was written from the rules, with big integers of
//! any size, one function an operation, and it copies the whole world before each call. Where the
//! two disagree, one of them is wrong, and the vectors of the real contracts say which.

pub mod aave;

pub use num_bigint::BigUint;

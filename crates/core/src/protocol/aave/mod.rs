//! Aave v3.

mod action;

pub use action::Action;

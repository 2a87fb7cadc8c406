//! Aave v3 in the versions 3.0.2, 3.3, 3.4, 3.5, 3.6 and 3.7.
//!
//! A [`World`] holds everything; an operation is a method that either changes it and tells what
//! happened, or refuses with the contract's reason and changes nothing. Not modelled: stable-rate
//! debt, bridged supply, flash loans, aToken transfers between users, repaying with aTokens, and
//! the role that may switch isolated collateral on for others.

mod account;
mod accrue;
mod borrow;
mod deficit;
mod liquidate;
mod number;
mod state;
mod supply;
mod version;

pub use account::Account;
pub use liquidate::{Liquidation, LiquidationCall, Payout};
pub use state::{EMode, Position, RateStrategy, Reserve, Sentinel, User, World};
pub use version::Version;

/// Why a call was refused: the contract's own name, in capitals with underscores.
///
/// `PANIC_0x11` is a checked under- or overflow, `PANIC_0x12` a division by zero, `EMPTY_REVERT`
/// an overflow inside the contracts' fixed-point functions, which revert without data.
pub type Refusal = &'static str;

/// What a call ends with.
pub type Outcome<T> = Result<T, Refusal>;

//! Aave Umbrella: stakes that are slashed for a pool's deficit.
//!
//! Each stake token belongs to one reserve. When the reserve's deficit exceeds the offset (a first
//! loss that the protocol bears itself) and what was slashed before, anybody may slash. Slashed
//! assets leave the vault and every share loses the same part, in cooldown or not. The pool's
//! deficit falls only later, when a manager pays for it: until then it is pending.
//!
//! The mechanism and its source are in `docs/protocols/umbrella.md`.

mod action;
mod cover;
mod machine;
mod rejection;
mod stake;
#[cfg(test)]
mod tests;

pub use action::{Action, Event, Payment};
pub use cover::Reserve;
pub use machine::{Umbrella, UmbrellaSetup};
pub use rejection::Rejection;
pub use stake::{Cooldown, ReserveStake, StakeToken, Staker};

/// Position of a stake token in the list.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct StakeId(pub u16);

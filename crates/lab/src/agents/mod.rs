//! Who acts: liquidators and borrowers.

mod borrower;
mod files;
mod game;
mod leverage;
mod liquidator;
mod manipulator;
mod plan;

pub use borrower::{BorrowerGroup, Reaction};
pub(crate) use borrower::{Borrowers, Due};
pub(crate) use files::{Files, Pair, largest, ratio, wake};
pub use game::{Competition, InventoryRisk, dissipated_share, equilibrium_bid};
pub use leverage::LeverageGroup;
pub(crate) use leverage::{Lever, Levered};
pub(crate) use liquidator::Crew;
#[cfg(test)]
pub(crate) use liquidator::example;
pub use liquidator::{BidStyle, Bidding, Exit, LiquidatorConfig, Outages, Sizing};
pub use manipulator::ManipulatorConfig;
pub(crate) use manipulator::{Attack, Manipulator};
pub(crate) use plan::{Desk, Plan};

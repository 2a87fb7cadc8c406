//! Who acts: liquidators and borrowers.

mod borrower;
mod liquidator;
mod plan;

pub use borrower::{BorrowerGroup, Reaction};
pub(crate) use borrower::{Borrowers, Due};
pub(crate) use liquidator::Crew;
#[cfg(test)]
pub(crate) use liquidator::example;
pub use liquidator::{BidStyle, Bidding, Exit, LiquidatorConfig, Outages, Sizing};
pub(crate) use plan::{Desk, Plan};

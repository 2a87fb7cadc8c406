//! Aave v3: the scenario's own terms, as they are.

use super::{Design, Opened, Payer};
use crate::failure::Failure;
use crate::setup::{Loaded, open_pool_as};
use backstop_core::protocol::aave::AaveVersion;

/// A pool with the scenario's borrowers.
///
/// # Errors
/// As `open_pool`.
pub(super) fn open(loaded: &Loaded, version: AaveVersion) -> Result<Box<dyn Design>, Failure> {
    let pool = open_pool_as(loaded, &loaded.inputs.book, version)?;
    Ok(Box::new(Opened {
        protocol: pool.pool,
        payer: Payer::Waterfall,
        mapping: vec![
            "Borrowers, thresholds, bonuses, fees and rate curves are the scenario's, unchanged."
                .to_owned(),
        ],
    }))
}

//! The `differential` command.

use crate::Outcome;

/// Arguments of `cargo xtask differential`.
#[derive(Debug, clap::Args)]
pub struct Args {}

/// Runs the command.
///
/// # Errors
/// When the engine and the contracts disagree.
pub fn run(_args: &Args) -> Outcome {
    Err("the differential run is not available in this build".to_owned())
}

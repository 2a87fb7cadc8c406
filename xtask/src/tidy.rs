//! The `tidy` command.

use crate::Outcome;

/// Arguments of `cargo xtask tidy`.
#[derive(Debug, clap::Args)]
pub struct Args {}

/// Runs the command.
///
/// # Errors
/// When a check fails.
pub fn run(_args: &Args) -> Outcome {
    Ok(())
}

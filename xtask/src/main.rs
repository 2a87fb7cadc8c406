//! `cargo xtask`: the development commands of this repository.

#![allow(
    clippy::print_stderr,
    reason = "a development command talks to the person who runs it"
)]

use clap::{Parser, Subcommand};
use std::process::ExitCode;
use xtask::{ci, differential, tidy};

/// Development commands of Backstop.
#[derive(Debug, Parser)]
#[command(name = "cargo xtask")]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Everything that continuous integration checks: format, lints, tests, docs, tidy.
    Ci(ci::Args),
    /// Checks the rules of the house that no compiler checks.
    Tidy(tidy::Args),
    /// Runs random actions on the real contracts and on the engine, and compares.
    Differential(differential::Args),
}

fn main() -> ExitCode {
    let outcome = match Cli::parse().command {
        Command::Ci(args) => ci::run(&args),
        Command::Tidy(args) => tidy::run(&args),
        Command::Differential(args) => differential::run(&args),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(reason) => {
            eprintln!("{reason}");
            ExitCode::FAILURE
        }
    }
}

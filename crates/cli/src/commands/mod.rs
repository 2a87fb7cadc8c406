//! One file a command: its arguments, their help and what it does.

mod ab;
mod backtest;
mod compare;
mod explain;
mod fit;
mod fit_impact;
mod health;
mod map;
mod merge;
mod plan;
mod run;
mod stress;
mod sweep;
mod verify;

use crate::failure::Failure;
use clap::Subcommand;
use std::process::ExitCode;

/// What to do.
#[derive(Subcommand, Debug)]
pub(crate) enum Command {
    /// Run a scenario: who is liquidated, at what price, what is left and who pays it
    Run(run::Args),
    /// Thousands of paths of a scenario: how much bad debt, how sure, and what drives it
    Stress(stress::Args),
    /// A scenario's paths under many settings: bad debt against price falls, depth or any other key
    Sweep(sweep::Args),
    /// The same paths with and without policies: what each changes, and how sure
    Ab(ab::Args),
    /// Join the parts of an ensemble that ran apart
    Merge(merge::Args),
    /// The same borrowers and the same crash in several designs, side by side
    Compare(compare::Args),
    /// Liquidation map: collateral that becomes liquidatable against price
    Map(map::Args),
    /// How to sell a seized block over time and venues, and why so
    Plan(plan::Args),
    /// Health, distance to liquidation and liquidation price of every account of a book
    Health(health::Args),
    /// Price processes estimated from past prices, with errors and goodness of fit
    Fit(fit::Args),
    /// Forecasts of value at risk judged by past prices
    Backtest(backtest::Args),
    /// Price impact estimated from forced flow, with errors, what stays and how fast the rest comes back
    FitImpact(fit_impact::Args),
    /// Every number and rounding of one account's liquidations
    Explain(explain::Args),
    /// Run vector files against the rules and report each difference
    Verify(verify::Args),
}

/// Runs a command; the exit code is 0, or 1 where the command found what it looks for.
///
/// # Errors
/// A message for the user; the process ends with 2.
pub(crate) fn dispatch(command: Command) -> Result<ExitCode, Failure> {
    match command {
        Command::Run(args) => run::run(&args),
        Command::Stress(args) => stress::run(&args),
        Command::Sweep(args) => sweep::run(&args),
        Command::Ab(args) => ab::run(&args),
        Command::Merge(args) => merge::run(&args),
        Command::Compare(args) => compare::run(&args),
        Command::Map(args) => map::run(&args),
        Command::Plan(args) => plan::run(&args),
        Command::Health(args) => health::run(&args),
        Command::Fit(args) => fit::run(&args),
        Command::Backtest(args) => backtest::run(&args),
        Command::FitImpact(args) => fit_impact::run(&args),
        Command::Explain(args) => explain::run(&args),
        Command::Verify(args) => verify::run(&args),
    }
}

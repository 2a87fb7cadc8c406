//! `backstop`: what happens to a lending protocol when prices fall, exact to the wei.
//!
//! One file a command in `commands`; `setup` joins a scenario with the core and the lab.

mod commands;
mod failure;
mod progress;
mod setup;

use clap::Parser;
use std::process::ExitCode;

/// Paths of an ensemble allocate much and briefly, on all threads at once.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Simulates liquidations of on-chain credit, exact to the wei, and explains them.
#[derive(Parser, Debug)]
#[command(name = "backstop", version, about, arg_required_else_help = true)]
struct Cli {
    /// Threads for work that can run side by side; results do not depend on it
    #[arg(long, global = true, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1024))]
    threads: Option<u16>,
    #[command(subcommand)]
    command: commands::Command,
}

fn main() -> ExitCode {
    let cli = Cli::parse();
    match start_threads(cli.threads).and_then(|()| commands::dispatch(cli.command)) {
        Ok(code) => code,
        Err(failure::Failure::OutputClosed) => ExitCode::from(2),
        Err(failure) => {
            eprintln!("error: {failure}");
            ExitCode::from(2)
        }
    }
}

fn start_threads(threads: Option<u16>) -> Result<(), failure::Failure> {
    let Some(threads) = threads else {
        return Ok(());
    };
    rayon::ThreadPoolBuilder::new()
        .num_threads(usize::from(threads))
        .build_global()
        .map_err(|error| failure::Failure::new(format!("--threads {threads}: {error}")))
}

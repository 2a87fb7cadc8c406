//! `cargo xtask ci`: everything that continuous integration checks, in the order of cost.

use crate::{Outcome, root, tidy};
use std::process::Command;
use std::time::Instant;

/// Arguments of `cargo xtask ci`.
#[derive(Debug, clap::Args)]
pub struct Args {}

/// One step: a name, the arguments of `cargo`, and an environment variable to set.
struct Step {
    name: &'static str,
    arguments: &'static [&'static str],
    variable: Option<(&'static str, &'static str)>,
}

const STEPS: [Step; 4] = [
    Step {
        name: "format",
        arguments: &["fmt", "--all", "--check"],
        variable: None,
    },
    Step {
        name: "lints",
        arguments: &[
            "clippy",
            "--workspace",
            "--all-targets",
            "--",
            "-D",
            "warnings",
        ],
        variable: None,
    },
    Step {
        name: "tests",
        arguments: &["test", "--workspace"],
        variable: None,
    },
    Step {
        name: "documentation",
        arguments: &["doc", "--workspace", "--no-deps"],
        variable: Some(("RUSTDOCFLAGS", "-D warnings")),
    },
];

/// Runs every step and stops at the first that fails.
///
/// # Errors
/// Names the step that failed.
pub fn run(_args: &Args) -> Outcome {
    let start = Instant::now();
    for step in &STEPS {
        timed(step.name, || run_cargo(step))?;
    }
    timed("tidy", || tidy::run(&tidy::Args {}))?;
    println!("all passed in {:.1} s", start.elapsed().as_secs_f64());
    Ok(())
}

/// Prints a step's name, result and time.
fn timed(name: &str, step: impl FnOnce() -> Outcome) -> Outcome {
    println!("{name} …");
    let start = Instant::now();
    let outcome = step();
    let word = if outcome.is_ok() { "passed" } else { "failed" };
    println!("{name} {word} in {:.1} s", start.elapsed().as_secs_f64());
    outcome
}

fn run_cargo(step: &Step) -> Outcome {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut command = Command::new(cargo);
    command.current_dir(root()).args(step.arguments);
    command.envs(step.variable);
    let line = format!("cargo {}", step.arguments.join(" "));
    match command.status() {
        Ok(status) if status.success() => Ok(()),
        Ok(status) => Err(format!("`{line}` ended with {status}")),
        Err(error) => Err(format!("`{line}` could not be started: {error}")),
    }
}

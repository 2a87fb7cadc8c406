//! `cargo xtask differential`: random actions on the real contracts and on the engine.
//!
//! A Node.js program per protocol deploys the contracts from their npm package on a local EVM node
//! bound to loopback, runs seeded random sequences of actions, and records every state as a vector
//! file. The engine then replays the file. `docs/differential.md` says what is compared.

use crate::{Outcome, root};
use backstop_io::vectors;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Instant;

/// Differences shown at most.
const SHOWN: usize = 20;
/// The parts of the Node.js programs.
const SOURCES: [&str; 7] = [
    "package.json",
    "local.mjs",
    "aave.mjs",
    "aave_chain.mjs",
    "morpho.mjs",
    "morpho_chain.mjs",
    "FixedRate.sol",
];

/// A protocol whose contracts can be run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Protocol {
    /// Aave v3.0.2
    Aave,
    /// Morpho Blue
    Morpho,
}

impl Protocol {
    const ALL: [Self; 2] = [Self::Aave, Self::Morpho];

    /// The Node.js program.
    fn program(self) -> &'static str {
        match self {
            Self::Aave => "aave.mjs",
            Self::Morpho => "morpho.mjs",
        }
    }

    fn name(self) -> &'static str {
        match self {
            Self::Aave => "aave",
            Self::Morpho => "morpho",
        }
    }
}

/// Arguments of `cargo xtask differential`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Which contracts to run; all where this is left out
    #[arg(long, value_name = "NAME")]
    protocol: Option<Protocol>,
    /// Random sequences to run of each protocol
    #[arg(long, value_name = "N", default_value_t = 20, value_parser = clap::value_parser!(u32).range(1..=100_000))]
    cases: u32,
    /// Seed; the same seed gives the same sequences
    #[arg(long, value_name = "S", default_value_t = 1)]
    seed: u32,
    /// Actions in a sequence
    #[arg(long, value_name = "N", default_value_t = 25, value_parser = clap::value_parser!(u32).range(1..=10_000))]
    steps: u32,
    /// Keep the recorded sequences in this file; needs one protocol
    #[arg(long, value_name = "FILE", requires = "protocol")]
    keep: Option<PathBuf>,
}

/// Runs the command.
///
/// # Errors
/// When Node.js or npm is missing, the node does not start, or engine and contracts disagree.
pub fn run(args: &Args) -> Outcome {
    let folder = root().join("target").join("differential");
    install(&folder)?;
    let chosen = match args.protocol {
        Some(protocol) => vec![protocol],
        None => Protocol::ALL.to_vec(),
    };
    // Every protocol is run, also after one that disagrees.
    let outcomes: Vec<Outcome> = chosen
        .into_iter()
        .map(|protocol| run_protocol(protocol, &folder, args))
        .collect();
    outcomes.into_iter().collect()
}

fn run_protocol(protocol: Protocol, folder: &Path, args: &Args) -> Outcome {
    let name = protocol.name();
    let file = folder.join(format!("{name}-{}-{}.jsonl", args.seed, args.cases));
    let started = Instant::now();
    let counts = generate(protocol, folder, args, &file)?;
    println!(
        "{name} contracts: {} sequences of {} actions in {:.0} s",
        args.cases,
        args.steps,
        started.elapsed().as_secs_f64()
    );
    for (action, (accepted, rejected)) in &counts {
        println!("  {action:<18} {accepted:>6} accepted {rejected:>6} rejected");
    }
    if let Some(keep) = &args.keep {
        std::fs::copy(&file, keep)
            .map_err(|e| format!("{}: cannot be written: {e}", keep.display()))?;
    }
    compare(name, &file)
}

/// Puts the programs and their packages into the folder; npm does nothing where they are there.
fn install(folder: &Path) -> Outcome {
    let failed = |what: &Path, e: std::io::Error| format!("{}: {e}", what.display());
    std::fs::create_dir_all(folder).map_err(|e| failed(folder, e))?;
    for name in SOURCES {
        let source = root().join("xtask").join("differential").join(name);
        std::fs::copy(&source, folder.join(name)).map_err(|e| failed(&source, e))?;
    }
    let mut npm = Command::new("npm");
    npm.args([
        "install",
        "--no-audit",
        "--no-fund",
        "--ignore-scripts",
        "--loglevel=error",
    ]);
    let status = npm
        .current_dir(folder)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .status();
    match status {
        Ok(status) if status.success() => Ok(()),
        Ok(status) => Err(format!(
            "npm install in {} ended with {status}",
            folder.display()
        )),
        Err(e) => Err(format!(
            "npm cannot be run ({e}); this command needs Node.js and npm"
        )),
    }
}

/// Accepted and rejected actions by name.
type Counts = BTreeMap<String, (u64, u64)>;

fn generate(protocol: Protocol, folder: &Path, args: &Args, file: &Path) -> Result<Counts, String> {
    let mut node = Command::new("node");
    node.arg(protocol.program())
        .args([&args.cases, &args.seed, &args.steps].map(u32::to_string));
    let output = node
        .arg(file)
        .current_dir(folder)
        .stdin(Stdio::null())
        .stderr(Stdio::inherit())
        .output()
        .map_err(|e| format!("node cannot be run ({e}); this command needs Node.js and npm"))?;
    if !output.status.success() {
        return Err(format!("the contracts' side ended with {}", output.status));
    }
    let text = String::from_utf8_lossy(&output.stdout);
    let told: serde_json::Value = serde_json::from_str(text.trim())
        .map_err(|e| format!("the contracts' side told no counts: {e}"))?;
    let count = |value: &serde_json::Value, key: &str| value.get(key).and_then(|n| n.as_u64());
    let actions = told.as_object().into_iter().flatten();
    Ok(actions
        .map(|(action, value)| {
            let of = |key| count(value, key).unwrap_or(0);
            (action.clone(), (of("accepted"), of("rejected")))
        })
        .collect())
}

/// Replays the file on the engine.
fn compare(name: &str, file: &Path) -> Outcome {
    let started = Instant::now();
    let report = vectors::verify(file, &mut |_, _| {}).map_err(|error| error.to_string())?;
    println!(
        "{name} engine: {} sequences, {} actions ({} rejected), {} fields compared in {:.2} s, {} mismatches",
        report.cases,
        report.steps,
        report.rejected,
        report.checks,
        started.elapsed().as_secs_f64(),
        report.mismatches.len()
    );
    if report.mismatches.is_empty() {
        return Ok(());
    }
    for mismatch in report.mismatches.iter().take(SHOWN) {
        println!(
            "  {} step {}: {}\n    expected {}\n    got      {}",
            mismatch.case, mismatch.step, mismatch.field, mismatch.expected, mismatch.got
        );
    }
    Err(format!(
        "{name}: engine and contracts disagree; the sequences are in {}",
        file.display()
    ))
}

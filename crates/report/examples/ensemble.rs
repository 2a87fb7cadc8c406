//! Writes the report of a made-up ensemble:
//! `cargo run -p backstop-report --example ensemble -- FOLDER [PATHS]`.

#[allow(dead_code, reason = "the tests use the rest")]
#[path = "../tests/support/ensemble.rs"]
mod ensemble;
#[allow(dead_code, reason = "the example of a single run uses the rest")]
#[path = "../tests/support/mod.rs"]
mod support;

use backstop_report::{ensemble_text, write_ensemble};
use std::io::Write;
use std::path::PathBuf;

fn main() -> std::io::Result<()> {
    let mut arguments = std::env::args().skip(1);
    let folder = PathBuf::from(arguments.next().unwrap_or_else(|| ".".to_owned()));
    let paths = arguments
        .next()
        .and_then(|n| n.parse().ok())
        .unwrap_or(10_000);
    let made = ensemble::Ensemble::of(&ensemble::drawn(paths));
    std::fs::create_dir_all(&folder)?;
    write_ensemble(&folder, &made.report()).map_err(std::io::Error::other)?;
    write!(std::io::stdout(), "{}", ensemble_text(&made.report(), 100))
}

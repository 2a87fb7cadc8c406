//! Writes the pages of a made-up sweep, its drivers and a map:
//! `cargo run -p backstop-report --example sweep -- FOLDER`.

#![allow(clippy::unwrap_used, reason = "an example stops at the first failure")]

#[allow(dead_code, reason = "the example of a single run uses the rest")]
#[path = "../tests/support/mod.rs"]
mod support;
#[allow(dead_code, reason = "the tests use the rest")]
#[path = "../tests/support/sweep.rs"]
mod sweep;

use backstop_report::{write_drivers, write_map_report, write_sweep};
use std::path::PathBuf;
use sweep::{Drivers, Map, Sweep};

fn main() -> std::io::Result<()> {
    let folder = std::env::args().nth(1).unwrap_or_else(|| ".".to_owned());
    let folder = PathBuf::from(folder);
    let line = folder.join("line");
    std::fs::create_dir_all(&line)?;
    let written = [
        Sweep::two_keys(500).report(|report| write_sweep(&folder, report)),
        Sweep::one_key(500).report(|report| write_sweep(&line, report)),
        Drivers::some().report(|report| write_drivers(&folder, report)),
        Map::two().report(|report| write_map_report(&folder, report)),
    ];
    written
        .into_iter()
        .collect::<Result<(), _>>()
        .map_err(std::io::Error::other)
}

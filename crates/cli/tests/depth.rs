//! Depth recorded over time, through the whole command.

use std::path::PathBuf;
use std::process::Command;

#[allow(dead_code, reason = "each file of tests needs a part")]
mod support;
use support::{backstop, ok, refused, scratch};

const START: u64 = 1_767_225_600;

/// Depth of the first venue by the hour, as so many times that at the start.
fn written(name: &str, depth: impl Fn(u64) -> f64) -> PathBuf {
    let folder = scratch(name);
    std::fs::create_dir_all(&folder).expect("a folder");
    let row = |hour: u64| format!("{},{}\n", START + 3_600 * hour, 5e18 * depth(hour));
    let rows: String = (0..24).map(row).collect();
    let file = folder.join("depth.csv");
    std::fs::write(&file, format!("time,liquidity\n{rows}")).expect("a file");
    file
}

fn stress(name: &str, more: &[&str]) -> Command {
    let mut command = backstop("stress", "scenarios/one-day.toml", 30);
    command
        .args([
            "--set",
            "book.synthetic.accounts=300",
            "--set",
            "shock.fall=0.2",
        ])
        .arg("--out")
        .arg(scratch(&format!("{name}-out")))
        .args(more);
    command
}

fn recorded(file: &PathBuf) -> String {
    format!("venues.0.depth={{ recorded = {{ file = {file:?}, column = \"liquidity\" }} }}")
}

/// Collateral's mean slippage, USD.
fn slippage(name: &str, more: &[&str]) -> f64 {
    ok(stress(name, more));
    let file = scratch_of(name).join("totals.json");
    let text = std::fs::read_to_string(file).expect("a file");
    let totals: serde_json::Value = serde_json::from_str(&text).expect("JSON");
    let sum = &totals["totals"]["figures"]["slippage"]["sum"]["sum"];
    let sum = sum.as_str().expect("a number as text");
    sum.parse::<f64>().expect("a number")
}

fn scratch_of(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_TARGET_TMPDIR"))
        .join(env!("CARGO_CRATE_NAME"))
        .join(format!("{name}-out"))
}

#[test]
fn sales_meet_the_depth_of_their_time() {
    let plain = slippage("plain", &[]);
    let same = written("same", |_| 1.0);
    assert_eq!(slippage("same", &["--set", &recorded(&same)]), plain);
    let thin = written("thin", |hour| if hour == 0 { 1.0 } else { 0.01 });
    let thin = slippage("thin", &["--set", &recorded(&thin)]);
    assert!(thin > 1.2 * plain, "{thin} after {plain}");
    let deep = written("deep", |hour| if hour == 0 { 1.0 } else { 100.0 });
    let deep = slippage("deep", &["--set", &recorded(&deep)]);
    assert!(deep < plain, "{deep} after {plain}");
}

#[test]
fn a_run_beyond_the_record_is_refused() {
    let file = written("beyond", |_| 1.0);
    let later = ["--set", "time.end=2026-01-02T01:00:00Z", "--set"];
    refused(
        stress("beyond", &[&later[..], &[&recorded(&file)]].concat()),
        &["depth.csv", "the depth is told until 2026-01-02T00:00:00Z"],
    );
}

//! Sweeps from the command line: grids, drivers, interruptions and refusals.

mod support;

use std::path::{Path, PathBuf};
use std::process::Command;
use support::{ok, refused, root, scratch};

/// `backstop sweep` over a small book by the six hours.
fn sweep(paths: u32, out: &Path, more: &[&str]) -> Command {
    let mut command = support::backstop("sweep", "scenarios/one-day.toml", paths);
    command
        .args(["--set", "time.step_s=21600"])
        .args(["--set", "book.synthetic.accounts=300", "--out"])
        .arg(out)
        .args(more);
    command
}

fn read(file: PathBuf) -> String {
    std::fs::read_to_string(&file).unwrap_or_else(|why| panic!("{}: {why}", file.display()))
}

fn json(file: PathBuf) -> serde_json::Value {
    serde_json::from_str(&read(file)).expect("JSON")
}

const TWO: [&str; 4] = [
    "--over",
    "shock.fall=0..0.6:3",
    "--over",
    "impact.depth=1,0.2",
];

#[test]
fn a_grid_is_the_same_on_one_thread_and_resumed() {
    let [two, one, part] = ["two-threads", "one-thread", "resumed"].map(scratch);
    let told = ok(sweep(6, &two, &TWO));
    assert!(
        told.contains("6 cells over shock.fall and impact.depth"),
        "{told}"
    );
    ok(sweep(6, &one, &[&TWO[..], &["--threads", "1"]].concat()));
    let kept = |folder: &Path| read(folder.join("sweep-totals.json"));
    assert_eq!(kept(&two), kept(&one));
    assert_eq!(read(two.join("cells.json")), read(one.join("cells.json")));
    // As a run leaves it that was ended after two cells.
    let mut half = json(two.join("sweep-totals.json"));
    for cell in half["cells"]
        .as_array_mut()
        .expect("cells")
        .iter_mut()
        .skip(2)
    {
        *cell = serde_json::Value::Null;
    }
    std::fs::create_dir_all(&part).expect("a folder");
    std::fs::write(part.join("sweep-totals.json"), half.to_string()).expect("a file");
    ok(sweep(6, &part, &[&TWO[..], &["--resume"]].concat()));
    assert_eq!(kept(&two), kept(&part));
    for file in ["sweep.html", "sweep.json", "cells.parquet"] {
        assert!(two.join(file).exists(), "{file}");
    }
}

/// More is liquidated the further prices fall, and a cell is the ensemble of its settings.
#[test]
fn cells_are_ensembles_of_their_settings() {
    let [grid, alone] = ["cells", "alone"].map(scratch);
    ok(sweep(8, &grid, &TWO));
    let cells = json(grid.join("sweep.json"));
    let cells = cells["cells"].as_array().expect("cells");
    let seized = |at: usize| {
        cells[at]["seized"]["mean"]["value"]
            .as_f64()
            .expect("a mean")
    };
    assert!(seized(0) <= seized(2) && seized(2) < seized(4), "{cells:?}");
    let mut stress = Command::new(env!("CARGO_BIN_EXE_backstop"));
    stress
        .args(["stress", "scenarios/one-day.toml", "--paths", "8"])
        .args(["--set", "time.step_s=21600"])
        .args(["--set", "book.synthetic.accounts=300"])
        .args([
            "--set",
            "shock.fall=0.6",
            "--set",
            "impact.depth=0.2",
            "--out",
        ])
        .arg(&alone)
        .current_dir(root());
    ok(stress);
    let summary = json(alone.join("stress.json"));
    assert_eq!(summary["seized"], cells[5]["seized"]);
    assert_eq!(summary["bad_debt"], cells[5]["bad_debt"]);
}

#[test]
fn one_key_and_words_as_values() {
    let [line, words] = ["line", "words"].map(scratch);
    ok(sweep(4, &line, &["--over", "liquidators.0.count=1..3:3"]));
    assert!(read(line.join("sweep.html")).contains("line-expected-shortfall"));
    ok(sweep(4, &words, &["--over", "protocol.version=3.0.2,3.3"]));
    assert!(read(words.join("sweep.html")).contains("map-expected-shortfall"));
}

#[test]
fn drivers_are_told_and_go_on() {
    let [whole, part] = ["drivers", "drivers-resumed"].map(scratch);
    let told = ok(sweep(6, &whole, &["--drivers"]));
    assert!(told.contains("Depth of venues"), "{told}");
    let rows = json(whole.join("drivers.json"));
    let rows = rows.as_array().expect("rows");
    assert_eq!(rows.len(), 29);
    let mut half = json(whole.join("drivers-totals.json"));
    half["runs"].as_array_mut().expect("runs").truncate(3);
    std::fs::create_dir_all(&part).expect("a folder");
    std::fs::write(part.join("drivers-totals.json"), half.to_string()).expect("a file");
    ok(sweep(6, &part, &["--drivers", "--resume"]));
    assert_eq!(
        read(whole.join("drivers-totals.json")),
        read(part.join("drivers-totals.json"))
    );
    assert!(read(whole.join("drivers.html")).contains("tornado"));
}

#[test]
fn refuses_what_is_no_sweep_of_this_scenario() {
    let folder = scratch("refusals");
    ok(sweep(2, &folder, &TWO));
    let with = |more: &[&'static str]| [&TWO[..], more].concat();
    for (paths, more, why) in [
        (
            2,
            with(&["--resume", "--seed", "9"]),
            "seed: found 1, wanted 9",
        ),
        (3, with(&["--resume"]), "paths: found 2, wanted 3"),
        (
            2,
            with(&["--resume", "--set", "oracle.delay_s=60"]),
            "digest",
        ),
        (2, vec!["--resume", "--over", "shock.fall=0,0.1"], "axes"),
        (2, vec!["--over", "shock.fall=0..1"], "allowed: KEY=A..B:N"),
        (
            2,
            vec!["--over", "shock.fall=0,2"],
            "shock.fall: found 2; allowed: a number from 0 to 0.99",
        ),
        (2, vec!["--over", "shock.fal=0,1"], "did you mean"),
        (
            2,
            vec!["--over", "seed=1,2", "--set", "ensemble.draws=sobol"],
            "draws that are not plain",
        ),
        (
            2,
            vec!["--over", "seed=1,2", "--over", "seed=3,4"],
            "found seed twice",
        ),
        (
            2,
            vec!["--drivers", "--over", "seed=1,2"],
            "cannot be used with",
        ),
    ] {
        refused(sweep(paths, &folder, &more), &[why]);
    }
    refused(
        sweep(2, &folder, &with(&["--over", "seed=1,2"])),
        &["found 3 of them, allowed: one or two"],
    );
    std::fs::write(folder.join("sweep-totals.json"), "{").expect("a file");
    refused(
        sweep(2, &folder, &with(&["--resume"])),
        &["sweep-totals.json", "EOF"],
    );
}

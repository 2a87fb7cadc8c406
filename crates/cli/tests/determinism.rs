//! The same scenario, seed and overrides give the same bytes, on any number of threads.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

fn scenario() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../scenarios/march-2020.toml")
}

/// Runs the shipped scenario and returns every file that it wrote.
fn run(name: &str, extra: &[&str]) -> BTreeMap<String, Vec<u8>> {
    let out = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    if out.exists() {
        std::fs::remove_dir_all(&out).expect("the folder of an earlier run can be removed");
    }
    let output = Command::new(env!("CARGO_BIN_EXE_backstop"))
        .args(extra)
        .arg("run")
        .arg(scenario())
        .args(["--set", "book.synthetic.accounts=1500", "--out"])
        .arg(&out)
        .output()
        .expect("the command starts");
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    std::fs::read_dir(&out)
        .expect("the output folder exists")
        .map(|entry| {
            let path = entry.expect("a directory entry").path();
            let file = path
                .file_name()
                .expect("a file name")
                .to_string_lossy()
                .into_owned();
            (file, std::fs::read(path).expect("the file can be read"))
        })
        .collect()
}

#[test]
fn a_second_run_and_one_thread_give_the_same_bytes() {
    let first = run("first", &[]);
    assert!(first.contains_key("report.html"), "{:?}", first.keys());
    assert!(
        first.contains_key("liquidations.parquet"),
        "{:?}",
        first.keys()
    );
    for (name, again) in [
        ("second", run("second", &[])),
        ("one", run("one", &["--threads", "1"])),
    ] {
        assert_eq!(
            first.keys().collect::<Vec<_>>(),
            again.keys().collect::<Vec<_>>(),
            "files of run {name}"
        );
        for (file, bytes) in &first {
            assert!(
                again.get(file) == Some(bytes),
                "{file} differs in run {name}"
            );
        }
    }
}

#[test]
fn another_seed_gives_another_path() {
    let (first, other) = (run("seed-a", &[]), run("seed-b", &[]));
    assert_eq!(first.get("steps.parquet"), other.get("steps.parquet"));
    let reseeded = Command::new(env!("CARGO_BIN_EXE_backstop"))
        .arg("run")
        .arg(scenario())
        .args([
            "--set",
            "book.synthetic.accounts=1500",
            "--seed",
            "77",
            "--out",
        ])
        .arg(Path::new(env!("CARGO_TARGET_TMPDIR")).join("seed-c"))
        .output()
        .expect("the command starts");
    assert!(
        reseeded.status.success(),
        "{}",
        String::from_utf8_lossy(&reseeded.stderr)
    );
    let steps = Path::new(env!("CARGO_TARGET_TMPDIR")).join("seed-c/steps.parquet");
    let steps = std::fs::read(steps).expect("the file can be read");
    assert_ne!(
        first.get("steps.parquet"),
        Some(&steps),
        "the seed must matter"
    );
}

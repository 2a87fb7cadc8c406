//! Ensembles from the command line: pieces, interruptions and refusals.

mod support;

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};
use support::{ok, refused, root, scratch};

/// `backstop stress` over a small book by the hour.
fn stress(paths: u32, out: &Path, more: &[&str]) -> Command {
    let mut command = support::backstop("stress", "scenarios/march-2020.toml", paths);
    command
        .args(["--set", "time.step_s=3600"])
        .args(["--set", "book.synthetic.accounts=300", "--out"])
        .arg(out)
        .args(more);
    command
}

fn totals(folder: &Path) -> String {
    std::fs::read_to_string(folder.join("totals.json")).expect("totals")
}

fn merge(parts: &[&Path], out: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_backstop"));
    command
        .args(["merge", "scenarios/march-2020.toml"])
        .args(parts)
        .arg("--out")
        .arg(out)
        .current_dir(root());
    command
}

#[test]
fn threads_and_shards_give_the_same_bytes() {
    let [whole, one, out] = ["whole", "one-thread", "merged"].map(scratch);
    let told = ok(stress(40, &whole, &[]));
    assert!(told.contains("40 paths"), "{told}");
    ok(stress(40, &one, &["--threads", "1"]));
    assert_eq!(totals(&whole), totals(&one));
    let shards: Vec<PathBuf> = (1..=3).map(|n| scratch(&format!("shard-{n}"))).collect();
    for (n, shard) in (1..).zip(&shards) {
        ok(stress(40, shard, &["--shard", &format!("{n}/3")]));
    }
    let [a, b, c] = [&shards[0], &shards[1], &shards[2]].map(PathBuf::as_path);
    ok(merge(&[c, a, b], &out));
    assert_eq!(totals(&whole), totals(&out));
    assert!(out.join("stress.html").exists());
    refused(
        merge(&[a, b, a], &out),
        &["shard-1", "another part holds too"],
    );
    let other = scratch("other-seed");
    ok(stress(40, &other, &["--shard", "3/3", "--seed", "5"]));
    refused(
        merge(&[a, &other], &out),
        &["other-seed", "seed: found 5, wanted 20200312"],
    );
}

/// A run and an ensemble in one folder keep their tables.
#[test]
fn no_table_has_the_name_of_a_table_of_a_run() {
    let [run, many] = ["names-of-a-run", "names-of-paths"].map(scratch);
    ok(stress(
        4,
        &many,
        &["--drivers", "--heat-map", "--sweep-paths", "2"],
    ));
    let mut one = Command::new(env!("CARGO_BIN_EXE_backstop"));
    one.args(["run", "scenarios/march-2020.toml"])
        .args(["--set", "time.step_s=3600"])
        .args(["--set", "book.synthetic.accounts=300", "--out"])
        .arg(&run)
        .current_dir(root());
    ok(one);
    let names = |folder: &Path| -> std::collections::BTreeSet<String> {
        let files = std::fs::read_dir(folder).expect("a folder");
        let name = |file: std::io::Result<std::fs::DirEntry>| file.expect("a file").file_name();
        files
            .map(|file| name(file).to_string_lossy().into_owned())
            .collect()
    };
    let both: Vec<String> = names(&run).intersection(&names(&many)).cloned().collect();
    assert!(both.is_empty(), "{both:?}");
    assert!(names(&many).contains("account-losses.parquet"));
}

/// Killed without warning after something was kept.
fn kill_after_a_while(mut child: Child, folder: &Path) {
    let file = folder.join("totals.json");
    let begun = Instant::now();
    while !file.exists() && begun.elapsed() < Duration::from_secs(120) {
        std::thread::sleep(Duration::from_millis(5));
    }
    child.kill().expect("it runs");
    child.wait().expect("it ends");
}

#[test]
fn a_killed_run_goes_on_to_the_same_bytes() {
    let [whole, killed] = ["not-killed", "killed"].map(scratch);
    ok(stress(400, &whole, &[]));
    let mut command = stress(400, &killed, &[]);
    let child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn();
    kill_after_a_while(child.expect("the command starts"), &killed);
    let kept = totals(&killed);
    ok(stress(400, &killed, &["--resume"]));
    assert_eq!(totals(&whole), totals(&killed));
    assert_ne!(kept, totals(&killed), "it was killed before its end");
}

#[test]
fn goes_on_with_the_same_ensemble_only() {
    let folder = scratch("refusals");
    ok(stress(20, &folder, &[]));
    for (more, why) in [
        (
            &["--resume", "--seed", "1"][..],
            "seed: found 20200312, wanted 1",
        ),
        (&["--resume", "--set", "oracle.delay_s=60"], "digest"),
    ] {
        refused(stress(20, &folder, more), &["totals.json", why]);
    }
    refused(
        stress(30, &folder, &["--resume"]),
        &["paths: found 20, wanted 30"],
    );
    std::fs::write(folder.join("totals.json"), "{\"format\":").expect("a file");
    refused(stress(20, &folder, &["--resume"]), &["totals.json", "EOF"]);
    for (more, why) in [
        (&["--shard", "4/3"][..], "allowed: I/N"),
        (
            &["--precision", "2"],
            "allowed: a number above 0 and below 1",
        ),
        (
            &["--shard", "1/3", "--precision", "0.1"],
            "cannot be used with",
        ),
    ] {
        refused(stress(20, &folder, more), &[why]);
    }
}

/// One path of the ensemble, in full, has the figures that the ensemble counted.
#[test]
fn a_path_can_be_run_again() {
    let [one, again] = ["one-path", "again"].map(scratch);
    ok(stress(1, &one, &[]));
    let mut command = Command::new(env!("CARGO_BIN_EXE_backstop"));
    command
        .args(["run", "scenarios/march-2020.toml", "--path", "0"])
        .args(["--set", "time.step_s=3600"])
        .args(["--set", "book.synthetic.accounts=300", "--out"])
        .arg(&again)
        .current_dir(root());
    ok(command);
    let read = |file: PathBuf| -> serde_json::Value {
        let text = std::fs::read_to_string(file).expect("a file");
        serde_json::from_str(&text).expect("JSON")
    };
    let totals = read(one.join("totals.json"));
    let metrics = read(again.join("metrics.json"));
    let rows = metrics.as_array().expect("rows");
    for name in ["liquidations", "seized", "bad_debt", "gas"] {
        let row = rows.iter().find(|row| row["metric"] == name);
        let value = row.expect("the metric")["value"]
            .as_f64()
            .expect("a number");
        let sum = totals["totals"]["figures"][name]["sum"]["sum"].as_str();
        let sum: f64 = sum.expect("a sum").parse().expect("a number");
        assert!(
            (sum / 1e9 - value).abs() <= 1e-6 * value.abs().max(1.0),
            "{name}: {sum} {value}"
        );
    }
}

/// The same paths with a tenth of the depth: what is sold slips more.
#[test]
fn less_depth_slips_more() {
    let [whole, tenth] = ["whole-depth", "a-tenth"].map(scratch);
    ok(stress(4, &whole, &[]));
    ok(stress(4, &tenth, &["--set", "impact.depth=0.1"]));
    let slippage = |folder: &Path| {
        let totals: serde_json::Value = serde_json::from_str(&totals(folder)).expect("JSON");
        let sum = totals["totals"]["figures"]["slippage"]["sum"]["sum"].as_str();
        sum.expect("a sum").parse::<f64>().expect("a number")
    };
    let (whole, tenth) = (slippage(&whole), slippage(&tenth));
    assert!(whole > 0.0 && tenth > 2.0 * whole, "{whole} {tenth}");
    refused(
        stress(4, &scratch("no-depth"), &["--set", "impact.depth=0"]),
        &["impact.depth", "found 0"],
    );
}

/// One random day of a small book.
fn random(paths: u32, out: &Path, more: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_backstop"));
    command
        .args(["stress", "scenarios/one-day.toml", "--paths"])
        .arg(paths.to_string())
        .args(["--set", "book.synthetic.accounts=300", "--out"])
        .arg(out)
        .args(more)
        .current_dir(root())
        .stdin(Stdio::null());
    command
}

/// The additions are those of `backstop sweep`, also beside paths that are not drawn plainly, whenever they are
/// asked for.
#[test]
fn drivers_and_heat_map_are_those_of_a_sweep() {
    let [at_once, later, drivers, grid, part] = [
        "at-once",
        "later",
        "alone-drivers",
        "alone-grid",
        "resumed-drivers",
    ]
    .map(scratch);
    let coarse = ["--set", "time.step_s=21600", "--draws", "antithetic"];
    let both = ["--drivers", "--heat-map", "--sweep-paths", "6"];
    let told = ok(random(30, &at_once, &[&coarse[..], &both].concat()));
    assert!(told.contains("Drivers: Over one day, in 6 paths"), "{told}");
    ok(random(30, &later, &coarse));
    let page = |folder: &Path| std::fs::read_to_string(folder.join("stress.html")).expect("a page");
    let command = "backstop stress one-day.toml --paths 30 --draws antithetic --set \
                   &#39;book.synthetic.accounts=300&#39; --set &#39;time.step_s=21600&#39; --drivers --resume";
    let found = page(&later).replace("&#x27;", "&#39;");
    assert!(
        found.contains(&command.replace("&#39;", "'")) || found.contains(command),
        "the command"
    );
    ok(random(
        30,
        &later,
        &[&coarse[..], &both, &["--resume"]].concat(),
    ));
    assert_eq!(page(&at_once), page(&later));
    assert_eq!(totals(&at_once), totals(&later));
    for (out, more) in [(&drivers, &["--drivers"][..]), (&grid, &[])] {
        let mut sweep = support::backstop("sweep", "scenarios/one-day.toml", 6);
        sweep
            .args([
                "--set",
                "book.synthetic.accounts=300",
                "--set",
                "time.step_s=21600",
                "--out",
            ])
            .arg(out)
            .args(more);
        ok(sweep);
    }
    let read = |folder: &Path, file: &str| std::fs::read(folder.join(file)).expect("a file");
    for file in ["drivers.parquet", "drivers.json", "drivers-totals.json"] {
        assert!(read(&at_once, file) == read(&drivers, file), "{file}");
    }
    for file in ["cells.parquet", "cells.json", "sweep-totals.json"] {
        assert!(read(&at_once, file) == read(&grid, file), "{file}");
    }
    // As a run leaves them that was ended among the changes.
    ok(random(30, &part, &coarse));
    let mut half = json(at_once.join("drivers-totals.json"));
    half["runs"].as_array_mut().expect("runs").truncate(3);
    std::fs::write(part.join("drivers-totals.json"), half.to_string()).expect("a file");
    ok(random(
        30,
        &part,
        &[&coarse[..], &both, &["--resume"]].concat(),
    ));
    assert_eq!(page(&at_once), page(&part));
    let other = [&coarse[..], &both[..3], &["7", "--resume"]].concat();
    refused(random(30, &part, &other), &["paths: found 6, wanted 7"]);
    for (more, why) in [
        (&["--drivers", "--shard", "1/2"][..], "cannot be used with"),
        (&["--heat-map", "--shard", "1/2"], "cannot be used with"),
        (&["--drivers", "--sweep-paths", "0"], "--sweep-paths"),
        (&["--sweep-paths", "9"], "--drivers"),
    ] {
        refused(random(20, &part, more), &[why]);
    }
}

fn json(file: PathBuf) -> serde_json::Value {
    let text = std::fs::read_to_string(file).expect("a file");
    serde_json::from_str(&text).expect("JSON")
}

/// Shards and threads of every kind of draws; a path that is run again is the path that was counted.
#[test]
fn draws_of_every_kind_give_the_same_bytes() {
    for (name, draws) in [
        ("antithetic", ["--draws", "antithetic"]),
        ("sobol", ["--draws", "sobol"]),
        ("tilted", ["--tilt", "2,20"]),
    ] {
        let [whole, one, two, merged] =
            ["whole", "one", "two", "merged"].map(|part| scratch(&format!("{name}-{part}")));
        ok(random(40, &whole, &draws));
        ok(random(
            40,
            &one,
            &[&draws[..], &["--shard", "1/2", "--threads", "1"]].concat(),
        ));
        ok(random(
            40,
            &two,
            &[&draws[..], &["--shard", "2/2"]].concat(),
        ));
        let mut join = Command::new(env!("CARGO_BIN_EXE_backstop"));
        join.args(["merge", "scenarios/one-day.toml"])
            .args([&two, &one])
            .arg("--out")
            .arg(&merged)
            .current_dir(root());
        ok(join);
        assert_eq!(totals(&whole), totals(&merged), "{name}");
        let plain = random(40, &whole, &["--resume"]);
        refused(plain, &["totals.json", "digest"]);
        let worst = json(whole.join("worst.json"));
        let row = &worst.as_array().expect("rows")[0];
        let command = row["command"].as_str().expect("a command");
        assert!(command.contains("--set 'ensemble."), "{command}");
        let path = row["path"].as_u64().expect("a number").to_string();
        let again = scratch(&format!("{name}-again"));
        let mut run = Command::new(env!("CARGO_BIN_EXE_backstop"));
        run.args(["run", "scenarios/one-day.toml", "--path", &path])
            .args(["--set", "book.synthetic.accounts=300", "--out"])
            .arg(&again)
            .current_dir(root());
        match name {
            "tilted" => run.args(["--set", "ensemble.tilt={ shocks = 2, jumps = 20 }"]),
            _ => run.args(["--set", &format!("ensemble.draws={name}")]),
        };
        ok(run);
        let metrics = json(again.join("metrics.json"));
        let mut rows = metrics.as_array().expect("rows").iter();
        let seized = rows
            .find(|row| row["metric"] == "seized")
            .expect("the metric");
        assert_eq!(seized["value"], row["seized"], "{name}");
    }
}

#[test]
fn weights_are_told_and_a_tilt_is_found() {
    let out = scratch("found");
    let told = ok(random(200, &out, &["--tilt", "auto"]));
    assert!(
        told.contains("tilt     ") && told.contains("largest weight"),
        "{told}"
    );
    let summary = json(out.join("stress.json"));
    let weights = &summary["weights"];
    let number = |key: &str| weights[key].as_f64().expect("a number");
    assert!(
        number("largest") <= 2.0 && number("effective_paths") > 60.0,
        "{weights}"
    );
    assert!(
        (number("mean") - 1.0).abs() < 4.0 * number("mean_error"),
        "{weights}"
    );
    let page = std::fs::read_to_string(out.join("stress.html")).expect("a page");
    assert!(page.contains("importance sampling"));
    for (more, why) in [
        (
            &["--tilt", "much"][..],
            "allowed: auto, or standard deviations",
        ),
        (&["--tilt", "3", "--draws", "sobol"], "cannot be used with"),
        (&["--tilt", "30"], "ensemble.tilt.shocks: found 30"),
        (
            &["--draws", "halton"],
            "possible values: plain, antithetic, sobol",
        ),
    ] {
        refused(random(20, &out, more), &[why]);
    }
    refused(
        stress(20, &out, &["--draws", "sobol"]),
        &["ensemble.draws", "needs a price with random shocks"],
    );
    refused(
        stress(20, &out, &["--tilt", "3"]),
        &["ensemble.tilt", "no random shocks to tilt"],
    );
}

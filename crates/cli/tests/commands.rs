//! What a user sees: output, exit status and messages of each command.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn scratch(name: &str) -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR")).join(name)
}

fn backstop(args: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_backstop"))
        .args(args)
        .current_dir(root())
        .output()
        .expect("the command starts")
}

/// Runs a command and returns exit status, standard output and standard error.
fn run(args: &[&str]) -> (i32, String, String) {
    let output = backstop(args);
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    (
        output.status.code().unwrap_or(-1),
        text(&output.stdout),
        text(&output.stderr),
    )
}

const SMALL: [&str; 3] = [
    "scenarios/march-2020.toml",
    "--set",
    "book.synthetic.accounts=300",
];

#[test]
fn verify_tells_agreement_by_exit_status() {
    let (code, out, err) = run(&["verify", "crates/io/tests/golden/aave-3.7.0.jsonl.gz"]);
    assert_eq!(code, 0, "{out}{err}");
    assert!(out.contains(" 0 mismatches"), "{out}");
}

#[test]
fn verify_names_case_field_and_both_values() {
    let mut text = String::new();
    let golden = root().join("crates/io/tests/golden/aave-3.7.0.jsonl.gz");
    let mut reader = backstop_io::open(&golden).expect("a golden file");
    std::io::Read::read_to_string(&mut reader, &mut text).expect("text");
    let wrong = text.replacen("\"debtRepaid\":\"", "\"debtRepaid\":\"1", 1);
    assert_ne!(text, wrong, "the file has an accepted liquidation");
    let file = scratch("wrong.jsonl");
    std::fs::write(&file, wrong).expect("a file");
    let (code, out, _) = run(&["verify", file.to_str().expect("a path")]);
    assert_eq!(code, 1, "{out}");
    for part in [
        "then.ok.debtRepaid",
        "expected 1",
        "got",
        "1 mismatches",
        "3.7.0-",
    ] {
        assert!(out.contains(part), "{part} is missing in {out}");
    }
}

#[test]
fn verify_refuses_a_file_that_is_cut_off() {
    let golden = root().join("crates/io/tests/golden/aave-3.7.0.jsonl.gz");
    let bytes = std::fs::read(golden).expect("a golden file");
    let file = scratch("cut.jsonl.gz");
    std::fs::write(&file, &bytes[..bytes.len() / 2]).expect("a file");
    let (code, _, err) = run(&["verify", file.to_str().expect("a path")]);
    assert_eq!(code, 2, "{err}");
    assert!(
        err.contains("cut.jsonl.gz") && err.contains("ends early"),
        "{err}"
    );
}

#[test]
fn a_run_can_be_explained() {
    let out = scratch("explained");
    let folder = out.to_str().expect("a path");
    let mut args = vec!["run"];
    args.extend(SMALL);
    args.extend(["--out", folder]);
    let (code, text, err) = run(&args);
    assert_eq!(code, 0, "{err}");
    assert!(text.contains("liquidations"), "{text}");
    let traces = std::fs::read_to_string(out.join("traces.jsonl")).expect("traces");
    let first = traces.lines().next().expect("a liquidation");
    let account = first
        .split("\"account\":")
        .nth(1)
        .and_then(|rest| rest.split(',').next());
    let (code, text, err) = run(&["explain", folder, account.expect("an account")]);
    assert_eq!(code, 0, "{err}");
    for part in ["Liquidation 1 of", "collateral of equal value", "rounded"] {
        assert!(text.contains(part), "{part} is missing in {text}");
    }
    let (code, _, err) = run(&["explain", folder, "nobody"]);
    assert_eq!(code, 2);
    assert!(err.contains("nobody"), "{err}");
}

#[test]
fn designs_are_compared() {
    let out = scratch("compared");
    let folder = out.to_str().expect("a path");
    let mut args = vec!["compare"];
    args.extend(SMALL);
    args.extend(["--out", folder]);
    let (code, text, err) = run(&args);
    assert_eq!(code, 0, "{err}");
    for name in [
        "aave-3.0.2",
        "aave-3.7",
        "aave-v4",
        "comet",
        "compound-v2",
        "morpho",
        "euler",
        "maker-1.2",
        "maker-2.0",
        "liquity-v1",
        "liquity-v2",
        "crvusd",
        "geb",
    ] {
        assert!(text.contains(name), "{name} is missing in {text}");
    }
    for table in ["compare", "compare-steps", "compare-coverage"] {
        for ending in ["json", "parquet"] {
            let file = format!("{table}.{ending}");
            assert!(out.join(&file).exists(), "{file}");
        }
    }
    let page = std::fs::read(out.join("compare.html")).expect("the page");
    args.extend(["--threads", "1"]);
    assert_eq!(run(&args).0, 0);
    let again = std::fs::read(out.join("compare.html")).expect("the page");
    assert_eq!(page, again, "a second run, on one thread");
}

/// Any family can be run, and explained where somebody was liquidated.
#[test]
fn every_family_runs_from_a_scenario() {
    for family in [
        "aave-v4", "comet", "crvusd", "euler", "geb", "morpho", "liquity", "maker",
    ] {
        let out = scratch(&format!("family-{family}"));
        let set = format!("protocol.family={family}");
        let version = match family {
            "liquity" => "protocol.version=v2",
            "maker" => "protocol.version=2.0",
            "aave-v4" => "protocol.version=1e8de86",
            "comet" => "protocol.version=d5a30b0",
            "euler" => "protocol.version=5b98b42",
            "morpho" => "protocol.version=1.0.0",
            _ => "protocol.version=v1",
        };
        let mut args = vec!["run"];
        args.extend(SMALL);
        args.extend(["--set", &set, "--set", version]);
        args.extend(["--out", out.to_str().expect("a path")]);
        let (code, text, err) = run(&args);
        assert_eq!(code, 0, "{family}: {err}");
        assert!(text.contains("bad debt"), "{family}: {text}");
        assert!(out.join("report.html").exists(), "{family}");
    }
}

/// A figure of a run by its name.
fn metric(out: &Path, name: &str) -> f64 {
    let text = std::fs::read_to_string(out.join("metrics.json")).expect("metrics");
    let row = text
        .lines()
        .find(|line| line.contains(&format!("\"{name}\"")));
    let value = row.and_then(|row| row.split("\"value\":").nth(1));
    let digits = value.map(|rest| rest.split([',', '}']).next().unwrap_or_default());
    digits.and_then(|text| text.parse().ok()).expect("a number")
}

/// With keepers out, English auctions give collateral away; the same inputs leave Dutch ones with
/// buyers.
#[test]
fn black_thursday_gives_collateral_away() {
    let figures = |version: &str| {
        let out = scratch(&format!("black-thursday-{version}"));
        let folder = out.to_str().expect("a path").to_owned();
        let version = format!("protocol.version={version}");
        let (code, _, err) = run(&[
            "run",
            "scenarios/black-thursday.toml",
            "--set",
            "book.synthetic.accounts=2000",
            "--set",
            "book.synthetic.total_debt_usd=27_500_000",
            "--set",
            &version,
            "--out",
            &folder,
        ]);
        assert_eq!(code, 0, "{err}");
        let names = ["free_sales", "free_sales_collateral", "deficit", "seized"];
        let [free, given, deficit, seized] = names.map(|name| metric(&out, name));
        (free, deficit / seized, given / seized)
    };
    let (bids, falling) = (figures("1.0.3"), figures("2.0"));
    assert!((0.1..0.6).contains(&bids.0), "{bids:?}");
    assert!(bids.1 > 0.1 && bids.2 > 0.1, "{bids:?}");
    assert!(falling.0 == 0.0 && falling.2 == 0.0, "{falling:?}");
    assert!(falling.1 < bids.1 / 4.0, "{falling:?}");
}

#[test]
fn map_and_health_write_what_they_draw() {
    let out = scratch("map");
    let mut args = vec!["map"];
    args.extend(SMALL);
    args.extend(["--out", out.to_str().expect("a path")]);
    let (code, text, err) = run(&args);
    assert_eq!(code, 0, "{err}");
    assert!(text.contains("WETH"), "{text}");
    for file in ["map.csv", "map.json", "map.parquet", "map-WETH.svg"] {
        assert!(out.join(file).exists(), "{file}");
    }
    let csv = scratch("health.csv");
    let mut args = vec!["health"];
    args.extend(SMALL);
    args.extend(["--out", csv.to_str().expect("a path")]);
    let (code, text, err) = run(&args);
    assert_eq!(code, 0, "{err}");
    assert!(text.contains("300 accounts with debt"), "{text}");
    let rows = std::fs::read_to_string(&csv)
        .expect("the file")
        .lines()
        .count();
    assert_eq!(rows, 301, "a header and a line an account");
}

/// Where accounts hold two assets, the whole book has a number of its own; its matrix has what each does to the other.
#[test]
fn a_book_of_two_assets_has_a_matrix() {
    let out = scratch("map-two");
    let (code, text, err) = run(&[
        "map",
        "scenarios/one-day.toml",
        "--set",
        "book.synthetic.accounts=2000",
        "--out",
        out.to_str().expect("a path"),
    ]);
    assert_eq!(code, 0, "{err}");
    assert!(text.contains("Across assets"), "{text}");
    let file = |name: &str| {
        let text = std::fs::read_to_string(out.join(name)).expect("a file");
        serde_json::from_str::<serde_json::Value>(&text).expect("JSON")
    };
    let book = file("map-summary.json")["book"].clone();
    assert_eq!(book["symbols"], serde_json::json!(["WETH", "WBTC"]));
    let entry = |i: usize, j: usize| book["matrix"][i][j].as_f64().expect("a number");
    let radius = book["highest_r"].as_f64().expect("a number");
    assert!(entry(0, 1) + entry(1, 0) > 0.0, "{book}");
    // Of two assets: the larger root of the characteristic polynomial.
    let half = (entry(0, 0) - entry(1, 1)) / 2.0;
    let root = (half * half + entry(0, 1) * entry(1, 0)).sqrt();
    let want = (entry(0, 0) + entry(1, 1)) / 2.0 + root;
    assert!((radius - want).abs() < 1e-9, "{want} {book}");
    // 61 falls of 4 pairs; the book's number is the radius of each.
    assert_eq!(
        file("next-generation.json").as_array().map(Vec::len),
        Some(244)
    );

    let alone = scratch("map-one");
    let mut args = vec!["map"];
    args.extend(SMALL);
    args.extend(["--out", alone.to_str().expect("a path")]);
    let (code, text, err) = run(&args);
    assert_eq!(code, 0, "{err}");
    assert!(!text.contains("Across assets"), "{text}");
    assert!(!alone.join("next-generation.json").exists());
}

/// What `fit` prints can be pasted: a scenario takes each price.
#[test]
fn a_fitted_price_runs() {
    let out = scratch("fit");
    let folder = out.to_str().expect("a path");
    let (crash, calm) = (
        "WETH=scenarios/data/eth-usd-2020-03-12-10m.csv",
        "OLD=scenarios/data/eth-usd-2021-05-19-10m.csv",
    );
    let (code, text, err) = run(&["fit", crash, calm, "--out", folder]);
    assert_eq!(code, 0, "{err}");
    for part in [
        "WETH: 144 log returns of 600 s",
        "degrees",
        "±",
        "share no times",
    ] {
        assert!(text.contains(part), "{part} is missing in {text}");
    }
    for table in ["parameters", "goodness", "quantiles", "correlations"] {
        assert!(out.join(format!("fit-{table}.json")).exists(), "{table}");
    }
    let of_first = text.split("OLD:").next().expect("the first file");
    let prices: Vec<&str> = of_first
        .lines()
        .filter_map(|line| line.trim().strip_prefix("price = "))
        .collect();
    assert_eq!(prices.len(), 4, "{text}");
    for price in prices {
        let set = format!("assets.WETH.price={price}");
        let mut args = vec!["run"];
        args.extend(SMALL);
        let out = scratch("fitted");
        args.extend(["--set", &set, "--set", "time.step_s=600"]);
        args.extend(["--set", "time.end=2020-03-12T06:00:00Z"]);
        args.extend(["--out", out.to_str().expect("a path")]);
        let (code, _, err) = run(&args);
        assert_eq!(code, 0, "{price}: {err}");
    }
}

/// Forecasts of one day of prices by ten minutes.
#[test]
fn forecasts_are_judged() {
    let out = scratch("backtest");
    let folder = out.to_str().expect("a path");
    let prices = "ETH=scenarios/data/eth-usd-2021-05-19-10m.csv";
    let (code, text, err) = run(&[
        "backtest",
        prices,
        "--window",
        "1000m",
        "--horizon",
        "10m",
        "--refit",
        "5h",
        "--level",
        "0.95",
        "--out",
        folder,
    ]);
    assert_eq!(code, 0, "{err}");
    for part in [
        "ETH gbm",
        "ETH bootstrap",
        "ETH garch",
        "ETH merton",
        "Kupiec",
    ] {
        assert!(text.contains(part), "{part} is missing in {text}");
    }
    for file in [
        "backtest.json",
        "backtest.parquet",
        "forecasts.parquet",
        "backtest.html",
    ] {
        assert!(out.join(file).exists(), "{file}");
    }
}

/// The prediction of an hour is what the path repaid within it.
#[test]
fn a_record_is_compared_by_period() {
    let out = scratch("recorded");
    let folder = out.to_str().expect("a path");
    let recorded = "scenarios/data/aave-v2-weth-liquidations-2021-05-19-1h.csv";
    let (code, text, err) = run(&[
        "run",
        "scenarios/may-2021.toml",
        "--set",
        "time.step_s=600",
        "--set",
        "book.synthetic.accounts=300",
        "--recorded",
        recorded,
        "--out",
        folder,
    ]);
    assert_eq!(code, 0, "{err}");
    assert!(text.contains("predicted over recorded"), "{text}");
    let read = |file: &str| -> serde_json::Value {
        let text = std::fs::read_to_string(out.join(file)).expect("a file");
        serde_json::from_str(&text).expect("JSON")
    };
    let (steps, rows) = (read("steps.json"), read("recorded.json"));
    let rows = rows.as_array().expect("rows");
    assert_eq!(rows.len(), 24);
    let sum = |rows: &[serde_json::Value], key: &str| -> f64 {
        rows.iter()
            .map(|row| row[key].as_f64().expect("a number"))
            .sum()
    };
    let whole = sum(steps.as_array().expect("rows"), "repaid_usd");
    assert!((sum(rows, "predicted_usd") - whole).abs() <= 1e-6 * whole && whole > 0.0);
    assert_eq!(rows[11]["recorded_usd"].as_f64(), Some(20_348_566.0));
    assert_eq!(rows[5]["recorded_usd"].as_f64(), Some(0.0));
}

#[test]
fn messages_say_what_is_wrong() {
    let check = |args: &[&str], parts: &[&str]| {
        let (code, _, err) = run(args);
        assert_eq!(code, 2, "{args:?}: {err}");
        for part in parts {
            assert!(err.contains(part), "{args:?}: {part} is missing in {err}");
        }
    };
    let scenario = "scenarios/march-2020.toml";
    check(&["run", "no-such.toml"], &["no-such.toml"]);
    check(
        &["run", scenario, "--set", "nonsense"],
        &["--set nonsense", "KEY=VALUE"],
    );
    check(
        &["run", scenario, "--set", "time.step=1"],
        &["time.step", "step_s"],
    );
    check(
        &["run", scenario, "--set", "protocol.version=\"9\""],
        &["protocol.version", "3.0.2"],
    );
    check(
        &["run", scenario, "--set", "assets.DAI.lenders=1"],
        &["DAI", "borrowed"],
    );
    check(&["health", "book.csv"], &["book.csv", "--scenario"]);
    check(
        &["health", scenario, "--scenario", scenario],
        &["--scenario"],
    );
    check(
        &["compare", scenario, "--protocols", "aave-3.7,aave-9"],
        &["aave-9", "allowed", "compound-v2"],
    );
    check(
        &["run", scenario, "--set", "protocol.parameters.chop=1"],
        &["protocol.parameters.chop", "aave has none"],
    );
    let maker = "scenarios/black-thursday.toml";
    check(
        &[
            "run",
            maker,
            "--set",
            "protocol.parameters.penalty_bps=20000",
        ],
        &[
            "protocol.parameters.penalty_bps",
            "found 20000",
            "0 to 10000",
        ],
    );
    check(
        &["run", maker, "--set", "protocol.parameters.chop=1"],
        &["protocol.parameters.chop", "unknown key", "penalty_bps"],
    );
    check(
        &["map", maker],
        &["protocol.family", "maker", "allowed for this command"],
    );
    check(&["explain", "no-such-folder", "1"], &["no-such-folder"]);
    check(&["verify", "Cargo.toml"], &["Cargo.toml"]);
    check(&["fit", "no-such.csv"], &["no-such.csv"]);
    let prices = "scenarios/data/eth-usd-2020-03-12-10m.csv";
    check(
        &["fit", prices, "--model", "arch"],
        &["arch", "allowed", "garch"],
    );
    check(
        &["fit", prices, "--step", "60"],
        &[prices, "a step of 60 s"],
    );
    check(
        &["fit", prices, "--step", "3600"],
        &[prices, "at least 100"],
    );
    check(&["backtest", "no-such.csv"], &["no-such.csv"]);
    check(
        &["backtest", prices, "--model", "arch"],
        &["arch", "allowed: gbm, bootstrap, garch, merton"],
    );
    check(
        &["backtest", prices, "--window", "1000m", "--horizon", "15m"],
        &["--horizon: found 900 s", "a multiple of a return of 600 s"],
    );
    check(
        &["backtest", prices, "--window", "90d", "--horizon", "10m"],
        &["window: needs", "returns"],
    );
    check(
        &["backtest", prices, "--window", "90"],
        &["allowed: a whole number"],
    );
    check(
        &["backtest", prices, "--from", "soon"],
        &["--from: found \"soon\"", "allowed: a time"],
    );
    check(
        &[
            "run",
            scenario,
            "--recorded",
            "no-such.csv",
            "--set",
            "time.step_s=3600",
        ],
        &["no-such.csv"],
    );
    let other_day = "scenarios/data/aave-v2-weth-liquidations-2021-05-19-1h.csv";
    check(
        &[
            "run",
            scenario,
            "--recorded",
            other_day,
            "--set",
            "time.step_s=3600",
        ],
        &[other_day, "no period begins within the path"],
    );
    let pairs = "dependence.correlation={ \"WETH/DAI\" = 0.9, \"DAI/USDC\" = 0.9 }";
    check(
        &["run", scenario, "--set", pairs],
        &[
            "dependence.correlation",
            "DAI/USDC",
            "found 0.9",
            "-0.4359 and 0.4359",
        ],
    );
}

fn rows(out: &Path, table: &str) -> Vec<serde_json::Value> {
    let text = std::fs::read_to_string(out.join(format!("{table}.json"))).expect("a table");
    let serde_json::Value::Array(rows) = serde_json::from_str(&text).expect("JSON") else {
        panic!("{table} is a list of rows");
    };
    rows
}

/// The scenario of loops with a fifth of its book; `share` is that of each of the three groups.
fn loops(name: &str, share: &str) -> PathBuf {
    let out = scratch(name);
    let mut args = ["run", "scenarios/loops.toml", "--out"]
        .map(str::to_owned)
        .to_vec();
    args.push(out.to_str().expect("a path").to_owned());
    let mut sets = vec![
        "book.synthetic.accounts=400".to_owned(),
        "book.synthetic.total_debt_usd=41_340_000".to_owned(),
    ];
    sets.extend((0..3).map(|group| format!("leverage.{group}.share={share}")));
    args.extend(sets.into_iter().flat_map(|set| ["--set".to_owned(), set]));
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    let (code, _, err) = run(&args);
    assert_eq!(code, 0, "{err}");
    out
}

/// In calm leverage more than doubles, the break of the discount takes a part of it away, and in the next calm it rises
/// again. Without loops nothing of that happens, and nobody is liquidated.
#[test]
fn leverage_rises_in_calm_falls_in_a_crash_and_rises_again() {
    let out = loops("cycle", "0.2");
    let census = rows(&out, "steps");
    let leverage: Vec<f64> = census
        .iter()
        .map(|row| row["leverage"].as_f64().expect("a number"))
        .collect();
    let liquidations = rows(&out, "liquidations");
    let step = |row: &serde_json::Value| row["step"].as_u64().expect("a step") as usize;
    let (first, last) = (
        step(&liquidations[0]),
        step(liquidations.last().expect("one")),
    );
    let before = leverage[first - 48];
    assert!(before > 2.0 * leverage[0], "{before} {}", leverage[0]);
    let low = leverage[last..].iter().copied().fold(before, f64::min);
    assert!(low < 0.8 * before, "{low} {before}");
    let again = leverage[leverage.len() - 1];
    assert!(again > 1.2 * low, "{again} {low}");
    let calls: u64 = census
        .iter()
        .map(|row| row["margin_calls"].as_u64().expect("a count"))
        .sum();
    assert!(calls > 100, "{calls}");
    let page = std::fs::read_to_string(out.join("report.html")).expect("a page");
    assert!(page.contains("Leverage of the book"));

    let alone = loops("no-cycle", "0");
    assert!(rows(&alone, "liquidations").is_empty());
    assert!(!alone.join("leverings.json").exists());
}

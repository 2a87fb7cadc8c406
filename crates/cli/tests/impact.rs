//! Forced flow from a file to a replay: the figures of the published script on its own file.
//!
//! The figures were printed by `stability_report.py` of Risk DAO's `simulation-env` (commit 17e75fa)
//! for `data_unified_0_ethusdt.csv` without its stability pool: 400 tokens for 10 % in 30 minutes,
//! returns times 2.64, half of the impact gone after half a day, 48,000 tokens liquidated in all.

#![allow(
    clippy::unwrap_used,
    reason = "a set-up that fails has to stop the test"
)]

use backstop_io::flow::{FlowColumns, read_flow};
use backstop_lab::impact::{ForcedFlow, ReplayConfig, Response, replay};
use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::process::Command;

const FILE: &str = concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/../../../shared/data/liquidations_binance_perp_riskdao/ETHUSDT_1m_bidask_liqvol_2021-01.csv.gz"
);

#[test]
fn the_published_replay_comes_to_the_same_figures() {
    if !Path::new(FILE).exists() {
        eprintln!("skipped: no shared data folder beside the repository");
        return;
    }
    let read = read_flow(Path::new(FILE), &FlowColumns::default()).unwrap();
    let recorded: f64 = read.sold.iter().sum();
    assert!((recorded - 1_002_062.324).abs() < 1e-3, "{recorded}");
    assert_eq!(read.times.len(), 43_173);
    let flow = ForcedFlow {
        times: read.times,
        price: read.price,
        sold: read.sold,
        bought: read.bought,
    };
    let config = ReplayConfig {
        amplify: 2.64,
        flow: 48_000.0 / recorded,
        capacity: 400.0,
        window: 30,
        followers: 0.0,
        rounding: 1.0,
        response: Response::Factor {
            reserve: 3_600.0,
            half_life_steps: 720.0,
        },
    };
    let outcome = replay(&flow, &config, |_| {}).unwrap();
    for (what, got, want) in [
        ("largest fall", outcome.fall_max, 0.548_742),
        ("price there", outcome.price_at_fall_max, 282.626_103),
        ("waiting there", outcome.open_at_fall_max, 519.186_781),
        ("all", outcome.recorded, 48_000.0),
        ("left", outcome.open, 0.0),
    ] {
        assert!(
            (got - want).abs() <= 1e-6 * want.max(1.0),
            "{what}: {got}, published {want}"
        );
    }
}

fn scratch(name: &str) -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR")).join(name)
}

/// Runs the command; exit status, standard output and standard error.
fn backstop(args: &[&str]) -> (i32, String, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_backstop"))
        .args(args)
        .current_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("../.."))
        .output()
        .unwrap();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    (
        output.status.code().unwrap_or(-1),
        text(&output.stdout),
        text(&output.stderr),
    )
}

/// A record in which every third minute 100 or 400 tokens are sold or bought and move the price by
/// 0.0002·√q, of which half stays and half is gone by the next minute but one.
fn record() -> String {
    let mut text = "time,price,sold,bought\n".to_owned();
    let (mut walk, mut fading) = (5.0f64, 0.0);
    for i in 0..2_000u64 {
        let noise = ((i * 7_919 % 1_009) as f64 / 1_009.0 - 0.5) * 2e-3;
        let q = match (i % 3, i * 31 % 7) {
            (0, 0..=2) => 100.0,
            (0, 3) => 400.0,
            (0, _) => -100.0,
            _ => 0.0f64,
        };
        let moved = -2e-4 * q.signum() * q.abs().sqrt();
        let moved = if q == 0.0 { 0.0 } else { moved };
        walk += noise + moved / 2.0;
        fading = fading / 2.0 + moved / 2.0;
        let price = (walk + fading).exp();
        let (sold, bought) = (q.max(0.0), (-q).max(0.0));
        let time = 1_600_000_000 + 60 * i;
        let _ = writeln!(text, "{time},{price},{sold},{bought}");
    }
    text
}

#[test]
fn an_estimate_prints_a_venue_that_runs() {
    let file = scratch("flow.csv");
    std::fs::write(&file, record()).unwrap();
    let out = scratch("impact");
    let (file, folder) = (file.to_str().unwrap(), out.to_str().unwrap());
    let args = ["fit-impact", file, "--daily-volume", "1e6", "--out", folder];
    let (code, told, err) = backstop(&args);
    assert_eq!(code, 0, "{told}{err}");
    for table in ["impact-laws", "impact-responses", "impact-summary"] {
        let text = std::fs::read_to_string(out.join(format!("{table}.json"))).unwrap();
        let rows: Vec<serde_json::Value> = serde_json::from_str(&text).unwrap();
        assert!(!rows.is_empty(), "{table}");
    }
    let again = backstop(&args);
    assert_eq!(again.1, told);
    let block = told.split("[[venues]]").nth(1).unwrap();
    let keys: Vec<&str> = block
        .lines()
        .skip(1)
        .take_while(|line| line.contains('='))
        .filter(|line| !line.starts_with('#'))
        .map(|line| line.split('#').next().unwrap().trim())
        .collect();
    let venue = format!(
        "venues=[{{ {} }}]",
        keys.join(", ").replace("SYMBOL", "WETH")
    );
    let small = "book.synthetic.accounts=300";
    let results = scratch("impact-run");
    let results = results.to_str().unwrap();
    let scenario = "scenarios/march-2020.toml";
    let args = [
        "run", scenario, "--set", small, "--set", &venue, "--out", results,
    ];
    let (code, told, err) = backstop(&args);
    assert_eq!(code, 0, "{venue}\n{told}{err}");
}

#[test]
fn records_that_tell_too_little_are_refused() {
    let whole = record();
    let short: String = whole
        .lines()
        .take(100)
        .map(|line| format!("{line}\n"))
        .collect();
    let calm: String = whole
        .lines()
        .enumerate()
        .map(|(i, line)| {
            let price: Vec<&str> = line.split(',').collect();
            match i {
                0 => format!("{line}\n"),
                _ => format!("{},{},0,0\n", price[0], price[1]),
            }
        })
        .collect();
    for (name, text, want) in [
        (
            "short",
            short,
            ": flow: has 99 rows; at least 501 are needed",
        ),
        (
            "calm",
            calm,
            ": flow: has 0 intervals with forced flow; at least 50 are needed",
        ),
    ] {
        let file = scratch(&format!("{name}.csv"));
        std::fs::write(&file, text).unwrap();
        let (code, _, err) = backstop(&["fit-impact", file.to_str().unwrap()]);
        assert_eq!(code, 2, "{name}");
        assert!(err.trim_end().ends_with(want), "{name}: {err}");
    }
    let file = scratch("good.csv");
    std::fs::write(&file, whole).unwrap();
    let (code, _, err) = backstop(&["fit-impact", file.to_str().unwrap(), "--horizon", "3"]);
    assert_eq!(code, 2);
    assert!(
        err.contains("horizon: must lie between 4 and 200, found 3"),
        "{err}"
    );
}

/// A scenario with ticks and an order book from files, with depth that shrinks, split.
#[test]
fn ticks_and_books_from_files_run() {
    let ticks = scratch("ticks.json");
    // Around 200 dollars for a token of 18 decimals against one of 6: tick −223,335.
    let list = r#"[{"tick": -230000, "liquidityNet": "900000000000000000"},
        {"tick": -223000, "liquidityNet": "-800000000000000000"},
        {"tick": -210000, "liquidityNet": "-100000000000000000"}]"#;
    std::fs::write(&ticks, list).unwrap();
    let book = scratch("levels.csv");
    std::fs::write(
        &book,
        "side,price,qty\nbid,99.9,500\nbid,90,9000\nask,100.1,500\n",
    )
    .unwrap();
    let venue = |decimals: &str| {
        format!(
            "venues=[{{ name = \"pool\", kind = \"concentrated\", base = \"WETH\", fee_bps = 5, \
             recovery_half_life_s = 600, ticks = \"{}\", base_token = 0, decimals = {decimals}, \
             permanent_share = 0.4 }}, \
             {{ name = \"book\", kind = \"order_book\", base = \"WETH\", fee_bps = 5, \
             recovery_half_life_s = 600, book = \"{}\", depth = {{ window_s = 3600, normal_volatility = 0.8, \
             volatility_sensitivity = 1, withdrawal = {{ at_fall = 0.1, share = 0.5, return_half_life_s = 3600 }} }} }}]",
            ticks.display(),
            book.display()
        )
    };
    let results = scratch("ticks-run");
    let results = results.to_str().unwrap();
    let run = |venue: &str, routing: &str| {
        let routing = format!("impact.routing={routing}");
        backstop(&[
            "run",
            "scenarios/march-2020.toml",
            "--set",
            "book.synthetic.accounts=300",
            "--set",
            venue,
            "--set",
            &routing,
            "--out",
            results,
        ])
    };
    for routing in ["best", "split"] {
        let (code, told, err) = run(&venue("[18, 6]"), routing);
        assert_eq!(code, 0, "{told}{err}");
    }
    let (code, _, err) = run(&venue("[6, 18]"), "split");
    assert_eq!(code, 2);
    assert!(
        err.contains("venues.pool.ticks: there is no liquidity at"),
        "{err}"
    );
}

//! Attacks on an oracle, through the whole command: what succeeds where one source is believed, and what is
//! left of it where several are asked.

use serde_json::Value;
use std::path::Path;
use std::process::{Command, Stdio};

#[allow(dead_code, reason = "each file of tests needs a part")]
mod support;
use support::{ok, root, scratch};

/// Runs a scenario whose assets' sources are trusted in one way; the folder of its results.
fn run(scenario: &str, assets: &[&str], trust: &str) -> std::path::PathBuf {
    let out = scratch(&format!("{scenario}-{trust}"));
    let mut command = Command::new(env!("CARGO_BIN_EXE_backstop"));
    command
        .arg("run")
        .arg(format!("scenarios/{scenario}.toml"))
        .arg("--out")
        .arg(&out)
        .current_dir(root())
        .stdin(Stdio::null());
    for asset in assets {
        command.arg("--set");
        command.arg(format!("oracle.{asset}.sources.trust={trust}"));
    }
    ok(command);
    out
}

/// A figure of the run.
fn metric(out: &Path, name: &str) -> f64 {
    let text = std::fs::read_to_string(out.join("metrics.json")).expect("metrics");
    let rows: Vec<Value> = serde_json::from_str(&text).expect("JSON");
    let row = rows.iter().find(|row| row["metric"] == name);
    let value = &row.unwrap_or_else(|| panic!("{name}"))["value"];
    value.as_f64().expect("a number")
}

#[test]
fn a_moved_venue_pays_against_one_source_and_not_against_several() {
    for (scenario, least_profit) in [
        ("attack-thin-venue", 5_000_000.0),
        ("attack-single-source", 10_000_000.0),
    ] {
        let naive = run(scenario, &["GOV"], "naive");
        assert!(metric(&naive, "attacks") >= 1.0, "{scenario}");
        let profit = metric(&naive, "attack_profit");
        assert!(profit > least_profit, "{scenario}: {profit}");
        assert!(metric(&naive, "accounts_liquidated") > 100.0, "{scenario}");

        let robust = run(scenario, &["GOV"], "robust");
        for figure in [
            "attacks",
            "attack_profit",
            "accounts_liquidated",
            "bad_debt",
        ] {
            assert_eq!(metric(&robust, figure), 0.0, "{scenario}: {figure}");
        }
    }
}

#[test]
fn an_own_book_liquidates_whom_the_market_does_not() {
    let assets = ["USDE", "WBETH", "BNSOL"];
    let [naive, robust] =
        ["naive", "robust"].map(|trust| run("own-venue-oct-2025", &assets, trust));
    // The fall of ether and solana liquidates some in either case.
    let liquidated = [&naive, &robust].map(|out| metric(out, "accounts_liquidated"));
    assert!(liquidated[1] > 0.0, "{liquidated:?}");
    assert!(liquidated[0] > 5.0 * liquidated[1], "{liquidated:?}");
    let bad_debt = [&naive, &robust].map(|out| metric(out, "bad_debt"));
    assert!(
        bad_debt[0] > 10_000_000.0 && bad_debt[1] == 0.0,
        "{bad_debt:?}"
    );
}

/// The map of the same scenario says so beforehand.
#[test]
fn the_map_tells_what_moving_an_oracle_costs() {
    let out = scratch("map-attack-thin-venue");
    let mut command = Command::new(env!("CARGO_BIN_EXE_backstop"));
    command
        .args(["map", "scenarios/attack-thin-venue.toml", "--out"])
        .arg(&out)
        .current_dir(root())
        .stdin(Stdio::null());
    let said = ok(command);
    assert!(
        said.contains("Moving the oracle of GOV is not possible"),
        "{said}"
    );
    let text = std::fs::read_to_string(out.join("oracle-cost.json")).expect("oracle costs");
    let rows: Vec<Value> = serde_json::from_str(&text).expect("JSON");
    let of = |oracle: &str| -> Vec<&Value> {
        let own = rows.iter().filter(|row| row["oracle"] == oracle);
        own.collect()
    };
    let (all, alone) = (of("scenario"), of("one_source"));
    assert_eq!((all.len(), alone.len()), (20, 20));
    assert!(all.iter().all(|row| row["loss_usd"].is_null()));
    let gain = |row: &&Value| Some(row["profit_usd"].as_f64()? - row["loss_usd"].as_f64()?);
    let best = alone.iter().filter_map(gain).fold(f64::MIN, f64::max);
    assert!(best > 5e6, "{best}");
}

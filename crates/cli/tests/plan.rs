//! Execution plans through the whole command.

use backstop_core::units::{Amount, U256};
use serde_json::Value;
use std::path::Path;
use std::process::{Command, Stdio};

#[allow(dead_code, reason = "each file of tests needs a part")]
mod support;
use support::{ok, refused, root, scratch};

/// A third of the debt fails where ETH has fallen by about 3 %.
const CLIFF: &str = "book.synthetic.health_factor=[[0.0, 1.03], [0.3, 1.035], [0.5, 3.6], [0.95, 20.0], [1.0, 200.0]]";
/// Nobody fails before ETH has fallen by half.
const SAFE: &str = "book.synthetic.health_factor=[[0.0, 2.0], [1.0, 200.0]]";

/// The command with a small book.
fn plan(folder: &Path, more: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_backstop"));
    command
        .args(["plan", "scenarios/march-2020.toml", "--asset", "WETH"])
        .args(["--set", "book.synthetic.accounts=300"])
        .arg("--out")
        .arg(folder)
        .args(more)
        .current_dir(root())
        .stdin(Stdio::null());
    command
}

/// What is printed, and `plan.json`.
fn told(name: &str, more: &[&str]) -> (String, Value) {
    let folder = scratch(name);
    let text = ok(plan(&folder, more));
    let file = std::fs::read_to_string(folder.join("plan.json")).expect("a file");
    let page = std::fs::read_to_string(folder.join("plan.html")).expect("a page");
    assert!(page.contains("execution plan") && page.contains("</html>"));
    // Lines end where the width does.
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    (text, serde_json::from_str(&file).expect("JSON"))
}

fn units(value: &Value) -> Amount {
    let text = value.as_str().expect("digits");
    Amount(U256::from_str_radix(text, 10).expect("a number"))
}

fn sum<'a>(amounts: impl Iterator<Item = &'a Value>) -> Amount {
    amounts.fold(Amount::ZERO, |sum, amount| {
        sum.plus(units(amount)).expect("no overflow")
    })
}

#[test]
fn slices_in_the_file_sum_to_the_block() {
    let block = "1234.567890123456789012";
    let (text, file) = told("slices", &["--amount", block]);
    assert!(
        text.contains("Almgren–Chriss") && text.contains("plan.html"),
        "{text}"
    );
    assert_eq!(file["tokens"], block);
    assert_eq!(file["amount"], "1234567890123456789012");
    let ways = file["alternatives"].as_array().expect("a list");
    assert_eq!(ways.len(), 3);
    for way in ways {
        let slices = way["slices"].as_array().expect("slices");
        let all = slices.iter().map(|slice| &slice["amount"]);
        assert_eq!(sum(all), units(&file["amount"]), "{}", way["method"]);
        for slice in slices {
            let venues = slice["venues"].as_object().expect("venues");
            let parts = sum(venues.values());
            assert!(venues.is_empty() || parts == units(&slice["amount"]));
        }
    }
    let costs: Vec<f64> = ways
        .iter()
        .filter_map(|way| way["cost_usd"].as_f64())
        .collect();
    assert!(costs.is_sorted(), "{costs:?}");
}

/// The same block beside a cluster of accounts and far from any: beside it a sale at once costs what the cluster
/// loses, and the choice says so.
#[test]
fn a_cluster_in_the_book_changes_the_choice() {
    let (safe_text, safe) = told("safe", &["--amount", "150000", "--set", SAFE]);
    let (cliff_text, cliff) = told("cliff", &["--amount", "150000", "--set", CLIFF]);
    let at_once = |file: &Value, key: &str| {
        let ways = file["alternatives"].as_array().expect("a list");
        let mut ways = ways.iter().filter(|way| way["method"] == "immediate");
        ways.next()
            .and_then(|way| way[key].as_f64())
            .expect("a figure")
    };
    assert_eq!(at_once(&safe, "triggered_tokens"), 0.0);
    assert!(at_once(&cliff, "triggered_loss_usd") > 1e6);
    assert_eq!(safe["alternatives"][0]["method"], "almgren-chriss");
    assert_eq!(cliff["alternatives"][0]["method"], "dutch");
    assert!(
        safe_text.contains("It brings no other account into breach"),
        "{safe_text}"
    );
    assert!(
        cliff_text.contains("a cluster of accounts lies further down"),
        "{cliff_text}"
    );
    assert!(
        cliff_text.contains("more lost by accounts that it triggers"),
        "{cliff_text}"
    );
}

#[test]
fn what_cannot_be_planned_is_refused() {
    let folder = scratch("refused");
    let refused = |more: &[&str], parts: &[&str]| refused(plan(&folder, more), parts);
    let amount = |text| ["--amount", text];
    refused(&amount("0"), &["--amount: must be above 0, found 0"]);
    refused(&amount("ten"), &["--amount", "ten", "such as 12.5"]);
    refused(
        &amount("0.0000000000000000001"),
        &["--amount", "18 decimals"],
    );
    refused(&amount("1e9"), &["--amount", "1e9"]);
    let huge = "9".repeat(40);
    refused(
        &amount(&huge),
        &["--amount: must be worth at most 1e13 USD"],
    );
    for (option, value, wanted) in [
        (
            "--over",
            "0",
            "--over: must lie between 1 and 31536000 seconds, found 0",
        ),
        (
            "--risk-aversion",
            "NaN",
            "--risk-aversion: must be a number of at least 0, found NaN",
        ),
        (
            "--volatility",
            "inf",
            "--volatility: must be a number of at least 0, found inf",
        ),
        (
            "--buyers-margin",
            "1",
            "--buyers-margin: must be above 0 and below 1, found 1",
        ),
        (
            "--buyers-per-hour",
            "0",
            "--buyers-per-hour: must be a number above 0, found 0",
        ),
        (
            "--buyers-resold",
            "2",
            "--buyers-resold: must lie between 0 and 1, found 2",
        ),
    ] {
        refused(&["--amount", "1", option, value], &[wanted]);
    }
    let other = |scenario: &str, asset: &str| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_backstop"));
        command
            .args(["plan", scenario, "--asset", asset, "--amount", "1"])
            .current_dir(root())
            .stdin(Stdio::null());
        command
    };
    let march = "scenarios/march-2020.toml";
    support::refused(
        other(march, "DOGE"),
        &["\"DOGE\"", "no asset", "allowed: WETH"],
    );
    support::refused(
        other(march, "DAI"),
        &["\"DAI\"", "no venue", "allowed: WETH"],
    );
    support::refused(
        other("scenarios/black-thursday.toml", "WETH"),
        &["protocol.family", "maker"],
    );
    // A book with bids for ten tokens, which come back within weeks.
    let thin = "venues=[{ name = \"book\", kind = \"order_book\", base = \"WETH\", fee_bps = 0, bids = [[100, 10]], asks = [[100, 10]], recovery_half_life_s = 10_000_000 }]";
    refused(
        &["--amount", "1000", "--set", thin],
        &[
            "--amount: must find buyers within 3600 seconds",
            "take 10 at once",
        ],
    );
}

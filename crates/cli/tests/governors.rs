//! Governors from the command line: every policy on every family, in runs and in comparisons.

#[allow(dead_code, reason = "other tests use the rest")]
mod support;

use std::collections::BTreeMap;
use std::path::Path;
use support::{march, ok, run, scratch};

const POLICIES: [&str; 9] = [
    "ewma-threshold",
    "realised-threshold",
    "garch-threshold",
    "stress-threshold",
    "bonus-equilibrium",
    "partial-liquidation",
    "penalty-by-size",
    "caps",
    "auction-speed",
];

const FAMILIES: [(&str, &str); 10] = [
    ("aave", "3.7"),
    ("aave-v4", "1e8de86"),
    ("comet", "d5a30b0"),
    ("compound-v2", "a3214f6"),
    ("crvusd", "v1"),
    ("euler", "5b98b42"),
    ("geb", "v1"),
    ("liquity", "v2"),
    ("maker", "2.0"),
    ("morpho", "1.0.0"),
];

/// Rows of the table of moves; none where it was not written.
fn moves(out: &Path) -> Vec<serde_json::Value> {
    let Ok(text) = std::fs::read_to_string(out.join("parameter_changes.json")) else {
        return Vec::new();
    };
    let table: serde_json::Value = serde_json::from_str(&text).expect("JSON");
    table.as_array().expect("rows").clone()
}

/// Each policy runs on each family or is refused with the reason; what it moves puts nobody in breach, goes from
/// where it was, and no further in a step than told.
#[test]
fn every_policy_runs_on_every_family_or_says_why_not() {
    let mut moved: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for design in FAMILIES {
        let mut refused = 0;
        for policy in POLICIES {
            let out = scratch(&format!("{}-{policy}", design.0));
            let output = run(march(design, &[format!("policy.{policy}=on")], &out));
            let message = String::from_utf8_lossy(&output.stderr).into_owned();
            if output.status.code() == Some(2) {
                let why = format!("{} cannot have {policy}: ", design.0);
                assert!(message.contains(&why), "{message}");
                refused += 1;
                continue;
            }
            assert!(output.status.success(), "{design:?} {policy}: {message}");
            let rows = moves(&out);
            let mut stands: BTreeMap<String, String> = BTreeMap::new();
            for row in &rows {
                assert_eq!(row["put_in_breach"], 0, "{row}");
                assert_eq!(row["governor"], policy, "{row}");
                let text = |key: &str| row[key].as_str().expect("a text").to_owned();
                assert_ne!(text("from"), text("to"), "{row}");
                let before = stands.insert(text("parameter"), text("to"));
                assert!(before.is_none_or(|before| before == text("from")), "{row}");
            }
            if !rows.is_empty() {
                moved.entry(policy).or_default().push(design.0);
                let page = std::fs::read_to_string(out.join("report.html")).expect("a page");
                for shown in [
                    "Parameters that were moved",
                    "Parameters that governors moved",
                ] {
                    assert!(page.contains(shown), "{design:?} {policy}: {shown}");
                }
            }
        }
        let immutable = ["morpho", "liquity"].contains(&design.0);
        assert_eq!(refused == POLICIES.len(), immutable, "{design:?} {refused}");
    }
    // In a fall by half each of them finds something to do somewhere.
    assert_eq!(moved.len(), POLICIES.len(), "{moved:?}");
}

/// A comparison with and without runs the same seeds; governors that may not move have no effect.
#[test]
fn governors_are_compared() {
    let compared = |name: &str, with: &str| {
        let out = scratch(name);
        let mut command = support::backstop("ab", "scenarios/march-2020.toml", 3);
        command.args(["--set", "time.step_s=900", "--set", "protocol.version=3.7"]);
        command.args([
            "--set",
            "book.synthetic.accounts=400",
            "--with",
            with,
            "--out",
        ]);
        ok({
            command.arg(&out);
            command
        });
        let text = std::fs::read_to_string(out.join("ab.json")).expect("ab.json");
        let summary: serde_json::Value = serde_json::from_str(&text).expect("JSON");
        summary["policies"][0]["figures"]["penalty_mean"]["change"]["value"].clone()
    };
    assert_ne!(compared("ab-on", "ewma-threshold"), 0.0);
    assert_eq!(compared("ab-still", "ewma-threshold.deviations=0"), 0.0);
}

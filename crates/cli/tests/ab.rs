//! Policies compared from the command line: pairing, signs, interruptions and refusals.

mod support;

use std::path::{Path, PathBuf};
use std::process::Command;
use support::{ok, refused, scratch};

/// `backstop ab` over a small book of March 2020, by the quarter of an hour.
fn ab(paths: u32, out: &Path, more: &[&str]) -> Command {
    of("scenarios/march-2020.toml", paths, out, more)
}

fn of(scenario: &str, paths: u32, out: &Path, more: &[&str]) -> Command {
    let mut command = support::backstop("ab", scenario, paths);
    command
        .args(["--set", "time.step_s=900"])
        .args(["--set", "book.synthetic.accounts=400", "--out"])
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

/// The figures of the only row.
fn figures(out: &Path) -> serde_json::Value {
    let summary = json(out.join("ab.json"));
    let rows = summary["policies"].as_array().expect("rows");
    assert_eq!(rows.len(), 1);
    rows[0]["figures"].clone()
}

fn change(figures: &serde_json::Value, name: &str) -> [f64; 3] {
    ["value", "low", "high"].map(|end| {
        let end = figures[name]["change"][end].as_f64();
        end.unwrap_or_else(|| panic!("{name} has an interval"))
    })
}

/// Every policy is compared or left out with its reason; one thread and a run that was ended give the same.
#[test]
fn each_policy_is_the_same_on_one_thread_and_resumed() {
    let [two, one, part] = ["two-threads", "one-thread", "resumed"].map(scratch);
    let told = ok(ab(4, &two, &["--each", "--threads", "2"]));
    assert!(told.contains("threshold-offset"), "{told}");
    ok(ab(4, &one, &["--each", "--threads", "1"]));
    for file in ["ab-totals.json", "ab.json", "policies.csv", "ab.html"] {
        assert_eq!(read(two.join(file)), read(one.join(file)), "{file}");
    }
    let mut half = json(two.join("ab-totals.json"));
    half["runs"].as_array_mut().expect("runs").truncate(3);
    std::fs::create_dir_all(&part).expect("a folder");
    std::fs::write(part.join("ab-totals.json"), half.to_string()).expect("a file");
    ok(ab(4, &part, &["--each", "--resume"]));
    for file in ["ab-totals.json", "ab.json"] {
        assert_eq!(read(two.join(file)), read(part.join(file)), "{file}");
    }
}

/// A policy that changes nothing differs by nothing: on equal seeds both sides are the same to the bit.
#[test]
fn what_changes_nothing_differs_by_nothing() {
    for (name, with) in [
        ("no-money", "insurance-fund.amount_usd=0"),
        ("no-offset", "threshold-offset.offset_bps=0"),
        ("same-delay", "oracle-delay.delay_s=120"),
    ] {
        let out = scratch(name);
        ok(ab(3, &out, &["--with", with]));
        let figures = figures(&out);
        for (figure, effect) in figures.as_object().expect("figures") {
            let change = &effect["change"];
            assert_eq!(change["value"], 0.0, "{with}: {figure}");
            assert_ne!(effect["verdict"], "better", "{with}: {figure}");
            if figure != "bad_debt_es_99" {
                assert_eq!(change["low"], 0.0, "{with}: {figure}");
                assert_eq!(change["high"], 0.0, "{with}: {figure}");
            }
        }
    }
}

/// Signs that follow from the rules: a lower threshold liquidates more, a higher bonus costs borrowers more, a fund
/// covers what was not covered and nothing else.
#[test]
fn policies_have_the_sign_that_follows_from_the_rules() {
    let out = scratch("signs");
    ok(ab(4, &out, &["--with", "threshold-offset"]));
    let [more, low, _] = change(&figures(&out), "accounts_liquidated_mean");
    assert!(more > 0.0 && low > 0.0, "{more} {low}");
    ok(ab(4, &out, &["--with", "bonus-offset.offset_bps=400"]));
    let [more, low, _] = change(&figures(&out), "penalty_mean");
    assert!(more > 0.0 && low > 0.0, "{more} {low}");
    let crash = [
        "--set",
        "shock.fall=0.5",
        "--set",
        "shock.over_s=3600",
        "--set",
        "waterfall=[]",
        // Writes deficits off, which earlier rules leave standing.
        "--set",
        "protocol.version=3.7",
        "--with",
        "insurance-fund.amount_usd=1000",
    ];
    ok(ab(4, &out, &crash));
    let figures = figures(&out);
    let [less, _, high] = change(&figures, "uncovered_bad_debt_mean");
    // A thousand dollars on each path.
    assert!((less + 1_000.0).abs() < 1.0 && high < 0.0, "{less} {high}");
    // Interest follows what is paid in, so that these move by less than a cent.
    for name in ["bad_debt_mean", "penalty_mean"] {
        assert!(change(&figures, name)[0].abs() < 0.01, "{name}");
        assert_eq!(figures[name]["verdict"], "no effect shown", "{name}");
    }
}

/// A set is one row; a scenario's own policies are switched off in turn; off and on again is where it began.
#[test]
fn sets_and_a_scenarios_own_policies() {
    let out = scratch("sets");
    let told = ok(ab(2, &out, &["--with", "oracle-twap,bonus-offset"]));
    assert!(told.contains("oracle-twap + bonus-offset"), "{told}");
    let own = ["--set", "policy.oracle-twap.window_s=600"];
    let own = [&own[..], &["--set", "policy.borrower-alerts=on"]].concat();
    ok(ab(2, &out, &own));
    let summary = json(out.join("ab.json"));
    let labels: Vec<_> = summary["policies"]
        .as_array()
        .expect("rows")
        .iter()
        .map(|row| row["policy"].as_str().expect("a label"))
        .collect();
    assert_eq!(labels, ["without oracle-twap", "without borrower-alerts"]);
    // Switched on against off is the other way round.
    let [on, off] = ["on", "off"].map(scratch);
    ok(ab(3, &on, &["--with", "oracle-twap"]));
    let set = ["--set", "policy.oracle-twap=on", "--without", "oracle-twap"];
    ok(ab(3, &off, &set));
    let (on, off) = (figures(&on), figures(&off));
    let (up, down) = (change(&on, "penalty_mean"), change(&off, "penalty_mean"));
    assert!(
        up[0] != 0.0 && (up[0] + down[0]).abs() < 1e-6,
        "{up:?} {down:?}"
    );
}

#[test]
fn names_that_are_none_are_refused() {
    let out = scratch("refusals");
    for (more, parts) in [
        (
            &["--with", "oracle-twp"][..],
            &[
                "--with oracle-twp: unknown policy",
                "did you mean \"oracle-twap\"?",
            ][..],
        ),
        (
            &["--with", "oracle-twap.window_s"],
            &["found no value; allowed: NAME or NAME.KEY=VALUE"],
        ),
        (
            &["--with", "oracle-twap.windw_s=5"],
            &["policy.oracle-twap.windw_s", "did you mean \"window_s\"?"],
        ),
        (
            &["--with", "oracle-twap,oracle-twap"],
            &["named twice; allowed: each once"],
        ),
        (
            &["--without", "oracle-twap"],
            &["the scenario does not switch it on; the scenario switches no policy on"],
        ),
        (
            &["--with", "bonus-offset", "--set", "ensemble.draws=sobol"],
            &["draws that are not plain"],
        ),
    ] {
        refused(ab(2, &out, more), parts);
    }
    ok(ab(2, &out, &["--with", "oracle-twap"]));
    let other = ["--with", "oracle-delay", "--resume"];
    refused(ab(2, &out, &other), &["ab-totals.json", "digest"]);
}

/// What a protocol cannot have is refused by name where it is asked for, and told where all are.
#[test]
fn immutable_protocols_say_what_they_cannot_have() {
    let out = scratch("immutable");
    let morpho = [
        "--set",
        "protocol.family=morpho",
        "--set",
        "protocol.version=1.0.0",
    ];
    let with = [&morpho[..], &["--with", "threshold-offset"]].concat();
    refused(
        ab(2, &out, &with),
        &[
            "morpho cannot have threshold-offset",
            "markets are immutable",
        ],
    );
    let told = ok(ab(2, &out, &[&morpho[..], &["--each"]].concat()));
    assert!(told.contains("oracle-twap"), "{told}");
    let summary = json(out.join("ab.json"));
    let why = summary["refused"]["threshold-offset"].as_str();
    assert!(
        why.is_some_and(|why| why.contains("immutable")),
        "{summary}"
    );
}

/// A comparison of designs refuses a policy that one of them cannot have.
#[test]
fn designs_are_compared_with_what_all_can_have() {
    let out = scratch("designs");
    let mut compare = Command::new(env!("CARGO_BIN_EXE_backstop"));
    compare
        .args(["compare", "scenarios/march-2020.toml"])
        .args(["--protocols", "aave-3.7,morpho"])
        .args(["--set", "book.synthetic.accounts=400"])
        .args(["--set", "policy.threshold-offset=on", "--out"])
        .arg(&out)
        .current_dir(support::root());
    refused(compare, &["morpho cannot have threshold-offset"]);
}

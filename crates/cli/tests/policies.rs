//! Every policy on every family from the command line: it acts, or is refused with the reason. Governors have a file of
//! their own.

#[allow(dead_code, reason = "other tests use the rest")]
mod support;

use backstop_io::scenario::{POLICIES, Part, families};
use std::collections::BTreeSet;
use std::path::Path;
use support::{march, run, scratch};

/// What tells that a policy acted.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Shows {
    /// The protocol ends elsewhere.
    State,
    /// Borrowers act at another time or number.
    Reactions,
    /// It trips, which is logged.
    Trips,
    /// As `Trips`, where there are deficits.
    TripsOnDeficits,
    /// It pays all deficits, where there are any.
    Pays,
}

/// Policies with settings under which a fall by half lets each of them act.
const POLICY: [(&str, &[&str], Shows); 21] = [
    ("oracle-robust", &[], Shows::State),
    ("oracle-twap", &[], Shows::State),
    ("oracle-delay", &[], Shows::State),
    ("threshold-offset", &[], Shows::State),
    ("bonus-offset", &[], Shows::State),
    ("borrower-alerts", &[], Shows::Reactions),
    (
        "price-breaker",
        &["trip_bps=300", "release_bps=100"],
        Shows::Trips,
    ),
    (
        "deviation-breaker",
        &["trip_bps=20", "release_bps=10"],
        Shows::Trips,
    ),
    ("volume-breaker", &["depth_bps=10"], Shows::Trips),
    ("deficit-breaker", &["most_usd=1"], Shows::TripsOnDeficits),
    ("liquidation-limit", &["depth_bps=10"], Shows::State),
    ("downtime-grace", &["gap_s=200"], Shows::Trips),
    ("close-only", &["depth_min_usd=1_000_000_000"], Shows::Trips),
    ("treasury-reserve", &[], Shows::Pays),
    ("surplus-buffer", &[], Shows::Pays),
    ("first-loss", &[], Shows::Pays),
    ("insurance-fund", &[], Shows::Pays),
    ("backstop-pool", &[], Shows::Pays),
    ("safety-module", &[], Shows::Pays),
    ("debt-auction", &[], Shows::Pays),
    ("tranches", &[], Shows::Pays),
];

fn json(out: &Path, file: &str) -> Option<serde_json::Value> {
    let text = std::fs::read_to_string(out.join(file)).ok()?;
    Some(serde_json::from_str(&text).expect("JSON"))
}

fn summary(out: &Path) -> serde_json::Value {
    json(out, "summary.json").expect("a summary")
}

/// Who paid deficits of a run, in the words of policies.
fn payers(summary: &serde_json::Value) -> Vec<String> {
    let layers = summary["layers"].as_array().expect("layers").iter();
    let named = layers.map(|layer| layer["layer"].as_str().expect("a name"));
    named
        .map(|name| name.replace(' ', "-").replace("-offset", ""))
        .collect()
}

/// Runs every policy on a design without layers; those that acted.
fn every_policy(design: (&str, &str)) -> BTreeSet<&'static str> {
    let (family, _) = design;
    let base = scratch(&format!("{family}-base"));
    let bare = "waterfall=[]".to_owned();
    let output = run(march(design, std::slice::from_ref(&bare), &base));
    assert!(output.status.success(), "{design:?}");
    let base = summary(&base);
    let deficit = base["deficit_usd"].as_f64().expect("a number");
    let mut acted = BTreeSet::new();
    for (name, settings, shows) in POLICY {
        let policy = backstop_io::scenario::policy(name).expect("a policy");
        let sets = [
            bare.clone(),
            format!("policy.{name}={{ {} }}", settings.join(", ")),
        ];
        let out = scratch(&format!("{family}-{name}"));
        let output = run(march(design, &sets, &out));
        let message = String::from_utf8_lossy(&output.stderr).into_owned();
        if let Some(why) = policy.refused_by(family) {
            assert_eq!(output.status.code(), Some(2), "{family} {name}: {message}");
            assert!(message.contains(&why), "{message}");
            assert!(
                why.starts_with(&format!("{family} cannot have {name}: ")),
                "{why}"
            );
            continue;
        }
        assert!(output.status.success(), "{family} {name}: {message}");
        let found = summary(&out);
        let trips = || {
            let log = json(&out, "guards.json").unwrap_or_default();
            let rows = log.as_array().cloned().unwrap_or_default();
            rows.iter().any(|row| row["guard"] == name)
        };
        let acts = match shows {
            Shows::State => found["state_hash"] != base["state_hash"],
            Shows::Reactions => found["reactions"] != base["reactions"],
            Shows::Trips | Shows::TripsOnDeficits => trips(),
            Shows::Pays => payers(&found) == [name],
        };
        let idle = matches!(shows, Shows::TripsOnDeficits | Shows::Pays) && deficit == 0.0;
        assert_eq!(acts, !idle, "{family} {name}");
        if acts {
            acted.insert(name);
        }
    }
    acted
}

/// The newest version of a family.
fn version(family: &str) -> &'static str {
    let families = families().into_iter();
    let newest = families
        .filter(|(name, _)| *name == family)
        .find_map(|(_, versions)| versions.last().copied());
    newest.expect("a version")
}

#[test]
fn each_policy_is_here_or_a_governor() {
    let governs = |part| {
        matches!(
            part,
            Part::MovingThreshold
                | Part::MovingBonus
                | Part::LiquidationSize
                | Part::Penalty
                | Part::Caps
                | Part::AuctionSpeed
        )
    };
    let others = POLICIES.iter().filter(|policy| !governs(policy.part));
    let others: Vec<_> = others.map(|policy| policy.name).collect();
    assert_eq!(others, POLICY.map(|(name, _, _)| name));
}

#[test]
fn pools_and_vaults_have_every_policy_or_say_why_not() {
    let mut acted = BTreeSet::new();
    for family in ["aave", "maker", "geb", "comet", "aave-v4"] {
        acted.extend(every_policy((family, version(family))));
    }
    // Each acts on one of them at least.
    assert_eq!(acted.len(), POLICY.len(), "{acted:?}");
}

#[test]
fn markets_and_troves_have_every_policy_or_say_why_not() {
    for family in ["morpho", "liquity", "crvusd", "euler", "compound-v2"] {
        let acted = every_policy((family, version(family)));
        assert!(acted.contains("borrower-alerts"), "{family} {acted:?}");
    }
}

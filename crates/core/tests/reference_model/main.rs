//! The engine and the slow model of `backstop-testkit`, side by side through random action
//! sequences: every reserve, position, wallet, health factor, liquidation and rejection is equal
//! after every step.

#![allow(
    clippy::print_stdout,
    reason = "what the scripts reached is worth seeing with --nocapture"
)]

mod draw;
mod pair;
mod properties;

use backstop_core::protocol::aave::AaveVersion;
use backstop_testkit::aave::Version;
use draw::{Script, script};
use pair::Pair;
use proptest::test_runner::{Config, RngAlgorithm, TestCaseError, TestRng, TestRunner};
use std::cell::RefCell;
use std::collections::BTreeMap;

/// Scripts a version.
const CASES: u32 = 192;

/// A runner of the same scripts every time, or of new ones where `PROPTEST_CASES` is set.
pub(crate) fn runner(cases: u32) -> TestRunner {
    let config = Config {
        failure_persistence: None,
        max_shrink_iters: 20_000,
        ..Config::default()
    };
    if std::env::var_os("PROPTEST_CASES").is_some() {
        return TestRunner::new(config);
    }
    let config = Config { cases, ..config };
    TestRunner::new_with_rng(config, TestRng::deterministic_rng(RngAlgorithm::ChaCha))
}

fn check(engine: AaveVersion, model: Version) {
    let mut runner = runner(CASES);
    let cases = runner.config().cases;
    let happened = RefCell::new(BTreeMap::<&str, u32>::new());
    let result = runner.run(&script(), |script: Script| {
        let mut pair = Pair::new(engine, model, &script.world);
        for (number, step) in script.steps.iter().enumerate() {
            let word = pair
                .step(step)
                .map_err(|problem| TestCaseError::fail(format!("step {number}: {problem}")))?;
            *happened.borrow_mut().entry(word).or_default() += 1;
        }
        Ok(())
    });
    if let Err(failure) = result {
        panic!("{model:?}: {failure}");
    }
    let happened = happened.into_inner();
    println!("{model:?}: {happened:?}");
    for word in expected(model) {
        let times = happened.get(word).copied().unwrap_or_default();
        assert!(times > 0 || cases < CASES, "{model:?}: never `{word}`");
    }
}

/// What the scripts must reach, or they compare too little.
fn expected(model: Version) -> impl Iterator<Item = &'static str> {
    let always = [
        "supplied",
        "withdrawn",
        "borrowed",
        "repaid",
        "flag set",
        "category set",
        "liquidated",
    ];
    let since_3_3 = ["written off", "covered", "MUST_NOT_LEAVE_DUST"];
    let later = since_3_3.into_iter().filter(move |_| model > Version::V302);
    always.into_iter().chain(later)
}

#[test]
fn equal_in_3_0_2() {
    check(AaveVersion::V3_0_2, Version::V302);
}

#[test]
fn equal_in_3_3() {
    check(AaveVersion::V3_3, Version::V33);
}

#[test]
fn equal_in_3_4() {
    check(AaveVersion::V3_4, Version::V34);
}

#[test]
fn equal_in_3_5() {
    check(AaveVersion::V3_5, Version::V35);
}

#[test]
fn equal_in_3_6() {
    check(AaveVersion::V3_6, Version::V36);
}

#[test]
fn equal_in_3_7() {
    check(AaveVersion::V3_7, Version::V37);
}

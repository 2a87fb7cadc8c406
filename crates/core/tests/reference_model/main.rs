//! The engine and the slow model of `backstop-testkit`, side by side through random action
//! sequences: every reserve, position, wallet, health factor, liquidation and rejection is equal
//! after every step.

mod draw;
mod pair;

use backstop_core::protocol::aave::AaveVersion;
use backstop_testkit::aave::Version;
use draw::{Script, script};
use pair::Pair;
use proptest::test_runner::{Config, TestCaseError, TestRunner};

/// Scripts a version, unless `PROPTEST_CASES` says otherwise.
const CASES: u32 = 192;

fn check(engine: AaveVersion, model: Version) {
    let config = Config {
        failure_persistence: None,
        ..Config::default()
    };
    let chosen = std::env::var_os("PROPTEST_CASES").is_some();
    let cases = if chosen { config.cases } else { CASES };
    let mut runner = TestRunner::new(Config { cases, ..config });
    let result = runner.run(&script(), |script: Script| {
        let mut pair = Pair::new(engine, model, &script.world);
        for (number, step) in script.steps.iter().enumerate() {
            pair.step(step)
                .map_err(|problem| TestCaseError::fail(format!("step {number}: {problem}")))?;
        }
        Ok(())
    });
    if let Err(failure) = result {
        panic!("{model:?}: {failure}");
    }
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

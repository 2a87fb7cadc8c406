use super::*;

const MINIMAL: &str = r#"
format = "backstop-scenario/1"
name = "minimal"
title = "Minimal"
question = "What happens?"

[time]
start = 2020-03-12T00:00:00Z
end = 2020-03-12T01:00:00+00:00

[protocol]
family = "aave"
version = "3.0.2"

[oracle]
deviation_bps = 50
heartbeat_s = 3600
delay_s = 30
WETH = { delay_s = 60 }

[assets.WETH]
decimals = 18
ltv_bps = 7500
liquidation_threshold_bps = 8000
liquidation_bonus_bps = 500
rates = { optimal_usage_bps = 6500, slope1_bps = 800, slope2_bps = 10000 }
price = { points = [[2020-03-12T00:00:00Z, 195], [1583974800, 150.5]] }

[assets.DAI]
decimals = 18
rates = { optimal_usage_bps = 8000, slope1_bps = 400, slope2_bps = 7500 }
lenders = 1e6
price = { constant = 1 }

[gas]
kind = "series"
points = [[2020-03-12T00:00:00Z, 10]]
native = "WETH"
block_time_s = 13
block_gas_limit = 10_000_000
gas_per_liquidation = 500_000
background_use = 0.5

[[venues]]
kind = "order_book"
name = "book"
base = "WETH"
fee_bps = 10
recovery_half_life_s = 600
levels = [[10, 100.0], [100, 1000]]

[[liquidators]]
name = "keepers"
kind = "public"
exit = "flash_loan"
latency_s = 5
loan_fee_bps = 9

[[waterfall]]
layer = "treasury_reserve"
amount_usd = 1e6

[[waterfall]]
layer = "socialised"

[book.synthetic]
accounts = 10
collateral = { WETH = 1 }
debt = { DAI = 1 }
debt_usd = [[0, 10], [1, 1000]]
health_factor = [[0, 1.1], [1, 3]]
"#;

fn with(overrides: &[(&str, &str)]) -> Result<Scenario, FileError> {
    let overrides: Vec<_> = overrides
        .iter()
        .map(|(k, v)| ((*k).to_owned(), (*v).to_owned()))
        .collect();
    parse(Path::new("minimal.toml"), MINIMAL, &overrides)
}

#[test]
fn a_minimal_scenario_takes_the_documented_defaults() {
    let scenario = with(&[]).unwrap();
    assert_eq!(scenario.time.steps(), 60);
    assert_eq!(scenario.protocol.base_decimals, 8);
    assert_eq!(scenario.asset("DAI"), Some(AssetId(1)));
    assert_eq!(scenario.assets[0].oracle.delay_s, 60);
    assert_eq!(scenario.assets[0].oracle.heartbeat_s, 3600);
    assert_eq!(scenario.assets[1].oracle.delay_s, 30);
    assert_eq!(scenario.borrowers.ignore, 1.0);
    assert_eq!(scenario.waterfall.len(), 1);
    assert_eq!(scenario.liquidators[0].sizing, Sizing::Best);
    assert_eq!(scenario.seed, 0);
}

#[test]
fn overrides_change_any_value() {
    let scenario = with(&[
        ("seed", "18446744073709551615"),
        ("oracle.delay_s", "120"),
        ("assets.WETH.liquidation_bonus_bps", "800"),
        ("protocol.version", "3.5"),
        ("liquidators.0.count", "7"),
        ("title", "a title without quotes"),
        ("venues.0.levels", "[[5, 1.5]]"),
        ("borrowers", "{ignore=0.5, top_up=0.5, repay=0, trigger_health=1.1, target_health=1.2, delay_s=60, budget_share=1}"),
    ])
    .unwrap();
    assert_eq!(scenario.seed, u64::MAX);
    assert_eq!(scenario.assets[1].oracle.delay_s, 120);
    assert_eq!(scenario.assets[0].liquidation_bonus_bps, 800);
    assert_eq!(scenario.protocol.version, "3.5");
    assert_eq!(scenario.liquidators[0].count, 7);
    assert_eq!(scenario.title, "a title without quotes");
    assert_eq!(scenario.borrowers.top_up, 0.5);
    let LiquiditySpec::OrderBook { bids, .. } = &scenario.venues[0].liquidity else {
        panic!("{:?}", scenario.venues[0]);
    };
    assert_eq!(bids, &[(5.0, 1.5)]);
}

#[test]
fn all_problems_come_at_once_and_in_order() {
    let text = MINIMAL
        .replace("decimals = 18\nltv_bps", "decimals = -1\nltv_pbs")
        .replace("heartbeat_s = 3600", "heartbeat_s = 0")
        .replace("fee_bps = 10\n", "fee_bps = nan\n");
    let error = parse(Path::new("bad.toml"), &text, &[]).unwrap_err();
    expect_test::expect![[r#"
        bad.toml:17:15: oracle.heartbeat_s: found 0; allowed: a whole number from 1 to 100000000
        bad.toml:22:12: assets.WETH.decimals: found -1; allowed: a whole number from 0 to 30
        bad.toml:23:11: assets.WETH.ltv_pbs: unknown key; allowed: price, decimals, ltv_bps, liquidation_threshold_bps, liquidation_bonus_bps, protocol_fee_bps, reserve_factor_bps, rates, lenders, source; did you mean "ltv_bps"?
        bad.toml:48:11: venues.0.fee_bps: found nan; allowed: a number from 0 to 9999"#]].assert_eq(&error.to_string());
}

#[test]
fn overrides_are_named_in_problems() {
    let mut messages = String::new();
    for (key, value) in [
        ("oracle.delay_s", "-1"),
        ("oracle.dealy_s", "1"),
        ("assets.WETH.decimals.more", "1"),
        ("liquidators.3.count", "1"),
        ("liquidators.first.count", "1"),
        ("a..b", "1"),
        ("seed", "[1, 2"),
        ("protocol.version", "2"),
        ("book.file", "nowhere.csv"),
    ] {
        let error = with(&[(key, value)]).unwrap_err();
        messages += &format!("{error}\n");
    }
    expect_test::expect![[r#"
        minimal.toml, --set oracle.delay_s=-1: oracle.delay_s: found -1; allowed: a whole number from 0 to 100000000
        minimal.toml, --set oracle.dealy_s=1: oracle.dealy_s: unknown key; allowed: deviation_bps, heartbeat_s, delay_s and the assets' symbols
        minimal.toml, --set assets.WETH.decimals.more=1: assets.WETH.decimals.more: assets.WETH.decimals is 18, which has no parts
        minimal.toml, --set liquidators.3.count=1: liquidators.3.count: liquidators has 1 entries, counted from 0; found "3"
        minimal.toml, --set liquidators.first.count=1: liquidators.first.count: liquidators has 1 entries, counted from 0; found "first"
        minimal.toml, --set a..b=1: a..b: a part of the key is empty; allowed: parts joined by points
        minimal.toml, --set seed=[1, 2: seed: found "[1, 2"; allowed: a whole number from 0 to 18446744073709551615
        minimal.toml, --set protocol.version=2: protocol.version: found 2; allowed: 3.0.2, 3.3, 3.4, 3.5, 3.6, 3.7
        minimal.toml:66:2: book: found 2 of the keys file, synthetic, aggregated; allowed: one
    "#]].assert_eq(&messages);
}

#[test]
fn the_numbers_of_steps_are_bounded() {
    for (key, value) in [
        ("time.end", "2020-03-12T00:00:00Z"),
        ("time.end", "2019-03-12T00:00:00Z"),
        ("time.end", "2020-03-12T01:00:01Z"),
        ("time.end", "2200-03-12T01:00:00Z"),
        ("time.end", "2020-03-12"),
        ("time.step_s", "0"),
        ("time.step_s", "7"),
    ] {
        assert!(with(&[(key, value)]).is_err(), "{key}={value}");
    }
}

proptest::proptest! {
    /// Whatever is cut out of a scenario or written into it, it is read or refused.
    #[test]
    fn no_edit_panics(at in 0usize..MINIMAL.len(), cut in 0usize..40, put in "\\PC{0,12}") {
        let end = (at + cut).min(MINIMAL.len());
        let text = format!("{}{put}{}", &MINIMAL[..at], &MINIMAL[end..]);
        match parse(Path::new("edited.toml"), &text, &[]) {
            Ok(scenario) => assert!(scenario.time.steps() > 0),
            Err(error) => assert!(!error.problems().is_empty()),
        }
    }

    #[test]
    fn no_override_panics(key in "[a-zA-Z0-9.]{0,30}", value in "\\PC{0,20}") {
        for key in [key.clone(), format!("assets.WETH.{key}")] {
            if let Err(error) = with(&[(&key, &value)]) {
                assert!(!error.problems().is_empty());
            }
        }
    }
}

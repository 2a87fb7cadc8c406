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

/// What is wrong with the minimal scenario under overrides.
pub(super) fn problem(overrides: &[(&str, &str)]) -> String {
    with(overrides).unwrap_err().to_string()
}

pub(super) fn with(overrides: &[(&str, &str)]) -> Result<Scenario, FileError> {
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
fn layers_have_their_own_keys_and_limits() {
    let read = |layer: &str| {
        with(&[("waterfall", &format!("[{layer}]"))])
            .unwrap()
            .waterfall
    };
    let insurance = "{layer=\"insurance_fund\", amount_usd=5, penalty_share_bps=100, \
                     event_max_usd=2, asset_max_usd={DAI=3}, excluded_assets=[\"WETH\"]}";
    let scenario = with(&[]).unwrap();
    let [dai, weth] = ["DAI", "WETH"].map(|symbol| scenario.asset(symbol).unwrap());
    let want = LayerSpec {
        layer: LayerKind::InsuranceFund {
            penalty_share_bps: 100,
            target_usd: 5.0,
        },
        amount_usd: 5.0,
        event_max_usd: Some(2.0),
        asset_max_usd: vec![(dai, 3.0)],
        excluded_assets: vec![weth],
    };
    assert_eq!(read(insurance), [want]);
    let cases = [
        (
            "{layer=\"treasury_reserve\", amount_usd=7}",
            LayerKind::TreasuryReserve,
        ),
        (
            "{layer=\"surplus_buffer\", amount_usd=7}",
            LayerKind::SurplusBuffer {
                penalty_share_bps: 10_000,
            },
        ),
        ("{layer=\"first_loss\", amount_usd=7}", LayerKind::FirstLoss),
        (
            "{layer=\"backstop_pool\", amount_usd=7}",
            LayerKind::BackstopPool,
        ),
        (
            "{layer=\"safety_module\", amount_usd=7, slash_max_bps=3000}",
            LayerKind::SafetyModule {
                slash_max_bps: 3_000,
            },
        ),
        (
            "{layer=\"debt_auction\", amount_usd=7, supply_usd=90, discount_bps=500}",
            LayerKind::DebtAuction {
                supply_usd: 90.0,
                discount_bps: 500,
            },
        ),
        (
            "{layer=\"tranches\", sizes_usd=[3, 4]}",
            LayerKind::Tranches {
                sizes_usd: vec![3.0, 4.0],
            },
        ),
    ];
    for (told, layer) in cases {
        let want = LayerSpec {
            layer,
            amount_usd: 7.0,
            ..LayerSpec::default()
        };
        assert_eq!(read(told), [want], "{told}");
    }
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
fn venues_of_every_kind() {
    let head = "name = \"v\", base = \"WETH\", fee_bps = 5, recovery_half_life_s = 60";
    let venue = |rest: &str| {
        let text = format!("{{ {head}, {rest} }}");
        with(&[("venues.0", text.as_str())]).unwrap().venues[0].clone()
    };
    let ranges = venue("kind = \"concentrated\", ranges = [[100, 5], [200, 0], [300, 0]]");
    let want = vec![(100.0, 5.0), (200.0, 0.0), (300.0, 0.0)];
    assert_eq!(ranges.liquidity, LiquiditySpec::Ranges(want));
    assert_eq!((ranges.permanent_share, ranges.depth), (None, None));
    let linear = venue(
        "kind = \"linear\", tokens_per_percent = 50, permanent_share = 0.25, depth = { window_s = 600, \
         normal_volatility = 0.8, volatility_sensitivity = 1, withdrawal = { at_fall = 0.1, share = 0.5, \
         return_half_life_s = 3600 } }",
    );
    let tokens_per_percent = 50.0;
    assert_eq!(
        linear.liquidity,
        LiquiditySpec::Linear { tokens_per_percent }
    );
    assert_eq!(linear.permanent_share, Some(0.25));
    let depth = DepthSpec {
        window_s: 600.0,
        volatility: Some((0.8, 1.0)),
        withdrawal: Some(WithdrawalSpec {
            at_fall: 0.1,
            share: 0.5,
            return_half_life_s: 3_600.0,
        }),
        recorded: None,
    };
    assert_eq!(linear.depth, Some(depth));
    let recorded = venue(
        "kind = \"linear\", tokens_per_percent = 50, depth = { recorded = { file = [\"Cargo.toml\", \"src/lib.rs\"], \
         column = \"liquidity\", reference = 2e18 } }",
    );
    let depth = DepthSpec {
        window_s: 0.0,
        volatility: None,
        withdrawal: None,
        recorded: Some(RecordedDepthSpec {
            files: vec!["Cargo.toml".into(), "src/lib.rs".into()],
            column: "liquidity".to_owned(),
            reference: Some(2e18),
        }),
    };
    assert_eq!(recorded.depth, Some(depth));
    let impact = with(&[("impact", "{ routing = \"split\" }")])
        .unwrap()
        .impact;
    assert_eq!(impact.routing, Routing::Split);
    assert_eq!(with(&[]).unwrap().impact.routing, Routing::Best);
}

/// The price of ether in the minimal scenario, and what is wrong where something is.
fn weth_price(price: &str) -> Result<PriceSpec, String> {
    with(&[("assets.WETH.price", price)])
        .map(|scenario| scenario.assets[0].price.clone())
        .map_err(|error| error.to_string())
}

#[test]
fn every_process_has_its_keys() {
    for price in [
        "{ gbm = { start = 2000, volatility = 0.8 } }",
        "{ merton = { start = 2000, volatility = 0.6, drift = 0.1, intensity = 20, jump_mean = -0.05, jump_deviation = 0.1 } }",
        "{ heston = { start = 2000, volatility = 0.8, reversion = 3, volatility_of_variance = 1.5, correlation = -0.4 } }",
        "{ garch = { start = 2000, volatility = 0.8, alpha = 0.1, beta = 0.85, degrees = 4 } }",
        "{ regimes = { start = 2000, states = [{ volatility = 0.5, mean_stay_s = 864000 }, { volatility = 2, mean_stay_s = 86400, next = [1, 0] }], first = 0 } }",
        "{ peg = { volatility = 0.02, half_life_s = 86400, depeg = { intensity = 1, mean = 0.1, recovery_half_life_s = 43200 } } }",
        "{ gbm = { start = 2000, volatility = 0.8 }, shocks = [{ time = 1583974800, move = -0.3, over_s = 600 }] }",
        "{ points = [[1583971200, 195], [1583974800, 150]], fall = 0.4 }",
    ] {
        let spec = weth_price(price).unwrap_or_else(|e| panic!("{price}: {e}"));
        assert_ne!(spec, PriceSpec::Constant(1.0), "{price}");
    }
    let Ok(PriceSpec::Random(RandomSpec::Garch {
        first_volatility,
        period_s,
        ..
    })) = weth_price(
        "{ garch = { start = 2000, volatility = 0.8, alpha = 0.1, beta = 0.85, degrees = 4 } }",
    )
    else {
        panic!("no GARCH");
    };
    assert_eq!((first_volatility, period_s), (0.8, 86_400));
}

#[test]
fn processes_out_of_range_are_refused_by_key() {
    let mut messages = String::new();
    for price in [
        "{ gbm = { start = 0, volatility = -1 } }",
        "{ gbm = { start = 1, volatility = 1, drfit = 1 } }",
        "{ gbm = 5 }",
        "{ merton = { start = 1, volatility = 1, intensity = 1, jump_mean = 9, jump_deviation = -1 } }",
        "{ heston = { start = 1, volatility = 1, reversion = 0, volatility_of_variance = 1, correlation = 2 } }",
        "{ garch = { start = 1, volatility = 1, alpha = 0.3, beta = 0.7, degrees = 2, period_s = 0 } }",
        "{ regimes = { start = 1, states = [{ volatility = 1, mean_stay_s = 0 }] } }",
        "{ regimes = { start = 1, states = [{ volatility = 1, mean_stay_s = 9, next = [1, 0] }, { volatility = 1, mean_stay_s = 9 }], first = 2 } }",
        "{ peg = { to = \"WBTC\", volatility = 1, half_life_s = 0 } }",
        "{ peg = { to = \"WETH\", volatility = 1, half_life_s = 1 } }",
        "{ points = [[1583971200, 195]], fall = 0.4, scale = 2 }",
        "{ points = [[1583971200, 195]], fall_by = \"drift\" }",
        "{ constant = 1, shocks = [{ time = 1, move = 50 }] }",
        "{ bootstrap = { start = 1 } }",
    ] {
        let error = weth_price(price).unwrap_err();
        let of = |line: &str| {
            line.rsplit(": assets.WETH.price")
                .next()
                .unwrap_or("")
                .to_owned()
        };
        messages += &error
            .lines()
            .map(|line| of(line) + "\n")
            .collect::<String>();
    }
    expect_test::expect![[r#"
        .gbm.start: found 0; allowed: a number above 0, at most 1e12
        .gbm.volatility: found -1; allowed: a number from 0 to 100
        .gbm.drfit: unknown key; allowed: start, volatility, drift; did you mean "drift"?
        .gbm: found 5; allowed: a table of keys
        .merton.jump_mean: found 9; allowed: a number from -5 to 5
        .merton.jump_deviation: found -1; allowed: a number from 0 to 5
        .heston.reversion: found 0; allowed: a number above 0, at most 100000
        .heston.correlation: found 2; allowed: a number from -1 to 1
        .garch.beta: alpha + beta is 1; allowed: below 1
        .garch.degrees: found 2; allowed: a number above 2, at most 1000
        .garch.period_s: found 0; allowed: a whole number from 1 to 31536000
        .regimes.states.0.mean_stay_s: found 0; allowed: a number from 1 to 3.2e10
        .regimes.states: found 1 tables; allowed: 2 to 16
        .regimes.states: the weights of state 0 are [1.0, 0.0]; allowed: one for each of 2 states, 0 for itself, above 0 for some other
        .regimes.first: found 2; allowed: a whole number from 0 to 1
        .peg.to: found "WBTC"; allowed: one of the assets WETH, DAI; did you mean "WETH"?
        .peg.half_life_s: found 0; allowed: a number above 0, at most 1e11
        .peg.to: found "WETH", which follows another itself; allowed: an asset with its own price
        .fall: found beside scale; allowed: one of the two
        .fall_by: has no meaning without the key fall
        .shocks.0.time: found 1; allowed: a date and time with a zone, such as 2020-03-12T00:00:00Z, from 1973 to 2286
        .shocks.0.move: found 50; allowed: a number from -20 to 20
        .bootstrap.file: the key is missing
    "#]].assert_eq(&messages);
}

#[test]
fn correlations_name_two_assets_once() {
    let scenario = with(&[(
        "dependence",
        "{ correlation = { \"WETH/DAI\" = 0.5 }, degrees = 4 }",
    )])
    .unwrap();
    let want = DependenceSpec {
        correlation: vec![(AssetId(0), AssetId(1), 0.5)],
        degrees: Some(4.0),
    };
    assert_eq!(scenario.dependence, want);
    let mut messages = String::new();
    for value in [
        "{ correlation = { WETH = 0.5 } }",
        "{ correlation = { \"WETH/WBTC\" = 0.5 } }",
        "{ correlation = { \"WETH/WETH\" = 0.5 } }",
        "{ correlation = { \"WETH/DAI\" = 1 } }",
        "{ correlation = { \"WETH/DAI\" = 0.5, \"DAI/WETH\" = 0.5 } }",
        "{ degrees = 0.5 }",
    ] {
        let error = with(&[("dependence", value)]).unwrap_err().to_string();
        let at = error.rfind(": dependence").map_or(0, |at| at + 2);
        messages += &(error[at..].to_owned() + "\n");
    }
    expect_test::expect![[r#"
        dependence.correlation.WETH: found "WETH"; allowed: two assets, such as "WETH/WBTC"
        dependence.correlation.WETH/WBTC: found "WBTC" in the key; allowed: one of the assets WETH, DAI; did you mean "WETH"?
        dependence.correlation.WETH/WETH: names one asset twice; allowed: two assets
        dependence.correlation.WETH/DAI: found 1; allowed: a number from -0.9999 to 0.9999
        dependence.correlation.DAI/WETH: tells the correlation of its pair a second time
        dependence.degrees: found 0.5; allowed: a number from 1 to 1000
    "#]].assert_eq(&messages);
}

#[test]
fn a_shock_names_what_falls() {
    let shock = |value: &str| with(&[("shock", value)]).map(|scenario| scenario.shock);
    let scenario = with(&[("shock.fall", "0.3")]).unwrap();
    assert_eq!((scenario.shock.fall, scenario.shock.over_s), (0.3, None));
    assert_eq!(scenario.shock.falling(&scenario.assets), [AssetId(0)]);
    let named = shock("{ fall = 0.5, over_s = 0, assets = [\"DAI\", \"WETH\"] }").unwrap();
    let want = ShockSpec {
        fall: 0.5,
        over_s: Some(0),
        assets: vec![AssetId(1), AssetId(0)],
    };
    assert_eq!(named, want);
    let mut messages = String::new();
    for value in [
        "{ fall = 1 }",
        "{ fall = -0.1 }",
        "{ fall = nan }",
        "{ over_s = -1 }",
        "{ assets = [\"WBTC\"] }",
        "{ assets = [\"WETH\", \"WETH\"] }",
        "{ assets = 3 }",
        "{ falls = 0.1 }",
        "0.3",
    ] {
        let error = shock(value).unwrap_err().to_string();
        let at = error.rfind(": shock").map_or(0, |at| at + 2);
        messages += &(error[at..].to_owned() + "\n");
    }
    let constant = with(&[
        ("shock.fall", "0.1"),
        ("assets.WETH.price", "{ constant = 1 }"),
    ]);
    messages += &constant.unwrap_err().to_string();
    let follower = with(&[
        ("shock.assets", "[\"DAI\"]"),
        ("assets.DAI.price", "{ follows = \"WETH\", ratio = 1.0 }"),
    ]);
    messages += &format!("\n{}", follower.unwrap_err());
    expect_test::expect![[r#"
        shock.fall: found 1; allowed: a number from 0 to 0.99
        shock.fall: found -0.1; allowed: a number from 0 to 0.99
        shock.fall: found nan; allowed: a number from 0 to 0.99
        shock.over_s: found -1; allowed: a whole number from 0 to 100000000
        shock.assets: found […]; allowed: one of the assets WETH, DAI; did you mean "WETH"?
        shock.assets: found […]; allowed: each asset once
        shock.assets: found 3; allowed: a list of assets
        shock.falls: unknown key; allowed: fall, over_s, assets; did you mean "fall"?
        shock: found 0.3; allowed: a table of keys
        minimal.toml, --set shock.fall=0.1: shock.fall: no collateral has a price that moves by itself; allowed: with the key assets
        minimal.toml, --set shock.assets=["DAI"]: shock.assets: found ["DAI"]; allowed: assets with a price of their own; what follows one of them falls with it"#]].assert_eq(&messages);
}

#[test]
fn draws_of_an_ensemble_are_checked() {
    let read = |value| with(&[("ensemble", value)]).map(|scenario| scenario.ensemble);
    assert_eq!(with(&[]).unwrap().ensemble, EnsembleSpec::default());
    let want = EnsembleSpec {
        draws: DrawsSpec::Sobol,
        tilt: None,
    };
    assert_eq!(read("{ draws = \"sobol\" }").unwrap(), want);
    let want = EnsembleSpec {
        draws: DrawsSpec::Plain,
        tilt: Some(TiltSpec::Parts {
            asset: Some(AssetId(0)),
            shocks: 3.0,
            jumps: 1.0,
            sizes: 0.0,
        }),
    };
    assert_eq!(
        read("{ tilt = { asset = \"WETH\", shocks = 3 } }").unwrap(),
        want
    );
    let want = EnsembleSpec {
        draws: DrawsSpec::Plain,
        tilt: Some(TiltSpec::Fall {
            deviations: 4.0,
            assets: vec![AssetId(1), AssetId(0)],
        }),
    };
    assert_eq!(
        read("{ tilt = { fall = 4, assets = [\"DAI\", \"WETH\"] } }").unwrap(),
        want
    );
    let mut messages = String::new();
    for value in [
        "{ draws = \"halton\" }",
        "{ draws = \"sobol\", tilt = { shocks = 3 } }",
        "{ tilt = { shocks = 21 } }",
        "{ tilt = { jumps = 0 } }",
        "{ tilt = { asset = \"WBTC\" } }",
        "{ tilts = { shocks = 3 } }",
        "{ tilt = { sizes = -21 } }",
        "{ tilt = { fall = 21 } }",
        "{ tilt = { fall = 3, shocks = 3 } }",
        "{ tilt = { assets = [\"WETH\"] } }",
        "{ tilt = { fall = 3, assets = [] } }",
        "{ tilt = { fall = 3, assets = [\"WETH\", \"WETH\"] } }",
    ] {
        let error = read(value).unwrap_err().to_string();
        let at = error.rfind(": ensemble").map_or(0, |at| at + 2);
        messages += &(error[at..].to_owned() + "\n");
    }
    expect_test::expect![[r#"
        ensemble.draws: found "halton"; allowed: plain, antithetic, sobol
        ensemble.tilt: found beside other draws; allowed: draws = "plain"
        ensemble.tilt.shocks: found 21; allowed: a number from -20 to 20
        ensemble.tilt.jumps: found 0; allowed: a number from 0.000001 to 1000000
        ensemble.tilt.asset: found "WBTC"; allowed: one of the assets WETH, DAI; did you mean "WETH"?
        ensemble.tilts: unknown key; allowed: draws, tilt; did you mean "tilt"?
        ensemble.tilt.sizes: found -21; allowed: a number from -20 to 20
        ensemble.tilt.fall: found 21; allowed: a number from -20 to 20
        ensemble.tilt.shocks: found beside fall; allowed: fall with assets only
        ensemble.tilt.assets: found without fall; allowed: beside fall
        ensemble.tilt.assets: found […]; allowed: a list of 1 to 16 assets, each once
        ensemble.tilt.assets: found […]; allowed: a list of 1 to 16 assets, each once
    "#]].assert_eq(&messages);
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
        minimal.toml, --set oracle.dealy_s=1: oracle.dealy_s: unknown key; allowed: deviation_bps, heartbeat_s, delay_s, twap_s and the assets' symbols
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

//! Scenarios.

use super::{Report, WETH};
use backstop_io::{inputs, scenario};
use std::path::Path;

const SCENARIO: &str = r#"format = "backstop-scenario/1"
name = "small"
title = "Small"
question = "What happens?"
[time]
start = 2020-03-12T00:00:00Z
end = 2020-03-12T01:00:00Z
step_s = 60
[protocol]
family = "aave"
version = "3.0.2"
[oracle]
deviation_bps = 50
heartbeat_s = 3600
delay_s = 60
[assets.WETH]
decimals = 18
ltv_bps = 7500
liquidation_threshold_bps = 8000
liquidation_bonus_bps = 500
rates = { optimal_usage_bps = 6500, slope1_bps = 800, slope2_bps = 10000 }
price = { file = "weth.csv" }
[assets.DAI]
decimals = 18
rates = { optimal_usage_bps = 8000, slope1_bps = 400, slope2_bps = 7500 }
price = { constant = 1.0 }
[gas]
kind = "base_fee"
initial_gwei = 20
native = "WETH"
block_time_s = 13
block_gas_limit = 10000000
gas_per_liquidation = 500000
background_use = 0.5
[[venues]]
kind = "square_root"
name = "exchange"
base = "WETH"
daily_volume = 1000000
daily_volatility = 0.3
impact_coefficient = 1
fee_bps = 10
recovery_half_life_s = 600
[[liquidators]]
name = "bots"
kind = "public"
exit = "flash_loan"
latency_s = 5
loan_fee_bps = 9
[borrowers]
ignore = 0.6
top_up = 0.2
repay = 0.2
trigger_health = 1.1
target_health = 1.2
delay_s = 60
budget_share = 0.3
[[waterfall]]
layer = "insurance_fund"
amount_usd = 1e6
[book.synthetic]
accounts = 10
collateral = { WETH = 1 }
debt = { DAI = 1 }
debt_usd = [[0, 10], [1, 1000]]
health_factor = [[0, 1.1], [1, 3]]
"#;

/// Cases of one replaced piece of [`SCENARIO`].
const SCENARIO_EDITS: &[(&str, &str, &str)] = &[
    ("wrong format", "backstop-scenario/1", "backstop-scenario/9"),
    ("no format", "format = \"backstop-scenario/1\"\n", ""),
    ("name with a slash", "name = \"small\"", "name = \"a/../b\""),
    ("empty question", "What happens?", ""),
    ("number for text", "\"Small\"", "7"),
    ("duplicate key", "step_s = 60", "step_s = 60\nstep_s = 61"),
    ("duplicate table", "[oracle]", "[time]\n[oracle]"),
    ("unclosed text", "\"Small\"", "\"Small"),
    ("no value", "step_s = 60", "step_s ="),
    ("control character", "Small", "Sm\u{1}all"),
    (
        "date without zone",
        "start = 2020-03-12T00:00:00Z",
        "start = 2020-03-12T00:00:00",
    ),
    (
        "date alone",
        "start = 2020-03-12T00:00:00Z",
        "start = 2020-03-12",
    ),
    (
        "day that is not",
        "start = 2020-03-12T00:00:00Z",
        "start = 2020-02-30T00:00:00Z",
    ),
    (
        "date as text",
        "start = 2020-03-12T00:00:00Z",
        "start = \"yesterday\"",
    ),
    (
        "end before start",
        "end = 2020-03-12T01",
        "end = 2019-03-12T01",
    ),
    ("step of zero", "step_s = 60", "step_s = 0"),
    ("step that does not divide", "step_s = 60", "step_s = 61"),
    (
        "too many steps",
        "end = 2020-03-12T01:00:00Z",
        "end = 2101-03-12T01:00:00Z",
    ),
    ("unknown family", "\"aave\"", "\"aavee\""),
    ("unknown version", "\"3.0.2\"", "\"3.0.3\""),
    ("version as number", "\"3.0.2\"", "3.3"),
    (
        "negative deviation",
        "deviation_bps = 50",
        "deviation_bps = -50",
    ),
    ("not a number", "deviation_bps = 50", "deviation_bps = nan"),
    ("infinite", "daily_volume = 1000000", "daily_volume = inf"),
    (
        "fraction for whole",
        "heartbeat_s = 3600",
        "heartbeat_s = 3600.5",
    ),
    (
        "huge whole number",
        "heartbeat_s = 3600",
        "heartbeat_s = 99999999999999999999999999",
    ),
    (
        "beyond 128 bits",
        "delay_s = 60\n[assets",
        "delay_s = 999999999999999999999999999999999999999999999\n[assets",
    ),
    (
        "unknown oracle",
        "delay_s = 60\n[assets",
        "delay_s = 60\nWBTC = { delay_s = 5 }\n[assets",
    ),
    (
        "oracle missing",
        "[oracle]\ndeviation_bps = 50\nheartbeat_s = 3600\ndelay_s = 60\n",
        "",
    ),
    ("misspelt key", "ltv_bps", "ltv_bsp"),
    (
        "threshold over 100 %",
        "liquidation_threshold_bps = 8000",
        "liquidation_threshold_bps = 10001",
    ),
    (
        "threshold and bonus over 100 %",
        "liquidation_bonus_bps = 500",
        "liquidation_bonus_bps = 2500",
    ),
    ("ltv over threshold", "ltv_bps = 7500", "ltv_bps = 8100"),
    ("no bonus", "liquidation_bonus_bps = 500\n", ""),
    ("decimals", "decimals = 18\nltv", "decimals = 255\nltv"),
    ("symbol with blanks", "[assets.DAI]", "[assets.\"D A I\"]"),
    (
        "no rates",
        "rates = { optimal_usage_bps = 8000, slope1_bps = 400, slope2_bps = 7500 }\n",
        "",
    ),
    (
        "optimal usage 100 %",
        "optimal_usage_bps = 6500",
        "optimal_usage_bps = 10000",
    ),
    ("no price", "price = { constant = 1.0 }\n", ""),
    (
        "two prices",
        "{ constant = 1.0 }",
        "{ constant = 1.0, follows = \"WETH\" }",
    ),
    ("price of zero", "{ constant = 1.0 }", "{ constant = 0.0 }"),
    (
        "follows itself",
        "{ constant = 1.0 }",
        "{ follows = \"DAI\" }",
    ),
    (
        "follows nobody",
        "{ constant = 1.0 }",
        "{ follows = \"WBTC\" }",
    ),
    (
        "points that fall back",
        "{ constant = 1.0 }",
        "{ points = [[1583971260, 1], [1583971200, 1]] }",
    ),
    (
        "points of one",
        "{ constant = 1.0 }",
        "{ points = [[1583971200]] }",
    ),
    (
        "points later than the start",
        "{ constant = 1.0 }",
        "{ points = [[1583971260, 1]] }",
    ),
    ("missing price file", "weth.csv", "nowhere.csv"),
    ("price file is a folder", "weth.csv", "."),
    (
        "unknown refinement",
        "{ file = \"weth.csv\" }",
        "{ file = \"weth.csv\", refine = \"brigde\" }",
    ),
    ("gas kind", "\"base_fee\"", "\"fee\""),
    (
        "gas without points",
        "kind = \"base_fee\"",
        "kind = \"series\"",
    ),
    ("gas token", "native = \"WETH\"", "native = \"ETH\""),
    (
        "liquidation beyond the block",
        "gas_per_liquidation = 500000",
        "gas_per_liquidation = 50000000",
    ),
    ("venue kind", "\"square_root\"", "\"constant_sum\""),
    ("venue base", "base = \"WETH\"", "base = \"WEHT\""),
    ("venue is no list", "[[venues]]", "[venues]"),
    (
        "order book out of order",
        "kind = \"square_root\"",
        "kind = \"order_book\"\nlevels = [[50, 1], [10, 1]]",
    ),
    (
        "ranges out of order",
        "kind = \"square_root\"",
        "kind = \"concentrated\"\nranges = [[50, 1], [10, 1]]",
    ),
    (
        "ranges without liquidity",
        "kind = \"square_root\"",
        "kind = \"concentrated\"\nranges = [[50, 0], [100, 1]]",
    ),
    (
        "ticks without tokens",
        "kind = \"square_root\"",
        "kind = \"concentrated\"\nticks = \"none.json\"",
    ),
    (
        "ticks of a third token",
        "kind = \"square_root\"",
        "kind = \"concentrated\"\nticks = \"none.json\"\nbase_token = 2\ndecimals = [18]",
    ),
    (
        "no order book there",
        "kind = \"square_root\"",
        "kind = \"order_book\"\nbook = \"none.csv\"",
    ),
    (
        "linear without depth",
        "kind = \"square_root\"",
        "kind = \"linear\"",
    ),
    (
        "share over 1 stays",
        "kind = \"square_root\"",
        "kind = \"square_root\"\npermanent_share = 1.5",
    ),
    (
        "depth without a rule",
        "kind = \"square_root\"",
        "kind = \"square_root\"\ndepth = { window_s = 60 }",
    ),
    (
        "all providers leave",
        "kind = \"square_root\"",
        "kind = \"square_root\"\ndepth = { window_s = 0, withdrawal = { at_fall = 0.1, share = 1 } }",
    ),
    (
        "sensitivity without a normal",
        "kind = \"square_root\"",
        "kind = \"square_root\"\ndepth = { window_s = 60, volatility_sensitivity = 11 }",
    ),
    (
        "routing",
        "[[venues]]",
        "[impact]\nrouting = \"all\"\n[[venues]]",
    ),
    ("liquidator kind", "\"public\"", "\"publik\""),
    ("shares over 1", "ignore = 0.6", "ignore = 0.7"),
    (
        "target below trigger",
        "target_health = 1.2",
        "target_health = 1.05",
    ),
    ("layer", "\"insurance_fund\"", "\"insurance\""),
    (
        "socialised first",
        "[[waterfall]]",
        "[[waterfall]]\nlayer = \"socialised\"\n[[waterfall]]",
    ),
    (
        "layer twice",
        "[[waterfall]]",
        "[[waterfall]]\nlayer = \"insurance_fund\"\namount_usd = 1\n[[waterfall]]",
    ),
    (
        "layer without money",
        "\"insurance_fund\"\namount_usd = 1e6",
        "\"first_loss\"",
    ),
    (
        "key of another layer",
        "\"insurance_fund\"",
        "\"backstop_pool\"\nslash_max_bps = 3000",
    ),
    (
        "stakes without a cap",
        "\"insurance_fund\"",
        "\"safety_module\"",
    ),
    (
        "more slashed than staked",
        "\"insurance_fund\"",
        "\"safety_module\"\nslash_max_bps = 10001",
    ),
    (
        "more than the penalty",
        "\"insurance_fund\"",
        "\"surplus_buffer\"\npenalty_share_bps = 10001",
    ),
    (
        "tokens for nothing",
        "\"insurance_fund\"",
        "\"debt_auction\"\nsupply_usd = 1e8\ndiscount_bps = 10000",
    ),
    (
        "no tranches",
        "\"insurance_fund\"\namount_usd = 1e6",
        "\"tranches\"\nsizes_usd = []",
    ),
    (
        "a debt of tranches",
        "\"insurance_fund\"\namount_usd = 1e6",
        "\"tranches\"\nsizes_usd = [1e6, -1]",
    ),
    (
        "limit below nothing",
        "amount_usd = 1e6",
        "amount_usd = 1e6\nevent_max_usd = -1",
    ),
    (
        "limit for a stranger",
        "amount_usd = 1e6",
        "amount_usd = 1e6\nasset_max_usd = { WBTC = 1 }",
    ),
    (
        "limit that is a text",
        "amount_usd = 1e6",
        "amount_usd = 1e6\nasset_max_usd = { DAI = \"1\" }",
    ),
    (
        "excluded stranger",
        "amount_usd = 1e6",
        "amount_usd = 1e6\nexcluded_assets = [\"WBTC\"]",
    ),
    (
        "excluded by a text",
        "amount_usd = 1e6",
        "amount_usd = 1e6\nexcluded_assets = \"DAI\"",
    ),
    ("no book", "[book.synthetic]", "[book.real]"),
    ("accounts", "accounts = 10", "accounts = 1000001"),
    ("weights", "{ WETH = 1 }", "{ WETH = -1 }"),
    ("weights of strangers", "{ WETH = 1 }", "{ WBTC = 1 }"),
    (
        "collateral without threshold",
        "collateral = { WETH = 1 }",
        "collateral = { DAI = 1 }",
    ),
    (
        "nothing to borrow",
        "debt = { DAI = 1 }",
        "debt = { WETH = 1 }",
    ),
    (
        "quantiles without an end",
        "[[0, 1.1], [1, 3]]",
        "[[0, 1.1], [0.5, 3]]",
    ),
    (
        "quantiles that fall",
        "[[0, 10], [1, 1000]]",
        "[[0, 10], [0.5, 5], [1, 1000]]",
    ),
    (
        "unhealthy quantile",
        "[[0, 1.1], [1, 3]]",
        "[[0, 0.9], [1, 3]]",
    ),
    (
        "sources without a list",
        "delay_s = 60\n[assets",
        "delay_s = 60\nWETH = { sources = {} }\n[assets",
    ),
    (
        "sources of an unknown kind",
        "delay_s = 60\n[assets",
        "delay_s = 60\nWETH = { sources = { list = [{ kind = \"rumour\" }] } }\n[assets",
    ),
    (
        "source of a venue that is not",
        "delay_s = 60\n[assets",
        "delay_s = 60\nDAI = { sources = { list = [{ kind = \"venue\", venue = \"exchange\" }] } }\n[assets",
    ),
    (
        "recorded source that goes back in time",
        "delay_s = 60\n[assets",
        "delay_s = 60\nWETH = { sources = { list = [{ kind = \"recorded\", points = [[2000000000, 1], [1900000000, 2]] }] } }\n[assets",
    ),
    (
        "quorum above the sources, zero weight, trust and a peg that are none",
        "delay_s = 60\n[assets",
        "delay_s = 60\nWETH = { sources = { trust = \"blind\", quorum = 2, half_life_s = -1, peg = { target = 0, below_bps = 10000, broken = \"no\" }, list = [{ kind = \"outside\", weight = 0, noise_bps = -1, lag_s = 0.5, name = \"x\" }] } }\n[assets",
    ),
];

/// Adds the messages of these files to the report.
pub(crate) fn check(report: &mut Report<'_>) {
    report.folder.file("weth.csv", WETH.as_bytes());
    let read = |path: &Path| scenario::load(path, &[]).and_then(|s| inputs::read(&s));
    let good = report.folder.file("good.toml", SCENARIO.as_bytes());
    read(&good).unwrap();
    for (case, from, to) in SCENARIO_EDITS {
        assert!(SCENARIO.contains(from), "{case}");
        let path = report
            .folder
            .file("s.toml", SCENARIO.replacen(from, to, 1).as_bytes());
        report.refused(&format!("scenario, {case}"), read(&path));
    }
    for (case, bytes) in [
        ("empty", &b""[..]),
        ("not TOML", b"{\"format\": 1}"),
        ("not UTF-8", b"format = \"backstop\"\nname = \"\xff\xfe\"\n"),
        ("binary", b"PAR1\x00\x00\x00\x00PAR1"),
    ] {
        let path = report.folder.file("s.toml", bytes);
        report.refused(&format!("scenario, {case}"), read(&path));
    }
    report.refused(
        "scenario, missing",
        read(&report.folder.0.join("none.toml")),
    );
    let folder = report.folder.0.join("folder.toml");
    std::fs::create_dir_all(&folder).unwrap();
    report.refused("scenario, a folder", read(&folder));
}

//! Malformed files of every kind: each is refused with a message that a person can act on, and
//! none panics. The messages are kept in `malformed.txt`.

#![allow(
    clippy::unwrap_used,
    reason = "a set-up that fails has to stop the test"
)]

use backstop_io::book::{self, AssetUnit};
use backstop_io::price::{ColumnNames, Layout, read_points, read_prices};
use backstop_io::table::{Column, ColumnData, Table};
use backstop_io::vectors::verify;
use backstop_io::{FileError, inputs, scenario};
use flate2::Compression;
use flate2::write::GzEncoder;
use std::io::Write;
use std::path::{Path, PathBuf};

/// A folder of its own for one test, removed at the end.
struct Folder(PathBuf);

impl Folder {
    fn new() -> Self {
        let path = std::env::temp_dir().join(format!("backstop-malformed-{}", std::process::id()));
        std::fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    fn file(&self, name: &str, bytes: &[u8]) -> PathBuf {
        let path = self.0.join(name);
        std::fs::write(&path, bytes).unwrap();
        path
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// Collects the message of each refused file.
struct Report<'a> {
    folder: &'a Folder,
    text: String,
    cases: usize,
}

impl Report<'_> {
    fn refused<T: std::fmt::Debug>(&mut self, case: &str, result: Result<T, FileError>) {
        let Err(error) = result else {
            panic!("{case}: was read: {result:?}");
        };
        assert!(!error.problems().is_empty(), "{case}");
        let folder = format!("{}/", self.folder.0.display());
        let message = error.to_string().replace(&folder, "");
        self.text += &format!("{case}\n");
        for line in message.lines() {
            self.text += &format!("    {line}\n");
        }
        self.cases += 1;
    }
}

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

const WETH: &str = "time,open,high,low,close\n\
    2020-03-12T00:00:00Z,100,110,90,105\n\
    2020-03-12T00:30:00Z,105,120,100,110\n";

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
];

fn scenarios(report: &mut Report<'_>) {
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

const PRICES: &[(&str, &str)] = &[
    ("empty", ""),
    ("comments only", "# nothing\n"),
    ("header only", "time,open,high,low,close\n"),
    ("one row", "time,price\n1583971200,5\n"),
    ("wrong header", "when,o,h,l,c\n1583971200,1,1,1,1\n"),
    ("no close", "time,open,high,low\n1583971200,1,1,1\n"),
    ("near header", "time,opne,high,low\n1583971200,1,1,1\n"),
    ("not a number", "time,price\n1583971200,NaN\n1583971260,1\n"),
    ("infinite", "time,price\n1583971200,inf\n1583971260,1\n"),
    ("negative", "time,price\n1583971200,1\n1583971260,-1\n"),
    ("zero", "time,price\n1583971200,1\n1583971260,0\n"),
    ("overflow", "time,price\n1583971200,1\n1583971260,1e999\n"),
    ("text", "time,price\n1583971200,1\n1583971260,n/a\n"),
    ("blank", "time,price\n1583971200,1\n1583971260,\n"),
    (
        "comma as point",
        "time,price\n1583971200,\"1,5\"\n1583971260,1\n",
    ),
    ("bad time", "time,price\n12/03/2020,1\n13/03/2020,1\n"),
    ("time of another century", "time,price\n99,1\n160,1\n"),
    ("two units", "time,price\n1583971200,1\n1583971260000,1\n"),
    ("time twice", "time,price\n1583971200,1\n1583971200,1\n"),
    ("time falls", "time,price\n1583971260,1\n1583971200,1\n"),
    (
        "low above open",
        "time,open,high,low,close\n1583971200,1,3,2,2.5\n1583971260,1,1,1,1\n",
    ),
    (
        "high below close",
        "time,open,high,low,close\n1583971200,1,1,1,2\n1583971260,1,1,1,1\n",
    ),
    (
        "line cut off",
        "time,open,high,low,close\n1583971200,1,1,1,1\n1583971260,1,1\n",
    ),
    (
        "field too many",
        "time,price\r\n1583971200,1\r\n1583971260,1,7\r\n",
    ),
    (
        "quote not closed",
        "time,price\n1583971200,1\n1583971260,\"1\n1583971320,1\n",
    ),
];

fn prices(report: &mut Report<'_>) {
    for (case, content) in PRICES {
        let path = report.folder.file("p.csv", content.as_bytes());
        report.refused(
            &format!("prices, {case}"),
            read_prices(&path, &Layout::Ohlcv),
        );
    }
    let kline = "1583971200000,1,2,1,2,9,1583971259999,1,2,3,4\n";
    let path = report.folder.file("k.csv", kline.as_bytes());
    report.refused(
        "prices, kline of 11 columns",
        read_prices(&path, &Layout::Binance),
    );
    let path = report
        .folder
        .file("p.csv", b"time,price\n1583971200,\xff\xfe\n");
    report.refused("prices, not UTF-8", read_prices(&path, &Layout::Ohlcv));
    let names = ColumnNames {
        open: Some("first".to_owned()),
        ..ColumnNames::default()
    };
    let path = report
        .folder
        .file("p.csv", b"time,open,high,low,close\n1583971200,1,1,1,1\n");
    report.refused(
        "prices, named column missing",
        read_prices(&path, &Layout::Named(names)),
    );
    let path = report.folder.file("g.csv", b"time,wei\n1583971200,1\n");
    report.refused("gas, wrong unit", read_points(&path, &["gwei"]));

    let packed = gzip(WETH.as_bytes());
    let path = report
        .folder
        .file("cut.csv.gz", &packed[..packed.len() - 12]);
    report.refused("prices, gzip cut off", read_prices(&path, &Layout::Ohlcv));
    let path = report.folder.file("head.csv.gz", &packed[..5]);
    report.refused(
        "prices, gzip without data",
        read_prices(&path, &Layout::Ohlcv),
    );
    let mut wrong = packed.clone();
    let check = wrong.len() - 6;
    wrong[check] ^= 1;
    let path = report.folder.file("sum.csv.gz", &wrong);
    report.refused(
        "prices, gzip with a wrong sum",
        read_prices(&path, &Layout::Ohlcv),
    );
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

const BOOKS: &[(&str, &str, &str)] = &[
    ("empty", "b.csv", ""),
    ("header only", "b.csv", "account,asset,collateral,debt\n"),
    (
        "no debt column",
        "b.csv",
        "account,asset,collateral\na,WETH,1\n",
    ),
    (
        "unknown column",
        "b.csv",
        "account,asset,collateral,debt,dbet\na,WETH,1,0,0\n",
    ),
    (
        "column twice",
        "b.csv",
        "account,asset,collateral,debt,debt\na,WETH,1,0,0\n",
    ),
    (
        "no name",
        "b.csv",
        "account,asset,collateral,debt\n,WETH,1,0\n",
    ),
    (
        "unknown asset",
        "b.csv",
        "account,asset,collateral,debt\na,WEHT,1,0\n",
    ),
    (
        "negative",
        "b.csv",
        "account,asset,collateral,debt\na,WETH,-1,0\n",
    ),
    (
        "exponent",
        "b.csv",
        "account,asset,collateral,debt\na,WETH,1e3,0\n",
    ),
    (
        "not a number",
        "b.csv",
        "account,asset,collateral,debt\na,WETH,NaN,0\n",
    ),
    (
        "too many digits",
        "b.csv",
        "account,asset,collateral,debt\na,USDC,0,1.0000001\n",
    ),
    (
        "overflow",
        "b.csv",
        "account,asset,collateral,debt\na,WETH,999999999999999999999999999999999999999999999999999999999999999999,0\n",
    ),
    (
        "nothing",
        "b.csv",
        "account,asset,collateral,debt\na,WETH,0,\n",
    ),
    (
        "row twice",
        "b.csv",
        "account,asset,collateral,debt\na,WETH,1,0\na,WETH,0,1\n",
    ),
    (
        "flag",
        "b.csv",
        "account,asset,collateral,debt,enabled\na,WETH,1,0,yes\n",
    ),
    (
        "e-mode",
        "b.csv",
        "account,asset,collateral,debt,e_mode\na,WETH,1,0,256\n",
    ),
    (
        "two e-modes",
        "b.csv",
        "account,asset,collateral,debt,e_mode\na,WETH,1,0,1\na,USDC,0,1,2\n",
    ),
    (
        "short line",
        "b.csv",
        "account,asset,collateral,debt\na,WETH,1\n",
    ),
    (
        "semicolons",
        "b.csv",
        "account;asset;collateral;debt\na;WETH;1;0\n",
    ),
    ("unknown kind", "b.xlsx", "PK"),
    ("not JSON", "b.json", "account,asset\n"),
    (
        "cut off",
        "b.json",
        "[{\"account\":\"a\",\"asset\":\"WETH\",\"collateral\":\"1\"",
    ),
    (
        "amount as number",
        "b.json",
        "[{\"account\":\"a\",\"asset\":\"WETH\",\"collateral\":1.5}]",
    ),
    (
        "unknown key",
        "b.json",
        "[{\"account\":\"a\",\"asset\":\"WETH\",\"colateral\":\"1\"}]",
    ),
    (
        "key twice",
        "b.json",
        "[{\"account\":\"a\",\"account\":\"b\",\"asset\":\"WETH\",\"debt\":\"1\"}]",
    ),
    ("an object", "b.json", "{\"accounts\":[]}"),
    ("no account", "b.json", "[]"),
    (
        "unknown asset",
        "b.json",
        "[{\"account\":\"a\",\"asset\":\"BTC\",\"collateral\":\"1\"}]",
    ),
    ("not gzip within", "b.csv.gz", "account,asset\n"),
];

fn units() -> Vec<AssetUnit> {
    [("WETH", 18), ("USDC", 6)]
        .map(|(symbol, decimals)| AssetUnit {
            symbol: symbol.to_owned(),
            decimals,
        })
        .to_vec()
}

fn books(report: &mut Report<'_>) {
    for (case, name, content) in BOOKS {
        let path = report.folder.file(name, content.as_bytes());
        report.refused(&format!("book, {case}"), book::read(&path, &units()));
    }
    let path = report
        .folder
        .file("b.csv", b"account,asset,collateral,debt\n\xff,WETH,1,0\n");
    report.refused("book, not UTF-8", book::read(&path, &units()));
    report.refused(
        "book, missing",
        book::read(&report.folder.0.join("none.csv"), &units()),
    );

    let text =
        |name: &str, cell: &str| Column::new(name, "", "", ColumnData::Text(vec![cell.to_owned()]));
    let columns = |debt: Column| {
        vec![
            text("account", "a"),
            text("asset", "WETH"),
            text("collateral", "1"),
            debt,
        ]
    };
    let path = report.folder.0.join("b.parquet");
    let float = Column::new("debt", "", "", ColumnData::F64(vec![1.5]));
    Table::new("book", columns(float))
        .write_parquet(&path)
        .unwrap();
    report.refused(
        "book, amounts as floats in Parquet",
        book::read(&path, &units()),
    );
    let bad = text("debt", "0.0000000000000000001");
    Table::new("book", columns(bad))
        .write_parquet(&path)
        .unwrap();
    report.refused(
        "book, too many digits in Parquet",
        book::read(&path, &units()),
    );
}

fn results(report: &mut Report<'_>) {
    let path = report.folder.0.join("t.parquet");
    let column =
        |name: &str| Column::new(name, "USD", "A column.", ColumnData::F64(vec![1.0; 100]));
    Table::new("t", vec![column("a"), column("b")])
        .write_parquet(&path)
        .unwrap();
    let good = std::fs::read(&path).unwrap();
    let with = |from: usize, to: usize, bytes: &[u8]| {
        let mut changed = good.clone();
        changed.splice(from..to, bytes.iter().copied());
        changed
    };
    let end = good.len();
    for (case, bytes) in [
        ("empty", Vec::new()),
        ("text", b"step,time\n0,1\n".to_vec()),
        ("magic alone", b"PAR1".to_vec()),
        ("cut in half", good[..end / 2].to_vec()),
        ("without its last byte", good[..end - 1].to_vec()),
        (
            "footer longer than the file",
            with(end - 8, end - 4, &[0xff, 0xff, 0xff, 0x7f]),
        ),
        ("footer of nothing", with(end - 8, end - 4, &[0; 4])),
        ("first page overwritten", with(4, 40, &[0xff; 36])),
        ("gzip", gzip(&good)),
    ] {
        let path = report.folder.file("t.parquet", &bytes);
        report.refused(&format!("results, {case}"), Table::read_parquet(&path));
    }
    report.refused(
        "results, missing",
        Table::read_parquet(&report.folder.0.join("none.parquet")),
    );
}

/// Cases of one replaced piece of a committed vector file's header and first case.
const VECTOR_EDITS: &[(&str, &str, &str)] = &[
    ("wrong format", "backstop-vectors/1", "backstop-vectors/9"),
    (
        "unknown protocol",
        "\"protocol\":\"aave\"",
        "\"protocol\":\"aavee\"",
    ),
    (
        "unknown version",
        "\"version\":\"3.3.0\"",
        "\"version\":\"2.0\"",
    ),
    ("count as text", "\"count\":1", "\"count\":\"1\""),
    ("fewer cases than said", "\"count\":1", "\"count\":2"),
    ("no id", "\"id\":\"", "\"di\":\""),
    ("no state", "\"given\":", "\"taken\":"),
    ("not JSON", "\"given\":{", "\"given\":{,"),
    (
        "reserves are no list",
        "\"reserves\":[",
        "\"reserves\":7,\"others\":[",
    ),
    ("decimals", "\"decimals\":", "\"decimals\":9"),
    ("negative price", "\"price\":\"", "\"price\":\"-"),
    ("price as text", "\"price\":\"", "\"price\":\"x"),
    (
        "index over 256 bits",
        "\"liquidityIndex\":\"",
        "\"liquidityIndex\":\"99999999999999999999999999999999999999999999999999999999999999999999999999999999",
    ),
    (
        "flag as number",
        "\"isCollateral\":true",
        "\"isCollateral\":1",
    ),
];

fn vectors(report: &mut Report<'_>) {
    let golden = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/tests/golden/aave-3.3.0.jsonl.gz"
    );
    let text = backstop_io::read_text(Path::new(golden)).unwrap();
    let mut lines = text
        .lines()
        .map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap());
    let (mut header, case) = (lines.next().unwrap(), lines.next().unwrap());
    header["count"] = 1.into();
    let good = format!("{header}\n{case}\n");
    let read = |path: &Path| verify(path, &mut |_, _| {});
    let path = report.folder.file("good.jsonl", good.as_bytes());
    assert_eq!(read(&path).unwrap().mismatches, []);
    for (case, from, to) in VECTOR_EDITS {
        assert!(good.contains(from), "{case}");
        let path = report
            .folder
            .file("v.jsonl", good.replacen(from, to, 1).as_bytes());
        report.refused(&format!("vectors, {case}"), read(&path));
    }
    let packed = gzip(good.as_bytes());
    for (case, bytes) in [
        ("empty", &b""[..]),
        ("not UTF-8", b"{\"format\":\"\xff\"}\n"),
        ("cut off", &good.as_bytes()[..good.len() / 2]),
        ("gzip cut off", &packed[..packed.len() / 2]),
    ] {
        let path = report.folder.file("v.jsonl", bytes);
        report.refused(&format!("vectors, {case}"), read(&path));
    }
    report.refused(
        "vectors, missing",
        read(&report.folder.0.join("none.jsonl")),
    );
}

#[test]
fn malformed_files_are_refused_with_messages() {
    let folder = Folder::new();
    let mut report = Report {
        folder: &folder,
        text: String::new(),
        cases: 0,
    };
    scenarios(&mut report);
    prices(&mut report);
    books(&mut report);
    results(&mut report);
    vectors(&mut report);
    assert!(report.cases >= 60, "{}", report.cases);
    expect_test::expect_file!["malformed.txt"].assert_eq(&report.text);
}

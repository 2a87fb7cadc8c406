//! Result files, their documentation, explanations and terminal text.

#![allow(clippy::unwrap_used, reason = "a test stops at the first failure")]

#[allow(dead_code, reason = "the tests of policies use the rest")]
#[path = "support/ab.rs"]
mod ab;
#[allow(dead_code, reason = "the tests of an ensemble use the rest")]
#[path = "support/ensemble.rs"]
mod ensemble;
mod support;
#[allow(dead_code, reason = "the tests of a sweep use the rest")]
#[path = "support/sweep.rs"]
mod sweep;

use ab::Policies;
use backstop_core::governor::{self, Cut};
use backstop_core::guard::{Level, Reason};
use backstop_core::protocol::{AccountId, AssetId, Governed, LeverKind};
use backstop_core::units::{Amount, Ratio};
use backstop_io::table::{ColumnData, Table};
use backstop_lab::record::{
    AttackRow, BandRow, CallCause, CallRow, GuardCostRow, GuardRow, LeveringRow, ParameterRow,
    PathRecord, StepRow,
};
use backstop_report::{
    Comparison, ExplainError, HealthRow, Report, RunContext, ab_tables, cascade_tables,
    comparison_tables, drivers_tables, ensemble_tables, explain, health_table, map_svg, map_table,
    map_terminal, next_generation_table, oracle_cost_table, summary_text, sweep_tables, tables,
    write_results,
};
use ensemble::Ensemble;
use expect_test::{expect, expect_file};
use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};
use support::{Size, context, maps, record};
use sweep::{Drivers, Map, Sweep};

const SMALL: Size = Size {
    steps: 48,
    liquidations: 6,
    accounts: 8,
    assets: 3,
};

/// A folder of its own that goes away at the end.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let path =
            std::env::temp_dir().join(format!("backstop-report-{name}-{}", std::process::id()));
        fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    fn with_results(name: &str) -> Self {
        let folder = Self::new(name);
        let (record, context) = (record(SMALL, 0.06), context());
        let report = Report {
            context: &context,
            record: &record,
            without_feedback: None,
            maps: &[],
        };
        write_results(&folder.0, &report).unwrap();
        folder
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        fs::remove_dir_all(&self.0).ok();
    }
}

fn columns(doc: &mut String, table: &Table) {
    writeln!(
        doc,
        "\n| column | type | unit | meaning |\n|---|---|---|---|"
    )
    .unwrap();
    for column in &table.columns {
        let kind = column.data.type_name();
        writeln!(
            doc,
            "| `{}` | {kind} | {} | {} |",
            column.name, column.unit, column.doc
        )
        .unwrap();
    }
}

fn compare(doc: &mut String) {
    let about = [
        "One row a design, with every figure of its run.",
        "One row a design and step; sums run from the first step on.",
        "One row a design and layer of its waterfall that paid, in the order of first payment.",
    ];
    let comparison = Comparison {
        context: &RunContext::default(),
        contenders: &[],
    };
    for (table, sentence) in comparison_tables(&comparison).iter().zip(about) {
        let name = &table.name;
        write!(
            doc,
            "\n## {name}\n\nWritten by `backstop compare`. {sentence}\n"
        )
        .unwrap();
        columns(doc, table);
    }
}

fn stress(doc: &mut String) {
    let about = [
        "One row a figure, with its mean, its tail and their intervals over the paths.",
        "One row a probability: the losses that this share of the paths reaches.",
        "One row a whole percent of the largest fall that some path has, ascending.",
        "One row a step, at most 96 of them: quantiles of the lead asset's price over the paths.",
        "One row an account that loses or is at risk on any path, by bad debt and then by collateral taken and at risk, \
         largest first.",
        "One row an asset: the collateral taken of it over the paths.",
        "One row an asset: the collateral at risk of it over the paths, USD at the start's prices: all that the accounts \
         had which were liquidated or softened or end in breach.",
        "One row a fall of the lead asset's price at the start and an asset: what that fall alone brings into breach, by \
         the design's own rule, before anybody acts.",
        "One row a path: the worst ones, by bad debt and then by collateral taken.",
    ];
    let tables = ensemble_tables(&Ensemble::of(&[]).report());
    assert_eq!(tables.len(), about.len());
    for (table, sentence) in tables.iter().zip(about) {
        let name = &table.name;
        write!(
            doc,
            "\n## {name} of an ensemble\n\nWritten by `backstop stress`. {sentence}\n"
        )
        .unwrap();
        columns(doc, table);
    }
}

fn sweep(doc: &mut String) {
    let (grid, drivers) = (Sweep::two_keys(20), Drivers::some());
    let mut tables = grid.report(sweep_tables);
    tables.extend(drivers.report(drivers_tables));
    tables.extend(cascade_tables(&[]));
    tables.extend(Map::two().book.iter().map(next_generation_table));
    tables.push(oracle_cost_table(&[]));
    tables.extend(Policies::some(20).report(ab_tables));
    let about = [
        "Written by `backstop sweep`. One row a cell, the last key running fastest.",
        "Written by `backstop sweep --drivers`. One row a change of an input, what moves bad debt most first.",
        "Written by `backstop map`. One row an asset and price, from the start's price down.",
        "Written by `backstop map`. One row an asset and size of a sale.",
        "Written by `backstop map` of several assets. One row a fall of all prices and pair of assets.",
        "Written by `backstop map` where oracles ask several sources. One row an asset, oracle, fall of its price and time \
         for which it is held.",
        "Written by `backstop ab`, as CSV too. One row a policy and figure.",
    ];
    assert_eq!(tables.len(), about.len());
    for (table, sentence) in tables.iter().zip(about) {
        write!(doc, "\n## {}\n\n{sentence}\n", table.name).unwrap();
        columns(doc, table);
    }
}

/// A path with every table.
fn levered_and_attacked() -> PathRecord {
    let levering = LeveringRow {
        step: 0,
        account: AccountId(0),
        collateral: AssetId(0),
        debt: AssetId(0),
        supplied: Amount::ZERO,
        borrowed: Amount::ZERO,
        supplied_usd: 0.0,
        borrowed_usd: 0.0,
    };
    let attack = AttackRow {
        step: 0,
        time: 0,
        asset: AssetId(0),
        fall: 0.1,
        samples: 1,
        expected_usd: 0.0,
        sold_usd: 0.0,
        bought_usd: 0.0,
        cost_usd: 0.0,
        liquidations: 0,
        profit_usd: 0.0,
    };
    let counted = StepRow {
        margin_calls: Some(3),
        by_collateral: vec![[100.0, 60.0], [50.0, 10.0]],
        ..StepRow::default()
    };
    let guard = GuardRow {
        step: 0,
        time: 0,
        guard: "price-breaker",
        asset: None,
        from: Level::Open,
        to: Level::NoBorrowing,
        reason: Reason::Silent { seconds: 1 },
    };
    let cost = GuardCostRow {
        guard: "price-breaker",
        seconds: [0; 5],
        refused: Vec::new(),
    };
    let parameter = ParameterRow {
        step: 0,
        time: 0,
        governor: "ewma-threshold",
        parameter: "WETH.liquidation_threshold".to_owned(),
        kind: LeverKind::LiquidationThreshold,
        governs: Governed::Asset(AssetId(0)),
        from: 8_000,
        to: 7_760,
        wanted: 7_000,
        cut: Cut::Step,
        reason: governor::Reason {
            what: "fall to bear, ppm",
            found: 265_000,
        },
        decreed: 0,
    };
    let call = CallRow {
        step: 0,
        time: 0,
        account: AccountId(0),
        level: Ratio::ZERO,
        since: 0,
        cause: CallCause::Market,
        health: Ratio::ZERO,
        headroom: 0.0,
        sigma: 0.05,
        breach_in_s: None,
        repay: None,
        top_up: None,
    };
    let band = BandRow {
        step: 0,
        time: 0,
        from: Ratio::ZERO,
        to: Ratio::MAX,
        accounts: 0,
        debt_usd: 0.0,
    };
    PathRecord {
        symbols: vec!["WETH".to_owned(), "WBTC".to_owned()],
        steps: vec![counted],
        parameters: vec![parameter],
        leverings: vec![levering],
        attacks: vec![attack],
        guards: vec![guard],
        guard_costs: vec![cost],
        call_window_s: Some(3_600),
        calls: vec![call],
        bands: vec![band],
        ..PathRecord::default()
    }
}

/// A census is told by step and by step and asset; without one the columns are not there.
#[test]
fn a_census_is_told() {
    let column = |tables: &[Table], table: &str, name: &str| {
        let table = tables.iter().find(|t| t.name == table).unwrap();
        let column = table.columns.iter().find(|c| c.name == name);
        column.map(|column| column.data.clone())
    };
    let mut record = levered_and_attacked();
    let told = tables(&record, None);
    let some = |values: &[f64]| {
        let values = values.iter().copied().map(Some);
        Some(ColumnData::OptionalF64(values.collect()))
    };
    assert_eq!(
        column(&told, "steps", "margin_calls"),
        Some(ColumnData::OptionalU32(vec![Some(3)]))
    );
    for (table, name, want) in [
        ("steps", "borrowers_collateral_usd", &[150.0][..]),
        ("steps", "borrowers_debt_usd", &[70.0]),
        ("steps", "leverage", &[70.0 / 80.0]),
        ("prices", "borrowers_collateral_usd", &[100.0, 50.0]),
        ("prices", "borrowers_debt_usd", &[60.0, 10.0]),
    ] {
        assert_eq!(column(&told, table, name), some(want), "{name}");
    }
    record.steps[0].by_collateral = vec![[100.0, 100.0]];
    let owing = tables(&record, None);
    let none = Some(ColumnData::OptionalF64(vec![None]));
    assert_eq!(column(&owing, "steps", "leverage"), none);
    record.steps[0].margin_calls = None;
    let without = tables(&record, None);
    assert_eq!(column(&without, "steps", "leverage"), None);
    assert_eq!(column(&without, "prices", "borrowers_debt_usd"), None);
}

#[test]
fn the_documentation_lists_every_column() {
    let about = [
        (
            "steps",
            "One row a step: the chain and the flows of the step, at the oracle's prices.",
        ),
        ("prices", "One row a step and asset, ordered by step."),
        (
            "events",
            "One row a ledger event, in order. Fields that an event does not have are null.",
        ),
        ("liquidations", "One row a liquidation, in order."),
        ("accounts", "One row an account that had debt at the start."),
        ("liquidators", "One row a liquidator."),
        (
            "misses",
            "One row an attempt that did not go through, in order.",
        ),
        ("reactions", "One row a borrower's own move, in order."),
        ("coverage", "One row a payment of a deficit, in order."),
        ("metrics", "One row a figure of the run."),
        (
            "leverings",
            "One row a borrower's move to more leverage, in order. Written where there is any.",
        ),
        (
            "attacks",
            "One row an attack on an oracle's price, in order. Written where there is any.",
        ),
        (
            "guards",
            "One row a change of what a guard holds back, in order. Written where there is any.",
        ),
        (
            "guard_costs",
            "One row a guard and operation. Written where the scenario has guards.",
        ),
        (
            "parameter_changes",
            "One row a parameter that a governor moved, in order. Written where there is any.",
        ),
        (
            "calls",
            "One row a margin call, in order: an account's health fell below a level at which it was not before. Written, \
             as `bands`, where the scenario has a `[monitor]`.",
        ),
        (
            "bands",
            "One row a band of health and step at whose end it stood otherwise than before, ascending; all of them with the \
             first step.",
        ),
    ];
    let mut doc = include_str!("results-head.md").to_owned();
    let tables = tables(&levered_and_attacked(), None);
    assert_eq!(
        tables.iter().map(|t| t.name.as_str()).collect::<Vec<_>>(),
        about.map(|(name, _)| name)
    );
    for (table, (name, sentence)) in tables.iter().zip(about) {
        write!(doc, "\n## {name}\n\n{sentence}\n").unwrap();
        columns(&mut doc, table);
    }
    doc.push_str("\n## map\n\nWritten by `backstop map`: one row a point of a liquidation map, ascending by price.\n");
    columns(&mut doc, &map_table(&[]));
    compare(&mut doc);
    stress(&mut doc);
    sweep(&mut doc);
    expect_file!["../../../docs/results.md"].assert_eq(&doc);
}

#[test]
fn results_are_written_and_the_same_each_time() {
    let (a, b) = (Folder::with_results("a"), Folder::with_results("b"));
    let mut names: Vec<_> = fs::read_dir(&a.0)
        .unwrap()
        .map(|f| f.unwrap().file_name())
        .collect();
    names.sort();
    assert_eq!(names.len(), 10 * 2 + 3, "{names:?}");
    for name in names {
        assert!(
            fs::read(a.0.join(&name)).unwrap() == fs::read(b.0.join(&name)).unwrap(),
            "{name:?}"
        );
    }
    for table in tables(&record(SMALL, 0.06), None) {
        let path = a.0.join(format!("{}.parquet", table.name));
        assert_eq!(Table::read_parquet(&path).unwrap(), table);
    }
    let summary: serde_json::Value =
        serde_json::from_str(&fs::read_to_string(a.0.join("summary.json")).unwrap()).unwrap();
    assert_eq!(summary["format"], "backstop-results/1");
    assert_eq!(summary["liquidations"], 6);
}

#[test]
fn sums_of_tables_agree() {
    let record = record(
        Size {
            steps: 600,
            liquidations: 300,
            accounts: 90,
            assets: 5,
        },
        0.05,
    );
    let summary = backstop_report::Summary::new(&record, None);
    let seized: f64 = record
        .liquidations
        .iter()
        .map(|l| l.seized_usd + l.fee_usd)
        .sum();
    let by_asset: f64 = summary.assets.iter().map(|a| a.seized_usd).sum();
    assert!((summary.seized_usd - seized).abs() < 1e-6 * seized);
    assert!((summary.seized_usd - by_asset).abs() < 1e-6 * seized);
    assert!((summary.penalty_usd - summary.bonus_usd - summary.fee_usd).abs() < 1e-6 * seized);
    let paid: f64 = summary.layers.iter().map(|l| l.usd).sum();
    assert!((summary.covered_usd - paid).abs() < 1e-9 * paid.max(1.0));
}

#[test]
fn an_account_is_explained() {
    let folder = Folder::with_results("explain");
    expect_file!["golden/explain.txt"].assert_eq(&explain(&folder.0, "3").unwrap());
    let by_name = record(SMALL, 0.06).accounts[4].name.clone().unwrap();
    let same = explain(&folder.0, &by_name).unwrap();
    assert_eq!(explain(&folder.0, "account 4").unwrap(), same);
    assert_eq!(explain(&folder.0, "#4").unwrap(), same);
    expect![[r#"
        account 7 was never liquidated.
        Health factor: 1.7103 at the start, 1.2314 at the end.
    "#]]
    .assert_eq(&explain(&folder.0, "7").unwrap());
}

#[test]
fn what_cannot_be_explained_is_named() {
    let folder = Folder::with_results("refused");
    let damage = |name: &str, line: usize, from: &str, to: &str| {
        let path = folder.0.join(name);
        let text = fs::read_to_string(&path).unwrap();
        let lines: Vec<String> = text
            .lines()
            .enumerate()
            .map(|(i, l)| {
                if i + 1 == line {
                    l.replacen(from, to, 1)
                } else {
                    l.to_owned()
                }
            })
            .collect();
        let changed = lines.join("\n");
        assert_ne!(changed, text.trim_end());
        fs::write(&path, changed).unwrap();
        let message = explain(&folder.0, "3").unwrap_err().to_string();
        fs::write(&path, text).unwrap();
        message
    };
    let mut all = vec![
        explain(&folder.0, "99").unwrap_err().to_string(),
        explain(&folder.0, "").unwrap_err().to_string(),
        explain(Path::new("no-such-folder"), "3")
            .unwrap_err()
            .to_string(),
        damage("traces.jsonl", 2, "{", ""),
        damage("traces.jsonl", 3, "\"repaid\":\"", "\"repaid\":\"x"),
        damage("traces.jsonl", 4, "\"half_up\"", "\"sideways\""),
        damage("traces.jsonl", 5, "\"step\"", "\"stop\""),
        damage(
            "accounts.json",
            3,
            "\"health_start\":\"",
            "\"health_start\":\"-",
        ),
        damage("accounts.json", 4, "\"account\":", "\"account\":x"),
    ];
    for message in &mut all {
        *message = message.replace(&folder.0.display().to_string(), "RESULTS");
    }
    expect![[r#"
        no account "99" among the 8 accounts that had debt; the nearest: 1, 3, 5
        no account "" among the 8 accounts that had debt; the nearest: 1, 3, 5
        no-such-folder/accounts.json: cannot read it: there is no such file
        RESULTS/traces.jsonl:2: cannot be read: invalid type: string "step", expected struct TraceLine
        RESULTS/traces.jsonl:3: repaid: found "x404997270186550689792"; allowed: a whole number below 2^256 as decimal digits
        RESULTS/traces.jsonl:4: trace.rounding: found "sideways"; allowed: floor, ceil, half_up, null
        RESULTS/traces.jsonl:5: cannot be read: unknown field `stop`, expected one of `step`, `time`, `account`, `liquidator`, `collateral`, `collateral_decimals`, `debt`, `debt_decimals`, `repaid`, `seized`, `protocol_fee`, `health_before`, `health_after`, `trace`
        RESULTS/accounts.json, row 2: health_start: found "-2242181955049201152"; allowed: a whole number below 2^256 as decimal digits
        RESULTS/accounts.json:4: cannot be read: expected value
    "#]].assert_eq(&(all.join("\n") + "\n"));
    let unknown = explain(&folder.0, "99").unwrap_err();
    assert!(matches!(
        unknown,
        ExplainError::UnknownAccount { accounts: 8, .. }
    ));
}

#[test]
fn the_terminal_shows_a_run() {
    let (loud, quiet) = (record(SMALL, 0.06), record(SMALL, 0.0));
    let context = context();
    let report = Report {
        context: &context,
        record: &loud,
        without_feedback: Some(&quiet),
        maps: &[],
    };
    let text = summary_text(&report, 80);
    expect![[r#"
        A made-up crash, 12–13 March 2020
        Aave v3.3, 12 Mar 2020 00:00 UTC to 12 Mar 2020 00:47 UTC, 48 steps, seed 7

        WETH fell 47.4 % from $194.07 to $101.99 within 27 minutes; 6 liquidations in 6
        of 8 indebted accounts repaid $24.5k of debt and seized $25.7k of collateral.
        $1,331 of bad debt was left (paid by treasury reserve $80.99; still open
        $1,250); the forced selling softened the oracle's fall from 47.0 % to 46.8 %.

          liquidations              6 in 6 of 8 accounts
          debt repaid               $24.5k
          collateral seized         $25.7k ($122 to the protocol)
          borrowers' penalty        $1,224
          liquidators' profit       $741 after $41.62 gas and $307 slippage
          bad debt                  $1,331 ($80.99 written off, $1,250 open)
          accounts in breach        28 at most, 0 at the end
          missed attempts           2 (outrun 2, block full 0, rejected 0)
          amplification             1.00× (oracle's fall 46.8 % with the selling, 47.0 % without)
          paid by treasury reserve  $80.99 in 1 payment, $19.9k left
          WETH price                194.07 to 101.99 USD (47.4 % down after 27 min)
    "#]]
    .assert_eq(&text);
    let mut hostile = record(
        Size {
            steps: 90,
            liquidations: 60,
            accounts: 50,
            assets: 5,
        },
        0.06,
    );
    for (i, row) in hostile.coverage.iter_mut().enumerate() {
        row.layer = format!("layer \u{1b}[31m {i}");
    }
    let report = Report {
        record: &hostile,
        ..report
    };
    let text = summary_text(&report, 80);
    assert!(text.lines().count() <= 40, "{text}");
    assert!(!text.contains('\u{1b}'));
}

#[test]
fn the_terminal_shows_health() {
    let row = |account: &str, factor: u128, distance, at: Option<(&str, f64)>| HealthRow {
        account: account.into(),
        collateral_usd: 1_234_567.0,
        debt_usd: 800_000.0,
        health: Ratio::new(factor),
        distance,
        liquidation_price: at.map(|(asset, price)| (asset.into(), price)),
    };
    let rows = [
        row(
            "0xabc",
            1_250_000_000_000_000_000,
            Some(0.2),
            Some(("WETH", 1_521.7)),
        ),
        row(
            "account 2",
            987_600_000_000_000_000,
            Some(-0.0124),
            Some(("WETH", 2_100.0)),
        ),
        HealthRow {
            health: Ratio::MAX,
            debt_usd: 0.0,
            ..row("\u{7}quiet", 0, None, None)
        },
    ];
    expect![[r#"
         account     health  collateral USD  debt USD  distance  liquidated at USD
         0xabc       1.2500       1,234,567   800,000    20.0 %      WETH 1,521.70
         account 2   0.9876       1,234,567   800,000    −1.2 %      WETH 2,100.00
          quiet     no debt       1,234,567         0         -                  -
    "#]]
    .assert_eq(&health_table(&rows));
}

#[test]
fn maps_stand_alone() {
    let maps = maps();
    let svg = map_svg(&maps[0]);
    assert!(svg.starts_with("<svg") && svg.contains("xmlns=\"http://www.w3.org/2000/svg\""));
    assert_eq!(svg, map_svg(&maps[0]));
    assert_eq!(map_table(&maps).rows(), 1_800);
    let text = map_terminal(&maps[0], 70, 16);
    assert_eq!(text.lines().count(), 16);
    assert!(
        text.lines().all(|line| line.chars().count() <= 70),
        "{text}"
    );
    let empty = backstop_report::LiquidationMap {
        symbol: "X".into(),
        ..Default::default()
    };
    expect![[r#"
        X: no account becomes liquidatable at any price.
    "#]]
    .assert_eq(&map_terminal(&empty, 70, 16));
    assert!(map_svg(&empty).contains("</svg>"));
}

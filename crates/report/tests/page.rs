//! The page: its text, its safety and its behaviour at the edges.

#[path = "support/html.rs"]
mod html;
mod support;

use backstop_core::guard::{Level, Reason};
use backstop_core::protocol::{AccountId, AssetId};
use backstop_core::units::{Price, Ratio};
use backstop_lab::record::{CallCause, CallRow, GuardRow, PathRecord, StepRow};
use backstop_report::{
    Input, InputKind, LiquidationMap, MapPoint, Report, RunContext, SettingsTable, WaterfallLayer,
};
use expect_test::expect_file;
use html::{balanced, check, text};
use support::{START, Size, context, maps, record};

const SMALL: Size = Size {
    steps: 48,
    liquidations: 6,
    accounts: 8,
    assets: 3,
};
const FULL: Size = Size {
    steps: 2_880,
    liquidations: 4_000,
    accounts: 3_000,
    assets: 5,
};

fn page(record: &PathRecord, quiet: Option<&PathRecord>, maps: &[LiquidationMap]) -> String {
    Report {
        context: &context(),
        record,
        without_feedback: quiet,
        maps,
    }
    .page()
}

#[test]
fn a_small_run_reads_as_stored() {
    let (loud, quiet) = (record(SMALL, 0.06), record(SMALL, 0.0));
    let html = page(&loud, Some(&quiet), &maps());
    check(&html);
    expect_file!["golden/small.txt"].assert_eq(&text(&html));
}

/// A guard that holds twice, and calls of two levels, of which liquidations follow some.
fn guarded_and_called() -> PathRecord {
    let mut record = record(SMALL, 0.06);
    let (open, held) = (Level::Open, Level::NoNewLiquidations);
    let fell = Reason::Fell {
        from: Price::new(200_00000000),
        to: Price::new(150_00000000),
    };
    let changes = [
        (5, open, held, fell),
        (20, held, open, Reason::Calm { seconds: 900 }),
        (40, open, held, fell),
    ];
    let change = |(step, from, to, reason): (u32, Level, Level, Reason)| GuardRow {
        step,
        time: START + 60 * u64::from(step),
        guard: "price-breaker",
        asset: Some(AssetId(0)),
        from,
        to,
        reason,
    };
    record.guards = changes.map(change).to_vec();
    record.call_window_s = Some(600);
    let hundredth = |n: u128| Ratio::new(n * 10_000_000_000_000_000);
    let call = |(step, account, level): (u32, u32, u128)| CallRow {
        step,
        time: START + 60 * u64::from(step),
        account: AccountId(account),
        level: hundredth(level),
        since: START,
        cause: CallCause::Market,
        health: hundredth(level - 1),
        headroom: 0.02,
        sigma: 0.05,
        breach_in_s: Some(3_600),
        repay: None,
        top_up: None,
    };
    let account = record.liquidations[0].account.0;
    let calls = [
        (1, account, 110),
        (2, account, 105),
        (4, 999, 110),
        (30, 999, 110),
    ];
    record.calls = calls.map(call).to_vec();
    // What a liquidation of the step itself brought below a level comes after it.
    let own = record.liquidations.iter();
    let own = own.filter(|row| row.account.0 == account);
    let last = own.map(|row| row.step).max().expect("a liquidation");
    record.calls.push(CallRow {
        cause: CallCause::Move,
        ..call((last, account, 100))
    });
    record.calls.sort_by_key(|call| call.time);
    record
}

/// Each lane is there with what it shows in words, and only where there is something to show.
#[test]
fn lanes_tell_guards_calls_and_the_waterfall() {
    let record = guarded_and_called();
    let html = page(&record, None, &[]);
    check(&html);
    let at = record.liquidations[0].time - START;
    for want in [
        "price-breaker, WETH: 2\u{a0}holds, 22 min in all.",
        "price-breaker, WETH: no new liquidations, 12 Mar 00:05 to 12 Mar 00:20: the price fell by 25.0\u{a0}%",
        "price-breaker, WETH: no new liquidations, 12 Mar 00:40 to the end: the price fell by 25.0\u{a0}%",
        "calm after 15 min",
        "3\u{a0}calls below 1.1, 1\u{a0}call below 1.05, 1\u{a0}call below 1; at most ",
        "12 Mar 00:00 to 00:01: 1\u{a0}call below 1.1",
        "The lanes under it share its time axis",
        "paid $",
    ] {
        assert!(html.contains(want), "{want}");
    }
    let rows = text(&html);
    let rows: Vec<&str> = rows.lines().collect();
    let outcome = |level: &str, cells: &[&str]| {
        let row = [&[level], cells].concat();
        assert!(rows.windows(row.len()).any(|lines| lines == row), "{row:?}");
    };
    let after = |since: u64| format!("{} min", at / 60 - since);
    outcome("1.1", &["3", "2", "1", "50.0\u{a0}%", &after(1)]);
    outcome("1", &["1", "1", "0", "0.0\u{a0}%"]);
    outcome("1.05", &["1", "1", "1", "100.0\u{a0}%", &after(2)]);
    for (lane, without) in [
        (
            "lane-guards",
            PathRecord {
                guards: Vec::new(),
                ..record.clone()
            },
        ),
        (
            "lane-calls",
            PathRecord {
                calls: Vec::new(),
                ..record.clone()
            },
        ),
        (
            "lane-waterfall",
            PathRecord {
                coverage: Vec::new(),
                ..record.clone()
            },
        ),
    ] {
        assert!(html.contains(lane), "{lane}");
        assert!(!page(&without, None, &[]).contains(lane), "{lane}");
    }
}

#[test]
fn an_empty_record_gives_a_page() {
    let nothing = RunContext::default();
    for record in [
        PathRecord::default(),
        record(
            Size {
                liquidations: 0,
                ..SMALL
            },
            0.0,
        ),
    ] {
        for quiet in [None, Some(&record)] {
            let html = Report {
                context: &nothing,
                record: &record,
                without_feedback: quiet,
                maps: &[],
            }
            .page();
            check(&html);
            assert!(html.contains("Nothing was liquidated"), "{}", text(&html));
        }
    }
}

#[test]
fn every_size_gives_a_page() {
    let sizes = [
        Size {
            steps: 1,
            liquidations: 0,
            accounts: 1,
            assets: 1,
        },
        Size {
            steps: 1,
            liquidations: 3,
            accounts: 1,
            assets: 1,
        },
        Size {
            steps: 2,
            liquidations: 1,
            accounts: 0,
            assets: 2,
        },
        Size {
            steps: 500,
            liquidations: 40,
            accounts: 9,
            assets: 1,
        },
        Size {
            steps: 500,
            liquidations: 40,
            accounts: 9,
            assets: 5,
        },
    ];
    for size in sizes {
        let record = record(size, 0.05);
        check(&page(&record, Some(&record), &maps()));
    }
}

#[test]
fn a_long_run_stays_small_and_the_same() {
    let (loud, quiet) = (record(FULL, 0.06), record(FULL, 0.0));
    let html = page(&loud, Some(&quiet), &maps());
    check(&html);
    assert!(html.len() < 1_500_000, "{} bytes", html.len());
    assert!(html == page(&loud, Some(&quiet), &maps()));
    let month = record(
        Size {
            steps: 43_200,
            liquidations: 9_000,
            accounts: 500,
            assets: 5,
        },
        0.06,
    );
    let html = page(&month, None, &maps());
    assert!(html.len() < 1_500_000, "{} bytes", html.len());
}

#[test]
fn numbers_that_are_not_numbers_never_show() {
    let bad = [
        f64::NAN,
        f64::INFINITY,
        f64::NEG_INFINITY,
        0.0,
        -1.0,
        1e300,
        1e-300,
    ];
    let mut record = record(SMALL, 0.06);
    for (i, step) in record.steps.iter_mut().enumerate() {
        let value = bad[i % bad.len()];
        let StepRow {
            outside,
            oracle,
            venue,
            ..
        } = step;
        (outside[0], oracle[0], venue[0]) = (value, value, value);
        (step.gas_gwei, step.repaid_usd, step.deficit_usd) = (value, value, value);
    }
    for (i, row) in record.liquidations.iter_mut().enumerate() {
        let value = bad[i % bad.len()];
        (row.seized_usd, row.profit_usd, row.collateral_price) = (value, value, value);
        row.deficit_usd = value;
    }
    for (i, row) in record.liquidators.iter_mut().enumerate() {
        (row.profit_usd, row.inventory_usd) = (bad[i], bad[i + 1]);
    }
    for (i, row) in record.accounts.iter_mut().enumerate() {
        (row.debt_usd, row.shortfall_usd) = ([bad[i % bad.len()]; 2], bad[(i + 3) % bad.len()]);
    }
    for price in bad {
        let point = |x| MapPoint {
            price: x,
            collateral_usd: price,
            debt_usd: price,
        };
        let map = LiquidationMap {
            symbol: "X".into(),
            price_start: price,
            price_low: Some(price),
            before: vec![point(1.0), point(price), point(2.0)],
            after: vec![point(f64::NAN)],
            ..LiquidationMap::default()
        };
        check(&page(&record, Some(&record), &[map]));
    }
}

#[test]
fn a_page_in_trouble_says_so() {
    let mut record = record(SMALL, 0.0);
    record.interrupted = true;
    record.stopped = Some("index overflow".into());
    let html = page(&record, None, &[]);
    check(&html);
    for part in [
        "Interrupted.",
        "The ledger could not go on:",
        "index overflow",
    ] {
        assert!(html.contains(part), "{part}");
    }
}

const HOSTILE: &str =
    "</script><script>alert(1)</script><img src=x onerror=alert(1)>\"'&\u{2028}<!--\u{0}";

#[test]
fn hostile_names_are_only_text() {
    let mut record = record(SMALL, 0.06);
    let hostile = || HOSTILE.to_owned();
    record.symbols.iter_mut().for_each(|s| *s = hostile());
    record
        .accounts
        .iter_mut()
        .for_each(|a| a.name = Some(hostile()));
    record
        .liquidators
        .iter_mut()
        .for_each(|l| l.name = hostile());
    record.coverage.iter_mut().for_each(|c| c.layer = hostile());
    record.refusals.push((hostile(), 1));
    record.stopped = Some(hostile());
    let context = RunContext {
        title: hostile(),
        question: hostile(),
        scenario: hostile(),
        scenario_version: hostile(),
        protocol: hostile(),
        inputs: vec![Input {
            what: hostile(),
            source: hostile(),
            dates: Some((u64::MAX, 0)),
            kind: InputKind::Chosen,
        }],
        notes: vec![hostile()],
        settings: vec![SettingsTable {
            title: hostile(),
            columns: vec![hostile()],
            rows: vec![vec![hostile(), hostile()]],
        }],
        waterfall: vec![WaterfallLayer {
            name: hostile(),
            pays: hostile(),
            capacity_usd: None,
        }],
        software: hostile(),
        command: hostile(),
        ..RunContext::default()
    };
    let mut maps = maps();
    maps[0].symbol = hostile();
    let html = Report {
        context: &context,
        record: &record,
        without_feedback: Some(&record),
        maps: &maps,
    }
    .page();
    assert!(!html.contains("<img") && !html.contains("<script>alert"));
    balanced(&html);
    let scripts = html.matches("<script").count();
    let clean = page(
        &support::record(SMALL, 0.06),
        Some(&support::record(SMALL, 0.0)),
        &support::maps(),
    );
    assert_eq!(scripts, clean.matches("<script").count());
    // Outside tags and scripts, the text reads as it was given.
    assert!(text(&html).contains("&lt;img src=x onerror=alert(1)&gt;"));
    let svg = backstop_report::map_svg(&maps[0]);
    assert!(!svg.contains("<img") && !svg.contains("<script"));
}

#[test]
fn tables_have_headers_with_scope() {
    html::labelled(&page(&record(SMALL, 0.06), None, &maps()));
}

//! Pages, tables and texts of sweeps, drivers and maps.

#![allow(clippy::unwrap_used, reason = "a test stops at the first failure")]

#[allow(dead_code, reason = "other tests use the rest")]
#[path = "support/html.rs"]
mod html;
#[allow(dead_code, reason = "other tests use the rest")]
mod support;
#[path = "support/sweep.rs"]
mod sweep;

use backstop_io::table::Table;
use backstop_report::{
    cascade_tables, cascade_text, drivers_tables, drivers_text, sweep_tables, sweep_text,
    write_drivers, write_map_report, write_sweep,
};
use expect_test::expect;
use html::{balanced, check, labelled};
use sweep::{Drivers, Map, Sweep};

#[test]
fn a_grid_reads_as_stored() {
    let made = Sweep::two_keys(500);
    let page = made.report(|report| report.page());
    check(&page);
    labelled(&page);
    expect![[r#"
        A made-up day
        Aave v3.3, 24 cells over shock.fall and impact.depth, 500 paths a cell over one day, seed 7

        Over one day, with 500 paths a cell, bad debt at 99 % stays below $100M at 100 % of the depth; at
        10 % of the depth it reaches $100M once prices fall 40 %. It is largest at fall of prices 50 %,
        depth of venues 10 %: $221M ($208M to $285M).

        Depth of venues \ Fall of prices  0 %    10 %    20 %    30 %    40 %    50 %
        100 %                              $0  $3.14M  $11.0M  $24.3M  $43.8M  $69.9M
        50 %                               $0  $4.44M  $15.6M  $34.4M  $61.9M  $99.0M
        25 %                               $0  $6.28M  $22.1M  $48.7M  $87.7M   $140M
        10 %                               $0  $9.93M  $34.9M  $77.0M   $139M   $221M
        In the cells: bad debt exceeded in 1 % of paths, USD.
    "#]].assert_eq(&made.report(|report| sweep_text(report, 100)));
    let few = Sweep::two_keys(30);
    let text = few.report(|report| sweep_text(report, 100));
    assert!(text.contains("mean bad debt"), "{text}");
}

#[test]
fn one_key_has_lines_and_rows() {
    let made = Sweep::one_key(500);
    let page = made.report(|report| report.page());
    check(&page);
    labelled(&page);
    assert!(page.contains("line-bad-debt") && !page.contains("map-bad-debt"));
    expect![[r#"
        A made-up day
        Aave v3.3, 4 cells over liquidators.0.count, 500 paths a cell over one day, seed 7

        Over one day, with 500 paths a cell, bad debt at 99 % is $10.0M or more from liquidators.0.count = 1
        on. It is largest at liquidators.0.count 1: $24.0M ($21.5M to $37.4M).

        liquidators.0.count   mean   99 %        interval  beyond  paths with  taken  ampl.
        1                    5.28M  24.0M  21.5M to 37.4M   31.5M     100.0 %   123M  1.17×
        3                    4.46M  20.3M  18.1M to 31.6M   26.6M     100.0 %   123M  1.12×
        10                   3.73M  17.0M  15.2M to 26.5M   22.2M     100.0 %   123M  1.09×
        5                    4.17M  19.0M  17.0M to 29.6M   24.9M     100.0 %   123M  1.11×
        Bad debt: mean, what is exceeded in 1 % of paths, the mean of those, and the share of paths that
        leave any. Taken: mean collateral liquidated. USD.
    "#]].assert_eq(&made.report(|report| sweep_text(report, 100)));
}

#[test]
fn a_sweep_that_was_stopped_says_so() {
    let mut made = Sweep::two_keys(40);
    made.cells[3] = None;
    made.cells[5] = None;
    let page = made.report(|report| report.page());
    check(&page);
    assert!(page.contains("Not all cells were run."));
    let text = made.report(|report| sweep_text(report, 80));
    assert!(text.contains("2 cells were not run"), "{text}");
    made.cells.fill(None);
    check(&made.report(|report| report.page()));
    let text = made.report(|report| sweep_text(report, 80));
    assert!(text.contains("No cell was run."), "{text}");
}

#[test]
fn no_bad_debt_is_said_plainly() {
    let made = Sweep::quiet();
    check(&made.report(|report| report.page()));
    let text = made.report(|report| sweep_text(report, 80));
    assert!(text.contains("is $0 in every cell."), "{text}");
}

#[test]
fn names_are_only_text() {
    const HOSTILE: &str = "</script><script>alert(1)</script><img src=x>\"'&\u{2028}<!--\u{0}";
    let mut made = Sweep::two_keys(20);
    made.axes[0].key = HOSTILE.into();
    made.axes[1].values[0] = HOSTILE.into();
    made.context.title = HOSTILE.into();
    let page = made.report(|report| report.page());
    assert!(!page.contains("<img") && !page.contains("<script>alert"));
    balanced(&page);
    assert!(
        !made
            .report(|report| sweep_text(report, 100))
            .contains('\u{0}')
    );
}

#[test]
fn drivers_are_sorted_and_told() {
    let made = Drivers::some();
    let page = made.report(|report| report.page());
    check(&page);
    labelled(&page);
    expect![[r#"
        A made-up day
        Aave v3.3, 800 paths a change over one day, seed 7

        Over one day, in 800 paths, the worst 1 % of paths leave $14.0M of bad debt on average. What moves it most:
        volatility (twice) +$14.8M; depth of venues (half) +$5.78M; oracle delay (twice) +$1.22M.

        Input            down                                   up
        Volatility       half  −$5.25M (−$5.98M to −$4.53M)  twice  +$14.8M (+$13.2M to +$16.4M)
        Depth of venues  half  +$5.78M (+$4.50M to +$7.06M)  twice  −$4.09M (−$4.99M to −$3.18M)
        Oracle delay     half                           n/a  twice  +$1.22M (+$1.07M to +$1.37M)
        Price of gas     half                 $0 ($0 to $0)  twice                 $0 ($0 to $0)
        Change of the mean bad debt of the worst 1 % of paths, against the scenario as it stands over the same paths,
        USD. In brackets the interval that holds the true change 95 times in 100.
        Not moved (the scenario has no such input): correlation.
    "#]].assert_eq(&made.report(|report| drivers_text(report, 110)));
    let none = Drivers::none();
    check(&none.report(|report| report.page()));
}

#[test]
fn maps_tell_where_r_crosses_one() {
    let made = Map::two();
    let page = made.report(|report| report.page());
    check(&page);
    labelled(&page);
    expect![[r#"
        Forced selling of WETH feeds on itself once its price is 158.16 USD (18.6 % below the start), down
        to 133.29 USD (31.4 %); R is largest, 1.50, at 145.68 USD (25.0 % below the start). The bonus of
        4.5 % pays for sales of up to $110M at once. Forced selling of WBTC dies out: each fall causes at
        most 0.60 times as much again, at 145.68 USD (25.0 % below the start), where a small one ends 2.5
        times as deep. The bonus of 4.5 % pays for sales of up to $110M at once. Across assets, with all
        prices falling alike, forced selling feeds on itself after a fall of 20.7 %; the book's reproduction
        number is largest, 1.20, after a fall of 25.0 %.

    "#]].assert_eq(&made.report(|report| cascade_text(report, 100)));
    let mut bare = Map::two();
    bare.cascades.clear();
    check(&bare.report(|report| report.page()));
}

#[test]
fn files_hold_the_tables() {
    let folder = std::env::temp_dir().join(format!("backstop-sweep-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let (grid, drivers, map) = (Sweep::two_keys(20), Drivers::some(), Map::two());
    grid.report(|report| write_sweep(&folder, report)).unwrap();
    drivers
        .report(|report| write_drivers(&folder, report))
        .unwrap();
    map.report(|report| write_map_report(&folder, report))
        .unwrap();
    let mut tables = grid.report(sweep_tables);
    tables.extend(drivers.report(drivers_tables));
    tables.extend(cascade_tables(&map.cascades));
    for table in &tables {
        let path = folder.join(format!("{}.parquet", table.name));
        assert_eq!(&Table::read_parquet(&path).unwrap(), table);
    }
    for name in ["sweep.json", "drivers-summary.json", "map-summary.json"] {
        let text = std::fs::read_to_string(folder.join(name)).unwrap();
        serde_json::from_str::<serde_json::Value>(&text).unwrap();
    }
    std::fs::remove_dir_all(&folder).ok();
}

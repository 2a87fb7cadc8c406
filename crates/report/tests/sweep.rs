//! Pages, tables and texts of sweeps, drivers and maps.

#![allow(clippy::unwrap_used, reason = "a test stops at the first failure")]

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
    expect![[r#""#]].assert_eq(&made.report(|report| sweep_text(report, 100)));
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
    expect![[r#""#]].assert_eq(&made.report(|report| sweep_text(report, 100)));
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
    expect![[r#""#]].assert_eq(&made.report(|report| drivers_text(report, 110)));
    let none = Drivers::none();
    check(&none.report(|report| report.page()));
}

#[test]
fn maps_tell_where_r_crosses_one() {
    let made = Map::two();
    let page = made.report(|report| report.page());
    check(&page);
    labelled(&page);
    expect![[r#""#]].assert_eq(&made.report(|report| cascade_text(report, 100)));
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

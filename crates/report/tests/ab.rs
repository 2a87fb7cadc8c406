//! Page, tables and text of policies compared over the same paths.

#![allow(clippy::unwrap_used, reason = "a test stops at the first failure")]

#[path = "support/ab.rs"]
mod ab;
#[allow(dead_code, reason = "other tests use the rest")]
#[path = "support/html.rs"]
mod html;
#[allow(dead_code, reason = "other tests use the rest")]
mod support;

use ab::Policies;
use backstop_io::table::Table;
use backstop_report::{ab_tables, ab_text, write_ab};
use expect_test::expect;
use html::{balanced, check, labelled};

#[test]
fn many_policies_read_as_stored() {
    let made = Policies::some(800);
    let page = made.report(|report| report.page());
    check(&page);
    labelled(&page);
    for part in ["no effect shown", "worse", "forest", "Left out"] {
        assert!(page.contains(part), "{part}");
    }
    expect![[r#"
        A made-up day
        Aave v3.3, 800 paths over one day, seed 7

        Over one day, in 800 paths with the same seeds on both sides, of 4 policies what lowers mean bad debt most is
        threshold-offset: −$821k (−$878k to −$764k) from $2.05M. Worse in some figure: threshold-offset, oracle-delay. No effect
        shown on any: insurance-fund, oracle-twap.

        Policy                 bad debt      worst 1 %     uncovered      borrowers       amplified       solvent
        as it stands             $2.05M         $10.6M        $1.26M         $10.1M         1.0305×         40.56
        threshold-offset         −$821k        −$4.25M        −$712k  +$1.01M worse        −0.0082×        −16.43
        oracle-delay      +$1.03M worse  +$5.31M worse  +$962k worse        −$1.01M  +0.0102× worse  +20.53 worse
        insurance-fund       none shown     none shown    none shown     none shown      none shown    none shown
        oracle-twap          none shown     none shown    none shown     none shown      none shown    none shown
        Changes against the scenario as it stands, over the same paths; less of every figure is better. Intervals hold the true
        change 95 times in 100; "none shown": the interval holds 0.
        Paths differ in: the whole price of WETH.
        Left out bonus-offset: it has one incentive for all assets, its own
    "#]].assert_eq(&made.report(|report| ab_text(report, 120)));
    let narrow = made.report(|report| ab_text(report, 60));
    let longest = narrow.lines().map(|line| line.chars().count()).max();
    assert!(longest <= Some(60), "{narrow}");
}

#[test]
fn one_policy_reads_as_stored() {
    let made = Policies::some(800).one(0);
    check(&made.report(|report| report.page()));
    expect![[r#"
        A made-up day
        Aave v3.3, 800 paths over one day, seed 7

        Over one day, in 800 paths with the same seeds on both sides, threshold-offset changes mean bad debt by −$821k (−$878k
        to −$764k) from $2.05M; bad debt in the worst 1 % of paths by −$4.25M (−$4.79M to −$3.71M) from $10.6M; bad debt that no
        fund covers by −$712k (−$774k to −$649k) from $1.26M; borrowers' loss by +$1.01M (+$977k to +$1.05M) from $10.1M;
        amplification of the fall by −0.0082× (−0.0088× to −0.0076×) from 1.0305×; solvent accounts liquidated by −16.43 (−17.57
        to −15.29) from 40.56.

        Figure                                   as it stands  with the change        change                      interval
        Bad debt, mean                                 $2.05M           $1.23M        −$821k              −$878k to −$764k           better
        Bad debt, worst 1 % of paths                   $10.6M           $6.37M       −$4.25M            −$4.79M to −$3.71M           better
        Bad debt that no fund covers, mean             $1.26M            $553k        −$712k              −$774k to −$649k           better
        Borrowers' loss, mean                          $10.1M           $11.1M       +$1.01M             +$977k to +$1.05M            worse
        Amplification of the fall, mean               1.0305×          1.0223×      −0.0082×          −0.0088× to −0.0076×           better
        Solvent accounts liquidated, mean               40.56            24.13        −16.43              −17.57 to −15.29           better
        Borrowers' loss over debt cleared, mean        5.00 %           5.50 %  +0.50 points  +0.50 points to +0.50 points            worse
        Accounts liquidated, mean                      150.81           150.81          0.00                  0.00 to 0.00  no effect shown
        Liquidated collateral, mean                     $203M            $203M            $0                      $0 to $0  no effect shown
        Changes against the scenario as it stands, over the same paths; less of every figure is better. Intervals hold the true
        change 95 times in 100; "none shown": the interval holds 0.
        Paths differ in: the whole price of WETH.
        Left out bonus-offset: it has one incentive for all assets, its own
    "#]].assert_eq(&made.report(|report| ab_text(report, 120)));
}

/// Sides that are equal differ by nothing, exactly.
#[test]
fn equal_sides_show_no_effect() {
    let made = Policies::some(500).one(2);
    let text = made.report(|report| ab_text(report, 120));
    assert!(text.contains("shows no effect on any figure."), "{text}");
    let table = &made.report(ab_tables)[0];
    for name in ["change", "change_low", "change_high"] {
        let column = table.columns.iter().find(|c| c.name == name).unwrap();
        let backstop_io::table::ColumnData::OptionalF64(values) = &column.data else {
            panic!("{name} holds numbers");
        };
        assert_eq!(values, &vec![Some(0.0); values.len()], "{name}");
    }
}

#[test]
fn few_paths_and_unfinished_work_are_said() {
    let mut made = Policies::some(20);
    made.asked = 6;
    let page = made.report(|report| report.page());
    check(&page);
    assert!(page.contains("Not everything was run."));
    assert!(page.contains("too few paths"));
    let table = &made.report(ab_tables)[0];
    let words = format!("{table:?}");
    assert!(words.contains("too few paths"), "{words}");
    made.rows.clear();
    check(&made.report(|report| report.page()));
    let text = made.report(|report| ab_text(report, 120));
    assert!(text.contains("nothing was compared"), "{text}");
}

#[test]
fn names_are_only_text() {
    const HOSTILE: &str = "</script><script>alert(1)</script><img src=x>\"'&\u{2028}<!--\u{0}";
    let mut made = Policies::some(20);
    made.rows[0].0 = HOSTILE.into();
    made.context.title = HOSTILE.into();
    let page = made.report(|report| report.page());
    assert!(!page.contains("<img") && !page.contains("<script>alert"));
    balanced(&page);
    assert!(!made.report(|report| ab_text(report, 100)).contains('\u{0}'));
}

#[test]
fn files_hold_the_table() {
    let folder = std::env::temp_dir().join(format!("backstop-ab-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let made = Policies::some(400);
    made.report(|report| write_ab(&folder, report)).unwrap();
    let table = &made.report(ab_tables)[0];
    let path = folder.join("policies.parquet");
    assert_eq!(&Table::read_parquet(&path).unwrap(), table);
    let rows = std::fs::read_to_string(folder.join("policies.csv")).unwrap();
    assert_eq!(rows.lines().count(), 1 + 4 * 9);
    let text = std::fs::read_to_string(folder.join("ab.json")).unwrap();
    let summary: serde_json::Value = serde_json::from_str(&text).unwrap();
    let figures = &summary["policies"][0]["figures"];
    assert_eq!(figures["bad_debt_mean"]["verdict"], "better");
    assert_eq!(figures["penalty_mean"]["verdict"], "worse");
    assert_eq!(
        summary["refused"]["bonus-offset"],
        "it has one incentive for all assets, its own"
    );
    std::fs::remove_dir_all(&folder).ok();
}

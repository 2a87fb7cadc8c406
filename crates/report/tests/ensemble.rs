//! Many paths: page, terminal text and files.

#![allow(clippy::unwrap_used, reason = "a test stops at the first failure")]

#[allow(dead_code, reason = "the example uses the rest")]
#[path = "support/ensemble.rs"]
mod ensemble;
#[path = "support/html.rs"]
mod html;
#[allow(dead_code, reason = "the tests of a single run use the rest")]
mod support;
#[allow(dead_code, reason = "the tests of a sweep use the rest")]
#[path = "support/sweep.rs"]
mod sweep;

use backstop_io::table::{ColumnData, Table};
use backstop_lab::ensemble::{Figures, Totals};
use backstop_report::{
    Added, EnsembleReport, ensemble_tables, ensemble_text, estimate_text, write_ensemble,
};
use ensemble::{DRIVERS_COMMAND, Ensemble, drawn, loud, path, quiet, twenty};
use expect_test::{Expect, expect, expect_file};
use html::{balanced, check, labelled, text};
use sweep::{Drivers, Sweep};

/// The answer: the second part of the text, on one line.
fn answer(made: &Ensemble) -> String {
    let text = ensemble_text(&made.report(), 100);
    let parts: Vec<&str> = text.split("\n\n").collect();
    parts[1].replace('\n', " ").trim().to_owned() + "\n"
}

/// Whatever the paths, page and tables hold together; the answer reads as stored.
fn told(made: &Ensemble, want: Expect) {
    let page = made.report().page();
    check(&page);
    labelled(&page);
    plotted(&page);
    for table in ensemble_tables(&made.report()) {
        for column in &table.columns {
            let broken = match &column.data {
                ColumnData::F64(values) => values.iter().any(|v| !v.is_finite()),
                ColumnData::OptionalF64(values) => values.iter().flatten().any(|v| !v.is_finite()),
                _ => false,
            };
            assert!(!broken, "{} {}", table.name, column.name);
        }
    }
    want.assert_eq(&answer(made));
}

/// Every line of every plot has a value, or a gap, for every x, and x ascends.
fn plotted(page: &str) -> usize {
    let plots: Vec<serde_json::Value> = page
        .split("<script type=\"application/json\">")
        .skip(1)
        .map(|rest| serde_json::from_str(rest.split("</script>").next().unwrap()).unwrap())
        .collect();
    for plot in &plots {
        let x = plot["x"].as_array().unwrap();
        let x: Vec<f64> = x.iter().map(|x| x.as_f64().unwrap()).collect();
        assert!(x.is_sorted(), "{x:?}");
        for line in plot["lines"].as_array().unwrap() {
            assert_eq!(
                line["y"].as_array().unwrap().len(),
                x.len(),
                "{}",
                line["name"]
            );
        }
    }
    plots.len()
}

#[test]
fn twenty_paths_read_as_stored() {
    let made = Ensemble::of(&twenty());
    let page = made.report().page();
    check(&page);
    labelled(&page);
    assert_eq!(plotted(&page), 6);
    expect_file!["golden/ensemble.txt"].assert_eq(&text(&page));
    expect![[r#"
        A made-up day
        Aave v3.3, 20 paths over one day, seed 7

        Over one day, in 20 paths, bad debt exceeds $15.0k ($9,000 or more) in one path of a hundred; in
        those it is $15.0k on average ($9,000 or more). 75.0 % of paths leave none. These are too few paths
        to tell how much more: that takes 381. Collateral of $108k is liquidated on average, and of more
        than $400k ($320k or more) in one path of a hundred. At least half of all bad debt comes from one
        account, account 1 (57.1 %).

                                 mean  VaR 95 %                 VaR 99 %  VaR 99.9 %  beyond 99 %
        Bad debt                2,250     12.0k    15.0k (9,000 or more)       15.0k        15.0k
        Liquidated collateral    108k      360k      400k (320k or more)        400k         400k
        Liquidations              1.4         3            3 (3 or more)           3            3
        Borrowers' penalty      7,560     25.2k    28.0k (22.4k or more)       28.0k        28.0k
        Liquidators' bonus      6,480     21.6k    24.0k (19.2k or more)       24.0k        24.0k
        Gas                     58.00       120        120 (120 or more)         120          120
        Slippage                1,080     3,601    4,000 (3,200 or more)       4,000        4,000
        Amplification           1.07×     1.18×    1.20× (1.17× or more)       1.20×        1.20×
        Price impact            3.6 %     9.0 %    9.8 % (8.2 % or more)       9.8 %        9.8 %
        Time to clear          10 min    16 min  16 min (15 min or more)      16 min       16 min
        Toxic liquidations      5.9 %    19.0 %  19.0 % (16.0 % or more)      19.0 %       19.0 %
        Largest fall           15.5 %    36.0 %  39.0 % (33.0 % or more)      39.0 %       39.0 %
        VaR: what is exceeded in 5, 1 and 0.1 % of paths. Beyond: the mean of those paths. In brackets: the
        interval that holds the true value 95 times in 100. Money in USD.

        Where most bad debt comes from: 3 of 3 accounts that lose on any path
                              of all  mean bad debt  mean taken  liquidated in
        account 1             57.1 %          1,286      55,048         60.0 %
        0x00000000000000000…  28.6 %         642.86      41,524         60.0 %
        account 0             14.3 %         321.43      11,429         25.0 %

        Collateral at risk by asset: 2 of 2
               mean               VaR 95 %               VaR 99 %
        WETH   184k    360k (360k or more)    360k (360k or more)
        USDC  20.5k  40.0k (40.0k or more)  40.0k (40.0k or more)
        Most of it is that of 0x00000000000000000…: $175k, at risk in 60.0 % of paths.

        Worst path: number 19, $15.0k of bad debt, $400k of collateral taken
          backstop run sample.toml --seed 7 --path 19
    "#]].assert_eq(&ensemble_text(&made.report(), 100));
    expect![[r#"
        A made-up day
        Aave v3.3, 20 paths over one day, seed 7

        Over one day, in 20 paths, bad debt exceeds $15.0k ($9,000
        or more) in one path of a hundred; in those it is $15.0k on
        average ($9,000 or more). 75.0 % of paths leave none. These
        are too few paths to tell how much more: that takes 381.
        Collateral of $108k is liquidated on average, and of more
        than $400k ($320k or more) in one path of a hundred. At
        least half of all bad debt comes from one account, account 1
        (57.1 %).

                                 mean  VaR 99 %  beyond 99 %
        Bad debt                2,250     15.0k        15.0k
        Liquidated collateral    108k      400k         400k
        Liquidations              1.4         3            3
        Borrowers' penalty      7,560     28.0k        28.0k
        Liquidators' bonus      6,480     24.0k        24.0k
        Gas                     58.00       120          120
        Slippage                1,080     4,000        4,000
        Amplification           1.07×     1.20×        1.20×
        Price impact            3.6 %     9.8 %        9.8 %
        Time to clear          10 min    16 min       16 min
        Toxic liquidations      5.9 %    19.0 %       19.0 %
        Largest fall           15.5 %    39.0 %       39.0 %
        VaR: what is exceeded in 5, 1 and 0.1 % of paths. Beyond:
        the mean of those paths. In brackets: the interval that
        holds the true value 95 times in 100. Money in USD.

        Where most bad debt comes from: 3 of 3 accounts that lose on
        any path
                              of all  mean bad debt  mean taken
        account 1             57.1 %          1,286      55,048
        0x00000000000000000…  28.6 %         642.86      41,524
        account 0             14.3 %         321.43      11,429

        Collateral at risk by asset: 2 of 2
               mean               VaR 95 %               VaR 99 %
        WETH   184k    360k (360k or more)    360k (360k or more)
        USDC  20.5k  40.0k (40.0k or more)  40.0k (40.0k or more)
        Most of it is that of 0x00000000000000000…: $175k, at risk
        in 60.0 % of paths.

        Worst path: number 19, $15.0k of bad debt, $400k of
        collateral taken
          backstop run sample.toml --seed 7 --path 19
    "#]]
    .assert_eq(&ensemble_text(&made.report(), 60));
}

#[test]
fn many_paths_have_intervals() {
    let made = Ensemble::of(&drawn(4_000));
    told(
        &made,
        expect![[r#"
        Over one day, in 4,000 paths, bad debt exceeds $66.9k ($55.2k to $105k) in one path of a hundred; in those it is $175k on average ($122k to $229k). 87.3 % of paths leave none. Collateral of $249k is liquidated on average, and of more than $3.24M ($2.90M to $3.93M) in one path of a hundred. Half of all bad debt comes from 2 accounts, most from account 0 (43.2 %).
    "#]],
    );
    for width in [60, 80, 100, 120] {
        let text = ensemble_text(&made.report(), width);
        let widest = text
            .lines()
            .filter(|l| !l.contains("backstop run"))
            .map(|l| l.chars().count());
        assert!(widest.max().unwrap() <= width, "{text}");
    }
    let page = made.report().page();
    assert!(page == made.report().page());
    assert!(page.len() < 200_000, "{} bytes", page.len());
}

#[test]
fn the_answer_fits_what_happened() {
    let of = |paths: &[Figures]| Ensemble::of(paths);
    told(
        &of(&[]),
        expect![[r#"
        No path was run.
    "#]],
    );
    told(
        &of(&[quiet(0, 0.1)]),
        expect![[r#"
        Over one day, in 1 path, nothing was liquidated and no bad debt was left.
    "#]],
    );
    told(
        &of(&[loud(0, 0.3, 9e4, 1e3, &[3])]),
        expect![[r#"
        Over one day, in 1 path, $1,000 of bad debt was left and collateral of $90.0k was liquidated. One path tells nothing of how likely that is.
    "#]],
    );
    told(
        &of(&[path(0, &[]), path(1, &[])]),
        expect![[r#"
        Over one day, in 2 paths, how much bad debt was left was not recorded.
    "#]],
    );
    let quiet_ones: Vec<_> = (0..500).map(|k| quiet(k, 0.02)).collect();
    told(
        &of(&quiet_ones),
        expect![[r#"
        Over one day, in 500 paths, nothing was liquidated and no bad debt was left.
    "#]],
    );
    let no_bad_debt: Vec<_> = (0..500).map(|k| loud(k, 0.2, 5e4, 0.0, &[1])).collect();
    told(
        &of(&no_bad_debt),
        expect![[r#"
            Over one day, in 500 paths, no bad debt was left; with 95 % confidence fewer than 0.6 % of paths leave any. Collateral of $50.0k is liquidated in every path.
        "#]],
    );
    let same: Vec<_> = (0..500).map(|k| loud(k, 0.3, 1e6, 1.2e5, &[1])).collect();
    told(
        &of(&same),
        expect![[r#"
            Over one day, in 500 paths, every path leaves $120k of bad debt. Collateral of $1.00M is liquidated in every path. At least half of all bad debt comes from one account, account 1 (100.0 %).
        "#]],
    );
    let mut rare = quiet_ones.clone();
    rare[77] = loud(77, 0.4, 2e6, 4e5, &[3, 1]);
    told(
        &of(&rare),
        expect![[r#"
            Over one day, in 500 paths, bad debt is left in 0.2 % of them and is $400k at most; what one path of a hundred exceeds is $0 ($0 to $400k). Collateral of $4,000 is liquidated on average, and of more than $0 ($0 to $2.00M) in one path of a hundred. At least half of all bad debt comes from one account, 0x00000000000000000000000000000000000000a3 (66.7 %).
        "#]],
    );
    rare[78].stopped = true;
    let mut fewer = of(&rare);
    fewer.asked = 10_000;
    told(
        &fewer,
        expect![[r#"
            Over one day, in 500 paths, bad debt is left in 0.2 % of them and is $400k at most; what one path of a hundred exceeds is $0 ($0 to $400k). Collateral of $4,000 is liquidated on average, and of more than $0 ($0 to $2.00M) in one path of a hundred. At least half of all bad debt comes from one account, 0x00000000000000000000000000000000000000a3 (66.7 %). The ledger could not go on in 1 path; losses after that are not in the figures.
        "#]],
    );
    let page = text(&fewer.report().page());
    assert!(page.contains("500 of 10,000 paths; the figures are those of these paths."));
    assert!(page.contains("in 1\u{a0}path"), "{page}");
}

#[test]
fn names_are_only_text() {
    const HOSTILE: &str =
        "</script><script>alert(1)</script><img src=x>\"'&\u{2028}<!--\u{0}\u{1b}[31m";
    let mut made = Ensemble::of(&twenty());
    made.name = |number| Some(format!("{HOSTILE}{number}"));
    made.symbols = vec![HOSTILE.into(), HOSTILE.into()];
    made.context.title = HOSTILE.into();
    made.context.command = HOSTILE.into();
    let page = made.report().page();
    assert!(!page.contains("<img") && !page.contains("<script>alert"));
    balanced(&page);
    labelled(&page);
    assert!(!ensemble_text(&made.report(), 100).contains('\u{1b}'));
}

#[test]
fn the_running_estimate_is_short() {
    let told = |paths: &[Figures]| estimate_text(&Ensemble::of(paths).totals);
    assert_eq!(estimate_text(&Totals::default()), "");
    assert_eq!(told(&[]), "");
    expect!["bad debt 99 % $57.1k ± 29 %"].assert_eq(&told(&drawn(2_000)));
    expect!["bad debt 99 % $15.0k ± ?"].assert_eq(&told(&twenty()));
    expect!["bad debt 99 % $0"].assert_eq(&told(&[quiet(0, 0.1)]));
    let no_bad_debt: Vec<_> = (0..500)
        .map(|k| loud(k, 0.2, 5e4 + k as f64, 0.0, &[1]))
        .collect();
    expect!["liquidated 99 % $50.5k ± 0 %"].assert_eq(&told(&no_bad_debt));
}

#[test]
fn the_files_hold_the_figures() {
    let folder = std::env::temp_dir().join(format!("backstop-stress-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let made = Ensemble::of(&twenty());
    write_ensemble(&folder, &made.report()).unwrap();
    for table in &ensemble_tables(&made.report()) {
        let path = folder.join(format!("{}.parquet", table.name));
        assert_eq!(&Table::read_parquet(&path).unwrap(), table);
        assert!(folder.join(format!("{}.json", table.name)).exists());
    }
    let page = std::fs::read_to_string(folder.join("stress.html")).unwrap();
    assert_eq!(page, made.report().page());
    let summary = std::fs::read_to_string(folder.join("stress.json")).unwrap();
    expect_file!["golden/stress.json"].assert_eq(&summary);
    std::fs::remove_dir_all(&folder).unwrap();
}

/// Without them the page tells the command; with them it has the parts of the sweep's pages, and their files
/// stand beside it.
#[test]
fn drivers_and_heat_map_are_parts_of_the_page() {
    let made = Ensemble::of(&twenty());
    let without = made.report().page();
    assert!(without.contains(DRIVERS_COMMAND), "the command is told");
    assert!(!without.contains("tornado\"") && !without.contains("map-bad-debt"));
    let (mut drivers, grid) = (Drivers::some(), Sweep::two_keys(100));
    let told = |drivers: &Drivers, of: &mut dyn FnMut(&EnsembleReport<'_>)| {
        drivers.report(|drivers| {
            grid.report(|cells| {
                of(&EnsembleReport {
                    drivers: Added::Run(*drivers),
                    heat_map: Added::Run(*cells),
                    ..made.report()
                });
            });
        });
    };
    let folder = std::env::temp_dir().join(format!("backstop-added-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    told(&drivers, &mut |report| {
        let page = report.page();
        check(&page);
        labelled(&page);
        plotted(&page);
        for part in [
            "href=\"#drivers\"",
            "href=\"#heat-map\"",
            "class=\"tornado\"",
            "map-bad-debt",
            "with 800\u{a0}paths a change",
            "with 100\u{a0}paths a cell",
        ] {
            assert!(page.contains(part), "{part}");
        }
        assert!(!page.contains("Not all changes were run"));
        let text = ensemble_text(report, 80);
        assert!(
            text.contains("\nDrivers: Over one day, in 800 paths"),
            "{text}"
        );
        assert!(text.contains("\nFalls and depth: Over one day"), "{text}");
        write_ensemble(&folder, report).unwrap();
    });
    for (table, rows) in [("drivers", 7), ("cells", 24)] {
        let path = folder.join(format!("{table}.parquet"));
        let table = Table::read_parquet(&path).unwrap();
        assert_eq!(table.columns[0].data.len(), rows);
    }
    for file in ["drivers-summary.json", "sweep.json", "drivers.json"] {
        assert!(folder.join(file).exists(), "{file}");
    }
    assert!(!folder.join("drivers.html").exists());
    std::fs::remove_dir_all(&folder).unwrap();
    drivers.changes = 29;
    told(&drivers, &mut |report| {
        assert!(report.page().contains("7 of 29 changes are shown"));
    });
}

/// Largest cascades that follow a power law of index 2 have it, on the page and in the summary.
#[test]
fn the_tail_of_cascades_is_told() {
    let size = |k: u64| 1e5 * ((k as f64 + 0.5) / 4_000.0).powf(-0.5);
    let paths: Vec<Figures> = (0..4_000)
        .map(|k| path(k, &[("largest_cascade", size(k)), ("bad_debt", 0.0)]))
        .collect();
    let mut made = Ensemble::of(&paths);
    let page = made.report().page();
    check(&page);
    labelled(&page);
    let told = text(&page);
    let expected = "Beyond $316k, which the largest 10.0\u{a0}% of these pass, the tail index is 2.00 (1.80 to 2.19): a \
                    cascade twice as large is 3.99 times as rare.";
    assert!(told.contains(expected), "{told}");
    assert!(!told.contains("no single power law"));
    let terminal = ensemble_text(&made.report(), 120).replace('\n', " ");
    assert!(
        terminal.contains("beyond $316k its tail index is 2.00 (1.80 to 2.19)"),
        "{terminal}"
    );
    let folder = std::env::temp_dir().join(format!("backstop-tail-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    write_ensemble(&folder, &made.report()).unwrap();
    let summary = std::fs::read_to_string(folder.join("stress.json")).unwrap();
    std::fs::remove_dir_all(&folder).unwrap();
    let summary: serde_json::Value = serde_json::from_str(&summary).unwrap();
    let tail = &summary["cascades"]["tails"][1];
    assert_eq!((&tail["share"], &tail["paths"]), (&0.1.into(), &400.into()));
    let index = tail["index"]["value"].as_f64().unwrap();
    assert!((index - 2.0).abs() < 0.02, "{tail}");
    // A few paths have a size and no tail; none has no cascade.
    made = Ensemble::of(&paths[..40]);
    assert!(text(&made.report().page()).contains("too few to tell how heavy the tail is"));
    made = Ensemble::of(&[path(0, &[("largest_cascade", 0.0)]), quiet(1, 0.1)]);
    assert!(text(&made.report().page()).contains("No path has a cascade."));
}

//! Several designs side by side: page, terminal text and files.

#![allow(clippy::unwrap_used, reason = "a test stops at the first failure")]

#[path = "support/compare.rs"]
mod compare;
#[path = "support/html.rs"]
mod html;
#[allow(dead_code, reason = "the tests of a single run use the rest")]
mod support;

use backstop_io::table::{ColumnData, Table};
use backstop_lab::record::{AccountsTold, PathRecord};
use backstop_report::{
    Comparison, Contender, RunContext, comparison_tables, comparison_text, write_comparison,
};
use compare::{Design, designs};
use expect_test::{expect, expect_file};
use html::{balanced, check, labelled, text};
use support::Size;

const SMALL: Size = Size {
    steps: 48,
    liquidations: 6,
    accounts: 8,
    assets: 3,
};
const FULL: Size = Size {
    steps: 2_880,
    liquidations: 900,
    accounts: 300,
    assets: 5,
};

/// Page and text at 100 characters.
fn shown(designs: &[Design]) -> (String, String) {
    let contenders: Vec<_> = designs.iter().map(Design::contender).collect();
    let context = compare::context(designs);
    both(&context, &contenders)
}

fn both(context: &RunContext, contenders: &[Contender<'_>]) -> (String, String) {
    let comparison = Comparison {
        context,
        contenders,
    };
    (comparison.page(), comparison_text(&comparison, 100))
}

fn widest(text: &str) -> usize {
    text.lines().map(|line| line.chars().count()).max().unwrap()
}

/// The part of a text after the headline: the answer.
fn answer(text: &str) -> String {
    let parts: Vec<&str> = text.split("\n\n").collect();
    parts[1].replace('\n', " ").trim().to_owned() + "\n"
}

#[test]
fn three_designs_read_as_stored() {
    let (page, text_100) = shown(&designs(SMALL, 3));
    check(&page);
    labelled(&page);
    expect_file!["golden/compare.txt"].assert_eq(&text(&page));
    expect![[r#"
        A made-up crash, 12–13 March 2020
        12 Mar 2020 00:00 UTC to 12 Mar 2020 00:47 UTC, 48 steps, seed 7

        3 designs met the same fall of WETH: 47.0 % from $194.07 to $102.82 within 27 minutes, before any
        forced selling. Liquity v1 left no bad debt; Aave v3.7 and Maker Liquidations 2.0 left the most,
        $1,331. Liquidation cost the borrowers least under Aave v3.7 and Liquity v1, $1,224, and most under
        Maker Liquidations 2.0, $3,183 (13.0 % of the debt cleared). Forced selling pushed the oracle's
        price of WETH down most under Maker Liquidations 2.0, by up to 6.4 %, and least under Liquity v1, by
        1.2 %.

                             aave-3.7   liquity-v1   maker-2.0
        Liquidations                6            6           6
        Accounts liquidated         6            6           6
        Accounts saved              6            6           6
        Debt cleared            24.5k        24.5k       24.5k
        Collateral seized       25.7k        25.7k       27.7k
        Bad debt                1,331            0*      1,331
        Borrowers' penalty      1,224*       1,224*      3,183
        Lost surplus            1,204*       1,224       3,130
        Liquidators' profit       741          741         741
        Gas                     41.62        41.62       41.62
        Price impact caused     3.5 %        1.2 %*      6.4 %
        Amplification           1.00×*       1.00×*      1.03×
        Time to clear          17 min       17 min     not yet
        * best; equal figures share it, and runs that ended early have none. Money in USD.

        Who paid the bad debt
          aave-3.7   treasury reserve $80.99, still open in accounts $1,250
          maker-2.0  treasury reserve $80.99, still open in accounts $1,250
    "#]].assert_eq(&text_100);
}

#[test]
fn thirteen_designs_stay_legible() {
    let designs = designs(FULL, 13);
    let (page, _) = shown(&designs);
    check(&page);
    labelled(&page);
    assert!(page.len() < 1_800_000, "{} bytes", page.len());
    assert!(page == shown(&designs).0);
    let contenders: Vec<_> = designs.iter().map(Design::contender).collect();
    let context = compare::context(&designs);
    let comparison = Comparison {
        context: &context,
        contenders: &contenders,
    };
    for width in [80, 100, 120] {
        let text = comparison_text(&comparison, width);
        assert!(widest(&text) <= width, "{text}");
        for design in &designs {
            assert!(text.contains(&design.name), "{}", design.name);
        }
    }
    expect_file!["golden/compare-13.txt"].assert_eq(&comparison_text(&comparison, 120));
}

#[test]
fn no_design_and_one_design() {
    let (page, text) = shown(&[]);
    check(&page);
    labelled(&page);
    expect![[r#"
        A made-up crash, 12–13 March 2020

        No design was run.
    "#]]
    .assert_eq(&text);
    let (page, text) = shown(&designs(SMALL, 1));
    check(&page);
    assert!(!page.contains("aria-label=\"best\""));
    expect![[r#"
        A made-up crash, 12–13 March 2020
        12 Mar 2020 00:00 UTC to 12 Mar 2020 00:47 UTC, 48 steps, seed 7

        1 design met a fall of WETH: 47.0 % from $194.07 to $102.82 within 27 minutes, before any forced
        selling. Aave v3.7 left $1,331 of bad debt. Borrowers paid a penalty of $1,224 (5.0 % of the debt
        cleared). Forced selling pushed the oracle's price of WETH down by up to 3.5 %.

                             aave-3.7
        Liquidations                6
        Accounts liquidated         6
        Accounts saved              6
        Debt cleared            24.5k
        Collateral seized       25.7k
        Bad debt                1,331
        Borrowers' penalty      1,224
        Lost surplus            1,204
        Liquidators' profit       741
        Gas                     41.62
        Price impact caused     3.5 %
        Amplification           1.00×
        Time to clear          17 min
        * best; equal figures share it, and runs that ended early have none. Money in USD.

        Who paid the bad debt
          aave-3.7  treasury reserve $80.99, still open in accounts $1,250
    "#]].assert_eq(&text);
}

#[test]
fn equal_figures_are_told_as_equal() {
    let same = |name: &str| Design {
        name: name.into(),
        title: name.to_uppercase(),
        ..designs(SMALL, 1).remove(0)
    };
    let (page, text) = shown(&[same("a"), same("b")]);
    check(&page);
    assert!(!page.contains("aria-label=\"best\""));
    expect![[r#"
        2 designs met the same fall of WETH: 47.0 % from $194.07 to $102.82 within 27 minutes, before any forced selling. Both designs left $1,331 of bad debt each. Borrowers paid a penalty of $1,224 under each. Forced selling pushed the oracle's price of WETH down by up to 3.5 % under each.
    "#]].assert_eq(&answer(&text));
    // Two of three share the best.
    let mut three = vec![same("a"), same("b"), same("c")];
    for account in &mut three[2].loud.accounts {
        account.shortfall_usd *= 2.0;
    }
    expect![[r#"
        3 designs met the same fall of WETH: 47.0 % from $194.07 to $102.82 within 27 minutes, before any forced selling. A and B left the least bad debt, $1,331 each; C left the most, $2,582. Borrowers paid a penalty of $1,224 under each. Forced selling pushed the oracle's price of WETH down by up to 3.5 % under each.
    "#]].assert_eq(&answer(&shown(&three).1));
    // Nothing anywhere.
    for design in &mut three {
        design.loud.coverage.clear();
        design.loud.steps.iter_mut().for_each(|s| {
            (s.deficit_usd, s.penalty_usd) = (0.0, 0.0);
        });
        design
            .loud
            .accounts
            .iter_mut()
            .for_each(|a| a.shortfall_usd = 0.0);
        design.quiet = design.loud.clone();
    }
    expect![[r#"
        3 designs met the same fall of WETH: 47.4 % from $194.07 to $101.99 within 27 minutes, before any forced selling. All 3 designs left no bad debt. No borrower lost anything to a penalty. Forced selling pushed the oracle's price of WETH down by less than 0.05 %.
    "#]].assert_eq(&answer(&shown(&three).1));
}

#[test]
fn what_is_missing_is_never_zero() {
    let mut three = designs(SMALL, 3);
    three[0].loud = PathRecord::default();
    for step in &mut three[1].loud.steps {
        (step.seized_usd, step.penalty_usd, step.gas_usd) = (f64::NAN, f64::INFINITY, f64::NAN);
        (step.deficit_usd, step.oracle[0]) = (f64::NAN, f64::NAN);
    }
    three[2].loud.accounts.clear();
    three[2].loud.accounts_told = AccountsTold::None;
    three[2].loud.interrupted = true;
    let (page, text) = shown(&three);
    check(&page);
    labelled(&page);
    expect![[r#"
        A made-up crash, 12–13 March 2020
        12 Mar 2020 00:00 UTC to 12 Mar 2020 00:47 UTC, 48 steps, seed 7

        3 designs met the same fall of WETH: 47.0 % from $194.07 to $102.82 within 27 minutes, before any
        forced selling. How much bad debt was left was not recorded. What the selling did to the price is
        not known without a paired run. Aave v3.7 and Maker Liquidations 2.0 cannot be ranked, because their
        runs ended early.

                             aave-3.7   liquity-v1   maker-2.0
        Liquidations              n/a            6           6
        Accounts liquidated       n/a            6           6
        Accounts saved            n/a            6         n/a
        Debt cleared              n/a        24.5k       24.5k
        Collateral seized         n/a          n/a       27.7k
        Bad debt                  n/a          n/a         n/a
        Borrowers' penalty        n/a          n/a       3,183
        Lost surplus              n/a        1,224         n/a
        Liquidators' profit       n/a          741         741
        Gas                       n/a          n/a       41.62
        Price impact caused       n/a          n/a       6.4 %
        Amplification             n/a          n/a       1.03×
        Time to clear             n/a       17 min     not yet
        * best; equal figures share it, and runs that ended early have none. Money in USD.

        Who paid the bad debt
          maker-2.0  treasury reserve $80.99
    "#]].assert_eq(&text);
    let contenders: Vec<_> = three.iter().map(Design::contender).collect();
    let context = RunContext::default();
    let comparison = Comparison {
        context: &context,
        contenders: &contenders,
    };
    let table = &comparison_tables(&comparison)[0];
    let seized = ColumnData::OptionalF64(vec![
        None,
        None,
        Some(three[2].loud.steps.iter().map(|s| s.seized_usd).sum()),
    ]);
    assert_eq!(table.column("seized").unwrap().data, seized);
    // Without pairs nothing is known about the effect of the selling.
    let alone: Vec<_> = three
        .iter()
        .map(|d| Contender {
            without_feedback: None,
            mapping: &[],
            ..d.contender()
        })
        .collect();
    check(&both(&context, &alone).0);
}

#[test]
fn long_and_hostile_names_are_only_text() {
    const HOSTILE: &str =
        "</script><script>alert(1)</script><img src=x>\"'&\u{2028}<!--\u{0}\u{1b}[31m";
    let mut three = designs(SMALL, 3);
    for (i, design) in three.iter_mut().enumerate() {
        let long = "a design whose name goes on ".repeat(9);
        (design.name, design.title) = (format!("{long}{i}"), format!("{long}{i} {HOSTILE}"));
        design.mapping = vec![HOSTILE.into(), long];
        design.loud.symbols[0] = HOSTILE.into();
        design.quiet.symbols[0] = HOSTILE.into();
        design
            .loud
            .coverage
            .iter_mut()
            .for_each(|c| c.layer = HOSTILE.into());
    }
    let (page, text) = shown(&three);
    assert!(!page.contains("<img") && !page.contains("<script>alert"));
    balanced(&page);
    labelled(&page);
    assert!(!text.contains('\u{1b}') && widest(&text) <= 100, "{text}");
    let names = |i: usize| text.matches(&format!("{}:a design", i + 1)).count();
    assert!((0..3).all(|i| names(i) >= 1), "{text}");
}

#[test]
fn the_files_hold_every_design() {
    let folder = std::env::temp_dir().join(format!("backstop-compare-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let designs = designs(SMALL, 3);
    let contenders: Vec<_> = designs.iter().map(Design::contender).collect();
    let context = compare::context(&designs);
    let comparison = Comparison {
        context: &context,
        contenders: &contenders,
    };
    let files = write_comparison(&folder, &comparison).unwrap();
    let names: Vec<_> = files
        .iter()
        .map(|f| f.file_name().unwrap().to_str().unwrap())
        .collect();
    let tables = comparison_tables(&comparison);
    let want = [3, 3 * 48, 2];
    for (table, rows) in tables.iter().zip(want) {
        assert_eq!(table.rows(), rows, "{}", table.name);
        assert!(names.contains(&format!("{}.json", table.name).as_str()));
        let path = folder.join(format!("{}.parquet", table.name));
        assert_eq!(&Table::read_parquet(&path).unwrap(), table);
    }
    assert_eq!(names.last(), Some(&"compare.html"));
    std::fs::remove_dir_all(&folder).unwrap();
    // The last step's sums are the figures.
    let (ColumnData::F64(steps), ColumnData::OptionalF64(totals)) = (
        &tables[1].column("seized_usd").unwrap().data,
        &tables[0].column("seized").unwrap().data,
    ) else {
        panic!("columns of numbers");
    };
    assert_eq!(
        [Some(steps[47]), Some(steps[95]), Some(steps[143])],
        totals[..]
    );
}

//! How large cascades get.

use super::super::parts::{cell, line_figure, nothing, number, table, text};
use super::{Page, estimate};
use crate::ensemble::{CascadeTail, Cascades, LARGEST, interval};
use crate::format::{count, decimal, money, percent};
use crate::svg::{Base, Fill, Line, LineChart, Rule, Shape, XKind};
use maud::{Markup, html};

pub(super) fn content(page: &Page<'_>) -> Markup {
    let Some(cascades) = &page.known.cascades else {
        return nothing("No path has a cascade.");
    };
    html! {
        p { (words(page, cascades)) }
        @if cascades.curve.len() > 1 { (figure(page, cascades)) }
        @if !cascades.tails.is_empty() { (tails(page, cascades)) }
    }
}

fn words(page: &Page<'_>, cascades: &Cascades) -> String {
    let what = format!(
        "A cascade is a run of consecutive steps in each of which a liquidation is begun; its size is the collateral \
         taken in it. Told here is the largest one of each path; {} of paths have any.",
        percent(cascades.share)
    );
    let Some(main) = cascades.main() else {
        let why = match page.totals().weights {
            Some(_) => "Paths with weights tell no tail index.",
            None => "The paths are too few to tell how heavy the tail is.",
        };
        return format!("{what} {why}");
    };
    format!("{what} {}", meaning(cascades, main))
}

/// What the index says.
fn meaning(cascades: &Cascades, main: &CascadeTail) -> String {
    let index = main.tail.index;
    let bounds = match interval(&index, decimal).as_str() {
        "" => String::new(),
        bounds => format!(" ({bounds})"),
    };
    let moments = match index.value {
        index if index <= 1.0 => {
            " A law with such an index has no finite mean: single cascades decide about all averages."
        }
        index if index <= 2.0 => {
            " A law with such an index has a mean but no finite variance: averages settle slowly over paths."
        }
        _ => "",
    };
    let straight = match cascades.is_straight() {
        true => "",
        false => {
            " The index changes with the share that counts as the tail: the sizes follow no single power law."
        }
    };
    format!(
        "Beyond {}, which the largest {} of these pass, the tail index is {}{bounds}: a cascade twice as large is {} \
         times as rare.{moments}{straight} No cascade can be larger than the book, so the index says nothing of sizes \
         beyond those seen.",
        money(main.tail.threshold),
        percent(main.top),
        decimal(index.value),
        main.rarer(),
    )
}

fn figure(page: &Page<'_>, cascades: &Cascades) -> Markup {
    let curve = &cascades.curve;
    let line = |name: &str, class, fill, y| Line {
        name: name.to_owned(),
        class,
        shape: Shape::Straight,
        fill,
        y,
    };
    let seen = curve.iter().map(|(_, share)| share.log10());
    let mut lines = vec![line("paths", "c2", Fill::None, seen.collect())];
    if let Some(main) = cascades.main() {
        let fitted = curve.iter().map(|(size, _)| match *size {
            size if size >= main.tail.threshold => main.tail.share_beyond(size, main.of_all),
            _ => f64::NAN,
        });
        // Where less than one path is expected there is nothing to compare.
        let least = curve.last().map_or(0.0, |(_, share)| *share);
        let fitted = fitted.map(|share| match share >= least {
            true => share.log10(),
            false => f64::NAN,
        });
        lines.push(line(
            "power law of the tail index",
            "c1 dash",
            Fill::None,
            fitted.collect(),
        ));
    }
    let rule = cascades.main().map(|main| Rule {
        x: main.tail.threshold.log10(),
        text: format!("tail from {}", money(main.tail.threshold)),
        row: 0,
    });
    let (first, last) = (curve.first(), curve.last());
    let told = |point: Option<&(f64, f64)>| {
        let (size, share) = point.copied().unwrap_or((f64::NAN, f64::NAN));
        format!("{} in {}", money(size), percent(share))
    };
    let chart = LineChart {
        id: LARGEST.replace('_', "-"),
        title: "Share of paths whose largest cascade is as large or larger".to_owned(),
        desc: format!(
            "Both scales are logarithmic. At least {} of paths, at least {} of paths.",
            told(first),
            told(last)
        ),
        height: 260.0,
        kind: XKind::Decades,
        x_title: "collateral taken in the largest cascade of a path, USD",
        unit: "",
        x: curve.iter().map(|(size, _)| size.log10()).collect(),
        lines,
        dots: Vec::new(),
        rules: rule.into_iter().collect(),
        base: Base::Shares,
        times: 5,
    };
    let caption = "Share of all paths whose largest cascade takes as much collateral or more. Both scales are \
                   logarithmic, so that a power law is a straight line and a lighter tail bends down.";
    line_figure(page, &chart, caption)
}

fn tails(page: &Page<'_>, cascades: &Cascades) -> Markup {
    let row = |tail: &CascadeTail| {
        vec![
            cell(percent(tail.top)),
            cell(count(tail.tail.terms)),
            cell(money(tail.tail.threshold)),
            estimate(Some(tail.tail.index), decimal),
            cell(tail.rarer()),
        ]
    };
    let rows: Vec<Vec<Markup>> = cascades.tails.iter().map(row).collect();
    table(
        page,
        "Hill's tail index of the largest cascades by the share of the paths with a cascade that counts as the tail. \
         Below each its normal interval. Where the rows agree, the tail is close to a power law.",
        &[
            text("Tail"),
            number("Paths", ""),
            number("Beyond", ""),
            number("Tail index", ""),
            number("Rarer at twice the size", "times"),
        ],
        &rows,
    )
}

//! Losses against the largest fall of a price.

use super::super::parts::{cell, line_figure, nothing, number, table, text};
use super::Page;
use crate::format::{count, usd};
use crate::svg::{Base, Fill, Line, LineChart, Shape, XKind};
use backstop_lab::ensemble::{FallBin, Sum};
use maud::{Markup, html};
use std::collections::BTreeMap;

/// Rows of the table at most.
const ROWS: usize = 12;
/// Widths of the table's rows, percent.
const WIDTHS: [u16; 5] = [1, 2, 5, 10, 20];

pub(super) fn content(page: &Page<'_>) -> Markup {
    let bins = &page.totals().falls;
    if bins.is_empty() {
        return nothing("No path was run.");
    }
    let seized = Plot {
        id: "falls-seized",
        title: "Liquidated collateral by largest fall, USD",
        class: "c2",
        of: |bin| &bin.seized,
    };
    let bad_debt = Plot {
        id: "falls-bad-debt",
        title: "Bad debt by largest fall, USD",
        class: "c3",
        of: |bin| &bin.bad_debt,
    };
    html! {
        div class="grid2" { (figure(page, &seized)) (figure(page, &bad_debt)) }
        (rows(page))
    }
}

/// One plot: what of a bin it shows.
struct Plot {
    id: &'static str,
    title: &'static str,
    class: &'static str,
    of: fn(&FallBin) -> &Sum,
}

fn figure(page: &Page<'_>, plot: &Plot) -> Markup {
    let bins = &page.totals().falls;
    let corners = corners(bins);
    let line = |name: &str, class, value: fn(&Sum) -> Option<f64>| Line {
        name: name.to_owned(),
        class,
        shape: Shape::Straight,
        fill: Fill::None,
        y: corners
            .iter()
            .map(|(_, bin)| {
                bin.and_then(|bin| value((plot.of)(bin)))
                    .unwrap_or(f64::NAN)
            })
            .collect(),
    };
    let most = bins.values().filter_map(|bin| (plot.of)(bin).max());
    let chart = LineChart {
        id: plot.id.to_owned(),
        title: plot.title.to_owned(),
        desc: format!(
            "Mean and largest value of the paths by the largest fall of a price. At most {} USD.",
            usd(most.fold(0.0, f64::max))
        ),
        height: 230.0,
        kind: XKind::Of("%"),
        x_title: "largest fall of a price, %",
        unit: "USD",
        x: corners.iter().map(|(percent, _)| *percent).collect(),
        lines: vec![
            line("largest", "c1", Sum::max),
            line("mean", plot.class, Sum::mean),
        ],
        dots: Vec::new(),
        rules: Vec::new(),
        base: Base::Zero,
        times: 5,
    };
    let caption =
        "Mean and largest over the paths of each whole percent; no line where there is no path.";
    line_figure(page, &chart, caption)
}

/// Both ends of each bin, and a place without a bin after those that no other one follows.
fn corners(bins: &BTreeMap<u16, FallBin>) -> Vec<(f64, Option<&FallBin>)> {
    let mut corners = Vec::new();
    for (percent, bin) in bins {
        let (start, end) = (f64::from(*percent), f64::from(*percent) + 1.0);
        corners.extend([(start, Some(bin)), (end, Some(bin))]);
        if !bins.contains_key(&(percent + 1)) {
            corners.push((end, None));
        }
    }
    corners
}

/// Bins of a width at which the table is short.
fn joined(bins: &BTreeMap<u16, FallBin>) -> (u16, BTreeMap<u16, FallBin>) {
    let join = |width: u16| {
        let mut wide: BTreeMap<u16, FallBin> = BTreeMap::new();
        for (percent, bin) in bins {
            let all = wide.entry(percent - percent % width).or_default();
            all.bad_debt.merge(&bin.bad_debt);
            all.seized.merge(&bin.seized);
        }
        (width, wide)
    };
    let tried = WIDTHS.into_iter().map(join);
    let mut last = (1, BTreeMap::new());
    for (width, wide) in tried {
        let short = wide.len() <= ROWS;
        last = (width, wide);
        if short {
            break;
        }
    }
    last
}

fn rows(page: &Page<'_>) -> Markup {
    let (width, bins) = joined(&page.totals().falls);
    let row = |(percent, bin): (&u16, &FallBin)| {
        let money = |value: Option<f64>| cell(usd(value.unwrap_or(f64::NAN)));
        vec![
            cell(match percent {
                100 => "100\u{a0}%".to_owned(),
                _ => format!("{percent} to {}\u{a0}%", (percent + width).min(100)),
            }),
            cell(count(bin.seized.count())),
            money(bin.seized.mean()),
            money(bin.seized.max()),
            money(bin.bad_debt.mean()),
            money(bin.bad_debt.max()),
        ]
    };
    let rows: Vec<Vec<Markup>> = bins.iter().map(row).collect();
    table(
        page,
        "Losses by the largest fall of an oracle's price from its first value, without feedback, of the asset that \
         falls most. In few paths the largest says little.",
        &[
            text("Largest fall"),
            number("Paths", ""),
            number("Mean liquidated collateral", "USD"),
            number("Largest", "USD"),
            number("Mean bad debt", "USD"),
            number("Largest", "USD"),
        ],
        &rows,
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_break_where_bins_are_missing() {
        let bins: BTreeMap<u16, FallBin> = [3, 4, 7]
            .into_iter()
            .map(|p| (p, FallBin::default()))
            .collect();
        let drawn: Vec<(f64, bool)> = corners(&bins)
            .iter()
            .map(|(x, bin)| (*x, bin.is_some()))
            .collect();
        let want = [
            (3.0, true),
            (4.0, true),
            (4.0, true),
            (5.0, true),
            (5.0, false),
            (7.0, true),
            (8.0, true),
            (8.0, false),
        ];
        assert_eq!(drawn, want);
    }

    #[test]
    fn rows_are_joined_until_they_are_few() {
        for (percents, want) in [
            (0..12u16, (1, 12)),
            (0..13, (2, 7)),
            (0..30, (5, 6)),
            (0..101, (10, 11)),
            (7..8, (1, 1)),
        ] {
            let mut bins = BTreeMap::new();
            for percent in percents {
                let bin: &mut FallBin = bins.entry(percent).or_default();
                bin.seized.add(1.0);
            }
            let (width, wide) = joined(&bins);
            assert_eq!((width, wide.len()), want);
            let paths: u64 = wide.values().map(|bin| bin.seized.count()).sum();
            assert_eq!(paths, bins.len() as u64);
        }
    }
}

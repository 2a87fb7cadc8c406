//! How much of the fall the forced selling caused.

use super::Page;
use super::parts::{cell, line_figure, nothing, number, table, text};
use super::price::BUCKETS;
use crate::format::{count, decimal, percent, price, usd};
use crate::summary::{Amplification, Paired, Quote};
use crate::svg::{Base, Fill, Line, LineChart, Shape, XKind, pick};
use backstop_lab::record::PathRecord;
use maud::{Markup, html};

pub(super) fn content(page: &Page<'_>) -> Markup {
    let (Some(a), Some(other)) = (&page.summary.amplification, page.without_feedback) else {
        return nothing(
            "No paired run without feedback over the same time is at hand, so the effect of the selling \
             on prices is not known.",
        );
    };
    html! {
        p { (in_words(page, a)) }
        (figure(page, a, other))
        (figures(page, a))
    }
}

fn in_words(page: &Page<'_>, a: &Amplification) -> Markup {
    let symbol = &page.summary.assets[a.asset].symbol;
    html! {
        "The same path was run twice with the same seed: once as shown above, once with forced sales that "
        "pay for the depth they use and that the oracle does not see. The oracle's price of " (symbol)
        " fell " (percent(a.fall.with)) " with the selling and " (percent(a.fall.without)) " without it: "
        strong { (percent(a.share_of_fall)) } " of the fall came from the selling."
    }
}

fn figure(page: &Page<'_>, a: &Amplification, other: &PathRecord) -> Markup {
    let symbol = &page.summary.assets[a.asset].symbol;
    let series = |record: &PathRecord| -> Vec<f64> {
        record
            .steps
            .iter()
            .map(|s| Quote::Oracle.of(s, a.asset).unwrap_or(f64::NAN))
            .collect()
    };
    let (with, without) = (series(page.record), series(other));
    let steps = &page.record.steps;
    let kept = pick(steps.len(), &[&with, &without], BUCKETS);
    let line = |name: &str, class, values: &[f64]| Line {
        name: name.to_owned(),
        class,
        shape: Shape::Steps,
        fill: Fill::None,
        y: kept.iter().map(|i| values[*i]).collect(),
    };
    let chart = LineChart {
        id: "amplification-price".to_owned(),
        title: format!("Oracle's price of {symbol}, USD"),
        desc: format!(
            "Lowest price {} USD with the selling, {} USD without.",
            price(a.low.with),
            price(a.low.without)
        ),
        height: 260.0,
        kind: XKind::Time,
        x_title: "",
        unit: "USD",
        x: kept.iter().map(|i| steps[*i].time as f64).collect(),
        lines: vec![
            line("without selling", "c1", &without),
            line("with selling", "c3", &with),
        ],
        dots: Vec::new(),
        rules: Vec::new(),
        base: Base::Data,
        times: 8,
    };
    let caption = format!(
        "Oracle's price of {symbol} in USD against time (UTC), with and without the effect of forced \
         selling on prices. The axis does not start at zero."
    );
    line_figure(page, &chart, &caption)
}

fn figures(page: &Page<'_>, a: &Amplification) -> Markup {
    type Show = fn(f64) -> String;
    let whole: Show = |v| count(v as u64);
    let rows: [(&str, Paired, Show); 5] = [
        ("Fall of the oracle's price (%)", a.fall, percent),
        ("Lowest oracle price (USD)", a.low, price),
        ("Liquidations", a.liquidations, whole),
        ("Collateral seized (USD)", a.seized_usd, usd),
        ("Bad debt (USD)", a.bad_debt_usd, usd),
    ];
    let rows: Vec<_> = rows
        .iter()
        .map(|(name, pair, show)| {
            let factor = match pair.without > 0.0 {
                true => format!("{}×", decimal(pair.with / pair.without)),
                false => crate::format::MISSING.to_owned(),
            };
            vec![
                cell(name),
                cell(show(pair.with)),
                cell(show(pair.without)),
                cell(factor),
            ]
        })
        .collect();
    table(
        page,
        "The pair of runs. Units stand in the first column.",
        &[
            text("Figure"),
            number("With selling", ""),
            number("Without", ""),
            number("Factor", ""),
        ],
        &rows,
    )
}

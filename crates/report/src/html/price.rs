//! Price outside, of the oracle and on the venues, with liquidations marked.

use super::Page;
use super::lanes::Lanes;
use super::parts::{self, cell, laned_figure, line_figure, nothing, number, table, text};
use crate::format::{moment, moment_short, money, percent, plural, price};
use crate::summary::{AssetSummary, Fall, Quote};
use crate::svg::{Base, Dot, Fill, Line, LineChart, Shape, XKind, merge_points, pick};
use maud::{Markup, html};

/// Buckets of a full-width plot; each keeps its first point and every line's extremes. More than
/// a screen has pixels for, so that a zoom shows more.
pub(super) const BUCKETS: usize = 900;
/// Buckets of a half-width plot.
pub(super) const HALF_BUCKETS: usize = 140;
/// Most plots of prices; the table lists all assets.
const CHARTS_MAX: usize = 4;
const DOT_SLOTS: usize = 110;
const DOT_RADIUS_MAX: f64 = 13.0;
const DOT_RADIUS_MIN: f64 = 2.5;

pub(super) fn content(page: &Page<'_>) -> Markup {
    if page.record.steps.is_empty() {
        return nothing("The run has no steps, so there is no price to show.");
    }
    let lanes = Lanes::of(page);
    html! {
        @for (rank, asset) in charted(page).into_iter().enumerate() {
            @if rank == 0 {
                @let caption = first_caption(page, asset) + lanes.caption;
                (laned_figure(page, &chart(page, asset), &lanes.drawn, &caption))
                (lanes.details)
            } @else { (line_figure(page, &chart(page, asset), &further_caption(page, asset))) }
        }
        (falls(page))
    }
}

/// Assets worth a plot: those that were seized, then those that moved most.
fn charted(page: &Page<'_>) -> Vec<usize> {
    let assets = &page.summary.assets;
    let moved = |a: &AssetSummary| a.outside.or(a.oracle).map_or(0.0, |f| f.share);
    let mut order: Vec<usize> = (0..assets.len())
        .filter(|i| assets[*i].seized_usd > 0.0 || moved(&assets[*i]) >= 0.02)
        .collect();
    order.sort_by(|a, b| {
        let (a, b) = (&assets[*a], &assets[*b]);
        b.seized_usd
            .total_cmp(&a.seized_usd)
            .then(moved(b).total_cmp(&moved(a)))
    });
    if order.is_empty() {
        order.extend(page.summary.main_asset);
    }
    order.truncate(CHARTS_MAX);
    order
}

fn chart(page: &Page<'_>, asset: usize) -> LineChart {
    let symbol = &page.summary.assets[asset].symbol;
    let steps = &page.record.steps;
    let series = |quote: Quote| -> Vec<f64> {
        steps
            .iter()
            .map(|s| quote.of(s, asset).unwrap_or(f64::NAN))
            .collect()
    };
    let all = [Quote::Outside, Quote::Oracle, Quote::Venue].map(series);
    let kept = pick(steps.len(), &all.each_ref().map(Vec::as_slice), BUCKETS);
    let line = |name: &str, class, shape, values: &[f64]| Line {
        name: name.to_owned(),
        class,
        shape,
        fill: Fill::None,
        y: kept.iter().map(|i| values[*i]).collect(),
    };
    let lines = vec![
        line("outside", "c0", Shape::Straight, &all[0]),
        line("venue mid", "c3", Shape::Straight, &all[2]),
        line("oracle", "c2", Shape::Steps, &all[1]),
    ];
    LineChart {
        id: format!("price-{asset}"),
        title: format!("{symbol} price, USD"),
        desc: description(page, asset),
        height: 300.0,
        kind: XKind::Time,
        x_title: "",
        unit: "USD",
        x: kept.iter().map(|i| steps[*i].time as f64).collect(),
        lines: lines
            .into_iter()
            .filter(|l| l.y.iter().any(|y| y.is_finite()))
            .collect(),
        dots: dots(page, asset),
        rules: Vec::new(),
        base: Base::Data,
        times: 8,
    }
}

/// The first plot explains itself in full.
fn first_caption(page: &Page<'_>, asset: usize) -> String {
    let symbol = &page.summary.assets[asset].symbol;
    format!(
        "Price of {symbol} in USD against time (UTC): outside reference, oracle's answer and mid price \
         of the venues. Dots are liquidations that seized {symbol}, at the oracle's price; a dot's area \
         is the collateral seized, near ones are joined. The axis does not start at zero."
    )
}

fn further_caption(page: &Page<'_>, asset: usize) -> String {
    let symbol = &page.summary.assets[asset].symbol;
    format!("{symbol} in USD against time (UTC), drawn as the first figure.")
}

fn description(page: &Page<'_>, asset: usize) -> String {
    let a = &page.summary.assets[asset];
    match a.outside.or(a.oracle) {
        Some(fall) => format!(
            "{} starts at {} USD, falls {} to {} USD on {} and ends at {} USD.",
            a.symbol,
            price(fall.first),
            percent(fall.share),
            price(fall.low),
            moment(fall.low_time),
            price(fall.last)
        ),
        None => format!("No price of {} was recorded.", a.symbol),
    }
}

fn dots(page: &Page<'_>, asset: usize) -> Vec<Dot> {
    let (low, high) = (page.summary.time_start as f64, page.summary.time_end as f64);
    let rows = page
        .record
        .liquidations
        .iter()
        .filter(|l| usize::from(l.collateral.0) == asset);
    let points = rows.map(|l| (l.time as f64, l.collateral_price, l.seized_usd + l.fee_usd));
    let merged = merge_points(points, low, high, DOT_SLOTS);
    let largest = merged.iter().fold(f64::MIN_POSITIVE, |a, p| a.max(p.2));
    let dot = |(x, y, usd, n): (f64, f64, f64, u64)| Dot {
        x,
        y,
        radius: (DOT_RADIUS_MAX * (usd / largest).sqrt()).max(DOT_RADIUS_MIN),
        title: format!(
            "{}: {}, {} seized at {} USD",
            moment_short(x as u64),
            plural(n, "liquidation", "liquidations"),
            money(usd),
            price(y)
        ),
    };
    merged.into_iter().map(dot).collect()
}

fn falls(page: &Page<'_>) -> Markup {
    let show = |fall: Option<Fall>, of: fn(&Fall) -> String| {
        cell(fall.map_or_else(|| crate::format::MISSING.to_owned(), |f| of(&f)))
    };
    let row = |a: &AssetSummary| {
        vec![
            cell(&a.symbol),
            show(a.outside, |f| price(f.first)),
            show(a.outside, |f| price(f.low)),
            show(a.outside, |f| moment_short(f.low_time)),
            show(a.outside, |f| price(f.last)),
            show(a.outside, |f| percent(f.share)),
            show(a.oracle, |f| price(f.low)),
            show(a.venue, |f| price(f.low)),
            cell(percent(a.oracle_above_max)),
        ]
    };
    let rows: Vec<_> = page.summary.assets.iter().map(row).collect();
    table(
        page,
        "Prices by asset; times in UTC. The fall runs from the first price to the lowest. \
         The last column is the largest share by which the oracle stood above the outside price.",
        &[
            text("Asset"),
            number("First", "USD"),
            number("Low", "USD"),
            parts::moment("Low at"),
            number("Last", "USD"),
            number("Fall", ""),
            number("Oracle low", "USD"),
            number("Venue low", "USD"),
            number("Oracle above outside", ""),
        ],
        &rows,
    )
}

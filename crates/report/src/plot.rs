//! Liquidation maps on their own: an SVG file, a chart for the terminal, rows of data.

use crate::braille;
use crate::context::{LiquidationMap, MapPoint};
use crate::format::{money, percent, price};
use crate::svg::{Base, Fill, Line, LineChart, Medium, Rule, Shape, XKind, resample_steps};
use backstop_io::table::{Column, ColumnData, Table};

/// Prices at which a map is drawn.
const GRID: usize = 320;
const FILE_WIDTH: f64 = 860.0;

/// The map as an SVG file of its own, with title, legend and axes.
pub fn map_svg(map: &LiquidationMap) -> String {
    let mut text = map_chart(map, 360.0)
        .draw(Medium::File(FILE_WIDTH))
        .into_string();
    text.push('\n');
    text
}

/// The map for a terminal of `width` × `height` characters; at least 40 × 8 are used.
pub fn map_terminal(map: &LiquidationMap, width: usize, height: usize) -> String {
    let points = sorted(&map.before);
    let Some((low, high)) = price_range(map) else {
        return format!(
            "{}: no account becomes liquidatable at any price.\n",
            map.symbol
        );
    };
    let chart = braille::Chart {
        title: format!(
            "{}: collateral liquidatable at or below a price (USD)",
            map.symbol
        ),
        x_title: format!(
            "price of {} (USD); now {}",
            map.symbol,
            price(map.price_start)
        ),
        points: grid(low, high)
            .into_iter()
            .map(|p| {
                (
                    p,
                    resample_steps(&points.collateral, &[p])
                        .first()
                        .copied()
                        .unwrap_or(0.0),
                )
            })
            .collect(),
        width,
        height,
    };
    chart.draw()
}

/// The points of a map as a table, ascending by price.
pub fn map_table(maps: &[LiquidationMap]) -> Table {
    let (mut symbols, mut books, mut points) = (Vec::new(), Vec::new(), Vec::new());
    for map in maps {
        for (book, curve) in [("before", &map.before), ("after", &map.after)] {
            let mut curve: Vec<&MapPoint> = curve.iter().collect();
            curve.sort_by(|a, b| a.price.total_cmp(&b.price));
            for point in curve {
                symbols.push(map.symbol.clone());
                books.push(book.to_owned());
                points.push(*point);
            }
        }
    }
    let numbers = |of: fn(&MapPoint) -> f64| ColumnData::F64(points.iter().map(of).collect());
    Table::new(
        "map",
        vec![
            Column::new(
                "asset",
                "",
                "Ticker of the asset whose price moves.",
                ColumnData::Text(symbols),
            ),
            Column::new(
                "book",
                "",
                "`before` or `after` the run.",
                ColumnData::Text(books),
            ),
            Column::new(
                "price",
                "USD",
                "Price of the asset, all else equal.",
                numbers(|p| p.price),
            ),
            Column::new(
                "collateral_usd",
                "USD",
                "Collateral of all accounts that are liquidatable at this price, at the book's prices.",
                numbers(|p| p.collateral_usd),
            ),
            Column::new(
                "debt_usd",
                "USD",
                "Debt of the same accounts, at the book's prices.",
                numbers(|p| p.debt_usd),
            ),
        ],
    )
}

/// What a fall of 10 %, 20 %, 30 % and 50 % would make liquidatable: (fall, price, collateral USD,
/// debt USD) of the book before the run.
pub(crate) fn map_stations(map: &LiquidationMap) -> Vec<(f64, f64, f64, f64)> {
    let curve = sorted(&map.before);
    let at =
        |points: &[(f64, f64)], p| resample_steps(points, &[p]).first().copied().unwrap_or(0.0);
    [0.05, 0.1, 0.2, 0.3, 0.5]
        .into_iter()
        .map(|fall| {
            let p = map.price_start * (1.0 - fall);
            (fall, p, at(&curve.collateral, p), at(&curve.debt, p))
        })
        .collect()
}

/// The map as a line plot.
pub(crate) fn map_chart(map: &LiquidationMap, height: f64) -> LineChart {
    let (low, high) = price_range(map).unwrap_or((0.0, 1.0));
    let x = grid(low, high);
    let line = |name: &str, class, fill, points: &[(f64, f64)]| Line {
        name: name.to_owned(),
        class,
        shape: Shape::Straight,
        fill,
        y: resample_steps(points, &x),
    };
    let (before, after) = (sorted(&map.before), sorted(&map.after));
    let mut lines = vec![
        line("collateral, before", "c3", Fill::Tint, &before.collateral),
        line("debt, before", "c2", Fill::None, &before.debt),
    ];
    if !map.after.is_empty() {
        lines.push(line(
            "collateral, after",
            "c1",
            Fill::None,
            &after.collateral,
        ));
    }
    let mut rules = Vec::new();
    if map.price_start.is_finite() {
        let text = format!("start {}", price(map.price_start));
        rules.push(Rule {
            x: map.price_start,
            text,
            row: 0,
        });
    }
    if let Some(low) = map.price_low.filter(|p| p.is_finite()) {
        rules.push(Rule {
            x: low,
            text: format!("low {}", price(low)),
            row: 1,
        });
    }
    LineChart {
        id: format!("map-{}", map.asset.0),
        title: format!("Liquidatable against the price of {}, USD", map.symbol),
        desc: map_description(map),
        height,
        kind: XKind::Number,
        x_title: "price, USD",
        unit: "USD",
        x,
        lines,
        dots: Vec::new(),
        rules,
        base: Base::Zero,
        times: 8,
    }
}

fn map_description(map: &LiquidationMap) -> String {
    let stations: Vec<String> = map_stations(map)
        .into_iter()
        .map(|(fall, _, collateral, _)| format!("{} at {} below", money(collateral), percent(fall)))
        .collect();
    format!(
        "Collateral liquidatable if only {} moves, before the run: {} the starting price of {} USD.",
        map.symbol,
        stations.join(", "),
        price(map.price_start)
    )
}

/// Collateral and debt by price, ascending.
struct Curve {
    collateral: Vec<(f64, f64)>,
    debt: Vec<(f64, f64)>,
}

fn sorted(points: &[MapPoint]) -> Curve {
    let mut points: Vec<&MapPoint> = points.iter().filter(|p| p.price.is_finite()).collect();
    points.sort_by(|a, b| a.price.total_cmp(&b.price));
    Curve {
        collateral: points.iter().map(|p| (p.price, p.collateral_usd)).collect(),
        debt: points.iter().map(|p| (p.price, p.debt_usd)).collect(),
    }
}

/// From well below the run's low (or 60 % below the start) to a little above the start. Far below,
/// everything is liquidatable and would flatten what matters.
fn price_range(map: &LiquidationMap) -> Option<(f64, f64)> {
    let finite = map
        .before
        .iter()
        .chain(&map.after)
        .filter(|p| p.price.is_finite());
    let highest = finite.map(|p| p.price).fold(0.0, f64::max);
    if highest <= 0.0 {
        return None;
    }
    let start = map.price_start;
    if !(start.is_finite() && start > 0.0) {
        return Some((0.0, highest * 1.05));
    }
    let low = map
        .price_low
        .filter(|low| low.is_finite() && *low > 0.0)
        .unwrap_or(start);
    Some(((start * 0.4).min(low * 0.75), start * 1.05))
}

fn grid(low: f64, high: f64) -> Vec<f64> {
    let last = (GRID - 1) as f64;
    (0..GRID)
        .map(|i| low + (high - low) * i as f64 / last)
        .collect()
}

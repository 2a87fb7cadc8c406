//! The report of liquidation maps with what selling does: R(p), depth and the bonus.

use crate::answer::{Span, spans_text};
use crate::context::{LiquidationMap, RunContext};
use crate::format::{money, percent, price};
use crate::html::map_page;
use crate::oracle_cost::{self, OracleCost};
use crate::results::{json, write_files};
use crate::summary_head::SummaryHead;
use crate::tables::{cascade_tables, next_generation_table, oracle_cost_table};
use crate::terminal::{WIDTH_MIN, wrap};
use backstop_core::protocol::AssetId;
use backstop_io::FileError;
use backstop_lab::cascade::{
    Crossing, Direction, Matrix, Reproduction, amplification, crossings_of, settled,
};
use serde::Serialize;
use std::path::Path;

/// Format of `map-summary.json`.
const FORMAT: &str = "backstop-map/1";
/// Widest text.
const WIDTH_MAX: usize = 120;
/// Largest R that is nothing.
const NOTHING: f64 = 5e-4;

/// What selling one asset's collateral does.
#[derive(Clone, Debug)]
pub struct CascadeMap {
    /// Whose collateral.
    pub asset: AssetId,
    /// Its ticker.
    pub symbol: String,
    /// Oracle price at the start, USD.
    pub price_start: f64,
    /// Share of the price over which R is smoothed.
    pub window: f64,
    /// R by price, from the start's price down.
    pub points: Vec<Reproduction>,
    /// Where R crosses 1.
    pub crossings: Vec<Crossing>,
    /// What a liquidator keeps on top of par, as a share.
    pub bonus: f64,
    /// Largest sale at the start, in tokens, that the bonus pays for; none where no venue limits it.
    pub largest_sale: Option<f64>,
    /// What one sale loses, by size; empty without a venue.
    pub depth: Vec<DepthPoint>,
}

/// What one sale loses.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct DepthPoint {
    /// Its size at the outside price, USD.
    pub usd: f64,
    /// Share of that which fees and slippage take.
    pub loss: f64,
}

impl CascadeMap {
    /// The point with the largest R; of equal ones the highest price.
    pub(crate) fn highest(&self) -> Option<&Reproduction> {
        let points = self.points.iter().filter(|p| p.r.is_finite());
        points.reduce(|a, b| if b.r > a.r { b } else { a })
    }

    /// A price as a fall from the start.
    pub(crate) fn fall_to(&self, price: f64) -> f64 {
        1.0 - price / self.price_start
    }

    /// The loss that the bonus just pays for: (1 + bonus) × (1 − loss) = 1.
    pub(crate) fn loss_paid(&self) -> f64 {
        self.bonus / (1.0 + self.bonus)
    }
}

/// What selling does where accounts hold several assets: how far each falls when another does.
#[derive(Clone, Debug)]
pub struct BookCascade {
    /// Tickers of the assets whose prices move, in the order of the matrices.
    pub symbols: Vec<String>,
    /// Share of each price over which R is smoothed.
    pub window: f64,
    /// By fall of all prices together, from none down.
    pub points: Vec<BookPoint>,
}

/// The book where all prices have fallen by the same share.
#[derive(Clone, Debug, PartialEq)]
pub struct BookPoint {
    /// That share.
    pub fall: f64,
    /// The spectral radius of the matrix.
    pub radius: f64,
    /// R_ij, row by row: how far i falls for each unit that j falls.
    pub matrix: Matrix,
}

impl BookCascade {
    /// The point with the largest spectral radius; of equal ones that of the smallest fall.
    pub(crate) fn highest(&self) -> Option<&BookPoint> {
        let points = self.points.iter();
        points.reduce(|a, b| if b.radius > a.radius { b } else { a })
    }

    /// Where the radius crosses 1, as falls, the smallest first.
    pub(crate) fn crossings(&self) -> Vec<(f64, Direction)> {
        let points = self.points.iter();
        let crossings = crossings_of(points.map(|point| (1.0 - point.fall, point.radius)));
        let told = crossings.into_iter();
        told.map(|crossing| (1.0 - crossing.price, crossing.direction))
            .collect()
    }
}

/// Everything that a map's report shows.
#[derive(Clone, Copy, Debug)]
pub struct MapReport<'a> {
    /// What was asked, from which inputs.
    pub context: &'a RunContext,
    /// Liquidation maps, largest first.
    pub maps: &'a [LiquidationMap],
    /// What selling does, by asset.
    pub cascades: &'a [CascadeMap],
    /// What selling does across assets; nothing where fewer than two move.
    pub book: Option<&'a BookCascade>,
    /// What moving oracles of several sources costs; empty where there are none.
    pub oracles: &'a [OracleCost],
}

impl MapReport<'_> {
    /// The page as text, UTF-8. The same report gives the same bytes.
    pub fn page(&self) -> String {
        map_page(self)
    }

    /// What selling an asset of a map does.
    pub(crate) fn cascade(&self, map: &LiquidationMap) -> Option<&CascadeMap> {
        self.cascades.iter().find(|c| c.asset == map.asset)
    }
}

/// The answer, in the order of reading.
pub(crate) fn map_answer(report: &MapReport<'_>) -> Vec<Span> {
    let mut spans = Vec::new();
    for (at, map) in report.maps.iter().enumerate() {
        let Some(cascade) = report.cascade(map) else {
            continue;
        };
        if at > 0 {
            spans.push(Span::Plain(" ".to_owned()));
        }
        about(cascade, &mut spans);
    }
    if spans.is_empty() {
        let none = "No collateral becomes liquidatable when its price falls.";
        spans.push(Span::Plain(none.to_owned()));
    }
    if let Some(book) = report.book {
        about_book(book, &mut spans);
    }
    for cost in report.oracles {
        oracle_cost::about(cost, &mut spans);
    }
    spans
}

/// What the spectral radius says of the whole book.
fn about_book(book: &BookCascade, spans: &mut Vec<Span>) {
    let Some(highest) = book.highest().filter(|point| point.radius >= NOTHING) else {
        return;
    };
    let plain = |spans: &mut Vec<Span>, text: String| spans.push(Span::Plain(text));
    plain(
        spans,
        " Across assets, with all prices falling alike, forced selling ".to_owned(),
    );
    let crossings = book.crossings();
    let rises = crossings.iter().find(|c| c.1 == Direction::Rises);
    let starts = book.points.first().is_some_and(|point| point.radius >= 1.0);
    let place = format!(
        "{:.2}, after a fall of {}",
        highest.radius,
        percent(highest.fall)
    );
    match rises {
        None if !starts => {
            spans.push(Span::Strong("dies out".to_owned()));
            plain(
                spans,
                format!(": the book's reproduction number is at most {place}."),
            );
        }
        rises => {
            spans.push(Span::Strong("feeds on itself".to_owned()));
            let from = match rises.filter(|_| !starts) {
                None => "from the start".to_owned(),
                Some((fall, _)) => format!("after a fall of {}", percent(*fall)),
            };
            plain(
                spans,
                format!(" {from}; the book's reproduction number is largest, {place}."),
            );
        }
    }
}

fn about(cascade: &CascadeMap, spans: &mut Vec<Span>) {
    let symbol = &cascade.symbol;
    let plain = |spans: &mut Vec<Span>, text: String| spans.push(Span::Plain(text));
    let Some(highest) = cascade.highest() else {
        return;
    };
    if cascade.depth.is_empty() {
        let text = format!("No venue of {symbol} is modelled, so that selling it moves no price.");
        return plain(spans, text);
    }
    if highest.r < NOTHING {
        let text = format!("Selling {symbol} moves no price that its borrowers fear.");
        return plain(spans, text);
    }
    let place = format!(
        "{} USD ({} below the start)",
        price(highest.price),
        percent(cascade.fall_to(highest.price))
    );
    let starts = cascade.points.first().is_some_and(|point| point.r >= 1.0);
    let rises = cascade
        .crossings
        .iter()
        .find(|c| c.direction == Direction::Rises);
    match rises {
        None if !starts => {
            plain(spans, format!("Forced selling of {symbol} "));
            spans.push(Span::Strong("dies out".to_owned()));
            plain(
                spans,
                format!(
                    ": each fall causes at most {:.2} times as much again, at {place}, where a small one ends {:.1} times \
                 as deep.",
                    highest.r,
                    amplification(highest.r)
                ),
            );
        }
        rises => {
            feeds_on_itself(cascade, rises.filter(|_| !starts), spans);
            let highest = format!("; R is largest, {:.2}, at {place}.", highest.r);
            plain(spans, highest);
        }
    }
    if let Some(tokens) = cascade.largest_sale {
        plain(
            spans,
            format!(
                " The bonus of {} pays for sales of up to ",
                percent(cascade.bonus)
            ),
        );
        spans.push(Span::Strong(money(tokens * cascade.price_start)));
        plain(spans, " at once.".to_owned());
    }
}

/// Between which prices selling causes at least as much again; from the start where it does not rise
/// there.
fn feeds_on_itself(cascade: &CascadeMap, rises: Option<&Crossing>, spans: &mut Vec<Span>) {
    let plain = |spans: &mut Vec<Span>, text: String| spans.push(Span::Plain(text));
    let told = |crossing: &Crossing| {
        let fall = percent(cascade.fall_to(crossing.price));
        (price(crossing.price), fall)
    };
    plain(spans, format!("Forced selling of {} ", cascade.symbol));
    spans.push(Span::Strong("feeds on itself".to_owned()));
    match rises.map(told) {
        None => plain(spans, " from the start".to_owned()),
        Some((usd, fall)) => plain(
            spans,
            format!(" once its price is {usd} USD ({fall} below the start)"),
        ),
    }
    let ends = cascade
        .crossings
        .iter()
        .find(|c| c.direction == Direction::Falls);
    match ends.map(told) {
        Some((usd, fall)) => plain(spans, format!(", down to {usd} USD ({fall})")),
        None => plain(spans, ", down to the lowest price shown".to_owned()),
    }
}

/// The answer for a terminal of `width` characters.
pub fn cascade_text(report: &MapReport<'_>, width: usize) -> String {
    let width = width.clamp(WIDTH_MIN, WIDTH_MAX);
    wrap(&spans_text(map_answer(report)), width) + "\n"
}

/// Writes the tables `reproduction`, `depth` and, of several assets, `next-generation`, of oracles of several sources
/// `oracle-cost`, `map-summary.json` and the page `map.html` into a
/// folder that exists.
///
/// # Errors
/// [`FileError`] when the system refuses; files written before stay.
pub fn write_map_report(out: &Path, report: &MapReport<'_>) -> Result<(), FileError> {
    let texts = [
        ("map-summary.json", summary(report)),
        ("map.html", map_page(report)),
    ];
    let mut tables = cascade_tables(report.cascades);
    tables.extend(report.book.map(next_generation_table));
    if !report.oracles.is_empty() {
        tables.push(oracle_cost_table(report.oracles));
    }
    write_files(out, &tables, &texts)?;
    Ok(())
}

/// `map-summary.json`: what was asked, and where R crosses 1.
#[derive(Serialize)]
struct SummaryFile<'a> {
    #[serde(flatten)]
    head: SummaryHead<'a>,
    answer: String,
    assets: Vec<AssetFile<'a>>,
    /// Left out where fewer than two assets move.
    #[serde(skip_serializing_if = "Option::is_none")]
    book: Option<BookFile<'a>>,
}

/// The next-generation matrix of the whole book.
#[derive(Serialize)]
struct BookFile<'a> {
    /// In the order of the matrix.
    symbols: &'a [String],
    window: f64,
    highest_r: f64,
    /// Fall of all prices together at which it is.
    highest_r_fall: f64,
    /// There: how far the asset of a row falls for each unit that the asset of a column falls.
    matrix: &'a [Vec<f64>],
    /// Where a fall of one unit of each ends by itself there; null from R = 1 on.
    common_fall_ends: Option<Vec<f64>>,
    /// From the smallest fall on.
    crossings: Vec<BookCrossingFile>,
}

#[derive(Serialize)]
struct BookCrossingFile {
    fall: f64,
    /// `rises` or `falls`, while prices fall.
    r: &'static str,
}

impl<'a> BookFile<'a> {
    fn new(book: &'a BookCascade) -> Option<Self> {
        let highest = book.highest()?;
        let crossings = book.crossings().into_iter();
        Some(Self {
            symbols: &book.symbols,
            window: book.window,
            highest_r: highest.radius,
            highest_r_fall: highest.fall,
            matrix: &highest.matrix,
            common_fall_ends: settled(&highest.matrix, &vec![1.0; book.symbols.len()]),
            crossings: crossings
                .map(|(fall, direction)| BookCrossingFile {
                    fall,
                    r: direction_word(direction),
                })
                .collect(),
        })
    }
}

#[derive(Serialize)]
struct AssetFile<'a> {
    symbol: &'a str,
    price_start: f64,
    window: f64,
    highest_r: Option<f64>,
    highest_r_price: Option<f64>,
    /// From the highest price down.
    crossings: Vec<CrossingFile>,
    bonus: f64,
    largest_sale_usd: Option<f64>,
}

#[derive(Serialize)]
struct CrossingFile {
    price: f64,
    /// `rises` or `falls`, while the price falls.
    r: &'static str,
}

fn summary(report: &MapReport<'_>) -> String {
    let context = report.context;
    let crossing = |crossing: &Crossing| CrossingFile {
        price: crossing.price,
        r: direction_word(crossing.direction),
    };
    let assets = report.cascades.iter().map(|cascade| AssetFile {
        symbol: &cascade.symbol,
        price_start: cascade.price_start,
        window: cascade.window,
        highest_r: cascade.highest().map(|p| p.r),
        highest_r_price: cascade.highest().map(|p| p.price),
        crossings: cascade.crossings.iter().map(crossing).collect(),
        bonus: cascade.bonus,
        largest_sale_usd: cascade.largest_sale.map(|t| t * cascade.price_start),
    });
    let file = SummaryFile {
        head: SummaryHead::new(FORMAT, context),
        answer: spans_text(map_answer(report)).replace('\u{a0}', " "),
        assets: assets.collect(),
        book: report.book.and_then(BookFile::new),
    };
    json(&file, serde_json::to_string_pretty) + "\n"
}

/// What R does while the price falls.
pub(crate) fn direction_word(direction: Direction) -> &'static str {
    match direction {
        Direction::Rises => "rises",
        Direction::Falls => "falls",
    }
}

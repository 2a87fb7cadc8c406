//! The page of liquidation maps: what a fall makes liquidatable, whether selling it feeds on itself,
//! and which sales the bonus pays for.

use super::oracle_cost;
use super::parts::{self, Captioned, Captions, cell, line_figure, nothing, number, table, text};
use super::skeleton::{Again, Ending, Head};
use super::tiles::{self, Tile, tile};
use super::{Document, Section, document, question, terms};
use crate::cascade::{BookCascade, BookPoint, CascadeMap, MapReport, direction_word, map_answer};
use crate::context::LiquidationMap;
use crate::format::{count, decimal, moment, money, percent, price, usd};
use crate::plot::{map_chart, map_stations};
use crate::svg::{Base, Fill, Line, LineChart, Rule, Shape, XKind};
use backstop_lab::cascade::settled;
use maud::{Markup, html};

/// Most assets on a page.
const MAPS_MAX: usize = 6;
/// Falls of the table.
const STATIONS: [f64; 6] = [0.0, 0.05, 0.1, 0.2, 0.3, 0.5];

/// The page as text.
pub(crate) fn page(report: &MapReport<'_>) -> String {
    let page = Page {
        report,
        captions: Captions::default(),
    };
    document(&Document {
        title: &report.context.title,
        header: header(report),
        tiles: tiles::draw(&key_figures(report)),
        sections: page.sections(),
        footer: html! {
            p { (report.context.software) " · money in USD at the oracle's prices at the start" }
        },
    })
}

struct Page<'a> {
    report: &'a MapReport<'a>,
    captions: Captions,
}

impl Captioned for Page<'_> {
    fn captions(&self) -> &Captions {
        &self.captions
    }
}

impl Page<'_> {
    fn sections(&self) -> Vec<Section> {
        let section = |id, title, content| Section { id, title, content };
        let context = self.report.context;
        let mut sections = vec![
            section("map", "What a fall makes liquidatable", maps(self)),
            section("cascade", "Whether selling feeds on itself", cascades(self)),
            section("depth", "Which sales the bonus pays for", depths(self)),
        ];
        if let Some(across) = self.report.book {
            let title = "Whether it does across assets";
            sections.insert(2, section("book", title, book(self, across)));
        }
        if !self.report.oracles.is_empty() {
            let content = oracle_cost::draw(self, self.report.oracles);
            sections.push(section("oracle", "What moving the oracle costs", content));
        }
        let ending = Ending {
            context,
            facts: facts(self),
            settings: "Settings",
            again: again(self),
            terms: WORDS.into_iter(),
        };
        sections.extend(ending.sections(self));
        sections
    }

    fn shown(&self) -> impl Iterator<Item = &LiquidationMap> {
        self.report.maps.iter().take(MAPS_MAX)
    }
}

fn header(report: &MapReport<'_>) -> Markup {
    let context = report.context;
    Head {
        kind: "liquidation map",
        protocol: &context.protocol,
        title: &context.title,
        when: html! { "The book and the venues at " (moment(context.start)) },
        // It stands with the inputs.
        question: "",
        warnings: html! {},
        answer: map_answer(report),
        notes: html! {
            p class="note" {
                "R(p) counts everything that becomes liquidatable as sold at once, with no limit of capital, gas or "
                "profit and before venues recover. It is an upper bound of what a simulated path shows."
            }
        },
    }
    .draw()
}

fn key_figures(report: &MapReport<'_>) -> Vec<Tile> {
    let mut tiles = Vec::new();
    for map in report.maps.iter().take(3) {
        let Some(cascade) = report.cascade(map) else {
            continue;
        };
        let Some(highest) = cascade.highest() else {
            continue;
        };
        let note = format!(
            "largest, at {} USD, {} below the start",
            price(highest.price),
            percent(cascade.fall_to(highest.price))
        );
        tiles.push(tile(
            format!("R of {}", cascade.symbol),
            decimal(highest.r),
            note,
        ));
        if let Some(tokens) = cascade.largest_sale {
            let note = format!("at once, paid for by a bonus of {}", percent(cascade.bonus));
            let name = format!("Largest sale of {}", cascade.symbol);
            tiles.push(tile(name, money(tokens * cascade.price_start), note));
        }
    }
    tiles
}

fn maps(page: &Page<'_>) -> Markup {
    html! {
        @for map in page.shown() {
            (line_figure(page, &map_chart(map, 260.0), &format!(
                "USD against the price of {0} in USD: collateral and debt of all accounts that are liquidatable when \
                 {0} stands at that price and nothing else has moved, valued at the prices of the start.",
                map.symbol
            )))
            (stations(page, map))
        }
        @if page.report.maps.len() > MAPS_MAX {
            p class="note" { "The tables beside this page have all " (count(page.report.maps.len() as u64)) " assets." }
        }
    }
}

fn stations(page: &Page<'_>, map: &LiquidationMap) -> Markup {
    let row = |(fall, at, collateral, debt): (f64, f64, f64, f64)| {
        vec![
            cell(percent(fall)),
            cell(price(at)),
            cell(usd(collateral)),
            cell(usd(debt)),
        ]
    };
    let rows: Vec<_> = map_stations(map).into_iter().map(row).collect();
    let columns = [
        text("Fall"),
        number("Price", "USD"),
        number("Collateral", "USD"),
        number("Debt", "USD"),
    ];
    let caption = format!("What a fall of {} alone makes liquidatable.", map.symbol);
    table(page, &caption, &columns, &rows)
}

fn cascades(page: &Page<'_>) -> Markup {
    let shown = || page.shown().filter_map(|map| page.report.cascade(map));
    if shown().all(|cascade| cascade.depth.is_empty()) {
        return nothing(
            "The scenario has no venue of any of these assets, so that selling moves no price.",
        );
    }
    html! {
        @for cascade in shown().filter(|cascade| !cascade.depth.is_empty()) {
            (reproduction(page, cascade))
            (crossing_table(page, cascade))
        }
    }
}

fn reproduction(page: &Page<'_>, cascade: &CascadeMap) -> Markup {
    let mut points: Vec<_> = cascade.points.iter().collect();
    points.sort_by(|a, b| a.price.total_cmp(&b.price));
    let line = |name: &str, class, fill, y| Line {
        name: name.to_owned(),
        class,
        shape: Shape::Straight,
        fill,
        y,
    };
    let rule = |(at, crossing): (usize, &backstop_lab::cascade::Crossing)| Rule {
        x: crossing.price,
        text: format!("1 at {}", price(crossing.price)),
        row: u8::try_from(at % 4).unwrap_or(0),
    };
    let highest = cascade.highest().map_or(0.0, |p| p.r);
    let chart = LineChart {
        id: format!("r-{}", cascade.asset.0),
        title: format!(
            "Reproduction number R against the price of {}",
            cascade.symbol
        ),
        desc: format!(
            "R is at most {highest:.2}. It crosses 1 {} times.",
            cascade.crossings.len()
        ),
        height: 240.0,
        kind: XKind::Number,
        x_title: "price, USD",
        unit: "",
        x: points.iter().map(|p| p.price).collect(),
        lines: vec![
            line(
                "R(p)",
                "c3",
                Fill::Tint,
                points.iter().map(|p| p.r).collect(),
            ),
            line(
                "1: a fall repeats itself",
                "c1 dash",
                Fill::None,
                vec![1.0; points.len()],
            ),
        ],
        dots: Vec::new(),
        rules: cascade
            .crossings
            .iter()
            .take(6)
            .enumerate()
            .map(rule)
            .collect(),
        base: Base::Zero,
        times: 8,
    };
    let caption = format!(
        "How much further the oracle's price of {} falls for each unit that it falls at a price, when all that becomes \
         liquidatable is sold. Smoothed over {} of the price. Below 1 a fall of 1 ends at 1 ÷ (1 − R); from 1 on it runs on \
         until R is below 1 again.",
        cascade.symbol,
        percent(cascade.window)
    );
    line_figure(page, &chart, &caption)
}

fn crossing_table(page: &Page<'_>, cascade: &CascadeMap) -> Markup {
    let near = |fall: f64| {
        let at = cascade.price_start * (1.0 - fall);
        let distance = |p: &&backstop_lab::cascade::Reproduction| (p.price - at).abs();
        let mut points = cascade.points.iter();
        let first = points.next()?;
        Some(points.fold(
            first,
            |a, b| if distance(&b) < distance(&a) { b } else { a },
        ))
    };
    let row = |point: &backstop_lab::cascade::Reproduction, what: String| {
        let ends = backstop_lab::cascade::amplification(point.r);
        vec![
            cell(what),
            cell(price(point.price)),
            cell(decimal(point.tokens)),
            cell(percent(point.fall)),
            cell(decimal(point.r)),
            cell(if ends.is_finite() {
                format!("{ends:.2}×")
            } else {
                "runs on".to_owned()
            }),
        ]
    };
    let mut rows: Vec<Vec<Markup>> = STATIONS
        .into_iter()
        .filter_map(|fall| Some(row(near(fall)?, percent(fall))))
        .collect();
    for crossing in &cascade.crossings {
        let fall = cascade.fall_to(crossing.price);
        rows.push(vec![
            html! { (percent(fall)) ": R " (direction_word(crossing.direction)) " through 1" },
            cell(price(crossing.price)),
            cell(""),
            cell(""),
            cell("1.00"),
            cell(""),
        ]);
    }
    let columns = [
        text("Fall"),
        number("Price", "USD"),
        number(format!("{} within the window", cascade.symbol), "tokens"),
        number("Fall by selling it", ""),
        number("R", ""),
        number("A small fall ends at", ""),
    ];
    let caption = format!(
        "R of {} at some falls from the start, and where it crosses 1.",
        cascade.symbol
    );
    table(page, &caption, &columns, &rows)
}

/// The next-generation matrix: its spectral radius by fall, and its entries at some falls.
fn book(page: &Page<'_>, book: &BookCascade) -> Markup {
    let near = |fall: f64| {
        let distance = |point: &BookPoint| (point.fall - fall).abs();
        let points = book.points.iter();
        points.reduce(|a, b| if distance(b) < distance(a) { b } else { a })
    };
    let mut shown: Vec<&BookPoint> = book.points.first().into_iter().collect();
    shown.extend(book.highest().filter(|point| point.fall > 0.0));
    html! {
        (radius(page, book))
        (radii(page, book, &STATIONS.into_iter().filter_map(near).collect::<Vec<_>>()))
        @for point in shown { (matrix(page, book, point)) }
    }
}

fn radius(page: &Page<'_>, book: &BookCascade) -> Markup {
    let highest = book.highest().map_or(0.0, |point| point.radius);
    let line = |name: &str, class, fill, y| Line {
        name: name.to_owned(),
        class,
        shape: Shape::Straight,
        fill,
        y,
    };
    let points = &book.points;
    let chart = LineChart {
        id: "r-book".to_owned(),
        title: "Reproduction number of the book against the fall of all prices".to_owned(),
        desc: format!("It is at most {highest:.2}."),
        height: 240.0,
        kind: XKind::Of("%"),
        x_title: "fall of all prices, %",
        unit: "",
        x: points.iter().map(|point| point.fall * 100.0).collect(),
        lines: vec![
            line(
                "spectral radius",
                "c3",
                Fill::Tint,
                points.iter().map(|point| point.radius).collect(),
            ),
            line(
                "1: falls repeat themselves",
                "c1 dash",
                Fill::None,
                vec![1.0; points.len()],
            ),
        ],
        dots: Vec::new(),
        rules: Vec::new(),
        base: Base::Zero,
        times: 8,
    };
    let caption = format!(
        "How much falls grow from round to round of selling when accounts that hold several of {} sell the collateral that \
         is worth most first; all prices stand by the same share below the start. Below 1 they die out.",
        book.symbols.join(", ")
    );
    line_figure(page, &chart, &caption)
}

fn radii(page: &Page<'_>, book: &BookCascade, points: &[&BookPoint]) -> Markup {
    let row = |point: &&BookPoint| {
        let mut cells = vec![cell(percent(point.fall)), cell(decimal(point.radius))];
        let ends = settled(&point.matrix, &vec![1.0; book.symbols.len()]);
        for at in 0..book.symbols.len() {
            let end = ends.as_ref().and_then(|ends| ends.get(at));
            cells.push(cell(
                end.map_or("runs on".to_owned(), |end| format!("{end:.2}×")),
            ));
        }
        cells
    };
    let rows: Vec<_> = points.iter().map(row).collect();
    let mut columns = vec![text("Fall of all"), number("R of the book", "")];
    columns.extend(
        book.symbols
            .iter()
            .map(|symbol| number(format!("{symbol} ends at"), "")),
    );
    let caption = "The book's reproduction number at some falls, and where a further small fall of all prices ends.";
    table(page, caption, &columns, &rows)
}

fn matrix(page: &Page<'_>, book: &BookCascade, point: &BookPoint) -> Markup {
    let row = |(symbol, row): (&String, &Vec<f64>)| {
        let mut cells = vec![cell(symbol)];
        cells.extend(row.iter().map(|r| cell(decimal(*r))));
        cells
    };
    let rows: Vec<_> = book.symbols.iter().zip(&point.matrix).map(row).collect();
    let mut columns = vec![text("Falls by")];
    columns.extend(
        book.symbols
            .iter()
            .map(|symbol| number(format!("for 1 of {symbol}"), "")),
    );
    let caption = format!(
        "How far each asset falls for each unit that another falls, where all prices stand {} below the start (spectral \
         radius {}).",
        percent(point.fall),
        decimal(point.radius)
    );
    table(page, &caption, &columns, &rows)
}

fn depths(page: &Page<'_>) -> Markup {
    let shown = page.shown().filter_map(|map| page.report.cascade(map));
    let with: Vec<_> = shown.filter(|cascade| !cascade.depth.is_empty()).collect();
    if with.is_empty() {
        return nothing("The scenario has no venue of any of these assets.");
    }
    html! { div class="grid2" { @for cascade in with { (depth(page, cascade)) } } }
}

fn depth(page: &Page<'_>, cascade: &CascadeMap) -> Markup {
    let line = |name: String, class, y| Line {
        name,
        class,
        shape: Shape::Straight,
        fill: Fill::None,
        y,
    };
    let paid = cascade.loss_paid() * 100.0;
    let sold = cascade
        .largest_sale
        .map(|tokens| tokens * cascade.price_start / 1e6);
    let chart = LineChart {
        id: format!("depth-{}", cascade.asset.0),
        title: format!("What one sale of {} loses, %", cascade.symbol),
        desc: format!("The bonus pays for a loss of {paid:.2} %."),
        height: 230.0,
        kind: XKind::Of("million USD"),
        x_title: "size of the sale, million USD",
        unit: "%",
        x: cascade.depth.iter().map(|point| point.usd / 1e6).collect(),
        lines: vec![
            line(
                "fees and slippage".to_owned(),
                "c2",
                cascade
                    .depth
                    .iter()
                    .map(|point| point.loss * 100.0)
                    .collect(),
            ),
            line(
                "what the bonus pays for".to_owned(),
                "c3 dash",
                vec![paid; cascade.depth.len()],
            ),
        ],
        dots: Vec::new(),
        rules: sold
            .filter(|usd| *usd > 0.0)
            .map(|usd| Rule {
                x: usd,
                text: money(usd * 1e6),
                row: 0,
            })
            .into_iter()
            .collect(),
        base: Base::Zero,
        times: 5,
    };
    let caption = format!(
        "Fees and slippage of one sale of {} at the best venue at rest, as a share of its value. A liquidation by flash \
         loan pays while they stay below the line: bonus ÷ (1 + bonus), with the {} of bonus that liquidators keep.",
        cascade.symbol,
        percent(cascade.bonus)
    );
    line_figure(page, &chart, &caption)
}

fn facts(page: &Page<'_>) -> Markup {
    let context = page.report.context;
    let windows = page.report.cascades.first();
    let symbols: Vec<&str> = page.report.maps.iter().map(|m| m.symbol.as_str()).collect();
    parts::facts(&[
        ("Scenario", question::scenario(context)),
        ("Protocol", context.protocol.clone()),
        ("Moment", moment(context.start)),
        ("Collateral", symbols.join(", ")),
        (
            "Window of R",
            windows.map_or_else(String::new, |c| percent(c.window)),
        ),
    ])
}

fn again(page: &Page<'_>) -> Markup {
    Again {
        context: page.report.context,
        promise: "",
        facts: &[],
        between: html! {},
        files: "The figures of this page stand beside it in the tables map, reproduction and depth, as Parquet and \
                JSON; where R crosses 1 stands in map-summary.json.",
    }
    .draw()
}

const WORDS: [terms::Term; 6] = [
    (
        "Liquidation map",
        "Collateral of all accounts that are liquidatable when one price stands at a level and nothing else has moved.",
    ),
    (
        "Reproduction number R(p)",
        "Price impact of a token sold at p, times the tokens that become liquidatable for each dollar that the price falls at \
         p: the further fall for each fall.",
    ),
    (
        "Reproduction number of the book",
        "Spectral radius of the matrix that tells how far one asset falls for each unit that another falls: the growth of falls \
         from round to round.",
    ),
    (
        "Window",
        "Share of the price over which R is taken: what becomes liquidatable within it is sold in one go. It smooths the \
         steps of single accounts.",
    ),
    (
        "Bonus line",
        "What a sale may lose before the liquidation bonus no longer pays for it.",
    ),
    (
        "Fees and slippage",
        "What a sale brings less than the outside price, as a share of it.",
    ),
];

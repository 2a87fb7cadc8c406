//! The pages of a sweep and of its drivers, with the parts of the run's report.

pub(super) mod drivers;
pub(super) mod figures;
pub(super) mod maps;

pub(crate) use drivers::page as drivers_page;

use super::parts::{self, Captioned, Captions};
use super::skeleton::{Again, Ending, Head};
use super::tiles::{self, Tile, tile};
use super::{Document, Section, document, question, terms};
use crate::context::RunContext;
use crate::ensemble::horizon;
use crate::format::{count, duration, money, percent, plural};
use crate::sweep::{CellFigures, Known, answer};
use backstop_lab::ensemble::CONFIDENCE;
use maud::{Markup, html};

/// The page as text.
pub(crate) fn page(known: &Known<'_>) -> String {
    let page = Page {
        known,
        captions: Captions::default(),
    };
    document(&Document {
        title: &known.report.context.title,
        header: header(&page),
        tiles: tiles::draw(&key_figures(known)),
        sections: page.sections(),
        footer: footer(known.report.context, known.report.seed),
    })
}

/// What the sections share.
struct Page<'a> {
    known: &'a Known<'a>,
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
        let context = self.known.report.context;
        let mut sections = vec![
            section(
                "maps",
                "How the result depends on the settings",
                maps::content(self, self.known),
            ),
            section("cells", "All cells", figures::content(self, self.known)),
        ];
        let ending = Ending {
            context,
            facts: facts(self),
            settings: "Settings that all cells share",
            again: again(context, "cells, as Parquet and JSON, and in sweep.json"),
            terms: WORDS.into_iter(),
        };
        sections.extend(ending.sections(self));
        sections
    }
}

fn header(page: &Page<'_>) -> Markup {
    let (report, context) = (&page.known.report, page.known.report.context);
    Head {
        kind: "sweep",
        protocol: &context.protocol,
        title: &context.title,
        when: html! {
            (plural(report.cells.len() as u64, "cell", "cells")) " of "
            (plural(report.paths, "path", "paths")) " over " (horizon(report.horizon_s))
            ", seed " (report.seed)
        },
        question: &context.question,
        warnings: unfinished(page.known),
        answer: answer(page.known),
        notes: html! { p class="note" { (confidence()) } },
    }
    .draw()
}

/// Says that not all cells were run.
pub(super) fn unfinished(known: &Known<'_>) -> Markup {
    let (done, all) = (known.done(), known.cells.len());
    html! {
        @if done < all {
            p class="warning" role="note" {
                strong { "Not all cells were run. " }
                (count(done as u64)) " of " (count(all as u64)) " cells are shown."
            }
        }
    }
}

/// How often intervals are right, and what makes cells comparable.
pub(super) fn confidence() -> String {
    format!(
        "Every cell runs the same paths, so cells differ by their settings and not by luck. Intervals hold the true \
         value of this model {} times in 100; they tell nothing of how well the model fits the world.",
        (CONFIDENCE * 100.0).round()
    )
}

/// The first and the last cell, and the one with the largest tail.
fn key_figures(known: &Known<'_>) -> Vec<Tile> {
    let (firsts, seconds) = known.size();
    let headline = known.headline();
    let corner = |name: &str, first: usize, second: usize| {
        let cell = known.cell(first, second)?;
        let told = (headline.of)(cell)?;
        let note = format!("{}; {}", headline.note, known.settings(first, second));
        Some(tile(name.to_owned(), money(told.value), note))
    };
    let mut tiles = Vec::new();
    tiles.extend(corner("First cell", 0, 0));
    tiles.extend(corner("Last cell", firsts - 1, seconds - 1));
    let all = || known.cells.iter().flatten();
    let most = |of: fn(&CellFigures) -> Option<f64>| all().filter_map(of).reduce(f64::max);
    if let Some(seized) = most(|cell| Some(cell.seized.mean?.value)) {
        let note = "mean over the paths of the cell with most";
        tiles.push(tile(
            "Liquidated collateral",
            money(seized),
            note.to_owned(),
        ));
    }
    if let Some(ratio) = most(|cell| Some(cell.amplification.mean?.value)) {
        let note = "largest mean of a cell: fall with forced selling over the fall without";
        tiles.push(tile(
            "Amplification",
            format!("{ratio:.2}×"),
            note.to_owned(),
        ));
    }
    if let Some(share) = most(|cell| Some(cell.probability?.value)) {
        let note = "at most, of the paths of a cell";
        tiles.push(tile("Paths with bad debt", percent(share), note.to_owned()));
    }
    tiles
}

fn facts(page: &Page<'_>) -> Markup {
    let (report, context) = (&page.known.report, page.known.report.context);
    let axes: Vec<String> = report
        .axes
        .iter()
        .map(|axis| format!("{}: {}", axis.key, axis.shown().join(", ")))
        .collect();
    let falling = report
        .axes
        .iter()
        .any(|axis| axis.key.starts_with("shock."));
    parts::facts(&[
        ("Scenario", question::scenario(context)),
        ("Protocol", context.protocol.clone()),
        ("Time asked", question::time_asked(context)),
        ("Step", duration(context.step_seconds)),
        ("Horizon of a path", horizon(report.horizon_s)),
        ("Paths of a cell", count(report.paths)),
        ("Swept", axes.join("; ")),
        (
            "What falls",
            if falling {
                report.falling.join(", ")
            } else {
                String::new()
            },
        ),
        ("Seed", report.seed.to_string()),
    ])
}

fn again(context: &RunContext, tables: &str) -> Markup {
    Again {
        context,
        promise: "The same software, scenario, seed and paths give the same figures to the bit, on any number of \
                  threads, at once or resumed.",
        facts: &[],
        between: html! {},
        files: &format!("The figures of this page stand beside it in the table {tables}."),
    }
    .draw()
}

fn footer(context: &RunContext, seed: u64) -> Markup {
    html! {
        p { (context.software) " · seed " (seed) " · money in USD at oracle prices unless said otherwise" }
    }
}

const WORDS: [terms::Term; 7] = [
    (
        "Cell",
        "The scenario with one value of each swept key, run along all paths.",
    ),
    (
        "Path",
        "One drawn future: prices, gas and delays from the start to the horizon, with everything that the liquidators \
         and the ledger do on it. Path k is the same future in every cell.",
    ),
    (
        "Fall of prices",
        "What prices lose by the end on top of what they do by themselves: at 30 % they end at seven tenths of where \
         they would have.",
    ),
    (
        "Depth of venues",
        "Reserves, orders and volumes of every venue, as a share of what the scenario states.",
    ),
    (
        "Value at risk (VaR)",
        "The quantile at a level: at 99 % it is exceeded in one path of a hundred.",
    ),
    (
        "Expected shortfall",
        "The mean of the paths from the value at risk up: how bad it is when it is bad.",
    ),
    (
        "Amplification",
        "Largest fall of the oracle's price with forced selling divided by the one without, for the asset that falls \
         most. 1 means that the selling added nothing.",
    ),
];

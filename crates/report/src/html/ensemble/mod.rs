//! The page of an ensemble: one file a section, with the parts of the run's report.

mod accounts;
mod additions;
mod assets;
mod cascades;
mod falls;
mod fan;
mod figures;
mod losses;
mod reproduce;
mod words;
mod worst;

use super::parts::{self, Captioned, Captions, cell};
use super::skeleton::{Ending, Head};
use super::tiles::{self, Tile, tile};
use super::{Document, Section, document, question};
use crate::ensemble::{HEADLINE, Known, answer, draws_text, horizon};
use crate::format::{MISSING, count, duration, money, percent, plural};
use backstop_lab::ensemble::{CONFIDENCE, Estimate, Totals};
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
        tiles: if known.report.totals.paths > 1 {
            tiles::draw(&key_figures(known))
        } else {
            html! {}
        },
        sections: page.sections(),
        footer: reproduce::footer(&page),
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
    fn totals(&self) -> &Totals {
        self.known.report.totals
    }

    fn sections(&self) -> Vec<Section> {
        let section = |id, title, content| Section { id, title, content };
        let mut sections = vec![
            section("figures", "The main figures", figures::content(self)),
            section("losses", "How large the losses get", losses::content(self)),
            section(
                "accounts",
                "Which accounts drive the losses",
                accounts::content(self),
            ),
            section(
                "assets",
                "Collateral at risk and taken by asset",
                assets::content(self),
            ),
            section(
                "cascades",
                "How large cascades get",
                cascades::content(self),
            ),
            section(
                "falls",
                "Losses against the fall of prices",
                falls::content(self),
            ),
            section("drivers", "What moves the result", additions::drivers(self)),
            section(
                "heat-map",
                "Bad debt by fall of prices and depth",
                additions::heat_map(self),
            ),
            section(
                "fan",
                "Prices with and without forced selling",
                fan::content(self),
            ),
            section("worst", "The worst paths", worst::content(self)),
        ];
        let ending = Ending {
            context: self.known.report.context,
            facts: facts(self),
            settings: "Settings",
            again: reproduce::content(self),
            terms: words::words(),
        };
        sections.extend(ending.sections(self));
        sections
    }
}

fn header(page: &Page<'_>) -> Markup {
    let (report, context) = (&page.known.report, page.known.report.context);
    Head {
        kind: "stress report",
        protocol: &context.protocol,
        title: &context.title,
        when: html! {
            (plural(report.totals.paths, "path", "paths")) " over " (horizon(report.horizon_s))
            ", seed " (report.seed)
        },
        question: &context.question,
        warnings: warnings(page),
        answer: answer(page.known),
        notes: html! {
            @if let Some(draws) = draws_text(page.known) { p class="note" { (draws) } }
            @if report.totals.paths > 1 { p class="note" { (confidence()) } }
        },
    }
    .draw()
}

/// How often intervals are right.
fn confidence() -> String {
    format!(
        "Intervals hold the true value of this model {} times in 100; they tell nothing of how well the \
         model fits the world.",
        (CONFIDENCE * 100.0).round()
    )
}

fn warnings(page: &Page<'_>) -> Markup {
    let report = &page.known.report;
    let (done, asked) = (report.totals.paths, report.asked);
    html! {
        @if done < asked {
            p class="warning" role="note" {
                strong { "Not all paths were run. " }
                (count(done)) " of " (count(asked)) " paths; the figures are those of these paths."
            }
        }
    }
}

fn key_figures(known: &Known<'_>) -> Vec<Tile> {
    let level = "exceeded in 1\u{a0}% of paths";
    let tail = |name| known.figure(name).and_then(|f| f.tail(HEADLINE));
    let note = |note: &str, estimate: &Estimate| {
        let interval = crate::ensemble::interval(estimate, money);
        if interval.is_empty() {
            note.to_owned()
        } else {
            format!("{note}; {interval}")
        }
    };
    let mut tiles = Vec::new();
    if let Some(tail) = tail("bad_debt") {
        let (var, beyond) = (tail.value_at_risk, tail.expected_shortfall);
        tiles.push(tile(
            "Bad debt at risk",
            money(var.value),
            note(level, &var),
        ));
        let words = "mean of the worst 1\u{a0}% of paths";
        tiles.push(tile(
            "Expected shortfall",
            money(beyond.value),
            note(words, &beyond),
        ));
    }
    if let Some(tail) = tail("seized") {
        let var = tail.value_at_risk;
        tiles.push(tile(
            "Liquidations at risk",
            money(var.value),
            note(level, &var),
        ));
    }
    if let Some(share) = known.without_bad_debt() {
        let paths = known.figure("bad_debt").map_or(0, |f| f.paths);
        let with = (1.0 - share) * paths as f64;
        let note = format!("left in {}", plural(with.round() as u64, "path", "paths"));
        tiles.push(tile("Paths without bad debt", percent(share), note));
    }
    let half = known.accounts.half_of_bad_debt();
    let of = plural(
        known.accounts.with_bad_debt() as u64,
        "account that leaves some",
        "accounts that leave some",
    );
    tiles.push(tile(
        "Accounts for half of it",
        half.map_or_else(|| MISSING.to_owned(), |n| count(n as u64)),
        format!("of {of}"),
    ));
    tiles
}

fn facts(page: &Page<'_>) -> Markup {
    let (report, context) = (&page.known.report, page.known.report.context);
    let paths = match report.totals.paths == report.asked {
        true => count(report.asked),
        false => format!("{} of {}", count(report.totals.paths), count(report.asked)),
    };
    parts::facts(&[
        ("Scenario", question::scenario(context)),
        ("Protocol", context.protocol.clone()),
        ("Time asked", question::time_asked(context)),
        ("Step", duration(context.step_seconds)),
        ("Horizon of a path", horizon(report.horizon_s)),
        ("Paths", paths),
        ("Assets", report.symbols.join(", ")),
        ("Seed", report.seed.to_string()),
    ])
}

/// A value with its interval on a second line; empty where there is none.
fn estimate_cell(value: String, interval: &str) -> Markup {
    html! { (value) @if !interval.is_empty() { span class="range" { (interval) } } }
}

/// A cell of an estimate that may be missing.
fn estimate(estimate: Option<Estimate>, show: impl Fn(f64) -> String) -> Markup {
    let Some(estimate) = estimate else {
        return cell(MISSING);
    };
    let interval = crate::ensemble::interval(&estimate, &show);
    estimate_cell(show(estimate.value), &interval)
}

//! The page of a comparison: one file a section, with the parts of the run's report.

mod bars;
mod losses;
mod mapping;
mod measures;
mod prices;
mod reproduce;
mod time;

use super::parts::{self, Captioned, Captions};
use super::skeleton::Head;
use super::{Document, Section, document, question, settings, terms};
use crate::compare::{Comparison, Figures, Timeline, answer, figures};
use crate::format::{count, duration, moment, moment_iso};
use maud::{Markup, html};

/// The page as text.
pub(crate) fn page(comparison: &Comparison<'_>) -> String {
    let page = Page::new(*comparison);
    document(&Document {
        title: &comparison.context.title,
        header: header(&page),
        tiles: html! {},
        sections: page.sections(),
        footer: reproduce::footer(&page),
    })
}

/// What the sections share.
struct Page<'a> {
    comparison: Comparison<'a>,
    figures: Vec<Figures<'a>>,
    timeline: Timeline,
    captions: Captions,
}

impl Captioned for Page<'_> {
    fn captions(&self) -> &Captions {
        &self.captions
    }
}

impl<'a> Page<'a> {
    fn new(comparison: Comparison<'a>) -> Self {
        let figures = figures(&comparison);
        Self {
            comparison,
            timeline: Timeline::of(&figures),
            figures,
            captions: Captions::default(),
        }
    }

    fn sections(&self) -> Vec<Section> {
        let context = self.comparison.context;
        let section = |id, title, content| Section { id, title, content };
        vec![
            section("designs", "The designs side by side", measures::main(self)),
            section("time", "How it went", time::content(self)),
            section(
                "prices",
                "What the selling did to the price",
                prices::content(self),
            ),
            section(
                "losses",
                "What it cost the borrowers",
                losses::borrowers(self),
            ),
            section(
                "deficits",
                "Bad debt, and who paid it",
                losses::deficits(self),
            ),
            section("inputs", "From which inputs", inputs(self)),
            section(
                "mapping",
                "How each design was set up",
                mapping::content(self),
            ),
            section("figures", "All figures", measures::all(self)),
            section(
                "settings",
                "Settings",
                settings::content(self, &context.settings),
            ),
            section(
                "reproduce",
                "How to get the same result",
                reproduce::content(self),
            ),
            section("terms", "Terms", terms::content(words())),
        ]
    }
}

fn header(page: &Page<'_>) -> Markup {
    let context = page.comparison.context;
    let times = page.timeline.times();
    Head {
        kind: "comparison of designs",
        protocol: "",
        title: &context.title,
        when: html! {
            @if let (Some(first), Some(last)) = (times.first(), times.last()) {
                time datetime=(moment_iso(*first)) { (moment(*first)) }
                " to "
                time datetime=(moment_iso(*last)) { (moment(*last)) }
            }
        },
        question: &context.question,
        warnings: warnings(page),
        answer: answer(&page.comparison, &page.figures),
        notes: html! {},
    }
    .draw()
}

/// What makes the designs less comparable than they look.
fn warnings(page: &Page<'_>) -> Markup {
    let early = page.figures.iter().filter(|f| !f.complete);
    let first = page.figures.first();
    let seeds = page
        .figures
        .iter()
        .any(|f| first.is_some_and(|a| a.summary.seed != f.summary.seed));
    html! {
        @for f in early {
            p class="warning" role="note" {
                strong { (f.contender.title) " ended early" }
                @if let Some(why) = &f.summary.stopped { ": the ledger could not go on: " (why) }
                @else if f.summary.interrupted { ": the run was stopped" }
                ". Its figures cover " (count(f.summary.steps)) " of " (count(page.timeline.times().len() as u64))
                " steps and are not ranked."
            }
        }
        @if seeds {
            p class="warning" role="note" {
                strong { "Different seeds. " } "The designs did not meet the same path of prices."
            }
        }
    }
}

fn inputs(page: &Page<'_>) -> Markup {
    let context = page.comparison.context;
    let seed = page.figures.first().map(|f| f.summary.seed.to_string());
    let steps = page.timeline.times().len() as u64;
    let facts = parts::facts(&[
        ("Scenario", question::scenario(context)),
        ("Designs", context.protocol.clone()),
        ("Time asked", question::time_asked(context)),
        (
            "Steps",
            format!("{} of {}", count(steps), duration(context.step_seconds)),
        ),
        (
            "Hardest-hit asset",
            page.comparison.hardest_hit().unwrap_or_default().to_owned(),
        ),
        ("Seed", seed.unwrap_or_default()),
    ]);
    question::given(page, context, &facts)
}

/// The words of the run's report that appear here, and those that only a comparison needs.
fn words() -> impl Iterator<Item = terms::Term> {
    let elsewhere = ["Liquidation map", "Venue mid", "Bonus"];
    let shared = terms::TERMS
        .into_iter()
        .filter(move |(word, _)| !elsewhere.contains(word));
    shared.chain(WORDS)
}

const WORDS: [terms::Term; 5] = [
    (
        "Lost surplus",
        "Collateral above debt that liquidation took from borrowers: an account's penalty less what \
         of its debt was left as bad debt, not below zero. It is a part of the penalty.",
    ),
    (
        "Accounts saved",
        "Liquidated at least once, and at the end still with collateral of 1 USD or more and with a health \
         factor of 1 or more or without debt.",
    ),
    (
        "Price impact caused",
        "Largest share by which the oracle's price stood below that of the paired run without feedback in the \
         same step, for the asset that falls most.",
    ),
    (
        "Time to clear",
        "From the first step that ends with an account in breach to the first after which none is in breach \
         any more.",
    ),
    (
        "Hardest-hit asset",
        "The asset whose oracle price falls most without forced selling.",
    ),
];

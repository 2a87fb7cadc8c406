//! The page of policies compared over the same paths.

mod forest;

use super::parts::{self, Captioned, Captions, cell, number, prose, table, text};
use super::skeleton::{Again, Ending, Head};
use super::tiles::{self, Tile, tile};
use super::{Document, Section, document, question, terms};
use crate::ab::{
    Compared, Effect, MEASURES, Measure, Verdict, answer, change_text, command_of, value_text,
};
use crate::ensemble::{horizon, interval};
use crate::format::{MISSING, count, duration, plural};
use backstop_lab::ensemble::CONFIDENCE;
use maud::{Markup, html};

/// The page as text.
pub(crate) fn page(compared: &Compared<'_>) -> String {
    let page = Page {
        compared,
        captions: Captions::default(),
    };
    let (context, seed) = (compared.report.context, compared.report.seed);
    document(&Document {
        title: &context.title,
        header: header(&page),
        tiles: tiles::draw(&key_figures(compared)),
        sections: page.sections(),
        footer: html! {
            p { (context.software) " · seed " (seed) " · money in USD at oracle prices unless said otherwise" }
        },
    })
}

/// What the sections share.
struct Page<'a> {
    compared: &'a Compared<'a>,
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
        let context = self.compared.report.context;
        let mut sections = vec![
            section(
                "effects",
                "What each policy changes",
                forest::content(self, self.compared),
            ),
            section("figures", "All figures", figures(self)),
            section("policies", "What was switched", switched(self)),
            section("paths", "What differs from path to path", random(self)),
        ];
        let ending = Ending {
            context,
            facts: facts(self),
            settings: "Settings as the scenario stands",
            again: again(self),
            terms: WORDS.into_iter(),
        };
        sections.extend(ending.sections(self));
        sections
    }
}

fn header(page: &Page<'_>) -> Markup {
    let (report, context) = (&page.compared.report, page.compared.report.context);
    Head {
        kind: "policies",
        protocol: &context.protocol,
        title: &context.title,
        when: html! {
            (plural(report.paths, "path", "paths")) " with and without over " (horizon(report.horizon_s))
            ", seed " (report.seed)
        },
        question: &context.question,
        warnings: warnings(page.compared),
        answer: answer(page.compared),
        notes: html! { p class="note" { (confidence()) } },
    }
    .draw()
}

fn confidence() -> String {
    format!(
        "Both sides run the same paths, so they differ by the policy and not by luck. Intervals hold the true change \
         of this model {:.0} times in 100; they tell nothing of how well the model fits the world.",
        CONFIDENCE * 100.0
    )
}

/// What was not run, and what the ledger stopped.
fn warnings(compared: &Compared<'_>) -> Markup {
    let (done, asked) = (compared.rows.len(), compared.report.asked);
    html! {
        @if done < asked {
            p class="warning" role="note" {
                strong { "Not everything was run. " }
                (count(done as u64)) " of " (count(asked as u64)) " comparisons are shown."
            }
        }
        @if compared.stopped() > 0 {
            p class="warning" role="note" {
                strong { "The ledger stopped " (plural(compared.stopped(), "path", "paths")) ". " }
                "They count with what they told until then."
            }
        }
    }
}

/// The drawn figures as the scenario stands.
fn key_figures(compared: &Compared<'_>) -> Vec<Tile> {
    let told = MEASURES.iter().zip(&compared.base);
    let told = told.filter(|(measure, _)| measure.leads);
    told.filter_map(|(measure, base)| {
        let value = value_text(base.as_ref()?.value, measure.unit);
        Some(tile(measure.label, value, "as the scenario stands"))
    })
    .collect()
}

/// Every figure of every row with its interval.
fn figures(page: &Page<'_>) -> Markup {
    let compared = page.compared;
    let rows = compared.report.rows.iter().enumerate();
    let rows: Vec<Vec<Markup>> = rows
        .flat_map(|(at, row)| {
            compared.effects(at).map(move |(measure, effect)| {
                let mut cells = vec![html! { (row.label) span class="range" { (measure.label) } }];
                cells.extend(told(measure, effect));
                cells
            })
        })
        .collect();
    let columns = [
        text("Policy and figure"),
        number("Without", ""),
        number("With", ""),
        number("Change", ""),
        text("Meaning"),
        number("Paths", ""),
    ];
    let caption = "Each figure without and with the change, the change paired by path and below it its interval. Less \
                   of every figure is better. Worst 1 %: the mean of the worst path in a hundred.";
    html! { div class="side" { (table(page, caption, &columns, &rows)) } }
}

fn told(measure: &Measure, effect: Option<Effect>) -> [Markup; 5] {
    let Some(effect) = effect else {
        return [MISSING, MISSING, MISSING, "not told", "0"].map(cell);
    };
    let change = |value: f64| change_text(value, measure.unit);
    let bounds = interval(&effect.change, change);
    [
        cell(value_text(effect.before, measure.unit)),
        cell(value_text(effect.after(), measure.unit)),
        html! { (change(effect.change.value)) @if !bounds.is_empty() { span class="range" { (bounds) } } },
        html! { span class=(class(effect.verdict(measure.unit))) { (effect.verdict(measure.unit).word()) } },
        cell(count(effect.paths)),
    ]
}

/// Class of a verdict's colour.
fn class(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Better => "better",
        Verdict::Worse => "worse",
        Verdict::NotShown | Verdict::TooFew => "unshown",
    }
}

/// What each row switches, and what cannot be had.
fn switched(page: &Page<'_>) -> Markup {
    let report = &page.compared.report;
    let rows: Vec<Vec<Markup>> = report
        .rows
        .iter()
        .map(|row| {
            vec![
                cell(row.label),
                cell(row.about),
                html! { code { (command_of(row.set)) } },
            ]
        })
        .collect();
    let columns = [
        text("Policy"),
        prose("What it does"),
        prose("To have it in other commands"),
    ];
    html! {
        div class="side" {
            (table(page, "What was switched on or off against the scenario as it stands.", &columns, &rows))
        }
        @if !report.refused.is_empty() {
            h3 { "Left out" }
            ul { @for (name, why) in report.refused { li { b { (name) } ": " (why) } } }
        }
    }
}

/// What is drawn anew on each path, and what that means.
fn random(page: &Page<'_>) -> Markup {
    let report = &page.compared.report;
    html! {
        @if report.random.is_empty() {
            p { "Nothing: every path of this scenario is the same." }
        } @else {
            ul { @for one in report.random { li { (one) } } }
        }
        p class="note" {
            "Everything else is the same on every path: the book, which borrowers react and how, and whatever the \
             scenario states. Where prices are recorded ones, the intervals tell of the one crash that was, and not of \
             others like it."
        }
    }
}

fn facts(page: &Page<'_>) -> Markup {
    let (report, context) = (&page.compared.report, page.compared.report.context);
    parts::facts(&[
        ("Scenario", question::scenario(context)),
        ("Protocol", context.protocol.clone()),
        ("Time asked", question::time_asked(context)),
        ("Step", duration(context.step_seconds)),
        ("Horizon of a path", horizon(report.horizon_s)),
        ("Paths on each side", count(report.paths)),
        ("Seed", report.seed.to_string()),
    ])
}

fn again(page: &Page<'_>) -> Markup {
    Again {
        context: page.compared.report.context,
        promise: "The same software, scenario, seed and paths give the same figures to the bit, on any number of \
                  threads, at once or resumed.",
        facts: &[],
        between: html! {},
        files: "The figures of this page stand beside it in the table policies, as Parquet, JSON and CSV, and in \
                ab.json.",
    }
    .draw()
}

const WORDS: [terms::Term; 6] = [
    (
        "Policy",
        "What is put around a protocol's rules by name: what its oracle answers, what is warned, limited, moved or \
         covered. It is switched on by a table of the scenario.",
    ),
    (
        "Paired difference",
        "Path k meets the same shocks with and without. What both have in common cancels path by path, so that the \
         interval of the difference is narrower than those of its parts.",
    ),
    (
        "No effect shown",
        "The interval of the change holds zero: chance alone could have made it. More paths may tell.",
    ),
    (
        "Borrowers' loss",
        "Collateral taken from borrowers less debt cleared, at oracle prices.",
    ),
    (
        "Amplification",
        "Largest fall of the oracle's price with forced selling divided by the one without, for the asset that falls \
         most. 1 means that the selling added nothing.",
    ),
    (
        "Solvent accounts liquidated",
        "Accounts that were liquidated and would be healthy at the end without it: with what they held and owed at the \
         start and their own moves, at the market's prices of the last step, by the design's own rule.",
    ),
];

//! The page of drivers: a sorted chart of what each input moves.

use super::super::parts::{self, Captioned, Captions, figcaption, nothing, number, table, text};
use super::super::skeleton::{Ending, Head};
use super::super::tiles::{self, tile};
use super::super::{Document, Section, document, question, terms};
use super::figures::estimate;
use super::{again, footer};
use crate::ensemble::horizon;
use crate::format::{count, duration, money, plural};
use crate::svg::{Scale, coordinate};
use crate::sweep::{
    DriverRow, DriverSide, Measured, Moved, drivers_answer, signed, signed_interval,
};
use backstop_lab::ensemble::{CONFIDENCE, Estimate};
use maud::{Markup, html};

/// The page as text.
pub(crate) fn page(moved: &Moved<'_>) -> String {
    let page = Page {
        moved,
        captions: Captions::default(),
    };
    document(&Document {
        title: &moved.report.context.title,
        header: header(&page),
        tiles: tiles::draw(&key_figures(moved)),
        sections: page.sections(),
        footer: footer(moved.report.context, moved.report.seed),
    })
}

struct Page<'a> {
    moved: &'a Moved<'a>,
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
        let context = self.moved.report.context;
        let mut sections = vec![
            section(
                "drivers",
                "What moves the result",
                tornado(self, self.moved),
            ),
            section("changes", "All changes", changes(self, self.moved)),
        ];
        let files = "drivers, as Parquet and JSON, and in drivers-summary.json";
        let ending = Ending {
            context,
            facts: facts(self),
            settings: "Settings as the scenario stands",
            again: again(context, files),
            terms: WORDS.into_iter(),
        };
        sections.extend(ending.sections(self));
        sections
    }
}

fn header(page: &Page<'_>) -> Markup {
    let (report, context) = (&page.moved.report, page.moved.report.context);
    Head {
        kind: "drivers",
        protocol: &context.protocol,
        title: &context.title,
        when: html! {
            (plural(report.paths, "path", "paths")) " a change over " (horizon(report.horizon_s))
            ", seed " (report.seed)
        },
        question: &context.question,
        warnings: unfinished(page.moved),
        answer: drivers_answer(page.moved),
        notes: html! {
            p class="note" { (confidence()) }
        },
    }
    .draw()
}

/// What the chart tells, and how sure it is.
pub(crate) fn confidence() -> String {
    format!(
        "One input is moved at a time; the others stay. Intervals hold the true change {:.0} times in 100; how far an \
         input is moved is chosen, so the order is one of these changes and not of all possible ones.",
        CONFIDENCE * 100.0
    )
}

/// Says that not all changes were run.
pub(crate) fn unfinished(moved: &Moved<'_>) -> Markup {
    let (done, all) = (moved.done(), moved.report.changes);
    html! {
        @if done < all {
            p class="warning" role="note" {
                strong { "Not all changes were run. " }
                (count(done as u64)) " of " (count(all as u64)) " changes are shown."
            }
        }
    }
}

fn key_figures(moved: &Moved<'_>) -> Vec<tiles::Tile> {
    let mut tiles = Vec::new();
    if let Some(standing) = moved.standing() {
        let note = format!(
            "of {}, mean of the paths beyond {}, as the scenario stands",
            moved.measure.words(),
            moved.level()
        );
        tiles.push(tile("Expected shortfall", money(standing.value), note));
    }
    let mean = |figure: &Option<crate::ensemble::Figure>| Some(figure.as_ref()?.mean?.value);
    if let Some(usd) = mean(&moved.bad_debt) {
        tiles.push(tile(
            "Bad debt",
            money(usd),
            "mean, as the scenario stands".to_owned(),
        ));
    }
    if let Some(usd) = mean(&moved.seized) {
        let note = "mean, as the scenario stands".to_owned();
        tiles.push(tile("Liquidated collateral", money(usd), note));
    }
    tiles
}

/// The sorted chart of what each input moves.
pub(crate) fn tornado(page: &impl Captioned, moved: &Moved<'_>) -> Markup {
    if moved.rows.is_empty() {
        return nothing("No change was run.");
    }
    let change = |side: &Option<DriverSide>| side.map(|side| moved.measure.change(&side));
    let ends = |estimate: Estimate| [estimate.value, estimate.low, estimate.high];
    let sides = moved.rows.iter().flat_map(|row| row.sides.iter());
    let scale = Scale::around(sides.filter_map(change).flat_map(ends)).with_zero();
    let caption = format!(
        "Change of the mean {} of the paths beyond {}, USD, when one input is moved and the paths stay. Thin lines: \
         the intervals. Sorted by the larger change.",
        moved.measure.words(),
        moved.level()
    );
    html! {
        figure {
            ul class="legend" {
                li { (swatch("down")) "moved down" }
                li { (swatch("up")) "moved up" }
            }
            ul class="tornado" {
                @for row in &moved.rows { (bars(&scale, row, moved.measure)) }
            }
            (figcaption(page, &caption))
        }
        @if !moved.lacking.is_empty() {
            p class="note" {
                "Not moved (" (moved.why_lacking()) "): " (moved.lacking.join(", ").to_lowercase()) "."
            }
        }
    }
}

fn swatch(class: &'static str) -> Markup {
    html! { svg class="tornado-mark" aria-hidden="true" width="22" height="12" { rect class=(class) width="22" height="12" {} } }
}

fn bars(scale: &Scale, row: &DriverRow, measure: Measured) -> Markup {
    let percent = |share: f64| format!("{}%", coordinate(share.clamp(0.0, 1.0) * 100.0, 2));
    let zero = scale.at(0.0);
    let sides = || {
        row.words
            .iter()
            .zip(&row.sides)
            .zip([("down", 2.0), ("up", 16.0)])
    };
    html! {
        li {
            span class="who" { (row.label) }
            svg role="img" width="100%" height="30" aria-label=(row.label) {
                @for ((words, side), (class, top)) in sides() {
                    @if let Some(side) = side {
                        @let change = measure.change(side);
                        @let end = scale.at(change.value);
                        g {
                            title { (row.label) ", " (words) ": " (signed(change.value)) " (" (signed_interval(&change)) ")" }
                            rect class=(class) x=(percent(zero.min(end))) width=(percent((end - zero).abs()))
                                y=(coordinate(top, 0)) height="12" rx="1" {}
                            @if change.low.is_finite() && change.high.is_finite() {
                                line class="whisker" x1=(percent(scale.at(change.low))) x2=(percent(scale.at(change.high)))
                                    y1=(coordinate(top + 6.0, 0)) y2=(coordinate(top + 6.0, 0)) {}
                            }
                        }
                    }
                }
                line class="zero" x1=(percent(zero)) x2=(percent(zero)) y1="0" y2="30" {}
            }
            span class="values" {
                @for ((words, side), _) in sides() {
                    @if let Some(side) = side {
                        span { (words) ": " b { (signed(measure.change(side).value)) } }
                    } @else {
                        span { (words) ": no change" }
                    }
                }
            }
        }
    }
}

/// Every change with its intervals.
pub(crate) fn changes(page: &impl Captioned, moved: &Moved<'_>) -> Markup {
    let rows: Vec<Vec<Markup>> = moved
        .rows
        .iter()
        .flat_map(|row| {
            let sides = row.words.iter().zip(&row.sides);
            sides.filter_map(|(words, side)| {
                let side = (*side)?;
                Some(vec![
                    html! { (row.label) span class="range" { (words) } },
                    estimate(Some(side.bad_debt.expected_shortfall), signed),
                    estimate(Some(side.bad_debt.mean), signed),
                    estimate(Some(side.seized.expected_shortfall), signed),
                    estimate(Some(side.seized.mean), signed),
                ])
            })
        })
        .collect();
    let columns = [
        text("Input"),
        number("Bad debt, beyond 99\u{a0}%", ""),
        number("Bad debt, mean", ""),
        number("Liquidated, beyond 99\u{a0}%", ""),
        number("Liquidated, mean", ""),
    ];
    let caption = "Change against the scenario as it stands over the same paths, USD; below each the interval of the \
                   paired difference, and none where the paths are too few to tell one.";
    html! { div class="side" { (table(page, caption, &columns, &rows)) } }
}

fn facts(page: &Page<'_>) -> Markup {
    let (report, context) = (&page.moved.report, page.moved.report.context);
    parts::facts(&[
        ("Scenario", question::scenario(context)),
        ("Protocol", context.protocol.clone()),
        ("Time asked", question::time_asked(context)),
        ("Step", duration(context.step_seconds)),
        ("Horizon of a path", horizon(report.horizon_s)),
        ("Paths of a change", count(report.paths)),
        ("Seed", report.seed.to_string()),
    ])
}

const WORDS: [terms::Term; 3] = [
    (
        "Expected shortfall",
        "The mean of the paths from the value at risk up: how bad it is when it is bad. At 99 % the mean of the worst \
         path in a hundred.",
    ),
    (
        "Paired difference",
        "Path k meets the same shocks before and after a change. What both have in common cancels path by path, so \
         that the interval of the difference is narrower than those of its parts.",
    ),
    (
        "Liquidation threshold, bonus",
        "Moved for the borrowers as they are: nobody's position is made anew for the changed rule.",
    ),
];

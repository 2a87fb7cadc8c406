//! What was asked, and from which inputs.

use super::Page;
use super::parts::{self, Captioned, cell, prose, table, text};
use crate::context::{Input, InputKind, RunContext};
use crate::format::{count, duration, moment};
use maud::{Markup, html};

pub(super) fn content(page: &Page<'_>) -> Markup {
    html! {
        @if !page.context.question.is_empty() { p class="question" { (page.context.question) } }
        (given(page, page.context, &facts(page)))
    }
}

/// The facts about a run, its inputs and what a reader must know.
pub(super) fn given(page: &impl Captioned, context: &RunContext, facts: &Markup) -> Markup {
    html! {
        (facts)
        @if !context.inputs.is_empty() { (inputs(page, &context.inputs)) }
        @if !context.notes.is_empty() {
            h3 { "Before using these figures" }
            ul class="notes" { @for note in &context.notes { li { (note) } } }
        }
    }
}

fn facts(page: &Page<'_>) -> Markup {
    let (context, s) = (page.context, &page.summary);
    parts::facts(&[
        ("Scenario", scenario(context)),
        ("Protocol", context.protocol.clone()),
        ("Time asked", time_asked(context)),
        (
            "Steps",
            format!("{} of {}", count(s.steps), duration(context.step_seconds)),
        ),
        ("Assets", page.record.symbols.join(", ")),
        ("Indebted accounts", count(s.accounts)),
        ("Seed", page.record.seed.to_string()),
    ])
}

/// Name and version of the scenario.
pub(super) fn scenario(context: &RunContext) -> String {
    match context.scenario_version.as_str() {
        "" => context.scenario.clone(),
        version => format!("{}, version {version}", context.scenario),
    }
}

/// From when to when the scenario runs.
pub(super) fn time_asked(context: &RunContext) -> String {
    format!("{} to {}", moment(context.start), moment(context.end))
}

/// From when to when; the caption names the time zone.
fn dates((first, last): (u64, u64)) -> String {
    let short = |seconds| moment(seconds).replace(" UTC", "");
    format!("{} to {}", short(first), short(last))
}

fn inputs(page: &impl Captioned, inputs: &[Input]) -> Markup {
    let row = |input: &Input| {
        vec![
            cell(&input.what),
            html! { span class=(format!("kind {}", input.kind.word())) { (input.kind.word()) } },
            cell(input.dates.map_or_else(String::new, dates)),
            cell(&input.source),
        ]
    };
    let rows: Vec<_> = inputs.iter().map(row).collect();
    let modelled = inputs
        .iter()
        .filter(|i| i.kind == InputKind::Modelled)
        .count();
    let caption = format!(
        "Inputs. Observed: recorded in the real world. Modelled: computed by a model ({modelled} of {}). \
         Chosen: set by the scenario's author. Dates in UTC.",
        inputs.len()
    );
    table(
        page,
        &caption,
        &[
            text("Input"),
            text("Kind"),
            parts::dates("Dates"),
            prose("Source"),
        ],
        &rows,
    )
}

//! What was asked, and from which inputs.

use super::Page;
use super::parts::{cell, prose, table, text};
use crate::context::{Input, InputKind};
use crate::format::{count, duration, moment};
use maud::{Markup, html};

pub(super) fn content(page: &Page<'_>) -> Markup {
    let context = page.context;
    html! {
        @if !context.question.is_empty() { p class="question" { (context.question) } }
        (facts(page))
        @if !context.inputs.is_empty() { (inputs(page)) }
        @if !context.notes.is_empty() {
            h3 { "Before using these figures" }
            ul class="notes" { @for note in &context.notes { li { (note) } } }
        }
    }
}

fn facts(page: &Page<'_>) -> Markup {
    let (context, s) = (page.context, &page.summary);
    let scenario = match context.scenario_version.as_str() {
        "" => context.scenario.clone(),
        version => format!("{}, version {version}", context.scenario),
    };
    let facts = [
        ("Scenario", scenario),
        ("Protocol", context.protocol.clone()),
        (
            "Time asked",
            format!("{} to {}", moment(context.start), moment(context.end)),
        ),
        (
            "Steps",
            format!("{} of {}", count(s.steps), duration(context.step_seconds)),
        ),
        ("Assets", page.record.symbols.join(", ")),
        ("Indebted accounts", count(s.accounts)),
        ("Seed", page.record.seed.to_string()),
    ];
    html! {
        dl class="facts" {
            @for (name, value) in facts.iter().filter(|(_, value)| !value.is_empty()) {
                div { dt { (name) } dd { (value) } }
            }
        }
    }
}

/// From when to when; the caption names the time zone.
fn dates((first, last): (u64, u64)) -> String {
    let short = |seconds| moment(seconds).replace(" UTC", "");
    format!("{} to {}", short(first), short(last))
}

fn inputs(page: &Page<'_>) -> Markup {
    let row = |input: &Input| {
        vec![
            cell(&input.what),
            html! { span class=(format!("kind {}", input.kind.word())) { (input.kind.word()) } },
            cell(input.dates.map_or_else(String::new, dates)),
            cell(&input.source),
        ]
    };
    let rows: Vec<_> = page.context.inputs.iter().map(row).collect();
    let modelled = page
        .context
        .inputs
        .iter()
        .filter(|i| i.kind == InputKind::Modelled)
        .count();
    let caption = format!(
        "Inputs. Observed: recorded in the real world. Modelled: computed by a model ({modelled} of {}). \
         Chosen: set by the scenario's author. Dates in UTC.",
        page.context.inputs.len()
    );
    table(
        page,
        &caption,
        &[text("Input"), text("Kind"), text("Dates"), prose("Source")],
        &rows,
    )
}

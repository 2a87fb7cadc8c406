//! What the page is about, and the answer.

use super::Page;
use super::skeleton::Head;
use crate::answer::answer;
use crate::format::{moment, moment_iso};
use maud::{Markup, html};

pub(super) fn section(page: &Page<'_>) -> Markup {
    let context = page.context;
    Head {
        kind: "liquidation report",
        protocol: &context.protocol,
        title: &context.title,
        when: html! {
            time datetime=(moment_iso(page.summary.time_start)) { (moment(page.summary.time_start)) }
            " to "
            time datetime=(moment_iso(page.summary.time_end)) { (moment(page.summary.time_end)) }
        },
        // It stands with the inputs.
        question: "",
        warnings: warnings(page),
        answer: answer(&page.summary),
        notes: html! {},
    }
    .draw()
}

fn warnings(page: &Page<'_>) -> Markup {
    html! {
        @if page.summary.interrupted {
            p class="warning" role="note" {
                strong { "Interrupted. " }
                "The run was stopped before its end; the figures cover the time up to then."
            }
        }
        @if let Some(why) = &page.summary.stopped {
            p class="warning" role="note" {
                strong { "The ledger could not go on: " } (why)
                ". The figures cover the time up to then."
            }
        }
    }
}

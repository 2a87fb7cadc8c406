//! What the page is about, and the answer.

use super::Page;
use super::parts;
use crate::answer::answer;
use crate::format::{moment, moment_iso};
use maud::{Markup, html};

pub(super) fn section(page: &Page<'_>) -> Markup {
    let context = page.context;
    html! {
        header {
            p class="kicker" {
                "Backstop " span { "liquidation report" }
                @if !context.protocol.is_empty() { " · " (context.protocol) }
            }
            h1 { (context.title) }
            p class="when" {
                time datetime=(moment_iso(page.summary.time_start)) { (moment(page.summary.time_start)) }
                " to "
                time datetime=(moment_iso(page.summary.time_end)) { (moment(page.summary.time_end)) }
            }
            (warnings(page))
            (parts::answer(answer(&page.summary)))
        }
    }
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

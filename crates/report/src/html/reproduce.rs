//! How to get the same result again.

use super::Page;
use super::skeleton::Again;
use maud::{Markup, html};

pub(super) fn content(page: &Page<'_>) -> Markup {
    let (context, s) = (page.context, &page.summary);
    Again {
        context,
        promise: SAME_BYTES,
        facts: &[
            ("Seed", html! { (s.seed) }),
            ("State hash", html! { code { (s.state_hash) } }),
        ],
        between: html! {},
        files: "The figures of this page come from the tables beside it: steps, prices, events, liquidations, \
                accounts, liquidators, misses, reactions, coverage and metrics, as Parquet and JSON; traces as \
                JSON lines. Of the paired run without feedback only the figures are kept.",
    }
    .draw()
}

/// What a run promises, and how to see that it holds.
pub(super) const SAME_BYTES: &str = "The same software, scenario and seed give the same bytes, on any number of \
    threads. A different hash below means that something differs.";

pub(super) fn footer(page: &Page<'_>) -> Markup {
    html! {
        p {
            (page.context.software) " · seed " (page.summary.seed) " · state "
            code { (page.summary.state_hash.get(..12).unwrap_or_default()) }
            " · all times UTC · money in USD at oracle prices unless said otherwise"
        }
    }
}

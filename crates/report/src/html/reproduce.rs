//! How to get the same result again.

use super::Page;
use maud::{Markup, html};

pub(super) fn content(page: &Page<'_>) -> Markup {
    let (context, s) = (page.context, &page.summary);
    html! {
        p {
            "The same software, scenario and seed give the same bytes, on any number of threads. "
            "A different hash below means that something differs."
        }
        @if !context.command.is_empty() { pre tabindex="0" { code { (context.command) } } }
        dl class="facts wide" {
            div { dt { "Software" } dd { (context.software) } }
            div { dt { "Scenario" } dd { (context.scenario) " " (context.scenario_version) } }
            div { dt { "Seed" } dd { (s.seed) } }
            div { dt { "State hash" } dd { code { (s.state_hash) } } }
        }
        p {
            "The figures of this page come from the tables beside it: steps, prices, events, liquidations, "
            "accounts, liquidators, misses, reactions, coverage and metrics, as Parquet and JSON; traces as "
            "JSON lines. Of the paired run without feedback only the figures are kept."
        }
    }
}

pub(super) fn footer(page: &Page<'_>) -> Markup {
    html! {
        p {
            (page.context.software) " · seed " (page.summary.seed) " · state "
            code { (page.summary.state_hash.get(..12).unwrap_or_default()) }
            " · all times UTC · money in USD at oracle prices unless said otherwise"
        }
    }
}

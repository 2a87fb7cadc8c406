//! How to get the same result again.

use super::Page;
use maud::{Markup, html};

pub(super) fn content(page: &Page<'_>) -> Markup {
    let (report, context) = (&page.known.report, page.known.report.context);
    html! {
        p {
            "A path's number and the seed make the path. The same software, scenario, seed and paths give the same "
            "totals to the bit, on any number of threads, in one piece or merged from several."
        }
        @if !context.command.is_empty() { pre tabindex="0" { code { (context.command) } } }
        dl class="facts wide" {
            div { dt { "Software" } dd { (context.software) } }
            div { dt { "Scenario" } dd { (context.scenario) " " (context.scenario_version) } }
            div { dt { "Seed" } dd { (report.seed) } }
        }
        p {
            "The figures of this page come from the tables beside it: figures, losses, falls, fan, accounts, assets and "
            "worst, as Parquet and JSON; those of the answer stand in stress.json."
        }
    }
}

pub(super) fn footer(page: &Page<'_>) -> Markup {
    let report = &page.known.report;
    html! {
        p {
            (report.context.software) " · seed " (report.seed)
            " · money in USD at oracle prices unless said otherwise"
        }
    }
}

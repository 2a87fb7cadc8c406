//! How to get the same result again.

use super::super::skeleton::Again;
use super::Page;
use maud::{Markup, html};

pub(super) fn content(page: &Page<'_>) -> Markup {
    let report = &page.known.report;
    Again {
        context: report.context,
        promise: "A path's number and the seed make the path. The same software, scenario, seed and paths give the same \
                  totals to the bit, on any number of threads, in one piece or merged from several.",
        facts: &[("Seed", html! { (report.seed) })],
        between: html! {},
        files: "The figures of this page come from the tables beside it: figures, losses, falls, fan, account-losses, \
                assets, collateral-at-risk, instant-falls and worst, as Parquet and JSON; those of the answer and the tail \
                of cascades stand in stress.json.",
    }
    .draw()
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

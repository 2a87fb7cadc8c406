//! The worst paths, and how to look at each.

use super::super::parts::{cell, nothing, number, prose, table, text};
use super::Page;
use crate::answer::NOTHING_USD;
use crate::format::{percent, usd};
use backstop_lab::ensemble::WorstPath;
use maud::{Markup, html};

pub(super) fn content(page: &Page<'_>) -> Markup {
    let lost = |path: &&WorstPath| path.bad_debt >= NOTHING_USD || path.seized >= NOTHING_USD;
    let row = |path: &WorstPath| {
        let command = (page.known.report.path_command)(path.path);
        vec![
            cell(path.path.to_string()),
            cell(usd(path.bad_debt)),
            cell(usd(path.seized)),
            cell(percent(path.fall)),
            html! { code class="command" { (command) } },
        ]
    };
    let rows: Vec<_> = page.totals().worst.iter().filter(lost).map(row).collect();
    if rows.is_empty() {
        return nothing("No path lost anything.");
    }
    table(
        page,
        "The paths with the largest bad debt, then with the most collateral taken. The command runs a path again and \
         writes its report with the trace of every liquidation.",
        &[
            text("Path"),
            number("Bad debt", "USD"),
            number("Collateral taken", "USD"),
            number("Largest fall", ""),
            prose("Look at it"),
        ],
        &rows,
    )
}

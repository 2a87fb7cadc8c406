//! What takes runs of its own: the drivers, and the map of falls and depth.

use super::super::sweep::{self, drivers, figures, maps};
use super::Page;
use crate::answer::spans_text;
use crate::ensemble::Added;
use crate::format::plural;
use crate::sweep::{Known, Moved, answer, drivers_answer};
use maud::{Markup, html};

/// Which input moves the result most.
pub(super) fn drivers(page: &Page<'_>) -> Markup {
    let run = |moved: &Moved<'_>| {
        let paths = plural(moved.report.paths, "path", "paths");
        html! {
            (drivers::unfinished(moved))
            p { (spans_text(drivers_answer(moved))) }
            (drivers::tornado(page, moved))
            (drivers::changes(page, moved))
            p class="note" {
                "Run apart from the figures above, with " (paths) " a change, drawn plainly, of the same seed. "
                (drivers::confidence()) " The table drivers and drivers-summary.json beside this page have the same."
            }
        }
    };
    added(&page.known.drivers, run)
}

/// Bad debt by how far prices fall and how much depth is left.
pub(super) fn heat_map(page: &Page<'_>) -> Markup {
    let run = |known: &Known<'_>| {
        let paths = plural(known.report.paths, "path", "paths");
        html! {
            (sweep::unfinished(known))
            p { (spans_text(answer(known))) }
            (maps::content(page, known))
            (figures::content(page, known))
            p class="note" {
                "Run apart from the figures above, with " (paths) " a cell, drawn plainly, of the same seed. "
                (sweep::confidence()) " The table cells and sweep.json beside this page have the same."
            }
        }
    };
    added(&page.known.heat_map, run)
}

/// What was run, or the command that runs it.
fn added<T>(added: &Added<'_, T>, run: impl Fn(&T) -> Markup) -> Markup {
    match added {
        Added::Run(known) => run(known),
        Added::Command("") => html! { p class="nothing" { "Not run." } },
        Added::Command(command) => html! {
            p class="nothing" { "Not run. This command tells it: " code class="command" { (command) } }
        },
    }
}

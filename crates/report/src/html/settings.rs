//! The settings of the run, as the scenario gives them.

use super::Page;
use super::parts::nothing;
use crate::context::SettingsTable;
use maud::{Markup, html};

pub(super) fn content(page: &Page<'_>) -> Markup {
    if page.context.settings.is_empty() {
        return nothing("No settings were handed over.");
    }
    html! { @for table in &page.context.settings { (settings_table(page, table)) } }
}

fn settings_table(page: &Page<'_>, table: &SettingsTable) -> Markup {
    let n = page.next_table();
    let classes: Vec<&str> = (0..table.columns.len())
        .map(|i| column_class(&table.rows, i))
        .collect();
    html! {
        div class="scroll" tabindex="0" role="region" aria-label=(format!("Table {n}")) {
            table class="settings" {
                caption { span { b { "Table " (n) ". " } (table.title) } }
                thead {
                    tr {
                        @for (name, class) in table.columns.iter().zip(&classes) {
                            th scope="col" class=(class) { (name) }
                        }
                    }
                }
                tbody {
                    @for row in &table.rows {
                        tr {
                            @for (i, (cell, class)) in row.iter().zip(&classes).enumerate() {
                                @if i == 0 { th scope="row" { (cell) } } @else { td class=(class) { (cell) } }
                            }
                            @for _ in row.len()..table.columns.len() { td {} }
                        }
                    }
                }
            }
        }
    }
}

/// Columns of numbers stand right; the first column names the row.
fn column_class(rows: &[Vec<String>], column: usize) -> &'static str {
    let mut cells = rows
        .iter()
        .filter_map(|row| row.get(column))
        .filter(|cell| !cell.is_empty());
    let number = |cell: &String| cell.replace([',', '%', ' '], "").parse::<f64>().is_ok();
    if column > 0 && cells.all(number) {
        "n"
    } else {
        ""
    }
}

//! The settings of the run, as the scenario gives them.

use super::parts::{Captioned, nothing};
use crate::context::SettingsTable;
use crate::format::count;
use maud::{Markup, html};

pub(super) fn content(page: &impl Captioned, settings: &[SettingsTable]) -> Markup {
    if settings.is_empty() {
        return nothing("No settings were handed over.");
    }
    html! { @for table in settings { (settings_table(page, table)) } }
}

fn settings_table(page: &impl Captioned, table: &SettingsTable) -> Markup {
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
                                @if i == 0 { th scope="row" { (cell) } } @else { td class=(class) { (grouped(cell)) } }
                            }
                            @for _ in row.len()..table.columns.len() { td {} }
                        }
                    }
                }
            }
        }
    }
}

/// Letters from which on a cell is a sentence, which keeps some width on a phone.
const SENTENCE: usize = 30;

/// Columns of numbers stand right; the first column names the row.
fn column_class(rows: &[Vec<String>], column: usize) -> &'static str {
    let cells = rows
        .iter()
        .filter_map(|row| row.get(column))
        .filter(|cell| !cell.is_empty());
    let number = |cell: &String| cell.replace([',', '%', ' '], "").parse::<f64>().is_ok();
    let long = |cell: &String| cell.chars().count() >= SENTENCE;
    match column {
        0 => "",
        _ if cells.clone().all(number) => "n",
        _ if cells.clone().any(long) => "prose",
        _ => "",
    }
}

/// A bare whole number gets its thousands separators; all else stays as the scenario gives it.
fn grouped(cell: &str) -> String {
    match cell.parse::<u64>() {
        Ok(n) if n >= 10_000 && cell == n.to_string() => count(n),
        _ => cell.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_bare_whole_numbers_are_grouped() {
        let cases = [
            ("100000", "100,000"),
            ("3600", "3600"),
            ("0099999", "0099999"),
            ("1e9", "1e9"),
            ("", ""),
        ];
        for (cell, want) in cases {
            assert_eq!(grouped(cell), want);
        }
    }

    #[test]
    fn columns_of_numbers_stand_right() {
        let rows: Vec<Vec<String>> = [["1", "2.5 %", "7"], ["a", "", "x"]]
            .iter()
            .map(|row| row.iter().map(|c| (*c).to_owned()).collect())
            .collect();
        let classes: Vec<&str> = (0..4).map(|i| column_class(&rows, i)).collect();
        assert_eq!(classes, ["", "n", "", "n"]);
    }
}

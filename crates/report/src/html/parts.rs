//! Figures and tables with their captions.

use crate::answer::Span;
use crate::svg::{BarChart, LineChart, Medium};
use maud::{Markup, PreEscaped, html};
use std::borrow::Cow;
use std::cell::Cell;

/// The running numbers of a page's captions.
#[derive(Debug, Default)]
pub(super) struct Captions {
    figures: Cell<u32>,
    tables: Cell<u32>,
}

/// A page that numbers its figures and tables.
pub(super) trait Captioned {
    /// Its running numbers.
    fn captions(&self) -> &Captions;

    /// The number of the next figure.
    fn next_figure(&self) -> u32 {
        let figures = &self.captions().figures;
        figures.set(figures.get() + 1);
        figures.get()
    }

    /// The number of the next table.
    fn next_table(&self) -> u32 {
        let tables = &self.captions().tables;
        tables.set(tables.get() + 1);
        tables.get()
    }
}

/// A column of a table.
#[derive(Clone, Debug)]
pub(super) struct Col {
    name: Cow<'static, str>,
    unit: &'static str,
    class: &'static str,
}

/// A column of text.
pub(super) fn text(name: &'static str) -> Col {
    Col {
        name: name.into(),
        unit: "",
        class: "",
    }
}

/// A column of numbers with their unit; an empty unit is a pure number.
pub(super) fn number(name: impl Into<Cow<'static, str>>, unit: &'static str) -> Col {
    Col {
        name: name.into(),
        unit,
        class: "n",
    }
}

/// A column of sentences, which keeps some width on a phone.
pub(super) fn prose(name: &'static str) -> Col {
    Col {
        name: name.into(),
        unit: "",
        class: "prose",
    }
}

/// A column of times from and to, which keeps some width on a phone.
pub(super) fn dates(name: &'static str) -> Col {
    Col {
        name: name.into(),
        unit: "",
        class: "dates",
    }
}

/// A column of moments, never broken.
pub(super) fn moment(name: &'static str) -> Col {
    Col {
        name: name.into(),
        unit: "",
        class: "t",
    }
}

/// A table with a number. The first cell of a row is its header.
pub(super) fn table(
    page: &impl Captioned,
    caption: &str,
    columns: &[Col],
    rows: &[Vec<Markup>],
) -> Markup {
    let n = page.next_table();
    let label = format!("Table {n}");
    scrolled(
        &label,
        &html! { b { (label) ". " } (caption) },
        columns,
        rows,
    )
}

/// A table without a number, for what is folded away.
pub(super) fn inner_table(caption: &str, columns: &[Col], rows: &[Vec<Markup>]) -> Markup {
    scrolled(caption, &html! { (caption) }, columns, rows)
}

fn scrolled(label: &str, caption: &Markup, columns: &[Col], rows: &[Vec<Markup>]) -> Markup {
    html! {
        div class="scroll" tabindex="0" role="region" aria-label=(label) {
            table {
                caption { span { (caption) } }
                thead {
                    tr {
                        @for column in columns {
                            th scope="col" class=(column.class) {
                                (column.name)
                                @if !column.unit.is_empty() { " " span class="unit" { (column.unit) } }
                            }
                        }
                    }
                }
                tbody { @for row in rows { (table_row(columns, row)) } }
            }
        }
    }
}

fn table_row(columns: &[Col], row: &[Markup]) -> Markup {
    html! {
        tr {
            @for (i, (column, cell)) in columns.iter().zip(row).enumerate() {
                @if i == 0 { th scope="row" class=(column.class) { (cell) } }
                @else { td class=(column.class) { (cell) } }
            }
        }
    }
}

/// A cell of plain text.
pub(super) fn cell(text: impl AsRef<str>) -> Markup {
    html! { (text.as_ref()) }
}

/// A name; a long one is shortened in the middle and whole on hover.
pub(super) fn name_cell(name: &str) -> Markup {
    let letters: Vec<char> = name.chars().collect();
    if letters.len() <= 24 {
        return html! { span class="name" { (name) } };
    }
    let start: String = letters.iter().take(8).collect();
    let end: String = letters.iter().skip(letters.len() - 6).collect();
    html! { span class="name" title=(name) { (start) "…" (end) } }
}

/// A cell with a number and a bar of its share of the largest.
pub(super) fn bar_cell(text: &str, share: f64) -> Markup {
    let width = share.clamp(0.0, 1.0) * 100.0;
    html! {
        span class="bar" {
            svg aria-hidden="true" width="100%" height="6" {
                rect width=(format!("{}%", crate::svg::coordinate(width, 1))) height="6" rx="1" {}
            }
        }
        span class="value" { (text) }
    }
}

/// A line plot with its legend, its data for the script and its caption.
pub(super) fn line_figure(page: &impl Captioned, chart: &LineChart, caption: &str) -> Markup {
    laned_figure(page, chart, &html! {}, caption)
}

/// A line plot with lanes under it that follow its zoom.
pub(super) fn laned_figure(
    page: &impl Captioned,
    chart: &LineChart,
    lanes: &Markup,
    caption: &str,
) -> Markup {
    let names = chart.lines.iter().map(|l| (l.name.as_str(), l.class));
    let dots = (!chart.dots.is_empty()).then_some(("liquidations", "dot"));
    html! {
        figure class="zoom" {
            h3 { (chart.title) }
            (legend(names.chain(dots)))
            div class="chart-box" {
                (chart.draw(Medium::Page))
                script type="application/json" { (PreEscaped(chart.data())) }
            }
            (lanes)
            (figcaption(page, caption))
        }
    }
}

/// A bar plot with its legend and caption.
pub(super) fn bar_figure(page: &impl Captioned, chart: &BarChart, caption: &str) -> Markup {
    html! {
        figure {
            h3 { (chart.title) }
            (legend(chart.groups.iter().map(|g| (g.name.as_str(), g.class))))
            div class="chart-box" { (chart.draw(Medium::Page)) }
            (figcaption(page, caption))
        }
    }
}

fn legend<'a>(entries: impl Iterator<Item = (&'a str, &'static str)>) -> Markup {
    html! {
        ul class="legend" {
            @for (name, class) in entries {
                li {
                    svg aria-hidden="true" width="22" height="12" {
                        @if class == "dot" { g class="dots" { circle cx="11" cy="6" r="5" {} } }
                        @else { line class=(format!("line {class}")) x1="1" x2="21" y1="6" y2="6" {} }
                    }
                    (name)
                }
            }
        }
    }
}

/// The caption of a figure, with its number.
pub(super) fn figcaption(page: &impl Captioned, caption: &str) -> Markup {
    html! { figcaption { b { "Figure " (page.next_figure()) ". " } (caption) } }
}

/// A sentence in place of a figure or table that has nothing to show.
pub(super) fn nothing(sentence: &str) -> Markup {
    html! { p class="nothing" { (sentence) } }
}

/// The answer, with its figures marked.
pub(super) fn answer(spans: Vec<Span>) -> Markup {
    html! {
        p class="answer" {
            @for span in spans {
                @match span {
                    Span::Plain(text) => (text),
                    Span::Strong(text) => strong { (text) },
                }
            }
        }
    }
}

/// Names and values side by side; those without a value are left out.
pub(super) fn facts(facts: &[(&str, String)]) -> Markup {
    html! {
        dl class="facts" {
            @for (name, value) in facts.iter().filter(|(_, value)| !value.is_empty()) {
                div { dt { (name) } dd { (value) } }
            }
        }
    }
}

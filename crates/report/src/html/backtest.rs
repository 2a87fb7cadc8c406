//! The page of a walk-forward test of value at risk.

use super::parts::{Captioned, Captions, cell, number, table, text};
use super::skeleton::Head;
use super::{Document, Section, document};
use crate::answer::Span;
use crate::backtest::{BacktestReport, Row, answer, chance, level_text, rows};
use crate::format::{MISSING, count, duration, moment, percent};
use maud::{Markup, html};

struct Page<'a> {
    report: &'a BacktestReport<'a>,
    captions: Captions,
}

impl Captioned for Page<'_> {
    fn captions(&self) -> &Captions {
        &self.captions
    }
}

/// The page as text.
pub(crate) fn page(report: &BacktestReport<'_>) -> String {
    let rows = rows(report);
    let page = Page {
        report,
        captions: Captions::default(),
    };
    let section = |id, title, content| Section { id, title, content };
    document(&Document {
        title: "Walk-forward test of value at risk",
        header: header(&page, &rows),
        tiles: html! {},
        sections: vec![
            section(
                "coverage",
                "How often forecasts were exceeded",
                coverage(&page, &rows),
            ),
            section("method", "How the forecasts were made", method(&page)),
            section("again", "How to get the same result again", again(&page)),
        ],
        footer: html! { p { (report.software) } },
    })
}

fn header(page: &Page<'_>, rows: &[Row<'_>]) -> Markup {
    let times = page.report.trials.iter().flat_map(|trial| &trial.forecasts);
    let times = times.map(|forecast| forecast.time);
    let span = times.clone().min().zip(times.max());
    Head {
        kind: "backtest report",
        protocol: "",
        title: "Walk-forward test of value at risk",
        when: html! {
            @if let Some((first, last)) = span { "Forecasts from " (moment(first)) " to " (moment(last)) }
        },
        question: "Is a forecast loss exceeded as often as it says, and without clusters?",
        warnings: html! {},
        answer: vec![Span::Plain(answer(rows))],
        notes: html! {},
    }
    .draw()
}

fn coverage(page: &Page<'_>, rows: &[Row<'_>]) -> Markup {
    let row = |row: &Row<'_>| {
        let trial = row.trial;
        let mut cells = vec![
            html! { (trial.asset) " " (trial.model) },
            cell(duration(trial.horizon_s)),
            cell(level_text(row.level)),
        ];
        match row.coverage {
            None => cells.extend(std::iter::repeat_n(cell(MISSING), 8)),
            Some(got) => cells.extend([
                cell(count(got.forecasts)),
                cell(count(got.exceeded)),
                cell(format!("{:.1}", got.expected)),
                cell(percent(row.mean)),
                cell(chance(got.coverage.p)),
                cell(chance(got.independence.p)),
                cell(chance(got.conditional.p)),
                cell(if row.passes() == Some(true) {
                    "no"
                } else {
                    "yes"
                }),
            ]),
        }
        cells
    };
    let rows: Vec<_> = rows.iter().map(row).collect();
    table(
        page,
        "Value at risk of the log return and how often what came was worse. Kupiec: p-value of the number of \
         exceedances; independence: p-value of their clusters (Christoffersen); both: of the two together. A \
         model is rejected where one of them is below 0.05.",
        &[
            text("Model"),
            number("Horizon", ""),
            number("Level", ""),
            number("Forecasts", ""),
            number("Exceeded", ""),
            number("Expected", ""),
            number("Mean value at risk", ""),
            number("Kupiec", "p"),
            number("Independence", "p"),
            number("Both", "p"),
            text("Rejected"),
        ],
        &rows,
    )
}

fn method(page: &Page<'_>) -> Markup {
    let report = page.report;
    html! {
        p {
            "Each forecast is made from returns before it. A model is estimated from a window of "
            (duration(report.window_s)) " and again every " (duration(report.refit_s))
            "; between two estimations its parameters stay, and the variance of garch and the windows of gbm and "
            "bootstrap move on with each return. Forecasts do not overlap. One whose horizon contains a gap in the "
            "prices is left out."
        }
        @if !report.notes.is_empty() { ul { @for note in report.notes { li { (note) } } } }
    }
}

fn again(page: &Page<'_>) -> Markup {
    html! {
        pre tabindex="0" { code { (page.report.command) } }
        p { "The figures come from backtest.json (and .parquet); every forecast stands in forecasts.parquet." }
    }
}

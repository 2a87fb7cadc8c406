//! A walk-forward test for the terminal.

use super::{BacktestReport, Row, answer, chance, level_text, rows};
use crate::format::{duration, percent};
use crate::terminal::{WIDTH_MIN, aligned, wrap};

/// Widest text.
const WIDTH_MAX: usize = 120;

/// The answer and the table for a terminal of `width` characters.
pub fn backtest_text(report: &BacktestReport<'_>, width: usize) -> String {
    let width = width.clamp(WIDTH_MIN, WIDTH_MAX);
    let rows = rows(report);
    let header = [
        "",
        "horizon",
        "VaR",
        "forecasts",
        "exceeded",
        "expected",
        "mean VaR",
        "Kupiec",
        "indep.",
        "both",
    ];
    let header = header.map(str::to_owned);
    let lines: Vec<Vec<String>> = rows.iter().map(line).collect();
    let meaning = "VaR in log returns. Kupiec: chance of as many exceedances or as few where the model is right; \
                   indep.: of such clusters (Christoffersen); both: of the two together. Below 0.05 the model \
                   is rejected.";
    format!(
        "{}\n{}\n{}",
        wrap(&answer(&rows), width),
        aligned(&header, &lines),
        wrap(meaning, width)
    )
}

fn line(row: &Row<'_>) -> Vec<String> {
    let trial = row.trial;
    let mut cells = vec![
        format!("{} {}", crate::format::one_line(&trial.asset), trial.model),
        duration(trial.horizon_s),
        level_text(row.level),
    ];
    match row.coverage {
        None => cells.extend(std::iter::repeat_n("–".to_owned(), 7)),
        Some(got) => cells.extend([
            got.forecasts.to_string(),
            got.exceeded.to_string(),
            format!("{:.1}", got.expected),
            percent(row.mean),
            chance(got.coverage.p),
            chance(got.independence.p),
            chance(got.conditional.p),
        ]),
    }
    cells
        .iter()
        .map(|cell| cell.replace('\u{a0}', " "))
        .collect()
}

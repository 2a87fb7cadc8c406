//! What an estimate of impact found, as tables.

use super::name;
use backstop_io::table::{Column, ColumnData, Table};
use backstop_lab::impact::{ImpactFit, Interval};

/// All tables.
pub(super) fn all(found: &ImpactFit) -> Vec<Table> {
    vec![laws(found), responses(found), summary(found)]
}

fn numbers(values: impl Iterator<Item = f64>) -> ColumnData {
    ColumnData::OptionalF64(values.map(|x| x.is_finite().then_some(x)).collect())
}

/// Value, error and both ends of intervals, as columns whose names begin alike.
fn columns(prefix: &str, doc: &str, intervals: &[Interval]) -> Vec<Column> {
    let column = |end: &str, what: &str, of: fn(&Interval) -> f64| {
        let doc = format!("{doc}: {what}.");
        Column::new(
            format!("{prefix}{end}"),
            "",
            &doc,
            numbers(intervals.iter().map(of)),
        )
    };
    vec![
        column("value", "estimate", |x| x.value),
        column("error", "standard error", |x| x.error),
        column("low", "lower end of 95 %", |x| x.low),
        column("high", "upper end of 95 %", |x| x.high),
    ]
}

fn laws(found: &ImpactFit) -> Table {
    let laws = found.laws.iter();
    let names = laws.clone().map(|law| name(law.kind).to_owned()).collect();
    let mut all = vec![Column::new(
        "law",
        "",
        "Law of impact.",
        ColumnData::Text(names),
    )];
    let coefficients: Vec<Interval> = laws.clone().map(|law| law.coefficient).collect();
    let exponents: Vec<Interval> = laws.clone().map(|law| law.exponent).collect();
    let doc = "Fall of the log price for each 1 of |q|^exponent, q in tokens";
    all.extend(columns("coefficient_", doc, &coefficients));
    all.extend(columns("exponent_", "Exponent", &exponents));
    let mut more = |name: &str, doc: &str, data| all.push(Column::new(name, "", doc, data));
    more(
        "r_squared",
        "Share of the variance of returns explained.",
        numbers(laws.clone().map(|law| law.r_squared)),
    );
    more(
        "residual_correlation",
        "Autocorrelation of the residuals at lag 1.",
        numbers(laws.clone().map(|law| law.residual_correlation)),
    );
    more(
        "residual_squares",
        "Autocorrelation of the squared residuals at lag 1.",
        numbers(laws.map(|law| law.residual_squares)),
    );
    Table::new("impact-laws", all)
}

fn responses(found: &ImpactFit) -> Table {
    let responses = &found.responses.by_horizon;
    let horizons = (0..responses.len() as u64).collect();
    let doc = "Intervals after the one of the sale.";
    let mut all = vec![Column::new("horizon", "", doc, ColumnData::U64(horizons))];
    let doc = "Fall of the log price for each root of a token";
    all.extend(columns("response_", doc, responses));
    Table::new("impact-responses", all)
}

fn summary(found: &ImpactFit) -> Table {
    let exact = |value| Interval {
        value,
        error: 0.0,
        low: value,
        high: value,
    };
    let responses = &found.responses;
    let rows = [
        ("intervals", exact(found.intervals as f64)),
        ("intervals_with_flow", exact(found.forced as f64)),
        ("step_s", exact(found.step_s)),
        ("gaps", exact(found.gaps as f64)),
        ("daily_volatility", exact(found.daily_volatility)),
        ("newey_west_lags", exact(found.lags as f64)),
        ("coefficient_of_return_before", found.before),
        ("largest_response", exact(responses.recovery.total)),
        (
            "largest_response_horizon",
            exact(responses.recovery.peak as f64),
        ),
        ("permanent_share", responses.permanent_share),
        ("half_life_intervals", responses.half_life),
        ("draws_without_half_life", exact(responses.untold)),
    ];
    let names = rows.iter().map(|row| row.0.to_owned()).collect();
    let intervals: Vec<Interval> = rows.iter().map(|row| row.1).collect();
    let doc = "What is told.";
    let mut all = vec![Column::new("figure", "", doc, ColumnData::Text(names))];
    all.extend(columns("", "Figure", &intervals));
    Table::new("impact-summary", all)
}

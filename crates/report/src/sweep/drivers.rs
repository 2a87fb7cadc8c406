//! The report of drivers: each main input moved one at a time.

use crate::answer::{NOTHING_USD, Span, spans_text};
use crate::compare::{shortened, table_width};
use crate::context::RunContext;
use crate::ensemble::{EstimateFile, Figure, estimate_file, horizon, interval, percent_of};
use crate::format::{MISSING, count, money, one_line, plural};
use crate::html::drivers_page;
use crate::results::{json, write_files};
use crate::summary_head::SummaryHead;
use crate::tables::drivers_table;
use crate::terminal::{WIDTH_MIN, aligned, wrap};
use backstop_io::FileError;
use backstop_lab::ensemble::{CONFIDENCE, Difference, Distribution, Estimate, Level};
use backstop_lab::metrics::METRICS;
use serde::Serialize;
use std::path::Path;

/// Format of `drivers.json`.
const FORMAT: &str = "backstop-drivers/1";
/// Widest text.
const WIDTH_MAX: usize = 120;

/// One input, moved down and up.
#[derive(Clone, Copy, Debug)]
pub struct DriverRow {
    /// Name for people.
    pub label: &'static str,
    /// What is done on each side, such as `half`.
    pub words: [&'static str; 2],
    /// What it does; nothing where the scenario has no such input or it was not run.
    pub sides: [Option<DriverSide>; 2],
}

/// What one change does, against the scenario as it stands, over the same paths.
#[derive(Clone, Copy, Debug)]
pub struct DriverSide {
    /// To bad debt, USD.
    pub bad_debt: Difference,
    /// To liquidated collateral, USD.
    pub seized: Difference,
}

/// Everything that a report of drivers shows.
#[derive(Clone, Copy, Debug)]
pub struct DriversReport<'a> {
    /// What was asked, from which inputs.
    pub context: &'a RunContext,
    /// The inputs.
    pub rows: &'a [DriverRow],
    /// Bad debt of each path as the scenario stands, USD.
    pub bad_debt: &'a [f64],
    /// Liquidated collateral of each path as the scenario stands, USD.
    pub seized: &'a [f64],
    /// Level of the expected shortfall that is compared.
    pub level: Level,
    /// Seed of the whole.
    pub seed: u64,
    /// Paths of each change.
    pub paths: u64,
    /// From the first to the last step, seconds.
    pub horizon_s: u64,
    /// Changes that the scenario can take; fewer may have been run.
    pub changes: usize,
}

impl DriversReport<'_> {
    /// The page as text, UTF-8. The same report gives the same bytes.
    pub fn page(&self) -> String {
        drivers_page(&Moved::new(*self))
    }
}

/// A report with its inputs in order.
pub(crate) struct Moved<'a> {
    pub(crate) report: DriversReport<'a>,
    /// Those that were moved, what moves bad debt most first.
    pub(crate) rows: Vec<DriverRow>,
    /// Those that the scenario does not have, or of which no change was run.
    pub(crate) lacking: Vec<&'static str>,
    pub(crate) bad_debt: Option<Figure>,
    pub(crate) seized: Option<Figure>,
    pub(crate) measure: Measured,
}

/// What changes are sorted and drawn by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Measured {
    /// Bad debt, where the worst paths leave any.
    BadDebt,
    /// Liquidated collateral, where they leave none.
    Seized,
}

impl Measured {
    /// Name in a sentence.
    pub(crate) fn words(self) -> &'static str {
        match self {
            Self::BadDebt => "bad debt",
            Self::Seized => "liquidated collateral",
        }
    }

    /// What a side does to the expected shortfall of it.
    pub(crate) fn change(self, side: &DriverSide) -> Estimate {
        match self {
            Self::BadDebt => side.bad_debt.expected_shortfall,
            Self::Seized => side.seized.expected_shortfall,
        }
    }
}

impl<'a> Moved<'a> {
    pub(crate) fn new(report: DriversReport<'a>) -> Self {
        let moved = |row: &&DriverRow| row.sides.iter().any(Option::is_some);
        let (mut rows, lacking): (Vec<&DriverRow>, Vec<_>) = report.rows.iter().partition(moved);
        let figure = |name: &str, values: &[f64]| {
            let metric = METRICS.iter().find(|metric| metric.name == name)?;
            let mut all = Distribution::default();
            values.iter().for_each(|value| all.add(*value));
            Some(Figure::of(metric, &all))
        };
        let (bad_debt, seized) = (
            figure("bad_debt", report.bad_debt),
            figure("seized", report.seized),
        );
        let tail = bad_debt.as_ref().and_then(|all| all.tail(report.level));
        let left = tail.map_or(0.0, |tail| tail.expected_shortfall.value);
        let measure = if left >= NOTHING_USD {
            Measured::BadDebt
        } else {
            Measured::Seized
        };
        // A stable sort: what moves nothing stays in the order of the model.
        rows.sort_by(|a, b| reach(b, measure).total_cmp(&reach(a, measure)));
        Self {
            rows: rows.into_iter().copied().collect(),
            lacking: lacking.iter().map(|row| row.label).collect(),
            bad_debt,
            seized,
            measure,
            report,
        }
    }

    /// Changes that were run.
    pub(crate) fn done(&self) -> usize {
        let sides = self.rows.iter().flat_map(|row| row.sides.iter());
        sides.flatten().count()
    }

    /// Why the inputs that are lacking were not moved.
    pub(crate) fn why_lacking(&self) -> &'static str {
        match self.done() < self.report.changes {
            true => "not run, or no such input",
            false => "the scenario has no such input",
        }
    }

    /// Expected shortfall of what is measured as the scenario stands.
    pub(crate) fn standing(&self) -> Option<Estimate> {
        let figure = match self.measure {
            Measured::BadDebt => &self.bad_debt,
            Measured::Seized => &self.seized,
        };
        let tail = figure.as_ref()?.tail(self.report.level)?;
        Some(tail.expected_shortfall)
    }

    /// `99 %`.
    pub(crate) fn level(&self) -> String {
        format!("{}\u{a0}%", percent_of(self.report.level))
    }
}

/// How far a row moves the expected shortfall, at most.
fn reach(row: &DriverRow, measure: Measured) -> f64 {
    let sides = row.sides.iter().flatten();
    sides
        .map(|side| measure.change(side).value.abs())
        .fold(0.0, f64::max)
}

/// Whether an interval leaves no doubt about the direction.
fn is_told(estimate: &Estimate) -> bool {
    estimate.low > 0.0 || estimate.high < 0.0
}

/// The answer, in the order of reading.
pub(crate) fn drivers_answer(moved: &Moved<'_>) -> Vec<Span> {
    let report = &moved.report;
    let mut spans = Vec::new();
    let Some(standing) = moved.standing() else {
        spans.push(Span::Plain("No path was run.".to_owned()));
        return spans;
    };
    let (no_bad_debt, verb) = match moved.measure {
        Measured::BadDebt => ("", "leave"),
        Measured::Seized => ("no bad debt is left beyond 99\u{a0}%; ", "see"),
    };
    spans.push(Span::Plain(format!(
        "Over {}, in {}, {no_bad_debt}the worst 1\u{a0}% of paths {verb} ",
        horizon(report.horizon_s),
        plural(report.paths, "path", "paths")
    )));
    spans.push(Span::Strong(money(standing.value)));
    let what = moved.measure.words();
    spans.push(Span::Plain(format!(" of {what} on average.")));
    let sorted = moved.rows.iter();
    let told: Vec<(&DriverRow, usize, Estimate)> = sorted
        .filter_map(|row| strongest(row, moved.measure))
        .take(3)
        .collect();
    if told.is_empty() {
        let why = " No input moves that by more than chance may explain; more paths tell more.";
        spans.push(Span::Plain(why.to_owned()));
        return spans;
    }
    spans.push(Span::Plain(" What moves it most: ".to_owned()));
    for (at, (row, side, change)) in told.iter().enumerate() {
        if at > 0 {
            spans.push(Span::Plain("; ".to_owned()));
        }
        let words = row.words.get(*side).copied().unwrap_or_default();
        spans.push(Span::Plain(format!(
            "{} ({words}) ",
            row.label.to_lowercase()
        )));
        spans.push(Span::Strong(signed(change.value)));
    }
    spans.push(Span::Plain(".".to_owned()));
    spans
}

/// The side of a row that moves most, where its interval tells the direction.
fn strongest(row: &DriverRow, measure: Measured) -> Option<(&DriverRow, usize, Estimate)> {
    let sides = row.sides.iter().enumerate();
    let told = sides.filter_map(|(at, side)| {
        let change = measure.change(side.as_ref()?);
        (is_told(&change) && change.value.abs() >= NOTHING_USD).then_some((at, change))
    });
    let most = told.reduce(|a, b| {
        if b.1.value.abs() > a.1.value.abs() {
            b
        } else {
            a
        }
    });
    most.map(|(at, change)| (row, at, change))
}

/// Money with its sign.
pub(crate) fn signed(usd: f64) -> String {
    match usd {
        usd if usd >= NOTHING_USD => format!("+{}", money(usd)),
        usd if usd > -NOTHING_USD => money(0.0),
        usd => money(usd),
    }
}

/// A change with its interval, such as `+$1.2M (+$0.9M to +$1.5M)`.
pub(crate) fn signed_interval(estimate: &Estimate) -> String {
    interval(estimate, signed)
}

/// The drivers for a terminal of `width` characters.
pub fn drivers_text(report: &DriversReport<'_>, width: usize) -> String {
    let width = width.clamp(WIDTH_MIN, WIDTH_MAX);
    let moved = Moved::new(*report);
    let protocol = match report.context.protocol.as_str() {
        "" => String::new(),
        protocol => format!("{}, ", one_line(protocol)),
    };
    let mut out = format!(
        "{}\n{protocol}{} paths a change over {}, seed {}\n\n",
        one_line(&report.context.title),
        count(report.paths),
        horizon(report.horizon_s).replace('\u{a0}', " "),
        report.seed
    );
    out.push_str(&wrap(&spans_text(drivers_answer(&moved)), width));
    out.push('\n');
    let wide = table(&moved, Intervals::Shown);
    out.push_str(&if table_width(&wide) <= width {
        wide
    } else {
        table(&moved, Intervals::Left)
    });
    let note = format!(
        "Change of the mean {} of the worst 1 % of paths, against the scenario as it stands over the \
         same paths, USD. In brackets the interval that holds the true change 95 times in 100.",
        moved.measure.words()
    );
    out.push_str(&wrap(&note, width));
    if !moved.lacking.is_empty() {
        let lacking = moved.lacking.join(", ").to_lowercase();
        let why = moved.why_lacking();
        out.push_str(&wrap(&format!("Not moved ({why}): {lacking}."), width));
    }
    out
}

#[derive(Clone, Copy, PartialEq)]
enum Intervals {
    Shown,
    Left,
}

fn table(moved: &Moved<'_>, intervals: Intervals) -> String {
    let header = ["Input", "down", "", "up", ""].map(str::to_owned);
    let cell = |side: &Option<DriverSide>| {
        let Some(side) = side else {
            return MISSING.to_owned();
        };
        let change = moved.measure.change(side);
        let bounds = signed_interval(&change);
        if bounds.is_empty() || intervals == Intervals::Left {
            signed(change.value)
        } else {
            format!("{} ({bounds})", signed(change.value))
        }
    };
    let rows: Vec<Vec<String>> = moved
        .rows
        .iter()
        .map(|row| {
            let mut cells = vec![shortened(row.label, 30)];
            for (words, side) in row.words.iter().zip(&row.sides) {
                cells.extend([(*words).to_owned(), cell(side)]);
            }
            cells
                .into_iter()
                .map(|c| c.replace('\u{a0}', " "))
                .collect()
        })
        .collect();
    aligned(&header, &rows)
}

/// Writes the table `drivers`, the summary `drivers-summary.json` and the page `drivers.html` into a folder
/// that exists.
///
/// # Errors
/// [`FileError`] when the system refuses; files written before stay.
pub fn write_drivers(out: &Path, report: &DriversReport<'_>) -> Result<(), FileError> {
    let moved = Moved::new(*report);
    let texts = [
        drivers_summary(&moved),
        ("drivers.html", drivers_page(&moved)),
    ];
    write_files(out, &[drivers_table(&moved)], &texts)?;
    Ok(())
}

/// `drivers-summary.json`: what was asked, and the answer.
#[derive(Serialize)]
struct SummaryFile<'a> {
    #[serde(flatten)]
    head: SummaryHead<'a>,
    answer: String,
    seed: u64,
    /// Of each change.
    paths: u64,
    horizon_s: u64,
    /// Share of intervals that hold the true value.
    confidence: f64,
    /// Level of the expected shortfall that is compared.
    level: f64,
    /// `bad debt`, or `liquidated collateral` where no bad debt is left beyond the level.
    measure: &'static str,
    /// Expected shortfall of it as the scenario stands, USD.
    expected_shortfall: Option<EstimateFile>,
    not_moved: &'a [&'static str],
}

/// Name and text of the summary.
pub(crate) fn drivers_summary(moved: &Moved<'_>) -> (&'static str, String) {
    let (report, context) = (&moved.report, moved.report.context);
    let file = SummaryFile {
        head: SummaryHead::new(FORMAT, context),
        answer: spans_text(drivers_answer(moved)).replace('\u{a0}', " "),
        seed: report.seed,
        paths: report.paths,
        horizon_s: report.horizon_s,
        confidence: CONFIDENCE,
        level: report.level.0,
        measure: moved.measure.words(),
        expected_shortfall: moved.standing().map(estimate_file),
        not_moved: &moved.lacking,
    };
    let text = json(&file, serde_json::to_string_pretty) + "\n";
    ("drivers-summary.json", text)
}

//! The report of a sweep: the same paths under many settings, and what each input moves.

mod answer;
mod drivers;
mod files;
mod text;

pub(crate) use answer::answer;
pub use drivers::{DriverRow, DriverSide, DriversReport, drivers_text, write_drivers};
pub(crate) use drivers::{
    Measured, Moved, drivers_answer, drivers_summary, signed, signed_interval,
};
pub(crate) use files::sweep_summary;
pub use files::write_sweep;
pub use text::sweep_text;

use crate::answer::NOTHING_USD;
use crate::context::RunContext;
use crate::ensemble::{Figure, HEADLINE};
use backstop_lab::ensemble::{Cell, Distribution, Estimate};
use backstop_lab::metrics::METRICS;

/// A key of the scenario and the values that it takes.
#[derive(Clone, Debug)]
pub struct SweepAxis {
    /// Dotted key, as `--set` takes it.
    pub key: String,
    /// In the order of the sweep.
    pub values: Vec<String>,
}

impl SweepAxis {
    /// Name for people, without its unit.
    pub(crate) fn label(&self) -> &str {
        match self.key.as_str() {
            "shock.fall" => "Fall of prices",
            "impact.depth" => "Depth of venues",
            key => key,
        }
    }

    /// Whether values are shares that read best as per cent.
    fn is_share(&self) -> bool {
        matches!(self.key.as_str(), "shock.fall" | "impact.depth")
    }

    /// A value for people.
    pub(crate) fn show(&self, value: &str) -> String {
        match value.parse::<f64>() {
            Ok(share) if self.is_share() => {
                let text = format!("{:.2}", share * 100.0);
                let text = text.trim_end_matches('0').trim_end_matches('.');
                format!("{text}\u{a0}%")
            }
            _ => value.to_owned(),
        }
    }

    /// The values for people.
    pub(crate) fn shown(&self) -> Vec<String> {
        self.values.iter().map(|value| self.show(value)).collect()
    }

    /// The values as numbers, in the unit in which they are shown; none where one is no number.
    pub(crate) fn numbers(&self) -> Option<Vec<f64>> {
        let factor = if self.is_share() { 100.0 } else { 1.0 };
        let number = |value: &String| {
            let number = value.parse::<f64>().ok().filter(|n| n.is_finite());
            number.map(|number| number * factor)
        };
        self.values.iter().map(number).collect()
    }

    /// Unit of [`SweepAxis::numbers`].
    pub(crate) fn unit(&self) -> &'static str {
        if self.is_share() { "%" } else { "" }
    }
}

/// Everything that a sweep's report shows.
#[derive(Clone, Copy, Debug)]
pub struct SweepReport<'a> {
    /// What was asked, from which inputs.
    pub context: &'a RunContext,
    /// One or two.
    pub axes: &'a [SweepAxis],
    /// One a cell, the last axis running fastest; nothing where it was not run.
    pub cells: &'a [Option<&'a Cell>],
    /// Seed of the whole.
    pub seed: u64,
    /// Paths of each cell.
    pub paths: u64,
    /// From the first to the last step, seconds.
    pub horizon_s: u64,
    /// Tickers of the assets on which a shock falls.
    pub falling: &'a [String],
}

impl SweepReport<'_> {
    /// The page as text, UTF-8. The same report gives the same bytes.
    pub fn page(&self) -> String {
        crate::html::sweep_page(&Known::new(*self))
    }
}

/// What is known of one cell.
#[derive(Clone, Debug)]
pub(crate) struct CellFigures {
    pub(crate) paths: u64,
    pub(crate) stopped: u64,
    pub(crate) bad_debt: Figure,
    pub(crate) seized: Figure,
    pub(crate) amplification: Figure,
    pub(crate) liquidations: Figure,
    /// Share of paths that leave bad debt.
    pub(crate) probability: Option<Estimate>,
}

impl CellFigures {
    fn of(cell: &Cell) -> Option<Self> {
        let figure = |name: &str| {
            let metric = METRICS.iter().find(|metric| metric.name == name)?;
            let none = Distribution::default();
            Some(Figure::of(metric, cell.figure(name).unwrap_or(&none)))
        };
        Some(Self {
            paths: cell.paths,
            stopped: cell.stopped,
            bad_debt: figure("bad_debt")?,
            seized: figure("seized")?,
            amplification: figure("amplification")?,
            liquidations: figure("liquidations")?,
            probability: cell.figure("bad_debt").and_then(probability),
        })
    }

    /// Value at risk of bad debt at the headline's level.
    pub(crate) fn value_at_risk(&self) -> Option<Estimate> {
        Some(self.bad_debt.tail(HEADLINE)?.value_at_risk)
    }

    /// Expected shortfall of bad debt at the headline's level.
    pub(crate) fn expected_shortfall(&self) -> Option<Estimate> {
        Some(self.bad_debt.tail(HEADLINE)?.expected_shortfall)
    }
}

/// Share of terms that are more than rounding, with Wilson's interval (1927), which stays within 0
/// and 1 and has a width where no term or every term is.
fn probability(all: &Distribution) -> Option<Estimate> {
    const Z_SQUARED: f64 = 3.841_458_820_694_124;
    let n = all.sum.count() as f64;
    if n == 0.0 {
        return None;
    }
    let share = 1.0 - all.share_below(NOTHING_USD)?;
    let centre = (share + Z_SQUARED / (2.0 * n)) / (1.0 + Z_SQUARED / n);
    let spread = share * (1.0 - share) / n + Z_SQUARED / (4.0 * n * n);
    let half = (Z_SQUARED * spread).sqrt() / (1.0 + Z_SQUARED / n);
    Some(Estimate {
        value: share,
        low: (centre - half).clamp(0.0, share),
        high: (centre + half).clamp(share, 1.0),
    })
}

/// A report with what its parts share, computed once.
pub(crate) struct Known<'a> {
    pub(crate) report: SweepReport<'a>,
    /// One a cell, in the report's order.
    pub(crate) cells: Vec<Option<CellFigures>>,
}

impl<'a> Known<'a> {
    pub(crate) fn new(report: SweepReport<'a>) -> Self {
        let cells = report.cells.iter();
        Self {
            cells: cells.map(|cell| CellFigures::of((*cell)?)).collect(),
            report,
        }
    }

    /// Lengths of the first axis and of the second, 1 where there is none.
    pub(crate) fn size(&self) -> (usize, usize) {
        let length = |at: usize| self.report.axes.get(at).map_or(1, |axis| axis.values.len());
        (length(0), length(1))
    }

    /// The cell at these positions of the axes, where it was run.
    pub(crate) fn cell(&self, first: usize, second: usize) -> Option<&CellFigures> {
        let (_, seconds) = self.size();
        self.cells.get(first * seconds + second)?.as_ref()
    }

    /// What the answer speaks of: the tail where the paths tell its end, else the mean.
    pub(crate) fn headline(&self) -> Headline {
        let told = |cell: &CellFigures| {
            let var = cell.value_at_risk();
            var.is_some_and(|var| var.high.is_finite())
        };
        if self.cells.iter().flatten().any(told) {
            Headline {
                words: "bad debt at 99\u{a0}%",
                note: "bad debt exceeded in 1\u{a0}% of paths",
                of: CellFigures::value_at_risk,
            }
        } else {
            Headline {
                words: "mean bad debt",
                note: "mean bad debt",
                of: |cell| cell.bad_debt.mean,
            }
        }
    }

    /// Cells that were run.
    pub(crate) fn done(&self) -> usize {
        self.cells.iter().flatten().count()
    }

    /// The settings of a cell in words, such as `Fall of prices 30 %, Depth of venues 50 %`.
    pub(crate) fn settings(&self, first: usize, second: usize) -> String {
        let at = [first, second];
        let words = self.report.axes.iter().zip(at).map(|(axis, at)| {
            let value = axis.values.get(at).map_or("", String::as_str);
            format!("{} {}", axis.label(), axis.show(value))
        });
        words.collect::<Vec<_>>().join(", ")
    }
}

/// What an answer speaks of.
pub(crate) struct Headline {
    /// In a sentence.
    pub(crate) words: &'static str,
    /// Below a figure.
    pub(crate) note: &'static str,
    pub(crate) of: fn(&CellFigures) -> Option<Estimate>,
}

/// One figure of a cell that is drawn.
pub(crate) struct Measure {
    /// Part of an identifier.
    pub(crate) id: &'static str,
    /// Name for people.
    pub(crate) label: &'static str,
    /// `USD`, `share` or `ratio`.
    pub(crate) unit: &'static str,
    pub(crate) of: fn(&CellFigures) -> Option<Estimate>,
}

/// What is drawn, in this order.
pub(crate) const MEASURES: [Measure; 6] = [
    Measure {
        id: "expected-shortfall",
        label: "Bad debt, mean of the worst 1\u{a0}% of paths",
        unit: "USD",
        of: CellFigures::expected_shortfall,
    },
    Measure {
        id: "bad-debt",
        label: "Bad debt, mean",
        unit: "USD",
        of: |cell| cell.bad_debt.mean,
    },
    Measure {
        id: "value-at-risk",
        label: "Bad debt exceeded in 1\u{a0}% of paths",
        unit: "USD",
        of: CellFigures::value_at_risk,
    },
    Measure {
        id: "probability",
        label: "Paths that leave bad debt",
        unit: "share",
        of: |cell| cell.probability,
    },
    Measure {
        id: "seized",
        label: "Liquidated collateral, mean",
        unit: "USD",
        of: |cell| cell.seized.mean,
    },
    Measure {
        id: "amplification",
        label: "Amplification, mean",
        unit: "ratio",
        of: |cell| cell.amplification.mean,
    },
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn probabilities_have_wilsons_interval() {
        let of = |bad: usize, n: usize| {
            let mut all = Distribution::default();
            (0..n).for_each(|i| all.add(if i < bad { 1e6 } else { 0.0 }));
            probability(&all)
        };
        // Wilson's bounds of 5 in 100: 0.0215 and 0.1118.
        let got = of(5, 100).unwrap();
        assert!((got.value - 0.05).abs() < 1e-12);
        assert!((got.low - 0.0215).abs() < 1e-4 && (got.high - 0.1118).abs() < 1e-4);
        let none = of(0, 100).unwrap();
        assert!((none.low, none.value) == (0.0, 0.0) && (none.high - 0.0370).abs() < 1e-4);
        let every = of(100, 100).unwrap();
        assert!((every.value, every.high) == (1.0, 1.0) && every.low < 0.97);
        assert!(of(0, 0).is_none());
    }

    #[test]
    fn values_read_as_they_are_meant() {
        let axis = |key: &str, values: &[&str]| SweepAxis {
            key: key.to_owned(),
            values: values.iter().map(|v| (*v).to_owned()).collect(),
        };
        let fall = axis("shock.fall", &["0", "0.125", "0.3"]);
        assert_eq!(fall.shown(), ["0\u{a0}%", "12.5\u{a0}%", "30\u{a0}%"]);
        assert_eq!(fall.numbers(), Some(vec![0.0, 12.5, 30.0]));
        let version = axis("protocol.version", &["3.0.2", "3.3"]);
        assert_eq!(version.shown(), ["3.0.2", "3.3"]);
        assert_eq!(version.numbers(), None);
    }
}

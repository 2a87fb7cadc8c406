//! The figures of an ensemble: which are shown, how each reads, and what is known of each.

use crate::compare::short;
use crate::format::count;
use backstop_lab::ensemble::{Distribution, Estimate, FALL, Level, Tail, Totals};
use backstop_lab::metrics::{METRICS, Metric};

/// A figure of the main table.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Shown {
    /// Name of the metric.
    pub(crate) metric: &'static str,
    /// Name for people.
    pub(crate) label: &'static str,
}

/// The main table, from top to bottom.
pub(crate) const SHOWN: [Shown; 12] = [
    shown("bad_debt", "Bad debt"),
    shown("seized", "Liquidated collateral"),
    shown("liquidations", "Liquidations"),
    shown("penalty", "Borrowers' penalty"),
    shown("bonus", "Liquidators' bonus"),
    shown("gas", "Gas"),
    shown("slippage", "Slippage"),
    shown("amplification", "Amplification"),
    shown("price_impact", "Price impact"),
    shown("time_to_clear", "Time to clear"),
    shown("toxic_share", "Toxic liquidations"),
    shown("largest_fall", "Largest fall"),
];

const fn shown(metric: &'static str, label: &'static str) -> Shown {
    Shown { metric, label }
}

/// Figures that can be below zero; all others cannot.
const SIGNED: [&str; 6] = [
    "bonus",
    "penalty",
    "lost_surplus",
    "protocol_fee",
    "slippage",
    "liquidator_profit",
];

/// What the paths say of one metric.
#[derive(Clone, Debug)]
pub(crate) struct Figure {
    pub(crate) metric: &'static Metric,
    /// Paths that tell it.
    pub(crate) paths: u64,
    /// Its interval is infinite on both sides where one path tells the figure.
    pub(crate) mean: Option<Estimate>,
    /// One a level of [`Level::SHOWN`]; none where no path tells the figure.
    pub(crate) tails: [Option<Tail>; 3],
    pub(crate) min: Option<f64>,
    pub(crate) max: Option<f64>,
}

impl Figure {
    /// One a metric, in the lab's order.
    pub(crate) fn all(totals: &Totals) -> Vec<Self> {
        let metrics = METRICS.iter().chain(std::iter::once(&FALL));
        let none = Distribution::default();
        metrics
            .map(|metric| Self::of(metric, totals.figure(metric.name).unwrap_or(&none)))
            .collect()
    }

    /// What a distribution says of one metric.
    pub(crate) fn of(metric: &'static Metric, all: &Distribution) -> Self {
        let range = Range::of(metric);
        Self {
            metric,
            paths: all.sum.count(),
            mean: range.mean(all),
            tails: Level::SHOWN.map(|level| range.tail(all, level)),
            min: all.sum.min(),
            max: all.sum.max(),
        }
    }

    /// Value at risk and expected shortfall at one of the levels shown.
    pub(crate) fn tail(&self, level: Level) -> Option<Tail> {
        let at = Level::SHOWN.iter().position(|shown| *shown == level)?;
        self.tails.get(at).copied().flatten()
    }

    /// A value of this figure as a table shows it, without its unit of money.
    pub(crate) fn show(&self, value: f64) -> String {
        show(value, self.metric.unit)
    }

    /// An interval of this figure as a table shows it.
    pub(crate) fn interval(&self, estimate: &Estimate) -> String {
        interval(estimate, |value| self.show(value))
    }
}

/// What an asset took, in the same shape as a metric's figure.
pub(crate) fn money_range(all: &Distribution) -> (Option<Estimate>, [Option<Tail>; 3]) {
    let range = Range {
        least: 0.0,
        most: f64::INFINITY,
    };
    (
        range.mean(all),
        Level::SHOWN.map(|level| range.tail(all, level)),
    )
}

/// What a figure can be.
struct Range {
    least: f64,
    most: f64,
}

impl Range {
    fn of(metric: &Metric) -> Self {
        let signed = SIGNED.contains(&metric.name);
        Self {
            least: if signed { f64::NEG_INFINITY } else { 0.0 },
            most: if metric.unit == "share" {
                1.0
            } else {
                f64::INFINITY
            },
        }
    }

    fn mean(&self, all: &Distribution) -> Option<Estimate> {
        let one = || {
            Some(Estimate {
                value: all.sum.mean()?,
                low: f64::NEG_INFINITY,
                high: f64::INFINITY,
            })
        };
        let known = all.mean().map(|mean| self.possible(mean));
        known.or_else(one)
    }

    /// A normal interval may reach where no figure can be; it is cut there.
    fn possible(&self, estimate: Estimate) -> Estimate {
        Estimate {
            value: estimate.value,
            low: estimate.low.max(self.least),
            high: estimate.high.min(self.most),
        }
    }

    /// Where the paths are too few for an upper end of the quantile they are too few for one of the
    /// mean beyond it, which lies above the quantile's lower end.
    fn tail(&self, all: &Distribution, level: Level) -> Option<Tail> {
        let mut tail = all.tail(level)?;
        let var = tail.value_at_risk;
        tail.expected_shortfall = match var.high.is_infinite() {
            true => Estimate {
                value: tail.expected_shortfall.value,
                ..var
            },
            false => self.possible(tail.expected_shortfall),
        };
        Some(tail)
    }
}

/// A value as a table shows it, without its unit of money. A quantile of a count lies within a
/// thousandth of a whole number.
pub(crate) fn show(value: f64, unit: &str) -> String {
    // Casts from float saturate; counts are not negative.
    match unit {
        "count" if value >= 100.0 || (value - value.round()).abs() <= 0.002 * value => {
            count(value.round() as u64)
        }
        "count" => format!("{value:.1}"),
        unit => short(value, unit),
    }
}

/// An interval as a table shows it; empty where it is infinite on both sides.
pub(crate) fn interval(estimate: &Estimate, show: impl Fn(f64) -> String) -> String {
    match (estimate.low.is_finite(), estimate.high.is_finite()) {
        (true, true) => format!("{} to {}", show(estimate.low), show(estimate.high)),
        (true, false) => format!("{} or more", show(estimate.low)),
        (false, _) => String::new(),
    }
}

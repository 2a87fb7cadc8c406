//! The figures by which designs are compared: how each reads, and which way is better.

use super::Figures;
use crate::answer::NOTHING_USD;
use crate::format::{MISSING, count, decimal, duration_short, money, percent, usd};

/// Which end of a figure is better.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Better {
    Less,
    More,
    /// Depends on who asks.
    Neither,
}

/// One compared figure.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Measure {
    /// Name of the metric.
    pub(crate) metric: &'static str,
    /// Name of the metric that it is a share of; empty for none.
    pub(crate) of: &'static str,
    /// Name in full.
    pub(crate) label: &'static str,
    /// Header of a column in the page.
    pub(crate) head: &'static str,
    /// Header of a narrow column in the terminal.
    pub(crate) short: &'static str,
    /// Unit: `USD`, `count`, `s`, `share` or `ratio`.
    pub(crate) unit: &'static str,
    pub(crate) better: Better,
}

/// All compared figures, in the order of the columns.
pub(crate) const MEASURES: [Measure; 13] = [
    measure(
        "liquidations",
        "Liquidations",
        "Liqui\u{ad}dations",
        "liqui-\ndations",
        "count",
    ),
    measure(
        "accounts_liquidated",
        "Accounts liquidated",
        "Accounts",
        "accounts",
        "count",
    ),
    Measure {
        of: "accounts_liquidated",
        better: Better::More,
        ..measure(
            "accounts_saved",
            "Accounts saved",
            "Of them saved",
            "of them\nsaved",
            "count",
        )
    },
    measure(
        "cleared",
        "Debt cleared",
        "Debt cleared",
        "debt\ncleared",
        "USD",
    ),
    measure("seized", "Collateral seized", "Seized", "seized", "USD"),
    less(measure(
        "bad_debt",
        "Bad debt",
        "Bad debt",
        "bad\ndebt",
        "USD",
    )),
    less(measure(
        "penalty",
        "Borrowers' penalty",
        "Penalty",
        "penalty",
        "USD",
    )),
    less(measure(
        "lost_surplus",
        "Lost surplus",
        "Lost surplus",
        "lost\nsurplus",
        "USD",
    )),
    measure(
        "liquidator_profit",
        "Liquidators' profit",
        "Liqui\u{ad}dators' profit",
        "liq.\nprofit",
        "USD",
    ),
    less(measure("gas", "Gas", "Gas", "gas", "USD")),
    less(measure(
        "price_impact",
        "Price impact caused",
        "Price impact",
        "price\nimpact",
        "share",
    )),
    less(measure(
        "amplification",
        "Amplification",
        "Ampli\u{ad}fication",
        "ampli-\nfied",
        "ratio",
    )),
    less(measure(
        "time_to_clear",
        "Time to clear",
        "Time to clear",
        "time to\nclear",
        "s",
    )),
];

const fn measure(
    metric: &'static str,
    label: &'static str,
    head: &'static str,
    short: &'static str,
    unit: &'static str,
) -> Measure {
    Measure {
        metric,
        of: "",
        label,
        head,
        short,
        unit,
        better: Better::Neither,
    }
}

const fn less(measure: Measure) -> Measure {
    Measure {
        better: Better::Less,
        ..measure
    }
}

impl Measure {
    /// The measure of a metric.
    pub(crate) fn named(metric: &str) -> Option<&'static Self> {
        MEASURES.iter().find(|m| m.metric == metric)
    }

    /// What is ranked: the metric, or its share of another one.
    pub(crate) fn value(&self, figures: &Figures<'_>) -> Option<f64> {
        let value = figures.metric(self.metric)?;
        if self.of.is_empty() {
            return Some(value);
        }
        let whole = figures.metric(self.of)?;
        (whole > 0.0).then(|| value / whole)
    }

    /// The figure as a table shows it, without its unit of money.
    pub(crate) fn show(&self, figures: &Figures<'_>) -> String {
        let Some(value) = figures.metric(self.metric) else {
            return self.missing(figures).to_owned();
        };
        short(value, self.unit)
    }

    /// Why there is no figure, where that is known in a word.
    fn missing(&self, figures: &Figures<'_>) -> &'static str {
        let s = &figures.summary;
        match self.metric {
            "time_to_clear" if s.accounts_breached_end > 0 => "not yet",
            "time_to_clear" if s.steps > 0 && s.accounts_breached_max == 0 => "no breach",
            _ => MISSING,
        }
    }
}

/// A value as the main table shows it, without its unit of money.
pub(crate) fn short(value: f64, unit: &str) -> String {
    match unit {
        // The column's header names the unit.
        "USD" => money(value).replace('$', ""),
        "ratio" => format!("{}×", decimal(value)),
        unit => full(value, unit),
    }
}

/// A value with all digits that matter, without its unit of money.
pub(crate) fn full(value: f64, unit: &str) -> String {
    // Casts from float saturate; counts and durations are not negative.
    match unit {
        "USD" => usd(value),
        "share" => percent(value),
        "count" => count(value as u64),
        "s" => duration_short(value as u64),
        _ => decimal(value),
    }
}

/// Both ends of one figure over the designs that can be ranked.
#[derive(Clone, Debug)]
pub(crate) struct Ranking {
    /// Positions of the designs with the lowest value, ties included.
    pub(crate) lowest: Vec<usize>,
    /// Positions of the designs with the highest value, ties included.
    pub(crate) highest: Vec<usize>,
    /// The lowest value.
    pub(crate) low: f64,
    /// The highest value.
    pub(crate) high: f64,
    /// How many were ranked.
    pub(crate) ranked: usize,
}

impl Ranking {
    /// Whether no difference is worth telling.
    pub(crate) fn all_equal(&self) -> bool {
        self.lowest.len() == self.ranked
    }

    /// Positions of the best designs; none where all are equal or neither end is better.
    pub(crate) fn best(&self, better: Better) -> &[usize] {
        match better {
            _ if self.all_equal() => &[],
            Better::Less => &self.lowest,
            Better::More => &self.highest,
            Better::Neither => &[],
        }
    }
}

/// Ranks the designs whose runs are complete and tell the figure; none where no run does.
pub(crate) fn ranking(figures: &[Figures<'_>], measure: &Measure) -> Option<Ranking> {
    let values: Vec<(usize, f64)> = figures
        .iter()
        .enumerate()
        .filter(|(_, f)| f.complete)
        .filter_map(|(i, f)| Some((i, measure.value(f)?)))
        .collect();
    let low = values.iter().map(|v| v.1).reduce(f64::min)?;
    let high = values.iter().map(|v| v.1).reduce(f64::max)?;
    let unit = match measure.of {
        "" => measure.unit,
        _ => "share",
    };
    let near = |end: f64| -> Vec<usize> {
        let tied = values.iter().filter(|(_, v)| tied(*v, end, unit));
        tied.map(|(i, _)| *i).collect()
    };
    Some(Ranking {
        lowest: near(low),
        highest: near(high),
        low,
        high,
        ranked: values.len(),
    })
}

/// Whether two values read the same: a difference that a reader cannot see is none.
fn tied(a: f64, b: f64, unit: &str) -> bool {
    let reading = |value: f64| match unit {
        "USD" if value.abs() < NOTHING_USD => short(0.0, unit),
        _ => short(value, unit),
    };
    reading(a) == reading(b)
}

#[cfg(test)]
mod tests {
    use super::*;
    use backstop_lab::metrics::METRICS;

    #[test]
    fn every_measure_is_a_metric() {
        for measure in &MEASURES {
            let metric = METRICS.iter().find(|m| m.name == measure.metric).unwrap();
            assert_eq!(metric.unit, measure.unit, "{}", measure.metric);
            let whole = METRICS.iter().any(|m| m.name == measure.of);
            assert!(measure.of.is_empty() || whole, "{}", measure.of);
        }
    }

    #[test]
    fn what_reads_the_same_is_tied() {
        for (a, b, unit, want) in [
            (0.0, 0.4, "USD", true),
            (0.0, 0.6, "USD", false),
            (1_000_000.0, 1_000_400.0, "USD", true),
            (1_000_000.0, 1_006_000.0, "USD", false),
            (0.1, 0.100_4, "share", true),
            (0.1, 0.102, "share", false),
            (1.0, 1.004, "ratio", true),
            (1.0, 1.006, "ratio", false),
            (60.0, 61.0, "s", false),
            (65_520.0, 65_530.0, "s", true),
            (3.0, 3.0, "count", true),
            (-5.0, 5.0, "USD", false),
        ] {
            assert_eq!(tied(a, b, unit), want, "{a} {b} {unit}");
        }
    }
}

//! The figures by which policies are compared.

use crate::format::{MISSING, decimal, money};

/// The metrics that are kept of each path, by name.
pub const AB_METRICS: [&str; 8] = [
    "bad_debt",
    "uncovered_bad_debt",
    "penalty",
    "penalty_burden",
    "amplification",
    "solvent_accounts_liquidated",
    "accounts_liquidated",
    "seized",
];

/// What of a metric's values over the paths is compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Statistic {
    /// The mean.
    Mean,
    /// The mean of the worst paths.
    Beyond,
}

/// One figure. Less of each is better.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Measure {
    /// Name in data.
    pub(crate) name: &'static str,
    pub(crate) metric: &'static str,
    pub(crate) statistic: Statistic,
    /// Name for people.
    pub(crate) label: &'static str,
    /// Name in a sentence; empty where it does not lead.
    pub(crate) words: &'static str,
    /// Head of a narrow column; empty where it does not lead.
    pub(crate) short: &'static str,
    pub(crate) unit: &'static str,
    /// Whether it is drawn, and shown on a terminal.
    pub(crate) leads: bool,
}

/// All figures, from top to bottom.
pub(crate) const MEASURES: [Measure; 9] = [
    Measure {
        label: "Bad debt, mean",
        words: "mean bad debt",
        short: "bad debt",
        ..lead("bad_debt_mean", "bad_debt", "USD")
    },
    Measure {
        statistic: Statistic::Beyond,
        label: "Bad debt, worst 1\u{a0}% of paths",
        words: "bad debt in the worst 1\u{a0}% of paths",
        short: "worst 1 %",
        ..lead("bad_debt_es_99", "bad_debt", "USD")
    },
    Measure {
        label: "Bad debt that no fund covers, mean",
        words: "bad debt that no fund covers",
        short: "uncovered",
        ..lead("uncovered_bad_debt_mean", "uncovered_bad_debt", "USD")
    },
    Measure {
        label: "Borrowers' loss, mean",
        words: "borrowers' loss",
        short: "borrowers",
        ..lead("penalty_mean", "penalty", "USD")
    },
    Measure {
        label: "Amplification of the fall, mean",
        words: "amplification of the fall",
        short: "amplified",
        ..lead("amplification_mean", "amplification", "ratio")
    },
    Measure {
        label: "Solvent accounts liquidated, mean",
        words: "solvent accounts liquidated",
        short: "solvent",
        ..lead(
            "solvent_accounts_liquidated_mean",
            "solvent_accounts_liquidated",
            "count",
        )
    },
    Measure {
        label: "Borrowers' loss over debt cleared, mean",
        leads: false,
        ..lead("penalty_burden_mean", "penalty_burden", "share")
    },
    Measure {
        label: "Accounts liquidated, mean",
        leads: false,
        ..lead("accounts_liquidated_mean", "accounts_liquidated", "count")
    },
    Measure {
        label: "Liquidated collateral, mean",
        leads: false,
        ..lead("seized_mean", "seized", "USD")
    },
];

const fn lead(name: &'static str, metric: &'static str, unit: &'static str) -> Measure {
    Measure {
        name,
        metric,
        statistic: Statistic::Mean,
        label: "",
        words: "",
        short: "",
        unit,
        leads: true,
    }
}

/// A figure for people.
pub(crate) fn value_text(value: f64, unit: &str) -> String {
    match unit {
        "USD" => money(value),
        "share" => format!("{}\u{a0}%", decimal(value * 100.0)),
        "ratio" => format!("{}×", digits(value)),
        _ => decimal(value),
    }
}

/// A change for people, with its sign.
pub(crate) fn change_text(value: f64, unit: &str) -> String {
    let text = match unit {
        // Points of a per cent are no per cent of what was.
        "share" => format!("{}\u{a0}points", decimal(value * 100.0)),
        unit => value_text(value, unit),
    };
    // What rounds to nothing has no sign.
    let counts = |c: char| c.is_ascii_digit() && c != '0';
    match value > 0.0 && text.contains(counts) {
        true => format!("+{text}"),
        false => text,
    }
}

/// A ratio with four decimals: selling often moves it in the third.
fn digits(value: f64) -> String {
    if !value.is_finite() {
        return MISSING.to_owned();
    }
    let text = format!("{value:.4}");
    match text.strip_prefix('-') {
        Some("0.0000") => "0.0000".to_owned(),
        Some(size) => format!("−{size}"),
        None => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use backstop_lab::metrics::METRICS;

    #[test]
    fn measures_are_of_kept_metrics_in_their_unit() {
        for measure in &MEASURES {
            assert!(AB_METRICS.contains(&measure.metric), "{}", measure.name);
            let metric = METRICS.iter().find(|m| m.name == measure.metric).unwrap();
            assert_eq!(metric.unit, measure.unit, "{}", measure.name);
        }
    }

    #[test]
    fn changes_have_their_sign() {
        for (value, unit, want) in [
            (1.2e6, "USD", "+$1.20M"),
            (-1.2e6, "USD", "−$1.20M"),
            (0.0, "USD", "$0"),
            (0.0123, "ratio", "+0.0123×"),
            (-0.00001, "ratio", "0.0000×"),
            (0.00001, "ratio", "0.0000×"),
            (-3.25, "count", "−3.25"),
            (0.0, "count", "0.00"),
            (0.012, "share", "+1.20\u{a0}points"),
            (0.0, "share", "0.00\u{a0}points"),
        ] {
            assert_eq!(change_text(value, unit), want, "{value} {unit}");
        }
    }
}

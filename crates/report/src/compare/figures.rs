//! The figures of each design.

use super::{Comparison, Contender};
use crate::answer::NOTHING_USD;
use crate::format::money;
use crate::summary::Summary;
use backstop_lab::metrics::{Evidence, METRICS};

/// What one design's run comes to.
#[derive(Clone, Debug)]
pub(crate) struct Figures<'a> {
    pub(crate) contender: Contender<'a>,
    pub(crate) summary: Summary,
    /// One a metric, in the order of [`METRICS`]; none where the run does not tell it.
    pub(crate) values: Vec<Option<f64>>,
    /// Whether the run went as far as the longest one; others are shown but not ranked.
    pub(crate) complete: bool,
}

/// The figures of every design, in the order of the comparison.
pub(crate) fn figures<'a>(comparison: &Comparison<'a>) -> Vec<Figures<'a>> {
    let steps = |contender: &Contender<'_>| contender.record.steps.len();
    let longest = comparison.contenders.iter().map(steps).max().unwrap_or(0);
    let one = |contender: &Contender<'a>| {
        let record = contender.record;
        let evidence = Evidence {
            path: record,
            without_feedback: contender.without_feedback,
        };
        let value = |m: &backstop_lab::metrics::Metric| (m.compute)(&evidence);
        let ended = record.interrupted || record.stopped.is_some();
        Figures {
            contender: *contender,
            summary: Summary::new(record, contender.without_feedback),
            values: METRICS.iter().map(value).map(finite).collect(),
            complete: !ended && longest > 0 && record.steps.len() == longest,
        }
    };
    comparison.contenders.iter().map(one).collect()
}

impl Figures<'_> {
    /// The value of a metric; none where the run does not tell it.
    pub(crate) fn metric(&self, name: &str) -> Option<f64> {
        // A run without steps tells nothing, although sums over it are zero.
        if self.contender.record.steps.is_empty() {
            return None;
        }
        let at = METRICS.iter().position(|m| m.name == name)?;
        self.values.get(at).copied().flatten()
    }

    /// Who paid the bad debt and how much, such as `reserve $80.99`; empty where there is none.
    pub(crate) fn payers(&self) -> Vec<String> {
        let s = &self.summary;
        let paid = s.layers.iter().map(|l| (l.layer.as_str(), l.usd));
        let unpaid = [
            ("nobody yet", s.deficit_usd - s.covered_usd),
            ("still open in accounts", s.shortfall_usd),
        ];
        paid.chain(unpaid)
            .filter(|(_, usd)| *usd >= NOTHING_USD)
            .map(|(who, usd)| format!("{who} {}", money(usd)))
            .collect()
    }
}

fn finite(value: Option<f64>) -> Option<f64> {
    value.filter(|v| v.is_finite())
}

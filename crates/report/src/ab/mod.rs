//! The report of policies compared over the same paths: what each changes, how sure, and for whom it is better.

mod answer;
mod files;
mod measures;
mod text;

pub(crate) use answer::answer;
pub(crate) use files::command_of;
pub use files::write_ab;
pub use measures::AB_METRICS;
pub(crate) use measures::{MEASURES, Measure, change_text, value_text};
pub use text::ab_text;

use crate::answer::NOTHING_USD;
use crate::context::RunContext;
use crate::html::ab_page;
use backstop_lab::ensemble::{Distribution, Estimate, Level, difference};
use measures::Statistic;

/// The level of expected shortfall that is compared.
pub(crate) const TAIL: Level = Level(0.99);

/// All paths under one setting.
#[derive(Clone, Copy, Debug, Default)]
pub struct AbRun<'a> {
    /// By metric in the order of [`AB_METRICS`], then by path; nothing where a path does not tell it.
    pub values: &'a [Vec<Option<f64>>],
    /// Paths that the ledger stopped.
    pub stopped: u64,
}

/// One policy, or a set of them, that was compared with the scenario as it stands.
#[derive(Clone, Copy, Debug)]
pub struct AbRow<'a> {
    /// Its name, such as `oracle-twap` or `without insurance-fund`.
    pub label: &'a str,
    /// What it does, in one sentence without its full stop; may be empty.
    pub about: &'a str,
    /// Overrides of the scenario that switch it on or off.
    pub set: &'a [String],
    /// Its paths.
    pub run: AbRun<'a>,
}

/// Everything that a report of policies shows.
#[derive(Clone, Copy, Debug)]
pub struct AbReport<'a> {
    /// What was asked, from which inputs.
    pub context: &'a RunContext,
    /// The scenario as it stands.
    pub base: AbRun<'a>,
    /// What was compared with it.
    pub rows: &'a [AbRow<'a>],
    /// Policies that the protocol or the scenario cannot have, and why.
    pub refused: &'a [(String, String)],
    /// What differs from path to path, one phrase each.
    pub random: &'a [String],
    /// Rows that were asked for; fewer may have been run.
    pub asked: usize,
    /// Seed of the whole.
    pub seed: u64,
    /// Paths of each row.
    pub paths: u64,
    /// From the first to the last step, seconds.
    pub horizon_s: u64,
}

impl AbReport<'_> {
    /// The page as text, UTF-8. The same report gives the same bytes.
    pub fn page(&self) -> String {
        ab_page(&Compared::new(*self))
    }
}

/// What a row does to one figure.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Effect {
    /// The figure without it.
    pub(crate) before: f64,
    /// Its change, paired by path.
    pub(crate) change: Estimate,
    /// Paths that tell the figure on both sides.
    pub(crate) paths: u64,
}

/// What an effect means; less is better of every figure that is compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// The whole interval lies below zero.
    Better,
    /// The whole interval lies above zero.
    Worse,
    /// The interval holds zero.
    NotShown,
    /// The paths are too few for an interval.
    TooFew,
}

impl Verdict {
    /// As data.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Better => "better",
            Self::Worse => "worse",
            Self::NotShown => "no effect shown",
            Self::TooFew => "too few paths",
        }
    }
}

impl Effect {
    /// The figure with it.
    pub(crate) fn after(&self) -> f64 {
        self.before + self.change.value
    }

    /// What it means for a figure in this unit. A change that people would be shown as none is none.
    pub(crate) fn verdict(&self, unit: &str) -> Verdict {
        let Estimate { value, low, high } = self.change;
        if !(low.is_finite() && high.is_finite()) {
            return Verdict::TooFew;
        }
        match (value.abs() >= shown_min(unit), low > 0.0, high < 0.0) {
            (true, true, _) => Verdict::Worse,
            (true, _, true) => Verdict::Better,
            _ => Verdict::NotShown,
        }
    }
}

/// The smallest change of a figure that counts: what rounds to nothing is what sums of other terms differ by.
fn shown_min(unit: &str) -> f64 {
    match unit {
        "USD" => NOTHING_USD,
        "count" => 0.005,
        _ => 0.000_05,
    }
}

/// A report with what its parts share, computed once.
pub(crate) struct Compared<'a> {
    pub(crate) report: AbReport<'a>,
    /// The figures as the scenario stands, in the order of [`MEASURES`]; none where no path tells one.
    pub(crate) base: Vec<Option<Estimate>>,
    /// One list a row, in the same order; none where no two paths tell the figure on both sides.
    pub(crate) rows: Vec<Vec<Option<Effect>>>,
}

impl<'a> Compared<'a> {
    pub(crate) fn new(report: AbReport<'a>) -> Self {
        let base = MEASURES
            .iter()
            .map(|measure| standing(&report.base, measure));
        let row = |row: &AbRow<'_>| {
            let effects = MEASURES.iter().map(|m| effect(&report.base, &row.run, m));
            effects.collect()
        };
        Self {
            base: base.collect(),
            rows: report.rows.iter().map(row).collect(),
            report,
        }
    }

    /// The effects of a row with their measures.
    pub(crate) fn effects(
        &self,
        row: usize,
    ) -> impl Iterator<Item = (&'static Measure, Option<Effect>)> {
        let effects = self.rows.get(row).into_iter().flatten().copied();
        MEASURES.iter().zip(effects)
    }

    /// Paths that the ledger stopped, over all settings.
    pub(crate) fn stopped(&self) -> u64 {
        let rows = self.report.rows.iter().map(|row| row.run.stopped);
        rows.fold(self.report.base.stopped, u64::saturating_add)
    }
}

/// A metric's values by path.
fn values<'r>(run: &AbRun<'r>, measure: &Measure) -> &'r [Option<f64>] {
    let at = AB_METRICS.iter().position(|name| *name == measure.metric);
    at.and_then(|at| run.values.get(at))
        .map_or(&[], Vec::as_slice)
}

fn standing(run: &AbRun<'_>, measure: &Measure) -> Option<Estimate> {
    let mut all = Distribution::default();
    let told = values(run, measure).iter().flatten();
    told.for_each(|value| all.add(*value));
    match measure.statistic {
        Statistic::Mean => all.mean(),
        Statistic::Beyond => Some(all.tail(TAIL)?.expected_shortfall),
    }
}

fn effect(base: &AbRun<'_>, changed: &AbRun<'_>, measure: &Measure) -> Option<Effect> {
    let pairs = values(base, measure).iter().zip(values(changed, measure));
    let (before, after): (Vec<f64>, Vec<f64>) = pairs.filter_map(|(a, b)| (*a).zip(*b)).unzip();
    let moved = difference(&before, &after, TAIL)?;
    let [mean, beyond] = moved.before;
    let (before, change) = match measure.statistic {
        Statistic::Mean => (mean, moved.mean),
        Statistic::Beyond => (beyond, moved.expected_shortfall),
    };
    Some(Effect {
        before,
        change,
        paths: after.len() as u64,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn verdicts_are_read_off_the_interval() {
        for (value, low, high, unit, want) in [
            (-5.0, -9.0, -1.0, "USD", Verdict::Better),
            (5.0, 1.0, 9.0, "USD", Verdict::Worse),
            (5.0, -1.0, 11.0, "USD", Verdict::NotShown),
            (0.0, 0.0, 0.0, "USD", Verdict::NotShown),
            (0.4, 0.3, 0.5, "USD", Verdict::NotShown),
            (0.4, 0.3, 0.5, "count", Verdict::Worse),
            (-1e-6, -2e-6, -1e-7, "share", Verdict::NotShown),
            (-1e-3, -2e-3, -1e-4, "ratio", Verdict::Better),
            (
                5.0,
                f64::NEG_INFINITY,
                f64::INFINITY,
                "USD",
                Verdict::TooFew,
            ),
        ] {
            let effect = Effect {
                before: 0.0,
                change: Estimate { value, low, high },
                paths: 2,
            };
            assert_eq!(effect.verdict(unit), want, "{value} {low} {high} {unit}");
        }
    }
}

//! The common times of all designs' steps.

use super::Figures;
use backstop_lab::record::{PathRecord, StepRow};

/// The times of the longest run, seconds since 1970.
#[derive(Clone, Debug)]
pub(crate) struct Timeline(Vec<u64>);

impl Timeline {
    /// The times of the run with the most steps.
    pub(crate) fn of(figures: &[Figures<'_>]) -> Self {
        let records = figures.iter().map(|f| f.contender.record);
        let longest = records.max_by_key(|record| record.steps.len());
        Self(longest.map_or_else(Vec::new, |r| r.steps.iter().map(|s| s.time).collect()))
    }

    /// The times, ascending.
    pub(crate) fn times(&self) -> &[u64] {
        &self.0
    }

    /// A figure of each step; NaN at times for which the run has no step.
    pub(crate) fn series(&self, record: &PathRecord, of: impl Fn(&StepRow) -> f64) -> Vec<f64> {
        let values: Vec<f64> = record.steps.iter().map(of).collect();
        self.aligned(record, &values)
    }

    /// The running sum of a figure; NaN at times for which the run has no step, and from the first
    /// step on that does not tell the figure.
    pub(crate) fn sums(&self, record: &PathRecord, of: impl Fn(&StepRow) -> f64) -> Vec<f64> {
        let sum = |sum: &mut f64, step: &StepRow| {
            *sum += of(step);
            Some(*sum)
        };
        let sums: Vec<f64> = record.steps.iter().scan(0.0, sum).collect();
        self.aligned(record, &sums)
    }

    fn aligned(&self, record: &PathRecord, values: &[f64]) -> Vec<f64> {
        let mut steps = record.steps.iter().zip(values).peekable();
        let one = |time: &u64| {
            while steps.next_if(|(step, _)| step.time < *time).is_some() {}
            let here = steps.peek().filter(|(step, _)| step.time == *time);
            here.map_or(f64::NAN, |(_, value)| **value)
        };
        self.0.iter().map(one).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn runs_of_other_lengths_are_aligned_by_time() {
        let record = PathRecord {
            steps: [(60, 1.0), (90, 2.0), (120, 4.0)]
                .map(|(time, gas_usd)| StepRow {
                    time,
                    gas_usd,
                    ..StepRow::default()
                })
                .to_vec(),
            ..PathRecord::default()
        };
        let timeline = Timeline(vec![0, 60, 120, 180]);
        let shown = |values: Vec<f64>| format!("{values:?}");
        let gas = |s: &StepRow| s.gas_usd;
        assert_eq!(shown(timeline.series(&record, gas)), "[NaN, 1.0, 4.0, NaN]");
        assert_eq!(shown(timeline.sums(&record, gas)), "[NaN, 1.0, 7.0, NaN]");
    }
}

//! `--recorded`: what the path liquidated beside what was recorded.

use crate::failure::Failure;
use backstop_io::format_time;
use backstop_io::price::read_points;
use backstop_io::table::{Column, ColumnData, Table};
use backstop_lab::record::PathRecord;
use backstop_lab::statistics::hindcast::{Agreement, by_period};
use std::io::Write;
use std::path::Path;

/// Recorded amounts by period, and those of the path.
pub(super) struct Recorded {
    starts: Vec<u64>,
    recorded: Vec<f64>,
    predicted: Vec<f64>,
    agreement: Option<Agreement>,
}

impl Recorded {
    /// Reads a file with the columns `time` (start of a period) and `repaid_usd`, and sums the debt that
    /// the path repaid over the same periods. A period is as long as the smallest distance of two rows;
    /// one without a row recorded nothing.
    ///
    /// # Errors
    /// When the file is malformed, has fewer than two rows, rows that begin between two periods, or none
    /// within the path.
    pub(super) fn new(file: &Path, record: &PathRecord) -> Result<Self, Failure> {
        let wrong = |why: String| Failure::new(format!("{}: {why}", file.display()));
        let series = read_points(file, &["repaid_usd"])?;
        let series = series.into_iter().next().unwrap_or_default();
        let lengths = series.times.windows(2).map(|pair| pair[1] - pair[0]);
        let (Some(period), Some(row)) = (lengths.min(), series.times.first()) else {
            return Err(wrong(
                "found fewer than two rows, allowed: two or more".to_owned(),
            ));
        };
        if let Some(time) = series
            .times
            .iter()
            .find(|t| !(*t - row).is_multiple_of(period))
        {
            let time = format_time(*time);
            return Err(wrong(format!(
                "time: found {time}, allowed: whole periods of {period} s after the first"
            )));
        }
        let (Some(first), Some(done)) = (record.steps.first(), record.steps.last()) else {
            return Err(wrong("the path has no steps".to_owned()));
        };
        let (first, done) = (first.time, done.time);
        if !series
            .times
            .iter()
            .any(|time| (first..=done).contains(time))
        {
            let (first, done) = (format_time(first), format_time(done));
            return Err(wrong(format!(
                "time: no period begins within the path, allowed: {first} to {done}"
            )));
        }
        // The first start of a period at the path's first step or later.
        let ahead = (row % period + period - first % period) % period;
        let starts: Vec<u64> = (first + ahead..=done)
            .step_by(usize::try_from(period).unwrap_or(usize::MAX))
            .collect();
        let end = starts.last().map_or(done, |last| last + period);
        let repaid = record.steps.iter().map(|step| (step.time, step.repaid_usd));
        let known = series.times.iter().copied().zip(series.values);
        let predicted = by_period(&starts, end, repaid);
        let recorded = by_period(&starts, end, known);
        Ok(Self {
            agreement: Agreement::new(&predicted, &recorded),
            starts,
            recorded,
            predicted,
        })
    }

    /// The table `recorded`.
    pub(super) fn table(&self) -> Table {
        Table::new(
            "recorded",
            vec![
                Column::new(
                    "time",
                    "s",
                    "Start of the period, seconds since 1970.",
                    ColumnData::U64(self.starts.clone()),
                ),
                Column::new(
                    "recorded_usd",
                    "USD",
                    "Debt that liquidators repaid, as recorded.",
                    ColumnData::F64(self.recorded.clone()),
                ),
                Column::new(
                    "predicted_usd",
                    "USD",
                    "Debt that liquidators repaid on the path.",
                    ColumnData::F64(self.predicted.clone()),
                ),
            ],
        )
    }

    /// Tells the periods and how near they are.
    ///
    /// # Errors
    /// When the screen is closed.
    pub(super) fn tell(&self, screen: &mut impl Write) -> Result<(), Failure> {
        writeln!(
            screen,
            "\n{:<22}{:>18}{:>18}",
            "period from", "recorded USD", "predicted USD"
        )?;
        let rows = self.starts.iter().zip(&self.recorded).zip(&self.predicted);
        for ((time, known), told) in rows {
            writeln!(
                screen,
                "{:<22}{known:>18.0}{told:>18.0}",
                format_time(*time)
            )?;
        }
        let Some(got) = self.agreement else {
            return Ok(());
        };
        writeln!(
            screen,
            "{:<22}{:>18.0}{:>18.0}",
            "all", got.recorded, got.predicted
        )?;
        let told = |value: Option<f64>| value.map_or_else(|| "?".to_owned(), |v| format!("{v:.2}"));
        writeln!(
            screen,
            "predicted over recorded {}, root mean squared difference of a period {:.0} USD, correlation {}\n",
            told(got.ratio),
            got.error,
            told(got.correlation)
        )?;
        Ok(())
    }
}

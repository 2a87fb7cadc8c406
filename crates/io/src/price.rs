//! Prices and other series over time, from CSV and Parquet.
//!
//! A candle's time is its start. Nothing is filled in or smoothed here: gaps are reported, and
//! the market world decides what happens within and between candles.

use crate::error::{FileError, Place};
use crate::instant::format_time;
use crate::numbers::{self, Choice, Chosen, Missing, Numbers, Wanted, find};
use std::path::{Path, PathBuf};

/// How the columns of a price file are named.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Layout {
    /// Columns by name in a header: a time and either open, high, low and close, or one price.
    #[default]
    Ohlcv,
    /// Names given in the scenario, in place of the usual ones.
    Named(ColumnNames),
    /// Binance's kline export: twelve columns by position, with or without a header.
    Binance,
}

/// Names of the columns of a price file; `None` stands for the usual names.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ColumnNames {
    /// Start of the candle.
    pub time: Option<String>,
    /// First price.
    pub open: Option<String>,
    /// Highest price.
    pub high: Option<String>,
    /// Lowest price.
    pub low: Option<String>,
    /// Last price.
    pub close: Option<String>,
    /// The only price; then the other four are not read.
    pub price: Option<String>,
}

/// Candles in the order of time.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct PriceSeries {
    /// Start of each candle, seconds since 1970; strictly rising.
    pub times: Vec<u64>,
    /// Seconds that each candle covers; at least 1, never beyond the start of the next.
    pub durations_s: Vec<u64>,
    /// First price.
    pub open: Vec<f64>,
    /// Highest price.
    pub high: Vec<f64>,
    /// Lowest price.
    pub low: Vec<f64>,
    /// Last price.
    pub close: Vec<f64>,
}

impl PriceSeries {
    /// First second that the series covers; `None` where it is empty.
    pub fn start(&self) -> Option<u64> {
        self.times.first().copied()
    }

    /// First second after the series; `None` where it is empty.
    pub fn end(&self) -> Option<u64> {
        Some(self.times.last()? + self.durations_s.last()?)
    }

    /// The price at a time: the open of the candle that starts there, else open to close in a
    /// straight line within the candle, else (in a gap) the last close. `None` before the start.
    pub fn at(&self, time: u64) -> Option<f64> {
        let i = self.times.partition_point(|t| *t <= time).checked_sub(1)?;
        let share = (time - self.times[i]) as f64 / self.durations_s[i] as f64;
        Some(self.open[i] + (self.close[i] - self.open[i]) * share.min(1.0))
    }

    /// The open of the candle that holds at a time, also in the gap after it. `None` before the
    /// start.
    pub fn open_at(&self, time: u64) -> Option<f64> {
        let i = self.times.partition_point(|t| *t <= time).checked_sub(1)?;
        self.open.get(i).copied()
    }

    /// The candles that begin at a time or later.
    pub fn since(mut self, time: u64) -> Self {
        let first = self.times.partition_point(|start| *start < time);
        self.times.drain(..first);
        self.durations_s.drain(..first);
        for prices in [
            &mut self.open,
            &mut self.high,
            &mut self.low,
            &mut self.close,
        ] {
            prices.drain(..first);
        }
        self
    }

    /// Adds a later series; where it starts inside the last candle, that candle is shortened.
    ///
    /// # Errors
    /// A sentence when the other series does not start after this one's last candle began.
    pub fn append(&mut self, later: Self) -> Result<(), String> {
        let (Some(last), Some(first)) = (self.times.last(), later.start()) else {
            *self = if self.times.is_empty() {
                later
            } else {
                std::mem::take(self)
            };
            return Ok(());
        };
        if first <= *last {
            return Err(overlap(first, *last));
        }
        let room = first - last;
        if let Some(duration) = self.durations_s.last_mut() {
            *duration = room.min(*duration);
        }
        self.times.extend(later.times);
        self.durations_s.extend(later.durations_s);
        self.open.extend(later.open);
        self.high.extend(later.high);
        self.low.extend(later.low);
        self.close.extend(later.close);
        Ok(())
    }
}

fn overlap(first: u64, last: u64) -> String {
    format!(
        "starts at {}, but the file before it runs to {}; allowed: files in the order of time",
        format_time(first),
        format_time(last)
    )
}

/// Numbers at points in time, strictly rising.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct TimeSeries {
    /// Seconds since 1970.
    pub times: Vec<u64>,
    /// The values.
    pub values: Vec<f64>,
}

impl TimeSeries {
    /// The value that holds at a time: the last one not later, else the first one.
    pub fn at(&self, time: u64) -> Option<f64> {
        let after = self.times.partition_point(|t| *t <= time);
        self.values.get(after.saturating_sub(1)).copied()
    }

    /// The value on a straight line between the points around a time; the last one after the end,
    /// the first one before the start.
    pub fn linear_at(&self, time: u64) -> Option<f64> {
        let after = self.times.partition_point(|t| *t <= time);
        let before = after.saturating_sub(1);
        let (from, value) = (self.times.get(before)?, self.values.get(before)?);
        match (self.times.get(after), self.values.get(after)) {
            (Some(to), Some(next)) if time > *from => {
                Some(value + (next - value) * (time - from) as f64 / (to - from) as f64)
            }
            _ => Some(*value),
        }
    }

    /// Until when the series tells anything: the last value holds as long as values commonly do.
    pub(crate) fn end(&self) -> Option<u64> {
        let step = usual_step(&self.times).unwrap_or(0);
        self.times.last().map(|last| last.saturating_add(step))
    }

    /// Adds a later series.
    ///
    /// # Errors
    /// A sentence when the other series does not start after this one's end.
    pub fn append(&mut self, later: Self) -> Result<(), String> {
        if let (Some(last), Some(first)) = (self.times.last(), later.times.first())
            && first <= last
        {
            return Err(overlap(*first, *last));
        }
        self.times.extend(later.times);
        self.values.extend(later.values);
        Ok(())
    }
}

const TIME_NAMES: [&str; 7] = [
    "time",
    "timestamp",
    "ts",
    "date",
    "datetime",
    "open_time",
    "time_period_start",
];

/// Reads candles, with notes on the gaps.
///
/// # Errors
/// [`FileError`] when the file is missing or damaged, a time does not rise, a price is not a
/// positive number, or a candle's prices contradict each other.
pub fn read_prices(path: &Path, layout: &Layout) -> Result<(PriceSeries, Vec<String>), FileError> {
    let names = match layout {
        Layout::Binance => {
            let columns = [
                (0, "open time"),
                (1, "open"),
                (2, "high"),
                (3, "low"),
                (4, "close"),
            ];
            let width = 12;
            let columns = &columns;
            return candles(
                path,
                numbers::read(path, &Choice::Positional { columns, width })?,
            );
        }
        Layout::Ohlcv => &ColumnNames::default(),
        Layout::Named(names) => names,
    };
    let choose = |header: &[String]| choose_prices(header, names);
    candles(path, numbers::read(path, &Choice::Named(&choose))?)
}

/// Reads a time column and named columns of positive numbers, one series a column.
///
/// # Errors
/// As [`read_prices`].
pub fn read_points(path: &Path, columns: &[&'static str]) -> Result<Vec<TimeSeries>, FileError> {
    let choose = |header: &[String]| {
        let time = find(
            header,
            &Wanted {
                key: "time",
                names: &TIME_NAMES,
            },
        );
        let others = columns.iter().map(|name| {
            find(
                header,
                &Wanted {
                    key: name,
                    names: &[name],
                },
            )
        });
        std::iter::once(time).chain(others).collect()
    };
    let read = numbers::read(path, &Choice::Named(&choose))?;
    let times = read.times;
    let series = |values| TimeSeries {
        times: times.clone(),
        values,
    };
    Ok(read.values.into_iter().map(series).collect())
}

/// Reads a time column and one column of positive numbers, as large as pools tell their liquidity in smallest
/// units, from files in the order of time; with notes on the gaps within and between them.
///
/// # Errors
/// As [`read_prices`], or when a file does not begin after the one before.
pub fn read_column(
    files: &[PathBuf],
    column: &str,
) -> Result<(TimeSeries, Vec<String>), FileError> {
    let choose = |header: &[String]| {
        let wanted = |key, names| find(header, &Wanted { key, names });
        let time = wanted("time", &TIME_NAMES[..])?;
        Ok(vec![time, wanted("depth", &[column])?])
    };
    let mut all = TimeSeries::default();
    for file in files {
        let read = numbers::read_large(file, &Choice::Named(&choose))?;
        let values = read.values.into_iter().next().unwrap_or_default();
        let series = TimeSeries {
            times: read.times,
            values,
        };
        all.append(series)
            .map_err(|why| FileError::content(file, Place::File, "time", why))?;
    }
    let notes = match (files.first(), usual_step(&all.times)) {
        (Some(first), Some(step)) => gaps(first, &all.times, ("rows", step)),
        _ => Vec::new(),
    };
    Ok((all, notes))
}

fn choose_prices(header: &[String], names: &ColumnNames) -> Result<Vec<Chosen>, Missing> {
    let named = |key: &'static str, given: &Option<String>, usual: &[&str]| match given {
        Some(name) => find(
            header,
            &Wanted {
                key,
                names: &[name],
            },
        ),
        None => find(header, &Wanted { key, names: usual }),
    };
    let time = named("time", &names.time, &TIME_NAMES)?;
    let open = named("open", &names.open, &["open"]);
    let one = named("price", &names.price, &["price", "close"]);
    let explicit = names.price.is_some();
    if explicit || (open.is_err() && one.is_ok() && names.open.is_none()) {
        return Ok(vec![time, one?]);
    }
    Ok(vec![
        time,
        open?,
        named("high", &names.high, &["high"])?,
        named("low", &names.low, &["low"])?,
        named("close", &names.close, &["close"])?,
    ])
}

fn candles(path: &Path, read: Numbers) -> Result<(PriceSeries, Vec<String>), FileError> {
    let step = usual_step(&read.times).ok_or_else(|| {
        let message = "found one row; allowed: at least two, so that a candle's length is known";
        FileError::content(path, read.place(0), "", message)
    })?;
    check_nesting(path, &read)?;
    let notes = gaps(path, &read.times, ("candles", step));
    let next = read.times.iter().skip(1).copied().chain([u64::MAX]);
    let durations_s = read
        .times
        .iter()
        .zip(next)
        .map(|(t, n)| step.min(n - t))
        .collect();
    let mut values = read.values.into_iter();
    let open = values.next().unwrap_or_default();
    let (high, low, close) = match (values.next(), values.next(), values.next()) {
        (Some(high), Some(low), Some(close)) => (high, low, close),
        _ => (open.clone(), open.clone(), open.clone()),
    };
    let times = read.times;
    let series = PriceSeries {
        times,
        durations_s,
        open,
        high,
        low,
        close,
    };
    Ok((series, notes))
}

/// The commonest difference between neighbours; the smallest one of several equally common.
fn usual_step(times: &[u64]) -> Option<u64> {
    let mut steps: Vec<u64> = times.windows(2).map(|pair| pair[1] - pair[0]).collect();
    steps.sort_unstable();
    let runs = steps.chunk_by(|a, b| a == b);
    // Of equal counts `max_by_key` keeps the last, so the runs go from the largest step down.
    let runs: Vec<&[u64]> = runs.collect();
    runs.iter()
        .rev()
        .max_by_key(|run| run.len())
        .map(|run| run[0])
}

fn check_nesting(path: &Path, read: &Numbers) -> Result<(), FileError> {
    let [open, high, low, close] = read.values.as_slice() else {
        return Ok(());
    };
    for i in 0..open.len() {
        let (o, h, l, c) = (open[i], high[i], low[i], close[i]);
        if l > o.min(c) || h < o.max(c) {
            let message = format!(
                "found open {o}, high {h}, low {l}, close {c}; allowed: low ≤ open, close ≤ high \
                 (where a source's highs and lows are unreliable, read its close as the price)"
            );
            return Err(FileError::content(path, read.place(i), "high/low", message));
        }
    }
    Ok(())
}

/// One sentence for all gaps of a file.
fn gaps(path: &Path, times: &[u64], (what, step): (&str, u64)) -> Vec<String> {
    let missing = times
        .windows(2)
        .map(|pair| (pair[1] - pair[0], pair[0]))
        .filter(|(difference, _)| *difference > step);
    let count = missing.clone().count();
    let file = path.file_name().unwrap_or_default().to_string_lossy();
    missing
        .max_by_key(|(difference, at)| (*difference, u64::MAX - at))
        .map(|(longest, at)| {
            let place = format_time(at + step);
            let longest = longest - step;
            format!("{file}: {count} gap(s) between {what} of {step} s; the longest lasts {longest} s from {place}")
        })
        .into_iter()
        .collect()
}

#[cfg(test)]
mod tests;

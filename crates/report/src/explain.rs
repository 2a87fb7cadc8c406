//! One account's liquidations from a results folder: every number, formula, operand and rounding.

use crate::format::{health, moment, one_line, plural, units};
use crate::results::{ACCOUNTS, TRACES, TraceEntry, TraceLine};
use crate::trace::{rounding_of, rounding_word};
use backstop_core::units::{Amount, Ratio, U256};
use backstop_io::{FileError, Place, read_text};
use serde::Deserialize;
use std::fmt::{self, Write};
use std::path::Path;

/// Why nothing could be explained.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ExplainError {
    /// A file of the folder is missing or damaged.
    File(FileError),
    /// The run has no such account.
    UnknownAccount {
        /// What was asked for.
        asked: String,
        /// The most similar names, nearest first.
        nearest: Vec<String>,
        /// How many accounts the run has.
        accounts: usize,
    },
}

impl fmt::Display for ExplainError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(error) => error.fmt(f),
            Self::UnknownAccount {
                asked,
                nearest,
                accounts,
            } => {
                write!(
                    f,
                    "no account {asked:?} among the {accounts} accounts that had debt"
                )?;
                if !nearest.is_empty() {
                    write!(f, "; the nearest: {}", one_line(&nearest.join(", ")))?;
                }
                Ok(())
            }
        }
    }
}

impl std::error::Error for ExplainError {}

impl From<FileError> for ExplainError {
    fn from(error: FileError) -> Self {
        Self::File(error)
    }
}

/// The part of an account's row that matters here.
#[derive(Clone, Debug, Deserialize)]
struct Account {
    account: u32,
    name: Option<String>,
    health_start: String,
    health_end: String,
}

impl Account {
    fn title(&self) -> String {
        match &self.name {
            Some(name) => format!("{} (account {})", one_line(name), self.account),
            None => format!("account {}", self.account),
        }
    }

    /// What a person may call it.
    fn answers_to(&self) -> String {
        self.name
            .clone()
            .unwrap_or_else(|| self.account.to_string())
    }
}

/// Explains every liquidation of one account as aligned plain text.
///
/// `folder` is what [`crate::write_results`] wrote; `account` is a name of the book file or the
/// account's number. An account that was never liquidated gets a sentence with its health.
///
/// # Errors
/// [`ExplainError`] when a file is missing or damaged or the account is not known.
pub fn explain(folder: &Path, account: &str) -> Result<String, ExplainError> {
    let accounts = read_accounts(&folder.join(ACCOUNTS))?;
    let found = find(&accounts, account)?;
    let lines = read_traces(&folder.join(TRACES), found.account)?;
    let mut out = String::new();
    heading(&mut out, found, lines.len());
    for (i, line) in lines.iter().enumerate() {
        liquidation(&mut out, i + 1, lines.len(), line);
    }
    Ok(out)
}

fn read_accounts(path: &Path) -> Result<Vec<Account>, FileError> {
    let text = read_text(path)?;
    let accounts: Vec<Account> =
        serde_json::from_str(&text).map_err(|e| malformed(path, e.line(), &e))?;
    for (i, account) in accounts.iter().enumerate() {
        for (key, value) in [
            ("health_start", &account.health_start),
            ("health_end", &account.health_end),
        ] {
            number(path, Place::Row(i as u64 + 1), key, value)?;
        }
    }
    Ok(accounts)
}

fn read_traces(path: &Path, account: u32) -> Result<Vec<TraceLine>, FileError> {
    let text = read_text(path)?;
    let mut found = Vec::new();
    for (i, line) in text
        .lines()
        .enumerate()
        .filter(|(_, line)| !line.trim().is_empty())
    {
        let line: TraceLine = serde_json::from_str(line).map_err(|e| malformed(path, i + 1, &e))?;
        check_line(path, i + 1, &line)?;
        if line.account == account {
            found.push(line);
        }
    }
    Ok(found)
}

fn check_line(path: &Path, at: usize, line: &TraceLine) -> Result<(), FileError> {
    let place = || Place::Line(at as u64);
    let amounts = [
        ("repaid", &line.repaid),
        ("seized", &line.seized),
        ("protocol_fee", &line.protocol_fee),
        ("health_before", &line.health_before),
        ("health_after", &line.health_after),
    ];
    for (key, value) in amounts {
        number(path, place(), key, value)?;
    }
    for entry in &line.trace {
        if let Some(name) = entry
            .rounding
            .as_deref()
            .filter(|name| rounding_of(name).is_none())
        {
            let message = format!("found {name:?}; allowed: floor, ceil, half_up, null");
            return Err(FileError::content(path, place(), "trace.rounding", message));
        }
    }
    Ok(())
}

fn malformed(path: &Path, line: usize, error: &serde_json::Error) -> FileError {
    let text = error.to_string();
    let text = text.split(" at line ").next().unwrap_or(&text);
    FileError::content(
        path,
        Place::Line(line as u64),
        "",
        format!("cannot be read: {text}"),
    )
}

fn number(path: &Path, place: Place, key: &str, text: &str) -> Result<U256, FileError> {
    let digits = !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    let value = if digits {
        U256::from_str_radix(text, 10).ok()
    } else {
        None
    };
    value.ok_or_else(|| {
        let message =
            format!("found {text:?}; allowed: a whole number below 2^256 as decimal digits");
        FileError::content(path, place, key, message)
    })
}

/// By name first; then by number, also as `account 12` and `#12`.
fn find<'a>(accounts: &'a [Account], asked: &str) -> Result<&'a Account, ExplainError> {
    let wanted = asked.trim();
    let by_name = accounts.iter().find(|a| a.name.as_deref() == Some(wanted));
    let digits = wanted
        .trim_start_matches("account")
        .trim_start_matches('#')
        .trim();
    let id = digits.parse::<u32>().ok();
    let by_number = || accounts.iter().find(|a| Some(a.account) == id);
    by_name
        .or_else(by_number)
        .ok_or_else(|| ExplainError::UnknownAccount {
            asked: asked.to_owned(),
            nearest: nearest(accounts, wanted),
            accounts: accounts.len(),
        })
}

/// The three most similar names.
fn nearest(accounts: &[Account], wanted: &str) -> Vec<String> {
    const SHOWN: usize = 3;
    const COMPARED_MAX: usize = 80;
    let wanted: Vec<char> = wanted.to_lowercase().chars().take(COMPARED_MAX).collect();
    let mut ranked: Vec<(usize, String)> = accounts
        .iter()
        .map(|account| {
            let name = account.answers_to();
            let letters: Vec<char> = name.to_lowercase().chars().take(COMPARED_MAX).collect();
            (distance(&wanted, &letters), name)
        })
        .collect();
    ranked.sort();
    ranked
        .into_iter()
        .take(SHOWN)
        .map(|(_, name)| name)
        .collect()
}

/// Levenshtein distance: how many letters differ, are missing or too many.
fn distance(a: &[char], b: &[char]) -> usize {
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.iter().enumerate() {
        let mut corner = i;
        let mut left = i + 1;
        for (y, cell) in b.iter().zip(row.iter_mut().skip(1)) {
            let best = (corner + usize::from(x != y)).min(*cell + 1).min(left + 1);
            corner = *cell;
            *cell = best;
            left = best;
        }
        if let Some(first) = row.first_mut() {
            *first = i + 1;
        }
    }
    row.last().copied().unwrap_or(a.len())
}

/// Width of the labels of numbers that are given.
const LABEL: usize = 40;

// Writing to a string cannot fail, so the results of `write!` below are not looked at.

fn heading(out: &mut String, account: &Account, times: usize) {
    let factor = |text: &str| health(Ratio(parsed(text)));
    let (start, end) = (factor(&account.health_start), factor(&account.health_end));
    let _ = match times {
        0 => writeln!(out, "{} was never liquidated.", account.title()),
        n => {
            let times = plural(n as u64, "time", "times").replace('\u{a0}', " ");
            writeln!(out, "{} was liquidated {times}.", account.title())
        }
    };
    let _ = writeln!(
        out,
        "Health factor: {start} at the start, {end} at the end."
    );
}

/// A number that was checked when the file was read.
fn parsed(text: &str) -> U256 {
    U256::from_str_radix(text, 10).unwrap_or_default()
}

fn liquidation(out: &mut String, n: usize, of: usize, line: &TraceLine) {
    let _ = writeln!(
        out,
        "\nLiquidation {n} of {of}: {}, step {}, by {}",
        moment(line.time),
        line.step,
        one_line(&line.liquidator)
    );
    let amount = |text: &str, decimals: u8, symbol: &str| {
        format!(
            "{} {}",
            units(Amount(parsed(text)), decimals),
            one_line(symbol)
        )
    };
    let (debt, collateral) = (
        (line.debt_decimals, &line.debt),
        (line.collateral_decimals, &line.collateral),
    );
    let facts = [
        ("repaid", amount(&line.repaid, debt.0, debt.1), &line.repaid),
        (
            "received",
            amount(&line.seized, collateral.0, collateral.1),
            &line.seized,
        ),
        (
            "protocol's fee",
            amount(&line.protocol_fee, collateral.0, collateral.1),
            &line.protocol_fee,
        ),
        (
            "health before",
            health(Ratio(parsed(&line.health_before))),
            &line.health_before,
        ),
        (
            "health after",
            health(Ratio(parsed(&line.health_after))),
            &line.health_after,
        ),
    ];
    let width = facts
        .iter()
        .map(|(_, text, _)| text.chars().count())
        .max()
        .unwrap_or(0);
    for (name, text, exact) in &facts {
        let _ = writeln!(out, "  {name:<15} {text:<width$}   exact {exact}");
    }
    if line.trace.is_empty() {
        out.push_str("  No trace was kept in this run.\n");
    }
    if line
        .trace
        .first()
        .is_some_and(|entry| entry.inputs.is_empty())
    {
        out.push('\n');
    }
    for (i, entry) in line.trace.iter().enumerate() {
        step(out, i + 1, entry);
    }
}

fn step(out: &mut String, n: usize, entry: &TraceEntry) {
    let (label, formula) = (one_line(&entry.label), one_line(&entry.formula));
    let result = one_line(&entry.result);
    let rounding = entry
        .rounding
        .as_deref()
        .and_then(rounding_of)
        .map(rounding_word);
    let rounded = rounding.map_or_else(|| "exact".to_owned(), |word| format!("rounded {word}"));
    if entry.inputs.is_empty() {
        let note = rounding.map_or(String::new(), |_| format!(", {rounded}"));
        let _ = writeln!(out, "{n:>4}  {label:<LABEL$}  {result}   {formula}{note}");
        return;
    }
    let _ = writeln!(out, "\n{n:>4}  {label}\n      = {formula}");
    let names = entry.inputs.iter().map(|(name, _)| name.chars().count());
    let width = names.max().unwrap_or(0).max("result".len());
    for (name, value) in &entry.inputs {
        let (name, value) = (one_line(name), one_line(value));
        let _ = writeln!(out, "        {name:<width$}  {value}");
    }
    let _ = writeln!(out, "        {:<width$}  {result}   {rounded}", "result");
}

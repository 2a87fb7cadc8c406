//! What is wrong with a file: where, what was found, what is allowed.

use std::fmt;
use std::path::Path;

/// Where in a file a problem lies.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Place {
    /// The file as a whole.
    File,
    /// A line, counted from 1.
    Line(u64),
    /// A line and a column, both counted from 1; columns count characters.
    Position {
        /// Line.
        line: u64,
        /// Column.
        column: u64,
    },
    /// A row of a file without lines (Parquet, JSON), counted from 1.
    Row(u64),
    /// The argument `--set key=value` with this text.
    Set(String),
}

/// One thing that is wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// The file, as the caller named it.
    pub file: String,
    /// Where in it.
    pub place: Place,
    /// Dotted key or column name; empty where the problem is not about one.
    pub key: String,
    /// What was found and what is allowed.
    pub message: String,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.place {
            Place::File => write!(f, "{}: ", self.file)?,
            Place::Line(line) => write!(f, "{}:{line}: ", self.file)?,
            Place::Position { line, column } => write!(f, "{}:{line}:{column}: ", self.file)?,
            Place::Row(row) => write!(f, "{}, row {row}: ", self.file)?,
            Place::Set(argument) => write!(f, "{}, --set {argument}: ", self.file)?,
        }
        if !self.key.is_empty() {
            write!(f, "{}: ", self.key)?;
        }
        f.write_str(&self.message)
    }
}

/// Why a file could not be read or written. Holds at least one problem.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileError {
    problems: Vec<Problem>,
    retry: Retry,
}

/// Whether the same call may succeed later.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Retry {
    /// The content is wrong and stays wrong until somebody edits the file.
    Useless,
    /// The system refused (missing file, permission, full disk); it may not the next time.
    MayHelp,
}

impl FileError {
    /// An error about the content of a file.
    pub fn content(
        file: &Path,
        place: Place,
        key: impl Into<String>,
        message: impl Into<String>,
    ) -> Self {
        let problem = Problem {
            file: file.display().to_string(),
            place,
            key: key.into(),
            message: message.into(),
        };
        Self {
            problems: vec![problem],
            retry: Retry::Useless,
        }
    }

    /// An error of the operating system; `doing` completes "cannot …".
    pub fn system(file: &Path, doing: &str, error: &std::io::Error) -> Self {
        let mut failed = Self::content(
            file,
            Place::File,
            "",
            format!("cannot {doing}: {}", plain(error)),
        );
        failed.retry = Retry::MayHelp;
        failed
    }

    /// All problems of one file; `None` where the list is empty.
    pub fn all(problems: Vec<Problem>) -> Option<Self> {
        let retry = Retry::Useless;
        (!problems.is_empty()).then_some(Self { problems, retry })
    }

    /// What is wrong, in the order of the file.
    pub fn problems(&self) -> &[Problem] {
        &self.problems
    }

    /// Whether the same call may succeed later.
    pub fn retry(&self) -> Retry {
        self.retry
    }
}

/// The system's message without its numeric code, which differs between systems.
fn plain(error: &std::io::Error) -> String {
    match error.kind() {
        std::io::ErrorKind::NotFound => "there is no such file".to_owned(),
        std::io::ErrorKind::PermissionDenied => "permission denied".to_owned(),
        std::io::ErrorKind::IsADirectory => "it is a directory".to_owned(),
        _ => error.to_string(),
    }
}

impl fmt::Display for FileError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, problem) in self.problems.iter().enumerate() {
            if i > 0 {
                writeln!(f)?;
            }
            write!(f, "{problem}")?;
        }
        Ok(())
    }
}

impl std::error::Error for FileError {}

/// The candidate nearest to `found`, where it is near enough to be a typing error.
pub(crate) fn nearest<'a>(found: &str, candidates: &[&'a str]) -> Option<&'a str> {
    candidates
        .iter()
        .map(|candidate| (distance(found, candidate), *candidate))
        .filter(|(distance, candidate)| *distance <= 1 + candidate.len() / 4)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate)
}

/// Levenshtein distance in bytes, letter case ignored.
fn distance(a: &str, b: &str) -> usize {
    let b: Vec<u8> = b.bytes().map(|c| c.to_ascii_lowercase()).collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.bytes().map(|c| c.to_ascii_lowercase()).enumerate() {
        let mut diagonal = i;
        row[0] = i + 1;
        for (j, y) in b.iter().enumerate() {
            let replaced = diagonal + usize::from(x != *y);
            diagonal = row[j + 1];
            row[j + 1] = replaced.min(row[j] + 1).min(diagonal + 1);
        }
    }
    row[b.len()]
}

/// Shortens a text found in a file so that a message stays on one line.
pub(crate) fn excerpt(found: &str) -> String {
    const CHARACTERS_MAX: usize = 60;
    let mut text: String = found.chars().take(CHARACTERS_MAX).collect();
    if found.chars().nth(CHARACTERS_MAX).is_some() {
        text.push('…');
    }
    format!("{text:?}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nearest_finds_typing_errors_only() {
        let keys = ["deviation_bps", "heartbeat_s", "delay_s"];
        for (found, want) in [
            ("heartbeat", Some("heartbeat_s")),
            ("Delay_S", Some("delay_s")),
            ("devation_bps", Some("deviation_bps")),
            ("colour", None),
            ("", None),
        ] {
            assert_eq!(nearest(found, &keys), want, "{found}");
        }
    }
}

//! Vector files: outputs of real contracts, run against the rules and compared field by field.
//!
//! The format is `backstop-vectors/1`, described in `docs/formats-vectors.md`: JSON Lines, plain or
//! gzip, a header and one case a line. Each family maps a case onto its machine in a file of its
//! own; `FAMILIES` is the list.

mod aave;
mod aave_single;
mod aave_v4;
mod comet;
mod compare;
mod compound_v2;
mod crvusd;
mod crvusd_state;
mod euler;
mod euler_given;
mod fields;
mod geb;
mod leaves;
mod liquity;
mod liquity_state;
mod maker;
mod maker_state;
mod morpho;
mod morpho_steps;
mod posts;

pub use compare::Mismatch;

use crate::error::{FileError, Place};
use crate::source;
use compare::Checker;
use fields::{FieldError, Fields};
use serde_json::Value;
use std::io::BufRead;
use std::path::Path;

const FORMAT: &str = "backstop-vectors/1";

/// Runs one case of a family: builds the state, applies the steps, compares.
type RunCase =
    fn(version: &str, case: &Fields<'_>, checker: &mut Checker) -> Result<(), FieldError>;

/// Protocol name, whether a version is known, and what runs a case.
struct Family {
    protocol: &'static str,
    versions: fn() -> Vec<&'static str>,
    run: RunCase,
}

const fn family(
    protocol: &'static str,
    versions: fn() -> Vec<&'static str>,
    run: RunCase,
) -> Family {
    Family {
        protocol,
        versions,
        run,
    }
}

/// One line a family.
const FAMILIES: &[Family] = &[
    family("aave", aave::versions, aave::run),
    family("aave-v4", aave_v4::versions, aave_v4::run),
    family("comet", comet::versions, comet::run),
    family("compound-v2", compound_v2::versions, compound_v2::run),
    family("curve-llamma", crvusd::versions, crvusd::run),
    family("euler-evk", euler::versions, euler::run),
    family("geb", geb::versions, geb::run),
    family("liquity", liquity::versions, liquity::run),
    family("maker", maker::versions, maker::run),
    family("morpho-blue", morpho::versions, morpho::run),
];

/// What a vector file said of the rules.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileReport {
    /// Protocol of the header.
    pub protocol: String,
    /// Version of the header.
    pub version: String,
    /// Cases run.
    pub cases: u64,
    /// Steps run; a case of one step counts one.
    pub steps: u64,
    /// Steps that the contract rejected.
    pub rejected: u64,
    /// Fields compared.
    pub checks: u64,
    /// Every difference.
    pub mismatches: Vec<Mismatch>,
}

/// Runs every case of a file; `progress` hears the number of cases done and, once, of all.
///
/// # Errors
/// [`FileError`] when the file cannot be read, is cut off, or a case is malformed: with the line,
/// the field, what was found and what is allowed.
pub fn verify(path: &Path, progress: &mut dyn FnMut(u64, u64)) -> Result<FileReport, FileError> {
    let mut lines = Lines {
        path,
        reader: source::open(path)?,
        number: 0,
    };
    let Some(header) = lines.next_value()? else {
        return Err(lines.error("", format!("the file is empty, expected a {FORMAT} header")));
    };
    let (family, version, count) = read_header(&header).map_err(|e| lines.field(e))?;
    let mut report = FileReport {
        protocol: family.protocol.to_owned(),
        version: version.clone(),
        cases: 0,
        steps: 0,
        rejected: 0,
        checks: 0,
        mismatches: Vec::new(),
    };
    while let Some(value) = lines.next_value()? {
        let case = Fields::root(&value);
        let id = case.text("id").map_err(|e| lines.field(e))?;
        let mut checker = Checker::new(id);
        (family.run)(&version, &case, &mut checker).map_err(|e| lines.field(e))?;
        report.cases += 1;
        report.steps += checker.steps;
        report.rejected += checker.rejected;
        report.checks += checker.checks;
        report.mismatches.append(&mut checker.mismatches);
        progress(report.cases, count);
    }
    if report.cases != count {
        let problem = format!("the header says {count} cases, found {}", report.cases);
        return Err(lines.error("count", problem));
    }
    Ok(report)
}

fn read_header(header: &Value) -> Result<(&'static Family, String, u64), FieldError> {
    let header = Fields::root(header);
    let format = header.text("format")?;
    if format != FORMAT {
        return Err(header.wrong("format", &format!("{format:?}"), &format!("{FORMAT:?}")));
    }
    let protocol = header.text("protocol")?;
    let Some(family) = FAMILIES.iter().find(|family| family.protocol == protocol) else {
        let known: Vec<_> = FAMILIES.iter().map(|family| family.protocol).collect();
        return Err(header.wrong("protocol", &format!("{protocol:?}"), &known.join(", ")));
    };
    let version = header.text("version")?;
    let known = (family.versions)();
    let short = version.strip_suffix(".0").unwrap_or(version);
    if !known.contains(&short) && !known.contains(&version) {
        return Err(header.wrong("version", &format!("{version:?}"), &known.join(", ")));
    }
    Ok((family, version.to_owned(), header.u64("count")?))
}

/// The lines of a file as JSON, with the number of the last one.
struct Lines<'a> {
    path: &'a Path,
    reader: Box<dyn BufRead>,
    number: u64,
}

impl Lines<'_> {
    fn next_value(&mut self) -> Result<Option<Value>, FileError> {
        let mut line = Vec::new();
        loop {
            line.clear();
            let read = self.reader.read_until(b'\n', &mut line);
            if read.map_err(|e| source::unreadable(self.path, &e))? == 0 {
                return Ok(None);
            }
            self.number += 1;
            if !line.trim_ascii().is_empty() {
                break;
            }
        }
        match serde_json::from_slice(&line) {
            Ok(value) => Ok(Some(value)),
            Err(error) => Err(self.error("", format!("not a JSON object: {error}"))),
        }
    }

    fn error(&self, key: &str, problem: String) -> FileError {
        let place = if self.number == 0 {
            Place::File
        } else {
            Place::Line(self.number)
        };
        FileError::content(self.path, place, key, problem)
    }

    fn field(&self, error: FieldError) -> FileError {
        self.error(&error.field, error.problem)
    }
}

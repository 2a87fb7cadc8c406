//! CSV as all our inputs are written: comma, `#` comments, blanks around fields ignored, either
//! kind of line end; with the true line of each row.

use crate::error::{FileError, Place};
use crate::source::{open, unreadable};
use std::io::{BufRead, Read};
use std::path::Path;

/// Rows of a CSV file, one at a time.
pub(crate) struct CsvRows<'a> {
    path: &'a Path,
    reader: csv::Reader<LineEnds<Box<dyn BufRead>>>,
    /// The present row.
    pub(crate) record: csv::StringRecord,
    /// Line on which the present row starts, from 1.
    pub(crate) line: u64,
}

impl<'a> CsvRows<'a> {
    pub(crate) fn open(path: &'a Path) -> Result<Self, FileError> {
        let reader = csv::ReaderBuilder::new()
            .has_headers(false)
            .flexible(true)
            .comment(Some(b'#'))
            .trim(csv::Trim::All)
            .from_reader(LineEnds::new(open(path)?));
        Ok(Self {
            path,
            reader,
            record: csv::StringRecord::new(),
            line: 0,
        })
    }

    /// Moves to the next row; false at the end of the file.
    pub(crate) fn next(&mut self) -> Result<bool, FileError> {
        let mut bytes = std::mem::take(&mut self.record).into_byte_record();
        let more = match self.reader.read_byte_record(&mut bytes) {
            Ok(more) => more,
            Err(error) => return Err(self.error(error)),
        };
        // Where a row starts is not what the reader tells: it counts skipped lines to the row.
        let within = bytes.as_slice().iter().filter(|b| **b == b'\n').count() as u64;
        self.line = self.reader.position().line().saturating_sub(1 + within);
        self.record = csv::StringRecord::from_byte_record(bytes).map_err(|_| {
            FileError::content(
                self.path,
                self.place(),
                "",
                "found bytes that are not UTF-8",
            )
        })?;
        Ok(more)
    }

    /// Where the present row is.
    pub(crate) fn place(&self) -> Place {
        Place::Line(self.line)
    }

    /// Refuses a row of another width than the header's.
    pub(crate) fn check_width(&self, width: usize) -> Result<(), FileError> {
        let found = self.record.len();
        if found == width {
            return Ok(());
        }
        let message = format!("found {found} fields; allowed: {width}, as in the other lines");
        Err(FileError::content(self.path, self.place(), "", message))
    }

    fn error(&self, error: csv::Error) -> FileError {
        match error.into_kind() {
            csv::ErrorKind::Io(e) => unreadable(self.path, &e),
            other => {
                let message = format!("cannot read it as CSV: {other:?}");
                FileError::content(self.path, Place::File, "", message)
            }
        }
    }
}

/// Gives every line the same end, a single line feed, and the last line one too.
struct LineEnds<R> {
    inner: R,
    /// A carriage return whose successor is not known yet.
    held: bool,
    last: u8,
}

impl<R> LineEnds<R> {
    fn new(inner: R) -> Self {
        let (held, last) = (false, b'\n');
        Self { inner, held, last }
    }

    fn put(&mut self, out: &mut [u8], at: &mut usize, byte: u8) {
        out[*at] = byte;
        *at += 1;
        self.last = byte;
    }
}

impl<R: BufRead> Read for LineEnds<R> {
    fn read(&mut self, out: &mut [u8]) -> std::io::Result<usize> {
        let mut at = 0;
        // Each input byte gives at most two, so two places have to be free.
        while at + 2 <= out.len() {
            let input = self.inner.fill_buf()?;
            if input.is_empty() {
                if self.held || self.last != b'\n' {
                    self.held = false;
                    self.put(out, &mut at, b'\n');
                }
                break;
            }
            let room = (out.len() - at) / 2;
            let bytes = input.get(..room).unwrap_or(input).to_vec();
            self.inner.consume(bytes.len());
            for byte in bytes {
                if self.held && byte != b'\n' {
                    self.put(out, &mut at, b'\n');
                }
                self.held = byte == b'\r';
                if !self.held {
                    self.put(out, &mut at, byte);
                }
            }
        }
        Ok(at)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn line_ends_become_one_kind() {
        for (input, want) in [
            ("", ""),
            ("a", "a\n"),
            ("a\n", "a\n"),
            ("a\r\nb", "a\nb\n"),
            ("a\rb\r", "a\nb\n"),
            ("a\r\n\r\n", "a\n\n"),
        ] {
            for room in [2, 3, 64] {
                let mut reader = LineEnds::new(input.as_bytes());
                let (mut text, mut buffer) = (Vec::new(), vec![0; room]);
                loop {
                    let n = reader.read(&mut buffer).unwrap();
                    if n == 0 {
                        break;
                    }
                    text.extend(&buffer[..n]);
                }
                assert_eq!(String::from_utf8(text).unwrap(), want, "{input:?} {room}");
            }
        }
    }

    #[test]
    fn rows_know_their_lines() {
        let content = "# one\n\n# three\na,b\r\n\r\n1,\"x\ny\"\r\n# eight\r\n2, z ";
        let path = std::env::temp_dir().join(format!("backstop-rows-{}.csv", std::process::id()));
        std::fs::write(&path, content).unwrap();
        let mut rows = CsvRows::open(&path).unwrap();
        let mut found = Vec::new();
        while rows.next().unwrap() {
            found.push((rows.line, rows.record.iter().collect::<Vec<_>>().join("|")));
        }
        std::fs::remove_file(&path).unwrap();
        let want = [(4, "a|b"), (6, "1|x\ny"), (9, "2|z")].map(|(n, t)| (n, t.to_owned()));
        assert_eq!(found, want);
    }
}

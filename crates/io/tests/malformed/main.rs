//! Malformed files of every kind: each is refused with a message that a person can act on, and
//! none panics. The messages are kept in `malformed.txt`.

#![allow(
    clippy::unwrap_used,
    reason = "a set-up that fails has to stop the test"
)]

mod books;
mod prices;
mod results;
mod scenarios;
mod vectors;

use backstop_io::FileError;
use flate2::Compression;
use flate2::write::GzEncoder;
use std::io::Write;
use std::path::PathBuf;

/// A folder of its own for one test, removed at the end.
struct Folder(PathBuf);

impl Folder {
    fn new() -> Self {
        let path = std::env::temp_dir().join(format!("backstop-malformed-{}", std::process::id()));
        std::fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    fn file(&self, name: &str, bytes: &[u8]) -> PathBuf {
        let path = self.0.join(name);
        std::fs::write(&path, bytes).unwrap();
        path
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// Collects the message of each refused file.
struct Report<'a> {
    folder: &'a Folder,
    text: String,
    cases: usize,
}

impl Report<'_> {
    fn refused<T: std::fmt::Debug>(&mut self, case: &str, result: Result<T, FileError>) {
        let Err(error) = result else {
            panic!("{case}: was read: {result:?}");
        };
        assert!(!error.problems().is_empty(), "{case}");
        let folder = format!("{}/", self.folder.0.display());
        let message = error.to_string().replace(&folder, "");
        self.text += &format!("{case}\n");
        for line in message.lines() {
            self.text += &format!("    {line}\n");
        }
        self.cases += 1;
    }
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

/// A good file of prices.
const WETH: &str = "time,open,high,low,close\n\
    2020-03-12T00:00:00Z,100,110,90,105\n\
    2020-03-12T00:30:00Z,105,120,100,110\n";

#[test]
fn malformed_files_are_refused_with_messages() {
    let folder = Folder::new();
    let mut report = Report {
        folder: &folder,
        text: String::new(),
        cases: 0,
    };
    scenarios::check(&mut report);
    prices::check(&mut report);
    books::check(&mut report);
    results::check(&mut report);
    vectors::check(&mut report);
    assert!(report.cases >= 60, "{}", report.cases);
    expect_test::expect_file!["malformed.txt"].assert_eq(&report.text);
}

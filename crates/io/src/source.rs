//! Opening files: plain or gzip, UTF-8 with or without a byte-order mark; writing them whole.

use crate::error::{FileError, Place};
use flate2::read::MultiGzDecoder;
use std::fs::File;
use std::io::{BufRead, BufReader, Read, Write};
use std::path::{Path, PathBuf};

const GZIP_MAGIC: [u8; 2] = [0x1f, 0x8b];
const BYTE_ORDER_MARK: [u8; 3] = [0xef, 0xbb, 0xbf];

/// Opens a file for reading from its start: gzip is recognised by its first two bytes and
/// unpacked, a UTF-8 byte-order mark is skipped.
///
/// # Errors
/// [`FileError`] when the system refuses.
pub fn open(path: &Path) -> Result<Box<dyn BufRead>, FileError> {
    let failed = |e: std::io::Error| FileError::system(path, "read it", &e);
    let mut file = BufReader::new(File::open(path).map_err(failed)?);
    let packed = file.fill_buf().map_err(failed)?.starts_with(&GZIP_MAGIC);
    let mut reader: Box<dyn BufRead> = if packed {
        Box::new(BufReader::new(MultiGzDecoder::new(file)))
    } else {
        Box::new(file)
    };
    let start = reader.fill_buf().map_err(|e| unreadable(path, &e))?;
    if start.starts_with(&BYTE_ORDER_MARK) {
        reader.consume(BYTE_ORDER_MARK.len());
    }
    Ok(reader)
}

/// Reads a whole text file, as [`open`] does.
///
/// # Errors
/// [`FileError`] when the system refuses, the gzip stream is damaged or a byte is not UTF-8.
pub fn read_text(path: &Path) -> Result<String, FileError> {
    let mut bytes = Vec::new();
    open(path)?
        .read_to_end(&mut bytes)
        .map_err(|e| unreadable(path, &e))?;
    String::from_utf8(bytes).map_err(|e| {
        let before = e
            .as_bytes()
            .get(..e.utf8_error().valid_up_to())
            .unwrap_or_default();
        let line = 1 + before.iter().filter(|b| **b == b'\n').count() as u64;
        FileError::content(
            path,
            Place::Line(line),
            "",
            "found bytes that are not UTF-8",
        )
    })
}

/// The error of a read that failed half way: a damaged gzip stream, or the system.
pub(crate) fn unreadable(path: &Path, error: &std::io::Error) -> FileError {
    use std::io::ErrorKind::{InvalidData, InvalidInput, UnexpectedEof};
    match error.kind() {
        UnexpectedEof => FileError::content(
            path,
            Place::File,
            "",
            "the file ends early: its compressed data is cut off",
        ),
        InvalidData | InvalidInput => FileError::content(
            path,
            Place::File,
            "",
            format!("its compressed data is damaged: {error}"),
        ),
        _ => FileError::system(path, "read it", error),
    }
}

/// Writes a file whole or not at all: to a temporary neighbour first, which then takes the name.
///
/// # Errors
/// [`FileError`] when the system refuses; the former file, if any, is then unchanged.
pub fn write_atomic(path: &Path, bytes: &[u8]) -> Result<(), FileError> {
    let temporary = neighbour(path)?;
    let written = File::create(&temporary).and_then(|mut file| {
        file.write_all(bytes)?;
        file.sync_all()
    });
    let moved = written.and_then(|()| std::fs::rename(&temporary, path));
    moved.map_err(|e| {
        // The error that counts is the first one; a leftover temporary file harms nobody.
        let _ = std::fs::remove_file(&temporary);
        FileError::system(path, "write it", &e)
    })
}

fn neighbour(path: &Path) -> Result<PathBuf, FileError> {
    let Some(name) = path.file_name() else {
        return Err(FileError::content(
            path,
            Place::File,
            "",
            "is not a file name",
        ));
    };
    let mut temporary = std::ffi::OsString::from(".");
    temporary.push(name);
    temporary.push(format!(".{}.partial", std::process::id()));
    Ok(path.with_file_name(temporary))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn writes_whole_files_and_leaves_no_neighbour() {
        let folder = std::env::temp_dir().join(format!("backstop-source-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        let path = folder.join("a.txt");
        write_atomic(&path, b"one").unwrap();
        write_atomic(&path, "\u{feff}two".as_bytes()).unwrap();
        assert_eq!(read_text(&path).unwrap(), "two");
        assert_eq!(std::fs::read_dir(&folder).unwrap().count(), 1);
        assert!(write_atomic(&folder.join("missing/b.txt"), b"x").is_err());
        std::fs::remove_dir_all(&folder).unwrap();
    }
}

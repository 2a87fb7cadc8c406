//! Development commands. Each command is one module with an `Args` and a `run`.

#![allow(
    clippy::print_stdout,
    reason = "a development command talks to the person who runs it"
)]

pub mod ci;
pub mod differential;
pub mod tidy;

use std::path::{Path, PathBuf};

/// What a command ends with: nothing, or the sentence that says why it failed.
pub type Outcome = Result<(), String>;

/// The repository's root folder.
pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .map_or_else(|| PathBuf::from("."), Path::to_path_buf)
}

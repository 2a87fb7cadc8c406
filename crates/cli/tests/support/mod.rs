//! Runs the command and judges how it ends.

use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

/// The repository's folder, from which scenarios are named.
pub(crate) fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// A fresh folder of this file of tests.
pub(crate) fn scratch(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR"))
        .join(env!("CARGO_CRATE_NAME"))
        .join(name);
    let _ = std::fs::remove_dir_all(&folder);
    folder
}

/// `backstop` with a subcommand, a scenario and a number of paths, from the repository's folder.
pub(crate) fn backstop(command: &str, scenario: &str, paths: u32) -> Command {
    let mut backstop = Command::new(env!("CARGO_BIN_EXE_backstop"));
    backstop
        .args([command, scenario, "--paths"])
        .arg(paths.to_string())
        .current_dir(root())
        .stdin(Stdio::null());
    backstop
}

#[allow(dead_code, reason = "tests of policies alone run it")]
/// A run of March 2020 by a family and version, with a small book of large accounts, by five minutes.
pub(crate) fn march((family, version): (&str, &str), sets: &[String], out: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_backstop"));
    command.args(["run", "scenarios/march-2020.toml", "--out"]);
    command.arg(out).current_dir(root()).stdin(Stdio::null());
    let design = [
        "time.step_s=300".to_owned(),
        "book.synthetic.accounts=200".to_owned(),
        format!("protocol.family={family}"),
        format!("protocol.version={version}"),
    ];
    for set in design.iter().chain(sets) {
        command.args(["--set", set]);
    }
    command
}

/// Runs to the end.
pub(crate) fn run(mut command: Command) -> Output {
    command.output().expect("the command starts")
}

/// Runs to a good end; what was printed.
pub(crate) fn ok(command: Command) -> String {
    let output = run(command);
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    assert!(output.status.success(), "{}", text(&output.stderr));
    text(&output.stdout)
}

/// Exit status 2 and these in the message.
pub(crate) fn refused(command: Command, parts: &[&str]) {
    let output = run(command);
    let message = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(2), "{message}");
    for part in parts {
        assert!(message.contains(part), "{part} is missing in {message}");
    }
}

//! Every committed golden case, and the whole vector set where it stands beside the repository.

use backstop_io::vectors::verify;
use std::path::{Path, PathBuf};

fn files(folder: &Path, prefix: &str) -> Vec<PathBuf> {
    let Ok(entries) = std::fs::read_dir(folder) else {
        return Vec::new();
    };
    let mut files: Vec<PathBuf> = entries
        .filter_map(|entry| Some(entry.ok()?.path()))
        .filter(|path| {
            let name = path
                .file_name()
                .map(|name| name.to_string_lossy().into_owned());
            name.is_some_and(|name| name.starts_with(prefix) && name.contains(".jsonl"))
        })
        .collect();
    files.sort();
    files
}

/// Verifies files; returns the number of cases.
fn check(files: &[PathBuf]) -> u64 {
    let mut cases = 0;
    for file in files {
        let report = verify(file, &mut |_, _| {}).expect("a well-formed vector file");
        let name = file.display();
        let first: Vec<_> = report.mismatches.iter().take(8).collect();
        assert!(
            first.is_empty(),
            "{name}: {} mismatches: {first:#?}",
            report.mismatches.len()
        );
        assert!(
            report.checks > report.cases,
            "{name}: hardly anything was compared"
        );
        cases += report.cases;
    }
    cases
}

/// Prefix of a family's files, how many there are, cases in the golden sample, cases in all. Those of
/// `morpho-steps-` were recorded by a differential run: there are no more of them.
const FAMILIES: &[(&str, usize, u64, u64)] = &[
    ("aave-3.", 6, 281, 3_551),
    ("aave-v4-", 1, 106, 600),
    ("comet-", 1, 94, 466),
    ("compound-v2-", 1, 98, 437),
    ("euler-evk-", 1, 71, 508),
    ("geb-", 1, 24, 80),
    ("liquity-", 2, 37, 229),
    ("llamma-v1", 1, 36, 207),
    ("maker-", 5, 176, 2_080),
    ("morpho-blue-", 1, 179, 865),
    ("morpho-steps-", 1, 4, 0),
];

#[test]
fn golden_cases_agree() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden");
    for (family, count, sample, _) in FAMILIES {
        let files = files(&folder, family);
        assert_eq!(files.len(), *count, "files of {family}");
        assert_eq!(check(&files), *sample, "cases of {family}");
    }
}

#[test]
fn the_whole_set_agrees() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/vectors");
    for (family, _, _, all) in FAMILIES {
        let files = files(&folder, family);
        if files.is_empty() {
            println!("skipped {family}: no vector files beside the repository");
        } else {
            assert_eq!(check(&files), *all, "cases of {family}");
        }
    }
}

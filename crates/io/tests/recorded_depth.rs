//! Depth recorded over time: real files where they are present, and what is refused.

#![allow(
    clippy::unwrap_used,
    reason = "a set-up that fails has to stop the test"
)]

use backstop_io::inputs::{Inputs, read_market};
use backstop_io::price::TimeSeries;
use backstop_io::{FileError, scenario};
use std::path::{Path, PathBuf};

const DATA: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/data");
/// Venue of the scenario whose depth is recorded.
const VENUE: usize = 1;

/// The files of the shared data folder; nothing where that is absent.
fn shared(files: &[&str]) -> Option<Vec<PathBuf>> {
    let folder = Path::new(DATA);
    if !folder.exists() {
        eprintln!("skipped: no shared data folder beside the repository");
        return None;
    }
    Some(files.iter().map(|file| folder.join(file)).collect())
}

/// The inputs of a scenario with random prices between two times.
fn read(files: &[PathBuf], more: &str, (start, end): (&str, &str)) -> Result<Inputs, FileError> {
    let path = PathBuf::from(concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../../scenarios/one-day.toml"
    ));
    let set = |key: &str, value: String| (key.to_owned(), value);
    let files = format!("{files:?}");
    let recorded = format!("{{ file = {files}{more} }}");
    let overrides = [
        set("time.start", start.to_owned()),
        set("time.end", end.to_owned()),
        set(&format!("venues.{VENUE}.depth.recorded"), recorded),
    ];
    read_market(&scenario::load(&path, &overrides)?)
}

fn depth(inputs: &Inputs) -> &TimeSeries {
    assert!(
        inputs
            .depths
            .iter()
            .enumerate()
            .all(|(at, depth)| depth.is_some() == (at == VENUE))
    );
    inputs.depths[VENUE].as_ref().unwrap()
}

/// Liquidity of a pool by the minute over four days, through the fall of 17 August 2023.
#[test]
fn four_days_by_the_minute() {
    let name = |day: u32| {
        format!(
            "depth_demeter_polygon/polygon-0x45dda9cb7c25131df268515131f647d726f50608-2023-08-{day}.minute.csv.gz"
        )
    };
    let names: Vec<String> = (14..=17).map(name).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let Some(files) = shared(&names) else {
        return;
    };
    let column = ", column = \"currentLiquidity\"";
    let days = ("2023-08-15T00:00:00Z", "2023-08-18T00:00:00Z");
    let inputs = read(&files, column, days).unwrap();
    let series = depth(&inputs);
    assert_eq!(series.times.len(), 1_439 + 3 * 1_440);
    assert_eq!(inputs.notes, Vec::<String>::new());
    // 15 August begins with 3,800,722,841,109,468,… units; the least, on the 17th, is 503,515,320,213,464,….
    assert_eq!(series.at(1_692_057_600), Some(1.0));
    let least = series.values.iter().copied().fold(f64::INFINITY, f64::min);
    assert!((least - 0.132_479).abs() < 1e-6, "{least}");
    let reference = ", column = \"currentLiquidity\", reference = 1e18";
    let inputs = read(&files, reference, days).unwrap();
    let start = depth(&inputs).at(1_692_057_600).unwrap();
    assert!((start - 3.800_722_8).abs() < 1e-6, "{start}");

    for (days, want) in [
        (
            ("2023-08-14T00:00:00Z", "2023-08-15T00:00:00Z"),
            "time: the first entry is of 2023-08-14T00:01:00Z; allowed: not after the start of the run, 2023-08-14T00:00:00Z",
        ),
        (
            ("2023-08-17T12:00:00Z", "2023-08-18T01:00:00Z"),
            "time: the depth is told until 2023-08-18T00:00:00Z; allowed: to the end of the run, 2023-08-18T01:00:00Z",
        ),
    ] {
        let error = read(&files, column, days).unwrap_err().to_string();
        assert!(error.contains(want), "{error}");
    }
    let twice = [files[0].clone(), files[0].clone()];
    let error = read(&twice, column, days).unwrap_err().to_string();
    assert!(error.contains("time"), "{error}");
}

/// A pool by the block, with blocks that were left out.
#[test]
fn gaps_are_told() {
    let file = "depth_uniswap_v3_ticks/univ3_USDe_USDT_perblock_2025-10-10_11.csv.gz";
    let Some(files) = shared(&[file]) else {
        return;
    };
    let column = ", column = \"liquidity\"";
    let hours = ("2025-10-10T17:00:00Z", "2025-10-11T02:00:00Z");
    let inputs = read(&files, column, hours).unwrap();
    let [note] = inputs.notes.as_slice() else {
        panic!("{:?}", inputs.notes);
    };
    let told = "gap(s) between rows of 12 s; the longest lasts 12 s from";
    assert!(note.contains(told), "{note}");
    let least = depth(&inputs)
        .values
        .iter()
        .copied()
        .fold(f64::INFINITY, f64::min);
    assert!(least < 0.01, "{least}");
}

/// A pool by the hour that was empty at first.
#[test]
fn a_pool_that_was_empty_is_refused() {
    let file = "depth_uniswap_v3_ticks/univ3_USDC_USDT_1bp_hourly_poolstate_2022_2026.csv.gz";
    let Some(files) = shared(&[file]) else {
        return;
    };
    let column = ", column = \"poolLiquidity\"";
    let days = ("2025-10-10T00:00:00Z", "2025-10-12T00:00:00Z");
    let error = read(&files, column, days).unwrap_err().to_string();
    assert!(
        error.contains("depth: found \"0\"") || error.contains("depth: found 0"),
        "{error}"
    );
    assert!(
        error.contains("allowed: a number above 0 and below 1e40"),
        "{error}"
    );
}

/// Two hours of the scenario's first day.
const HOURS: (&str, &str) = ("2026-01-01T00:00:00Z", "2026-01-01T02:00:00Z");

fn written(name: &str, rows: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("recorded_depth");
    std::fs::create_dir_all(&folder).unwrap();
    let file = folder.join(name);
    std::fs::write(&file, rows).unwrap();
    file
}

#[test]
fn what_no_depth_can_be_is_refused() {
    let start = 1_767_225_600;
    for (name, rows, more, want) in [
        ("empty", String::new(), "", "the file is empty"),
        (
            "header",
            "time,depth\n".to_owned(),
            "",
            "there is no row of data",
        ),
        (
            "column",
            format!("time,liquidity\n{start},1\n"),
            "",
            "depth: no such column",
        ),
        (
            "back",
            format!("time,depth\n{start},1\n{},1\n", start - 60),
            "",
            "allowed: times that rise",
        ),
        (
            "same",
            format!("time,depth\n{start},1\n{start},1\n"),
            "",
            "allowed: times that rise",
        ),
        (
            "zero",
            format!("time,depth\n{start},0\n"),
            "",
            "allowed: a number above 0",
        ),
        (
            "below",
            format!("time,depth\n{start},-1\n"),
            "",
            "allowed: a number above 0",
        ),
        (
            "nan",
            format!("time,depth\n{start},NaN\n"),
            "",
            "allowed: a number above 0",
        ),
        (
            "huge",
            format!("time,depth\n{start},1e300\n"),
            "",
            "below 1e40",
        ),
        (
            "cut",
            format!("time,depth\n{start},1\n{}", start + 3_600),
            "",
            "cut.csv:3: found 1 fields",
        ),
        (
            "late",
            format!("time,depth\n{},1\n", start + 60),
            "",
            "the first entry is of",
        ),
        (
            "one",
            format!("time,depth\n{start},1\n"),
            "",
            "the depth is told until",
        ),
        (
            "short",
            format!("time,depth\n{start},1\n{},1\n", start + 3_599),
            "",
            "the depth is told until",
        ),
        (
            "swing",
            format!("time,depth\n{start},1\n{},1e7\n", start + 3_600),
            "",
            "1e7 times 1, at which the venue is as stated; allowed: a millionth to a million times",
        ),
        (
            "reference",
            format!("time,depth\n{start},1\n{},1\n", start + 3_600),
            ", reference = 1e-9",
            "allowed: a millionth to a million times",
        ),
    ] {
        let file = written(&format!("{name}.csv"), &rows);
        let error = read(&[file], more, HOURS).unwrap_err().to_string();
        assert!(
            error.contains(want) && error.contains(name),
            "{name}: {error}"
        );
    }
    let file = written(
        "fits.csv",
        &format!("time,depth\n{start},2\n{},1\n", start + 3_600),
    );
    let inputs = read(&[file], "", HOURS).unwrap();
    assert_eq!(depth(&inputs).values, [1.0, 0.5]);
}

/// What is missing between two files is a gap as within one; the last value holds through it.
#[test]
fn files_follow_each_other() {
    let start = 1_767_225_600;
    let row = |minute: u64| format!("{},{}\n", start + 60 * minute, 1 + minute);
    let rows = |minutes: std::ops::Range<u64>| -> String { minutes.map(row).collect() };
    let first = written("first.csv", &format!("time,depth\n{}", rows(0..30)));
    let second = written("second.csv", &format!("time,depth\n{}", rows(40..120)));
    let inputs = read(&[first.clone(), second.clone()], "", HOURS).unwrap();
    let told = "first.csv: 1 gap(s) between rows of 60 s; the longest lasts 600 s from 2026-01-01T00:30:00Z";
    assert_eq!(inputs.notes, [told]);
    let series = depth(&inputs);
    assert_eq!(series.times.len(), 110);
    assert_eq!(series.at(start + 35 * 60), Some(30.0));
    let error = read(&[second, first], "", HOURS).unwrap_err().to_string();
    assert!(error.contains("first.csv: time: "), "{error}");
}

/// Keys beside each other that say the same thing twice.
#[test]
fn keys_are_checked() {
    let load = |venue: &str| {
        let path = PathBuf::from(concat!(
            env!("CARGO_MANIFEST_DIR"),
            "/../../scenarios/one-day.toml"
        ));
        let set = (format!("venues.{VENUE}.depth"), venue.to_owned());
        scenario::load(&path, &[set]).unwrap_err().to_string()
    };
    for (venue, want) in [
        (
            "{ recorded = { file = [] } }",
            "allowed: a file or a list of files that is not empty",
        ),
        ("{ recorded = { column = \"x\" } }", "depth.recorded.file"),
        (
            "{ recorded = { file = \"x.csv\", reference = 0 } }",
            "depth.recorded.reference: found 0",
        ),
        (
            "{ recorded = { file = \"x.csv\", scale = 2 } }",
            "depth.recorded.scale: unknown key",
        ),
        (
            "{}",
            "found neither volatility_sensitivity nor withdrawal nor recorded",
        ),
    ] {
        let error = load(venue);
        assert!(error.contains(want), "{venue}: {error}");
    }
}

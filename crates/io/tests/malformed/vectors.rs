//! Files of vectors.

use super::{Report, gzip};
use backstop_io::vectors::verify;
use std::path::Path;

/// Cases of one replaced piece of a committed vector file's header and first case.
const VECTOR_EDITS: &[(&str, &str, &str)] = &[
    ("wrong format", "backstop-vectors/1", "backstop-vectors/9"),
    (
        "unknown protocol",
        "\"protocol\":\"aave\"",
        "\"protocol\":\"aavee\"",
    ),
    (
        "unknown version",
        "\"version\":\"3.3.0\"",
        "\"version\":\"2.0\"",
    ),
    ("count as text", "\"count\":1", "\"count\":\"1\""),
    ("fewer cases than said", "\"count\":1", "\"count\":2"),
    ("no id", "\"id\":\"", "\"di\":\""),
    ("no state", "\"given\":", "\"taken\":"),
    ("not JSON", "\"given\":{", "\"given\":{,"),
    (
        "reserves are no list",
        "\"reserves\":[",
        "\"reserves\":7,\"others\":[",
    ),
    ("decimals", "\"decimals\":", "\"decimals\":9"),
    ("negative price", "\"price\":\"", "\"price\":\"-"),
    ("price as text", "\"price\":\"", "\"price\":\"x"),
    (
        "index over 256 bits",
        "\"liquidityIndex\":\"",
        "\"liquidityIndex\":\"99999999999999999999999999999999999999999999999999999999999999999999999999999999",
    ),
    (
        "flag as number",
        "\"isCollateral\":true",
        "\"isCollateral\":1",
    ),
];

/// Adds the messages of these files to the report.
pub(crate) fn check(report: &mut Report<'_>) {
    let golden = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/tests/golden/aave-3.3.0.jsonl.gz"
    );
    let text = backstop_io::read_text(Path::new(golden)).unwrap();
    let mut lines = text
        .lines()
        .map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap());
    let (mut header, case) = (lines.next().unwrap(), lines.next().unwrap());
    header["count"] = 1.into();
    let good = format!("{header}\n{case}\n");
    let read = |path: &Path| verify(path, &mut |_, _| {});
    let path = report.folder.file("good.jsonl", good.as_bytes());
    assert_eq!(read(&path).unwrap().mismatches, []);
    for (case, from, to) in VECTOR_EDITS {
        assert!(good.contains(from), "{case}");
        let path = report
            .folder
            .file("v.jsonl", good.replacen(from, to, 1).as_bytes());
        report.refused(&format!("vectors, {case}"), read(&path));
    }
    let packed = gzip(good.as_bytes());
    for (case, bytes) in [
        ("empty", &b""[..]),
        ("not UTF-8", b"{\"format\":\"\xff\"}\n"),
        ("cut off", &good.as_bytes()[..good.len() / 2]),
        ("gzip cut off", &packed[..packed.len() / 2]),
    ] {
        let path = report.folder.file("v.jsonl", bytes);
        report.refused(&format!("vectors, {case}"), read(&path));
    }
    report.refused(
        "vectors, missing",
        read(&report.folder.0.join("none.jsonl")),
    );
}

//! Tables of results.

use super::{Report, gzip};
use backstop_io::table::{Column, ColumnData, Table};

/// Adds the messages of these files to the report.
pub(crate) fn check(report: &mut Report<'_>) {
    let path = report.folder.0.join("t.parquet");
    let column =
        |name: &str| Column::new(name, "USD", "A column.", ColumnData::F64(vec![1.0; 100]));
    Table::new("t", vec![column("a"), column("b")])
        .write_parquet(&path)
        .unwrap();
    let good = std::fs::read(&path).unwrap();
    let with = |from: usize, to: usize, bytes: &[u8]| {
        let mut changed = good.clone();
        changed.splice(from..to, bytes.iter().copied());
        changed
    };
    let end = good.len();
    for (case, bytes) in [
        ("empty", Vec::new()),
        ("text", b"step,time\n0,1\n".to_vec()),
        ("magic alone", b"PAR1".to_vec()),
        ("cut in half", good[..end / 2].to_vec()),
        ("without its last byte", good[..end - 1].to_vec()),
        (
            "footer longer than the file",
            with(end - 8, end - 4, &[0xff, 0xff, 0xff, 0x7f]),
        ),
        ("footer of nothing", with(end - 8, end - 4, &[0; 4])),
        ("first page overwritten", with(4, 40, &[0xff; 36])),
        ("gzip", gzip(&good)),
    ] {
        let path = report.folder.file("t.parquet", &bytes);
        report.refused(&format!("results, {case}"), Table::read_parquet(&path));
    }
    report.refused(
        "results, missing",
        Table::read_parquet(&report.folder.0.join("none.parquet")),
    );
}

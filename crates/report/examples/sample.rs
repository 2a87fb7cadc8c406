//! Writes a report of a made-up crash: `cargo run -p backstop-report --example sample -- FOLDER`.

#[path = "../tests/support/mod.rs"]
mod support;

use backstop_report::{Report, map_svg, map_terminal};
use std::path::PathBuf;

fn main() -> std::io::Result<()> {
    let folder = PathBuf::from(std::env::args().nth(1).unwrap_or_else(|| ".".to_owned()));
    let size = support::Size {
        steps: 2_880,
        liquidations: 700,
        accounts: 3_000,
        assets: 5,
    };
    let (record, quiet) = (support::record(size, 0.06), support::record(size, 0.0));
    let (context, maps) = (support::context(), support::maps());
    let report = Report {
        context: &context,
        record: &record,
        without_feedback: Some(&quiet),
        maps: &maps,
    };
    std::fs::create_dir_all(&folder)?;
    std::fs::write(folder.join("report.html"), report.page())?;
    for map in &maps {
        std::fs::write(folder.join("map.svg"), map_svg(map))?;
        std::fs::write(folder.join("map.txt"), map_terminal(map, 90, 24))?;
    }
    Ok(())
}

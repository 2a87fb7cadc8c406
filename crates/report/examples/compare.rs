//! Writes a comparison of made-up designs:
//! `cargo run -p backstop-report --example compare -- FOLDER [DESIGNS]`.

#[path = "../tests/support/compare.rs"]
mod compare;
#[allow(dead_code, reason = "the example of a single run uses the rest")]
#[path = "../tests/support/mod.rs"]
mod support;

use backstop_report::{Comparison, comparison_text, write_comparison};
use std::io::Write;
use std::path::PathBuf;

fn main() -> std::io::Result<()> {
    let mut arguments = std::env::args().skip(1);
    let folder = PathBuf::from(arguments.next().unwrap_or_else(|| ".".to_owned()));
    let n = arguments.next().and_then(|n| n.parse().ok()).unwrap_or(3);
    let size = support::Size {
        steps: 2_880,
        liquidations: 700,
        accounts: 3_000,
        assets: 5,
    };
    let designs = compare::designs(size, n);
    let context = compare::context(&designs);
    let contenders: Vec<_> = designs.iter().map(compare::Design::contender).collect();
    let comparison = Comparison {
        context: &context,
        contenders: &contenders,
    };
    std::fs::create_dir_all(&folder)?;
    write_comparison(&folder, &comparison).map_err(std::io::Error::other)?;
    write!(std::io::stdout(), "{}", comparison_text(&comparison, 100))
}

//! `backstop map`: collateral liquidatable against price, and whether selling it feeds on itself.

use super::run::follows;
use crate::failure::Failure;
use crate::setup;
use backstop_io::write_atomic;
use backstop_report::{
    MapReport, cascade_text, map_svg, map_table, map_terminal, write_map_report,
};
use std::io::{Write, stdout};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// Arguments of `backstop map`.
#[derive(clap::Args, Debug)]
#[command(after_help = "\
Examples:
  backstop map scenarios/march-2020.toml
  backstop map scenarios/march-2020.toml --out maps --set protocol.version=\"3.7\"

For each asset that serves as collateral: how much of it is liquidatable at each price of it (assets
whose price follows move along), all else as at the scenario's start; the cascade reproduction number
R(p), which tells whether selling it feeds on itself (docs/map.md); and the largest sale that the bonus
pays for. Of several assets also the reproduction number of the whole book, whose accounts may sell one
when another falls. Where oracles ask several sources, what it costs to move them and what that would
bring. Draws the map here and writes map.html, the tables map, reproduction, depth, next-generation and
oracle-cost, and one SVG an asset.")]
pub(crate) struct Args {
    /// Scenario file (docs/formats.md)
    scenario: PathBuf,
    /// Folder for the data and the drawings [default: out/NAME]
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// Change a value of the scenario; may be repeated
    #[arg(long = "set", value_name = "KEY=VALUE")]
    set: Vec<String>,
    /// Share of the price over which R(p) is smoothed
    #[arg(long, value_name = "SHARE", default_value_t = 0.02, value_parser = window)]
    window: f64,
    /// Width of the chart in characters
    #[arg(long, value_name = "N", default_value_t = 100, value_parser = clap::value_parser!(u16).range(40..=400))]
    width: u16,
}

fn window(text: &str) -> Result<f64, String> {
    let allowed = || "allowed: a number from 0.0001 to 0.5".to_owned();
    let share: f64 = text.parse().map_err(|_| allowed())?;
    (1e-4..=0.5)
        .contains(&share)
        .then_some(share)
        .ok_or_else(allowed)
}

/// Runs the command.
///
/// # Errors
/// When the scenario or its files are malformed, or the files cannot be written.
pub(crate) fn run(args: &Args) -> Result<ExitCode, Failure> {
    let loaded = setup::load(&args.scenario, &args.set)?;
    let opened = setup::open_pool(&loaded, &loaded.inputs.book)?;
    let maps = setup::maps(&opened.pool, None, &follows(&loaded))
        .map_err(|overflow| Failure::new(format!("liquidation map: {overflow:?}")))?;
    if maps.is_empty() {
        return Err(Failure::new(
            "no account of the book has debt against collateral with a price",
        ));
    }
    let out = args
        .out
        .clone()
        .unwrap_or_else(|| Path::new("out").join(&loaded.scenario.name));
    let folder = |error| Failure::new(format!("{}: cannot be created: {error}", out.display()));
    std::fs::create_dir_all(&out).map_err(folder)?;
    let mut screen = stdout().lock();
    for map in &maps {
        writeln!(screen, "{}", map_terminal(map, usize::from(args.width), 20))?;
        write_atomic(
            &out.join(format!("map-{}.svg", map.symbol)),
            map_svg(map).as_bytes(),
        )?;
    }
    let cascades = setup::cascades(&loaded, &opened.pool, &follows(&loaded), args.window)?;
    let book = setup::book_cascade(&loaded, &opened.pool, &follows(&loaded), args.window)?;
    let oracles = setup::oracle_costs(&loaded, &opened.pool, &follows(&loaded))?;
    let mut context = setup::run_context(&loaded, command_line(args));
    context
        .protocol
        .clone_from(&setup::design_of(&loaded)?.title);
    let report = MapReport {
        context: &context,
        maps: &maps,
        cascades: &cascades,
        book: book.as_ref(),
        oracles: &oracles,
    };
    write_map_report(&out, &report)?;
    screen.write_all(cascade_text(&report, usize::from(args.width)).as_bytes())?;
    let table = map_table(&maps);
    table.write_parquet(&out.join("map.parquet"))?;
    table.write_json(&out.join("map.json"))?;
    table.write_csv(&out.join("map.csv"))?;
    writeln!(screen, "report   {}", out.join("map.html").display())?;
    writeln!(screen, "data     {}", out.join("map.csv").display())?;
    Ok(ExitCode::SUCCESS)
}

/// The command that repeats the run, with the scenario's file name only.
fn command_line(args: &Args) -> String {
    let file = args.scenario.file_name().unwrap_or_default();
    let mut words = format!(
        "backstop map {} --window {}",
        file.to_string_lossy(),
        args.window
    );
    for set in &args.set {
        words += &format!(" --set '{set}'");
    }
    words
}

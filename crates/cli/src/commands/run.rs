//! `backstop run`: one path through the market loop, its pair without feedback, and the report.

mod recorded;

use crate::failure::Failure;
use crate::progress;
use crate::setup::{self, AfterRun, Loaded, Payer, Row};
use backstop_core::protocol::AssetId;
use backstop_core::protocol::aave::Pool;
use backstop_io::inputs::AssetPrice;
use backstop_io::write_atomic;
use backstop_lab::market::FeedbackMode;
use backstop_lab::record::{AccountsTold, PathRecord};
use backstop_lab::world::Recording;
use backstop_report::{LiquidationMap, Report, map_svg, map_table, summary_text, write_results};
use indicatif::ProgressBar;
use recorded::Recorded;
use std::io::{Write, stdout};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// Arguments of `backstop run`.
#[derive(clap::Args, Debug)]
#[command(after_help = "\
Examples:
  backstop run scenarios/march-2020.toml
  backstop run scenarios/march-2020.toml --seed 7 --out out/seed-7
  backstop run scenarios/may-2021.toml --recorded scenarios/data/aave-v2-weth-liquidations-2021-05-19-1h.csv
  backstop run scenarios/march-2020.toml --set oracle.delay_s=600 --set protocol.version=\"3.7\"

Writes report.html and, as Parquet and JSON, the tables that docs/results.md describes. Ctrl-C stops
the path and keeps what was done; a second Ctrl-C ends at once.")]
pub(crate) struct Args {
    /// Scenario file (docs/formats.md)
    scenario: PathBuf,
    /// Folder for the results [default: out/NAME]
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// Seed in place of the scenario's
    #[arg(long, value_name = "N")]
    seed: Option<u64>,
    /// Run this path of the scenario's ensemble, as `backstop stress` numbers them
    #[arg(long, value_name = "N")]
    path: Option<u64>,
    /// Recorded liquidations to compare with: CSV with the columns time and repaid_usd, one row a
    /// period; writes the table recorded
    #[arg(long, value_name = "FILE")]
    recorded: Option<PathBuf>,
    /// Change a value of the scenario; may be repeated
    #[arg(long = "set", value_name = "KEY=VALUE")]
    set: Vec<String>,
}

/// Everything.
const FULL: Recording = Recording {
    traces: true,
    events: true,
    accounts: AccountsTold::All,
    calls: true,
};

/// What the pair needs.
const LEAN: Recording = Recording {
    traces: false,
    events: false,
    accounts: AccountsTold::All,
    calls: false,
};

/// A run and its pair.
struct Ran {
    record: PathRecord,
    /// The same path without feedback; nothing where one of the two was stopped early.
    pair: Option<PathRecord>,
    /// Where the family has them.
    maps: Vec<LiquidationMap>,
    /// How the scenario was mapped onto the design.
    mapping: Vec<String>,
    payer: Payer,
}

/// Runs the command.
///
/// # Errors
/// When the scenario or its files are malformed, or the results cannot be written.
pub(crate) fn run(args: &Args) -> Result<ExitCode, Failure> {
    let mut set = args.set.clone();
    set.extend(args.seed.map(|seed| format!("seed={seed}")));
    let mut loaded = setup::load(&args.scenario, &set)?;
    loaded.path = args.path;
    let design = setup::design_of(&loaded)?;
    let ran = if loaded.scenario.protocol.family == "aave" {
        run_pool(&loaded)?
    } else {
        run_design(&loaded, design)?
    };
    let out = args
        .out
        .clone()
        .unwrap_or_else(|| Path::new("out").join(&loaded.scenario.name));
    let mut context = setup::run_context(&loaded, command_line(args));
    context.protocol = design.title.clone();
    context.notes.extend(ran.mapping.iter().cloned());
    ran.payer.tell(&mut context.waterfall);
    let report = Report {
        context: &context,
        record: &ran.record,
        without_feedback: ran.pair.as_ref(),
        maps: &ran.maps,
    };
    let recorded = args.recorded.as_ref();
    let recorded = recorded.map(|file| Recorded::new(file, &ran.record));
    let recorded = recorded.transpose()?;
    write(&out, &report)?;
    let mut screen = stdout().lock();
    screen.write_all(summary_text(&report, progress::width()).as_bytes())?;
    if let Some(recorded) = &recorded {
        let table = recorded.table();
        table.write_parquet(&out.join("recorded.parquet"))?;
        table.write_json(&out.join("recorded.json"))?;
        recorded.tell(&mut screen)?;
    }
    writeln!(screen, "report   {}", out.join("report.html").display())?;
    if ran.record.interrupted {
        let done = ran.record.steps.len();
        writeln!(
            screen,
            "stopped  after {done} of {} steps; results are kept",
            loaded.scenario.time.steps()
        )?;
    }
    Ok(ExitCode::SUCCESS)
}

/// The command that repeats the run. Only the scenario's file name is told, so that results do not
/// depend on where a file lies.
fn command_line(args: &Args) -> String {
    let file = args
        .scenario
        .file_name()
        .unwrap_or_default()
        .to_string_lossy();
    let seed = args
        .seed
        .map(|seed| format!(" --seed {seed}"))
        .unwrap_or_default();
    let path = args
        .path
        .map(|path| format!(" --path {path}"))
        .unwrap_or_default();
    let set: String = args
        .set
        .iter()
        .map(|set| format!(" --set '{set}'"))
        .collect();
    format!("backstop run {file}{seed}{path}{set}")
}

/// A bar for two paths; Ctrl-C stops them from now on.
fn bar(loaded: &Loaded) -> ProgressBar {
    progress::catch_interrupt();
    let steps = u64::from(loaded.scenario.time.steps());
    let bar = progress::bar(2 * steps, "steps");
    bar.set_message("two paths");
    bar
}

/// The run of an Aave pool, with maps of what is liquidated at which price.
fn run_pool(loaded: &Loaded) -> Result<Ran, Failure> {
    let opened = setup::open_pool(loaded, &loaded.inputs.book)?;
    let bar = bar(loaded);
    let walk = |mode, recording| {
        let config = setup::world_config(loaded, mode, recording)?;
        setup::walk(&opened.pool, config, loaded, &bar)
    };
    let (with, without) = rayon::join(
        || walk(FeedbackMode::On, FULL),
        || walk(FeedbackMode::Off, LEAN),
    );
    bar.finish_and_clear();
    let ((pool, record), (_, pair)) = (with?, without?);
    let maps = liquidation_maps(loaded, &opened.pool, &pool, &record)?;
    Ok(Ran {
        maps,
        ..ran(loaded, (record, pair), &[], Payer::Waterfall)
    })
}

/// The run of any other design.
fn run_design(loaded: &Loaded, row: &Row) -> Result<Ran, Failure> {
    let design = (row.open)(loaded)?;
    let bar = bar(loaded);
    let (with, without) = rayon::join(
        || design.walk(loaded, FeedbackMode::On, FULL, &bar),
        || design.walk(loaded, FeedbackMode::Off, LEAN, &bar),
    );
    bar.finish_and_clear();
    let paths = (with?, without?);
    Ok(ran(loaded, paths, design.mapping(), design.payer()))
}

/// The two paths with the names of the book's accounts.
fn ran(
    loaded: &Loaded,
    (mut record, pair): (PathRecord, PathRecord),
    mapping: &[String],
    payer: Payer,
) -> Ran {
    let book = &loaded.inputs.book.accounts;
    for row in &mut record.accounts {
        let at = usize::try_from(row.account.0).unwrap_or(usize::MAX);
        row.name = book.get(at).map(|account| account.name.clone());
    }
    let whole = !record.interrupted && !pair.interrupted;
    Ran {
        record,
        pair: whole.then_some(pair),
        maps: Vec::new(),
        mapping: mapping.to_vec(),
        payer,
    }
}

/// By asset, the asset whose price it follows.
pub(super) fn follows(loaded: &Loaded) -> Vec<Option<AssetId>> {
    loaded
        .inputs
        .prices
        .iter()
        .map(AssetPrice::leader)
        .collect()
}

fn liquidation_maps(
    loaded: &Loaded,
    start: &Pool,
    end: &Pool,
    record: &PathRecord,
) -> Result<Vec<LiquidationMap>, Failure> {
    let low = |asset: AssetId| {
        let prices = record
            .steps
            .iter()
            .filter_map(|s| s.oracle.get(usize::from(asset.0)));
        prices.copied().reduce(f64::min)
    };
    let after = AfterRun {
        pool: end,
        low: &low,
    };
    setup::maps(start, Some(after), &follows(loaded))
        .map_err(|overflow| Failure::new(format!("liquidation map: {overflow:?}")))
}

/// Writes the page, the tables and the maps.
fn write(out: &Path, report: &Report<'_>) -> Result<(), Failure> {
    let folder = |error| Failure::new(format!("{}: cannot be created: {error}", out.display()));
    std::fs::create_dir_all(out).map_err(folder)?;
    write_results(out, report)?;
    let map = map_table(report.maps);
    map.write_parquet(&out.join("map.parquet"))?;
    map.write_json(&out.join("map.json"))?;
    for map in report.maps {
        write_atomic(
            &out.join(format!("map-{}.svg", map.symbol)),
            map_svg(map).as_bytes(),
        )?;
    }
    Ok(())
}

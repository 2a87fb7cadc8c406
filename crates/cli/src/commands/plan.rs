//! `backstop plan`: how to sell a seized block over time and venues.

use super::run::follows;
use crate::failure::Failure;
use crate::setup::{self, Asked};
use backstop_lab::plan::{Buyers, plan};
use backstop_report::{PlanReport, plan_text, write_plan};
use std::io::{Write, stdout};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// Arguments of `backstop plan`.
#[derive(clap::Args, Debug)]
#[command(after_help = "\
Examples:
  backstop plan scenarios/march-2020.toml --asset WETH --amount 20000
  backstop plan scenarios/march-2020.toml --asset WETH --amount 20000 --over 900 --risk-aversion 1e-5
  backstop plan scenarios/october-2025.toml --asset WETH --amount 1500.5 --volatility 1.2

Compares a sale at once, an Almgren–Chriss schedule and a Dutch auction, each at its best, by what they are
expected to cost: slippage, timing risk, and what the accounts lose that the sale itself would bring into
breach. Explains the choice and what would turn it (docs/plan.md). Writes plan.json, with exact amounts for
each slice and venue, and plan.html.")]
pub(crate) struct Args {
    /// Scenario file (docs/formats.md)
    scenario: PathBuf,
    /// Asset of the block; a venue of the scenario has to trade it
    #[arg(long, value_name = "SYMBOL")]
    asset: String,
    /// The block, whole tokens such as 12.5
    #[arg(long, value_name = "N")]
    amount: String,
    /// Seconds within which it is sold
    #[arg(long, value_name = "SECONDS", default_value_t = 3_600)]
    over: u32,
    /// USD of cost for a USD² of variance
    #[arg(long, value_name = "X", default_value_t = 1e-6)]
    risk_aversion: f64,
    /// Volatility a year, 0.8 for 80 % [default: that of the scenario's prices]
    #[arg(long, value_name = "X")]
    volatility: Option<f64>,
    /// Buyers who look at an auction in an hour, in the mean
    #[arg(long, value_name = "N", default_value_t = 30.0)]
    buyers_per_hour: f64,
    /// Largest margin that a buyer at an auction wants, as a share
    #[arg(long, value_name = "SHARE", default_value_t = 0.05)]
    buyers_margin: f64,
    /// Share of a lot that its buyer resells on the venues at once
    #[arg(long, value_name = "SHARE", default_value_t = 0.5)]
    buyers_resold: f64,
    /// Folder for the data and the page [default: out/NAME]
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// Change a value of the scenario; may be repeated
    #[arg(long = "set", value_name = "KEY=VALUE")]
    set: Vec<String>,
    /// Width of the text in characters
    #[arg(long, value_name = "N", default_value_t = 100, value_parser = clap::value_parser!(u16).range(40..=400))]
    width: u16,
}

/// Runs the command.
///
/// # Errors
/// When the scenario or its files are malformed, an argument is out of range, no way sells the block, or the files
/// cannot be written.
pub(crate) fn run(args: &Args) -> Result<ExitCode, Failure> {
    let loaded = setup::load(&args.scenario, &args.set)?;
    let opened = setup::open_pool(&loaded, &loaded.inputs.book)?;
    let asked = Asked {
        asset: &args.asset,
        amount: &args.amount,
        over_s: args.over,
        risk_aversion: args.risk_aversion,
        volatility: args.volatility,
        buyers: Buyers {
            per_hour: args.buyers_per_hour,
            margin: args.buyers_margin,
            resold: args.buyers_resold,
        },
    };
    let config = setup::plan_config(&loaded, &opened.pool, &follows(&loaded), &asked)?;
    let plan = plan(&config)
        .map_err(|error| Failure::new(format!("{}: {}", option(&error.field), error.problem)))?;
    let mut context = setup::run_context(&loaded, command_line(args));
    context
        .protocol
        .clone_from(&setup::design_of(&loaded)?.title);
    let report = PlanReport {
        context: &context,
        symbol: &args.asset,
        config: &config,
        volatility_source: match args.volatility {
            Some(_) => "as told",
            None => "realised by the scenario's prices",
        },
        plan: &plan,
    };
    let out = args
        .out
        .clone()
        .unwrap_or_else(|| Path::new("out").join(&loaded.scenario.name));
    let folder = |error| Failure::new(format!("{}: cannot be created: {error}", out.display()));
    std::fs::create_dir_all(&out).map_err(folder)?;
    write_plan(&out, &report)?;
    let mut screen = stdout().lock();
    screen.write_all(plan_text(&report, usize::from(args.width)).as_bytes())?;
    writeln!(screen, "\nreport   {}", out.join("plan.html").display())?;
    writeln!(screen, "data     {}", out.join("plan.json").display())?;
    Ok(ExitCode::SUCCESS)
}

/// The option that sets a field of the planner; other fields keep their name.
fn option(field: &str) -> &str {
    match field {
        "amount" => "--amount",
        "over_s" => "--over",
        "risk_aversion" => "--risk-aversion",
        "volatility" => "--volatility",
        "buyers.per_hour" => "--buyers-per-hour",
        "buyers.margin" => "--buyers-margin",
        "buyers.resold" => "--buyers-resold",
        other => other,
    }
}

/// The command that repeats the plan, with the scenario's file name only.
fn command_line(args: &Args) -> String {
    let file = args.scenario.file_name().unwrap_or_default();
    let mut words = format!(
        "backstop plan {} --asset {} --amount {} --over {} --risk-aversion {:e}",
        file.to_string_lossy(),
        args.asset,
        args.amount,
        args.over,
        args.risk_aversion
    );
    if let Some(volatility) = args.volatility {
        words += &format!(" --volatility {volatility}");
    }
    words += &format!(
        " --buyers-per-hour {} --buyers-margin {} --buyers-resold {}",
        args.buyers_per_hour, args.buyers_margin, args.buyers_resold
    );
    for set in &args.set {
        words += &format!(" --set '{set}'");
    }
    words
}

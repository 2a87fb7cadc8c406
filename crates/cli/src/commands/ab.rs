//! `backstop ab`: the same paths with and without policies.

mod arms;

use super::sweep::changes::{Changes, Run};
use super::sweep::stopped;
use super::sweep::work::{Going, Work};
use crate::failure::Failure;
use crate::progress;
use crate::setup::{self, Base, OtherDraws, digest};
use arms::{Arm, Plan};
use backstop_report::{AB_METRICS, AbReport, AbRow, AbRun, RunContext, ab_text, write_ab};
use std::io::{Write, stdout};
use std::num::NonZeroU64;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// Arguments of `backstop ab`.
#[derive(clap::Args, Debug)]
#[command(after_help = "\
Examples:
  backstop ab scenarios/march-2020.toml --each
  backstop ab scenarios/march-2020.toml --with oracle-twap
  backstop ab scenarios/march-2020.toml --with oracle-twap.window_s=600 --paths 10000
  backstop ab scenarios/march-2020.toml --with threshold-offset,borrower-alerts
  backstop ab scenarios/march-2020.toml --each --with threshold-offset,borrower-alerts
  backstop ab my.toml --without insurance-fund

The scenario as it stands is one side; on the other one, --with switches policies on and --without off, all of
them together. --each compares one at a time: the policies that are named, or all that the protocol can have.
Without any of the three, the scenario's own policies are each switched off in turn, or all that there are on where
it has none. Both sides run the same paths of the same seed, so that they differ by the policy and not by
luck. docs/policies tells what there is and how to read the result. Writes ab.html, ab.json and one row a policy and
figure in policies.parquet, policies.json and policies.csv. Ctrl-C keeps what is finished, and --resume goes on from
there.")]
pub(crate) struct Args {
    /// Scenario file (docs/formats.md)
    scenario: PathBuf,
    /// Policies to switch on; with a key, that setting in place of its default. May be repeated
    #[arg(long, value_name = "NAME[.KEY=VALUE]", value_delimiter = ',')]
    with: Vec<String>,
    /// Policies of the scenario to switch off. May be repeated
    #[arg(long, value_name = "NAME", value_delimiter = ',')]
    without: Vec<String>,
    /// One policy at a time
    #[arg(long)]
    each: bool,
    /// Paths of each side. What is exceeded in one path of a hundred takes 381
    #[arg(long, value_name = "N", default_value = "1000")]
    paths: NonZeroU64,
    /// Seed in place of the scenario's
    #[arg(long, value_name = "N")]
    seed: Option<u64>,
    /// Go on from what is kept in the folder for the results
    #[arg(long)]
    resume: bool,
    /// Folder for the results [default: out/NAME-ab]
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// Change a value of the scenario on both sides; may be repeated
    #[arg(long = "set", value_name = "KEY=VALUE")]
    set: Vec<String>,
}

/// Name of the file with the sides that are done.
const TOTALS: &str = "ab-totals.json";
const FORMAT: &str = "backstop-ab-totals/1";

/// Runs the command.
///
/// # Errors
/// When the scenario or its files are malformed, a policy is unknown or the protocol cannot have it, what is to go on
/// from is another comparison's, or the results cannot be written.
pub(crate) fn run(args: &Args) -> Result<ExitCode, Failure> {
    let mut set = args.set.clone();
    set.extend(args.seed.map(|seed| format!("seed={seed}")));
    let base = Base::open(&args.scenario, set, OtherDraws::Refused)?;
    let Plan { arms, refused } = arms::plan(args, &base)?;
    let out = folder(args, &base)?;
    let paths = args.paths.get();
    let work = Work {
        base: &base,
        out: &out,
        paths,
        going: match args.resume {
            true => Going::On,
            false => Going::Afresh,
        },
        name: "",
    };
    let open = |change: Option<usize>| {
        let arm = change.and_then(|at| arms.get(at));
        let scenario = arm.map_or(&base.loaded.scenario, |arm| &arm.scenario);
        base.cell(scenario.clone())
    };
    let runs = Changes {
        file: TOTALS,
        format: FORMAT,
        what: "policies",
        digest: digest_of(&base, &arms),
        metrics: &AB_METRICS,
        count: arms.len(),
        open: &open,
    }
    .run(&work)?;
    let context = context(args, &base)?;
    let rows: Vec<AbRow<'_>> = (0..arms.len())
        .map_while(|at| Some((arms.get(at)?, runs.after(at)?)))
        .map(|(arm, run)| AbRow {
            label: &arm.label,
            about: &arm.about,
            set: &arm.set,
            run: told(run),
        })
        .collect();
    let report = AbReport {
        context: &context,
        base: runs.standing().map(told).unwrap_or_default(),
        rows: &rows,
        refused: &refused,
        random: &setup::differs(&base.loaded),
        asked: arms.len(),
        seed: runs.seed(),
        paths,
        horizon_s: base.loaded.scenario.time.end - base.loaded.scenario.time.start,
    };
    write_ab(&out, &report)?;
    let mut screen = stdout().lock();
    screen.write_all(ab_text(&report, progress::width()).as_bytes())?;
    writeln!(screen, "report   {}", out.join("ab.html").display())?;
    stopped((runs.done(), arms.len()), "policies", &mut screen)?;
    Ok(ExitCode::SUCCESS)
}

fn told(run: &Run) -> AbRun<'_> {
    AbRun {
        values: &run.values,
        stopped: run.stopped,
    }
}

/// The folder for the results, made where it is missing.
fn folder(args: &Args, base: &Base) -> Result<PathBuf, Failure> {
    let name = format!("{}-ab", base.loaded.scenario.name);
    let out = args
        .out
        .clone()
        .unwrap_or_else(|| Path::new("out").join(name));
    let failed = |error| Failure::new(format!("{}: cannot be created: {error}", out.display()));
    std::fs::create_dir_all(&out).map_err(failed)?;
    Ok(out)
}

/// Of the scenario and of what is compared with it.
fn digest_of(base: &Base, arms: &[Arm]) -> String {
    let sets = arms.iter().map(|arm| arm.set.join(" "));
    let sets: Vec<String> = std::iter::once(digest(&base.loaded)).chain(sets).collect();
    sets.join("; ")
}

/// What the report says of the inputs.
fn context(args: &Args, base: &Base) -> Result<RunContext, Failure> {
    let mut context = setup::run_context(&base.loaded, command_line(args));
    context
        .protocol
        .clone_from(&setup::design_of(&base.loaded)?.title);
    context.notes.extend(base.design.mapping().iter().cloned());
    base.design.payer().tell(&mut context.waterfall);
    Ok(context)
}

/// The command that repeats the comparison, with the scenario's file name only.
fn command_line(args: &Args) -> String {
    let file = args.scenario.file_name().unwrap_or_default();
    let mut words = format!("backstop ab {}", file.to_string_lossy());
    if args.each {
        words += " --each";
    }
    for with in &args.with {
        words += &format!(" --with '{with}'");
    }
    for without in &args.without {
        words += &format!(" --without {without}");
    }
    words += &format!(" --paths {}", args.paths);
    if let Some(seed) = args.seed {
        words += &format!(" --seed {seed}");
    }
    for set in &args.set {
        words += &format!(" --set '{set}'");
    }
    words
}

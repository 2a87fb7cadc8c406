//! `backstop stress`: many paths of one scenario, and what they say together.

mod additions;
mod tilt;
mod told;

pub(super) use additions::Additions;
pub(super) use told::Told;

use super::sweep;
use crate::failure::Failure;
use crate::progress;
use crate::setup::{self, Part, Stage, TOTALS, digest};
use additions::Planned;
use backstop_lab::ensemble::{Level, Totals};
use backstop_report::estimate_text;
use indicatif::ProgressBar;
use std::io::{Write, stdout};
use std::num::NonZeroU64;
use std::ops::{ControlFlow, Range};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::str::FromStr;
use std::time::{Duration, Instant};
use tilt::TiltChoice;

/// Arguments of `backstop stress`.
#[derive(clap::Args, Debug)]
#[command(group(clap::ArgGroup::new("additions").multiple(true)), after_help = "\
Examples:
  backstop stress scenarios/one-day.toml --paths 10000
  backstop stress scenarios/one-day.toml --paths 100000 --precision 0.05
  backstop stress scenarios/one-day.toml --paths 10000 --set impact.depth=0.5
  backstop stress scenarios/one-day.toml --paths 10000 --shard 3/16 --out out/part-3
  backstop stress scenarios/one-day.toml --paths 10000 --resume
  backstop stress scenarios/one-day.toml --paths 10000 --draws antithetic
  backstop stress scenarios/one-day.toml --paths 10000 --tilt auto
  backstop stress scenarios/one-day.toml --paths 10000 --tilt 4
  backstop stress scenarios/one-day.toml --paths 10000 --drivers --heat-map

Path k of a seed is the same path with any number of threads: `backstop run SCENARIO --path k` shows it
in full. Writes stress.html, the tables that docs/results.md describes, and
totals.json, from which --resume goes on and `backstop merge` joins shards. Ctrl-C stops and keeps the
paths that are done; a second Ctrl-C ends at once and loses at most the last few seconds. --drivers and
--heat-map add what `backstop sweep` tells to the same page, and its tables beside it; with --resume they
can be added later.")]
pub(crate) struct Args {
    /// Scenario file (docs/formats.md)
    scenario: PathBuf,
    /// How many paths
    #[arg(long, value_name = "N", default_value = "1000")]
    paths: NonZeroU64,
    /// Seed in place of the scenario's
    #[arg(long, value_name = "N")]
    seed: Option<u64>,
    /// Stop once the expected shortfall of bad debt at 99 % is known within this share: half of its
    /// 95 % interval over its value
    #[arg(long, value_name = "SHARE", value_parser = share)]
    precision: Option<f64>,
    /// How paths are drawn: antithetic pairs and Sobol points need fewer of them (docs/ensembles.md)
    #[arg(long, value_name = "HOW", value_parser = ["plain", "antithetic", "sobol"])]
    draws: Option<String>,
    /// For rare losses: draw every other path under a law in which the assets of the scenario's shock fall by X of
    /// their standard deviations on average, by shocks or jumps, and weigh it by how likely it
    /// is; auto finds X by short runs. S,J,D instead: shocks of the first asset moved by S, J times the
    /// jumps, their sizes moved by D (docs/ensembles.md)
    #[arg(
        long,
        value_name = "auto|X|S,J[,D]",
        conflicts_with = "draws",
        allow_negative_numbers = true
    )]
    tilt: Option<TiltChoice>,
    /// Run only this part of the paths, such as 3/16
    #[arg(long, value_name = "I/N", conflicts_with = "precision")]
    shard: Option<Shard>,
    /// After the paths, move each main input one at a time and show which moves the result most
    #[arg(long, conflicts_with = "shard", group = "additions")]
    drivers: bool,
    /// After the paths, show bad debt by how far prices fall and how much depth is left
    #[arg(long, conflicts_with = "shard", group = "additions")]
    heat_map: bool,
    /// Paths of each change and each cell of these two [default: a tenth of --paths, at least 100]
    #[arg(long, value_name = "N", requires = "additions")]
    sweep_paths: Option<NonZeroU64>,
    /// Go on from the totals.json in the folder for the results
    #[arg(long)]
    resume: bool,
    /// Folder for the results [default: out/NAME-stress]
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// Change a value of the scenario; may be repeated
    #[arg(long = "set", value_name = "KEY=VALUE")]
    set: Vec<String>,
}

/// One of equal parts, from 1.
#[derive(Clone, Copy, Debug)]
struct Shard {
    number: u64,
    of: u64,
}

impl FromStr for Shard {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || "allowed: I/N with I from 1 to N, such as 3/16".to_owned();
        let (number, of) = text.split_once('/').ok_or_else(wrong)?;
        let number: u64 = number.parse().map_err(|_| wrong())?;
        let of: u64 = of.parse().map_err(|_| wrong())?;
        let fits = (1..=of).contains(&number);
        fits.then_some(Self { number, of }).ok_or_else(wrong)
    }
}

impl Shard {
    /// Its paths among all of them.
    fn paths(self, all: u64) -> Range<u64> {
        let cut = |part: u64| {
            let at = u128::from(all) * u128::from(part) / u128::from(self.of);
            u64::try_from(at).unwrap_or(all)
        };
        cut(self.number - 1)..cut(self.number)
    }
}

fn share(text: &str) -> Result<f64, String> {
    let number: f64 = text
        .parse()
        .map_err(|_| "allowed: a number above 0 and below 1".to_owned())?;
    let fits = number > 0.0 && number < 1.0;
    fits.then_some(number)
        .ok_or_else(|| "allowed: a number above 0 and below 1".to_owned())
}

/// Runs the command.
///
/// # Errors
/// When the scenario or its files are malformed, a file to go on from is another ensemble's, or the
/// results cannot be written.
pub(crate) fn run(args: &Args) -> Result<ExitCode, Failure> {
    let mut set = args.set.clone();
    set.extend(args.seed.map(|seed| format!("seed={seed}")));
    set.extend(args.draws.iter().map(|how| format!("ensemble.draws={how}")));
    set.extend(tilted(args, &set)?);
    let loaded = setup::load(&args.scenario, &set)?;
    let design = (setup::design_of(&loaded)?.open)(&loaded)?;
    let stage = design.stage(&loaded)?;
    let name = format!("{}-stress", loaded.scenario.name);
    let out = args
        .out
        .clone()
        .unwrap_or_else(|| Path::new("out").join(name));
    let folder = |error| Failure::new(format!("{}: cannot be created: {error}", out.display()));
    std::fs::create_dir_all(&out).map_err(folder)?;
    let planned = Planned::read(args, &set)?;
    let asked = args.paths.get();
    let numbers = (loaded.scenario.seed, asked);
    let fresh = Part::new(digest(&loaded), set, numbers, stage.empty());
    let part = if args.resume {
        resumed(&out.join(TOTALS), fresh)?
    } else {
        fresh
    };
    let mut job = Job {
        stage: stage.as_ref(),
        part,
        file: out.join(TOTALS),
        within: args.shard.map_or(0..asked, |shard| shard.paths(asked)),
        precision: args.precision,
    };
    let end = job.run()?;
    let additions = match planned.filter(|_| end == End::Done) {
        Some(planned) => planned.run(&out)?,
        None => Additions::default(),
    };
    let told = Told {
        loaded: &loaded,
        mapping: design.mapping(),
        payer: design.payer(),
        stage: stage.as_ref(),
        part: &job.part,
        additions: &additions,
        command: command_line(args),
        adding: adding(args, &job.part),
    };
    told.report(&out)?;
    stopped(&job.part, (end, &additions))?;
    Ok(ExitCode::SUCCESS)
}

/// Says what was not done because of Ctrl-C.
fn stopped(part: &Part, (end, additions): (End, &Additions)) -> Result<(), Failure> {
    let mut screen = stdout().lock();
    if end == End::Stopped {
        let paths = usize::try_from(part.totals.paths).unwrap_or(usize::MAX);
        let asked = usize::try_from(part.asked).unwrap_or(usize::MAX);
        return sweep::stopped((paths, asked), "paths", &mut screen);
    }
    if let Some(drivers) = &additions.drivers {
        sweep::stopped(drivers.count(), "changes", &mut screen)?;
    }
    if let Some(cells) = &additions.heat_map {
        sweep::stopped(cells.count(), "cells", &mut screen)?;
    }
    Ok(())
}

/// The values of the scenario that `--tilt` stands for.
fn tilted(args: &Args, set: &[String]) -> Result<Vec<String>, Failure> {
    match args.tilt {
        None => Ok(Vec::new()),
        Some(TiltChoice::Auto) => {
            let loaded = setup::load(&args.scenario, set)?;
            let design = (setup::design_of(&loaded)?.open)(&loaded)?;
            let found = tilt::find(design.stage(&loaded)?.as_ref())?;
            let mut screen = stdout().lock();
            writeln!(screen, "tilt     {found}")?;
            Ok(found.as_set())
        }
        Some(given) => Ok(given.as_set()),
    }
}

/// A part that was kept, if it is one of the same ensemble.
fn resumed(file: &Path, fresh: Part) -> Result<Part, Failure> {
    if !file.exists() {
        return Ok(fresh);
    }
    let part = Part::read(file)?;
    match fresh.differs(&part) {
        None => Ok(part),
        Some(why) => Err(Failure::new(format!(
            "{}: cannot go on from another ensemble: {why}",
            file.display()
        ))),
    }
}

/// Work in rounds, each of which is kept.
struct Job<'a> {
    stage: &'a dyn Stage,
    part: Part,
    file: PathBuf,
    /// Paths to run, in part done already.
    within: Range<u64>,
    precision: Option<f64>,
}

/// How the work ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum End {
    Done,
    Stopped,
}

/// Paths of the first round.
const FIRST_ROUND: u64 = 16;
/// How long a round should take: so much may be lost.
const ROUND: Duration = Duration::from_secs(1);
/// How often totals are kept on disk.
const KEEP: Duration = Duration::from_secs(5);
/// Number of paths at which precision is looked at first, and then at each doubling: numbers of
/// paths only, so that time has no say in the result.
const FIRST_LOOK: u64 = 1_000;

impl Job<'_> {
    fn run(&mut self) -> Result<End, Failure> {
        progress::catch_interrupt();
        let bar = progress::bar(self.within.end - self.within.start, "paths");
        let (mut round, mut kept) = (FIRST_ROUND, None::<Instant>);
        let end = loop {
            let missing = self.part.missing(&self.within);
            bar.set_position(missing.start - self.within.start);
            bar.set_message(estimate_text(&self.part.totals));
            if missing.is_empty() || self.is_precise(missing.start) {
                break End::Done;
            }
            let end = (missing.start + round).min(missing.end);
            let paths = missing.start..end.min(next_look(missing.start));
            let begun = Instant::now();
            let Some(totals) = self.stage.run(paths.clone(), &|| tick(&bar))? else {
                break End::Stopped;
            };
            let new = self.part.add(paths, &totals);
            assert!(new, "only missing paths are run");
            if begun.elapsed() < ROUND / 2 {
                round *= 2;
            } else if begun.elapsed() > ROUND * 2 {
                round = (round / 2).max(1);
            }
            if kept.is_none_or(|kept| kept.elapsed() > KEEP) {
                self.part.write(&self.file)?;
                kept = Some(Instant::now());
            }
        };
        bar.finish_and_clear();
        self.part.write(&self.file)?;
        Ok(end)
    }

    /// Whether the paths so far tell what was asked for; looked at after certain numbers of them.
    fn is_precise(&self, paths: u64) -> bool {
        let Some(wanted) = self.precision else {
            return false;
        };
        let looked = paths >= FIRST_LOOK && next_look(paths - 1) == paths;
        looked && precision(&self.part.totals).is_some_and(|precision| precision <= wanted)
    }
}

fn tick(bar: &ProgressBar) -> ControlFlow<()> {
    bar.inc(1);
    if progress::interrupted() {
        ControlFlow::Break(())
    } else {
        ControlFlow::Continue(())
    }
}

/// The next number of paths above this one at which precision is looked at.
fn next_look(paths: u64) -> u64 {
    let mut look = FIRST_LOOK;
    while look <= paths {
        look = look.saturating_mul(2);
    }
    look
}

fn precision(totals: &Totals) -> Option<f64> {
    let tail = totals.figure("bad_debt")?.tail(Level(0.99))?;
    tail.expected_shortfall.precision()
}

/// The command that repeats the run, with the scenario's file name only.
fn command_line(args: &Args) -> String {
    let file = args.scenario.file_name().unwrap_or_default();
    let mut words = format!(
        "backstop stress {} --paths {}",
        file.to_string_lossy(),
        args.paths
    );
    if let Some(seed) = args.seed {
        words += &format!(" --seed {seed}");
    }
    if let Some(precision) = args.precision {
        words += &format!(" --precision {precision}");
    }
    if let Some(how) = &args.draws {
        words += &format!(" --draws {how}");
    }
    if let Some(tilt) = args.tilt {
        words += &format!(" --tilt {tilt}");
    }
    if let Some(Shard { number, of }) = args.shard {
        words += &format!(" --shard {number}/{of}");
    }
    if args.drivers {
        words += " --drivers";
    }
    if args.heat_map {
        words += " --heat-map";
    }
    if let Some(paths) = args.sweep_paths {
        words += &format!(" --sweep-paths {paths}");
    }
    for set in &args.set {
        words += &format!(" --set '{set}'");
    }
    words
}

/// The commands that add the drivers and the heat map: this one over the paths that are done, or sweeps where
/// these are only a part.
fn adding(args: &Args, part: &Part) -> [String; 2] {
    if args.shard.is_some() {
        return sweeping(&args.scenario, part);
    }
    let flags = [(args.drivers, " --drivers"), (args.heat_map, " --heat-map")];
    flags.map(|(given, flag)| {
        let flag = if given { "" } else { flag };
        command_line(args) + flag + " --resume"
    })
}

/// Sweeps of an ensemble's scenario: drivers, and the grid. Their paths are drawn plainly.
pub(super) fn sweeping(scenario: &Path, part: &Part) -> [String; 2] {
    let file = scenario.file_name().unwrap_or_default();
    let set = part.set.iter().filter(|set| !set.starts_with("ensemble."));
    let set: String = set.map(|set| format!(" --set '{set}'")).collect();
    [" --drivers", ""].map(|flag| format!("backstop sweep {}{flag}{set}", file.to_string_lossy()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shards_cover_all_paths_once() {
        for (all, of) in [(10_000u64, 16), (7, 3), (3, 7), (1, 1), (u64::MAX, 5)] {
            let mut next = 0;
            for number in 1..=of {
                let paths = Shard { number, of }.paths(all);
                assert_eq!(paths.start, next, "{number}/{of} of {all}");
                next = paths.end;
            }
            assert_eq!(next, all);
        }
        for text in ["0/4", "5/4", "4", "a/b", "1/0", ""] {
            let why = text.parse::<Shard>().unwrap_err();
            assert_eq!(
                why, "allowed: I/N with I from 1 to N, such as 3/16",
                "{text}"
            );
        }
    }

    #[test]
    fn looks_double() {
        for (paths, next) in [
            (0, 1_000),
            (999, 1_000),
            (1_000, 2_000),
            (3_999, 4_000),
            (4_000, 8_000),
        ] {
            assert_eq!(next_look(paths), next, "{paths}");
        }
    }
}

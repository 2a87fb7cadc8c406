//! `backstop merge`: the parts of an ensemble that ran apart become one.

use super::stress::{Additions, Told, sweeping};
use crate::failure::Failure;
use crate::setup::{self, Part, TOTALS, digest};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// Arguments of `backstop merge`.
#[derive(clap::Args, Debug)]
#[command(after_help = "\
Example:
  backstop stress scenarios/one-day.toml --paths 10000 --shard 1/2 --out out/part-1
  backstop stress scenarios/one-day.toml --paths 10000 --shard 2/2 --out out/part-2
  backstop merge scenarios/one-day.toml out/part-1 out/part-2 --out out/whole

The totals are those of one run over all the paths, to the bit. Parts of another scenario, seed or
number of paths are refused, and so are paths that come twice.")]
pub(crate) struct Args {
    /// Scenario file that the parts ran
    scenario: PathBuf,
    /// Folders with a totals.json each
    #[arg(required = true, value_name = "DIR")]
    parts: Vec<PathBuf>,
    /// Folder for the results [default: out/NAME-stress]
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
}

/// Runs the command.
///
/// # Errors
/// When a part cannot be read or does not belong to the others, or the results cannot be written.
pub(crate) fn run(args: &Args) -> Result<ExitCode, Failure> {
    let files: Vec<PathBuf> = args
        .parts
        .iter()
        .map(|folder| folder.join(TOTALS))
        .collect();
    let parts = files.iter().map(|file| Part::read(file));
    let mut parts = files.iter().zip(parts.collect::<Result<Vec<_>, _>>()?);
    let Some((first, mut whole)) = parts.next() else {
        return Err(Failure::new("found no part"));
    };
    let refuse = |file: &Path, why: &str| Failure::new(format!("{}: {why}", file.display()));
    for (file, part) in parts {
        if let Some(why) = whole.differs(&part) {
            return Err(refuse(
                file,
                &format!("no part of the ensemble of {}: {why}", first.display()),
            ));
        }
        if !whole.join(&part) {
            return Err(refuse(file, "holds paths that another part holds too"));
        }
    }
    let loaded = setup::load(&args.scenario, &whole.set)?;
    if digest(&loaded) != whole.digest {
        let scenario = args.scenario.display();
        return Err(refuse(
            first,
            &format!("digest: {scenario} is not what the parts ran"),
        ));
    }
    let name = format!("{}-stress", loaded.scenario.name);
    let out = args
        .out
        .clone()
        .unwrap_or_else(|| Path::new("out").join(name));
    let folder = |error| Failure::new(format!("{}: cannot be created: {error}", out.display()));
    std::fs::create_dir_all(&out).map_err(folder)?;
    whole.write(&out.join(TOTALS))?;
    let design = (setup::design_of(&loaded)?.open)(&loaded)?;
    let stage = design.stage(&loaded)?;
    let told = Told {
        loaded: &loaded,
        mapping: design.mapping(),
        payer: design.payer(),
        stage: stage.as_ref(),
        part: &whole,
        additions: &Additions::default(),
        command: command_line(args),
        adding: sweeping(&args.scenario, &whole),
    };
    told.report(&out)?;
    Ok(ExitCode::SUCCESS)
}

/// The command, with file names only.
fn command_line(args: &Args) -> String {
    let name = |path: &PathBuf| {
        path.file_name()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned()
    };
    let parts: Vec<String> = args.parts.iter().map(name).collect();
    format!(
        "backstop merge {} {}",
        name(&args.scenario),
        parts.join(" ")
    )
}

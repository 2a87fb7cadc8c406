//! `backstop fit`: processes estimated from past prices, with errors and goodness of fit.

mod block;
mod tables;

pub(super) use block::short;

use crate::failure::Failure;
use crate::setup;
use backstop_io::format_time;
use backstop_io::price::{Layout, read_prices};
use backstop_lab::price::Tail;
use backstop_lab::price::fit::{
    Copula, Family, Fitted, Hill, PairCorrelation, QUANTILES, Sample, autocorrelation_of_squares,
    copula, correlations, fit, hill,
};
use rayon::prelude::*;
use std::io::{Write, stdout};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// Arguments of `backstop fit`.
#[derive(clap::Args, Debug)]
#[command(after_help = "\
Examples:
  backstop fit eth.csv
  backstop fit WETH=eth.csv WBTC=btc.csv.gz --step 3600 --model garch --out out/fit
  backstop fit klines.csv --layout binance

Estimates each process from the log returns of each file by maximum likelihood and prints its
parameters with standard errors, how well it fits, and the price of a scenario (docs/formats.md)
to paste, the best by AIC first. Of several files it also tells the correlations and the copula.
With --out, writes the same as tables in JSON.")]
pub(crate) struct Args {
    /// Price files, CSV (plain or gzip) or Parquet; one an asset, with its symbol if wanted
    #[arg(required = true, value_name = "[SYMBOL=]PRICES")]
    prices: Vec<String>,
    /// Columns of the files
    #[arg(long, value_name = "LAYOUT", default_value = "ohlcv", value_parser = ["ohlcv", "binance"])]
    layout: String,
    /// Seconds of a return [default: a candle of the first file]
    #[arg(long, value_name = "SECONDS", value_parser = clap::value_parser!(u32).range(1..=31_536_000))]
    step: Option<u32>,
    /// Process to fit; may be repeated [default: all]
    #[arg(long = "model", value_name = "NAME", value_parser = family)]
    models: Vec<Family>,
    /// Folder for the tables
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
}

/// A process by its key.
fn family(name: &str) -> Result<Family, String> {
    let found = Family::ALL.into_iter().find(|family| family.key() == name);
    found.ok_or_else(|| format!("allowed: {}", Family::ALL.map(Family::key).join(", ")))
}

/// One file and what was found in it.
struct Asset {
    /// The symbol told, or the file's name up to its first point.
    name: String,
    sample: Sample,
    /// Of the losses and of the gains.
    tails: [Option<Hill>; 2],
    /// The best by AIC first.
    fits: Vec<Fitted>,
    /// What the reader had to say, such as gaps.
    notes: Vec<String>,
}

/// Runs the command.
///
/// # Errors
/// When a file is malformed or tells too little, or the tables cannot be written.
pub(crate) fn run(args: &Args) -> Result<ExitCode, Failure> {
    let families = match args.models.as_slice() {
        [] => Family::ALL.to_vec(),
        chosen => chosen.to_vec(),
    };
    let mut step = args.step;
    let mut samples = Vec::with_capacity(args.prices.len());
    for told in &args.prices {
        let (name, file) = named(told);
        let (sample, notes) = read(&file, &args.layout, &mut step)?;
        samples.push((name, sample, notes));
    }
    let assets: Vec<Asset> = samples
        .into_par_iter()
        .map(|(name, sample, notes)| asset(name, sample, notes, &families))
        .collect();
    let mut screen = stdout().lock();
    for asset in &assets {
        tell(&mut screen, asset)?;
    }
    let pairs = tell_dependence(&mut screen, &assets)?;
    if let Some(out) = &args.out {
        let folder = |error| Failure::new(format!("{}: cannot be created: {error}", out.display()));
        std::fs::create_dir_all(out).map_err(folder)?;
        for table in tables::all(&assets, &pairs) {
            table.write_json(&out.join(format!("{}.json", table.name)))?;
        }
        writeln!(screen, "tables   {}", out.display())?;
    }
    Ok(ExitCode::SUCCESS)
}

/// Symbol and file of an argument.
fn named(told: &str) -> (String, PathBuf) {
    let whole = Path::new(told);
    match told.split_once('=') {
        Some((symbol, file)) if !whole.exists() => (symbol.to_owned(), PathBuf::from(file)),
        _ => {
            let name = whole.file_name().unwrap_or_default().to_string_lossy();
            let short = name.split('.').next().unwrap_or_default();
            (short.to_owned(), whole.to_owned())
        }
    }
}

/// Reads a file; the first one decides the step where none is told.
fn read(
    file: &Path,
    layout: &str,
    step: &mut Option<u32>,
) -> Result<(Sample, Vec<String>), Failure> {
    let layout = match layout {
        "binance" => Layout::Binance,
        _ => Layout::Ohlcv,
    };
    let (series, notes) = read_prices(file, &layout)?;
    let candle = series.durations_s.iter().copied().max().unwrap_or(1);
    let chosen = *step.get_or_insert(u32::try_from(candle).unwrap_or(u32::MAX));
    let sample = Sample::new(&setup::bars(&series), chosen)
        .map_err(|why| Failure::new(format!("{}: {why}", file.display())))?;
    Ok((sample, notes))
}

fn asset(name: String, sample: Sample, notes: Vec<String>, families: &[Family]) -> Asset {
    let mut fits: Vec<Fitted> = families.par_iter().map(|one| fit(*one, &sample)).collect();
    fits.sort_by(|a, b| a.aic.total_cmp(&b.aic));
    let count = (sample.returns.len() / 20).max(10);
    let returns = || sample.returns.iter().copied();
    Asset {
        name,
        tails: [hill(returns().map(|r| -r), count), hill(returns(), count)],
        sample,
        fits,
        notes,
    }
}

fn tell(screen: &mut impl Write, asset: &Asset) -> Result<(), Failure> {
    let sample = &asset.sample;
    let (first, last) = (sample.times.first(), sample.times.last());
    let time = |time: Option<&u64>| time.map_or("?".to_owned(), |time| format_time(*time));
    writeln!(
        screen,
        "{}: {} log returns of {} s from {} to {}",
        asset.name,
        sample.returns.len(),
        sample.step_s,
        time(first),
        time(last)
    )?;
    for note in &asset.notes {
        writeln!(screen, "  {note}")?;
    }
    let squares = autocorrelation_of_squares(&sample.returns, 1);
    let error = (sample.returns.len() as f64).sqrt().recip();
    writeln!(
        screen,
        "  autocorrelation of squares {squares:.3} (±{error:.3} where there is none)"
    )?;
    for (name, tail) in ["losses", "gains"].into_iter().zip(&asset.tails) {
        match tail {
            Some(Hill {
                index,
                error,
                count,
            }) => writeln!(
                screen,
                "  tail index of {name} {index:.2} ± {error:.2} (Hill, largest {count})"
            )?,
            None => writeln!(screen, "  tail index of {name}: too few")?,
        }
    }
    writeln!(screen)?;
    for fitted in &asset.fits {
        tell_fit(screen, fitted)?;
    }
    Ok(())
}

fn tell_fit(screen: &mut impl Write, fitted: &Fitted) -> Result<(), Failure> {
    let rest = if fitted.converged {
        ""
    } else {
        ", search not at rest"
    };
    writeln!(
        screen,
        "  {}: log likelihood {:.1}, AIC {:.1}{rest}",
        fitted.family.key(),
        fitted.log_likelihood,
        fitted.aic
    )?;
    for one in &fitted.parameters {
        let error = if one.error.is_finite() {
            block::short(one.error)
        } else {
            "not told by the sample".to_owned()
        };
        let value = block::short(one.value);
        writeln!(screen, "    {:<24}{value:>14} ± {error}", one.name)?;
    }
    let good = &fitted.goodness;
    writeln!(
        screen,
        "    residuals: distance from normal {:.4}, autocorrelation of squares {:.3} (p {:.3})",
        good.distance, good.squares, good.squares_p
    )?;
    let row = |name: &str, of: &dyn Fn(usize) -> String| {
        let cells: String = (0..QUANTILES.len())
            .map(|i| format!("{:>8}", of(i)))
            .collect();
        format!("    {name:<10}{cells}")
    };
    let share = row("quantile", &|i| format!("{} %", QUANTILES[i] * 100.0));
    let residual = row("residual", &|i| format!("{:.2}", good.quantiles[i].0));
    let normal = row("normal", &|i| format!("{:.2}", good.quantiles[i].1));
    writeln!(screen, "{share}\n{residual}\n{normal}")?;
    writeln!(screen, "    price = {}\n", block::price(&fitted.model))?;
    Ok(())
}

/// Tells correlations and the copula of several assets.
fn tell_dependence(
    screen: &mut impl Write,
    assets: &[Asset],
) -> Result<Vec<PairCorrelation>, Failure> {
    if assets.len() < 2 {
        return Ok(Vec::new());
    }
    let samples: Vec<Sample> = assets.iter().map(|asset| asset.sample.clone()).collect();
    let pairs = correlations(&samples);
    for pair in &pairs {
        let (a, b) = pair.samples;
        writeln!(
            screen,
            "{}/{}: correlation {:.3} ± {:.3} over {} returns; by ranks {:.3}; when one of the two \
             falls by its worst 5 % {:.3}",
            assets[a].name,
            assets[b].name,
            pair.value,
            pair.error,
            pair.count,
            pair.of_ranks,
            pair.in_crashes
        )?;
    }
    if pairs.iter().any(|pair| pair.count < 2) {
        writeln!(screen, "some of the files share no times\n")?;
        return Ok(pairs);
    }
    let Copula { tail, gain } = copula(&samples);
    match tail {
        Tail::Gaussian => writeln!(screen, "copula: Gaussian fits best")?,
        Tail::StudentT { degrees } => writeln!(
            screen,
            "copula: t with about {degrees} degrees, log likelihood {gain:.1} above the Gaussian one"
        )?,
    }
    let names: Vec<&str> = assets.iter().map(|asset| asset.name.as_str()).collect();
    writeln!(screen, "\n{}", block::dependence(&names, &pairs, tail))?;
    Ok(pairs)
}

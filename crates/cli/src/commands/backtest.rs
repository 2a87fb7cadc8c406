//! `backstop backtest`: forecasts of value at risk judged by what came.

use crate::failure::Failure;
use crate::progress;
use crate::setup;
use backstop_io::price::{Layout, PriceSeries, read_prices};
use backstop_io::read_time;
use backstop_lab::price::fit::Sample;
use backstop_lab::statistics::walk_forward::{Forecast, Model, Settings, walk_forward};
use backstop_report::{BacktestReport, Trial, backtest_text, write_backtest};
use std::io::{Write, stdout};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// Arguments of `backstop backtest`.
#[derive(clap::Args, Debug)]
#[command(after_help = "\
Examples:
  backstop backtest eth.csv
  backstop backtest ETH=eth-2017.csv,eth-2022.csv BTC=btc.csv --from 2019-01-01 --horizon 1h --horizon 24h
  backstop backtest eth.csv --model garch --window 180d --refit 7d --level 0.975

Walks through past prices: at each time a model is estimated from the window before it, forecasts the
value at risk of the return over the horizon, and is compared with what came. Tells how often forecasts
were exceeded and the p-values of Kupiec's and Christoffersen's tests. Writes backtest.html, the table
backtest (Parquet and JSON) and every forecast (forecasts.parquet). docs/backtests.md has the method.")]
pub(crate) struct Args {
    /// Price files, CSV (plain or gzip) or Parquet; one an asset, or several in the order of time, of
    /// which a later one goes on where the former ends
    #[arg(required = true, value_name = "[SYMBOL=]PRICES[,PRICES…]")]
    prices: Vec<String>,
    /// Columns of the files
    #[arg(long, value_name = "LAYOUT", default_value = "ohlcv", value_parser = ["ohlcv", "binance"])]
    layout: String,
    /// Model to judge; may be repeated [default: all]
    #[arg(long = "model", value_name = "NAME", value_parser = model)]
    models: Vec<Model>,
    /// Past from which a model is estimated, such as 90d or 36h
    #[arg(long, value_name = "LENGTH", default_value = "90d", value_parser = length)]
    window: u64,
    /// Time that a forecast is about; may be repeated [default: 1h and 24h]
    #[arg(long = "horizon", value_name = "LENGTH", value_parser = length)]
    horizons: Vec<u64>,
    /// From one estimation to the next
    #[arg(long, value_name = "LENGTH", default_value = "30d", value_parser = length)]
    refit: u64,
    /// Level of value at risk, above 0.5 and below 1; may be repeated [default: 0.95, 0.99 and 0.999]
    #[arg(long = "level", value_name = "SHARE", value_parser = level)]
    levels: Vec<f64>,
    /// First time of a forecast; earlier prices only serve the windows [default: the first possible]
    #[arg(long, value_name = "TIME")]
    from: Option<String>,
    /// Seconds of a return [default: a candle of the first file]
    #[arg(long, value_name = "SECONDS", value_parser = clap::value_parser!(u32).range(1..=31_536_000))]
    step: Option<u32>,
    /// Seed of the paths from which quantiles are read where there is no formula
    #[arg(long, value_name = "N", default_value = "1")]
    seed: u64,
    /// Folder for the results
    #[arg(long, value_name = "DIR", default_value = "out/backtest")]
    out: PathBuf,
}

fn model(name: &str) -> Result<Model, String> {
    let found = Model::ALL.into_iter().find(|model| model.key() == name);
    found.ok_or_else(|| format!("allowed: {}", Model::ALL.map(Model::key).join(", ")))
}

fn level(text: &str) -> Result<f64, String> {
    let number = text.parse::<f64>().ok();
    let fits = number.filter(|number| *number > 0.5 && *number < 1.0);
    fits.ok_or_else(|| "allowed: a number above 0.5 and below 1".to_owned())
}

/// Seconds of a length such as `90d`, `24h`, `15m` or `30s`.
fn length(text: &str) -> Result<u64, String> {
    let wrong = || "allowed: a whole number with d, h, m or s, such as 90d".to_owned();
    let units = [("d", 86_400u64), ("h", 3_600), ("m", 60), ("s", 1)];
    let found = units
        .iter()
        .find_map(|(unit, seconds)| Some((text.strip_suffix(unit)?, seconds)));
    let (number, seconds) = found.ok_or_else(wrong)?;
    let number: u64 = number.parse().map_err(|_| wrong())?;
    let length = number.checked_mul(*seconds).filter(|s| *s > 0);
    length.filter(|s| *s <= 3_200_000_000).ok_or_else(wrong)
}

/// Runs the command.
///
/// # Errors
/// When a file is malformed or tells too little, or the results cannot be written.
pub(crate) fn run(args: &Args) -> Result<ExitCode, Failure> {
    let (mut notes, mut trials, mut step) = (Vec::new(), Vec::new(), args.step);
    progress::catch_interrupt();
    for told in &args.prices {
        let (name, files) = named(told);
        let series = read(&files, &args.layout, &mut notes)?;
        let candle = series.durations_s.iter().copied().max().unwrap_or(1);
        let step = *step.get_or_insert(u32::try_from(candle).unwrap_or(u32::MAX));
        let sample = Sample::new(&setup::bars(&series), step)
            .map_err(|why| Failure::new(format!("{told}: {why}")))?;
        for (horizon_s, model) in jobs(args) {
            let settings = settings(args, step, (horizon_s, model))?;
            let forecasts = forecast(&sample, &settings, &format!("{name} {}", model.key()))?;
            trials.push(Trial {
                asset: name.clone(),
                model: model.key(),
                horizon_s,
                levels: settings.levels,
                forecasts,
            });
        }
    }
    let command = command_line(args);
    let report = BacktestReport {
        software: concat!("backstop ", env!("CARGO_PKG_VERSION")),
        command: &command,
        window_s: args.window,
        refit_s: args.refit,
        notes: &notes,
        trials: &trials,
    };
    let out = &args.out;
    let folder = |error| Failure::new(format!("{}: cannot be created: {error}", out.display()));
    std::fs::create_dir_all(out).map_err(folder)?;
    write_backtest(out, &report)?;
    let mut screen = stdout().lock();
    screen.write_all(backtest_text(&report, progress::width()).as_bytes())?;
    writeln!(screen, "report   {}", out.join("backtest.html").display())?;
    Ok(ExitCode::SUCCESS)
}

/// Horizons and models, in the order of the table.
fn jobs(args: &Args) -> Vec<(u64, Model)> {
    let horizons = match args.horizons.as_slice() {
        [] => vec![3_600, 86_400],
        chosen => chosen.to_vec(),
    };
    let models = match args.models.as_slice() {
        [] => Model::ALL.to_vec(),
        chosen => chosen.to_vec(),
    };
    let of = |horizon| models.iter().map(move |model| (horizon, *model));
    horizons.iter().copied().flat_map(of).collect()
}

fn settings(args: &Args, step: u32, (horizon_s, model): (u64, Model)) -> Result<Settings, Failure> {
    let returns = |name: &str, seconds: u64| {
        let step = u64::from(step);
        let whole = seconds.is_multiple_of(step).then(|| seconds / step);
        let count = whole.and_then(|count| usize::try_from(count).ok());
        count.ok_or_else(|| {
            Failure::new(format!(
                "--{name}: found {seconds} s, allowed: a multiple of a return of {step} s"
            ))
        })
    };
    let from = match &args.from {
        None => 0,
        Some(text) => read_time(text).ok_or_else(|| {
            Failure::new(format!(
                "--from: found {text:?}, allowed: a time such as 2019-01-01 or 2019-01-01T00:00:00Z"
            ))
        })?,
    };
    Ok(Settings {
        model,
        window: returns("window", args.window)?,
        horizon: returns("horizon", horizon_s)?,
        refit: returns("refit", args.refit)?,
        levels: match args.levels.as_slice() {
            [] => vec![0.95, 0.99, 0.999],
            chosen => chosen.to_vec(),
        },
        from,
        seed: args.seed,
    })
}

fn forecast(sample: &Sample, settings: &Settings, what: &str) -> Result<Vec<Forecast>, Failure> {
    let bar = progress::bar(1, "estimations");
    bar.set_message(what.to_owned());
    let made = walk_forward(sample, settings, &|of| {
        bar.set_length(of as u64);
        bar.inc(1);
        if progress::interrupted() {
            std::ops::ControlFlow::Break(())
        } else {
            std::ops::ControlFlow::Continue(())
        }
    });
    bar.finish_and_clear();
    let made = made.map_err(|why| Failure::new(format!("{what}: {why}")))?;
    made.ok_or_else(|| Failure::new(format!("{what}: stopped before all forecasts were made")))
}

/// Symbol and files of an argument.
fn named(told: &str) -> (String, Vec<PathBuf>) {
    let whole = Path::new(told);
    if whole.exists() {
        return (short(whole), vec![whole.to_owned()]);
    }
    let (symbol, files) = match told.split_once('=') {
        Some((symbol, files)) => (Some(symbol), files),
        None => (None, told),
    };
    let files: Vec<PathBuf> = files.split(',').map(PathBuf::from).collect();
    let name = symbol.map(str::to_owned);
    let first = || files.first().map_or(String::new(), |file| short(file));
    (name.unwrap_or_else(first), files)
}

/// A file's name up to its first point.
fn short(file: &Path) -> String {
    let name = file.file_name().unwrap_or_default().to_string_lossy();
    name.split('.').next().unwrap_or_default().to_owned()
}

/// Reads files as one series: of each, what begins at the former's end or later.
fn read(files: &[PathBuf], layout: &str, notes: &mut Vec<String>) -> Result<PriceSeries, Failure> {
    let layout = match layout {
        "binance" => Layout::Binance,
        _ => Layout::Ohlcv,
    };
    let mut all: Option<PriceSeries> = None;
    for file in files {
        let (series, found) = read_prices(file, &layout)?;
        notes.extend(found);
        let Some(before) = &mut all else {
            all = Some(series);
            continue;
        };
        let later = series.since(before.end().unwrap_or(0));
        before
            .append(later)
            .map_err(|why| Failure::new(format!("{}: {why}", file.display())))?;
    }
    all.ok_or_else(|| Failure::new("found no price file"))
}

/// The command, with file names only.
fn command_line(args: &Args) -> String {
    let mut words = "backstop backtest".to_owned();
    for told in &args.prices {
        let (name, files) = named(told);
        let file = |file: &PathBuf| {
            let name = file.file_name().unwrap_or_default();
            name.to_string_lossy().into_owned()
        };
        let files: Vec<String> = files.iter().map(file).collect();
        words += &format!(" {name}={}", files.join(","));
    }
    for model in &args.models {
        words += &format!(" --model {}", model.key());
    }
    words += &format!(" --window {}s", args.window);
    for horizon in &args.horizons {
        words += &format!(" --horizon {horizon}s");
    }
    words += &format!(" --refit {}s", args.refit);
    for level in &args.levels {
        words += &format!(" --level {level}");
    }
    if let Some(from) = &args.from {
        words += &format!(" --from {from}");
    }
    if let Some(step) = args.step {
        words += &format!(" --step {step}");
    }
    words + &format!(" --seed {}", args.seed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_are_words() {
        for (text, want) in [("90d", 7_776_000), ("1h", 3_600), ("15m", 900), ("30s", 30)] {
            assert_eq!(length(text), Ok(want));
        }
        for text in [
            "",
            "d",
            "0h",
            "1.5h",
            "90",
            "-1d",
            "99999999999999999999d",
            "é",
        ] {
            assert!(length(text).is_err(), "{text}");
        }
    }
}

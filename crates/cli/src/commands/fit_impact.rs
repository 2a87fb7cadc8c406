//! `backstop fit-impact`: price impact estimated from forced flow.

mod tables;

use super::fit::short;
use crate::failure::Failure;
use backstop_io::flow::{FlowColumns, FlowSeries, read_flow};
use backstop_io::format_time;
use backstop_lab::impact::{
    FitOptions, ForcedFlow, ImpactFit, Interval, Law, LawKind, Outcome, ReplayConfig, Response,
    fit, replay,
};
use backstop_lab::venue::{Liquidity, SquareRoot, VenueConfig};
use std::io::{Write, stdout};
use std::path::PathBuf;
use std::process::ExitCode;

/// Horizons that the screen shows; the tables have all.
const SHOWN: [usize; 10] = [0, 1, 2, 5, 10, 20, 30, 60, 120, 240];

/// Arguments of `backstop fit-impact`.
#[derive(clap::Args, Debug)]
#[command(after_help = "\
Examples:
  backstop fit-impact liquidations.csv.gz
  backstop fit-impact flow.csv --sold forced_sell --bought forced_buy --daily-volume 2000000
  backstop fit-impact flow.parquet --horizon 120 --out out/impact

Reads a time, a price (or bid_price and ask_price) and tokens sold and bought by force in each
interval. Estimates a linear law of impact, the square-root law and one with a free exponent, how
much of the impact stays and how fast the rest comes back, with intervals of 95 %, and prints the
venue of a scenario to paste (docs/impact.md). Forced sales follow falls: what is estimated is an
upper bound of what the sales caused. With --out, writes the same as tables in JSON.")]
pub(crate) struct Args {
    /// Forced flow, CSV (plain or gzip) or Parquet
    file: PathBuf,
    /// Column of tokens sold by force [default: `sold`, or what ends in `liquidation_long`]
    #[arg(long, value_name = "COLUMN")]
    sold: Option<String>,
    /// Column of tokens bought by force [default: `bought`, or what ends in `liquidation_short`]
    #[arg(long, value_name = "COLUMN")]
    bought: Option<String>,
    /// Longest time over which the price is followed after a sale, in intervals
    #[arg(long, value_name = "N", default_value_t = 60)]
    horizon: usize,
    /// Intervals before a sale whose returns and flow are held constant in that
    #[arg(long, value_name = "N", default_value_t = 5)]
    controls: usize,
    /// Lags of Newey and West's standard errors [default: 4·(intervals/100)^(2/9)]
    #[arg(long, value_name = "N")]
    lags: Option<usize>,
    /// Intervals in a block of the bootstrap [default: a fiftieth of the record, at most 240]
    #[arg(long, value_name = "N")]
    block: Option<usize>,
    /// Draws of the bootstrap
    #[arg(long, value_name = "N", default_value_t = 1_000)]
    draws: usize,
    /// Seed of the bootstrap
    #[arg(long, value_name = "N", default_value_t = 0)]
    seed: u64,
    /// Tokens traded a day, for the coefficient Y [default: the volume at which Y is 1]
    #[arg(long, value_name = "TOKENS", value_parser = positive)]
    daily_volume: Option<f64>,
    /// Folder for the tables
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
}

fn positive(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(x) if x > 0.0 && x <= 1e15 => Ok(x),
        _ => Err("allowed: a number above 0, at most 1e15".to_owned()),
    }
}

/// The square-root law in the words of a venue.
struct Venue {
    daily_volume: f64,
    daily_volatility: f64,
    impact_coefficient: f64,
    half_life_s: f64,
    permanent_share: f64,
}

/// Runs the command.
///
/// # Errors
/// When the file is malformed or tells too little, or the tables cannot be written.
pub(crate) fn run(args: &Args) -> Result<ExitCode, Failure> {
    let columns = FlowColumns {
        sold: args.sold.clone(),
        bought: args.bought.clone(),
    };
    let FlowSeries {
        times,
        price,
        sold,
        bought,
    } = read_flow(&args.file, &columns)?;
    let flow = ForcedFlow {
        times,
        price,
        sold,
        bought,
    };
    let options = FitOptions {
        horizon: args.horizon,
        controls: args.controls,
        lags: args.lags,
        block: args.block,
        draws: args.draws,
        seed: args.seed,
    };
    let failed = |why| Failure::new(format!("{}: {why}", args.file.display()));
    let found = fit(&flow, &options).map_err(failed)?;
    let venue = venue(&found, args.daily_volume);
    let replayed = match &venue {
        Some(venue) => Some(replayed(&flow, venue).map_err(failed)?),
        None => None,
    };
    let mut screen = stdout().lock();
    tell_record(&mut screen, args, &flow, &found)?;
    tell_laws(&mut screen, &found)?;
    tell_responses(&mut screen, &found)?;
    tell_venue(&mut screen, &found, venue.as_ref(), replayed.as_ref())?;
    if let Some(out) = &args.out {
        let folder = |error| Failure::new(format!("{}: cannot be created: {error}", out.display()));
        std::fs::create_dir_all(out).map_err(folder)?;
        for table in tables::all(&found) {
            table.write_json(&out.join(format!("{}.json", table.name)))?;
        }
        writeln!(screen, "tables   {}", out.display())?;
    }
    Ok(ExitCode::SUCCESS)
}

fn tell_record(
    screen: &mut impl Write,
    args: &Args,
    flow: &ForcedFlow,
    found: &ImpactFit,
) -> Result<(), Failure> {
    let time = |time: Option<&u64>| time.map_or("?".to_owned(), |time| format_time(*time));
    let sum = |tokens: &[f64]| short(tokens.iter().sum());
    writeln!(
        screen,
        "{}: {} intervals of {} s from {} to {}, {} of them with forced flow",
        args.file.display(),
        found.intervals,
        found.step_s,
        time(flow.times.first()),
        time(flow.times.last()),
        found.forced
    )?;
    writeln!(
        screen,
        "  sold by force {} tokens, bought {}; daily volatility {:.2} %",
        sum(&flow.sold),
        sum(&flow.bought),
        found.daily_volatility * 100.0
    )?;
    if found.gaps > 0 {
        let gaps = found.gaps;
        writeln!(
            screen,
            "  {gaps} interval(s) last more than one and a half times as long; taken as they are"
        )?;
    }
    Ok(writeln!(screen)?)
}

/// An estimate, its error and its interval.
fn told(interval: &Interval) -> String {
    let Interval {
        value,
        error,
        low,
        high,
    } = interval;
    format!(
        "{:>11} ± {:<10} [{}, {}]",
        short(*value),
        short(*error),
        short(*low),
        short(*high)
    )
}

fn name(kind: LawKind) -> &'static str {
    match kind {
        LawKind::Linear => "linear",
        LawKind::SquareRoot => "square root",
        LawKind::Free => "free",
    }
}

fn tell_laws(screen: &mut impl Write, found: &ImpactFit) -> Result<(), Failure> {
    writeln!(
        screen,
        "Return of an interval = c - b·sign(q)·|q|^d, q tokens sold less bought (Newey and West, {} lags)",
        found.lags
    )?;
    for law in &found.laws {
        let Law {
            coefficient,
            exponent,
            ..
        } = law;
        writeln!(screen, "  {:<12} b {}", name(law.kind), told(coefficient))?;
        if law.kind == LawKind::Free {
            writeln!(screen, "  {:<12} d {}", "", told(exponent))?;
        }
        writeln!(
            screen,
            "  {:<12} R² {:.3}, autocorrelation of residuals {:.3}, of their squares {:.3}",
            "", law.r_squared, law.residual_correlation, law.residual_squares
        )?;
    }
    writeln!(
        screen,
        "  sales follow falls: the same b for the return before, {}\n",
        told(&found.before).trim_start()
    )?;
    Ok(())
}

fn tell_responses(screen: &mut impl Write, found: &ImpactFit) -> Result<(), Failure> {
    let responses = &found.responses;
    writeln!(
        screen,
        "Fall of the log price for each √token sold, k intervals later"
    )?;
    let last = responses.by_horizon.len() - 1;
    let shown = SHOWN.iter().copied().filter(|k| *k < last).chain([last]);
    for k in shown {
        writeln!(screen, "  {k:>4} {}", told(&responses.by_horizon[k]))?;
    }
    let recovery = &responses.recovery;
    writeln!(
        screen,
        "  largest after {} interval(s); of it stays {}",
        recovery.peak,
        told(&responses.permanent_share).trim_start()
    )?;
    match recovery.half_life {
        Some(_) => writeln!(
            screen,
            "  half of the rest is gone after {} intervals",
            told(&responses.half_life).trim_start()
        )?,
        None => writeln!(
            screen,
            "  the record tells no half-life within {last} intervals"
        )?,
    }
    if responses.untold > 0.0 {
        let share = responses.untold * 100.0;
        writeln!(
            screen,
            "  {share:.1} % of the bootstrap's draws tell no half-life"
        )?;
    }
    Ok(writeln!(screen)?)
}

/// The venue of the square-root law; none where the law has no price fall with sales.
fn venue(found: &ImpactFit, daily_volume: Option<f64>) -> Option<Venue> {
    // What is left in the price at the peak, not only within the interval of the sale.
    let b = found.responses.recovery.total;
    let volatility = found.daily_volatility;
    let volume = daily_volume.unwrap_or((volatility / b).powi(2));
    let coefficient = b * volume.sqrt() / volatility;
    (b > 0.0 && coefficient.is_finite() && volatility > 0.0).then(|| Venue {
        daily_volume: volume,
        daily_volatility: volatility,
        impact_coefficient: coefficient,
        half_life_s: found.responses.recovery.half_life.unwrap_or(0.0) * found.step_s,
        permanent_share: found.responses.recovery.permanent_share,
    })
}

/// What the fitted venue makes of the recorded sales, all taken at once.
fn replayed(flow: &ForcedFlow, venue: &Venue) -> Result<Outcome, backstop_lab::ConfigError> {
    let first = flow.price.first().copied().unwrap_or(f64::NAN);
    let law = SquareRoot::new(
        venue.impact_coefficient,
        venue.daily_volatility,
        venue.daily_volume * first,
    );
    let config = ReplayConfig {
        amplify: 1.0,
        flow: 1.0,
        capacity: f64::INFINITY,
        window: 0,
        followers: 0.0,
        rounding: 0.0,
        response: Response::Venue(Box::new(VenueConfig {
            name: "fitted".to_owned(),
            base: 0,
            fee: 0.0,
            half_life_s: venue.half_life_s,
            weight: 1.0,
            permanent_share: None,
            depth: None,
            liquidity: Liquidity::SquareRoot(law),
        })),
    };
    replay(flow, &config, |_| {})
}

fn tell_venue(
    screen: &mut impl Write,
    found: &ImpactFit,
    venue: Option<&Venue>,
    replayed: Option<&Outcome>,
) -> Result<(), Failure> {
    let (Some(venue), Some(replayed)) = (venue, replayed) else {
        writeln!(
            screen,
            "Prices do not fall with forced sales: there is no venue to tell."
        )?;
        return Ok(());
    };
    writeln!(screen, "[[venues]]")?;
    writeln!(screen, "name = \"fitted\"")?;
    writeln!(screen, "kind = \"square_root\"")?;
    writeln!(screen, "base = \"SYMBOL\"")?;
    writeln!(screen, "fee_bps = 0  # not estimated")?;
    for (key, value) in [
        ("daily_volume", venue.daily_volume),
        ("daily_volatility", venue.daily_volatility),
        ("impact_coefficient", venue.impact_coefficient),
        ("recovery_half_life_s", venue.half_life_s),
        ("permanent_share", venue.permanent_share),
    ] {
        writeln!(screen, "{key} = {}", short(value))?;
    }
    let linear = found.laws[0].coefficient.value;
    if linear > 0.0 {
        let base = 2.0 / linear;
        writeln!(
            screen,
            "# A pool of the linear law: kind = \"constant_product\", base_reserve = {}, quote_reserve = {}",
            short(base),
            short(base * found.last)
        )?;
    }
    writeln!(
        screen,
        "\nThe recorded sales on this venue, all at once: {} tokens, lowest price {:.2} % below the \
         recorded one, {} USD less than at recorded prices",
        short(replayed.sold),
        -replayed.displacement_min * 100.0,
        short(replayed.shortfall_usd)
    )?;
    Ok(())
}

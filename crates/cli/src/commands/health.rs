//! `backstop health`: every account's health, distance to liquidation and liquidation price.

use super::run::follows;
use crate::failure::Failure;
use crate::setup::{self, Body, Loaded, Opened};
use backstop_core::protocol::{AccountId, AssetId, Protocol};
use backstop_core::units::Ratio;
use backstop_io::book;
use backstop_io::table::{Column, ColumnData, Table};
use backstop_lab::door;
use backstop_report::{HealthRow, health_table, setting};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// Arguments of `backstop health`.
#[derive(clap::Args, Debug)]
#[command(after_help = "\
Examples:
  backstop health scenarios/march-2020.toml
  backstop health book.csv --scenario scenarios/march-2020.toml --out health.csv
  backstop health book.parquet --scenario mine.toml --top 100

BOOK is a book file (CSV, JSON, Parquet; docs/formats.md), whose parameters and prices come from
--scenario, or a scenario, whose own book is taken. Accounts come in order of rising health.

The liquidation price is that of the account's largest collateral, with the assets that follow it,
all else equal, in closed form; the distance is how far it must fall from now.")]
pub(crate) struct Args {
    /// Book file, or a scenario (.toml)
    book: PathBuf,
    /// Scenario with parameters and prices, for a book file
    #[arg(long, value_name = "SCENARIO")]
    scenario: Option<PathBuf>,
    /// How many accounts to print
    #[arg(long, value_name = "N", default_value_t = 20)]
    top: usize,
    /// Write all accounts to a file (.csv, .json or .parquet)
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// Change a value of the scenario; may be repeated
    #[arg(long = "set", value_name = "KEY=VALUE")]
    set: Vec<String>,
}

/// One account's line.
struct Line {
    name: String,
    factor: Ratio,
    collateral_usd: f64,
    debt_usd: f64,
    asset: String,
    price: Option<f64>,
    liquidation_price: Option<f64>,
}

impl Line {
    /// Share by which the price must fall; negative where it must rise.
    fn distance(&self) -> Option<f64> {
        let (price, at) = (self.price?, self.liquidation_price?);
        (price > 0.0).then(|| 1.0 - at / price)
    }

    fn shown(&self) -> HealthRow {
        HealthRow {
            account: self.name.clone(),
            collateral_usd: self.collateral_usd,
            debt_usd: self.debt_usd,
            health: self.factor,
            distance: self.distance(),
            liquidation_price: self
                .liquidation_price
                .map(|price| (self.asset.clone(), price)),
        }
    }
}

/// Runs the command.
///
/// # Errors
/// When a file is malformed, or no scenario is given for a book file.
pub(crate) fn run(args: &Args) -> Result<ExitCode, Failure> {
    let (loaded, opened) = open(args)?;
    let mut lines = lines(&loaded, &opened);
    lines.sort_by(|a, b| a.factor.cmp(&b.factor).then_with(|| a.name.cmp(&b.name)));
    if let Some(file) = &args.out {
        write(&table(&lines), file)?;
    }
    print(&lines, args.top)?;
    Ok(ExitCode::SUCCESS)
}

fn open(args: &Args) -> Result<(Loaded, Opened), Failure> {
    let is_scenario = args
        .book
        .extension()
        .is_some_and(|extension| extension == "toml");
    let path = match (&args.scenario, is_scenario) {
        (None, true) => &args.book,
        (Some(scenario), false) => scenario,
        (Some(_), true) => {
            return Err(Failure::new(
                "--scenario goes with a book file, not with a scenario",
            ));
        }
        (None, false) => {
            let file = args.book.display();
            return Err(Failure::new(format!(
                "{file}: a book file needs --scenario FILE for parameters and prices"
            )));
        }
    };
    let mut loaded = setup::load(path, &args.set)?;
    if !is_scenario {
        loaded.inputs.book = book::read(&args.book, &loaded.scenario.units())?;
    }
    let opened = setup::open_pool(&loaded, &loaded.inputs.book)?;
    Ok((loaded, opened))
}

fn lines(loaded: &Loaded, opened: &Opened) -> Vec<Line> {
    let bodies = setup::bodies(&opened.pool, &follows(loaded));
    let named = opened.names.iter().zip(0u32..);
    named
        .filter_map(|(name, id)| line(opened, &bodies, name, AccountId(id)))
        .collect()
}

/// An account's line; nothing for an account without debt.
fn line(opened: &Opened, bodies: &[Body], name: &str, id: AccountId) -> Option<Line> {
    let pool = &opened.pool;
    let health = pool.health(id).ok()?;
    if health.debt.is_zero() {
        return None;
    }
    let worth = |body: &Body| -> f64 {
        let members = pool
            .holdings(id)
            .into_iter()
            .filter(|h| h.enabled && body.holds(h.asset));
        members
            .map(|holding| tokens_usd(opened, holding.asset, holding.collateral))
            .sum()
    };
    let main = bodies
        .iter()
        .map(|body| (body, worth(body)))
        .filter(|(_, usd)| *usd > 0.0);
    let main = main
        .reduce(|a, b| if b.1 > a.1 { b } else { a })
        .map(|(body, _)| *body);
    let symbol = |asset: AssetId| {
        pool.assets()
            .get(usize::from(asset.0))
            .map(|a| a.symbol.clone())
    };
    let decimals = pool.base_decimals();
    Some(Line {
        name: name.to_owned(),
        factor: health.factor,
        collateral_usd: door::value_to_usd(health.collateral, decimals),
        debt_usd: door::value_to_usd(health.debt, decimals),
        asset: main
            .and_then(|body| symbol(body.leader))
            .unwrap_or_default(),
        price: main.map(|body| setup::price_usd(pool, body.leader)),
        liquidation_price: main.and_then(|body| setup::liquidation_price(pool, id, body)),
    })
}

fn tokens_usd(opened: &Opened, asset: AssetId, amount: backstop_core::units::Amount) -> f64 {
    let decimals = opened
        .pool
        .reserve(asset)
        .map_or(0, |reserve| reserve.config.decimals);
    door::amount_to_tokens(amount, decimals) * setup::price_usd(&opened.pool, asset)
}

fn table(lines: &[Line]) -> Table {
    let texts = |read: &dyn Fn(&Line) -> String| ColumnData::Text(lines.iter().map(read).collect());
    let numbers = |read: &dyn Fn(&Line) -> f64| ColumnData::F64(lines.iter().map(read).collect());
    let maybe = |read: &dyn Fn(&Line) -> Option<f64>| {
        ColumnData::OptionalF64(lines.iter().map(read).collect())
    };
    Table::new(
        "health",
        vec![
            Column::new(
                "account",
                "",
                "Name in the book.",
                texts(&|line| line.name.clone()),
            ),
            Column::new(
                "health_factor_wad",
                "10^-18",
                "Exact health factor; below 10^18 the account can be liquidated.",
                texts(&|line| line.factor.to_string()),
            ),
            Column::new(
                "health_factor",
                "",
                "The same, rounded.",
                numbers(&|line| door::ratio_to_f64(line.factor)),
            ),
            Column::new(
                "collateral_usd",
                "USD",
                "Enabled collateral.",
                numbers(&|l| l.collateral_usd),
            ),
            Column::new("debt_usd", "USD", "Debt.", numbers(&|line| line.debt_usd)),
            Column::new(
                "asset",
                "",
                "Largest collateral.",
                texts(&|line| line.asset.clone()),
            ),
            Column::new(
                "price_usd",
                "USD",
                "Its present price.",
                maybe(&|line| line.price),
            ),
            Column::new(
                "liquidation_price_usd",
                "USD",
                "Its price at which the account becomes liquidatable, all else equal.",
                maybe(&|line| line.liquidation_price),
            ),
            Column::new(
                "distance",
                "share",
                "How far that price is below the present one.",
                maybe(&Line::distance),
            ),
        ],
    )
}

fn write(table: &Table, file: &Path) -> Result<(), Failure> {
    match file.extension().and_then(|extension| extension.to_str()) {
        Some("csv") => table.write_csv(file)?,
        Some("json") => table.write_json(file)?,
        Some("parquet") => table.write_parquet(file)?,
        _ => {
            let file = file.display();
            return Err(Failure::new(format!(
                "--out {file}: allowed: .csv, .json, .parquet"
            )));
        }
    }
    Ok(())
}

fn print(lines: &[Line], top: usize) -> io::Result<()> {
    let mut out = io::stdout().lock();
    let below = lines
        .iter()
        .filter(|line| line.factor < Ratio(backstop_core::units::WAD))
        .count();
    let count = lines.len();
    writeln!(
        out,
        "{} accounts with debt, {} below health factor 1",
        setting(count as f64),
        setting(below as f64)
    )?;
    let rows: Vec<HealthRow> = lines.iter().take(top).map(Line::shown).collect();
    out.write_all(health_table(&rows).as_bytes())?;
    if let Some(more) = count.checked_sub(top).filter(|more| *more > 0) {
        writeln!(
            out,
            "… and {} more (--top N, or --out FILE for all)",
            setting(more as f64)
        )?;
    }
    Ok(())
}

//! Everything that a scenario names: prices, gas, reserves and the book, read and checked.

use crate::book::{self, AssetTerms, Book, aggregated, synthetic};
use crate::error::{FileError, Place};
use crate::instant::format_time;
use crate::price::{Layout, PriceSeries, TimeSeries, read_points, read_prices};
use crate::scenario::{
    AssetSpec, BookSpec, GasPriceSpec, LiquiditySpec, PriceSpec, Refine, Scenario,
};
use backstop_core::protocol::AssetId;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// What a scenario's files hold.
#[derive(Clone, Debug, PartialEq)]
pub struct Inputs {
    /// Outside prices, by asset.
    pub prices: Vec<AssetPrice>,
    /// Recorded price of gas in gwei; `None` where the scenario models it.
    pub gas: Option<TimeSeries>,
    /// Recorded reserves, by venue; `None` where a venue has none.
    pub reserves: Vec<Option<RecordedReserves>>,
    /// The book.
    pub book: Book,
    /// What the report has to say about the files, such as gaps.
    pub notes: Vec<String>,
    /// First and last time told by each file of prices, gas and reserves, seconds since 1970.
    pub spans: BTreeMap<PathBuf, (u64, u64)>,
}

/// What is learnt on the way.
#[derive(Default)]
struct Findings {
    notes: Vec<String>,
    spans: BTreeMap<PathBuf, (u64, u64)>,
}

impl Findings {
    fn covers(&mut self, file: &Path, first: Option<u64>, last: Option<u64>) {
        if let Some(span) = first.zip(last) {
            self.spans.insert(file.to_owned(), span);
        }
    }
}

/// The outside price of one asset, USD for one whole token.
#[derive(Clone, Debug, PartialEq)]
pub enum AssetPrice {
    /// Always the same.
    Constant(f64),
    /// Candles that cover the whole run.
    Candles(PriceSeries, Refine),
    /// Points, the first not after the start; the last one holds to the end.
    Points(TimeSeries, Refine),
    /// Another asset's price times a ratio.
    Follows(AssetId, f64),
}

/// Reserves of a pool over time, in whole tokens.
#[derive(Clone, Debug, PartialEq)]
pub struct RecordedReserves {
    /// Base reserve.
    pub base: TimeSeries,
    /// Quote reserve, each token taken at one dollar.
    pub quote: TimeSeries,
}

impl Inputs {
    /// The outside price of an asset at a time, as far as the files tell it; `None` before they
    /// begin. Between known prices it is as [`Refine`] says, with a straight line for a bridge.
    pub fn price_at(&self, asset: AssetId, time: u64) -> Option<f64> {
        price_at(&self.prices, asset, time)
    }
}

fn price_at(prices: &[AssetPrice], asset: AssetId, time: u64) -> Option<f64> {
    match prices.get(usize::from(asset.0))? {
        AssetPrice::Constant(price) => Some(*price),
        AssetPrice::Candles(series, Refine::Hold) => series.open_at(time),
        AssetPrice::Candles(series, _) => series.at(time),
        AssetPrice::Points(series, Refine::Hold) => series.at(time),
        AssetPrice::Points(series, _) => series.linear_at(time),
        // A leader has a price of its own: the scenario's reader refuses chains.
        AssetPrice::Follows(leader, ratio) => match prices.get(usize::from(leader.0))? {
            AssetPrice::Follows(..) => None,
            _ => Some(price_at(prices, *leader, time)? * ratio),
        },
    }
}

/// Reads what the scenario names.
///
/// # Errors
/// [`FileError`] where a file is missing or malformed, where a series begins after the run or
/// candles end before it, or where the book cannot be built.
pub fn read(scenario: &Scenario) -> Result<Inputs, FileError> {
    let mut found = Findings::default();
    let prices = scenario
        .assets
        .iter()
        .map(|asset| read_price(scenario, asset, &mut found))
        .collect::<Result<Vec<_>, _>>()?;
    let gas = read_gas(scenario, &mut found)?;
    let reserves = scenario
        .venues
        .iter()
        .map(|venue| read_reserves(scenario, &venue.liquidity, &mut found))
        .collect::<Result<Vec<_>, _>>()?;
    let book = read_book(scenario, &prices, &mut found.notes)?;
    Ok(Inputs {
        prices,
        gas,
        reserves,
        book,
        notes: found.notes,
        spans: found.spans,
    })
}

fn read_price(
    scenario: &Scenario,
    asset: &AssetSpec,
    found: &mut Findings,
) -> Result<AssetPrice, FileError> {
    Ok(match &asset.price {
        PriceSpec::Constant(price) => AssetPrice::Constant(*price),
        PriceSpec::Follows { asset, ratio } => AssetPrice::Follows(*asset, *ratio),
        PriceSpec::Points { series, refine } => {
            let key = format!("assets.{}.price.points", asset.symbol);
            begins(scenario, &scenario.path, &key, series.times.first())?;
            AssetPrice::Points(series.clone(), *refine)
        }
        PriceSpec::Files {
            files,
            layout,
            refine,
        } => AssetPrice::Candles(read_candles(scenario, files, layout, found)?, *refine),
    })
}

fn read_candles(
    scenario: &Scenario,
    files: &[PathBuf],
    layout: &Layout,
    found: &mut Findings,
) -> Result<PriceSeries, FileError> {
    let mut all = PriceSeries::default();
    let mut last = scenario.path.as_path();
    for file in files {
        let (series, gaps) = read_prices(file, layout)?;
        found.notes.extend(gaps);
        found.covers(file, series.start(), series.end());
        all.append(series)
            .map_err(|why| FileError::content(file, Place::File, "time", why))?;
        last = file;
    }
    let first = files.first().map_or(last, PathBuf::as_path);
    begins(scenario, first, "time", all.times.first())?;
    match all.end() {
        Some(end) if end < scenario.time.end => {
            let message = format!(
                "the prices end at {}; the run ends at {}",
                format_time(end),
                format_time(scenario.time.end)
            );
            Err(FileError::content(last, Place::File, "time", message))
        }
        _ => Ok(all),
    }
}

/// A series has to begin at or before the start of the run.
fn begins(
    scenario: &Scenario,
    file: &Path,
    key: &str,
    first: Option<&u64>,
) -> Result<(), FileError> {
    match first {
        Some(first) if *first <= scenario.time.start => Ok(()),
        first => {
            let message = format!(
                "the first entry is of {}; allowed: not after the start of the run, {}",
                first.map_or("never".to_owned(), |t| format_time(*t)),
                format_time(scenario.time.start)
            );
            Err(FileError::content(file, Place::File, key, message))
        }
    }
}

fn read_gas(scenario: &Scenario, found: &mut Findings) -> Result<Option<TimeSeries>, FileError> {
    let series = match &scenario.gas.price {
        GasPriceSpec::BaseFee(_) => return Ok(None),
        GasPriceSpec::Points(series) => series.clone(),
        GasPriceSpec::Files(files) => {
            let mut all = TimeSeries::default();
            for file in files {
                for series in read_points(file, &["gwei"])? {
                    let (first, last) = (series.times.first(), series.times.last());
                    found.covers(file, first.copied(), last.copied());
                    all.append(series)
                        .map_err(|why| FileError::content(file, Place::File, "time", why))?;
                }
            }
            all
        }
    };
    begins(scenario, &scenario.path, "gas", series.times.first())?;
    Ok(Some(series))
}

fn read_reserves(
    scenario: &Scenario,
    liquidity: &LiquiditySpec,
    found: &mut Findings,
) -> Result<Option<RecordedReserves>, FileError> {
    let LiquiditySpec::RecordedReserves { file } = liquidity else {
        return Ok(None);
    };
    let mut columns = read_points(file, &["base", "quote"])?.into_iter();
    let (Some(base), Some(quote)) = (columns.next(), columns.next()) else {
        return Ok(None);
    };
    begins(scenario, file, "time", base.times.first())?;
    found.covers(
        file,
        base.times.first().copied(),
        base.times.last().copied(),
    );
    Ok(Some(RecordedReserves { base, quote }))
}

fn read_book(
    scenario: &Scenario,
    prices: &[AssetPrice],
    notes: &mut Vec<String>,
) -> Result<Book, FileError> {
    match &scenario.book {
        BookSpec::File(path) => book::read(path, &scenario.units()),
        BookSpec::Synthetic(spec) => {
            let terms = terms(scenario, prices);
            synthetic::generate(spec, &terms, scenario.seed).map_err(|why| {
                FileError::content(&scenario.path, Place::File, "book.synthetic", why)
            })
        }
        BookSpec::Aggregated(spec) => {
            let (book, told) = aggregated::read(spec, &terms(scenario, prices))?;
            notes.extend(told);
            Ok(book)
        }
    }
}

/// What the makers of books need; an asset without a price at the start gets one that they refuse.
fn terms(scenario: &Scenario, prices: &[AssetPrice]) -> Vec<AssetTerms> {
    let term = |(i, asset): (usize, &AssetSpec)| AssetTerms {
        symbol: asset.symbol.clone(),
        decimals: asset.decimals,
        price_usd: u16::try_from(i)
            .ok()
            .and_then(|i| price_at(prices, AssetId(i), scenario.time.start))
            .unwrap_or(f64::NAN),
        liquidation_threshold_bps: asset.liquidation_threshold_bps,
    };
    scenario.assets.iter().enumerate().map(term).collect()
}

//! Everything that a scenario names: prices, gas, reserves and the book, read and checked.

use crate::book::{self, AssetTerms, Book, aggregated, synthetic};
use crate::depth::{BookLevels, Ranges, read_order_book, read_ticks};
use crate::error::{FileError, Place};
use crate::instant::format_time;
use crate::price::{PriceSeries, TimeSeries, read_column, read_points, read_prices};
use crate::scenario::{
    AssetSpec, BookSpec, BootstrapSpec, CandleFiles, GasPriceSpec, LiquiditySpec, MoveSpec,
    PriceSpec, RandomSpec, Refine, ScaleSpec, Scenario, TrendSpec, VenueSpec,
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
    /// Recorded shapes of liquidity, by venue; `None` where a venue has none.
    pub shapes: Vec<Option<RecordedShape>>,
    /// Recorded depth over that at which the venue is as stated, by venue; `None` where a venue has none.
    pub depths: Vec<Option<TimeSeries>>,
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
    Candles(PriceSeries, Refine, ScaleSpec),
    /// Points, the first not after the start; the last one holds to the end.
    Points(TimeSeries, Refine, ScaleSpec),
    /// Another asset's price times a ratio.
    Follows(AssetId, f64),
    /// A random process.
    Random(RandomSpec),
    /// Blocks of past returns.
    Bootstrap {
        /// The past.
        series: PriceSeries,
        /// Price at the start.
        start: f64,
        /// How blocks are drawn.
        draws: BootstrapSpec,
    },
    /// Scripted moves on top of another price.
    Shocks(Box<Self>, Vec<MoveSpec>),
}

impl AssetPrice {
    /// The asset whose price this one is a multiple of.
    pub fn leader(&self) -> Option<AssetId> {
        match self {
            Self::Follows(leader, _) => Some(*leader),
            Self::Random(RandomSpec::Peg(peg)) => peg.to,
            Self::Shocks(on, _) => on.leader(),
            _ => None,
        }
    }

    /// The price at a time, or its ratio to the leader's; of a random price, that at the start.
    fn at(&self, time: u64) -> Option<f64> {
        match self {
            Self::Constant(price) => Some(*price),
            Self::Candles(series, Refine::Hold, _) => series.open_at(time),
            Self::Candles(series, _, _) => series.at(time),
            Self::Points(series, Refine::Hold, _) => series.at(time),
            Self::Points(series, _, _) => series.linear_at(time),
            Self::Follows(_, ratio) => Some(*ratio),
            Self::Random(spec) => Some(start_of(spec)),
            Self::Bootstrap { start, .. } => Some(*start),
            Self::Shocks(on, moves) => {
                let logs = moves.iter().map(|one| moved(one, time));
                Some(on.at(time)? * logs.sum::<f64>().exp())
            }
        }
    }
}

fn start_of(spec: &RandomSpec) -> f64 {
    match spec {
        RandomSpec::Gbm(TrendSpec { start, .. })
        | RandomSpec::Merton {
            trend: TrendSpec { start, .. },
            ..
        }
        | RandomSpec::Heston {
            trend: TrendSpec { start, .. },
            ..
        }
        | RandomSpec::Garch {
            trend: TrendSpec { start, .. },
            ..
        }
        | RandomSpec::Regimes { start, .. } => *start,
        RandomSpec::Peg(peg) => peg.ratio * (-peg.first_discount).exp(),
    }
}

/// Change of the log price by a scripted move up to a time.
fn moved(one: &MoveSpec, time: u64) -> f64 {
    match time.checked_sub(one.time) {
        None => 0.0,
        Some(passed) if passed >= one.over_s => one.log_move,
        Some(passed) => one.log_move * passed as f64 / one.over_s as f64,
    }
}

/// Liquidity of a venue as a file tells it.
#[derive(Clone, Debug, PartialEq)]
pub enum RecordedShape {
    /// Boundaries of price with the liquidity between them.
    Ticks(Ranges),
    /// Resting orders.
    Book(BookLevels),
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
    /// begin. Between known prices it is as [`Refine`] says, with a straight line for a bridge;
    /// what [`ScaleSpec`] changes is as recorded. A random price is that of its start.
    pub fn price_at(&self, asset: AssetId, time: u64) -> Option<f64> {
        price_at(&self.prices, asset, time)
    }
}

fn price_at(prices: &[AssetPrice], asset: AssetId, time: u64) -> Option<f64> {
    let price = prices.get(usize::from(asset.0))?;
    // A leader has a price of its own: the scenario's reader refuses chains.
    match price.leader() {
        None => price.at(time),
        Some(leader) => {
            let leader = prices.get(usize::from(leader.0))?;
            match leader.leader() {
                None => Some(leader.at(time)? * price.at(time)?),
                Some(_) => None,
            }
        }
    }
}

/// Reads what the scenario names.
///
/// # Errors
/// [`FileError`] where a file is missing or malformed, where a series begins after the run or
/// candles end before it, or where the book cannot be built.
pub fn read(scenario: &Scenario) -> Result<Inputs, FileError> {
    let mut inputs = read_market(scenario)?;
    inputs.book = read_book(scenario, &inputs.prices, &mut inputs.notes)?;
    Ok(inputs)
}

/// Reads what the scenario names but its book, which stays empty.
///
/// # Errors
/// As [`read`], but for the book.
pub fn read_market(scenario: &Scenario) -> Result<Inputs, FileError> {
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
    let shapes = scenario
        .venues
        .iter()
        .map(|venue| read_shape(&venue.liquidity))
        .collect::<Result<Vec<_>, _>>()?;
    let depths = scenario
        .venues
        .iter()
        .map(|venue| read_depth(scenario, venue, &mut found))
        .collect::<Result<Vec<_>, _>>()?;
    Ok(Inputs {
        prices,
        gas,
        reserves,
        shapes,
        depths,
        book: Book::default(),
        notes: found.notes,
        spans: found.spans,
    })
}

fn read_price(
    scenario: &Scenario,
    asset: &AssetSpec,
    found: &mut Findings,
) -> Result<AssetPrice, FileError> {
    let key = format!("assets.{}.price", asset.symbol);
    read_spec(scenario, &key, &asset.price, found)
}

fn read_spec(
    scenario: &Scenario,
    key: &str,
    spec: &PriceSpec,
    found: &mut Findings,
) -> Result<AssetPrice, FileError> {
    Ok(match spec {
        PriceSpec::Constant(price) => AssetPrice::Constant(*price),
        PriceSpec::Follows { asset, ratio } => AssetPrice::Follows(*asset, *ratio),
        PriceSpec::Random(spec) => AssetPrice::Random(spec.clone()),
        PriceSpec::Points {
            series,
            refine,
            scale,
        } => {
            let key = format!("{key}.points");
            begins(scenario, &scenario.path, &key, series.times.first())?;
            AssetPrice::Points(series.clone(), *refine, *scale)
        }
        PriceSpec::Files {
            candles,
            refine,
            scale,
        } => {
            let series = read_candles(candles, &scenario.path, found)?;
            covers_run(scenario, candles, &series)?;
            AssetPrice::Candles(series, *refine, *scale)
        }
        PriceSpec::Bootstrap {
            candles,
            start,
            draws,
        } => {
            let series = read_candles(candles, &scenario.path, found)?;
            let time = scenario.time.start;
            let then = series.end().is_some_and(|end| time <= end);
            let then = then.then(|| series.at(time)).flatten();
            let last = series.close.last().copied();
            AssetPrice::Bootstrap {
                start: start.or(then).or(last).unwrap_or(f64::NAN),
                series,
                draws: *draws,
            }
        }
        PriceSpec::Shocks { on, moves } => {
            let on = read_spec(scenario, key, on, found)?;
            AssetPrice::Shocks(Box::new(on), moves.clone())
        }
    })
}

fn read_candles(
    candles: &CandleFiles,
    scenario: &Path,
    found: &mut Findings,
) -> Result<PriceSeries, FileError> {
    let mut all = PriceSeries::default();
    for file in &candles.files {
        let (series, gaps) = read_prices(file, &candles.layout)?;
        found.notes.extend(gaps);
        found.covers(file, series.start(), series.end());
        all.append(series)
            .map_err(|why| FileError::content(file, Place::File, "time", why))?;
    }
    if all.times.is_empty() {
        let why = "names no prices";
        return Err(FileError::content(scenario, Place::File, "file", why));
    }
    Ok(all)
}

/// Candles that are replayed have to cover the run.
fn covers_run(
    scenario: &Scenario,
    candles: &CandleFiles,
    series: &PriceSeries,
) -> Result<(), FileError> {
    let name = |file: Option<&PathBuf>| file.map_or(scenario.path.clone(), PathBuf::clone);
    let first = name(candles.files.first());
    begins(scenario, &first, "time", series.times.first())?;
    match series.end() {
        Some(end) if end < scenario.time.end => {
            let message = format!(
                "the prices end at {}; the run ends at {}",
                format_time(end),
                format_time(scenario.time.end)
            );
            let last = name(candles.files.last());
            Err(FileError::content(&last, Place::File, "time", message))
        }
        _ => Ok(()),
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

fn read_shape(liquidity: &LiquiditySpec) -> Result<Option<RecordedShape>, FileError> {
    Ok(match liquidity {
        LiquiditySpec::Ticks(ticks) => {
            let ranges = read_ticks(&ticks.file, &ticks.orientation)?;
            Some(RecordedShape::Ticks(ranges))
        }
        LiquiditySpec::BookFile { file } => Some(RecordedShape::Book(read_order_book(file)?)),
        _ => None,
    })
}

/// Largest ratio of recorded depth to that at which the venue is as stated, and of that to it.
const DEPTH_RATIO_MAX: f64 = 1e6;

fn read_depth(
    scenario: &Scenario,
    venue: &VenueSpec,
    found: &mut Findings,
) -> Result<Option<TimeSeries>, FileError> {
    let Some(spec) = venue
        .depth
        .as_ref()
        .and_then(|depth| depth.recorded.as_ref())
    else {
        return Ok(None);
    };
    let (mut series, gaps) = read_column(&spec.files, &spec.column)?;
    found.notes.extend(gaps);
    let name = |file: Option<&PathBuf>| file.map_or(scenario.path.clone(), PathBuf::clone);
    let (first, last) = (name(spec.files.first()), name(spec.files.last()));
    begins(scenario, &first, "time", series.times.first())?;
    let end = series.end().unwrap_or(0);
    if end < scenario.time.end {
        let message = format!(
            "the depth is told until {}; allowed: to the end of the run, {}",
            format_time(end),
            format_time(scenario.time.end)
        );
        return Err(FileError::content(&last, Place::File, "time", message));
    }
    found.covers(&first, series.times.first().copied(), Some(end));
    let start = series.at(scenario.time.start).unwrap_or(f64::NAN);
    let reference = spec.reference.unwrap_or(start);
    for (time, value) in series.times.iter().zip(&mut series.values) {
        let ratio = *value / reference;
        if !(1.0 / DEPTH_RATIO_MAX..=DEPTH_RATIO_MAX).contains(&ratio) {
            let message = format!(
                "found {value} at {}, {ratio:e} times {reference}, at which the venue is as stated; allowed: \
                 a millionth to a million times",
                format_time(*time)
            );
            return Err(FileError::content(
                &first,
                Place::File,
                &spec.column,
                message,
            ));
        }
        *value = ratio;
    }
    Ok(Some(series))
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
        liquidation_threshold_bps: asset.book_threshold_bps,
    };
    scenario.assets.iter().enumerate().map(term).collect()
}

//! Depth from files: liquidity by ticks of Uniswap v3 pools, snapshots of order books.

use crate::error::{FileError, Place, excerpt};
use crate::{csv_rows::CsvRows, read_text};
use serde_json::Value;
use std::path::Path;

/// Largest tick of a pool, to either side.
pub const TICK_MAX: i64 = 887_272;

/// How the ticks of a pool are to be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Orientation {
    /// Which of the pool's two tokens is the base asset, 0 or 1.
    pub base_token: u8,
    /// Decimals of token 0 and of token 1.
    pub decimals: [u8; 2],
}

/// Boundaries of price (quote for one base, whole tokens), ascending, each with the liquidity from there to
/// the next, √(base · quote) in whole tokens; that of the last one is 0.
pub type Ranges = Vec<(f64, f64)>;

/// Resting orders of both sides.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct BookLevels {
    /// Below the mid: distance in bps and base tokens, by rising distance.
    pub bids: Vec<(f64, f64)>,
    /// Above the mid, likewise.
    pub asks: Vec<(f64, f64)>,
}

/// One row of a list of ticks: where, and the liquidity from there on or its change there.
struct Tick {
    tick: i64,
    liquidity: f64,
}

/// Reads the initialised ticks of a Uniswap v3 pool: a JSON list (plain or gzip) by rising tick, in either of
/// two public layouts: `tick` with `activeLiquidity` from that tick to the next (charts of Uniswap's
/// interface), or `tickIdx` (or `tick`) with `liquidityNet` (subgraph, contracts). Other keys are ignored;
/// numbers may be quoted. The liquidity beyond the last row is not known and taken as none.
///
/// The price of token 0 in token 1 at a tick t is 1.0001^t · 10^(d₀ − d₁), and liquidity in whole tokens is that
/// of the list over 10^((d₀ + d₁)/2).
///
/// # Errors
/// [`FileError`] when the file is missing, is no such list or is cut off, ticks do not rise or lie
/// outside ±887,272, liquidity is negative, or changes do not add up to 0.
pub fn read_ticks(path: &Path, orientation: &Orientation) -> Result<Ranges, FileError> {
    let text = read_text(path)?;
    let rows: Vec<Value> = serde_json::from_str(&text).map_err(|error| {
        let (line, column) = (error.line() as u64, error.column() as u64);
        let message = format!("cannot read it as a list in JSON: {error}");
        FileError::content(path, Place::Position { line, column }, "", message)
    })?;
    if rows.len() < 2 {
        let message = format!("found {} ticks; allowed: at least two", rows.len());
        return Err(FileError::content(path, Place::File, "", message));
    }
    let net = rows.iter().any(|row| row.get("liquidityNet").is_some());
    let ticks = if net {
        by_change(path, &rows)?
    } else {
        by_range(path, &rows)?
    };
    let [d0, d1] = orientation.decimals.map(i32::from);
    let unit = 10f64.powf(f64::from(d0 + d1) / 2.0);
    let price = |tick: i64| 1.0001f64.powf(tick as f64) * 10f64.powi(d0 - d1);
    let last = ticks.len() - 1;
    let inner = |i: usize| ticks[i].liquidity / unit;
    let ranges: Ranges = match orientation.base_token {
        0 => (0..=last)
            .map(|i| (price(ticks[i].tick), if i < last { inner(i) } else { 0.0 }))
            .collect(),
        // The other way round prices are inverse, and ranges come in the opposite order.
        _ => (0..=last)
            .rev()
            .map(|i| {
                let below = i.checked_sub(1);
                (price(ticks[i].tick).recip(), below.map_or(0.0, inner))
            })
            .collect(),
    };
    if ranges.iter().all(|(_, liquidity)| *liquidity == 0.0) {
        let message = "found no liquidity between any two ticks; allowed: some";
        return Err(FileError::content(path, Place::File, "", message));
    }
    Ok(ranges)
}

/// Rows that tell the liquidity from each tick on.
fn by_range(path: &Path, rows: &[Value]) -> Result<Vec<Tick>, FileError> {
    let mut ticks: Vec<Tick> = Vec::with_capacity(rows.len());
    for (i, row) in rows.iter().enumerate() {
        let place = Place::Row(i as u64 + 1);
        let tick = tick(path, row, &place, ticks.last())?;
        let found = row.get("activeLiquidity");
        let read = found.and_then(number).filter(|x| (0.0..1e40).contains(x));
        let Some(liquidity) = read else {
            let found = found.map_or("nothing".to_owned(), |value| excerpt(&value.to_string()));
            let why = format!("found {found}; allowed: a number from 0 to 1e40 (or liquidityNet)");
            return Err(FileError::content(path, place, "activeLiquidity", why));
        };
        ticks.push(Tick { tick, liquidity });
    }
    Ok(ticks)
}

/// Rows that tell by how much liquidity changes at each tick.
fn by_change(path: &Path, rows: &[Value]) -> Result<Vec<Tick>, FileError> {
    let mut ticks: Vec<Tick> = Vec::with_capacity(rows.len());
    let mut sum = 0i128;
    for (i, row) in rows.iter().enumerate() {
        let place = Place::Row(i as u64 + 1);
        let refuse =
            |why: String| FileError::content(path, Place::Row(i as u64 + 1), "liquidityNet", why);
        let tick = tick(path, row, &place, ticks.last())?;
        let found = row.get("liquidityNet");
        let change = found.and_then(integer).ok_or_else(|| {
            let found = found.map_or("nothing".to_owned(), |value| excerpt(&value.to_string()));
            refuse(format!(
                "found {found}; allowed: a whole number of up to 128 bits"
            ))
        })?;
        sum = sum
            .checked_add(change)
            .filter(|sum| *sum >= 0)
            .ok_or_else(|| {
                refuse(
                    "liquidity falls below 0 here; allowed: changes from the lowest tick on"
                        .to_owned(),
                )
            })?;
        ticks.push(Tick {
            tick,
            liquidity: sum as f64,
        });
    }
    if sum != 0 {
        let why = format!(
            "changes add up to {sum} at the last tick; allowed: 0, as in a list that is not cut off"
        );
        return Err(FileError::content(path, Place::File, "liquidityNet", why));
    }
    Ok(ticks)
}

/// The tick of a row, above the one before.
fn tick(path: &Path, row: &Value, place: &Place, before: Option<&Tick>) -> Result<i64, FileError> {
    let found = ["tick", "tickIdx"].iter().find_map(|key| row.get(key));
    let read = found
        .and_then(integer)
        .and_then(|tick| i64::try_from(tick).ok());
    let refuse = |why| Err(FileError::content(path, place.clone(), "tick", why));
    let Some(tick) = read.filter(|tick| tick.abs() <= TICK_MAX) else {
        let found = found.map_or("nothing".to_owned(), |value| excerpt(&value.to_string()));
        return refuse(format!(
            "found {found}; allowed: a whole number from -{TICK_MAX} to {TICK_MAX}"
        ));
    };
    match before.map(|before| before.tick) {
        Some(before) if before >= tick => refuse(format!(
            "found {tick} after {before}; allowed: ticks that rise"
        )),
        _ => Ok(tick),
    }
}

fn integer(value: &Value) -> Option<i128> {
    match value {
        Value::Number(number) => number.to_string().parse().ok(),
        Value::String(text) => text.trim().parse().ok(),
        _ => None,
    }
}

fn number(value: &Value) -> Option<f64> {
    let x = match value {
        Value::Number(number) => number.as_f64(),
        Value::String(text) => text.trim().parse().ok(),
        _ => None,
    };
    x.filter(|x| x.is_finite())
}

/// Reads a snapshot of an order book: CSV (plain or gzip) with `side` (`bid` or `ask`), `price` and `qty` (or
/// `amount`), or JSON with `bids` and `asks`, lists of `[price, quantity]` (the layout of Binance's REST
/// snapshots). Bids fall and asks rise. Quantities are base tokens.
///
/// # Errors
/// [`FileError`] when the file is missing, malformed or cut off, a side is missing, a number is not above 0,
/// prices are out of order, or the best bid is not below the best ask.
pub fn read_order_book(path: &Path) -> Result<BookLevels, FileError> {
    let mut name = path
        .file_name()
        .unwrap_or_default()
        .to_string_lossy()
        .to_lowercase();
    if let Some(plain) = name.strip_suffix(".gz") {
        name = plain.to_owned();
    }
    let sides = if name.ends_with(".json") {
        json_sides(path)?
    } else {
        csv_sides(path)?
    };
    let [bids, asks] = &sides;
    let (Some((bid, _)), Some((ask, _))) = (bids.first(), asks.first()) else {
        let found = format!("found {} bids and {} asks", bids.len(), asks.len());
        let message = format!("{found}; allowed: at least one of each");
        return Err(FileError::content(path, Place::File, "side", message));
    };
    if bid >= ask {
        let message = format!("found best bid {bid}, best ask {ask}; allowed: a bid below the ask");
        return Err(FileError::content(path, Place::File, "price", message));
    }
    let mid = (bid + ask) / 2.0;
    let distances = |side: &[(f64, f64)]| {
        let level = |(price, base): &(f64, f64)| ((price / mid - 1.0).abs() * 1e4, *base);
        side.iter().map(level).collect()
    };
    Ok(BookLevels {
        bids: distances(bids),
        asks: distances(asks),
    })
}

/// Bids and asks as they come, by price and quantity.
type Sides = [Vec<(f64, f64)>; 2];

fn csv_sides(path: &Path) -> Result<Sides, FileError> {
    let mut csv = CsvRows::open(path)?;
    if !csv.next()? {
        let empty = "the file is empty";
        return Err(FileError::content(path, Place::File, "", empty));
    }
    let header: Vec<String> = csv.record.iter().map(str::to_ascii_lowercase).collect();
    let column = |names: &[&str]| {
        let found = header
            .iter()
            .position(|cell| names.contains(&cell.as_str()));
        found.ok_or_else(|| {
            let header = excerpt(&header.join(","));
            let why = format!(
                "no such column; found the header {header}; allowed names: {}",
                names.join(", ")
            );
            FileError::content(path, Place::Line(1), names[0], why)
        })
    };
    let (side_at, price_at) = (column(&["side"])?, column(&["price"])?);
    let amount_at = column(&["qty", "quantity", "amount"])?;
    let mut sides = Sides::default();
    while csv.next()? {
        csv.check_width(header.len())?;
        let cell = |at: usize| csv.record.get(at).unwrap_or_default();
        let side = match cell(side_at).to_ascii_lowercase().as_str() {
            "bid" | "bids" | "buy" => 0,
            "ask" | "asks" | "sell" => 1,
            other => {
                let why = format!("found {}; allowed: bid, ask", excerpt(other));
                return Err(FileError::content(path, csv.place(), "side", why));
            }
        };
        let level = (cell(price_at).parse().ok(), cell(amount_at).parse().ok());
        push(path, csv.place(), &mut sides, side, level)?;
    }
    Ok(sides)
}

fn json_sides(path: &Path) -> Result<Sides, FileError> {
    let text = read_text(path)?;
    let whole: Value = serde_json::from_str(&text).map_err(|error| {
        let (line, column) = (error.line() as u64, error.column() as u64);
        let message = format!("cannot read it as JSON: {error}");
        FileError::content(path, Place::Position { line, column }, "", message)
    })?;
    let mut sides = Sides::default();
    for (side, key) in ["bids", "asks"].into_iter().enumerate() {
        let Some(levels) = whole.get(key).and_then(Value::as_array) else {
            let message = "found no such list; allowed: a list of [price, quantity]";
            return Err(FileError::content(path, Place::File, key, message));
        };
        for (i, level) in levels.iter().enumerate() {
            let part = |at: usize| level.get(at).and_then(number);
            push(
                path,
                Place::Row(i as u64 + 1),
                &mut sides,
                side,
                (part(0), part(1)),
            )?;
        }
    }
    Ok(sides)
}

/// Adds a level to a side, beyond those before.
fn push(
    path: &Path,
    place: Place,
    sides: &mut Sides,
    side: usize,
    (price, base): (Option<f64>, Option<f64>),
) -> Result<(), FileError> {
    let name = ["bids", "asks"][side];
    let fits = |x: &f64| *x > 0.0 && *x < 1e15;
    let (Some(price), Some(base)) = (price.filter(fits), base.filter(fits)) else {
        let why =
            "found a level without price or quantity; allowed: two numbers above 0 and below 1e15";
        return Err(FileError::content(path, place, name, why));
    };
    let (levels, rule) = (&mut sides[side], ["fall", "rise"][side]);
    if let Some((before, _)) = levels.last() {
        let beyond = if side == 0 {
            price < *before
        } else {
            price > *before
        };
        if !beyond {
            let why =
                format!("found {price} after {before}; allowed: prices of {name} that {rule}");
            return Err(FileError::content(path, place, name, why));
        }
    }
    levels.push((price, base));
    Ok(())
}

#[cfg(test)]
mod tests;

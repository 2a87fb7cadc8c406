//! Forced sales and purchases over time beside the price, such as perpetual liquidations a minute.

use crate::error::{FileError, excerpt};
use crate::numbers::{self, Choice, Chosen, Missing, Wanted, find};
use std::path::Path;

/// Forced flow, one entry a row of the file.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct FlowSeries {
    /// Seconds since 1970, strictly rising.
    pub times: Vec<u64>,
    /// Price, or the mean of best bid and best ask, at the time of the row.
    pub price: Vec<f64>,
    /// Tokens that were sold by force in the interval of the row.
    pub sold: Vec<f64>,
    /// Tokens that were bought by force in the interval of the row.
    pub bought: Vec<f64>,
}

/// Names of the columns of forced flow; `None` stands for the usual names.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FlowColumns {
    /// Tokens sold by force.
    pub sold: Option<String>,
    /// Tokens bought by force.
    pub bought: Option<String>,
}

const TIMES: [&str; 5] = ["time", "timestamp", "ts", "timestamp_x", "date"];
/// Liquidated long positions are sold, liquidated short ones are bought.
const SOLD: [&str; 2] = ["sold", "liquidation_long"];
const BOUGHT: [&str; 2] = ["bought", "liquidation_short"];

/// Reads forced flow from CSV (plain or gzip) or Parquet: a time, `bid_price` and `ask_price` or one
/// of `price` and `close`, and tokens sold and bought by force. The usual names of the latter are
/// `sold` and `bought`, or whatever ends in `liquidation_long` and `liquidation_short`; a file
/// without a column of purchases has none.
///
/// # Errors
/// [`FileError`] when the file is missing or damaged, a column is missing or told twice, a time does
/// not rise, a price is not above 0, a bid lies above its ask, or an amount is negative.
pub fn read_flow(path: &Path, columns: &FlowColumns) -> Result<FlowSeries, FileError> {
    let (header, place) = numbers::header(path)?;
    let (columns, quotes) =
        choose(&header, columns).map_err(|(key, why)| FileError::content(path, place, key, why))?;
    let choice = |_: &[String]| Ok(columns.clone());
    let prices = if quotes { 2 } else { 1 };
    let read = numbers::read_amounts(path, &Choice::Named(&choice), prices)?;
    let crossed = match read.values.as_slice() {
        [bid, ask, ..] if prices == 2 => bid.iter().zip(ask).position(|(bid, ask)| bid > ask),
        _ => None,
    };
    if let Some(i) = crossed {
        let (bid, ask) = (read.values[0][i], read.values[1][i]);
        let message = format!("found bid {bid} above ask {ask}; allowed: bid ≤ ask");
        return Err(FileError::content(
            path,
            read.place(i),
            "bid_price",
            message,
        ));
    }
    let mut values = read.values.into_iter();
    let mut price = values.next().unwrap_or_default();
    if prices == 2 {
        let ask = values.next().unwrap_or_default();
        for (bid, ask) in price.iter_mut().zip(ask) {
            *bid = (*bid + ask) / 2.0;
        }
    }
    let none = vec![0.0; price.len()];
    Ok(FlowSeries {
        times: read.times,
        price,
        sold: values.next().unwrap_or_default(),
        bought: values.next().unwrap_or(none),
    })
}

/// Columns of time, price or bid and ask, sold and bought; and whether there are bid and ask.
fn choose(header: &[String], names: &FlowColumns) -> Result<(Vec<Chosen>, bool), Missing> {
    let named = |key, names: &[&str]| find(header, &Wanted { key, names });
    let mut columns = vec![named("time", &TIMES)?];
    let quotes = named("bid_price", &["bid_price"]).and_then(|bid| {
        let ask = named("ask_price", &["ask_price"])?;
        Ok([bid, ask])
    });
    let two = quotes.is_ok();
    match quotes {
        Ok(quotes) => columns.extend(quotes),
        Err(_) => columns.push(named(
            "price",
            &["price", "close", "bid_price and ask_price"],
        )?),
    }
    columns.push(match &names.sold {
        Some(name) => named("sold", &[name])?,
        None => ending(header, "sold", &SOLD)?.map_or_else(|| named("sold", &SOLD), Ok)?,
    });
    match &names.bought {
        Some(name) => columns.push(named("bought", &[name])?),
        None => columns.extend(ending(header, "bought", &BOUGHT)?),
    }
    Ok((columns, two))
}

/// The one column whose name ends in one of these; none where there is none.
fn ending(header: &[String], key: &'static str, ends: &[&str]) -> Result<Option<Chosen>, Missing> {
    let fits = |cell: &String| {
        let cell = cell.trim().to_ascii_lowercase();
        ends.iter().any(|end| cell.ends_with(end))
    };
    let mut found = (0..header.len()).filter(|i| header.get(*i).is_some_and(fits));
    match (found.next(), found.next()) {
        (None, _) => Ok(None),
        (Some(one), None) => Ok(Some((one, key))),
        (Some(_), Some(_)) => {
            let header = excerpt(&header.join(","));
            let ends = ends.join(" or ");
            let why = format!(
                "found several columns that end in {ends} in the header {header}; allowed: one, or \
                 the name of the one to take"
            );
            Err((key.to_owned(), why))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::PathBuf;

    fn file(name: &str, content: &str) -> PathBuf {
        let name = format!("backstop-flow-{}-{name}.csv", std::process::id());
        let path = std::env::temp_dir().join(name);
        std::fs::write(&path, content).unwrap();
        path
    }

    #[test]
    fn layouts_are_read() {
        let want = FlowSeries {
            times: vec![1_609_460_068, 1_609_460_127],
            price: vec![730.5, 731.0],
            sold: vec![51.95, 0.0],
            bought: vec![4.25, 0.0],
        };
        let merged = "timestamp_x,ask_price,bid_price,x_liquidation_long,x_liquidation_short\n\
            1609460068912307.2,731,730,51.95,4.25\n1609460127950823.8,731.5,730.5,0.0,0\n";
        let plain = "price,sold,bought,time\n730.5,51.95,4.25,1609460068\n731,0,0,1609460127\n";
        for (i, content) in [merged, plain].into_iter().enumerate() {
            let path = file(&i.to_string(), content);
            assert_eq!(read_flow(&path, &FlowColumns::default()).unwrap(), want);
        }
        let path = file(
            "named",
            "time,close,a,b\n1609460068,7,1,2\n1609460069,7,3,4\n",
        );
        let columns = FlowColumns {
            sold: Some("b".to_owned()),
            bought: None,
        };
        let read = read_flow(&path, &columns).unwrap();
        assert_eq!((read.sold, read.bought), (vec![2.0, 4.0], vec![0.0, 0.0]));
    }

    #[test]
    fn refusals() {
        for (name, content, want) in [
            ("empty", "", "the file is empty"),
            ("rows", "time,price,sold\n", "there is no row of data"),
            (
                "price",
                "time,sold\n1609460068,1\n",
                ":1: price: no such column; found the header \"time,sold\"; allowed names: price, close, bid_price and ask_price",
            ),
            (
                "sold",
                "time,price\n1609460068,1\n",
                ":1: sold: no such column; found the header \"time,price\"; allowed names: sold, liquidation_long",
            ),
            (
                "twice",
                "time,price,a_liquidation_long,b_liquidation_long\n1609460068,1,1,1\n",
                ":1: sold: found several columns that end in sold or liquidation_long in the header \"time,price,a_liquidation_long,b_liquidation_long\"; allowed: one, or the name of the one to take",
            ),
            (
                "negative",
                "time,price,sold\n1609460068,1,-1\n",
                ":2: sold: found \"-1\"; allowed: a number of at least 0 and below 1e15",
            ),
            (
                "zero",
                "time,price,sold\n1609460068,0,1\n",
                ":2: price: found \"0\"; allowed: a number above 0 and below 1e15",
            ),
            (
                "crossed",
                "time,bid_price,ask_price,sold\n1609460068,2,1,1\n",
                ":2: bid_price: found bid 2 above ask 1; allowed: bid ≤ ask",
            ),
            (
                "time",
                "time,price,sold\n1609460068,1,1\n1609460068,1,1\n",
                ":3: time: found 2021-01-01T00:14:28Z after 2021-01-01T00:14:28Z; allowed: times that rise",
            ),
        ] {
            let path = file(name, content);
            let error = read_flow(&path, &FlowColumns::default()).unwrap_err();
            let error = error.to_string();
            assert!(error.ends_with(want), "{name}: {error}");
        }
    }
}

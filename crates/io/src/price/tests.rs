use super::*;

fn with_file<T>(name: &str, content: &[u8], run: impl FnOnce(&Path) -> T) -> T {
    let unique = format!(
        "backstop-price-{}-{:?}",
        std::process::id(),
        std::thread::current().id()
    );
    let folder = std::env::temp_dir().join(unique);
    std::fs::create_dir_all(&folder).unwrap();
    let path = folder.join(name);
    std::fs::write(&path, content).unwrap();
    let result = run(&path);
    std::fs::remove_dir_all(&folder).unwrap();
    result
}

fn read(content: &str, layout: &Layout) -> (PriceSeries, Vec<String>) {
    with_file("p.csv", content.as_bytes(), |path| {
        read_prices(path, layout).unwrap()
    })
}

const T: u64 = 1_583_971_200;

#[test]
fn units_headers_and_line_ends_do_not_matter() {
    let want = PriceSeries {
        times: vec![T, T + 600],
        durations_s: vec![600, 600],
        open: vec![195.21, 193.56],
        high: vec![195.43, 194.24],
        low: vec![194.38, 193.5],
        close: vec![194.52, 193.93],
    };
    let binance = "1583971200000,195.21,195.43,194.38,194.52,69.6,1583971799999,1,2,3,4,0\n\
                   1583971800000,193.56,194.24,193.5,193.93,127.2,1583972399999,1,2,3,4,0\n";
    let micro = binance.replace("1583971200000,", "1583971200000000,");
    let micro = micro.replace("1583971800000,", "1583971800000000,");
    let header = "open_time,open,high,low,close,volume,close_time,qv,n,tb,tq,ignore\n";
    for (content, layout) in [
        (binance.to_owned(), Layout::Binance),
        (micro, Layout::Binance),
        (format!("{header}{binance}"), Layout::Binance),
        (
            format!("\u{feff}# a comment\n{header}{binance}"),
            Layout::Ohlcv,
        ),
        (
            "Date,Close,Open,Low,High\r\n2020-03-12T00:00:00Z,194.52,195.21,194.38,195.43\r\n\
             2020-03-12T00:10:00Z,193.93,193.56,193.5,194.24\r\n"
                .to_owned(),
            Layout::Ohlcv,
        ),
    ] {
        let (series, notes) = read(&content, &layout);
        assert_eq!(series, want);
        assert_eq!(notes, Vec::<String>::new());
    }
}

#[test]
fn a_single_price_column_is_enough() {
    for header in ["ts,close", "time,price", "timestamp, Price"] {
        let content = format!("{header}\n{T},5\n{},6\n{},7\n", T + 60, T + 300);
        let (series, notes) = read(&content, &Layout::Ohlcv);
        assert_eq!(series.high, [5.0, 6.0, 7.0]);
        assert_eq!(series.durations_s, [60, 60, 60]);
        assert_eq!(notes.len(), 1);
        assert_eq!(
            notes[0],
            "p.csv: 1 gap(s) between candles of 60 s; the longest lasts 180 s from 2020-03-12T00:02:00Z"
        );
    }
    let names = ColumnNames {
        price: Some("usd".to_owned()),
        ..ColumnNames::default()
    };
    let (series, _) = read(
        "ts,open,usd\n1583971200,1,5\n1583971260,1,6\n",
        &Layout::Named(names),
    );
    assert_eq!(series.close, [5.0, 6.0]);
}

#[test]
fn series_join_in_the_order_of_time() {
    let (mut ten, _) = read("ts,price\n1583971200,1\n1583971800,2\n", &Layout::Ohlcv);
    let (thirty, _) = read("ts,price\n1583972100,3\n1583973900,4\n", &Layout::Ohlcv);
    let mut empty = PriceSeries::default();
    empty.append(ten.clone()).unwrap();
    assert_eq!(empty, ten);
    ten.append(thirty.clone()).unwrap();
    assert_eq!(ten.durations_s, [600, 300, 1800, 1800]);
    assert_eq!((ten.start(), ten.end()), (Some(T), Some(1_583_975_700)));
    assert!(ten.append(thirty).is_err());
}

#[test]
fn prices_at_a_time() {
    let content = format!(
        "ts,open,high,low,close\n{T},10,20,10,20\n{},30,30,30,30\n",
        T + 100
    );
    let (series, _) = read(&content, &Layout::Ohlcv);
    for (time, want) in [
        (T - 1, None),
        (T, Some(10.0)),
        (T + 50, Some(15.0)),
        (T + 100, Some(30.0)),
        (T + 9_999, Some(30.0)),
    ] {
        assert_eq!(series.at(time), want, "{time}");
    }
    let steps = TimeSeries {
        times: vec![5, 9],
        values: vec![1.0, 2.0],
    };
    for (time, held, line) in [
        (0, 1.0, 1.0),
        (5, 1.0, 1.0),
        (8, 1.0, 1.75),
        (9, 2.0, 2.0),
        (99, 2.0, 2.0),
    ] {
        assert_eq!(steps.at(time), Some(held), "{time}");
        assert_eq!(steps.linear_at(time), Some(line), "{time}");
    }
    assert_eq!(TimeSeries::default().at(1), None);
}

#[test]
fn parquet_prices_are_read_like_csv() {
    use crate::table::{Column, Table};
    let column = |name: &str, data| Column::new(name, "", "", data);
    let table = Table::new(
        "prices",
        vec![
            column(
                "timestamp",
                crate::table::ColumnData::I64(vec![1_583_971_200_000, 1_583_971_800_000]),
            ),
            column(
                "price",
                crate::table::ColumnData::OptionalF64(vec![Some(5.0), Some(6.5)]),
            ),
        ],
    );
    with_file("p.parquet", b"", |path| {
        table.write_parquet(path).unwrap();
        let (series, _) = read_prices(path, &Layout::Ohlcv).unwrap();
        assert_eq!(series.close, [5.0, 6.5]);
        assert_eq!(series.times, [T, T + 600]);
        let points = read_points(path, &["price"]).unwrap();
        assert_eq!(points[0].values, [5.0, 6.5]);
    });
}

//! Files of prices.

use super::{Report, WETH, gzip};
use backstop_io::price::{ColumnNames, Layout, read_points, read_prices};

const PRICES: &[(&str, &str)] = &[
    ("empty", ""),
    ("comments only", "# nothing\n"),
    ("header only", "time,open,high,low,close\n"),
    ("one row", "time,price\n1583971200,5\n"),
    ("wrong header", "when,o,h,l,c\n1583971200,1,1,1,1\n"),
    ("no close", "time,open,high,low\n1583971200,1,1,1\n"),
    ("near header", "time,opne,high,low\n1583971200,1,1,1\n"),
    ("not a number", "time,price\n1583971200,NaN\n1583971260,1\n"),
    ("infinite", "time,price\n1583971200,inf\n1583971260,1\n"),
    ("negative", "time,price\n1583971200,1\n1583971260,-1\n"),
    ("zero", "time,price\n1583971200,1\n1583971260,0\n"),
    ("overflow", "time,price\n1583971200,1\n1583971260,1e999\n"),
    ("text", "time,price\n1583971200,1\n1583971260,n/a\n"),
    ("blank", "time,price\n1583971200,1\n1583971260,\n"),
    (
        "comma as point",
        "time,price\n1583971200,\"1,5\"\n1583971260,1\n",
    ),
    ("bad time", "time,price\n12/03/2020,1\n13/03/2020,1\n"),
    ("time of another century", "time,price\n99,1\n160,1\n"),
    ("two units", "time,price\n1583971200,1\n1583971260000,1\n"),
    ("time twice", "time,price\n1583971200,1\n1583971200,1\n"),
    ("time falls", "time,price\n1583971260,1\n1583971200,1\n"),
    (
        "low above open",
        "time,open,high,low,close\n1583971200,1,3,2,2.5\n1583971260,1,1,1,1\n",
    ),
    (
        "high below close",
        "time,open,high,low,close\n1583971200,1,1,1,2\n1583971260,1,1,1,1\n",
    ),
    (
        "line cut off",
        "time,open,high,low,close\n1583971200,1,1,1,1\n1583971260,1,1\n",
    ),
    (
        "field too many",
        "time,price\r\n1583971200,1\r\n1583971260,1,7\r\n",
    ),
    (
        "quote not closed",
        "time,price\n1583971200,1\n1583971260,\"1\n1583971320,1\n",
    ),
];

/// Adds the messages of these files to the report.
pub(crate) fn check(report: &mut Report<'_>) {
    for (case, content) in PRICES {
        let path = report.folder.file("p.csv", content.as_bytes());
        report.refused(
            &format!("prices, {case}"),
            read_prices(&path, &Layout::Ohlcv),
        );
    }
    let kline = "1583971200000,1,2,1,2,9,1583971259999,1,2,3,4\n";
    let path = report.folder.file("k.csv", kline.as_bytes());
    report.refused(
        "prices, kline of 11 columns",
        read_prices(&path, &Layout::Binance),
    );
    let path = report
        .folder
        .file("p.csv", b"time,price\n1583971200,\xff\xfe\n");
    report.refused("prices, not UTF-8", read_prices(&path, &Layout::Ohlcv));
    let names = ColumnNames {
        open: Some("first".to_owned()),
        ..ColumnNames::default()
    };
    let path = report
        .folder
        .file("p.csv", b"time,open,high,low,close\n1583971200,1,1,1,1\n");
    report.refused(
        "prices, named column missing",
        read_prices(&path, &Layout::Named(names)),
    );
    let path = report.folder.file("g.csv", b"time,wei\n1583971200,1\n");
    report.refused("gas, wrong unit", read_points(&path, &["gwei"]));

    let packed = gzip(WETH.as_bytes());
    let path = report
        .folder
        .file("cut.csv.gz", &packed[..packed.len() - 12]);
    report.refused("prices, gzip cut off", read_prices(&path, &Layout::Ohlcv));
    let path = report.folder.file("head.csv.gz", &packed[..5]);
    report.refused(
        "prices, gzip without data",
        read_prices(&path, &Layout::Ohlcv),
    );
    let mut wrong = packed.clone();
    let check = wrong.len() - 6;
    wrong[check] ^= 1;
    let path = report.folder.file("sum.csv.gz", &wrong);
    report.refused(
        "prices, gzip with a wrong sum",
        read_prices(&path, &Layout::Ohlcv),
    );
}

//! Books.

use super::Report;
use backstop_io::book::{self, AssetUnit};
use backstop_io::table::{Column, ColumnData, Table};

const BOOKS: &[(&str, &str, &str)] = &[
    ("empty", "b.csv", ""),
    ("header only", "b.csv", "account,asset,collateral,debt\n"),
    (
        "no debt column",
        "b.csv",
        "account,asset,collateral\na,WETH,1\n",
    ),
    (
        "unknown column",
        "b.csv",
        "account,asset,collateral,debt,dbet\na,WETH,1,0,0\n",
    ),
    (
        "column twice",
        "b.csv",
        "account,asset,collateral,debt,debt\na,WETH,1,0,0\n",
    ),
    (
        "no name",
        "b.csv",
        "account,asset,collateral,debt\n,WETH,1,0\n",
    ),
    (
        "unknown asset",
        "b.csv",
        "account,asset,collateral,debt\na,WEHT,1,0\n",
    ),
    (
        "negative",
        "b.csv",
        "account,asset,collateral,debt\na,WETH,-1,0\n",
    ),
    (
        "exponent",
        "b.csv",
        "account,asset,collateral,debt\na,WETH,1e3,0\n",
    ),
    (
        "not a number",
        "b.csv",
        "account,asset,collateral,debt\na,WETH,NaN,0\n",
    ),
    (
        "too many digits",
        "b.csv",
        "account,asset,collateral,debt\na,USDC,0,1.0000001\n",
    ),
    (
        "overflow",
        "b.csv",
        "account,asset,collateral,debt\na,WETH,999999999999999999999999999999999999999999999999999999999999999999,0\n",
    ),
    (
        "nothing",
        "b.csv",
        "account,asset,collateral,debt\na,WETH,0,\n",
    ),
    (
        "row twice",
        "b.csv",
        "account,asset,collateral,debt\na,WETH,1,0\na,WETH,0,1\n",
    ),
    (
        "flag",
        "b.csv",
        "account,asset,collateral,debt,enabled\na,WETH,1,0,yes\n",
    ),
    (
        "e-mode",
        "b.csv",
        "account,asset,collateral,debt,e_mode\na,WETH,1,0,256\n",
    ),
    (
        "two e-modes",
        "b.csv",
        "account,asset,collateral,debt,e_mode\na,WETH,1,0,1\na,USDC,0,1,2\n",
    ),
    (
        "short line",
        "b.csv",
        "account,asset,collateral,debt\na,WETH,1\n",
    ),
    (
        "semicolons",
        "b.csv",
        "account;asset;collateral;debt\na;WETH;1;0\n",
    ),
    ("unknown kind", "b.xlsx", "PK"),
    ("not JSON", "b.json", "account,asset\n"),
    (
        "cut off",
        "b.json",
        "[{\"account\":\"a\",\"asset\":\"WETH\",\"collateral\":\"1\"",
    ),
    (
        "amount as number",
        "b.json",
        "[{\"account\":\"a\",\"asset\":\"WETH\",\"collateral\":1.5}]",
    ),
    (
        "unknown key",
        "b.json",
        "[{\"account\":\"a\",\"asset\":\"WETH\",\"colateral\":\"1\"}]",
    ),
    (
        "key twice",
        "b.json",
        "[{\"account\":\"a\",\"account\":\"b\",\"asset\":\"WETH\",\"debt\":\"1\"}]",
    ),
    ("an object", "b.json", "{\"accounts\":[]}"),
    ("no account", "b.json", "[]"),
    (
        "unknown asset",
        "b.json",
        "[{\"account\":\"a\",\"asset\":\"BTC\",\"collateral\":\"1\"}]",
    ),
    ("not gzip within", "b.csv.gz", "account,asset\n"),
];

fn units() -> Vec<AssetUnit> {
    [("WETH", 18), ("USDC", 6)]
        .map(|(symbol, decimals)| AssetUnit {
            symbol: symbol.to_owned(),
            decimals,
        })
        .to_vec()
}

/// Adds the messages of these files to the report.
pub(crate) fn check(report: &mut Report<'_>) {
    for (case, name, content) in BOOKS {
        let path = report.folder.file(name, content.as_bytes());
        report.refused(&format!("book, {case}"), book::read(&path, &units()));
    }
    let path = report
        .folder
        .file("b.csv", b"account,asset,collateral,debt\n\xff,WETH,1,0\n");
    report.refused("book, not UTF-8", book::read(&path, &units()));
    report.refused(
        "book, missing",
        book::read(&report.folder.0.join("none.csv"), &units()),
    );

    let text =
        |name: &str, cell: &str| Column::new(name, "", "", ColumnData::Text(vec![cell.to_owned()]));
    let columns = |debt: Column| {
        vec![
            text("account", "a"),
            text("asset", "WETH"),
            text("collateral", "1"),
            debt,
        ]
    };
    let path = report.folder.0.join("b.parquet");
    let float = Column::new("debt", "", "", ColumnData::F64(vec![1.5]));
    Table::new("book", columns(float))
        .write_parquet(&path)
        .unwrap();
    report.refused(
        "book, amounts as floats in Parquet",
        book::read(&path, &units()),
    );
    let bad = text("debt", "0.0000000000000000001");
    Table::new("book", columns(bad))
        .write_parquet(&path)
        .unwrap();
    report.refused(
        "book, too many digits in Parquet",
        book::read(&path, &units()),
    );
}

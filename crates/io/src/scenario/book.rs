//! The table `[book]`.

use super::section::{Range, Section, number, pairs, text};
use super::tree::{Item, Kind};
use super::{BookSpec, Names, file};
use crate::book::aggregated::{AggregatedBook, AggregatedColumns};
use crate::book::synthetic::{ACCOUNTS_MAX, HEALTH_FACTOR_MIN, Quantiles, SyntheticBook};
use backstop_core::protocol::AssetId;
use std::path::{Path, PathBuf};

pub(super) fn read(section: Section<'_>, names: &Names, folder: &Path) -> Option<BookSpec> {
    let kinds = ["file", "synthetic", "aggregated"];
    let named: Vec<&str> = kinds.into_iter().filter(|kind| section.has(kind)).collect();
    let spec = match named.as_slice() {
        ["file"] => Some(BookSpec::File(
            section.required("file", |item| file(item, folder)),
        )),
        ["synthetic"] => section
            .section("synthetic")
            .map(|s| BookSpec::Synthetic(synthetic(s, names))),
        ["aggregated"] => {
            let table = section.section("aggregated");
            table.map(|s| BookSpec::Aggregated(aggregated(s, names, folder)))
        }
        found => {
            let message = format!(
                "found {} of the keys {}; allowed: one",
                found.len(),
                kinds.join(", ")
            );
            section.problems.add(section.place, &section.path, message);
            return None;
        }
    };
    section.finish();
    spec
}

fn synthetic(section: Section<'_>, names: &Names) -> SyntheticBook {
    let spec = SyntheticBook {
        accounts: section.whole("accounts", 1, u64::from(ACCOUNTS_MAX)),
        total_debt_usd: section.optional("total_debt_usd", |item| {
            number(item, Range::Within(1.0, 1e13))
        }),
        seed: section.optional("seed", |item| super::section::whole(item, 0, u64::MAX)),
        collateral: section.required("collateral", |item| weights(item, names)),
        debt: section.required("debt", |item| weights(item, names)),
        debt_usd: section.required("debt_usd", |item| {
            quantiles(item, Range::Within(0.01, 1e13))
        }),
        health_factor: section.required("health_factor", |item| {
            quantiles(item, Range::Within(HEALTH_FACTOR_MIN, 1e9))
        }),
        multi_asset_share: section.number_or("multi_asset_share", Range::Within(0.0, 1.0), 0.0),
    };
    section.finish();
    spec
}

/// A table of symbols with weights above 0.
fn weights(item: &Item, names: &Names) -> Result<Vec<(AssetId, f64)>, String> {
    let Kind::Table(entries) = &item.kind else {
        return Err("a table of symbols and weights, such as { WETH = 0.8 }".to_owned());
    };
    if entries.is_empty() {
        return Err("at least one symbol with a weight".to_owned());
    }
    let weight = |(symbol, item): &(String, Item)| {
        let position = names.symbols.iter().position(|s| s == symbol);
        let id = position.and_then(|i| u16::try_from(i).ok());
        let id = id.ok_or_else(|| {
            let known = names.symbols.join(", ");
            format!("symbols among {known}; {symbol} is none of them")
        })?;
        let weight = number(item, Range::Above(0.0, 1e9)).map_err(|allowed| {
            format!("weights; {symbol} has {}, which may be {allowed}", item.raw)
        })?;
        Ok((AssetId(id), weight))
    };
    entries.iter().map(weight).collect()
}

fn quantiles(item: &Item, range: Range) -> Result<Quantiles, String> {
    let share = |item: &Item| number(item, Range::Within(0.0, 1.0));
    let pairs = pairs(item, share, |item| number(item, range))?;
    Quantiles::new(pairs).map_err(|why| format!("quantiles [[share, value], …]; {why}"))
}

fn aggregated(section: Section<'_>, names: &Names, folder: &Path) -> AggregatedBook {
    let asset = |key: &'static str| section.required(key, |item| names.resolve(item));
    let spec = AggregatedBook {
        file: section.required("file", |item| data_file(item, folder)),
        columns: section
            .section("columns")
            .map(columns)
            .unwrap_or_else(no_columns),
        value_asset: asset("value_asset"),
        main_collateral: asset("main_collateral"),
        main_debt: asset("main_debt"),
        high_collateral: asset("high_collateral"),
        low_collateral: asset("low_collateral"),
        other_debt: asset("other_debt"),
    };
    section.finish();
    spec
}

/// As [`file`], for data that a project may refer to without containing it.
fn data_file(item: &Item, folder: &Path) -> Result<PathBuf, String> {
    file(item, folder).map_err(|why| {
        format!("{why}; the data set is not part of the project and has to be put there")
    })
}

fn columns(section: Section<'_>) -> AggregatedColumns {
    let name = |key: &'static str| section.required(key, text);
    let columns = AggregatedColumns {
        account: name("account"),
        collateral_value: name("collateral_value"),
        debt_value: name("debt_value"),
        threshold_bps: name("threshold_bps"),
        main_collateral: name("main_collateral"),
        main_debt: name("main_debt"),
    };
    section.finish();
    columns
}

/// Stands in for a table that is missing, which is a problem already recorded.
fn no_columns() -> AggregatedColumns {
    let none = String::new;
    AggregatedColumns {
        account: none(),
        collateral_value: none(),
        debt_value: none(),
        threshold_bps: none(),
        main_collateral: none(),
        main_debt: none(),
    }
}

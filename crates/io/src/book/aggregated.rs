//! Data sets that give totals an account in place of its positions.
//!
//! Each row tells the value of the collateral, the value of the debt, the average liquidation
//! threshold and the amounts of one main collateral and one main debt. The rest of the collateral
//! is split over two stand-in reserves, one with a high and one with a low threshold, such that
//! the value weighted by thresholds is the row's; the rest of the debt goes to a stand-in. So the
//! account's health factor is reproduced, whatever its other assets were.
//!
//! Where no split fits (the main collateral alone exceeds the total, or would need thresholds
//! outside the stand-ins' to make up for the row's rounded average), part of the main collateral
//! moves to the stand-ins: as little as possible.

use super::{AssetTerms, Book, BookAccount, BookPosition};
use crate::csv_rows::CsvRows;
use crate::decimal::amount_from_tokens;
use crate::error::{FileError, Place, excerpt};
use crate::numbers::{Wanted, find};
use backstop_core::protocol::AssetId;
use backstop_core::units::Amount;
use std::collections::HashSet;
use std::path::PathBuf;

/// Where the totals are and which assets they map to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AggregatedBook {
    /// CSV file, plain or gzip.
    pub file: PathBuf,
    /// Names of its columns.
    pub columns: AggregatedColumns,
    /// Values in the file are in whole tokens of this asset.
    pub value_asset: AssetId,
    /// The main collateral.
    pub main_collateral: AssetId,
    /// The main debt.
    pub main_debt: AssetId,
    /// Stand-in for the rest of the collateral, with a threshold above the main one's.
    pub high_collateral: AssetId,
    /// Stand-in for the rest of the collateral, with a threshold below the main one's.
    pub low_collateral: AssetId,
    /// Stand-in for the rest of the debt.
    pub other_debt: AssetId,
}

/// Names of the columns of an aggregated file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AggregatedColumns {
    /// Name or address.
    pub account: String,
    /// Value of the enabled collateral.
    pub collateral_value: String,
    /// Value of the debt.
    pub debt_value: String,
    /// Average liquidation threshold, in bps.
    pub threshold_bps: String,
    /// Main collateral, in its whole tokens.
    pub main_collateral: String,
    /// Main debt, in its whole tokens.
    pub main_debt: String,
}

/// One row of the file.
struct Totals {
    collateral: f64,
    debt: f64,
    threshold: f64,
    main_collateral: f64,
    main_debt: f64,
}

/// Reads the file and maps each row to positions.
///
/// # Errors
/// [`FileError`] with line and column where a row is malformed or no mapping exists.
pub fn read(
    spec: &AggregatedBook,
    assets: &[AssetTerms],
) -> Result<(Book, Vec<String>), FileError> {
    let path = spec.file.as_path();
    let mapping =
        Mapping::new(spec, assets).map_err(|why| FileError::content(path, Place::File, "", why))?;
    let mut csv = CsvRows::open(path)?;
    if !csv.next()? {
        return Err(FileError::content(
            path,
            Place::File,
            "",
            "the file is empty",
        ));
    }
    let header: Vec<String> = csv.record.iter().map(str::to_owned).collect();
    let at =
        columns_at(spec, &header).map_err(|(k, m)| FileError::content(path, csv.place(), k, m))?;
    let (mut book, mut moved, mut names) = (Book::default(), 0, HashSet::new());
    while csv.next()? {
        csv.check_width(header.len())?;
        let refuse = |key: &str, why: String| FileError::content(path, csv.place(), key, why);
        let name = csv.record.get(at[0]).unwrap_or_default();
        if name.is_empty() || !names.insert(name.to_owned()) {
            return Err(refuse(
                "account",
                format!("found {}; allowed: a name once", excerpt(name)),
            ));
        }
        let totals = totals(&at, &csv.record).map_err(|(key, why)| refuse(key, why))?;
        let (positions, trimmed) = mapping
            .positions(&totals)
            .map_err(|(k, why)| refuse(k, why))?;
        moved += u32::from(trimmed);
        book.accounts.push(BookAccount {
            name: name.to_owned(),
            e_mode: 0,
            positions,
        });
    }
    if book.accounts.is_empty() {
        return Err(FileError::content(
            path,
            Place::File,
            "",
            "there is no account in it",
        ));
    }
    let accounts = book.accounts.len();
    let note = format!(
        "{accounts} accounts from totals: collateral other than {} and debt other than {} are held in stand-ins that keep each health factor; in {moved} accounts a part of {} moved to the stand-ins",
        mapping.main.symbol, mapping.main_debt.symbol, mapping.main.symbol
    );
    Ok((book, vec![note]))
}

fn columns_at(spec: &AggregatedBook, header: &[String]) -> Result<[usize; 6], (String, String)> {
    let c = &spec.columns;
    let at = |key: &'static str, name: &str| {
        find(
            header,
            &Wanted {
                key,
                names: &[name],
            },
        )
        .map(|(at, _)| at)
    };
    Ok([
        at("account", &c.account)?,
        at("collateral_value", &c.collateral_value)?,
        at("debt_value", &c.debt_value)?,
        at("threshold_bps", &c.threshold_bps)?,
        at("main_collateral", &c.main_collateral)?,
        at("main_debt", &c.main_debt)?,
    ])
}

fn totals(at: &[usize; 6], record: &csv::StringRecord) -> Result<Totals, (&'static str, String)> {
    let number = |i: usize, key: &'static str, max: f64| {
        let text = record.get(at[i]).unwrap_or_default();
        match text.parse::<f64>() {
            Ok(x) if (0.0..=max).contains(&x) => Ok(x),
            _ => Err((
                key,
                format!(
                    "found {}; allowed: a number from 0 to {max:e}",
                    excerpt(text)
                ),
            )),
        }
    };
    Ok(Totals {
        collateral: number(1, "collateral_value", 1e15)?,
        debt: number(2, "debt_value", 1e15)?,
        threshold: number(3, "threshold_bps", 1e4)? / 1e4,
        main_collateral: number(4, "main_collateral", 1e15)?,
        main_debt: number(5, "main_debt", 1e15)?,
    })
}

/// The assets of the mapping, with prices relative to the value asset.
struct Mapping<'a> {
    spec: &'a AggregatedBook,
    main: &'a AssetTerms,
    high: &'a AssetTerms,
    low: &'a AssetTerms,
    main_debt: &'a AssetTerms,
    other_debt: &'a AssetTerms,
    value_price: f64,
}

impl<'a> Mapping<'a> {
    fn new(spec: &'a AggregatedBook, assets: &'a [AssetTerms]) -> Result<Self, String> {
        let of = |id: AssetId| {
            let asset = assets.get(usize::from(id.0));
            asset
                .filter(|a| a.price_usd > 0.0 && a.price_usd.is_finite())
                .ok_or_else(|| format!("asset {} is not in the list or has no price", id.0))
        };
        if spec.main_debt == spec.other_debt {
            return Err("the main debt and the stand-in for other debt are the same asset".into());
        }
        let mapping = Self {
            spec,
            main: of(spec.main_collateral)?,
            high: of(spec.high_collateral)?,
            low: of(spec.low_collateral)?,
            main_debt: of(spec.main_debt)?,
            other_debt: of(spec.other_debt)?,
            value_price: of(spec.value_asset)?.price_usd,
        };
        let [low, main, high] =
            [mapping.low, mapping.main, mapping.high].map(|a| a.liquidation_threshold_bps);
        if !(low < main && main < high) {
            return Err(format!(
                "found thresholds {low} (low), {main} (main), {high} (high) bps; allowed: low < main < high"
            ));
        }
        Ok(mapping)
    }

    /// The positions of an account, and whether part of its main collateral had to move.
    fn positions(
        &self,
        totals: &Totals,
    ) -> Result<(Vec<BookPosition>, bool), (&'static str, String)> {
        let (collateral, trimmed) = self.collateral(totals)?;
        let main_debt = totals
            .debt
            .min(totals.main_debt * self.relative(self.main_debt));
        let parts = [
            (self.spec.main_collateral, self.main, collateral[0], true),
            (self.spec.high_collateral, self.high, collateral[1], true),
            (self.spec.low_collateral, self.low, collateral[2], true),
            (self.spec.main_debt, self.main_debt, main_debt, false),
            (
                self.spec.other_debt,
                self.other_debt,
                totals.debt - main_debt,
                false,
            ),
        ];
        let mut positions: Vec<BookPosition> = Vec::new();
        for (asset, terms, value, supplied) in parts {
            let amount = amount_from_tokens(value / self.relative(terms), terms.decimals)
                .ok_or_else(|| ("", format!("{value} is too much of {}", terms.symbol)))?;
            add(&mut positions, asset, amount, supplied);
        }
        Ok((positions, trimmed))
    }

    /// Values of the main, the high and the low collateral.
    fn collateral(&self, totals: &Totals) -> Result<([f64; 3], bool), (&'static str, String)> {
        let threshold = |a: &AssetTerms| f64::from(a.liquidation_threshold_bps) / 1e4;
        let [low, main, high] = [self.low, self.main, self.high].map(threshold);
        let (all, average) = (totals.collateral, totals.threshold);
        if all > 0.0 && !(low..=high).contains(&average) {
            let allowed = format!("allowed: {:.0} to {:.0}", low * 1e4, high * 1e4);
            let why = format!(
                "found {:.0}; {allowed}, the stand-ins' thresholds",
                average * 1e4
            );
            return Err(("threshold_bps", why));
        }
        let told = totals.main_collateral * self.relative(self.main);
        let ceiling_low = all * (average - low) / (main - low);
        let ceiling_high = all * (high - average) / (high - main);
        let value = told.min(all).min(ceiling_low).min(ceiling_high);
        let rest = all - value;
        let weighted = all * average - value * main;
        let high_value = ((weighted - rest * low) / (high - low)).clamp(0.0, rest);
        // The last digits of a converted amount are not a move.
        let trimmed = told - value > told * 1e-12;
        Ok(([value, high_value, rest - high_value], trimmed))
    }

    /// Price in whole tokens of the value asset.
    fn relative(&self, asset: &AssetTerms) -> f64 {
        asset.price_usd / self.value_price
    }
}

/// Adds an amount to the asset's position; an amount of nothing adds nothing.
fn add(positions: &mut Vec<BookPosition>, asset: AssetId, amount: Amount, supplied: bool) {
    if amount.is_zero() {
        return;
    }
    let (collateral, debt) = if supplied {
        (amount, Amount::ZERO)
    } else {
        (Amount::ZERO, amount)
    };
    match positions.iter_mut().find(|p| p.asset == asset) {
        Some(position) if supplied => position.collateral = collateral,
        Some(position) => position.debt = debt,
        None => positions.push(BookPosition {
            asset,
            collateral,
            debt,
            enabled: supplied,
        }),
    }
}

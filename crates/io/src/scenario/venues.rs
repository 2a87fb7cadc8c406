//! The list `[[venues]]`.

use super::section::{Range, Section, list, number, pairs, text, whole};
use super::{LiquiditySpec, Names, VenueSpec, file, files};
use crate::depth::Orientation;
use std::path::{Path, PathBuf};

const SHARE: Range = Range::Within(0.0, 1.0);
const TOKENS: Range = Range::Above(0.0, 1e15);
const SECONDS: Range = Range::Within(0.0, 1e8);

/// Ticks of a pool in a file.
#[derive(Clone, Debug, PartialEq)]
pub struct TicksSpec {
    /// The file.
    pub file: PathBuf,
    /// Which token is the base asset, and their decimals.
    pub orientation: Orientation,
    /// Price at which the ticks were recorded, where the whole shape is to move so that this becomes the
    /// price at the start; `None` for boundaries as recorded.
    pub recorded_price: Option<f64>,
}

/// How a venue's depth changes.
#[derive(Clone, Debug, PartialEq)]
pub struct DepthSpec {
    /// Seconds over which volatility is measured and from whose highest price falls count; 0 where
    /// neither is asked for.
    pub window_s: f64,
    /// Volatility a year up to which depth is as stated, and the power of its excess.
    pub volatility: Option<(f64, f64)>,
    /// Providers who leave in a fall.
    pub withdrawal: Option<WithdrawalSpec>,
    /// As a file tells it over time.
    pub recorded: Option<RecordedDepthSpec>,
}

/// Depth over time in files.
#[derive(Clone, Debug, PartialEq)]
pub struct RecordedDepthSpec {
    /// The files, in the order of time.
    pub files: Vec<PathBuf>,
    /// Column of the depth, in any unit.
    pub column: String,
    /// Recorded depth at which the venue is as stated; `None` for that at the start of the run.
    pub reference: Option<f64>,
}

/// Providers of liquidity who leave in a fall.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct WithdrawalSpec {
    /// Fall from the highest price of the window, as a share.
    pub at_fall: f64,
    /// Share of providers.
    pub share: f64,
    /// Seconds in which half of them is back.
    pub return_half_life_s: f64,
}

#[derive(Clone, Copy)]
enum VenueKind {
    ConstantProduct,
    Concentrated,
    OrderBook,
    SquareRoot,
    Linear,
}

const KINDS: [(&str, VenueKind); 5] = [
    ("constant_product", VenueKind::ConstantProduct),
    ("concentrated", VenueKind::Concentrated),
    ("order_book", VenueKind::OrderBook),
    ("square_root", VenueKind::SquareRoot),
    ("linear", VenueKind::Linear),
];

pub(super) fn venues(root: &Section<'_>, names: &Names, folder: &Path) -> Vec<VenueSpec> {
    let sections = root.sections("venues");
    let mut venues: Vec<VenueSpec> = Vec::new();
    for section in sections {
        let Some(kind) = section.kind("kind", &KINDS) else {
            continue;
        };
        let venue = VenueSpec {
            name: section.text("name"),
            base: section.required("base", |item| names.resolve(item)),
            fee_bps: section.number("fee_bps", Range::Within(0.0, 9_999.0)),
            recovery_half_life_s: section.number("recovery_half_life_s", SECONDS),
            weight: section.number_or("weight", TOKENS, 1.0),
            permanent_share: section.optional("permanent_share", |item| number(item, SHARE)),
            depth: depth(&section, folder),
            liquidity: match kind {
                VenueKind::ConstantProduct => constant_product(&section, folder),
                VenueKind::Concentrated => concentrated(&section, folder),
                VenueKind::OrderBook => order_book(&section, folder),
                VenueKind::SquareRoot => square_root(&section),
                VenueKind::Linear => LiquiditySpec::Linear {
                    tokens_per_percent: section.number("tokens_per_percent", TOKENS),
                },
            },
        };
        if venues.iter().any(|other| other.name == venue.name) {
            section.refuse("name", format!("a second venue is called {:?}", venue.name));
        }
        section.finish();
        venues.push(venue);
    }
    venues
}

fn depth(venue: &Section<'_>, folder: &Path) -> Option<DepthSpec> {
    let section = venue.section_if("depth")?;
    let recorded = section
        .section_if("recorded")
        .map(|table| recorded(table, folder));
    let modelled = section.has("volatility_sensitivity") || section.has("withdrawal");
    let window_s = if modelled || recorded.is_none() || section.has("window_s") {
        section.number("window_s", Range::Above(0.0, 1e8))
    } else {
        0.0
    };
    let volatility = section.has("volatility_sensitivity").then(|| {
        let sensitivity = section.number("volatility_sensitivity", Range::Within(0.0, 10.0));
        (
            section.number("normal_volatility", Range::Above(0.0, 100.0)),
            sensitivity,
        )
    });
    let withdrawal = section.section_if("withdrawal").map(|table| {
        let part = Range::Within(0.001, 0.999);
        let spec = WithdrawalSpec {
            at_fall: table.number("at_fall", part),
            share: table.number("share", part),
            return_half_life_s: table.number("return_half_life_s", Range::Above(0.0, 1e8)),
        };
        table.finish();
        spec
    });
    if recorded.is_some() && venue.has("reserves") {
        section.refuse(
            "recorded",
            "found beside recorded reserves, which tell the depth over time themselves; allowed: one of them",
        );
    }
    if volatility.is_none() && withdrawal.is_none() && recorded.is_none() {
        let message = "found neither volatility_sensitivity nor withdrawal nor recorded; allowed: at least one";
        section.problems.add(section.place, &section.path, message);
    }
    section.finish();
    Some(DepthSpec {
        window_s,
        volatility,
        withdrawal,
        recorded,
    })
}

fn recorded(section: Section<'_>, folder: &Path) -> RecordedDepthSpec {
    let spec = RecordedDepthSpec {
        files: section.required("file", |item| files(item, folder)),
        column: section
            .optional("column", text)
            .unwrap_or_else(|| "depth".to_owned()),
        reference: section.optional("reference", |item| number(item, Range::Above(0.0, 1e40))),
    };
    section.finish();
    spec
}

fn constant_product(section: &Section<'_>, folder: &Path) -> LiquiditySpec {
    if section.has("reserves") {
        return LiquiditySpec::RecordedReserves {
            file: section.required("reserves", |item| file(item, folder)),
        };
    }
    LiquiditySpec::ConstantProduct {
        base_reserve: section.number("base_reserve", TOKENS),
        quote_reserve: section.number("quote_reserve", TOKENS),
    }
}

fn concentrated(section: &Section<'_>, folder: &Path) -> LiquiditySpec {
    if section.has("ticks") {
        let decimals = |item: &_| match list(item) {
            Ok([a, b]) => Ok([whole(a, 0, 30)?, whole(b, 0, 30)?]),
            _ => Err("two whole numbers from 0 to 30, of token 0 and of token 1".to_owned()),
        };
        let ticks = section.required("ticks", |item| file(item, folder));
        let base_token = section.whole("base_token", 0, 1);
        let decimals = section.required("decimals", decimals);
        return LiquiditySpec::Ticks(TicksSpec {
            file: ticks,
            orientation: Orientation {
                base_token,
                decimals,
            },
            recorded_price: section.optional("recorded_price", |item| number(item, TOKENS)),
        });
    }
    LiquiditySpec::Ranges(section.required("ranges", |item| {
        let ranges = pairs(
            item,
            |item| number(item, TOKENS),
            |item| number(item, Range::Within(0.0, 1e15)),
        )?;
        let rise = ranges.windows(2).all(|pair| pair[0].0 < pair[1].0);
        let inner = ranges.len().saturating_sub(1);
        let some = ranges.iter().take(inner).any(|(_, liquidity)| *liquidity > 0.0);
        if rise && some {
            Ok(ranges)
        } else {
            Err("at least two boundaries [price, liquidity] by rising price, with liquidity between".into())
        }
    }))
}

fn order_book(section: &Section<'_>, folder: &Path) -> LiquiditySpec {
    if section.has("book") {
        return LiquiditySpec::BookFile {
            file: section.required("book", |item| file(item, folder)),
        };
    }
    let side = |key: &'static str, distance_max: f64| {
        section.required(key, |item| {
            let distance = |item: &_| number(item, Range::Above(0.0, distance_max));
            let levels = pairs(item, distance, |item| number(item, TOKENS))?;
            let rise = levels.windows(2).all(|pair| pair[0].0 < pair[1].0);
            if rise {
                Ok(levels)
            } else {
                Err("levels [distance_bps, base_amount] by rising distance".into())
            }
        })
    };
    if section.has("bids") || section.has("asks") {
        return LiquiditySpec::OrderBook {
            bids: side("bids", 9_999.0),
            asks: side("asks", 100_000.0),
        };
    }
    let levels = side("levels", 9_999.0);
    LiquiditySpec::OrderBook {
        bids: levels.clone(),
        asks: levels,
    }
}

fn square_root(section: &Section<'_>) -> LiquiditySpec {
    LiquiditySpec::SquareRoot {
        daily_volume: section.number("daily_volume", TOKENS),
        daily_volatility: section.number("daily_volatility", Range::Above(0.0, 10.0)),
        impact_coefficient: section.number("impact_coefficient", Range::Above(0.0, 100.0)),
    }
}

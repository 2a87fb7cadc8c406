//! The tables `[assets.SYMBOL]` and `[oracle]`.

use super::section::{Range, Section, symbol};
use super::{AssetSpec, Names, OracleSpec, PriceSpec, RateSpec, Refine, files, points};
use crate::price::{ColumnNames, Layout};
use std::path::Path;

/// Highest price that a scenario may state, USD.
const PRICE_MAX: f64 = 1e12;
const ASSETS_MAX: usize = 128;
const REFINES: [(&str, Refine); 3] = [
    ("bridge", Refine::Bridge),
    ("linear", Refine::Linear),
    ("hold", Refine::Hold),
];

pub(super) fn read(root: &Section<'_>, folder: &Path) -> Vec<AssetSpec> {
    let Some(table) = root.section("assets") else {
        return Vec::new();
    };
    let entries = table.entries();
    if entries.is_empty() || entries.len() > ASSETS_MAX {
        let message = format!("found {} assets; allowed: 1 to {ASSETS_MAX}", entries.len());
        root.refuse("assets", message);
    }
    let mut assets = Vec::new();
    let mut prices = Vec::new();
    for (name, item) in entries {
        let key = table.key(name);
        if let Err(why) = symbol(name) {
            root.problems
                .add(&item.place, &key, format!("as a symbol, {why}"));
        }
        let Some(section) = Section::new(root.problems, key, item) else {
            continue;
        };
        prices.push(section.section("price"));
        assets.push(asset(name, &section));
        section.finish();
    }
    // Prices come second, because one may follow an asset that stands below it.
    let names = Names::new(&assets);
    for (asset, section) in assets.iter_mut().zip(prices) {
        if let Some(section) = section {
            asset.price = price(section, &names, folder);
        }
    }
    check_follows(&table, &assets);
    assets
}

fn asset(name: &str, section: &Section<'_>) -> AssetSpec {
    let spec = AssetSpec {
        symbol: name.to_owned(),
        decimals: section.whole("decimals", 0, 30),
        ltv_bps: section.whole_or("ltv_bps", 0, 10_000, 0),
        liquidation_threshold_bps: section.whole_or("liquidation_threshold_bps", 0, 10_000, 0),
        liquidation_bonus_bps: section.whole_or("liquidation_bonus_bps", 0, 10_000, 0),
        protocol_fee_bps: section.whole_or("protocol_fee_bps", 0, 10_000, 0),
        reserve_factor_bps: section.whole_or("reserve_factor_bps", 0, 10_000, 0),
        rates: section.section("rates").map(rates).unwrap_or_default(),
        lenders: section.number_or("lenders", Range::Within(0.0, 1e15), 0.0),
        source: section.text_or_empty("source"),
        price: PriceSpec::Constant(1.0),
        oracle: OracleSpec::default(),
    };
    check_thresholds(section, &spec);
    spec
}

fn check_thresholds(section: &Section<'_>, spec: &AssetSpec) {
    let (ltv, threshold) = (spec.ltv_bps, spec.liquidation_threshold_bps);
    let bonus = spec.liquidation_bonus_bps;
    let told = threshold > 0 || !section.has("liquidation_threshold_bps");
    if ltv > threshold && told {
        let message =
            format!("found {ltv}; allowed: at most the liquidation threshold, {threshold}");
        section.refuse("ltv_bps", message);
    }
    if u32::from(threshold) * (10_000 + u32::from(bonus)) >= 100_000_000 {
        let message = format!(
            "a threshold of {threshold} bps and a bonus of {bonus} bps give {:.2} % of the collateral; \
             allowed: below 100 %, else a liquidation at the threshold leaves a loss",
            f64::from(threshold) * (1.0 + f64::from(bonus) / 1e4) / 100.0
        );
        section.refuse("liquidation_bonus_bps", message);
    }
    if threshold > 0 && !section.has("liquidation_bonus_bps") {
        section.refuse(
            "liquidation_bonus_bps",
            "the key is missing; a collateral needs it",
        );
    }
}

fn rates(section: Section<'_>) -> RateSpec {
    const RATE_BPS_MAX: u64 = 1_000_000;
    let rates = RateSpec {
        optimal_usage_bps: section.whole("optimal_usage_bps", 1, 9_999),
        base_bps: section.whole_or("base_bps", 0, RATE_BPS_MAX, 0),
        slope1_bps: section.whole("slope1_bps", 0, RATE_BPS_MAX),
        slope2_bps: section.whole("slope2_bps", 0, RATE_BPS_MAX),
    };
    section.finish();
    rates
}

fn price(section: Section<'_>, names: &Names, folder: &Path) -> PriceSpec {
    let range = Range::Above(0.0, PRICE_MAX);
    let kinds = ["constant", "file", "points", "follows"];
    let named: Vec<&str> = kinds.into_iter().filter(|kind| section.has(kind)).collect();
    let spec = match named.as_slice() {
        ["constant"] => PriceSpec::Constant(section.number("constant", range)),
        ["file"] => PriceSpec::Files {
            files: section.required("file", |item| files(item, folder)),
            layout: layout(&section),
            refine: section.choice_or("refine", &REFINES, Refine::Bridge),
        },
        ["points"] => PriceSpec::Points {
            series: section.required("points", |item| points(item, range)),
            refine: section.choice_or("refine", &REFINES, Refine::Linear),
        },
        ["follows"] => PriceSpec::Follows {
            asset: section.required("follows", |item| names.resolve(item)),
            ratio: section.number_or("ratio", range, 1.0),
        },
        found => {
            let message = format!(
                "found {} of the keys {}; allowed: one",
                found.len(),
                kinds.join(", ")
            );
            section.problems.add(section.place, &section.path, message);
            return PriceSpec::Constant(1.0);
        }
    };
    section.finish();
    spec
}

fn layout(section: &Section<'_>) -> Layout {
    let binance = section.choice_or("layout", &[("ohlcv", false), ("binance", true)], false);
    let columns = section.section_if("columns").map(|columns| {
        let name = |key: &'static str| columns.optional(key, super::section::text);
        let names = ColumnNames {
            time: name("time"),
            open: name("open"),
            high: name("high"),
            low: name("low"),
            close: name("close"),
            price: name("price"),
        };
        columns.finish();
        names
    });
    match (binance, columns) {
        (false, None) => Layout::Ohlcv,
        (false, Some(names)) => Layout::Named(names),
        (true, None) => Layout::Binance,
        (true, Some(_)) => {
            section.refuse(
                "columns",
                "has no meaning with the layout binance, whose columns are fixed",
            );
            Layout::Binance
        }
    }
}

/// An asset may follow one that has a price of its own, so there are no circles.
fn check_follows(table: &Section<'_>, assets: &[AssetSpec]) {
    for asset in assets {
        let PriceSpec::Follows { asset: leader, .. } = asset.price else {
            continue;
        };
        let leader = assets.get(usize::from(leader.0));
        let follower = leader.filter(|leader| matches!(leader.price, PriceSpec::Follows { .. }));
        if let Some(follower) = follower {
            let place = table
                .item(&asset.symbol)
                .map_or(table.place, |item| &item.place);
            let key = format!("{}.price.follows", table.key(&asset.symbol));
            let message = format!(
                "found {:?}, which follows another itself; allowed: an asset with its own price",
                follower.symbol
            );
            table.problems.add(place, &key, message);
        }
    }
}

/// Gives each asset its oracle: the default, with the asset's own keys on top.
pub(super) fn read_oracles(root: &Section<'_>, assets: &mut [AssetSpec]) {
    let Some(table) = root.section("oracle") else {
        return;
    };
    let default = oracle(&table, None);
    for (name, item) in table.entries() {
        let known = ["deviation_bps", "heartbeat_s", "delay_s"].contains(&name.as_str());
        let asset = assets.iter_mut().find(|asset| asset.symbol == *name);
        match (known, asset) {
            (true, _) => {}
            (false, Some(asset)) => {
                if let Some(section) = Section::new(root.problems, table.key(name), item) {
                    asset.oracle = oracle(&section, Some(default));
                    section.finish();
                }
            }
            (false, None) => {
                let message = "unknown key; allowed: deviation_bps, heartbeat_s, delay_s and the assets' symbols";
                root.problems.add(&item.place, &table.key(name), message);
            }
        }
    }
    for asset in assets {
        if table.item(&asset.symbol).is_none() {
            asset.oracle = default;
        }
    }
}

fn oracle(section: &Section<'_>, default: Option<OracleSpec>) -> OracleSpec {
    const SECONDS_MAX: u64 = 100_000_000;
    let deviation = Range::Within(0.0, 10_000.0);
    match default {
        None => OracleSpec {
            deviation_bps: section.number("deviation_bps", deviation),
            heartbeat_s: section.whole("heartbeat_s", 1, SECONDS_MAX),
            delay_s: section.whole("delay_s", 0, SECONDS_MAX),
        },
        Some(default) => OracleSpec {
            deviation_bps: section.number_or("deviation_bps", deviation, default.deviation_bps),
            heartbeat_s: section.whole_or("heartbeat_s", 1, SECONDS_MAX, default.heartbeat_s),
            delay_s: section.whole_or("delay_s", 0, SECONDS_MAX, default.delay_s),
        },
    }
}

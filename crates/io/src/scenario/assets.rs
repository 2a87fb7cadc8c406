//! The tables `[assets.SYMBOL]` and `[oracle]`.

use super::prices::price;
use super::section::{Range, Section, symbol};
use super::{AssetSpec, Names, OracleSpec, PriceSpec, RateSpec};
use std::path::Path;

const ASSETS_MAX: usize = 128;

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
        book_threshold_bps: 0,
        liquidation_bonus_bps: section.whole_or("liquidation_bonus_bps", 0, 10_000, 0),
        protocol_fee_bps: section.whole_or("protocol_fee_bps", 0, 10_000, 0),
        reserve_factor_bps: section.whole_or("reserve_factor_bps", 0, 10_000, 0),
        rates: section.section("rates").map(rates).unwrap_or_default(),
        lenders: section.number_or("lenders", Range::Within(0.0, 1e15), 0.0),
        source: section.text_or_empty("source"),
        price: PriceSpec::Constant(1.0),
        oracle: OracleSpec::default(),
        sources: None,
    };
    check_thresholds(section, &spec);
    AssetSpec {
        book_threshold_bps: spec.liquidation_threshold_bps,
        ..spec
    }
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

/// An asset may follow one that has a price of its own, so there are no circles.
fn check_follows(table: &Section<'_>, assets: &[AssetSpec]) {
    for asset in assets {
        let Some(leader) = asset.price.leader() else {
            continue;
        };
        let leader = assets.get(usize::from(leader.0));
        if let Some(follower) = leader.filter(|leader| leader.price.leader().is_some()) {
            let place = table
                .item(&asset.symbol)
                .map_or(table.place, |item| &item.place);
            let name = match asset.price {
                PriceSpec::Follows { .. } => "follows",
                _ => "peg.to",
            };
            let key = format!("{}.price.{name}", table.key(&asset.symbol));
            let message = format!(
                "found {:?}, which follows another itself; allowed: an asset with its own price",
                follower.symbol
            );
            table.problems.add(place, &key, message);
        }
    }
}

/// Gives each asset its oracle: the default, with the asset's own keys on top. Tables of several sources are
/// handed back with the positions of their assets, since they name venues.
pub(super) fn read_oracles<'a>(
    root: &Section<'a>,
    assets: &mut [AssetSpec],
) -> Vec<(usize, Section<'a>)> {
    let mut several = Vec::new();
    let Some(table) = root.section("oracle") else {
        return several;
    };
    let default = oracle(&table, None);
    for (name, item) in table.entries() {
        let known = ["deviation_bps", "heartbeat_s", "delay_s", "twap_s"].contains(&name.as_str());
        let listed = assets.iter_mut().enumerate();
        let asset = listed.into_iter().find(|(_, asset)| asset.symbol == *name);
        match (known, asset) {
            (true, _) => {}
            (false, Some((position, asset))) => {
                if let Some(section) = Section::new(root.problems, table.key(name), item) {
                    asset.oracle = oracle(&section, Some(default));
                    let sources = section.section_if("sources");
                    several.extend(sources.map(|sources| (position, sources)));
                    section.finish();
                }
            }
            (false, None) => {
                let message = "unknown key; allowed: deviation_bps, heartbeat_s, delay_s, twap_s and the assets' symbols";
                root.problems.add(&item.place, &table.key(name), message);
            }
        }
    }
    for asset in assets {
        if table.item(&asset.symbol).is_none() {
            asset.oracle = default;
        }
    }
    several
}

fn oracle(section: &Section<'_>, default: Option<OracleSpec>) -> OracleSpec {
    const SECONDS_MAX: u64 = 100_000_000;
    let deviation = Range::Within(0.0, 10_000.0);
    match default {
        None => OracleSpec {
            deviation_bps: section.number("deviation_bps", deviation),
            heartbeat_s: section.whole("heartbeat_s", 1, SECONDS_MAX),
            delay_s: section.whole("delay_s", 0, SECONDS_MAX),
            twap_s: section.whole_or("twap_s", 0, SECONDS_MAX, 0),
        },
        Some(default) => OracleSpec {
            deviation_bps: section.number_or("deviation_bps", deviation, default.deviation_bps),
            heartbeat_s: section.whole_or("heartbeat_s", 1, SECONDS_MAX, default.heartbeat_s),
            delay_s: section.whole_or("delay_s", 0, SECONDS_MAX, default.delay_s),
            twap_s: section.whole_or("twap_s", 0, SECONDS_MAX, default.twap_s),
        },
    }
}

//! Impact, gas, liquidators and borrowers.

use super::agents::{competition, inventory_risk};
use super::section::{Range, Section, moment, number, pairs};
use super::{
    AuctionBid, BaseFeeSpec, BorrowerSpec, ExitSpec, GasPriceSpec, GasSpec, ImpactSpec,
    LiquidatorKind, LiquidatorSpec, Names, Routing, Sizing, files, points,
};
use std::path::Path;

const SHARE: Range = Range::Within(0.0, 1.0);
const SECONDS: Range = Range::Within(0.0, 1e8);
const USD: Range = Range::Within(0.0, 1e15);
const GWEI: Range = Range::Above(0.0, 1e9);

const BIDS: [(&str, AuctionBid); 2] = [("worth", AuctionBid::Worth), ("least", AuctionBid::Least)];
const SIZINGS: [(&str, Sizing); 2] = [("best", Sizing::Best), ("full", Sizing::Full)];

/// From a thousandth to a thousand times what the venues state.
const DEPTH: Range = Range::Within(1e-3, 1e3);

pub(super) fn impact(root: &Section<'_>) -> ImpactSpec {
    let mut spec = ImpactSpec {
        venue_weight: 1.0,
        permanent_share: 0.0,
        depth: 1.0,
        routing: Routing::Best,
    };
    if let Some(section) = root.section_if("impact") {
        spec.venue_weight = section.number_or("venue_weight", SHARE, spec.venue_weight);
        spec.permanent_share = section.number_or("permanent_share", SHARE, spec.permanent_share);
        spec.depth = section.number_or("depth", DEPTH, spec.depth);
        let routings = [("best", Routing::Best), ("split", Routing::Split)];
        spec.routing = section.choice_or("routing", &routings, spec.routing);
        section.finish();
    }
    spec
}

pub(super) fn gas(section: Section<'_>, names: &Names, folder: &Path) -> Option<GasSpec> {
    let modelled = section.kind("kind", &[("series", false), ("base_fee", true)])?;
    let price = match (modelled, section.has("file")) {
        (true, _) => GasPriceSpec::BaseFee(base_fee(&section)),
        (false, true) => GasPriceSpec::Files(section.required("file", |item| files(item, folder))),
        (false, false) => {
            GasPriceSpec::Points(section.required("points", |item| points(item, GWEI)))
        }
    };
    let spec = GasSpec {
        native: section.required("native", |item| names.resolve(item)),
        block_time_s: section.number("block_time_s", Range::Within(0.01, 3_600.0)),
        block_gas_limit: section.whole("block_gas_limit", 21_000, 1_000_000_000_000),
        gas_per_liquidation: section.whole("gas_per_liquidation", 21_000, 100_000_000),
        background_use: section.number("background_use", SHARE),
        failed_gas_share: section.number_or("failed_gas_share", SHARE, 0.3),
        price,
    };
    if spec.gas_per_liquidation > spec.block_gas_limit && spec.block_gas_limit > 0 {
        section.refuse(
            "gas_per_liquidation",
            "one liquidation does not fit the block's gas limit",
        );
    }
    section.finish();
    Some(spec)
}

fn base_fee(section: &Section<'_>) -> BaseFeeSpec {
    let initial_gwei = section.number("initial_gwei", GWEI);
    let free = Range::Within(0.0, 1_000.0);
    BaseFeeSpec {
        initial_gwei,
        min_gwei: section.number_or("min_gwei", GWEI, 1.0),
        priority_gwei: section.number_or("priority_gwei", Range::Within(0.0, 1e9), 1.0),
        demand: section.number_or("demand", free, 0.5),
        elasticity: section.number_or("elasticity", free, 1.0),
        noise: section.number_or("noise", free, 0.2),
        stress: section.number_or("stress", free, 0.0),
        window_s: section.whole_or("window_s", 1, 100_000_000, 3_600),
    }
}

pub(super) fn liquidators(root: &Section<'_>) -> Vec<LiquidatorSpec> {
    let mut liquidators: Vec<LiquidatorSpec> = Vec::new();
    for section in root.sections("liquidators") {
        let Some(spec) = liquidator(&section) else {
            continue;
        };
        if liquidators.iter().any(|other| other.name == spec.name) {
            section.refuse("name", format!("a second group is called {:?}", spec.name));
        }
        section.finish();
        liquidators.push(spec);
    }
    liquidators
}

fn liquidator(section: &Section<'_>) -> Option<LiquidatorSpec> {
    let inventory = section.kind("exit", &[("flash_loan", false), ("inventory", true)])?;
    Some(LiquidatorSpec {
        name: section.text("name"),
        kind: section.choice(
            "kind",
            &[
                ("private", LiquidatorKind::Private),
                ("public", LiquidatorKind::Public),
                ("native", LiquidatorKind::Native),
            ],
        ),
        count: section.whole_or("count", 1, 10_000, 1),
        capital_usd: section.number_or("capital_usd", USD, 1e15),
        latency_s: section.number("latency_s", SECONDS),
        min_profit_usd: section.number_or("min_profit_usd", USD, 0.0),
        bid_share: section.number_or("bid_share", SHARE, 0.0),
        exit: if inventory {
            ExitSpec::Inventory {
                half_life_s: section.number("inventory_half_life_s", SECONDS),
            }
        } else {
            ExitSpec::FlashLoan {
                loan_fee_bps: section.number("loan_fee_bps", Range::Within(0.0, 10_000.0)),
            }
        },
        sizing: section.choice_or("sizing", &SIZINGS, Sizing::Best),
        auction_bid: section.choice_or("auction_bid", &BIDS, AuctionBid::Worth),
        auction_discount_bps: section.number_or(
            "auction_discount_bps",
            Range::Within(0.0, 10_000.0),
            500.0,
        ),
        gas_gwei_max: section.optional("gas_gwei_max", |item| number(item, GWEI)),
        offline: section
            .optional("offline", |item| {
                let windows = pairs(item, moment, moment)?;
                if windows.iter().all(|(from, until)| from < until) {
                    Ok(windows)
                } else {
                    Err("a list of pairs of times, each ending after it begins".to_owned())
                }
            })
            .unwrap_or_default(),
        competition: competition(section),
        inventory_risk: inventory_risk(section, inventory),
    })
}

pub(super) fn borrowers(root: &Section<'_>) -> BorrowerSpec {
    let mut spec = BorrowerSpec {
        ignore: 1.0,
        top_up: 0.0,
        repay: 0.0,
        trigger_health: 1.1,
        target_health: 1.5,
        delay_s: 0,
        budget_share: 0.0,
    };
    let Some(section) = root.section_if("borrowers") else {
        return spec;
    };
    let health = Range::Within(1.0, 1_000.0);
    spec.ignore = section.number("ignore", SHARE);
    spec.top_up = section.number("top_up", SHARE);
    spec.repay = section.number("repay", SHARE);
    spec.trigger_health = section.number("trigger_health", health);
    spec.target_health = section.number("target_health", health);
    spec.delay_s = section.whole("delay_s", 0, 100_000_000);
    spec.budget_share = section.number("budget_share", Range::Within(0.0, 1_000.0));
    let sum = spec.ignore + spec.top_up + spec.repay;
    if (sum - 1.0).abs() > 1e-9 {
        let message = format!("ignore, top_up and repay add up to {sum}; allowed: 1");
        section.problems.add(section.place, &section.path, message);
    }
    if spec.target_health < spec.trigger_health {
        let message = format!(
            "found {}; allowed: at least trigger_health, {}",
            spec.target_health, spec.trigger_health
        );
        section.refuse("target_health", message);
    }
    section.finish();
    spec
}

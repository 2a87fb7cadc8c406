//! Aave v4: one hub, one spoke, liquidations that stop at a target.

use super::scales::ALL_BPS_WHOLE;
use super::split::{as_listed, start_prices};
use super::{Design, Opened, Payer, parameters};
use crate::failure::Failure;
use crate::setup::Loaded;
use backstop_core::protocol::aave_v4::{
    AaveV4Version, DynamicConfig, LiquidationConfig, Listing, RateStrategy, SpokeSetup,
};
use backstop_core::protocol::{AssetId, Holding};
use backstop_core::units::{Amount, Bps, Price, Ratio, Timestamp};
use backstop_io::scenario::AssetSpec;
use backstop_lab::door;

/// Decimals of the contracts' oracle.
const PRICE_DECIMALS: u8 = 8;
/// Health factor that a liquidation brings back on the Main Spoke on Ethereum, in wad.
const TARGET_HEALTH: u128 = 1_240_000_000_000_000_000;
/// Health factor at which the bonus is largest there, in wad.
const HEALTH_FOR_MAX_BONUS: u128 = 900_000_000_000_000_000;
/// The smallest bonus as a share of the largest there, in basis points.
const BONUS_FACTOR: u16 = 9_000;

/// A hub and a spoke with the scenario's borrowers.
///
/// # Errors
/// When an asset has no price at the start, more is borrowed than supplied, or the contracts would
/// refuse a parameter.
pub(super) fn open(loaded: &Loaded, version: AaveV4Version) -> Result<Box<dyn Design>, Failure> {
    parameters::read(loaded, "aave-v4", &mut [])?;
    let scenario = &loaded.scenario;
    let mut listings = Vec::with_capacity(scenario.assets.len());
    let mut lenders = Vec::with_capacity(scenario.assets.len());
    let assets = (0..).map(AssetId).zip(&scenario.assets);
    for ((id, asset), usd) in assets.zip(start_prices(loaded)?) {
        listings.push(listing(asset, door::price_to_oracle(usd, PRICE_DECIMALS)));
        lenders.push(Holding {
            asset: id,
            collateral: door::tokens_to_amount(asset.lenders, asset.decimals),
            enabled: false,
            debt: Amount::ZERO,
        });
    }
    let book = loaded.inputs.book.accounts.iter();
    let mut accounts: Vec<Vec<Holding>> = book
        .map(|account| {
            let positions = account.positions.iter();
            positions
                .map(|held| Holding {
                    asset: held.asset,
                    collateral: held.collateral,
                    enabled: held.enabled,
                    debt: held.debt,
                })
                .collect()
        })
        .collect();
    accounts.push(lenders);
    let setup = SpokeSetup {
        version,
        now: Timestamp(scenario.time.start),
        liquidation: LiquidationConfig {
            target_health: Ratio::new(TARGET_HEALTH),
            health_for_max_bonus: Ratio::new(HEALTH_FOR_MAX_BONUS),
            bonus_factor: Bps(BONUS_FACTOR),
        },
        listings,
        accounts,
    };
    Ok(Box::new(Opened {
        protocol: setup.open()?,
        payer: Payer::Waterfall,
        mapping: mapping(),
    }))
}

fn mapping() -> Vec<String> {
    [
        "One hub and one spoke list the scenario's assets; collateral, debts and lenders' supplies are the scenario's.",
        "The collateral factor is the scenario's liquidation threshold, so that health is the same.",
        "The scenario's bonus is the largest bonus. It is reached at a health factor of 0.9 and begins at 90 % of itself, and a liquidation brings the health factor back to 1.24: what public configuration files of 2026 give for the Main Spoke on Ethereum, not read from the chain.",
        "A rest of debt or collateral below 1,000 dollars is not left behind; the contract fixes that.",
        "The liquidation fee is the scenario's protocol fee, the hub's part of the interest its reserve factor, and rate curves are the scenario's.",
        "Collateral risk is zero, as on that spoke, so that no debt bears a premium.",
        "Deficits are recorded on the hub and go to the scenario's waterfall; who pays one buys shares and gives them up.",
    ]
    .map(str::to_owned)
    .to_vec()
}

fn listing(asset: &AssetSpec, price: Price) -> Listing {
    let rates = &asset.rates;
    Listing {
        asset: as_listed(asset),
        price,
        strategy: RateStrategy {
            optimal_usage: Bps(rates.optimal_usage_bps.clamp(100, 9_900)),
            base: rates.base_bps,
            growth_before: rates.slope1_bps,
            growth_after: rates.slope2_bps,
        },
        liquidity_fee: Bps(asset.reserve_factor_bps),
        collateral_risk: 0,
        terms: DynamicConfig {
            collateral_factor: Bps(asset.liquidation_threshold_bps),
            max_bonus: ALL_BPS_WHOLE.saturating_add(asset.liquidation_bonus_bps.into()),
            fee: Bps(asset.protocol_fee_bps),
        },
    }
}

//! Compound v2: cToken markets with one factor for borrowing and liquidation, half a debt at a time.

use super::scales::{ALL_BPS_WHOLE, part};
use super::split::{as_listed, start_prices};
use super::{Design, Opened, Payer, parameters};
use crate::failure::Failure;
use crate::setup::Loaded;
use backstop_core::protocol::AssetId;
use backstop_core::protocol::compound_v2::{
    Account, Clock, CompoundVersion, Guards, Machine, MarketConfig, MarketSetup, MarketState,
    PoolSetup, Position, RateModel,
};
use backstop_core::units::{
    Amount, Price, Ratio, Rounding, Shares, Timestamp, U256, WAD, YEAR, mul_div, pow10,
};
use backstop_io::scenario::AssetSpec;
use backstop_lab::door;

/// Half of a debt, in wad.
const CLOSE_FACTOR: u128 = 500_000_000_000_000_000;
/// 8 % more than was repaid, in wad.
const INCENTIVE: u128 = 1_080_000_000_000_000_000;
/// A new market's token is worth fifty cTokens, which have 8 decimals.
const CTOKENS: u64 = 50;

/// Markets with the scenario's borrowers.
///
/// # Errors
/// When an asset has no price at the start, or more is borrowed than supplied.
pub(super) fn open(loaded: &Loaded, version: CompoundVersion) -> Result<Box<dyn Design>, Failure> {
    parameters::read(loaded, "compound-v2", &mut [])?;
    let scenario = &loaded.scenario;
    let seconds_a_block = scenario.gas.block_time_s.round().max(1.0) as u64;
    let mut markets = Vec::with_capacity(scenario.assets.len());
    for (asset, usd) in scenario.assets.iter().zip(start_prices(loaded)?) {
        markets.push(market(asset, usd, seconds_a_block));
    }
    let held = |id: AssetId, collateral: Amount, debt: Amount| Position {
        market: id,
        c_tokens: c_tokens(markets.get(usize::from(id.0)), collateral),
        principal: debt,
        interest_index: if debt.is_zero() {
            Ratio::ZERO
        } else {
            Ratio(WAD)
        },
        wallet: Amount::ZERO,
    };
    let mut accounts = Vec::with_capacity(loaded.inputs.book.accounts.len() + 2);
    for account in &loaded.inputs.book.accounts {
        let counts = account
            .positions
            .iter()
            .filter(|p| p.enabled || !p.debt.is_zero());
        let positions = account
            .positions
            .iter()
            .map(|p| held(p.asset, p.collateral, p.debt));
        accounts.push(Account::new(counts.map(|p| p.asset), positions));
    }
    let lent = (0..).map(AssetId).zip(&scenario.assets).map(|(id, asset)| {
        let amount = door::tokens_to_amount(asset.lenders, asset.decimals);
        held(id, amount, Amount::ZERO)
    });
    accounts.push(Account::new([], lent));
    // Acts for everybody outside the book.
    accounts.push(Account::default());
    let setup = PoolSetup {
        version,
        block: 0,
        close_factor: Ratio::new(CLOSE_FACTOR),
        liquidation_incentive: Ratio::new(INCENTIVE),
        guards: Guards::default(),
        markets,
        accounts,
    };
    let clock = Clock {
        start: Timestamp(scenario.time.start),
        seconds_a_block,
    };
    let pool = setup.open()?.build()?;
    Ok(Box::new(Opened {
        protocol: Machine::new(pool, clock),
        payer: Payer::Waterfall,
        mapping: mapping(version),
    }))
}

fn mapping(version: CompoundVersion) -> Vec<String> {
    let share = version.rules().protocol_seize_share;
    let protocol = if share.is_zero() {
        "The protocol takes no part of what is seized."
    } else {
        "2.8 % of what is seized goes to the market's reserves."
    };
    [
        "Collateral and debts are the scenario's; collateral becomes cTokens at 50 to a token.",
        "The collateral factor is the scenario's liquidation threshold, so that health is the same; the design has no other.",
        "Close factor 50 % and incentive 8 % are the protocol's own, for all assets.",
        protocol,
        "Rate curves are the scenario's, by the block; reserve factors too. Every market accrues in every step.",
    ]
    .map(str::to_owned)
    .to_vec()
}

fn market(asset: &AssetSpec, usd: f64, seconds_a_block: u64) -> MarketSetup {
    let scale = pow10(18u8.saturating_sub(asset.decimals)).unwrap_or(U256::ONE);
    MarketSetup {
        asset: as_listed(asset),
        config: MarketConfig {
            listed: true,
            collateral_factor: Ratio(part(WAD, asset.liquidation_threshold_bps.into())),
            reserve_factor: Ratio(part(WAD, asset.reserve_factor_bps.into())),
            mint_paused: false,
            borrow_paused: false,
            borrow_cap: Amount::ZERO,
            initial_exchange_rate: exchange_rate(asset.decimals),
            rate_model: rate_model(asset, seconds_a_block),
        },
        price: Price(door::price_to_oracle(usd, 18).0.saturating_mul(scale)),
        state: MarketState {
            accrual_block: 0,
            borrow_index: Ratio(WAD),
            total_borrows: Amount::ZERO,
            total_reserves: Amount::ZERO,
            total_supply: Shares::ZERO,
            cash: Amount::ZERO,
        },
    }
}

/// Base units of a token for one base unit of its cToken, in wad: 10^(decimals + 18 − 8) ÷ 50.
fn exchange_rate(decimals: u8) -> Ratio {
    let unit = pow10(decimals.saturating_add(10)).unwrap_or(U256::MAX);
    Ratio(unit / U256::from(CTOKENS))
}

/// The scenario's curve: slopes reach their height at the kink and at full use.
fn rate_model(asset: &AssetSpec, seconds_a_block: u64) -> RateModel {
    let rates = &asset.rates;
    let kink = u32::from(rates.optimal_usage_bps).clamp(1, ALL_BPS_WHOLE - 1);
    // A yearly rise over so many basis points of use, as a rise over all of them, a block.
    let a_block = |yearly: u32, over: u32| {
        let all = U256::from(ALL_BPS_WHOLE) * U256::from(seconds_a_block);
        let years = U256::from(over) * YEAR;
        Ratio(mul_div(part(WAD, yearly.into()), all, years, Rounding::Floor).unwrap_or(U256::MAX))
    };
    RateModel {
        base: a_block(rates.base_bps, ALL_BPS_WHOLE),
        multiplier: a_block(rates.slope1_bps, kink),
        jump_multiplier: a_block(rates.slope2_bps, ALL_BPS_WHOLE - kink),
        kink: Ratio(part(WAD, kink.into())),
    }
}

fn c_tokens(market: Option<&MarketSetup>, amount: Amount) -> Shares {
    let rate = market.map_or(U256::MAX, |market| market.config.initial_exchange_rate.0);
    Shares(mul_div(amount.0, WAD, rate, Rounding::Floor).unwrap_or(U256::ZERO))
}

//! Compound v3: one Comet whose base asset is the token that the book owes most of.

use super::parameters::Parameter;
use super::scales::{ALL_BPS, part};
use super::split::{OneDebt, listed, spec, start_prices};
use super::{Design, Opened, Payer, parameters};
use crate::failure::Failure;
use crate::setup::Loaded;
use backstop_core::protocol::comet::{
    Account, BaseConfig, Collateral, CollateralConfig, CollateralSetup, CometSetup, CometVersion,
    Config, Paused, Position, RateCurve, StoreFront, Totals,
};
use backstop_core::protocol::{AssetId, SetupError};
use backstop_core::units::{Amount, Price, Ratio, Timestamp, U256, WAD};
use backstop_io::scenario::{AssetSpec, Scenario};
use backstop_lab::door;
use std::collections::{BTreeMap, BTreeSet};

/// Decimals of the contract's prices.
const PRICE_DECIMALS: u8 = 8;
/// Scale of the contract's indexes, and where they start.
const INDEX_SCALE: u64 = 1_000_000_000_000_000;
/// One basis point in wad.
const BPS_IN_WAD: u64 = 100_000_000_000_000;

/// The protocol's own parameters, as cUSDCv3 on Ethereum started with them.
struct Own {
    /// Share of collateral's worth that an absorption credits: WETH's and WBTC's.
    liquidation_factor: f64,
    /// Share of the rest that buyers get.
    store_front_factor: f64,
    /// Reserves from which on nothing is sold.
    target_reserves_usd: f64,
}

/// A Comet with the scenario's borrowers.
///
/// # Errors
/// When an asset has no price at the start, or the contract would refuse a parameter.
pub(super) fn open(loaded: &Loaded) -> Result<Box<dyn Design>, Failure> {
    let mut own = Own {
        liquidation_factor: 0.95,
        store_front_factor: 0.5,
        target_reserves_usd: 5e6,
    };
    let known = &mut [
        Parameter::new("liquidation_factor", &mut own.liquidation_factor, 0.0, 1.0),
        Parameter::new("store_front_factor", &mut own.store_front_factor, 0.0, 1.0),
        Parameter::new(
            "target_reserves_usd",
            &mut own.target_reserves_usd,
            0.0,
            1e12,
        ),
    ];
    parameters::read(loaded, "comet", known)?;
    let scenario = &loaded.scenario;
    let usd = start_prices(loaded)?;
    let book = OneDebt::of(loaded, &usd);
    let base = book.token;
    let debts = book.pledges.iter().map(|pledge| pledge.debt.0);
    let borrow = debts.fold(U256::ZERO, U256::saturating_add);
    let supply = lent(loaded, &usd, base).0.max(borrow);
    let (borrow, supply) = (principal(borrow)?, principal(supply)?);
    let mut positions = positions(&book, loaded.inputs.book.accounts.len())?;
    let mut lender = Position::default();
    lender.account.principal = signed(supply)?;
    positions.push(lender);
    let price = |id: AssetId| {
        let usd = usd.get(usize::from(id.0)).copied().unwrap_or(0.0);
        door::price_to_oracle(usd, PRICE_DECIMALS)
    };
    let ids = (0..).map(AssetId).zip(&scenario.assets);
    let collateral = ids
        .filter(|(id, _)| *id != base)
        .zip(1..)
        .map(|((id, spec), n)| collateral(spec, price(id), &own, supplied(&positions, AssetId(n))));
    let setup = CometSetup {
        version: CometVersion::D5a30b0,
        config: config(scenario, base, &usd, &own),
        base_price: price(base),
        base_held: Amount::new(supply.saturating_sub(borrow)),
        collateral: collateral.collect(),
        now: Timestamp(scenario.time.start),
        paused: Paused::default(),
        totals: Totals {
            supply_index: INDEX_SCALE,
            borrow_index: INDEX_SCALE,
            supply,
            borrow,
            last_accrual: Timestamp(scenario.time.start),
            ..Totals::default()
        },
        positions,
    };
    Ok(Box::new(Opened {
        protocol: StoreFront::new(setup.build()?, listed(scenario), base)?,
        payer: Payer::Waterfall,
        mapping: mapping(scenario, &book, &own),
    }))
}

fn mapping(scenario: &Scenario, book: &OneDebt, own: &Own) -> Vec<String> {
    let symbol = spec(scenario, book.token).map_or("", |spec| spec.symbol.as_str());
    vec![
        format!(
            "One Comet lends one token, here {symbol}, against all other assets; a borrower has one account with all of its collateral. {} accounts that owe other tokens too owe {symbol} of the same worth at the start; lenders of those tokens lend {symbol}. Debt against collateral in {symbol} is left out, and so is supply that is no collateral.",
            book.converted
        ),
        "The liquidation collateral factor is the scenario's liquidation threshold, so that health is the same; the borrow collateral factor is the scenario's LTV, and below the former. There are no supply caps.".to_owned(),
        format!(
            "An absorption credits {:.1} % of the collateral's worth; {:.0} % of the rest is the discount at which collateral is sold, while reserves are below {:.1} million dollars. The scenario's bonus is not used. Unless the scenario says otherwise these are what cUSDCv3 on Ethereum started with (for WETH and WBTC).",
            own.liquidation_factor * 100.0,
            own.store_front_factor * 100.0,
            own.target_reserves_usd / 1e6,
        ),
        "Who absorbs an account buys of its collateral in the same transaction. What is not bought then, the protocol keeps and sells to anybody on the same terms at the oracle's price of that time; nobody is paid for an absorption.".to_owned(),
        "Borrowers pay the scenario's rate curve; lenders earn that rate at the kink, times the kink, less the reserve factor, in proportion to use. There are no rewards.".to_owned(),
        "Reserves start at zero. What collateral, at the credited share, does not cover of a debt is a loss of theirs; the layers of the scenario's waterfall stand in for them.".to_owned(),
    ]
}

/// What lenders of all tokens that the book owes lend, in the base token.
fn lent(loaded: &Loaded, usd: &[f64], base: AssetId) -> Amount {
    let scenario = &loaded.scenario;
    let accounts = loaded.inputs.book.accounts.iter();
    let owed: BTreeSet<AssetId> = accounts
        .flat_map(|account| &account.positions)
        .filter(|held| !held.debt.is_zero())
        .map(|held| held.asset)
        .collect();
    let worth = |id: &AssetId| {
        let price = usd.get(usize::from(id.0)).copied().unwrap_or(0.0);
        spec(scenario, *id).map_or(0.0, |spec| spec.lenders * price)
    };
    let all: f64 = owed.iter().map(worth).sum();
    in_base(scenario, usd, base, all)
}

/// Dollars as units of the base token.
fn in_base(scenario: &Scenario, usd: &[f64], base: AssetId, dollars: f64) -> Amount {
    let price = usd.get(usize::from(base.0)).copied().unwrap_or(1.0);
    let decimals = spec(scenario, base).map_or(0, |spec| spec.decimals);
    door::tokens_to_amount(dollars / price, decimals)
}

/// A sum of base units as the contract counts it at the first index.
fn principal(amount: U256) -> Result<u128, SetupError> {
    u128::try_from(amount).map_err(|_| SetupError {
        field: "debts".to_owned(),
        problem: format!("{amount} does not fit 128 bits"),
    })
}

fn signed(principal: u128) -> Result<i128, SetupError> {
    i128::try_from(principal).map_err(|_| SetupError {
        field: "debts".to_owned(),
        problem: format!("{principal} does not fit a signed number"),
    })
}

/// Each account with all of its collateral, numbered as in the contract.
fn positions(book: &OneDebt, accounts: usize) -> Result<Vec<Position>, SetupError> {
    let mut owned: Vec<(BTreeMap<AssetId, Amount>, u128)> = vec![Default::default(); accounts];
    for pledge in &book.pledges {
        let Some((collateral, owed)) = owned.get_mut(pledge.account) else {
            continue;
        };
        let id = StoreFront::contract_number(pledge.collateral, book.token);
        let held = collateral.entry(id).or_default();
        *held = Amount(held.0.saturating_add(pledge.amount.0));
        *owed = owed.saturating_add(principal(pledge.debt.0)?);
    }
    let position = |(collateral, owed): (BTreeMap<AssetId, Amount>, u128)| {
        let some = collateral.iter().filter(|(_, amount)| !amount.is_zero());
        Ok(Position {
            account: Account {
                principal: -signed(owed)?,
                assets_in: some.map(|(id, _)| *id).collect(),
                ..Account::default()
            },
            collateral,
            ..Position::default()
        })
    };
    owned.into_iter().map(position).collect()
}

fn supplied(positions: &[Position], asset: AssetId) -> Amount {
    let held = positions.iter().map(|position| position.supplied(asset).0);
    Amount(held.fold(U256::ZERO, U256::saturating_add))
}

fn wad(share: f64) -> Ratio {
    Ratio(part(WAD, share * ALL_BPS))
}

fn collateral(spec: &AssetSpec, price: Price, own: &Own, supplied: Amount) -> CollateralSetup {
    // An asset that is no collateral in the scenario counts next to nothing, as zero is refused.
    let threshold = spec.liquidation_threshold_bps.max(1);
    let bps = |bps: u16| wad(f64::from(bps) / ALL_BPS);
    CollateralSetup {
        config: CollateralConfig {
            decimals: spec.decimals,
            borrow_factor: bps(spec.ltv_bps.min(threshold - 1)),
            liquidate_factor: bps(threshold),
            liquidation_factor: wad(own.liquidation_factor),
            supply_cap: Amount::new(u128::MAX),
        },
        price,
        tokens: Collateral {
            total_supply: supplied,
            held: supplied,
        },
    }
}

fn config(scenario: &Scenario, base: AssetId, usd: &[f64], own: &Own) -> Config {
    let spec = spec(scenario, base);
    let decimals = spec.map_or(0, |spec| spec.decimals);
    let kept = spec.map_or(1.0, |spec| {
        1.0 - f64::from(spec.reserve_factor_bps) / ALL_BPS
    });
    let curve = |share: f64| spec.map_or_else(RateCurve::default, |spec| curve(spec, share));
    let kink = curve(1.0).kink as f64 / 1e18;
    Config {
        base: BaseConfig {
            decimals,
            borrow_min: Amount::ZERO,
            target_reserves: in_base(scenario, usd, base, own.target_reserves_usd),
        },
        borrow_curve: curve(1.0),
        supply_curve: curve(kept * kink),
        store_front_factor: wad(own.store_front_factor),
        tracking_scale: INDEX_SCALE,
        tracking_supply_speed: 0,
        tracking_borrow_speed: 0,
        rewards_min: 1,
    }
}

/// A share of the scenario's curve, whose slopes reach their height at the kink and at full use.
fn curve(spec: &AssetSpec, share: f64) -> RateCurve {
    let rates = &spec.rates;
    let kink = (f64::from(rates.optimal_usage_bps) / ALL_BPS).clamp(0.000_1, 0.999_9);
    let wad = |bps: f64| (bps * share * BPS_IN_WAD as f64).round() as u64;
    RateCurve {
        kink: (kink * ALL_BPS).round() as u64 * BPS_IN_WAD,
        base: wad(f64::from(rates.base_bps)),
        slope_low: wad(f64::from(rates.slope1_bps) / kink),
        slope_high: wad(f64::from(rates.slope2_bps) / (1.0 - kink)),
    }
}

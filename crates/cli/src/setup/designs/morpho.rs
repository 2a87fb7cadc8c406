//! Morpho Blue: a market for each pair of a collateral and a loan token.

use super::split::{Stake, Tokens, answers, listed, split, start_prices};
use super::{Design, Opened, Payer, parameters};
use crate::failure::Failure;
use crate::setup::Loaded;
use backstop_core::protocol::morpho::{
    Irm, Market, MarketSetup, Markets, MorphoVersion, Pair, Position, Totals,
};
use backstop_core::protocol::{AccountId, AssetId};
use backstop_core::units::{
    Amount, Price, Ratio, Rounding, Shares, Timestamp, U256, YEAR, mul_div,
};
use backstop_io::scenario::{AssetSpec, Scenario};
use backstop_lab::door;
use std::collections::BTreeMap;

/// Shares of one base unit in a new market.
const SHARES: u64 = 1_000_000;
/// One basis point in wad.
const BPS_IN_WAD: u128 = 100_000_000_000_000;
/// All of it, in basis points.
const ALL_BPS: f64 = 10_000.0;

/// Markets with the scenario's borrowers.
///
/// # Errors
/// When an asset has no price at the start, or a market cannot be made.
pub(super) fn open(loaded: &Loaded) -> Result<Box<dyn Design>, Failure> {
    parameters::read(loaded, "morpho", &mut [])?;
    let scenario = &loaded.scenario;
    let usd = start_prices(loaded)?;
    let book = &loaded.inputs.book.accounts;
    let mut stakes: BTreeMap<Tokens, Vec<(usize, Stake)>> = BTreeMap::new();
    for (at, account) in book.iter().enumerate() {
        for (tokens, stake) in split(account, scenario, &usd) {
            stakes.entry(tokens).or_default().push((at, stake));
        }
    }
    let assets = listed(scenario);
    let base_decimals = scenario.protocol.base_decimals;
    let prices = answers(loaded, &usd);
    let lent = lent(scenario, &stakes);
    let mut pairs = Vec::with_capacity(stakes.len());
    for ((collateral, loan), staked) in &stakes {
        let price = Markets::pair_price(&assets, &prices, *collateral, *loan);
        let price = price.ok_or_else(|| {
            Failure::new("a loan token has no price at the start, allowed: above 0")
        })?;
        let supply = lent
            .get(&(*collateral, *loan))
            .copied()
            .unwrap_or(Amount::ZERO);
        pairs.push(Pair {
            collateral: *collateral,
            loan: *loan,
            market: market(
                scenario,
                (*collateral, *loan),
                price,
                staked,
                supply,
                book.len(),
            )?,
        });
    }
    let now = Timestamp(scenario.time.start);
    Ok(Box::new(Opened {
        protocol: Markets::new(assets, base_decimals, prices, now, pairs),
        payer: Payer::Suppliers,
        mapping: mapping(stakes.len()),
    }))
}

fn mapping(markets: usize) -> Vec<String> {
    vec![
        format!(
            "Each pair of a collateral and a debt asset is a market ({markets} here); a borrower with several splits into them in proportion, with the same health in each. Debt against collateral in the same asset is left out."
        ),
        "The market's liquidation threshold is the scenario's for the collateral; the incentive follows from it by the contract's formula, the scenario's bonus is not used.".to_owned(),
        "The rate is the scenario's curve at the usage of the start, fixed; lenders' supply is shared out over the markets of a token by their debts.".to_owned(),
        "Bad debt falls on a market's suppliers at once, as the contract does it; the scenario's waterfall is not asked.".to_owned(),
    ]
}

fn sum(staked: &[(usize, Stake)]) -> Amount {
    let debts = staked.iter().map(|(_, (_, debt))| debt.0);
    Amount(debts.fold(U256::ZERO, U256::saturating_add))
}

/// Lenders' supply of each market: a token's lenders shared out by debt, and no less than is owed.
fn lent(
    scenario: &Scenario,
    stakes: &BTreeMap<Tokens, Vec<(usize, Stake)>>,
) -> BTreeMap<Tokens, Amount> {
    let share = |(tokens, staked): (&Tokens, &Vec<(usize, Stake)>)| {
        let debts = sum(staked);
        let same = stakes.iter().filter(|((_, loan), _)| *loan == tokens.1);
        let all = same.fold(U256::ZERO, |all, (_, staked)| {
            all.saturating_add(sum(staked).0)
        });
        let asset = scenario.assets.get(usize::from(tokens.1.0));
        let lenders = asset.map_or(Amount::ZERO, |asset| {
            door::tokens_to_amount(asset.lenders, asset.decimals)
        });
        let part = mul_div(lenders.0, debts.0, all, Rounding::Floor).unwrap_or(U256::ZERO);
        (*tokens, Amount(part.max(debts.0)))
    };
    stakes.iter().map(share).collect()
}

fn market(
    scenario: &Scenario,
    (collateral, loan): Tokens,
    price: Price,
    staked: &[(usize, Stake)],
    supply: Amount,
    borrowers: usize,
) -> Result<Market, Failure> {
    let spec = |id: AssetId| scenario.assets.get(usize::from(id.0));
    let threshold = spec(collateral).map_or(0, |asset| asset.liquidation_threshold_bps);
    let shares = |amount: Amount| Shares(amount.0.saturating_mul(U256::from(SHARES)));
    let mut positions = vec![Position::default(); borrowers];
    for (at, (pledged, owed)) in staked {
        if let Some(position) = positions.get_mut(*at) {
            position.collateral = *pledged;
            position.borrow_shares = shares(*owed);
        }
    }
    positions.push(Position {
        supply_shares: shares(supply),
        ..Position::default()
    });
    let yearly = spec(loan).map_or(0, |asset| {
        let tokens = |amount| door::amount_to_tokens(amount, asset.decimals);
        rate_at(
            asset,
            tokens(sum(staked)) / tokens(supply).max(f64::MIN_POSITIVE),
        )
    });
    let rate = mul_div(wad(yearly), U256::ONE, YEAR, Rounding::Floor);
    let setup = MarketSetup {
        version: MorphoVersion::V1_0_0,
        threshold: Ratio(wad(threshold.into())),
        irm: Irm::Fixed(Ratio(rate.unwrap_or(U256::ZERO))),
        price,
        now: Timestamp(scenario.time.start),
        totals: Totals::default(),
        fee_recipient: AccountId(u32::try_from(borrowers).unwrap_or(u32::MAX)),
        positions,
    };
    Ok(setup.open()?.build()?)
}

fn wad(bps: u32) -> U256 {
    U256::from(bps) * U256::from(BPS_IN_WAD)
}

/// Yearly rate of the scenario's curve at a usage, bps.
pub(super) fn rate_at(asset: &AssetSpec, usage: f64) -> u32 {
    let rates = &asset.rates;
    let kink = (f64::from(rates.optimal_usage_bps) / ALL_BPS).clamp(0.000_1, 0.999_9);
    let below = f64::from(rates.slope1_bps) * (usage / kink).min(1.0);
    let above = f64::from(rates.slope2_bps) * ((usage - kink) / (1.0 - kink)).max(0.0);
    (f64::from(rates.base_bps) + below + above).round() as u32
}

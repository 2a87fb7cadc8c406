//! Morpho Blue: a market for each pair of a collateral and a loan token.

use super::scales::{a_second, part, rate_at};
use super::split::{Stake, Tokens, answers, listed, spec, split, start_prices};
use super::{Design, Opened, Payer, parameters};
use crate::failure::Failure;
use crate::setup::Loaded;
use backstop_core::protocol::AccountId;
use backstop_core::protocol::morpho::{
    Irm, Market, MarketSetup, Markets, MorphoVersion, Pair, Position, Totals,
};
use backstop_core::units::{Amount, Price, Ratio, Rounding, Shares, Timestamp, U256, WAD, mul_div};
use backstop_io::scenario::Scenario;
use backstop_lab::door;
use std::collections::BTreeMap;

/// Shares of one base unit in a new market.
const SHARES: u64 = 1_000_000;

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
        let lenders = spec(scenario, tokens.1).map_or(Amount::ZERO, |asset| {
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
    let threshold = spec(scenario, collateral).map_or(0, |asset| asset.liquidation_threshold_bps);
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
    let yearly = spec(scenario, loan).map_or(0, |asset| {
        let tokens = |amount| door::amount_to_tokens(amount, asset.decimals);
        rate_at(
            asset,
            tokens(sum(staked)) / tokens(supply).max(f64::MIN_POSITIVE),
        )
    });
    let setup = MarketSetup {
        version: MorphoVersion::V1_0_0,
        threshold: Ratio(part(WAD, threshold.into())),
        irm: Irm::Fixed(Ratio(a_second(yearly))),
        price,
        now: Timestamp(scenario.time.start),
        totals: Totals::default(),
        fee_recipient: AccountId(u32::try_from(borrowers).unwrap_or(u32::MAX)),
        positions,
    };
    Ok(setup.open()?.build()?)
}

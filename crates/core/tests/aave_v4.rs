//! What holds in Aave v4 after any sequence of actions.

#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a test that cannot go on fails, and tells its seed"
)]

mod aave_v4_world;
mod dice;
#[path = "aave_v4/draw.rs"]
mod draw;
#[path = "aave_v4/laws.rs"]
mod laws;

use aave_v4_world::{
    ASSETS, CONTROLLER, COVERAGE, COVERER, DOLLARS, EVERYBODY, MAIN, OTHER, OTHER_USDC, OTHER_WETH,
    UNITS, USDC, USERS, WBTC, WETH, apply, borrow, collateral, market, supply,
};
use backstop_core::protocol::aave_v4::{Action, Event, Market, Rejection};
use backstop_core::units::{Amount, U256, WAD};
use dice::{Dice, Script};
use draw::{random_action, token_of, weather};
use laws::{assert_growth, assert_outcome, assert_quote, assert_sums, tokens};
use std::collections::BTreeMap;

const SEQUENCES: u64 = 100_000;
const STEPS: u64 = 4;
const WORLDS: u64 = 24;

/// What happened over all sequences.
#[derive(Debug, Default)]
struct Tally {
    steps: u64,
    accepted: u64,
    kinds: BTreeMap<&'static str, u64>,
    refused: BTreeMap<Rejection, u64>,
    deficits: u64,
}

fn kind(action: &Action) -> &'static str {
    match action {
        Action::Supply { .. } => "supply",
        Action::Withdraw { .. } => "withdraw",
        Action::Borrow { .. } => "borrow",
        Action::Repay { .. } => "repay",
        Action::SetUsingAsCollateral { .. } => "set using as collateral",
        Action::Liquidate { .. } => "liquidate",
        Action::UpdateRiskPremium { .. } => "update risk premium",
        Action::UpdateDynamicConfig { .. } => "update dynamic config",
        Action::SetPositionManager { .. } => "set position manager",
        Action::UpdatePositionManager { .. } => "update position manager",
        Action::UpdateLiquidationConfig { .. } => "update liquidation config",
        Action::UpdateReserveConfig { .. } => "update reserve config",
        Action::AddDynamicConfig { .. } => "add dynamic config",
        Action::UpdateDynamicReserveConfig { .. } => "update dynamic reserve config",
        Action::AddToHub { .. } => "add to hub",
        Action::RemoveFromHub { .. } => "remove from hub",
        Action::EliminateDeficit { .. } => "eliminate deficit",
        Action::MintFeeShares { .. } => "mint fee shares",
        Action::AddSpoke { .. } => "add spoke",
        Action::UpdateSpokeConfig { .. } => "update spoke config",
        Action::UpdateAssetConfig { .. } => "update asset config",
        Action::SetInterestRateData { .. } => "set interest rate data",
        Action::Sweep { .. } => "sweep",
        Action::Reclaim { .. } => "reclaim",
        Action::Fund { .. } => "fund",
    }
}

const KINDS: usize = 25;

fn low(n: U256) -> u128 {
    u128::try_from(n).unwrap_or(u128::MAX)
}

fn step(dice: &mut Dice, market: &mut Market, script: &mut Script<Action>, tally: &mut Tally) {
    if dice.percent(40) {
        let before = market.clone();
        weather(dice, market);
        assert_growth(&before, market);
    }
    let action = random_action(dice, market);
    script.steps.push(action.clone());
    let before = market.clone();
    let outcome = market.apply(&action);
    tally.steps += 1;
    if dice.percent(20) {
        assert_quote(&before, &action, &outcome);
    }
    match outcome {
        Ok(events) => {
            tally.accepted += 1;
            *tally.kinds.entry(kind(&action)).or_default() += 1;
            assert_growth(&before, market);
            assert_outcome(&before, market, &action, &events);
            let deficit = |event: &&Event| matches!(event, Event::DeficitReported { .. });
            tally.deficits += events.iter().filter(deficit).count() as u64;
        }
        Err(rejection) => {
            *tally.refused.entry(rejection).or_default() += 1;
            if dice.percent(12) {
                assert_eq!(
                    before.state_hash(),
                    market.state_hash(),
                    "after {rejection}"
                );
            }
        }
    }
}

fn funded(script: &[Action]) -> [U256; 3] {
    let mut sums = [U256::ZERO; 3];
    for action in script {
        if let Action::Fund {
            account,
            token,
            amount,
        } = action
            && account.0 < EVERYBODY
        {
            sums[usize::from(token.0)] += amount.0;
        }
    }
    sums
}

/// A market in which everybody supplies and most owe close to what they can.
fn warm(seed: u64) -> Market {
    let mut dice = Dice::new(seed);
    let mut market = market();
    let [first, second, third, fourth] = USERS;
    apply(
        &mut market,
        &[
            supply(fourth, USDC, 400_000 * UNITS[1]),
            supply(fourth, OTHER_USDC, 300_000 * UNITS[1]),
            supply(third, WBTC, 8 * UNITS[2]),
            supply(third, OTHER_WETH, 60 * UNITS[0]),
            collateral(third, WBTC, true),
            supply(first, WETH, (5 + dice.below(40)) * UNITS[0]),
            collateral(first, WETH, true),
            supply(second, OTHER_WETH, (5 + dice.below(40)) * UNITS[0]),
            collateral(second, OTHER_WETH, true),
            supply(second, WBTC, 1 + dice.below(UNITS[2])),
            collateral(second, WBTC, true),
        ],
    );
    for asset in ASSETS {
        let token = usize::from(market.asset(asset).unwrap().token.0);
        let amount = Amount::new(10_000 * UNITS[token] / DOLLARS[token % 2]);
        apply(
            &mut market,
            &[
                Action::AddToHub {
                    caller: COVERER,
                    spoke: COVERAGE,
                    asset,
                    amount,
                },
                Action::Sweep {
                    caller: CONTROLLER,
                    asset,
                    amount: Amount::new(low(amount.0) / 10),
                },
            ],
        );
    }
    for (id, reserve, spoke) in [
        (first, USDC, MAIN),
        (second, OTHER_USDC, OTHER),
        (second, USDC, MAIN),
        (third, WETH, MAIN),
        (third, USDC, MAIN),
    ] {
        let data = market.account_data(id, spoke).unwrap();
        let power = data.collateral.0 * data.collateral_factor.0 / WAD;
        let dollars = low(power / U256::from(10).pow(U256::from(26)));
        let part = dollars * (300 + dice.below(690)) / 1_000;
        let token = token_of(&market, reserve);
        let price = DOLLARS[usize::from(reserve.0)];
        let _ = market.apply(&borrow(id, reserve, part * UNITS[token] / price));
    }
    market
}

fn run_sequences(seeds: std::ops::Range<u64>) -> Tally {
    let worlds: Vec<Market> = (0..WORLDS).map(warm).collect();
    let mut tally = Tally::default();
    for seed in seeds {
        let mut dice = Dice::new(seed);
        let mut script = Script::new(seed);
        let start = &worlds[usize::try_from(seed % WORLDS).unwrap()];
        let mut market = start.clone();
        for _ in 0..STEPS {
            step(&mut dice, &mut market, &mut script, &mut tally);
        }
        let (before, after, outside) = (tokens(start), tokens(&market), funded(&script.steps));
        for token in 0..3 {
            assert_eq!(
                before[token] + outside[token],
                after[token],
                "tokens {token}"
            );
        }
        assert_sums(&market);
    }
    tally
}

#[test]
fn any_sequence_keeps_the_books() {
    let tally = run_sequences(0..SEQUENCES);
    println!("{tally:#?}");
    assert!(
        tally.accepted * 100 >= tally.steps * 45,
        "too few were accepted"
    );
    assert_eq!(tally.kinds.len(), KINDS, "a kind of action never succeeded");
    assert!(tally.kinds["liquidate"] > 10_000 && tally.deficits > 1_000);
    assert!(tally.kinds.values().all(|n| *n > 100));
    for rejection in FREQUENT {
        assert!(
            tally.refused.contains_key(&rejection),
            "{rejection} never occurred"
        );
    }
}

/// Refusals that the sequences have to meet. The others have cases of their own in
/// `aave_v4_rules.rs`.
const FREQUENT: [Rejection; 28] = [
    Rejection::AccountUnknown,
    Rejection::AccessManagedUnauthorized,
    Rejection::OwnableUnauthorizedAccount,
    Rejection::Unauthorized,
    Rejection::InvalidPrice,
    Rejection::ReserveNotListed,
    Rejection::SelfLiquidation,
    Rejection::InvalidDebtToCover,
    Rejection::ReservePaused,
    Rejection::ReserveFrozen,
    Rejection::ReserveNotSupplied,
    Rejection::ReserveNotBorrowed,
    Rejection::HealthFactorNotBelowThreshold,
    Rejection::MustNotLeaveDust,
    Rejection::InvalidAmount,
    Rejection::SpokeNotActive,
    Rejection::InsufficientLiquidity,
    Rejection::HealthFactorBelowThreshold,
    Rejection::InvalidLiquidationConfig,
    Rejection::ReserveNotBorrowable,
    Rejection::CannotReceiveShares,
    Rejection::SpokeHalted,
    Rejection::AddCapExceeded,
    Rejection::DrawCapExceeded,
    Rejection::OnlyReinvestmentController,
    Rejection::Panic0x11,
    Rejection::Erc20InsufficientBalance,
    Rejection::InvalidLiquidityFee,
];

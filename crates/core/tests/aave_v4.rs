//! What holds in Aave v4 after any sequence of actions.

#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a test that cannot go on fails, and tells its seed"
)]

mod aave_v4_world;
mod dice;

use aave_v4_world::{
    ASSETS, CONTROLLER, COVERAGE, COVERER, CURVE, DOLLARS, EVERYBODY, LIQUIDATOR, MAIN, OTHER,
    OTHER_USDC, OTHER_WETH, RESERVES, SPARE, SPOKES, TREASURER, TREASURY, UNITS, UPDATER, USDC,
    USERS, WBTC, WETH, apply, borrow, collateral, market, observe, open_config, repay, supply,
    withdraw,
};
use backstop_core::protocol::aave_v4::{
    Action, DynamicConfig, Event, HubAsset, HubSpokeConfig, Liquidation, LiquidationConfig, Market,
    Rejection, ReserveConfig, TokenId,
};
use backstop_core::protocol::{AccountId, AssetId, Receive};
use backstop_core::units::{Amount, Bps, Ratio, U256, WAD};
use dice::{Dice, Script};
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

// Random actions.

fn low(n: U256) -> u128 {
    u128::try_from(n).unwrap_or(u128::MAX)
}

fn token_of(market: &Market, reserve: AssetId) -> usize {
    let asset = market.reserve(reserve).unwrap().asset;
    usize::from(market.asset(asset).unwrap().token.0)
}

fn wallet(market: &Market, id: AccountId, token: usize) -> u128 {
    let token = TokenId(u16::try_from(token).unwrap());
    low(market.account(id).unwrap().tokens(token).0)
}

/// What an account has and owes in a reserve, in asset units.
fn amounts(market: &Market, id: AccountId, reserve: AssetId) -> (u128, u128) {
    let account = market.account(id).unwrap();
    let (Some(position), Some(listed)) = (account.position(reserve), market.reserve(reserve))
    else {
        return (0, 0);
    };
    let asset = market.asset(listed.asset).unwrap();
    let index = asset.drawn_index(market.now()).unwrap();
    let held = asset.preview_remove_by_shares(position.supplied_shares(), market.now());
    let premium = position.premium_debt(index).unwrap().0;
    let owed = position.drawn_shares().0 * index.0 + premium;
    let ray = backstop_core::units::RAY;
    (low(held.unwrap().0), low((owed + ray - U256::ONE) / ray))
}

fn user_action(dice: &mut Dice, market: &Market) -> Action {
    let (id, choice) = (dice.pick(&USERS), dice.below(10));
    let positions = market.account(id).unwrap().positions();
    let used: Vec<AssetId> = positions
        .iter()
        .filter(|position| match choice {
            3 | 4 => position.supplied > 0,
            7 | 8 => position.drawn > 0,
            _ => false,
        })
        .map(|position| position.reserve)
        .collect();
    let reserve = if used.is_empty() {
        dice.pick(&RESERVES)
    } else {
        dice.pick(&used)
    };
    let token = token_of(market, reserve);
    let (held, owed) = amounts(market, id, reserve);
    let mut action = match choice {
        0..=2 => supply(id, reserve, dice.part(wallet(market, id, token) / 4)),
        3 | 4 => withdraw(id, reserve, dice.part(held)),
        5 | 6 => {
            let dollars = dice.below(80_000);
            let price = DOLLARS[usize::from(reserve.0)];
            borrow(id, reserve, dollars * UNITS[token] / price)
        }
        7 | 8 => repay(id, reserve, dice.part(owed)),
        _ => {
            let marked = market.account(id).unwrap().position(reserve);
            let marked = marked.is_some_and(|position| position.is_collateral);
            collateral(id, reserve, !marked)
        }
    };
    if dice.percent(3) {
        for_another(&mut action, dice);
    }
    action
}

/// Somebody else calls.
fn for_another(action: &mut Action, dice: &mut Dice) {
    if let Action::Supply { caller, .. }
    | Action::Withdraw { caller, .. }
    | Action::Borrow { caller, .. }
    | Action::Repay { caller, .. }
    | Action::SetUsingAsCollateral { caller, .. } = action
    {
        *caller = dice.pick(&[USERS[0], UPDATER, LIQUIDATOR]);
    }
}

fn liquidation(dice: &mut Dice, market: &Market) -> Action {
    let liquidator = dice.pick(&[LIQUIDATOR, LIQUIDATOR, LIQUIDATOR, USERS[0], TREASURER]);
    let start = dice.below(3);
    for at in 0..2 {
        let borrower = USERS[usize::try_from((start + at) % 3).unwrap()];
        let found = market.liquidations(borrower);
        if !found.is_empty() && dice.percent(95) {
            let chosen = found[usize::try_from(dice.below(found.len() as u128)).unwrap()];
            let cover = match dice.below(7) {
                6 => dice.pick(&[0, 1, 1_000]),
                0 => dice.part(low(chosen.repaid.0)),
                1 => low(chosen.repaid.0),
                2 => low(chosen.repaid.0) / 2,
                _ => u128::MAX,
            };
            return Action::Liquidate {
                liquidator,
                borrower,
                collateral: chosen.collateral,
                debt: chosen.debt,
                debt_to_cover: Amount::new(cover),
                receive_shares: dice.percent(30),
            };
        }
    }
    if dice.percent(70) {
        return user_action(dice, market);
    }
    Action::Liquidate {
        liquidator,
        borrower: dice.pick(&USERS),
        collateral: dice.pick(&RESERVES),
        debt: dice.pick(&RESERVES),
        debt_to_cover: Amount::new(dice.part(1_000_000_000)),
        receive_shares: dice.percent(50),
    }
}

fn spoke_admin(dice: &mut Dice) -> Action {
    let reserve = dice.pick(&[WETH, USDC, WBTC, OTHER_WETH, OTHER_USDC, AssetId(9)]);
    let spoke = dice.pick(&[MAIN, OTHER]);
    let config = DynamicConfig {
        collateral_factor: Bps(dice.pick(&[0, 5_000, 7_500, 8_500, 9_700])),
        max_bonus: dice.pick(&[10_000, 10_500, 11_500]),
        fee: Bps(dice.pick(&[0, 1_000, 10_000, 10_001])),
    };
    match dice.below(9) {
        0 => Action::SetPositionManager {
            account: dice.pick(&USERS),
            spoke,
            manager: UPDATER,
            approve: dice.percent(70),
        },
        1 => Action::UpdatePositionManager {
            spoke,
            manager: UPDATER,
            active: dice.percent(70),
        },
        2 | 3 => Action::UpdateLiquidationConfig {
            spoke,
            config: LiquidationConfig {
                target_health: Ratio(
                    WAD * U256::from(dice.pick(&[99, 100, 105, 130])) / U256::from(100),
                ),
                health_for_max_bonus: Ratio(
                    WAD * U256::from(dice.pick(&[0, 95])) / U256::from(100),
                ),
                bonus_factor: Bps(dice.pick(&[0, 5_000, 10_000])),
            },
        },
        4 | 5 => Action::UpdateReserveConfig {
            reserve,
            config: ReserveConfig {
                collateral_risk: dice.pick(&[0, 1_000, 100_000, 100_001]),
                paused: dice.percent(10),
                frozen: dice.percent(15),
                borrowable: dice.percent(80),
                receive_shares: dice.percent(80),
            },
        },
        6 | 7 => Action::AddDynamicConfig { reserve, config },
        _ => Action::UpdateDynamicReserveConfig {
            reserve,
            key: dice.pick(&[0, 0, 1, 7]),
            config,
        },
    }
}

fn hub_admin(dice: &mut Dice) -> Action {
    let (asset, spoke) = (dice.pick(&ASSETS), dice.pick(&SPOKES));
    let caps = [backstop_core::protocol::aave_v4::NO_CAP, 100, 0];
    let config = HubSpokeConfig {
        add_cap: dice.pick(&caps),
        draw_cap: dice.pick(&caps),
        risk_premium_threshold: dice.pick(&[16_777_215, 2_000, 0]),
        active: dice.percent(80),
        halted: dice.percent(20),
        ..open_config()
    };
    match dice.below(5) {
        0 => Action::AddSpoke {
            asset,
            spoke,
            config,
        },
        1 | 2 => Action::UpdateSpokeConfig {
            asset,
            spoke,
            config,
        },
        3 => Action::UpdateAssetConfig {
            asset,
            liquidity_fee: Bps(dice.pick(&[0, 2_000, 10_000, 10_001])),
            fee_receiver: dice.pick(&[TREASURY, TREASURY, SPARE]),
            reinvestment_controller: dice.percent(70).then_some(CONTROLLER),
        },
        _ => {
            let mut strategy = CURVE;
            strategy.growth_after = dice.pick(&[0, 6_000, 100_000]);
            strategy.optimal_usage = Bps(dice.pick(&[99, 5_000, 9_000]));
            Action::SetInterestRateData { asset, strategy }
        }
    }
}

fn hub_action(dice: &mut Dice, market: &Market) -> Action {
    let asset = dice.pick(&ASSETS);
    let hub = market.asset(asset).unwrap();
    let token = usize::from(hub.token.0);
    let at_hand = low(hub.state.liquidity.0);
    let stranger = dice.percent(5);
    let owner = |id| if stranger { USERS[0] } else { id };
    match dice.below(12) {
        0 | 1 => Action::AddToHub {
            caller: owner(COVERER),
            spoke: COVERAGE,
            asset,
            amount: Amount::new(dice.below(5_000) * UNITS[token]),
        },
        2 => Action::RemoveFromHub {
            caller: owner(COVERER),
            spoke: COVERAGE,
            asset,
            amount: Amount::new(dice.below(5_000) * UNITS[token]),
        },
        3 => Action::RemoveFromHub {
            caller: owner(TREASURER),
            spoke: TREASURY,
            asset,
            amount: Amount::MAX,
        },
        4..=6 => {
            let deficits = market.deficits();
            let (asset, covered) = deficits
                .first()
                .map_or((asset, MAIN), |(asset, spoke, _)| (*asset, *spoke));
            Action::EliminateDeficit {
                caller: owner(COVERER),
                spoke: dice.pick(&[COVERAGE, COVERAGE, COVERAGE, TREASURY]),
                asset,
                amount: Amount::new(dice.part(3_000 * UNITS[token])),
                covered,
            }
        }
        7 | 8 => Action::MintFeeShares { asset },
        9 => Action::Sweep {
            caller: owner(CONTROLLER),
            asset,
            amount: Amount::new(dice.part(at_hand / 4)),
        },
        10 => Action::Reclaim {
            caller: owner(CONTROLLER),
            asset,
            amount: Amount::new(dice.part(low(hub.state.swept.0))),
        },
        _ => Action::Fund {
            account: AccountId(u32::try_from(dice.below(u128::from(EVERYBODY) + 1)).unwrap()),
            token: TokenId(u16::try_from(token).unwrap()),
            amount: Amount::new(dice.below(1_000)),
        },
    }
}

fn random_action(dice: &mut Dice, market: &Market) -> Action {
    match dice.below(100) {
        0..=39 => user_action(dice, market),
        40..=69 => liquidation(dice, market),
        70..=73 => Action::UpdateRiskPremium {
            caller: dice.pick(&[UPDATER, USERS[0]]),
            spoke: dice.pick(&[MAIN, OTHER]),
            account: dice.pick(&USERS),
        },
        74..=77 => Action::UpdateDynamicConfig {
            caller: dice.pick(&[UPDATER, USERS[0]]),
            spoke: dice.pick(&[MAIN, OTHER]),
            account: dice.pick(&USERS),
        },
        78..=84 => spoke_admin(dice),
        85..=88 => hub_admin(dice),
        _ => hub_action(dice, market),
    }
}

/// Time passes and prices move.
fn weather(dice: &mut Dice, market: &mut Market) {
    let seconds = dice.pick(&[0, 1, 12, 86_400, 8_640_000]);
    let mut cents = DOLLARS.map(|dollars| dollars * 100);
    for price in &mut cents {
        if dice.percent(50) {
            *price = *price * dice.pick(&[30, 60, 80, 85, 90, 95, 105, 140]) / 100;
        }
    }
    if dice.percent(1) {
        cents[0] = 0;
    }
    observe(market, seconds, cents);
}

// What has to hold.

/// The least and the most that a comparison of share prices needs.
fn share_price(asset: &HubAsset, market: &Market) -> (U256, U256, U256) {
    let million = U256::from(1_000_000);
    let worth = asset.total_added_assets(market.now()).unwrap().0 + million;
    let shares = asset.state.added_shares.0 + million;
    (worth, shares, asset.drawn_index(market.now()).unwrap().0)
}

/// Neither the worth of a share nor the drawn index falls, whatever happens.
fn assert_growth(before: &Market, after: &Market) {
    for (old, new) in before.assets().zip(after.assets()) {
        let (old_worth, old_shares, old_index) = share_price(old, before);
        let (worth, shares, index) = share_price(new, after);
        assert!(old_index <= index, "the drawn index fell");
        assert!(
            old_worth * shares <= worth * old_shares,
            "a share lost worth"
        );
    }
}

/// Tokens in wallets and hubs.
fn tokens(market: &Market) -> [U256; 3] {
    let mut sums = [U256::ZERO; 3];
    for asset in market.assets() {
        sums[usize::from(asset.token.0)] += asset.state.liquidity.0;
    }
    for id in 0..EVERYBODY {
        for (token, amount) in market.account(AccountId(id)).unwrap().wallet() {
            sums[usize::from(token.0)] += amount.0;
        }
    }
    sums
}

/// Positions sum to the spokes' parts, and parts to the whole.
fn assert_sums(market: &Market) {
    for (at, reserve) in market.reserves().enumerate() {
        let id = AssetId(u16::try_from(at).unwrap());
        let part = market
            .asset(reserve.asset)
            .unwrap()
            .spoke(reserve.spoke)
            .unwrap();
        let (mut supplied, mut drawn, mut premium) = (U256::ZERO, U256::ZERO, U256::ZERO);
        for account in (0..EVERYBODY).filter_map(|id| market.account(AccountId(id))) {
            let Some(position) = account.position(id) else {
                continue;
            };
            supplied += position.supplied_shares().0;
            drawn += position.drawn_shares().0;
            premium += U256::from(position.premium);
            assert_eq!(position.is_borrowing, position.drawn > 0, "borrowing mark");
            let index = market
                .asset(reserve.asset)
                .unwrap()
                .drawn_index(market.now());
            assert!(
                position.premium_debt(index.unwrap()).is_ok(),
                "premium below zero"
            );
        }
        assert!(
            supplied <= part.added_shares.0,
            "reserve {at}: supplies exceed the spoke's"
        );
        assert_eq!(drawn, part.drawn_shares.0, "reserve {at}: drawn shares");
        assert_eq!(
            premium, part.premium_shares.0,
            "reserve {at}: premium shares"
        );
    }
    for asset in market.assets() {
        let total = |of: fn(&backstop_core::protocol::aave_v4::HubSpoke) -> U256| {
            asset
                .spokes
                .iter()
                .map(of)
                .fold(U256::ZERO, |sum, n| sum + n)
        };
        assert_eq!(
            total(|part| part.added_shares.0),
            asset.state.added_shares.0
        );
        assert_eq!(
            total(|part| part.drawn_shares.0),
            asset.state.drawn_shares.0
        );
        assert_eq!(total(|part| part.deficit.0), asset.state.deficit.0);
    }
}

/// Dollars times 10^53.
fn worth_ray(market: &Market, reserve: AssetId, amount_ray: U256) -> U256 {
    let decimals = market.reserve(reserve).unwrap().decimals;
    let unit = U256::from(10).pow(U256::from(18 - decimals));
    amount_ray * market.price(reserve).0 * unit
}

fn assert_liquidation(before: &Market, after: &Market, cover: Amount, done: &Liquidation) {
    let ray = backstop_core::units::RAY;
    let spoke = before.reserve(done.collateral).unwrap().spoke;
    assert!(
        before.is_unhealthy(done.borrower, spoke).unwrap(),
        "was healthy"
    );
    assert!(done.repaid <= cover, "paid more than offered");
    let held = |market: &Market, reserve| {
        let account = market.account(done.borrower).unwrap();
        account.position(reserve).copied().unwrap_or_default()
    };
    let (old, new) = (held(before, done.collateral), held(after, done.collateral));
    let taken = old.supplied_shares().0 - new.supplied_shares().0;
    assert_eq!(taken, done.amounts.collateral_shares.0, "seized shares");
    // The bonus is the limit: roundings go against the liquidator.
    let set = before
        .reserve(done.collateral)
        .unwrap()
        .dynamic(old.config_key);
    let seized = worth_ray(before, done.collateral, done.seized.0 * ray);
    let paid = worth_ray(before, done.debt, done.repaid.0 * ray);
    let most = paid * U256::from(set.max_bonus);
    assert!(seized * U256::from(10_000) <= most, "more than the bonus");
    // The protocol's part.
    let asset = before.reserve(done.collateral).unwrap().asset;
    let (hub_before, hub_after) = (before.asset(asset).unwrap(), after.asset(asset).unwrap());
    let receiver = hub_before.fee_receiver;
    let fee = hub_after.spoke(receiver).unwrap().added_shares.0
        - hub_before.spoke(receiver).unwrap().added_shares.0;
    let kept = done.amounts.to_liquidator.0 + fee;
    assert_eq!(kept, taken, "liquidator and protocol get all of it");
    let owed = held(after, done.debt);
    if done.leaves_deficit {
        let borrows = after.account_data(done.borrower, spoke).unwrap().borrows;
        assert_eq!(borrows, 0, "debt is left after a write-off");
        let account = after.account(done.borrower).unwrap();
        assert_eq!(account.risk_premium(spoke), 0, "a risk premium is left");
        return;
    }
    // No dust on either side unless the other is used up.
    if new.supplied > 0 && owed.drawn > 0 {
        let dust = U256::from(1_000) * U256::from(10).pow(U256::from(26));
        let (rest, _) = amounts(after, done.borrower, done.collateral);
        let index = after
            .asset(after.reserve(done.debt).unwrap().asset)
            .unwrap();
        let index = index.drawn_index(after.now()).unwrap();
        let debt = owed.drawn_shares().0 * index.0 + owed.premium_debt(index).unwrap().0;
        let rest = worth_ray(after, done.collateral, U256::from(rest));
        assert!(rest >= dust, "collateral dust");
        assert!(worth_ray(after, done.debt, debt) >= dust * ray, "debt dust");
    }
}

fn assert_outcome(before: &Market, after: &Market, action: &Action, events: &[Event]) {
    let healthy = |id: AccountId, reserve: AssetId| {
        let spoke = after.reserve(reserve).unwrap().spoke;
        assert!(!after.is_unhealthy(id, spoke).unwrap(), "left unhealthy");
    };
    match *action {
        Action::Borrow {
            reserve,
            on_behalf_of,
            ..
        } => healthy(on_behalf_of, reserve),
        Action::SetUsingAsCollateral {
            reserve,
            on_behalf_of,
            ..
        } => {
            let marked = |market: &Market| {
                let account = market.account(on_behalf_of).unwrap();
                account.position(reserve).is_some_and(|p| p.is_collateral)
            };
            if marked(before) && !marked(after) {
                healthy(on_behalf_of, reserve);
            }
        }
        Action::Liquidate { debt_to_cover, .. } => {
            for event in events {
                if let Event::Liquidated(done) = event {
                    assert_liquidation(before, after, debt_to_cover, done);
                }
            }
        }
        _ => {}
    }
    let written_off = events.iter().filter_map(|event| match event {
        Event::DeficitReported { deficit, .. } => Some((deficit.0, U256::ZERO)),
        Event::DeficitEliminated { deficit, .. } => Some((U256::ZERO, deficit.0)),
        _ => None,
    });
    let (more, less) = written_off.fold((U256::ZERO, U256::ZERO), |(more, less), (a, b)| {
        (more + a, less + b)
    });
    let total = |market: &Market| {
        market
            .assets()
            .fold(U256::ZERO, |n, a| n + a.state.deficit.0)
    };
    assert_eq!(total(before) + more, total(after) + less, "deficits");
}

/// What a quote without limit says is what a call without limit does.
fn assert_quote(market: &Market, action: &Action, outcome: &Result<Vec<Event>, Rejection>) {
    let Action::Liquidate {
        liquidator,
        borrower,
        collateral,
        debt,
        receive_shares,
        ..
    } = *action
    else {
        return;
    };
    let receive = if receive_shares {
        Receive::Claim
    } else {
        Receive::Tokens
    };
    let quote = market.largest_liquidation(liquidator, borrower, (collateral, debt), receive);
    let limitless = Action::Liquidate {
        liquidator,
        borrower,
        collateral,
        debt,
        debt_to_cover: Amount::MAX,
        receive_shares,
    };
    if *action == limitless && !matches!(outcome, Err(Rejection::Erc20InsufficientBalance)) {
        let done = outcome.as_ref().map(|events| {
            let done = events.iter().find_map(|event| match event {
                Event::Liquidated(done) => Some(*done),
                _ => None,
            });
            done.expect("a liquidation")
        });
        assert_eq!(done.map_err(|rejection| *rejection), quote, "quote");
    }
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

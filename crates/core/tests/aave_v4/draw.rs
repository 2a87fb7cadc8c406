//! Random actions that have a fair chance in the market they meet.

use crate::aave_v4_world::{
    ASSETS, CONTROLLER, COVERAGE, COVERER, CURVE, DOLLARS, EVERYBODY, LIQUIDATOR, MAIN, OTHER,
    OTHER_USDC, OTHER_WETH, RESERVES, SPARE, SPOKES, TREASURER, TREASURY, UNITS, UPDATER, USDC,
    USERS, WBTC, WETH, borrow, collateral, observe, open_config, repay, supply, withdraw,
};
use crate::dice::Dice;
use crate::low;
use backstop_core::protocol::aave_v4::{
    Action, DynamicConfig, HubSpokeConfig, LiquidationConfig, Market, ReserveConfig, TokenId,
};
use backstop_core::protocol::{AccountId, AssetId};
use backstop_core::units::{Amount, Bps, Ratio, U256, WAD};

pub(crate) fn token_of(market: &Market, reserve: AssetId) -> usize {
    let asset = market.reserve(reserve).unwrap().asset;
    usize::from(market.asset(asset).unwrap().token.0)
}

fn wallet(market: &Market, id: AccountId, token: usize) -> u128 {
    let token = TokenId(u16::try_from(token).unwrap());
    low(market.account(id).unwrap().tokens(token).0)
}

/// What an account has and owes in a reserve, in asset units.
pub(crate) fn amounts(market: &Market, id: AccountId, reserve: AssetId) -> (u128, u128) {
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

pub(crate) fn random_action(dice: &mut Dice, market: &Market) -> Action {
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
pub(crate) fn weather(dice: &mut Dice, market: &mut Market) {
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

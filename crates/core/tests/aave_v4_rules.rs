//! Aave v4 case by case: refusals in their order, and whole liquidations.

#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a test that cannot go on fails, and tells its seed"
)]

mod aave_v4_world;

use aave_v4_world::{
    CONTROLLER, COVERAGE, COVERER, CURVE, HUB_USDC, HUB_WETH, LIQUIDATOR, MAIN, OTHER_USDC,
    OTHER_WETH, SPARE, TREASURER, TREASURY, UNITS, UPDATER, USDC, USERS, WBTC, WETH, apply, borrow,
    collateral, indebted, liquidate, market, observe, open_config, repay, setup, supply, withdraw,
};
use backstop_core::protocol::aave_v4::{
    Action, DynamicConfig, Event, HubAssetId, HubSpokeConfig, Liquidation, LiquidationConfig,
    Market, MarketSetup, Rejection, ReserveConfig, SpokeId, TokenId,
};
use backstop_core::protocol::{AccountId, AssetId, Prices, Receive};
use backstop_core::units::{Amount, Bps, Price, Ratio, Timestamp, U256, WAD};

const FIRST: AccountId = USERS[0];
const SECOND: AccountId = USERS[1];
const THIRD: AccountId = USERS[2];
const UNLISTED: AssetId = AssetId(9);
const STEADY: [u128; 5] = [200_000, 100, 3_000_000, 200_000, 100];
const FALLEN: [u128; 5] = [170_000, 100, 3_000_000, 170_000, 100];

/// Refuses an action on a market, which it leaves as it was.
fn refuse_on(mut market: Market, action: &Action, want: Rejection) {
    let before = market.state_hash();
    let got = market.apply(action);
    assert_eq!(got, Err(want), "{action:?}");
    assert_eq!(before, market.state_hash(), "{action:?} changed something");
}

/// Refuses an action after others, in the market of `indebted`.
fn refuse(first: &[Action], action: &Action, want: Rejection) {
    let mut market = indebted();
    apply(&mut market, first);
    refuse_on(market, action, want);
}

fn with_caller(mut action: Action, id: AccountId) -> Action {
    if let Action::Supply { caller, .. }
    | Action::Withdraw { caller, .. }
    | Action::Borrow { caller, .. }
    | Action::Repay { caller, .. }
    | Action::SetUsingAsCollateral { caller, .. } = &mut action
    {
        *caller = id;
    }
    action
}

fn switches(reserve: AssetId, change: impl FnOnce(&mut ReserveConfig)) -> Action {
    let mut config = setup().reserves[usize::from(reserve.0)].config;
    change(&mut config);
    Action::UpdateReserveConfig { reserve, config }
}

fn spoke_config(asset: HubAssetId, change: impl FnOnce(&mut HubSpokeConfig)) -> Action {
    let mut config = open_config();
    change(&mut config);
    Action::UpdateSpokeConfig {
        asset,
        spoke: MAIN,
        config,
    }
}

fn paused(reserve: AssetId) -> Action {
    switches(reserve, |config| config.paused = true)
}

fn frozen(reserve: AssetId) -> Action {
    switches(reserve, |config| config.frozen = true)
}

#[test]
fn refuses_what_users_may_not() {
    let unit = UNITS[1];
    let far = AccountId(99);
    let all = u128::MAX;
    for action in [
        supply(FIRST, UNLISTED, 1),
        withdraw(FIRST, UNLISTED, 1),
        borrow(FIRST, UNLISTED, 1),
        repay(FIRST, UNLISTED, 1),
        collateral(FIRST, UNLISTED, true),
    ] {
        refuse(&[], &action, Rejection::ReserveNotListed);
    }
    for action in [
        supply(FIRST, USDC, 1),
        withdraw(FIRST, USDC, 1),
        borrow(FIRST, USDC, 1),
        repay(FIRST, USDC, 1),
        collateral(FIRST, USDC, true),
    ] {
        let stranger = with_caller(action.clone(), SECOND);
        refuse(&[paused(USDC)], &stranger, Rejection::Unauthorized);
        refuse(&[paused(USDC)], &action, Rejection::ReservePaused);
    }
    for action in [supply(FIRST, USDC, 1), borrow(FIRST, USDC, 1)] {
        refuse(&[frozen(USDC)], &action, Rejection::ReserveFrozen);
    }
    refuse(
        &[frozen(USDC)],
        &collateral(FIRST, USDC, true),
        Rejection::ReserveFrozen,
    );
    refuse(&[], &supply(far, USDC, 1), Rejection::AccountUnknown);
    refuse(
        &[],
        &supply(TREASURER, USDC, 1),
        Rejection::Erc20InsufficientBalance,
    );
    refuse(&[], &supply(FIRST, USDC, 0), Rejection::InvalidAmount);
    refuse(&[], &withdraw(FIRST, USDC, 0), Rejection::InvalidAmount);
    refuse(&[], &withdraw(FIRST, USDC, 5), Rejection::InvalidAmount);
    refuse(&[], &repay(FIRST, USDC, 0), Rejection::InvalidAmount);
    refuse(&[], &repay(SECOND, USDC, all), Rejection::InvalidAmount);
    let closed = switches(USDC, |config| config.borrowable = false);
    refuse(
        &[closed],
        &borrow(FIRST, USDC, 1),
        Rejection::ReserveNotBorrowable,
    );
    refuse(&[], &borrow(FIRST, USDC, 0), Rejection::InvalidAmount);
    let much = borrow(FIRST, USDC, 486_001 * unit);
    refuse(&[], &much, Rejection::InsufficientLiquidity);
    let unsound = borrow(FIRST, USDC, 2_001 * unit);
    refuse(&[], &unsound, Rejection::HealthFactorBelowThreshold);
    let out = withdraw(FIRST, WETH, 2 * UNITS[0]);
    refuse(&[], &out, Rejection::HealthFactorBelowThreshold);
    refuse(
        &[],
        &collateral(FIRST, WETH, false),
        Rejection::HealthFactorBelowThreshold,
    );
    // Three collaterals, three debts.
    let full = setup_with(|setup| setup.spokes[0].max_user_reserves = 1);
    let marked = collateral(FIRST, USDC, true);
    refuse_on(
        full.clone(),
        &marked,
        Rejection::MaximumUserReservesExceeded,
    );
    let second = borrow(FIRST, WETH, UNITS[0] / 100);
    refuse_on(full, &second, Rejection::MaximumUserReservesExceeded);
}

/// The market of `indebted` from a changed set-up.
fn setup_with(change: impl FnOnce(&mut MarketSetup)) -> Market {
    let mut setup = setup();
    change(&mut setup);
    let mut market = setup.build().expect("a sound set-up");
    apply(
        &mut market,
        &[
            supply(SECOND, USDC, 500_000 * UNITS[1]),
            supply(FIRST, WETH, 10 * UNITS[0]),
            collateral(FIRST, WETH, true),
            borrow(FIRST, USDC, 14_000 * UNITS[1]),
        ],
    );
    market
}

#[test]
fn refuses_what_hubs_may_not() {
    let hub = HUB_USDC;
    let off = spoke_config(hub, |config| config.active = false);
    let halted = spoke_config(hub, |config| config.halted = true);
    for action in [
        supply(FIRST, USDC, 1),
        withdraw(SECOND, USDC, 1),
        borrow(FIRST, USDC, 1),
        repay(FIRST, USDC, 1_000),
    ] {
        refuse(
            std::slice::from_ref(&off),
            &action,
            Rejection::SpokeNotActive,
        );
        refuse(
            std::slice::from_ref(&halted),
            &action,
            Rejection::SpokeHalted,
        );
    }
    let cap = |add_cap, draw_cap| {
        spoke_config(hub, |config| {
            (config.add_cap, config.draw_cap) = (add_cap, draw_cap)
        })
    };
    let one = supply(FIRST, USDC, 1);
    refuse(&[cap(500_000, 20_000)], &one, Rejection::AddCapExceeded);
    let capped = cap(600_000, 14_000);
    refuse(
        std::slice::from_ref(&capped),
        &borrow(FIRST, USDC, 1),
        Rejection::DrawCapExceeded,
    );
    let mut market = indebted();
    apply(&mut market, &[capped, supply(FIRST, USDC, 1)]);
    // A share worth more than the amount.
    let rich = setup_with(|setup| {
        let asset = &mut setup.assets[1];
        asset.state.liquidity = Amount::new(9 * UNITS[1]);
    });
    refuse_on(rich, &supply(FIRST, USDC, 1), Rejection::InvalidShares);
    let strict = spoke_config(hub, |config| config.risk_premium_threshold = 499);
    refuse(
        &[strict],
        &borrow(FIRST, USDC, 1),
        Rejection::InvalidPremiumChange,
    );
    let width = setup_with(|setup| {
        let tokens = [(TokenId(1), Amount::MAX)];
        setup.accounts[2] = backstop_core::protocol::aave_v4::Account::new([], [], tokens);
    });
    let wide = |amount| Action::Supply {
        caller: THIRD,
        reserve: USDC,
        amount,
        on_behalf_of: THIRD,
    };
    let shares = wide(Amount(U256::ONE << 120));
    refuse_on(
        width.clone(),
        &shares,
        Rejection::SafeCastOverflowedUintDowncast,
    );
    refuse_on(width, &wide(Amount::MAX), Rejection::Panic0x11);
}

#[test]
fn refuses_liquidations_in_the_contracts_order() {
    let fallen = |first: &[Action]| {
        let mut market = indebted();
        apply(&mut market, first);
        observe(&mut market, 0, FALLEN);
        market
    };
    let call = |borrower, collateral, debt| liquidate(borrower, collateral, debt);
    let check = |first: &[Action], action: &Action, want| refuse_on(fallen(first), action, want);
    let pause = [paused(WETH), paused(USDC)];
    check(
        &[],
        &call(AccountId(99), WETH, USDC),
        Rejection::AccountUnknown,
    );
    check(
        &[],
        &call(FIRST, UNLISTED, USDC),
        Rejection::ReserveNotListed,
    );
    check(
        &[],
        &call(FIRST, WETH, UNLISTED),
        Rejection::ReserveNotListed,
    );
    check(
        &[],
        &call(FIRST, WETH, OTHER_USDC),
        Rejection::ReserveNotListed,
    );
    let mut own = call(FIRST, WETH, USDC);
    if let Action::Liquidate { liquidator, .. } = &mut own {
        *liquidator = FIRST;
    }
    check(&pause, &own, Rejection::SelfLiquidation);
    let offer = |n| {
        let mut call = call(FIRST, WETH, USDC);
        if let Action::Liquidate { debt_to_cover, .. } = &mut call {
            *debt_to_cover = Amount::new(n);
        }
        call
    };
    check(&pause, &offer(0), Rejection::InvalidDebtToCover);
    for reserve in [WETH, USDC] {
        check(
            &[paused(reserve)],
            &call(FIRST, WETH, USDC),
            Rejection::ReservePaused,
        );
    }
    check(&[], &call(FIRST, WBTC, WBTC), Rejection::ReserveNotSupplied);
    check(&[], &call(FIRST, WETH, WBTC), Rejection::ReserveNotBorrowed);
    let idle = supply(FIRST, WBTC, UNITS[2]);
    refuse(
        std::slice::from_ref(&idle),
        &call(FIRST, WBTC, USDC),
        Rejection::HealthFactorNotBelowThreshold,
    );
    check(
        &[idle],
        &call(FIRST, WBTC, USDC),
        Rejection::ReserveNotEnabledAsCollateral,
    );
    let shares = |first: &[Action]| {
        let mut call = call(FIRST, WETH, USDC);
        if let Action::Liquidate { receive_shares, .. } = &mut call {
            *receive_shares = true;
        }
        check(first, &call, Rejection::CannotReceiveShares);
    };
    shares(&[frozen(WETH)]);
    shares(&[switches(WETH, |config| config.receive_shares = false)]);
    // Nearly all of the debt: too little would be left.
    let mut small = market();
    apply(
        &mut small,
        &[
            supply(SECOND, USDC, 500_000 * UNITS[1]),
            supply(FIRST, WETH, UNITS[0]),
            collateral(FIRST, WETH, true),
            borrow(FIRST, USDC, 1_400 * UNITS[1]),
        ],
    );
    observe(&mut small, 0, FALLEN);
    refuse_on(small, &offer(1_000 * UNITS[1]), Rejection::MustNotLeaveDust);
    let hub = |asset, change: fn(&mut HubSpokeConfig)| [spoke_config(asset, change)];
    let any = call(FIRST, WETH, USDC);
    for asset in [HUB_WETH, HUB_USDC] {
        check(
            &hub(asset, |c| c.halted = true),
            &any,
            Rejection::SpokeHalted,
        );
        check(
            &hub(asset, |c| c.active = false),
            &any,
            Rejection::SpokeNotActive,
        );
    }
    let lent = [borrow(SECOND, WETH, 9 * UNITS[0])];
    let marked = [collateral(SECOND, USDC, true), lent[0].clone()];
    check(&marked, &any, Rejection::InsufficientLiquidity);
    let mut poor = call(FIRST, WETH, USDC);
    if let Action::Liquidate { liquidator, .. } = &mut poor {
        *liquidator = UPDATER;
    }
    check(&[], &poor, Rejection::Erc20InsufficientBalance);
    let mut blind = indebted();
    observe(&mut blind, 0, [0, 100, 1, 1, 1]);
    refuse_on(blind, &any, Rejection::InvalidPrice);
}

fn done(events: &[Event]) -> Liquidation {
    let found = events.iter().find_map(|event| match event {
        Event::Liquidated(done) => Some(*done),
        _ => None,
    });
    found.expect("a liquidation")
}

/// As in the page of the protocol, but for the premium, which the page leaves out.
#[test]
fn a_worked_example() {
    let mut market = setup_with(|setup| setup.reserves[0].config.collateral_risk = 0);
    observe(&mut market, 0, FALLEN);
    let data = market.account_data(FIRST, MAIN).unwrap();
    assert_eq!(data.health, Ratio::new(971_428_571_428_571_428));
    let pair = (WETH, USDC);
    let quote = market.largest_liquidation(LIQUIDATOR, FIRST, pair, Receive::Tokens);
    let before = market.clone();
    let liquidation = done(&market.apply(&liquidate(FIRST, WETH, USDC)).unwrap());
    assert_eq!(quote, Ok(liquidation));
    assert_eq!(
        before.liquidations(FIRST),
        [Liquidation {
            liquidator: AccountId(u32::MAX),
            ..liquidation
        }]
    );
    assert_eq!(liquidation.repaid, Amount::new(4_723_462_728));
    assert_eq!(liquidation.seized, Amount::new(2_837_967_547_281_882_352));
    assert_eq!(liquidation.paid_out, Amount::new(2_832_021_541_259_576_469));
    assert!(!liquidation.leaves_deficit);
    let treasury = market.asset(HUB_WETH).unwrap().spoke(TREASURY).unwrap();
    assert_eq!(low(treasury.added_shares.0), 5_946_006_022_305_883);
    let after = market.account_data(FIRST, MAIN).unwrap();
    let target = WAD * U256::from(105) / U256::from(100);
    assert!(after.health.0 >= target && after.health.0 < target + U256::from(1_000_000_000));
    // The liquidator's wallet, and shares in place of tokens.
    let wallet =
        |market: &Market, token| low(market.account(LIQUIDATOR).unwrap().tokens(TokenId(token)).0);
    assert_eq!(wallet(&before, 1) - wallet(&market, 1), 4_723_462_728);
    assert_eq!(
        wallet(&market, 0) - wallet(&before, 0),
        2_832_021_541_259_576_469
    );
    let mut market = before;
    let mut call = liquidate(FIRST, WETH, USDC);
    if let Action::Liquidate { receive_shares, .. } = &mut call {
        *receive_shares = true;
    }
    apply(&mut market, &[call]);
    let position = market.account(LIQUIDATOR).unwrap().position(WETH).copied();
    let position = position.expect("shares");
    assert_eq!(position.supplied, 2_832_021_541_259_576_469);
    assert!(!position.is_collateral);
}

fn low(n: U256) -> u128 {
    u128::try_from(n).expect("a small number")
}

#[test]
fn writes_off_every_debt_and_covers_it() {
    let mut market = indebted();
    // A second debt, whose spoke is halted at its hub: the write-off goes on.
    apply(
        &mut market,
        &[
            supply(THIRD, WBTC, UNITS[2]),
            borrow(FIRST, WBTC, UNITS[2] / 100),
            spoke_config(HubAssetId(2), |config| config.halted = true),
        ],
    );
    observe(
        &mut market,
        1_000_000,
        [50_000, 100, 3_000_000, 50_000, 100],
    );
    let held = market.account(FIRST).unwrap().clone();
    let owed = market.account_data(FIRST, MAIN).unwrap();
    assert_eq!((owed.borrows, owed.active_collaterals), (2, 1));
    assert!(held.risk_premium(MAIN) == 500 && held.position(USDC).unwrap().premium > 0);
    let events = market.apply(&liquidate(FIRST, WETH, USDC)).unwrap();
    assert!(done(&events).leaves_deficit);
    let reported: Vec<_> = events
        .iter()
        .filter_map(|event| match event {
            Event::DeficitReported {
                reserve, deficit, ..
            } => Some((*reserve, deficit.0)),
            _ => None,
        })
        .collect();
    // Descending, as the contract walks.
    assert_eq!(
        reported
            .iter()
            .map(|(reserve, _)| *reserve)
            .collect::<Vec<_>>(),
        [WBTC, USDC]
    );
    let account = market.account(FIRST).unwrap();
    assert_eq!(account.risk_premium(MAIN), 0);
    assert!(
        account
            .positions()
            .iter()
            .all(|position| position.drawn == 0)
    );
    let deficits = market.deficits();
    assert_eq!(deficits.len(), 2);
    assert_eq!(deficits[0], (HUB_USDC, MAIN, deficits[0].2));
    assert_eq!(deficits[0].2.0, reported[1].1);
    // A recorded deficit counts against the cap on drawing.
    let cap = spoke_config(HUB_USDC, |config| config.draw_cap = 9_000);
    let more = borrow(SECOND, USDC, 1_000 * UNITS[1]);
    let mut capped = market.clone();
    apply(&mut capped, &[cap]);
    refuse_on(capped, &more, Rejection::DrawCapExceeded);
    cover(market);
}

/// Pays for the USDC deficit: part, then the rest.
fn cover(mut market: Market) {
    let eliminate = |amount: u128| Action::EliminateDeficit {
        caller: COVERER,
        spoke: COVERAGE,
        asset: HUB_USDC,
        amount: Amount::new(amount),
        covered: MAIN,
    };
    refuse_on(market.clone(), &eliminate(1), Rejection::Panic0x11);
    let add = Action::AddToHub {
        caller: COVERER,
        spoke: COVERAGE,
        asset: HUB_USDC,
        amount: Amount::new(20_000 * UNITS[1]),
    };
    apply(&mut market, &[add]);
    refuse_on(market.clone(), &eliminate(0), Rejection::InvalidAmount);
    let deficit = |market: &Market| market.asset(HUB_USDC).unwrap().state.deficit.0;
    let before = deficit(&market);
    apply(&mut market, &[eliminate(7)]);
    let ray = backstop_core::units::RAY;
    assert_eq!(before - deficit(&market), U256::from(7) * ray);
    apply(&mut market, &[eliminate(u128::MAX)]);
    assert_eq!(deficit(&market), U256::ZERO);
    refuse_on(market.clone(), &eliminate(1), Rejection::InvalidAmount);
    let mut stranger = eliminate(1);
    if let Action::EliminateDeficit { caller, .. } = &mut stranger {
        *caller = FIRST;
    }
    refuse_on(
        market.clone(),
        &stranger,
        Rejection::OwnableUnauthorizedAccount,
    );
    let mut unable = eliminate(1);
    if let Action::EliminateDeficit { caller, spoke, .. } = &mut unable {
        (*caller, *spoke) = (TREASURER, TREASURY);
    }
    refuse_on(market, &unable, Rejection::AccessManagedUnauthorized);
}

#[test]
fn premium_grows_and_is_repaid_first() {
    let mut market = indebted();
    let year = 31_536_000;
    observe(&mut market, year, STEADY);
    let owed = |market: &Market| {
        let asset = market.asset(HUB_USDC).unwrap();
        let index = asset.drawn_index(market.now()).unwrap();
        let position = *market.account(FIRST).unwrap().position(USDC).unwrap();
        (
            position.drawn,
            position.premium_debt(index).unwrap().0,
            index.0,
        )
    };
    let (drawn, premium, index) = owed(&market);
    // 5 % of the interest on the drawn debt.
    let ray = backstop_core::units::RAY;
    assert_eq!(premium, U256::from(700 * UNITS[1]) * (index - ray));
    // One unit less than the premium leaves the drawn debt alone.
    let units = low(premium / ray);
    apply(&mut market, &[repay(FIRST, USDC, units)]);
    let (left, rest, _) = owed(&market);
    assert_eq!((left, rest), (drawn, premium - U256::from(units) * ray));
    apply(&mut market, &[repay(FIRST, USDC, u128::MAX)]);
    assert!(market.account(FIRST).unwrap().position(USDC).is_none());
    // The risk premium stays in the account until it is refreshed.
    assert_eq!(market.account(FIRST).unwrap().risk_premium(MAIN), 500);
    let refresh = |caller| Action::UpdateRiskPremium {
        caller,
        spoke: MAIN,
        account: FIRST,
    };
    refuse_on(
        market.clone(),
        &refresh(SECOND),
        Rejection::AccessManagedUnauthorized,
    );
    apply(&mut market, &[refresh(UPDATER)]);
    assert_eq!(market.account(FIRST).unwrap().risk_premium(MAIN), 0);
}

#[test]
fn accounts_keep_their_parameters_until_they_act() {
    let stricter = DynamicConfig {
        collateral_factor: Bps(6_000),
        max_bonus: 10_500,
        fee: Bps(0),
    };
    let add = Action::AddDynamicConfig {
        reserve: WETH,
        config: stricter,
    };
    let refresh = |caller| Action::UpdateDynamicConfig {
        caller,
        spoke: MAIN,
        account: FIRST,
    };
    let mut market = indebted();
    apply(&mut market, &[add]);
    assert!(!market.is_unhealthy(FIRST, MAIN).unwrap());
    refuse_on(
        market.clone(),
        &refresh(FIRST),
        Rejection::HealthFactorBelowThreshold,
    );
    refuse_on(
        market.clone(),
        &refresh(SECOND),
        Rejection::AccessManagedUnauthorized,
    );
    refuse_on(
        market.clone(),
        &borrow(FIRST, USDC, 1),
        Rejection::HealthFactorBelowThreshold,
    );
    apply(
        &mut market,
        &[supply(FIRST, WETH, 10 * UNITS[0]), refresh(UPDATER)],
    );
    let position = market.account(FIRST).unwrap().position(WETH).copied();
    assert_eq!(position.map(|position| position.config_key), Some(1));
}

#[test]
fn managers_act_for_those_who_approved_them() {
    let approve = |approve| Action::SetPositionManager {
        account: FIRST,
        spoke: MAIN,
        manager: SECOND,
        approve,
    };
    let active = |active| Action::UpdatePositionManager {
        spoke: MAIN,
        manager: SECOND,
        active,
    };
    let draw = with_caller(borrow(FIRST, USDC, 1), SECOND);
    refuse(&[approve(true)], &draw, Rejection::Unauthorized);
    refuse(&[active(true)], &draw, Rejection::Unauthorized);
    let elsewhere = with_caller(supply(FIRST, OTHER_WETH, 1), SECOND);
    refuse(
        &[approve(true), active(true)],
        &elsewhere,
        Rejection::Unauthorized,
    );
    refuse(
        &[approve(true), active(true), approve(false)],
        &draw,
        Rejection::Unauthorized,
    );
    let mut market = indebted();
    apply(&mut market, &[approve(true), active(true), draw]);
}

#[test]
fn refuses_bad_parameters() {
    let check = |action: &Action, want| refuse(&[], action, want);
    let bad = LiquidationConfig {
        target_health: Ratio(WAD - U256::ONE),
        health_for_max_bonus: Ratio::ZERO,
        bonus_factor: Bps(0),
    };
    let config = bad;
    let spoke = MAIN;
    let action = Action::UpdateLiquidationConfig { spoke, config };
    check(&action, Rejection::InvalidLiquidationConfig);
    check(
        &switches(WETH, |config| config.collateral_risk = 100_001),
        Rejection::InvalidCollateralRisk,
    );
    let set = |collateral_factor, max_bonus, fee| DynamicConfig {
        collateral_factor: Bps(collateral_factor),
        max_bonus,
        fee: Bps(fee),
    };
    let add = |config| Action::AddDynamicConfig {
        reserve: WETH,
        config,
    };
    let update = |key, config| Action::UpdateDynamicReserveConfig {
        reserve: WETH,
        key,
        config,
    };
    let unsound = Rejection::InvalidCollateralFactorAndMaxLiquidationBonus;
    check(&add(set(9_600, 10_500, 0)), unsound);
    check(
        &add(set(5_000, 10_500, 10_001)),
        Rejection::InvalidLiquidationFee,
    );
    check(
        &update(1, set(0, 10_000, 0)),
        Rejection::DynamicConfigKeyUninitialized,
    );
    check(
        &update(0, set(0, 10_000, 0)),
        Rejection::InvalidCollateralFactor,
    );
    check(&update(0, set(9_600, 10_500, 0)), unsound);
    let asset = HUB_USDC;
    let list = |spoke| Action::AddSpoke {
        asset,
        spoke,
        config: open_config(),
    };
    check(&list(MAIN), Rejection::SpokeAlreadyListed);
    check(&list(SpokeId(9)), Rejection::SpokeUnknown);
    let update = |asset| Action::UpdateSpokeConfig {
        asset,
        spoke: SPARE,
        config: open_config(),
    };
    check(&update(asset), Rejection::SpokeNotListed);
    check(&update(HubAssetId(9)), Rejection::AssetNotListed);
    let mut strategy = CURVE;
    strategy.optimal_usage = Bps(9_901);
    let action = Action::SetInterestRateData { asset, strategy };
    check(&action, Rejection::InvalidOptimalUsageRatio);
    let mut strategy = CURVE;
    strategy.base = 100_000;
    let action = Action::SetInterestRateData { asset, strategy };
    check(&action, Rejection::InvalidMaxDrawnRate);
    let configure = |fee, fee_receiver, reinvestment_controller| Action::UpdateAssetConfig {
        asset,
        liquidity_fee: Bps(fee),
        fee_receiver,
        reinvestment_controller,
    };
    check(
        &configure(10_001, TREASURY, None),
        Rejection::InvalidLiquidityFee,
    );
    check(&configure(0, COVERAGE, None), Rejection::SpokeAlreadyListed);
    let sweep = |caller, amount| Action::Sweep {
        caller,
        asset,
        amount: Amount::new(amount),
    };
    let reclaim = |caller, amount| Action::Reclaim {
        caller,
        asset,
        amount: Amount::new(amount),
    };
    for action in [sweep(FIRST, 0), reclaim(FIRST, 0)] {
        check(&action, Rejection::OnlyReinvestmentController);
    }
    for action in [sweep(CONTROLLER, 0), reclaim(CONTROLLER, 0)] {
        check(&action, Rejection::InvalidAmount);
    }
    check(
        &sweep(CONTROLLER, u128::MAX),
        Rejection::InsufficientLiquidity,
    );
    let swept = [sweep(CONTROLLER, 100)];
    let without = configure(0, TREASURY, None);
    refuse(&swept, &without, Rejection::InvalidReinvestmentController);
    refuse(&swept, &reclaim(CONTROLLER, 101), Rejection::Panic0x11);
}

#[test]
fn a_new_fee_receiver_starts_with_nothing() {
    let mut market = indebted();
    observe(&mut market, 31_536_000, STEADY);
    let configure = Action::UpdateAssetConfig {
        asset: HUB_USDC,
        liquidity_fee: Bps(500),
        fee_receiver: SPARE,
        reinvestment_controller: None,
    };
    apply(&mut market, &[configure]);
    let asset = market.asset(HUB_USDC).unwrap();
    let part = |spoke| asset.spoke(spoke).unwrap().clone();
    assert!(!part(TREASURY).added_shares.is_zero() && part(SPARE).added_shares.is_zero());
    assert!(asset.state.realized_fees.is_zero());
    let (old, new) = (part(TREASURY).config, part(SPARE).config);
    assert_eq!((old.add_cap, old.active), (0, true));
    assert_eq!(
        (new.add_cap, new.draw_cap, new.active),
        (open_config().add_cap, 0, true)
    );
    // The old one still takes its money out.
    let out = Action::RemoveFromHub {
        caller: TREASURER,
        spoke: TREASURY,
        asset: HUB_USDC,
        amount: Amount::MAX,
    };
    apply(&mut market, &[out]);
    observe(&mut market, 31_536_000, STEADY);
    apply(&mut market, &[Action::MintFeeShares { asset: HUB_USDC }]);
    let asset = market.asset(HUB_USDC).unwrap();
    assert!(!asset.spoke(SPARE).unwrap().added_shares.is_zero());
}

#[test]
fn time_and_prices_come_from_outside() {
    let mut market = market();
    let prices = Prices(STEADY.map(Price::new).into());
    let earlier = Timestamp(market.now().0 - 1);
    let refused = market.observe(earlier, &prices);
    assert_eq!(refused, Err(Rejection::TimeBackward));
    let events = market.observe(market.now(), &prices);
    assert_eq!(events.map(|events| events.len()), Ok(5));
    assert_eq!(market.price(WETH), Price::new(200_000));
}

#[test]
fn refuses_a_set_up_that_does_not_fit() {
    type Change = fn(&mut MarketSetup);
    let cases: [(&str, Change); 14] = [
        ("tokens.1.decimals", |s| s.tokens[1].decimals = 5),
        ("assets.0.decimals", |s| s.assets[0].decimals = 6),
        ("assets.2.spokes", |s| s.assets[2].spokes.truncate(4)),
        ("assets.1.fee_receiver", |s| {
            s.assets[1].fee_receiver = SPARE
        }),
        ("assets.1.strategy", |s| {
            s.assets[1].strategy.optimal_usage = Bps(1)
        }),
        ("assets.1.spokes", |s| {
            s.assets[1].spokes[0].added_shares.0 = U256::ONE
        }),
        ("assets.1.state.drawn_index", |s| {
            s.assets[1].state.drawn_index.0 = U256::ONE
        }),
        ("assets.1.state.liquidity", |s| {
            s.assets[1].state.liquidity = Amount::MAX
        }),
        ("assets.0.state.last_update", |s| s.now.0 -= 1),
        ("spokes.0.max_user_reserves", |s| {
            s.spokes[0].max_user_reserves = 0
        }),
        ("spokes.0.owner", |s| s.spokes[0].owner = Some(FIRST)),
        ("prices", |s| s.prices.truncate(4)),
        ("reserves.1", |s| s.reserves[1].asset = HUB_WETH),
        ("reserves.1.dynamic", |s| s.reserves[1].dynamic.clear()),
    ];
    for (field, change) in cases {
        let mut setup = setup();
        change(&mut setup);
        let error = setup.build().expect_err(field);
        assert_eq!(error.field, field, "{error}");
    }
}

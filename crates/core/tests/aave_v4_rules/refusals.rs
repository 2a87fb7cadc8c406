//! What is refused, in the contracts' order.

use crate::aave_v4_world::{
    CONTROLLER, COVERAGE, CURVE, HUB_USDC, HUB_WETH, MAIN, OTHER_USDC, SPARE, TREASURER, TREASURY,
    UNITS, UPDATER, USDC, WBTC, WETH, apply, borrow, collateral, indebted, liquidate, market,
    observe, open_config, repay, setup, supply, withdraw,
};
use crate::{
    FALLEN, FIRST, SECOND, THIRD, refuse, refuse_on, setup_with, spoke_config, switches,
    with_caller,
};
use backstop_core::protocol::aave_v4::{
    Action, DynamicConfig, HubAssetId, HubSpokeConfig, LiquidationConfig, MarketSetup, Rejection,
    SpokeId, TokenId,
};
use backstop_core::protocol::{AccountId, AssetId};
use backstop_core::units::{Amount, Bps, Ratio, U256, WAD};

const UNLISTED: AssetId = AssetId(9);

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

//! Aave v4 case by case: refusals in their order, and whole liquidations.

#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a test that cannot go on fails, and tells its seed"
)]

mod aave_v4_world;
#[path = "aave_v4_rules/refusals.rs"]
mod refusals;

use aave_v4_world::{
    COVERAGE, COVERER, HUB_USDC, HUB_WETH, LIQUIDATOR, MAIN, OTHER_WETH, SPARE, TREASURER,
    TREASURY, UNITS, UPDATER, USDC, USERS, WBTC, WETH, apply, borrow, collateral, indebted,
    liquidate, market, observe, open_config, repay, setup, supply,
};
use backstop_core::protocol::aave_v4::{
    Action, DynamicConfig, Event, HubAssetId, HubSpokeConfig, Liquidation, Market, MarketSetup,
    Rejection, ReserveConfig, TokenId,
};
use backstop_core::protocol::{AccountId, AssetId, Prices, Receive};
use backstop_core::units::{Amount, Bps, Price, Ratio, Timestamp, U256, WAD};

const FIRST: AccountId = USERS[0];
const SECOND: AccountId = USERS[1];
const THIRD: AccountId = USERS[2];
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

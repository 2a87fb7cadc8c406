//! A small Aave v4: two hubs, two lending spokes, a treasury and a spoke that covers deficits.

#![allow(dead_code, reason = "each test uses its part")]

use backstop_core::protocol::aave_v4::{
    AaveV4Version, Account, Action, AmountRay, DynamicConfig, HubAsset, HubAssetId, HubSpoke,
    HubSpokeConfig, HubState, LiquidationConfig, Market, MarketSetup, NO_CAP, NO_THRESHOLD,
    RateStrategy, Reserve, ReserveConfig, Signed, Spoke, SpokeId, TokenId,
};
use backstop_core::protocol::{AccountId, Asset, AssetId, Prices};
use backstop_core::units::{Amount, Bps, Price, Ratio, Shares, Timestamp, WAD};
use std::collections::BTreeMap;

pub(crate) const START: u64 = 1_800_000_000;
pub(crate) const DOLLAR: u128 = 100_000_000;

/// Reserves: WETH, USDC and WBTC on the main spoke, WETH and the second hub's USDC on the other.
pub(crate) const WETH: AssetId = AssetId(0);
pub(crate) const USDC: AssetId = AssetId(1);
pub(crate) const WBTC: AssetId = AssetId(2);
pub(crate) const OTHER_WETH: AssetId = AssetId(3);
pub(crate) const OTHER_USDC: AssetId = AssetId(4);
pub(crate) const RESERVES: [AssetId; 5] = [WETH, USDC, WBTC, OTHER_WETH, OTHER_USDC];

pub(crate) const HUB_WETH: HubAssetId = HubAssetId(0);
pub(crate) const HUB_USDC: HubAssetId = HubAssetId(1);
pub(crate) const ASSETS: [HubAssetId; 4] = [HUB_WETH, HUB_USDC, HubAssetId(2), HubAssetId(3)];

pub(crate) const MAIN: SpokeId = SpokeId(0);
pub(crate) const OTHER: SpokeId = SpokeId(1);
pub(crate) const TREASURY: SpokeId = SpokeId(2);
pub(crate) const COVERAGE: SpokeId = SpokeId(3);
pub(crate) const SPARE: SpokeId = SpokeId(4);
pub(crate) const SPOKES: [SpokeId; 5] = [MAIN, OTHER, TREASURY, COVERAGE, SPARE];

pub(crate) const USERS: [AccountId; 4] = [AccountId(0), AccountId(1), AccountId(2), AccountId(3)];
pub(crate) const LIQUIDATOR: AccountId = AccountId(4);
pub(crate) const TREASURER: AccountId = AccountId(5);
pub(crate) const COVERER: AccountId = AccountId(6);
pub(crate) const CONTROLLER: AccountId = AccountId(7);
pub(crate) const UPDATER: AccountId = AccountId(8);
pub(crate) const EVERYBODY: u32 = 9;

/// Base units of a whole token, by token.
pub(crate) const UNITS: [u128; 3] = [1_000_000_000_000_000_000, 1_000_000, 100_000_000];
/// Dollars of a whole token, by reserve.
pub(crate) const DOLLARS: [u128; 5] = [2_000, 1, 30_000, 2_000, 1];

pub(crate) fn open_config() -> HubSpokeConfig {
    HubSpokeConfig {
        add_cap: NO_CAP,
        draw_cap: NO_CAP,
        risk_premium_threshold: NO_THRESHOLD,
        active: true,
        halted: false,
        eliminates_deficit: false,
    }
}

pub(crate) const CURVE: RateStrategy = RateStrategy {
    optimal_usage: Bps(9_000),
    base: 100,
    growth_before: 500,
    growth_after: 6_000,
};

fn asset(token: u16, decimals: u8, lenders: &[SpokeId]) -> HubAsset {
    let mut state = HubState::fresh(Timestamp(START));
    state.liquidity_fee = Bps(1_000);
    let part = |spoke: SpokeId| {
        let listed = lenders.contains(&spoke) || spoke == TREASURY || spoke == COVERAGE;
        let mut config = if listed {
            open_config()
        } else {
            HubSpokeConfig::default()
        };
        config.eliminates_deficit = spoke == COVERAGE;
        HubSpoke {
            listed,
            config,
            added_shares: Shares::ZERO,
            drawn_shares: Shares::ZERO,
            premium_shares: Shares::ZERO,
            premium_offset: Signed::ZERO,
            deficit: AmountRay::default(),
        }
    };
    HubAsset {
        token: TokenId(token),
        decimals,
        fee_receiver: TREASURY,
        reinvestment_controller: Some(CONTROLLER),
        strategy: CURVE,
        state,
        spokes: SPOKES.map(part).into(),
    }
}

fn spoke(owner: Option<AccountId>) -> Spoke {
    Spoke {
        liquidation: LiquidationConfig {
            target_health: Ratio(WAD + WAD / Ratio::new(20).0),
            health_for_max_bonus: Ratio::new(900_000_000_000_000_000),
            bonus_factor: Bps(2_000),
        },
        max_user_reserves: 3,
        updater: Some(UPDATER),
        owner,
        managers: BTreeMap::new(),
    }
}

fn reserve(
    spoke: SpokeId,
    asset: u16,
    decimals: u8,
    (collateral_factor, max_bonus, fee, collateral_risk): (u16, u32, u16, u32),
) -> Reserve {
    Reserve {
        spoke,
        asset: HubAssetId(asset),
        decimals,
        config: ReserveConfig {
            collateral_risk,
            paused: false,
            frozen: false,
            borrowable: true,
            receive_shares: true,
        },
        dynamic: vec![DynamicConfig {
            collateral_factor: Bps(collateral_factor),
            max_bonus,
            fee: Bps(fee),
        }],
    }
}

/// Users with 1 000 000 dollars of each token, the liquidator and the coverer with a thousand times as much.
pub(crate) fn setup() -> MarketSetup {
    let wallet = |dollars: u128| {
        let token = |at: u16, price: u128| {
            let amount = dollars * UNITS[usize::from(at)] / price;
            (TokenId(at), Amount::new(amount))
        };
        Account::new([], [], [token(0, 2_000), token(1, 1), token(2, 30_000)])
    };
    let purse = |id: u32| match AccountId(id) {
        LIQUIDATOR | COVERER => wallet(1_000_000_000),
        id if USERS.contains(&id) => wallet(1_000_000),
        _ => Account::default(),
    };
    let token = |symbol: &str, decimals| Asset {
        symbol: symbol.to_owned(),
        decimals,
    };
    MarketSetup {
        version: AaveV4Version::V1e8de86,
        now: Timestamp(START),
        tokens: vec![token("WETH", 18), token("USDC", 6), token("WBTC", 8)],
        assets: vec![
            asset(0, 18, &[MAIN, OTHER]),
            asset(1, 6, &[MAIN]),
            asset(2, 8, &[MAIN]),
            asset(1, 6, &[OTHER]),
        ],
        spokes: vec![
            spoke(None),
            spoke(None),
            spoke(Some(TREASURER)),
            spoke(Some(COVERER)),
            spoke(None),
        ],
        reserves: vec![
            reserve(MAIN, 0, 18, (8_000, 10_500, 1_000, 500)),
            reserve(MAIN, 1, 6, (7_800, 10_400, 1_000, 0)),
            reserve(MAIN, 2, 8, (7_000, 11_000, 500, 2_000)),
            reserve(OTHER, 0, 18, (9_000, 10_500, 0, 1_000)),
            reserve(OTHER, 3, 6, (0, 10_000, 0, 0)),
        ],
        prices: DOLLARS.map(|n| Price::new(n * DOLLAR)).into(),
        accounts: (0..EVERYBODY).map(purse).collect(),
    }
}

pub(crate) fn market() -> Market {
    setup().build().expect("a sound set-up")
}

pub(crate) fn supply(id: AccountId, reserve: AssetId, amount: u128) -> Action {
    Action::Supply {
        caller: id,
        reserve,
        amount: Amount::new(amount),
        on_behalf_of: id,
    }
}

pub(crate) fn withdraw(id: AccountId, reserve: AssetId, amount: u128) -> Action {
    Action::Withdraw {
        caller: id,
        reserve,
        amount: Amount::new(amount),
        on_behalf_of: id,
    }
}

pub(crate) fn borrow(id: AccountId, reserve: AssetId, amount: u128) -> Action {
    Action::Borrow {
        caller: id,
        reserve,
        amount: Amount::new(amount),
        on_behalf_of: id,
    }
}

pub(crate) fn repay(id: AccountId, reserve: AssetId, amount: u128) -> Action {
    Action::Repay {
        caller: id,
        reserve,
        amount: Amount::new(amount),
        on_behalf_of: id,
    }
}

pub(crate) fn collateral(id: AccountId, reserve: AssetId, enabled: bool) -> Action {
    Action::SetUsingAsCollateral {
        caller: id,
        reserve,
        enabled,
        on_behalf_of: id,
    }
}

pub(crate) fn liquidate(borrower: AccountId, collateral: AssetId, debt: AssetId) -> Action {
    Action::Liquidate {
        liquidator: LIQUIDATOR,
        borrower,
        collateral,
        debt,
        debt_to_cover: Amount::MAX,
        receive_shares: false,
    }
}

/// New dollar prices in hundredths, and later by so many seconds.
pub(crate) fn observe(market: &mut Market, seconds: u64, cents: [u128; 5]) {
    let prices = Prices(cents.map(|n| Price::new(n * DOLLAR / 100)).into());
    let now = Timestamp(market.now().0 + seconds);
    market.observe(now, &prices).expect("a later time");
}

/// Applies actions that have to succeed.
pub(crate) fn apply(market: &mut Market, actions: &[Action]) {
    for action in actions {
        let outcome = market.apply(action);
        assert!(outcome.is_ok(), "{action:?}: {outcome:?}");
    }
}

/// The first user owes 14 000 dollars against 10 WETH on the main spoke; the second supplied
/// 500 000 USDC to each hub.
pub(crate) fn indebted() -> Market {
    let mut market = market();
    let [first, second, ..] = USERS;
    apply(
        &mut market,
        &[
            supply(second, USDC, 500_000 * UNITS[1]),
            supply(second, OTHER_USDC, 400_000 * UNITS[1]),
            supply(first, WETH, 10 * UNITS[0]),
            collateral(first, WETH, true),
            borrow(first, USDC, 14_000 * UNITS[1]),
        ],
    );
    market
}

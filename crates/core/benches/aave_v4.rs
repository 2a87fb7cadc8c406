//! Aave v4: an account's totals, a liquidation, a write-off.
//!
//! Run with `cargo bench -p backstop-core --bench aave_v4`.

#![allow(clippy::unwrap_used, reason = "a benchmark that cannot run must stop")]

use backstop_core::protocol::aave_v4::{
    AaveV4Version, Account, Action, AmountRay, DynamicConfig, HubAsset, HubAssetId, HubSpoke,
    HubSpokeConfig, HubState, LiquidationConfig, Market, MarketSetup, NO_CAP, NO_THRESHOLD,
    Position, RateStrategy, Reserve, ReserveConfig, Signed, Spoke, SpokeId, TokenId,
};
use backstop_core::protocol::{AccountId, Asset, AssetId, Prices};
use backstop_core::units::{Amount, Bps, Price, Ratio, Shares, Timestamp, U256, WAD};
use divan::{AllocProfiler, Bencher, black_box};
use std::collections::BTreeMap;

#[global_allocator]
static ALLOC: AllocProfiler = AllocProfiler::system();

const START: Timestamp = Timestamp(1_800_000_000);
const UNIT: u128 = 1_000_000_000_000_000_000;
const DOLLAR: u128 = 100_000_000;
const LENDER: AccountId = AccountId(0);
const BORROWER: AccountId = AccountId(1);
const SPOKE: SpokeId = SpokeId(0);

fn asset(token: u16) -> HubAsset {
    let mut state = HubState::fresh(START);
    state.liquidity_fee = Bps(1_000);
    let part = |_| HubSpoke {
        listed: true,
        config: HubSpokeConfig {
            add_cap: NO_CAP,
            draw_cap: NO_CAP,
            risk_premium_threshold: NO_THRESHOLD,
            active: true,
            halted: false,
            eliminates_deficit: false,
        },
        added_shares: Shares::ZERO,
        drawn_shares: Shares::ZERO,
        premium_shares: Shares::ZERO,
        premium_offset: Signed::ZERO,
        deficit: AmountRay::default(),
    };
    HubAsset {
        token: TokenId(token),
        decimals: 18,
        fee_receiver: SpokeId(1),
        reinvestment_controller: None,
        strategy: RateStrategy {
            optimal_usage: Bps(9_000),
            base: 100,
            growth_before: 500,
            growth_after: 6_000,
        },
        state,
        spokes: (0..2).map(part).collect(),
    }
}

fn reserve(asset: u16) -> Reserve {
    Reserve {
        spoke: SPOKE,
        asset: HubAssetId(asset),
        decimals: 18,
        config: ReserveConfig {
            collateral_risk: 500,
            paused: false,
            frozen: false,
            borrowable: true,
            receive_shares: true,
        },
        dynamic: vec![DynamicConfig {
            collateral_factor: Bps(8_000),
            max_bonus: 10_500,
            fee: Bps(1_000),
        }],
    }
}

fn position(reserve: u16, supplied: u128, drawn: u128) -> Position {
    Position {
        reserve: AssetId(reserve),
        spoke: SPOKE,
        supplied,
        drawn,
        is_collateral: supplied > 0,
        is_borrowing: drawn > 0,
        ..Position::default()
    }
}

/// A lender of everything, and one borrower of dollars against ether, an hour after the start, at a
/// price of so many dollars. The borrower's risk premium is set.
fn market(dollars: u128) -> Market {
    let spoke = || Spoke {
        liquidation: LiquidationConfig {
            target_health: Ratio(WAD + WAD / U256::from(20)),
            health_for_max_bonus: Ratio::new(900_000_000_000_000_000),
            bonus_factor: Bps(2_000),
        },
        max_user_reserves: u16::MAX,
        updater: Some(LENDER),
        owner: None,
        managers: BTreeMap::new(),
    };
    let token = |symbol: &str| Asset {
        symbol: symbol.to_owned(),
        decimals: 18,
    };
    let all = 1_000_000 * UNIT;
    let lender = [position(0, all, 0), position(1, all, 0)];
    let borrower = [position(0, 10 * UNIT, 0), position(1, 0, 14_000 * UNIT)];
    let setup = MarketSetup {
        version: AaveV4Version::V1e8de86,
        now: START,
        tokens: vec![token("WETH"), token("USD")],
        assets: vec![asset(0), asset(1)],
        spokes: vec![spoke(), spoke()],
        reserves: vec![reserve(0), reserve(1)],
        prices: vec![Price::new(2_000 * DOLLAR), Price::new(DOLLAR)],
        accounts: vec![
            Account::new(lender, [], [(TokenId(1), Amount::new(all))]),
            Account::new(borrower, [], []),
        ],
    };
    let mut market = setup.open().unwrap().build().unwrap();
    let refresh = Action::UpdateRiskPremium {
        caller: LENDER,
        spoke: SPOKE,
        account: BORROWER,
    };
    market.apply(&refresh).unwrap();
    let prices = Prices(vec![Price::new(dollars * DOLLAR), Price::new(DOLLAR)]);
    let later = Timestamp(START.0 + 3_600);
    market.observe(later, &prices).unwrap();
    market
}

const LIQUIDATE: Action = Action::Liquidate {
    liquidator: LENDER,
    borrower: BORROWER,
    collateral: AssetId(0),
    debt: AssetId(1),
    debt_to_cover: Amount::MAX,
    receive_shares: false,
};

fn main() {
    divan::main();
}

#[divan::bench]
fn account_data(bencher: Bencher<'_, '_>) {
    let market = market(1_700);
    bencher.bench_local(|| market.account_data(black_box(BORROWER), SPOKE));
}

#[divan::bench]
fn largest_liquidation(bencher: Bencher<'_, '_>) {
    let market = market(1_700);
    bencher.bench_local(|| market.liquidations(black_box(BORROWER)));
}

/// At 1700 dollars to the target; at 800 everything, with a write-off.
#[divan::bench(args = [1_700, 800])]
fn liquidation(bencher: Bencher<'_, '_>, dollars: u128) {
    let market = market(dollars);
    bencher
        .with_inputs(|| market.clone())
        .bench_local_refs(|market| market.apply(black_box(&LIQUIDATE)).unwrap());
}

//! Maker: one liquidation and one purchase, each with a hundred others running.
//!
//! Run with `cargo bench -p backstop-core --bench maker`.

#![allow(clippy::unwrap_used, reason = "a benchmark that cannot run must stop")]

use backstop_core::auction::{AuctionId, DutchTerms, PriceCurve, Ray};
use backstop_core::protocol::maker::{
    Account, Action, Breaker, CollateralType, Core, DebtHouse, DutchHouse, EnglishHouse, Holding,
    Lending, Liquidations, Maker, MakerSetup, MakerVersion, PriceFeed, Quote, Roles, SurplusHouse,
    Treasury,
};
use backstop_core::protocol::{AccountId, AssetId};
use backstop_core::units::{Amount, Index, Price, RAY, Ratio, Shares, Timestamp, U256, Value, WAD};
use divan::{AllocProfiler, Bencher, black_box};
use std::collections::BTreeMap;

#[global_allocator]
static ALLOC: AllocProfiler = AllocProfiler::system();

const START: Timestamp = Timestamp(1_600_000_000);
const ASSET: AssetId = AssetId(0);
const VAULTS: u32 = 10_000;
const BUYER: AccountId = AccountId(2);
/// Treasury, house, buyer; then the vaults.
const FIRST: u32 = 3;

fn wad(whole: u64) -> U256 {
    U256::from(whole) * WAD
}

fn rad(whole: u64) -> U256 {
    wad(whole) * RAY
}

/// Ten ether each at 150, and a debt of 1 100: just unsafe.
fn kind() -> CollateralType {
    let quote = Quote {
        value: wad(150),
        valid: true,
    };
    CollateralType {
        house: AccountId(1),
        debt: Shares(wad(1_100) * U256::from(VAULTS)),
        debt_index: Index(RAY),
        safe_price: Price(RAY * U256::from(100)),
        debt_floor: Value(rad(100)),
        liquidation_ratio: Ray(RAY + RAY / U256::from(2)),
        feed: PriceFeed::Direct(quote),
        penalty: WAD + WAD / U256::from(8),
        limit: Value(rad(1_000_000_000)),
        in_auction: Value::ZERO,
        lot_max: U256::ZERO,
        dutch: DutchHouse {
            terms: DutchTerms {
                curve: PriceCurve::Stairstep {
                    cut: Ray(RAY - RAY / U256::from(100)),
                    step: U256::from(90),
                },
                reset_after: U256::from(8_400),
                reset_below: Ray(RAY / U256::from(5) * U256::from(2)),
                min_rest: Value(rad(113)),
            },
            start_factor: Ray(RAY + RAY / U256::from(5)),
            keeper_share: Ratio(WAD / U256::from(1_000)),
            keeper_flat: Value(rad(300)),
            halted: U256::ZERO,
            started: U256::ZERO,
        },
        english: EnglishHouse::default(),
        breaker: Breaker::default(),
        lending: Lending::default(),
    }
}

fn system() -> Maker {
    let kind = kind();
    let mut accounts = vec![Account::default(), Account::default(), Account::default()];
    accounts[2].coins = Value(kind.debt.0 * RAY);
    for _ in 0..VAULTS {
        let mut owner = Account::default();
        owner.put(Holding {
            asset: ASSET,
            locked: Amount(wad(10)),
            debt: Shares(wad(1_100)),
            free: Amount::ZERO,
        });
        accounts.push(owner);
    }
    let setup = MakerSetup {
        version: MakerVersion::V2_0,
        core: Core {
            now: START,
            issued: Value(kind.debt.0 * RAY),
            unbacked: Value::ZERO,
            tokens: Amount::ZERO,
            debt_ceiling: Value::ZERO,
            target_price: Ray::ONE,
            liquidations: Liquidations {
                enabled: true,
                limit: Value(rad(1_000_000_000)),
                in_auction: Value::ZERO,
            },
            treasury: Treasury::default(),
            debt_house: DebtHouse::default(),
            surplus_house: SurplusHouse::default(),
        },
        roles: Roles {
            treasury: AccountId(0),
            liquidator: AccountId(0),
            surplus_house: AccountId(0),
        },
        kinds: vec![kind],
        accounts,
        queue: BTreeMap::new(),
        sales: BTreeMap::new(),
        bids: BTreeMap::new(),
    };
    let mut maker = setup.build().unwrap();
    for vault in 1..=100 {
        maker.apply(&liquidate(vault)).unwrap();
    }
    maker
}

fn liquidate(vault: u32) -> Action {
    Action::Liquidate {
        asset: ASSET,
        vault: AccountId(FIRST + vault),
        keeper: BUYER,
    }
}

/// The first change after a fork copies what is shared; this makes those copies beforehand.
fn own_copy(maker: &Maker) -> Maker {
    let mut own = maker.clone();
    own.apply(&liquidate(200)).unwrap();
    own
}

#[divan::bench]
fn liquidation(bencher: Bencher<'_, '_>) {
    let maker = system();
    let action = liquidate(0);
    bencher
        .with_inputs(|| own_copy(&maker))
        .bench_local_refs(|maker| maker.apply(black_box(&action)).unwrap());
}

#[divan::bench]
fn purchase_of_a_part(bencher: Bencher<'_, '_>) {
    let mut maker = system();
    maker.advance(Timestamp(START.0 + 1_800)).unwrap();
    let action = Action::Take {
        asset: ASSET,
        auction: AuctionId(U256::from(50)),
        amount: Amount(wad(3)),
        price_max: Price::MAX,
        receiver: BUYER,
        caller: BUYER,
    };
    bencher
        .with_inputs(|| own_copy(&maker))
        .bench_local_refs(|maker| maker.apply(black_box(&action)).unwrap());
}

fn main() {
    divan::main();
}

//! Euler v2: one liquidation.
//!
//! Run with `cargo bench -p backstop-core --bench euler`.

#![allow(clippy::unwrap_used, reason = "a benchmark that cannot run must stop")]

use backstop_core::protocol::AccountId;
use backstop_core::protocol::euler::{
    Account, Action, AmountCap, Cluster, ClusterSetup, Debt, EvkVersion, Holding, LinearKink, Ltv,
    ProtocolFees, Quotes, SecondRate, VaultConfig, VaultId, VaultSetup, VaultState,
};
use backstop_core::units::{Amount, Bps, Index, Price, RAY, Shares, Timestamp, U256, WAD};
use divan::{AllocProfiler, Bencher, black_box};
use std::collections::BTreeMap;

#[global_allocator]
static ALLOC: AllocProfiler = AllocProfiler::system();

const START: Timestamp = Timestamp(1_700_000_000);
const LATER: Timestamp = Timestamp(1_700_003_600);
const UNIT: u128 = 1_000_000_000_000_000_000;
const BORROWERS: u32 = 10_000;

fn holding(shares: u128, owed: u128) -> Holding {
    Holding {
        shares: Shares::new(shares),
        debt: Debt(U256::from(owed) << 31),
        accumulator: Index(RAY),
    }
}

fn vault(place: u16, shares: u128, lent: u128) -> VaultSetup {
    let full = Ltv {
        borrow: Bps(8_000),
        liquidation: Bps(8_500),
        initial_liquidation: Bps(0),
        target: START,
        ramp: 0,
    };
    let ltv = match place {
        0 => BTreeMap::from([(VaultId(1), full), (VaultId(2), full)]),
        _ => BTreeMap::new(),
    };
    let model = LinearKink {
        base: U256::ZERO,
        slope1: U256::from(1_406_417_851u64),
        slope2: U256::from(19_050_045_013u64),
        kink: 1 << 31,
    };
    VaultSetup {
        config: VaultConfig {
            interest_fee: Bps(1_000),
            interest_rate_model: Some(model),
            max_liquidation_discount: Bps(1_500),
            liquidation_cool_off: 1,
            flags: 0,
            disabled: 0,
            supply_cap: AmountCap(0),
            borrow_cap: AmountCap(0),
            fee_receiver: None,
            has_oracle: true,
            unit_is_asset: false,
            ltv,
        },
        state: VaultState {
            cash: Amount::new(shares - lent),
            total_shares: Shares::new(shares),
            total_borrows: Debt(U256::from(lent) << 31),
            interest_rate: SecondRate(U256::from(1_000_000_000_000_000_000u64)),
            ..VaultState::fresh(START)
        },
        quotes: Quotes::flat(Price(WAD)),
    }
}

/// Borrowers of 80 against twice 50, and a liquidator with a large collateral, who is the last.
fn cluster() -> Cluster {
    let lent = u128::from(BORROWERS) * 80 * UNIT;
    let mut accounts = Vec::new();
    for _ in 0..BORROWERS {
        let mut borrower = Account::default();
        borrower.collaterals = vec![VaultId(1), VaultId(2)];
        borrower.controllers = vec![VaultId(0)];
        borrower.put(VaultId(0), holding(0, 80 * UNIT));
        borrower.put(VaultId(1), holding(50 * UNIT, 0));
        borrower.put(VaultId(2), holding(50 * UNIT, 0));
        accounts.push(borrower);
    }
    let mut liquidator = Account::default();
    liquidator.collaterals = vec![VaultId(2)];
    liquidator.controllers = vec![VaultId(0)];
    liquidator.put(VaultId(0), holding(2 * lent, 0));
    liquidator.put(VaultId(2), holding(1_000 * UNIT, 0));
    accounts.push(liquidator);
    let pledged = u128::from(BORROWERS) * 50 * UNIT;
    let setup = ClusterSetup {
        version: EvkVersion::Commit5b98b42,
        now: START,
        fees: ProtocolFees {
            receiver: AccountId(BORROWERS),
            share: Bps(5_000),
            interest_fee_min: Bps(1_000),
            interest_fee_max: Bps(10_000),
        },
        vaults: vec![
            vault(0, 2 * lent, lent),
            vault(1, pledged, 0),
            vault(2, pledged + 1_000 * UNIT, 0),
        ],
        accounts,
    };
    let mut cluster = setup.build().unwrap();
    let fallen = Quotes::flat(Price(WAD * U256::from(90) / U256::from(100)));
    let quotes = [Quotes::flat(Price(WAD)), fallen, fallen];
    cluster.observe(LATER, &quotes).unwrap();
    cluster
}

fn liquidation(violator: u32) -> Action {
    Action::Liquidate {
        vault: VaultId(0),
        liquidator: AccountId(BORROWERS),
        violator: AccountId(violator),
        collateral: VaultId(1),
        repay: Amount::MAX,
        min_shares: Shares::ZERO,
    }
}

/// One liquidation among many, each of another borrower.
#[divan::bench]
fn liquidate(bencher: Bencher<'_, '_>) {
    let start = cluster();
    let mut world = start.clone();
    let mut next = 0;
    bencher.bench_local(|| {
        if next == 16 {
            (world, next) = (start.clone(), 0);
        }
        next += 1;
        world.apply(black_box(&liquidation(next))).unwrap()
    });
}

/// What any liquidator could take of one account.
#[divan::bench]
fn liquidations(bencher: Bencher<'_, '_>) {
    let world = cluster();
    bencher.bench_local(|| world.liquidations(black_box(AccountId(7))));
}

fn main() {
    divan::main();
}

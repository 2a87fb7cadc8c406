//! Liquity: one liquidation against the pool, one that is redistributed, a fork.
//!
//! Run with `cargo bench -p backstop-core --bench liquity`. Two hundred troves, of which one is
//! below the minimum ratio.

#![allow(clippy::unwrap_used, reason = "a benchmark that cannot run must stop")]

use backstop_core::protocol::AccountId;
use backstop_core::protocol::liquity::{
    Action, Gains, Hints, LiquityVersion, Parameters, System, SystemSetup,
};
use backstop_core::units::{Amount, Price, Ratio, Timestamp, U256};
use divan::{AllocProfiler, Bencher, black_box};

#[global_allocator]
static ALLOC: AllocProfiler = AllocProfiler::system();

const UNIT: u128 = 1_000_000_000_000_000_000;
const TROVES: u32 = 200;
const VERSIONS: [&str; 2] = ["v1", "v2"];

fn units(n: u128) -> Amount {
    Amount::new(n * UNIT)
}

fn parameters(version: LiquityVersion) -> Parameters {
    let percent = |n: u128| Ratio::new(n * UNIT / 100);
    match version {
        LiquityVersion::V1 => Parameters::v1(),
        LiquityVersion::V2 => Parameters {
            shutdown_ratio: percent(110),
            pool_penalty: percent(5),
            redistribution_penalty: percent(10),
            ..Parameters::v1()
        },
    }
}

/// The last trove is below the minimum ratio; `deposit` is in the pool.
fn system(number: &str, deposit: u128) -> System {
    let version = LiquityVersion::parse(number).unwrap();
    let wallets = vec![(units(0), units(1_000)); TROVES as usize + 1];
    let (now, price) = (Timestamp(1_740_000_000), Price::new(200 * UNIT));
    let parameters = parameters(version);
    let mut system = SystemSetup::empty(version, parameters, now, price, wallets)
        .build()
        .unwrap();
    for caller in 0..TROVES {
        let weak = caller + 1 == TROVES;
        let (collateral, fee_max) = match version {
            LiquityVersion::V1 => (17, U256::from(UNIT)),
            LiquityVersion::V2 => (15, U256::MAX),
        };
        let open = Action::Open {
            caller: AccountId(caller),
            stable: units(2_500),
            collateral: units(if weak { collateral } else { 40 }),
            rate: Ratio::new(UNIT / 20),
            fee_max,
            hints: Hints::default(),
        };
        system.apply(&open).unwrap();
    }
    for caller in (0..2).filter(|_| deposit > 0) {
        let provide = Action::Provide {
            caller: AccountId(caller),
            amount: units(deposit),
            gains: Gains::Claimed,
        };
        system.apply(&provide).unwrap();
    }
    let price = Price::new(170 * UNIT);
    system.observe(Timestamp(now.0 + 3_600), price).unwrap();
    system
}

fn liquidation(bencher: Bencher<'_, '_>, system: &System) {
    let trove = AccountId(TROVES - 1);
    assert!(system.is_liquidatable(trove).unwrap());
    let action = Action::LiquidateBatch {
        liquidator: AccountId(TROVES),
        troves: vec![trove],
    };
    bencher
        .with_inputs(|| system.clone())
        .bench_local_refs(|system| system.apply(black_box(&action)).unwrap());
}

fn main() {
    divan::main();
}

#[divan::bench(args = VERSIONS)]
fn liquidation_against_the_pool(bencher: Bencher<'_, '_>, number: &str) {
    liquidation(bencher, &system(number, 2_000));
}

#[divan::bench(args = VERSIONS)]
fn liquidation_redistributed(bencher: Bencher<'_, '_>, number: &str) {
    liquidation(bencher, &system(number, 0));
}

#[divan::bench(args = VERSIONS)]
fn ratio_of_a_trove(bencher: Bencher<'_, '_>, number: &str) {
    let system = system(number, 2_000);
    bencher.bench_local(|| system.ratio(black_box(AccountId(7))));
}

#[divan::bench(args = VERSIONS)]
fn fork(bencher: Bencher<'_, '_>, number: &str) {
    let system = system(number, 2_000);
    bencher.bench_local(|| system.clone());
}

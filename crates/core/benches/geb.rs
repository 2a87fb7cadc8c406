//! GEB behind the trait: the start of an auction and a purchase, in a system of ten thousand safes.
//!
//! Run with `cargo bench -p backstop-core --bench geb`.

#![allow(clippy::unwrap_used, reason = "a benchmark that cannot run must stop")]

use backstop_core::auction::Ray;
use backstop_core::protocol::geb::{
    Core, Feed, Feeds, House, Line, LiquidationEngine, Relayer, SafeEngine, Safes,
};
use backstop_core::protocol::{AccountId, Asset, AssetId, Offer, Prices, Protocol, Terms};
use backstop_core::units::{Amount, Index, Price, RAY, Ratio, Shares, Timestamp, U256, Value, WAD};
use divan::{AllocProfiler, Bencher, black_box};
use std::num::NonZeroU16;

#[global_allocator]
static ALLOC: AllocProfiler = AllocProfiler::system();

const START: Timestamp = Timestamp(1_600_000_000);
const SAFES: u32 = 10_000;
const SAFE: AccountId = AccountId(5_000);

fn wad(whole: u64) -> U256 {
    U256::from(whole) * WAD
}

fn mille(share: u64, of: U256) -> U256 {
    of * U256::from(share) / U256::from(1_000)
}

fn core() -> Core {
    let feed = Feed {
        value: wad(150),
        valid: true,
        connected: true,
    };
    Core {
        now: START,
        safes: SafeEngine {
            debt_index: Index(RAY),
            liquidation_price: Price(RAY * U256::from(100)),
            debt_floor: Value(wad(100) * RAY),
        },
        engine: LiquidationEngine {
            enabled: true,
            limit: Value(wad(1_000_000_000) * RAY),
            penalty: Ratio(mille(1_120, WAD)),
            lot_max: Value(wad(90_000) * RAY),
            ..LiquidationEngine::default()
        },
        relayer: Relayer {
            price: Price(RAY),
            rate: Ray(RAY),
            rate_min: Ray(RAY),
            rate_max: Ray(RAY),
            updated: START,
            liquidation_ratio: Ray(mille(1_500, RAY)),
        },
        feeds: Feeds {
            delayed: feed,
            median: feed,
            coin: Feed::default(),
        },
        house: House {
            first_discount: Ratio(mille(950, WAD)),
            last_discount: Ratio(mille(850, WAD)),
            discount_rate: Ray(RAY - RAY / U256::from(30_000)),
            discount_duration: U256::from(3_600),
            collateral_lower: Ratio(mille(900, WAD)),
            collateral_upper: Ratio(mille(950, WAD)),
            coin_lower: Ratio(WAD),
            coin_upper: Ratio(WAD),
            coin_min: Ratio(mille(999, WAD)),
            ..House::default()
        },
        queued: Value::ZERO,
    }
}

/// One safe that owes more than its ten ether support, among others that owe half as much.
fn safes() -> Safes {
    let safe = |id| {
        let debt = if id == SAFE.0 { 1_100 } else { 550 };
        (Amount(wad(10)), Shares(wad(debt)))
    };
    let line = Line {
        collateral: AssetId(0),
        core: core(),
        safes: (0..SAFES).map(safe).collect(),
        feed_delay: NonZeroU16::new(3_600),
    };
    let asset = |symbol: &str| Asset {
        symbol: symbol.to_owned(),
        decimals: 18,
    };
    let prices = Prices(vec![Price::new(15_000_000_000), Price::new(100_000_000)]);
    let assets = vec![asset("WETH"), asset("RAI")];
    Safes::new(assets, 8, prices, AssetId(1), vec![line]).unwrap()
}

fn first(machine: &Safes) -> Offer {
    *machine.offers(SAFE).first().unwrap()
}

#[divan::bench]
fn start_of_an_auction(bencher: Bencher<'_, '_>) {
    let (machine, terms) = (safes(), Terms::all(AccountId(SAFES)));
    let offer = first(&machine);
    bencher
        .with_inputs(|| machine.clone())
        .bench_local_refs(|machine| machine.accept(black_box(&offer), &terms).unwrap());
}

#[divan::bench]
fn purchase(bencher: Bencher<'_, '_>) {
    let (mut machine, terms) = (safes(), Terms::all(AccountId(SAFES)));
    let start = first(&machine);
    machine.accept(&start, &terms).unwrap();
    let prices = Prices(vec![Price::new(15_000_000_000), Price::new(100_000_000)]);
    machine.observe(Timestamp(START.0 + 600), &prices).unwrap();
    let offer = first(&machine);
    bencher
        .with_inputs(|| machine.clone())
        .bench_local_refs(|machine| machine.accept(black_box(&offer), &terms).unwrap());
}

fn main() {
    divan::main();
}

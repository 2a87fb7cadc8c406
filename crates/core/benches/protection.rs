//! What oracles, guards, governors and monitors add to a tick on which nothing happens, over eight assets.
//!
//! Run with `cargo bench -p backstop-core --bench protection`. Nothing may be allocated.

#![allow(clippy::unwrap_used, reason = "a benchmark that cannot run must stop")]

#[path = "../tests/pool/mod.rs"]
mod pool;

use backstop_core::governor::{Outlook, Steward, StewardRules, policies};
use backstop_core::guard::{
    CloseOnly, CloseOnlySettings, DeficitBreaker, DeficitBreakerSettings, DeviationBreaker,
    DeviationBreakerSettings, DowntimeGrace, DowntimeGraceSettings, Guard, Guards, Halts, Level,
    LiquidationLimit, LiquidationLimitSettings, PriceBreaker, PriceBreakerSettings, VolumeBreaker,
    VolumeBreakerSettings,
};
use backstop_core::monitor::{Monitor, MonitorSettings};
use backstop_core::oracle::{Observation, Oracle, OracleConfig};
use backstop_core::protocol::aave::{AaveVersion, Account, Pool};
use backstop_core::protocol::{Asset, AssetId, Prices, Protocol};
use backstop_core::signals::{AssetSignal, Signals};
use backstop_core::units::{Amount, Price, Timestamp, U256, Value};
use divan::{AllocProfiler, Bencher, black_box};
use pool::{Listed, START, position};

#[global_allocator]
static ALLOC: AllocProfiler = AllocProfiler::system();

const ASSETS: usize = 8;
const ACCOUNTS: usize = 10_000;

fn main() {
    divan::main();
}

fn listed() -> [Listed; ASSETS] {
    let symbols = ["A", "B", "C", "D", "E", "F", "G", "H"];
    symbols.map(|symbol| Listed {
        symbol,
        decimals: 18,
        usd: 100.0,
        loan_to_value: 7_500,
        threshold: 8_000,
        bonus: 500,
        treasury: 1_000,
        slopes: [4, 60],
    })
}

/// Each account has one asset and owes another, at a health between 1.2 and 2.
fn book() -> Pool {
    let assets = listed();
    let mut accounts: Vec<Account> = (0..ACCOUNTS)
        .map(|id| {
            let (held, owed) = (id % ASSETS, (id / ASSETS) % (ASSETS - 1));
            let owed = if owed >= held { owed + 1 } else { owed };
            let debt = 0.8 / (1.2 + (id % 800) as f64 / 1_000.0);
            let has = position(&assets, held, 1.0, 0.0);
            let owes = position(&assets, owed, 0.0, debt);
            let mut rows = [has, owes];
            rows.sort_by_key(|row| row.asset);
            Account::new(0, rows)
        })
        .collect();
    let lent = (0..ASSETS).map(|at| position(&assets, at, 1e6, 0.0));
    accounts.push(Account::new(0, lent));
    pool::pool(AaveVersion::V3_7, &assets, accounts)
}

fn guards() -> Guards {
    let limit = LiquidationLimit::new(LiquidationLimitSettings::default()).unwrap();
    let deficit = DeficitBreakerSettings::defaults(8);
    let all: Vec<Box<dyn Guard>> = vec![
        Box::new(PriceBreaker::new(PriceBreakerSettings::default()).unwrap()),
        Box::new(DeviationBreaker::new(DeviationBreakerSettings::default()).unwrap()),
        Box::new(VolumeBreaker::new(VolumeBreakerSettings::default()).unwrap()),
        Box::new(DeficitBreaker::new(deficit).unwrap()),
        Box::new(limit),
        Box::new(DowntimeGrace::new(DowntimeGraceSettings::default()).unwrap()),
        Box::new(CloseOnly::new(CloseOnlySettings::defaults(8)).unwrap()),
    ];
    let assets = listed().map(|one| Asset {
        symbol: one.symbol.to_owned(),
        decimals: one.decimals,
    });
    Guards::new(all, Halts::ALL, &assets).unwrap()
}

/// Two ticks that differ a little, as prices do that wait for nothing.
fn ticks() -> [Signals; 2] {
    [10_000_000_000u128, 9_999_000_000].map(|price| Signals {
        now: Timestamp(START),
        assets: vec![
            AssetSignal {
                price: Price::new(price),
                age_s: 12,
                mark: Price::new(price + 1_000),
                depth: Amount(U256::from(10u64).pow(U256::from(24))),
                seized: Amount::ZERO,
            };
            ASSETS
        ],
        deficit: Value::ZERO,
    })
}

/// All governors that find a lever in the pool.
fn steward(pool: &Pool) -> Steward {
    let mut governors = policies();
    governors.retain(|governor| {
        let alone = vec![governor.clone()];
        Steward::new(pool, alone, StewardRules::default()).is_ok()
    });
    Steward::new(pool, governors, StewardRules::default()).unwrap()
}

/// An oracle of five sources for each asset.
fn oracles() -> Vec<Oracle> {
    let oracle = || Oracle::new(OracleConfig::robust(5)).unwrap();
    std::iter::repeat_with(oracle).take(ASSETS).collect()
}

/// What five sources say of an asset at a time.
fn said(price: Price, at: Timestamp) -> [Option<Observation>; 5] {
    [Some(Observation {
        price,
        confidence: Price::ZERO,
        at,
    }); 5]
}

fn prices(signals: &Signals) -> Prices {
    Prices(signals.assets.iter().map(|asset| asset.price).collect())
}

#[divan::bench]
fn quiet_guards(bencher: Bencher<'_, '_>) {
    let (mut guards, mut ticks) = (guards(), ticks());
    let mut now = START;
    bencher.bench_local(|| {
        for signals in &mut ticks {
            now += 12;
            signals.now = Timestamp(now);
            guards.look(black_box(signals));
        }
        assert_eq!(guards.level(AssetId(0)), Level::Open);
    });
}

#[divan::bench]
fn quiet_monitor(bencher: Bencher<'_, '_>) {
    let mut pool = book();
    let ticks = ticks().map(|signals| prices(&signals));
    pool.observe(Timestamp(START), &ticks[0]).unwrap();
    let mut monitor = Monitor::new(MonitorSettings::default(), &pool, &ticks[0]).unwrap();
    bencher.bench_local(|| {
        for prices in &ticks {
            assert!(monitor.look(black_box(&pool), black_box(prices)).is_empty());
        }
    });
}

/// Between two looks of the governors' beat, which is five minutes.
#[divan::bench]
fn quiet_governors(bencher: Bencher<'_, '_>) {
    let mut pool = book();
    let ticks = ticks();
    pool.observe(Timestamp(START), &prices(&ticks[0])).unwrap();
    let mut steward = steward(&pool);
    steward.tick(&mut pool, &ticks[0], |_| Outlook::default());
    bencher.bench_local(|| {
        for signals in &ticks {
            let told = steward.tick(&mut pool, black_box(signals), |_| Outlook::default());
            assert!(told.is_empty());
        }
    });
}

/// Five sources tell a new price of each asset.
#[divan::bench]
fn oracles_of_five_sources(bencher: Bencher<'_, '_>) {
    let (mut oracles, ticks) = (oracles(), ticks());
    let mut now = START;
    bencher.bench_local(|| {
        for signals in &ticks {
            now += 12;
            for (oracle, asset) in oracles.iter_mut().zip(&signals.assets) {
                let told = said(asset.price, Timestamp(now));
                black_box(oracle.update(Timestamp(now), black_box(&told)));
            }
        }
    });
}

/// Guards, governors and the monitor, two ticks.
#[divan::bench]
fn quiet_all(bencher: Bencher<'_, '_>) {
    let mut pool = book();
    let (mut guards, ticks) = (guards(), ticks());
    let answers = [prices(&ticks[0]), prices(&ticks[1])];
    pool.observe(Timestamp(START), &answers[0]).unwrap();
    let mut steward = steward(&pool);
    steward.tick(&mut pool, &ticks[0], |_| Outlook::default());
    let mut monitor = Monitor::new(MonitorSettings::default(), &pool, &answers[0]).unwrap();
    bencher.bench_local(|| {
        for (signals, prices) in ticks.iter().zip(&answers) {
            guards.look(black_box(signals));
            let told = steward.tick(&mut pool, signals, |_| Outlook::default());
            assert!(told.is_empty());
            assert!(monitor.look(black_box(&pool), black_box(prices)).is_empty());
        }
    });
}

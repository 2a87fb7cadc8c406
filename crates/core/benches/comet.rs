//! Compound v3: one absorption and one sale, with interest on the way; behind the trait, what is on offer
//! for an account and an absorption with its purchase.
//!
//! Run with `cargo bench -p backstop-core --bench comet`.

#![allow(clippy::unwrap_used, reason = "a benchmark that cannot run must stop")]

use backstop_core::protocol::comet::{
    Action, BASE, BaseConfig, Collateral, CollateralConfig, CollateralSetup, Comet, CometSetup,
    CometVersion, Config, Paused, Position, RateCurve, StoreFront, Totals,
};
use backstop_core::protocol::{AccountId, Asset, AssetId, Prices, Protocol, Terms};
use backstop_core::units::{Amount, Price, Ratio, Timestamp};
use divan::{AllocProfiler, Bencher, black_box};

#[global_allocator]
static ALLOC: AllocProfiler = AllocProfiler::system();

const START: Timestamp = Timestamp(1_700_000_000);
const INDEX: u64 = 1_000_000_000_000_000;
const PERCENT: u64 = 10_000_000_000_000_000;
const DOLLAR: u128 = 100_000_000;
const DOLLARS: u128 = 1_000_000;
const TOKEN: u128 = 1_000_000_000_000_000_000;
const BORROWER: AccountId = AccountId(1);

fn percent(n: u64) -> Ratio {
    Ratio::new(u128::from(n * PERCENT))
}

fn collateral() -> CollateralSetup {
    CollateralSetup {
        config: CollateralConfig {
            decimals: 18,
            borrow_factor: percent(80),
            liquidate_factor: percent(85),
            liquidation_factor: percent(95),
            supply_cap: Amount::new(TOKEN * 1_000_000),
        },
        price: Price::new(2_000 * DOLLAR),
        tokens: Collateral::default(),
    }
}

fn prices(listed: usize, dollars: u128) -> Prices {
    let collateral = std::iter::repeat_n(Price::new(dollars * DOLLAR), listed);
    let base = std::iter::once(Price::new(DOLLAR));
    Prices(base.chain(collateral).collect())
}

/// Ten assets; a lender, and a borrower at the limit against so many of them.
fn comet(marked: u16) -> Comet {
    let curve = RateCurve {
        kink: 80 * PERCENT,
        base: PERCENT,
        slope_low: 4 * PERCENT,
        slope_high: 200 * PERCENT,
    };
    let mut positions = vec![Position::default(); 2];
    for position in &mut positions {
        position.wallet = (0..=10)
            .map(|n| (AssetId(n), Amount::new(TOKEN * 100)))
            .collect();
    }
    let setup = CometSetup {
        version: CometVersion::D5a30b0,
        config: Config {
            base: BaseConfig {
                decimals: 6,
                borrow_min: Amount::new(DOLLARS),
                target_reserves: Amount::new(DOLLARS * 5_000_000),
            },
            supply_curve: curve,
            borrow_curve: curve,
            store_front_factor: percent(50),
            tracking_scale: INDEX,
            tracking_supply_speed: INDEX / 100,
            tracking_borrow_speed: INDEX / 100,
            rewards_min: DOLLARS,
        },
        base_price: Price::new(DOLLAR),
        base_held: Amount::ZERO,
        collateral: vec![collateral(); 10],
        now: START,
        paused: Paused::default(),
        totals: Totals {
            supply_index: INDEX,
            borrow_index: INDEX,
            last_accrual: START,
            ..Totals::default()
        },
        positions,
    };
    let mut comet = setup.build().unwrap();
    let supply = |account, asset, amount| Action::Supply {
        payer: account,
        account,
        asset,
        amount: Amount::new(amount),
    };
    comet
        .apply(&supply(AccountId(0), BASE, DOLLARS * 1_000_000))
        .unwrap();
    for asset in (1..=marked).map(AssetId) {
        comet.apply(&supply(BORROWER, asset, TOKEN * 10)).unwrap();
    }
    let borrow = Action::Withdraw {
        account: BORROWER,
        recipient: BORROWER,
        asset: BASE,
        amount: Amount::new(DOLLARS * 16_000 * u128::from(marked)),
    };
    comet.apply(&borrow).unwrap();
    comet
        .observe(Timestamp(START.0 + 3_600), &prices(10, 1_850))
        .unwrap();
    comet
}

fn main() {
    divan::main();
}

/// One account under water, with so many collateral assets.
#[divan::bench(args = [1, 3, 10])]
fn absorption(bencher: Bencher<'_, '_>, marked: u16) {
    let comet = comet(marked);
    let action = Action::Absorb {
        accounts: vec![BORROWER],
    };
    bencher
        .with_inputs(|| comet.clone())
        .bench_local_refs(|comet| comet.apply(black_box(&action)).unwrap());
}

/// All of an absorbed collateral.
#[divan::bench]
fn sale(bencher: Bencher<'_, '_>) {
    let mut comet = comet(1);
    let accounts = vec![BORROWER];
    comet.apply(&Action::Absorb { accounts }).unwrap();
    let limit = comet.sale_limit(AssetId(1)).unwrap();
    let action = Action::BuyCollateral {
        asset: AssetId(1),
        min_amount: limit.collateral_amount,
        base_amount: limit.base_amount,
        buyer: AccountId(0),
        recipient: AccountId(0),
    };
    bencher
        .with_inputs(|| comet.clone())
        .bench_local_refs(|comet| comet.apply(black_box(&action)).unwrap());
}

fn store_front(marked: u16) -> StoreFront {
    let asset = |(symbol, decimals): (String, u8)| Asset { symbol, decimals };
    let collateral = (0..10).map(|n| (format!("C{n}"), 18));
    let assets = std::iter::once(("USDC".to_owned(), 6)).chain(collateral);
    StoreFront::new(comet(marked), assets.map(asset).collect(), BASE).unwrap()
}

/// What a liquidator can do with one account under water, with so many collateral assets.
#[divan::bench(args = [1, 3, 10])]
fn offers(bencher: Bencher<'_, '_>, marked: u16) {
    let machine = store_front(marked);
    bencher.bench_local(|| machine.offers(black_box(BORROWER)));
}

/// One account absorbed and the first of so many collateral assets bought.
#[divan::bench(args = [1, 3, 10])]
fn liquidation(bencher: Bencher<'_, '_>, marked: u16) {
    let machine = store_front(marked);
    let offer = *machine.offers(BORROWER).first().unwrap();
    let terms = Terms::all(AccountId(machine.accounts()));
    bencher
        .with_inputs(|| machine.clone())
        .bench_local_refs(|machine| machine.accept(black_box(&offer), &terms).unwrap());
}

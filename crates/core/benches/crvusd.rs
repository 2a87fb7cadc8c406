//! crvUSD: one hard liquidation, one exchange over three bands, one health, one fork.
//!
//! Run with `cargo bench -p backstop-core --bench crvusd`.

#![allow(clippy::unwrap_used, reason = "a benchmark that cannot run must stop")]

use backstop_core::protocol::AccountId;
use backstop_core::protocol::crvusd::{
    Account, Action, Limit, Market, MarketSetup, Measure, Outcome, Params, Token, Wallet,
};
use backstop_core::units::{Amount, Price, Timestamp, U256, WAD};
use divan::{AllocProfiler, Bencher, black_box};

#[global_allocator]
static ALLOC: AllocProfiler = AllocProfiler::system();

const UNIT: u128 = 1_000_000_000_000_000_000;
const START: u64 = 1_700_000_000;
const BORROWER: AccountId = AccountId(0);
const TRADER: AccountId = AccountId(2);

/// Two loans of the most that can be borrowed over so many bands, under interest.
fn market(bands: u32) -> Market {
    let price = Price::new(3_000 * UNIT);
    let params = Params::of_factory(100, price, 18, 18).unwrap();
    let lendable = Amount::new(1_000_000 * UNIT);
    let mut setup = MarketSetup::fresh(params, (Timestamp(START), price), lendable).unwrap();
    setup.policy_rate = U256::from(3_000_000_000u64);
    let account = Account {
        wallet: Wallet {
            stable: Amount::new(1_000_000 * UNIT),
            collateral: Amount::new(1_000 * UNIT),
        },
        ..Account::default()
    };
    setup.accounts = vec![account; 3];
    let mut market = setup.build().unwrap();
    for owner in [BORROWER, AccountId(1)] {
        let collateral = Amount::new(10 * UNIT);
        let most = market.max_borrowable((collateral, Amount::ZERO), bands, owner);
        let loan = Action::CreateLoan {
            caller: owner,
            owner,
            collateral,
            debt: most.unwrap(),
            bands,
        };
        market.apply(&loan).unwrap();
    }
    market
}

/// The price a day later, in percent of the first one.
fn later(market: &mut Market, percent: u64) {
    let hundredth = market.oracle_price().0 / U256::from(100u64);
    let price = Price(hundredth * U256::from(percent));
    market.observe(Timestamp(START + 86_400), price).unwrap();
}

/// A fork that has its own copies already, as after any earlier action.
fn touched(market: &Market) -> Market {
    let mut market = market.clone();
    for owner in [BORROWER, AccountId(1)] {
        let one = Action::Repay {
            caller: TRADER,
            owner,
            amount: Amount::new(1),
            active_band_max: i64::MAX,
        };
        let _ = market.apply(&one);
    }
    for (account, token) in [(BORROWER, Token::Stable), (TRADER, Token::Stable)] {
        let amount = Amount::new(1);
        let fund = Action::Fund {
            account,
            token,
            amount,
        };
        market.apply(&fund).unwrap();
    }
    market
}

fn main() {
    divan::main();
}

#[divan::bench(args = [4, 10, 50])]
fn health(bencher: Bencher<'_, '_>, bands: u32) {
    let mut market = market(bands);
    later(&mut market, 80);
    bencher.bench_local(|| market.health(black_box(BORROWER), Measure::Full).unwrap());
}

/// All of a loan whose bands the price fell through without a trade.
#[divan::bench(args = [4, 10, 50])]
fn liquidation(bencher: Bencher<'_, '_>, bands: u32) {
    let mut market = market(bands);
    later(&mut market, 50);
    let action = Action::Liquidate {
        caller: TRADER,
        owner: BORROWER,
        stable_min: Amount::ZERO,
        fraction: WAD,
    };
    bencher
        .with_inputs(|| touched(&market))
        .bench_local_refs(|market| market.apply(black_box(&action)).unwrap());
}

/// Two bands converted and a part of the third.
#[divan::bench]
fn exchange_over_three_bands(bencher: Bencher<'_, '_>) {
    let mut market = market(10);
    later(&mut market, 80);
    let first = market.account(BORROWER).unwrap().position.first;
    let band = market.band(first).collateral + market.band(first + 1).collateral;
    let wanted = band + market.band(first + 2).collateral / U256::from(2u64);
    let action = Action::Exchange {
        caller: TRADER,
        pay: Token::Stable,
        limit: Limit::Received {
            amount: Amount(wanted),
            paid_max: Amount::MAX,
        },
    };
    let mut probe = touched(&market);
    let traded = probe.apply(&action).unwrap();
    assert!(matches!(traded, Outcome::Exchanged { received, .. } if received.0 == wanted));
    assert_eq!(probe.amm().active_band, first + 2);
    bencher
        .with_inputs(|| touched(&market))
        .bench_local_refs(|market| market.apply(black_box(&action)).unwrap());
}

#[divan::bench]
fn fork(bencher: Bencher<'_, '_>) {
    let market = market(50);
    bencher.bench_local(|| market.clone());
}

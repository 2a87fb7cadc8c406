//! Morpho Blue: one liquidation, with interest and fee on the way.
//!
//! Run with `cargo bench -p backstop-core --bench morpho`.

#![allow(clippy::unwrap_used, reason = "a benchmark that cannot run must stop")]

use backstop_core::protocol::AccountId;
use backstop_core::protocol::morpho::{
    Action, Irm, Market, MarketSetup, MorphoVersion, Position, Totals,
};
use backstop_core::units::{Amount, Price, Ratio, Shares, Timestamp, U256};
use divan::{AllocProfiler, Bencher, black_box};

#[global_allocator]
static ALLOC: AllocProfiler = AllocProfiler::system();

const START: Timestamp = Timestamp(1_700_000_000);
const PERCENT: u128 = 10_000_000_000_000_000;
const BORROWER: AccountId = AccountId(1);

fn price(dollars: u64) -> Price {
    // 6 decimals of the loan token, 18 of the collateral.
    Price(U256::from(dollars) * U256::from(10).pow(U256::from(24)))
}

/// 10 tokens at so many dollars against 16 000 of 20 000 lent, an hour after the last accrual.
fn market(dollars: u64) -> Market {
    let shares = |dollars: u128| Shares::new(dollars * 1_000_000_000_000);
    let lender = Position {
        supply_shares: shares(20_000),
        ..Position::default()
    };
    let borrower = Position {
        borrow_shares: shares(16_000),
        collateral: Amount::new(10_000_000_000_000_000_000),
        ..Position::default()
    };
    let setup = MarketSetup {
        version: MorphoVersion::V1_0_0,
        threshold: Ratio::new(86 * PERCENT),
        irm: Irm::Usage,
        price: price(2_000),
        now: START,
        totals: Totals {
            fee: Ratio::new(10 * PERCENT),
            ..Totals::default()
        },
        fee_recipient: AccountId(2),
        positions: vec![lender, borrower, Position::default()],
    };
    let mut market = setup.open().unwrap().build().unwrap();
    market
        .observe(Timestamp(START.0 + 3_600), price(dollars))
        .unwrap();
    market
}

fn main() {
    divan::main();
}

/// The largest that the rules allow: all of the debt, or all of the collateral with bad debt.
#[divan::bench(args = [1_850, 1_500])]
fn liquidation(bencher: Bencher<'_, '_>, dollars: u64) {
    let market = market(dollars);
    let action: Action = market.quote(BORROWER).unwrap().action;
    bencher
        .with_inputs(|| market.clone())
        .bench_local_refs(|market| market.apply(black_box(&action)).unwrap());
}

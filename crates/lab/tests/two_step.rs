//! Two liquidations of one account where one would do: the optimum in closed form, on Aave's exact rules.
//!
//! An account has collateral worth C and owes D > LT·C, LT being its liquidation threshold; a liquidation pays
//! 1 + s for 1 repaid and repays at most the share f of the debt. Whoever repays
//!
//!   r₁ = (D − LT·C) ÷ (1 − LT·(1 + s))
//!
//! first brings the account to the threshold and no further, so that r₂ = f·(D − r₁) may follow. The profit is
//! s·(r₁ + r₂); a single liquidation at the close factor earns s·f·D, and the ratio of the two is
//! 1 + (1 − f)/f·r₁/D. (Qin, Zhou, Gamito, Jovanovic, Gervais, "An empirical study of DeFi liquidations",
//! 2021.) It holds where LT·(1 + s) < 1 and r₁ ≤ f·D. At the threshold itself Aave's accounts are healthy, so
//! the first step stops a little before.

#![allow(
    clippy::unwrap_used,
    reason = "a set-up that fails has to stop the test"
)]

use backstop_core::protocol::aave::{
    AaveVersion, Account, Pool, PoolSetup, Position, RateStrategy, ReserveConfig, ReserveSetup,
    ReserveState,
};
use backstop_core::protocol::{AccountId, Asset, AssetId, Offer, Protocol, Receive, Terms};
use backstop_core::units::{Amount, Bps, Price, RAY, Rate, Timestamp, U256};

const NOW: u64 = 1_600_000_000;
const BORROWER: AccountId = AccountId(0);
const LIQUIDATOR: AccountId = AccountId(4);
/// Units of a dollar of debt.
const DOLLAR: f64 = 1e6;
/// Price of a unit of collateral, dollars.
const PRICE: f64 = 2_000.0;
/// Share of the debt that one liquidation repays at most while the health factor is above 0.95.
const CLOSE_FACTOR: f64 = 0.5;
/// Parts of the debt in steps of which other sizes of the first step are tried.
const GRID: u32 = 2_000;

/// A position and its terms, in dollars and shares.
#[derive(Clone, Copy, Debug)]
struct Case {
    collateral: f64,
    debt: f64,
    threshold: f64,
    spread: f64,
}

impl Case {
    /// Sizes of the two optimal steps.
    fn steps(&self) -> (f64, f64) {
        let over = self.debt - self.threshold * self.collateral;
        let first = over / (1.0 - self.threshold * (1.0 + self.spread));
        (first, CLOSE_FACTOR * (self.debt - first))
    }
}

const CASES: [Case; 4] = [
    Case {
        collateral: 1_000_000.0,
        debt: 820_000.0,
        threshold: 0.8,
        spread: 0.1,
    },
    Case {
        collateral: 1_000_000.0,
        debt: 800_500.0,
        threshold: 0.8,
        spread: 0.05,
    },
    Case {
        collateral: 250_000.0,
        debt: 206_250.0,
        threshold: 0.785,
        spread: 0.075,
    },
    Case {
        collateral: 40_000_000.0,
        debt: 26_800_000.0,
        threshold: 0.65,
        spread: 0.1,
    },
];

#[test]
fn two_steps_at_the_optimum_take_more_than_any_others() {
    for version in [AaveVersion::V3_0_2, AaveVersion::V3_3] {
        for case in CASES {
            check(case, version);
        }
    }
}

fn check(case: Case, version: AaveVersion) {
    let start = pool(case, version);
    let (first, second) = case.steps();
    let single = taken(&start, &[f64::INFINITY]);
    assert!(
        near(single, case.spread * CLOSE_FACTOR * case.debt, 1e-9),
        "{case:?}: {single}"
    );

    // One cent before the threshold: what is left of it costs half a bonus on that.
    let cent = 0.01;
    let optimal = taken(&start, &[first - cent, f64::INFINITY]);
    assert!(
        near(optimal, case.spread * (first + second), 1e-7),
        "{case:?}: {optimal}"
    );
    let gain = (1.0 - CLOSE_FACTOR) / CLOSE_FACTOR * first / case.debt;
    assert!(near(optimal / single, 1.0 + gain, 1e-7), "{case:?}");

    // The account is healthy a cent after the threshold and after one liquidation at the close factor.
    for healthy in [first + cent, f64::INFINITY] {
        let again = taken(&start, &[healthy, f64::INFINITY]);
        assert_eq!(again, taken(&start, &[healthy]), "{case:?}: {healthy}");
    }
    let most = CLOSE_FACTOR * case.debt;
    let best = (1..=GRID)
        .map(|part| most * f64::from(part) / f64::from(GRID))
        .map(|size| (taken(&start, &[size, f64::INFINITY]), size))
        .max_by(|a, b| a.0.total_cmp(&b.0))
        .unwrap();
    let step = most / f64::from(GRID);
    assert!(best.0 <= optimal, "{case:?}: {best:?} above {optimal}");
    assert!(
        (first - best.1).abs() <= step,
        "{case:?}: {best:?} beside {first}"
    );
}

fn near(got: f64, want: f64, tolerance: f64) -> bool {
    (got / want - 1.0).abs() < tolerance
}

/// Dollars that liquidations of these sizes, or as far as the rules allow, bring above what they cost.
/// What the rules do not allow is left out.
fn taken(start: &Pool, sizes: &[f64]) -> f64 {
    let mut pool = start.clone();
    let mut profit = 0.0;
    for size in sizes {
        if !pool.breaches().any(|account| account == BORROWER) {
            break;
        }
        let offer: Offer = pool.offers(BORROWER)[0];
        // A size without end saturates to the largest amount.
        let repay = Amount::from((size * DOLLAR) as u128);
        let terms = Terms {
            liquidator: LIQUIDATOR,
            repay: if size.is_finite() { repay } else { Amount::MAX },
            seize: Amount::MAX,
            receive: Receive::Tokens,
        };
        let done = pool.accept(&offer, &terms).unwrap();
        profit += f64::from(done.seized.0) / 1e18 * PRICE - f64::from(done.repaid.0) / DOLLAR;
    }
    profit
}

/// One borrower of dollars against ether, and a lender.
fn pool(case: Case, version: AaveVersion) -> Pool {
    let position = |asset: u16, supply: f64, debt: f64, decimals: i32| {
        let unit = 10f64.powi(decimals);
        let [supply, debt] = [supply, debt].map(|tokens| (tokens * unit).round() as u128);
        Position {
            asset: AssetId(asset),
            supply,
            debt,
            is_collateral: supply > 0,
            is_borrowing: debt > 0,
        }
    };
    let borrower = [
        position(0, case.collateral / PRICE, 0.0, 18),
        position(1, 0.0, case.debt, 6),
    ];
    let lender = [position(0, 0.0, 0.0, 18), position(1, 1e9, 0.0, 6)];
    let setup = PoolSetup {
        version,
        base_decimals: 8,
        now: Timestamp(NOW),
        reserves: vec![
            reserve("WETH", 18, PRICE as u128, case),
            reserve("USDC", 6, 1, case),
        ],
        e_modes: Default::default(),
        sentinel: None,
        accounts: vec![
            Account::new(0, borrower),
            Account::new(0, lender),
            Account::default(),
            Account::default(),
            Account::default(),
        ],
        wallets: Vec::new(),
        treasury: AccountId(2),
        coverage: AccountId(3),
    };
    let built = setup.open().and_then(PoolSetup::build);
    built.unwrap_or_else(|why| panic!("{why}"))
}

fn reserve(symbol: &str, decimals: u8, usd: u128, case: Case) -> ReserveSetup {
    let percent = |n: u64| Rate(RAY / U256::from(100u64) * U256::from(n));
    // Shares of the cases are whole basis points.
    let bps = |share: f64| (share * 1e4).round() as u16;
    ReserveSetup {
        asset: Asset {
            symbol: symbol.to_owned(),
            decimals,
        },
        config: ReserveConfig {
            decimals,
            loan_to_value: Bps(5_000),
            liquidation_threshold: Bps(bps(case.threshold)),
            liquidation_bonus: Bps(10_000 + bps(case.spread)),
            reserve_factor: Bps(1_000),
            protocol_fee: Bps(0),
            active: true,
            frozen: false,
            paused: false,
            borrowing_enabled: true,
            borrowable_in_isolation: false,
            siloed: false,
            debt_ceiling: Amount::ZERO,
            supply_cap: Amount::ZERO,
            borrow_cap: Amount::ZERO,
            e_mode_category: 0,
            grace_until: Timestamp(0),
        },
        strategy: RateStrategy {
            optimal_usage: percent(90),
            base: percent(0),
            slope1: percent(4),
            slope2: percent(60),
        },
        price: Price::new(usd * 100_000_000),
        state: ReserveState::fresh(Timestamp(NOW)),
    }
}

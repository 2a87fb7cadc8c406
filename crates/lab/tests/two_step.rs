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

#[path = "../../core/tests/pool/mod.rs"]
mod pool_of;

use backstop_core::protocol::aave::{AaveVersion, Account, Pool};
use backstop_core::protocol::{AccountId, Offer, Protocol, Receive, Terms};
use backstop_core::units::Amount;
use pool_of::{Listed, position};

const BORROWER: AccountId = AccountId(0);
const LENDER: AccountId = AccountId(1);
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
            liquidator: LENDER,
            repay: if size.is_finite() { repay } else { Amount::MAX },
            seize: Amount::MAX,
            receive: Receive::Tokens,
        };
        let done = pool.accept(&offer, &terms).unwrap();
        profit += f64::from(done.seized.0) / 1e18 * PRICE - f64::from(done.repaid.0) / DOLLAR;
    }
    profit
}

/// One borrower of dollars against ether, and a lender, who liquidates.
fn pool(case: Case, version: AaveVersion) -> Pool {
    // Shares of the cases are whole basis points.
    let bps = |share: f64| (share * 1e4).round() as u16;
    let listed = |symbol, decimals, usd| Listed {
        symbol,
        decimals,
        usd,
        loan_to_value: 5_000,
        threshold: bps(case.threshold),
        bonus: bps(case.spread),
        treasury: 0,
        slopes: [4, 60],
    };
    let assets = [listed("WETH", 18, PRICE), listed("USDC", 6, 1.0)];
    let borrower = [
        position(&assets, 0, case.collateral / PRICE, 0.0),
        position(&assets, 1, 0.0, case.debt),
    ];
    let lender = [
        position(&assets, 0, 0.0, 0.0),
        position(&assets, 1, 1e9, 0.0),
    ];
    let accounts = vec![Account::new(0, borrower), Account::new(0, lender)];
    pool_of::pool(version, &assets, accounts)
}

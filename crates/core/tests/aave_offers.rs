//! Offers of Aave's rules as a liquidator takes them.

#![allow(clippy::unwrap_used, reason = "a test stops at the first failure")]

mod pool;

use backstop_core::protocol::aave::{AaveVersion, Account, Rejection};
use backstop_core::protocol::{AccountId, AssetId, Prices, Protocol, Terms};
use backstop_core::units::{Amount, Price, Timestamp};
use pool::{Listed, START, position};

/// Since 3.3 a rest of little worth may not stay. An offer that all of a collateral caps names a sum of debt that is
/// rounded; asked for to the unit, it pays for a little less than all of the collateral, and the rest is refused. Named
/// no limit, the same offer settles.
#[test]
fn a_whole_offer_is_taken_by_naming_no_limit() {
    let listed = |symbol, decimals, usd| Listed {
        symbol,
        decimals,
        usd,
        loan_to_value: 7_500,
        threshold: 8_000,
        bonus: 500,
        treasury: 1_000,
        slopes: [0, 0],
    };
    let assets = [
        listed("WETH", 18, 2_000.0),
        listed("WBTC", 8, 30_000.0),
        listed("USDC", 6, 1.0),
    ];
    let (borrower, liquidator) = (AccountId(0), AccountId(2));
    let held = [
        position(&assets, 0, 0.987_654_321_987_654_3, 0.0),
        position(&assets, 1, 1.0, 0.0),
        position(&assets, 2, 0.0, 26_000.0),
    ];
    let lender = [position(&assets, 2, 1e9, 0.0)];
    let accounts = vec![
        Account::new(0, held),
        Account::new(0, lender),
        Account::default(),
    ];
    let mut pool = pool::pool(AaveVersion::V3_3, &assets, accounts);
    let usd = [2_000u128, 29_000, 1].map(|usd| Price::new(usd * 100_000_000));
    let fallen = Prices(usd.to_vec());
    pool.observe(Timestamp(START), &fallen).unwrap();

    let ether = AssetId(0);
    let offers = pool.offers(borrower);
    let offer = *offers
        .iter()
        .find(|offer| offer.collateral == ether)
        .unwrap();
    let owed = pool.holdings(borrower).into_iter().map(|held| held.debt);
    assert!(
        offer.repay_max < owed.max().unwrap(),
        "the collateral caps it"
    );

    let all = Terms::all(liquidator);
    let named = Terms {
        repay: offer.repay_max,
        ..all
    };
    let mut refused = pool.fork();
    assert_eq!(
        refused.accept(&offer, &named).map(|_| ()),
        Err(Rejection::MustNotLeaveDust)
    );
    let told = pool.accept(&offer, &all).unwrap();
    assert_eq!(
        (told.repaid, told.seized),
        (offer.repay_max, offer.seize_max)
    );
    let rest = pool.holdings(borrower);
    let left = rest.iter().find(|held| held.asset == ether);
    assert_eq!(
        left.map_or(Amount::ZERO, |held| held.collateral),
        Amount::ZERO
    );
}

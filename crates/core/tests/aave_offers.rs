//! Offers of Aave's rules as a liquidator takes them.

#![allow(clippy::unwrap_used, reason = "a test stops at the first failure")]

mod pool;

use backstop_core::protocol::aave::{AaveVersion, Account, Rejection};
use backstop_core::protocol::{AccountId, AssetId, Offer, OfferBound, Prices, Protocol, Terms};
use backstop_core::units::{Amount, Price, Timestamp, U256};
use pool::{Listed, START, position};
use proptest::prelude::*;

const DECIMALS: [u32; 3] = [18, 8, 6];

/// Three assets of which the treasury gets a share of bonus and interest, bps.
fn three(treasury: u16) -> [Listed; 3] {
    let listed = |symbol, at: usize, usd| Listed {
        symbol,
        decimals: DECIMALS[at] as u8,
        usd,
        loan_to_value: 7_500,
        threshold: 8_000,
        bonus: 500,
        treasury,
        slopes: [4, 60],
    };
    [
        listed("WETH", 0, 2_000.0),
        listed("WBTC", 1, 30_000.0),
        listed("USDC", 2, 1.0),
    ]
}

/// Since 3.3 a rest of little worth may not stay. An offer that all of a collateral caps names a sum of debt that is
/// rounded; asked for to the unit, it pays for a little less than all of the collateral, and the rest is refused. Named
/// no limit, the same offer settles.
#[test]
fn a_whole_offer_is_taken_by_naming_no_limit() {
    let assets = three(1_000);
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

/// Value of an amount times 10 000, rounded down, and that of a single unit, rounded up.
fn value(amount: Amount, asset: AssetId, prices: &Prices) -> (U256, U256) {
    let unit = U256::from(10u64).pow(U256::from(DECIMALS[usize::from(asset.0)]));
    let price = prices.get(asset).0 * U256::from(10_000u64);
    (amount.0 * price / unit, price / unit + U256::ONE)
}

fn holds(bound: &OfferBound, offer: &Offer, prices: &Prices) -> bool {
    let (repay, _) = value(offer.repay_max, offer.debt, prices);
    let (seize, unit) = value(offer.seize_max, offer.collateral, prices);
    let whole = U256::from(10_000u64);
    let most = bound.repay.0 * U256::from(bound.bonus.0);
    repay <= bound.repay.0 * whole && seize <= most + unit
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, ..ProptestConfig::default() })]

    /// No offer exceeds the bound of its pair, whatever is held, owed and paid, in any version.
    #[test]
    fn bounds_hold_for_every_offer(
        supplies in prop::array::uniform3(prop_oneof![Just(0.0), 0.0..10.0f64]),
        debts in prop::array::uniform3(prop_oneof![Just(0.0), 0.0..10.0f64]),
        usd in [1u128..4_000, 1u128..60_000, 1u128..3],
        version in prop::sample::select(AaveVersion::ALL.to_vec()),
        days in 0u64..400,
    ) {
        let assets = three(0);
        let sizes = [1.0, 0.1, 3_000.0];
        let held = (0..3).map(|at| {
            position(&assets, at, supplies[at] * sizes[at], debts[at] * sizes[at])
        });
        let lender = (0..3).map(|at| position(&assets, at, 1e6 * sizes[at], 0.0));
        let (borrower, accounts) = (AccountId(0), vec![Account::new(0, held), Account::new(0, lender)]);
        let mut pool = pool::pool(version, &assets, accounts);
        let prices = Prices(usd.map(|usd| Price::new(usd * 100_000_000)).to_vec());
        pool.observe(Timestamp(START + days * 86_400), &prices).unwrap();
        let (offers, mut bounds) = (pool.offers(borrower), Vec::new());
        pool.offer_bounds(borrower, &mut bounds);
        for offer in offers {
            let of_pair = |b: &&OfferBound| (b.collateral, b.debt) == (offer.collateral, offer.debt);
            let bound = bounds.iter().find(of_pair);
            prop_assert!(bound.is_some_and(|b| holds(b, &offer, &prices)), "{offer:?} {bound:?}");
        }
    }
}

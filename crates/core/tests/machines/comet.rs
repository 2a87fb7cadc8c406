//! Compound v3 with a drawn book: one of the two stablecoins is the base asset, and all is owed in it.

use crate::dice::Dice;
use crate::{BORROWERS, Case, LISTED, PRICE, START, borrower, drawn_prices, whole_terms};
use backstop_core::protocol::comet::{
    Account, BASE, BaseConfig, Collateral, CollateralConfig, CollateralSetup, Comet, CometSetup,
    CometVersion, Config, Paused, Position, RateCurve, Reserves, StoreFront, Totals,
};
use backstop_core::protocol::{AccountId, Asset, AssetId, OfferKind, Protocol};
use backstop_core::units::{Amount, Price, Ratio, Timestamp};
use std::collections::BTreeMap;

const INDEX: u64 = 1_000_000_000_000_000;
const PERCENT: u64 = 10_000_000_000_000_000;

fn asset_id(place: usize) -> AssetId {
    AssetId(u16::try_from(place).unwrap())
}

fn percent(n: u64) -> Ratio {
    Ratio::new(u128::from(n * PERCENT))
}

fn unit(place: usize) -> u128 {
    10u128.pow(LISTED[place].1.into())
}

/// What an account owes in the base asset, and its collateral by the contract's number.
fn position(held: &[(u128, u128); 4], base: usize) -> Position {
    let owed: u128 = (2..4)
        .map(|at| held[at].1 / unit(at) * unit(base))
        .sum::<u128>();
    let collateral: BTreeMap<AssetId, Amount> = (0..2)
        .filter(|at| held[*at].0 > 0)
        .map(|at| (asset_id(at + 1), Amount::new(held[at].0)))
        .collect();
    Position {
        account: Account {
            principal: -i128::try_from(owed).unwrap(),
            assets_in: collateral.keys().copied().collect(),
            ..Account::default()
        },
        collateral,
        ..Position::default()
    }
}

fn config(dice: &mut Dice, base: usize) -> Config {
    let curve = |slope_low| RateCurve {
        kink: 85 * PERCENT,
        base: PERCENT,
        slope_low,
        slope_high: 300 * PERCENT,
    };
    Config {
        base: BaseConfig {
            decimals: LISTED[base].1,
            borrow_min: Amount::new(unit(base)),
            target_reserves: Amount::new(dice.pick(&[100_000, 5_000_000]) * unit(base)),
        },
        supply_curve: curve(3 * PERCENT),
        borrow_curve: curve(4 * PERCENT),
        store_front_factor: percent(dice.pick(&[0, 50, 100])),
        tracking_scale: INDEX,
        tracking_supply_speed: 0,
        tracking_borrow_speed: 0,
        rewards_min: unit(base),
    }
}

/// Collateral asset by place in the list, the base asset left out.
fn collateral(
    dice: &mut Dice,
    place: usize,
    positions: &[Position],
    id: AssetId,
) -> CollateralSetup {
    let (_, decimals, dollars) = LISTED[place];
    let supplied = positions.iter().map(|position| position.supplied(id).0);
    let supplied = Amount(supplied.sum());
    CollateralSetup {
        config: CollateralConfig {
            decimals,
            borrow_factor: percent(75),
            liquidate_factor: percent(80),
            liquidation_factor: percent(dice.pick(&[85, 93, 95])),
            supply_cap: Amount::new(10_000_000 * unit(place)),
        },
        price: Price::new(dollars * PRICE),
        tokens: Collateral {
            total_supply: supplied,
            held: supplied,
        },
    }
}

fn comet(dice: &mut Dice, base: usize) -> Comet {
    let mut positions: Vec<Position> = (0..BORROWERS)
        .map(|_| position(&borrower(dice, 80), base))
        .collect();
    let owed: i128 = positions.iter().map(|p| -p.account.principal).sum();
    let borrow = u128::try_from(owed).unwrap();
    let supply = borrow / 80 * 100;
    let mut lender = Position::default();
    lender.account.principal = i128::try_from(supply).unwrap();
    positions.push(lender);
    let reserves = dice.below(2 * borrow / unit(base)) * unit(base) / 20;
    let places = (0..LISTED.len()).filter(|place| *place != base);
    let listed = places.zip(1..);
    let setup = CometSetup {
        version: dice.pick(&CometVersion::ALL),
        config: config(dice, base),
        base_price: Price::new(PRICE),
        base_held: Amount::new(supply - borrow + reserves),
        collateral: listed
            .map(|(place, id)| collateral(dice, place, &positions, AssetId(id)))
            .collect(),
        now: Timestamp(START),
        paused: Paused::default(),
        totals: Totals {
            supply_index: INDEX,
            borrow_index: INDEX,
            supply,
            borrow,
            last_accrual: Timestamp(START),
            ..Totals::default()
        },
        positions,
    };
    setup.build().unwrap()
}

pub(crate) fn open(dice: &mut Dice) -> Case<StoreFront> {
    let base = dice.pick(&[2, 3]);
    let listed = LISTED.iter().map(|(symbol, decimals, _)| Asset {
        symbol: (*symbol).to_owned(),
        decimals: *decimals,
    });
    let comet = comet(dice, base);
    Case {
        machine: StoreFront::new(comet, listed.collect(), asset_id(base)).unwrap(),
        breached,
    }
}

fn breached(machine: &StoreFront, id: AccountId) -> bool {
    let comet = machine.comet();
    if id == machine.store_front() {
        return (1..4).map(AssetId).any(|asset| sells(comet, asset));
    }
    let held = comet.position(id).unwrap();
    held.collateral.values().any(|amount| !amount.is_zero()) && comet.is_absorbable(id) == Ok(true)
}

/// Whether a whole number of base units buys some of what the protocol has, and no more than that.
fn sells(comet: &Comet, asset: AssetId) -> bool {
    let target = comet.config().base.target_reserves;
    let below = match comet.reserves().unwrap() {
        Reserves::Surplus(reserves) => reserves < target,
        Reserves::Deficit(_) => true,
    };
    let least = comet.quote_collateral(asset, Amount::new(1));
    let owned = comet.collateral_reserves(asset).unwrap();
    below && least.is_ok_and(|least| owned >= least.max(Amount::new(1)))
}

/// Reserves, below zero where suppliers are owed more than there is.
fn reserves(comet: &Comet) -> i128 {
    let amount = |Amount(n)| i128::try_from(n).unwrap();
    match comet.reserves().unwrap() {
        Reserves::Surplus(n) => amount(n),
        Reserves::Deficit(n) => -amount(n),
    }
}

/// Reserves pay what is cleared and what is not covered, and receive what is paid; the protocol keeps
/// of the collateral what was not bought; an absorbed account has no debt and no collateral left.
pub(crate) fn reserves_pay() {
    let mut sales = 0;
    let number = |Amount(n): Amount| i128::try_from(n).unwrap();
    for seed in 0..200 {
        let mut dice = Dice::new(seed);
        let mut machine = open(&mut dice).machine;
        let prices = drawn_prices(&mut dice, &machine);
        let now = Timestamp(START + 3_600);
        machine.observe(now, &prices).unwrap();
        let mut next = machine.breaches().next();
        while let Some(account) = next {
            let (before, comet) = (reserves(machine.comet()), machine.comet().clone());
            let offer = machine.offers(account)[0];
            let owed = machine.health(account).unwrap().debt;
            let settled = machine
                .accept(&offer, &whole_terms(&machine, &offer))
                .unwrap();
            let lost: i128 = settled.deficit.iter().map(|(_, n)| number(*n)).sum();
            let change = number(settled.repaid) - number(settled.cleared) - lost;
            let found = reserves(machine.comet()) - before;
            assert!(
                (found - change).abs() <= 2,
                "{found} is not {change}, seed {seed}"
            );
            for place in 0..LISTED.len() {
                let id = machine.contract_id(asset_id(place));
                if id == BASE {
                    continue;
                }
                let taken = settled.taken.iter().filter(|(a, _)| *a == asset_id(place));
                let taken: i128 = taken.map(|(_, n)| number(*n)).sum();
                let sold = match offer.collateral == asset_id(place) {
                    true => number(settled.seized),
                    false => 0,
                };
                let owned = |comet: &Comet| number(comet.collateral_reserves(id).unwrap());
                assert_eq!(owned(machine.comet()), owned(&comet) + taken - sold);
            }
            if offer.kind == OfferKind::Absorb {
                let left = machine.health(account).unwrap();
                assert!(!owed.is_zero() && left.debt.is_zero() && left.collateral.is_zero());
            } else {
                assert!(settled.taken.is_empty() && settled.cleared.is_zero());
                sales += 1;
            }
            next = machine.breaches().next();
        }
    }
    assert!(sales > 20, "{sales} purchases from the store-front");
}

//! GEB over random scripts: what holds after any action.

#![allow(clippy::unwrap_used, reason = "a failed conversion fails the test")]

mod dice;

use backstop_core::auction::{AuctionId, Ray};
use backstop_core::protocol::AccountId;
use backstop_core::protocol::geb::{
    Account, Action, Core, Feed, FeedName, Feeds, Geb, GebSetup, House, HouseParameter,
    LiquidationEngine, Outcome, Parameter, Rejection, Relayer, Roles, SafeEngine,
};
use backstop_core::units::{
    Amount, Index, Price, RAY, Ratio, Rounding, Shares, Timestamp, U256, Value, WAD, mul_div,
};
use dice::{Dice, Script};
use std::collections::{BTreeMap, BTreeSet};
use std::mem::discriminant;

const START: Timestamp = Timestamp(1_615_000_000);
const TREASURY: AccountId = AccountId(0);
const HOUSE: AccountId = AccountId(1);
const BUYERS: [AccountId; 2] = [AccountId(2), AccountId(3)];
const OWNERS: [AccountId; 3] = [AccountId(4), AccountId(5), AccountId(6)];

fn n(n: u128) -> U256 {
    U256::from(n)
}

fn wad(whole: u128) -> U256 {
    n(whole) * WAD
}

fn rad(whole: u128) -> U256 {
    n(whole) * WAD * RAY
}

/// A share in thousandths of a number.
fn mille(share: u128, of: U256) -> U256 {
    mul_div(of, n(share), n(1_000), Rounding::Floor).unwrap()
}

fn ratio(share: u128) -> Ratio {
    Ratio(mille(share, WAD))
}

fn feed(price: u128) -> Feed {
    Feed {
        value: wad(price),
        valid: true,
        connected: true,
    }
}

fn core(dice: &mut Dice) -> Core {
    let price = 500 + dice.below(1_000);
    let coin = Feed {
        value: mille(2_500 + dice.below(1_000), WAD),
        valid: true,
        connected: dice.percent(70),
    };
    let median = Feed {
        connected: dice.percent(70),
        ..feed(price + dice.below(100))
    };
    Core {
        now: START,
        safes: SafeEngine {
            debt_index: Index(mille(dice.pick(&[1_000, 1_042]), RAY)),
            liquidation_price: Price::ZERO,
            debt_floor: Value(rad(dice.pick(&[0, 1_000]))),
        },
        engine: LiquidationEngine {
            enabled: true,
            limit: Value(rad(dice.pick(&[20_000, 1_000_000]))),
            in_auction: Value::ZERO,
            penalty: ratio(dice.pick(&[1_000, 1_120])),
            lot_max: Value(rad(dice.pick(&[9_000, 90_000]))),
        },
        relayer: Relayer {
            price: Price(mille(3_000, RAY)),
            rate: Ray(RAY - n(dice.below(1_000_000_000_000_000_000))),
            rate_min: Ray(n(1)),
            rate_max: Ray(RAY * WAD),
            updated: START,
            liquidation_ratio: Ray(mille(1_450, RAY)),
        },
        feeds: Feeds {
            delayed: feed(price),
            median,
            coin,
        },
        house: House {
            bid_min: Amount(wad(5)),
            first_discount: ratio(950),
            last_discount: ratio(dice.pick(&[950, 800])),
            discount_rate: Ray(RAY - RAY / n(5_000)),
            discount_duration: n(dice.pick(&[600, 3_600])),
            collateral_lower: ratio(900),
            collateral_upper: ratio(950),
            coin_lower: ratio(dice.pick(&[1_000, 950])),
            coin_upper: ratio(dice.pick(&[1_000, 950])),
            coin_min: ratio(999),
            last_redemption_price: Price::ZERO,
            started: U256::ZERO,
        },
        queued: Value::ZERO,
    }
}

fn system(dice: &mut Dice) -> Geb {
    let mut accounts = vec![Account::default(); 7];
    for AccountId(buyer) in BUYERS {
        accounts[usize::try_from(buyer).unwrap()].coins = Value(rad(5_000_000));
    }
    accounts[3].coins = Value(rad(2_000));
    for AccountId(owner) in OWNERS {
        let safe = &mut accounts[usize::try_from(owner).unwrap()];
        safe.locked = Amount(wad(1 + dice.below(200)) + n(dice.below(1_000_000)));
        safe.debt = Shares(mille(100_000 + dice.below(150_000), safe.locked.0));
    }
    let setup = GebSetup {
        core: core(dice),
        roles: Roles {
            treasury: TREASURY,
            house: HOUSE,
        },
        accounts,
        bids: BTreeMap::new(),
    };
    let mut geb = setup.build().unwrap();
    geb.apply(&Action::UpdatePrice).unwrap();
    geb
}

fn buy(dice: &mut Dice, geb: &Geb) -> Action {
    let running: Vec<_> = geb.bids().collect();
    let caller = BUYERS[usize::from(dice.percent(12))];
    let (auction, target) = match running.is_empty() || dice.percent(4) {
        true => (AuctionId(n(1 + dice.below(3))), rad(100)),
        false => {
            let (id, bid) = dice.pick(&running);
            (id, bid.target.0)
        }
    };
    let whole = u128::try_from(target / RAY).unwrap();
    let amount = match dice.percent(5) {
        true => n(dice.below(10)) * WAD / n(2),
        false => n(dice.part(whole)),
    };
    Action::Buy {
        auction,
        amount: Amount(amount),
        caller,
    }
}

fn parameter(dice: &mut Dice) -> Action {
    let share = dice.pick(&[800, 900, 960, 1_001]);
    let (parameter, value) = match dice.below(13) {
        0 => (Parameter::DebtFloor, rad(dice.below(3_000))),
        1 => (Parameter::LiquidationLimit, rad(dice.below(200_000))),
        2 => (
            Parameter::LotMax,
            U256::MAX >> (20 + 80 * usize::from(dice.percent(80))),
        ),
        3 => (Parameter::Penalty, mille(1_000 + dice.below(200), WAD)),
        4 => (
            Parameter::House(HouseParameter::FirstDiscount),
            mille(share, WAD),
        ),
        5 => (
            Parameter::House(HouseParameter::LastDiscount),
            mille(share, WAD),
        ),
        6 => (
            Parameter::House(HouseParameter::DiscountRate),
            mille(share, RAY),
        ),
        7 => (
            Parameter::House(HouseParameter::DiscountDuration),
            n(dice.below(4) * 300),
        ),
        8 => (
            Parameter::House(HouseParameter::CollateralLower),
            mille(share, WAD),
        ),
        9 => (
            Parameter::House(HouseParameter::CollateralUpper),
            mille(share, WAD),
        ),
        10 => (
            Parameter::House(HouseParameter::CoinLower),
            mille(share, WAD),
        ),
        11 => (
            Parameter::House(HouseParameter::CoinUpper),
            mille(share, WAD),
        ),
        _ => (
            Parameter::House(HouseParameter::BidMin),
            wad(dice.below(20)),
        ),
    };
    Action::Set { parameter, value }
}

fn choose(dice: &mut Dice, geb: &Geb) -> Action {
    match dice.below(100) {
        0..=24 => Action::Liquidate {
            safe: dice.pick(&OWNERS),
        },
        25..=59 => buy(dice, geb),
        60..=74 => Action::SetFeed {
            feed: dice.pick(&[FeedName::Delayed, FeedName::Median, FeedName::Coin]),
            answer: Feed {
                value: wad(dice.pick(&[2, 3, 4, 300, 500, 700, 900, 1_200])),
                valid: dice.percent(93),
                connected: true,
            },
        },
        75..=86 => Action::UpdatePrice,
        87..=90 => Action::SetRedemptionRate {
            rate: RAY - n(dice.below(1_000_000_000_000_000_000)) * n(u128::from(dice.percent(90))),
        },
        91..=92 => Action::Terminate {
            auction: AuctionId(n(1 + dice.below(3))),
            caller: TREASURY,
        },
        93..=94 => {
            let safe = dice.pick(&OWNERS);
            let held = geb.account(safe).unwrap();
            let debt = u128::try_from(held.debt.0).unwrap();
            Action::Improve {
                safe,
                collateral: Amount(geb.account(BUYERS[0]).unwrap().free.0 / n(2)),
                repaid: Shares::new(dice.below(debt + 2)),
                payer: BUYERS[0],
            }
        }
        95 if dice.percent(10) => Action::DisableLiquidations,
        _ => parameter(dice),
    }
}

fn assert_same(before: &Geb, after: &Geb) {
    assert_eq!(before.core(), after.core());
    for id in (0..after.accounts()).map(AccountId) {
        assert_eq!(before.account(id), after.account(id), "{id:?}");
    }
    assert!(before.bids().eq(after.bids()), "the auctions");
}

/// What holds in every state that can be reached from `start`.
fn assert_whole(start: &Geb, geb: &Geb) {
    let sum = |geb: &Geb, of: fn(&Account, U256) -> U256| {
        let index = geb.core().safes.debt_index.0;
        let all = (0..geb.accounts()).map(|id| *geb.account(AccountId(id)).unwrap());
        all.map(|account| of(&account, index)).sum::<U256>()
    };
    let collateral = |account: &Account, _: U256| account.free.0 + account.locked.0;
    assert_eq!(sum(geb, collateral), sum(start, collateral), "collateral");
    let debt = |account: &Account, index: U256| account.bad_debt.0 + account.debt.0 * index;
    let coins = |account: &Account, _: U256| account.coins.0;
    assert_eq!(
        sum(geb, coins) - sum(geb, debt),
        sum(start, coins) - sum(start, debt),
        "coins less debt"
    );
    let queued = geb.account(TREASURY).unwrap().bad_debt;
    assert_eq!(queued, geb.core().queued, "queued debt");
    let lots: U256 = geb.bids().map(|(_, bid)| bid.lot.0).sum();
    assert_eq!(lots, geb.account(HOUSE).unwrap().free.0, "lots");
    let targets: U256 = geb.bids().map(|(_, bid)| bid.target.0).sum();
    assert_eq!(targets, geb.core().engine.in_auction.0, "targets");
    for (id, bid) in geb.bids() {
        assert!(!bid.lot.is_zero() && bid.target.0 >= RAY, "auction {id}");
    }
}

/// What one accepted action must have done, beyond the books.
fn assert_step(before: &Geb, after: &Geb, action: &Action, outcome: &Outcome) {
    match (action, outcome) {
        (
            Action::Buy {
                auction, amount, ..
            },
            Outcome::Bought(done),
        ) => {
            assert_eq!(before.quote(*auction, *amount), Ok(*done));
            let bid = before.bid(*auction).unwrap();
            let paid = done.paid.0 * RAY;
            assert!(paid <= bid.target.0 + RAY, "at most a wei too much");
            assert!(done.paid <= *amount && done.bought <= bid.lot);
            let money = |geb: &Geb| geb.account(TREASURY).unwrap().coins.0;
            assert_eq!(money(after), money(before) + paid);
            if let Some(left) = after.bid(*auction) {
                assert_eq!(left.target.0 + paid, bid.target.0);
                assert_eq!(left.lot.plus(done.bought), Ok(bid.lot));
                assert!(left.discount <= bid.discount.max(bid.last_discount));
            }
        }
        (Action::Liquidate { safe }, Outcome::Liquidated(taken)) => {
            assert!(before.health(*safe).unwrap().unsafe_now);
            let (old, new) = (
                before.account(*safe).unwrap(),
                after.account(*safe).unwrap(),
            );
            assert_eq!(old.locked, new.locked.plus(taken.collateral).unwrap());
            assert_eq!(old.debt, new.debt.plus(taken.debt).unwrap());
            let rest = new.debt.0 * after.core().safes.debt_index.0;
            assert!(rest.is_zero() || rest >= after.core().safes.debt_floor.0);
            let limit = after.core().engine.limit;
            assert!(after.core().engine.in_auction <= limit, "the limit holds");
        }
        _ => {}
    }
}

#[test]
fn books_balance() {
    let (mut tried, mut accepted) = (0u64, 0u64);
    let mut kinds = BTreeSet::new();
    let mut rejections = BTreeSet::<Rejection>::new();
    for seed in 0..100_000 {
        let mut dice = Dice::new(seed);
        let start = system(&mut dice);
        let mut geb = start.clone();
        let mut script = Script::new(seed);
        for _ in 0..12 {
            if dice.percent(45) {
                let seconds = dice.pick(&[1, 60, 300, 600, 1_800]);
                geb.advance(Timestamp(geb.now().0 + seconds)).unwrap();
            }
            let action = choose(&mut dice, &geb);
            script.steps.push((geb.now(), action));
            let before = geb.clone();
            tried += 1;
            match geb.apply(&action) {
                Ok(outcome) => {
                    accepted += 1;
                    kinds.insert(format!("{:?}", discriminant(&action)));
                    assert_step(&before, &geb, &action, &outcome);
                }
                Err(rejection) => {
                    rejections.insert(rejection);
                    assert_same(&before, &geb);
                }
            }
        }
        assert_whole(&start, &geb);
    }
    println!(
        "{accepted} of {tried} accepted, {} kinds, {rejections:?}",
        kinds.len()
    );
    assert!(accepted * 10 >= tried * 3, "too few accepted");
    assert_eq!(kinds.len(), 9, "kinds of actions");
    assert!(rejections.len() >= 20, "{rejections:?}");
}

#[test]
fn the_whole_auction_costs_its_target() {
    let mut dice = Dice::new(5);
    let mut seen = 0;
    for _ in 0..2_000 {
        let mut geb = system(&mut dice);
        let _ = geb.apply(&Action::Liquidate { safe: OWNERS[0] });
        let auction = AuctionId(n(1));
        let Ok(most) = geb.largest_purchase(auction) else {
            continue;
        };
        seen += 1;
        let target = geb.bid(auction).unwrap().target.0;
        let whole = mul_div(target, n(1), RAY, Rounding::Ceil).unwrap();
        assert_eq!(most.paid.0, whole);
        let action = Action::Buy {
            auction,
            amount: Amount::new(u128::MAX >> 1),
            caller: BUYERS[0],
        };
        let Ok(Outcome::Bought(done)) = geb.apply(&action) else {
            panic!("a full purse buys all");
        };
        assert_eq!(done.bought, most.bought);
        assert!(geb.bid(auction).is_none());
    }
    assert!(seen > 200, "{seen} auctions");
}

#[test]
fn observing_moves_both_prices() {
    let mut dice = Dice::new(1);
    let mut geb = system(&mut dice);
    let feeds = Feeds {
        delayed: feed(870),
        ..Feeds::default()
    };
    geb.observe(Timestamp(START.0 + 3_600), feeds).unwrap();
    let core = geb.core();
    assert_eq!(core.relayer.updated, Timestamp(START.0 + 3_600));
    let ray = wad(870) * n(1_000_000_000);
    let in_coins = mul_div(ray, RAY, core.relayer.price.0, Rounding::Floor).unwrap();
    let ratio = core.relayer.liquidation_ratio.0;
    let price = mul_div(in_coins, RAY, ratio, Rounding::Floor).unwrap();
    assert_eq!(core.safes.liquidation_price.0, price);
    let before = geb.clone();
    assert_eq!(geb.observe(START, feeds), Err(Rejection::TimeBackward));
    assert_eq!(
        geb.observe(geb.now(), Feeds::default()),
        Err(Rejection::NoReason)
    );
    assert_same(&before, &geb);
}

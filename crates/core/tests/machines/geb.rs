//! GEB with a drawn book: a system for each collateral asset, and its own properties.

use crate::dice::Dice;
use crate::{BORROWERS, Case, LISTED, PRICE, START, borrower};
use backstop_core::auction::Ray;
use backstop_core::protocol::geb::{
    Core, Feed, Feeds, House, Line, LiquidationEngine, Relayer, SafeEngine, Safes,
};
use backstop_core::protocol::{
    AccountId, Asset, AssetId, OfferKind, Prices, Protocol, Settlement, Terms,
};
use backstop_core::units::{Amount, Index, Price, RAY, Ratio, Shares, Timestamp, U256, Value, WAD};
use std::num::NonZeroU16;

const DAI: AssetId = AssetId(3);

fn mille(share: u128, of: U256) -> U256 {
    of * U256::from(share) / U256::from(1_000)
}

fn rad(whole: u128) -> Value {
    Value(U256::from(whole) * WAD * RAY)
}

fn core(dice: &mut Dice, dollars: u128) -> Core {
    let feed = Feed {
        value: U256::from(dollars) * WAD,
        valid: true,
        connected: true,
    };
    let ratio = mille(1_250, RAY);
    Core {
        now: Timestamp(START),
        safes: SafeEngine {
            debt_index: Index(RAY),
            liquidation_price: Price(U256::from(dollars) * RAY * RAY / ratio),
            debt_floor: rad(dice.pick(&[0, 100])),
        },
        engine: LiquidationEngine {
            enabled: true,
            limit: rad(dice.pick(&[100_000, 100_000_000])),
            in_auction: Value::ZERO,
            penalty: Ratio(mille(1_100, WAD)),
            lot_max: rad(dice.pick(&[20_000, 100_000_000])),
        },
        relayer: Relayer {
            price: Price(RAY),
            rate: Ray(RAY),
            rate_min: Ray(U256::ONE),
            rate_max: Ray(RAY * WAD),
            updated: Timestamp(START),
            liquidation_ratio: Ray(ratio),
        },
        feeds: Feeds {
            delayed: feed,
            median: feed,
            coin: Feed::default(),
        },
        house: House {
            bid_min: Amount::ZERO,
            first_discount: Ratio(mille(950, WAD)),
            last_discount: Ratio(mille(800, WAD)),
            discount_rate: Ray(RAY - RAY / U256::from(10_000)),
            discount_duration: U256::from(7_200),
            collateral_lower: Ratio(mille(900, WAD)),
            collateral_upper: Ratio(mille(950, WAD)),
            coin_lower: Ratio(WAD),
            coin_upper: Ratio(WAD),
            coin_min: Ratio(mille(999, WAD)),
            last_redemption_price: Price::ZERO,
            started: U256::ZERO,
        },
        queued: Value::ZERO,
    }
}

pub(crate) fn open(dice: &mut Dice) -> Case<Safes> {
    let asset = |(symbol, decimals, _): &(&str, u8, u128)| Asset {
        symbol: (*symbol).to_owned(),
        decimals: *decimals,
    };
    let assets: Vec<Asset> = LISTED.iter().map(asset).collect();
    let prices = Prices(
        LISTED
            .iter()
            .map(|(_, _, d)| Price::new(d * PRICE))
            .collect(),
    );
    let book: Vec<_> = (0..BORROWERS).map(|_| borrower(dice, 80)).collect();
    let delay = dice.pick(&[None, NonZeroU16::new(3_600)]);
    let lines = (0..2).map(|at| {
        let (_, decimals, dollars) = LISTED[at];
        let unit = 10u128.pow(u32::from(18 - decimals));
        let worth = |held: &[(u128, u128); 4], at: usize| {
            held[at].0 / 10u128.pow(u32::from(LISTED[at].1) - 6) * LISTED[at].2
        };
        let safe = |held: &[(u128, u128); 4]| {
            let owed = U256::from(held[2].1) * U256::from(10u128.pow(12)) + U256::from(held[3].1);
            let (own, all) = (worth(held, at), worth(held, 0) + worth(held, 1));
            let debt = owed * U256::from(own) / U256::from(all.max(1));
            (Amount::new(held[at].0 * unit), Shares(debt))
        };
        Line {
            collateral: AssetId(u16::try_from(at).unwrap()),
            core: core(dice, dollars),
            safes: book.iter().map(safe).collect(),
            feed_delay: delay,
        }
    });
    let lines = lines.collect();
    Case {
        machine: Safes::new(assets, 8, prices, DAI, lines).unwrap(),
        breached,
    }
}

fn breached(machine: &Safes, id: AccountId) -> bool {
    let lost = machine.systems().any(|(_, system)| {
        let safe = system.account(id).unwrap();
        let owes = !safe.debt.is_zero() && !safe.locked.is_zero();
        owes && system.health(id).unwrap().unsafe_now
    });
    lost || machine.auctions(id).next().is_some()
}

/// Assets have to be listed with decimals that wad can hold, and lines the same accounts.
pub(crate) fn refuses_what_does_not_fit() {
    let line = |safes: usize| Line {
        collateral: AssetId(0),
        core: core(&mut Dice::new(0), 2_000),
        safes: vec![(Amount::ZERO, Shares::ZERO); safes],
        feed_delay: None,
    };
    for (decimals, coin, safes, want) in [
        ([18, 6], 1, [2, 2], None),
        (
            [19, 6],
            1,
            [2, 2],
            Some("assets: asset 0 is not listed with up to 18 decimals"),
        ),
        (
            [18, 19],
            1,
            [2, 2],
            Some("assets: asset 1 is not listed with up to 18 decimals"),
        ),
        (
            [18, 6],
            2,
            [2, 2],
            Some("assets: asset 2 is not listed with up to 18 decimals"),
        ),
        (
            [18, 6],
            1,
            [2, 3],
            Some("safes: 3 safes, but the first line has 2"),
        ),
    ] {
        let asset = |decimals| Asset {
            symbol: String::new(),
            decimals,
        };
        let prices = Prices(vec![Price::new(PRICE); 2]);
        let assets = decimals.map(asset).to_vec();
        let made = Safes::new(assets, 8, prices, AssetId(coin), safes.map(line).to_vec());
        let got = made.err().map(|error| error.to_string());
        assert_eq!(got.as_deref(), want, "{decimals:?} {coin} {safes:?}");
    }
}

/// Everything that can be done with an account, until nothing is left.
fn liquidate_all(machine: &mut Safes, id: AccountId) -> Vec<Settlement> {
    let mut done = Vec::new();
    while let Some(offer) = machine.offers(id).first() {
        let terms = Terms::all(AccountId(u32::MAX));
        done.push(machine.accept(offer, &terms).unwrap());
    }
    done
}

/// What an account lost, was freed of and left unpaid is what it had and owed.
pub(crate) fn adds_up() {
    let (mut short, mut sold) = (0, 0);
    for seed in 0..2_000 {
        let mut dice = Dice::new(seed);
        let mut machine = open(&mut dice).machine;
        let fall = 400 + dice.below(500);
        let price = |(at, (_, _, d)): (usize, &(_, u8, u128))| {
            let part = if at < 2 { fall } else { 1_000 };
            Price::new(d * PRICE * part / 1_000)
        };
        let prices = Prices(LISTED.iter().enumerate().map(price).collect());
        for hour in 1..=3 {
            machine
                .observe(Timestamp(START + 3_600 * hour), &prices)
                .unwrap();
        }
        for id in (0..BORROWERS).map(AccountId) {
            let sum = |machine: &Safes, of: fn(&backstop_core::protocol::Holding) -> Amount| {
                let rows = machine.holdings(id);
                let debts = rows.iter().map(|row| of(row).0);
                debts.sum::<U256>()
            };
            let owed = sum(&machine, |row| row.debt);
            let had = sum(&machine, |row| row.collateral);
            let done = liquidate_all(&mut machine, id);
            let cleared: U256 = done.iter().map(|s| s.cleared.0).sum();
            let lost: U256 = done.iter().flat_map(|s| &s.deficit).map(|(_, a)| a.0).sum();
            let taken: U256 = done.iter().flat_map(|s| &s.taken).map(|(_, a)| a.0).sum();
            let left = sum(&machine, |row| row.debt);
            let rounded = U256::from(4 * done.len() + 2);
            assert!(owed - left - cleared - lost <= rounded, "{id:?} of {seed}");
            assert!(had - taken - sum(&machine, |r| r.collateral) <= rounded);
            assert!(
                done.iter()
                    .all(|s| (s.repaid.is_zero()) == (s.seized.is_zero()))
            );
            short += u32::from(!lost.is_zero());
            sold += u32::from(!cleared.is_zero());
        }
    }
    assert!(short > 1_000 && sold > short, "{short} {sold}");
}

pub(crate) const KINDS: [OfferKind; 2] = [OfferKind::Start, OfferKind::Buy];

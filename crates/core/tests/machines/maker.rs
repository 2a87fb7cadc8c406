//! Maker with a drawn book: a vault for each borrower and collateral type, and one stablecoin that
//! all debts are in.

use crate::dice::Dice;
use crate::{BORROWERS, Case, LISTED, PRICE, START, borrower};
use backstop_core::auction::{DutchTerms, EnglishTerms, PriceCurve, Ray};
use backstop_core::protocol::maker::{House, MakerVersion, Pledge, VaultType, Vaults, VaultsSetup};
use backstop_core::protocol::{
    AccountId, Asset, AssetId, Holding, Offer, OfferKind, Prices, Protocol, Settlement, Terms,
};
use backstop_core::units::{Amount, Price, RAY, Ratio, Timestamp, U256, Value, WAD};
use std::collections::BTreeMap;
use std::num::NonZeroU16;

pub(crate) const ENGLISH: [OfferKind; 3] = [OfferKind::Start, OfferKind::Bid, OfferKind::Deliver];
pub(crate) const DUTCH: [OfferKind; 2] = [OfferKind::Start, OfferKind::Buy];
const DAI: AssetId = AssetId(3);
const ONE: u128 = 1_000_000_000_000_000_000;

fn n(n: u128) -> U256 {
    U256::from(n)
}

fn rad(whole: u128) -> Value {
    Value(n(whole) * WAD * RAY)
}

fn part(of: U256, thousandths: u128) -> U256 {
    of * n(thousandths) / n(1_000)
}

fn vault_type(dice: &mut Dice, version: MakerVersion, asset: usize) -> VaultType {
    let (_, _, dollars) = LISTED[asset];
    let lot = match version {
        MakerVersion::V1_0 => n(ONE * 20_000 / dollars),
        _ => rad(30_000).0,
    };
    VaultType {
        asset: AssetId(u16::try_from(asset).unwrap()),
        liquidation_ratio: Ray(part(RAY, 1_250)),
        penalty: Ratio(part(WAD, dice.pick(&[1_000, 1_130]))),
        // About 2 % or 100 % a year.
        growth: Ray(RAY + n(dice.pick(&[627_937_192_491_029_810, 21_979_553_151_239_153_027]))),
        debt_floor: rad(dice.pick(&[0, 100, 2_000])),
        feed_delay: dice.pick(&[None, NonZeroU16::new(3_600)]),
        lot_max: lot,
        limit: rad(dice.pick(&[20_000, 10_000_000])),
        english: EnglishTerms {
            min_step: Ratio(part(WAD, dice.pick(&[1_030, 1_200]))),
            bid_duration: dice.pick(&[600, 4_000]),
            duration: dice.pick(&[3_600, 20_000]),
        },
        dutch: DutchTerms {
            curve: PriceCurve::Stairstep {
                cut: Ray(part(RAY, 990)),
                step: n(90),
            },
            reset_after: n(dice.pick(&[1_200, 8_400])),
            reset_below: Ray(part(RAY, 400)),
            min_rest: Value::ZERO,
        },
        start_factor: Ray(part(RAY, dice.pick(&[1_000, 1_300]))),
        keeper_share: Ratio(part(WAD, 1)),
        keeper_flat: rad(dice.pick(&[0, 300])),
    }
}

/// A vault for each collateral, each with its share of the debts' sum.
fn vaults(held: &[(u128, u128); 4]) -> Vec<Pledge> {
    let owed = held[2].1 * 1_000_000_000_000 + held[3].1;
    let dollars = |at: usize| {
        let (_, decimals, price) = LISTED[at];
        held[at].0 * price / 10u128.pow(decimals.into())
    };
    let all = (dollars(0) + dollars(1)).max(1);
    let share = owed / all * dollars(1);
    let debts = [owed - share, share];
    let pledges = debts.into_iter().enumerate().map(|(at, debt)| Pledge {
        asset: AssetId(u16::try_from(at).unwrap()),
        collateral: Amount::new(held[at].0),
        debt: Amount::new(debt),
    });
    pledges
        .filter(|pledge| !pledge.collateral.is_zero())
        .collect()
}

fn setup(dice: &mut Dice, version: MakerVersion) -> VaultsSetup {
    let assets = LISTED.iter().map(|(symbol, decimals, _)| Asset {
        symbol: (*symbol).to_owned(),
        decimals: *decimals,
    });
    let prices = LISTED.iter().map(|(_, _, d)| Price::new(d * PRICE));
    VaultsSetup {
        version,
        assets: assets.collect(),
        base_decimals: 8,
        prices: Prices(prices.collect()),
        now: Timestamp(START),
        debt: DAI,
        limit: rad(dice.pick(&[40_000, 10_000_000])),
        types: (0..2).map(|at| vault_type(dice, version, at)).collect(),
        vaults: (0..BORROWERS)
            .map(|_| vaults(&borrower(dice, 80)))
            .collect(),
    }
}

fn case(dice: &mut Dice, version: MakerVersion) -> Case<Vaults> {
    Case {
        machine: setup(dice, version).build().unwrap(),
        breached,
    }
}

pub(crate) fn open_1_0(dice: &mut Dice) -> Case<Vaults> {
    case(dice, MakerVersion::V1_0)
}

pub(crate) fn open_1_2(dice: &mut Dice) -> Case<Vaults> {
    case(dice, MakerVersion::V1_2)
}

pub(crate) fn open_2_0(dice: &mut Dice) -> Case<Vaults> {
    case(dice, MakerVersion::V2_0)
}

fn breached(machine: &Vaults, id: AccountId) -> bool {
    let system = machine.system();
    machine.kinds().any(|(kind, _)| {
        let held = system.account(id).unwrap().holding(kind);
        let short = system.health(kind, id).unwrap().unsafe_now;
        let mut sales = system.running(kind).iter();
        let mut bids = system.bids(House::Collateral(kind));
        let vault = short && !held.locked.is_zero() && !held.debt.is_zero();
        vault
            || sales.any(|sale| system.sale(kind, *sale).unwrap().owner == id)
            || bids.any(|(_, bid)| bid.owner == Some(id))
    })
}

/// One vault of 100 ether at 2,000 dollars and a ratio of 125 %, owing 150,000.
fn single(version: MakerVersion, change: impl FnOnce(&mut VaultType)) -> Vaults {
    let mut setup = setup(&mut Dice::new(1), version);
    let kind = &mut setup.types[0];
    *kind = VaultType {
        penalty: Ratio(part(WAD, 1_130)),
        growth: Ray::ONE,
        debt_floor: rad(100),
        feed_delay: None,
        lot_max: match version {
            MakerVersion::V1_0 => n(50) * WAD,
            _ => rad(1_000_000).0,
        },
        limit: rad(1_000_000),
        english: EnglishTerms {
            min_step: Ratio(part(WAD, 1_030)),
            bid_duration: 600,
            duration: 21_600,
        },
        start_factor: Ray(part(RAY, 1_300)),
        keeper_flat: rad(300),
        ..*kind
    };
    change(kind);
    setup.limit = rad(1_000_000);
    setup.vaults = vec![vec![Pledge {
        asset: AssetId(0),
        collateral: Amount::new(100 * ONE),
        debt: Amount::new(150_000 * ONE),
    }]];
    setup.build().unwrap()
}

const OWNER: AccountId = AccountId(0);
const KEEPER: AccountId = AccountId(9);
const RIVAL: AccountId = AccountId(u32::MAX);

fn pass(machine: &mut Vaults, seconds: u64, ether: u128) {
    let mut prices = Prices(
        LISTED
            .iter()
            .map(|(_, _, d)| Price::new(d * PRICE))
            .collect(),
    );
    prices.0[0] = Price::new(ether * PRICE);
    machine
        .observe(Timestamp(machine.now().0 + seconds), &prices)
        .unwrap();
}

fn only(machine: &Vaults, kind: OfferKind) -> Offer {
    let offers = machine.offers(OWNER);
    let mut of_kind = offers.iter().filter(|offer| offer.kind == kind);
    *of_kind
        .next()
        .unwrap_or_else(|| panic!("{kind:?} in {offers:?}"))
}

fn take(machine: &mut Vaults, kind: OfferKind, terms: Terms) -> Settlement {
    let offer = only(machine, kind);
    machine.accept(&offer, &terms).unwrap()
}

fn pay(whole: u128, who: AccountId) -> Terms {
    Terms {
        repay: Amount::new(whole * ONE),
        ..Terms::all(who)
    }
}

fn whole(amount: Amount) -> u128 {
    u128::try_from(amount.0).unwrap() / ONE
}

/// Bids below and at the target, refunds, a smaller lot, delivery; and a lot that is won for nothing.
pub(crate) fn pays_bidders_and_owners() {
    let mut machine = single(MakerVersion::V1_0, |_| {});
    pass(&mut machine, 60, 1_800);
    assert!(machine.health(OWNER).unwrap().factor < Ratio(WAD));
    for _ in 0..2 {
        let start = only(&machine, OfferKind::Start);
        assert_eq!(
            (start.repay_max, whole(start.seize_max)),
            (Amount::ZERO, 50)
        );
        take(&mut machine, OfferKind::Start, Terms::all(KEEPER));
    }
    let held = machine.holdings(OWNER);
    assert_eq!((whole(held[0].collateral), held[0].enabled), (100, true));
    assert_eq!(whole(held[1].debt), 150_000);
    let first = only(&machine, OfferKind::Bid);
    assert_eq!((first.repay_min, first.bidder), (Amount::new(1), None));
    assert_eq!(whole(first.repay_max), 84_750);

    let bid = |machine: &mut Vaults, offer: &Offer, terms| machine.accept(offer, &terms).unwrap();
    let low = bid(&mut machine, &first, pay(60_000, KEEPER));
    assert_eq!((whole(low.repaid), low.payouts.len()), (60_000, 0));
    let again = |machine: &Vaults| {
        let offers = machine.offers(OWNER);
        *offers.iter().find(|o| o.auction == first.auction).unwrap()
    };
    let second = again(&machine);
    assert_eq!(
        (whole(second.repay_min), second.bidder),
        (61_800, Some(KEEPER))
    );
    let high = bid(&mut machine, &second, pay(90_000, RIVAL));
    assert_eq!(whole(high.repaid), 84_750);
    assert_eq!(
        (high.payouts[0].account, whole(high.payouts[0].amount)),
        (KEEPER, 60_000)
    );
    let smaller = again(&machine);
    assert_eq!(smaller.repay_min, smaller.repay_max);
    let wanted = Terms {
        seize: Amount::new(47 * ONE),
        ..Terms::all(KEEPER)
    };
    bid(&mut machine, &smaller, wanted);
    let held = machine.holdings(OWNER);
    assert_eq!(
        (whole(held[0].collateral), whole(held[1].collateral)),
        (97, 3)
    );
    assert!(!held[1].enabled);

    // The other lot for one unit.
    let other = only(&machine, OfferKind::Bid);
    assert_ne!(other.auction, first.auction);
    bid(
        &mut machine,
        &other,
        Terms {
            repay: Amount::new(1),
            ..Terms::all(RIVAL)
        },
    );
    pass(&mut machine, 601, 1_800);
    let mut told = BTreeMap::new();
    for _ in 0..2 {
        let done = take(&mut machine, OfferKind::Deliver, Terms::all(KEEPER));
        told.insert(whole(done.seized), done);
    }
    let (full, empty) = (&told[&47], &told[&50]);
    assert_eq!((whole(full.repaid), whole(full.cleared)), (84_750, 75_000));
    assert!(full.deficit.is_empty() && full.payouts.is_empty());
    assert_eq!(
        (empty.repaid, empty.cleared),
        (Amount::new(1), Amount::new(1))
    );
    assert_eq!(empty.deficit, [(DAI, Amount::new(75_000 * ONE - 1))]);
    assert_eq!(machine.breaches().count(), 0);
    assert_eq!(machine.health(OWNER).unwrap().factor, Ratio::MAX);
    let left = [Holding {
        asset: AssetId(0),
        collateral: Amount::new(3 * ONE),
        enabled: false,
        debt: Amount::ZERO,
    }];
    assert_eq!(machine.holdings(OWNER), left);
}

/// A price is heard an hour late; fees grow until a vault is unsafe.
pub(crate) fn hears_prices_late_and_charges_fees() {
    let mut machine = single(MakerVersion::V2_0, |kind| {
        kind.feed_delay = NonZeroU16::new(3_600)
    });
    let mut seconds = 3_600 - START % 3_600;
    for (breached, ether) in [(0, 1_800), (1, 1_800)] {
        pass(&mut machine, seconds, ether);
        assert_eq!(machine.breached(), breached, "{:?}", machine.health(OWNER));
        let value = u128::try_from(machine.health(OWNER).unwrap().collateral.0).unwrap();
        assert_eq!(value, 100 * ether * PRICE, "the observed price");
        seconds = 3_600;
    }
    // 100 % a year: 150,000 become 160,000 in a month and a little.
    let doubles = n(21_979_553_151_239_153_027);
    let mut machine = single(MakerVersion::V1_2, |kind| kind.growth = Ray(RAY + doubles));
    let treasury = |machine: &Vaults| {
        let system = machine.system();
        system.account(system.roles().treasury).unwrap().coins.0
    };
    for (days, breached) in [(30, 0), (5, 1)] {
        pass(&mut machine, days * 86_400, 2_000);
        assert_eq!(machine.breached(), breached, "{:?}", machine.health(OWNER));
    }
    let owed = machine.system().health(AssetId(0), OWNER).unwrap().owed;
    assert_eq!(owed.0, rad(150_000).0 + treasury(&machine));
    assert!(owed > rad(160_000) && owed < rad(161_000));
}

/// Over whole liquidations: what accounts lost, what was cleared and what was written off are what
/// the vaults held, and everybody's collateral is somewhere.
pub(crate) fn tells_each_unit_once() {
    for version in MakerVersion::ALL {
        for seed in 0..150 {
            let mut dice = Dice::new(seed);
            let mut setup = setup(&mut dice, version);
            for kind in &mut setup.types {
                kind.growth = Ray::ONE;
                kind.feed_delay = None;
            }
            run_down(&mut dice, setup.build().unwrap(), version);
        }
    }
}

/// Both sides of an account in base units: collateral by asset, then debt.
fn sides(machine: &Vaults, id: AccountId) -> [U256; 3] {
    let mut sides = [U256::ZERO; 3];
    for row in machine.holdings(id) {
        let at = usize::from(row.asset.0.min(2));
        sides[at] += if at < 2 { row.collateral.0 } else { row.debt.0 };
    }
    sides
}

fn run_down(dice: &mut Dice, mut machine: Vaults, version: MakerVersion) {
    let before: Vec<_> = (0..BORROWERS)
        .map(|id| sides(&machine, AccountId(id)))
        .collect();
    let mut told = vec![[U256::ZERO; 3]; before.len()];
    let mut calls = vec![0u64; before.len()];
    for _ in 0..60 {
        let seconds = u64::try_from(dice.below(2_000)).unwrap();
        let prices = LISTED.iter().enumerate().map(|(at, (_, _, d))| {
            let fall = if at < 2 { 300 + dice.below(900) } else { 1_000 };
            Price::new(d * PRICE * fall / 1_000)
        });
        let prices = Prices(prices.collect());
        machine
            .observe(Timestamp(machine.now().0 + seconds), &prices)
            .unwrap();
        let breached: Vec<_> = machine.breaches().collect();
        for account in breached {
            for offer in machine.offers(account) {
                let share = offer.repay_max.0 * n(dice.below(1_100)) / n(1_000);
                let terms = Terms {
                    repay: Amount(share).max(offer.repay_min),
                    ..Terms::all(RIVAL)
                };
                let Ok(done) = machine.accept(&offer, &terms) else {
                    continue;
                };
                let at = usize::try_from(account.0).unwrap();
                for (asset, amount) in &done.taken {
                    told[at][usize::from(asset.0)] += amount.0;
                }
                let lost: U256 = done.deficit.iter().map(|(_, amount)| amount.0).sum();
                told[at][2] += done.cleared.0 + lost;
                calls[at] += u64::from(!done.taken.is_empty());
            }
        }
    }
    for (id, ((had, told), calls)) in (0..).zip(before.iter().zip(&told).zip(&calls)) {
        let has = sides(&machine, AccountId(id));
        for side in 0..3 {
            // Each sale and each vault rounds a unit of its token.
            let off = had[side].abs_diff(has[side] + told[side]);
            assert!(
                off <= U256::from(calls + 2),
                "{version:?} {id} {side}: {off}"
            );
        }
    }
    conserves(&machine);
}

/// The contract's own books.
fn conserves(machine: &Vaults) {
    let system = machine.system();
    let accounts = (0..system.accounts()).map(|id| system.account(AccountId(id)).unwrap());
    let coins: U256 = accounts.clone().map(|account| account.coins.0).sum();
    let bad_debt: U256 = accounts.map(|account| account.bad_debt.0).sum();
    let backed: U256 = system
        .kinds()
        .iter()
        .map(|k| k.debt.0 * k.debt_index.0)
        .sum();
    assert_eq!(coins, system.core().issued.0);
    assert_eq!(bad_debt, system.core().unbacked.0);
    assert_eq!(coins, bad_debt + backed, "money has a debt");
}

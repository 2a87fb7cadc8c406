//! Maker's liquidations over random scripts: what holds after any action, in every version.
//!
//! Each script starts from another system and chooses actions by its state, so that most succeed.

#![allow(clippy::unwrap_used, reason = "a failed conversion fails the test")]

mod dice;

use backstop_core::auction::{AuctionId, DutchTerms, EnglishTerms, PriceCurve, Ray};
use backstop_core::protocol::maker::{
    Account, Action, BiddingParameter, Breaker, Change, CollateralParameter, CollateralType, Core,
    DebtHouse, DelayedFeed, DutchHouse, EnglishHouse, Holding, House, Lending, Liquidations, Maker,
    MakerSetup, MakerVersion, NextBid, Outcome, Parameter, PriceFeed, Quote, Rejection, Roles,
    SaleKind, SurplusHouse, SystemParameter, Treasury,
};
use backstop_core::protocol::{AccountId, AssetId};
use backstop_core::units::{
    Amount, Index, Price, RAY, Ratio, Rounding, Shares, Timestamp, U256, Value, WAD, mul_div,
};
use dice::{Dice, Script};
use std::collections::{BTreeMap, BTreeSet};
use std::mem::discriminant;

const START: Timestamp = Timestamp(1_600_000_000);
const VOW: AccountId = AccountId(0);
const CAT: AccountId = AccountId(1);
const FLAP: AccountId = AccountId(2);
const HOUSES: [AccountId; 2] = [AccountId(3), AccountId(4)];
const ADMIN: AccountId = AccountId(5);
const SINK: AccountId = AccountId(6);
const BIDDERS: [AccountId; 3] = [AccountId(7), AccountId(8), AccountId(9)];
const OWNERS: [AccountId; 3] = [AccountId(10), AccountId(11), AccountId(12)];
const ACCOUNTS: usize = 13;
const TYPES: [AssetId; 2] = [AssetId(0), AssetId(1)];

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

fn terms(dice: &mut Dice) -> EnglishTerms {
    EnglishTerms {
        min_step: Ratio(mille(1_000 + dice.below(100), WAD)),
        bid_duration: 600,
        duration: dice.pick(&[1_800, 3_600]),
    }
}

fn curve(dice: &mut Dice) -> PriceCurve {
    match dice.below(3) {
        0 => PriceCurve::Linear {
            duration: dice.pick(&[n(3_600), n(20_000)]),
        },
        1 => PriceCurve::Stairstep {
            cut: Ray(mille(990, RAY)),
            step: n(90),
        },
        _ => PriceCurve::Exponential {
            cut: Ray(RAY - RAY / n(5_000)),
        },
    }
}

fn collateral_type(dice: &mut Dice, version: MakerVersion, asset: AssetId) -> CollateralType {
    let quote = Quote {
        value: wad(100 + dice.below(200)),
        valid: true,
    };
    let ratio = mille(1_500, RAY);
    let floor = Value(rad(dice.pick(&[0, 100, 2_000])));
    let feed = match asset {
        AssetId(0) => PriceFeed::Direct(quote),
        _ => PriceFeed::Delayed(DelayedFeed::settled(quote, 3_600, START)),
    };
    let by_collateral = version == MakerVersion::V1_0;
    let one = if by_collateral { RAY } else { WAD };
    let lot_max = if by_collateral { wad(50) } else { rad(50_000) };
    CollateralType {
        house: HOUSES[usize::from(asset.0)],
        debt: Shares::ZERO,
        debt_index: Index(mille(dice.pick(&[1_000, 1_037, 1_250]), RAY)),
        safe_price: Price(quote.value * n(1_000_000_000) * n(2) / n(3)),
        debt_floor: floor,
        liquidation_ratio: Ray(ratio),
        feed,
        penalty: mille(dice.pick(&[1_000, 1_130]), one),
        limit: Value(rad(dice.pick(&[30_000, 1_000_000]))),
        in_auction: Value::ZERO,
        lot_max,
        dutch: DutchHouse {
            terms: DutchTerms {
                curve: curve(dice),
                reset_after: n(dice.pick(&[1_200, 7_200])),
                reset_below: Ray(mille(dice.pick(&[0, 400, 800]), RAY)),
                min_rest: Value(mille(1_130, floor.0)),
            },
            start_factor: Ray(mille(1_200, RAY)),
            keeper_share: Ratio(mille(dice.pick(&[0, 1]), WAD)),
            keeper_flat: Value(rad(dice.pick(&[0, 300]))),
            halted: U256::ZERO,
            started: U256::ZERO,
        },
        english: EnglishHouse {
            terms: terms(dice),
            started: U256::ZERO,
        },
        breaker: Breaker {
            tolerance: Ray(mille(600, RAY)),
            locked_until: U256::ZERO,
        },
        lending: Lending {
            ceiling: Value(rad(dice.pick(&[0, 2_000_000]))),
            growth: Ray(RAY + n(dice.pick(&[0, 1_243_680_656_318_820_312_000]))),
            accrued: START,
        },
    }
}

/// Vaults around the safe price, and bidders with a full purse but one.
fn accounts(dice: &mut Dice, kinds: &mut [CollateralType; 2]) -> Vec<Account> {
    let mut accounts = vec![Account::default(); ACCOUNTS];
    let at = |AccountId(id): AccountId| usize::try_from(id).unwrap();
    for owner in OWNERS {
        for (asset, kind) in TYPES.into_iter().zip(kinds.iter_mut()) {
            let locked = wad(1 + dice.below(500)) + n(dice.below(1_000_000));
            let safe = locked * kind.safe_price.0 / kind.debt_index.0;
            let debt = Shares(mille(800 + dice.below(400), safe));
            kind.debt = kind.debt.plus(debt).unwrap();
            accounts[at(owner)].put(Holding {
                asset,
                locked: Amount(locked),
                debt,
                free: Amount::ZERO,
            });
        }
    }
    for (bidder, purse) in BIDDERS.into_iter().zip([10_000_000, 10_000_000, 5_000]) {
        accounts[at(bidder)].coins = Value(rad(purse));
        accounts[at(bidder)].tokens = Amount(wad(purse / 1_000));
    }
    accounts[at(ADMIN)].coins = Value(rad(1_000_000));
    accounts[at(VOW)].coins = Value(rad(dice.pick(&[0, 0, 30_000])));
    accounts
}

fn system(version: MakerVersion, dice: &mut Dice) -> Maker {
    let mut kinds = TYPES.map(|asset| collateral_type(dice, version, asset));
    let mut accounts = accounts(dice, &mut kinds);
    let issued: U256 = accounts.iter().map(|a| a.coins.0).sum();
    let backed: U256 = kinds.iter().map(|k| k.debt.0 * k.debt_index.0).sum();
    let unbacked = Value(issued - backed);
    let AccountId(sink) = SINK;
    accounts[usize::try_from(sink).unwrap()].bad_debt = unbacked;
    let tokens: U256 = accounts.iter().map(|a| a.tokens.0).sum();
    let core = Core {
        now: START,
        issued: Value(issued),
        unbacked,
        tokens: Amount(tokens),
        debt_ceiling: Value(rad(dice.pick(&[0, 1_000_000_000]))),
        target_price: Ray::ONE,
        liquidations: Liquidations {
            enabled: true,
            limit: Value(rad(dice.pick(&[40_000, 5_000_000]))),
            in_auction: Value::ZERO,
        },
        treasury: Treasury {
            enabled: true,
            queue_delay: n(dice.pick(&[0, 600])),
            debt_lot: Amount(wad(250)),
            debt_bid: Value(rad(10_000)),
            surplus_lot: Value(rad(10_000)),
            surplus_buffer: Value(rad(dice.pick(&[0, 5_000]))),
            ..Treasury::default()
        },
        debt_house: DebtHouse {
            enabled: true,
            terms: terms(dice),
            lot_growth: Ratio(mille(1_500, WAD)),
            started: U256::ZERO,
        },
        surplus_house: SurplusHouse {
            enabled: true,
            terms: terms(dice),
            limit: Value(rad(25_000)),
            ..SurplusHouse::default()
        },
    };
    let setup = MakerSetup {
        version,
        core,
        roles: Roles {
            treasury: VOW,
            liquidator: CAT,
            surplus_house: FLAP,
        },
        kinds: kinds.to_vec(),
        accounts,
        queue: BTreeMap::new(),
        sales: BTreeMap::new(),
        bids: BTreeMap::new(),
    };
    setup.build().unwrap()
}

/// Any auction of a house, now and then one that is not.
fn any_bid(dice: &mut Dice, maker: &Maker) -> (House, AuctionId) {
    let houses = [
        House::Collateral(TYPES[0]),
        House::Collateral(TYPES[1]),
        House::Debt,
        House::Surplus,
    ];
    let running: Vec<_> = houses
        .into_iter()
        .flat_map(|house| maker.bids(house).map(move |(id, _)| (house, id)))
        .collect();
    if running.is_empty() || dice.percent(4) {
        (dice.pick(&houses), AuctionId(n(1 + dice.below(3))))
    } else {
        dice.pick(&running)
    }
}

/// The next bid that a house takes, often exactly, else more, or a little off.
fn bidding(dice: &mut Dice, maker: &Maker) -> Action {
    let (house, auction) = any_bid(dice, maker);
    let caller = dice.pick(&BIDDERS);
    let off = dice.percent(12);
    match maker.next_bid(house, auction).unwrap() {
        Some(NextBid::Raise { lot, bid }) => {
            let more = if dice.percent(50) {
                mille(200, bid)
            } else {
                U256::ZERO
            };
            let reached = match house {
                House::Collateral(_) if dice.percent(40) => {
                    let all = maker.bids(house).find(|(id, _)| *id == auction);
                    all.unwrap().1.target.0
                }
                House::Surplus if bid == U256::ONE => wad(1),
                _ => bid + more,
            };
            Action::Raise {
                house,
                auction,
                lot: lot + n(u128::from(off && dice.percent(40))),
                bid: if off { bid - n(1) } else { reached },
                caller,
            }
        }
        Some(NextBid::Lower { lot, bid }) => Action::Lower {
            house,
            auction,
            lot: if off {
                lot + n(1)
            } else {
                mille(500 + dice.below(501), lot)
            },
            bid: bid + n(u128::from(off && dice.percent(40))),
            caller,
        },
        None if dice.percent(50) => Action::Settle { house, auction },
        None if house == House::Debt => Action::Lower {
            house,
            auction,
            lot: n(1),
            bid: rad(10_000),
            caller,
        },
        None => Action::Raise {
            house,
            auction,
            lot: n(1),
            bid: n(1),
            caller,
        },
    }
}

/// A call of a Dutch house.
fn dutch(dice: &mut Dice, maker: &Maker, asset: AssetId) -> Action {
    let running = maker.running(asset);
    let auction = match running.is_empty() || dice.percent(3) {
        true => AuctionId(n(1 + dice.below(4))),
        false => dice.pick(running),
    };
    let caller = dice.pick(&BIDDERS);
    let due = maker.sale_status(asset, auction);
    let due = due.is_ok_and(|status| status.needs_reset);
    match dice.below(20) {
        _ if due && dice.percent(80) => Action::Reset {
            asset,
            auction,
            keeper: caller,
        },
        0 => Action::Reset {
            asset,
            auction,
            keeper: caller,
        },
        1 => Action::CancelSale {
            asset,
            auction,
            caller: ADMIN,
        },
        2 => Action::RefreshMinRest { asset },
        _ => {
            let lot = maker.sale(asset, auction).map(|sale| sale.auction.lot.0);
            let lot = u128::try_from(lot.unwrap_or(U256::ZERO)).unwrap();
            Action::Take {
                asset,
                auction,
                amount: Amount(n(dice.part(lot))),
                price_max: if dice.percent(95) {
                    Price::MAX
                } else {
                    Price(n(1))
                },
                receiver: dice.pick(&BIDDERS),
                caller,
            }
        }
    }
}

/// A call of the treasury.
fn treasury(dice: &mut Dice, maker: &Maker) -> Action {
    let vow = maker.account(VOW).unwrap();
    let own = maker.core().treasury;
    let free = vow.bad_debt.minus_or_zero(own.queued);
    let free = free.minus_or_zero(own.in_auction);
    let part =
        |dice: &mut Dice, of: Value| Value(mille(dice.pick(&[1_000, 1_000, 400, 1_001]), of.0));
    match dice.below(20) {
        0 | 1 => Action::QueueDebt {
            amount: Value(rad(dice.pick(&[500, 12_000]))),
            receiver: ADMIN,
        },
        2 | 3 => Action::Issue {
            amount: Value(rad(dice.pick(&[500, 12_000]))),
            receiver: ADMIN,
        },
        4 | 5 => Action::Move {
            from: if dice.percent(90) { ADMIN } else { OWNERS[0] },
            to: VOW,
            amount: Value(rad(dice.pick(&[1_000, 20_000]))),
        },
        6 | 7 => {
            let since = maker.queue().next().map_or(START, |(since, _)| since);
            Action::Release {
                since: n(u128::from(since.0)),
            }
        }
        8..=11 => Action::Heal {
            amount: part(dice, free.min(vow.coins)),
        },
        12 => Action::HealAuctioned {
            amount: part(dice, own.in_auction.min(vow.coins)),
        },
        13..=15 => Action::StartDebtAuction,
        16..=18 => Action::StartSurplusAuction,
        _ if dice.percent(12) => Action::ShutDown,
        _ => Action::StartDebtAuction,
    }
}

/// Prices, breaker and parameters.
fn around(dice: &mut Dice, asset: AssetId) -> Action {
    let set = |parameter, value| Action::Set {
        parameter: Parameter::Collateral(asset, parameter),
        value,
    };
    let system = |parameter, value| Action::Set {
        parameter: Parameter::System(parameter),
        value,
    };
    match dice.below(24) {
        0..=6 => Action::SetSource {
            asset,
            quote: Quote {
                value: wad(20 + dice.below(280)),
                valid: dice.percent(95),
            },
        },
        7..=10 => Action::PokeFeed { asset: TYPES[1] },
        11..=16 => Action::PokePrice { asset },
        17 if dice.percent(20) => Action::ClearFeed { asset: TYPES[1] },
        17 => Action::TripBreaker { asset: TYPES[1] },
        18 => Action::SetBreaker {
            asset,
            level: n(dice.pick(&[0, 0, 1, 2, 3, 4])),
            delay: n(dice.pick(&[0, 600])),
        },
        19 => set(CollateralParameter::DebtFloor, rad(dice.below(3_000))),
        20 => set(
            CollateralParameter::CurveCut,
            mille(990 + dice.below(15), RAY),
        ),
        21 => system(SystemParameter::LiquidationLimit, rad(dice.below(100_000))),
        22 if dice.percent(8) => system(SystemParameter::Liquidations, U256::ZERO),
        22 => set(
            CollateralParameter::Penalty,
            mille(990 + dice.below(200), WAD),
        ),
        _ => Action::Set {
            parameter: Parameter::Bidding(House::Debt, BiddingParameter::MinStep),
            value: mille(1_000 + dice.below(100), WAD),
        },
    }
}

/// A vault's owner, or whoever brings the fee up to date.
fn lending(dice: &mut Dice, maker: &Maker, asset: AssetId) -> Action {
    let owner = dice.pick(&OWNERS);
    let held = maker.account(owner).unwrap().holding(asset);
    let part = |dice: &mut Dice, of: U256| match dice.below(4) {
        0 => of,
        1 => U256::ZERO,
        _ => mille(dice.below(1_002), of),
    };
    match dice.below(8) {
        0 => Action::Join {
            asset,
            owner,
            amount: Amount(wad(dice.below(100))),
        },
        1 => Action::Exit {
            asset,
            owner,
            amount: Amount(part(dice, held.free.0)),
        },
        2 => Action::Accrue { asset },
        _ => {
            let collateral = match dice.below(2) {
                0 => Change::More(part(dice, held.free.0)),
                _ => Change::Less(part(dice, held.locked.0)),
            };
            let debt = match dice.below(3) {
                0 => Change::NONE,
                1 => Change::More(part(dice, wad(5_000))),
                _ => Change::Less(part(dice, held.debt.0)),
            };
            Action::Adjust {
                asset,
                vault: owner,
                source: owner,
                purse: BIDDERS[0],
                collateral,
                debt,
            }
        }
    }
}

fn choose(dice: &mut Dice, maker: &Maker) -> Action {
    let asset = dice.pick(&TYPES);
    let sells_by_price = maker.version().rules().sale == SaleKind::Dutch;
    match dice.below(100) {
        0..=19 => Action::Liquidate {
            asset,
            vault: dice.pick(&OWNERS),
            keeper: BIDDERS[2],
        },
        20..=39 if sells_by_price => dutch(dice, maker, asset),
        20..=57 => bidding(dice, maker),
        58..=63 => {
            let (house, auction) = any_bid(dice, maker);
            Action::Settle { house, auction }
        }
        64..=66 => {
            let (house, auction) = any_bid(dice, maker);
            Action::Extend { house, auction }
        }
        67..=68 => {
            let (house, auction) = any_bid(dice, maker);
            Action::CancelBid {
                house,
                auction,
                caller: dice.pick(&[ADMIN, BIDDERS[0]]),
            }
        }
        69..=82 => treasury(dice, maker),
        83..=88 => lending(dice, maker, asset),
        _ => around(dice, asset),
    }
}

fn assert_same(before: &Maker, after: &Maker) {
    assert_eq!(before.core(), after.core());
    assert_eq!(before.kinds(), after.kinds());
    for id in (0..after.accounts()).map(AccountId) {
        assert_eq!(before.account(id), after.account(id), "{id:?}");
    }
    assert!(before.queue().eq(after.queue()), "the queue");
    for asset in TYPES {
        assert_eq!(before.running(asset), after.running(asset));
        let house = House::Collateral(asset);
        assert!(before.bids(house).eq(after.bids(house)), "the auctions");
        for id in after.running(asset) {
            assert_eq!(before.sale(asset, *id), after.sale(asset, *id));
        }
    }
    for house in [House::Debt, House::Surplus] {
        assert!(before.bids(house).eq(after.bids(house)), "the auctions");
    }
}

/// What holds in every state that can be reached.
fn assert_whole(maker: &Maker) {
    let core = maker.core();
    let all = || (0..maker.accounts()).map(|id| maker.account(AccountId(id)).unwrap());
    let sum = |of: fn(&Account) -> U256| all().map(of).sum::<U256>();
    assert_eq!(sum(|a| a.coins.0), core.issued.0, "money");
    assert_eq!(sum(|a| a.bad_debt.0), core.unbacked.0, "bad debt");
    assert_eq!(sum(|a| a.tokens.0), core.tokens.0, "tokens");
    let backed: U256 = maker
        .kinds()
        .iter()
        .map(|k| k.debt.0 * k.debt_index.0)
        .sum();
    assert_eq!(core.issued.0, core.unbacked.0 + backed, "money has a debt");
    let mut targets = U256::ZERO;
    for (asset, kind) in TYPES.into_iter().zip(maker.kinds()) {
        let held = |of: fn(&Holding) -> U256| all().map(|a| of(&a.holding(asset))).sum::<U256>();
        assert_eq!(held(|h| h.debt.0), kind.debt.0, "debt of the vaults");
        let sales = maker
            .running(asset)
            .iter()
            .map(|id| maker.sale(asset, *id).unwrap());
        let places: Vec<_> = sales.clone().map(|sale| sale.place).collect();
        assert!(places.iter().copied().eq(0..places.len()), "places");
        let own: U256 = sales.clone().map(|sale| sale.auction.target.0).sum();
        assert_eq!(own, kind.in_auction.0, "targets of a type");
        let bids = maker.bids(House::Collateral(asset)).map(|(_, bid)| bid);
        let bids: Vec<_> = bids.collect();
        let lots = sales.map(|sale| sale.auction.lot.0).sum::<U256>()
            + bids.iter().map(|bid| bid.auction.lot).sum::<U256>();
        let house = maker.account(kind.house).unwrap();
        assert_eq!(lots, house.holding(asset).free.0, "lots of a house");
        targets += own + bids.iter().map(|bid| bid.target.0).sum::<U256>();
    }
    if maker.version() != MakerVersion::V1_0 {
        assert_eq!(targets, core.liquidations.in_auction.0, "targets");
    }
    if core.treasury.enabled {
        let queued: U256 = maker.queue().map(|(_, amount)| amount.0).sum();
        assert_eq!(queued, core.treasury.queued.0, "the queue");
        let lots = maker.bids(House::Surplus).map(|(_, bid)| bid.auction.lot);
        let house = maker.account(FLAP).unwrap();
        assert_eq!(lots.sum::<U256>(), house.coins.0, "surplus in auction");
    }
    let paid = maker.bids(House::Surplus).map(|(_, bid)| bid.auction.bid);
    assert_eq!(
        paid.sum::<U256>(),
        maker.account(FLAP).unwrap().tokens.0,
        "bids"
    );
}

/// Each offer of the machine is one that it takes, and the cheapest.
fn assert_offers(maker: &Maker) {
    let bidder = BIDDERS[0];
    for house in [House::Collateral(TYPES[0]), House::Debt, House::Surplus] {
        let Some((auction, _)) = maker.bids(house).next() else {
            continue;
        };
        let (cheapest, cheaper) = match maker.next_bid(house, auction).unwrap() {
            None => continue,
            Some(NextBid::Raise { lot, bid }) => {
                let action = |bid| Action::Raise {
                    house,
                    auction,
                    lot,
                    bid,
                    caller: bidder,
                };
                (action(bid), action(bid - n(1)))
            }
            Some(NextBid::Lower { lot, bid }) => {
                let action = |lot| Action::Lower {
                    house,
                    auction,
                    lot,
                    bid,
                    caller: bidder,
                };
                (action(lot), action(lot + n(1)))
            }
        };
        let rich = maker.account(bidder).unwrap().coins.0 > rad(1_000_000);
        if rich {
            assert!(maker.preview(&cheapest).is_ok(), "{cheapest:?}");
        }
        assert!(maker.preview(&cheaper).is_err(), "{cheaper:?}");
    }
    for asset in TYPES {
        for auction in maker.running(asset) {
            let Ok((paid, bought)) = maker.largest_purchase(asset, *auction) else {
                continue;
            };
            let take = Action::Take {
                asset,
                auction: *auction,
                amount: Amount::MAX,
                price_max: Price::MAX,
                receiver: bidder,
                caller: bidder,
            };
            if let Ok(Outcome::Bought(done)) = maker.preview(&take) {
                assert_eq!((done.paid, done.bought), (paid, bought));
            }
        }
    }
}

/// What one accepted action must have done, beyond the books.
fn assert_step(before: &Maker, after: &Maker, action: &Action, outcome: &Outcome) {
    match (action, outcome) {
        (Action::Take { asset, auction, .. }, Outcome::Bought(bought)) => {
            let sale = before.sale(*asset, *auction).unwrap().auction;
            assert_eq!(sale.target, bought.paid.plus(bought.target).unwrap());
            assert_eq!(sale.lot, bought.bought.plus(bought.lot).unwrap());
            let surplus = |maker: &Maker| maker.account(VOW).unwrap().coins;
            assert_eq!(surplus(after), surplus(before).plus(bought.paid).unwrap());
            assert!(bought.price <= sale.top, "the price never rises");
            let open = after.sale(*asset, *auction).is_some();
            assert_eq!(open, !bought.target.is_zero() && !bought.lot.is_zero());
        }
        (Action::Liquidate { asset, vault, .. }, Outcome::Liquidated(taken)) => {
            let held = |maker: &Maker| maker.account(*vault).unwrap().holding(*asset);
            let (old, new) = (held(before), held(after));
            assert!(before.health(*asset, *vault).unwrap().unsafe_now);
            assert_eq!(old.locked, new.locked.plus(taken.collateral).unwrap());
            assert_eq!(old.debt, new.debt.plus(taken.debt).unwrap());
            let one = before.version().rules().penalty_one;
            let penalty = before.kinds()[usize::from(asset.0)].penalty;
            let target = mul_div(taken.due.0, penalty, one, Rounding::Floor).unwrap();
            assert_eq!(taken.target.0, target);
        }
        (Action::Heal { amount } | Action::HealAuctioned { amount }, Outcome::Done) => {
            let issued = after.core().issued.plus(*amount).unwrap();
            assert_eq!(before.core().issued, issued);
        }
        _ => {}
    }
}

#[derive(Default)]
struct Tally {
    tried: u64,
    accepted: u64,
    kinds: BTreeMap<String, u64>,
    rejections: BTreeSet<Rejection>,
}

fn run_scripts(version: MakerVersion, scripts: u64) -> Tally {
    let mut tally = Tally::default();
    for seed in 0..scripts {
        let mut dice = Dice::new(seed);
        let mut maker = system(version, &mut dice);
        let mut script = Script::new(seed);
        for _ in 0..14 {
            if dice.percent(45) {
                let seconds = dice.pick(&[1, 90, 500, 601, 1_000, 3_600, 4_000]);
                maker.advance(Timestamp(maker.now().0 + seconds)).unwrap();
            }
            let action = choose(&mut dice, &maker);
            script.steps.push((maker.now(), action.clone()));
            let before = maker.clone();
            tally.tried += 1;
            match maker.apply(&action) {
                Ok(outcome) => {
                    tally.accepted += 1;
                    let name = format!("{:?}", discriminant(&action));
                    *tally.kinds.entry(name).or_default() += 1;
                    assert_step(&before, &maker, &action, &outcome);
                }
                Err(rejection) => {
                    tally.rejections.insert(rejection);
                    assert_same(&before, &maker);
                }
            }
        }
        assert_whole(&maker);
        assert_offers(&maker);
    }
    tally
}

/// Runs scripts of a version: at least so many kinds of actions succeed, and so many rejections
/// are seen.
fn check(version: MakerVersion, kinds: usize, rejections: usize) {
    let tally = run_scripts(version, 34_000);
    let (accepted, tried) = (tally.accepted, tally.tried);
    assert!(accepted * 10 >= tried * 3, "{accepted} of {tried} accepted");
    assert!(tally.kinds.len() >= kinds, "{:?}", tally.kinds);
    assert!(
        tally.rejections.len() >= rejections,
        "{:?}",
        tally.rejections
    );
}

#[test]
fn books_balance_in_1_0() {
    check(MakerVersion::V1_0, 22, 46);
}

#[test]
fn books_balance_in_1_2() {
    check(MakerVersion::V1_2, 22, 48);
}

#[test]
fn books_balance_in_2_0() {
    check(MakerVersion::V2_0, 26, 47);
}

#[test]
fn forks_are_independent() {
    let mut dice = Dice::new(7);
    let maker = system(MakerVersion::V2_0, &mut dice);
    let (mut left, right) = (maker.clone(), maker.clone());
    for _ in 0..2_000 {
        let action = choose(&mut dice, &left);
        let _ = left.apply(&action);
    }
    assert_same(&maker, &right);
    assert_whole(&left);
}

#[test]
fn prices_never_rise() {
    let mut dice = Dice::new(11);
    for _ in 0..5_000 {
        let curve = curve(&mut dice);
        let top = Price(wad(dice.below(1_000_000)));
        let mut last = top;
        let mut elapsed = U256::ZERO;
        for _ in 0..20 {
            let price = curve.price(top, elapsed).unwrap();
            assert!(
                price <= last,
                "{curve:?} at {elapsed}: {price:?} after {last:?}"
            );
            last = price;
            elapsed += n(dice.below(600));
        }
    }
}

#[test]
fn observing_pokes_what_is_due() {
    let mut dice = Dice::new(3);
    let mut maker = system(MakerVersion::V2_0, &mut dice);
    let quotes = [60, 70].map(|price| Quote {
        value: wad(price),
        valid: true,
    });
    let safe = |price| Price(wad(price) * n(1_000_000_000) * n(2) / n(3));
    let old = maker.kinds()[1].safe_price;
    let hours = |count: u64| Timestamp(START.0 / 3_600 * 3_600 + count * 3_600);
    let steps = [(1, old), (1, old), (2, safe(70)), (3, safe(70))];
    for (hour, delayed) in steps {
        maker.observe(hours(hour), &quotes).unwrap();
        assert_eq!(maker.kinds()[0].safe_price, safe(60));
        assert_eq!(maker.kinds()[1].safe_price, delayed, "hour {hour}");
    }
    let before = maker.clone();
    let back = maker.observe(START, &quotes);
    assert_eq!(back, Err(Rejection::TimeBackward));
    assert_same(&before, &maker);
}

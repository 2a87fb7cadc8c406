//! Maker: one liquidation and one purchase, each with a hundred others running; and what a liquidator
//! does through the trait: starting, bidding, ending and buying, each with a hundred auctions running.
//!
//! Run with `cargo bench -p backstop-core --bench maker`.

#![allow(clippy::unwrap_used, reason = "a benchmark that cannot run must stop")]

use backstop_core::auction::{AuctionId, DutchTerms, EnglishTerms, PriceCurve, Ray};
use backstop_core::protocol::maker::{
    Account, Action, Breaker, CollateralType, Core, DebtHouse, DutchHouse, EnglishHouse, Holding,
    Lending, Liquidations, Maker, MakerSetup, MakerVersion, Pledge, PriceFeed, Quote, Roles,
    SurplusHouse, Treasury, VaultType, Vaults, VaultsSetup,
};
use backstop_core::protocol::{AccountId, Asset, AssetId, Prices, Protocol, Settlement, Terms};
use backstop_core::units::{Amount, Index, Price, RAY, Ratio, Shares, Timestamp, U256, Value, WAD};
use divan::{AllocProfiler, Bencher, black_box};
use std::collections::BTreeMap;

#[global_allocator]
static ALLOC: AllocProfiler = AllocProfiler::system();

const START: Timestamp = Timestamp(1_600_000_000);
const ASSET: AssetId = AssetId(0);
const VAULTS: u32 = 10_000;
const BUYER: AccountId = AccountId(2);
/// Treasury, house, buyer; then the vaults.
const FIRST: u32 = 3;
const VERSIONS: [&str; 3] = ["1.0.3", "1.2", "2.0"];
const WITH_BIDS: [&str; 2] = ["1.0.3", "1.2"];
/// Prices of the trait have eight decimals.
const DOLLAR: u128 = 100_000_000;
/// A liquidator, outside the book.
const KEEPER: AccountId = AccountId(VAULTS + 1);
/// Each borrower's vault: ten ether against 1 100 coins.
const PLEDGE: Pledge = Pledge {
    asset: ASSET,
    collateral: Amount(U256::from_limbs([10_000_000_000_000_000_000, 0, 0, 0])),
    debt: Amount(U256::from_limbs([11_642_099_651_136_454_656, 59, 0, 0])),
};

fn wad(whole: u64) -> U256 {
    U256::from(whole) * WAD
}

fn rad(whole: u64) -> U256 {
    wad(whole) * RAY
}

/// Ten ether each at 150, and a debt of 1 100: just unsafe.
fn kind() -> CollateralType {
    let quote = Quote {
        value: wad(150),
        valid: true,
    };
    CollateralType {
        house: AccountId(1),
        debt: Shares(wad(1_100) * U256::from(VAULTS)),
        debt_index: Index(RAY),
        safe_price: Price(RAY * U256::from(100)),
        debt_floor: Value(rad(100)),
        liquidation_ratio: Ray(RAY + RAY / U256::from(2)),
        feed: PriceFeed::Direct(quote),
        penalty: WAD + WAD / U256::from(8),
        limit: Value(rad(1_000_000_000)),
        in_auction: Value::ZERO,
        lot_max: U256::ZERO,
        dutch: DutchHouse {
            terms: DutchTerms {
                curve: PriceCurve::Stairstep {
                    cut: Ray(RAY - RAY / U256::from(100)),
                    step: U256::from(90),
                },
                reset_after: U256::from(8_400),
                reset_below: Ray(RAY / U256::from(5) * U256::from(2)),
                min_rest: Value(rad(113)),
            },
            start_factor: Ray(RAY + RAY / U256::from(5)),
            keeper_share: Ratio(WAD / U256::from(1_000)),
            keeper_flat: Value(rad(300)),
            halted: U256::ZERO,
            started: U256::ZERO,
        },
        english: EnglishHouse::default(),
        breaker: Breaker::default(),
        lending: Lending::default(),
    }
}

fn system() -> Maker {
    let kind = kind();
    let mut accounts = vec![Account::default(), Account::default(), Account::default()];
    accounts[2].coins = Value(kind.debt.0 * RAY);
    for _ in 0..VAULTS {
        let mut owner = Account::default();
        owner.put(Holding {
            asset: ASSET,
            locked: Amount(wad(10)),
            debt: Shares(wad(1_100)),
            free: Amount::ZERO,
        });
        accounts.push(owner);
    }
    let setup = MakerSetup {
        version: MakerVersion::V2_0,
        core: Core {
            now: START,
            issued: Value(kind.debt.0 * RAY),
            unbacked: Value::ZERO,
            tokens: Amount::ZERO,
            debt_ceiling: Value::ZERO,
            target_price: Ray::ONE,
            liquidations: Liquidations {
                enabled: true,
                limit: Value(rad(1_000_000_000)),
                in_auction: Value::ZERO,
            },
            treasury: Treasury::default(),
            debt_house: DebtHouse::default(),
            surplus_house: SurplusHouse::default(),
        },
        roles: Roles {
            treasury: AccountId(0),
            liquidator: AccountId(0),
            surplus_house: AccountId(0),
        },
        kinds: vec![kind],
        accounts,
        queue: BTreeMap::new(),
        sales: BTreeMap::new(),
        bids: BTreeMap::new(),
    };
    let mut maker = setup.build().unwrap();
    for vault in 1..=100 {
        maker.apply(&liquidate(vault)).unwrap();
    }
    maker
}

fn liquidate(vault: u32) -> Action {
    Action::Liquidate {
        asset: ASSET,
        vault: AccountId(FIRST + vault),
        keeper: BUYER,
    }
}

/// The first change after a fork copies what is shared; this makes those copies beforehand.
fn own_copy(maker: &Maker) -> Maker {
    let mut own = maker.clone();
    own.apply(&liquidate(200)).unwrap();
    own
}

#[divan::bench]
fn liquidation(bencher: Bencher<'_, '_>) {
    let maker = system();
    let action = liquidate(0);
    bencher
        .with_inputs(|| own_copy(&maker))
        .bench_local_refs(|maker| maker.apply(black_box(&action)).unwrap());
}

#[divan::bench]
fn purchase_of_a_part(bencher: Bencher<'_, '_>) {
    let mut maker = system();
    maker.advance(Timestamp(START.0 + 1_800)).unwrap();
    let action = Action::Take {
        asset: ASSET,
        auction: AuctionId(U256::from(50)),
        amount: Amount(wad(3)),
        price_max: Price::MAX,
        receiver: BUYER,
        caller: BUYER,
    };
    bencher
        .with_inputs(|| own_copy(&maker))
        .bench_local_refs(|maker| maker.apply(black_box(&action)).unwrap());
}

/// The same vaults behind the trait, a hundred of them in auction.
fn vaults(version: MakerVersion) -> Vaults {
    let kind = kind();
    let asset = |symbol: &str| Asset {
        symbol: symbol.to_owned(),
        decimals: 18,
    };
    let setup = VaultsSetup {
        version,
        assets: vec![asset("ETH"), asset("DAI")],
        base_decimals: 8,
        prices: Prices(vec![Price::new(150 * DOLLAR), Price::new(DOLLAR)]),
        now: START,
        debt: AssetId(1),
        limit: Value(rad(1_000_000_000)),
        types: vec![VaultType {
            asset: ASSET,
            liquidation_ratio: kind.liquidation_ratio,
            penalty: Ratio(kind.penalty),
            growth: Ray::ONE,
            debt_floor: kind.debt_floor,
            feed_delay: None,
            lot_max: match version {
                MakerVersion::V1_0 => wad(50),
                MakerVersion::V1_2 | MakerVersion::V2_0 => rad(50_000),
            },
            limit: kind.limit,
            english: EnglishTerms {
                min_step: Ratio(WAD + WAD / U256::from(33)),
                bid_duration: 600,
                duration: 21_600,
            },
            dutch: kind.dutch.terms,
            start_factor: kind.dutch.start_factor,
            keeper_share: kind.dutch.keeper_share,
            keeper_flat: kind.dutch.keeper_flat,
        }],
        vaults: (0..VAULTS).map(|_| vec![PLEDGE]).collect(),
    };
    let mut vaults = setup.build().unwrap();
    for id in 1..=100 {
        act(&mut vaults, AccountId(id), Terms::all(KEEPER));
    }
    vaults
}

/// Takes the first offer of an account.
fn act(vaults: &mut Vaults, account: AccountId, terms: Terms) -> Settlement {
    let offers = vaults.offers(account);
    vaults.accept(&offers[0], &terms).unwrap()
}

/// A version by its number.
fn parsed(number: &str) -> MakerVersion {
    MakerVersion::parse(number).unwrap()
}

/// The next action on an account, and a copy that has made its copies of what is shared: offers are
/// asked for, and the first is taken.
fn taken(bencher: Bencher<'_, '_>, vaults: &Vaults, account: u32, terms: Terms) {
    bencher
        .with_inputs(|| {
            let mut own = vaults.clone();
            act(&mut own, AccountId(200), Terms::all(KEEPER));
            own
        })
        .bench_local_refs(|vaults| act(vaults, black_box(AccountId(account)), terms));
}

#[divan::bench(args = VERSIONS)]
fn start(bencher: Bencher<'_, '_>, version: &str) {
    taken(bencher, &vaults(parsed(version)), 0, Terms::all(KEEPER));
}

#[divan::bench(args = WITH_BIDS)]
fn bid(bencher: Bencher<'_, '_>, version: &str) {
    let terms = Terms {
        repay: Amount(wad(600)),
        ..Terms::all(KEEPER)
    };
    taken(bencher, &vaults(parsed(version)), 50, terms);
}

#[divan::bench(args = WITH_BIDS)]
fn delivery(bencher: Bencher<'_, '_>, version: &str) {
    let mut vaults = vaults(parsed(version));
    act(&mut vaults, AccountId(50), Terms::all(KEEPER));
    let prices = Prices(vec![Price::new(140 * DOLLAR), Price::new(DOLLAR)]);
    vaults.observe(Timestamp(START.0 + 601), &prices).unwrap();
    taken(bencher, &vaults, 50, Terms::all(KEEPER));
}

#[divan::bench]
fn purchase(bencher: Bencher<'_, '_>) {
    let terms = Terms::all(KEEPER);
    taken(bencher, &vaults(MakerVersion::V2_0), 50, terms);
}

fn main() {
    divan::main();
}

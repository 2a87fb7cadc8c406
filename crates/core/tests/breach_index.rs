//! The breach index against a model that knows nothing of it: every account, every tick, by the
//! rule of a lending contract in wide integers.

#![allow(clippy::unwrap_used, reason = "a failed conversion fails the test")]

use backstop_core::book::{
    AssetSet, Book, BreachIndex, EffectivePrices, Exposure, Look, Shortfall,
};
use backstop_core::protocol::{AccountId, AssetId};
use backstop_core::units::{BPS, RAY, Rounding, U256, Value, WAD, mul_div, pow10};
use proptest::prelude::*;
use std::collections::BTreeSet;

type Wide = ruint::Uint<1024, 16>;

/// One asset of an account, in scaled units.
#[derive(Clone, Copy, Debug)]
struct Item {
    asset: usize,
    collateral: u128,
    threshold: u16,
    debt: u128,
}

type Account = Vec<Item>;

/// How a contract forms the health factor from values.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Rule {
    /// Σ value·threshold ÷ Σ debt, floor.
    Weighted,
    /// Half-up of Σ value × ⌊average threshold⌋ in bps, ÷ Σ debt half-up.
    Averaged,
}

/// The market: what a contract reads.
#[derive(Clone, Debug)]
struct Market {
    price: Vec<U256>,
    supply_index: Vec<U256>,
    debt_index: Vec<U256>,
    decimals: Vec<u8>,
}

fn wide(n: U256) -> Wide {
    Wide::from(n)
}

fn half_up(n: Wide, d: Wide) -> Wide {
    (n + (d >> 1)) / d
}

/// The exact rule, written as a contract would, without any bound on the numbers.
fn is_breached(account: &Account, market: &Market, rule: Rule) -> bool {
    let (wad, bps) = (Wide::from(10u64.pow(18)), wide(BPS));
    let (mut collateral, mut weighted, mut debt) = (Wide::ZERO, Wide::ZERO, Wide::ZERO);
    for item in account {
        let price = wide(market.price[item.asset]);
        let unit = wide(pow10(market.decimals[item.asset]).unwrap());
        let index = wide(market.supply_index[item.asset]);
        let balance = half_up(Wide::from(item.collateral) * index, wide(RAY));
        let value = balance * price / unit;
        collateral += value;
        weighted += value * Wide::from(item.threshold);
        let index = wide(market.debt_index[item.asset]);
        let owed = half_up(Wide::from(item.debt) * index, wide(RAY));
        debt += match rule {
            Rule::Weighted => (owed * price + unit - Wide::from(1u64)) / unit,
            Rule::Averaged => owed * price / unit,
        };
    }
    if debt.is_zero() {
        return false;
    }
    let factor = match rule {
        Rule::Weighted => weighted * wad / (debt * bps),
        Rule::Averaged if collateral.is_zero() => Wide::ZERO,
        Rule::Averaged => half_up(
            half_up(collateral * (weighted / collateral), bps) * wad,
            debt,
        ),
    };
    factor < wad
}

/// Effective prices as a family hands them in.
fn effective(market: &Market) -> EffectivePrices {
    let product = |index: &[U256], overflow: U256| -> Vec<U256> {
        let pairs = market.price.iter().zip(index);
        pairs
            .map(|(price, index)| price.checked_mul(*index).unwrap_or(overflow))
            .collect()
    };
    EffectivePrices {
        collateral: product(&market.supply_index, U256::MAX),
        debt: product(&market.debt_index, U256::MAX),
    }
}

/// Sums of shares × price × weight over one account, each side rounded as told; a wei and a
/// basis point of the weight are given away before. Scale: base units × bps.
struct Bounds {
    collateral_assets: AssetSet,
    debt_assets: AssetSet,
    collateral: Value,
    debt: Value,
}

fn bounds(account: &Account, prices: &EffectivePrices, market: &Market, up: Side) -> Bounds {
    let mut sums = Bounds {
        collateral_assets: AssetSet::EMPTY,
        debt_assets: AssetSet::EMPTY,
        collateral: Value::ZERO,
        debt: Value::ZERO,
    };
    let sum = |item: &Item, shares: u128, price: U256, weight: u16, up: bool| {
        let scale = RAY * pow10(market.decimals[item.asset]).unwrap();
        let (shares, rounding) = if up {
            (U256::from(shares) + U256::ONE, Rounding::Ceil)
        } else {
            (U256::from(shares - 1), Rounding::Floor)
        };
        let value = mul_div(shares, price, scale, rounding).unwrap_or(U256::MAX);
        value.saturating_mul(U256::from(weight))
    };
    for item in account {
        let asset = AssetId(u16::try_from(item.asset).unwrap());
        if item.collateral > 0 {
            sums.collateral_assets.insert(asset);
            let price = prices.collateral[item.asset];
            let (up, weight) = match up {
                Side::Collateral => (true, item.threshold),
                Side::Debt => (false, item.threshold.saturating_sub(1)),
            };
            let value = sum(item, item.collateral, price, weight, up);
            sums.collateral.0 = sums.collateral.0.saturating_add(value);
        }
        if item.debt > 0 {
            sums.debt_assets.insert(asset);
            let price = prices.debt[item.asset];
            let value = sum(item, item.debt, price, 10_000, up == Side::Debt);
            sums.debt.0 = sums.debt.0.saturating_add(value);
        }
    }
    sums
}

/// The side of an account that is bounded from above; the other is bounded from below.
#[derive(Clone, Copy, PartialEq)]
enum Side {
    Collateral,
    Debt,
}

/// What a family answers. Each floor and each half-up costs at most a base unit of slack. One
/// account in three gives no bounds while it is in breach.
fn look(account: &Account, prices: &EffectivePrices, market: &Market, rule: Rule) -> Look {
    if account.iter().all(|item| item.debt == 0) {
        return Look::Gone;
    }
    let slack = Value(U256::from(account.len() * 2 + 2) * BPS);
    if !is_breached(account, market, rule) {
        let bounds = bounds(account, prices, market, Side::Debt);
        return Look::Healthy(Exposure {
            collateral_assets: bounds.collateral_assets,
            debt_assets: bounds.debt_assets,
            collateral: bounds.collateral,
            debt: bounds.debt,
            slack,
        });
    }
    if account.len().is_multiple_of(3) {
        return Look::Breached;
    }
    let bounds = bounds(account, prices, market, Side::Collateral);
    // A factor of 1 − 0.5·10^-18 is rounded to 1: a share of the debt that does scale.
    let debt = mul_div(bounds.debt.0, WAD - U256::ONE, WAD, Rounding::Floor).unwrap();
    Look::BreachedBy(Shortfall {
        collateral_assets: bounds.collateral_assets,
        debt_assets: bounds.debt_assets,
        collateral: bounds.collateral,
        debt: Value(debt),
        slack,
    })
}

/// One fork of everything.
#[derive(Clone, Debug)]
struct World {
    market: Market,
    accounts: Vec<Account>,
    index: BreachIndex,
    rule: Rule,
}

impl World {
    fn new(market: Market, accounts: Vec<Account>, rule: Rule) -> Self {
        let prices = effective(&market);
        let looks = (0..)
            .zip(&accounts)
            .map(|(id, account)| (AccountId(id), look(account, &prices, &market, rule)));
        let index = BreachIndex::build(prices.clone(), looks.collect::<Vec<_>>());
        Self {
            market,
            accounts,
            index,
            rule,
        }
    }

    fn set(&mut self, id: usize, account: Account) {
        let prices = effective(&self.market);
        let found = look(&account, &prices, &self.market, self.rule);
        if id == self.accounts.len() {
            self.accounts.push(account);
        } else {
            self.accounts[id] = account;
        }
        self.index.set(AccountId(u32::try_from(id).unwrap()), found);
    }

    /// Moves the index to the present market; returns how many accounts it looked at.
    fn advance(&mut self) -> usize {
        let prices = effective(&self.market);
        let mut looked = BTreeSet::new();
        self.index.advance(prices.clone(), |id| {
            assert!(looked.insert(id), "{id:?} looked at twice in a tick");
            look(
                &self.accounts[id.0 as usize],
                &prices,
                &self.market,
                self.rule,
            )
        });
        looked.len()
    }

    fn check(&self) {
        let want: Vec<AccountId> = (0..)
            .zip(&self.accounts)
            .filter(|(_, account)| is_breached(account, &self.market, self.rule))
            .map(|(id, _)| AccountId(id))
            .collect();
        let got: Vec<AccountId> = self.index.breached().collect();
        assert_eq!(got, want, "breached by the index, breached by the rule");
        assert_eq!(self.index.breached_len(), want.len());
    }
}

#[derive(Clone, Debug)]
enum Step {
    /// Multiplies one price by n ÷ 1000.
    Move(usize, u32),
    /// Multiplies all prices by n ÷ 1000.
    MoveAll(u32),
    /// Sets one price outright.
    Jump(usize, U256),
    /// Interest: debt indices grow by n, supply indices by half of it, in 10^-6.
    Accrue(u32),
    /// Replaces an account, or adds one.
    Set(usize, Account),
    /// Takes an account's debt away.
    Clear(usize),
    /// Forks, and goes on with another fork.
    Fork(usize),
}

fn item(assets: usize) -> impl Strategy<Value = Item> {
    let amount = prop_oneof![
        2 => Just(0u128),
        1 => 0u128..5,
        6 => 1_000_000u128..1_000_000_000_000,
        1 => any::<u128>(),
    ];
    (0..assets, amount.clone(), 0u16..=10_000, amount).prop_map(
        |(asset, collateral, threshold, debt)| Item {
            asset,
            collateral,
            threshold,
            debt,
        },
    )
}

fn account(assets: usize) -> impl Strategy<Value = Account> {
    prop::collection::vec(item(assets), 0..=8).prop_map(|mut items| {
        items.sort_by_key(|item| item.asset);
        items.dedup_by_key(|item| item.asset);
        items
    })
}

fn price() -> impl Strategy<Value = U256> {
    prop_oneof![
        6 => (1u64..1_000_000_000_000).prop_map(U256::from),
        1 => Just(U256::ZERO),
        1 => (0u64..3).prop_map(U256::from),
        1 => (0usize..256).prop_map(|shift| U256::ONE << shift),
        1 => Just(U256::ONE << 255),
    ]
}

fn step(assets: usize) -> impl Strategy<Value = Step> {
    let factor = prop_oneof![4 => 970u32..1030, 1 => 500u32..2000, 1 => 0u32..5000];
    prop_oneof![
        6 => (0..assets, factor.clone()).prop_map(|(a, n)| Step::Move(a, n)),
        3 => factor.prop_map(Step::MoveAll),
        2 => (0..assets, price()).prop_map(|(a, p)| Step::Jump(a, p)),
        3 => prop_oneof![0u32..100, 0u32..100_000].prop_map(Step::Accrue),
        3 => (any::<usize>(), account(assets)).prop_map(|(id, a)| Step::Set(id, a)),
        1 => any::<usize>().prop_map(Step::Clear),
        2 => any::<usize>().prop_map(Step::Fork),
    ]
}

fn times(n: U256, factor: u32) -> U256 {
    mul_div(n, U256::from(factor), U256::from(1000u64), Rounding::Floor).unwrap_or(U256::MAX >> 1)
}

/// Accrues `growth` ÷ 10^6; indices stay below 2^200, as a contract's 128-bit ones do.
fn grow(index: &mut [U256], growth: u32) {
    for index in index {
        let more = U256::from(growth + 1_000_000);
        let grown = mul_div(*index, more, U256::from(1_000_000u64), Rounding::HalfUp).unwrap();
        *index = grown.min(U256::ONE << 200);
    }
}

fn run(world: World, steps: Vec<Step>) {
    let mut worlds = vec![world];
    let mut present = 0;
    for step in steps {
        let before = &worlds[present].index;
        let (revision, breached) = (before.revision(), before.breached().collect::<Vec<_>>());
        let mut world = worlds[present].clone();
        let accounts = world.accounts.len();
        match step {
            Step::Move(asset, n) => world.market.price[asset] = times(world.market.price[asset], n),
            Step::MoveAll(n) => {
                world
                    .market
                    .price
                    .iter_mut()
                    .for_each(|price| *price = times(*price, n));
            }
            Step::Jump(asset, price) => world.market.price[asset] = price,
            Step::Accrue(n) => {
                grow(&mut world.market.debt_index, n);
                grow(&mut world.market.supply_index, n / 2);
            }
            Step::Set(id, account) => world.set(id % (accounts + 1), account),
            Step::Clear(id) if accounts > 0 => {
                let mut account = world.accounts[id % accounts].clone();
                account.iter_mut().for_each(|item| item.debt = 0);
                world.set(id % accounts, account);
            }
            Step::Clear(_) => {}
            Step::Fork(to) => {
                worlds.push(world);
                present = to % worlds.len();
                continue;
            }
        }
        world.advance();
        world.check();
        let same = breached.into_iter().eq(world.index.breached());
        assert!(
            same || world.index.revision() > revision,
            "revision {revision}"
        );
        worlds[present] = world;
    }
    worlds.iter().for_each(World::check);
}

fn start() -> impl Strategy<Value = (World, Vec<Step>)> {
    (2usize..9).prop_flat_map(|assets| {
        let market = (
            prop::collection::vec(price(), assets),
            prop::collection::vec(0u8..20, assets),
        );
        let rule = prop_oneof![Just(Rule::Weighted), Just(Rule::Averaged)];
        let accounts = prop::collection::vec(account(assets), 0..40);
        let steps = prop::collection::vec(step(assets), 1..40);
        (market, rule, accounts, steps).prop_map(move |((price, decimals), rule, book, steps)| {
            let market = Market {
                price,
                supply_index: vec![RAY; assets],
                debt_index: vec![RAY; assets],
                decimals,
            };
            (World::new(market, book, rule), steps)
        })
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    /// After every tick the index has exactly the accounts in breach, in every fork.
    #[test]
    fn never_misses_a_breach((world, steps) in start()) {
        world.check();
        run(world, steps);
    }
}

/// A small generator for the tests that need many accounts.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (z ^ (z >> 31)) % sides
    }
}

/// Accounts with one to four collaterals and one to three debts of `assets`, health from 1.02.
fn healthy_book(accounts: usize, assets: usize, dice: &mut Dice) -> World {
    let price = (0..assets).map(|_| U256::from(1_000_000 + dice.roll(1_000_000_000_000)));
    let market = Market {
        price: price.collect(),
        supply_index: vec![RAY; assets],
        debt_index: vec![RAY; assets],
        decimals: vec![18; assets],
    };
    let book = (0..accounts)
        .map(|_| random_account(&market, dice))
        .collect();
    World::new(market, book, Rule::Weighted)
}

fn random_account(market: &Market, dice: &mut Dice) -> Account {
    let assets = market.price.len();
    let usd = 100_000_000 * (100 + u128::from(dice.roll(1_000_000)));
    let amount = |value: u128, asset: usize| -> u128 {
        let unit = pow10(18).unwrap();
        let amount = mul_div(U256::from(value), unit, market.price[asset], Rounding::Ceil);
        amount.unwrap().try_into().unwrap()
    };
    let collaterals = 1 + dice.roll(4);
    let debts = 1 + dice.roll(3);
    let mut account = Account::new();
    for _ in 0..collaterals {
        let asset = dice.roll(assets as u64) as usize;
        let collateral = amount(usd / u128::from(collaterals), asset);
        account.push(Item {
            asset,
            collateral,
            threshold: 8_000,
            debt: 0,
        });
    }
    let health = 1_020 + u128::from(dice.roll(2_000));
    for _ in 0..debts {
        let asset = dice.roll(assets as u64) as usize;
        let debt = amount(usd * 800 / health / u128::from(debts), asset);
        account.push(Item {
            asset,
            collateral: 0,
            threshold: 0,
            debt,
        });
    }
    account
}

#[test]
fn a_small_uniform_move_looks_at_nobody() {
    let mut world = healthy_book(20_000, 12, &mut Dice(1));
    for n in [999, 998, 1001, 995, 1000] {
        world
            .market
            .price
            .iter_mut()
            .for_each(|price| *price = times(*price, n));
        assert_eq!(world.advance(), 0);
    }
}

/// A thousand small moves on a book of several assets each: the index asks about few, and most
/// of those that stay in breach are not asked about again.
#[test]
fn a_random_walk_looks_at_a_small_share_of_the_book() {
    let (accounts, ticks) = (20_000, 1_000);
    let mut dice = Dice(2);
    let mut world = healthy_book(accounts, 12, &mut dice);
    let (mut looks, mut breached) = (0, 0);
    for tick in 0..ticks {
        for price in &mut world.market.price {
            *price = times(*price, 996 + dice.roll(9) as u32);
        }
        grow(&mut world.market.debt_index, 2);
        looks += world.advance();
        breached += world.index.breached_len();
        if tick % 100 == 99 {
            world.check();
        }
    }
    println!(
        "{accounts} accounts, {ticks} ticks of up to ±0.4 % an asset: {looks} looks, {} a tick; \
         {} accounts in breach on average",
        looks / ticks,
        breached / ticks,
    );
    // A scan looks at every account in every tick.
    assert!(looks * 50 < accounts * ticks);
}

/// A fork allocates nothing (the bench shows it), so its size is the size of its two handles.
#[test]
fn a_fork_is_small() {
    let bytes = size_of::<Book<Account>>() + size_of::<BreachIndex>();
    println!("{bytes} bytes");
    assert!(bytes <= 512);
}

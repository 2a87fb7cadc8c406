//! Book, fork, breach index and liquidation map over a million accounts.
//!
//! Run with `cargo bench -p backstop-core --bench book`. The allocation columns show what a fork
//! and the first write after it take. `scan` is the counterpart of `tick` in the same run: the
//! health of every account by the same numbers.

use backstop_core::book::{
    AssetSet, Book, BreachIndex, EffectivePrices, Exposure, LiquidationMap, Look, Position,
    Shortfall, Threshold,
};
use backstop_core::protocol::{AccountId, AssetId};
use backstop_core::units::{Amount, Price, Rounding, U256, Value, mul_div};
use divan::{AllocProfiler, Bencher, black_box};
use std::sync::LazyLock;

#[global_allocator]
static ALLOC: AllocProfiler = AllocProfiler::system();

const ACCOUNTS: u32 = 1_000_000;
/// Base units of a price of one dollar.
const DOLLAR: u64 = 100_000_000;
/// 10^18 base units of every token, and the scale of the index in a price.
const UNIT: u64 = 1_000_000_000_000_000_000;

/// Amounts by asset, in tokens' base units; a collateral's weight is in bps.
#[derive(Clone)]
struct Account {
    collateral: Vec<(u16, u128, u16)>,
    debt: Vec<(u16, u128)>,
}

/// Weighted collateral and debt in base units × bps, item by item as a contract floors them.
fn values(account: &Account, prices: &[U256]) -> (U256, U256) {
    let worth = |asset: u16, amount: u128, rounding| {
        let price = prices[usize::from(asset)];
        mul_div(U256::from(amount), price, U256::from(UNIT), rounding).unwrap_or(U256::MAX)
    };
    let collateral = account
        .collateral
        .iter()
        .fold(U256::ZERO, |sum, (asset, amount, weight)| {
            sum + worth(*asset, *amount, Rounding::Floor) * U256::from(*weight)
        });
    let debt = account
        .debt
        .iter()
        .fold(U256::ZERO, |sum, (asset, amount)| {
            sum + worth(*asset, *amount, Rounding::Ceil) * U256::from(10_000u16)
        });
    (collateral, debt)
}

fn look(account: &Account, prices: &[U256]) -> Look {
    let (collateral, debt) = values(account, prices);
    let collateral_assets = account
        .collateral
        .iter()
        .map(|(asset, ..)| AssetId(*asset))
        .collect();
    let debt_assets: AssetSet = account
        .debt
        .iter()
        .map(|(asset, _)| AssetId(*asset))
        .collect();
    let items = account.collateral.len() + account.debt.len();
    let slack = Value::from(10_000 * items as u128);
    if debt_assets.is_empty() {
        return Look::Gone;
    }
    if collateral < debt {
        return Look::BreachedBy(Shortfall {
            collateral_assets,
            debt_assets,
            collateral: Value(collateral + slack.0),
            debt: Value(debt.saturating_sub(slack.0)),
            slack,
        });
    }
    Look::Healthy(Exposure {
        collateral_assets,
        debt_assets,
        collateral: Value(collateral),
        debt: Value(debt),
        slack,
    })
}

fn effective(prices: &[U256]) -> EffectivePrices {
    let ray = backstop_core::units::RAY;
    let product: Vec<U256> = prices.iter().map(|price| *price * ray).collect();
    EffectivePrices {
        collateral: product.clone(),
        debt: product,
    }
}

/// A book with its index and the prices at which it was built.
struct World {
    book: Book<Account>,
    index: BreachIndex,
    prices: Vec<U256>,
}

impl World {
    fn new(prices: Vec<U256>, account: impl FnMut(u32) -> Account) -> Self {
        let book: Book<Account> = (0..ACCOUNTS).map(account).collect();
        let looks = book
            .iter()
            .map(|(id, account)| (id, look(account, &prices)));
        let index = BreachIndex::build(effective(&prices), looks);
        Self {
            book,
            index,
            prices,
        }
    }

    fn prices(&self, asset: usize, parts: u64, of: u64) -> Vec<U256> {
        let mut prices = self.prices.clone();
        prices[asset] = prices[asset] * U256::from(parts) / U256::from(of);
        prices
    }
}

/// Splitmix64.
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

/// Tokens worth `dollars` (in millionths) at a price.
fn tokens(millionths: u128, price: U256) -> u128 {
    let value = U256::from(millionths) * U256::from(DOLLAR) / U256::from(1_000_000u64);
    let amount = mul_div(value, U256::from(UNIT), price, Rounding::Floor).unwrap_or(U256::ZERO);
    u128::try_from(amount).unwrap_or(u128::MAX)
}

/// ETH against USDC, one each; account i breaches when ETH has fallen by (i + 1) · 10^-7 / 2.
static SINGLE: LazyLock<World> = LazyLock::new(|| {
    let prices = vec![U256::from(2_000 * DOLLAR), U256::from(DOLLAR)];
    let eth = prices[0];
    World::new(prices, |i| {
        let debt = 1_000_000_000u128 * UNIT as u128 / 1_000_000;
        let collateral = tokens(1_250_000_000, eth);
        let room = u128::from(i) + 1;
        Account {
            collateral: vec![(0, collateral, 8_000)],
            debt: vec![(1, debt - debt * room / 20_000_000)],
        }
    })
});

/// How many of 1,000 borrowers had how many collateral and debt assets: Aave v2 borrowers with
/// stETH, June 2023 (1,005 with debt among those whose assets are known).
const SHAPES: [(u64, usize, usize); 11] = [
    (759, 1, 1),
    (122, 1, 2),
    (40, 2, 1),
    (30, 1, 3),
    (19, 2, 2),
    (9, 2, 3),
    (8, 3, 1),
    (5, 1, 4),
    (3, 3, 2),
    (3, 4, 1),
    (2, 5, 5),
];

/// Collateral among the first six assets and debt among the last six, the lower numbers more
/// often; health from 1.0005 to 3. The numbers of assets are as measured, the rest is made up.
fn shaped(dice: &mut Dice, prices: &[U256]) -> Account {
    let mut ticket = dice.roll(1_000);
    let (mut collaterals, mut debts) = (1, 1);
    for (share, c, d) in SHAPES {
        if ticket < share {
            (collaterals, debts) = (c, d);
            break;
        }
        ticket -= share;
    }
    let dollars = 1_000_000_000 + u128::from(dice.roll(100_000_000_000));
    let health = 1_000_500 + u128::from(dice.roll(2_000_000));
    let mut account = Account {
        collateral: Vec::new(),
        debt: Vec::new(),
    };
    while account.collateral.len() < collaterals {
        let asset = dice.roll(6).min(dice.roll(6)) as u16;
        if account.collateral.iter().all(|(other, ..)| *other != asset) {
            let amount = tokens(dollars / collaterals as u128, prices[usize::from(asset)]);
            account.collateral.push((asset, amount, 8_000));
        }
    }
    while account.debt.len() < debts {
        let asset = 4 + dice.roll(6).min(dice.roll(6)) as u16;
        if account.debt.iter().all(|(other, _)| *other != asset) {
            let part = dollars * 800_000 / health / debts as u128;
            account
                .debt
                .push((asset, tokens(part, prices[usize::from(asset)])));
        }
    }
    account
}

/// Ten assets.
static SHAPED: LazyLock<World> = LazyLock::new(|| {
    let dollars = [2_000, 30_000, 2_010, 15, 1, 1, 1, 2, 300, 7];
    let prices: Vec<U256> = dollars.iter().map(|d| U256::from(d * DOLLAR)).collect();
    let mut dice = Dice(7);
    let listed = prices.clone();
    World::new(prices, |_| shaped(&mut dice, &listed))
});

fn main() {
    describe();
    divan::main();
}

/// Prints what the benches cannot show: the shape of a day of small moves on the mixed book.
#[allow(clippy::print_stdout, reason = "a bench reports to the terminal")]
fn describe() {
    let world = &*SHAPED;
    let mut dice = Dice(11);
    let (mut index, mut prices) = (world.index.clone(), world.prices.clone());
    let mut looks: Vec<u32> = Vec::new();
    for _ in 0..1_440 {
        for price in prices.iter_mut().take(4) {
            *price = *price * U256::from(9_990 + dice.roll(21)) / U256::from(10_000u64);
        }
        let mut count = 0;
        index.advance(effective(&prices), |id| {
            count += 1;
            look(world.book.get(id).expect("listed"), &prices)
        });
        looks.push(count);
    }
    let total: u32 = looks.iter().sum();
    looks.sort_unstable();
    let at = |share: usize| looks[looks.len() * share / 100];
    println!(
        "mixed book, 1,440 ticks of up to ±0.1 % an asset: {total} looks, {} a tick on average, \
         median {}, 90 % {}, 99 % {}; {} accounts in breach at the end\n",
        total / 1_440,
        at(50),
        at(90),
        at(99),
        index.breached_len(),
    );
}

mod fork {
    use super::*;

    /// Forks book and index together.
    #[divan::bench]
    fn fork(bencher: Bencher<'_, '_>) {
        let world = &*SINGLE;
        bencher.bench(|| (world.book.clone(), world.index.clone()));
    }

    /// Forks a fork in which 100,000 accounts have changed.
    #[divan::bench]
    fn fork_of_a_changed_fork(bencher: Bencher<'_, '_>) {
        let (book, index) = changed(100_000);
        bencher.bench(|| (book.clone(), index.clone()));
    }

    /// The first write after a fork, in book and index.
    #[divan::bench]
    fn first_write(bencher: Bencher<'_, '_>) {
        let world = &*SINGLE;
        let account = world.book.get(AccountId(500_000)).expect("listed");
        write(bencher, &world.book, &world.index, account);
    }

    /// The first write after a fork of a fork in which 100,000 accounts have changed.
    #[divan::bench]
    fn first_write_after_100_000_changes(bencher: Bencher<'_, '_>) {
        let (book, index) = changed(100_000);
        let account = SINGLE.book.get(AccountId(500_000)).expect("listed");
        write(bencher, &book, &index, account);
    }

    fn write(bencher: Bencher<'_, '_>, book: &Book<Account>, index: &BreachIndex, to: &Account) {
        let found = look(to, &SINGLE.prices);
        bencher
            .with_inputs(|| (book.clone(), index.clone(), to.clone()))
            .bench_values(|(mut book, mut index, to)| {
                book.set(AccountId(500_000), to);
                index.set(AccountId(500_000), found);
                (book, index)
            });
    }

    fn changed(count: u32) -> (Book<Account>, BreachIndex) {
        let world = &*SINGLE;
        let (mut book, mut index) = (world.book.clone(), world.index.clone());
        for i in 0..count {
            let id = AccountId(i * (ACCOUNTS / count));
            let account = book.get(id).expect("listed").clone();
            index.set(id, look(&account, &world.prices));
            book.set(id, account);
        }
        (book, index)
    }
}

mod tick {
    use super::*;

    fn quiet(bencher: Bencher<'_, '_>, world: &World, index: BreachIndex) {
        let paths = [
            world.prices(0, 999_999_999, 1_000_000_000),
            world.prices(0, 1, 1),
        ];
        let mut index = index;
        let mut turn = 0;
        bencher.bench_local(|| {
            turn ^= 1;
            let prices = &paths[turn];
            index.advance(effective(prices), |id| {
                look(world.book.get(id).expect("listed"), prices)
            });
        });
    }

    /// One collateral, one debt, prices move and nothing breaches.
    #[divan::bench]
    fn nothing_breaches(bencher: Bencher<'_, '_>) {
        quiet(bencher, &SINGLE, SINGLE.index.clone());
    }

    /// Ten assets in 64 cohorts.
    #[divan::bench]
    fn nothing_breaches_ten_assets(bencher: Bencher<'_, '_>) {
        quiet(bencher, &SHAPED, SHAPED.index.clone());
    }

    /// Ten assets, random moves of up to 0.1 % of four prices, looks included.
    #[divan::bench]
    fn random_walk_ten_assets(bencher: Bencher<'_, '_>) {
        let world = &*SHAPED;
        let mut dice = Dice(5);
        let (mut index, mut prices) = (world.index.clone(), world.prices.clone());
        bencher.bench_local(|| {
            for price in prices.iter_mut().take(4) {
                *price = *price * U256::from(9_990 + dice.roll(21)) / U256::from(10_000u64);
            }
            index.advance(effective(&prices), |id| {
                look(world.book.get(id).expect("listed"), &prices)
            });
        });
    }

    /// A tick in a fresh fork in which so many accounts breach.
    #[divan::bench(args = [1, 10, 100, 1_000, 10_000])]
    fn breaches(bencher: Bencher<'_, '_>, accounts: u64) {
        let world = &*SINGLE;
        let prices = world.prices(0, 40_000_000 - 2 * accounts - 1, 40_000_000);
        let prices = &prices;
        let mut count = world.index.clone();
        count.advance(effective(prices), |id| {
            look(world.book.get(id).expect("listed"), prices)
        });
        assert_eq!(count.breached_len() as u64, accounts);
        bencher
            .with_inputs(|| world.index.clone())
            .bench_local_values(|mut index| {
                index.advance(effective(prices), |id| {
                    look(world.book.get(id).expect("listed"), prices)
                });
                index
            });
    }

    /// The next tick after 10,000 accounts have breached and stayed so.
    #[divan::bench]
    fn after_10_000_breaches(bencher: Bencher<'_, '_>) {
        let world = &*SINGLE;
        let prices = world.prices(0, 40_000_000 - 20_001, 40_000_000);
        let mut index = world.index.clone();
        for _ in 0..3 {
            index.advance(effective(&prices), |id| {
                look(world.book.get(id).expect("listed"), &prices)
            });
        }
        bencher.bench_local(|| {
            index.advance(effective(&prices), |id| {
                look(world.book.get(id).expect("listed"), &prices)
            });
        });
    }
}

/// The counterpart of a tick: the health of every account.
#[divan::bench(sample_count = 5, sample_size = 1)]
fn scan(bencher: Bencher<'_, '_>) {
    let world = &*SINGLE;
    let prices = world.prices(0, 9_999, 10_000);
    bencher.bench(|| {
        let unhealthy = world.book.iter().filter(|(_, account)| {
            let (collateral, debt) = values(account, &prices);
            collateral < debt
        });
        unhealthy.count()
    });
}

mod map {
    use super::*;

    static MAP: LazyLock<LiquidationMap> =
        LazyLock::new(|| LiquidationMap::new(positions()).expect("sums fit"));

    fn positions() -> impl Iterator<Item = Position> {
        (0..ACCOUNTS).map(|i| Position {
            account: AccountId(i),
            threshold: Threshold::Below(Price::from(u128::from(i))),
            collateral: Amount::new(1_000),
            value: Value::new(2_000),
            debt: Value::new(1_500),
        })
    }

    /// Collateral that becomes liquidatable between two prices.
    #[divan::bench]
    fn between(bencher: Bencher<'_, '_>) {
        let curve = MAP.falling();
        let (low, high) = (Price::new(250_000), Price::new(750_000));
        bencher.bench(|| curve.between(black_box(low), black_box(high)));
    }

    /// 200 points for a plot.
    #[divan::bench]
    fn points(bencher: Bencher<'_, '_>) {
        let curve = MAP.falling();
        bencher.bench(|| curve.points(black_box(200)));
    }

    /// Sorting and summing.
    #[divan::bench(sample_count = 5, sample_size = 1)]
    fn build() -> LiquidationMap {
        LiquidationMap::new(positions()).expect("sums fit")
    }
}

/// Building the index of a million accounts, exact looks included.
#[divan::bench(sample_count = 3, sample_size = 1)]
fn build_index(bencher: Bencher<'_, '_>) {
    let world = &*SINGLE;
    bencher.bench(|| {
        let looks = world.book.iter();
        let looks = looks.map(|(id, account)| (id, look(account, &world.prices)));
        BreachIndex::build(effective(&world.prices), looks)
    });
}

//! A pool with a scenario's parameters, prices and book.

use super::Loaded;
use super::designs::parameters;
use crate::failure::Failure;
use backstop_core::protocol::aave::{
    AaveVersion, Account, Pool, PoolSetup, Position, RateStrategy, ReserveConfig, ReserveSetup,
    ReserveState,
};
use backstop_core::protocol::{AccountId, Asset, AssetId};
use backstop_core::units::{Amount, Bps, Price, Rate, Timestamp, U256};
use backstop_io::book::{Book, BookAccount};
use backstop_io::scenario::{AssetSpec, Scenario};
use backstop_lab::door;
use rayon::prelude::*;
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};

/// A pool at the scenario's start, and the names of its accounts.
#[derive(Debug)]
pub(crate) struct Opened {
    pub(crate) pool: Pool,
    /// By account; the last ones are the lenders, the treasury and the coverage account.
    pub(crate) names: Vec<String>,
}

/// One basis point in ray.
const BPS_IN_RAY: u128 = 100_000_000_000_000_000_000_000;

fn rate(bps: u32) -> Rate {
    Rate(U256::from(bps) * U256::from(BPS_IN_RAY))
}

fn reserve(asset: &AssetSpec, price: Price, now: Timestamp) -> ReserveSetup {
    ReserveSetup {
        asset: Asset {
            symbol: asset.symbol.clone(),
            decimals: asset.decimals,
        },
        config: ReserveConfig {
            decimals: asset.decimals,
            loan_to_value: Bps(asset.ltv_bps),
            liquidation_threshold: Bps(asset.liquidation_threshold_bps),
            liquidation_bonus: Bps(asset.liquidation_bonus_bps.saturating_add(10_000)),
            reserve_factor: Bps(asset.reserve_factor_bps),
            protocol_fee: Bps(asset.protocol_fee_bps),
            active: true,
            frozen: false,
            paused: false,
            borrowing_enabled: true,
            borrowable_in_isolation: false,
            siloed: false,
            debt_ceiling: Amount::ZERO,
            supply_cap: Amount::ZERO,
            borrow_cap: Amount::ZERO,
            e_mode_category: 0,
            grace_until: Timestamp(0),
        },
        strategy: RateStrategy {
            optimal_usage: rate(u32::from(asset.rates.optimal_usage_bps)),
            base: rate(asset.rates.base_bps),
            slope1: rate(asset.rates.slope1_bps),
            slope2: rate(asset.rates.slope2_bps),
        },
        price,
        state: ReserveState::fresh(now),
    }
}

/// Scaled units of an amount at index 1.
fn shares(account: &str, what: &str, amount: Amount) -> Result<u128, Failure> {
    u128::try_from(amount.0).map_err(|_| {
        Failure::new(format!(
            "account {account}: {what} {amount} does not fit 128 bits"
        ))
    })
}

fn account(held: &BookAccount) -> Result<Account, Failure> {
    let mut positions = Vec::with_capacity(held.positions.len());
    for position in &held.positions {
        positions.push(Position {
            asset: position.asset,
            supply: shares(&held.name, "collateral", position.collateral)?,
            debt: shares(&held.name, "debt", position.debt)?,
            is_collateral: position.enabled && !position.collateral.is_zero(),
            is_borrowing: !position.debt.is_zero(),
        });
    }
    Ok(Account::new(held.e_mode, positions))
}

/// Accounts of lenders who supply and do not borrow, one for all assets.
fn lenders(scenario: &Scenario) -> Account {
    let supplies = scenario
        .assets
        .iter()
        .enumerate()
        .filter_map(|(at, asset)| {
            let amount = door::tokens_to_amount(asset.lenders, asset.decimals);
            let supply = u128::try_from(amount.0).unwrap_or(u128::MAX);
            (supply > 0).then(|| Position {
                asset: AssetId(u16::try_from(at).unwrap_or(u16::MAX)),
                supply,
                ..Position::default()
            })
        });
    Account::new(0, supplies)
}

/// An asset's price in USD at the scenario's start.
///
/// # Errors
/// When there is none.
pub(crate) fn start_price(loaded: &Loaded, id: AssetId) -> Result<f64, Failure> {
    let scenario = &loaded.scenario;
    let price = loaded.inputs.price_at(id, scenario.time.start);
    price.ok_or_else(|| {
        let file = scenario.path.display();
        let asset = scenario.assets.get(usize::from(id.0));
        let symbol = asset.map_or("?", |asset| asset.symbol.as_str());
        Failure::new(format!(
            "{file}: assets.{symbol}.price: no price at the start"
        ))
    })
}

/// The pool at the scenario's start.
///
/// # Errors
/// When the family or version is unknown, a price is missing, or more is borrowed than supplied.
pub(crate) fn open_pool(loaded: &Loaded, book: &Book) -> Result<Opened, Failure> {
    open_pool_as(loaded, book, version_of(&loaded.scenario)?)
}

/// The pool at the scenario's start under the rules of any version.
///
/// # Errors
/// When a price is missing, or more is borrowed than supplied.
pub(crate) fn open_pool_as(
    loaded: &Loaded,
    book: &Book,
    version: AaveVersion,
) -> Result<Opened, Failure> {
    parameters::read(loaded, "aave", &mut [])?;
    let scenario = &loaded.scenario;
    let now = Timestamp(scenario.time.start);
    let base_decimals = scenario.protocol.base_decimals;
    let mut reserves = Vec::with_capacity(scenario.assets.len());
    for (at, asset) in scenario.assets.iter().enumerate() {
        let id = AssetId(u16::try_from(at).unwrap_or(u16::MAX));
        let usd = start_price(loaded, id)?;
        reserves.push(reserve(
            asset,
            door::price_to_oracle(usd, base_decimals),
            now,
        ));
    }
    let mut accounts = Vec::with_capacity(book.accounts.len() + 3);
    let mut names = Vec::with_capacity(book.accounts.len() + 3);
    // All threads write them, as most of the time goes into memory that is touched first.
    let failed = AtomicUsize::new(usize::MAX);
    let borrowers = book.accounts.par_iter();
    accounts.par_extend(borrowers.clone().enumerate().map(|(at, held)| {
        account(held).unwrap_or_else(|_| {
            failed.fetch_min(at, Ordering::Relaxed);
            Account::default()
        })
    }));
    if let Some(first) = book.accounts.get(failed.into_inner()) {
        account(first)?;
    }
    names.par_extend(borrowers.map(|held| held.name.clone()));
    let mut add = |name: &str, account: Account| {
        accounts.push(account);
        names.push(name.to_owned());
        AccountId(u32::try_from(names.len() - 1).unwrap_or(u32::MAX))
    };
    add("(lenders)", lenders(scenario));
    let treasury = add("(treasury)", Account::default());
    let coverage = add("(coverage)", Account::default());
    let setup = PoolSetup {
        version,
        base_decimals,
        now,
        reserves,
        e_modes: BTreeMap::new(),
        sentinel: None,
        accounts,
        wallets: Vec::new(),
        treasury,
        coverage,
    };
    let file = scenario.path.display();
    let refused = |error| {
        Failure::new(format!(
            "{file}: {error} (raise assets.SYMBOL.lenders where more is borrowed than supplied)"
        ))
    };
    let pool = setup.open().map_err(refused)?.build().map_err(refused)?;
    Ok(Opened { pool, names })
}

fn version_of(scenario: &Scenario) -> Result<AaveVersion, Failure> {
    let file = scenario.path.display();
    let protocol = &scenario.protocol;
    if protocol.family != "aave" {
        return Err(Failure::new(format!(
            "{file}: protocol.family: found {:?}, allowed for this command: \"aave\"",
            protocol.family
        )));
    }
    AaveVersion::parse(&protocol.version).ok_or_else(|| {
        let known: Vec<_> = AaveVersion::ALL
            .iter()
            .map(|version| version.number())
            .collect();
        let found = &protocol.version;
        let known = known.join(", ");
        Failure::new(format!(
            "{file}: protocol.version: found {found:?}, allowed: {known}"
        ))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::setup::load;
    use backstop_core::protocol::Protocol;
    use std::io::Read;
    use std::path::Path;

    fn root() -> std::path::PathBuf {
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
    }

    /// Account and stored health factor of every row of the data set.
    fn stored(file: &Path) -> Vec<(String, f64)> {
        let mut text = String::new();
        backstop_io::open(file)
            .unwrap()
            .read_to_string(&mut text)
            .unwrap();
        let mut lines = text.lines();
        let header: Vec<_> = lines.next().unwrap().split(',').collect();
        let at = |name| header.iter().position(|column| *column == name).unwrap();
        let (user, health) = (at("user"), at("healthf"));
        lines
            .map(|line| line.split(',').collect::<Vec<_>>())
            .map(|cells| (cells[user].to_owned(), cells[health].parse().unwrap()))
            .collect()
    }

    #[test]
    fn stored_health_factors_of_real_borrowers_recompute() {
        let data = root().join("../shared/data/positions_aave_lido_2023-06-21/steth_aave.csv.gz");
        if !data.exists() {
            println!("skipped: the data set of real borrowers is not beside the repository");
            return;
        }
        let loaded = load(&root().join("scenarios/lido-2023.toml"), &[]).unwrap();
        let opened = open_pool(&loaded, &loaded.inputs.book).unwrap();
        let stored = stored(&data);
        assert_eq!(stored.len(), 1_309);
        let mut worst: f64 = 0.0;
        for (name, want) in &stored {
            let at = opened.names.iter().position(|held| held == name).unwrap();
            let id = AccountId(u32::try_from(at).unwrap());
            let got = door::ratio_to_f64(opened.pool.health(id).unwrap().factor);
            let error = (got / want - 1.0).abs();
            assert!(error <= 1e-10, "{name}: {got} for {want}, off by {error:e}");
            worst = worst.max(error);
        }
        println!("1309 health factors recompute, worst relative error {worst:e}");
    }
}

//! A pool under Aave's rules, made of a few lines: for tests and benches that need one, here and in the lab.

use backstop_core::protocol::aave::{
    AaveVersion, Account, Pool, PoolSetup, Position, RateStrategy, ReserveConfig, ReserveSetup,
    ReserveState,
};
use backstop_core::protocol::{AccountId, Asset, AssetId};
use backstop_core::units::{Amount, Bps, Price, RAY, Rate, Timestamp, U256};

/// When everything begins, seconds since 1970.
pub(crate) const START: u64 = 1_600_000_000;

/// What is said of an asset.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Listed {
    /// Symbol.
    pub(crate) symbol: &'static str,
    /// Decimals of a whole token.
    pub(crate) decimals: u8,
    /// Price, USD.
    pub(crate) usd: f64,
    /// Loan to value up to which is lent, bps.
    pub(crate) loan_to_value: u16,
    /// Loan to value at which an account is in breach, bps.
    pub(crate) threshold: u16,
    /// What a liquidator gets on top of what it pays, bps.
    pub(crate) bonus: u16,
    /// The treasury's share of bonus and interest, bps.
    pub(crate) treasury: u16,
    /// Interest a year at 90 % of use, and what the rest adds, percent.
    pub(crate) slopes: [u64; 2],
}

/// A pool with these assets and accounts, and nobody else but an empty treasury and an empty fund.
pub(crate) fn pool(version: AaveVersion, assets: &[Listed], mut accounts: Vec<Account>) -> Pool {
    let treasury = u32::try_from(accounts.len()).unwrap_or(u32::MAX);
    accounts.extend([Account::default(), Account::default()]);
    let setup = PoolSetup {
        version,
        base_decimals: 8,
        now: Timestamp(START),
        reserves: assets.iter().map(reserve).collect(),
        e_modes: Default::default(),
        sentinel: None,
        accounts,
        wallets: Vec::new(),
        treasury: AccountId(treasury),
        coverage: AccountId(treasury + 1),
    };
    let built = setup.open().and_then(PoolSetup::build);
    built.unwrap_or_else(|why| panic!("{why}"))
}

/// Whole tokens of the asset at this place of the list that an account supplies and owes.
pub(crate) fn position(assets: &[Listed], asset: usize, supply: f64, debt: f64) -> Position {
    let unit = 10f64.powi(i32::from(assets[asset].decimals));
    let [supply, debt] = [supply, debt].map(|tokens| (tokens * unit) as u128);
    Position {
        asset: AssetId(asset as u16),
        supply,
        debt,
        is_collateral: supply > 0,
        is_borrowing: debt > 0,
    }
}

fn reserve(listed: &Listed) -> ReserveSetup {
    let percent = |n: u64| Rate(RAY / U256::from(100u64) * U256::from(n));
    ReserveSetup {
        asset: Asset {
            symbol: listed.symbol.to_owned(),
            decimals: listed.decimals,
        },
        config: ReserveConfig {
            decimals: listed.decimals,
            loan_to_value: Bps(listed.loan_to_value),
            liquidation_threshold: Bps(listed.threshold),
            liquidation_bonus: Bps(10_000 + listed.bonus),
            reserve_factor: Bps(listed.treasury),
            protocol_fee: Bps(listed.treasury),
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
            optimal_usage: percent(90),
            base: percent(0),
            slope1: percent(listed.slopes[0]),
            slope2: percent(listed.slopes[1]),
        },
        price: Price::new((listed.usd * 1e8) as u128),
        state: ReserveState::fresh(Timestamp(START)),
    }
}

//! A Comet from plain data, checked.

use super::config::{CollateralConfig, Config};
use super::math::INDEX_SCALE;
use super::state::{Collateral, Comet, Paused, Position, Totals};
use super::version::CometVersion;
use crate::book::Book;
use crate::protocol::SetupError;
use crate::units::{Amount, Price, Timestamp, U256, WAD};
use std::sync::Arc;

/// A collateral asset to start from.
#[derive(Clone, Debug)]
pub struct CollateralSetup {
    /// Parameters; cut to what the contract keeps.
    pub config: CollateralConfig,
    /// Dollars with 8 decimals; zero is a bad feed.
    pub price: Price,
    /// Its tokens.
    pub tokens: Collateral,
}

/// Everything that a Comet starts from.
#[derive(Clone, Debug)]
pub struct CometSetup {
    /// Which rules hold.
    pub version: CometVersion,
    /// Parameters, with rates a year.
    pub config: Config,
    /// Price of the base asset in dollars with 8 decimals; zero is a bad feed.
    pub base_price: Price,
    /// Base tokens held by the contract.
    pub base_held: Amount,
    /// Collateral assets by offset.
    pub collateral: Vec<CollateralSetup>,
    /// The present time.
    pub now: Timestamp,
    /// Which operations are paused.
    pub paused: Paused,
    /// Indexes and sums as last stored. The sums need not be those of the positions: who is not
    /// in the book may have the rest.
    pub totals: Totals,
    /// Accounts; ids run from 0 in this order.
    pub positions: Vec<Position>,
}

/// Passes where a condition holds.
fn require(
    holds: bool,
    field: &'static str,
    problem: impl Fn() -> String,
) -> Result<(), SetupError> {
    if holds {
        return Ok(());
    }
    Err(SetupError {
        field: field.to_owned(),
        problem: problem(),
    })
}

/// Passes where a number has no more than so many bits.
fn require_bits(n: U256, bits: usize, field: &'static str) -> Result<(), SetupError> {
    require(n.bit_len() <= bits, field, || {
        format!("{n} does not fit {bits} bits")
    })
}

impl CometSetup {
    /// The Comet.
    ///
    /// # Errors
    /// The first field that is out of range.
    pub fn build(self) -> Result<Comet, SetupError> {
        self.check_config()?;
        let limit = self.version.rules().assets_max;
        require(self.collateral.len() <= limit, "assets", || {
            format!("{} assets, at most {limit}", self.collateral.len())
        })?;
        for asset in &self.collateral {
            check_collateral(asset)?;
        }
        self.check_totals()?;
        for position in &self.positions {
            check_position(position)?;
        }
        let config = Config {
            supply_curve: self.config.supply_curve.per_second(),
            borrow_curve: self.config.borrow_curve.per_second(),
            ..self.config
        };
        let prices = self.collateral.iter().map(|asset| asset.price);
        let listed = self.collateral.iter().map(|asset| asset.config.kept());
        Ok(Comet {
            version: self.version,
            config: Arc::new(config),
            prices: std::iter::once(self.base_price).chain(prices).collect(),
            listed: Arc::new(listed.collect()),
            now: self.now,
            paused: self.paused,
            totals: self.totals,
            base_held: self.base_held,
            collateral: self.collateral.iter().map(|asset| asset.tokens).collect(),
            book: Book::new(self.positions),
        })
    }

    fn check_config(&self) -> Result<(), SetupError> {
        let config = &self.config;
        let decimals = config.base.decimals;
        require((6..=18).contains(&decimals), "base.decimals", || {
            format!("{decimals} is not from 6 to 18")
        })?;
        require(
            config.store_front_factor.0 <= WAD,
            "config.storeFrontPriceFactor",
            || format!("{} is above 10^18", config.store_front_factor),
        )?;
        require(config.rewards_min > 0, "config.baseMinForRewards", || {
            "0 is not above 0".to_owned()
        })?;
        let rewards_min = U256::from(config.rewards_min);
        require_bits(rewards_min, 104, "config.baseMinForRewards")?;
        require_bits(config.base.borrow_min.0, 104, "config.baseBorrowMin")?;
        require_bits(config.base.target_reserves.0, 104, "config.targetReserves")
    }

    fn check_totals(&self) -> Result<(), SetupError> {
        let totals = &self.totals;
        for (field, index) in [
            ("state.totals.baseSupplyIndex", totals.supply_index),
            ("state.totals.baseBorrowIndex", totals.borrow_index),
        ] {
            require(index >= INDEX_SCALE, field, || {
                format!("{index} is below 10^15, where indexes start")
            })?;
        }
        require_bits(
            U256::from(totals.supply),
            104,
            "state.totals.totalSupplyBase",
        )?;
        require_bits(
            U256::from(totals.borrow),
            104,
            "state.totals.totalBorrowBase",
        )?;
        let last = totals.last_accrual;
        require(last <= self.now, "state.totals.lastAccrualTime", || {
            format!("{} is after the present time {}", last.0, self.now.0)
        })
    }
}

fn check_collateral(asset: &CollateralSetup) -> Result<(), SetupError> {
    let config = &asset.config;
    require(config.decimals <= 18, "assets.decimals", || {
        format!("{} is above 18", config.decimals)
    })?;
    let upper = config.liquidate_factor;
    require(upper.0 <= WAD, "assets.liquidateCollateralFactor", || {
        format!("{upper} is above 10^18")
    })?;
    let kept = config.kept();
    let below = kept.borrow_factor < kept.liquidate_factor && config.borrow_factor < upper;
    require(below, "assets.borrowCollateralFactor", || {
        format!("{} is not below {upper}", config.borrow_factor)
    })?;
    require_bits(config.liquidation_factor.0, 64, "assets.liquidationFactor")?;
    require_bits(config.supply_cap.0, 128, "assets.supplyCap")?;
    require_bits(
        asset.tokens.total_supply.0,
        128,
        "state.collateral.totalSupplyAsset",
    )
}

fn check_position(position: &Position) -> Result<(), SetupError> {
    let size = U256::from(position.account.principal.unsigned_abs());
    require_bits(size, 103, "state.accounts.principal")?;
    for amount in position.collateral.values() {
        require_bits(amount.0, 128, "state.accounts.collateral")?;
    }
    Ok(())
}

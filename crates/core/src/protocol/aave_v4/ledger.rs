//! The whole state, and what can be read off it.

use super::account::{Account, Position};
use super::hub::HubAsset;
use super::math::{
    Ruled, ValueRay, bps_to_wad, cast, difference, divide, from_ray_up, product, sum, to_value,
    wide_div,
};
use super::rejection::Rejection;
use super::spoke::{Reserve, Spoke};
use super::version::{AaveV4Version, Rules};
use super::{HubAssetId, SpokeId};
use crate::book::Book;
use crate::protocol::{AccountId, Asset, AssetId};
use crate::units::{Price, RAY, Ratio, Rounding, Timestamp, U256, Value};
use std::cmp::Reverse;
use std::sync::Arc;

/// Most bits of a collateral's value where the risk premium is computed.
const VALUE_BITS: usize = 224;
/// Most bits of a risk premium in storage.
const RISK_BITS: usize = 24;

/// The state. A clone shares everything.
#[derive(Clone, Debug)]
pub(super) struct Ledger {
    pub(super) version: AaveV4Version,
    pub(super) rules: &'static Rules,
    pub(super) now: Timestamp,
    pub(super) tokens: Arc<[Asset]>,
    pub(super) assets: Arc<Vec<Arc<HubAsset>>>,
    pub(super) spokes: Arc<Vec<Spoke>>,
    pub(super) reserves: Arc<Vec<Arc<Reserve>>>,
    pub(super) prices: Arc<[Price]>,
    pub(super) book: Book<Arc<Account>>,
}

/// An account's totals on a spoke.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AccountData {
    /// What its debt costs on top of the drawn rate, bps of it: the average risk of the safest
    /// collateral that covers the debt.
    pub risk_premium: U256,
    /// Average over the collateral, wad.
    pub collateral_factor: Ratio,
    /// Below 1 the account can be liquidated; [`Ratio::MAX`] without debt.
    pub health: Ratio,
    /// Worth of the collateral that counts; 10^26 is one dollar.
    pub collateral: Value,
    /// Worth of the debt.
    pub debt: ValueRay,
    /// Collaterals that count.
    pub active_collaterals: u32,
    /// Debts.
    pub borrows: u32,
}

/// Sums over an account's positions on the way to [`AccountData`].
#[derive(Debug, Default)]
struct Sums {
    /// Risk and worth of each collateral that counts.
    collaterals: Vec<(u32, U256)>,
    collateral: U256,
    /// Worth times factor in bps.
    weighted: U256,
    debt: U256,
    borrows: u32,
}

impl Ledger {
    pub(super) fn asset(&self, id: HubAssetId) -> Ruled<&HubAsset> {
        let asset = self.assets.get(usize::from(id.0));
        asset.map(AsRef::as_ref).ok_or(Rejection::AssetNotListed)
    }

    pub(super) fn reserve(&self, id: AssetId) -> Ruled<&Reserve> {
        let reserve = self.reserves.get(usize::from(id.0));
        reserve
            .map(AsRef::as_ref)
            .ok_or(Rejection::ReserveNotListed)
    }

    pub(super) fn spoke(&self, id: SpokeId) -> Ruled<&Spoke> {
        let spoke = self.spokes.get(usize::from(id.0));
        spoke.ok_or(Rejection::SpokeUnknown)
    }

    pub(super) fn account(&self, id: AccountId) -> Ruled<&Account> {
        let account = self.book.get(id);
        account.map(AsRef::as_ref).ok_or(Rejection::AccountUnknown)
    }

    /// The oracle's answer, which has to be positive.
    pub(super) fn price(&self, reserve: AssetId) -> Ruled<Price> {
        let price = self.prices.get(usize::from(reserve.0)).copied();
        price
            .filter(|price| !price.is_zero())
            .ok_or(Rejection::InvalidPrice)
    }

    /// A position, empty where there is none.
    pub(super) fn position(&self, id: AccountId, reserve: AssetId) -> Ruled<Position> {
        if let Some(position) = self.account(id)?.position(reserve) {
            return Ok(*position);
        }
        Ok(Position {
            reserve,
            spoke: self.reserve(reserve)?.spoke,
            ..Position::default()
        })
    }

    /// An account's totals on a spoke, with the parameter sets that it has.
    pub(super) fn data(&self, id: AccountId, spoke: SpokeId) -> Ruled<AccountData> {
        let mut sums = Sums::default();
        for position in self.account(id)?.on(spoke) {
            if position.is_collateral || position.is_borrowing {
                self.add(position, &mut sums)?;
            }
        }
        sums.data()
    }

    fn add(&self, position: &Position, sums: &mut Sums) -> Ruled<()> {
        let reserve = self.reserve(position.reserve)?;
        let asset = self.asset(reserve.asset)?;
        let price = self.price(position.reserve)?.0;
        let worth = |amount: U256| to_value(amount, reserve.decimals, price);
        let factor = reserve.dynamic(position.config_key).collateral_factor;
        if position.is_collateral && factor.0 != 0 && position.supplied != 0 {
            let held = asset.preview_remove_by_shares(position.supplied_shares(), self.now)?;
            let value = worth(held.0)?;
            sums.collateral = sum(sums.collateral, value)?;
            // The contract's list holds anything below its largest number.
            if value.bit_len() > VALUE_BITS || value == largest_value() {
                return Err(Rejection::MaxDataSizeExceeded);
            }
            sums.collaterals
                .push((reserve.config.collateral_risk, value));
            sums.weighted = sum(sums.weighted, product(factor.wide(), value)?)?;
        }
        if position.is_borrowing {
            let owed = position.debt_ray(asset.drawn_index(self.now)?)?;
            sums.debt = sum(sums.debt, worth(owed)?)?;
            sums.borrows = sums.borrows.saturating_add(1);
        }
        Ok(())
    }
}

fn largest_value() -> U256 {
    U256::MAX.wrapping_shr(256usize.saturating_sub(VALUE_BITS))
}

impl Sums {
    fn data(mut self) -> Ruled<AccountData> {
        let health = if self.debt.is_zero() {
            U256::MAX
        } else {
            let power = bps_to_wad(self.weighted)?;
            wide_div(power, RAY, self.debt, Rounding::Floor)?
        };
        let factor = if self.collateral.is_zero() {
            self.weighted
        } else {
            divide(bps_to_wad(self.weighted)?, self.collateral, Rounding::Floor)?
        };
        Ok(AccountData {
            risk_premium: self.risk_premium()?,
            collateral_factor: Ratio(factor),
            health: Ratio(health),
            collateral: Value(self.collateral),
            debt: ValueRay(self.debt),
            active_collaterals: u32::try_from(self.collaterals.len()).unwrap_or(u32::MAX),
            borrows: self.borrows,
        })
    }

    /// Covers the debt with the safest collateral first, the dearest first among equals.
    fn risk_premium(&mut self) -> Ruled<U256> {
        self.collaterals
            .sort_unstable_by_key(|(risk, value)| (*risk, Reverse(*value)));
        let debt = from_ray_up(self.debt)?;
        let (mut left, mut weighted) = (debt, U256::ZERO);
        for (risk, value) in &self.collaterals {
            let covers = left.min(*value);
            weighted = sum(weighted, product(covers, U256::from(*risk))?)?;
            left = left.saturating_sub(covers);
        }
        if left == debt {
            return Ok(U256::ZERO);
        }
        divide(weighted, difference(debt, left)?, Rounding::Ceil)
    }
}

/// A risk premium as the spoke stores it.
pub(super) fn stored_risk(risk: U256) -> Ruled<u32> {
    let risk = cast(risk, RISK_BITS)?;
    u32::try_from(risk).map_err(|_| Rejection::SafeCastOverflowedUintDowncast)
}

//! The whole state.

use super::asset_set::AssetSet;
use super::config::{CollateralConfig, Config};
use super::math::Ruled;
use super::rejection::Rejection;
use super::version::CometVersion;
use crate::book::Book;
use crate::protocol::{AccountId, AssetId};
use crate::units::{Amount, Price, Timestamp, U256, pow10};
use std::collections::BTreeMap;
use std::sync::Arc;

/// The base asset; the collateral asset of offset n is `AssetId(n + 1)`.
pub const BASE: AssetId = AssetId(0);

/// An account's part in the base asset.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Account {
    /// Balance at index 1: above zero a supply, below zero a debt; below 2^103 in size.
    pub principal: i128,
    /// The reward index of its side when it last changed.
    pub base_tracking_index: u64,
    /// Rewards so far, with 6 decimals.
    pub base_tracking_accrued: u64,
    /// Collateral that it has some of.
    pub assets_in: AssetSet,
}

/// All that an account has.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Position {
    /// Its part in the base asset.
    pub account: Account,
    /// Collateral supplied, in token units.
    pub collateral: BTreeMap<AssetId, Amount>,
    /// Tokens outside the contract, in token units.
    pub wallet: BTreeMap<AssetId, Amount>,
}

impl Position {
    /// Collateral supplied of one asset.
    pub fn supplied(&self, asset: AssetId) -> Amount {
        self.collateral.get(&asset).copied().unwrap_or_default()
    }

    /// Tokens of one asset outside the contract.
    pub fn in_wallet(&self, asset: AssetId) -> Amount {
        self.wallet.get(&asset).copied().unwrap_or_default()
    }
}

/// Indexes and sums of the base asset as last stored.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Totals {
    /// Growth of a supply, scaled by 10^15.
    pub supply_index: u64,
    /// Growth of a debt, scaled by 10^15.
    pub borrow_index: u64,
    /// Reward of a unit supplied.
    pub tracking_supply_index: u64,
    /// Reward of a unit owed.
    pub tracking_borrow_index: u64,
    /// Sum of the principals supplied, 104 bits.
    pub supply: u128,
    /// Sum of the principals owed, 104 bits.
    pub borrow: u128,
    /// When interest was last stored.
    pub last_accrual: Timestamp,
}

/// A collateral asset's tokens.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Collateral {
    /// Supplied by accounts, in token units.
    pub total_supply: Amount,
    /// Held by the contract, in token units; what is beyond the supply is its own.
    pub held: Amount,
}

/// Which operations are paused.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Paused {
    /// Supplying.
    pub supply: bool,
    /// Moving between accounts.
    pub transfer: bool,
    /// Withdrawing and borrowing.
    pub withdraw: bool,
    /// Absorbing.
    pub absorb: bool,
    /// Buying collateral.
    pub buy: bool,
}

/// One Comet. A clone is a fork: it shares the book and copies what it touches.
#[derive(Clone, Debug)]
pub struct Comet {
    pub(super) version: CometVersion,
    /// Rates a second.
    pub(super) config: Arc<Config>,
    /// As kept by the contract, by offset.
    pub(super) listed: Arc<Vec<CollateralConfig>>,
    /// Dollars with 8 decimals, the base asset first; zero is a bad feed.
    pub(super) prices: Vec<Price>,
    pub(super) now: Timestamp,
    pub(super) paused: Paused,
    pub(super) totals: Totals,
    /// Base tokens held by the contract.
    pub(super) base_held: Amount,
    pub(super) collateral: Vec<Collateral>,
    pub(super) book: Book<Position>,
}

/// Place of a collateral asset in the lists.
pub(super) fn offset(asset: AssetId) -> Option<usize> {
    usize::from(asset.0).checked_sub(1)
}

/// Refuses what is paused.
pub(super) fn require_open(paused: bool) -> Ruled<()> {
    (!paused).then_some(()).ok_or(Rejection::Paused)
}

impl Comet {
    pub(super) fn held(&self, id: AccountId) -> Ruled<&Position> {
        self.book.get(id).ok_or(Rejection::AccountUnknown)
    }

    /// A listed collateral asset.
    pub(super) fn listing(&self, asset: AssetId) -> Ruled<&CollateralConfig> {
        let listed = offset(asset).and_then(|at| self.listed.get(at));
        listed.ok_or(Rejection::BadAsset)
    }

    /// A feed's answer above zero.
    pub(super) fn feed(&self, asset: AssetId) -> Ruled<Price> {
        let price = self.prices.get(usize::from(asset.0)).copied();
        let answered = price.filter(|price| !price.is_zero() && price.0.bit_len() <= 255);
        answered.ok_or(Rejection::BadPrice)
    }

    /// Token units of a whole base token.
    pub(super) fn base_scale(&self) -> U256 {
        pow10(self.config.base.decimals).unwrap_or(U256::ONE)
    }
}

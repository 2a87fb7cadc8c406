//! The cluster's state: vaults, prices, accounts.

use super::account::Account;
use super::math::Ruled;
use super::rejection::Rejection;
use super::vault::{VaultConfig, VaultState};
use super::version::{EvkVersion, Rules};
use crate::book::Book;
use crate::protocol::AccountId;
use crate::units::{Bps, Price, Timestamp};
use std::sync::Arc;

/// Position of a vault in its cluster.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct VaultId(pub u16);

impl VaultId {
    /// The vault at a place of the cluster's list; beyond 65 535 none is known.
    pub(super) fn at(place: usize) -> Self {
        Self(u16::try_from(place).unwrap_or(u16::MAX))
    }
}

/// The oracle's answers for one vault's asset: units of account for one asset base unit, wad.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Quotes {
    /// Decides liquidations.
    pub mid: Price,
    /// Values collateral where a health check decides.
    pub bid: Price,
    /// Values debt where a health check decides.
    pub ask: Price,
}

impl Quotes {
    /// One answer for all three.
    pub fn flat(price: Price) -> Self {
        Self {
            mid: price,
            bid: price,
            ask: price,
        }
    }
}

/// What the protocol's owner takes of the vaults' fees.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ProtocolFees {
    /// Who gets them.
    pub receiver: AccountId,
    /// Their share of the fees; the contract never lets it exceed 50 % where the vault's governor
    /// has a receiver too.
    pub share: Bps,
    /// Smallest interest fee that a vault may set.
    pub interest_fee_min: Bps,
    /// Largest.
    pub interest_fee_max: Bps,
}

/// A vault's ledger as stored, and as it reads with interest up to now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Cell {
    pub(super) stored: VaultState,
    pub(super) present: VaultState,
}

impl Cell {
    pub(super) fn new(stored: VaultState, fee: Bps, now: Timestamp) -> Ruled<Self> {
        let present = stored.accrued(fee, now)?;
        Ok(Self { stored, present })
    }
}

/// Vaults that trust one connector and one oracle. A clone is a fork: it shares the book and copies
/// what it touches.
#[derive(Clone, Debug)]
pub struct Cluster {
    pub(super) version: EvkVersion,
    pub(super) rules: &'static Rules,
    pub(super) now: Timestamp,
    pub(super) fees: ProtocolFees,
    pub(super) configs: Arc<Vec<VaultConfig>>,
    pub(super) cells: Arc<Vec<Cell>>,
    pub(super) quotes: Arc<Vec<Quotes>>,
    pub(super) book: Book<Account>,
}

impl Cluster {
    pub(super) fn config_of(&self, vault: VaultId) -> Ruled<&VaultConfig> {
        let config = self.configs.get(usize::from(vault.0));
        config.ok_or(Rejection::VaultUnknown)
    }

    pub(super) fn cell(&self, vault: VaultId) -> Ruled<&Cell> {
        let cell = self.cells.get(usize::from(vault.0));
        cell.ok_or(Rejection::VaultUnknown)
    }

    pub(super) fn quotes_of(&self, vault: VaultId) -> Ruled<Quotes> {
        let quotes = self.quotes.get(usize::from(vault.0));
        quotes.copied().ok_or(Rejection::VaultUnknown)
    }

    pub(super) fn held(&self, id: AccountId) -> Ruled<&Account> {
        self.book.get(id).ok_or(Rejection::AccountUnknown)
    }
}

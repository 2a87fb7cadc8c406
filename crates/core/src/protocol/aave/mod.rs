//! Aave v3: pooled lending with fixed-discount liquidation, in six versions.
//!
//! A [`Pool`] is made by [`PoolSetup::build`] and moves by [`Action`]s. Versions are rows of the
//! table in `version`; the mechanism, the roundings and their sources are in
//! `docs/protocols/aave.md`.

mod account;
mod action;
mod borrow;
mod deficit;
mod draft;
mod exposure;
mod few;
mod halts;
mod hash;
mod ledger;
mod levers;
mod liquidate;
mod machine;
mod math;
mod rejection;
mod reserve;
mod setup;
mod sizing;
mod solvency;
mod supply;
mod unit_worth;
mod version;

pub use account::{Account, Position};
pub use action::Action;
pub use ledger::{AccountData, EMode, Sentinel};
pub use rejection::Rejection;
pub use reserve::{RateStrategy, Reserve, ReserveConfig, ReserveState};
pub use setup::{PoolSetup, ReserveSetup};
pub use version::{
    AaveVersion, BorrowCheck, Cash, ClaimEnables, CloseFactor, CollateralAccrual, Compounding,
    Consumption, DebtMark, Isolation, LoanToValue, Membership, Rule, Rules, SameAsset, Threshold,
    TreasuryInterest,
};

use crate::book::BreachIndex;
use crate::protocol::{AccountId, AssetId};
use crate::units::Amount;
use ledger::{Ledger, Source};

/// One Aave v3 pool. A clone is a fork: it shares the book and copies what it touches.
#[derive(Clone, Debug)]
pub struct Pool {
    ledger: Ledger,
    index: BreachIndex,
}

impl Pool {
    fn new(ledger: Ledger) -> Self {
        let index = BreachIndex::build(ledger.effective_prices(), ledger.looks());
        Self { ledger, index }
    }

    /// Which rules hold.
    pub fn version(&self) -> AaveVersion {
        self.ledger.version
    }

    /// A reserve, or nothing where the asset is not listed.
    pub fn reserve(&self, asset: AssetId) -> Option<&Reserve> {
        self.ledger.reserve(asset).ok()
    }

    /// An account, or nothing where it is not in the book.
    pub fn account(&self, id: AccountId) -> Option<&Account> {
        self.ledger.account(id).ok()
    }

    /// Tokens in a wallet, outside the pool.
    pub fn wallet(&self, id: AccountId, asset: AssetId) -> Amount {
        self.ledger.wallet(id, asset)
    }

    /// Efficiency modes by number.
    pub fn e_modes(&self) -> impl Iterator<Item = (u8, &EMode)> + '_ {
        self.ledger.e_modes.iter().map(|(id, mode)| (*id, mode))
    }
}

//! A pool's whole state.

use super::account::Account;
use super::market::Market;
use super::math::Ruled;
use super::rejection::Rejection;
use super::version::{CompoundVersion, Rules};
use crate::book::Book;
use crate::protocol::{AccountId, Asset, AssetId};
use crate::units::Ratio;
use std::sync::Arc;

/// What is paused in every market at once.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Guards {
    /// Moving cTokens between accounts.
    pub transfer_paused: bool,
    /// Seizing in liquidations.
    pub seize_paused: bool,
}

/// The state.
#[derive(Clone, Debug)]
pub(super) struct Ledger {
    pub(super) version: CompoundVersion,
    pub(super) rules: &'static Rules,
    /// The present block.
    pub(super) block: u64,
    /// Part of a debt that one liquidation may repay.
    pub(super) close_factor: Ratio,
    /// Worth of what is seized, per worth of what is repaid.
    pub(super) liquidation_incentive: Ratio,
    pub(super) guards: Guards,
    pub(super) assets: Arc<[Asset]>,
    pub(super) markets: Arc<Vec<Market>>,
    pub(super) book: Book<Account>,
}

impl Ledger {
    pub(super) fn market(&self, id: AssetId) -> Ruled<&Market> {
        let market = self.markets.get(usize::from(id.0));
        market.ok_or(Rejection::MarketUnknown)
    }

    pub(super) fn account(&self, id: AccountId) -> Ruled<&Account> {
        self.book.get(id).ok_or(Rejection::AccountUnknown)
    }
}

//! Whole tokens that accounts hold and owe, carried along a path from the rows of its record.
//!
//! Holdings are those of the start, less what each liquidation took and cleared and plus what the borrowers
//! moved, each at the oracle's prices that it is told with; interest is left out. Nothing falls below 0.

use super::books::Units;
use crate::record::{LeveringRow, LiquidationRow, ReactionRow};
use backstop_core::protocol::{AccountId, AssetId, Protocol};

/// Whole tokens by asset, of one account or of several.
#[derive(Clone, Debug, Default)]
pub(super) struct Tokens {
    collateral: Vec<f64>,
    debt: Vec<f64>,
}

impl Tokens {
    /// Nothing of any asset.
    pub(super) fn none(assets: usize) -> Self {
        Self {
            collateral: vec![0.0; assets],
            debt: vec![0.0; assets],
        }
    }

    /// What one account has.
    pub(super) fn of<P: Protocol>(
        protocol: &P,
        units: &Units,
        account: AccountId,
        assets: usize,
    ) -> Self {
        let mut tokens = Self::none(assets);
        tokens.enter(protocol, units, account);
        tokens
    }

    /// Adds what an account has. A supply that does not count as collateral is left out.
    pub(super) fn enter<P: Protocol>(&mut self, protocol: &P, units: &Units, account: AccountId) {
        for held in protocol.holdings(account) {
            if held.enabled {
                let supplied = units.tokens(held.asset, held.collateral);
                add(&mut self.collateral, held.asset, supplied);
            }
            let owed = units.tokens(held.asset, held.debt);
            add(&mut self.debt, held.asset, owed);
        }
    }

    /// A liquidation took collateral, and debt was cleared or written off.
    pub(super) fn liquidated(&mut self, done: &LiquidationRow, usd: &[f64]) {
        let taken = tokens(done.taken_usd, done.collateral, usd);
        let cleared = tokens(done.cleared_usd + done.deficit_usd, done.debt, usd);
        add(&mut self.collateral, done.collateral, -taken);
        add(&mut self.debt, done.debt, -cleared);
    }

    /// A borrower repaid or added collateral.
    pub(super) fn reacted(&mut self, moved: &ReactionRow, usd: &[f64]) {
        let moved_tokens = tokens(moved.usd, moved.asset, usd);
        if moved.repay {
            add(&mut self.debt, moved.asset, -moved_tokens);
        } else {
            add(&mut self.collateral, moved.asset, moved_tokens);
        }
    }

    /// A borrower borrowed more and bought collateral with it.
    pub(super) fn levered(&mut self, moved: &LeveringRow, usd: &[f64]) {
        let supplied = tokens(moved.supplied_usd, moved.collateral, usd);
        let borrowed = tokens(moved.borrowed_usd, moved.debt, usd);
        add(&mut self.collateral, moved.collateral, supplied);
        add(&mut self.debt, moved.debt, borrowed);
    }

    /// Collateral of each asset at its price, USD.
    pub(super) fn collateral_by_asset<'a>(&'a self, usd: &'a [f64]) -> impl Iterator<Item = f64> {
        let terms = self.collateral.iter().zip(usd);
        terms.map(|(held, price)| held * price)
    }

    /// Collateral at prices by asset, USD.
    pub(super) fn collateral_usd(&self, usd: &[f64]) -> f64 {
        worth(&self.collateral, usd)
    }

    /// Debt at prices by asset, USD.
    pub(super) fn debt_usd(&self, usd: &[f64]) -> f64 {
        worth(&self.debt, usd)
    }
}

fn worth(tokens: &[f64], usd: &[f64]) -> f64 {
    let terms = tokens.iter().zip(usd).map(|(held, price)| held * price);
    terms.fold(0.0, |sum, term| sum + term)
}

fn add(tokens: &mut [f64], asset: AssetId, more: f64) {
    if let Some(held) = tokens.get_mut(usize::from(asset.0)) {
        *held = (*held + more).max(0.0);
    }
}

/// Whole tokens of an asset for dollars at prices by asset; none where it has no price.
fn tokens(usd: f64, asset: AssetId, prices: &[f64]) -> f64 {
    let price = prices.get(usize::from(asset.0)).copied().unwrap_or(0.0);
    if price > 0.0 { usd / price } else { 0.0 }
}

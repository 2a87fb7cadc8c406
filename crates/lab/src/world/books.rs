//! Units of the protocol's assets, and small running counts.

use crate::door;
use crate::record::PathRecord;
use backstop_core::protocol::{AssetId, Prices, Protocol};
use backstop_core::units::Amount;
use std::collections::BTreeMap;

/// Decimals of everything that passes the door.
#[derive(Clone, Debug)]
pub(super) struct Units {
    pub(super) base_decimals: u8,
    pub(super) decimals: Vec<u8>,
}

impl Units {
    pub(super) fn new<P: Protocol>(protocol: &P) -> Self {
        Self {
            base_decimals: protocol.base_decimals(),
            decimals: protocol.assets().iter().map(|a| a.decimals).collect(),
        }
    }

    pub(super) fn decimals_of(&self, asset: AssetId) -> u8 {
        self.decimals.get(index(asset)).copied().unwrap_or(0)
    }

    /// Oracle answers from prices in USD.
    pub(super) fn answers(&self, usd: &[f64]) -> Prices {
        let answer = |usd: &f64| door::price_to_oracle(*usd, self.base_decimals);
        Prices(usd.iter().map(answer).collect())
    }

    /// What the ledger was told, in USD.
    pub(super) fn usd_answers(&self, answers: &Prices) -> Vec<f64> {
        let usd = |price| door::price_to_usd(price, self.base_decimals);
        answers.0.iter().copied().map(usd).collect()
    }

    /// Whole tokens of an amount.
    pub(super) fn tokens(&self, asset: AssetId, amount: Amount) -> f64 {
        door::amount_to_tokens(amount, self.decimals_of(asset))
    }

    /// Dollars of an amount at prices by asset.
    pub(super) fn usd(&self, asset: AssetId, amount: Amount, prices: &[f64]) -> f64 {
        let price = prices.get(index(asset)).copied().unwrap_or(0.0);
        self.tokens(asset, amount) * price
    }

    pub(super) fn empty_record<P: Protocol>(&self, protocol: &P, seed: u64) -> PathRecord {
        PathRecord {
            seed,
            symbols: protocol.assets().iter().map(|a| a.symbol.clone()).collect(),
            decimals: self.decimals.clone(),
            ..PathRecord::default()
        }
    }
}

/// Position of an asset in the world's lists.
pub(super) fn index(asset: AssetId) -> usize {
    usize::from(asset.0)
}

/// How often the ledger refused, by reason.
#[derive(Clone, Debug, Default)]
pub(super) struct Refusals(BTreeMap<String, u32>);

impl Refusals {
    pub(super) fn count(&mut self, what: &str, reason: impl std::fmt::Display) {
        let times = self.0.entry(format!("{what}: {reason}")).or_default();
        *times = times.saturating_add(1);
    }

    pub(super) fn rows(&self) -> Vec<(String, u32)> {
        self.0.iter().map(|(r, n)| (r.clone(), *n)).collect()
    }
}

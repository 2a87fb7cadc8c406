//! What the layers around a protocol see: one look at the market and at what liquidations did, in
//! integers.
//!
//! Guards, governors and monitors decide from [`Signals`] alone, so they work on every design, in
//! the lab and live.

use crate::protocol::AssetId;
use crate::units::{Amount, Price, Timestamp, Value};

/// One tick as the layers see it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Signals {
    /// Time of the tick.
    pub now: Timestamp,
    /// By asset, in the order of [`Protocol::assets`](crate::protocol::Protocol::assets).
    pub assets: Vec<AssetSignal>,
    /// Deficits recorded since the last tick, in the base currency.
    pub deficit: Value,
}

/// One asset of a tick.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct AssetSignal {
    /// The price that the protocol works with.
    pub price: Price,
    /// Seconds since that price was last confirmed by its source.
    pub age_s: u64,
    /// What the market pays at the margin now; zero where nobody tells.
    pub mark: Price,
    /// What can be sold at once before the price has fallen by 2 %, in asset units.
    pub depth: Amount,
    /// Collateral that liquidations took since the last tick, in asset units.
    pub seized: Amount,
}

impl Signals {
    /// An asset's part; nothing where the list is too short.
    pub fn asset(&self, asset: AssetId) -> Option<&AssetSignal> {
        self.assets.get(usize::from(asset.0))
    }
}

//! What a layer covers, and how much of it.

use super::waterfall::Deficit;
use crate::protocol::AssetId;
use crate::units::{Rounding, Value};
use std::collections::{BTreeMap, BTreeSet};

/// Why a debt lost its backing, as whoever reports the deficit judges it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Cause {
    /// Prices moved faster than liquidations.
    #[default]
    Market,
    /// A price was wrong.
    OracleFault,
    /// An asset lost the peg that it was valued at.
    Depeg,
}

/// Limits of one layer of one waterfall. The default has none.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Terms {
    /// Most that the layer pays for one deficit, in the base currency.
    pub event_max: Option<Value>,
    /// Most that it ever pays for deficits of these assets, in the base currency. A tier of
    /// markets is the same limit for each of its assets.
    pub asset_max: BTreeMap<AssetId, Value>,
    /// Debt assets that it does not cover.
    pub excluded_assets: BTreeSet<AssetId>,
    /// Causes that it does not cover.
    pub excluded_causes: BTreeSet<Cause>,
}

impl Terms {
    /// Whether the layer is asked at all.
    pub fn covers(&self, deficit: &Deficit) -> bool {
        !self.excluded_assets.contains(&deficit.asset)
            && !self.excluded_causes.contains(&deficit.cause)
    }

    /// The most for a deficit of an asset that the layer has paid `so_far` for; `None` where
    /// there is no limit.
    pub(super) fn most(&self, asset: AssetId, so_far: Value) -> Option<Value> {
        let asset_left = self.asset_max.get(&asset);
        let asset_left = asset_left.map(|max| max.minus_or_zero(so_far));
        least(self.event_max, asset_left)
    }
}

/// The smaller of two limits; `None` is no limit.
pub(super) fn least(one: Option<Value>, other: Option<Value>) -> Option<Value> {
    match (one, other) {
        (Some(one), Some(other)) => Some(one.min(other)),
        (limit, None) | (None, limit) => limit,
    }
}

/// The rule of a layer as data: who pays, in what, and who has the rounding.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rule {
    /// Who pays.
    pub payer: &'static str,
    /// What the payer gives up.
    pub unit: &'static str,
    /// Which way the division goes that says how much of it.
    pub rounding: Rounding,
    /// Who bears or keeps what the rounding leaves.
    pub owner: &'static str,
}

impl Rule {
    /// Money of one payer: charged the deficit's value, rounded up.
    pub(super) const fn money(payer: &'static str) -> Self {
        Self {
            payer,
            unit: "base currency",
            rounding: Rounding::Ceil,
            owner: "the layer pays it",
        }
    }
}

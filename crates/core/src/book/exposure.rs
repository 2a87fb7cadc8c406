//! What the breach index knows of an account and of the market.

use crate::protocol::AssetId;
use crate::units::{U256, Value};

/// A set of assets, one bit each.
///
/// The last bit stands for every asset from 127 on, so that no asset is ever left out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct AssetSet(pub u128);

impl AssetSet {
    /// No asset.
    pub const EMPTY: Self = Self(0);
    /// The bit shared by all assets from this number on.
    pub(super) const LAST: u32 = 127;

    /// Adds an asset.
    pub fn insert(&mut self, asset: AssetId) {
        *self = self.with(asset);
    }

    /// This set and one more asset.
    #[must_use]
    pub fn with(self, asset: AssetId) -> Self {
        let bit = u32::from(asset.0).min(Self::LAST);
        Self(self.0 | 1u128.wrapping_shl(bit))
    }

    /// All assets of both.
    #[must_use]
    pub fn union(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// Whether there is no asset.
    pub fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// How many bits are set.
    pub fn len(self) -> u32 {
        self.0.count_ones()
    }

    /// The bits that are set, ascending.
    pub(super) fn bits(self) -> impl Iterator<Item = u32> {
        let mut rest = self.0;
        std::iter::from_fn(move || {
            let bit = (rest != 0).then(|| rest.trailing_zeros())?;
            rest &= rest.wrapping_sub(1);
            Some(bit)
        })
    }
}

impl FromIterator<AssetId> for AssetSet {
    fn from_iter<I: IntoIterator<Item = AssetId>>(assets: I) -> Self {
        assets.into_iter().fold(Self::EMPTY, Self::with)
    }
}

/// What one account has at stake, as linear bounds at the present [`EffectivePrices`].
///
/// The index relies on this, for as long as the account itself does not change: there are
/// coefficients `a ≥ 0` over `collateral_assets` and `b ≥ 0` over `debt_assets`, which nobody
/// needs to know, with
///
/// - `collateral ≤ Σ a·P` and `debt ≥ Σ b·Q` at the present effective prices `P`, `Q`, and
/// - at *any* effective prices `P`, `Q`: the account in breach implies `Σ a·P ≤ Σ b·Q + slack`.
///
/// So a rounding that is worth a share of a price (half a wei of a balance) belongs into the
/// bounds, and a rounding that is worth a fixed number of base units belongs into `slack`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Exposure {
    /// Assets whose price supports the account.
    pub collateral_assets: AssetSet,
    /// Assets whose price burdens the account. Without any, the account is not indexed.
    pub debt_assets: AssetSet,
    /// Lower bound of the threshold-weighted collateral.
    pub collateral: Value,
    /// Upper bound of the debt, in the scale of `collateral`; [`Value::MAX`] where unknown.
    pub debt: Value,
    /// Most that the exact rule loses by roundings that do not scale with a price, in the scale
    /// of `collateral`.
    pub slack: Value,
}

/// What one account in breach lacks, as linear bounds at the present [`EffectivePrices`]: the
/// mirror of [`Exposure`].
///
/// The index relies on coefficients `a ≥ 0` over `collateral_assets` and `b ≥ 0` over
/// `debt_assets` with
///
/// - `collateral ≥ Σ a·P` and `debt ≤ Σ b·Q` at the present effective prices `P`, `Q`, and
/// - at *any* effective prices `P`, `Q`: the account not in breach implies
///   `Σ b·Q ≤ Σ a·P + slack`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Shortfall {
    /// Assets whose price supports the account.
    pub collateral_assets: AssetSet,
    /// Assets whose price burdens the account.
    pub debt_assets: AssetSet,
    /// Upper bound of the threshold-weighted collateral; [`Value::MAX`] where unknown.
    pub collateral: Value,
    /// Lower bound of the debt, in the scale of `collateral`.
    pub debt: Value,
    /// Most that the exact rule gains by roundings that do not scale with a price, in the scale
    /// of `collateral`.
    pub slack: Value,
}

/// What one scaled unit of each asset is worth, interest included: price × accrual index.
///
/// Indexed by [`AssetId`]. Any scale will do, as long as it never changes for an asset; the
/// exact product of price and index is best. [`U256::MAX`] is read as "at least that much" where
/// a high price helps to stay in the present state and as "unknown" where it hurts. An asset
/// beyond the end of a list counts as worthless collateral and as debt of unknown price.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct EffectivePrices {
    /// Price × supply index; saturates.
    pub collateral: Vec<U256>,
    /// Price × debt index; saturates.
    pub debt: Vec<U256>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sets_hold_every_asset() {
        let set: AssetSet = [AssetId(3), AssetId(0), AssetId(3)].into_iter().collect();
        assert_eq!(set.bits().collect::<Vec<_>>(), [0, 3]);
        assert_eq!(set.len(), 2);
        assert!(AssetSet::EMPTY.is_empty());
        let late = set.with(AssetId(127)).with(AssetId(u16::MAX));
        assert_eq!(late.bits().collect::<Vec<_>>(), [0, 3, 127]);
        assert_eq!(set.union(late), late);
    }
}

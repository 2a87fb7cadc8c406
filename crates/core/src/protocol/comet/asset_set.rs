//! Which collateral assets an account has some of.

use crate::protocol::AssetId;

/// A set of collateral assets.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct AssetSet(u32);

/// The bit of a collateral asset; none for the base asset and what cannot be listed.
fn bit(asset: AssetId) -> u32 {
    let offset = u32::from(asset.0).checked_sub(1);
    offset
        .and_then(|offset| 1u32.checked_shl(offset))
        .unwrap_or(0)
}

impl AssetSet {
    /// Whether an asset is in it.
    pub fn contains(self, asset: AssetId) -> bool {
        self.0 & bit(asset) != 0
    }

    /// Adds an asset.
    pub fn insert(&mut self, asset: AssetId) {
        self.0 |= bit(asset);
    }

    /// Takes an asset out.
    pub fn remove(&mut self, asset: AssetId) {
        self.0 &= !bit(asset);
    }

    /// Whether nothing is in it.
    pub fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// The assets, ascending.
    pub fn iter(self) -> impl Iterator<Item = AssetId> {
        (1..=32)
            .map(AssetId)
            .filter(move |asset| self.contains(*asset))
    }

    /// The set as bits, the first collateral asset lowest.
    pub(super) fn bits(self) -> u32 {
        self.0
    }
}

impl FromIterator<AssetId> for AssetSet {
    fn from_iter<I: IntoIterator<Item = AssetId>>(assets: I) -> Self {
        let mut set = Self::default();
        for asset in assets {
            set.insert(asset);
        }
        set
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keeps_collateral_only() {
        let ids = [0, 24, 1, 40].map(AssetId);
        let mut set: AssetSet = ids.into_iter().collect();
        assert_eq!(set.iter().collect::<Vec<_>>(), [AssetId(1), AssetId(24)]);
        set.remove(AssetId(24));
        set.remove(AssetId(1));
        assert!(set.is_empty());
    }
}

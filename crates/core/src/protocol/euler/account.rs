//! An account: what the connector knows of it, and what it has in each vault.

use super::cluster::VaultId;
use super::debt::Debt;
use crate::units::{Index, Shares, Timestamp};

/// What an account has in one vault.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Holding {
    /// Shares of the vault.
    pub shares: Shares,
    /// Owed to the vault when it was last written.
    pub debt: Debt,
    /// The vault's interest accumulator at that time; zero where nothing was ever owed.
    pub accumulator: Index,
}

/// An account of the connector.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Account {
    /// Vaults whose shares secure its debt, in the order in which they are looked at.
    pub collaterals: Vec<VaultId>,
    /// Vaults that may seize its collateral: at most one, except within a batch.
    pub controllers: Vec<VaultId>,
    /// When it last passed a check by its controller.
    pub last_check: Timestamp,
    /// Ascending by vault.
    holdings: Vec<(VaultId, Holding)>,
}

impl Account {
    /// What it has in a vault.
    pub fn holding(&self, vault: VaultId) -> Holding {
        let held = self.holdings.binary_search_by_key(&vault, |(id, _)| *id);
        held.ok()
            .and_then(|at| self.holdings.get(at))
            .map(|(_, holding)| *holding)
            .unwrap_or_default()
    }

    /// Everything that it has, ascending by vault.
    pub fn holdings(&self) -> impl Iterator<Item = (VaultId, Holding)> + '_ {
        self.holdings.iter().copied()
    }

    /// Replaces what it has in a vault.
    pub fn put(&mut self, vault: VaultId, holding: Holding) {
        match self.holdings.binary_search_by_key(&vault, |(id, _)| *id) {
            Ok(at) => {
                if let Some((_, held)) = self.holdings.get_mut(at) {
                    *held = holding;
                }
            }
            Err(at) => self.holdings.insert(at, (vault, holding)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn holdings_stay_sorted() {
        let mut account = Account::default();
        let holding = |n| Holding {
            shares: Shares::new(n),
            ..Holding::default()
        };
        for (vault, n) in [(3, 1), (1, 2), (2, 3), (1, 4)] {
            account.put(VaultId(vault), holding(n));
        }
        let held: Vec<_> = account.holdings().collect();
        let want = [(1, 4), (2, 3), (3, 1)].map(|(vault, n)| (VaultId(vault), holding(n)));
        assert_eq!(held, want);
        assert_eq!(account.holding(VaultId(9)), Holding::default());
    }
}

//! What one address holds.

use crate::protocol::AssetId;
use crate::units::{Amount, Shares, Value};

/// One address: money, bad debt, governance tokens, and collateral by type.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Account {
    /// Stablecoins inside the system, in rad (10^−45).
    pub coins: Value,
    /// Debt without a vault behind it, in rad.
    pub bad_debt: Value,
    /// Governance tokens, in wad (10^−18).
    pub tokens: Amount,
    /// By collateral type, ascending, none of them empty.
    holdings: Vec<Holding>,
}

/// One collateral type of an address.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Holding {
    /// Which type.
    pub asset: AssetId,
    /// Locked in the address's vault, in wad.
    pub locked: Amount,
    /// The vault's debt, in wad before interest.
    pub debt: Shares,
    /// Not locked, in wad.
    pub free: Amount,
}

impl Holding {
    fn is_empty(&self) -> bool {
        self.locked.is_zero() && self.debt.is_zero() && self.free.is_zero()
    }
}

impl Account {
    /// What the address holds of a type; nothing where it never had any.
    pub fn holding(&self, asset: AssetId) -> Holding {
        let found = self.holdings.iter().find(|held| held.asset == asset);
        found.copied().unwrap_or(Holding {
            asset,
            ..Holding::default()
        })
    }

    /// Everything it holds, ascending by type.
    pub fn holdings(&self) -> &[Holding] {
        &self.holdings
    }

    /// Replaces what it holds of a type.
    pub fn put(&mut self, holding: Holding) {
        let asset = holding.asset;
        let at = self.holdings.partition_point(|held| held.asset < asset);
        let known = self.holdings.get(at).is_some_and(|h| h.asset == asset);
        match (known, holding.is_empty()) {
            (true, true) => {
                self.holdings.remove(at);
            }
            (true, false) => {
                if let Some(place) = self.holdings.get_mut(at) {
                    *place = holding;
                }
            }
            (false, true) => {}
            (false, false) => self.holdings.insert(at, holding),
        }
    }
}

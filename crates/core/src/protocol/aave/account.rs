//! One account: its category and its positions, ascending by asset.

use crate::protocol::AssetId;
use crate::units::Shares;
use smallvec::SmallVec;

/// What an account has in one asset.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Position {
    /// Which asset.
    pub asset: AssetId,
    /// Scaled supply.
    pub supply: u128,
    /// Scaled debt.
    pub debt: u128,
    /// Whether the supply counts as collateral.
    pub is_collateral: bool,
    /// Whether the debt is marked.
    pub is_borrowing: bool,
}

impl Position {
    /// The supply as a quantity.
    pub fn supply_shares(&self) -> Shares {
        Shares::from(self.supply)
    }

    /// The debt as a quantity.
    pub fn debt_shares(&self) -> Shares {
        Shares::from(self.debt)
    }

    fn is_empty(&self) -> bool {
        self.supply == 0 && self.debt == 0 && !self.is_collateral && !self.is_borrowing
    }
}

/// One account.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Account {
    /// Efficiency mode; 0 is none.
    pub e_mode: u8,
    /// Those of the usual account lie in the account itself: a look at it is one place in memory.
    positions: SmallVec<[Position; 2]>,
}

impl Account {
    /// An account with these positions; empty ones are dropped, the last of a double stays.
    pub fn new(e_mode: u8, positions: impl IntoIterator<Item = Position>) -> Self {
        let positions = positions.into_iter();
        let mut account = Self {
            e_mode,
            positions: SmallVec::with_capacity(positions.size_hint().0),
        };
        for position in positions {
            account.put(position);
        }
        account
    }

    /// The positions, ascending by asset.
    pub fn positions(&self) -> &[Position] {
        &self.positions
    }

    /// The position in an asset, empty where there is none.
    pub fn position(&self, asset: AssetId) -> Position {
        let empty = Position {
            asset,
            ..Position::default()
        };
        self.held(asset).copied().unwrap_or(empty)
    }

    /// The position in an asset.
    fn held(&self, asset: AssetId) -> Option<&Position> {
        let mut positions = self.positions.iter();
        positions.find(|position| position.asset == asset)
    }

    /// Scaled supply and debt of an asset.
    pub(super) fn shares(&self, asset: AssetId) -> (u128, u128) {
        let held = self.held(asset);
        held.map_or((0, 0), |position| (position.supply, position.debt))
    }

    /// Whether the account has a marked debt.
    pub(super) fn owes(&self) -> bool {
        let owes = |position: &Position| position.is_borrowing && position.debt != 0;
        self.positions.iter().any(owes)
    }

    /// Changes the position in an asset.
    pub(super) fn edit(&mut self, asset: AssetId, change: impl FnOnce(&mut Position)) {
        let mut positions = self.positions.iter_mut();
        match positions.find(|position| position.asset == asset) {
            Some(held) => {
                change(held);
                if held.is_empty() {
                    let empty = *held;
                    self.put(empty);
                }
            }
            None => {
                let mut position = Position {
                    asset,
                    ..Position::default()
                };
                change(&mut position);
                self.put(position);
            }
        }
    }

    /// Replaces the position in its asset.
    fn put(&mut self, position: Position) {
        let place = self
            .positions
            .partition_point(|held| held.asset < position.asset);
        let held = self
            .positions
            .get_mut(place)
            .filter(|held| held.asset == position.asset);
        match (held, position.is_empty()) {
            (Some(held), false) => *held = position,
            (Some(_), true) => drop(self.positions.remove(place)),
            (None, false) => self.positions.insert(place, position),
            (None, true) => {}
        }
    }

    /// Assets marked as collateral, ascending.
    pub(super) fn collateral(&self) -> impl Iterator<Item = AssetId> + '_ {
        self.positions
            .iter()
            .filter(|position| position.is_collateral)
            .map(|p| p.asset)
    }

    /// Assets marked as borrowed, ascending.
    pub(super) fn borrowed(&self) -> impl Iterator<Item = AssetId> + '_ {
        self.positions
            .iter()
            .filter(|position| position.is_borrowing)
            .map(|p| p.asset)
    }
}

//! One account: the markets it entered and what it has in each.

use crate::protocol::AssetId;
use crate::units::{Amount, Ratio, Shares};

/// What an account has in one market.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Position {
    /// Which market.
    pub market: AssetId,
    /// cTokens held, whether entered or not.
    pub c_tokens: Shares,
    /// Debt when it was last touched.
    pub principal: Amount,
    /// The market's borrow index at that time.
    pub interest_index: Ratio,
    /// Tokens of the market's asset outside the protocol.
    pub wallet: Amount,
}

impl Position {
    fn is_empty(&self) -> bool {
        self.c_tokens.is_zero()
            && self.principal.is_zero()
            && self.interest_index.is_zero()
            && self.wallet.is_zero()
    }
}

/// One account.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Account {
    entered: Vec<AssetId>,
    positions: Vec<Position>,
}

impl Account {
    /// An account that entered these markets, in this order, with these positions; empty ones are
    /// dropped, the last of a double stays.
    pub fn new(
        entered: impl IntoIterator<Item = AssetId>,
        positions: impl IntoIterator<Item = Position>,
    ) -> Self {
        let mut account = Self::default();
        for market in entered {
            account.enter(market);
        }
        for position in positions {
            account.put(position);
        }
        account
    }

    /// Entered markets, in the order in which liquidity is summed. Only these count as collateral
    /// and only their debts count.
    pub fn entered(&self) -> &[AssetId] {
        &self.entered
    }

    /// Whether a market was entered.
    pub fn has_entered(&self, market: AssetId) -> bool {
        self.entered.contains(&market)
    }

    /// The positions, ascending by market.
    pub fn positions(&self) -> &[Position] {
        &self.positions
    }

    /// The position in a market, empty where there is none.
    pub fn position(&self, market: AssetId) -> Position {
        let held = self.positions.iter().find(|held| held.market == market);
        held.copied().unwrap_or(Position {
            market,
            ..Position::default()
        })
    }

    /// Replaces the position in its market.
    pub(super) fn put(&mut self, position: Position) {
        let place = self
            .positions
            .partition_point(|held| held.market < position.market);
        let held = self
            .positions
            .get_mut(place)
            .filter(|held| held.market == position.market);
        match (held, position.is_empty()) {
            (Some(held), false) => *held = position,
            (Some(_), true) => drop(self.positions.remove(place)),
            (None, false) => self.positions.insert(place, position),
            (None, true) => {}
        }
    }

    /// Enters a market; nothing happens where it is entered already.
    pub(super) fn enter(&mut self, market: AssetId) {
        if !self.has_entered(market) {
            self.entered.push(market);
        }
    }

    /// Leaves a market; the last one takes its place in the order.
    pub(super) fn leave(&mut self, market: AssetId) {
        if let Some(place) = self.entered.iter().position(|held| *held == market) {
            self.entered.swap_remove(place);
        }
    }
}

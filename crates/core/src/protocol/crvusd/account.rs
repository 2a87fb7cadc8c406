//! One account: its tokens, its loan and its shares in the bands.

use crate::units::{Amount, U256};
use std::sync::Arc;

/// Tokens that somebody holds, in their own decimals.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Wallet {
    /// The borrowed token.
    pub stable: Amount,
    /// The collateral token.
    pub collateral: Amount,
}

/// One of the market's two tokens.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Token {
    /// The borrowed token, `x` and coin 0 in the source.
    Stable,
    /// The collateral token, `y` and coin 1 in the source.
    Collateral,
}

/// A debt, and the interest multiplier at which it was written down.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Loan {
    /// Units of the borrowed token.
    pub initial_debt: Amount,
    /// Wad.
    pub rate_mul: U256,
}

/// A deposit in neighbouring bands.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Position {
    /// First band, the one with the highest price. Stays after everything was withdrawn.
    pub first: i64,
    /// Last band. Stays after everything was withdrawn.
    pub last: i64,
    /// Shares by band from `first` on; empty where everything was withdrawn.
    pub shares: Arc<[u128]>,
}

impl Position {
    /// Numbers of the bands with the shares in them.
    pub(super) fn bands(&self) -> impl Iterator<Item = (i64, U256)> + '_ {
        let shares = self.shares.iter().map(|shares| U256::from(*shares));
        (self.first..=self.last).zip(shares)
    }

    /// Whether the first band's share is nothing, which is how the contract tells an empty one.
    pub(super) fn is_empty(&self) -> bool {
        self.shares.first().is_none_or(|first| *first == 0)
    }
}

/// One account.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Account {
    /// Tokens outside the market.
    pub wallet: Wallet,
    /// Debt of zero where there is none; the multiplier stays after a loan is closed.
    pub loan: Loan,
    /// Liquidation discount that holds for the loan, wad. Refreshed by its owner's actions.
    pub liquidation_discount: U256,
    /// Added to the loan discount when bands are chosen, wad.
    pub extra_health: U256,
    /// Place in the list of loans; zero without one.
    pub place: u32,
    /// Deposit in the bands.
    pub position: Position,
}

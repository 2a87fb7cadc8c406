//! How much of a protocol is held back, and what still goes on.

use crate::protocol::{Offer, OfferKind};
use std::fmt;

/// How much of a protocol is held back; each level holds back all that the one before it does.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Level {
    /// Nothing is held back.
    #[default]
    Open,
    /// Close-only: nobody takes on debt.
    NoBorrowing,
    /// No liquidation begins; auctions that run are sold, and started again where their price is old.
    NoNewLiquidations,
    /// Auctions that run are sold at the prices they have.
    TakesOnly,
    /// Nothing goes on.
    Stopped,
}

impl Level {
    /// All levels, ascending.
    pub const ALL: [Self; 5] = [
        Self::Open,
        Self::NoBorrowing,
        Self::NoNewLiquidations,
        Self::TakesOnly,
        Self::Stopped,
    ];

    /// Its name in data.
    pub fn name(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::NoBorrowing => "no-borrowing",
            Self::NoNewLiquidations => "no-new-liquidations",
            Self::TakesOnly => "takes-only",
            Self::Stopped => "stopped",
        }
    }

    /// The level of a name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|level| level.name() == name)
    }
}

impl fmt::Display for Level {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// What somebody wants to do with a protocol.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Operation {
    /// Take on debt.
    Borrow,
    /// Take collateral out.
    Withdraw,
    /// Begin the liquidation of an account.
    Start,
    /// Start an auction again whose price is old.
    Restart,
    /// Carry on a liquidation that was begun: buy, bid, end an auction, trade against bands.
    Take,
    /// Add collateral.
    TopUp,
    /// Pay debt back.
    Repay,
}

/// The highest level at which each operation goes on. Whoever makes an account safer is stopped last.
const HIGHEST: [(Operation, Level); 7] = [
    (Operation::Borrow, Level::Open),
    (Operation::Withdraw, Level::NoBorrowing),
    (Operation::Start, Level::NoBorrowing),
    (Operation::Restart, Level::NoNewLiquidations),
    (Operation::Take, Level::TakesOnly),
    (Operation::TopUp, Level::TakesOnly),
    (Operation::Repay, Level::TakesOnly),
];

impl Operation {
    /// All operations.
    pub const ALL: [Self; 7] = [
        Self::Borrow,
        Self::Withdraw,
        Self::Start,
        Self::Restart,
        Self::Take,
        Self::TopUp,
        Self::Repay,
    ];

    /// What taking an offer is.
    pub fn of(offer: &Offer) -> Self {
        match offer.kind {
            OfferKind::Start if offer.auction != 0 => Self::Restart,
            kind if kind.begins() => Self::Start,
            _ => Self::Take,
        }
    }

    /// The highest level at which it goes on.
    pub fn highest(self) -> Level {
        let mut rows = HIGHEST.iter();
        let row = rows.find(|(operation, _)| *operation == self);
        row.map_or(Level::Open, |(_, level)| *level)
    }

    /// Its name in data.
    pub fn name(self) -> &'static str {
        match self {
            Self::Borrow => "borrow",
            Self::Withdraw => "withdraw",
            Self::Start => "start",
            Self::Restart => "restart",
            Self::Take => "take",
            Self::TopUp => "top-up",
            Self::Repay => "repay",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_operation_has_its_row() {
        for (operation, row) in Operation::ALL.into_iter().zip(HIGHEST) {
            assert_eq!(operation, row.0);
            assert!(operation.highest() < Level::Stopped, "{operation:?}");
        }
    }

    #[test]
    fn names_are_found_again() {
        for level in Level::ALL {
            assert_eq!(Level::named(level.name()), Some(level));
        }
        assert_eq!(Level::named("shut"), None);
    }

    #[test]
    fn offers_are_operations() {
        use OfferKind::{Absorb, Bid, Buy, Deliver, Deposit, Exchange, Repay, Start};
        let cases = [
            (Repay, 0, Operation::Start),
            (Absorb, 0, Operation::Start),
            (Deposit, 0, Operation::Start),
            (Start, 0, Operation::Start),
            (Start, 3, Operation::Restart),
            (Buy, 3, Operation::Take),
            (Bid, 3, Operation::Take),
            (Deliver, 3, Operation::Take),
            (Exchange, 0, Operation::Take),
        ];
        for (kind, auction, want) in cases {
            let offer = Offer {
                kind,
                auction,
                ..Offer::default()
            };
            assert_eq!(Operation::of(&offer), want, "{kind:?} {auction}");
        }
    }
}

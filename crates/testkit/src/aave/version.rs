//! The six rule sets and the roundings in which they differ.

use super::number::Round;

/// A version of the contracts, oldest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Version {
    /// 3.0.2
    V302,
    /// 3.3
    V33,
    /// 3.4
    V34,
    /// 3.5
    V35,
    /// 3.6
    V36,
    /// 3.7
    V37,
}

impl Version {
    /// All versions, oldest first.
    pub const ALL: [Self; 6] = [
        Self::V302,
        Self::V33,
        Self::V34,
        Self::V35,
        Self::V36,
        Self::V37,
    ];

    /// Half-up in the older versions, otherwise the direction that 3.5 introduced.
    fn since_35(self, direction: Round) -> Round {
        if self >= Self::V35 {
            direction
        } else {
            Round::HalfUp
        }
    }

    /// Half-up up to 3.6, otherwise the direction that 3.7 introduced.
    fn since_37(self, direction: Round) -> Round {
        if self >= Self::V37 {
            direction
        } else {
            Round::HalfUp
        }
    }

    /// Scaled supply to amount.
    pub(super) fn supply_balance(self) -> Round {
        self.since_35(Round::Floor)
    }

    /// Amount to scaled supply when supplying, and for the treasury's accrual.
    pub(super) fn supply_mint(self) -> Round {
        self.since_35(Round::Floor)
    }

    /// Amount to scaled supply when withdrawing, seizing or transferring.
    pub(super) fn supply_burn(self) -> Round {
        self.since_35(Round::Ceil)
    }

    /// Scaled debt to amount.
    pub(super) fn debt_balance(self) -> Round {
        self.since_35(Round::Ceil)
    }

    /// Amount to scaled debt when borrowing.
    pub(super) fn debt_mint(self) -> Round {
        self.since_35(Round::Ceil)
    }

    /// Amount to scaled debt when repaying.
    pub(super) fn debt_burn(self) -> Round {
        self.since_35(Round::Floor)
    }

    /// Debt amount to base currency.
    pub(super) fn debt_value(self) -> Round {
        if self >= Self::V35 {
            Round::Ceil
        } else {
            Round::Floor
        }
    }

    /// Collateral without bonus to collateral with bonus.
    pub(super) fn bonus(self) -> Round {
        self.since_37(Round::Floor)
    }

    /// Collateral with bonus back to collateral without, for the protocol's fee.
    pub(super) fn bonus_base(self) -> Round {
        self.since_37(Round::Floor)
    }

    /// The protocol's share of the bonus.
    pub(super) fn protocol_fee(self) -> Round {
        self.since_37(Round::Ceil)
    }

    /// Debt that a short collateral pays for.
    pub(super) fn debt_needed(self) -> Round {
        self.since_35(Round::Ceil)
    }

    /// Collateral times loan-to-value in the view of available borrows.
    pub(super) fn available_borrows(self) -> Round {
        self.since_35(Round::Floor)
    }
}

//! The versions of Compound v2 as rows of one table.

use crate::protocol::versions;
use crate::units::{Ratio, Rounding, U256};

/// Whether the debts of a market that is wound up can be called in from anybody.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Deprecation {
    /// The notion does not exist.
    Absent,
    /// A market without collateral factor, paused for borrowing and with a reserve factor of 1 is
    /// wound up: its borrowers can be liquidated without shortfall and in full.
    CallsDebtsIn,
}

/// Everything in which versions differ.
#[derive(Clone, Copy, Debug)]
pub struct Rules {
    /// Product of two numbers scaled by 10^18.
    pub product: Rounding,
    /// Part of the seized cTokens that goes to the market's reserves.
    pub protocol_seize_share: Ratio,
    /// Markets that are wound up.
    pub deprecation: Deprecation,
}

versions! {
    /// A version of the contracts, oldest first.
    pub enum CompoundVersion: Rules;

    /// Release 2.6 of April 2020: the rules of that spring.
    V2_6 = "2.6" => Rules {
        product: Rounding::HalfUp,
        protocol_seize_share: Ratio::ZERO,
        deprecation: Deprecation::Absent,
    },

    /// Commit `a3214f6` of June 2022, the last one.
    A3214f6 = "a3214f6" => Rules {
        product: Rounding::Floor,
        protocol_seize_share: Ratio(U256::from_limbs([28_000_000_000_000_000, 0, 0, 0])),
        deprecation: Deprecation::CallsDebtsIn,
    },
}

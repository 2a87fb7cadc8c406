//! The versions of Maker's liquidations, as rows of one table.

use crate::protocol::versions;
use crate::units::{RAY, U256, WAD};

/// How collateral of a liquidated vault is sold.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Sale {
    /// Bids against bids.
    English,
    /// A falling price.
    Dutch,
}

/// How much of a vault one liquidation takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Sizing {
    /// Up to a lot of collateral, with its share of the debt; no limit on debt in auction.
    ByCollateral,
    /// Up to a lot of debt with its penalty, within the limit on debt in auction.
    ByDebt,
    /// As much as two limits on debt in auction leave, unless that would leave dust.
    ByRoom,
}

/// What a bidder pays who beats its own bid.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum OwnBid {
    /// The difference, but it must hold the former bid too, which goes from it to itself.
    PaidAgain,
    /// The difference.
    Kept,
}

/// Whether a switch is on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Rule {
    /// It does not exist in this version.
    Absent,
    /// It holds.
    Present,
}

impl Rule {
    pub(super) fn on(self) -> bool {
        self == Self::Present
    }
}

/// What differs between versions.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Rules {
    /// How collateral is sold.
    pub sale: Sale,
    /// How much one liquidation takes.
    pub sizing: Sizing,
    /// One, in the scale of the penalty.
    pub penalty_one: U256,
    /// What a bidder pays who beats its own bid.
    pub own_bid: OwnBid,
    /// The first bid in a debt auction cancels debt at once; otherwise somebody must ask for it.
    pub cancels_on_first_bid: Rule,
    /// A limit on surplus in auction.
    pub surplus_limit: Rule,
}

versions! {
    /// Which contracts liquidate.
    pub enum MakerVersion: Rules;

    /// Of the first months, March 2020 included (tag 1.0.3).
    V1_0 = "1.0.3" => Rules {
        sale: Sale::English,
        sizing: Sizing::ByCollateral,
        penalty_one: RAY,
        own_bid: OwnBid::PaidAgain,
        cancels_on_first_bid: Rule::Absent,
        surplus_limit: Rule::Absent,
    },

    /// From August 2020: lots sized by debt, a limit on debt in auction.
    V1_2 = "1.2" => Rules {
        sizing: Sizing::ByDebt,
        penalty_one: WAD,
        own_bid: OwnBid::Kept,
        cancels_on_first_bid: Rule::Present,
        surplus_limit: Rule::Present,
        ..V1_0
    },

    /// From April 2021: Dutch auctions.
    V2_0 = "2.0" => Rules {
        sale: Sale::Dutch,
        sizing: Sizing::ByRoom,
        ..V1_2
    },
}

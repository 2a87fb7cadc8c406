//! The versions of Maker's liquidations, as rows of one table.

use crate::units::{RAY, U256, WAD};

/// Which contracts liquidate.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum MakerVersion {
    /// Of the first months, March 2020 included (tag 1.0.3).
    V1_0,
    /// From August 2020: lots sized by debt, a limit on debt in auction.
    V1_2,
    /// From April 2021: Dutch auctions.
    V2_0,
}

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

const ROWS: [(MakerVersion, &str, Rules); 3] = [
    (
        MakerVersion::V1_0,
        "1.0.3",
        Rules {
            sale: Sale::English,
            sizing: Sizing::ByCollateral,
            penalty_one: RAY,
            own_bid: OwnBid::PaidAgain,
            cancels_on_first_bid: Rule::Absent,
            surplus_limit: Rule::Absent,
        },
    ),
    (
        MakerVersion::V1_2,
        "1.2",
        Rules {
            sale: Sale::English,
            sizing: Sizing::ByDebt,
            penalty_one: WAD,
            own_bid: OwnBid::Kept,
            cancels_on_first_bid: Rule::Present,
            surplus_limit: Rule::Present,
        },
    ),
    (
        MakerVersion::V2_0,
        "2.0",
        Rules {
            sale: Sale::Dutch,
            sizing: Sizing::ByRoom,
            penalty_one: WAD,
            own_bid: OwnBid::Kept,
            cancels_on_first_bid: Rule::Present,
            surplus_limit: Rule::Present,
        },
    ),
];

impl MakerVersion {
    /// Every version, oldest first.
    pub const ALL: [Self; 3] = [Self::V1_0, Self::V1_2, Self::V2_0];

    fn row(self) -> &'static (Self, &'static str, Rules) {
        let [first, second, third] = &ROWS;
        match self {
            Self::V1_0 => first,
            Self::V1_2 => second,
            Self::V2_0 => third,
        }
    }

    /// Its number, such as `1.2`.
    pub fn number(self) -> &'static str {
        self.row().1
    }

    /// Its rules.
    pub fn rules(self) -> &'static Rules {
        &self.row().2
    }

    /// A version by its number.
    pub fn parse(number: &str) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|version| version.number() == number)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_in_order_and_parse() {
        for (version, row) in MakerVersion::ALL.into_iter().zip(ROWS) {
            assert_eq!(version, row.0);
            assert_eq!(MakerVersion::parse(version.number()), Some(version));
        }
        assert_eq!(MakerVersion::parse("3.0"), None);
    }
}

//! What of a list of bids gets into a block, and in which order.
//!
//! Private bids come before public ones; within a lane the higher gas price comes first, and equal
//! ones in the order of their tie numbers.

use std::cmp::Ordering;

/// How a bid reaches the block.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Lane {
    /// Straight to the builder; costs nothing when it fails.
    Private,
    /// Through the public pool; pays for its failure.
    Public,
}

/// One attempt that wants into a block.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Bid<T> {
    /// How it reaches the block.
    pub lane: Lane,
    /// Price bid, gwei per gas.
    pub gwei: f64,
    /// Order among equals.
    pub tie: u64,
    /// What it wants to do.
    pub what: T,
}

impl<T> Bid<T> {
    /// Order of inclusion.
    pub fn order(&self, other: &Self) -> Ordering {
        self.lane
            .cmp(&other.lane)
            .then(other.gwei.total_cmp(&self.gwei))
            .then(self.tie.cmp(&other.tie))
    }
}

/// Gas room of one block for liquidations.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Block {
    gas_left: u64,
    gas_used: u64,
}

impl Block {
    pub(super) fn new(gas: u64) -> Self {
        Self {
            gas_left: gas,
            gas_used: 0,
        }
    }

    /// Gas that still fits.
    pub fn gas_left(&self) -> u64 {
        self.gas_left
    }

    /// Gas used so far.
    pub fn gas_used(&self) -> u64 {
        self.gas_used
    }

    /// Whether an attempt fits.
    pub fn fits(&self, gas: u64) -> bool {
        gas <= self.gas_left
    }

    /// Uses gas; what does not fit is cut.
    pub fn spend(&mut self, gas: u64) {
        let gas = gas.min(self.gas_left);
        self.gas_left -= gas;
        self.gas_used += gas;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bids_are_ordered_by_lane_price_and_tie() {
        let bid = |lane, gwei, tie, what| Bid {
            lane,
            gwei,
            tie,
            what,
        };
        let mut bids = [
            bid(Lane::Public, 50.0, 1, "e"),
            bid(Lane::Public, 90.0, 9, "c"),
            bid(Lane::Private, 10.0, 2, "b"),
            bid(Lane::Public, 50.0, 0, "d"),
            bid(Lane::Private, 11.0, 3, "a"),
        ];
        bids.sort_by(Bid::order);
        assert_eq!(bids.map(|b| b.what).concat(), "abcde");
    }

    #[test]
    fn a_block_holds_what_it_holds() {
        let mut block = Block::new(1_000);
        assert!(block.fits(1_000) && !block.fits(1_001));
        block.spend(700);
        assert!(block.fits(300) && !block.fits(301));
        block.spend(400);
        assert_eq!((block.gas_left(), block.gas_used()), (0, 1_000));
    }
}

//! Auctions as pure rules: what is checked, what is paid, what is left. Who pays whom, and what the
//! refusals are called, is the business of the protocol that runs the auction.
//!
//! - [`DutchAuction`]: the price falls along a [`PriceCurve`]; anybody buys a part at once.
//! - [`EnglishAuction`]: bidders outbid each other, first with more money, then with a smaller lot.
//!   A debt auction is one that only lowers the lot, a surplus auction one that only raises the bid.

mod curve;
mod dutch;
mod english;
mod power;

pub use curve::PriceCurve;
pub use dutch::{DutchAuction, DutchRefusal, DutchStatus, DutchTerms, Purchase};
pub use english::{EnglishAuction, EnglishRefusal, EnglishTerms};
pub use power::power;

use crate::units::U256;
use std::fmt;

/// Number of an auction within its house; houses count from 1.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct AuctionId(pub U256);

impl fmt::Display for AuctionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

/// A pure number in ray: 10^27 = 1.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Ray(pub U256);

impl Ray {
    /// One.
    pub const ONE: Self = Self(crate::units::RAY);
}

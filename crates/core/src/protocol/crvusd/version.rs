//! The constants of each version of the contracts, as data.

use crate::units::U256;
use ruint::uint;

/// A version of the contracts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Version {
    /// Branch `v1` of curvefi/curve-stablecoin at `edbb5ef5`, compiled by Vyper 0.3.10.
    V1,
}

/// What the contracts of a version hold as constants.
#[derive(Debug)]
pub(super) struct Rules {
    name: &'static str,
    /// Shares of each band that belong to nobody.
    pub(super) dead_shares: U256,
    /// Fewest bands of a loan.
    pub(super) bands_min: u32,
    /// Most bands of a loan, and of one exchange.
    pub(super) bands_max: u32,
    /// Most empty bands that are skipped.
    pub(super) skip_max: u32,
    /// Bands that a price may lie above the one that the oracle's price falls into.
    pub(super) base_bands: i64,
    /// Seconds after which a step of the oracle's price is forgotten.
    pub(super) oracle_delay: u64,
    /// Largest step of the oracle's price within that time, as a factor, wad.
    pub(super) oracle_step_max: U256,
    /// Largest interest rate per second, wad.
    pub(super) rate_max: U256,
    /// Smallest and largest fee of the AMM that the controller accepts, wad. The largest is also
    /// bound by `bands_min` ÷ A.
    pub(super) fee_bounds: [U256; 2],
    /// Smallest liquidation discount, wad.
    pub(super) liquidation_discount_min: U256,
    /// Largest loan discount, wad.
    pub(super) loan_discount_max: U256,
}

const V1: Rules = Rules {
    name: "v1",
    dead_shares: uint!(1_000_U256),
    bands_min: 4,
    bands_max: 50,
    skip_max: 1_024,
    base_bands: 5,
    oracle_delay: 120,
    oracle_step_max: uint!(1_250_000_000_000_000_000_U256),
    rate_max: uint!(43_959_106_799_U256),
    fee_bounds: [uint!(1_000_000_U256), uint!(100_000_000_000_000_000_U256)],
    liquidation_discount_min: uint!(10_000_000_000_000_000_U256),
    loan_discount_max: uint!(500_000_000_000_000_000_U256),
};

impl Version {
    /// Every version, oldest first.
    pub const ALL: &'static [Self] = &[Self::V1];

    /// Its name, such as `v1`.
    pub fn name(self) -> &'static str {
        self.rules().name
    }

    pub(super) fn rules(self) -> &'static Rules {
        match self {
            Self::V1 => &V1,
        }
    }
}

//! One source: what it says, and whether that can be used.

use super::Deviation;
use crate::units::{Bps, Price, Timestamp, U256};

/// What a source says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Observation {
    /// Price of one whole token, in the base currency's smallest unit.
    pub price: Price,
    /// Half the width of the band in which the source believes the price to be, in the same unit.
    pub confidence: Price,
    /// When the source formed it.
    pub at: Timestamp,
}

/// Why a source does not count now.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Unusable {
    /// It says nothing.
    Silent,
    /// Its price is zero, or needs more than 128 bits.
    NoPrice,
    /// It claims to be of a later time than now.
    Early,
    /// It is older than the source may be.
    Stale,
    /// Its confidence band is wider than allowed.
    Uncertain,
    /// It is too far from the median of all.
    Outlier,
}

/// What is asked of a source.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct SourceRules {
    /// What it counts in the median.
    pub weight: u32,
    /// Seconds after which what it said is stale.
    pub max_age_s: u64,
    /// The widest confidence (half-width) that is used, in basis points of the price.
    pub confidence_max: Bps,
}

impl SourceRules {
    /// The price of an observation that can be used now.
    ///
    /// # Errors
    /// The first reason in the order of [`Unusable`] why it can't.
    pub fn screen(&self, now: Timestamp, told: Option<&Observation>) -> Result<Price, Unusable> {
        let told = told.ok_or(Unusable::Silent)?;
        if !is_price(told.price) {
            return Err(Unusable::NoPrice);
        }
        if told.at > now {
            return Err(Unusable::Early);
        }
        if now.seconds_since(told.at) > self.max_age_s {
            return Err(Unusable::Stale);
        }
        let around = Price(told.price.0.saturating_add(told.confidence.0));
        if Deviation::between(around, told.price) > Deviation(u64::from(self.confidence_max.0)) {
            return Err(Unusable::Uncertain);
        }
        Ok(told.price)
    }
}

/// Whether a number is a price that an oracle works with: above 0 and below 2^128, so that no sum over
/// time needs more than 256 bits.
pub(super) fn is_price(price: Price) -> bool {
    !price.is_zero() && price.0 <= U256::from(u128::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reasons_come_in_their_order() {
        let rules = SourceRules {
            weight: 1,
            max_age_s: 60,
            confidence_max: Bps(200),
        };
        let told = |price: U256, confidence: u128, at| {
            Some(Observation {
                price: Price(price),
                confidence: Price::new(confidence),
                at: Timestamp(at),
            })
        };
        let n = |n: u128| U256::from(n);
        for (told, want) in [
            (None, Err(Unusable::Silent)),
            (told(n(0), 0, 100), Err(Unusable::NoPrice)),
            (told(n(u128::MAX) + n(1), 0, 100), Err(Unusable::NoPrice)),
            (told(n(u128::MAX), 0, 100), Ok(n(u128::MAX))),
            (told(n(100), 0, 101), Err(Unusable::Early)),
            (told(n(100), 0, 40), Ok(n(100))),
            (told(n(100), 9, 39), Err(Unusable::Stale)),
            (told(n(100), 2, 100), Ok(n(100))),
            (told(n(100), 3, 100), Err(Unusable::Uncertain)),
            (told(n(100), u128::MAX, 100), Err(Unusable::Uncertain)),
        ] {
            let got = rules.screen(Timestamp(100), told.as_ref());
            assert_eq!(got, want.map(Price), "{told:?}");
        }
        let widest = Observation {
            price: Price(n(7)),
            confidence: Price::MAX,
            at: Timestamp(100),
        };
        let got = rules.screen(Timestamp(100), Some(&widest));
        assert_eq!(got, Err(Unusable::Uncertain));
    }
}

//! What the class of an asset says about its price.

use super::{Quality, source::is_price};
use crate::units::{BPS, Bps, Price, Ratio, Rounding, Timestamp, U256, WAD, YEAR, mul_div};

/// What bounds the price of an asset.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Bounds {
    /// Nothing.
    None,
    /// The asset is meant to be worth something fixed.
    Peg(Peg),
    /// The asset is a claim on so much of another: the sources tell the price of the other.
    RedemptionRate(RateCap),
}

/// A peg and how far a price may be from it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Peg {
    /// What one whole token is meant to be worth.
    pub target: Price,
    /// How far below, in basis points of the target; the bound rounds up.
    pub below: Bps,
    /// How far above; the bound rounds down.
    pub above: Bps,
    /// What is told beyond that.
    pub broken: BrokenPeg,
}

/// What is told of a price beyond the bounds of its peg.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum BrokenPeg {
    /// The bound, as [`Quality::Limited`].
    Clamped,
    /// The price itself, as [`Quality::TooVolatile`], which is good for nothing by the usual table.
    Invalid,
}

/// How fast the redemption rate of a staked asset may grow, after the capped adapters of Aave.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct RateCap {
    /// Underlying tokens to one token at the time of the snapshot, in wad.
    pub snapshot: Ratio,
    /// When that was.
    pub at: Timestamp,
    /// The most that the rate grows in 365 days, in basis points of the snapshot, linear in time.
    pub growth_per_year: Bps,
}

impl RateCap {
    /// The highest rate that counts now, rounded down; that of the snapshot before its time.
    pub fn highest(&self, now: Timestamp) -> Ratio {
        let seconds = U256::from(now.seconds_since(self.at));
        let growth = self.growth_per_year.wide().saturating_mul(seconds);
        let one = BPS.saturating_mul(YEAR);
        let highest = mul_div(
            self.snapshot.0,
            one.saturating_add(growth),
            one,
            Rounding::Floor,
        );
        highest.map_or(Ratio::MAX, Ratio)
    }
}

impl Bounds {
    /// What an asset's price is when its sources say `price` and the rate of redemption, where it has
    /// one, is `rate`; and how good that is at best. The price of a staked asset is the smaller of the
    /// rate and its cap times the price of the underlying, rounded down.
    pub fn apply(&self, now: Timestamp, price: Price, rate: Ratio) -> (Price, Quality) {
        match self {
            Self::None => (price, Quality::Valid),
            Self::Peg(peg) => peg.apply(price),
            Self::RedemptionRate(cap) => {
                let highest = cap.highest(now);
                let worth = mul_div(price.0, rate.min(highest).0, WAD, Rounding::Floor);
                match worth.map(Price) {
                    Ok(worth) if !is_price(worth) => (Price::ZERO, Quality::NonPositive),
                    Err(_) => (Price::ZERO, Quality::NonPositive),
                    Ok(worth) if rate > highest => (worth, Quality::Limited),
                    Ok(worth) => (worth, Quality::Valid),
                }
            }
        }
    }
}

impl Peg {
    /// The lowest and the highest price within the peg.
    pub fn range(&self) -> (Price, Price) {
        let part = |bps: U256, rounding| mul_div(self.target.0, bps, BPS, rounding);
        let low = part(BPS.saturating_sub(self.below.wide()), Rounding::Ceil);
        let high = part(BPS.saturating_add(self.above.wide()), Rounding::Floor);
        (
            low.map_or(self.target, Price),
            high.map_or(Price::MAX, Price),
        )
    }

    fn apply(&self, price: Price) -> (Price, Quality) {
        let (low, high) = self.range();
        if (low..=high).contains(&price) {
            return (price, Quality::Valid);
        }
        match self.broken {
            BrokenPeg::Clamped => (price.max(low).min(high), Quality::Limited),
            BrokenPeg::Invalid => (price, Quality::TooVolatile),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wad(thousandths: u128) -> Ratio {
        Ratio::new(thousandths * 1_000_000_000_000_000)
    }

    #[test]
    fn pegs_are_tables() {
        let peg = |broken| Peg {
            target: Price::new(1_001),
            below: Bps(500),
            above: Bps(100),
            broken,
        };
        let (clamped, invalid) = (peg(BrokenPeg::Clamped), peg(BrokenPeg::Invalid));
        // 950.95 rounds up, 1 011.01 rounds down.
        assert_eq!(clamped.range(), (Price::new(951), Price::new(1_011)));
        for (price, of_clamped, of_invalid) in [
            (951, (951, Quality::Valid), (951, Quality::Valid)),
            (950, (951, Quality::Limited), (950, Quality::TooVolatile)),
            (650, (951, Quality::Limited), (650, Quality::TooVolatile)),
            (1_011, (1_011, Quality::Valid), (1_011, Quality::Valid)),
            (
                1_012,
                (1_011, Quality::Limited),
                (1_012, Quality::TooVolatile),
            ),
        ] {
            for (peg, (want, quality)) in [(clamped, of_clamped), (invalid, of_invalid)] {
                let got = Bounds::Peg(peg).apply(Timestamp(0), Price::new(price), Ratio::ZERO);
                assert_eq!(got, (Price::new(want), quality), "{price} {:?}", peg.broken);
            }
        }
    }

    #[test]
    fn a_rate_grows_no_faster_than_its_cap() {
        let cap = RateCap {
            snapshot: wad(1_080),
            at: Timestamp(1_000_000),
            growth_per_year: Bps(500),
        };
        let year = 31_536_000;
        for (now, want) in [
            (0, wad(1_080)),
            (1_000_000, wad(1_080)),
            (1_000_000 + year, wad(1_134)),
            (1_000_000 + 2 * year, wad(1_188)),
        ] {
            assert_eq!(cap.highest(Timestamp(now)), want, "{now}");
        }
        let bounds = Bounds::RedemptionRate(cap);
        for (price, rate, want) in [
            (4_000, wad(1_080), (4_320, Quality::Valid)),
            (4_000, wad(1_000), (4_000, Quality::Valid)),
            // Somebody has inflated the rate.
            (4_000, wad(5_000), (4_320, Quality::Limited)),
            (1, wad(500), (0, Quality::NonPositive)),
            (u128::MAX, wad(1_080), (0, Quality::NonPositive)),
        ] {
            let got = bounds.apply(Timestamp(1_000_000), Price::new(price), rate);
            assert_eq!(got, (Price::new(want.0), want.1), "{price}");
        }
    }

    #[test]
    fn extremes_do_not_panic() {
        let cap = RateCap {
            snapshot: Ratio::MAX,
            at: Timestamp(0),
            growth_per_year: Bps(u16::MAX),
        };
        assert_eq!(cap.highest(Timestamp(u64::MAX)), Ratio::MAX);
        let peg = Peg {
            target: Price::MAX,
            below: Bps(u16::MAX),
            above: Bps(u16::MAX),
            broken: BrokenPeg::Clamped,
        };
        assert_eq!(peg.range(), (Price::ZERO, Price::MAX));
    }
}

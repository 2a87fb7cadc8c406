//! Prices between which nobody leaves a band.

use crate::protocol::Prices;
use crate::units::{BPS, Price, Rounding, Timestamp, U256, WAD, mul_div};

/// How long prices may stay within before the bounds are asked again, seconds: interest accrues meanwhile.
pub(super) const LASTS_S: u64 = 3_600;

/// Most room that is made use of, a hundredfold: its product with a wad has 128 bits.
const ROOM_MAX: U256 = U256::from_limbs([7_766_279_631_452_241_920, 5, 0, 0]);

/// A range for each asset's price, and until when: while all are within nobody needs a look.
#[derive(Clone, Debug)]
pub(super) struct Calm {
    until: Timestamp,
    ranges: Vec<(Price, Price)>,
}

impl Calm {
    /// Around present prices, where the least fall of all collateral against all debt that takes somebody out of a
    /// band, and the least rise, are so many times `room` away, in wad, with all that accrues until then taken off.
    ///
    /// A collateral that falls by a factor and a debt that rises by it change health by its square, so each price may
    /// move by the root. Nothing where there is no room.
    pub(super) fn around(prices: &Prices, until: Timestamp, room: U256) -> Option<Self> {
        // Roundings of a tick are far below a basis point.
        let less = BPS.saturating_sub(U256::from(2u64));
        let room = mul_div(room, less, BPS, Rounding::Floor).ok()?;
        let square = room.min(ROOM_MAX).wrapping_mul(WAD);
        let root = U256::from(u128::try_from(square).ok()?.isqrt());
        if root <= WAD {
            return None;
        }
        let range = |price: &Price| {
            let low = mul_div(price.0, WAD, root, Rounding::Ceil).ok()?;
            let high = mul_div(price.0, root, WAD, Rounding::Floor).ok()?;
            Some((Price(low), Price(high)))
        };
        let ranges = prices.0.iter().map(range).collect::<Option<_>>()?;
        Some(Self { until, ranges })
    }

    /// Whether all prices are within at a time.
    pub(super) fn holds(&self, now: Timestamp, prices: &Prices) -> bool {
        let within =
            |(price, (low, high)): (&Price, &(Price, Price))| low <= price && price <= high;
        now < self.until
            && prices.0.len() == self.ranges.len()
            && prices.0.iter().zip(&self.ranges).all(within)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn prices(usd: [u128; 2]) -> Prices {
        Prices(usd.map(Price::new).to_vec())
    }

    #[test]
    fn each_price_may_move_by_the_root_of_the_room() {
        let wad = |thousandths: u64| WAD * U256::from(thousandths) / U256::from(1_000u64);
        let until = Timestamp(100);
        let calm = Calm::around(&prices([1_000_000, 500]), until, wad(1_210)).unwrap();
        // A tenth less two basis points of the room, which is one of its root.
        for (usd, now, holds) in [
            ([1_000_000, 500], 99, true),
            ([1_000_000, 500], 100, false),
            ([1_099_800, 500], 0, true),
            ([1_100_000, 500], 0, false),
            ([909_200, 500], 0, true),
            ([909_000, 500], 0, false),
            ([909_200, 549], 0, true),
            ([909_200, 551], 0, false),
            ([0, 500], 0, false),
        ] {
            let found = calm.holds(Timestamp(now), &prices(usd));
            assert_eq!(found, holds, "{usd:?} at {now}");
        }
        assert!(!calm.holds(Timestamp(0), &Prices(vec![Price::new(500)])));
        for narrow in [U256::ZERO, WAD, wad(1_000) + U256::from(1u64)] {
            assert!(Calm::around(&prices([1, 1]), until, narrow).is_none());
        }
        assert_eq!(ROOM_MAX, wad(100_000));
        let wide = Calm::around(&prices([1_000, 1]), until, wad(200_000)).unwrap();
        for (usd, holds) in [(100, true), (99, false), (10_000, true), (10_001, false)] {
            assert_eq!(wide.holds(Timestamp(0), &prices([usd, 1])), holds, "{usd}");
        }
    }
}

//! An exponential mean with a half-life, at irregular times.
//!
//! As in [`Twap`](super::Twap), a price holds from its observation until the next one: after `dt`
//! seconds the mean has come nearer to the price that stood through them, and what is left of the
//! distance is 2^(−dt ÷ half-life) of it. So a price that is observed and gone at once moves nothing.
//! crvUSD's price oracles weigh the last stored price in the same way.
//!
//! The decay of a second is the largest ray number whose power over the half-life is at most one half;
//! the power of `dt` seconds is that of the ledgers, rounded half up at each product. The mean keeps 64
//! bits after the point, the distance left rounds down, so that the mean arrives, and what is told is
//! rounded down to a whole unit.

use crate::auction::power;
use crate::units::{Price, RAY, Rounding, Timestamp, U256, mul_div};

/// Bits of the mean after the point.
const FRACTION: usize = 64;

/// An exponential mean.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ema {
    /// What a second leaves of the distance, in ray.
    decay: U256,
    state: Option<State>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct State {
    /// With [`FRACTION`] bits after the point.
    mean: U256,
    /// The price that holds since.
    standing: U256,
    since: Timestamp,
}

impl Ema {
    /// A mean whose distance to a steady price halves every `half_life_s` seconds; 0 follows at once.
    pub fn new(half_life_s: u32) -> Self {
        Self {
            decay: decay_of_a_second(half_life_s),
            state: None,
        }
    }

    /// Takes a price of at most 128 bits that holds from now on, and returns the mean now, rounded down.
    /// The first price is the mean. A time before the last observation counts as that of the last.
    pub fn observe(&mut self, now: Timestamp, price: Price) -> Price {
        let scaled = price.0.wrapping_shl(FRACTION);
        let state = match self.state {
            None => State {
                mean: scaled,
                standing: scaled,
                since: now,
            },
            Some(state) => State {
                mean: self.after(&state, now.seconds_since(state.since)),
                standing: scaled,
                since: now.max(state.since),
            },
        };
        self.state = Some(state);
        Price(state.mean.wrapping_shr(FRACTION))
    }

    fn after(&self, state: &State, seconds: u64) -> U256 {
        let left = power(self.decay, U256::from(seconds), RAY).unwrap_or_default();
        let distance = state.mean.abs_diff(state.standing);
        let distance = mul_div(distance, left, RAY, Rounding::Floor).unwrap_or_default();
        if state.mean > state.standing {
            state.standing.saturating_add(distance)
        } else {
            state.standing.saturating_sub(distance)
        }
    }
}

/// By bisection, bit after bit from the highest.
fn decay_of_a_second(half_life_s: u32) -> U256 {
    let half = mul_div(RAY, U256::ONE, U256::from(2u64), Rounding::Floor).unwrap_or_default();
    let within = |decay: U256| {
        let left = power(decay, U256::from(half_life_s), RAY);
        decay < RAY && left.is_ok_and(|left| left <= half)
    };
    (0..RAY.bit_len()).rev().fold(U256::ZERO, |decay, bit| {
        let more = decay | U256::ONE.wrapping_shl(bit);
        if within(more) { more } else { decay }
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_distance_halves_every_half_life() {
        for half_life_s in [1u32, 60, 600, 86_400] {
            let mut ema = Ema::new(half_life_s);
            let half_life = u64::from(half_life_s);
            let at = |lives: u64| Timestamp(5_000 + lives * half_life);
            assert_eq!(
                ema.observe(at(0), Price::new(2_000_000)),
                Price::new(2_000_000)
            );
            // The new price has stood for no time.
            assert_eq!(
                ema.observe(at(0), Price::new(1_000_000)),
                Price::new(2_000_000)
            );
            for (lives, want) in [(1, 1_500_000), (2, 1_250_000), (4, 1_062_500)] {
                let got = ema.observe(at(lives), Price::new(1_000_000));
                let apart = got.0.abs_diff(U256::from(want));
                assert!(apart <= U256::ONE, "{half_life_s} {lives}: {got}");
            }
            // Long afterwards it has arrived.
            assert_eq!(ema.observe(at(400), Price::new(7)), Price::new(1_000_000));
        }
    }

    #[test]
    fn no_half_life_follows_at_once() {
        let mut ema = Ema::new(0);
        let seen = [(0, 5), (1, 5), (2, 9)].map(|(now, price)| {
            let got = ema.observe(Timestamp(now), Price::new(price));
            got == Price::new(5)
        });
        assert_eq!(seen, [true; 3]);
        assert_eq!(ema.observe(Timestamp(3), Price::new(1)), Price::new(9));
    }

    proptest! {
        /// The mean goes from the old toward the price that stood, never past it, and two steps lead
        /// where one does.
        #[test]
        fn a_mean_is_monotone_between_old_and_new(
            half_life_s in 1u32..100_000, old: u128, new: u128, steps in prop::collection::vec(0u64..10_000, 1..12),
        ) {
            let (old, new) = (old.max(1), new.max(1));
            let mut ema = Ema::new(half_life_s);
            ema.observe(Timestamp(0), Price::new(old));
            ema.observe(Timestamp(0), Price::new(new));
            let (mut now, mut last) = (0, Price::new(old));
            for dt in &steps {
                now += dt;
                let mean = ema.observe(Timestamp(now), Price::new(new));
                let toward = if new >= old { last..=Price::new(new) } else { Price::new(new)..=last };
                prop_assert!(toward.contains(&mean), "{mean} not in {toward:?}");
                last = mean;
            }
            let mut once = Ema::new(half_life_s);
            once.observe(Timestamp(0), Price::new(old));
            once.observe(Timestamp(0), Price::new(new));
            let once = once.observe(Timestamp(now), Price::new(new));
            let apart = once.0.abs_diff(last.0);
            // Roundings of the powers: 10^−20 of the distance and a unit.
            let most = U256::from(old.abs_diff(new)) / U256::from(10u64).pow(U256::from(20)) + U256::from(2);
            prop_assert!(apart <= most, "{once} {last}");
        }
    }
}

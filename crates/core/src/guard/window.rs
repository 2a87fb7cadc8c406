//! Sums and highs of the last seconds, exact and bounded by the number of ticks in the window.

use crate::units::{Price, Timestamp, U256};
use std::collections::VecDeque;

/// A sum of what came within the last seconds.
#[derive(Clone, Debug, Default)]
pub(crate) struct RollingSum {
    entries: VecDeque<(Timestamp, U256)>,
    sum: U256,
}

impl RollingSum {
    /// Drops what lies `window_s` seconds back or further.
    pub(crate) fn pass(&mut self, now: Timestamp, window_s: u64) {
        while let Some((time, value)) = self.entries.front().copied() {
            if now.seconds_since(time) < window_s {
                return;
            }
            self.entries.pop_front();
            self.sum = self.sum.saturating_sub(value);
        }
    }

    /// Adds; a sum beyond 256 bits stays at the largest number.
    pub(crate) fn add(&mut self, now: Timestamp, value: U256) {
        // What does not fit is left out of the entry too, so that the sum falls to zero again.
        let value = value.min(U256::MAX.saturating_sub(self.sum));
        if value.is_zero() {
            return;
        }
        self.sum = self.sum.saturating_add(value);
        match self.entries.back_mut() {
            Some((time, held)) if *time >= now => *held = held.saturating_add(value),
            _ => self.entries.push_back((now, value)),
        }
    }

    pub(crate) fn sum(&self) -> U256 {
        self.sum
    }
}

/// The highest price of the last seconds. A price counts until the next one is told, so that no fall
/// between two ticks is missed, however far apart they are.
#[derive(Clone, Debug, Default)]
pub(super) struct RollingHigh {
    /// Until when each price was in force, ascending, with prices descending.
    entries: VecDeque<(Timestamp, Price)>,
    last: Option<Price>,
}

impl RollingHigh {
    /// Takes a price and returns the highest of the window.
    pub(super) fn take(&mut self, now: Timestamp, window_s: u64, price: Price) -> Price {
        if let Some(last) = self.last.replace(price) {
            while self.entries.back().is_some_and(|(_, held)| *held <= last) {
                self.entries.pop_back();
            }
            self.entries.push_back((now, last));
        }
        while let Some((until, _)) = self.entries.front() {
            if now.seconds_since(*until) <= window_s {
                break;
            }
            self.entries.pop_front();
        }
        let high = self.entries.front().map_or(price, |(_, held)| *held);
        high.max(price)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        /// As a scan of everything that was told.
        #[test]
        fn agrees_with_a_scan(
            ticks in prop::collection::vec((0u64..40, 0u128..100), 1..60),
            window in 1u64..60,
        ) {
            let (mut sum, mut high) = (RollingSum::default(), RollingHigh::default());
            let (mut now, mut told) = (0u64, Vec::new());
            for (seconds, n) in ticks {
                now += seconds;
                sum.pass(Timestamp(now), window);
                sum.add(Timestamp(now), U256::from(n));
                told.push((now, n));
                let within = told.iter().filter(|(time, _)| now - time < window);
                let want: u128 = within.map(|(_, n)| n).sum();
                prop_assert_eq!(sum.sum(), U256::from(want));
                // Each price was in force from its tick to the next.
                let until = told.iter().skip(1).map(|(time, _)| *time).chain([now]);
                let forces = told.iter().zip(until).filter(|(_, until)| now - until <= window);
                let want = forces.map(|((_, n), _)| *n).max().unwrap();
                prop_assert_eq!(high.take(Timestamp(now), window, Price::new(n)), Price::new(want));
            }
        }
    }

    #[test]
    fn sums_beyond_256_bits_fall_again() {
        let mut sum = RollingSum::default();
        sum.add(Timestamp(1), U256::MAX);
        sum.add(Timestamp(2), U256::MAX);
        assert_eq!(sum.sum(), U256::MAX);
        sum.pass(Timestamp(10), 9);
        assert_eq!(sum.sum(), U256::ZERO);
        sum.add(Timestamp(11), U256::ONE);
        assert_eq!(sum.sum(), U256::ONE);
    }
}

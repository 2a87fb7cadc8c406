//! Publication with a delay: an answer is queued first and told later, so that a wrong one can be stopped
//! in time.
//!
//! The OSM of makerdao/osm at `e36c874b` and `src/OSM.sol` of reflexer-labs/geb-fsm at `ff83ea87` move on
//! by the same rule, and those families use this feed as it is. Their delays begin at multiples of their
//! length; an [`Oracle`](super::Oracle)'s delays begin at its pokes.

use crate::units::{Overflow, Price, Rounding, Timestamp, U256, WAD, mul_div, pow10};

/// A feed's answer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Quote {
    /// Price of one whole token: in wad for the families behind such a feed, in the oracle's own unit
    /// for an [`Oracle`](super::Oracle).
    pub value: U256,
    /// Whether there is a price.
    pub valid: bool,
}

impl Quote {
    /// An oracle's answer in a base currency of so many decimals, rounded down; zero is no price.
    ///
    /// # Errors
    /// [`Overflow`] where wad does not hold it.
    pub(crate) fn told(price: Price, base_decimals: u8) -> Result<Self, Overflow> {
        let value = mul_div(price.0, WAD, pow10(base_decimals)?, Rounding::Floor)?;
        Ok(Self {
            value,
            valid: !value.is_zero(),
        })
    }
}

/// Why a poke is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum PokeRefused {
    /// The feed is stopped.
    Stopped,
    /// The delay has not passed.
    NotPassed,
}

/// Holds back each answer of its source, so that a wrong one can be stopped in time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct DelayedFeed {
    /// What the source answers now.
    pub source: Quote,
    /// What the system hears.
    pub current: Quote,
    /// What it will hear after the next poke.
    pub next: Quote,
    /// Seconds between pokes; 3600 on mainnet, never 0.
    pub delay: u16,
    /// Start of the delay in which the last poke was.
    pub updated: Timestamp,
    /// Whether pokes are refused.
    pub stopped: bool,
}

impl DelayedFeed {
    /// A feed that heard the same answer twice, the last time in the delay of `now`.
    pub fn settled(quote: Quote, delay: u16, now: Timestamp) -> Self {
        let mut feed = Self {
            source: quote,
            current: quote,
            next: quote,
            delay,
            updated: Timestamp(0),
            stopped: false,
        };
        feed.updated = feed.start_of_delay(now);
        feed
    }

    /// Delays start at multiples of their length, so two pokes can be a second apart.
    fn start_of_delay(&self, now: Timestamp) -> Timestamp {
        let passed = now.0.checked_rem(u64::from(self.delay)).unwrap_or(0);
        Timestamp(now.0.saturating_sub(passed))
    }

    /// Whether a poke is due.
    pub fn may_poke(&self, now: Timestamp) -> bool {
        let due = self.updated.0.saturating_add(u64::from(self.delay));
        !self.stopped && now.0 >= due
    }

    /// The next answer becomes the present one, and the source's the next. A source without a price
    /// changes nothing, the time of the poke included.
    pub(crate) fn poke(&mut self, now: Timestamp) -> Result<(), PokeRefused> {
        if self.stopped {
            return Err(PokeRefused::Stopped);
        }
        if !self.may_poke(now) {
            return Err(PokeRefused::NotPassed);
        }
        self.move_on(now);
        Ok(())
    }

    /// As [`DelayedFeed::poke`], but the next delay begins now and not at a multiple of its length: what
    /// is told was queued for at least a delay.
    pub(crate) fn poke_apart(&mut self, now: Timestamp) -> Result<(), PokeRefused> {
        self.poke(now)?;
        if self.source.valid {
            self.updated = now;
        }
        Ok(())
    }

    /// The next answer becomes the present one where there is a source to follow it.
    pub(crate) fn move_on(&mut self, now: Timestamp) {
        if self.source.valid {
            self.current = self.next;
            // Stored in 128 bits.
            let low = U256::from(u128::MAX) & self.source.value;
            self.next = Quote {
                value: low,
                valid: true,
            };
            self.updated = self.start_of_delay(now);
        }
    }

    /// Forgets both answers and stops.
    pub(crate) fn clear(&mut self) {
        self.current = Quote::default();
        self.next = Quote::default();
        self.stopped = true;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn quote(value: u64) -> Quote {
        Quote {
            value: U256::from(value),
            valid: true,
        }
    }

    #[test]
    fn tells_an_hour_later() {
        let mut feed = DelayedFeed::settled(quote(100), 3_600, Timestamp(7_300));
        feed.source = quote(90);
        let steps = [
            (10_799, Err(PokeRefused::NotPassed), 100, 100),
            (10_800, Ok(()), 100, 90),
            (14_399, Err(PokeRefused::NotPassed), 100, 90),
            // Late in one delay, and again early in the next.
            (17_999, Ok(()), 90, 90),
            (18_000, Ok(()), 90, 90),
            (18_001, Err(PokeRefused::NotPassed), 90, 90),
        ];
        for (now, want, current, next) in steps {
            assert_eq!(feed.poke(Timestamp(now)), want, "at {now}");
            assert_eq!((feed.current, feed.next), (quote(current), quote(next)));
        }
    }

    #[test]
    fn pokes_apart_leave_a_whole_delay() {
        let mut feed = DelayedFeed::settled(quote(100), 3_600, Timestamp(0));
        feed.source = quote(90);
        for (now, want, current) in [
            (7_199, Ok(()), 100),
            (7_200, Err(PokeRefused::NotPassed), 100),
            (10_798, Err(PokeRefused::NotPassed), 100),
            (10_799, Ok(()), 90),
        ] {
            assert_eq!(feed.poke_apart(Timestamp(now)), want, "at {now}");
            assert_eq!(feed.current, quote(current));
        }
        feed.source.valid = false;
        let before = feed;
        assert_eq!(feed.poke_apart(Timestamp(99_999)), Ok(()));
        assert_eq!(feed, before);
    }

    #[test]
    fn answers_are_told_in_wad() {
        let told =
            |price, decimals| Quote::told(Price(price), decimals).map(|q| (q.value, q.valid));
        assert_eq!(
            told(U256::from(250), 2),
            Ok((U256::from(5) * WAD / U256::from(2), true))
        );
        assert_eq!(told(U256::from(19), 19), Ok((U256::ONE, true)));
        assert_eq!(told(U256::from(9), 19), Ok((U256::ZERO, false)));
        assert_eq!(told(U256::MAX, 8), Err(Overflow::Arithmetic));
        assert_eq!(told(U256::ONE, 78), Err(Overflow::Arithmetic));
    }

    #[test]
    fn a_silent_source_moves_nothing() {
        let mut feed = DelayedFeed::settled(quote(100), 3_600, Timestamp(0));
        feed.source = Quote {
            value: U256::from(1),
            valid: false,
        };
        let before = feed;
        assert_eq!(feed.poke(Timestamp(3_600)), Ok(()));
        assert_eq!(feed, before);
        feed.source.valid = true;
        feed.source.value = U256::MAX;
        assert_eq!(feed.poke(Timestamp(3_600)), Ok(()));
        assert_eq!(feed.next.value, U256::from(u128::MAX));
        feed.clear();
        assert!(!feed.current.valid && !feed.next.valid);
        assert_eq!(feed.poke(Timestamp(99_999)), Err(PokeRefused::Stopped));
    }
}

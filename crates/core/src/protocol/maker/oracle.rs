//! Price feeds: one that tells at once, and one that tells an hour later.

use super::rejection::{Rejection, Ruled};
use crate::units::{Timestamp, U256};

/// A feed's answer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Quote {
    /// Price of one whole token, in wad.
    pub value: U256,
    /// Whether there is a price.
    pub valid: bool,
}

/// Where the price of a collateral type comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum PriceFeed {
    /// Tells its source's answer at once.
    Direct(Quote),
    /// Tells an answer only after a delay.
    Delayed(DelayedFeed),
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
    pub(super) fn poke(&mut self, now: Timestamp) -> Ruled<()> {
        if self.stopped {
            return Err(Rejection::FeedStopped);
        }
        if !self.may_poke(now) {
            return Err(Rejection::FeedNotPassed);
        }
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
        Ok(())
    }

    /// Forgets both answers and stops.
    pub(super) fn clear(&mut self) {
        self.current = Quote::default();
        self.next = Quote::default();
        self.stopped = true;
    }
}

impl PriceFeed {
    /// What the system hears now.
    pub fn current(&self) -> Quote {
        match self {
            Self::Direct(quote) => *quote,
            Self::Delayed(feed) => feed.current,
        }
    }

    /// A new answer of the source.
    pub(super) fn set_source(&mut self, quote: Quote) {
        match self {
            Self::Direct(place) => *place = quote,
            Self::Delayed(feed) => feed.source = quote,
        }
    }

    /// The delayed feed, where it is one.
    pub(super) fn delayed(&mut self) -> Ruled<&mut DelayedFeed> {
        match self {
            Self::Direct(_) => Err(Rejection::NoSuchOperation),
            Self::Delayed(feed) => Ok(feed),
        }
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
            (10_799, Err(Rejection::FeedNotPassed), 100, 100),
            (10_800, Ok(()), 100, 90),
            (14_399, Err(Rejection::FeedNotPassed), 100, 90),
            // Late in one delay, and again early in the next.
            (17_999, Ok(()), 90, 90),
            (18_000, Ok(()), 90, 90),
            (18_001, Err(Rejection::FeedNotPassed), 90, 90),
        ];
        for (now, want, current, next) in steps {
            assert_eq!(feed.poke(Timestamp(now)), want, "at {now}");
            assert_eq!((feed.current, feed.next), (quote(current), quote(next)));
        }
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
        assert_eq!(feed.poke(Timestamp(99_999)), Err(Rejection::FeedStopped));
    }
}

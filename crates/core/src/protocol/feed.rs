//! Price feeds: one that tells at once, and one that tells an hour later.
//!
//! The delayed one serves two families: the OSM of makerdao/osm at `e36c874b` and `src/OSM.sol` of
//! reflexer-labs/geb-fsm at `ff83ea87` move on by the same rule.

use crate::units::{Overflow, Price, Rounding, Timestamp, U256, WAD, mul_div, pow10};
use std::num::NonZeroU16;

/// A feed's answer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Quote {
    /// Price of one whole token, in wad.
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

/// Where the price of a collateral type comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum PriceFeed {
    /// Tells its source's answer at once.
    Direct(Quote),
    /// Tells an answer only after a delay.
    Delayed(DelayedFeed),
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

    fn move_on(&mut self, now: Timestamp) {
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

impl PriceFeed {
    /// A feed that has told the same answer for a while, behind a delay in seconds where there is
    /// one.
    pub(crate) fn settled(quote: Quote, delay: Option<NonZeroU16>, now: Timestamp) -> Self {
        match delay {
            Some(delay) => Self::Delayed(DelayedFeed::settled(quote, delay.get(), now)),
            None => Self::Direct(quote),
        }
    }

    /// What the system hears now.
    pub fn current(&self) -> Quote {
        match self {
            Self::Direct(quote) => *quote,
            Self::Delayed(feed) => feed.current,
        }
    }

    /// A new answer of the source.
    pub(crate) fn set_source(&mut self, quote: Quote) {
        match self {
            Self::Direct(place) => *place = quote,
            Self::Delayed(feed) => feed.source = quote,
        }
    }

    /// A new answer of the source, and a poke where one is due.
    pub(crate) fn hear(&mut self, now: Timestamp, quote: Quote) {
        self.set_source(quote);
        if let Some(feed) = self.delayed()
            && feed.may_poke(now)
        {
            feed.move_on(now);
        }
    }

    /// The delayed feed, where it is one.
    pub(crate) fn delayed(&mut self) -> Option<&mut DelayedFeed> {
        match self {
            Self::Direct(_) => None,
            Self::Delayed(feed) => Some(feed),
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

    /// At each time: what the source answers, and what is told with the delay and without.
    #[test]
    fn hears_and_is_poked_when_due() {
        let start = Timestamp(7_300);
        let mut delayed = PriceFeed::settled(quote(100), NonZeroU16::new(3_600), start);
        let mut direct = PriceFeed::settled(quote(100), None, start);
        for (now, answer, told) in [
            (10_799, 95, 100),
            (10_800, 90, 100),
            (14_399, 85, 100),
            (14_400, 80, 90),
            (17_999, 75, 90),
            (18_000, 70, 80),
        ] {
            for (feed, want) in [(&mut delayed, told), (&mut direct, answer)] {
                feed.hear(Timestamp(now), quote(answer));
                assert_eq!(feed.current(), quote(want), "at {now}");
            }
        }
        direct.hear(Timestamp(18_001), Quote::default());
        assert_eq!(direct.current(), Quote::default());
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

//! Price feeds: one that tells at once, and one that tells an hour later.

use crate::oracle::{DelayedFeed, Quote};
use crate::units::Timestamp;
use std::num::NonZeroU16;

/// Where the price of a collateral type comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum PriceFeed {
    /// Tells its source's answer at once.
    Direct(Quote),
    /// Tells an answer only after a delay.
    Delayed(DelayedFeed),
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
    use crate::units::U256;

    fn quote(value: u64) -> Quote {
        Quote {
            value: U256::from(value),
            valid: true,
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
}

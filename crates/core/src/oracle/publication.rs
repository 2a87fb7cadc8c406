//! What is told of a price: at once, later, or not at all.

use super::{DelayedFeed, Quality, Quote};
use crate::units::{Price, Timestamp};
use std::num::NonZeroU16;

/// What an oracle tells, behind a delay where there is one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Publication {
    delay_s: Option<NonZeroU16>,
    told: Option<(Price, Quality)>,
    /// The delay, from the first price on, and how good the queued price is.
    queue: Option<(DelayedFeed, Quality)>,
    frozen: bool,
}

impl Publication {
    pub(super) fn new(delay_s: Option<NonZeroU16>) -> Self {
        Self {
            delay_s,
            told: None,
            queue: None,
            frozen: false,
        }
    }

    /// What is told now.
    pub(super) fn told(&self) -> Option<(Price, Quality)> {
        self.told
    }

    /// What will be told after the next delay.
    pub(super) fn queued(&self) -> Option<Price> {
        let (feed, _) = self.queue.as_ref()?;
        feed.next.valid.then_some(Price(feed.next.value))
    }

    pub(super) fn is_frozen(&self) -> bool {
        self.frozen
    }

    /// Nothing new is told from now on.
    pub(super) fn freeze(&mut self) {
        self.frozen = true;
        if let Some((feed, _)) = &mut self.queue {
            feed.stopped = true;
        }
    }

    /// Ends a freeze; what is queued is told when its delay has passed.
    pub(super) fn resume(&mut self) {
        self.frozen = false;
        if let Some((feed, _)) = &mut self.queue {
            feed.stopped = false;
        }
    }

    /// Freezes, and forgets what was told and what is queued.
    pub(super) fn void(&mut self) {
        self.freeze();
        self.told = None;
        if let Some((feed, _)) = &mut self.queue {
            feed.clear();
        }
    }

    /// Takes a price. The first one ever is told at once, since nothing was told before; later ones are
    /// queued behind the delay. A price that is [`Quality::TooUncertain`] or worse is not queued, and
    /// then what is queued waits with it.
    pub(super) fn take(&mut self, now: Timestamp, price: Price, quality: Quality) {
        let Some(delay_s) = self.delay_s else {
            if !self.frozen {
                self.told = Some((price, quality));
            }
            return;
        };
        let source = Quote {
            value: price.0,
            valid: quality >= Quality::Stale,
        };
        if !source.valid {
            return;
        }
        match &mut self.queue {
            None if self.frozen => {}
            None => {
                let mut feed = DelayedFeed::settled(source, delay_s.get(), now);
                feed.updated = now;
                self.queue = Some((feed, quality));
                self.told = Some((price, quality));
            }
            Some((feed, waiting)) => {
                feed.source = source;
                if feed.poke_apart(now).is_ok() {
                    self.told = feed
                        .current
                        .valid
                        .then_some((Price(feed.current.value), *waiting));
                    *waiting = quality;
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use Quality::{Limited, NonPositive, Stale, TooUncertain, Valid};

    fn delayed() -> Publication {
        Publication::new(NonZeroU16::new(100))
    }

    /// Rows of time, price, quality, and what is told and queued afterwards.
    #[test]
    fn a_delay_tells_what_it_queued() {
        let mut delayed = delayed();
        for (now, price, quality, told, queued) in [
            (5, 9, TooUncertain, None, None),
            (10, 10, Valid, Some((10, Valid)), Some(10)),
            (50, 20, Valid, Some((10, Valid)), Some(10)),
            (110, 30, Limited, Some((10, Valid)), Some(30)),
            (209, 40, Valid, Some((10, Valid)), Some(30)),
            // What can't be queued holds up what is.
            (215, 1, NonPositive, Some((10, Valid)), Some(30)),
            (216, 50, Stale, Some((30, Limited)), Some(50)),
            (315, 60, Valid, Some((30, Limited)), Some(50)),
            (316, 60, Valid, Some((50, Stale)), Some(60)),
        ] {
            delayed.take(Timestamp(now), Price::new(price), quality);
            let want = told.map(|(price, quality)| (Price::new(price), quality));
            assert_eq!(delayed.told(), want, "at {now}");
            assert_eq!(delayed.queued(), queued.map(Price::new), "at {now}");
        }
    }

    #[test]
    fn a_freeze_leaves_the_current_value_and_a_void_does_not() {
        let mut direct = Publication::new(None);
        let mut delayed = delayed();
        for one in [&mut direct, &mut delayed] {
            one.take(Timestamp(0), Price::new(10), Valid);
            one.freeze();
            one.take(Timestamp(200), Price::new(20), Valid);
            assert_eq!(one.told(), Some((Price::new(10), Valid)));
            assert!(one.is_frozen());
            one.void();
            one.take(Timestamp(300), Price::new(30), Valid);
            assert_eq!((one.told(), one.queued()), (None, None));
            one.resume();
            assert!(!one.is_frozen());
            one.take(Timestamp(400), Price::new(40), Valid);
        }
        assert_eq!(direct.told(), Some((Price::new(40), Valid)));
        // Behind a delay the first price after a void is queued, and so told a delay later.
        assert_eq!(
            (delayed.told(), delayed.queued()),
            (None, Some(Price::new(40)))
        );
        delayed.take(Timestamp(500), Price::new(50), Valid);
        assert_eq!(delayed.told(), Some((Price::new(40), Valid)));
    }

    #[test]
    fn nothing_is_told_that_came_under_a_freeze_before_the_first_price() {
        let mut delayed = delayed();
        delayed.freeze();
        delayed.take(Timestamp(0), Price::new(10), Valid);
        assert_eq!((delayed.told(), delayed.queued()), (None, None));
    }
}

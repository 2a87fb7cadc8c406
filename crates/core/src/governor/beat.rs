//! Looking once an interval, however often ticks come.

use crate::units::Timestamp;

/// When something was last looked at.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Beat {
    last: Option<Timestamp>,
}

impl Beat {
    /// Whether an interval has passed since it last had; the first time it always has.
    pub(super) fn due(&mut self, now: Timestamp, interval_s: u64) -> bool {
        let waits = |last: Timestamp| now.seconds_since(last) < interval_s;
        if self.last.is_some_and(waits) {
            return false;
        }
        self.last = Some(now);
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn beats_once_an_interval() {
        let mut beat = Beat::default();
        for (now, due) in [
            (5, true),
            (6, false),
            (14, false),
            (15, true),
            (99, true),
            (100, false),
        ] {
            assert_eq!(beat.due(Timestamp(now), 10), due, "at {now}");
        }
    }
}

//! A level that is reached at once and left slowly.

use super::level::Level;
use super::reading::{Reading, Reason};
use crate::protocol::AssetId;
use crate::units::Timestamp;

/// A change of what one guard holds back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Transition {
    /// When.
    pub time: Timestamp,
    /// Name of the guard.
    pub guard: &'static str,
    /// Of which asset; of all of them where none is named.
    pub asset: Option<AssetId>,
    /// Level before.
    pub from: Level,
    /// Level from now on.
    pub to: Level,
    /// Why.
    pub reason: Reason,
}

/// What one guard holds back of one asset, or of all.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Latch {
    pub(super) level: Level,
    pub(super) reason: Reason,
    since: Timestamp,
}

impl Default for Latch {
    fn default() -> Self {
        Self {
            level: Level::Open,
            reason: Reason::Calm { seconds: 0 },
            since: Timestamp(0),
        }
    }
}

impl Latch {
    /// Takes a reading; returns the level before where it changed. A higher level is taken at once. A
    /// lower one, or none, only when the present one has held for `least_s` seconds.
    pub(super) fn settle(
        &mut self,
        now: Timestamp,
        reading: Reading,
        least_s: u64,
    ) -> Option<Level> {
        let held = now.seconds_since(self.since);
        let (level, reason) = match reading {
            Reading::Tripped(level, reason) => (level, reason),
            Reading::Between => return None,
            Reading::Calm => (Level::Open, Reason::Calm { seconds: held }),
        };
        let may_fall = held >= least_s;
        if level == self.level || (level < self.level && !may_fall) {
            return None;
        }
        let before = std::mem::replace(&mut self.level, level);
        self.reason = reason;
        self.since = now;
        Some(before)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rises_at_once_and_falls_late() {
        let reason = Reason::Silent { seconds: 1 };
        let tripped = |level| Reading::Tripped(level, reason);
        // (time, reading, level afterwards), with a least time of 100 s.
        let cases = [
            (0, Reading::Calm, Level::Open),
            (10, tripped(Level::NoBorrowing), Level::NoBorrowing),
            (20, Reading::Calm, Level::NoBorrowing),
            (30, tripped(Level::Stopped), Level::Stopped),
            (129, tripped(Level::NoBorrowing), Level::Stopped),
            (130, tripped(Level::NoBorrowing), Level::NoBorrowing),
            (229, Reading::Calm, Level::NoBorrowing),
            (230, Reading::Between, Level::NoBorrowing),
            (231, Reading::Calm, Level::Open),
            (231, tripped(Level::TakesOnly), Level::TakesOnly),
        ];
        let mut latch = Latch::default();
        for (time, reading, want) in cases {
            let before = latch.level;
            let told = latch.settle(Timestamp(time), reading, 100);
            assert_eq!(latch.level, want, "at {time}");
            assert_eq!(told, (want != before).then_some(before), "at {time}");
        }
    }
}

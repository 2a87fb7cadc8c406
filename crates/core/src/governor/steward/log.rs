//! What a steward did and refused.

use crate::governor::Reason;
use crate::units::Timestamp;
use std::collections::BTreeMap;
use std::fmt;

/// What shortened a proposal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cut {
    /// Nothing.
    None,
    /// The lever's bounds, or the reach around its start.
    Bounds,
    /// The largest step.
    Step,
    /// Accounts that a larger step would have put in breach.
    Grandfathered,
}

/// Why a proposal was not sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// The protocol has no lever of that name.
    NoSuchLever,
    /// The smallest step would put a healthy account in breach.
    Grandfathered,
    /// The protocol keeps too few digits for so small a move.
    TooFine,
    /// The protocol refused, in its words.
    Denied(String),
}

/// What became of a proposal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The lever was moved.
    Moved {
        /// Setting before.
        before: u128,
        /// Setting from then on.
        after: u128,
        /// What shortened the move.
        cut: Cut,
    },
    /// Nothing was moved.
    Refused(Refusal),
}

/// One line of the log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// When, at the first of several times.
    pub at: Timestamp,
    /// Whose proposal.
    pub policy: &'static str,
    /// Which lever.
    pub lever: String,
    /// What was proposed.
    pub wanted: u128,
    /// Why it was.
    pub reason: Reason,
    /// What became of it.
    pub outcome: Outcome,
    /// How often in a row the same was refused.
    pub times: u32,
}

impl fmt::Display for Entry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} {} ({}, {}): ",
            self.at.0, self.lever, self.policy, self.reason
        )?;
        match &self.outcome {
            Outcome::Moved { before, after, cut } => {
                write!(f, "{before} to {after}")?;
                match cut {
                    Cut::None => Ok(()),
                    Cut::Bounds => write!(f, ", {} wanted, cut by bounds", self.wanted),
                    Cut::Step => write!(f, ", {} wanted, cut to one step", self.wanted),
                    Cut::Grandfathered => {
                        write!(f, ", {} wanted, cut to spare healthy accounts", self.wanted)
                    }
                }
            }
            Outcome::Refused(refusal) => {
                write!(f, "{} refused {} times: ", self.wanted, self.times)?;
                match refusal {
                    Refusal::NoSuchLever => f.write_str("no such lever"),
                    Refusal::Grandfathered => f.write_str("grandfathered"),
                    Refusal::TooFine => f.write_str("too fine for the protocol"),
                    Refusal::Denied(why) => f.write_str(why),
                }
            }
        }
    }
}

/// Entries in order; a refusal that repeats is counted in its first entry.
#[derive(Clone, Debug, Default)]
pub(super) struct Log {
    entries: Vec<Entry>,
    /// Place of each lever's last entry.
    last: BTreeMap<String, usize>,
}

impl Log {
    pub(super) fn entries(&self) -> &[Entry] {
        &self.entries
    }

    pub(super) fn push(&mut self, entry: Entry) {
        let last = self.last.get(&entry.lever).copied();
        if let Some(held) = last.and_then(|place| self.entries.get_mut(place))
            && matches!(entry.outcome, Outcome::Refused(_))
            && held.outcome == entry.outcome
            && held.policy == entry.policy
        {
            held.times = held.times.saturating_add(1);
            return;
        }
        self.last.insert(entry.lever.clone(), self.entries.len());
        self.entries.push(entry);
    }
}

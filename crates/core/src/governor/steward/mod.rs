//! Bounds proposals and sends them: in size, speed and reach, and never against a healthy account.
//!
//! Of several proposals for one lever the most cautious counts. What is left of it
//!
//! 1. lies within the lever's own bounds and within reach of the setting that it had at the start;
//! 2. is far enough from the present setting to be worth a move, or is the start's;
//! 3. comes no sooner after the last move than the pause, and after one the other way no sooner than the
//!    pause of a reversal: signals that alternate do not make the lever swing;
//! 4. is no further than one step;
//! 5. puts nobody in breach who was not, tried on a fork: the step is halved until it does not, down to
//!    nothing.
//!
//! A cap that was none may be introduced at any size, which counts as one step and as its start.

mod log;
mod rules;

pub use log::{Cut, Entry, Outcome, Refusal};
pub use rules::{Limits, Step, StewardRules};

use super::outlook::Outlook;
use super::{Dial, Governor, Proposal, Unsupported, supported};
use crate::protocol::{AccountId, Denied, Events, Lever, LeverUnit, Protocol, Safer};
use crate::signals::Signals;
use crate::units::Timestamp;
use log::Log;
use std::collections::BTreeMap;

/// Which way a lever went.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Way {
    Up,
    Down,
}

/// What the steward remembers of a lever.
#[derive(Clone, Copy, Debug)]
struct Memory {
    base: u128,
    /// The last move, or the last one that was refused.
    last: Option<Timestamp>,
    way: Option<Way>,
}

/// Sends what governors propose, within bounds, and tells what it did.
#[derive(Clone, Debug)]
pub struct Steward {
    governors: Vec<Box<dyn Governor>>,
    rules: StewardRules,
    levers: BTreeMap<String, Memory>,
    reviewed: Option<Timestamp>,
    log: Log,
}

/// A proposal and whose it is.
type Voted = (&'static str, Proposal);

impl Steward {
    /// A steward of a protocol; the settings of now are those that levers return to.
    ///
    /// # Errors
    /// The first governor that finds no lever there.
    pub fn new<P: Protocol>(
        protocol: &P,
        governors: Vec<Box<dyn Governor>>,
        rules: StewardRules,
    ) -> Result<Self, Unsupported> {
        let levers = protocol.levers();
        for governor in &governors {
            supported(&**governor, &levers, protocol.fixed())?;
        }
        let memory = |lever: Lever| {
            let memory = Memory {
                base: lever.value,
                last: None,
                way: None,
            };
            (lever.name, memory)
        };
        Ok(Self {
            governors,
            rules,
            levers: levers.into_iter().map(memory).collect(),
            reviewed: None,
            log: Log::default(),
        })
    }

    /// Whether any governor reads the book: else [`Outlook::bare`] is enough.
    pub fn reads_book(&self) -> bool {
        self.governors.iter().any(|governor| governor.reads_book())
    }

    /// What was moved and refused, in order.
    pub fn log(&self) -> &[Entry] {
        self.log.entries()
    }

    /// Lets governors look at a tick and, when a review is due, moves levers; tells the protocol's events.
    /// `outlook` is asked for at reviews only.
    pub fn tick<P: Protocol>(
        &mut self,
        protocol: &mut P,
        signals: &Signals,
        outlook: impl FnOnce(&P) -> Outlook,
    ) -> Events {
        for governor in &mut self.governors {
            governor.see(signals);
        }
        let due = |last: Timestamp| signals.now.seconds_since(last) >= self.rules.review_s;
        if !self.reviewed.is_none_or(due) {
            return Events::new();
        }
        self.reviewed = Some(signals.now);
        let seen = outlook(protocol);
        let mut dials = self.dials(protocol);
        let mut events = Events::new();
        for vote in self.votes(signals, &seen, &dials) {
            let told = self.judge(protocol, signals.now, &dials, &vote);
            if !told.is_empty() {
                // One move may change the bounds of the next.
                dials = self.dials(protocol);
                events.extend(told);
            }
        }
        events
    }

    fn dials<P: Protocol>(&self, protocol: &P) -> Vec<Dial> {
        let dial = |lever: Lever| {
            let memory = self.levers.get(&lever.name);
            let base = memory.map_or(lever.value, |memory| memory.base);
            Dial { lever, base }
        };
        protocol.levers().into_iter().map(dial).collect()
    }

    /// One proposal for each lever, in the order in which levers were first named.
    fn votes(&mut self, signals: &Signals, outlook: &Outlook, dials: &[Dial]) -> Vec<Voted> {
        let mut votes: Vec<Voted> = Vec::new();
        for governor in &mut self.governors {
            let name = governor.name();
            for proposal in governor.propose(signals, outlook, dials) {
                let held = votes.iter_mut().find(|(_, v)| v.lever == proposal.lever);
                match held {
                    Some(held) if is_safer(dials, &proposal, held.1.value) => {
                        *held = (name, proposal);
                    }
                    Some(_) => {}
                    None => votes.push((name, proposal)),
                }
            }
        }
        votes
    }

    fn judge<P: Protocol>(
        &mut self,
        protocol: &mut P,
        now: Timestamp,
        dials: &[Dial],
        (policy, proposal): &Voted,
    ) -> Events {
        let wanted = proposal.value;
        let entry = |outcome, reason| Entry {
            at: now,
            policy,
            lever: proposal.lever.clone(),
            wanted,
            reason,
            outcome,
            times: 1,
        };
        let found = dials.iter().find(|dial| dial.lever.name == proposal.lever);
        let Some(dial) = found else {
            let missing = Outcome::Refused(Refusal::NoSuchLever);
            self.log.push(entry(missing, proposal.reason));
            return Events::new();
        };
        let Some((value, cut)) = self.bounded(dial, wanted, now) else {
            return Events::new();
        };
        let (outcome, events) = self.send(protocol, &dial.lever, (value, cut));
        self.remember(dial, now, &outcome);
        self.log.push(entry(outcome, proposal.reason));
        events
    }

    /// What is left of a proposal within bounds and one step; nothing where it has to wait.
    fn bounded(&self, dial: &Dial, wanted: u128, now: Timestamp) -> Option<(u128, Cut)> {
        let Lever {
            kind,
            value: present,
            min,
            max,
            ..
        } = dial.lever;
        let limits = self.rules.limits(kind);
        let introduced = is_none(&dial.lever);
        let (least, most) = match introduced {
            true => (min, max),
            false => limits.reach(kind, dial.base, (min, max)),
        };
        // A lever that stands outside its reach, as another's move may leave it, has none.
        if least > most {
            return None;
        }
        let within = wanted.clamp(least, most);
        let far = limits.dead_band(kind, present);
        let gap = within.abs_diff(present);
        if gap == 0 || gap < far && within != dial.base {
            return None;
        }
        let memory = self.levers.get(&dial.lever.name);
        let way = way(present, within);
        if memory.is_some_and(|memory| memory.waits(limits, way, now)) {
            return None;
        }
        let step = match introduced {
            true => u128::MAX,
            false => limits.step(kind, present),
        };
        let (value, cut) = match way {
            _ if gap <= step => (
                within,
                if within == wanted {
                    Cut::None
                } else {
                    Cut::Bounds
                },
            ),
            Way::Up => (present.saturating_add(step), Cut::Step),
            Way::Down => (present.saturating_sub(step), Cut::Step),
        };
        Some((value, cut))
    }

    /// Sends a setting, or as much of it as puts nobody in breach.
    fn send<P: Protocol>(
        &self,
        protocol: &mut P,
        lever: &Lever,
        (value, cut): (u128, Cut),
    ) -> (Outcome, Events) {
        let before = lever.value;
        let spares = lever.kind.decides_liquidation() && !self.rules.may_liquidate;
        let sent = match spares {
            true => send_harmless(protocol, lever, value),
            false => protocol
                .set_lever(&lever.name, value)
                .map(|events| Some((value, events))),
        };
        match sent {
            Ok(Some((sent, events))) => {
                let cut = if sent == value {
                    cut
                } else {
                    Cut::Grandfathered
                };
                let mut levers = protocol.levers().into_iter();
                let kept = levers.find(|kept| kept.name == lever.name);
                let after = kept.map_or(sent, |kept| kept.value);
                if after == before {
                    return (Outcome::Refused(Refusal::TooFine), events);
                }
                (Outcome::Moved { before, after, cut }, events)
            }
            Ok(None) => (Outcome::Refused(Refusal::Grandfathered), Events::new()),
            Err(denied) => {
                let refusal = Refusal::Denied(denied.to_string());
                (Outcome::Refused(refusal), Events::new())
            }
        }
    }

    fn remember(&mut self, dial: &Dial, now: Timestamp, outcome: &Outcome) {
        let Some(memory) = self.levers.get_mut(&dial.lever.name) else {
            return;
        };
        memory.last = Some(now);
        if let Outcome::Moved { before, after, .. } = *outcome {
            memory.way = Some(way(before, after));
            if is_none(&dial.lever) {
                memory.base = after;
            }
        }
    }
}

impl Memory {
    /// Whether a move in a direction comes too soon.
    fn waits(&self, limits: &Limits, way: Way, now: Timestamp) -> bool {
        let Some(last) = self.last else {
            return false;
        };
        let turns = self.way.is_some_and(|before| before != way);
        let pause = if turns {
            limits.reversal_s.max(limits.pause_s)
        } else {
            limits.pause_s
        };
        now.seconds_since(last) < pause
    }
}

fn way(before: u128, after: u128) -> Way {
    if after > before { Way::Up } else { Way::Down }
}

/// Whether a lever is a cap that is none.
fn is_none(lever: &Lever) -> bool {
    lever.kind.unit() == LeverUnit::Tokens && lever.value == lever.max
}

/// Whether a proposal is more cautious than another for the same lever.
fn is_safer(dials: &[Dial], proposal: &Proposal, than: u128) -> bool {
    let found = dials.iter().find(|dial| dial.lever.name == proposal.lever);
    match found.map(|dial| dial.lever.kind.safer()) {
        Some(Safer::Larger) => proposal.value > than,
        Some(Safer::Smaller) => proposal.value < than,
        Some(Safer::Neither) | None => false,
    }
}

/// Sends the setting nearest to `value` among those half as far, a quarter as far and so on that put nobody in
/// breach who was not, and tells which; nothing where the least step does.
///
/// A step is looked at first where a larger one did harm: only what passes there is tried on the whole book, and
/// the fork on which it was tried takes the protocol's place, so that the book is indexed once for a move.
fn send_harmless<P: Protocol>(
    protocol: &mut P,
    lever: &Lever,
    value: u128,
) -> Result<Option<(u128, Events)>, Denied<P::Rejection>> {
    let before: Vec<_> = protocol.breaches().collect();
    let away = |gap: u128| match way(lever.value, value) {
        Way::Up => lever.value.saturating_add(gap),
        Way::Down => lever.value.saturating_sub(gap),
    };
    let mut gap = value.abs_diff(lever.value);
    let mut harmed: Vec<AccountId> = Vec::new();
    while gap > 0 {
        let passes = |gap, harmed: &[_]| {
            let name = &lever.name;
            let again = protocol.breached_under(name, away(gap), harmed)?;
            Ok::<_, Denied<P::Rejection>>(again.is_empty())
        };
        if passes(gap, &harmed)? {
            let mut fork = protocol.fork();
            let events = fork.set_lever(&lever.name, away(gap))?;
            let known = harmed.len();
            harmed.extend(
                fork.breaches()
                    .filter(|id| before.binary_search(id).is_err()),
            );
            if harmed.len() == known {
                *protocol = fork;
                return Ok(Some((away(gap), events)));
            }
            if !passes(1, &harmed)? {
                return Ok(None);
            }
        }
        gap = gap.wrapping_shr(1);
    }
    Ok(None)
}

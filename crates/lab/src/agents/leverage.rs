//! Borrowers that take on leverage in calm: they borrow more and buy collateral with it.
//!
//! Which group an account belongs to is drawn apart from how it reacts to low health
//! ([`BorrowerGroup`](super::BorrowerGroup)): an account may do both. A group can be limited to one pair of
//! collateral and debt, as a loop of staked ether against ether is.
//!
//! **When.** A pair is calm when its price ratio has not fallen by [`LeverageGroup::calm_fall`] from its
//! highest for [`LeverageGroup::after_calm_s`]; after such a fall the count begins anew. In calm an
//! account acts whose health is above the trigger, and aims at the target. Who got less than it wanted,
//! because the ledger refused or the venues were too thin, gives up.
//!
//! **How they are found.** As [`files`](super::files) tells: an account is looked at when the price ratio has risen
//! to that at which health reaches the trigger.

use super::files::{Files, Pair, check_shares, group_of, health_of, largest, ratio, wake};
use crate::door;
use crate::error::{ConfigError, require, require_positive, require_share};
use backstop_core::protocol::{AccountId, Health, Protocol};
use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::sync::Arc;

/// Sets these hash keys apart from other uses of the same seed.
const LEVERAGE_KEYS: u64 = 5 << 32;

/// Borrowers that aim at the same leverage.
#[derive(Clone, Debug, PartialEq)]
pub struct LeverageGroup {
    /// Name for messages.
    pub name: String,
    /// Share of all accounts, 0 to 1; groups together at most 1.
    pub share: f64,
    /// Positions of the largest collateral and debt that an account must have; any where nothing is said.
    pub pair: Option<(usize, usize)>,
    /// Health factor above which they act.
    pub trigger: f64,
    /// Health factor that they aim at, at most the trigger.
    pub target: f64,
    /// Seconds of calm before they act.
    pub after_calm_s: u64,
    /// Fall of the pair's price ratio that ends a calm, as a share.
    pub calm_fall: f64,
}

impl LeverageGroup {
    fn check(&self, field: &str) -> Result<(), ConfigError> {
        require_share(self.share, || format!("{field}.share"))?;
        require_positive(self.target, || format!("{field}.target"))?;
        require(
            self.target >= 1.0,
            || format!("{field}.target"),
            || format!("must be at least 1, found {}", self.target),
        )?;
        require(
            self.trigger.is_finite() && self.trigger >= self.target,
            || format!("{field}.trigger"),
            || {
                format!(
                    "must be a number of at least the target {}, found {}",
                    self.target, self.trigger
                )
            },
        )?;
        require(
            self.calm_fall > 0.0 && self.calm_fall <= 1.0,
            || format!("{field}.calm_fall"),
            || format!("must be above 0 and at most 1, found {}", self.calm_fall),
        )
    }
}

/// Group and pair.
type File = (usize, Pair);
/// Whether an account was filed again, the ratio at which it should be looked at, as ordered bits, and its position.
/// Who was filed at the start goes first, then the lowest ratio.
type Entry = Reverse<(bool, u64, usize)>;

#[derive(Clone, Copy, Debug)]
struct Member {
    account: AccountId,
    file: File,
}

/// All accounts of the groups as they stood at the start: shared by all paths that begin there.
#[derive(Debug, Default)]
struct Roster {
    groups: Vec<LeverageGroup>,
    members: Vec<Member>,
}

/// How long a pair has been calm.
#[derive(Clone, Copy, Debug)]
struct Calm {
    highest: f64,
    since: u64,
}

/// An account that wants more leverage.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Lever {
    /// Position in the list of members.
    pub(crate) member: usize,
    pub(crate) account: AccountId,
    pub(crate) collateral: usize,
    pub(crate) debt: usize,
    pub(crate) target: f64,
}

/// All accounts that take on leverage, on one path. A clone costs what has changed since the start.
#[derive(Clone, Debug)]
pub(crate) struct Levered {
    roster: Arc<Roster>,
    files: Files<File, Entry>,
    calm: BTreeMap<File, Calm>,
}

impl Levered {
    /// Files every account of a group that has debt. `oracle` holds USD by asset, as the ledger saw it.
    pub(crate) fn new<P: Protocol>(
        groups: Vec<LeverageGroup>,
        protocol: &P,
        oracle: &[f64],
        seed: u64,
    ) -> Result<Self, ConfigError> {
        for (i, group) in groups.iter().enumerate() {
            group.check(&format!("leverage[{i}]"))?;
        }
        check_shares("leverage", groups.iter().map(|group| group.share))?;
        let mut roster = Roster {
            groups,
            ..Roster::default()
        };
        let mut filed = BTreeMap::new();
        if !roster.groups.is_empty() {
            for id in 0..protocol.accounts() {
                roster.enlist(&mut filed, protocol, AccountId(id), oracle, seed);
            }
        }
        Ok(Self {
            roster: Arc::new(roster),
            files: Files::new(filed),
            calm: BTreeMap::new(),
        })
    }
}

impl Roster {
    fn enlist<P: Protocol>(
        &mut self,
        filed: &mut BTreeMap<File, Vec<Entry>>,
        protocol: &P,
        account: AccountId,
        oracle: &[f64],
        seed: u64,
    ) {
        let shares = self.groups.iter().map(|group| group.share);
        let group = group_of(shares, account, LEVERAGE_KEYS, seed);
        let (Some(group), Some(health)) = (group, health_of(protocol, account)) else {
            return;
        };
        let pair = largest(protocol, account, oracle);
        let wanted = self.groups.get(group).and_then(|g| g.pair);
        if pair.0 == pair.1 || wanted.is_some_and(|wanted| wanted != pair) {
            return;
        }
        let file = (group, pair);
        if let Some(wake) = self.wake(file, &health, oracle) {
            let entry = Reverse((false, wake, self.members.len()));
            filed.entry(file).or_default().push(entry);
            self.members.push(Member { account, file });
        }
    }

    fn wake(&self, (group, pair): File, health: &Health, oracle: &[f64]) -> Option<u64> {
        let trigger = self.groups.get(group)?.trigger;
        wake(pair, trigger, health, oracle)
    }
}

impl Levered {
    /// Accounts that want more leverage now, in the order of their files.
    pub(crate) fn due<P: Protocol>(
        &mut self,
        protocol: &P,
        oracle: &[f64],
        time: u64,
    ) -> Vec<Lever> {
        let mut due = Vec::new();
        for member in self.woken(oracle, time) {
            let roster = Arc::clone(&self.roster);
            let Some(Member { account, file }) = roster.members.get(member).copied() else {
                continue;
            };
            let (Some(group), Ok(health)) = (roster.groups.get(file.0), protocol.health(account))
            else {
                continue;
            };
            if door::ratio_to_f64(health.factor) <= group.trigger {
                self.file(member, &health, oracle);
                continue;
            }
            due.push(Lever {
                member,
                account,
                collateral: file.1.0,
                debt: file.1.1,
                target: group.target,
            });
        }
        due
    }

    /// Takes out, of the pairs that are calm, whose ratio has been reached.
    fn woken(&mut self, oracle: &[f64], time: u64) -> Vec<usize> {
        let (roster, pairs) = (&self.roster, &mut self.calm);
        let taken = self.files.take(|file| {
            let group = roster.groups.get(file.0)?;
            let now = ratio(file.1, oracle);
            let calm = pairs.entry(file).or_insert(Calm {
                highest: now,
                since: time,
            });
            if now <= calm.highest * (1.0 - group.calm_fall) {
                *calm = Calm {
                    highest: now,
                    since: time,
                };
            }
            calm.highest = calm.highest.max(now);
            let long = time.saturating_sub(calm.since) >= group.after_calm_s;
            long.then_some(move |Reverse((_, wake, _)): &Entry| *wake < now.to_bits())
        });
        taken
            .into_iter()
            .map(|Reverse((_, _, member))| member)
            .collect()
    }

    /// Files all who are filed by their health of now, after the rules for it have changed.
    pub(crate) fn file_anew<P: Protocol>(&mut self, protocol: &P, oracle: &[f64]) {
        for Reverse((_, _, member)) in self.files.take(|_| Some(|_: &Entry| true)) {
            let account = self.roster.members.get(member).map(|m| m.account);
            if let Some(health) = account.and_then(|account| health_of(protocol, account)) {
                self.file(member, &health, oracle);
            }
        }
    }

    /// Files an account again.
    pub(crate) fn file(&mut self, member: usize, health: &Health, oracle: &[f64]) {
        let Some(Member { file, .. }) = self.roster.members.get(member).copied() else {
            return;
        };
        if let Some(wake) = self.roster.wake(file, health, oracle) {
            self.files.again(file, Reverse((true, wake, member)));
        }
    }
}

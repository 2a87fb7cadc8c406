//! Parameters that follow the market, within bounds.
//!
//! A [`Governor`] looks at every tick and, when levers are reviewed, proposes settings. It never moves
//! one: the [`Steward`] bounds each proposal in size, speed and reach, moves no lever that would put a
//! healthy account in breach at once, and logs what it did and refused. Governors choose levers by their
//! kind, so each works on every protocol that has such a lever; where none has, [`Unsupported`] says so.

mod auction_speed;
mod beat;
mod bonus;
mod caps;
mod forecast;
mod number;
mod outlook;
mod partial;
mod penalty;
mod steward;
mod threshold;

pub use auction_speed::AuctionSpeed;
pub use bonus::Bonus;
pub use caps::Caps;
pub use forecast::{Ewma, Forecast, Garch, Realised, Stress};
pub use outlook::{Costs, Exposure, Outlook, Takes};
pub use partial::Partial;
pub use penalty::Penalty;
pub use steward::{Cut, Entry, Limits, Outcome, Refusal, Step, Steward, StewardRules};
pub use threshold::{Threshold, ThresholdRules};

use crate::protocol::{AssetId, Lever, LeverKind, SetupError};
use crate::signals::Signals;
use std::fmt;

/// A lever and the setting that it has in calm times.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Dial {
    /// As it stands.
    pub lever: Lever,
    /// What it had when its steward began.
    pub base: u128,
}

/// What led to a proposal: one figure and its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reason {
    /// What was looked at, with its unit.
    pub what: &'static str,
    /// How much it was.
    pub found: u128,
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.what, self.found)
    }
}

/// A setting that a governor would like.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Proposal {
    /// Name of the lever.
    pub lever: String,
    /// The setting, in the lever's unit; bounds and steps are the steward's matter.
    pub value: u128,
    /// Why.
    pub reason: Reason,
}

/// A policy that proposes settings.
pub trait Governor: fmt::Debug + Send + Sync {
    /// The policy's one name, such as `ewma-threshold`.
    fn name(&self) -> &'static str;

    /// Kinds of levers that it may move; a protocol needs one of them.
    fn moves(&self) -> &'static [LeverKind];

    /// Whether it looks at the exposures of an [`Outlook`] beyond their units and takes: reading the book is
    /// dear, and spared where nobody asks for it.
    fn reads_book(&self) -> bool {
        true
    }

    /// Looks at a tick. Cheap, as every tick calls it.
    fn see(&mut self, _signals: &Signals) {}

    /// What it would like now, by lever; nothing of a lever that it has no opinion of.
    fn propose(&mut self, signals: &Signals, outlook: &Outlook, dials: &[Dial]) -> Vec<Proposal>;

    /// A copy with all that it has seen.
    fn copy(&self) -> Box<dyn Governor>;
}

/// Every policy as it comes.
pub fn policies() -> Vec<Box<dyn Governor>> {
    vec![
        Box::new(Threshold::ewma()),
        Box::new(Threshold::realised()),
        Box::new(Threshold::garch()),
        Box::new(Threshold::stress()),
        Box::new(Bonus::default()),
        Box::new(Partial::default()),
        Box::new(Penalty::default()),
        Box::new(Caps::default()),
        Box::new(AuctionSpeed::default()),
    ]
}

impl Clone for Box<dyn Governor> {
    fn clone(&self) -> Self {
        self.copy()
    }
}

/// Why a policy cannot work on a protocol.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unsupported {
    /// The policy.
    pub policy: &'static str,
    /// Why not.
    pub reason: String,
}

impl fmt::Display for Unsupported {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.policy, self.reason)
    }
}

impl std::error::Error for Unsupported {}

/// Whether a protocol with these levers has one that the policy moves. `fixed` is the protocol's reason to
/// have none.
///
/// # Errors
/// [`Unsupported`] with that reason, or with the kinds that are missing.
pub fn supported(
    governor: &dyn Governor,
    levers: &[Lever],
    fixed: Option<&'static str>,
) -> Result<(), Unsupported> {
    let moves = governor.moves();
    if levers.iter().any(|lever| moves.contains(&lever.kind)) {
        return Ok(());
    }
    let reason = match fixed {
        Some(reason) => reason.to_owned(),
        None => format!("the protocol has no lever of {moves:?}"),
    };
    Err(Unsupported {
        policy: governor.name(),
        reason,
    })
}

/// Dials of one kind.
fn of_kind(dials: &[Dial], kind: LeverKind) -> impl Iterator<Item = &Dial> {
    dials.iter().filter(move |dial| dial.lever.kind == kind)
}

/// The present setting of a kind that governs an asset: the asset's own, or the whole protocol's.
fn setting(dials: &[Dial], kind: LeverKind, asset: AssetId) -> Option<u128> {
    let mut all = of_kind(dials, kind);
    let found = all.find(|dial| dial.lever.governs.asset().is_none_or(|own| own == asset));
    found.map(|dial| dial.lever.value)
}

/// A setting of a policy that is out of range.
fn misset<T>(policy: &str, key: &str, problem: String) -> Result<T, SetupError> {
    Err(SetupError {
        field: format!("policy.{policy}.{key}"),
        problem,
    })
}

/// Passes a setting within bounds.
fn within(
    policy: &str,
    key: &str,
    found: u128,
    (min, max): (u128, u128),
) -> Result<(), SetupError> {
    if (min..=max).contains(&found) {
        return Ok(());
    }
    misset(
        policy,
        key,
        format!("{found} found, allowed from {min} to {max}"),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_policy_has_a_name_of_its_own() {
        let mut names: Vec<_> = policies().iter().map(|policy| policy.name()).collect();
        let kebab = |name: &&str| name.chars().all(|c| c.is_ascii_lowercase() || c == '-');
        assert!(names.iter().all(kebab), "{names:?}");
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), policies().len());
    }

    #[test]
    fn keys_out_of_range_are_named() {
        use crate::units::Bps;
        let bonus = Bonus {
            least: Bps(3_000),
            ..Bonus::default()
        };
        let partial = Partial {
            least: Bps(0),
            ..Partial::default()
        };
        let penalty = Penalty {
            passed_on: Bps(10_001),
            ..Penalty::default()
        };
        let speed = AuctionSpeed {
            aim_s: 0,
            ..AuctionSpeed::default()
        };
        let rules = ThresholdRules {
            horizon_s: 0,
            ..ThresholdRules::default()
        };
        let threshold = Threshold::new(Box::new(Ewma::default()), rules);
        let found = [
            bonus.check(),
            partial.check(),
            penalty.check(),
            speed.check(),
            Caps::new(0, 300, Bps(0)).map(drop),
            threshold.map(drop),
        ];
        let told = found.map(|refused| refused.unwrap_err().to_string());
        expect_test::expect![[r#"
            policy.bonus-equilibrium.least: 3000 found, allowed from 0 to 2000
            policy.partial-liquidation.least: 0 found, allowed from 1 to 10000
            policy.penalty-by-size.passed_on: 10001 found, allowed from 0 to 10000
            policy.auction-speed.aim_s: 0 found, allowed from 1 to 604800
            policy.caps.multiple: 0 found, allowed from 1 to 1000000
            policy.ewma-threshold.horizon_s: 0 found, allowed from 1 to 31536000"#]]
        .assert_eq(&told.join("\n"));
    }
}

//! The speed of falling prices by the age at which auctions are taken.
//!
//! Takes should come at an age that is aimed at: sooner, and the price falls so fast that it runs past the
//! market before buyers compare offers; later, and collateral waits while its price moves. A step, or the
//! whole duration, is stretched by aim ÷ age; of a price that falls a share a second the share is. An auction
//! that ran out without a buyer doubles the time after which it is given up. Without takes the start's
//! setting comes back.

use super::number::{WHOLE, down, up};
use super::outlook::{Outlook, Takes};
use super::{Dial, Governor, Proposal, Reason, of_kind, within};
use crate::protocol::{LeverKind, SetupError};
use crate::signals::Signals;

/// The policy `auction-speed`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AuctionSpeed {
    /// Age at which auctions should be taken, in seconds.
    pub aim_s: u64,
    /// Fewer takes tell nothing.
    pub takes_min: u64,
}

const NAME: &str = "auction-speed";
/// Kinds by which speed is set.
const KINDS: [LeverKind; 4] = [
    LeverKind::AuctionTail,
    LeverKind::AuctionCut,
    LeverKind::AuctionStep,
    LeverKind::AuctionDuration,
];

impl Default for AuctionSpeed {
    fn default() -> Self {
        Self {
            aim_s: 1_800,
            takes_min: 3,
        }
    }
}

impl AuctionSpeed {
    /// Whether the keys are in range.
    ///
    /// # Errors
    /// The first that is not.
    pub fn check(&self) -> Result<(), SetupError> {
        within(NAME, "aim_s", self.aim_s.into(), (1, 604_800))?;
        within(NAME, "takes_min", self.takes_min.into(), (1, 1_000_000))
    }

    /// The setting for some takes, and the figure that it comes from.
    fn target(&self, dial: &Dial, takes: &Takes) -> (u128, Reason) {
        let present = dial.lever.value;
        let restarts = Reason {
            what: "auctions started anew",
            found: takes.restarts.into(),
        };
        if dial.lever.kind == LeverKind::AuctionTail {
            let wanted = match takes.restarts {
                0 => dial.base,
                _ => present.saturating_mul(2),
            };
            return (wanted, restarts);
        }
        let mean = takes.age_s.checked_div(takes.count);
        let told = mean.filter(|_| takes.count >= self.takes_min);
        let Some(age) = told else {
            return (dial.base, restarts);
        };
        let (age, aim) = (u128::from(age.max(1)), u128::from(self.aim_s));
        let wanted = match dial.lever.kind {
            LeverKind::AuctionCut => {
                let lost = WHOLE.saturating_sub(present);
                WHOLE.saturating_sub(up(lost, age, aim))
            }
            _ => down(present, aim, age).max(1),
        };
        let reason = Reason {
            what: "mean age of takes, s",
            found: age,
        };
        (wanted, reason)
    }
}

impl Governor for AuctionSpeed {
    fn name(&self) -> &'static str {
        NAME
    }

    fn moves(&self) -> &'static [LeverKind] {
        &KINDS
    }

    fn reads_book(&self) -> bool {
        false
    }

    fn propose(&mut self, _: &Signals, outlook: &Outlook, dials: &[Dial]) -> Vec<Proposal> {
        let stepped = |dial: &Dial| {
            let mut steps = of_kind(dials, LeverKind::AuctionStep);
            steps.any(|step| step.lever.governs == dial.lever.governs)
        };
        let all = KINDS.into_iter().flat_map(|kind| of_kind(dials, kind));
        // Where there are steps their length is moved, and not the cut as well.
        let moved = all.filter(|dial| dial.lever.kind != LeverKind::AuctionCut || !stepped(dial));
        let proposal = |dial: &Dial| {
            let takes = outlook.asset(dial.lever.governs.asset()?)?.takes;
            let (value, reason) = self.target(dial, &takes);
            Some(Proposal {
                lever: dial.lever.name.clone(),
                value,
                reason,
            })
        };
        moved.filter_map(proposal).collect()
    }

    fn copy(&self) -> Box<dyn Governor> {
        Box::new(*self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::{AssetId, Governed, Lever};

    fn proposed(kind: LeverKind, value: u128, takes: Takes) -> u128 {
        let dial = Dial {
            lever: Lever {
                name: "speed".into(),
                kind,
                governs: Governed::Asset(AssetId(0)),
                value,
                min: 1,
                max: 10_000,
            },
            base: 90,
        };
        AuctionSpeed::default().target(&dial, &takes).0
    }

    #[test]
    fn late_takes_quicken_and_early_ones_slow() {
        use LeverKind::*;
        let takes = |count, mean, restarts| Takes {
            count,
            age_s: count * mean,
            restarts,
        };
        assert_eq!(proposed(AuctionStep, 60, takes(3, 3_600, 0)), 30);
        assert_eq!(proposed(AuctionStep, 60, takes(3, 900, 0)), 120);
        assert_eq!(proposed(AuctionDuration, 6_000, takes(9, 1_800, 0)), 6_000);
        assert_eq!(proposed(AuctionCut, 9_900, takes(3, 3_600, 0)), 9_800);
        assert_eq!(proposed(AuctionCut, 9_900, takes(3, 900, 0)), 9_950);
        assert_eq!(proposed(AuctionStep, 60, takes(2, 3_600, 0)), 90, "too few");
        assert_eq!(proposed(AuctionTail, 800, takes(0, 0, 1)), 1_600);
        assert_eq!(
            proposed(AuctionTail, 800, takes(9, 60, 0)),
            90,
            "the start's"
        );
    }
}

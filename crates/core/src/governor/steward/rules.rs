//! How far and how fast a steward may move levers.

use crate::governor::number::{WHOLE, down};
use crate::governor::within;
use crate::protocol::{LeverKind, SetupError};
use std::collections::BTreeMap;

/// The largest step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// Of what the lever stands at, in bps; at least one unit.
    Relative(u32),
    /// In the lever's unit.
    Units(u128),
}

/// Limits of one lever. Shares are of its span: of a bonus, a penalty, a target health, a first price or a
/// cut the distance from 100 %, of others all of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Largest step.
    pub step: Step,
    /// Least seconds from one move to the next.
    pub pause_s: u64,
    /// Least seconds from a move to one the other way.
    pub reversal_s: u64,
    /// Furthest from the start, bps of the start's span.
    pub reach: u32,
    /// Smaller moves are not made but to return to the start, bps of the span.
    pub dead_band: u32,
}

impl Default for Limits {
    /// Steps of 3 % once an hour, turning after four, at most a quarter away.
    fn default() -> Self {
        Self {
            step: Step::Relative(300),
            pause_s: 3_600,
            reversal_s: 14_400,
            reach: 2_500,
            dead_band: 50,
        }
    }
}

/// Where the span of a kind begins.
fn origin(kind: LeverKind) -> u128 {
    match kind {
        LeverKind::LiquidationBonus
        | LeverKind::LiquidationPenalty
        | LeverKind::TargetHealth
        | LeverKind::AuctionStart
        | LeverKind::AuctionCut => WHOLE,
        _ => 0,
    }
}

fn span(kind: LeverKind, value: u128) -> u128 {
    value.abs_diff(origin(kind)).max(1)
}

impl Limits {
    /// Largest step from a setting.
    pub fn step(&self, kind: LeverKind, present: u128) -> u128 {
        match self.step {
            Step::Relative(bps) => down(span(kind, present), bps.into(), WHOLE).max(1),
            Step::Units(units) => units,
        }
    }

    /// Settings within reach of the start, inside the lever's own bounds.
    pub fn reach(&self, kind: LeverKind, base: u128, (min, max): (u128, u128)) -> (u128, u128) {
        let reach = down(span(kind, base), self.reach.into(), WHOLE);
        let least = base.saturating_sub(reach).max(min);
        (least, base.saturating_add(reach).min(max))
    }

    /// Least distance of a move that is made.
    pub(super) fn dead_band(&self, kind: LeverKind, present: u128) -> u128 {
        down(span(kind, present), self.dead_band.into(), WHOLE).max(1)
    }
}

/// Limits of all levers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StewardRules {
    /// Seconds from one look at the levers to the next.
    pub review_s: u64,
    /// Whether a move may put healthy accounts in breach.
    pub may_liquidate: bool,
    /// Limits of most levers.
    pub general: Limits,
    /// Limits of some kinds.
    pub special: BTreeMap<LeverKind, Limits>,
}

impl Default for StewardRules {
    /// Caps, bonus, penalty, close factor, target health and auctions may move further than thresholds, as
    /// they take nothing from whoever has a position.
    fn default() -> Self {
        let wide = Limits {
            step: Step::Relative(1_000),
            reach: 10_000,
            ..Limits::default()
        };
        let cap = Limits {
            step: Step::Relative(2_000),
            reach: 9_500,
            ..Limits::default()
        };
        let special = [
            (LeverKind::LiquidationBonus, wide),
            (LeverKind::BonusDiscount, wide),
            (LeverKind::LiquidationPenalty, wide),
            (LeverKind::CloseFactor, wide),
            (LeverKind::TargetHealth, wide),
            (LeverKind::AuctionTail, wide),
            (LeverKind::AuctionCut, wide),
            (LeverKind::AuctionStep, wide),
            (LeverKind::AuctionDuration, wide),
            (LeverKind::SupplyCap, cap),
            (LeverKind::BorrowCap, cap),
        ];
        Self {
            review_s: 300,
            may_liquidate: false,
            general: Limits::default(),
            special: special.into(),
        }
    }
}

impl StewardRules {
    /// The limits of a kind.
    pub fn limits(&self, kind: LeverKind) -> &Limits {
        self.special.get(&kind).unwrap_or(&self.general)
    }

    /// Whether the numbers make sense.
    ///
    /// # Errors
    /// The first that does not: a step or a reach of nothing or of more than all.
    pub fn check(&self) -> Result<(), SetupError> {
        let steward = "steward";
        for limits in std::iter::once(&self.general).chain(self.special.values()) {
            match limits.step {
                Step::Relative(bps) => within(steward, "step_bps", bps.into(), (1, WHOLE))?,
                Step::Units(units) => within(steward, "step_units", units, (1, u128::MAX))?,
            }
            within(steward, "reach_bps", limits.reach.into(), (1, 100_000))?;
            within(
                steward,
                "dead_band_bps",
                limits.dead_band.into(),
                (0, WHOLE),
            )?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steps_are_shares_of_the_span() {
        let limits = Limits::default();
        for (kind, present, step) in [
            (LeverKind::LiquidationThreshold, 8_000, 240),
            (LeverKind::LiquidationThreshold, 0, 1),
            (LeverKind::LiquidationBonus, 10_500, 15),
            (LeverKind::AuctionCut, 9_900, 3),
            (LeverKind::SupplyCap, 1_000_000, 30_000),
        ] {
            assert_eq!(limits.step(kind, present), step, "{kind:?} at {present}");
        }
        let threshold = |bounds| limits.reach(LeverKind::LiquidationThreshold, 8_000, bounds);
        assert_eq!(threshold((0, 10_000)), (6_000, 10_000));
        assert_eq!(threshold((7_500, 9_000)), (7_500, 9_000));
    }

    #[test]
    fn senseless_limits_are_refused() {
        let with = |general| StewardRules {
            general,
            ..StewardRules::default()
        };
        let limits = Limits::default;
        assert_eq!(StewardRules::default().check(), Ok(()));
        for (general, field) in [
            (
                Limits {
                    step: Step::Relative(0),
                    ..limits()
                },
                "step_bps",
            ),
            (
                Limits {
                    step: Step::Units(0),
                    ..limits()
                },
                "step_units",
            ),
            (
                Limits {
                    reach: 0,
                    ..limits()
                },
                "reach_bps",
            ),
            (
                Limits {
                    dead_band: 10_001,
                    ..limits()
                },
                "dead_band_bps",
            ),
        ] {
            let refused = with(general).check().unwrap_err();
            assert_eq!(refused.field, format!("policy.steward.{field}"));
        }
    }
}

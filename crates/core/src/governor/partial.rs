//! How much one liquidation takes, by what the market can take.
//!
//! At the threshold an account owes `threshold` of its collateral's worth. A liquidator is paid in full
//! while bonus and slippage stay under what is left: `threshold · (1 + bonus) ≤ 1 − slippage`. So the
//! largest sale slips by `1 − threshold · (1 + bonus)`, and the close factor is the share of the largest
//! account that this is. With a target health `t` in place of a close factor, an account of health `h`
//! loses the share `(t − h) ÷ (t − threshold · (1 + bonus))`, which is solved for `t`. Where the threshold
//! with the bonus is at or above 1 (the toxic zone), each part makes the rest worse: all at once is best,
//! and the start's setting holds.

use super::number::{DEPTH_MOVE, MILLION, WHOLE, down, narrow};
use super::outlook::Outlook;
use super::{Dial, Governor, Proposal, Reason, of_kind, setting, within};
use crate::protocol::{AssetId, LeverKind, SetupError};
use crate::signals::Signals;
use crate::units::Bps;

/// The policy `partial-liquidation`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Partial {
    /// Smallest close factor.
    pub least: Bps,
    /// Health at which an account is usually liquidated.
    pub health: Bps,
}

const NAME: &str = "partial-liquidation";
/// Kinds by which the part is set.
const KINDS: [LeverKind; 2] = [LeverKind::CloseFactor, LeverKind::TargetHealth];

impl Default for Partial {
    fn default() -> Self {
        Self {
            least: Bps(1_000),
            health: Bps(9_900),
        }
    }
}

impl Partial {
    /// Whether the keys are in range.
    ///
    /// # Errors
    /// The first that is not.
    pub fn check(&self) -> Result<(), SetupError> {
        within(NAME, "least", self.least.0.into(), (1, WHOLE))?;
        within(NAME, "health", self.health.0.into(), (1, WHOLE))
    }

    /// Share of the largest account that the market takes, bps, and the threshold with the bonus, ppm; nothing
    /// where nothing can be told.
    fn share(
        &self,
        asset: AssetId,
        signals: &Signals,
        outlook: &Outlook,
        dials: &[Dial],
    ) -> Option<(u128, u128)> {
        let (depth, seen) = (signals.asset(asset)?.depth, outlook.asset(asset)?);
        let threshold = setting(dials, LeverKind::LiquidationThreshold, asset)?;
        let bonus = setting(dials, LeverKind::LiquidationBonus, asset).unwrap_or(WHOLE);
        let taken = down(threshold, bonus, 100);
        let room = MILLION.saturating_sub(taken);
        if depth.is_zero() || seen.largest.is_zero() || room == 0 {
            return None;
        }
        // A sale of the depth slips by half of its move on average.
        let sold = down(narrow(depth.0), room.saturating_mul(2), DEPTH_MOVE);
        let share = down(sold, WHOLE, narrow(seen.largest.0)).min(WHOLE);
        Some((share.max(self.least.0.into()), taken))
    }

    /// The target health at which an account loses a share (bps) of its debt, bps.
    fn target(&self, share: u128, taken: u128) -> u128 {
        if share >= WHOLE {
            return u128::MAX;
        }
        let health = u128::from(self.health.0).saturating_mul(100);
        let kept = health.saturating_sub(down(taken, share, WHOLE));
        down(kept, WHOLE, WHOLE.saturating_sub(share)).div_ceil(100)
    }
}

impl Governor for Partial {
    fn name(&self) -> &'static str {
        NAME
    }

    fn moves(&self) -> &'static [LeverKind] {
        &KINDS
    }

    fn propose(&mut self, signals: &Signals, outlook: &Outlook, dials: &[Dial]) -> Vec<Proposal> {
        let mut proposals = Vec::new();
        for dial in KINDS.into_iter().flat_map(|kind| of_kind(dials, kind)) {
            let own = dial.lever.governs.asset();
            let assets = (0..).map(AssetId).zip(&outlook.assets).map(|(id, _)| id);
            let governed = assets.filter(|id| own.is_none_or(|own| own == *id));
            let shares = governed.filter_map(|id| self.share(id, signals, outlook, dials));
            // The market that can take least decides.
            let Some((share, taken)) = shares.min() else {
                continue;
            };
            let value = match dial.lever.kind {
                LeverKind::TargetHealth => self.target(share, taken),
                _ => share,
            };
            proposals.push(Proposal {
                lever: dial.lever.name.clone(),
                value: value.min(dial.base),
                reason: Reason {
                    what: "share of the largest account that the market takes, bps",
                    found: share,
                },
            });
        }
        proposals
    }

    fn copy(&self) -> Box<dyn Governor> {
        Box::new(*self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::governor::outlook::Exposure;
    use crate::protocol::{Governed, Lever};
    use crate::signals::AssetSignal;
    use crate::units::Amount;

    fn dial(kind: LeverKind, value: u128) -> Dial {
        Dial {
            lever: Lever {
                name: format!("{kind:?}"),
                kind,
                governs: Governed::All,
                value,
                min: 0,
                max: 100_000,
            },
            base: value,
        }
    }

    /// The setting for a threshold, and a largest account of 1,000 with so much depth.
    fn proposed(part: Dial, threshold: u128, depth: u128) -> Option<u128> {
        let dials = [
            part,
            dial(LeverKind::LiquidationThreshold, threshold),
            dial(LeverKind::LiquidationBonus, 10_500),
        ];
        let signals = Signals {
            assets: vec![AssetSignal {
                depth: Amount::new(depth),
                ..AssetSignal::default()
            }],
            ..Signals::default()
        };
        let outlook = Outlook {
            assets: vec![Exposure {
                largest: Amount::new(1_000),
                ..Exposure::default()
            }],
            ..Outlook::default()
        };
        let proposals = Partial::default().propose(&signals, &outlook, &dials);
        proposals.first().map(|proposal| proposal.value)
    }

    #[test]
    fn a_part_is_what_the_market_takes() {
        let close = || dial(LeverKind::CloseFactor, 5_000);
        // 0.8 · 1.05 = 0.84 leaves 16 % for slippage: sixteen times the depth.
        assert_eq!(proposed(close(), 8_000, 100), Some(5_000));
        assert_eq!(proposed(close(), 8_000, 25), Some(4_000));
        assert_eq!(proposed(close(), 8_000, 1), Some(1_000), "the least");
        assert_eq!(proposed(close(), 8_000, 0), None, "nobody told a depth");
        assert_eq!(proposed(close(), 9_600, 25), None, "the toxic zone");
        // (0.99 − 0.84 · 0.4) ÷ 0.6 = 1.09.
        let target = |value| dial(LeverKind::TargetHealth, value);
        assert_eq!(proposed(target(12_000), 8_000, 25), Some(10_900));
        assert_eq!(proposed(target(10_500), 8_000, 25), Some(10_500));
    }
}

//! A penalty that grows with the size of accounts against depth.
//!
//! The designs here have one penalty for all accounts of a collateral. What the largest account at risk
//! would lose to its own sale is added to it, so that whoever grows beyond the market pays for what its
//! liquidation costs everybody else; with enough depth the penalty is that of the start. Comet sets what
//! an absorption credits: one less the penalty.

use super::number::{WHOLE, down, slippage};
use super::outlook::Outlook;
use super::{Dial, Governor, Proposal, Reason, of_kind, within};
use crate::protocol::{LeverKind, SetupError};
use crate::signals::Signals;
use crate::units::Bps;

/// The policy `penalty-by-size`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Penalty {
    /// Slippage that adds nothing.
    pub free: Bps,
    /// Share of the slippage beyond it that is added.
    pub passed_on: Bps,
}

const NAME: &str = "penalty-by-size";
/// Kinds by which a penalty is set.
const KINDS: [LeverKind; 2] = [LeverKind::LiquidationPenalty, LeverKind::AbsorptionCredit];

impl Default for Penalty {
    fn default() -> Self {
        Self {
            free: Bps(200),
            passed_on: Bps(5_000),
        }
    }
}

impl Penalty {
    /// Whether the keys are in range.
    ///
    /// # Errors
    /// The first that is not.
    pub fn check(&self) -> Result<(), SetupError> {
        within(NAME, "free", self.free.0.into(), (0, WHOLE))?;
        within(NAME, "passed_on", self.passed_on.0.into(), (0, WHOLE))
    }
}

impl Governor for Penalty {
    fn name(&self) -> &'static str {
        NAME
    }

    fn moves(&self) -> &'static [LeverKind] {
        &KINDS
    }

    fn propose(&mut self, signals: &Signals, outlook: &Outlook, dials: &[Dial]) -> Vec<Proposal> {
        let dials = KINDS.into_iter().flat_map(|kind| of_kind(dials, kind));
        let proposal = |dial: &Dial| {
            let asset = dial.lever.governs.asset()?;
            let (depth, seen) = (signals.asset(asset)?.depth, outlook.asset(asset)?);
            if depth.is_zero() {
                return None;
            }
            let slipped = slippage(seen.largest.0, depth.0).div_ceil(100);
            let beyond = slipped.saturating_sub(self.free.0.into());
            let added = down(beyond, self.passed_on.0.into(), WHOLE);
            Some(Proposal {
                lever: dial.lever.name.clone(),
                value: match dial.lever.kind {
                    LeverKind::AbsorptionCredit => dial.base.saturating_sub(added),
                    _ => dial.base.saturating_add(added),
                },
                reason: Reason {
                    what: "slippage of the largest account, bps",
                    found: slipped,
                },
            })
        };
        dials.filter_map(proposal).collect()
    }

    fn copy(&self) -> Box<dyn Governor> {
        Box::new(*self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::governor::outlook::Exposure;
    use crate::protocol::{AssetId, Governed, Lever};
    use crate::signals::AssetSignal;
    use crate::units::Amount;

    fn proposed(kind: LeverKind, base: u128, largest: u128) -> u128 {
        let dial = Dial {
            lever: Lever {
                name: "penalty".into(),
                kind,
                governs: Governed::Asset(AssetId(0)),
                value: base,
                min: 0,
                max: 20_000,
            },
            base,
        };
        let signals = Signals {
            assets: vec![AssetSignal {
                depth: Amount::new(100),
                ..AssetSignal::default()
            }],
            ..Signals::default()
        };
        let outlook = Outlook {
            assets: vec![Exposure {
                largest: Amount::new(largest),
                ..Exposure::default()
            }],
            ..Outlook::default()
        };
        Penalty::default().propose(&signals, &outlook, &[dial])[0].value
    }

    #[test]
    fn size_beyond_the_market_pays() {
        use LeverKind::{AbsorptionCredit, LiquidationPenalty};
        // A sale of the depth slips by 1 %.
        assert_eq!(proposed(LiquidationPenalty, 11_300, 200), 11_300);
        assert_eq!(proposed(LiquidationPenalty, 11_300, 600), 11_500);
        assert_eq!(proposed(AbsorptionCredit, 9_300, 600), 9_100);
    }
}

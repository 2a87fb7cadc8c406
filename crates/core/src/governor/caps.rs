//! Supply and borrow caps that follow what the market can sell.
//!
//! What is pledged must be sold in a crisis, and what is borrowed must be bought back: caps are a multiple
//! of the depth, smoothed, and never above those of the start. A cap below what is used already takes
//! nothing from anybody; it keeps more from coming. A ceiling on debt against a collateral follows the worth
//! of its depth, a stablecoin being one of the base currency.

use super::beat::Beat;
use super::number::{WHOLE, down, narrow, smoothed};
use super::outlook::Outlook;
use super::{Dial, Governor, Proposal, Reason, of_kind, within};
use crate::protocol::{LeverKind, SetupError};
use crate::signals::Signals;
use crate::units::{Bps, U256, div};

/// The policy `caps`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Caps {
    /// Cap over the depth at 2 %.
    pub multiple: u32,
    /// Seconds of an interval.
    pub interval_s: u64,
    /// Weight of the past depth an interval.
    pub keep: Bps,
    beat: Beat,
    depths: Vec<Option<U256>>,
}

const NAME: &str = "caps";
/// Kinds of caps.
const KINDS: [LeverKind; 3] = [
    LeverKind::SupplyCap,
    LeverKind::BorrowCap,
    LeverKind::DebtCeiling,
];

impl Default for Caps {
    fn default() -> Self {
        Self {
            multiple: 50,
            interval_s: 300,
            keep: Bps(9_500),
            beat: Beat::default(),
            depths: Vec::new(),
        }
    }
}

impl Caps {
    /// Caps of so many times the depth, of which the past weighs so much an interval.
    ///
    /// # Errors
    /// Where a key is out of range.
    pub fn new(multiple: u32, interval_s: u64, keep: Bps) -> Result<Self, SetupError> {
        within(NAME, "multiple", multiple.into(), (1, 1_000_000))?;
        within(NAME, "keep", keep.0.into(), (0, WHOLE))?;
        Ok(Self {
            multiple,
            interval_s,
            keep,
            beat: Beat::default(),
            depths: Vec::new(),
        })
    }
}

impl Governor for Caps {
    fn name(&self) -> &'static str {
        NAME
    }

    fn moves(&self) -> &'static [LeverKind] {
        &KINDS
    }

    fn reads_book(&self) -> bool {
        false
    }

    fn see(&mut self, signals: &Signals) {
        if !self.beat.due(signals.now, self.interval_s) {
            return;
        }
        self.depths.resize(signals.assets.len(), None);
        for (held, signal) in self.depths.iter_mut().zip(&signals.assets) {
            let depth = signal.depth.0;
            if !depth.is_zero() {
                *held = Some(smoothed(held.unwrap_or(depth), depth, self.keep));
            }
        }
    }

    fn propose(&mut self, signals: &Signals, outlook: &Outlook, dials: &[Dial]) -> Vec<Proposal> {
        let dials = KINDS.into_iter().flat_map(|kind| of_kind(dials, kind));
        let proposal = |dial: &Dial| {
            let asset = dial.lever.governs.asset()?;
            let depth = (*self.depths.get(usize::from(asset.0))?)?;
            let many = depth.saturating_mul(U256::from(self.multiple));
            let tokens = narrow(div(many, outlook.asset(asset)?.unit).ok()?);
            let cap = match dial.lever.kind {
                LeverKind::DebtCeiling => {
                    let price = signals.asset(asset)?.price;
                    down(tokens, narrow(price.0), narrow(outlook.one))
                }
                _ => tokens,
            };
            Some(Proposal {
                lever: dial.lever.name.clone(),
                value: cap.min(dial.base),
                reason: Reason {
                    what: "multiple of the depth at 2 %, in tokens of the cap",
                    found: cap,
                },
            })
        };
        dials.filter_map(proposal).collect()
    }

    fn copy(&self) -> Box<dyn Governor> {
        Box::new(self.clone())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::governor::outlook::Exposure;
    use crate::protocol::{AssetId, Governed, Lever};
    use crate::signals::AssetSignal;
    use crate::units::{Amount, Timestamp};

    #[test]
    fn caps_are_multiples_of_the_depth() {
        let dial = Dial {
            lever: Lever {
                name: "WETH.supply_cap".into(),
                kind: LeverKind::SupplyCap,
                governs: Governed::Asset(AssetId(0)),
                value: 1_000,
                min: 1,
                max: 10_000,
            },
            base: 1_000,
        };
        let outlook = Outlook {
            assets: vec![Exposure {
                unit: U256::from(100),
                ..Exposure::default()
            }],
            ..Outlook::default()
        };
        let mut caps = Caps::new(10, 300, Bps(5_000)).unwrap();
        let cases = [
            (0, None),
            (6_000, Some(600)),
            (2_000, Some(400)),
            (90_000, Some(1_000)),
        ];
        for (n, (depth, cap)) in (0..).zip(cases) {
            let signals = Signals {
                now: Timestamp(n * 300),
                assets: vec![AssetSignal {
                    depth: Amount::new(depth),
                    ..AssetSignal::default()
                }],
                ..Signals::default()
            };
            caps.see(&signals);
            let proposals = caps.propose(&signals, &outlook, std::slice::from_ref(&dial));
            let proposed = proposals.first().map(|proposal| proposal.value);
            assert_eq!(proposed, cap, "{depth}");
        }
        assert!(Caps::new(0, 300, Bps(0)).is_err());
    }
}

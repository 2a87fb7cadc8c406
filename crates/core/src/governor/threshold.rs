//! Liquidation thresholds that follow a forecast of prices and the depth of the market.
//!
//! A liquidator must get out before the collateral is worth less than debt and bonus. Over a horizon the
//! price may fall by so many standard deviations, and the sale of what is at risk moves it on its way:
//!
//! `threshold · (1 + bonus) ≤ 1 − deviations · forecast − slippage`
//!
//! The threshold is never above that of the start: calm brings it back. Loan-to-values follow in
//! proportion, first down and last up, so that nobody may borrow up to a threshold. Where a design sets
//! a ratio of collateral or a discount in place of a threshold, that follows the same fall.

use super::forecast::{Ewma, Forecast, Garch, Realised, Stress};
use super::number::{MILLION, WHOLE, down, slippage, up};
use super::outlook::Outlook;
use super::{Dial, Governor, Proposal, Reason, of_kind, setting, within};
use crate::protocol::{AssetId, LeverKind, SetupError};
use crate::signals::Signals;
use crate::units::{Bps, Rounding, U256, mul_div};

/// Keys of a threshold policy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ThresholdRules {
    /// Seconds in which a liquidation must be through.
    pub horizon_s: u64,
    /// Standard deviations that it must bear, in hundredths.
    pub deviations: u32,
    /// Share of the collateral at risk that is sold within the horizon; 0 leaves depth out.
    pub sold: Bps,
}

impl Default for ThresholdRules {
    /// Four deviations of six hours, and a tenth of what is at risk for sale.
    fn default() -> Self {
        Self {
            horizon_s: 21_600,
            deviations: 400,
            sold: Bps(1_000),
        }
    }
}

/// Thresholds by a [`Forecast`], whose name the policy has.
#[derive(Clone, Debug)]
pub struct Threshold {
    forecast: Box<dyn Forecast>,
    rules: ThresholdRules,
}

/// A lever that decides on liquidations, and the one of new loans that goes with it.
const PAIRS: [(LeverKind, Option<LeverKind>); 3] = [
    (
        LeverKind::LiquidationThreshold,
        Some(LeverKind::LoanToValue),
    ),
    (LeverKind::LiquidationRatio, None),
    (
        LeverKind::LiquidationDiscount,
        Some(LeverKind::LoanDiscount),
    ),
];

impl Threshold {
    /// By any forecast.
    ///
    /// # Errors
    /// Where a key is out of range.
    pub fn new(forecast: Box<dyn Forecast>, rules: ThresholdRules) -> Result<Self, SetupError> {
        let policy = forecast.policy();
        within(policy, "horizon_s", rules.horizon_s.into(), (1, 31_536_000))?;
        within(policy, "deviations", rules.deviations.into(), (0, 10_000))?;
        within(policy, "sold", rules.sold.0.into(), (0, WHOLE))?;
        Ok(Self { forecast, rules })
    }

    /// `ewma-threshold` as it comes.
    pub fn ewma() -> Self {
        Self::usual(Box::new(Ewma::default()))
    }

    /// `realised-threshold` as it comes.
    pub fn realised() -> Self {
        Self::usual(Box::new(Realised::default()))
    }

    /// `garch-threshold` as it comes.
    pub fn garch() -> Self {
        Self::usual(Box::new(Garch::default()))
    }

    /// `stress-threshold` as it comes: its score is the whole fall, depth and all.
    pub fn stress() -> Self {
        let rules = ThresholdRules {
            deviations: 100,
            sold: Bps(0),
            ..ThresholdRules::default()
        };
        Self {
            forecast: Box::new(Stress::default()),
            rules,
        }
    }

    fn usual(forecast: Box<dyn Forecast>) -> Self {
        Self {
            forecast,
            rules: ThresholdRules::default(),
        }
    }

    /// The fall to reckon with, in ppm; nothing while the forecast knows nothing.
    fn fall(&self, asset: AssetId, signals: &Signals, outlook: &Outlook) -> Option<u128> {
        let rules = &self.rules;
        let deviation = self.forecast.deviation(asset, rules.horizon_s, outlook)?;
        let moved = down(deviation, rules.deviations.into(), 100);
        let depth = signals.asset(asset)?.depth.0;
        let at_risk = outlook
            .asset(asset)
            .map_or(U256::ZERO, |seen| seen.at_risk.0);
        let sold = mul_div(
            at_risk,
            rules.sold.wide(),
            U256::from(WHOLE),
            Rounding::Ceil,
        );
        let sold = sold.unwrap_or(U256::MAX);
        let slipped = if sold.is_zero() || depth.is_zero() {
            0
        } else {
            slippage(sold, depth)
        };
        Some(moved.saturating_add(slipped).min(MILLION))
    }

    /// The setting that bears a fall, no bolder than the start's.
    fn target(dial: &Dial, fall: u128, bonus: u128) -> u128 {
        let left = MILLION.saturating_sub(fall);
        let threshold = down(left, WHOLE, bonus);
        match dial.lever.kind {
            LeverKind::LiquidationRatio => up(MILLION, WHOLE, threshold.max(1)).max(dial.base),
            LeverKind::LiquidationDiscount => fall.div_ceil(100).max(dial.base),
            _ => down(threshold, WHOLE, MILLION).min(dial.base),
        }
    }
}

/// What the loan's lever becomes when the liquidation's does: a share goes down in proportion, a ratio or a
/// discount up by as much.
fn followed(loan: &Dial, dial: &Dial, target: u128) -> u128 {
    match loan.lever.kind {
        LeverKind::LoanToValue => down(loan.base, target, dial.base.max(1)),
        _ => loan.base.saturating_add(target.saturating_sub(dial.base)),
    }
}

impl Governor for Threshold {
    fn name(&self) -> &'static str {
        self.forecast.policy()
    }

    fn moves(&self) -> &'static [LeverKind] {
        &[
            LeverKind::LiquidationThreshold,
            LeverKind::LiquidationRatio,
            LeverKind::LiquidationDiscount,
            LeverKind::LoanToValue,
            LeverKind::LoanDiscount,
        ]
    }

    fn reads_book(&self) -> bool {
        self.rules.sold.0 > 0 || self.forecast.reads_book()
    }

    fn see(&mut self, signals: &Signals) {
        self.forecast.see(signals);
    }

    fn propose(&mut self, signals: &Signals, outlook: &Outlook, dials: &[Dial]) -> Vec<Proposal> {
        let mut proposals = Vec::new();
        for (decides, lends) in PAIRS {
            for dial in of_kind(dials, decides).filter(|dial| dial.base > 0) {
                let Some(asset) = dial.lever.governs.asset() else {
                    continue;
                };
                let Some(fall) = self.fall(asset, signals, outlook) else {
                    continue;
                };
                let bonus = setting(dials, LeverKind::LiquidationBonus, asset);
                let target = Self::target(dial, fall, bonus.unwrap_or(WHOLE).max(WHOLE));
                let propose = |dial: &Dial, value| Proposal {
                    lever: dial.lever.name.clone(),
                    value,
                    reason: Reason {
                        what: "fall to bear, ppm",
                        found: fall,
                    },
                };
                let own = propose(dial, target);
                let mut loans = lends.into_iter().flat_map(|kind| of_kind(dials, kind));
                let loan = loans.find(|loan| loan.lever.governs == dial.lever.governs);
                let Some(loan) = loan else {
                    proposals.push(own);
                    continue;
                };
                let follows = propose(loan, followed(loan, dial, target));
                // The loan's lever leads where caution grows, as one may not pass the other.
                let lower = decides == LeverKind::LiquidationThreshold;
                let cautious = (target < dial.lever.value) == lower;
                proposals.extend(if cautious {
                    [follows, own]
                } else {
                    [own, follows]
                });
            }
        }
        proposals
    }

    fn copy(&self) -> Box<dyn Governor> {
        Box::new(self.clone())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::governor::outlook::Exposure;
    use crate::protocol::{Governed, Lever};
    use crate::signals::AssetSignal;
    use crate::units::Amount;

    /// A forecast that says what it was told to.
    #[derive(Clone, Debug)]
    struct Told(u128);

    impl Forecast for Told {
        fn policy(&self) -> &'static str {
            "told-threshold"
        }

        fn see(&mut self, _: &Signals) {}

        fn deviation(&self, _: AssetId, _: u64, _: &Outlook) -> Option<u128> {
            Some(self.0)
        }

        fn copy(&self) -> Box<dyn Forecast> {
            Box::new(self.clone())
        }
    }

    fn dial(kind: LeverKind, base: u128, value: u128) -> Dial {
        Dial {
            lever: Lever {
                name: format!("{kind:?}"),
                kind,
                governs: Governed::Asset(AssetId(0)),
                value,
                min: 0,
                max: 100_000,
            },
            base,
        }
    }

    fn proposed(deviation: u128, at_risk: u128, dials: &[Dial]) -> Vec<(String, u128)> {
        let rules = ThresholdRules {
            deviations: 300,
            sold: Bps(10_000),
            ..ThresholdRules::default()
        };
        let mut policy = Threshold::new(Box::new(Told(deviation)), rules).unwrap();
        let signals = Signals {
            assets: vec![AssetSignal {
                depth: Amount::new(1_000),
                ..AssetSignal::default()
            }],
            ..Signals::default()
        };
        let outlook = Outlook {
            assets: vec![Exposure {
                at_risk: Amount::new(at_risk),
                ..Exposure::default()
            }],
            ..Outlook::default()
        };
        let proposals = policy.propose(&signals, &outlook, dials);
        proposals.into_iter().map(|p| (p.lever, p.value)).collect()
    }

    #[test]
    fn a_threshold_bears_the_fall_and_the_bonus() {
        use LeverKind::*;
        let named = |kind: LeverKind, value| (format!("{kind:?}"), value);
        let aave = |present| {
            [
                dial(LoanToValue, 7_500, present * 75 / 80),
                dial(LiquidationThreshold, 8_000, present),
                dial(LiquidationBonus, 10_500, 10_500),
            ]
        };
        let calm = [
            named(LiquidationThreshold, 8_000),
            named(LoanToValue, 7_500),
        ];
        assert_eq!(proposed(10_000, 0, &aave(8_000)), calm);
        // (1 − 3 · 8 %) ÷ 1.05 = 72.38 %; the loan's leads on the way down and follows on the way up.
        let stressed = [
            named(LoanToValue, 6_785),
            named(LiquidationThreshold, 7_238),
        ];
        assert_eq!(proposed(80_000, 0, &aave(8_000)), stressed);
        let risen = [stressed[1].clone(), stressed[0].clone()];
        assert_eq!(proposed(80_000, 0, &aave(7_000)), risen);
        // A sale of four times the depth slips by 4 %.
        let deep = proposed(80_000, 4_000, &aave(8_000));
        assert_eq!(deep[1], named(LiquidationThreshold, 6_857));
        // Maker's ratio, and crvUSD's discounts.
        let maker = [dial(LiquidationRatio, 13_000, 13_000)];
        assert_eq!(
            proposed(50_000, 0, &maker),
            [named(LiquidationRatio, 13_000)]
        );
        assert_eq!(
            proposed(100_000, 0, &maker),
            [named(LiquidationRatio, 14_286)]
        );
        let crvusd = [
            dial(LoanDiscount, 900, 900),
            dial(LiquidationDiscount, 600, 600),
        ];
        let raised = [
            named(LoanDiscount, 1_500),
            named(LiquidationDiscount, 1_200),
        ];
        assert_eq!(proposed(40_000, 0, &crvusd), raised);
    }
}

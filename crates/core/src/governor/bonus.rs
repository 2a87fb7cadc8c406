//! A bonus at which the marginal liquidator just comes.
//!
//! Who takes a usual piece of collateral pays for gas, for attempts that came too late, for the price that
//! the sale itself moves and for capital while it is bound. The least bonus that pays for that is
//!
//! `bonus · size ≥ gas + (rivals − 1) · failed + slippage · size + capital · bound ÷ year · size`
//!
//! More would be taken from borrowers for nothing; less, and nobody comes. The threshold with the bonus
//! stays below the collateral's worth: beyond that a liquidation leaves the rest worse off.

use super::number::{MILLION, WHOLE, down, narrow, slippage, up};
use super::outlook::{Costs, Outlook};
use super::{Dial, Governor, Proposal, Reason, of_kind, setting, within};
use crate::protocol::{AssetId, LeverKind, SetupError};
use crate::signals::Signals;
use crate::units::{Bps, Rounding, U256, YEAR, mul_div};

/// The policy `bonus-equilibrium`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bonus {
    /// What a liquidator wants beyond its costs, bps of what it takes.
    pub profit: Bps,
    /// Smallest bonus.
    pub least: Bps,
    /// Largest bonus.
    pub most: Bps,
}

const NAME: &str = "bonus-equilibrium";

impl Default for Bonus {
    fn default() -> Self {
        Self {
            profit: Bps(10),
            least: Bps(100),
            most: Bps(2_000),
        }
    }
}

impl Bonus {
    /// Whether the keys are in range.
    ///
    /// # Errors
    /// The first that is not.
    pub fn check(&self) -> Result<(), SetupError> {
        within(NAME, "profit", self.profit.0.into(), (0, WHOLE))?;
        within(NAME, "most", self.most.0.into(), (0, WHOLE))?;
        within(NAME, "least", self.least.0.into(), (0, self.most.0.into()))
    }

    /// The least bonus that pays, in bps; nothing where nothing is pledged or no price is known.
    fn needed(&self, asset: AssetId, signals: &Signals, outlook: &Outlook) -> Option<u128> {
        let (signal, seen) = (signals.asset(asset)?, outlook.asset(asset)?);
        let size = mul_div(seen.usual.0, signal.price.0, seen.unit, Rounding::Floor).ok()?;
        if size.is_zero() {
            return None;
        }
        let slipped = match signal.depth.is_zero() {
            true => 0,
            false => slippage(seen.usual.0, signal.depth.0),
        };
        let all = fixed(&outlook.costs, narrow(size))
            .saturating_add(slipped)
            .saturating_add(capital(&outlook.costs));
        let bps = all.div_ceil(100).saturating_add(self.profit.0.into());
        Some(bps.clamp(self.least.0.into(), self.most.0.max(self.least.0).into()))
    }

    /// The largest bonus at which a liquidation at the threshold is paid for in full, in bps.
    fn healing(dials: &[Dial], asset: AssetId) -> u128 {
        let threshold = setting(dials, LeverKind::LiquidationThreshold, asset);
        let whole = threshold.map_or(u128::MAX, |bps| down(WHOLE, WHOLE, bps));
        whole.saturating_sub(WHOLE)
    }
}

/// What does not depend on the size, as a share of it in ppm, rounded up.
fn fixed(costs: &Costs, size: u128) -> u128 {
    let late = u128::from(costs.rivals.saturating_sub(1));
    let failed = narrow(costs.failed.0).saturating_mul(late);
    up(narrow(costs.gas.0).saturating_add(failed), MILLION, size)
}

/// What capital costs while it is bound, in ppm, rounded up.
fn capital(costs: &Costs) -> u128 {
    let year = MILLION.saturating_mul(costs.capital.0.into());
    let bound = U256::from(costs.bound_s).saturating_mul(U256::from(year));
    let ppm = mul_div(
        bound,
        U256::ONE,
        YEAR.saturating_mul(U256::from(WHOLE)),
        Rounding::Ceil,
    );
    ppm.map_or(u128::MAX, narrow)
}

/// Kinds by which a bonus is set.
const KINDS: [LeverKind; 2] = [LeverKind::LiquidationBonus, LeverKind::BonusDiscount];

impl Governor for Bonus {
    fn name(&self) -> &'static str {
        NAME
    }

    fn moves(&self) -> &'static [LeverKind] {
        &KINDS
    }

    fn propose(&mut self, signals: &Signals, outlook: &Outlook, dials: &[Dial]) -> Vec<Proposal> {
        let assets = || (0..).map(AssetId).zip(&outlook.assets).map(|(id, _)| id);
        let mut proposals = Vec::new();
        for dial in KINDS.into_iter().flat_map(|kind| of_kind(dials, kind)) {
            // Euler's discount is a matter of what is lent, Compound's incentive of everything: the
            // dearest collateral counts.
            let own = match (dial.lever.kind, dial.lever.governs.asset()) {
                (LeverKind::LiquidationBonus, own) => own,
                _ => None,
            };
            let governed = || assets().filter(|id| own.is_none_or(|own| own == *id));
            let needs = governed().filter_map(|id| self.needed(id, signals, outlook));
            let Some(needed) = needs.max() else {
                continue;
            };
            let healing = governed().map(|id| Self::healing(dials, id)).min();
            let bonus = needed.min(healing.unwrap_or(u128::MAX));
            let value = match dial.lever.kind {
                LeverKind::BonusDiscount => up(bonus, WHOLE, WHOLE.saturating_add(bonus)),
                _ => WHOLE.saturating_add(bonus),
            };
            proposals.push(Proposal {
                lever: dial.lever.name.clone(),
                value,
                reason: Reason {
                    what: "bonus that pays, bps",
                    found: needed,
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
    use crate::signals::AssetSignal;
    use crate::units::{Amount, Price, Value};

    /// The bonus for taking 100 tokens of 1,000 dollars each, sold into a depth of so many.
    fn needed(costs: Costs, depth: u128) -> u128 {
        let signals = Signals {
            assets: vec![AssetSignal {
                price: Price::new(100_000),
                depth: Amount::new(depth),
                ..AssetSignal::default()
            }],
            ..Signals::default()
        };
        let outlook = Outlook {
            assets: vec![Exposure {
                unit: U256::ONE,
                usual: Amount::new(100),
                ..Exposure::default()
            }],
            costs,
            ..Outlook::default()
        };
        let bonus = Bonus {
            profit: Bps(0),
            least: Bps(0),
            most: Bps(3_000),
        };
        bonus.needed(AssetId(0), &signals, &outlook).unwrap()
    }

    #[test]
    fn pays_for_what_it_costs_and_no_more() {
        let free = Costs::default();
        assert_eq!(needed(free, 0), 0, "nobody told a depth");
        assert_eq!(needed(free, 100), 100);
        assert_eq!(needed(free, 50), 200);
        assert_eq!(needed(free, 1), 3_000, "bounded");
        // 100,000 dollars with two decimals are 10^7.
        let gas = Costs {
            gas: Value::new(10_000),
            ..free
        };
        assert_eq!(needed(gas, 0), 10);
        let rivals = Costs {
            failed: Value::new(1_000),
            rivals: 6,
            ..gas
        };
        assert_eq!(needed(rivals, 0), 15);
        let capital = Costs {
            capital: Bps(3_650),
            bound_s: 86_400,
            ..free
        };
        assert_eq!(needed(capital, 0), 10);
    }
}

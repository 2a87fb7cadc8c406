//! What a whole protocol has and owes at any price.

use super::worth;
use crate::book::AssetSet;
use crate::protocol::{AccountId, Prices, Protocol};
use crate::units::{Overflow, Ratio, Rounding, U256, Value, WAD, mul_div};
use std::cmp::Reverse;

/// One account's part: what moves with the factor, what does not, and what is owed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Stake {
    /// Collateral that keeps its value.
    pub fixed: Value,
    /// Collateral whose value is multiplied by the factor, at present prices.
    pub moving: Value,
    /// Debt, which keeps its value.
    pub debt: Value,
}

/// All accounts together at one factor.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Standing {
    /// Collateral of all accounts, rounded down.
    pub collateral: Value,
    /// Debt of all accounts.
    pub debt: Value,
    /// Debt that its account's own collateral does not cover, rounded up: what somebody else would pay if
    /// everybody were sold at these prices.
    pub shortfall: Value,
}

/// The whole protocol's solvency as a function of one factor on prices (wad): built once in O(n log n), asked in
/// O(log n).
#[derive(Clone, Debug)]
pub struct SolvencyLine {
    /// Below which factor each account with moving collateral is under water, descending.
    edges: Vec<Reverse<U256>>,
    /// Sums over the first 0, 1, 2, … of them.
    sums: Vec<Stake>,
    total: Stake,
}

impl SolvencyLine {
    /// From the accounts' parts.
    ///
    /// # Errors
    /// [`Overflow::Arithmetic`] where a sum needs more than 256 bits.
    pub fn new(stakes: impl IntoIterator<Item = Stake>) -> Result<Self, Overflow> {
        let mut rows: Vec<(Reverse<U256>, Stake)> = Vec::new();
        let mut total = Stake::default();
        for stake in stakes {
            total = plus(total, stake)?;
            let gap = stake.debt.minus_or_zero(stake.fixed);
            if !gap.is_zero() {
                // Without moving collateral it is under water at every factor.
                let edge = mul_div(gap.0, WAD, stake.moving.0, Rounding::Ceil);
                rows.push((Reverse(edge.unwrap_or(U256::MAX)), stake));
            }
        }
        rows.sort_by_key(|(edge, _)| *edge);
        let mut sum = Stake::default();
        let mut sums = vec![sum];
        for (_, stake) in &rows {
            sum = plus(sum, *stake)?;
            sums.push(sum);
        }
        Ok(Self {
            edges: rows.into_iter().map(|(edge, _)| edge).collect(),
            sums,
            total,
        })
    }

    /// Of a protocol at these prices; the factor moves the prices of these assets as collateral. Reads the whole
    /// book. Collateral is rounded down and debt up, an account's assets each; debts keep their value, also
    /// those in assets that move.
    ///
    /// # Errors
    /// As [`SolvencyLine::new`].
    pub fn of<P: Protocol>(
        protocol: &P,
        prices: &Prices,
        moving: AssetSet,
    ) -> Result<Self, Overflow> {
        let assets = protocol.assets();
        Self::new((0..protocol.accounts()).map(|id| {
            let mut stake = Stake::default();
            for holding in protocol.holdings(AccountId(id)) {
                let at = usize::from(holding.asset.0);
                let held = worth(assets, prices, (at, holding.collateral), Rounding::Floor);
                let owed = worth(assets, prices, (at, holding.debt), Rounding::Ceil);
                let moves = moving.with(holding.asset) == moving;
                let side = if moves {
                    &mut stake.moving
                } else {
                    &mut stake.fixed
                };
                if holding.enabled {
                    *side = Value(side.0.saturating_add(held.0));
                }
                stake.debt = Value(stake.debt.0.saturating_add(owed.0));
            }
            stake
        }))
    }

    /// Where everybody stands at a factor.
    pub fn at(&self, factor: Ratio) -> Standing {
        let drowned = self.edges.partition_point(|Reverse(edge)| factor.0 < *edge);
        let under = self.sums.get(drowned).copied().unwrap_or_default();
        let kept = |moving: Value| {
            let kept = mul_div(moving.0, factor.0, WAD, Rounding::Floor);
            kept.map_or(Value::MAX, Value)
        };
        let all = kept(self.total.moving).0;
        Standing {
            collateral: Value(self.total.fixed.0.saturating_add(all)),
            debt: self.total.debt,
            shortfall: under
                .debt
                .minus_or_zero(under.fixed)
                .minus_or_zero(kept(under.moving)),
        }
    }
}

fn plus(sum: Stake, more: Stake) -> Result<Stake, Overflow> {
    Ok(Stake {
        fixed: sum.fixed.plus(more.fixed)?,
        moving: sum.moving.plus(more.moving)?,
        debt: sum.debt.plus(more.debt)?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        /// As a scan that sums exact numerators and rounds once.
        #[test]
        fn agrees_with_a_scan(
            parts in prop::collection::vec((0u64..1_000, 0u64..1_000, 0u64..2_000), 0..30),
            factor in 0u64..2_000_000_000_000_000_000,
        ) {
            let value = |n: u64| Value::new(n.into());
            let stakes = parts.iter().map(|(fixed, moving, debt)| Stake {
                fixed: value(*fixed),
                moving: value(*moving),
                debt: value(*debt),
            });
            let line = SolvencyLine::new(stakes).unwrap();
            let wad = 1_000_000_000_000_000_000u128;
            let mut lacking = 0u128;
            for (fixed, moving, debt) in &parts {
                let owed = u128::from(*debt) * wad;
                let held = u128::from(*fixed) * wad + u128::from(*moving) * u128::from(factor);
                lacking += owed.saturating_sub(held);
            }
            let found = line.at(Ratio::new(factor.into()));
            prop_assert_eq!(found.shortfall, Value::new(lacking.div_ceil(wad)));
            let debt: u64 = parts.iter().map(|(.., debt)| debt).sum();
            prop_assert_eq!(found.debt, value(debt));
        }
    }

    #[test]
    fn ends_are_stated() {
        let stake = Stake {
            debt: Value::new(5),
            ..Stake::default()
        };
        let line = SolvencyLine::new([stake]).unwrap();
        for factor in [Ratio::ZERO, Ratio(WAD)] {
            assert_eq!(line.at(factor).shortfall, Value::new(5));
        }
        let most = Stake {
            debt: Value::MAX,
            ..stake
        };
        assert_eq!(
            SolvencyLine::new([most, stake]).err(),
            Some(Overflow::Arithmetic)
        );
    }
}

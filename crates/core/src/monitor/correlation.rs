//! Collateral whose price falls together.

use crate::units::{Ratio, Rounding, U256, Value, WAD, mul_div};
use std::fmt;

/// One, in the scale of a correlation.
const ONE: i32 = 10_000;

/// Correlations of prices in basis points (10 000 = always together), for each pair of assets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Correlations {
    rows: Vec<Vec<i32>>,
}

/// A table that is no table of correlations.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CorrelationError {
    /// A row has another length than the table.
    Shape {
        /// Which row.
        row: usize,
        /// What was found.
        found: usize,
        /// What is allowed.
        allowed: usize,
    },
    /// A number lies outside −10 000 to 10 000, or is not 10 000 on the diagonal.
    Range {
        /// Which row.
        row: usize,
        /// Which column.
        column: usize,
        /// What was found.
        found: i32,
    },
    /// Two numbers of one pair differ.
    Asymmetric {
        /// Which row.
        row: usize,
        /// Which column.
        column: usize,
    },
}

impl fmt::Display for CorrelationError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Shape {
                row,
                found,
                allowed,
            } => write!(
                f,
                "correlations[{row}]: found {found} numbers, allowed {allowed}"
            ),
            Self::Range { row, column, found } => write!(
                f,
                "correlations[{row}][{column}]: found {found}, allowed -10000 to 10000, and 10000 \
                 of an asset with itself"
            ),
            Self::Asymmetric { row, column } => write!(
                f,
                "correlations[{row}][{column}]: differs from correlations[{column}][{row}]"
            ),
        }
    }
}

impl std::error::Error for CorrelationError {}

impl Correlations {
    /// A table of one row an asset.
    ///
    /// # Errors
    /// [`CorrelationError`] where it is not square, symmetric, and within its range.
    pub fn new(rows: Vec<Vec<i32>>) -> Result<Self, CorrelationError> {
        let allowed = rows.len();
        for (row, numbers) in rows.iter().enumerate() {
            let found = numbers.len();
            if found != allowed {
                return Err(CorrelationError::Shape {
                    row,
                    found,
                    allowed,
                });
            }
            for (column, found) in numbers.iter().copied().enumerate() {
                let own = row == column;
                if !(-ONE..=ONE).contains(&found) || (own && found != ONE) {
                    return Err(CorrelationError::Range { row, column, found });
                }
                let mirrored = rows.get(column).and_then(|other| other.get(row));
                if mirrored.is_some_and(|other| *other != found) {
                    return Err(CorrelationError::Asymmetric { row, column });
                }
            }
        }
        Ok(Self { rows })
    }

    /// What stands with an asset when it falls: each value times its correlation where that is above zero,
    /// rounded down. Saturates.
    pub fn falls_with(&self, asset: usize, values: &[Value]) -> Value {
        let row = self.rows.get(asset).map_or(&[][..], Vec::as_slice);
        let parts = row.iter().zip(values).map(|(bps, value)| {
            let bps = U256::from(u32::try_from(*bps).unwrap_or(0));
            mul_div(value.0, bps, crate::units::BPS, Rounding::Floor).unwrap_or(U256::MAX)
        });
        Value(parts.fold(U256::ZERO, U256::saturating_add))
    }

    /// How much of all values moves as one, in wad: `√(Σ ρᵢⱼ·sᵢ·sⱼ)` for the shares `s` of assets of one
    /// volatility. 1 where everything falls together, 1 ÷ √n for n independent assets of the same value.
    pub fn together(&self, values: &[Value]) -> Ratio {
        let add = |sum: U256, value: &Value| sum.saturating_add(value.0);
        let total = values.iter().fold(U256::ZERO, add);
        let share = |value: &Value| {
            let share = mul_div(value.0, WAD, total, Rounding::Floor).unwrap_or(U256::ZERO);
            // A share is at most one; values that saturate the total have more.
            u128::try_from(share.min(WAD)).unwrap_or(0)
        };
        let shares: Vec<u128> = values.iter().map(share).collect();
        let (mut gain, mut less) = (0u128, 0u128);
        for (row, one) in self.rows.iter().zip(&shares) {
            for (bps, other) in row.iter().zip(&shares) {
                // 10^18 · 10^18 · 10^4 exceeds 128 bits, so basis points go with one share first.
                let weight = one.saturating_mul(bps.unsigned_abs().into());
                let product = weight
                    .checked_div(10_000)
                    .unwrap_or(0)
                    .saturating_mul(*other);
                let side = if *bps < 0 { &mut less } else { &mut gain };
                *side = side.saturating_add(product);
            }
        }
        Ratio::new(gain.saturating_sub(less).isqrt())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table(off: i32) -> Correlations {
        Correlations::new(vec![vec![ONE, off], vec![off, ONE]]).unwrap()
    }

    #[test]
    fn values_move_as_one_or_apart() {
        let even = [Value::new(50), Value::new(50)];
        let one = 1_000_000_000_000_000_000u128;
        for (off, together, falls) in [
            (10_000, one, 100),
            (0, 707_106_781_186_547_524, 50),
            (-10_000, 0, 50),
            (5_000, 866_025_403_784_438_646, 75),
        ] {
            let table = table(off);
            assert_eq!(table.together(&even), Ratio::new(together), "{off}");
            assert_eq!(table.falls_with(0, &even), Value::new(falls), "{off}");
        }
        assert_eq!(table(0).together(&[]), Ratio::ZERO);
        assert_eq!(
            table(10_000).falls_with(0, &[Value::MAX, Value::MAX]),
            Value::MAX
        );
        assert_eq!(table(0).falls_with(7, &even), Value::ZERO);
    }

    #[test]
    fn other_tables_are_refused() {
        let cases = [
            (
                vec![vec![ONE], vec![ONE, ONE]],
                "correlations[0]: found 1 numbers, allowed 2",
            ),
            (
                vec![vec![ONE, 10_001], vec![10_001, ONE]],
                "correlations[0][1]: found 10001, allowed -10000 to 10000, and 10000 of an asset \
                 with itself",
            ),
            (
                vec![vec![0]],
                "correlations[0][0]: found 0, allowed -10000 to 10000, and 10000 of an asset with \
                 itself",
            ),
            (
                vec![vec![ONE, 5], vec![6, ONE]],
                "correlations[0][1]: differs from correlations[1][0]",
            ),
        ];
        for (rows, want) in cases {
            assert_eq!(Correlations::new(rows).unwrap_err().to_string(), want);
        }
    }
}

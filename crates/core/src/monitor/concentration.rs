//! How much hangs on few accounts and few assets.

use super::worth;
use crate::protocol::{AccountId, Prices, Protocol};
use crate::units::{Ratio, Rounding, U256, Value, WAD, mul_div};

/// The Herfindahl index of a list: the sum of squared shares, in wad. 1 where one has all, 1 ÷ n where n have
/// the same, 0 of nothing. Shares are rounded down, so the index is never too high; sums beyond 256 bits
/// saturate.
///
/// ```
/// use backstop_core::monitor::herfindahl;
/// use backstop_core::units::{Ratio, Value};
///
/// let values = [Value::new(3), Value::new(1), Value::ZERO];
/// // 9/16 + 1/16.
/// assert_eq!(herfindahl(&values), Ratio::new(625_000_000_000_000_000));
/// ```
pub fn herfindahl(values: &[Value]) -> Ratio {
    let add = |sum: U256, value: &Value| sum.saturating_add(value.0);
    let total = values.iter().fold(U256::ZERO, add);
    let squares = values.iter().map(|value| {
        let share = mul_div(value.0, WAD, total, Rounding::Floor).unwrap_or(U256::ZERO);
        mul_div(share, share, WAD, Rounding::Floor).unwrap_or(U256::ZERO)
    });
    Ratio(squares.fold(U256::ZERO, U256::saturating_add))
}

/// Herfindahl indexes of a whole book.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Concentration {
    /// Of collateral, by account.
    pub collateral_by_account: Ratio,
    /// Of debt, by account.
    pub debt_by_account: Ratio,
    /// Of collateral, by asset.
    pub collateral_by_asset: Ratio,
    /// Of debt, by asset.
    pub debt_by_asset: Ratio,
}

impl Concentration {
    /// Reads the whole book once, at these prices. Collateral that is not enabled does not count.
    pub fn of<P: Protocol>(protocol: &P, prices: &Prices) -> Self {
        let assets = protocol.assets();
        let mut by_asset = vec![[Value::ZERO; 2]; assets.len()];
        let mut by_account = Vec::new();
        for id in 0..protocol.accounts() {
            let mut own = [Value::ZERO; 2];
            for holding in protocol.holdings(AccountId(id)) {
                let at = usize::from(holding.asset.0);
                let value = |amount| worth(assets, prices, (at, amount), Rounding::Floor);
                let collateral = if holding.enabled {
                    value(holding.collateral)
                } else {
                    Value::ZERO
                };
                let sides = [collateral, value(holding.debt)];
                add(&mut own, sides);
                if let Some(sums) = by_asset.get_mut(at) {
                    add(sums, sides);
                }
            }
            by_account.push(own);
        }
        let index = |rows: &[[Value; 2]], side: fn(&[Value; 2]) -> Value| {
            herfindahl(&rows.iter().map(side).collect::<Vec<_>>())
        };
        let (collateral, debt) = (
            |[value, _]: &[Value; 2]| *value,
            |[_, value]: &[Value; 2]| *value,
        );
        Self {
            collateral_by_account: index(&by_account, collateral),
            debt_by_account: index(&by_account, debt),
            collateral_by_asset: index(&by_asset, collateral),
            debt_by_asset: index(&by_asset, debt),
        }
    }
}

fn add(sums: &mut [Value; 2], more: [Value; 2]) {
    for (sum, value) in sums.iter_mut().zip(more) {
        *sum = Value(sum.0.saturating_add(value.0));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_are_squared() {
        let one = 1_000_000_000_000_000_000u128;
        let cases: [(&[u128], u128); 5] = [
            (&[], 0),
            (&[0, 0], 0),
            (&[7], one),
            (&[5, 5], one / 2),
            (&[1, 1, 1], one / 3),
        ];
        for (values, want) in cases {
            let values: Vec<_> = values.iter().map(|n| Value::new(*n)).collect();
            let found = herfindahl(&values);
            let off = found.0.abs_diff(U256::from(want));
            assert!(off <= U256::from(3u64), "{values:?}: {found}");
        }
        let most = herfindahl(&[Value::MAX, Value::MAX]);
        assert!(most <= Ratio(WAD.saturating_mul(U256::from(2u64))));
    }
}

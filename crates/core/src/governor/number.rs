//! Arithmetic that governors share: saturating, with parts per million.

use crate::units::{Bps, Rounding, U256, mul_div};

/// Everything, in parts per million.
pub(super) const MILLION: u128 = 1_000_000;
/// Everything, in basis points.
pub(super) const WHOLE: u128 = 10_000;

/// `x · y ÷ d`; the largest number where that does not fit or `d` is nothing.
pub(super) fn part(x: u128, y: u128, d: u128, rounding: Rounding) -> u128 {
    let [x, y, d] = [x, y, d].map(U256::from);
    mul_div(x, y, d, rounding).map_or(u128::MAX, narrow)
}

/// `x · y ÷ d`, rounded down; the largest number where that does not fit or `d` is nothing.
pub(super) fn down(x: u128, y: u128, d: u128) -> u128 {
    part(x, y, d, Rounding::Floor)
}

/// `x · y ÷ d`, rounded up; the largest number where that does not fit or `d` is nothing.
pub(super) fn up(x: u128, y: u128, d: u128) -> u128 {
    part(x, y, d, Rounding::Ceil)
}

/// A wide number, or the largest where it does not fit.
pub(super) fn narrow(n: U256) -> u128 {
    u128::try_from(n).unwrap_or(u128::MAX)
}

/// How much a sale of `sold` moves a price down, in ppm: `depth` moves it by 2 %, and twice as much twice
/// as far, up to all of it. Without depth all of it.
pub(super) fn impact(sold: U256, depth: U256) -> u128 {
    down(narrow(sold), DEPTH_MOVE, narrow(depth)).min(MILLION)
}

/// What a sale loses on average to its own impact, in ppm: half of it.
pub(super) fn slippage(sold: U256, depth: U256) -> u128 {
    impact(sold, depth).div_ceil(2)
}

/// A number that follows another, of which the past weighs `keep`. It is rounded towards the other, so that
/// it gets there.
pub(super) fn smoothed(past: U256, new: U256, keep: Bps) -> U256 {
    let whole = U256::from(WHOLE);
    let kept = past.saturating_mul(keep.wide());
    let added = new.saturating_mul(whole.saturating_sub(keep.wide()));
    let rounding = if new > past {
        Rounding::Ceil
    } else {
        Rounding::Floor
    };
    mul_div(kept.saturating_add(added), U256::ONE, whole, rounding).unwrap_or(new)
}

/// The move that a depth stands for, in ppm.
pub(super) const DEPTH_MOVE: u128 = 20_000;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_smoothed_number_arrives() {
        for start in [0u64, 1, 999, 1_001, 5_000] {
            let (mut held, goal) = (U256::from(start), U256::from(1_000));
            for _ in 0..400 {
                held = smoothed(held, goal, Bps(9_500));
            }
            assert_eq!(held, goal, "from {start}");
        }
    }

    #[test]
    fn a_sale_of_the_depth_moves_the_price_by_two_percent() {
        let of = |sold: u64, depth: u64| impact(U256::from(sold), U256::from(depth));
        for (sold, depth, want) in [
            (0, 100, 0),
            (100, 100, 20_000),
            (250, 100, 50_000),
            (1_000_000, 100, MILLION),
            (1, 0, MILLION),
            (0, 0, MILLION),
        ] {
            assert_eq!(of(sold, depth), want, "{sold} of {depth}");
        }
        assert_eq!(slippage(U256::from(100), U256::from(100)), 10_000);
    }
}

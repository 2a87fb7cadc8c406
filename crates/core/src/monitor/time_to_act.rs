//! How long a borrower has.

use crate::units::{BPS, Bps, Ratio, Rounding, U256, WAD, mul_div};

/// Seconds of a day, the time that volatilities refer to.
pub const DAY_S: u64 = 86_400;

/// Seconds until a fall of `distance` (wad, 10^18 = all) is a move of `sigmas` standard deviations (10 000 = one),
/// where the price has the volatility `sigma` a day (wad): `t = (d ÷ (k·σ))²` days, rounded down to be early.
///
/// Assumes independent moves without drift, so the time grows with the square of the distance. Without
/// volatility, and beyond 64 bits, the answer is [`u64::MAX`].
///
/// ```
/// use backstop_core::monitor::time_to_act;
/// use backstop_core::units::{Bps, Ratio};
///
/// // 10 % away at 5 % a day: two deviations of a day, one of four days.
/// let percent = |n: u128| Ratio::new(n * 10_000_000_000_000_000);
/// assert_eq!(time_to_act(percent(10), percent(5), Bps(20_000)), 86_400);
/// assert_eq!(time_to_act(percent(10), percent(5), Bps(10_000)), 4 * 86_400);
/// ```
pub fn time_to_act(distance: Ratio, sigma: Ratio, sigmas: Bps) -> u64 {
    let day = sigma.0.saturating_mul(sigmas.wide());
    let scale = WAD.saturating_mul(BPS);
    // The distance in moves of a day, in wad; nothing where a day moves nothing.
    let Ok(moves) = mul_div(distance.0, scale, day, Rounding::Floor) else {
        return u64::MAX;
    };
    let square = mul_div(moves, moves, WAD, Rounding::Floor);
    let seconds = square.and_then(|days| mul_div(days, U256::from(DAY_S), WAD, Rounding::Floor));
    seconds.map_or(u64::MAX, |seconds| {
        u64::try_from(seconds).unwrap_or(u64::MAX)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cases() {
        let wad = |n: u128| Ratio::new(n);
        let one = 1_000_000_000_000_000_000;
        let cases = [
            (wad(0), wad(one), 10_000, 0),
            (wad(one), wad(one), 10_000, DAY_S),
            (wad(one / 2), wad(one), 10_000, DAY_S / 4),
            (wad(one), wad(one), 25_000, 13_824),
            (wad(one), wad(0), 10_000, u64::MAX),
            (wad(one), wad(one), 0, u64::MAX),
            (Ratio::MAX, wad(1), 1, u64::MAX),
            (wad(1), Ratio::MAX, 10_000, 0),
        ];
        for (distance, sigma, sigmas, want) in cases {
            let found = time_to_act(distance, sigma, Bps(sigmas));
            assert_eq!(found, want, "{distance} {sigma} {sigmas}");
        }
    }
}

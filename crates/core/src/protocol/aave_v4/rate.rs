//! The yearly rate of drawn debt: a curve over usage with one kink.

use super::math::{Ruled, bps_to_ray, difference, ray_div, ray_mul, sum};
use super::rejection::Rejection;
use crate::units::{Amount, Bps, RAY, Rate, Rounding, U256};

/// Largest sum of the three rates, bps.
const RATE_MAX: u64 = 100_000;

/// The curve's parameters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct RateStrategy {
    /// Usage at which the slope changes, from 100 to 9900 bps.
    pub optimal_usage: Bps,
    /// Rate without debt, bps a year.
    pub base: u32,
    /// Growth from no usage to the optimal usage, bps a year.
    pub growth_before: u32,
    /// Growth from the optimal usage to full usage, bps a year.
    pub growth_after: u32,
}

impl RateStrategy {
    /// Whether the hub would take these parameters.
    ///
    /// # Errors
    /// [`Rejection::InvalidOptimalUsageRatio`], [`Rejection::InvalidMaxDrawnRate`].
    pub fn check(&self) -> Result<(), Rejection> {
        if !(100..=9900).contains(&self.optimal_usage.0) {
            return Err(Rejection::InvalidOptimalUsageRatio);
        }
        let rates = [self.base, self.growth_before, self.growth_after];
        let highest = rates
            .into_iter()
            .map(u64::from)
            .fold(0, u64::saturating_add);
        if highest > RATE_MAX {
            return Err(Rejection::InvalidMaxDrawnRate);
        }
        Ok(())
    }

    /// The rate at these amounts: usage is what is drawn over what there is. Premium and recorded
    /// deficits do not count.
    ///
    /// # Errors
    /// On overflow.
    pub fn rate(&self, liquidity: Amount, drawn: Amount, swept: Amount) -> Result<Rate, Rejection> {
        let base = ray(self.base)?;
        if drawn.is_zero() {
            return Ok(Rate(base));
        }
        let all = liquidity.plus(drawn)?.plus(swept)?;
        let usage = ray_div(drawn.0, all.0, Rounding::Ceil)?;
        let optimal = bps_to_ray(self.optimal_usage.wide())?;
        let growth = if usage <= optimal {
            part(ray(self.growth_before)?, usage, optimal)?
        } else {
            let above = difference(usage, optimal)?;
            let rest = difference(RAY, optimal)?;
            sum(
                ray(self.growth_before)?,
                part(ray(self.growth_after)?, above, rest)?,
            )?
        };
        Ok(Rate(sum(base, growth)?))
    }
}

fn ray(bps: u32) -> Ruled<U256> {
    bps_to_ray(U256::from(bps))
}

/// `growth · share ÷ whole`, rounded up twice.
fn part(growth: U256, share: U256, whole: U256) -> Ruled<U256> {
    ray_div(
        ray_mul(growth, share, Rounding::Ceil)?,
        whole,
        Rounding::Ceil,
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    const CURVE: RateStrategy = RateStrategy {
        optimal_usage: Bps(8000),
        base: 100,
        growth_before: 400,
        growth_after: 6000,
    };

    #[test]
    fn rises_with_usage_and_kinks() {
        let percent = |n: u128| n * 10u128.pow(25);
        // (liquidity, drawn, swept) → rate.
        let cases = [
            (100, 0, 0, percent(1)),
            (60, 40, 0, percent(3)),
            (30, 40, 30, percent(3)),
            (20, 80, 0, percent(5)),
            (10, 90, 0, percent(35)),
            (0, 100, 0, percent(65)),
            // A third, rounded up; of 4 %, rounded up; ÷ 0.8, rounded up.
            (2, 1, 0, percent(1) + 16_666_666_666_666_666_666_666_668),
        ];
        for (liquidity, drawn, swept, want) in cases {
            let [liquidity, drawn, swept] = [liquidity, drawn, swept].map(Amount::new);
            let got = CURVE.rate(liquidity, drawn, swept);
            assert_eq!(got, Ok(Rate::new(want)), "{liquidity} {drawn} {swept}");
        }
    }

    #[test]
    fn refuses_parameters_out_of_range() {
        let check = |optimal, after, want| {
            let curve = RateStrategy {
                optimal_usage: Bps(optimal),
                growth_after: after,
                ..CURVE
            };
            assert_eq!(curve.check(), want, "{optimal} {after}");
        };
        check(100, 99_500, Ok(()));
        check(9900, 0, Ok(()));
        check(99, 0, Err(Rejection::InvalidOptimalUsageRatio));
        check(9901, 0, Err(Rejection::InvalidOptimalUsageRatio));
        check(8000, 99_501, Err(Rejection::InvalidMaxDrawnRate));
        check(8000, u32::MAX, Err(Rejection::InvalidMaxDrawnRate));
    }
}

//! The tilt of a price that makes a fall of a given size ordinary.
//!
//! For the log return X of an asset over n steps the law with density e^{−θx}/E\[e^{−θX}\] over the model's
//! is the one that makes falls of its mean likely and changes the model least (exponential or Esscher tilt;
//! Glasserman, "Monte Carlo Methods in Financial Engineering", 2004, section 4.6). With a diffusion of
//! standard deviation s over all steps and Λ expected jumps of N(m, δ²) each, it moves the sum of the shocks
//! down by θs standard deviations, multiplies the intensity of jumps by e^{−θm + θ²δ²/2} and moves their
//! sizes down by θδ standard deviations each. Jumps and diffusion thus share the fall as they would in the
//! likeliest way to it. X is on average lower by
//!
//! θs² + Λ·(m − e^{−θm + θ²δ²/2}·(m − θδ²)),
//!
//! which rises with θ, so that a θ is found for any fall.

use super::draws::Tilt;
use crate::error::{ConfigError, require};

/// The law of a price's jumps beside its diffusion.
#[derive(Clone, Copy, Debug)]
pub(super) struct Jumps {
    /// Expected number a step.
    pub(super) per_step: f64,
    /// m: mean of a jump of the log price.
    pub(super) mean: f64,
    /// δ: its standard deviation.
    pub(super) deviation: f64,
    /// Standard deviation of the diffusion of a step.
    pub(super) diffusion: f64,
}

/// Halvings of an interval after which nothing is left of it.
const HALVINGS: u32 = 200;

/// The tilt that moves the mean of the log return down by the standard deviations that the plain tilt
/// moves the shocks alone.
pub(super) fn tilt_of_fall(plain: &Tilt, law: &Jumps, steps: f64) -> Result<Tilt, ConfigError> {
    let expected = law.per_step * steps;
    let spread = law.diffusion.powi(2) * steps;
    let variance = spread + expected * (law.mean.powi(2) + law.deviation.powi(2));
    let fall = plain.shocks * variance.sqrt();
    let factor = |theta: f64| (theta * (theta * law.deviation.powi(2) / 2.0 - law.mean)).exp();
    let lower = |theta: f64| {
        let jump = law.mean - theta * law.deviation.powi(2);
        theta * spread + expected * (law.mean - factor(theta) * jump)
    };
    let theta = solve(lower, fall);
    let tilt = Tilt {
        shocks: theta * spread.sqrt(),
        jumps: factor(theta),
        sizes: theta * law.deviation,
        ..*plain
    };
    let numbers = [tilt.shocks, tilt.jumps, tilt.sizes];
    require(
        numbers.iter().all(|number| number.is_finite()),
        || "ensemble.tilt.fall".to_owned(),
        || {
            format!(
                "no tilt of the jumps of asset {} brings a fall of {} standard deviations",
                plain.asset, plain.shocks
            )
        },
    )?;
    Ok(tilt)
}

/// Where a rising function that is 0 at 0 takes a value; infinite where it does not.
fn solve(of: impl Fn(f64) -> f64, value: f64) -> f64 {
    let toward = value.signum();
    let short = |x: f64| (of(x) - value) * toward < 0.0;
    if value == 0.0 {
        return 0.0;
    }
    let mut far = toward;
    while short(far) {
        far *= 2.0;
        if !far.is_finite() {
            return far;
        }
    }
    let mut near = 0.0;
    for _ in 0..HALVINGS {
        let middle = f64::midpoint(near, far);
        if short(middle) {
            near = middle;
        } else {
            far = middle;
        }
    }
    far
}

#[cfg(test)]
mod tests {
    use super::*;

    const LAW: Jumps = Jumps {
        per_step: 20.0 / 8_760.0,
        mean: -0.04,
        deviation: 0.04,
        diffusion: 0.76 * 0.010_684_5,
    };

    fn plain(shocks: f64) -> Tilt {
        Tilt {
            asset: 0,
            shocks,
            jumps: 1.0,
            sizes: 0.0,
        }
    }

    /// Mean of the log return under a tilt, over its standard deviation under the model, less its mean.
    fn mean_moved(tilt: &Tilt, law: &Jumps, steps: f64) -> f64 {
        let expected = law.per_step * steps;
        let size = law.mean - tilt.sizes * law.deviation;
        let moved =
            -tilt.shocks * law.diffusion * steps.sqrt() + expected * (tilt.jumps * size - law.mean);
        let variance =
            law.diffusion.powi(2) * steps + expected * (law.mean.powi(2) + law.deviation.powi(2));
        moved / variance.sqrt()
    }

    #[test]
    fn the_mean_falls_by_what_is_asked() {
        let rare = Jumps {
            per_step: 1e-6,
            ..LAW
        };
        let up = Jumps { mean: 0.05, ..LAW };
        let still = Jumps {
            diffusion: 0.0,
            ..LAW
        };
        for law in [LAW, rare, up, still] {
            for fall in [-3.0, 0.0, 0.5, 1.0, 4.0, 12.0] {
                let tilt = tilt_of_fall(&plain(fall), &law, 24.0).unwrap();
                let got = mean_moved(&tilt, &law, 24.0);
                assert!((got + fall).abs() < 1e-9, "{law:?} {fall}: {got} {tilt:?}");
            }
        }
    }

    #[test]
    fn without_jumps_only_the_shocks_move() {
        let law = Jumps {
            per_step: 0.0,
            ..LAW
        };
        let tilt = tilt_of_fall(&plain(3.0), &law, 24.0).unwrap();
        assert!((tilt.shocks - 3.0).abs() < 1e-12, "{tilt:?}");
    }

    /// A price that never moves falls under no tilt.
    #[test]
    fn what_cannot_fall_is_refused() {
        let law = Jumps {
            per_step: 0.01,
            mean: 0.1,
            deviation: 0.0,
            diffusion: 0.0,
        };
        let error = tilt_of_fall(&plain(9.0), &law, 24.0).unwrap_err();
        assert!(error.to_string().contains("ensemble.tilt.fall"), "{error}");
    }
}

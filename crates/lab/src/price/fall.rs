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
//!
//! What does harm may be a fall over the whole time or one between two steps, which jumps bring and shocks
//! hardly do. So there is a second tilt where there are jumps: the same with s = 0, by jumps alone. Paths are
//! drawn from both in turn; where only one of them fits, half of the tilted paths do.

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

/// Largest factor on the intensity of jumps that a tilt may have.
pub(crate) const JUMPS_MAX: f64 = 1e6;

/// The tilts that move the mean of the log return down by the standard deviations that the plain tilt moves
/// the shocks alone: by shocks and jumps together, and by jumps alone where these can.
pub(super) fn tilts_of_fall(
    plain: &Tilt,
    law: &Jumps,
    steps: f64,
) -> Result<Vec<Tilt>, ConfigError> {
    let together = esscher(plain, law, (steps, law.diffusion));
    require(
        within(&together),
        || "ensemble.tilt.fall".to_owned(),
        || {
            format!(
                "no tilt of the jumps of asset {} brings a fall of {} standard deviations",
                plain.asset, plain.shocks
            )
        },
    )?;
    let alone = esscher(plain, law, (steps, 0.0));
    let alone = Some(alone).filter(|tilt| within(tilt) && *tilt != together);
    Ok([together].into_iter().chain(alone).collect())
}

fn within(tilt: &Tilt) -> bool {
    let numbers = [tilt.shocks, tilt.jumps, tilt.sizes];
    numbers.iter().all(|number| number.is_finite()) && tilt.jumps <= JUMPS_MAX
}

/// The exponential tilt of jumps and of a diffusion of this standard deviation a step; not finite where
/// there is none.
fn esscher(plain: &Tilt, law: &Jumps, (steps, diffusion): (f64, f64)) -> Tilt {
    let expected = law.per_step * steps;
    let moments = law.mean.powi(2) + law.deviation.powi(2);
    let variance = law.diffusion.powi(2) * steps + expected * moments;
    let fall = plain.shocks * variance.sqrt();
    let spread = diffusion.powi(2) * steps;
    let factor = |theta: f64| (theta * (theta * law.deviation.powi(2) / 2.0 - law.mean)).exp();
    let lower = |theta: f64| {
        let jump = law.mean - theta * law.deviation.powi(2);
        theta * spread + expected * (law.mean - factor(theta) * jump)
    };
    let theta = solve(lower, fall);
    Tilt {
        shocks: theta * spread.sqrt(),
        jumps: factor(theta),
        sizes: theta * law.deviation,
        ..*plain
    }
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
                for tilt in tilts_of_fall(&plain(fall), &law, 24.0).unwrap() {
                    let got = mean_moved(&tilt, &law, 24.0);
                    assert!((got + fall).abs() < 1e-9, "{law:?} {fall}: {got} {tilt:?}");
                }
            }
        }
    }

    #[test]
    fn without_jumps_only_the_shocks_move() {
        let law = Jumps {
            per_step: 0.0,
            ..LAW
        };
        let tilts = tilts_of_fall(&plain(3.0), &law, 24.0).unwrap();
        assert_eq!(tilts.len(), 1);
        assert!((tilts[0].shocks - 3.0).abs() < 1e-12, "{tilts:?}");
    }

    /// One large jump instead of a fall by everything at once.
    #[test]
    fn jumps_alone_bring_a_fall_too() {
        let tilts = tilts_of_fall(&plain(4.0), &LAW, 24.0).unwrap();
        assert_eq!(tilts.len(), 2);
        assert_eq!((tilts[1].shocks, tilts[0].shocks > 1.0), (0.0, true));
        assert!(tilts[1].jumps > tilts[0].jumps && tilts[1].sizes > tilts[0].sizes);
    }

    /// A price that never falls falls under no tilt.
    #[test]
    fn what_cannot_fall_is_refused() {
        let law = Jumps {
            per_step: 0.01,
            mean: 0.1,
            deviation: 0.0,
            diffusion: 0.0,
        };
        let error = tilts_of_fall(&plain(9.0), &law, 24.0).unwrap_err();
        assert!(error.to_string().contains("ensemble.tilt.fall"), "{error}");
    }
}

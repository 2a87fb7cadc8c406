//! The tilt of an ensemble from the command line, and the search for a good one.

use super::precision;
use crate::failure::Failure;
use crate::progress;
use crate::setup::{Loaded, Stage, lead};
use backstop_io::scenario::{PriceSpec, RandomSpec, Scenario};
use backstop_lab::price::{Tilt, YEAR_S};
use std::str::FromStr;

/// What `--tilt` says.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum TiltChoice {
    /// To be found by pilot runs.
    Auto,
    /// Standard deviations, and a factor on the intensity of jumps.
    Given(f64, f64),
}

impl FromStr for TiltChoice {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || {
            "allowed: auto, or standard deviations and a factor on jumps, such as 3 or 3,20"
                .to_owned()
        };
        if text == "auto" {
            return Ok(Self::Auto);
        }
        let (shocks, jumps) = text.split_once(',').unwrap_or((text, "1"));
        let number = |text: &str| {
            let number = text.trim().parse::<f64>().ok();
            number.filter(|number| number.is_finite()).ok_or_else(wrong)
        };
        Ok(Self::Given(number(shocks)?, number(jumps)?))
    }
}

/// The values of a scenario that a tilt stands for.
pub(super) fn as_set(shocks: f64, jumps: f64) -> [String; 2] {
    [
        format!("ensemble.tilt.shocks={shocks:?}"),
        format!("ensemble.tilt.jumps={jumps:?}"),
    ]
}

/// Paths of the pilot of one tilt.
const PILOT_PATHS: u64 = 256;
/// Standard deviations that are tried where nothing jumps, and beside jumps.
const SHOCKS: [f64; 5] = [1.0, 2.0, 3.0, 4.0, 5.0];
const SHOCKS_BESIDE_JUMPS: [f64; 3] = [0.0, 2.0, 4.0];

/// The tilt under which as many paths tell most of the expected shortfall of bad debt at 99 %: the
/// pilot whose interval is narrowest over its value.
///
/// # Errors
/// When the prices cannot be tilted, or no pilot leaves bad debt.
pub(super) fn find(loaded: &Loaded, stage: &dyn Stage) -> Result<(f64, f64), Failure> {
    let asset = lead(loaded);
    let factors = jump_factors(&loaded.scenario, asset);
    let shocks = match factors.len() {
        1 => &SHOCKS[..],
        _ => &SHOCKS_BESIDE_JUMPS[..],
    };
    let tried: Vec<Tilt> = factors
        .iter()
        .flat_map(|jumps| shocks.iter().map(move |shocks| (*shocks, *jumps)))
        .filter(|tilt| *tilt != (0.0, 1.0))
        .map(|(shocks, jumps)| Tilt {
            asset,
            shocks,
            jumps,
        })
        .collect();
    progress::catch_interrupt();
    let bar = progress::bar(tried.len() as u64, "pilots");
    let mut best = None::<(f64, Tilt)>;
    for tilt in tried {
        let Some(totals) = stage.pilot(tilt, PILOT_PATHS)? else {
            return Err(Failure::new("stopped before a tilt was found"));
        };
        bar.inc(1);
        let known =
            precision(&totals).filter(|precision| *precision > 0.0 && precision.is_finite());
        let better = |precision: &f64| best.is_none_or(|(so_far, _)| *precision < so_far);
        if let Some(precision) = known.filter(better) {
            best = Some((precision, tilt));
        }
    }
    bar.finish_and_clear();
    let found = best.map(|(_, tilt)| (tilt.shocks, tilt.jumps));
    found.ok_or_else(|| {
        Failure::new(
            "--tilt auto: no pilot leaves bad debt with a fall of up to 5 standard deviations; \
             allowed: a tilt of your own, such as --tilt 8",
        )
    })
}

/// Factors on the intensity of an asset's jumps that make about one or three of them in a path.
fn jump_factors(scenario: &Scenario, asset: usize) -> Vec<f64> {
    let mut price = scenario.assets.get(asset).map(|asset| &asset.price);
    while let Some(PriceSpec::Shocks { on, .. }) = price {
        price = Some(on);
    }
    let Some(PriceSpec::Random(RandomSpec::Merton { intensity, .. })) = price else {
        return vec![1.0];
    };
    let horizon_s = scenario.time.end - scenario.time.start;
    let expected = intensity * horizon_s as f64 / YEAR_S;
    // Few digits, so that the command that repeats the run can be read.
    let factor = |jumps: f64| (jumps / expected).clamp(1.0, 1e5).round();
    let mut factors = vec![1.0];
    if expected > 0.0 {
        factors.extend([factor(1.0), factor(3.0)]);
        factors.dedup();
    }
    factors
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tilts_are_words() {
        for (text, want) in [
            ("auto", TiltChoice::Auto),
            ("3", TiltChoice::Given(3.0, 1.0)),
            ("2.5,20", TiltChoice::Given(2.5, 20.0)),
        ] {
            assert_eq!(text.parse(), Ok(want));
        }
        for text in ["", "much", "3,", "nan", "3,20,1"] {
            let why = text.parse::<TiltChoice>().unwrap_err();
            assert!(why.starts_with("allowed: auto, or"), "{text}: {why}");
        }
    }
}

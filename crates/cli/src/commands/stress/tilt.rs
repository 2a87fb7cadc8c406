//! The tilt of an ensemble from the command line, and the search for a good one.

use super::precision;
use crate::failure::Failure;
use crate::progress;
use crate::setup::Stage;
use std::fmt;
use std::str::FromStr;

/// What `--tilt` says.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum TiltChoice {
    /// A fall to be found by pilot runs.
    Auto,
    /// Standard deviations of the log return.
    Fall(f64),
    /// Standard deviations of the shocks, a factor on the intensity of jumps, and standard deviations
    /// of their sizes.
    Parts(f64, f64, f64),
}

impl FromStr for TiltChoice {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        const ALLOWED: &str = "allowed: auto; or by how many standard deviations prices fall, such as 4; or \
                               standard deviations of the shocks, a factor on jumps and standard deviations \
                               of their sizes, such as 2,20 or 2,20,1.5";
        if text == "auto" {
            return Ok(Self::Auto);
        }
        let number = |text: &str| {
            let number = text.trim().parse::<f64>().ok();
            let finite = number.filter(|number| number.is_finite());
            finite.ok_or_else(|| ALLOWED.to_owned())
        };
        let numbers = text.split(',').map(number);
        match *numbers.collect::<Result<Vec<_>, _>>()?.as_slice() {
            [fall] => Ok(Self::Fall(fall)),
            [shocks, jumps] => Ok(Self::Parts(shocks, jumps, 0.0)),
            [shocks, jumps, sizes] => Ok(Self::Parts(shocks, jumps, sizes)),
            _ => Err(ALLOWED.to_owned()),
        }
    }
}

impl fmt::Display for TiltChoice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Auto => write!(f, "auto"),
            Self::Fall(fall) => write!(f, "{fall}"),
            Self::Parts(shocks, jumps, sizes) => write!(f, "{shocks},{jumps},{sizes}"),
        }
    }
}

impl TiltChoice {
    /// The values of a scenario that it stands for; none for one that is to be found.
    pub(super) fn as_set(self) -> Vec<String> {
        let set = |name: &str, value: f64| format!("ensemble.tilt.{name}={value:?}");
        match self {
            Self::Auto => Vec::new(),
            Self::Fall(fall) => vec![set("fall", fall)],
            Self::Parts(shocks, jumps, sizes) => {
                let mut values = vec![set("shocks", shocks), set("jumps", jumps)];
                if sizes != 0.0 {
                    values.push(set("sizes", sizes));
                }
                values
            }
        }
    }
}

/// Paths of the pilot of one fall.
const PILOT_PATHS: u64 = 256;
/// Falls that are tried, in standard deviations.
const FALLS: [f64; 7] = [1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 8.0];

/// The fall under whose tilt as many paths tell most of the expected shortfall of bad debt at 99 %: the
/// pilot whose interval is narrowest over its value.
///
/// # Errors
/// When the prices cannot be tilted, or no pilot leaves bad debt.
pub(super) fn find(stage: &dyn Stage) -> Result<TiltChoice, Failure> {
    progress::catch_interrupt();
    let bar = progress::bar(FALLS.len() as u64, "pilots");
    let mut best = None::<(f64, f64)>;
    for fall in FALLS {
        let Some(totals) = stage.pilot(fall, PILOT_PATHS)? else {
            return Err(Failure::new("stopped before a tilt was found"));
        };
        bar.inc(1);
        let known =
            precision(&totals).filter(|precision| *precision > 0.0 && precision.is_finite());
        let better = |precision: &f64| best.is_none_or(|(so_far, _)| *precision < so_far);
        if let Some(precision) = known.filter(better) {
            best = Some((precision, fall));
        }
    }
    bar.finish_and_clear();
    let found = best.map(|(_, fall)| TiltChoice::Fall(fall));
    found.ok_or_else(|| {
        Failure::new(
            "--tilt auto: no pilot leaves bad debt with a fall of up to 8 standard deviations; \
             allowed: a tilt of your own, such as --tilt 12",
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tilts_are_words() {
        for (text, want) in [
            ("auto", TiltChoice::Auto),
            ("3", TiltChoice::Fall(3.0)),
            ("2.5,20", TiltChoice::Parts(2.5, 20.0, 0.0)),
            ("2.5, 20,1", TiltChoice::Parts(2.5, 20.0, 1.0)),
        ] {
            assert_eq!(text.parse(), Ok(want));
            assert_eq!(want.to_string().parse(), Ok(want));
        }
        for text in ["", "much", "3,", "nan", "3,20,1,1"] {
            let why = text.parse::<TiltChoice>().unwrap_err();
            assert!(why.starts_with("allowed: auto; or"), "{text}: {why}");
        }
    }
}

//! Forced flow and the price: replaying recorded forced sales with impact, and estimating impact
//! from them.

mod fit;
mod least_squares;
mod replay;
mod response;

pub use fit::{FORCED_MIN, FitOptions, INTERVALS_MIN, ImpactFit, Law, LawKind, fit};
pub use replay::{Outcome, ReplayConfig, Response, Step, replay};
pub use response::{Recovery, Responses};

/// Forced sales and purchases beside the price, one entry an interval.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ForcedFlow {
    /// End of each interval, seconds since 1970, strictly rising.
    pub times: Vec<u64>,
    /// Price at the end of each interval, USD.
    pub price: Vec<f64>,
    /// Tokens sold by force in the interval.
    pub sold: Vec<f64>,
    /// Tokens bought by force in the interval.
    pub bought: Vec<f64>,
}

/// An estimate with its standard error and an interval that holds the true value 95 times in 100.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Interval {
    /// The estimate.
    pub value: f64,
    /// Its standard error.
    pub error: f64,
    /// Lower end.
    pub low: f64,
    /// Upper end.
    pub high: f64,
}

/// The value below which a share of a sorted list lies; not a number for an empty list.
fn quantile(sorted: &[f64], share: f64) -> f64 {
    let at = (share * sorted.len() as f64) as usize;
    let at = at.min(sorted.len().saturating_sub(1));
    sorted.get(at).copied().unwrap_or(f64::NAN)
}

//! What it takes for the second alternative to become the first.

use super::ground::Ground;
use super::{Method, PlanConfig};
use crate::error::ConfigError;
use crate::venue::VenueConfig;

/// Each look outward is so many times as far.
const FURTHER: f64 = 4.0;
/// Looks outward, each way.
const LOOKS: u32 = 3;
/// Halvings between two looks.
const HALVINGS: u32 = 12;

/// The nearest settings at which the two best methods cost the same, each changed alone. Searched from a
/// sixty-fourth to 64 times the present value; nothing where the order stays.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Turning {
    /// Volatility, a year.
    pub volatility: Option<f64>,
    /// All venues' recovery half-lives over what they are.
    pub half_life: Option<f64>,
}

/// Looks for the turning points between the best method and another.
pub(super) fn turning(
    config: &PlanConfig,
    methods: [&dyn Method; 2],
) -> Result<Turning, ConfigError> {
    // A setting of 0 stays 0 at any multiple.
    let volatile = config.volatility > 0.0 && config.risk_aversion > 0.0;
    let volatility = |factor: f64| PlanConfig {
        volatility: config.volatility * factor,
        ..config.clone()
    };
    let recovers = config.venues.iter().any(|venue| venue.half_life_s > 0.0);
    let half_life = |factor: f64| PlanConfig {
        venues: slower(&config.venues, factor),
        ..config.clone()
    };
    let found = |moves: bool, at: &dyn Fn(f64) -> PlanConfig| {
        if !moves {
            return Ok(None);
        }
        nearest(&|factor| lead(&at(factor), methods))
    };
    Ok(Turning {
        volatility: found(volatile, &volatility)?.map(|factor| config.volatility * factor),
        half_life: found(recovers, &half_life)?,
    })
}

fn slower(venues: &[VenueConfig], factor: f64) -> Vec<VenueConfig> {
    let venue = |venue: &VenueConfig| VenueConfig {
        half_life_s: venue.half_life_s * factor,
        ..venue.clone()
    };
    venues.iter().map(venue).collect()
}

/// What the second method costs more than the first, USD; infinite where it cannot sell the block.
fn lead(config: &PlanConfig, methods: [&dyn Method; 2]) -> Result<f64, ConfigError> {
    let ground = Ground::new(config)?;
    let costs = methods.map(|method| {
        let best = method.best(&ground);
        best.map_or(f64::INFINITY, |best| best.expected.cost_usd)
    });
    let [first, second] = costs;
    Ok(second - first)
}

/// The factor nearest to 1 at which a lead changes its sign.
fn nearest(lead: &dyn Fn(f64) -> Result<f64, ConfigError>) -> Result<Option<f64>, ConfigError> {
    let (mut up, mut down) = (1.0, 1.0);
    for _ in 0..LOOKS {
        for (edge, further) in [(&mut up, FURTHER), (&mut down, 1.0 / FURTHER)] {
            let next = *edge * further;
            if lead(next)? < 0.0 {
                return between(lead, *edge, next).map(Some);
            }
            *edge = next;
        }
    }
    Ok(None)
}

/// Narrows a change of sign down, on a logarithmic scale.
fn between(
    lead: &dyn Fn(f64) -> Result<f64, ConfigError>,
    mut leads: f64,
    mut lags: f64,
) -> Result<f64, ConfigError> {
    for _ in 0..HALVINGS {
        let middle = (leads * lags).sqrt();
        if lead(middle)? < 0.0 {
            lags = middle;
        } else {
            leads = middle;
        }
    }
    Ok((leads * lags).sqrt())
}

//! What it costs to move the oracles of several sources of a scenario.

use super::maps::{bodies, curve};
use super::stage::RECORDING;
use super::{Loaded, oracles, world_config};
use crate::failure::Failure;
use backstop_core::oracle::OracleConfig;
use backstop_core::protocol::aave::Pool;
use backstop_core::protocol::{AssetId, Protocol};
use backstop_core::units::{Price, WAD};
use backstop_lab::feed::sources::Reads;
use backstop_lab::market::FeedbackMode;
use backstop_lab::oracle_cost::{Figure, Target, grid, profit_usd};
use backstop_lab::venue::Venue;
use backstop_report::OracleCost;

/// Falls of the trusted price, as shares.
const FALLS: [f64; 5] = [0.05, 0.1, 0.2, 0.3, 0.5];
/// How long the sources are held, seconds.
const HELD_S: [u64; 4] = [0, 120, 600, 1_800];
const BPS: f64 = 10_000.0;

/// Cost and profit for each collateral whose oracle asks sources, in the order of the assets.
///
/// # Errors
/// When a venue is badly set, or a sum of the book does not fit the core's.
pub(crate) fn oracle_costs(
    loaded: &Loaded,
    pool: &Pool,
    follows: &[Option<AssetId>],
) -> Result<Vec<OracleCost>, Failure> {
    let scenario = &loaded.scenario;
    let config = world_config(loaded, FeedbackMode::On, RECORDING)?;
    let start = scenario.time.start;
    let ids = (0..).map(AssetId).take(scenario.assets.len());
    // A venue of another asset is never asked.
    let outside: Vec<f64> = ids
        .map(|id| loaded.inputs.price_at(id, start).unwrap_or(f64::NAN))
        .collect();
    let mut told = Vec::new();
    for body in bodies(pool, follows) {
        let asset = usize::from(body.leader.0);
        let Some(spec) = scenario.assets.get(asset) else {
            continue;
        };
        let Some(sources) = spec.sources.as_ref().map(oracles::sources) else {
            continue;
        };
        let venue = |reads: &Reads| match reads {
            Reads::Venue(at) => config.venues.get(*at).map(|venue| {
                let field = format!("venues.{}", venue.name);
                Venue::new(venue.clone(), &outside, start, &field)
            }),
            Reads::Outside | Reads::Recorded(_) => None,
        };
        let asked = sources.sources.iter().map(|source| venue(&source.reads));
        let venues = asked
            .map(Option::transpose)
            .collect::<Result<Vec<_>, _>>()?;
        let map = curve(pool, body)
            .map_err(|overflow| Failure::new(format!("liquidation map: {overflow:?}")))?;
        let bonus = f64::from(spec.liquidation_bonus_bps) / BPS
            * (1.0 - f64::from(spec.protocol_fee_bps) / BPS);
        // The map's thresholds are factors of the price at the start.
        let one = Price(WAD);
        let profit = |fall| profit_usd(&map, one, pool.base_decimals(), fall, bonus);
        let figures = |oracle: &OracleConfig, venues: &[Option<Venue>]| -> Vec<Figure> {
            let target = Target {
                oracle,
                venues,
                outside_usd: outside.get(asset).copied().unwrap_or(f64::NAN),
                step_s: scenario.time.step_s,
            };
            grid(&target, &FALLS, &HELD_S, profit)
        };
        told.push(OracleCost {
            symbol: spec.symbol.clone(),
            sources: venues.len(),
            movable: venues.iter().flatten().count(),
            figures: figures(&sources.oracle, &venues),
            alone: venues
                .iter()
                .find(|venue| venue.is_some())
                .map_or_else(Vec::new, |venue| {
                    figures(&OracleConfig::naive(), std::slice::from_ref(venue))
                }),
        });
    }
    Ok(told)
}

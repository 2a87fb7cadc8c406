//! From files to machines: a scenario becomes a pool, a market and the report's descriptions.

mod agents;
mod cascades;
mod context;
mod designs;
mod differs;
mod draws;
mod drivers;
mod maps;
mod monitor;
mod oracle_costs;
mod oracles;
mod parts;
mod path;
mod plan;
mod pool;
mod prices;
mod stage;
mod sweep;
mod venues;
mod waterfall;
mod world;

pub(crate) use cascades::{book_cascade, cascades};
pub(crate) use context::{policy_settings, run_context};
pub(crate) use designs::{DESIGNS, Payer, Row, design_of};
pub(crate) use differs::differs;
pub(crate) use draws::{draws, draws_words};
pub(crate) use drivers::{Driver, drivers};
pub(crate) use maps::{AfterRun, Body, bodies, liquidation_price, maps, price_usd};
pub(crate) use oracle_costs::oracle_costs;
pub(crate) use parts::{Part, TOTALS};
pub(crate) use path::walk;
pub(crate) use plan::{Asked, plan_config};
pub(crate) use pool::{Opened, open_pool, open_pool_as, start_price};
pub(crate) use prices::bars;
pub(crate) use stage::{Stage, digest, lead};
pub(crate) use sweep::{
    Axis, Base, KeptCell, KeptSweep, Opened as OpenedCell, OtherDraws, SWEEP_TOTALS, default_axes,
};
pub(crate) use world::world_config;

use crate::failure::Failure;
use backstop_io::inputs::{self, Inputs};
use backstop_io::scenario::{self, Scenario};
use std::path::Path;

/// A scenario and everything that it names.
#[derive(Debug)]
pub(crate) struct Loaded {
    pub(crate) scenario: Scenario,
    pub(crate) inputs: Inputs,
    /// Number of a path of the scenario's ensemble to run, in place of the path of its seed.
    pub(crate) path: Option<u64>,
}

/// Splits `key=value` arguments.
///
/// # Errors
/// When an argument has no `=` or no key.
pub(crate) fn overrides(set: &[String]) -> Result<Vec<(String, String)>, Failure> {
    set.iter()
        .map(|text| match text.split_once('=') {
            Some((key, value)) if !key.trim().is_empty() => {
                Ok((key.trim().to_owned(), value.trim().to_owned()))
            }
            _ => Err(Failure::new(format!(
                "--set {text}: found no key and value, allowed: KEY=VALUE such as oracle.delay_s=60"
            ))),
        })
        .collect()
}

/// Reads a scenario and its files.
///
/// # Errors
/// Every problem of the scenario, or the first of its files.
pub(crate) fn load(path: &Path, set: &[String]) -> Result<Loaded, Failure> {
    let scenario = scenario::load(path, &overrides(set)?)?;
    let inputs = inputs::read(&scenario)?;
    Ok(Loaded {
        scenario,
        inputs,
        path: None,
    })
}

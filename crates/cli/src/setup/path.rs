//! One path of a protocol through a market.

use super::{Loaded, draws};
use crate::failure::Failure;
use crate::progress;
use backstop_core::protocol::Protocol;
use backstop_lab::record::PathRecord;
use backstop_lab::world::{World, WorldConfig};
use indicatif::ProgressBar;
use std::ops::ControlFlow;

/// Runs a fork of a protocol, on the path of the scenario's seed or on one path of its ensemble, until the path's end or Ctrl-C; the protocol as it is then, and the
/// record. The bar grows by one a step.
///
/// # Errors
/// When the market cannot work.
pub(crate) fn walk<P: Protocol>(
    protocol: &P,
    config: WorldConfig,
    loaded: &Loaded,
    bar: &ProgressBar,
) -> Result<(P, PathRecord), Failure> {
    let seed = loaded.scenario.seed;
    let mut world = World::new(protocol.fork(), config, seed)?;
    if let Some(path) = loaded.path {
        let draws = draws(loaded, world.prices())?;
        world = world.fork(draws.path(seed, path))?;
    }
    let record = world.run(&mut |_| {
        bar.inc(1);
        if progress::interrupted() {
            ControlFlow::Break(())
        } else {
            ControlFlow::Continue(())
        }
    });
    Ok((world.protocol().clone(), record))
}

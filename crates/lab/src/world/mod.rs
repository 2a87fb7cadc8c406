//! One path, step by step.
//!
//! A step runs in this order:
//!
//! 1. outside prices move; venues recover toward them;
//! 2. the feeds sample the source prices and answer, or not;
//! 3. the protocol takes time and answers: interest accrues, the breach index moves;
//! 4. borrowers whose time has come add collateral or repay;
//! 5. block after block, liquidators read offers, quote their exits, and bid; the block takes what
//!    fits; what is taken settles on the ledger and sells on the venues;
//! 6. liquidators with inventory sell some of it;
//! 7. deficits run down the waterfall;
//! 8. the step is recorded.
//!
//! A liquidation that breaks an invariant panics, with the seed to be found by the caller; nothing
//! is caught on the way. Refusals of the ledger are counted in
//! [`PathRecord::refusals`](crate::record::PathRecord).

mod books;
mod config;
mod deficits;
mod liquidation;
mod opportunities;
mod outcomes;
mod reactions;
mod settlement;
mod watch;

pub use config::{AssetConfig, Recording, WorldConfig};

use crate::agents::{Borrowers, Crew};
use crate::error::{ConfigError, require};
use crate::feed::Feed;
use crate::market::Market;
use crate::network::{GasModel, GasToken, Network};
use crate::price::PricePlan;
use crate::record::{EventRow, PathRecord, StepRow};
use backstop_core::coverage::Waterfall;
use backstop_core::protocol::{AssetId, Events, Protocol};
use backstop_core::units::{Amount, Timestamp};
use books::{Refusals, Units};
use outcomes::Outcomes;
use std::ops::ControlFlow;
use watch::Watch;

/// Where a path is, told after each step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Progress {
    /// Steps done.
    pub done: u32,
    /// Steps in all.
    pub steps: u32,
    /// Time of the last step, seconds since 1970.
    pub time: u64,
    /// Liquidations so far.
    pub liquidations: usize,
    /// Accounts in breach.
    pub breached: u32,
}

/// A protocol and the market around it.
#[derive(Clone, Debug)]
pub struct World<P> {
    protocol: P,
    config: WorldConfig,
    seed: u64,
    market: Market,
    feeds: Vec<Feed>,
    network: Network,
    crew: Crew,
    borrowers: Borrowers,
    waterfall: Waterfall,
    watch: Watch,
    outcomes: Outcomes,
    units: Units,
    refusals: Refusals,
    /// Written off in the present step and not yet covered.
    deficits: Vec<(AssetId, Amount)>,
    /// Whole tokens by asset that came to others than liquidators and wait to be sold.
    depositors: Vec<f64>,
    /// Ledger prices of the present step in USD.
    oracle: Vec<f64>,
    record: PathRecord,
    /// First step that has not begun.
    next: u32,
    now: u64,
    row: StepRow,
}

impl<P: Protocol> World<P> {
    /// A world at its first moment: the protocol observes the first prices.
    ///
    /// # Errors
    /// When a field of the configuration cannot work, or the protocol's time lies after the start.
    pub fn new(protocol: P, config: WorldConfig, seed: u64) -> Result<Self, ConfigError> {
        check_grid(&protocol, &config)?;
        let prices = config.price_plan()?;
        Self::planned(protocol, config, &prices, seed)
    }

    /// As [`Self::new`], with the configuration's [`WorldConfig::price_plan`], which many worlds may
    /// share.
    ///
    /// # Errors
    /// As [`Self::new`].
    pub fn planned(
        protocol: P,
        config: WorldConfig,
        prices: &PricePlan,
        seed: u64,
    ) -> Result<Self, ConfigError> {
        check_grid(&protocol, &config)?;
        let assets = protocol.assets().len();
        let (grid, impact) = (config.grid, config.impact);
        require(
            prices.grid() == grid && prices.assets() == assets,
            || "prices".to_owned(),
            || "must be the plan of this configuration".to_owned(),
        )?;
        let market = Market::new(prices, config.venues.clone(), impact, seed)?;
        let mut feeds = Vec::with_capacity(assets);
        for (i, asset) in config.assets.iter().enumerate() {
            asset.feed.check(&format!("assets[{i}].feed"))?;
            feeds.push(Feed::new(asset.feed, market.outside_of(i), grid.start));
        }
        let mut protocol = protocol;
        let units = Units::new(&protocol);
        let answers = units.answers(market.outside());
        let observed = protocol.observe(Timestamp(grid.start), &answers);
        if let Err(rejection) = observed {
            return Err(ConfigError {
                field: "grid.start".to_owned(),
                problem: format!("the protocol does not take the first prices: {rejection}"),
            });
        }
        let oracle = units.usd_answers(&answers);
        let borrowers = Borrowers::new(config.borrowers.clone(), &protocol, &oracle, seed)?;
        let outcomes = Outcomes::new(&protocol, config.recording.accounts);
        Ok(Self {
            record: units.empty_record(&protocol, seed),
            crew: Crew::new(config.liquidators.clone(), assets, seed)?,
            network: Network::new(config.network.clone(), assets, seed)?,
            waterfall: config.coverage.clone(),
            watch: Watch::default(),
            refusals: Refusals::default(),
            depositors: vec![0.0; assets],
            deficits: Vec::new(),
            next: 0,
            now: grid.start,
            row: StepRow::default(),
            protocol,
            config,
            seed,
            market,
            feeds,
            borrowers,
            outcomes,
            units,
            oracle,
        })
    }

    /// The protocol in its present state.
    pub fn protocol(&self) -> &P {
        &self.protocol
    }

    /// Runs the path and returns what happened. `on_step` hears of each step and may stop the path;
    /// what was done until then is returned. A world runs once: a further call returns the record
    /// of a path without steps.
    pub fn run(&mut self, on_step: &mut dyn FnMut(Progress) -> ControlFlow<()>) -> PathRecord {
        let steps = self.config.grid.steps;
        for step in std::mem::replace(&mut self.next, steps)..steps {
            if let Err(rejection) = self.step(step) {
                self.record.stopped = Some(format!("step {step}: {rejection}"));
                self.record.interrupted = true;
                break;
            }
            let progress = Progress {
                done: step + 1,
                steps,
                time: self.now,
                liquidations: self.record.liquidations.len(),
                breached: self.record.steps.last().map_or(0, |row| row.breached),
            };
            if on_step(progress).is_break() && progress.done < steps {
                self.record.interrupted = true;
                break;
            }
        }
        self.finish()
    }

    fn step(&mut self, step: u32) -> Result<(), P::Rejection> {
        self.now = self.config.grid.time(step);
        self.row = StepRow {
            step,
            time: self.now,
            ..StepRow::default()
        };
        self.market.advance(step);
        self.sample_feeds();
        let answers = self.units.answers(&self.feed_answers());
        self.oracle = self.units.usd_answers(&answers);
        let events = self.protocol.observe(Timestamp(self.now), &answers)?;
        self.keep_events(events);
        self.network.begin_step(self.now, self.stress_usd());
        self.react();
        self.liquidate(step);
        self.sell_inventories();
        self.cover_deficits();
        self.record_step();
        Ok(())
    }

    fn sample_feeds(&mut self) {
        for (asset, feed) in self.feeds.iter_mut().enumerate() {
            feed.sample(self.market.source(asset), self.now);
        }
    }

    fn feed_answers(&self) -> Vec<f64> {
        self.feeds.iter().map(Feed::answer).collect()
    }

    /// Price of the asset whose fall drives the demand for gas, USD.
    fn stress_usd(&self) -> f64 {
        match &self.config.network.gas {
            GasModel::BaseFee(fee) => self.market.outside_of(fee.stress_asset),
            GasModel::Series(_) => 0.0,
        }
    }

    /// Price of the token that pays for gas, USD.
    fn gas_token_usd(&self) -> f64 {
        match self.config.network.gas_token {
            GasToken::Asset(asset) => self.market.outside_of(asset),
            GasToken::Usd(usd) => usd,
        }
    }

    fn keep_events(&mut self, events: Events) {
        if self.config.recording.events {
            let (step, time) = (self.row.step, self.now);
            let rows = events
                .into_iter()
                .map(|event| EventRow { step, time, event });
            self.record.events.extend(rows);
        }
    }

    fn record_step(&mut self) {
        let mut row = std::mem::take(&mut self.row);
        row.outside = self.market.outside().to_vec();
        row.oracle = self.oracle.clone();
        row.venue = (0..row.outside.len())
            .map(|asset| self.market.venue_mid(asset))
            .collect();
        row.breached = u32::try_from(self.protocol.breached()).unwrap_or(u32::MAX);
        assert!(
            [row.repaid_usd, row.seized_usd, row.gas_usd, row.deficit_usd]
                .iter()
                .all(|sum| sum.is_finite()),
            "a sum of step {} under seed {} is not a number",
            row.step,
            self.seed
        );
        self.record.steps.push(row);
    }
}

/// Refuses a grid without steps, a list of assets that does not match the protocol's, and a start
/// before the protocol's time.
fn check_grid<P: Protocol>(protocol: &P, config: &WorldConfig) -> Result<(), ConfigError> {
    require(
        config.grid.steps > 0 && config.grid.step_s > 0,
        || "grid".to_owned(),
        || "steps and step_s must be above 0".to_owned(),
    )?;
    let assets = protocol.assets().len();
    require(
        config.assets.len() == assets,
        || "assets".to_owned(),
        || {
            let found = config.assets.len();
            format!("must match the protocol's {assets} assets, found {found}")
        },
    )?;
    require(
        config.grid.start >= protocol.now().0,
        || "grid.start".to_owned(),
        || {
            let (start, now) = (config.grid.start, protocol.now().0);
            format!("must not lie before the protocol's time {now}, found {start}")
        },
    )
}

#[cfg(test)]
mod auction_tests;
#[cfg(test)]
mod tests;

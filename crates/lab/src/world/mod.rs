//! One path, step by step.
//!
//! A step runs in this order:
//!
//! 1. outside prices move; venues recover toward them;
//! 2. a manipulator may move the venues; the feeds sample the source prices and answer, or not;
//! 3. the protocol takes time and answers: interest accrues, the breach index moves; guards look at the market and
//!    at what liquidations did, and may hold back what follows; governors look at the same, and may move parameters;
//!    a monitor calls margin;
//! 4. borrowers whose time has come add collateral, repay, or take on leverage; a manipulator strikes;
//! 5. block after block, liquidators read offers, quote their exits, and bid; the block takes what
//!    fits; what is taken settles on the ledger and sells on the venues;
//! 6. liquidators with inventory sell some of it;
//! 7. deficits run down the waterfall;
//! 8. the monitor looks again at those who moved or were moved, and the step is recorded.
//!
//! A liquidation that breaks an invariant panics, with the seed to be found by the caller; nothing
//! is caught on the way. Refusals of the ledger are counted in
//! [`PathRecord::refusals`](crate::record::PathRecord).

mod alarms;
mod books;
mod census;
mod collateral_at_risk;
mod competition;
mod config;
mod deficits;
mod levering;
mod liquidation;
mod manipulation;
mod monitoring;
mod openings;
mod opportunities;
mod outcomes;
mod protection;
mod reactions;
mod settlement;
mod signals;
mod spared;
mod steering;
mod tokens;
mod under_water;
mod watch;

pub use census::CensusConfig;
pub use collateral_at_risk::CollateralAtRisk;
pub use config::{AssetConfig, GovernorsConfig, Recording, WorldConfig};
pub use monitoring::MonitorConfig;

use crate::agents::{Borrowers, Crew, Levered, Manipulator};
use crate::error::{ConfigError, require};
use crate::feed::Feed;
use crate::feed::sources::{Seen, Sources};
use crate::market::Market;
use crate::network::{Bid, GasModel, GasToken, Network};
use crate::price::{Grid, PathDraw, PricePlan};
use crate::record::{EventRow, PathRecord, StepRow};
use backstop_core::coverage::Waterfall;
use backstop_core::protocol::{AssetId, Events, Prices, Protocol};
use backstop_core::signals::Signals;
use backstop_core::units::{Amount, Timestamp};
use books::{Refusals, Units};
use census::Census;
use liquidation::Attempt;
use manipulation::as_liquidator;
use monitoring::Monitoring;
use openings::Openings;
use protection::Protection;
use std::ops::ControlFlow;
use std::sync::Arc;
use steering::Steering;
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
#[derive(Debug)]
pub struct World<P> {
    protocol: P,
    /// The protocol at the first moment.
    opening: P,
    config: Arc<WorldConfig>,
    prices: Arc<PricePlan>,
    seed: u64,
    market: Market,
    feeds: Vec<Feed>,
    network: Network,
    crew: Crew,
    borrowers: Borrowers,
    levered: Levered,
    manipulator: Option<Manipulator>,
    census: Option<Census>,
    openings: Arc<Openings>,
    waterfall: Waterfall,
    watch: Watch,
    /// Of the block that is filled.
    bids: Vec<Bid<Attempt>>,
    units: Units,
    refusals: Refusals,
    /// Written off in the present step and not yet covered.
    deficits: Vec<(AssetId, Amount)>,
    /// What guards and governors hear; nothing where there are none.
    signals: Option<Box<Signals>>,
    protection: Option<Box<Protection>>,
    steering: Option<Box<Steering>>,
    /// Who watches the accounts' health.
    monitoring: Option<Box<Monitoring>>,
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
    pub fn new(
        protocol: P,
        config: WorldConfig,
        draw: impl Into<PathDraw>,
    ) -> Result<Self, ConfigError> {
        let draw = draw.into();
        check_grid(&protocol, &config)?;
        for (i, asset) in config.assets.iter().enumerate() {
            asset.feed.check(&format!("assets[{i}].feed"))?;
            if let Some(sources) = &asset.sources {
                sources.check(config.venues.len(), &format!("assets[{i}].sources"))?;
            }
        }
        let prices = Arc::new(config.price_plan()?);
        let config = Arc::new(config);
        let settings = Arc::clone(&config);
        let seed = draw.seed;
        let residents =
            |protocol: &P, oracle: &[f64]| Residents::new(&settings, protocol, oracle, seed);
        Self::begin(protocol, (config, prices), residents, draw)
    }

    /// A world at the same first moment under another seed: prices, gas and liquidators' bids are
    /// drawn anew; the book stays, and so does which borrowers react and how. Costs what the
    /// market's paths cost, whatever the size of the book. Of a world that has not run.
    ///
    /// # Errors
    /// As [`World::new`], where the first prices differ.
    pub fn fork(&self, draw: impl Into<PathDraw>) -> Result<Self, ConfigError> {
        let market = (Arc::clone(&self.config), Arc::clone(&self.prices));
        let residents = |protocol: &P, oracle: &[f64]| {
            Ok(Residents {
                borrowers: self.borrowers.clone(),
                levered: self.levered.clone(),
                census: self.census.clone(),
                openings: if self.openings.are_at(oracle) {
                    Arc::clone(&self.openings)
                } else {
                    Arc::new(Openings::new(protocol, oracle))
                },
            })
        };
        Self::begin(self.opening.clone(), market, residents, draw.into())
    }

    /// The first moment; `residents` sees the protocol and its prices in USD.
    fn begin(
        mut protocol: P,
        (config, prices): (Arc<WorldConfig>, Arc<PricePlan>),
        residents: impl FnOnce(&P, &[f64]) -> Result<Residents, ConfigError>,
        draw: PathDraw,
    ) -> Result<Self, ConfigError> {
        let seed = draw.seed;
        let assets = config.assets.len();
        let market = Market::new(&prices, config.venues.clone(), config.impact, draw)?;
        let units = Units::new(&protocol);
        let answers = units.answers(market.outside());
        first_prices(&mut protocol, config.grid, &answers)?;
        let oracle = units.usd_answers(&answers);
        let residents = residents(&protocol, &oracle)?;
        let (crew, manipulator) = crew(&config, assets, seed)?;
        let protection = Protection::new(&config.guards, &protocol)?;
        let steering = Steering::new(&config.governors, &protocol)?;
        let listens = protection.is_some() || steering.is_some();
        let monitor = config.monitor.as_ref().filter(|_| config.recording.calls);
        let monitoring = monitor.map(|config| Monitoring::new(config, &protocol, &answers));
        Ok(Self {
            record: PathRecord {
                call_window_s: monitor.map(|monitor| monitor.window_s),
                ..units.empty_record(&protocol, seed)
            },
            feeds: feeds(&config, &market, seed)?,
            network: Network::new(config.network.clone(), assets, seed)?,
            crew,
            manipulator,
            borrowers: residents.borrowers,
            levered: residents.levered,
            census: residents.census,
            openings: residents.openings,
            waterfall: config.coverage.clone(),
            watch: Watch::default(),
            bids: Vec::new(),
            refusals: Refusals::default(),
            depositors: vec![0.0; assets],
            deficits: Vec::new(),
            signals: listens.then(|| signals::silent(assets)),
            protection,
            steering,
            monitoring: monitoring.transpose()?,
            next: 0,
            now: config.grid.start,
            row: StepRow::default(),
            opening: protocol.clone(),
            protocol,
            config,
            prices,
            seed,
            market,
            units,
            oracle,
        })
    }

    /// What the oracle would answer if nobody sold anything: a record with steps only, as a path
    /// without feedback has them. Of a world that has not run.
    pub fn undisturbed(&self) -> PathRecord {
        let mut feeds = self.feeds.clone();
        let grid = self.config.grid;
        let mut record = self.units.empty_record(&self.protocol, self.seed);
        for step in 0..grid.steps {
            let (time, outside) = (grid.time(step), self.market.undisturbed(step));
            let sampled = feeds.iter_mut().zip(&outside);
            let answer = |(feed, usd): (&mut Feed, &f64)| {
                let mid = |_| *usd;
                let seen = Seen {
                    outside: *usd,
                    blended: *usd,
                    mid: &mid,
                };
                feed.look(&seen, time)
            };
            let answers: Vec<f64> = sampled.map(answer).collect();
            record.steps.push(StepRow {
                step,
                time,
                oracle: self.units.usd_answers(&self.units.answers(&answers)),
                outside,
                ..StepRow::default()
            });
        }
        record
    }

    /// Logarithm of the density of a tilted law over the model's at this path's prices; 0 where
    /// nothing is tilted.
    pub fn log_ratio(&self) -> f64 {
        self.market.log_ratio()
    }

    /// The prices, ready to be drawn.
    pub fn prices(&self) -> &PricePlan {
        &self.prices
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
        self.push_price();
        self.sample_feeds();
        let answers = self.units.answers(&self.feed_answers());
        self.oracle = self.units.usd_answers(&answers);
        let events = self.protocol.observe(Timestamp(self.now), &answers)?;
        self.keep_events(events);
        self.listen(&answers);
        self.ask_guards();
        self.steer();
        self.heard();
        self.call_margin(&answers);
        self.network.begin_step(self.now, self.stress_usd());
        self.react();
        self.lever_up();
        self.strike();
        self.liquidate(step);
        self.sell_inventories();
        self.conclude_attack();
        self.cover_deficits();
        self.follow_moves();
        self.record_step();
        Ok(())
    }

    fn sample_feeds(&mut self) {
        for (asset, feed) in self.feeds.iter_mut().enumerate() {
            let mid = |venue| self.market.mid_of(venue, asset);
            let seen = Seen {
                outside: self.market.outside_of(asset),
                blended: self.market.source(asset),
                mid: &mid,
            };
            feed.look(&seen, self.now);
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
        if let Some(census) = &mut self.census {
            census.take(&self.protocol, &self.record, &mut row);
        }
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

/// Who lives in the book: found once, and shared by all paths that begin there.
struct Residents {
    borrowers: Borrowers,
    levered: Levered,
    census: Option<Census>,
    openings: Arc<Openings>,
}

impl Residents {
    fn new<P: Protocol>(
        config: &WorldConfig,
        protocol: &P,
        oracle: &[f64],
        seed: u64,
    ) -> Result<Self, ConfigError> {
        let census = config.census;
        let census = census.map(|census| Census::new(census, protocol, oracle));
        Ok(Self {
            borrowers: Borrowers::new(config.borrowers.clone(), protocol, oracle, seed)?,
            levered: Levered::new(config.levered.clone(), protocol, oracle, seed)?,
            census: census.transpose()?,
            openings: Arc::new(Openings::new(protocol, oracle)),
        })
    }
}

/// The liquidators, and the manipulator as the last of them.
fn crew(
    config: &WorldConfig,
    assets: usize,
    seed: u64,
) -> Result<(Crew, Option<Manipulator>), ConfigError> {
    let mut crew = Crew::new(config.liquidators.clone(), assets, seed)?;
    let Some(manipulator) = config.manipulator.clone() else {
        return Ok((crew, None));
    };
    let member = crew.members.len();
    crew.join(as_liquidator(&manipulator), assets, seed);
    let manipulator = Manipulator::new(manipulator, member, assets)?;
    Ok((crew, Some(manipulator)))
}

fn feeds(config: &WorldConfig, market: &Market, seed: u64) -> Result<Vec<Feed>, ConfigError> {
    let start = config.grid.start;
    let assets = config.assets.iter().enumerate();
    assets
        .map(|(i, asset)| {
            let sources = asset.sources.clone();
            let sources = sources.map(|sources| Sources::new(sources, i, seed));
            let feed = Feed::new(asset.feed, market.outside_of(i), start);
            Ok(feed.with_sources(sources.transpose()?))
        })
        .collect()
}

fn first_prices<P: Protocol>(
    protocol: &mut P,
    grid: Grid,
    answers: &Prices,
) -> Result<(), ConfigError> {
    let observed = protocol.observe(Timestamp(grid.start), answers);
    observed.map(|_| ()).map_err(|rejection| ConfigError {
        field: "grid.start".to_owned(),
        problem: format!("the protocol does not take the first prices: {rejection}"),
    })
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
mod agents_tests;
#[cfg(test)]
mod auction_tests;
#[cfg(test)]
mod monitoring_tests;
#[cfg(test)]
mod protection_tests;
#[cfg(test)]
mod steering_tests;
#[cfg(test)]
pub(crate) mod tests;

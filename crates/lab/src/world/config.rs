//! What a world is made of.

use super::census::CensusConfig;
use super::monitoring::MonitorConfig;
use crate::agents::{BorrowerGroup, LeverageGroup, LiquidatorConfig, ManipulatorConfig};
use crate::error::ConfigError;
use crate::feed::FeedConfig;
use crate::feed::sources::SourcesConfig;
use crate::market::Impact;
use crate::network::NetworkConfig;
use crate::price::{Dependence, Grid, PriceModel, PricePlan};
use crate::record::AccountsTold;
use crate::venue::VenueConfig;
use backstop_core::coverage::Waterfall;
use backstop_core::guard::Guard;

/// One asset's market side.
#[derive(Clone, Debug)]
pub struct AssetConfig {
    /// How its outside price moves.
    pub price: PriceModel,
    /// How the oracle answers.
    pub feed: FeedConfig,
    /// What the feed samples, where that is an oracle of several sources.
    pub sources: Option<SourcesConfig>,
}

/// How much a path records. Steps, liquidations, misses, reactions and liquidators always are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Recording {
    /// Keep every number of each liquidation.
    pub traces: bool,
    /// Keep the ledger's events.
    pub events: bool,
    /// Whose outcomes to keep; all of them come with the hash of the final state.
    pub accounts: AccountsTold,
    /// Keep margin calls with their cures and the bands of health, where a monitor is set; without it nothing is
    /// watched.
    pub calls: bool,
}

/// Everything around the protocol.
#[derive(Clone, Debug)]
pub struct WorldConfig {
    /// Times of the steps.
    pub grid: Grid,
    /// By asset, in the protocol's order.
    pub assets: Vec<AssetConfig>,
    /// How the assets' random prices hang together.
    pub dependence: Dependence,
    /// Where collateral is sold.
    pub venues: Vec<VenueConfig>,
    /// How sales move the oracle's price.
    pub impact: Impact,
    /// The chain.
    pub network: NetworkConfig,
    /// Liquidators, by group.
    pub liquidators: Vec<LiquidatorConfig>,
    /// Borrowers that react, by group; all others ignore their position.
    pub borrowers: Vec<BorrowerGroup>,
    /// Borrowers that take on leverage in calm, by group.
    pub levered: Vec<LeverageGroup>,
    /// Who moves an oracle's price where that pays.
    pub manipulator: Option<ManipulatorConfig>,
    /// What to count over all accounts; nothing is counted where nothing is said.
    pub census: Option<CensusConfig>,
    /// Who is called as health falls; nobody is watched where nothing is said.
    pub monitor: Option<MonitorConfig>,
    /// Who pays deficits, in order.
    pub coverage: Waterfall,
    /// What holds the protocol back while something is wrong.
    pub guards: Vec<Box<dyn Guard>>,
    /// How much to record.
    pub recording: Recording,
}

impl WorldConfig {
    /// The prices, checked and made ready: made once for all paths of an ensemble.
    ///
    /// # Errors
    /// As [`PricePlan::new`].
    pub fn price_plan(&self) -> Result<PricePlan, ConfigError> {
        let models: Vec<_> = self.assets.iter().map(|a| a.price.clone()).collect();
        PricePlan::new(&models, &self.dependence, &self.grid)
    }
}

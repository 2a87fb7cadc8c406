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
use backstop_core::governor::{Governor, StewardRules};
use backstop_core::guard::Guard;
use backstop_core::units::Bps;

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

/// Governors, and what bounds and informs them.
#[derive(Clone, Debug)]
pub struct GovernorsConfig {
    /// Those that propose; none moves nothing.
    pub governors: Vec<Box<dyn Governor>>,
    /// How far and how fast levers go.
    pub rules: StewardRules,
    /// Common fall of collateral after which an account in breach counts as at risk.
    pub fall: Bps,
    /// What liquidators' capital costs a year.
    pub capital: Bps,
    /// Seconds for which a liquidation binds it.
    pub bound_s: u64,
    /// Least seconds from one look at the whole book to the next.
    pub survey_s: u64,
}

impl Default for GovernorsConfig {
    /// Nobody. At risk is what a fall by 10 % brings into breach; the book is read once an hour at most, as levers
    /// move no more often.
    fn default() -> Self {
        Self {
            governors: Vec::new(),
            rules: StewardRules::default(),
            fall: Bps(1_000),
            capital: Bps(1_000),
            bound_s: 600,
            survey_s: 3_600,
        }
    }
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
    /// What moves the protocol's parameters.
    pub governors: GovernorsConfig,
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

//! What a report needs besides the record of a path. The command line fills it; all texts are
//! shown as they are, escaped.

use backstop_core::protocol::AssetId;

/// What was asked, from which inputs, and how to ask it again.
#[derive(Clone, Debug, Default)]
pub struct RunContext {
    /// Title of the scenario, such as `Black Thursday, 12–13 March 2020`.
    pub title: String,
    /// The question that the scenario asks, one or two sentences.
    pub question: String,
    /// Name of the scenario, as a command takes it.
    pub scenario: String,
    /// Version of the scenario file.
    pub scenario_version: String,
    /// Protocol and its version, such as `Aave v3.5`.
    pub protocol: String,
    /// First moment, seconds since 1970.
    pub start: u64,
    /// Last moment, seconds since 1970.
    pub end: u64,
    /// Length of a step, seconds.
    pub step_seconds: u64,
    /// What the run was fed with.
    pub inputs: Vec<Input>,
    /// What a reader must know before using the figures, one paragraph each.
    pub notes: Vec<String>,
    /// Settings: parameters by asset, venues, feeds, gas, liquidators, borrowers, in this order.
    pub settings: Vec<SettingsTable>,
    /// Layers that pay deficits, first payer first, also those that paid nothing.
    pub waterfall: Vec<WaterfallLayer>,
    /// Name and version of the software, such as `backstop 0.1.0`.
    pub software: String,
    /// The command that made this run.
    pub command: String,
}

/// One input of a run.
#[derive(Clone, Debug)]
pub struct Input {
    /// What it is, such as `ETH price`.
    pub what: String,
    /// Who published it, or which model produced it.
    pub source: String,
    /// First and last moment that it covers, seconds since 1970; none where dates have no meaning.
    pub dates: Option<(u64, u64)>,
    /// Where it comes from.
    pub kind: InputKind,
}

/// How far an input can be trusted to be what happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum InputKind {
    /// Recorded in the real world.
    Observed,
    /// Computed by a model.
    Modelled,
    /// Set by whoever wrote the scenario.
    Chosen,
}

impl InputKind {
    /// The word that the page shows.
    pub fn word(self) -> &'static str {
        match self {
            Self::Observed => "observed",
            Self::Modelled => "modelled",
            Self::Chosen => "chosen",
        }
    }
}

/// Settings as rows to show. The first column names the row; units stand in the column's name.
#[derive(Clone, Debug, Default)]
pub struct SettingsTable {
    /// Title, such as `Parameters by asset`.
    pub title: String,
    /// Names of the columns with their units, such as `Liquidation threshold (%)`.
    pub columns: Vec<String>,
    /// The cells; a row may be shorter than the list of columns.
    pub rows: Vec<Vec<String>>,
}

/// A layer of the waterfall.
#[derive(Clone, Debug, Default)]
pub struct WaterfallLayer {
    /// The name that the record's payments carry.
    pub name: String,
    /// Who loses when it pays, one sentence.
    pub pays: String,
    /// What it holds at the start, USD; `None` is without limit.
    pub capacity_usd: Option<f64>,
}

/// Collateral that becomes liquidatable as one asset's price moves, all else equal.
#[derive(Clone, Debug, Default)]
pub struct LiquidationMap {
    /// Whose price moves.
    pub asset: AssetId,
    /// Its ticker.
    pub symbol: String,
    /// Oracle price at the start, USD.
    pub price_start: f64,
    /// Lowest oracle price of the run, USD; `None` where nothing was run.
    pub price_low: Option<f64>,
    /// The book at the start; any order of prices.
    pub before: Vec<MapPoint>,
    /// The book at the end; empty where nothing was run.
    pub after: Vec<MapPoint>,
}

/// One point of a liquidation map. Sums count every account that is liquidatable at `price`.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct MapPoint {
    /// Price of the asset, USD.
    pub price: f64,
    /// Collateral of the accounts in breach at that price, USD at the start's prices.
    pub collateral_usd: f64,
    /// Debt of the accounts in breach at that price, USD at the start's prices.
    pub debt_usd: f64,
}

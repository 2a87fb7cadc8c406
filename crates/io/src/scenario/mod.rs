//! Scenarios: what is asked, of which protocol and book, in which market. One TOML file each.
//!
//! [`load`] reads a file, applies overrides, checks every key and collects all problems at once.
//! Paths in a scenario are relative to its own folder. `docs/formats.md` lists every key.

mod agents;
mod assets;
mod book;
mod ensemble;
mod governors;
mod guards;
mod market;
mod monitor;
mod oracle;
mod policy;
mod prices;
mod protocol;
mod section;
mod shock;
mod tree;
mod venues;
mod waterfall;

use crate::book::AssetUnit;
use crate::book::aggregated::AggregatedBook;
use crate::book::synthetic::SyntheticBook;
use crate::error::{FileError, Place, Problem};
use crate::price::TimeSeries;
use crate::source::read_text;
pub use agents::{CensusSpec, CompetitionSpec, LeverageSpec, ManipulatorSpec, RiskSpec};
use backstop_core::protocol::AssetId;
pub use ensemble::{DrawsSpec, EnsembleSpec, TiltSpec};
pub use governors::{ForecastSpec, GovernorKind, GovernorSpec, steward_rules};
pub use guards::GuardSpec;
pub use monitor::MonitorSpec;
pub use oracle::{PegBoundsSpec, ReadsSpec, SourceSpec, SourcesSpec, Trust};
pub use policy::{
    Key, KeyKind, POLICIES, Part, Policy, PolicySpec, PolicyValue, allowed_policies, policy,
};
pub use prices::{
    BlockSpec, BootstrapSpec, CandleFiles, DependenceSpec, MoveSpec, PegSpec, PriceSpec,
    RandomSpec, RegimeSpec, ScaleSpec, TrendSpec,
};
pub use protocol::families;
use protocol::protocol;
use section::{Problems, Range, Section};
pub use shock::ShockSpec;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
pub use venues::{DepthSpec, RecordedDepthSpec, TicksSpec, WithdrawalSpec};
pub use waterfall::{LayerKind, LayerSpec};

/// Name of the format, the value of the key `format`.
pub const FORMAT: &str = "backstop-scenario/1";
/// Most steps of a run.
pub const STEPS_MAX: u64 = 10_000_000;
/// Highest price that a scenario may state, USD.
const PRICE_MAX: f64 = 1e12;

/// A validated scenario. Assets are told by their position in [`Scenario::assets`].
#[derive(Clone, Debug, PartialEq)]
pub struct Scenario {
    /// The file.
    pub path: PathBuf,
    /// Short name for folders and tables: letters, digits and `+ - _`.
    pub name: String,
    /// Title of the report.
    pub title: String,
    /// What is asked, in one sentence.
    pub question: String,
    /// What happens, for the report; may be empty.
    pub description: String,
    /// Seed of everything random.
    pub seed: u64,
    /// What is modelled, which dates are mixed, and other things that a reader has to know.
    pub notes: Vec<String>,
    /// When, and in which steps.
    pub time: TimeSpec,
    /// Which rules.
    pub protocol: ProtocolSpec,
    /// The reserves, in the order of the file.
    pub assets: Vec<AssetSpec>,
    /// How the assets' random prices hang together.
    pub dependence: DependenceSpec,
    /// A fall on top of what prices do by themselves.
    pub shock: ShockSpec,
    /// How the paths of an ensemble are drawn.
    pub ensemble: EnsembleSpec,
    /// Where collateral is sold.
    pub venues: Vec<VenueSpec>,
    /// How forced sales move the oracle's price.
    pub impact: ImpactSpec,
    /// Blocks and the price of gas.
    pub gas: GasSpec,
    /// Liquidators, by group.
    pub liquidators: Vec<LiquidatorSpec>,
    /// What borrowers do when their health falls.
    pub borrowers: BorrowerSpec,
    /// Borrowers that take on leverage in calm.
    pub leverage: Vec<LeverageSpec>,
    /// Who moves an oracle's price where that pays.
    pub manipulator: Option<ManipulatorSpec>,
    /// What to count over all accounts.
    pub census: Option<CensusSpec>,
    /// Who is called as health falls; nobody is watched where nothing is said.
    pub monitor: Option<MonitorSpec>,
    /// Who owes what.
    pub book: BookSpec,
    /// Who pays deficits before they are socialised, in order.
    pub waterfall: Vec<LayerSpec>,
    /// What holds the protocol back while something is wrong; policies add to it.
    pub guards: Vec<GuardSpec>,
    /// What moves the protocol's parameters; policies add to it.
    pub governors: Vec<GovernorSpec>,
    /// What is switched on around the protocol, in the order of [`POLICIES`]. The other fields hold what the
    /// policies made of them.
    pub policies: Vec<PolicySpec>,
}

impl Scenario {
    /// Symbols and decimals of the assets, for the book readers.
    pub fn units(&self) -> Vec<AssetUnit> {
        let unit = |asset: &AssetSpec| AssetUnit {
            symbol: asset.symbol.clone(),
            decimals: asset.decimals,
        };
        self.assets.iter().map(unit).collect()
    }

    /// The asset with this symbol.
    pub fn asset(&self, symbol: &str) -> Option<AssetId> {
        let position = self.assets.iter().position(|a| a.symbol == symbol)?;
        u16::try_from(position).ok().map(AssetId)
    }
}

/// When a run starts and ends.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct TimeSpec {
    /// Seconds since 1970.
    pub start: u64,
    /// Seconds since 1970; a whole number of steps after the start.
    pub end: u64,
    /// Seconds from one step to the next.
    pub step_s: u32,
}

impl TimeSpec {
    /// Number of steps from start to end.
    pub fn steps(&self) -> u32 {
        let steps = (self.end - self.start) / u64::from(self.step_s);
        u32::try_from(steps).unwrap_or(u32::MAX)
    }
}

/// Which protocol's rules apply.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ProtocolSpec {
    /// Family of protocols, such as `aave`.
    pub family: String,
    /// Version of the rules, as the family names it.
    pub version: String,
    /// Decimals of the base currency of oracle prices: the family's where it fixes them.
    pub base_decimals: u8,
    /// Where the parameters come from.
    pub source: String,
    /// The family's own parameters, by name, where they are not its defaults.
    pub parameters: BTreeMap<String, f64>,
}

/// One reserve.
#[derive(Clone, Debug, PartialEq)]
pub struct AssetSpec {
    /// Ticker.
    pub symbol: String,
    /// Base units are 10^−decimals of a whole token.
    pub decimals: u8,
    /// Loan to value, bps.
    pub ltv_bps: u16,
    /// Liquidation threshold, bps; 0 where the asset is no collateral.
    pub liquidation_threshold_bps: u16,
    /// The threshold before any policy moved it, bps: borrowers of a book that is made took their positions under
    /// it.
    pub book_threshold_bps: u16,
    /// Liquidation bonus on top of par, bps (500 is +5 %).
    pub liquidation_bonus_bps: u16,
    /// The protocol's share of the bonus, bps.
    pub protocol_fee_bps: u16,
    /// The treasury's share of interest, bps.
    pub reserve_factor_bps: u16,
    /// Interest rate curve.
    pub rates: RateSpec,
    /// Whole tokens supplied by lenders who do not borrow.
    pub lenders: f64,
    /// Where the parameters come from.
    pub source: String,
    /// How the outside price moves.
    pub price: PriceSpec,
    /// How the oracle answers.
    pub oracle: OracleSpec,
    /// What it samples, where that is several sources.
    pub sources: Option<SourcesSpec>,
}

/// A two-slope interest rate curve; rates a year, in bps.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RateSpec {
    /// Usage at which the second slope starts, bps.
    pub optimal_usage_bps: u16,
    /// Rate without usage.
    pub base_bps: u32,
    /// Rise up to the optimal usage.
    pub slope1_bps: u32,
    /// Rise from there to full usage.
    pub slope2_bps: u32,
}

/// How the time between known prices is filled.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Refine {
    /// A seeded bridge within the candle's range.
    #[default]
    Bridge,
    /// A straight line.
    Linear,
    /// The former price holds.
    Hold,
}

/// How an oracle answers.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct OracleSpec {
    /// Move that starts a round, bps; 0 starts one every step.
    pub deviation_bps: f64,
    /// Seconds after which a round starts in any case.
    pub heartbeat_s: u64,
    /// Seconds from the start of a round to its answer.
    pub delay_s: u64,
    /// Seconds over which the sampled prices are averaged.
    pub twap_s: u64,
}

/// A place to sell collateral; its quote token is taken at one dollar.
#[derive(Clone, Debug, PartialEq)]
pub struct VenueSpec {
    /// Name, unique.
    pub name: String,
    /// What is sold or bought.
    pub base: AssetId,
    /// Share of each trade kept as a fee, bps.
    pub fee_bps: f64,
    /// Seconds in which half of a displacement is gone; 0 for by the next step.
    pub recovery_half_life_s: f64,
    /// Weight among the venues of the same asset where a mean of their mids is formed.
    pub weight: f64,
    /// Share of a trade's impact that stays; `None` for the one of all venues.
    pub permanent_share: Option<f64>,
    /// How depth shrinks; `None` for not at all.
    pub depth: Option<DepthSpec>,
    /// Shape of the liquidity.
    pub liquidity: LiquiditySpec,
}

/// The shape of a venue's liquidity.
#[derive(Clone, Debug, PartialEq)]
pub enum LiquiditySpec {
    /// A pool with fixed reserves, in whole tokens.
    ConstantProduct {
        /// Base reserve.
        base_reserve: f64,
        /// Quote reserve, each token taken at one dollar.
        quote_reserve: f64,
    },
    /// A pool with recorded reserves: a CSV or Parquet file with `time`, `base` and `quote`.
    RecordedReserves {
        /// The file.
        file: PathBuf,
    },
    /// Resting orders: distance from the mid in bps and base tokens there, by rising distance.
    OrderBook {
        /// Below the mid.
        bids: Vec<(f64, f64)>,
        /// Above the mid.
        asks: Vec<(f64, f64)>,
    },
    /// Resting orders of a snapshot in a file.
    BookFile {
        /// The file.
        file: PathBuf,
    },
    /// A pool with ticks: boundaries of price, ascending, and √(base · dollars) from there to the next.
    Ranges(Vec<(f64, f64)>),
    /// A pool with the ticks of a file.
    Ticks(TicksSpec),
    /// Impact in proportion to the amount.
    Linear {
        /// Base tokens that move the logarithm of the price by 0.01.
        tokens_per_percent: f64,
    },
    /// The square-root law of market impact.
    SquareRoot {
        /// Base tokens traded a day.
        daily_volume: f64,
        /// Standard deviation of a day's logarithmic return.
        daily_volatility: f64,
        /// Coefficient of the law, about 1.
        impact_coefficient: f64,
    },
}

/// How forced sales move the price that the oracle sees.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ImpactSpec {
    /// Share of the oracle's sources that are the venues of the scenario, 0 to 1.
    pub venue_weight: f64,
    /// Share of a trade's impact that stays in the outside price, 0 to 1.
    pub permanent_share: f64,
    /// Depth of every venue, times what it states: 0.5 where it halves.
    pub depth: f64,
    /// Where a trade goes.
    pub routing: Routing,
}

/// Where a trade goes that several venues could take.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Routing {
    /// To the one with the best quote for all of it.
    #[default]
    Best,
    /// To all of them, at equal marginal prices.
    Split,
}

/// Blocks and the price of gas.
#[derive(Clone, Debug, PartialEq)]
pub struct GasSpec {
    /// Asset in which gas is paid.
    pub native: AssetId,
    /// Seconds from block to block.
    pub block_time_s: f64,
    /// Gas that fits into a block.
    pub block_gas_limit: u64,
    /// Gas of one liquidation with its sale.
    pub gas_per_liquidation: u64,
    /// Share of a block that others' traffic keeps whatever liquidators bid, 0 to 1.
    pub background_use: f64,
    /// Share of a liquidation's gas that a failed attempt still pays, 0 to 1.
    pub failed_gas_share: f64,
    /// Where the price comes from.
    pub price: GasPriceSpec,
}

/// Where the price of gas comes from.
#[derive(Clone, Debug, PartialEq)]
pub enum GasPriceSpec {
    /// Files with the columns `time` and `gwei`, in the order of time.
    Files(Vec<PathBuf>),
    /// Points in the scenario itself, gwei.
    Points(TimeSeries),
    /// A base fee that modelled demand moves.
    BaseFee(BaseFeeSpec),
}

/// A base fee after EIP-1559 with modelled demand; see the lab's documentation for the formula.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct BaseFeeSpec {
    /// Base fee at the start, gwei.
    pub initial_gwei: f64,
    /// Lowest base fee, gwei.
    pub min_gwei: f64,
    /// Priority fee on top, gwei.
    pub priority_gwei: f64,
    /// Share of a block that others want at the initial fee in calm; 0.5 keeps the fee.
    pub demand: f64,
    /// How demand falls with the fee.
    pub elasticity: f64,
    /// Standard deviation of the logarithm of demand from block to block.
    pub noise: f64,
    /// Rise of the logarithm of demand per unit of logarithmic fall of the native asset.
    pub stress: f64,
    /// Seconds over which the fall is measured.
    pub window_s: u64,
}

/// A group of equal liquidators.
#[derive(Clone, Debug, PartialEq)]
pub struct LiquidatorSpec {
    /// Name, unique.
    pub name: String,
    /// Kind.
    pub kind: LiquidatorKind,
    /// How many there are.
    pub count: u32,
    /// Capital of each, USD; limits inventory exits.
    pub capital_usd: f64,
    /// Seconds from a breach to the earliest block.
    pub latency_s: f64,
    /// Least profit after gas, USD.
    pub min_profit_usd: f64,
    /// Share of the expected profit offered for inclusion, 0 to 1.
    pub bid_share: f64,
    /// How collateral is turned into the debt token.
    pub exit: ExitSpec,
    /// How much is repaid.
    pub sizing: Sizing,
    /// How much is bid in auctions.
    pub auction_bid: AuctionBid,
    /// Gain wanted from an auction, as a share of the collateral's value, bps.
    pub auction_discount_bps: f64,
    /// Price of gas above which it does not act, gwei.
    pub gas_gwei_max: Option<f64>,
    /// When it does not act: from and until, seconds since 1970.
    pub offline: Vec<(u64, u64)>,
    /// How its bid for inclusion depends on its competitors.
    pub competition: CompetitionSpec,
    /// What it charges for keeping collateral.
    pub inventory_risk: Option<RiskSpec>,
}

/// How much a liquidator bids in an auction.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum AuctionBid {
    /// What the collateral is worth to it.
    #[default]
    Worth,
    /// The least that the auction accepts.
    Least,
}

/// The three kinds of the field.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum LiquidatorKind {
    /// Low latency, private order flow.
    Private,
    /// Competes on the price of gas in public.
    #[default]
    Public,
    /// Run by the protocol; acts without profit.
    Native,
}

/// How a liquidator turns collateral into the debt token.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum ExitSpec {
    /// Borrows the debt token and sells the collateral in the same transaction.
    FlashLoan {
        /// Fee of the loan, bps.
        loan_fee_bps: f64,
    },
    /// Pays from own capital and sells over time.
    Inventory {
        /// Seconds in which half of what is held is sold.
        half_life_s: f64,
    },
}

/// How a liquidator chooses how much to repay.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Sizing {
    /// The most profitable of a few shares of the offer.
    #[default]
    Best,
    /// All that the offer and capital allow.
    Full,
}

/// What borrowers do when their health falls; the three shares add up to 1.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct BorrowerSpec {
    /// Share of accounts that do nothing.
    pub ignore: f64,
    /// Share that adds collateral.
    pub top_up: f64,
    /// Share that repays.
    pub repay: f64,
    /// Health factor below which they decide to act.
    pub trigger_health: f64,
    /// Health factor that they aim at.
    pub target_health: f64,
    /// Seconds from the decision to the act.
    pub delay_s: u64,
    /// Dollars that each can bring in all, as a share of its debt at the start.
    pub budget_share: f64,
}

/// Who owes what.
#[derive(Clone, Debug, PartialEq)]
pub enum BookSpec {
    /// A file in the documented schema: CSV, JSON or Parquet.
    File(PathBuf),
    /// A seeded book fitted to stated quantiles.
    Synthetic(SyntheticBook),
    /// A data set of totals.
    Aggregated(AggregatedBook),
}

/// Reads a scenario and applies overrides (dotted key, value).
///
/// An override's value is read as TOML; what is not TOML is taken as text. Parts of a key are
/// joined by points; elements of a list are numbered from 0 (`liquidators.0.count`).
///
/// # Errors
/// [`FileError`] with every problem of the file: unknown and missing keys, values of another type
/// or out of range, references to missing assets and files.
pub fn load(path: &Path, overrides: &[(String, String)]) -> Result<Scenario, FileError> {
    parse(path, &read_text(path)?, overrides)
}

fn parse(path: &Path, text: &str, overrides: &[(String, String)]) -> Result<Scenario, FileError> {
    let failed = |problems: Vec<Problem>| {
        let unknown = || FileError::content(path, Place::File, "", "cannot be read");
        FileError::all(problems).unwrap_or_else(unknown)
    };
    let mut root = tree::parse(path, text).map_err(failed)?;
    for (key, value) in overrides {
        tree::set(&mut root, key, value).map_err(|why| {
            let place = Place::Set(format!("{key}={value}"));
            FileError::content(path, place, key, why)
        })?;
    }
    let problems = Problems::new(path.display().to_string());
    let scenario = Section::new(&problems, String::new(), &root)
        .and_then(|root| read(path, root))
        .map(|(mut scenario, policies)| {
            policy::apply(&problems, policies, &mut scenario);
            scenario
        });
    match (scenario, problems.into_sorted()) {
        (Some(scenario), problems) if problems.is_empty() => Ok(scenario),
        (_, problems) => Err(failed(problems)),
    }
}

/// Reads the document, and the policies that are to act on it; `None` where a part without a sensible default is
/// missing.
fn read(path: &Path, root: Section<'_>) -> Option<(Scenario, Vec<policy::Placed>)> {
    let folder = path.parent().unwrap_or(Path::new("")).to_owned();
    root.choice("format", &[(FORMAT, ())]);
    let name = root.text("name");
    if root.has("name") {
        section::symbol(&name).unwrap_or_else(|why| root.refuse("name", why));
    }
    let header = (
        root.text("title"),
        root.text("question"),
        root.text_or_empty("description"),
        root.whole_or("seed", 0, u64::MAX, 0),
        root.optional("notes", texts).unwrap_or_default(),
    );
    let time = root.section("time").map(time);
    let protocol = root.section("protocol").map(protocol);
    let mut assets = assets::read(&root, &folder);
    let sources = assets::read_oracles(&root, &mut assets);
    let names = Names::new(&assets);
    let dependence = prices::dependence(&root, &names);
    let shock = shock::read(&root, &names, &assets);
    let ensemble = ensemble::ensemble(&root, &names);
    let venues = venues::venues(&root, &names, &folder);
    oracle::read(sources, &mut assets, &venues);
    let impact = market::impact(&root);
    let gas = root
        .section("gas")
        .and_then(|gas| market::gas(gas, &names, &folder));
    let liquidators = market::liquidators(&root);
    let borrowers = market::borrowers(&root);
    let leverage = agents::leverage(&root, &names);
    let manipulator = agents::manipulator(&root, &names);
    let (census, monitor) = (agents::census(&root), monitor::read(&root));
    let book = root
        .section("book")
        .and_then(|book| book::read(book, &names, &folder));
    let policies = policy::read(&root, &names, &assets);
    let (title, question, description, seed, notes) = header;
    let scenario = Scenario {
        path: path.to_owned(),
        name,
        title,
        question,
        description,
        seed,
        notes,
        time: time?,
        protocol: protocol?,
        assets,
        dependence,
        shock,
        ensemble,
        venues,
        impact,
        gas: gas?,
        liquidators,
        borrowers,
        leverage,
        manipulator,
        census,
        monitor,
        book: book?,
        waterfall: waterfall::read(&root, &names),
        guards: Vec::new(),
        governors: Vec::new(),
        policies: Vec::new(),
    };
    root.finish();
    Some((scenario, policies))
}

fn texts(item: &tree::Item) -> Result<Vec<String>, String> {
    let allowed = |_| "a list of texts".to_owned();
    let items = section::list(item).map_err(allowed)?;
    items
        .iter()
        .map(|item| section::text(item).map_err(allowed))
        .collect()
}

fn time(section: Section<'_>) -> TimeSpec {
    let time = TimeSpec {
        start: section.required("start", section::moment),
        end: section.required("end", section::moment),
        step_s: section.whole_or("step_s", 1, 86_400, 60),
    };
    if time.start > 0 && time.end > 0 {
        let length = time.end.saturating_sub(time.start);
        let step = u64::from(time.step_s);
        if length == 0 {
            section.refuse("end", "lies at or before the start; allowed: a later time");
        } else if length / step > STEPS_MAX {
            let steps = length / step;
            section.refuse(
                "step_s",
                format!("gives {steps} steps; allowed: at most {STEPS_MAX}"),
            );
        } else if !length.is_multiple_of(step) {
            let message =
                format!("{length} s from start to end are not a whole number of steps of {step} s");
            section.refuse("end", message);
        }
    }
    section.finish();
    time
}

/// Symbols of the assets, to resolve references.
struct Names {
    symbols: Vec<String>,
}

impl Names {
    fn new(assets: &[AssetSpec]) -> Self {
        let symbols = assets.iter().map(|asset| asset.symbol.clone()).collect();
        Self { symbols }
    }

    /// The asset that an item names.
    fn resolve(&self, item: &tree::Item) -> Result<AssetId, String> {
        let allowed = || format!("one of the assets {}", self.symbols.join(", "));
        let found = section::text(item).map_err(|_| allowed())?;
        self.find(&found)
    }

    /// The asset of this symbol, or what is allowed in its place.
    fn find(&self, found: &str) -> Result<AssetId, String> {
        let symbols: Vec<&str> = self.symbols.iter().map(String::as_str).collect();
        let position = symbols.iter().position(|symbol| *symbol == found);
        position
            .and_then(|i| u16::try_from(i).ok())
            .map(AssetId)
            .ok_or_else(|| {
                let hint = crate::error::nearest(found, &symbols)
                    .map(|s| format!("; did you mean {s:?}?"));
                let symbols = symbols.join(", ");
                format!("one of the assets {symbols}{}", hint.unwrap_or_default())
            })
    }
}

/// A file named by an item, relative to the scenario's folder; it has to be there.
fn file(item: &tree::Item, folder: &Path) -> Result<PathBuf, String> {
    let path =
        folder.join(section::text(item).map_err(|_| "the path of a file, in quotes".to_owned())?);
    if path.is_file() {
        Ok(path)
    } else {
        let shown = path.display();
        Err(format!(
            "an existing file; there is none at {shown} (paths are relative to the scenario's folder)"
        ))
    }
}

/// One file or a list of files.
fn files(item: &tree::Item, folder: &Path) -> Result<Vec<PathBuf>, String> {
    match section::list(item) {
        Err(_) => file(item, folder).map(|path| vec![path]),
        Ok([]) => Err("a file or a list of files that is not empty".to_owned()),
        Ok(items) => items.iter().map(|item| file(item, folder)).collect(),
    }
}

/// Points `[[time, value], …]` in the order of time.
fn points(item: &tree::Item, range: Range) -> Result<TimeSeries, String> {
    let pairs = section::pairs(item, section::moment, |item| section::number(item, range))?;
    if pairs.windows(2).any(|pair| pair[1].0 <= pair[0].0) {
        return Err("points whose times rise".to_owned());
    }
    let (times, values) = pairs.into_iter().unzip();
    Ok(TimeSeries { times, values })
}

#[cfg(test)]
mod tests;

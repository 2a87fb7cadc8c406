//! The tables `[assets.SYMBOL.price]` and `[dependence]`.

use super::section::{Range, Section, list, moment, number};
use super::{Names, PRICE_MAX, Refine, files, points};
use crate::price::{ColumnNames, Layout, TimeSeries};
use backstop_core::protocol::AssetId;
use std::path::{Path, PathBuf};

const SECONDS: Range = Range::Above(0.0, 1e11);
const VOLATILITY: Range = Range::Within(0.0, 100.0);
const DRIFT: Range = Range::Within(-1_000.0, 1_000.0);
const INTENSITY: Range = Range::Within(0.0, 100_000.0);
const SHARE_OPEN: Range = Range::Within(1e-4, 0.9999);
const REFINES: [(&str, Refine); 3] = [
    ("bridge", Refine::Bridge),
    ("linear", Refine::Linear),
    ("hold", Refine::Hold),
];
/// Keys that name a kind of price.
const KINDS: [&str; 11] = [
    "constant",
    "file",
    "points",
    "follows",
    "gbm",
    "merton",
    "heston",
    "garch",
    "regimes",
    "peg",
    "bootstrap",
];

/// How the outside price of an asset moves; USD for one whole token.
#[derive(Clone, Debug, PartialEq)]
pub enum PriceSpec {
    /// Always the same.
    Constant(f64),
    /// Candles from files.
    Files {
        /// The files.
        candles: CandleFiles,
        /// What happens within a candle.
        refine: Refine,
        /// Whether the record is made milder or worse.
        scale: ScaleSpec,
    },
    /// Points in the scenario itself.
    Points {
        /// The points.
        series: TimeSeries,
        /// What happens between them.
        refine: Refine,
        /// Whether the points are made milder or worse.
        scale: ScaleSpec,
    },
    /// Another asset's price times a ratio.
    Follows {
        /// Which asset.
        asset: AssetId,
        /// Whole tokens of it that one token is worth.
        ratio: f64,
    },
    /// A random process.
    Random(RandomSpec),
    /// Blocks of past returns.
    Bootstrap {
        /// Where they come from.
        candles: CandleFiles,
        /// Price at the start; `None` for that of the files then, or their last.
        start: Option<f64>,
        /// How they are drawn.
        draws: BootstrapSpec,
    },
    /// Scripted moves on top of another price.
    Shocks {
        /// The price beneath.
        on: Box<Self>,
        /// The moves.
        moves: Vec<MoveSpec>,
    },
}

impl PriceSpec {
    /// The asset whose price this one is a multiple of.
    pub fn leader(&self) -> Option<AssetId> {
        match self {
            Self::Follows { asset, .. } => Some(*asset),
            Self::Random(RandomSpec::Peg(peg)) => peg.to,
            Self::Shocks { on, .. } => on.leader(),
            _ => None,
        }
    }
}

/// Files of candles, in the order of time.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct CandleFiles {
    /// The files.
    pub files: Vec<PathBuf>,
    /// Their columns.
    pub layout: Layout,
}

/// What is done to a record.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub enum ScaleSpec {
    /// Nothing.
    #[default]
    None,
    /// All log returns times a factor.
    Returns(f64),
    /// All log returns times the factor that brings the lowest price to 1 − x times the first.
    Fall(f64),
    /// A steady drift on top that does the same.
    Drift(f64),
}

/// A random process and its parameters, a year where time matters; the lab's documentation has the
/// formulas.
#[derive(Clone, Debug, PartialEq)]
pub enum RandomSpec {
    /// Geometric Brownian motion.
    Gbm(TrendSpec),
    /// With jumps.
    Merton {
        /// Start, volatility of the diffusion, drift.
        trend: TrendSpec,
        /// Expected number of jumps a year.
        intensity: f64,
        /// Mean of a jump of the log price.
        jump_mean: f64,
        /// Standard deviation of a jump.
        jump_deviation: f64,
    },
    /// With stochastic volatility.
    Heston {
        /// Start, volatility at the start, drift.
        trend: TrendSpec,
        /// Volatility in the long run.
        long_volatility: f64,
        /// Speed of reversion of the variance.
        reversion: f64,
        /// Volatility of the variance.
        volatility_of_variance: f64,
        /// Correlation of price and variance.
        correlation: f64,
    },
    /// GARCH(1,1) with Student-t innovations.
    Garch {
        /// Start, volatility in the long run, drift.
        trend: TrendSpec,
        /// Volatility at the start.
        first_volatility: f64,
        /// Weight of the last squared innovation.
        alpha: f64,
        /// Weight of the last variance.
        beta: f64,
        /// Degrees of freedom.
        degrees: f64,
        /// Seconds of a period of the model.
        period_s: u32,
    },
    /// Regimes that switch at random.
    Regimes {
        /// Price at the start.
        start: f64,
        /// The regimes.
        states: Vec<RegimeSpec>,
        /// Regime at the start; drawn where there is none.
        first: Option<usize>,
    },
    /// A peg with a discount.
    Peg(PegSpec),
}

/// What every driven price has.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct TrendSpec {
    /// Price at the start, USD.
    pub start: f64,
    /// Volatility a year.
    pub volatility: f64,
    /// Growth of the expected price, a year.
    pub drift: f64,
}

/// One regime.
#[derive(Clone, Debug, PartialEq)]
pub struct RegimeSpec {
    /// Volatility a year.
    pub volatility: f64,
    /// Drift a year.
    pub drift: f64,
    /// Mean stay, seconds.
    pub mean_stay_s: f64,
    /// Weights of the regimes that may come next; empty for equal chances.
    pub next: Vec<f64>,
}

/// A pegged price; discounts are differences of logarithms.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct PegSpec {
    /// The asset to which it is pegged; the dollar where there is none.
    pub to: Option<AssetId>,
    /// Whole tokens of it, or dollars, that one token stands for.
    pub ratio: f64,
    /// Discount at the start.
    pub first_discount: f64,
    /// Discount to which it reverts.
    pub mean_discount: f64,
    /// Volatility of the discount, a year.
    pub volatility: f64,
    /// Half-life of a difference from the mean, seconds.
    pub half_life_s: f64,
    /// Expected number of breaks a year.
    pub depeg_intensity: f64,
    /// Mean of a break.
    pub depeg_mean: f64,
    /// Standard deviation of a break.
    pub depeg_deviation: f64,
    /// Half-life of a break, seconds.
    pub recovery_half_life_s: f64,
}

/// How blocks of past returns are drawn.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct BootstrapSpec {
    /// Mean length of a block, seconds.
    pub block_s: f64,
    /// Whether lengths vary.
    pub blocks: BlockSpec,
    /// Assets of the same group draw the same times.
    pub group: u16,
}

/// How long blocks are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum BlockSpec {
    /// Geometric lengths.
    #[default]
    Geometric,
    /// All the same.
    Fixed,
}

/// A scripted move of the log price.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct MoveSpec {
    /// When it begins, seconds since 1970.
    pub time: u64,
    /// Change of the log price.
    pub log_move: f64,
    /// Seconds that it takes.
    pub over_s: u64,
}

/// How random prices hang together.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct DependenceSpec {
    /// Pairs of assets and the correlation of their shocks.
    pub correlation: Vec<(AssetId, AssetId, f64)>,
    /// Degrees of freedom of the t copula; Gaussian dependence where there are none.
    pub degrees: Option<f64>,
}

/// Reads a table `price`.
pub(super) fn price(section: Section<'_>, names: &Names, folder: &Path) -> PriceSpec {
    let named: Vec<&str> = KINDS.into_iter().filter(|kind| section.has(kind)).collect();
    let [kind] = named.as_slice() else {
        let message = format!(
            "found {} of the keys {}; allowed: one",
            named.len(),
            KINDS.join(", ")
        );
        section.problems.add(section.place, &section.path, message);
        return PriceSpec::Constant(1.0);
    };
    let on = of_kind(&section, kind, names, folder);
    let moves: Vec<MoveSpec> = section.sections("shocks").into_iter().map(shock).collect();
    section.finish();
    // A problem has been recorded where there is no price.
    let on = on.unwrap_or(PriceSpec::Constant(1.0));
    if moves.is_empty() {
        return on;
    }
    let on = Box::new(on);
    PriceSpec::Shocks { on, moves }
}

fn of_kind(section: &Section<'_>, kind: &str, names: &Names, folder: &Path) -> Option<PriceSpec> {
    let range = Range::Above(0.0, PRICE_MAX);
    Some(match kind {
        "constant" => PriceSpec::Constant(section.number("constant", range)),
        "file" => PriceSpec::Files {
            candles: candles(section, folder),
            refine: section.choice_or("refine", &REFINES, Refine::Bridge),
            scale: scale(section),
        },
        "points" => PriceSpec::Points {
            series: section.required("points", |item| points(item, range)),
            refine: section.choice_or("refine", &REFINES, Refine::Linear),
            scale: scale(section),
        },
        "follows" => PriceSpec::Follows {
            asset: section.required("follows", |item| names.resolve(item)),
            ratio: section.number_or("ratio", range, 1.0),
        },
        "bootstrap" => bootstrap(section.section("bootstrap")?, folder),
        "gbm" => random(section.section("gbm")?, |s| RandomSpec::Gbm(trend(s))),
        "merton" => random(section.section("merton")?, merton),
        "heston" => random(section.section("heston")?, heston),
        "garch" => random(section.section("garch")?, garch),
        "regimes" => random(section.section("regimes")?, regimes),
        _ => random(section.section("peg")?, |s| RandomSpec::Peg(peg(s, names))),
    })
}

fn random(section: Section<'_>, read: impl FnOnce(&Section<'_>) -> RandomSpec) -> PriceSpec {
    let spec = read(&section);
    section.finish();
    PriceSpec::Random(spec)
}

fn start(section: &Section<'_>) -> f64 {
    section.number("start", Range::Above(0.0, PRICE_MAX))
}

fn trend(section: &Section<'_>) -> TrendSpec {
    TrendSpec {
        start: start(section),
        volatility: section.number("volatility", VOLATILITY),
        drift: section.number_or("drift", DRIFT, 0.0),
    }
}

fn merton(section: &Section<'_>) -> RandomSpec {
    RandomSpec::Merton {
        trend: trend(section),
        intensity: section.number("intensity", INTENSITY),
        jump_mean: section.number("jump_mean", Range::Within(-5.0, 5.0)),
        jump_deviation: section.number("jump_deviation", Range::Within(0.0, 5.0)),
    }
}

fn heston(section: &Section<'_>) -> RandomSpec {
    let trend = trend(section);
    RandomSpec::Heston {
        trend,
        long_volatility: section.number_or("long_volatility", VOLATILITY, trend.volatility),
        reversion: section.number("reversion", Range::Above(0.0, 100_000.0)),
        volatility_of_variance: section
            .number("volatility_of_variance", Range::Within(0.0, 1_000.0)),
        correlation: section.number_or("correlation", Range::Within(-1.0, 1.0), 0.0),
    }
}

fn garch(section: &Section<'_>) -> RandomSpec {
    let trend = trend(section);
    let weight = Range::Within(0.0, 1.0);
    let (alpha, beta) = (
        section.number("alpha", weight),
        section.number("beta", weight),
    );
    if alpha + beta >= 1.0 {
        let message = format!("alpha + beta is {}; allowed: below 1", alpha + beta);
        section.refuse("beta", message);
    }
    RandomSpec::Garch {
        trend,
        first_volatility: section.number_or("first_volatility", VOLATILITY, trend.volatility),
        alpha,
        beta,
        degrees: section.number("degrees", Range::Above(2.0, 1_000.0)),
        period_s: section.whole_or("period_s", 1, 31_536_000, 86_400),
    }
}

fn regimes(section: &Section<'_>) -> RandomSpec {
    const REGIMES_MAX: usize = 16;
    let states: Vec<RegimeSpec> = section.sections("states").into_iter().map(regime).collect();
    let count = states.len();
    if !(2..=REGIMES_MAX).contains(&count) {
        let message = format!("found {count} tables; allowed: 2 to {REGIMES_MAX}");
        section.refuse("states", message);
    }
    for (i, state) in states.iter().enumerate() {
        let fits = state.next.len() == count
            && state.next.get(i) == Some(&0.0)
            && state.next.iter().sum::<f64>() > 0.0;
        if !state.next.is_empty() && !fits {
            let message = format!(
                "the weights of state {i} are {:?}; allowed: one for each of {count} states, 0 for \
                 itself, above 0 for some other",
                state.next
            );
            section.refuse("states", message);
        }
    }
    RandomSpec::Regimes {
        start: start(section),
        first: section.optional("first", |item| {
            super::section::whole(item, 0, count.saturating_sub(1) as u64)
        }),
        states,
    }
}

fn regime(section: Section<'_>) -> RegimeSpec {
    let weights = |item| {
        let items = list(item).map_err(|_| "a list of weights".to_owned())?;
        let weight = |item| number(item, Range::Within(0.0, 1e6));
        items.iter().map(weight).collect::<Result<Vec<_>, _>>()
    };
    let spec = RegimeSpec {
        volatility: section.number("volatility", VOLATILITY),
        drift: section.number_or("drift", DRIFT, 0.0),
        mean_stay_s: section.number("mean_stay_s", Range::Within(1.0, 3.2e10)),
        next: section.optional("next", weights).unwrap_or_default(),
    };
    section.finish();
    spec
}

fn peg(section: &Section<'_>, names: &Names) -> PegSpec {
    let discount = Range::Within(-5.0, 5.0);
    let size = Range::Within(0.0, 5.0);
    let mean_discount = section.number_or("mean_discount", discount, 0.0);
    let depeg = section.section_if("depeg");
    let spec = PegSpec {
        to: section.optional("to", |item| names.resolve(item)),
        ratio: section.number_or("ratio", Range::Above(0.0, PRICE_MAX), 1.0),
        first_discount: section.number_or("first_discount", discount, mean_discount),
        mean_discount,
        volatility: section.number("volatility", VOLATILITY),
        half_life_s: section.number("half_life_s", SECONDS),
        depeg_intensity: 0.0,
        depeg_mean: 0.0,
        depeg_deviation: 0.0,
        recovery_half_life_s: 0.0,
    };
    let Some(depeg) = depeg else { return spec };
    let spec = PegSpec {
        depeg_intensity: depeg.number("intensity", INTENSITY),
        depeg_mean: depeg.number("mean", size),
        depeg_deviation: depeg.number_or("deviation", size, 0.0),
        recovery_half_life_s: depeg.number("recovery_half_life_s", SECONDS),
        ..spec
    };
    depeg.finish();
    spec
}

fn bootstrap(section: Section<'_>, folder: &Path) -> PriceSpec {
    let lengths = [
        ("geometric", BlockSpec::Geometric),
        ("fixed", BlockSpec::Fixed),
    ];
    let spec = PriceSpec::Bootstrap {
        candles: candles(&section, folder),
        start: section.optional("start", |item| number(item, Range::Above(0.0, PRICE_MAX))),
        draws: BootstrapSpec {
            block_s: section.number_or("block_s", SECONDS, 86_400.0),
            blocks: section.choice_or("blocks", &lengths, BlockSpec::Geometric),
            group: section.whole_or("group", 0, u64::from(u16::MAX), 0),
        },
    };
    section.finish();
    spec
}

fn scale(section: &Section<'_>) -> ScaleSpec {
    let returns = section.optional("scale", |item| number(item, Range::Within(1e-3, 1e3)));
    let fall = section.optional("fall", |item| number(item, SHARE_OPEN));
    let by = [("drift", true), ("returns", false)];
    let by_drift = section.choice_or("fall_by", &by, true);
    if fall.is_none() && section.has("fall_by") {
        section.refuse("fall_by", "has no meaning without the key fall");
    }
    match (returns, fall) {
        (None, None) => ScaleSpec::None,
        (Some(factor), None) => ScaleSpec::Returns(factor),
        (None, Some(share)) if by_drift => ScaleSpec::Drift(share),
        (None, Some(share)) => ScaleSpec::Fall(share),
        (Some(_), Some(_)) => {
            section.refuse("fall", "found beside scale; allowed: one of the two");
            ScaleSpec::None
        }
    }
}

fn shock(section: Section<'_>) -> MoveSpec {
    let spec = MoveSpec {
        time: section.required("time", moment),
        log_move: section.number("move", Range::Within(-20.0, 20.0)),
        over_s: section.whole_or("over_s", 0, 100_000_000, 0),
    };
    section.finish();
    spec
}

fn candles(section: &Section<'_>, folder: &Path) -> CandleFiles {
    CandleFiles {
        files: section.required("file", |item| files(item, folder)),
        layout: layout(section),
    }
}

fn layout(section: &Section<'_>) -> Layout {
    let binance = section.choice_or("layout", &[("ohlcv", false), ("binance", true)], false);
    let columns = section.section_if("columns").map(|columns| {
        let name = |key: &'static str| columns.optional(key, super::section::text);
        let names = ColumnNames {
            time: name("time"),
            open: name("open"),
            high: name("high"),
            low: name("low"),
            close: name("close"),
            price: name("price"),
        };
        columns.finish();
        names
    });
    match (binance, columns) {
        (false, None) => Layout::Ohlcv,
        (false, Some(names)) => Layout::Named(names),
        (true, None) => Layout::Binance,
        (true, Some(_)) => {
            section.refuse(
                "columns",
                "has no meaning with the layout binance, whose columns are fixed",
            );
            Layout::Binance
        }
    }
}

/// Reads the table `[dependence]`, which may be missing.
pub(super) fn dependence(root: &Section<'_>, names: &Names) -> DependenceSpec {
    let Some(section) = root.section_if("dependence") else {
        return DependenceSpec::default();
    };
    let mut correlation: Vec<(AssetId, AssetId, f64)> = Vec::new();
    if let Some(pairs) = section.section_if("correlation") {
        for (key, item) in pairs.entries() {
            match pair(key, item, names) {
                Ok((a, b, value)) => {
                    let known = |(c, d, _): &(AssetId, AssetId, f64)| {
                        (*c, *d) == (a, b) || (*c, *d) == (b, a)
                    };
                    if correlation.iter().any(known) {
                        let message = "tells the correlation of its pair a second time";
                        pairs.problems.add(&item.place, &pairs.key(key), message);
                    }
                    correlation.push((a, b, value));
                }
                Err(message) => pairs.problems.add(&item.place, &pairs.key(key), message),
            }
        }
    }
    let degrees = section.optional("degrees", |item| number(item, Range::Within(1.0, 1_000.0)));
    section.finish();
    DependenceSpec {
        correlation,
        degrees,
    }
}

/// An entry `"A/B" = 0.8`.
fn pair(
    key: &str,
    item: &super::tree::Item,
    names: &Names,
) -> Result<(AssetId, AssetId, f64), String> {
    let asset = |symbol: &str| {
        let refused = |allowed| format!("found {symbol:?} in the key; allowed: {allowed}");
        names.find(symbol).map_err(refused)
    };
    let refused = || format!("found {key:?}; allowed: two assets, such as \"WETH/WBTC\"");
    let (a, b) = key.split_once('/').ok_or_else(refused)?;
    let (a, b) = (asset(a)?, asset(b)?);
    if a == b {
        return Err("names one asset twice; allowed: two assets".to_owned());
    }
    let range = Range::Within(-0.9999, 0.9999);
    let value =
        number(item, range).map_err(|allowed| format!("found {}; allowed: {allowed}", item.raw))?;
    Ok((a, b, value))
}

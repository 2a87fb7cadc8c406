//! The grid of a sweep: axes, the settings of each cell, and what of a scenario its cells share.

use super::designs::Design;
use super::{Loaded, Stage, design_of, digest, overrides};
use crate::failure::Failure;
use backstop_core::protocol::AssetId;
use backstop_io::book::Book;
use backstop_io::inputs::{self, Inputs};
use backstop_io::scenario::{
    self, DepthSpec, EnsembleSpec, GasPriceSpec, GasSpec, LiquiditySpec, Scenario, TimeSpec,
};
use backstop_io::write_atomic;
use backstop_lab::ensemble::Cell;
use serde::{Deserialize, Serialize};
use std::path::Path;
use std::str::FromStr;

/// Most values of one axis.
const VALUES_MAX: usize = 1_000;
/// Digits of a value between the ends of a range.
const DIGITS: usize = 12;

/// A key of the scenario and the values that it takes, as `--set` takes them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Axis {
    /// Dotted key.
    pub(crate) key: String,
    /// At least two, each once.
    pub(crate) values: Vec<String>,
}

impl FromStr for Axis {
    type Err = String;

    /// Reads `key=a..b:n` or `key=a,b,c`.
    fn from_str(text: &str) -> Result<Self, String> {
        let allowed = "allowed: KEY=A..B:N such as impact.depth=0.2..1:5, or KEY=A,B,C";
        let (key, list) = text.split_once('=').ok_or_else(|| allowed.to_owned())?;
        let (key, list) = (key.trim(), list.trim());
        if key.is_empty() || list.is_empty() {
            return Err(allowed.to_owned());
        }
        let values = match list.split_once("..") {
            Some((low, rest)) => range(low, rest).ok_or_else(|| {
                format!("{allowed}; A and B are numbers, N is from 2 to {VALUES_MAX}")
            })?,
            None => list.split(',').map(|v| v.trim().to_owned()).collect(),
        };
        let twice = |i: usize| values.iter().take(i).any(|v| values.get(i) == Some(v));
        if values.iter().any(String::is_empty) || (0..values.len()).any(twice) {
            return Err(format!("{allowed}; each value once, none empty"));
        }
        if !(2..=VALUES_MAX).contains(&values.len()) {
            let found = values.len();
            return Err(format!(
                "found {found} values, allowed: 2 to {VALUES_MAX} ({allowed})"
            ));
        }
        Ok(Self {
            key: key.to_owned(),
            values,
        })
    }
}

/// `n` numbers from `low` to the high end of `high:n`, evenly.
fn range(low: &str, rest: &str) -> Option<Vec<String>> {
    let (high, n) = rest.split_once(':')?;
    let (low, high): (f64, f64) = (low.trim().parse().ok()?, high.trim().parse().ok()?);
    let n: usize = n.trim().parse().ok()?;
    let fits = low.is_finite() && high.is_finite() && low != high;
    if !fits || !(2..=VALUES_MAX).contains(&n) {
        return None;
    }
    let last = (n - 1) as f64;
    let value = |i: usize| {
        let exact = low + (high - low) * (i as f64 / last);
        // Ends as they are typed; between them without what binary fractions add.
        let round = if i == 0 || i + 1 == n {
            exact
        } else {
            format!("{exact:.DIGITS$e}").parse().unwrap_or(exact)
        };
        round.to_string()
    };
    Some((0..n).map(value).collect())
}

/// What is asked where nothing else is: how far prices fall, and how much depth is left.
pub(crate) fn default_axes() -> Vec<Axis> {
    let axis = |key: &str, values: &[&str]| Axis {
        key: key.to_owned(),
        values: values.iter().map(|v| (*v).to_owned()).collect(),
    };
    vec![
        axis("shock.fall", &["0", "0.1", "0.2", "0.3"]),
        axis("impact.depth", &["1", "0.5", "0.25"]),
    ]
}

/// A scenario with its book in its design, from which cells take what they do not change.
pub(crate) struct Base {
    pub(crate) loaded: Loaded,
    pub(crate) design: Box<dyn Design>,
    set: Vec<String>,
    others: OtherDraws,
}

/// What becomes of draws whose paths do not count alike: cells are compared path by path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum OtherDraws {
    /// They are an error.
    Refused,
    /// Paths are drawn plainly in their place.
    Plain,
}

impl OtherDraws {
    fn settle(self, mut scenario: Scenario) -> Result<Scenario, Failure> {
        match self {
            Self::Refused => plain(&scenario)?,
            Self::Plain => scenario.ensemble = EnsembleSpec::default(),
        }
        Ok(scenario)
    }
}

/// One cell ready to run.
pub(crate) struct Opened {
    pub(crate) stage: Box<dyn Stage>,
    /// As [`digest`], of the cell's settings.
    pub(crate) digest: String,
}

impl Base {
    /// Reads a scenario with overrides.
    ///
    /// # Errors
    /// As [`super::load`] and the opening of a design.
    pub(crate) fn open(path: &Path, set: Vec<String>, others: OtherDraws) -> Result<Self, Failure> {
        let read = super::load(path, &set)?;
        let loaded = Loaded {
            scenario: others.settle(read.scenario)?,
            ..read
        };
        let design = (design_of(&loaded)?.open)(&loaded)?;
        Ok(Self {
            loaded,
            design,
            set,
            others,
        })
    }

    /// The scenario with one value of each axis, read and checked.
    ///
    /// # Errors
    /// Every problem of the scenario.
    pub(crate) fn scenario(&self, more: &[String]) -> Result<Scenario, Failure> {
        let mut set = self.set.clone();
        set.extend_from_slice(more);
        let scenario = scenario::load(&self.loaded.scenario.path, &overrides(&set)?)?;
        self.others.settle(scenario)
    }

    /// A cell. What it shares with the base is not made again: neither files nor book where only the
    /// market around the protocol differs, no book where only random prices do.
    ///
    /// # Errors
    /// As [`super::load`] and the opening of a design.
    pub(crate) fn cell(&self, scenario: Scenario) -> Result<Opened, Failure> {
        let ours = &self.loaded.scenario;
        let inputs = if with_market_of(ours, &scenario) == *ours {
            self.market()
        } else {
            inputs::read_market(&scenario)?
        };
        let mut loaded = Loaded {
            scenario,
            inputs,
            path: None,
        };
        if self.same_ledger(&loaded) {
            return self.opened(self.design.as_ref(), &loaded);
        }
        loaded.inputs = inputs::read(&loaded.scenario)?;
        let design = (design_of(&loaded)?.open)(&loaded)?;
        self.opened(design.as_ref(), &loaded)
    }

    /// Settings changed in memory, on the base's book.
    ///
    /// # Errors
    /// As the opening of a design.
    pub(crate) fn changed(&self, loaded: &Loaded) -> Result<Opened, Failure> {
        if self.same_ledger(loaded) {
            return self.opened(self.design.as_ref(), loaded);
        }
        let with_book = Loaded {
            scenario: loaded.scenario.clone(),
            inputs: Inputs {
                book: self.loaded.inputs.book.clone(),
                ..loaded.inputs.clone()
            },
            path: None,
        };
        let design = (design_of(&with_book)?.open)(&with_book)?;
        self.opened(design.as_ref(), &with_book)
    }

    /// The scenario and its files without the book.
    pub(crate) fn without_book(&self) -> Loaded {
        Loaded {
            scenario: self.loaded.scenario.clone(),
            inputs: self.market(),
            path: None,
        }
    }

    fn market(&self) -> Inputs {
        let ours = &self.loaded.inputs;
        Inputs {
            prices: ours.prices.clone(),
            gas: ours.gas.clone(),
            reserves: ours.reserves.clone(),
            shapes: ours.shapes.clone(),
            depths: ours.depths.clone(),
            book: Book::default(),
            notes: Vec::new(),
            spans: ours.spans.clone(),
        }
    }

    fn opened(&self, design: &dyn Design, loaded: &Loaded) -> Result<Opened, Failure> {
        Ok(Opened {
            stage: design.stage(loaded)?,
            digest: digest(loaded),
        })
    }

    /// Whether the ledger at the start, book and all, is the base's.
    fn same_ledger(&self, other: &Loaded) -> bool {
        let ours = &self.loaded;
        let assets = ours.scenario.assets.len();
        let start = |loaded: &Loaded| -> Vec<Option<f64>> {
            let ids = (0..assets).filter_map(|at| u16::try_from(at).ok().map(AssetId));
            let time = loaded.scenario.time.start;
            ids.map(|id| loaded.inputs.price_at(id, time)).collect()
        };
        with_all_but_ledger_of(&ours.scenario, &other.scenario) == ours.scenario
            && start(ours) == start(other)
    }
}

/// Refuses draws whose paths do not count alike: cells are compared path by path.
fn plain(scenario: &Scenario) -> Result<(), Failure> {
    if scenario.ensemble == EnsembleSpec::default() {
        return Ok(());
    }
    let file = scenario.path.display();
    Err(Failure::new(format!(
        "{file}: ensemble: found draws that are not plain or a tilt, allowed for a sweep: \
         draws = \"plain\" without a tilt"
    )))
}

/// A scenario with the market of another, as far as neither files nor the ledger tell it.
fn with_market_of(other: &Scenario, scenario: &Scenario) -> Scenario {
    let mut mixed = Scenario {
        dependence: other.dependence.clone(),
        shock: other.shock.clone(),
        impact: other.impact,
        gas: GasSpec {
            native: scenario.gas.native,
            block_time_s: scenario.gas.block_time_s,
            price: match (&scenario.gas.price, &other.gas.price) {
                (GasPriceSpec::BaseFee(_), GasPriceSpec::BaseFee(fee)) => {
                    GasPriceSpec::BaseFee(*fee)
                }
                (price, _) => price.clone(),
            },
            ..other.gas.clone()
        },
        liquidators: other.liquidators.clone(),
        borrowers: other.borrowers,
        waterfall: other.waterfall.clone(),
        guards: other.guards.clone(),
        governors: other.governors.clone(),
        // What they made of the market and of the ledger stands in the other fields.
        policies: other.policies.clone(),
        ..scenario.clone()
    };
    for (asset, other) in mixed.assets.iter_mut().zip(&other.assets) {
        asset.oracle = other.oracle;
        asset.sources.clone_from(&other.sources);
    }
    for (venue, other) in mixed.venues.iter_mut().zip(&other.venues) {
        let ours = std::mem::replace(venue, other.clone());
        let numbers = |liquidity: &LiquiditySpec| {
            matches!(
                liquidity,
                LiquiditySpec::ConstantProduct { .. }
                    | LiquiditySpec::OrderBook { .. }
                    | LiquiditySpec::SquareRoot { .. }
            )
        };
        if !(numbers(&ours.liquidity) && numbers(&other.liquidity)) {
            venue.liquidity = ours.liquidity;
        }
        let recorded = |depth: &Option<DepthSpec>| depth.as_ref().and_then(|d| d.recorded.clone());
        if recorded(&ours.depth) != recorded(&other.depth) {
            venue.depth = ours.depth;
        }
    }
    mixed
}

/// A scenario with everything of another but what the ledger is opened from, prices at the start
/// apart.
fn with_all_but_ledger_of(other: &Scenario, scenario: &Scenario) -> Scenario {
    let mut mixed = with_market_of(other, scenario);
    mixed.time = TimeSpec {
        start: scenario.time.start,
        ..other.time
    };
    mixed.venues.clone_from(&other.venues);
    mixed.gas.price.clone_from(&other.gas.price);
    for (asset, other) in mixed.assets.iter_mut().zip(&other.assets) {
        asset.price.clone_from(&other.price);
    }
    mixed
}

/// Name of the file with the cells that are done.
pub(crate) const SWEEP_TOTALS: &str = "sweep-totals.json";
const FORMAT: &str = "backstop-sweep-totals/1";

/// What is kept of a sweep between runs.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct KeptSweep {
    format: String,
    /// Of the base.
    digest: String,
    axes: Vec<Axis>,
    seed: u64,
    paths: u64,
    /// One a cell, the last axis running fastest; nothing where it is not done.
    pub(crate) cells: Vec<Option<KeptCell>>,
}

/// A cell that is done.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct KeptCell {
    /// Of the cell's settings.
    pub(crate) digest: String,
    pub(crate) totals: Cell,
}

impl KeptSweep {
    /// Nothing done yet.
    pub(crate) fn new(base: &Base, axes: Vec<Axis>, paths: u64) -> Self {
        let cells = axes.iter().map(|axis| axis.values.len()).product();
        Self {
            format: FORMAT.to_owned(),
            digest: digest(&base.loaded),
            seed: base.loaded.scenario.seed,
            axes,
            paths,
            cells: vec![None; cells],
        }
    }

    /// Overrides of a cell by its number, one an axis.
    pub(crate) fn set(&self, cell: usize) -> Vec<String> {
        let mut set = Vec::new();
        let mut left = cell;
        for axis in self.axes.iter().rev() {
            let value = axis.values.get(left % axis.values.len());
            left /= axis.values.len();
            set.push(format!("{}={}", axis.key, value.map_or("", String::as_str)));
        }
        set.reverse();
        set
    }

    /// Takes over the cells of a file of the same sweep.
    ///
    /// # Errors
    /// When it cannot be read, or is another sweep's.
    pub(crate) fn resume(&mut self, file: &Path) -> Result<(), Failure> {
        if !file.exists() {
            return Ok(());
        }
        let wrong = |why: String| Failure::new(format!("{}: {why}", file.display()));
        let text =
            std::fs::read(file).map_err(|error| wrong(format!("cannot be read: {error}")))?;
        let kept: Self = serde_json::from_slice(&text).map_err(|error| wrong(error.to_string()))?;
        let other = if kept.format != FORMAT {
            Some(format!(
                "format: found {:?}, allowed: {FORMAT}",
                kept.format
            ))
        } else if kept.seed != self.seed {
            Some(format!("seed: found {}, wanted {}", kept.seed, self.seed))
        } else if kept.paths != self.paths {
            let (found, wanted) = (kept.paths, self.paths);
            Some(format!("paths: found {found}, wanted {wanted}"))
        } else if kept.axes != self.axes || kept.cells.len() != self.cells.len() {
            Some("axes: the grid is not the same".to_owned())
        } else if kept.digest != self.digest {
            Some("digest: the scenario, its overrides or its files are not the same".to_owned())
        } else {
            None
        };
        match other {
            Some(why) => Err(wrong(format!("cannot go on from another sweep: {why}"))),
            None => {
                self.cells = kept.cells;
                Ok(())
            }
        }
    }

    /// Writes the file whole or not at all.
    ///
    /// # Errors
    /// When the system refuses.
    pub(crate) fn write(&self, file: &Path) -> Result<(), Failure> {
        Ok(write_atomic(file, &serde_json::to_vec(self)?)?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use backstop_lab::ensemble::SWEPT;
    use std::path::PathBuf;

    fn owned(values: &[&str]) -> Vec<String> {
        values.iter().map(|v| (*v).to_owned()).collect()
    }

    #[test]
    fn axes_are_ranges_or_lists() {
        for (text, key, values) in [
            ("a.b=0..1:3", "a.b", &["0", "0.5", "1"][..]),
            (
                "shock.fall = 0.1..0.4:4",
                "shock.fall",
                &["0.1", "0.2", "0.3", "0.4"],
            ),
            ("n=5..1:5", "n", &["5", "4", "3", "2", "1"]),
            ("x=-1e-3..1e-3:3", "x", &["-0.001", "0", "0.001"]),
            (
                "protocol.version=3.3, 3.7",
                "protocol.version",
                &["3.3", "3.7"],
            ),
        ] {
            let axis: Axis = text.parse().unwrap();
            assert_eq!((axis.key.as_str(), axis.values), (key, owned(values)));
        }
        for text in [
            "",
            "a",
            "=1,2",
            "a=",
            "a=1",
            "a=1,1",
            "a=1,,2",
            "a=0..1",
            "a=0..1:1",
            "a=0..1:x",
            "a=1..1:3",
            "a=nan..1:3",
            "a=0..inf:3",
            "a=0..1:1001",
            "a=b..c:3",
        ] {
            assert!(text.parse::<Axis>().is_err(), "{text}");
        }
    }

    fn base() -> Base {
        let root = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../..");
        let set = ["book.synthetic.accounts=50", "time.step_s=21600"];
        let set = set.map(str::to_owned).to_vec();
        Base::open(
            &root.join("scenarios/one-day.toml"),
            set,
            OtherDraws::Refused,
        )
        .unwrap()
    }

    /// Whatever a cell shares with the base, it is the cell that a run of its own would be.
    #[test]
    fn shared_cells_are_those_of_a_run_of_their_own() {
        let base = base();
        let never = || std::ops::ControlFlow::Continue(());
        for more in [
            "impact.depth=0.2",
            "shock.fall=0.4",
            "dependence.correlation={}",
            "liquidators.0.count=1",
            "gas.initial_gwei=50",
            "oracle.delay_s=600",
            "venues.0.daily_volume=1000",
            "borrowers.budget_share=0",
            "assets.WETH.price.merton.volatility=3",
            "assets.WETH.price.merton.start=2900",
            "assets.WETH.liquidation_bonus_bps=800",
            "book.synthetic.total_debt_usd=1e9",
            "time.step_s=43200",
            "seed=9",
        ] {
            let more = more.to_owned();
            let cell = base.scenario(std::slice::from_ref(&more)).unwrap();
            let got = base
                .cell(cell)
                .unwrap()
                .stage
                .values(0..3, &SWEPT, &never)
                .unwrap();
            let mut set = base.set.clone();
            set.push(more.clone());
            let alone = Base::open(&base.loaded.scenario.path, set, OtherDraws::Refused).unwrap();
            let stage = alone.design.stage(&alone.loaded).unwrap();
            assert_eq!(got, stage.values(0..3, &SWEPT, &never).unwrap(), "{more}");
        }
    }

    #[test]
    fn cells_count_with_the_last_axis_fastest() {
        let base = base();
        let axes = ["a=1,2", "b=x,y,z"].map(|text| text.parse::<Axis>().unwrap());
        let kept = KeptSweep::new(&base, axes.to_vec(), 10);
        let sets: Vec<String> = (0..kept.cells.len())
            .map(|i| kept.set(i).join(" "))
            .collect();
        let want = [
            "a=1 b=x", "a=1 b=y", "a=1 b=z", "a=2 b=x", "a=2 b=y", "a=2 b=z",
        ];
        assert_eq!(sets, want);
    }
}

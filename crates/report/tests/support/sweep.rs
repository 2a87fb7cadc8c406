//! Sweeps, drivers and maps made by a small generator, for tests and the example.

use super::support;
use backstop_core::protocol::AssetId;
use backstop_lab::cascade::{Crossing, Direction, Reproduction};
use backstop_lab::ensemble::{Cell, Level, PathValues, SWEPT, difference};
use backstop_report::{
    BookCascade, BookPoint, CascadeMap, DepthPoint, DriverRow, DriverSide, DriversReport,
    LiquidationMap, MapReport, RunContext, SweepAxis, SweepReport,
};

fn context(command: &str) -> RunContext {
    RunContext {
        title: "A made-up day".into(),
        question: "How much bad debt does a day leave if prices fall and depth shrinks?".into(),
        command: command.into(),
        ..support::context()
    }
}

fn axis(key: &str, values: &[&str]) -> SweepAxis {
    SweepAxis {
        key: key.into(),
        values: values.iter().map(|v| (*v).to_owned()).collect(),
    }
}

/// Paths whose losses grow with a fall and shrink with depth.
fn paths(count: u64, fall: f64, depth: f64) -> Vec<PathValues> {
    let mut noise = support::Noise::new();
    let one = |_| {
        let down = fall - 0.04 * (1.0 - noise.next()).ln();
        let seized = 9e8 * (down - 0.05).max(0.0).powf(1.4);
        let bad_debt = seized * 0.3 * (down - 0.2).max(0.0) / depth.sqrt();
        let told = down > 0.0;
        PathValues {
            values: vec![
                Some(bad_debt),
                Some(seized),
                told.then_some(1.0 + 0.3 * down / depth),
                Some((seized / 1e5).floor()),
            ],
            stopped: false,
        }
    };
    (0..count).map(one).collect()
}

fn cell(count: u64, fall: f64, depth: f64) -> Cell {
    let mut cell = Cell::default();
    paths(count, fall, depth)
        .iter()
        .for_each(|path| cell.add(path));
    cell
}

/// A sweep and its texts; [`SweepReport`] borrows them.
pub(crate) struct Sweep {
    pub(crate) context: RunContext,
    pub(crate) axes: Vec<SweepAxis>,
    pub(crate) cells: Vec<Option<Cell>>,
    paths: u64,
}

impl Sweep {
    /// Falls against depths.
    pub(crate) fn two_keys(paths: u64) -> Self {
        let axes = vec![
            axis("shock.fall", &["0", "0.1", "0.2", "0.3", "0.4", "0.5"]),
            axis("impact.depth", &["1", "0.5", "0.25", "0.1"]),
        ];
        let numbers = |axis: &SweepAxis| -> Vec<f64> {
            axis.values.iter().map(|v| v.parse().unwrap()).collect()
        };
        let (falls, depths) = (numbers(&axes[0]), numbers(&axes[1]));
        let cells = falls.iter().flat_map(|fall| {
            depths
                .iter()
                .map(move |depth| Some(cell(paths, *fall, *depth)))
        });
        Self {
            context: context("backstop sweep sample.toml"),
            cells: cells.collect(),
            axes,
            paths,
        }
    }

    /// Numbers of liquidators.
    pub(crate) fn one_key(paths: u64) -> Self {
        let axis = axis("liquidators.0.count", &["1", "3", "10", "5"]);
        let cells = [0.5, 0.7, 1.0, 0.8].map(|depth| Some(cell(paths, 0.25, depth)));
        Self {
            context: context("backstop sweep sample.toml --over liquidators.0.count=1,3,10,5"),
            axes: vec![axis],
            cells: cells.to_vec(),
            paths,
        }
    }

    /// A sweep in which nothing is lost.
    pub(crate) fn quiet() -> Self {
        let mut quiet = Cell::default();
        for _ in 0..10 {
            quiet.add(&PathValues {
                values: vec![Some(0.0), Some(0.0), None, Some(0.0)],
                stopped: false,
            });
        }
        Self {
            axes: vec![axis("oracle.delay_s", &["0", "60"])],
            cells: vec![Some(quiet.clone()), Some(quiet)],
            ..Self::one_key(10)
        }
    }

    pub(crate) fn report<T>(&self, of: impl FnOnce(&SweepReport<'_>) -> T) -> T {
        let cells: Vec<Option<&Cell>> = self.cells.iter().map(Option::as_ref).collect();
        of(&SweepReport {
            context: &self.context,
            axes: &self.axes,
            cells: &cells,
            seed: 7,
            paths: self.paths,
            horizon_s: 86_400,
            falling: &["WETH".to_owned(), "WBTC".to_owned()],
        })
    }
}

/// Drivers and their texts.
pub(crate) struct Drivers {
    context: RunContext,
    rows: Vec<DriverRow>,
    bad_debt: Vec<f64>,
    seized: Vec<f64>,
    pub(crate) changes: usize,
}

impl Drivers {
    pub(crate) fn some() -> Self {
        let figures = |fall: f64, depth: f64| -> (Vec<f64>, Vec<f64>) {
            let paths = paths(800, fall, depth);
            let of = |name: &str| -> Vec<f64> {
                let at = SWEPT.iter().position(|swept| *swept == name).unwrap();
                paths.iter().map(|path| path.values[at].unwrap()).collect()
            };
            (of("bad_debt"), of("seized"))
        };
        let standing = figures(0.2, 1.0);
        let side = |fall: f64, depth: f64| {
            let changed = figures(fall, depth);
            Some(DriverSide {
                bad_debt: difference(&standing.0, &changed.0, Level(0.99)).unwrap(),
                seized: difference(&standing.1, &changed.1, Level(0.99)).unwrap(),
            })
        };
        let row = |label, sides| DriverRow {
            label,
            words: ["half", "twice"],
            sides,
        };
        let rows = vec![
            row("Price of gas", [side(0.2, 1.0), side(0.2, 1.0)]),
            row("Depth of venues", [side(0.2, 0.5), side(0.2, 2.0)]),
            row("Oracle delay", [None, side(0.21, 1.0)]),
            row("Volatility", [side(0.15, 1.0), side(0.3, 1.0)]),
            row("Correlation", [None, None]),
        ];
        Self {
            context: context("backstop sweep sample.toml --drivers"),
            rows,
            bad_debt: standing.0,
            seized: standing.1,
            changes: 7,
        }
    }

    /// Before the first path.
    pub(crate) fn none() -> Self {
        Self {
            rows: Vec::new(),
            bad_debt: Vec::new(),
            seized: Vec::new(),
            ..Self::some()
        }
    }

    pub(crate) fn report<T>(&self, of: impl FnOnce(&DriversReport<'_>) -> T) -> T {
        of(&DriversReport {
            context: &self.context,
            rows: &self.rows,
            bad_debt: &self.bad_debt,
            seized: &self.seized,
            level: Level(0.99),
            seed: 7,
            paths: self.bad_debt.len() as u64,
            horizon_s: 86_400,
            changes: self.changes,
        })
    }
}

/// Maps with what selling does.
pub(crate) struct Map {
    context: RunContext,
    maps: Vec<LiquidationMap>,
    pub(crate) cascades: Vec<CascadeMap>,
    pub(crate) book: Option<BookCascade>,
}

impl Map {
    /// One asset on which selling feeds on itself between two prices, and one on which it dies out.
    pub(crate) fn two() -> Self {
        let mut maps = support::maps();
        maps.truncate(1);
        let mut other = maps[0].clone();
        other.asset = AssetId(maps[0].asset.0 + 1);
        other.symbol = "WBTC".into();
        maps.push(other);
        let cascade = |map: &LiquidationMap, most: f64| {
            let start = map.price_start;
            let point = |i: u32| {
                let fall = 0.6 * f64::from(i) / 199.0;
                let r = most * (-((fall - 0.25) / 0.1).powi(2)).exp();
                Reproduction {
                    price: start * (1.0 - fall),
                    tokens: 1e4 * r,
                    fall: 0.02 * r,
                    r,
                }
            };
            let crossing = |fall: f64, direction| Crossing {
                price: start * (1.0 - fall),
                direction,
            };
            let crosses = vec![
                crossing(0.186, Direction::Rises),
                crossing(0.314, Direction::Falls),
            ];
            let sale = |i: u32| DepthPoint {
                usd: 1e6 * f64::from(i),
                loss: 0.0005 + 0.004 * f64::from(i).sqrt(),
            };
            CascadeMap {
                asset: map.asset,
                symbol: map.symbol.clone(),
                price_start: start,
                window: 0.02,
                points: (0..200).map(point).collect(),
                crossings: if most > 1.0 { crosses } else { Vec::new() },
                bonus: 0.045,
                largest_sale: Some(1.1e8 / start),
                depth: (1..=60).map(|i| sale(i * 5)).collect(),
            }
        };
        Self {
            context: context("backstop map sample.toml --window 0.02"),
            cascades: vec![cascade(&maps[0], 1.5), cascade(&maps[1], 0.6)],
            book: Some(across(&maps)),
            maps,
        }
    }

    pub(crate) fn report<T>(&self, of: impl FnOnce(&MapReport<'_>) -> T) -> T {
        of(&MapReport {
            oracles: &[],
            context: &self.context,
            maps: &self.maps,
            cascades: &self.cascades,
            book: self.book.as_ref(),
        })
    }
}

/// Two assets whose accounts hold both.
fn across(maps: &[LiquidationMap]) -> BookCascade {
    let point = |i: u32| {
        let fall = 0.01 * f64::from(i);
        let most = 1.2 * (-((fall - 0.25) / 0.1).powi(2)).exp();
        BookPoint {
            fall,
            radius: most,
            matrix: vec![vec![0.8 * most, 0.4 * most], vec![0.2 * most, 0.6 * most]],
        }
    };
    BookCascade {
        symbols: maps.iter().map(|map| map.symbol.clone()).collect(),
        window: 0.02,
        points: (0..=60).map(point).collect(),
    }
}

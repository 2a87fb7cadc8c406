//! What paths add up to.

use super::figures::{FALL, Figures, metrics};
use super::sum::{Distribution, Sum};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// How many of the worst paths are kept.
pub const WORST_KEPT: usize = 20;
/// Most points in time of the fan.
const FAN_POINTS: usize = 96;
/// Falls are counted by whole percent.
const FALL_BINS: f64 = 100.0;

/// Everything that paths add up to. Equal sets of paths give equal totals, in whatever order and
/// pieces they came.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Totals {
    /// Number of paths.
    pub paths: u64,
    /// Paths that the ledger stopped.
    pub stopped: u64,
    /// By name of the metric.
    pub figures: BTreeMap<String, Distribution>,
    /// Collateral taken by asset, USD.
    pub taken: Vec<Distribution>,
    /// The paths with the largest bad debt.
    pub worst: Vec<WorstPath>,
    /// What accounts lost, by account; those that lost nothing on any path have no entry.
    pub accounts: BTreeMap<u32, AccountLosses>,
    /// By whole percent of the largest fall, cut.
    pub falls: BTreeMap<u16, FallBin>,
    /// Points in time of the lead asset's price.
    pub fan: Vec<FanStep>,
}

/// A path to look at.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct WorstPath {
    /// Number of the path.
    pub path: u64,
    /// Bad debt, USD.
    pub bad_debt: f64,
    /// Collateral taken, USD.
    pub seized: f64,
    /// Largest fall, share.
    pub fall: f64,
}

/// What one account lost over all paths.
#[derive(Clone, Debug, Default, Serialize, Deserialize, PartialEq, Eq)]
pub struct AccountLosses {
    /// Collateral taken, USD; one term a path in which something was taken.
    pub taken: Sum,
    /// Bad debt left, USD; one term a path in which some was left.
    pub bad_debt: Sum,
}

/// Paths whose largest fall lies in one whole percent.
#[derive(Clone, Debug, Default, Serialize, Deserialize, PartialEq, Eq)]
pub struct FallBin {
    /// Bad debt, USD.
    pub bad_debt: Sum,
    /// Collateral taken, USD.
    pub seized: Sum,
}

/// The lead asset's price at one time.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct FanStep {
    /// Number of the step.
    pub step: u32,
    /// Price over the first price, with feedback.
    pub with: Distribution,
    /// The same without feedback.
    pub without: Distribution,
}

impl Totals {
    /// Nothing yet, over so many assets.
    pub fn new(assets: usize) -> Self {
        let figures = metrics().map(|metric| (metric.name.to_owned(), Distribution::default()));
        Self {
            figures: figures.collect(),
            taken: vec![Distribution::default(); assets],
            ..Self::default()
        }
    }

    /// Adds a path.
    pub fn add(&mut self, path: &Figures) {
        self.paths += 1;
        self.stopped += u64::from(path.stopped);
        for (metric, value) in metrics().zip(&path.values) {
            if let (Some(all), Some(value)) = (self.figures.get_mut(metric.name), value) {
                all.add(*value);
            }
        }
        for (all, taken) in self.taken.iter_mut().zip(&path.taken_usd) {
            all.add(*taken);
        }
        for (account, taken, bad_debt) in &path.accounts {
            let losses = self.accounts.entry(*account).or_default();
            for (sum, term) in [
                (&mut losses.taken, *taken),
                (&mut losses.bad_debt, *bad_debt),
            ] {
                if term > 0.0 {
                    sum.add(term);
                }
            }
        }
        let figure = |name| path.value(name).unwrap_or(0.0);
        let worst = WorstPath {
            path: path.path,
            bad_debt: figure("bad_debt"),
            seized: figure("seized"),
            fall: figure(FALL.name),
        };
        self.count_fall(&worst);
        self.worst.push(worst);
        self.keep_worst();
        self.add_fan(&path.fan);
    }

    fn count_fall(&mut self, path: &WorstPath) {
        let percent = (path.fall * FALL_BINS).floor().clamp(0.0, FALL_BINS) as u16;
        let bin = self.falls.entry(percent).or_default();
        bin.bad_debt.add(path.bad_debt);
        bin.seized.add(path.seized);
    }

    fn keep_worst(&mut self) {
        self.worst.sort_by(|a, b| {
            let larger = b.bad_debt.total_cmp(&a.bad_debt);
            let taken = b.seized.total_cmp(&a.seized);
            larger.then(taken).then(a.path.cmp(&b.path))
        });
        self.worst.truncate(WORST_KEPT);
    }

    fn add_fan(&mut self, fan: &[[f64; 2]]) {
        let steps = shown(fan.len());
        if self.fan.is_empty() {
            let step = |at: &usize| FanStep {
                step: u32::try_from(*at).unwrap_or(u32::MAX),
                ..FanStep::default()
            };
            self.fan = steps.iter().map(step).collect();
        }
        for (all, at) in self.fan.iter_mut().zip(steps) {
            let [with, without] = fan.get(at).copied().unwrap_or([f64::NAN; 2]);
            if with.is_finite() && without.is_finite() {
                all.with.add(with);
                all.without.add(without);
            }
        }
    }

    /// Adds the totals of other paths.
    pub fn merge(&mut self, other: &Self) {
        self.paths += other.paths;
        self.stopped += other.stopped;
        for (name, more) in &other.figures {
            self.figures.entry(name.clone()).or_default().merge(more);
        }
        for (all, more) in self.taken.iter_mut().zip(&other.taken) {
            all.merge(more);
        }
        for (account, more) in &other.accounts {
            let losses = self.accounts.entry(*account).or_default();
            losses.taken.merge(&more.taken);
            losses.bad_debt.merge(&more.bad_debt);
        }
        for (percent, more) in &other.falls {
            let bin = self.falls.entry(*percent).or_default();
            bin.bad_debt.merge(&more.bad_debt);
            bin.seized.merge(&more.seized);
        }
        self.worst.extend(other.worst.iter().copied());
        self.keep_worst();
        if self.fan.is_empty() {
            self.fan.clone_from(&other.fan);
        } else {
            for (all, more) in self.fan.iter_mut().zip(&other.fan) {
                all.with.merge(&more.with);
                all.without.merge(&more.without);
            }
        }
    }

    /// One figure's distribution, by the metric's name.
    pub fn figure(&self, name: &str) -> Option<&Distribution> {
        self.figures.get(name)
    }
}

/// Steps of the fan: all of them, or evenly placed ones with the last.
fn shown(steps: usize) -> Vec<usize> {
    let points = steps.min(FAN_POINTS);
    (1..=points).map(|i| i * steps / points - 1).collect()
}

//! What paths add up to.

use super::draws::{ONE, Place};
use super::figures::{FALL, Figures, metrics};
use super::sum::{Distribution, Sum, Tally, text};
use ahash::AHasher;
use serde::{Deserialize, Serialize, Serializer};
use std::collections::{BTreeMap, HashMap};
use std::hash::BuildHasherDefault;

/// How many of the worst paths are kept.
pub const WORST_KEPT: usize = 20;
/// Most points in time of the fan.
const FAN_POINTS: usize = 96;
/// Falls are counted by whole percent.
const FALL_BINS: f64 = 100.0;

/// What accounts lost, by account. Its hashes need not withstand anybody: their keys are our own.
pub type ByAccount = HashMap<u32, AccountLosses, BuildHasherDefault<AHasher>>;

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
    /// Collateral at risk by asset, USD.
    pub at_risk: Vec<Distribution>,
    /// The paths with the largest bad debt.
    pub worst: Vec<WorstPath>,
    /// What accounts lost, by account; those that neither lost anything nor were at risk on any path have no
    /// entry. Without an order, which paths that touch hundreds of accounts would pay for.
    #[serde(serialize_with = "in_order")]
    pub accounts: ByAccount,
    /// By whole percent of the largest fall, cut.
    pub falls: BTreeMap<u16, FallBin>,
    /// Points in time of the lead asset's price.
    pub fan: Vec<FanStep>,
    /// Weights of the paths, where they have weights.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub weights: Option<Weights>,
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

/// Weights of paths that are drawn from another law than the model's.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Weights {
    /// Of all paths.
    pub all: Sum,
    /// Of the paths that leave bad debt.
    pub with_bad_debt: Sum,
}

impl Weights {
    /// Number of independent paths of equal weight that would tell a mean as well as paths of these
    /// weights do, (Σw)² ÷ Σw² (Kong, 1992); nothing without weights.
    pub fn effective(of: &Sum) -> Option<f64> {
        let (n, mean) = (of.count() as f64, of.mean()?);
        let squares = of.variance()? * (n - 1.0) / n + mean * mean;
        (squares > 0.0).then(|| n * mean * mean / squares)
    }
}

/// What one account lost over all paths, and how often its collateral was at risk.
#[derive(Clone, Debug, Default, Serialize, Deserialize, PartialEq)]
pub struct AccountLosses {
    /// Collateral taken, USD; one term a path in which something was taken.
    pub taken: Tally,
    /// Bad debt left, USD; one term a path in which some was left.
    pub bad_debt: Tally,
    /// On the paths on which it was liquidated or softened or ends in breach.
    pub at_risk: AtRisk,
}

/// Collateral that was at risk: on some paths, all that the account had at the start.
#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize, PartialEq)]
pub struct AtRisk {
    /// The collateral at the start, USD: the same on every path.
    pub collateral: f64,
    /// Sum of the weights of these paths, in units of 2⁻⁴⁸.
    #[serde(with = "text")]
    weight: u128,
}

impl AtRisk {
    fn add(&mut self, collateral: f64, place: Option<Place>) {
        let weight = place.and_then(|place| place.weight).unwrap_or(ONE);
        self.merge(&Self {
            collateral,
            weight: u128::from(weight),
        });
    }

    fn merge(&mut self, other: &Self) {
        // Whichever comes first: a maximum has no order.
        self.collateral = self.collateral.max(other.collateral);
        self.weight += other.weight;
    }

    /// How many paths these count for: their number, or the sum of their weights.
    pub fn mass(&self) -> f64 {
        self.weight as f64 / ONE as f64
    }

    /// Collateral at risk summed over the paths, of collateral times weights where they have weights, USD.
    pub fn total(&self) -> f64 {
        self.collateral * self.mass()
    }
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
            at_risk: vec![Distribution::default(); assets],
            ..Self::default()
        }
    }

    /// Adds a path.
    pub fn add(&mut self, path: &Figures) {
        self.paths += 1;
        self.stopped += u64::from(path.stopped);
        for (metric, value) in metrics().zip(&path.values) {
            if let (Some(all), Some(value)) = (self.figures.get_mut(metric.name), value) {
                all.add_of(*value, path.place);
            }
        }
        let by_asset = [
            (&mut self.taken, &path.taken_usd),
            (&mut self.at_risk, &path.at_risk_usd),
        ];
        for (all, usd) in by_asset {
            for (all, usd) in all.iter_mut().zip(usd) {
                all.add_of(*usd, path.place);
            }
        }
        for one in &path.accounts {
            let losses = self.accounts.entry(one.account).or_default();
            for (sum, term) in [
                (&mut losses.taken, one.taken),
                (&mut losses.bad_debt, one.bad_debt),
            ] {
                if term > 0.0 {
                    sum.add_of(term, path.place);
                }
            }
            if let Some(collateral) = one.at_risk {
                losses.at_risk.add(collateral, path.place);
            }
        }
        let figure = |name| path.value(name).unwrap_or(0.0);
        let worst = WorstPath {
            path: path.path,
            bad_debt: figure("bad_debt"),
            seized: figure("seized"),
            fall: figure(FALL.name),
        };
        self.count_fall(&worst, path.place);
        self.weigh(path.place, worst.bad_debt);
        self.worst.push(worst);
        self.keep_worst();
        self.add_fan(&path.fan, path.place);
    }

    fn weigh(&mut self, place: Option<Place>, bad_debt: f64) {
        let Some(weight) = place.and_then(|place| place.weight) else {
            return;
        };
        let weight = weight as f64 / ONE as f64;
        let weights = self.weights.get_or_insert_default();
        weights.all.add(weight);
        if bad_debt > 0.0 {
            weights.with_bad_debt.add(weight);
        }
    }

    fn count_fall(&mut self, path: &WorstPath, place: Option<Place>) {
        let percent = (path.fall * FALL_BINS).floor().clamp(0.0, FALL_BINS) as u16;
        let bin = self.falls.entry(percent).or_default();
        bin.bad_debt.add_of(path.bad_debt, place);
        bin.seized.add_of(path.seized, place);
    }

    fn keep_worst(&mut self) {
        self.worst.sort_by(|a, b| {
            let larger = b.bad_debt.total_cmp(&a.bad_debt);
            let taken = b.seized.total_cmp(&a.seized);
            larger.then(taken).then(a.path.cmp(&b.path))
        });
        self.worst.truncate(WORST_KEPT);
    }

    fn add_fan(&mut self, fan: &[[f64; 2]], place: Option<Place>) {
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
                all.with.add_weighted(with, place);
                all.without.add_weighted(without, place);
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
        let by_asset = [
            (&mut self.taken, &other.taken),
            (&mut self.at_risk, &other.at_risk),
        ];
        for (all, more) in by_asset {
            for (all, more) in all.iter_mut().zip(more) {
                all.merge(more);
            }
        }
        for (account, more) in &other.accounts {
            let losses = self.accounts.entry(*account).or_default();
            losses.taken.merge(&more.taken);
            losses.bad_debt.merge(&more.bad_debt);
            losses.at_risk.merge(&more.at_risk);
        }
        for (percent, more) in &other.falls {
            let bin = self.falls.entry(*percent).or_default();
            bin.bad_debt.merge(&more.bad_debt);
            bin.seized.merge(&more.seized);
        }
        if let Some(more) = &other.weights {
            let weights = self.weights.get_or_insert_default();
            weights.all.merge(&more.all);
            weights.with_bad_debt.merge(&more.with_bad_debt);
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

    /// How many paths these count for: their number, or the sum of their weights.
    pub fn mass(&self) -> f64 {
        let weights = self.weights.as_ref();
        weights.map_or(self.paths as f64, |weights| weights.all.total())
    }

    /// One figure's distribution, by the metric's name.
    pub fn figure(&self, name: &str) -> Option<&Distribution> {
        self.figures.get(name)
    }
}

/// Files do not depend on where a table puts its rows.
fn in_order<S: Serializer>(accounts: &ByAccount, to: S) -> Result<S::Ok, S::Error> {
    to.collect_map(accounts.iter().collect::<BTreeMap<_, _>>())
}

/// Steps of the fan: all of them, or evenly placed ones with the last.
fn shown(steps: usize) -> Vec<usize> {
    let points = steps.min(FAN_POINTS);
    (1..=points).map(|i| i * steps / points - 1).collect()
}

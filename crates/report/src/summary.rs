//! The figures of a run in one place: totals, falls of price, who paid, amplification.
//!
//! Totals of flows are sums over [`PathRecord::steps`], so that they end where the plots end.

use backstop_core::protocol::AssetId;
use backstop_lab::metrics::amplification_of;
use backstop_lab::record::{Miss, PathRecord, StepRow};
use serde::Serialize;

/// What happened in one run. Money is in USD; shares are of one.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Summary {
    /// Seed of the path.
    pub seed: u64,
    /// Whether the path was stopped before its end.
    pub interrupted: bool,
    /// Why the ledger could not go on, where that ended the path.
    pub stopped: Option<String>,
    /// Hash of the protocol's state at the end, hexadecimal.
    pub state_hash: String,
    /// Time of the first step, seconds since 1970.
    pub time_start: u64,
    /// Time of the last step, seconds since 1970.
    pub time_end: u64,
    /// How many steps.
    pub steps: u64,
    /// Accounts that had debt at the start.
    pub accounts: u64,
    /// Accounts that were liquidated at least once.
    pub accounts_liquidated: u64,
    /// Most accounts in breach after any step.
    pub accounts_breached_max: u64,
    /// Accounts still in breach at the end.
    pub accounts_breached_end: u64,
    /// Liquidations.
    pub liquidations: u64,
    /// Debt repaid by liquidators.
    pub repaid_usd: f64,
    /// Collateral seized at oracle prices, protocol fee included.
    pub seized_usd: f64,
    /// Liquidators' bonus at oracle prices.
    pub bonus_usd: f64,
    /// Borrowers' loss: seized less debt cleared.
    pub penalty_usd: f64,
    /// Protocol's fee.
    pub fee_usd: f64,
    /// Gas of liquidators, lost attempts included.
    pub gas_usd: f64,
    /// Largest price of gas, gwei.
    pub gas_gwei_max: f64,
    /// Value of the collateral less what the venues paid for it, later sales of kept collateral
    /// included.
    pub slippage_usd: f64,
    /// Liquidators' net profit.
    pub liquidators_profit_usd: f64,
    /// Collateral that liquidators still hold, at the last outside price.
    pub inventory_usd: f64,
    /// Debt written off in the run.
    pub deficit_usd: f64,
    /// Debt above collateral at the end, not written off.
    pub shortfall_usd: f64,
    /// Deficits paid by the waterfall.
    pub covered_usd: f64,
    /// Payments by layer, in the order of first payment.
    pub layers: Vec<LayerSummary>,
    /// Attempts that did not go through.
    pub misses: MissSummary,
    /// Borrowers' own moves.
    pub reactions: u64,
    /// Value of the borrowers' own moves.
    pub reactions_usd: f64,
    /// One entry an asset.
    pub assets: Vec<AssetSummary>,
    /// Position in `assets` of the asset that the headline speaks of.
    pub main_asset: Option<usize>,
    /// Against the paired run without feedback, where there is one.
    pub amplification: Option<Amplification>,
}

/// What one layer of the waterfall paid.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct LayerSummary {
    /// The layer's name.
    pub layer: String,
    /// How often it paid.
    pub payments: u64,
    /// How much it paid.
    pub usd: f64,
    /// What it holds afterwards; `None` is without limit.
    pub left_usd: Option<f64>,
}

/// Attempts that did not go through, by reason.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct MissSummary {
    /// Another liquidator was first.
    pub outrun: u64,
    /// Did not fit the block and had to wait; once for a liquidator and account.
    pub block_full: u64,
    /// Refused by the ledger.
    pub rejected: u64,
    /// Held back by a guard; not written without any.
    #[serde(skip_serializing_if = "nothing")]
    pub guarded: u64,
    /// Gas paid for nothing.
    pub gas_usd: f64,
}

#[allow(
    clippy::trivially_copy_pass_by_ref,
    reason = "the signature is that of the derive"
)]
fn nothing(count: &u64) -> bool {
    *count == 0
}

impl MissSummary {
    /// All of them.
    pub fn total(&self) -> u64 {
        self.outrun + self.block_full + self.rejected + self.guarded
    }
}

/// One asset over the run.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct AssetSummary {
    /// Ticker.
    pub symbol: String,
    /// Outside price.
    pub outside: Option<Fall>,
    /// Oracle's answer.
    pub oracle: Option<Fall>,
    /// Mid price of the venues.
    pub venue: Option<Fall>,
    /// Largest share by which the oracle stood above the outside price.
    pub oracle_above_max: f64,
    /// Collateral of this asset seized at oracle prices, protocol fee included.
    pub seized_usd: f64,
    /// Debt in this asset repaid.
    pub repaid_usd: f64,
}

/// How far a price fell: from the first price of the run to its lowest.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct Fall {
    /// First price of the run.
    pub first: f64,
    /// Last price of the run.
    pub last: f64,
    /// Lowest price.
    pub low: f64,
    /// When it was reached first, seconds since 1970.
    pub low_time: u64,
    /// `(first − low) / first`.
    pub share: f64,
}

/// One figure in both runs of a pair.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct Paired {
    /// With the feedback of sales on prices.
    pub with: f64,
    /// Without.
    pub without: f64,
}

/// How much of the fall of the oracle's price the forced selling caused.
///
/// The oracle's price is compared, because sales move the venues in both runs of the pair; only
/// whether the oracle and the outside price see them differs.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Amplification {
    /// Position of the asset in the list of assets.
    pub asset: usize,
    /// Fall of the oracle's price below its first answer.
    pub fall: Paired,
    /// Lowest oracle price.
    pub low: Paired,
    /// `(fall with − fall without) / fall with`: the share of the fall due to the selling.
    pub share_of_fall: f64,
    /// `fall with / fall without`; `None` where nothing fell without feedback.
    pub factor: Option<f64>,
    /// Liquidations.
    pub liquidations: Paired,
    /// Collateral seized.
    pub seized_usd: Paired,
    /// Written off and shortfall together.
    pub bad_debt_usd: Paired,
}

impl Summary {
    /// The figures of a record, and of its pair without feedback where there is one.
    pub fn new(record: &PathRecord, without_feedback: Option<&PathRecord>) -> Self {
        let mut summary = Self::of_one(record);
        if let Some(other) = without_feedback {
            summary.amplification = amplification(record, &summary, other);
        }
        summary
    }

    /// Written off and shortfall together.
    pub fn bad_debt_usd(&self) -> f64 {
        self.deficit_usd + self.shortfall_usd
    }

    /// The asset that the headline speaks of: the most seized, else the deepest fall.
    pub fn main(&self) -> Option<&AssetSummary> {
        self.assets.get(self.main_asset?)
    }

    fn of_one(record: &PathRecord) -> Self {
        let steps = &record.steps;
        let sum = |of: fn(&StepRow) -> f64| total(steps.iter().map(of));
        let assets = assets(record);
        Self {
            seed: record.seed,
            interrupted: record.interrupted,
            stopped: record.stopped.clone(),
            state_hash: crate::format::hex(&record.state_hash),
            time_start: steps.first().map_or(0, |s| s.time),
            time_end: steps.last().map_or(0, |s| s.time),
            steps: steps.len() as u64,
            accounts: record.accounts.len() as u64,
            accounts_liquidated: record
                .accounts
                .iter()
                .filter(|a| a.liquidations > 0)
                .count() as u64,
            accounts_breached_max: steps
                .iter()
                .map(|s| u64::from(s.breached))
                .max()
                .unwrap_or(0),
            accounts_breached_end: steps.last().map_or(0, |s| u64::from(s.breached)),
            liquidations: begun(record),
            repaid_usd: sum(|s| s.repaid_usd),
            seized_usd: sum(|s| s.seized_usd),
            bonus_usd: sum(|s| s.bonus_usd),
            penalty_usd: sum(|s| s.penalty_usd),
            fee_usd: sum(|s| s.fee_usd),
            gas_usd: sum(|s| s.gas_usd),
            gas_gwei_max: steps
                .iter()
                .map(|s| s.gas_gwei)
                .filter(|g| g.is_finite())
                .fold(0.0, f64::max),
            slippage_usd: total(record.liquidators.iter().map(|l| l.slippage_usd)),
            liquidators_profit_usd: total(record.liquidators.iter().map(|l| l.profit_usd)),
            inventory_usd: total(record.liquidators.iter().map(|l| l.inventory_usd)),
            deficit_usd: sum(|s| s.deficit_usd),
            shortfall_usd: total(record.accounts.iter().map(|a| a.shortfall_usd)),
            covered_usd: total(record.coverage.iter().map(|c| c.usd)),
            layers: layers(record),
            misses: misses(record),
            reactions: record.reactions.len() as u64,
            reactions_usd: total(record.reactions.iter().map(|r| r.usd)),
            main_asset: main_asset(&assets),
            assets,
            amplification: None,
        }
    }
}

/// A sum that leaves out what is not finite.
pub(crate) fn total(values: impl Iterator<Item = f64>) -> f64 {
    values.filter(|v| v.is_finite()).sum()
}

/// Which of the three prices of a step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Quote {
    Outside,
    Oracle,
    Venue,
}

impl Quote {
    /// The price of one asset in a step, where there is a positive one.
    pub(crate) fn of(self, step: &StepRow, asset: usize) -> Option<f64> {
        let prices = match self {
            Self::Outside => &step.outside,
            Self::Oracle => &step.oracle,
            Self::Venue => &step.venue,
        };
        prices
            .get(asset)
            .copied()
            .filter(|p| p.is_finite() && *p > 0.0)
    }
}

fn fall(steps: &[StepRow], asset: usize, quote: Quote) -> Option<Fall> {
    let mut points = steps
        .iter()
        .filter_map(|s| Some((s.time, quote.of(s, asset)?)));
    let (time, first) = points.next()?;
    let mut fall = Fall {
        first,
        last: first,
        low: first,
        low_time: time,
        share: 0.0,
    };
    for (time, price) in points {
        fall.last = price;
        if price < fall.low {
            (fall.low, fall.low_time) = (price, time);
        }
    }
    fall.share = (first - fall.low) / first;
    Some(fall)
}

/// Liquidations begun.
fn begun(record: &PathRecord) -> u64 {
    record.liquidations.iter().filter(|l| l.begins()).count() as u64
}

fn assets(record: &PathRecord) -> Vec<AssetSummary> {
    let one = |(i, symbol): (usize, &String)| AssetSummary {
        symbol: symbol.clone(),
        outside: fall(&record.steps, i, Quote::Outside),
        oracle: fall(&record.steps, i, Quote::Oracle),
        venue: fall(&record.steps, i, Quote::Venue),
        oracle_above_max: oracle_above(&record.steps, i),
        seized_usd: total(
            record
                .liquidations
                .iter()
                .filter(|l| usize::from(l.collateral.0) == i)
                .map(|l| l.seized_usd + l.fee_usd),
        ),
        repaid_usd: total(
            record
                .liquidations
                .iter()
                .filter(|l| usize::from(l.debt.0) == i)
                .map(|l| l.repaid_usd),
        ),
    };
    record.symbols.iter().enumerate().map(one).collect()
}

fn oracle_above(steps: &[StepRow], asset: usize) -> f64 {
    steps
        .iter()
        .filter_map(|s| Some(Quote::Oracle.of(s, asset)? / Quote::Outside.of(s, asset)? - 1.0))
        .filter(|gap| gap.is_finite())
        .fold(0.0, f64::max)
}

fn main_asset(assets: &[AssetSummary]) -> Option<usize> {
    let largest = |of: &dyn Fn(&AssetSummary) -> f64| {
        let mut best: Option<(usize, f64)> = None;
        for (i, asset) in assets.iter().enumerate() {
            let value = of(asset);
            if value > 0.0 && best.is_none_or(|(_, b)| value > b) {
                best = Some((i, value));
            }
        }
        best.map(|(i, _)| i)
    };
    largest(&|a| a.seized_usd)
        .or_else(|| largest(&|a| a.outside.or(a.oracle).map_or(0.0, |f| f.share)))
        .or(if assets.is_empty() { None } else { Some(0) })
}

fn layers(record: &PathRecord) -> Vec<LayerSummary> {
    let mut layers: Vec<LayerSummary> = Vec::new();
    for row in &record.coverage {
        let at = layers
            .iter()
            .position(|l| l.layer == row.layer)
            .unwrap_or_else(|| {
                layers.push(LayerSummary {
                    layer: row.layer.clone(),
                    ..LayerSummary::default()
                });
                layers.len() - 1
            });
        if let Some(layer) = layers.get_mut(at) {
            layer.payments += 1;
            layer.usd += if row.usd.is_finite() { row.usd } else { 0.0 };
            layer.left_usd = Some(row.left_usd).filter(|left| left.is_finite());
        }
    }
    layers
}

fn misses(record: &PathRecord) -> MissSummary {
    let mut sum = MissSummary::default();
    for miss in &record.misses {
        match miss.reason {
            Miss::Outrun => sum.outrun += 1,
            Miss::BlockFull => sum.block_full += 1,
            Miss::Rejected => sum.rejected += 1,
            Miss::Guarded => sum.guarded += 1,
        }
    }
    sum.gas_usd = total(record.misses.iter().map(|m| m.gas_usd));
    sum
}

fn amplification(record: &PathRecord, with: &Summary, other: &PathRecord) -> Option<Amplification> {
    // An interrupted run has no pair that covers the same time.
    if record.steps.len() != other.steps.len() {
        return None;
    }
    let asset = with.main_asset?;
    let without = Summary::of_one(other);
    let (a, b) = (with.assets.get(asset)?, without.assets.get(asset)?);
    let (fall_with, fall_without) = (a.oracle?, b.oracle?);
    let share_of_fall = match fall_with.share {
        share if share > 0.0 => (share - fall_without.share) / share,
        _ => 0.0,
    };
    Some(Amplification {
        asset,
        fall: Paired {
            with: fall_with.share,
            without: fall_without.share,
        },
        low: Paired {
            with: fall_with.low,
            without: fall_without.low,
        },
        share_of_fall,
        factor: amplification_of(record, other, asset),
        liquidations: Paired {
            with: with.liquidations as f64,
            without: without.liquidations as f64,
        },
        seized_usd: Paired {
            with: with.seized_usd,
            without: without.seized_usd,
        },
        bad_debt_usd: Paired {
            with: with.bad_debt_usd(),
            without: without.bad_debt_usd(),
        },
    })
}

/// Ticker of an asset; its number where the record has no ticker.
pub(crate) fn symbol(record: &PathRecord, asset: AssetId) -> String {
    record
        .symbols
        .get(usize::from(asset.0))
        .cloned()
        .unwrap_or_else(|| format!("asset {}", asset.0))
}

//! What one path adds to an ensemble.

use super::draws::Place;
use crate::metrics::{Evidence, METRICS, Metric, fall_of, hardest_hit, is_at_risk};
use crate::record::{AccountRow, PathRecord};
use backstop_core::protocol::AccountId;

/// The largest fall of a path.
pub const FALL: Metric = Metric {
    name: "largest_fall",
    unit: "share",
    doc: "Largest fall of an oracle's price from its first value, without feedback, of the asset \
          that falls most.",
    compute: |e| {
        let calm = e.without_feedback.unwrap_or(e.path);
        Some(
            hardest_hit(calm)
                .and_then(|asset| fall_of(calm, asset))
                .unwrap_or(0.0),
        )
    },
};

/// One path's figures.
#[derive(Clone, Debug)]
pub struct Figures {
    /// Number of the path.
    pub path: u64,
    /// By metric, in the order of [`METRICS`] and then [`FALL`].
    pub values: Vec<Option<f64>>,
    /// Collateral taken by asset, USD.
    pub taken_usd: Vec<f64>,
    /// Collateral at risk by asset, USD at the start's prices: all that the accounts held there which were
    /// liquidated or softened or end in breach.
    pub at_risk_usd: Vec<f64>,
    /// Accounts that lost something or were at risk.
    pub accounts: Vec<AccountFigures>,
    /// The lead asset's oracle price over its first one, with and without feedback, by step.
    pub fan: Vec<[f64; 2]>,
    /// Whether the ledger could not go on.
    pub stopped: bool,
    /// What the path counts; as one path by itself where there is nothing.
    pub place: Option<Place>,
}

/// What a path did to one account, USD.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct AccountFigures {
    /// Number in the book.
    pub account: u32,
    /// Collateral taken.
    pub taken: f64,
    /// Bad debt left.
    pub bad_debt: f64,
    /// Its collateral at the start, where that was at risk.
    pub at_risk: Option<f64>,
}

impl AccountFigures {
    fn of(row: &AccountRow) -> Option<Self> {
        let figures = Self {
            account: row.account.0,
            taken: row.seized_usd,
            bad_debt: row.deficit_usd + row.shortfall_usd,
            at_risk: is_at_risk(row).then_some(row.collateral_usd[0]),
        };
        let lost = figures.taken > 0.0 || figures.bad_debt > 0.0;
        (lost || figures.at_risk.is_some()).then_some(figures)
    }
}

impl Figures {
    /// A figure by its metric's name.
    pub fn value(&self, name: &str) -> Option<f64> {
        let at = metrics().position(|metric| metric.name == name)?;
        self.values.get(at).copied().flatten()
    }
}

/// All figures of a path, in their order.
pub(super) fn metrics() -> impl Iterator<Item = &'static Metric> {
    METRICS.iter().chain(std::iter::once(&FALL))
}

/// Figures of a path and its pair without feedback. `lead` is the position of the asset in the fan, and
/// `held` adds an account's collateral at the start to sums by asset.
pub(super) fn of_path(
    path: u64,
    evidence: &Evidence<'_>,
    lead: usize,
    held: impl Fn(AccountId, &mut [f64]),
) -> Figures {
    let record = evidence.path;
    let finite = |value: Option<f64>| value.filter(|value| value.is_finite());
    let mut taken_usd = vec![0.0; record.symbols.len()];
    for row in &record.liquidations {
        if let Some(sum) = taken_usd.get_mut(usize::from(row.collateral.0)) {
            *sum += row.taken_usd;
        }
    }
    let mut at_risk_usd = vec![0.0; record.symbols.len()];
    for row in record.accounts.iter().filter(|row| is_at_risk(row)) {
        held(row.account, &mut at_risk_usd);
    }
    let accounts = record.accounts.iter().filter_map(AccountFigures::of);
    Figures {
        path,
        values: metrics()
            .map(|metric| finite((metric.compute)(evidence)))
            .collect(),
        taken_usd,
        at_risk_usd,
        accounts: accounts.collect(),
        fan: fan(record, evidence.without_feedback.unwrap_or(record), lead),
        stopped: record.stopped.is_some(),
        place: None,
    }
}

fn fan(record: &PathRecord, without: &PathRecord, lead: usize) -> Vec<[f64; 2]> {
    let first = record.steps.first().and_then(|row| row.oracle.get(lead));
    let first = first.copied().unwrap_or(f64::NAN);
    let pairs = record.steps.iter().zip(&without.steps);
    let price = |row: &crate::record::StepRow| row.oracle.get(lead).map_or(f64::NAN, |p| p / first);
    pairs
        .map(|(with, without)| [price(with), price(without)])
        .collect()
}

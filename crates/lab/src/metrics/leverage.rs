//! Leverage of borrowers: debt over equity.

use super::liquidations_at_risk::at_risk;
use super::{Evidence, Metric};
use crate::record::{AccountRow, PathRecord, StepRow};

/// Over the whole book, where a census followed it.
pub(super) const LEVERAGE: Metric = Metric {
    name: "leverage",
    unit: "ratio",
    doc: "Debt over equity of all borrowers together, the mean of their own ratios weighted by equity, \
          averaged over steps. Needs a census of the book.",
    compute: |e| {
        let series: Vec<f64> = totals(e.path).collect();
        (!series.is_empty()).then(|| mean(&series))
    },
};

/// At its highest.
pub(super) const LEVERAGE_PEAK: Metric = Metric {
    name: "leverage_peak",
    unit: "ratio",
    doc: "Highest debt over equity of all borrowers together at the end of a step. Needs a census of the \
          book.",
    compute: |e| totals(e.path).reduce(f64::max),
};

/// How it moves together.
pub(super) const LEVERAGE_CORRELATION: Metric = Metric {
    name: "leverage_correlation",
    unit: "ratio",
    doc: "Correlation over steps of the changes of the logarithm of debt over equity, between borrowers \
          with one largest collateral and those with another, averaged over all pairs of collateral \
          assets. None where fewer than two vary. Needs a census of the book.",
    compute: correlation,
};

/// Of those who got into trouble.
pub(super) const LEVERAGE_AT_RISK: Metric = Metric {
    name: "leverage_at_risk",
    unit: "ratio",
    doc: "Debt over equity at the start, weighted by equity, of the accounts that were liquidated or \
          softened or end in breach. None where there is none. Needs accounts' outcomes to be recorded.",
    compute: |e| {
        let (debt, equity) = at_risk(e)?.fold((0.0, 0.0), |(debt, equity), row: &AccountRow| {
            let own = row.collateral_usd[0] - row.debt_usd[0];
            if own > 0.0 {
                (debt + row.debt_usd[0], equity + own)
            } else {
                (debt, equity)
            }
        });
        (equity > 0.0).then(|| debt / equity)
    },
};

/// Borrowed to buy more collateral.
pub(super) const BORROWED_TO_LEVER: Metric = Metric {
    name: "borrowed_to_lever",
    unit: "USD",
    doc: "Debt that borrowers took on to buy more collateral, at the oracle's prices.",
    compute: |e| {
        let rows = e.path.leverings.iter();
        Some(rows.fold(0.0, |sum, row| sum + row.borrowed_usd))
    },
};

/// Leverage of the whole book by step.
fn totals(path: &PathRecord) -> impl Iterator<Item = f64> + '_ {
    path.steps.iter().filter_map(leverage_of)
}

/// Collateral and debt of all borrowers after a step, USD; nothing where no census was taken.
pub fn borrowers_of(row: &StepRow) -> Option<[f64; 2]> {
    let sum = |[c, d]: [f64; 2], [collateral, debt]: &[f64; 2]| [c + collateral, d + debt];
    let all = row.by_collateral.iter().fold([0.0; 2], sum);
    (!row.by_collateral.is_empty()).then_some(all)
}

/// Debt over equity of all borrowers together after a step; nothing where no census was taken, and where they
/// owe as much as they have.
pub fn leverage_of(row: &StepRow) -> Option<f64> {
    let [collateral, debt] = borrowers_of(row)?;
    (collateral > debt).then(|| debt / (collateral - debt))
}

fn mean(series: &[f64]) -> f64 {
    series.iter().fold(0.0, |sum, x| sum + x) / series.len() as f64
}

/// Changes of the logarithm of one asset's leverage; nothing where it is not told at every step.
fn changes(path: &PathRecord, asset: usize) -> Option<Vec<f64>> {
    let logs = path.steps.iter().map(|row| {
        let [collateral, debt] = *row.by_collateral.get(asset)?;
        let leverage = debt / (collateral - debt);
        (leverage > 0.0 && leverage.is_finite()).then(|| leverage.ln())
    });
    let logs: Vec<f64> = logs.collect::<Option<_>>()?;
    Some(logs.windows(2).map(|pair| pair[1] - pair[0]).collect())
}

fn correlation(evidence: &Evidence<'_>) -> Option<f64> {
    let assets = 0..evidence.path.symbols.len();
    let series: Vec<Vec<f64>> = assets
        .filter_map(|asset| changes(evidence.path, asset))
        .collect();
    let mut sum = (0.0, 0u32);
    for (i, one) in series.iter().enumerate() {
        for other in series.iter().skip(i + 1) {
            if let Some(pair) = pearson(one, other) {
                sum = (sum.0 + pair, sum.1 + 1);
            }
        }
    }
    (sum.1 > 0).then(|| sum.0 / f64::from(sum.1))
}

fn pearson(one: &[f64], other: &[f64]) -> Option<f64> {
    if one.is_empty() {
        return None;
    }
    let (a, b) = (mean(one), mean(other));
    let (mut product, mut squares) = (0.0, [0.0, 0.0]);
    for (x, y) in one.iter().zip(other) {
        product += (x - a) * (y - b);
        squares[0] += (x - a).powi(2);
        squares[1] += (y - b).powi(2);
    }
    let scale = (squares[0] * squares[1]).sqrt();
    (scale > 0.0).then(|| product / scale)
}

//! Sums over a path.

use super::{Evidence, Metric};
use crate::record::StepRow;

/// How many liquidations went through.
pub(super) const LIQUIDATIONS: Metric = Metric {
    name: "liquidations",
    unit: "count",
    doc: "Liquidations that went through; an account can be liquidated several times.",
    compute: |e| Some(e.path.liquidations.len() as f64),
};

/// How many accounts they concern.
pub(super) const ACCOUNTS_LIQUIDATED: Metric = Metric {
    name: "accounts_liquidated",
    unit: "count",
    doc: "Accounts that were liquidated at least once.",
    compute: |e| {
        let mut accounts: Vec<_> = e.path.liquidations.iter().map(|row| row.account).collect();
        accounts.sort_unstable();
        accounts.dedup();
        Some(accounts.len() as f64)
    },
};

/// Debt repaid by liquidators.
pub(super) const REPAID: Metric = Metric {
    name: "repaid",
    unit: "USD",
    doc: "Debt that liquidators repaid, at oracle prices.",
    compute: |e| Some(steps(e, |row| row.repaid_usd)),
};

/// Collateral taken.
pub(super) const SEIZED: Metric = Metric {
    name: "seized",
    unit: "USD",
    doc: "Collateral taken from borrowers, protocol fee included, at oracle prices.",
    compute: |e| Some(steps(e, |row| row.seized_usd)),
};

/// Liquidators' bonus.
pub(super) const BONUS: Metric = Metric {
    name: "bonus",
    unit: "USD",
    doc: "Collateral received by liquidators less debt repaid, at oracle prices.",
    compute: |e| Some(steps(e, |row| row.bonus_usd)),
};

/// Borrowers' loss.
pub(super) const PENALTY: Metric = Metric {
    name: "penalty",
    unit: "USD",
    doc: "What liquidation cost the borrowers: seized less repaid.",
    compute: |e| Some(steps(e, |row| row.penalty_usd)),
};

/// The protocol's share.
pub(super) const PROTOCOL_FEE: Metric = Metric {
    name: "protocol_fee",
    unit: "USD",
    doc: "The protocol's share of what was seized.",
    compute: |e| Some(steps(e, |row| row.fee_usd)),
};

/// Gas.
pub(super) const GAS: Metric = Metric {
    name: "gas",
    unit: "USD",
    doc: "Gas and inclusion bids paid by liquidators, failed attempts included.",
    compute: |e| Some(steps(e, |row| row.gas_usd)),
};

/// Slippage.
pub(super) const SLIPPAGE: Metric = Metric {
    name: "slippage",
    unit: "USD",
    doc: "What liquidators lost between the reference price and the venues.",
    compute: |e| {
        let rows = e.path.liquidators.iter();
        Some(rows.fold(0.0, |sum, row| sum + row.slippage_usd))
    },
};

/// Liquidators' profit.
pub(super) const LIQUIDATOR_PROFIT: Metric = Metric {
    name: "liquidator_profit",
    unit: "USD",
    doc: "What all liquidators earned after gas, slippage and loan fees; collateral still held \
          counts at the last outside price.",
    compute: |e| {
        let rows = e.path.liquidators.iter();
        Some(rows.fold(0.0, |sum, row| sum + row.profit_usd))
    },
};

/// Debt written off.
pub(super) const DEFICIT: Metric = Metric {
    name: "deficit",
    unit: "USD",
    doc: "Debt written off because no collateral was left, at oracle prices.",
    compute: |e| Some(steps(e, |row| row.deficit_usd)),
};

/// Debt above collateral.
pub(super) const SHORTFALL: Metric = Metric {
    name: "shortfall",
    unit: "USD",
    doc: "Debt above collateral, over all accounts at the end; not written off yet. Needs accounts' \
          outcomes to be recorded.",
    compute: shortfall,
};

/// Both.
pub(super) const BAD_DEBT: Metric = Metric {
    name: "bad_debt",
    unit: "USD",
    doc: "Deficit and shortfall together. Needs accounts' outcomes to be recorded.",
    compute: |e| Some(shortfall(e)? + steps(e, |row| row.deficit_usd)),
};

fn steps(evidence: &Evidence<'_>, term: impl Fn(&StepRow) -> f64) -> f64 {
    evidence
        .path
        .steps
        .iter()
        .fold(0.0, |sum, row| sum + term(row))
}

fn shortfall(evidence: &Evidence<'_>) -> Option<f64> {
    let rows = &evidence.path.accounts;
    (!rows.is_empty()).then(|| rows.iter().fold(0.0, |sum, row| sum + row.shortfall_usd))
}

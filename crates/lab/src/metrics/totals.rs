//! Sums over a path.

use super::{Evidence, Metric};
use crate::record::{AccountsTold, LiquidationRow, StepRow};
use backstop_core::protocol::OfferKind;

/// How many liquidations went through.
pub(super) const LIQUIDATIONS: Metric = Metric {
    name: "liquidations",
    unit: "count",
    doc: "Liquidations begun; an account can be liquidated several times.",
    compute: |e| Some(begun(e).count() as f64),
};

/// Sales that carry liquidations on.
pub(super) const SALES: Metric = Metric {
    name: "sales",
    unit: "count",
    doc: "Sales of collateral apart from the start of a liquidation: purchases in auctions with a \
          falling price and from store-fronts, auctions won by bids, exchanges between bands.",
    compute: |e| Some(sales(e).count() as f64),
};

/// Sales for nothing.
pub(super) const FREE_SALES: Metric = Metric {
    name: "free_sales",
    unit: "share",
    doc: "Share of the sales, counted apart from the start of a liquidation, in which the buyer paid \
          less than 1 % of the collateral's value at the oracle's price. None without sales.",
    compute: |e| {
        let (free, all) = (free_sales(e).count(), sales(e).count());
        (all > 0).then(|| free as f64 / all as f64)
    },
};

/// What was sold for nothing.
pub(super) const FREE_SALES_COLLATERAL: Metric = Metric {
    name: "free_sales_collateral",
    unit: "USD",
    doc: "Collateral sold in the sales in which the buyer paid less than 1 % of its value, at the \
          oracle's price. None without sales.",
    compute: |e| {
        let sold = free_sales(e).fold(0.0, |sum, row| sum + row.seized_usd);
        sales(e).next().map(|_| sold)
    },
};

/// How many accounts they concern.
pub(super) const ACCOUNTS_LIQUIDATED: Metric = Metric {
    name: "accounts_liquidated",
    unit: "count",
    doc: "Accounts of which a liquidation was begun, or a part of the collateral exchanged without one, \
          at least once.",
    compute: |e| {
        let softened = e.path.accounts.iter().filter(|row| row.softened);
        let begun = begun(e).map(|row| row.account);
        let mut accounts: Vec<_> = begun.chain(softened.map(|row| row.account)).collect();
        accounts.sort_unstable();
        accounts.dedup();
        Some(accounts.len() as f64)
    },
};

/// Accounts that bands touched.
pub(super) const ACCOUNTS_SOFTENED: Metric = Metric {
    name: "accounts_softened",
    unit: "count",
    doc: "Accounts of which a part of the collateral was exchanged without a liquidation. Needs \
          accounts' outcomes to be recorded.",
    compute: |e| {
        let told = e.path.accounts_told != AccountsTold::None;
        let softened = e.path.accounts.iter().filter(|row| row.softened);
        told.then(|| softened.count() as f64)
    },
};

/// Debt repaid by liquidators.
pub(super) const REPAID: Metric = Metric {
    name: "repaid",
    unit: "USD",
    doc: "Paid by liquidators for debt or collateral, at oracle prices.",
    compute: |e| Some(steps(e, |row| row.repaid_usd)),
};

/// Debt cleared, whoever paid.
pub(super) const CLEARED: Metric = Metric {
    name: "cleared",
    unit: "USD",
    doc: "Debt that borrowers no longer owe because of liquidations, whoever paid it: liquidators, \
          depositors, reserves. Neither debt that was written off nor exchanges between bands count. At \
          oracle prices.",
    compute: |e| {
        let rows = e.path.liquidations.iter();
        let rows = rows.filter(|row| row.kind != OfferKind::Exchange);
        Some(rows.fold(0.0, |sum, row| sum + row.cleared_usd))
    },
};

/// Collateral taken.
pub(super) const SEIZED: Metric = Metric {
    name: "seized",
    unit: "USD",
    doc: "Collateral taken from borrowers, protocol fee included, exchanges between bands not counted, \
          at oracle prices.",
    compute: |e| Some(steps(e, |row| row.seized_usd)),
};

/// Liquidators' bonus.
pub(super) const BONUS: Metric = Metric {
    name: "bonus",
    unit: "USD",
    doc: "Collateral and rewards received by liquidators less what they paid, at oracle prices.",
    compute: |e| Some(steps(e, |row| row.bonus_usd)),
};

/// Borrowers' loss.
pub(super) const PENALTY: Metric = Metric {
    name: "penalty",
    unit: "USD",
    doc: "What liquidation cost the borrowers: collateral taken less debt cleared, debt that was \
          written off not counted as cleared.",
    compute: |e| Some(steps(e, |row| row.penalty_usd)),
};

/// The protocol's share.
pub(super) const PROTOCOL_FEE: Metric = Metric {
    name: "protocol_fee",
    unit: "USD",
    doc: "What the protocol, and its depositors where they take liquidations over, kept: penalty less \
          bonus. Below zero where it paid more for liquidations than they brought.",
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

/// Less than this share of its value is nothing for a lot.
const FREE: f64 = 0.01;

fn begun<'a>(evidence: &Evidence<'a>) -> impl Iterator<Item = &'a LiquidationRow> {
    let rows = evidence.path.liquidations.iter();
    rows.filter(|row| row.begins())
}

fn sales<'a>(evidence: &Evidence<'a>) -> impl Iterator<Item = &'a LiquidationRow> {
    let rows = evidence.path.liquidations.iter();
    rows.filter(|row| !row.begins())
}

fn free_sales<'a>(evidence: &Evidence<'a>) -> impl Iterator<Item = &'a LiquidationRow> {
    sales(evidence).filter(|row| row.repaid_usd < FREE * row.seized_usd)
}

fn steps(evidence: &Evidence<'_>, term: impl Fn(&StepRow) -> f64) -> f64 {
    evidence
        .path
        .steps
        .iter()
        .fold(0.0, |sum, row| sum + term(row))
}

fn shortfall(evidence: &Evidence<'_>) -> Option<f64> {
    let rows = evidence.outcomes()?;
    Some(rows.iter().fold(0.0, |sum, row| sum + row.shortfall_usd))
}

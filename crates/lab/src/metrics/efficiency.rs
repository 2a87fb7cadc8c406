//! What liquidation saved, and at which price.

use super::{Evidence, Metric};

/// What would have been lost besides.
pub(super) const DEFICIT_AVOIDED: Metric = Metric {
    name: "deficit_avoided",
    unit: "USD",
    doc: "Summed over liquidated accounts: the most that the account, as it stood at the start and with its \
          own moves but without liquidations, would have lacked to its debt at the oracle's prices of any \
          step from its first liquidation on, less the bad debt that it left, not below zero. Prices are those of the path itself, with what selling \
          did to them; interest is left out. Needs accounts' outcomes to be recorded.",
    compute: avoided,
};

/// Bonus for each dollar of it.
pub(super) const LIQUIDATION_EFFICIENCY: Metric = Metric {
    name: "liquidation_efficiency",
    unit: "ratio",
    doc: "Liquidators' bonus for each dollar of deficit avoided: the lower, the cheaper the rescue. None \
          where none was avoided. Needs accounts' outcomes to be recorded.",
    compute: |e| {
        let avoided = avoided(e)?;
        let bonus = e
            .path
            .steps
            .iter()
            .fold(0.0, |sum, row| sum + row.bonus_usd);
        (avoided > 0.0).then(|| bonus / avoided)
    },
};

fn avoided(evidence: &Evidence<'_>) -> Option<f64> {
    let rows = evidence.outcomes()?.iter();
    let rows = rows.filter(|row| row.liquidations > 0 || row.softened);
    Some(rows.fold(0.0, |sum, row| {
        let left = row.deficit_usd + row.shortfall_usd;
        sum + (row.lacking_usd - left).max(0.0)
    }))
}

//! How long debt stood above collateral.

use super::Metric;

/// Account-seconds under water.
pub(super) const TIME_UNDER_WATER: Metric = Metric {
    name: "time_under_water",
    unit: "s",
    doc: "Account-seconds with debt above the value of the collateral, in whole steps at the oracle's prices, \
          summed over the accounts that are told: in an ensemble those that were liquidated or end in \
          breach. Interest is left out. Needs accounts' outcomes to be recorded.",
    compute: |e| {
        let seconds: u64 = e.outcomes()?.iter().map(|row| row.under_water_s).sum();
        Some(seconds as f64)
    },
};

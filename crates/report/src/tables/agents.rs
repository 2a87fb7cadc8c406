//! Tables of what borrowers and manipulators did who are not in every scenario.

use super::{ACCOUNT, Names, Rows, STEP, TIME};
use backstop_io::table::Table;
use backstop_lab::metrics::{borrowers_of, leverage_of};
use backstop_lab::record::{PathRecord, StepRow};

/// The tables that have rows.
pub(super) fn tables(record: &PathRecord) -> impl Iterator<Item = Table> {
    let levered = (!record.leverings.is_empty()).then(|| leverings(record));
    let attacked = (!record.attacks.is_empty()).then(|| attacks(record));
    levered.into_iter().chain(attacked)
}

/// Whether the scenario asked for a census.
pub(super) fn has_census(record: &PathRecord) -> bool {
    record.steps.iter().any(|step| step.margin_calls.is_some())
}

/// The columns of a step that a census tells.
pub(super) fn census(rows: Rows<'_, StepRow>) -> Rows<'_, StepRow> {
    let at = |step: &StepRow, side: usize| {
        let sums = borrowers_of(step)?;
        sums.get(side).copied()
    };
    rows.optional_u32(
        "margin_calls",
        "",
        "Accounts whose health fell below the margin-call level for the first time. This column and the next three \
         are there where the scenario has a `[census]`.",
        |s| s.margin_calls,
    )
    .optional_f64(
        "borrowers_collateral_usd",
        "USD",
        "Collateral of all borrowers after the step, interest left out.",
        move |s| at(s, 0),
    )
    .optional_f64(
        "borrowers_debt_usd",
        "USD",
        "Debt of all borrowers after the step, interest left out.",
        move |s| at(s, 1),
    )
    .optional_f64(
        "leverage",
        "ratio",
        "Debt of all borrowers over their equity; null where they owe as much as they have.",
        leverage_of,
    )
}

/// A step and an asset's position and ticker.
pub(super) type StepOfAsset<'a> = (&'a StepRow, usize, &'a String);

/// The columns of a step and an asset that a census tells.
pub(super) fn census_by_asset<'r, 'a>(
    rows: Rows<'r, StepOfAsset<'a>>,
) -> Rows<'r, StepOfAsset<'a>> {
    let at = |(step, asset, _): &StepOfAsset<'a>, side: usize| {
        let sums = step.by_collateral.get(*asset)?;
        sums.get(side).copied()
    };
    rows.optional_f64(
        "borrowers_collateral_usd",
        "USD",
        "Collateral, of whatever asset, of the borrowers whose largest collateral at the start is this asset. This \
         column and the next are there where the scenario has a `[census]`.",
        move |row| at(row, 0),
    )
    .optional_f64(
        "borrowers_debt_usd",
        "USD",
        "Debt of the same borrowers.",
        move |row| at(row, 1),
    )
}

fn leverings(record: &PathRecord) -> Table {
    let names = Names(record);
    Rows::of(&record.leverings)
        .u32("step", "", STEP, |r| r.step)
        .u32("account", "", ACCOUNT, |r| r.account.0)
        .text(
            "collateral",
            "",
            "Ticker of what was bought and supplied.",
            |r| names.asset(r.collateral),
        )
        .text("debt", "", "Ticker of what was borrowed and sold.", |r| {
            names.asset(r.debt)
        })
        .text("supplied", "collateral units", "Supplied, exact.", |r| {
            r.supplied.to_string()
        })
        .text("borrowed", "debt units", "Borrowed, exact.", |r| {
            r.borrowed.to_string()
        })
        .f64(
            "supplied_usd",
            "USD",
            "Supplied, at the oracle's price.",
            |r| r.supplied_usd,
        )
        .f64(
            "borrowed_usd",
            "USD",
            "Borrowed, at the oracle's price.",
            |r| r.borrowed_usd,
        )
        .table("leverings")
}

fn attacks(record: &PathRecord) -> Table {
    let names = Names(record);
    Rows::of(&record.attacks)
        .u32("step", "", "Step in which it began.", |r| r.step)
        .u64("time", "s", TIME, |r| r.time)
        .text(
            "asset",
            "",
            "Ticker of the asset whose price was moved.",
            |r| names.asset(r.asset),
        )
        .f64(
            "fall",
            "share",
            "Fall of the oracle's answer that was aimed at.",
            |r| r.fall,
        )
        .u32(
            "samples",
            "",
            "Samples of the feed through which the venues were held down.",
            |r| r.samples,
        )
        .f64(
            "expected_usd",
            "USD",
            "What the attacker reckoned to earn.",
            |r| r.expected_usd,
        )
        .f64(
            "sold_usd",
            "USD",
            "Received on the venues to move the price.",
            |r| r.sold_usd,
        )
        .f64(
            "bought_usd",
            "USD",
            "Paid on the venues to buy that back.",
            |r| r.bought_usd,
        )
        .f64(
            "cost_usd",
            "USD",
            "What those trades lost against the outside price.",
            |r| r.cost_usd,
        )
        .u32(
            "liquidations",
            "",
            "Liquidations that it did itself.",
            |r| r.liquidations,
        )
        .f64("profit_usd", "USD", "What it earned in all.", |r| {
            r.profit_usd
        })
        .table("attacks")
}

#[cfg(test)]
mod tests {
    use super::*;
    use backstop_core::protocol::{AccountId, AssetId};
    use backstop_core::units::Amount;
    use backstop_lab::record::{AttackRow, LeveringRow};

    #[test]
    fn tables_are_there_where_something_happened() {
        let mut record = PathRecord {
            symbols: vec!["WETH".to_owned(), "USDC".to_owned()],
            ..PathRecord::default()
        };
        assert_eq!(tables(&record).count(), 0);
        record.leverings = vec![LeveringRow {
            step: 3,
            account: AccountId(7),
            collateral: AssetId(0),
            debt: AssetId(1),
            supplied: Amount::new(5),
            borrowed: Amount::new(6),
            supplied_usd: 1.0,
            borrowed_usd: 1.5,
        }];
        record.attacks = vec![AttackRow {
            step: 4,
            time: 240,
            asset: AssetId(0),
            fall: 0.1,
            samples: 1,
            expected_usd: 10.0,
            sold_usd: 100.0,
            bought_usd: 101.0,
            cost_usd: 1.0,
            liquidations: 2,
            profit_usd: 9.0,
        }];
        let told: Vec<_> = tables(&record).map(|table| table.name).collect();
        assert_eq!(told, ["leverings", "attacks"]);
    }
}

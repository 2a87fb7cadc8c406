//! Tables of what borrowers and manipulators did who are not in every scenario.

use super::{ACCOUNT, Names, Rows, STEP, TIME};
use backstop_io::table::Table;
use backstop_lab::record::{PathRecord, StepRow};

/// The tables that have rows.
pub(super) fn tables(record: &PathRecord) -> impl Iterator<Item = Table> {
    let levered = (!record.leverings.is_empty()).then(|| leverings(record));
    let attacked = (!record.attacks.is_empty()).then(|| attacks(record));
    let counted = record.steps.iter().any(|row| row.census_usd().is_some());
    let census = counted.then(|| census(record));
    levered.into_iter().chain(attacked).chain(census)
}

fn census(record: &PathRecord) -> Table {
    let side = |at: usize| {
        move |row: &StepRow| {
            let sums = row.census_usd();
            sums.and_then(|sums| sums.get(at).copied())
        }
    };
    Rows::of(&record.steps)
        .u32("step", "", STEP, |r| r.step)
        .u64("time", "s", TIME, |r| r.time)
        .optional_u32(
            "margin_calls",
            "",
            "Accounts whose health fell below the margin-call level for the first time.",
            |r| r.margin_calls,
        )
        .optional_f64(
            "collateral_usd",
            "USD",
            "Collateral of all borrowers at the end of the step; interest is left out.",
            side(0),
        )
        .optional_f64(
            "debt_usd",
            "USD",
            "Debt of all borrowers at the end of the step; interest is left out.",
            side(1),
        )
        .optional_f64(
            "leverage",
            "ratio",
            "Debt over equity; none where no equity is left.",
            StepRow::leverage,
        )
        .table("census")
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
        let counted = StepRow {
            margin_calls: Some(1),
            by_collateral: vec![[300.0, 100.0], [100.0, 100.0]],
            ..StepRow::default()
        };
        assert_eq!(counted.leverage(), Some(1.0));
        record.steps = vec![counted, StepRow::default()];
        assert_eq!(tables(&record).last().unwrap().name, "census");
    }
}

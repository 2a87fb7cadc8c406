//! Tables of what guards held back.

use super::{Names, Rows, STEP, TIME};
use backstop_core::guard::{Level, Operation};
use backstop_io::table::Table;
use backstop_lab::record::{GuardCostRow, GuardRow, PathRecord};

/// The tables that have rows: none without guards.
pub(super) fn tables(record: &PathRecord) -> impl Iterator<Item = Table> {
    let changed = (!record.guards.is_empty()).then(|| guards(record));
    let cost = (!record.guard_costs.is_empty()).then(|| guard_costs(record));
    changed.into_iter().chain(cost)
}

fn guards(record: &PathRecord) -> Table {
    let names = Names(record);
    Rows::of(&record.guards)
        .u32("step", "", STEP, |g: &GuardRow| g.step)
        .u64("time", "s", TIME, |g| g.time)
        .text("guard", "", "Name of the guard.", |g| g.guard.to_owned())
        .optional_text(
            "asset",
            "",
            "Ticker of the asset that is held back; null for all of them.",
            |g| g.asset.map(|asset| names.asset(asset)),
        )
        .text(
            "from",
            "",
            "Level before: `open`, `no-borrowing`, `no-new-liquidations`, `takes-only` or `stopped`.",
            |g| g.from.name().to_owned(),
        )
        .text("to", "", "Level from now on.", |g| g.to.name().to_owned())
        .text(
            "reason",
            "",
            "What was wrong, or `calm` where the guard lets go.",
            |g| g.reason.name().to_owned(),
        )
        .text(
            "detail",
            "",
            "The same with its figures; prices and values are in the smallest unit of the base currency.",
            |g| g.reason.to_string(),
        )
        .table("guards")
}

/// A guard and what it refused of one operation.
type Cost<'a> = (&'a GuardCostRow, Operation, u64, f64);

fn guard_costs(record: &PathRecord) -> Table {
    let rows: Vec<Cost<'_>> = record.guard_costs.iter().flat_map(costs).collect();
    let seconds = |cost: &Cost<'_>, level: Level| {
        let mut rows = Level::ALL.iter().zip(cost.0.seconds);
        let row = rows.find(|(at, _)| **at == level);
        row.map_or(0, |(_, seconds)| seconds)
    };
    let mut table = Rows::of(&rows)
        .text("guard", "", "Name of the guard.", |c| c.0.guard.to_owned())
        .text(
            "operation",
            "",
            "What was asked for: `borrow`, `withdraw`, `start`, `restart`, `take`, `top-up` or `repay`.",
            |c| c.1.name().to_owned(),
        )
        .u64(
            "refused",
            "",
            "How often it was refused or cut; who asks again is counted again.",
            |c| c.2,
        )
        .f64("refused_usd", "USD", "Its value, at the oracle's prices.", |c| {
            c.3
        });
    for (name, level) in [
        ("open_s", Level::Open),
        ("no_borrowing_s", Level::NoBorrowing),
        ("no_new_liquidations_s", Level::NoNewLiquidations),
        ("takes_only_s", Level::TakesOnly),
        ("stopped_s", Level::Stopped),
    ] {
        let doc = format!(
            "Seconds of the guard at the level `{}`, the highest of its assets; the same in each of its rows.",
            level.name()
        );
        table = table.u64(name, "s", &doc, |c| seconds(c, level));
    }
    table.table("guard_costs")
}

/// One row for each operation, so that a guard which refused nothing is told too.
fn costs(cost: &GuardCostRow) -> impl Iterator<Item = Cost<'_>> {
    Operation::ALL.into_iter().map(move |operation| {
        let mut rows = cost.refused.iter();
        let row = rows.find(|(of, ..)| *of == operation);
        let (count, usd) = row.map_or((0, 0.0), |(_, count, usd)| (*count, *usd));
        (cost, operation, count, usd)
    })
}

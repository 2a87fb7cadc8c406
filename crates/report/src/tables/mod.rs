//! A record as tables: one function a table, each column with its unit and meaning.
//!
//! `docs/results.md` is generated from these columns by a test.

mod ab;
mod agents;
mod backtest;
mod calls;
mod cascade;
mod compare;
mod ensemble;
mod events;
mod guards;
mod oracle_cost;
mod parameters;
mod sweep;

pub(crate) use ab::ab_table;
pub use ab::ab_tables;
pub(crate) use backtest::{backtest_table, forecasts_table};
pub use cascade::{cascade_tables, next_generation_table};
pub use compare::comparison_tables;
pub use ensemble::ensemble_tables;
pub(crate) use ensemble::known_tables;
pub use oracle_cost::oracle_cost_table;
pub(crate) use sweep::{drivers_table, known_sweep_tables};
pub use sweep::{drivers_tables, sweep_tables};

use crate::html::kind_word;
use crate::summary::symbol;
use agents::StepOfAsset;
use backstop_core::protocol::AssetId;
use backstop_io::table::{Column, ColumnData, Table};
use backstop_lab::metrics::{Evidence, METRICS};
use backstop_lab::record::{AccountRow, LiquidationRow, LiquidatorRow, Miss, PathRecord};

/// All tables of a run, in a fixed order; those of leverage, attacks, guards, governors and a monitor where there are any. The
/// paired run adds figures to `metrics` only.
pub fn tables(record: &PathRecord, without_feedback: Option<&PathRecord>) -> Vec<Table> {
    let mut tables = vec![
        steps(record),
        prices(record),
        events::table(record),
        liquidations(record),
        accounts(record),
        liquidators(record),
        misses(record),
        reactions(record),
        coverage(record),
        metrics(record, without_feedback),
    ];
    tables.extend(agents::tables(record));
    tables.extend(guards::tables(record));
    tables.extend(parameters::table(record));
    tables.extend(calls::tables(record));
    tables
}

/// Rows of one kind that become columns.
struct Rows<'a, T> {
    rows: &'a [T],
    columns: Vec<Column>,
}

impl<'a, T> Rows<'a, T> {
    fn of(rows: &'a [T]) -> Self {
        Self {
            rows,
            columns: Vec::new(),
        }
    }

    fn add(mut self, name: &str, unit: &str, doc: &str, data: ColumnData) -> Self {
        self.columns.push(Column::new(name, unit, doc, data));
        self
    }

    fn u32(self, name: &str, unit: &str, doc: &str, of: impl Fn(&T) -> u32) -> Self {
        let data = ColumnData::U32(self.rows.iter().map(of).collect());
        self.add(name, unit, doc, data)
    }

    fn u64(self, name: &str, unit: &str, doc: &str, of: impl Fn(&T) -> u64) -> Self {
        let data = ColumnData::U64(self.rows.iter().map(of).collect());
        self.add(name, unit, doc, data)
    }

    fn f64(self, name: &str, unit: &str, doc: &str, of: impl Fn(&T) -> f64) -> Self {
        let data = ColumnData::F64(self.rows.iter().map(of).collect());
        self.add(name, unit, doc, data)
    }

    fn bool(self, name: &str, doc: &str, of: impl Fn(&T) -> bool) -> Self {
        let data = ColumnData::Bool(self.rows.iter().map(of).collect());
        self.add(name, "", doc, data)
    }

    fn text(self, name: &str, unit: &str, doc: &str, of: impl Fn(&T) -> String) -> Self {
        let data = ColumnData::Text(self.rows.iter().map(of).collect());
        self.add(name, unit, doc, data)
    }

    fn optional_text(
        self,
        name: &str,
        unit: &str,
        doc: &str,
        of: impl Fn(&T) -> Option<String>,
    ) -> Self {
        let data = ColumnData::OptionalText(self.rows.iter().map(of).collect());
        self.add(name, unit, doc, data)
    }

    fn optional_u32(
        self,
        name: &str,
        unit: &str,
        doc: &str,
        of: impl Fn(&T) -> Option<u32>,
    ) -> Self {
        let data = ColumnData::OptionalU32(self.rows.iter().map(of).collect());
        self.add(name, unit, doc, data)
    }

    fn optional_u64(
        self,
        name: &str,
        unit: &str,
        doc: &str,
        of: impl Fn(&T) -> Option<u64>,
    ) -> Self {
        let data = ColumnData::OptionalU64(self.rows.iter().map(of).collect());
        self.add(name, unit, doc, data)
    }

    fn optional_f64(
        self,
        name: &str,
        unit: &str,
        doc: &str,
        of: impl Fn(&T) -> Option<f64>,
    ) -> Self {
        let data = ColumnData::OptionalF64(self.rows.iter().map(of).collect());
        self.add(name, unit, doc, data)
    }

    fn table(self, name: &str) -> Table {
        Table::new(name, self.columns)
    }
}

const STEP: &str = "Step number from 0.";
const TIME: &str = "Seconds since 1970-01-01 00:00 UTC.";
const ACCOUNT: &str = "Number of the account in the book, from 0.";
const LIQUIDATOR: &str = "Name of the liquidator.";
const KIND: &str = "What was done: repay, absorb, deposit or start begin a liquidation; buy, deliver and \
                    exchange carry one on.";

fn steps(record: &PathRecord) -> Table {
    let rows = Rows::of(&record.steps)
        .u32("step", "", STEP, |s| s.step)
        .u64("time", "s", TIME, |s| s.time)
        .f64("gas_gwei", "gwei", "Price of gas.", |s| s.gas_gwei)
        .f64(
            "block_use",
            "",
            "Share of the block space that liquidations used, 0 to 1.",
            |s| s.block_use,
        )
        .u32("breached", "", "Accounts in breach after the step.", |s| {
            s.breached
        })
        .u32("liquidations", "", "Liquidations in the step.", |s| {
            s.liquidations
        })
        .f64(
            "repaid_usd",
            "USD",
            "Debt repaid by liquidators in the step.",
            |s| s.repaid_usd,
        )
        .f64(
            "seized_usd",
            "USD",
            "Collateral seized in the step, protocol fee included.",
            |s| s.seized_usd,
        )
        .f64("bonus_usd", "USD", "Liquidators' bonus in the step.", |s| {
            s.bonus_usd
        })
        .f64(
            "penalty_usd",
            "USD",
            "Borrowers' loss in the step: seized less debt cleared.",
            |s| s.penalty_usd,
        )
        .f64("fee_usd", "USD", "Protocol's fee in the step.", |s| {
            s.fee_usd
        })
        .f64(
            "gas_usd",
            "USD",
            "Gas of liquidators in the step, failed attempts included.",
            |s| s.gas_usd,
        )
        .f64("deficit_usd", "USD", "Debt written off in the step.", |s| {
            s.deficit_usd
        });
    let rows = match agents::has_census(record) {
        true => agents::census(rows),
        false => rows,
    };
    rows.table("steps")
}

fn prices(record: &PathRecord) -> Table {
    let at = |prices: &[f64], asset: usize| prices.get(asset).copied().filter(|p| p.is_finite());
    let rows: Vec<StepOfAsset<'_>> = record
        .steps
        .iter()
        .flat_map(|step| {
            record
                .symbols
                .iter()
                .enumerate()
                .map(move |(asset, symbol)| (step, asset, symbol))
        })
        .collect();
    let rows = Rows::of(&rows)
        .u32("step", "", STEP, |(s, _, _): &StepOfAsset<'_>| s.step)
        .u64("time", "s", TIME, |(s, _, _)| s.time)
        .text("asset", "", "Ticker.", |(_, _, symbol)| (*symbol).clone())
        .optional_f64(
            "outside",
            "USD",
            "Outside reference price at the end of the step.",
            |(s, a, _)| at(&s.outside, *a),
        )
        .optional_f64(
            "oracle",
            "USD",
            "Oracle's answer at the end of the step.",
            |(s, a, _)| at(&s.oracle, *a),
        )
        .optional_f64(
            "venue",
            "USD",
            "Mid price of the venues at the end of the step.",
            |(s, a, _)| at(&s.venue, *a),
        );
    let rows = match agents::has_census(record) {
        true => agents::census_by_asset(rows),
        false => rows,
    };
    rows.table("prices")
}

fn liquidations(record: &PathRecord) -> Table {
    let names = Names(record);
    let rows = Rows::of(&record.liquidations)
        .u32("step", "", STEP, |l| l.step)
        .u64("time", "s", TIME, |l| l.time)
        .u32("account", "", ACCOUNT, |l| l.account.0)
        .text("liquidator", "", LIQUIDATOR, |l| {
            names.liquidator(l.liquidator)
        })
        .text("kind", "", KIND, |l| l.kind.name().to_owned())
        .text("collateral", "", "Ticker of what was seized.", |l| {
            names.asset(l.collateral)
        })
        .text("debt", "", "Ticker of what was repaid.", |l| {
            names.asset(l.debt)
        })
        .text(
            "repaid",
            "debt units",
            "Paid by the liquidator, exact.",
            |l| l.repaid.to_string(),
        )
        .text(
            "seized",
            "collateral units",
            "Received by the liquidator, exact.",
            |l| l.seized.to_string(),
        )
        .text(
            "protocol_fee",
            "collateral units",
            "Kept by the protocol, exact.",
            |l| l.protocol_fee.to_string(),
        )
        .text(
            "health_before",
            "10^-18",
            "Health factor before, exact.",
            |l| l.health_before.to_string(),
        )
        .text(
            "health_after",
            "10^-18",
            "Health factor after, exact; 2^256 - 1 without debt.",
            |l| l.health_after.to_string(),
        );
    liquidation_values(rows).table("liquidations")
}

fn liquidation_values(rows: Rows<'_, LiquidationRow>) -> Rows<'_, LiquidationRow> {
    rows.f64("repaid_usd", "USD", "Repaid, at the oracle's price.", |l| {
        l.repaid_usd
    })
    .f64(
        "seized_usd",
        "USD",
        "Received by the liquidator, at the oracle's price.",
        |l| l.seized_usd,
    )
    .f64(
        "fee_usd",
        "USD",
        "Protocol's fee, at the oracle's price.",
        |l| l.fee_usd,
    )
    .f64(
        "reward_usd",
        "USD",
        "Paid to the liquidator by the protocol besides.",
        |l| l.reward_usd,
    )
    .f64("taken_usd", "USD", "What the account lost.", |l| {
        l.taken_usd
    })
    .f64(
        "cleared_usd",
        "USD",
        "What the account no longer owes because of it, debt written off not counted.",
        |l| l.cleared_usd,
    )
    .f64(
        "proceeds_usd",
        "USD",
        "Received for the collateral; its oracle value where it was kept.",
        |l| l.proceeds_usd,
    )
    .f64(
        "slippage_usd",
        "USD",
        "Oracle's value less proceeds.",
        |l| l.slippage_usd,
    )
    .f64("gas_usd", "USD", "Gas.", |l| l.gas_usd)
    .f64("loan_fee_usd", "USD", "Flash-loan fee.", |l| l.loan_fee_usd)
    .f64(
        "profit_usd",
        "USD",
        "Proceeds and reward less repaid, gas and loan fee.",
        |l| l.profit_usd,
    )
    .f64("deficit_usd", "USD", "Debt written off with it.", |l| {
        l.deficit_usd
    })
    .f64(
        "collateral_price",
        "USD",
        "Oracle's price of the collateral.",
        |l| l.collateral_price,
    )
}

fn accounts(record: &PathRecord) -> Table {
    let rows = Rows::of(&record.accounts)
        .u32("account", "", ACCOUNT, |a| a.account.0)
        .optional_text(
            "name",
            "",
            "Name in the book file, where it had one.",
            |a| a.name.clone(),
        )
        .text(
            "health_start",
            "10^-18",
            "Health factor at the start, exact.",
            |a| a.health_start.to_string(),
        )
        .text(
            "health_end",
            "10^-18",
            "Health factor at the end, exact; 2^256 - 1 without debt.",
            |a| a.health_end.to_string(),
        )
        .f64(
            "collateral_start_usd",
            "USD",
            "Collateral at the start, at its prices.",
            |a| a.collateral_usd[0],
        )
        .f64(
            "collateral_end_usd",
            "USD",
            "Collateral at the end, at its prices.",
            |a| a.collateral_usd[1],
        )
        .f64(
            "debt_start_usd",
            "USD",
            "Debt at the start, at its prices.",
            |a| a.debt_usd[0],
        )
        .f64(
            "debt_end_usd",
            "USD",
            "Debt at the end, at its prices.",
            |a| a.debt_usd[1],
        );
    account_outcomes(rows).table("accounts")
}

fn account_outcomes(rows: Rows<'_, AccountRow>) -> Rows<'_, AccountRow> {
    rows.u32("liquidations", "", "Liquidations begun.", |a| {
        a.liquidations
    })
    .u32(
        "softened",
        "",
        "1 where a part of its collateral was exchanged without a liquidation, else 0.",
        |a| u32::from(a.softened),
    )
    .f64("repaid_usd", "USD", "Debt cleared by liquidations.", |a| {
        a.repaid_usd
    })
    .f64(
        "seized_usd",
        "USD",
        "Collateral taken, protocol fee included.",
        |a| a.seized_usd,
    )
    .f64("penalty_usd", "USD", "Seized less cleared.", |a| {
        a.penalty_usd
    })
    .f64("deficit_usd", "USD", "Debt written off.", |a| a.deficit_usd)
    .f64(
        "shortfall_usd",
        "USD",
        "Debt above collateral at the end, not written off.",
        |a| a.shortfall_usd,
    )
}

fn liquidators(record: &PathRecord) -> Table {
    Rows::of(&record.liquidators)
        .text("liquidator", "", LIQUIDATOR, |l: &LiquidatorRow| {
            l.name.clone()
        })
        .text("kind", "", "`private`, `public` or `native`.", |l| {
            kind_word(l.kind).to_owned()
        })
        .u32("won", "", "Liquidations won.", |l| l.won)
        .u32("lost", "", "Attempts lost.", |l| l.lost)
        .f64("repaid_usd", "USD", "Debt repaid.", |l| l.repaid_usd)
        .f64("gas_usd", "USD", "Gas, lost attempts included.", |l| {
            l.gas_usd
        })
        .f64("slippage_usd", "USD", "Slippage paid.", |l| l.slippage_usd)
        .f64("loan_fee_usd", "USD", "Flash-loan fees.", |l| {
            l.loan_fee_usd
        })
        .f64(
            "profit_usd",
            "USD",
            "Net profit; collateral still held counts at the last outside price.",
            |l| l.profit_usd,
        )
        .f64(
            "inventory_usd",
            "USD",
            "Collateral still held, at the last outside price.",
            |l| l.inventory_usd,
        )
        .table("liquidators")
}

fn misses(record: &PathRecord) -> Table {
    let names = Names(record);
    Rows::of(&record.misses)
        .u32("step", "", STEP, |m| m.step)
        .u32("account", "", ACCOUNT, |m| m.account.0)
        .text("liquidator", "", LIQUIDATOR, |m| {
            names.liquidator(m.liquidator)
        })
        .text(
            "reason",
            "",
            "`outrun`, `block_full` (once for a liquidator and account), `rejected`, or `guarded` (held back by a guard).",
            |m| {
                match m.reason {
                    Miss::Outrun => "outrun",
                    Miss::BlockFull => "block_full",
                    Miss::Rejected => "rejected",
                    Miss::Guarded => "guarded",
                }
                .to_owned()
            },
        )
        .f64("gas_usd", "USD", "Gas paid for nothing.", |m| m.gas_usd)
        .table("misses")
}

fn reactions(record: &PathRecord) -> Table {
    let names = Names(record);
    Rows::of(&record.reactions)
        .u32("step", "", STEP, |r| r.step)
        .u32("account", "", ACCOUNT, |r| r.account.0)
        .text("asset", "", "Ticker of what was added or repaid.", |r| {
            names.asset(r.asset)
        })
        .bool(
            "repay",
            "True for a repayment, false for a top-up of collateral.",
            |r| r.repay,
        )
        .text("amount", "asset units", "Amount, exact.", |r| {
            r.amount.to_string()
        })
        .f64("usd", "USD", "At the oracle's price.", |r| r.usd)
        .table("reactions")
}

fn coverage(record: &PathRecord) -> Table {
    let names = Names(record);
    Rows::of(&record.coverage)
        .u32("step", "", STEP, |c| c.step)
        .u64("time", "s", TIME, |c| c.time)
        .text("layer", "", "Layer of the waterfall that paid.", |c| {
            c.layer.clone()
        })
        .text(
            "asset",
            "",
            "Ticker of the asset whose deficit was paid.",
            |c| names.asset(c.asset),
        )
        .text("amount", "asset units", "Amount, exact.", |c| {
            c.amount.to_string()
        })
        .f64("usd", "USD", "At the oracle's price.", |c| c.usd)
        .optional_f64(
            "left_usd",
            "USD",
            "Left in the layer afterwards; null for a layer without limit.",
            |c| Some(c.left_usd).filter(|left| left.is_finite()),
        )
        .table("coverage")
}

fn metrics(record: &PathRecord, without_feedback: Option<&PathRecord>) -> Table {
    let evidence = Evidence {
        path: record,
        without_feedback,
    };
    Rows::of(METRICS)
        .text("metric", "", "Name.", |m| m.name.to_owned())
        .optional_f64(
            "value",
            "see `unit`",
            "Value; null where the run does not tell it.",
            |m| (m.compute)(&evidence).filter(|v| v.is_finite()),
        )
        .text(
            "unit",
            "",
            "Unit: `USD`, `count`, `s`, `share` or `ratio`.",
            |m| m.unit.to_owned(),
        )
        .text("meaning", "", "What the value says.", |m| m.doc.to_owned())
        .table("metrics")
}

/// Names by number.
struct Names<'a>(&'a PathRecord);

impl Names<'_> {
    fn asset(&self, asset: AssetId) -> String {
        symbol(self.0, asset)
    }

    fn liquidator(&self, index: u32) -> String {
        let row = usize::try_from(index)
            .ok()
            .and_then(|i| self.0.liquidators.get(i));
        row.map_or_else(|| format!("liquidator {index}"), |l| l.name.clone())
    }
}

//! A record as tables: one function a table, each column with its unit and meaning.
//!
//! `docs/results.md` is generated from these columns by a test.

use crate::html::kind_word;
use crate::summary::symbol;
use backstop_core::protocol::{AccountId, AssetId, Event};
use backstop_io::table::{Column, ColumnData, Table};
use backstop_lab::metrics::{Evidence, METRICS};
use backstop_lab::record::{EventRow, LiquidatorRow, Miss, PathRecord};

/// All tables of a run, in a fixed order. The paired run adds figures to `metrics` only.
pub fn tables(record: &PathRecord, without_feedback: Option<&PathRecord>) -> Vec<Table> {
    vec![
        steps(record),
        prices(record),
        events(record),
        liquidations(record),
        accounts(record),
        liquidators(record),
        misses(record),
        reactions(record),
        coverage(record),
        metrics(record, without_feedback),
    ]
}

/// Rows of one kind that become columns.
struct Rows<'a, T> {
    rows: &'a [T],
    columns: Vec<Column>,
}

impl<'a, T> Rows<'a, T> {
    fn of(rows: &'a [T]) -> Self {
        Self { rows, columns: Vec::new() }
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

    fn optional_text(self, name: &str, unit: &str, doc: &str, of: impl Fn(&T) -> Option<String>) -> Self {
        let data = ColumnData::OptionalText(self.rows.iter().map(of).collect());
        self.add(name, unit, doc, data)
    }

    fn optional_u32(self, name: &str, unit: &str, doc: &str, of: impl Fn(&T) -> Option<u32>) -> Self {
        let data = ColumnData::OptionalU32(self.rows.iter().map(of).collect());
        self.add(name, unit, doc, data)
    }

    fn optional_f64(self, name: &str, unit: &str, doc: &str, of: impl Fn(&T) -> Option<f64>) -> Self {
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

fn steps(record: &PathRecord) -> Table {
    Rows::of(&record.steps)
        .u32("step", "", STEP, |s| s.step)
        .u64("time", "s", TIME, |s| s.time)
        .f64("gas_gwei", "gwei", "Price of gas.", |s| s.gas_gwei)
        .f64("block_use", "", "Share of the block space that liquidations used, 0 to 1.", |s| s.block_use)
        .u32("breached", "", "Accounts in breach after the step.", |s| s.breached)
        .u32("liquidations", "", "Liquidations in the step.", |s| s.liquidations)
        .f64("repaid_usd", "USD", "Debt repaid by liquidators in the step.", |s| s.repaid_usd)
        .f64("seized_usd", "USD", "Collateral seized in the step, protocol fee included.", |s| s.seized_usd)
        .f64("bonus_usd", "USD", "Liquidators' bonus in the step.", |s| s.bonus_usd)
        .f64("penalty_usd", "USD", "Borrowers' loss in the step: seized less repaid.", |s| s.penalty_usd)
        .f64("fee_usd", "USD", "Protocol's fee in the step.", |s| s.fee_usd)
        .f64("gas_usd", "USD", "Gas of liquidators in the step, failed attempts included.", |s| s.gas_usd)
        .f64("deficit_usd", "USD", "Debt written off in the step.", |s| s.deficit_usd)
        .table("steps")
}

fn prices(record: &PathRecord) -> Table {
    let at = |prices: &[f64], asset: usize| prices.get(asset).copied().filter(|p| p.is_finite());
    let rows: Vec<_> = record
        .steps
        .iter()
        .flat_map(|step| record.symbols.iter().enumerate().map(move |(asset, symbol)| (step, asset, symbol)))
        .collect();
    Rows::of(&rows)
        .u32("step", "", STEP, |(s, _, _)| s.step)
        .u64("time", "s", TIME, |(s, _, _)| s.time)
        .text("asset", "", "Ticker.", |(_, _, symbol)| (*symbol).clone())
        .optional_f64("outside", "USD", "Outside reference price at the end of the step.", |(s, a, _)| {
            at(&s.outside, *a)
        })
        .optional_f64("oracle", "USD", "Oracle's answer at the end of the step.", |(s, a, _)| at(&s.oracle, *a))
        .optional_f64("venue", "USD", "Mid price of the venues at the end of the step.", |(s, a, _)| {
            at(&s.venue, *a)
        })
        .table("prices")
}

fn liquidations(record: &PathRecord) -> Table {
    let names = Names(record);
    Rows::of(&record.liquidations)
        .u32("step", "", STEP, |l| l.step)
        .u64("time", "s", TIME, |l| l.time)
        .u32("account", "", ACCOUNT, |l| l.account.0)
        .text("liquidator", "", LIQUIDATOR, |l| names.liquidator(l.liquidator))
        .text("collateral", "", "Ticker of what was seized.", |l| names.asset(l.collateral))
        .text("debt", "", "Ticker of what was repaid.", |l| names.asset(l.debt))
        .text("repaid", "debt units", "Paid by the liquidator, exact.", |l| l.repaid.to_string())
        .text("seized", "collateral units", "Received by the liquidator, exact.", |l| l.seized.to_string())
        .text("protocol_fee", "collateral units", "Kept by the protocol, exact.", |l| l.protocol_fee.to_string())
        .text("health_before", "10^-18", "Health factor before, exact.", |l| l.health_before.to_string())
        .text("health_after", "10^-18", "Health factor after, exact; 2^256 - 1 without debt.", |l| {
            l.health_after.to_string()
        })
        .f64("repaid_usd", "USD", "Repaid, at the oracle's price.", |l| l.repaid_usd)
        .f64("seized_usd", "USD", "Received by the liquidator, at the oracle's price.", |l| l.seized_usd)
        .f64("fee_usd", "USD", "Protocol's fee, at the oracle's price.", |l| l.fee_usd)
        .f64("proceeds_usd", "USD", "Received for the collateral; its oracle value where it was kept.", |l| {
            l.proceeds_usd
        })
        .f64("slippage_usd", "USD", "Oracle's value less proceeds.", |l| l.slippage_usd)
        .f64("gas_usd", "USD", "Gas.", |l| l.gas_usd)
        .f64("loan_fee_usd", "USD", "Flash-loan fee.", |l| l.loan_fee_usd)
        .f64("profit_usd", "USD", "Proceeds less repaid, gas and loan fee.", |l| l.profit_usd)
        .f64("deficit_usd", "USD", "Debt written off with it.", |l| l.deficit_usd)
        .f64("collateral_price", "USD", "Oracle's price of the collateral.", |l| l.collateral_price)
        .table("liquidations")
}

fn accounts(record: &PathRecord) -> Table {
    Rows::of(&record.accounts)
        .u32("account", "", ACCOUNT, |a| a.account.0)
        .optional_text("name", "", "Name in the book file, where it had one.", |a| a.name.clone())
        .text("health_start", "10^-18", "Health factor at the start, exact.", |a| a.health_start.to_string())
        .text("health_end", "10^-18", "Health factor at the end, exact; 2^256 - 1 without debt.", |a| {
            a.health_end.to_string()
        })
        .f64("collateral_start_usd", "USD", "Collateral at the start, at its prices.", |a| a.collateral_usd[0])
        .f64("collateral_end_usd", "USD", "Collateral at the end, at its prices.", |a| a.collateral_usd[1])
        .f64("debt_start_usd", "USD", "Debt at the start, at its prices.", |a| a.debt_usd[0])
        .f64("debt_end_usd", "USD", "Debt at the end, at its prices.", |a| a.debt_usd[1])
        .u32("liquidations", "", "Times liquidated.", |a| a.liquidations)
        .f64("repaid_usd", "USD", "Debt repaid by liquidators.", |a| a.repaid_usd)
        .f64("seized_usd", "USD", "Collateral taken, protocol fee included.", |a| a.seized_usd)
        .f64("penalty_usd", "USD", "Seized less repaid.", |a| a.penalty_usd)
        .f64("deficit_usd", "USD", "Debt written off.", |a| a.deficit_usd)
        .f64("shortfall_usd", "USD", "Debt above collateral at the end, not written off.", |a| a.shortfall_usd)
        .table("accounts")
}

fn liquidators(record: &PathRecord) -> Table {
    Rows::of(&record.liquidators)
        .text("liquidator", "", LIQUIDATOR, |l: &LiquidatorRow| l.name.clone())
        .text("kind", "", "`private`, `public` or `native`.", |l| kind_word(l.kind).to_owned())
        .u32("won", "", "Liquidations won.", |l| l.won)
        .u32("lost", "", "Attempts lost.", |l| l.lost)
        .f64("repaid_usd", "USD", "Debt repaid.", |l| l.repaid_usd)
        .f64("gas_usd", "USD", "Gas, lost attempts included.", |l| l.gas_usd)
        .f64("slippage_usd", "USD", "Slippage paid.", |l| l.slippage_usd)
        .f64("loan_fee_usd", "USD", "Flash-loan fees.", |l| l.loan_fee_usd)
        .f64("profit_usd", "USD", "Net profit; collateral still held counts at the last outside price.", |l| {
            l.profit_usd
        })
        .f64("inventory_usd", "USD", "Collateral still held, at the last outside price.", |l| l.inventory_usd)
        .table("liquidators")
}

fn misses(record: &PathRecord) -> Table {
    let names = Names(record);
    Rows::of(&record.misses)
        .u32("step", "", STEP, |m| m.step)
        .u32("account", "", ACCOUNT, |m| m.account.0)
        .text("liquidator", "", LIQUIDATOR, |m| names.liquidator(m.liquidator))
        .text("reason", "", "`outrun`, `block_full` or `rejected`.", |m| {
            match m.reason {
                Miss::Outrun => "outrun",
                Miss::BlockFull => "block_full",
                Miss::Rejected => "rejected",
            }
            .to_owned()
        })
        .f64("gas_usd", "USD", "Gas paid for nothing.", |m| m.gas_usd)
        .table("misses")
}

fn reactions(record: &PathRecord) -> Table {
    let names = Names(record);
    Rows::of(&record.reactions)
        .u32("step", "", STEP, |r| r.step)
        .u32("account", "", ACCOUNT, |r| r.account.0)
        .text("asset", "", "Ticker of what was added or repaid.", |r| names.asset(r.asset))
        .bool("repay", "True for a repayment, false for a top-up of collateral.", |r| r.repay)
        .text("amount", "asset units", "Amount, exact.", |r| r.amount.to_string())
        .f64("usd", "USD", "At the oracle's price.", |r| r.usd)
        .table("reactions")
}

fn coverage(record: &PathRecord) -> Table {
    let names = Names(record);
    Rows::of(&record.coverage)
        .u32("step", "", STEP, |c| c.step)
        .u64("time", "s", TIME, |c| c.time)
        .text("layer", "", "Layer of the waterfall that paid.", |c| c.layer.clone())
        .text("asset", "", "Ticker of the asset whose deficit was paid.", |c| names.asset(c.asset))
        .text("amount", "asset units", "Amount, exact.", |c| c.amount.to_string())
        .f64("usd", "USD", "At the oracle's price.", |c| c.usd)
        .optional_f64("left_usd", "USD", "Left in the layer afterwards; null for a layer without limit.", |c| {
            Some(c.left_usd).filter(|left| left.is_finite())
        })
        .table("coverage")
}

fn metrics(record: &PathRecord, without_feedback: Option<&PathRecord>) -> Table {
    let evidence = Evidence { path: record, without_feedback };
    Rows::of(METRICS)
        .text("metric", "", "Name.", |m| m.name.to_owned())
        .optional_f64("value", "see `unit`", "Value; null where the run does not tell it.", |m| {
            (m.compute)(&evidence).filter(|v| v.is_finite())
        })
        .text("unit", "", "Unit: `USD`, `count`, `s`, `share` or `ratio`.", |m| m.unit.to_owned())
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
        let row = usize::try_from(index).ok().and_then(|i| self.0.liquidators.get(i));
        row.map_or_else(|| format!("liquidator {index}"), |l| l.name.clone())
    }
}

fn events(record: &PathRecord) -> Table {
    let names = Names(record);
    let flat: Vec<(&EventRow, Flat)> = record.events.iter().map(|e| (e, Flat::of(&e.event))).collect();
    Rows::of(&flat)
        .u32("step", "", STEP, |(e, _)| e.step)
        .u64("time", "s", TIME, |(e, _)| e.time)
        .text("kind", "", "What happened, such as `liquidated`.", |(_, f)| f.kind.to_owned())
        .optional_u32("account", "", "Whose position changed.", |(_, f)| f.account.map(|a| a.0))
        .optional_u32("party", "", "Who else took part: payer, receiver or liquidator.", |(_, f)| {
            f.party.map(|a| a.0)
        })
        .text("asset", "", "Ticker; of the collateral in a liquidation.", |(_, f)| {
            f.asset.map_or_else(String::new, |a| names.asset(a))
        })
        .optional_text("debt_asset", "", "Ticker of what a liquidation repaid.", |(_, f)| {
            f.debt_asset.map(|a| names.asset(a))
        })
        .optional_text("amount", "asset units", "Amount, exact; of the collateral in a liquidation.", |(_, f)| {
            f.amount.clone()
        })
        .optional_text("repaid", "debt units", "Debt that a liquidation repaid, exact.", |(_, f)| f.repaid.clone())
        .optional_text("shares", "scaled units", "Scaled amount of a protocol fee, exact.", |(_, f)| f.shares.clone())
        .optional_text("price", "base units", "New answer of the oracle, exact.", |(_, f)| f.price.clone())
        .optional_text("liquidity_rate", "10^-27 a year", "Suppliers' rate, exact.", |(_, f)| {
            f.liquidity_rate.clone()
        })
        .optional_text("borrow_rate", "10^-27 a year", "Borrowers' rate, exact.", |(_, f)| f.borrow_rate.clone())
        .optional_text("liquidity_index", "10^-27", "Cumulated growth of a supply, exact.", |(_, f)| {
            f.liquidity_index.clone()
        })
        .optional_text("borrow_index", "10^-27", "Cumulated growth of a debt, exact.", |(_, f)| f.borrow_index.clone())
        .optional_text("setting", "", "New setting: `true`, `false`, a category, or a time in s.", |(_, f)| {
            f.setting.clone()
        })
        .table("events")
}

/// An event's fields in one row.
#[derive(Default)]
struct Flat {
    kind: &'static str,
    account: Option<AccountId>,
    party: Option<AccountId>,
    asset: Option<AssetId>,
    debt_asset: Option<AssetId>,
    amount: Option<String>,
    repaid: Option<String>,
    shares: Option<String>,
    price: Option<String>,
    liquidity_rate: Option<String>,
    borrow_rate: Option<String>,
    liquidity_index: Option<String>,
    borrow_index: Option<String>,
    setting: Option<String>,
}

impl Flat {
    fn new(kind: &'static str, asset: Option<&AssetId>) -> Self {
        Self { kind, asset: asset.copied(), ..Self::default() }
    }

    fn account(mut self, account: &AccountId) -> Self {
        self.account = Some(*account);
        self
    }

    fn party(mut self, party: &AccountId) -> Self {
        self.party = Some(*party);
        self
    }

    fn amount(mut self, amount: impl ToString) -> Self {
        self.amount = Some(amount.to_string());
        self
    }

    fn setting(mut self, setting: impl ToString) -> Self {
        self.setting = Some(setting.to_string());
        self
    }

    fn of(event: &Event) -> Self {
        match event {
            Event::PriceObserved { asset, price } => {
                Self { price: Some(price.to_string()), ..Self::new("price_observed", Some(asset)) }
            }
            Event::ReserveUpdated { asset, liquidity_rate, borrow_rate, liquidity_index, borrow_index } => Self {
                liquidity_rate: Some(liquidity_rate.to_string()),
                borrow_rate: Some(borrow_rate.to_string()),
                liquidity_index: Some(liquidity_index.to_string()),
                borrow_index: Some(borrow_index.to_string()),
                ..Self::new("reserve_updated", Some(asset))
            },
            Event::Liquidated { account, liquidator, collateral, debt, repaid, seized, receive_claim } => Self {
                debt_asset: Some(*debt),
                repaid: Some(repaid.to_string()),
                ..Self::new("liquidated", Some(collateral))
                    .account(account)
                    .party(liquidator)
                    .amount(seized)
                    .setting(receive_claim)
            },
            Event::LiquidationFee { account, asset, amount, shares } => Self {
                shares: Some(shares.to_string()),
                ..Self::new("liquidation_fee", Some(asset)).account(account).amount(amount)
            },
            other => Self::of_position(other),
        }
    }

    /// Events with at most an account, a party, an asset, an amount and a setting.
    fn of_position(event: &Event) -> Self {
        match event {
            Event::Supplied { payer, account, asset, amount } => {
                Self::new("supplied", Some(asset)).account(account).party(payer).amount(amount)
            }
            Event::Withdrawn { account, receiver, asset, amount } => {
                Self::new("withdrawn", Some(asset)).account(account).party(receiver).amount(amount)
            }
            Event::Borrowed { account, receiver, asset, amount, rate } => Self {
                borrow_rate: Some(rate.to_string()),
                ..Self::new("borrowed", Some(asset)).account(account).party(receiver).amount(amount)
            },
            Event::Repaid { payer, account, asset, amount } => {
                Self::new("repaid", Some(asset)).account(account).party(payer).amount(amount)
            }
            Event::CollateralEnabled { account, asset, enabled } => {
                Self::new("collateral_enabled", Some(asset)).account(account).setting(enabled)
            }
            Event::EModeSet { account, category } => {
                Self::new("e_mode_set", None).account(account).setting(category)
            }
            Event::DeficitCreated { account, asset, amount } => {
                Self::new("deficit_created", Some(asset)).account(account).amount(amount)
            }
            Event::DeficitCovered { asset, payer, amount } => {
                Self::new("deficit_covered", Some(asset)).party(payer).amount(amount)
            }
            Event::IsolatedDebtUpdated { asset, total } => {
                Self::new("isolated_debt_updated", Some(asset)).amount(total)
            }
            Event::GraceSet { asset, until } => Self::new("grace_set", Some(asset)).setting(until.0),
            Event::PauseSet { asset, paused } => Self::new("pause_set", Some(asset)).setting(paused),
            Event::PriceObserved { .. }
            | Event::ReserveUpdated { .. }
            | Event::Liquidated { .. }
            | Event::LiquidationFee { .. } => Self::of(event),
        }
    }
}

//! Ledger events, flattened into one row each.

use super::{Names, Rows, STEP, TIME};
use backstop_core::protocol::{AccountId, AssetId, Event};
use backstop_core::units::Amount;
use backstop_io::table::Table;
use backstop_lab::record::{EventRow, PathRecord};

pub(super) fn table(record: &PathRecord) -> Table {
    let rows = Rows::of(&record.events)
        .u32("step", "", STEP, |e| e.step)
        .u64("time", "s", TIME, |e| e.time);
    let rows = subjects(rows, &Names(record));
    rates(amounts(rows)).table("events")
}

type Columns<'a> = Rows<'a, EventRow>;

fn subjects<'a>(rows: Columns<'a>, names: &Names<'_>) -> Columns<'a> {
    rows.text("kind", "", "What happened, such as `liquidated`.", |e| {
        kind(&e.event).to_owned()
    })
    .optional_u32("account", "", "Whose position changed.", |e| {
        subject(&e.event).account.map(|a| a.0)
    })
    .optional_u32(
        "party",
        "",
        "Who else took part: payer, receiver or liquidator.",
        |e| subject(&e.event).party.map(|a| a.0),
    )
    .optional_text(
        "asset",
        "",
        "Ticker; of the collateral in a liquidation.",
        |e| subject(&e.event).asset.map(|a| names.asset(a)),
    )
    .optional_text(
        "debt_asset",
        "",
        "Ticker of what a liquidation repaid.",
        |e| repaid(&e.event).map(|(debt, _)| names.asset(debt)),
    )
}

fn amounts(rows: Columns<'_>) -> Columns<'_> {
    rows.optional_text(
        "amount",
        "asset units",
        "Amount, exact; of the collateral in a liquidation.",
        |e| amount(&e.event).map(|a| a.to_string()),
    )
    .optional_text(
        "repaid",
        "debt units",
        "Debt that a liquidation repaid, exact.",
        |e| repaid(&e.event).map(|(_, amount)| amount.to_string()),
    )
    .optional_text(
        "shares",
        "scaled units",
        "Scaled amount of a protocol fee, exact.",
        |e| match &e.event {
            Event::LiquidationFee { shares, .. } => Some(shares.to_string()),
            _ => None,
        },
    )
    .optional_text(
        "price",
        "base units",
        "New answer of the oracle, exact.",
        |e| match &e.event {
            Event::PriceObserved { price, .. } => Some(price.to_string()),
            _ => None,
        },
    )
    .optional_text(
        "setting",
        "",
        "New setting: `true`, `false`, a category, a time in s, or a parameter.",
        |e| setting(&e.event),
    )
}

fn rates(rows: Columns<'_>) -> Columns<'_> {
    let (a_year, pure) = ("10^-27 a year", "10^-27");
    rows.optional_text("liquidity_rate", a_year, "Suppliers' rate, exact.", |e| {
        Some(reserve(&e.event)?[0].clone())
    })
    .optional_text(
        "borrow_rate",
        a_year,
        "Borrowers' rate, exact.",
        |e| match &e.event {
            Event::Borrowed { rate, .. } => Some(rate.to_string()),
            event => Some(reserve(event)?[1].clone()),
        },
    )
    .optional_text(
        "liquidity_index",
        pure,
        "Cumulated growth of a supply, exact.",
        |e| Some(reserve(&e.event)?[2].clone()),
    )
    .optional_text(
        "borrow_index",
        pure,
        "Cumulated growth of a debt, exact.",
        |e| Some(reserve(&e.event)?[3].clone()),
    )
}

fn kind(event: &Event) -> &'static str {
    match event {
        Event::PriceObserved { .. } => "price_observed",
        Event::ReserveUpdated { .. } => "reserve_updated",
        Event::Supplied { .. } => "supplied",
        Event::Withdrawn { .. } => "withdrawn",
        Event::Borrowed { .. } => "borrowed",
        Event::Repaid { .. } => "repaid",
        Event::CollateralEnabled { .. } => "collateral_enabled",
        Event::EModeSet { .. } => "e_mode_set",
        Event::Liquidated { .. } => "liquidated",
        Event::LiquidationFee { .. } => "liquidation_fee",
        Event::DeficitCreated { .. } => "deficit_created",
        Event::DeficitCovered { .. } => "deficit_covered",
        Event::IsolatedDebtUpdated { .. } => "isolated_debt_updated",
        Event::GraceSet { .. } => "grace_set",
        Event::PauseSet { .. } => "pause_set",
        Event::LeverSet { .. } => "lever_set",
    }
}

/// Whom and what an event is about.
#[derive(Default)]
struct Subject {
    asset: Option<AssetId>,
    account: Option<AccountId>,
    party: Option<AccountId>,
}

fn subject(event: &Event) -> Subject {
    use Event as E;
    match event {
        E::Supplied {
            asset,
            account,
            payer: party,
            ..
        }
        | E::Withdrawn {
            asset,
            account,
            receiver: party,
            ..
        }
        | E::Borrowed {
            asset,
            account,
            receiver: party,
            ..
        }
        | E::Repaid {
            asset,
            account,
            payer: party,
            ..
        }
        | E::Liquidated {
            collateral: asset,
            account,
            liquidator: party,
            ..
        } => Subject {
            asset: Some(*asset),
            account: Some(*account),
            party: Some(*party),
        },
        E::CollateralEnabled { asset, account, .. }
        | E::LiquidationFee { asset, account, .. }
        | E::DeficitCreated { asset, account, .. } => Subject {
            asset: Some(*asset),
            account: Some(*account),
            party: None,
        },
        E::DeficitCovered { asset, payer, .. } => Subject {
            asset: Some(*asset),
            account: None,
            party: Some(*payer),
        },
        E::EModeSet { account, .. } => Subject {
            account: Some(*account),
            ..Subject::default()
        },
        E::PriceObserved { asset, .. }
        | E::ReserveUpdated { asset, .. }
        | E::IsolatedDebtUpdated { asset, .. }
        | E::GraceSet { asset, .. }
        | E::PauseSet { asset, .. } => Subject {
            asset: Some(*asset),
            ..Subject::default()
        },
        E::LeverSet { .. } => Subject::default(),
    }
}

/// The amount of an event, of the collateral in a liquidation.
fn amount(event: &Event) -> Option<Amount> {
    use Event as E;
    match event {
        E::Supplied { amount, .. }
        | E::Withdrawn { amount, .. }
        | E::Borrowed { amount, .. }
        | E::Repaid { amount, .. }
        | E::Liquidated { seized: amount, .. }
        | E::LiquidationFee { amount, .. }
        | E::DeficitCreated { amount, .. }
        | E::DeficitCovered { amount, .. }
        | E::IsolatedDebtUpdated { total: amount, .. } => Some(*amount),
        E::PriceObserved { .. }
        | E::ReserveUpdated { .. }
        | E::CollateralEnabled { .. }
        | E::EModeSet { .. }
        | E::GraceSet { .. }
        | E::PauseSet { .. }
        | E::LeverSet { .. } => None,
    }
}

/// What a liquidation repaid.
fn repaid(event: &Event) -> Option<(AssetId, Amount)> {
    match event {
        Event::Liquidated { debt, repaid, .. } => Some((*debt, *repaid)),
        _ => None,
    }
}

fn setting(event: &Event) -> Option<String> {
    match event {
        Event::CollateralEnabled { enabled, .. } => Some(enabled.to_string()),
        Event::EModeSet { category, .. } => Some(category.to_string()),
        Event::Liquidated { receive_claim, .. } => Some(receive_claim.to_string()),
        Event::GraceSet { until, .. } => Some(until.0.to_string()),
        Event::PauseSet { paused, .. } => Some(paused.to_string()),
        Event::LeverSet { name, after, .. } => Some(format!("{name} = {after}")),
        _ => None,
    }
}

/// Rates and indices of a reserve: liquidity rate, borrow rate, liquidity index, borrow index.
fn reserve(event: &Event) -> Option<[String; 4]> {
    match event {
        Event::ReserveUpdated {
            liquidity_rate,
            borrow_rate,
            liquidity_index,
            borrow_index,
            ..
        } => Some([
            liquidity_rate.to_string(),
            borrow_rate.to_string(),
            liquidity_index.to_string(),
            borrow_index.to_string(),
        ]),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use backstop_core::units::{Index, Price, Rate, Shares, Timestamp};
    use backstop_io::table::ColumnData;

    fn reserves_and_positions() -> Vec<Event> {
        let asset = AssetId(0);
        let (account, payer, receiver) = (AccountId(1), AccountId(2), AccountId(3));
        let amount = Amount::new(500);
        vec![
            Event::PriceObserved {
                asset,
                price: Price::new(7),
            },
            Event::ReserveUpdated {
                asset,
                liquidity_rate: Rate::new(11),
                borrow_rate: Rate::new(12),
                liquidity_index: Index::new(13),
                borrow_index: Index::new(14),
            },
            Event::Supplied {
                payer,
                account,
                asset,
                amount,
            },
            Event::Withdrawn {
                account,
                receiver,
                asset,
                amount,
            },
            Event::Borrowed {
                account,
                receiver,
                asset,
                amount,
                rate: Rate::new(15),
            },
            Event::Repaid {
                payer,
                account,
                asset,
                amount,
            },
            Event::CollateralEnabled {
                account,
                asset,
                enabled: true,
            },
            Event::EModeSet {
                account,
                category: 2,
            },
        ]
    }

    fn liquidations_and_settings() -> Vec<Event> {
        let (asset, debt) = (AssetId(0), AssetId(1));
        let (account, payer, liquidator) = (AccountId(1), AccountId(2), AccountId(4));
        let amount = Amount::new(500);
        vec![
            Event::Liquidated {
                account,
                liquidator,
                collateral: asset,
                debt,
                repaid: Amount::new(900),
                seized: amount,
                receive_claim: false,
            },
            Event::LiquidationFee {
                account,
                asset,
                amount,
                shares: Shares::new(499),
            },
            Event::DeficitCreated {
                account,
                asset,
                amount,
            },
            Event::DeficitCovered {
                asset,
                payer,
                amount,
            },
            Event::IsolatedDebtUpdated {
                asset,
                total: amount,
            },
            Event::GraceSet {
                asset,
                until: Timestamp(60),
            },
            Event::PauseSet {
                asset,
                paused: true,
            },
            Event::LeverSet {
                name: "WETH.liquidation_threshold".into(),
                before: 8_300,
                after: 8_250,
            },
        ]
    }

    #[test]
    fn every_event_keeps_its_fields() {
        let row = |event| EventRow {
            step: 0,
            time: 0,
            event,
        };
        let events = [reserves_and_positions(), liquidations_and_settings()].concat();
        let record = PathRecord {
            symbols: vec!["WETH".into(), "DAI".into()],
            events: events.into_iter().map(row).collect(),
            ..PathRecord::default()
        };
        let table = table(&record);
        let mut text = String::new();
        for i in 0..table.rows() {
            let cells = table.columns.iter().filter_map(|c| {
                let value = match &c.data {
                    ColumnData::Text(v) => v[i].clone(),
                    ColumnData::OptionalText(v) => v[i].clone()?,
                    ColumnData::OptionalU32(v) => v[i]?.to_string(),
                    _ => return None,
                };
                Some(if c.name == "kind" {
                    value
                } else {
                    format!("{}={value}", c.name)
                })
            });
            text.push_str(&cells.collect::<Vec<_>>().join(" "));
            text.push('\n');
        }
        expect_test::expect![[r#"
            price_observed asset=WETH price=7
            reserve_updated asset=WETH liquidity_rate=11 borrow_rate=12 liquidity_index=13 borrow_index=14
            supplied account=1 party=2 asset=WETH amount=500
            withdrawn account=1 party=3 asset=WETH amount=500
            borrowed account=1 party=3 asset=WETH amount=500 borrow_rate=15
            repaid account=1 party=2 asset=WETH amount=500
            collateral_enabled account=1 asset=WETH setting=true
            e_mode_set account=1 setting=2
            liquidated account=1 party=4 asset=WETH debt_asset=DAI amount=500 repaid=900 setting=false
            liquidation_fee account=1 asset=WETH amount=500 shares=499
            deficit_created account=1 asset=WETH amount=500
            deficit_covered party=2 asset=WETH amount=500
            isolated_debt_updated asset=WETH amount=500
            grace_set asset=WETH setting=60
            pause_set asset=WETH setting=true
            lever_set setting=WETH.liquidation_threshold = 8250
        "#]].assert_eq(&text);
    }
}

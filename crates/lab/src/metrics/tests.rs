use super::*;
use crate::record::{AccountRow, AccountsTold, LiquidationRow, StepRow};
use backstop_core::protocol::{AccountId, AssetId, OfferKind};
use backstop_core::units::{Amount, Ratio};

/// One asset, a step a minute.
fn path(oracle: &[f64]) -> PathRecord {
    let row = |(i, usd): (usize, &f64)| StepRow {
        step: i as u32,
        time: 60 * i as u64,
        outside: vec![*usd],
        oracle: vec![*usd],
        venue: vec![*usd],
        repaid_usd: 10.0,
        deficit_usd: 1.0,
        ..StepRow::default()
    };
    PathRecord {
        symbols: vec!["ETH".to_owned()],
        steps: oracle.iter().enumerate().map(row).collect(),
        ..PathRecord::default()
    }
}

fn liquidation(account: u32, health_before: u128, health_after: u128) -> LiquidationRow {
    LiquidationRow {
        step: 0,
        time: 0,
        account: AccountId(account),
        liquidator: 0,
        kind: OfferKind::Repay,
        collateral: AssetId(0),
        debt: AssetId(0),
        repaid: Amount::ZERO,
        seized: Amount::ZERO,
        protocol_fee: Amount::ZERO,
        health_before: Ratio::new(health_before),
        health_after: Ratio::new(health_after),
        repaid_usd: 0.0,
        seized_usd: 0.0,
        fee_usd: 0.0,
        reward_usd: 0.0,
        taken_usd: 0.0,
        cleared_usd: 0.0,
        proceeds_usd: 0.0,
        slippage_usd: 0.0,
        gas_usd: 0.0,
        loan_fee_usd: 0.0,
        profit_usd: 0.0,
        deficit_usd: 0.0,
        collateral_price: 0.0,
        trace: Vec::new(),
    }
}

fn account(health_end: Ratio, liquidations: u32) -> AccountRow {
    AccountRow {
        account: AccountId(1),
        name: None,
        health_start: Ratio::ZERO,
        health_end,
        collateral_usd: [0.0; 2],
        debt_usd: [0.0; 2],
        liquidations,
        softened: false,
        repaid_usd: 0.0,
        seized_usd: 0.0,
        penalty_usd: 0.0,
        deficit_usd: 0.0,
        shortfall_usd: 0.0,
    }
}

fn value(name: &str, evidence: &Evidence<'_>) -> Option<f64> {
    let metric = METRICS.iter().find(|m| m.name == name);
    (metric.unwrap_or_else(|| panic!("no metric {name}")).compute)(evidence)
}

#[test]
fn names_are_unique_and_units_known() {
    let mut names: Vec<_> = METRICS.iter().map(|m| m.name).collect();
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), METRICS.len());
    for metric in METRICS {
        let known = ["USD", "count", "s", "share", "ratio"].contains(&metric.unit);
        assert!(known && metric.doc.ends_with('.'), "{}", metric.name);
    }
}

#[test]
fn an_empty_path_has_figures_or_none() {
    let empty = PathRecord::default();
    for metric in METRICS {
        let got = (metric.compute)(&Evidence::paired(&empty, &empty));
        assert!(got.is_none_or(|v| v == 0.0), "{} {got:?}", metric.name);
    }
}

#[test]
fn totals_are_sums() {
    let mut record = path(&[1.0, 1.0, 1.0]);
    record.liquidations = vec![
        liquidation(4, 9, 8),
        liquidation(4, 9, 10),
        liquidation(1, 9, 9),
        liquidation(2, 9, 99),
    ];
    record.accounts_told = AccountsTold::All;
    record.accounts = vec![AccountRow {
        shortfall_usd: 5.0,
        ..account(Ratio::ZERO, 0)
    }];
    let evidence = Evidence::of(&record);
    for (name, want) in [
        ("liquidations", 4.0),
        ("accounts_liquidated", 3.0),
        ("repaid", 30.0),
        ("deficit", 3.0),
        ("shortfall", 5.0),
        ("bad_debt", 8.0),
        ("toxic_share", 0.25),
    ] {
        assert_eq!(value(name, &evidence), Some(want), "{name}");
    }
}

/// What was paid for how much, in sales after two liquidations were begun for nothing.
#[test]
fn free_sales_bring_less_than_a_hundredth() {
    for (name, sold, share, collateral) in [
        ("no sales", vec![], None, None),
        (
            "none is free",
            vec![(1.0, 100.0), (90.0, 100.0)],
            Some(0.0),
            Some(0.0),
        ),
        (
            "one is",
            vec![(0.99, 100.0), (1.0, 100.0)],
            Some(0.5),
            Some(100.0),
        ),
        (
            "all are",
            vec![(0.0, 300.0), (0.01, 40.0)],
            Some(1.0),
            Some(340.0),
        ),
        (
            "nothing for nothing",
            vec![(0.0, 0.0)],
            Some(0.0),
            Some(0.0),
        ),
    ] {
        let mut record = path(&[1.0]);
        let begun = LiquidationRow {
            kind: OfferKind::Start,
            ..liquidation(1, 9, 9)
        };
        record.liquidations = vec![begun.clone(), begun];
        let sales = sold.into_iter().map(|(paid, worth)| LiquidationRow {
            kind: OfferKind::Deliver,
            repaid_usd: paid,
            seized_usd: worth,
            ..liquidation(1, 9, 9)
        });
        record.liquidations.extend(sales);
        let evidence = Evidence::of(&record);
        assert_eq!(value("free_sales", &evidence), share, "{name}");
        assert_eq!(
            value("free_sales_collateral", &evidence),
            collateral,
            "{name}"
        );
    }
}

#[test]
fn amplification_compares_the_pair() {
    for (with, without, want) in [
        (vec![100.0, 60.0, 90.0], vec![100.0, 80.0, 90.0], Some(2.0)),
        (vec![100.0, 80.0], vec![100.0, 80.0], Some(1.0)),
        (vec![100.0, 80.0], vec![100.0, 110.0], None),
    ] {
        let (with, without) = (path(&with), path(&without));
        let got = value("amplification", &Evidence::paired(&with, &without));
        assert_eq!(got.map(|v| (v * 1e9).round() / 1e9), want);
    }
    let alone = path(&[100.0, 80.0]);
    assert_eq!(value("amplification", &Evidence::of(&alone)), None);
}

#[test]
fn recovery_and_clearing_are_read_off_the_steps() {
    for (venue, breached, displacement, recovery, clear) in [
        ([100.0; 5], [0, 0, 0, 0, 0], None, None, None),
        (
            [100.0, 80.0, 85.0, 90.0, 99.0],
            [0, 3, 1, 0, 0],
            Some(0.2),
            Some(120.0),
            Some(120.0),
        ),
        (
            [100.0, 90.0, 80.0, 82.0, 85.0],
            [2, 0, 1, 0, 0],
            Some(0.2),
            None,
            Some(180.0),
        ),
        (
            [100.0, 100.0, 100.0, 100.0, 90.0],
            [0, 0, 0, 0, 1],
            Some(0.1),
            None,
            None,
        ),
    ] {
        let mut record = path(&[100.0; 5]);
        for (row, (v, b)) in record.steps.iter_mut().zip(venue.iter().zip(breached)) {
            row.venue = vec![*v];
            row.breached = b;
        }
        let evidence = Evidence::of(&record);
        let rounded = value("displacement", &evidence).map(|v| (v * 1e9).round() / 1e9);
        assert_eq!(rounded, displacement);
        assert_eq!(value("recovery", &evidence), recovery, "{venue:?}");
        assert_eq!(value("time_to_clear", &evidence), clear, "{breached:?}");
    }
}

#[test]
fn saved_accounts_end_alive() {
    const ONE: u128 = 1_000_000_000_000_000_000;
    for (name, liquidations, health, collateral, debt, want) in [
        (
            "partly liquidated, healthy",
            2,
            Ratio::new(ONE),
            50.0,
            30.0,
            1.0,
        ),
        ("no debt left", 1, Ratio::MAX, 50.0, 0.0, 1.0),
        ("never liquidated", 0, Ratio::new(ONE * 2), 50.0, 30.0, 0.0),
        ("still in breach", 1, Ratio::new(ONE - 1), 50.0, 45.0, 0.0),
        ("only dust left", 1, Ratio::MAX, 0.2, 0.0, 0.0),
        ("nothing left", 1, Ratio::MAX, 0.0, 0.0, 0.0),
        ("collateral unknown", 1, Ratio::MAX, f64::NAN, 0.0, 0.0),
    ] {
        let mut record = path(&[1.0]);
        record.accounts_told = AccountsTold::All;
        record.accounts = vec![AccountRow {
            collateral_usd: [100.0, collateral],
            debt_usd: [60.0, debt],
            ..account(health, liquidations)
        }];
        let got = value("accounts_saved", &Evidence::of(&record));
        assert_eq!(got, Some(want), "{name}");
    }
    assert_eq!(value("accounts_saved", &Evidence::of(&path(&[1.0]))), None);
}

#[test]
fn lost_surplus_is_the_borrowers_part_of_the_penalty() {
    for (name, penalty, deficit, shortfall, want) in [
        ("no bad debt: all of the penalty", 5.0, 0.0, 0.0, 5.0),
        (
            "103 of collateral, 100 of debt, 5 % bonus",
            4.9,
            1.9,
            0.0,
            3.0,
        ),
        ("90 of collateral, 100 of debt", 4.3, 14.3, 0.0, 0.0),
        ("the same, not written off", 4.3, 0.0, 14.3, 0.0),
        ("not liquidated", 0.0, 0.0, 7.0, 0.0),
    ] {
        let mut record = path(&[1.0]);
        let row = AccountRow {
            penalty_usd: penalty,
            deficit_usd: deficit,
            shortfall_usd: shortfall,
            ..account(Ratio::ZERO, 1)
        };
        record.accounts_told = AccountsTold::All;
        record.accounts = vec![row.clone(), row];
        let got = value("lost_surplus", &Evidence::of(&record));
        let rounded = got.map(|v| (v * 1e9).round() / 1e9);
        assert_eq!(rounded, Some(2.0 * want), "{name}");
    }
    assert_eq!(value("lost_surplus", &Evidence::of(&path(&[1.0]))), None);
}

#[test]
fn impact_is_the_deepest_gap_of_a_step() {
    for (with, without, want) in [
        (vec![100.0, 60.0, 90.0], vec![100.0, 80.0, 90.0], Some(0.25)),
        (vec![100.0, 80.0], vec![100.0, 80.0], Some(0.0)),
        (vec![100.0, 95.0], vec![100.0, 80.0], Some(0.0)),
        (
            vec![100.0, f64::NAN, 90.0],
            vec![100.0, 80.0, 100.0],
            Some(0.1),
        ),
        (vec![100.0], vec![100.0, 80.0], Some(0.0)),
        (vec![100.0, 80.0], vec![100.0, 110.0], None),
    ] {
        let (with, without) = (path(&with), path(&without));
        let got = value("price_impact", &Evidence::paired(&with, &without));
        assert_eq!(got.map(|v| (v * 1e9).round() / 1e9), want);
    }
    let alone = path(&[100.0, 80.0]);
    assert_eq!(value("price_impact", &Evidence::of(&alone)), None);
}

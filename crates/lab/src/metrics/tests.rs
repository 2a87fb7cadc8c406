use super::*;
use crate::record::{
    AccountRow, AccountsTold, CoverageRow, LiquidationRow, LiquidatorKind, LiquidatorRow, StepRow,
};
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
        solvent_spared: None,
        collateral_usd: [0.0; 2],
        debt_usd: [0.0; 2],
        liquidations,
        softened: false,
        repaid_usd: 0.0,
        seized_usd: 0.0,
        penalty_usd: 0.0,
        deficit_usd: 0.0,
        shortfall_usd: 0.0,
        lacking_usd: 0.0,
        under_water_s: 0,
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
fn solvent_accounts_are_healthy_at_the_end_without_liquidation() {
    let spared = |solvent: Option<bool>| AccountRow {
        solvent_spared: solvent,
        ..account(Ratio::ZERO, 1)
    };
    let mut record = path(&[1.0]);
    let found = |record: &PathRecord| {
        let evidence = Evidence::of(record);
        value("solvent_accounts_liquidated", &evidence)
    };
    assert_eq!(found(&record), None);
    record.accounts_told = AccountsTold::Touched;
    assert_eq!(found(&record), Some(0.0));
    record.accounts = [Some(false), Some(true), None].map(spared).to_vec();
    assert_eq!(found(&record), Some(1.0));
}

#[test]
fn uncovered_is_what_no_limited_layer_paid() {
    let payment = |usd, left_usd| CoverageRow {
        step: 0,
        time: 0,
        layer: "layer".to_owned(),
        asset: AssetId(0),
        amount: Amount::ZERO,
        usd,
        left_usd,
        losses: Vec::new(),
    };
    let mut record = path(&[1.0]);
    record.coverage = vec![payment(5.0, 1.0), payment(7.0, f64::INFINITY)];
    let found = |record: &PathRecord| value("uncovered_bad_debt", &Evidence::of(record));
    assert_eq!(found(&record), None);
    record.accounts_told = AccountsTold::Touched;
    record.accounts = vec![AccountRow {
        shortfall_usd: 15.0,
        ..account(Ratio::ZERO, 1)
    }];
    assert_eq!(found(&record), Some(22.0));
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

#[test]
fn everything_up_for_liquidation_is_at_risk() {
    const ONE: u128 = 1_000_000_000_000_000_000;
    let mut record = path(&[1.0]);
    record.accounts_told = AccountsTold::All;
    record.liquidations = vec![LiquidationRow {
        cleared_usd: 60.0,
        deficit_usd: 5.0,
        ..liquidation(1, 9, 9)
    }];
    let row = |health, liquidations, debt: f64| AccountRow {
        collateral_usd: [100.0, 10.0],
        debt_usd: [60.0, debt],
        ..account(Ratio::new(health), liquidations)
    };
    record.accounts = vec![
        row(2 * ONE, 1, 10.0),
        row(ONE - 1, 0, 30.0),
        row(ONE, 0, 40.0),
    ];
    let evidence = Evidence::of(&record);
    assert_eq!(value("liquidations_at_risk", &evidence), Some(95.0));
    assert_eq!(value("collateral_at_risk", &evidence), Some(200.0));
    // Debts of 60 with equities of 40.
    assert_eq!(value("leverage_at_risk", &evidence), Some(1.5));
    assert_eq!(
        value("collateral_at_risk", &Evidence::of(&path(&[1.0]))),
        None
    );
}

#[test]
fn rescue_is_judged_by_what_it_saved() {
    for (name, lacking, left, liquidations, avoided, efficiency) in [
        (
            "would have lacked 50, left 10",
            50.0,
            10.0,
            1,
            40.0,
            Some(0.05),
        ),
        ("would never have lacked", 0.0, 0.0, 1, 0.0, None),
        ("made it worse", 5.0, 10.0, 1, 0.0, None),
        ("was not liquidated", 50.0, 50.0, 0, 0.0, None),
    ] {
        let mut record = path(&[1.0, 1.0]);
        record.steps.iter_mut().for_each(|row| row.bonus_usd = 1.0);
        record.accounts_told = AccountsTold::Touched;
        record.accounts = vec![AccountRow {
            lacking_usd: lacking,
            shortfall_usd: left,
            under_water_s: 120,
            ..account(Ratio::ZERO, liquidations)
        }];
        let evidence = Evidence::of(&record);
        assert_eq!(value("deficit_avoided", &evidence), Some(avoided), "{name}");
        assert_eq!(
            value("liquidation_efficiency", &evidence),
            efficiency,
            "{name}"
        );
        assert_eq!(value("time_under_water", &evidence), Some(120.0), "{name}");
    }
}

#[test]
fn burdens_are_shares() {
    let mut record = path(&[1.0, 1.0]);
    for row in &mut record.steps {
        (row.bonus_usd, row.gas_usd) = (5.0, 2.0);
    }
    record.accounts_told = AccountsTold::Touched;
    record.accounts = vec![AccountRow {
        shortfall_usd: 15.0,
        ..account(Ratio::ZERO, 1)
    }];
    let sale = |kind| LiquidationRow {
        kind,
        seized_usd: 100.0,
        taken_usd: 105.0,
        cleared_usd: 80.0,
        deficit_usd: 5.0,
        ..liquidation(1, 9, 9)
    };
    record.liquidations = vec![sale(OfferKind::Repay)];
    record.liquidators = vec![LiquidatorRow {
        name: "bot".to_owned(),
        kind: LiquidatorKind::Public,
        won: 1,
        lost: 0,
        repaid_usd: 80.0,
        gas_usd: 4.0,
        slippage_usd: 3.0,
        loan_fee_usd: 0.0,
        profit_usd: 0.0,
        inventory_usd: 40.0,
    }];
    let evidence = Evidence::of(&record);
    for (name, want) in [
        ("realised_slippage", 0.05),
        ("penalty_burden", 25.0 / 80.0),
        ("bonus_dissipated", 0.4),
        ("recovery_rate", 0.8),
    ] {
        assert_eq!(value(name, &evidence), Some(want), "{name}");
    }
    record.liquidations = vec![sale(OfferKind::Exchange)];
    let evidence = Evidence::of(&record);
    assert_eq!(value("penalty_burden", &evidence), None);
}

#[test]
fn a_fund_is_depleted_when_the_rest_is_shared_out() {
    let payment = |time, left_usd| CoverageRow {
        step: 0,
        time,
        layer: "layer".to_owned(),
        asset: AssetId(0),
        amount: Amount::ZERO,
        usd: 1.0,
        left_usd,
        losses: Vec::new(),
    };
    for (name, rows, depleted, time) in [
        (
            "a limit holds it back",
            vec![payment(60, 10.0), payment(60, f64::INFINITY)],
            Some(0.0),
            None,
        ),
        (
            "a limit holds it back at first",
            vec![
                payment(60, 10.0),
                payment(60, f64::INFINITY),
                payment(90, 0.0),
                payment(90, f64::INFINITY),
            ],
            Some(1.0),
            Some(90.0),
        ),
        ("no deficit", vec![], Some(0.0), None),
        (
            "it pays",
            vec![payment(60, 10.0), payment(90, 1.0)],
            Some(0.0),
            None,
        ),
        (
            "it is used up in the same minute",
            vec![
                payment(60, 10.0),
                payment(120, 0.0),
                payment(120, f64::INFINITY),
            ],
            Some(1.0),
            Some(120.0),
        ),
        (
            "there is none",
            vec![payment(60, f64::INFINITY)],
            None,
            None,
        ),
    ] {
        let mut record = path(&[1.0, 1.0]);
        record.coverage = rows;
        let evidence = Evidence::of(&record);
        assert_eq!(value("fund_depleted", &evidence), depleted, "{name}");
        assert_eq!(value("fund_depletion_time", &evidence), time, "{name}");
    }
}

#[test]
fn cascades_are_runs_of_steps() {
    let mut record = path(&[1.0; 7]);
    for (row, (n, usd)) in record.steps.iter_mut().zip([
        (0, 0.0),
        (2, 20.0),
        (1, 5.0),
        (0, 7.0),
        (1, 30.0),
        (0, 0.0),
        (3, 1.0),
    ]) {
        (row.liquidations, row.seized_usd) = (n, usd);
    }
    let want = [(1, 2, 3, 25.0), (4, 1, 1, 30.0), (6, 1, 3, 1.0)];
    let cascades = cascades_of(&record);
    let got = cascades
        .iter()
        .map(|c| (c.step, c.steps, c.liquidations, c.seized_usd));
    assert_eq!(got.collect::<Vec<_>>(), want);
    let evidence = Evidence::of(&record);
    assert_eq!(value("cascades", &evidence), Some(3.0));
    assert_eq!(value("largest_cascade", &evidence), Some(30.0));
    assert_eq!(value("largest_cascade_liquidations", &evidence), Some(3.0));
}

#[test]
fn margin_calls_are_counted_by_the_hour() {
    for (step_s, calls, want) in [
        (60, vec![0, 3, 4, 0], Some(7.0)),
        (1_800, vec![1, 5, 2, 8, 1], Some(10.0)),
        (7_200, vec![0, 6], Some(3.0)),
    ] {
        let mut record = path(&vec![1.0; calls.len()]);
        for (i, (row, n)) in record.steps.iter_mut().zip(calls).enumerate() {
            (row.time, row.margin_calls) = (step_s * i as u64, Some(n));
        }
        assert_eq!(value("margin_call_velocity", &Evidence::of(&record)), want);
    }
    let none = path(&[1.0, 1.0]);
    assert_eq!(value("margin_call_velocity", &Evidence::of(&none)), None);
}

#[test]
fn leverage_is_debt_over_equity() {
    let mut record = path(&[1.0; 4]);
    record.symbols = vec!["ETH".to_owned(), "BTC".to_owned()];
    // Debts over equities of 1, 2, 4, 2 and of 3, 6, 12, 6: they move as one.
    for (row, scale) in record.steps.iter_mut().zip([1.0, 2.0, 4.0, 2.0]) {
        row.by_collateral = vec![
            [10.0 + 10.0 * scale, 10.0 * scale],
            [10.0 + 30.0 * scale, 30.0 * scale],
        ];
    }
    let evidence = Evidence::of(&record);
    assert_eq!(value("leverage", &evidence), Some(4.5));
    assert_eq!(value("leverage_peak", &evidence), Some(8.0));
    let together = value("leverage_correlation", &evidence).unwrap();
    assert!((together - 1.0).abs() < 1e-12);
    record.symbols.truncate(1);
    let evidence = Evidence::of(&record);
    assert_eq!(value("leverage_correlation", &evidence), None);
}

#[test]
fn deeper_venues_bring_more() {
    let sold = |proceeds| {
        let mut record = path(&[1.0]);
        record.liquidations = vec![LiquidationRow {
            seized_usd: 100.0,
            proceeds_usd: proceeds,
            ..liquidation(1, 9, 9)
        }];
        record
    };
    // A constant product of X tokens returns X/(X + q) of the value: 1/2 for q = X, 2/3 at twice the depth.
    let got = exit_liquidity_sensitivity(&sold(50.0), &sold(200.0 / 3.0), 2.0).unwrap();
    assert!((got - (4.0f64 / 3.0).log2()).abs() < 1e-12);
    assert_eq!(
        exit_liquidity_sensitivity(&sold(50.0), &sold(50.0), 2.0),
        Some(0.0)
    );
    assert_eq!(
        exit_liquidity_sensitivity(&sold(50.0), &path(&[1.0]), 2.0),
        None
    );
    assert_eq!(
        exit_liquidity_sensitivity(&sold(50.0), &sold(60.0), 1.0),
        None
    );
}

use super::*;
use crate::agents::{BorrowerGroup, Exit, LiquidatorConfig, Reaction, Sizing, example};
use crate::feed::FeedConfig;
use crate::market::{FeedbackMode, Impact};
use crate::network::{GasSeries, NetworkConfig};
use crate::price::{Constant, Dependence, Grid, Historical, PriceModel, Refine};
use crate::record::{AccountsTold, LiquidatorKind, Miss};
use crate::toy::{ETH, Toy, USD};
use crate::venue::{ConstantProduct, Liquidity, Routing, VenueConfig};
use backstop_core::coverage::{InsuranceFund, Refill, TreasuryReserve};
use backstop_core::protocol::Event;
use backstop_core::units::{Bps, U256, Value};
use proptest::prelude::*;

pub(crate) const STEPS: u32 = 120;

pub(crate) fn asset(price: PriceModel) -> AssetConfig {
    let feed = FeedConfig {
        deviation: 0.005,
        heartbeat_s: 3_600,
        delay_s: 0,
        twap_s: 0,
    };
    AssetConfig {
        price,
        feed,
        sources: None,
    }
}

/// Ether falls from 200 by `fall` over the first hour and stays there.
pub(crate) fn crash(fall: f64, refine: Refine) -> PriceModel {
    let end = 200.0 * (1.0 - fall);
    let points = [(0, 200.0), (3_600, end), (7_200, end)];
    PriceModel::Historical(Historical::from_points(&points, refine))
}

pub(crate) fn config(price: PriceModel) -> WorldConfig {
    WorldConfig {
        grid: Grid {
            start: 0,
            step_s: 60,
            steps: STEPS,
        },
        assets: vec![
            asset(price),
            asset(PriceModel::Constant(Constant { usd: 1.0 })),
        ],
        dependence: Dependence::default(),
        venues: vec![VenueConfig {
            name: "pool".to_owned(),
            base: 0,
            fee: 0.003,
            half_life_s: 600.0,
            weight: 1.0,
            permanent_share: None,
            depth: None,
            liquidity: Liquidity::ConstantProduct(ConstantProduct::fixed(10_000.0, 2_000_000.0)),
        }],
        impact: Impact {
            mode: FeedbackMode::On,
            venue_weight: 0.5,
            permanent_share: 0.3,
            routing: Routing::Best,
        },
        network: NetworkConfig {
            block_time_s: 13.0,
            block_gas_limit: 10_000_000,
            liquidation_share: 0.5,
            liquidation_gas: 400_000,
            failed_gas_share: 0.3,
            gas_token: crate::network::GasToken::Asset(0),
            gas: GasModel::Series(GasSeries {
                points: vec![(0, 20.0), (3_600, 100.0)],
            }),
        },
        liquidators: vec![
            LiquidatorConfig {
                latency_s: 1.0,
                ..example("private", LiquidatorKind::Private)
            },
            LiquidatorConfig {
                count: 2,
                latency_s: 13.0,
                ..example("public", LiquidatorKind::Public)
            },
        ],
        borrowers: Vec::new(),
        levered: Vec::new(),
        manipulator: None,
        census: None,
        monitor: None,
        coverage: Waterfall::new(vec![
            Box::new(TreasuryReserve::new(Value::new(100_00000000))),
            Box::new(InsuranceFund::new(Value::new(100_00000000))),
        ]),
        guards: Vec::new(),
        governors: GovernorsConfig::default(),
        recording: Recording {
            traces: true,
            events: true,
            accounts: AccountsTold::All,
            calls: false,
        },
    }
}

/// 200 accounts of 10 to 60 ether with health from 1.02 up to 2.
pub(crate) fn book() -> Toy {
    let account = |i: u32| {
        let eth = 10.0 + f64::from(i * 7 % 51);
        let health = 1.02 + f64::from(i) / 200.0;
        (eth, eth * 200.0 * 0.8 / health)
    };
    Toy::new(&(0..200).map(account).collect::<Vec<_>>())
}

fn run(config: WorldConfig, seed: u64) -> PathRecord {
    run_on(book(), config, seed)
}

fn run_on(toy: Toy, config: WorldConfig, seed: u64) -> PathRecord {
    let mut world = World::new(toy, config, seed).unwrap();
    world.run(&mut |_| ControlFlow::Continue(()))
}

fn lowest(record: &PathRecord) -> f64 {
    let prices = record.steps.iter().map(|row| row.oracle[0]);
    prices.fold(f64::INFINITY, f64::min)
}

/// The sums that must agree, however they are formed.
fn reconcile(record: &PathRecord) {
    let rows = &record.liquidations;
    let misses = &record.misses;
    let close = |name: &str, sums: &[f64]| {
        let scale = sums.iter().fold(1.0, |m: f64, s| m.max(s.abs()));
        for sum in sums {
            assert!((sum - sums[0]).abs() <= 1e-9 * scale, "{name}: {sums:?}");
        }
    };
    let sum = |f: &dyn Fn(&crate::record::LiquidationRow) -> f64| rows.iter().map(f).sum::<f64>();
    let steps = |f: &dyn Fn(&StepRow) -> f64| record.steps.iter().map(f).sum::<f64>();
    let bots = |f: &dyn Fn(&crate::record::LiquidatorRow) -> f64| {
        record.liquidators.iter().map(f).sum::<f64>()
    };
    let accounts =
        |f: &dyn Fn(&crate::record::AccountRow) -> f64| record.accounts.iter().map(f).sum::<f64>();
    let lost_gas: f64 = misses.iter().map(|m| m.gas_usd).sum();
    close(
        "repaid",
        &[
            sum(&|r| r.repaid_usd),
            steps(&|r| r.repaid_usd),
            bots(&|r| r.repaid_usd),
            accounts(&|r| r.repaid_usd),
        ],
    );
    close(
        "seized",
        &[
            sum(&|r| r.seized_usd + r.fee_usd),
            steps(&|r| r.seized_usd),
            accounts(&|r| r.seized_usd),
            steps(&|r| r.repaid_usd + r.bonus_usd + r.fee_usd),
            steps(&|r| r.repaid_usd + r.penalty_usd),
        ],
    );
    close(
        "gas",
        &[
            sum(&|r| r.gas_usd) + lost_gas,
            steps(&|r| r.gas_usd),
            bots(&|r| r.gas_usd),
        ],
    );
    close(
        "deficit",
        &[
            sum(&|r| r.deficit_usd),
            steps(&|r| r.deficit_usd),
            accounts(&|r| r.deficit_usd),
            record.coverage.iter().map(|c| c.usd).sum(),
        ],
    );
    close(
        "won",
        &[
            rows.len() as f64,
            bots(&|r| f64::from(r.won)),
            steps(&|r| f64::from(r.liquidations)),
            accounts(&|r| f64::from(r.liquidations)),
        ],
    );
    close("lost", &[misses.len() as f64, bots(&|r| f64::from(r.lost))]);
}

/// The ledger's events tell the same amounts as the rows.
fn events_agree(record: &PathRecord) {
    let mut of_events = (0usize, U256::ZERO, U256::ZERO);
    let mut deficits = U256::ZERO;
    for row in &record.events {
        match &row.event {
            Event::Liquidated { repaid, seized, .. } => {
                of_events.0 += 1;
                of_events.1 += repaid.0;
                of_events.2 += seized.0;
            }
            Event::DeficitCreated { amount, .. } => deficits += amount.0,
            _ => {}
        }
    }
    let mut of_rows = (0usize, U256::ZERO, U256::ZERO);
    for row in &record.liquidations {
        of_rows = (
            of_rows.0 + 1,
            of_rows.1 + row.repaid.0,
            of_rows.2 + row.seized.0,
        );
    }
    assert_eq!(of_events, of_rows);
    let covered = record.coverage.iter().map(|c| c.amount.0);
    assert_eq!(deficits, covered.fold(U256::ZERO, |a, b| a + b));
}

#[test]
fn calm_liquidates_nobody() {
    let record = run(config(PriceModel::Constant(Constant { usd: 200.0 })), 1);
    assert_eq!(record.steps.len(), STEPS as usize);
    assert!(record.liquidations.is_empty() && record.misses.is_empty());
    assert!(
        record
            .steps
            .iter()
            .all(|row| row.breached == 0 && row.oracle == [200.0, 1.0])
    );
    assert!(!record.interrupted);
}

#[test]
fn a_crash_liquidates_and_everything_adds_up() {
    let record = run(config(crash(0.4, Refine::Linear)), 1);
    assert!(
        record.liquidations.len() > 20,
        "{}",
        record.liquidations.len()
    );
    assert_eq!(record.refusals, []);
    reconcile(&record);
    events_agree(&record);
    for row in &record.liquidations {
        assert!(row.profit_usd > 0.0, "{row:?}");
        assert!(row.slippage_usd > 0.0, "{row:?}");
        assert!(!row.trace.is_empty());
        let parts = row.repaid_usd + row.profit_usd + row.gas_usd + row.loan_fee_usd;
        assert!((row.proceeds_usd - parts).abs() < 1e-6);
    }
}

#[test]
fn flash_profits_are_the_rows_profits_less_lost_gas() {
    let record = run(config(crash(0.4, Refine::Linear)), 1);
    let rows: f64 = record.liquidations.iter().map(|r| r.profit_usd).sum();
    let lost: f64 = record.misses.iter().map(|m| m.gas_usd).sum();
    let bots: f64 = record.liquidators.iter().map(|r| r.profit_usd).sum();
    assert!(
        (rows - lost - bots).abs() < 1e-6 * rows.abs(),
        "{rows} {lost} {bots}"
    );
    assert!(record.liquidators.iter().all(|r| r.inventory_usd == 0.0));
}

#[test]
fn selling_deepens_the_fall_only_with_feedback() {
    let on = config(crash(0.3, Refine::Bridge));
    let mut off = on.clone();
    off.impact.mode = FeedbackMode::Off;
    let (on, off) = (run(on, 5), run(off, 5));
    assert!(
        lowest(&on) < lowest(&off) * 0.99,
        "{} {}",
        lowest(&on),
        lowest(&off)
    );
    assert_eq!(lowest(&off), 140.0);
    assert!(off.liquidations.iter().all(|row| row.slippage_usd > 0.0));
    assert!(
        off.steps
            .iter()
            .any(|row| row.venue[0] < row.outside[0] * 0.99)
    );
    reconcile(&off);
}

#[test]
fn the_same_seed_gives_the_same_record() {
    let config = config(crash(0.4, Refine::Bridge));
    let [a, b, c] = [7, 7, 8].map(|seed| format!("{:?}", run(config.clone(), seed)));
    assert!(a == b);
    assert!(a != c);
}

#[test]
fn one_more_agent_leaves_prices_as_they_were() {
    let mut config = config(crash(0.4, Refine::Bridge));
    config.impact.mode = FeedbackMode::Off;
    let outside = |record: &PathRecord| {
        let rows = record.steps.iter().map(|row| row.outside.clone());
        rows.collect::<Vec<_>>()
    };
    let before = run(config.clone(), 3);
    config.liquidators[1].count = 5;
    let after = run(config, 3);
    assert_eq!(outside(&before), outside(&after));
}

#[test]
fn a_stop_keeps_what_was_done() {
    let mut world = World::new(book(), config(crash(0.4, Refine::Linear)), 1).unwrap();
    let record = world.run(&mut |progress| {
        if progress.done == 50 {
            ControlFlow::Break(())
        } else {
            ControlFlow::Continue(())
        }
    });
    assert!(record.interrupted && record.stopped.is_none());
    assert_eq!(record.steps.len(), 50);
    assert!(!record.accounts.is_empty() && !record.liquidators.is_empty());
    reconcile(&record);
}

#[test]
fn private_bots_come_first_and_losers_pay() {
    let mut config = config(crash(0.4, Refine::Linear));
    config.liquidators[1].latency_s = 1.0;
    let record = run(config, 1);
    let [private, public, other] = &record.liquidators[..] else {
        panic!("three liquidators");
    };
    assert_eq!(private.won as usize, record.liquidations.len());
    assert_eq!((public.won, other.won), (0, 0));
    assert!(public.lost > 0 && public.gas_usd > 0.0 && public.profit_usd < 0.0);
    assert!(
        record
            .misses
            .iter()
            .any(|m| m.reason == Miss::Outrun && m.gas_usd > 0.0)
    );
}

#[test]
fn a_full_block_makes_bids_wait() {
    let mut config = config(crash(0.4, Refine::Hold));
    config.network.block_gas_limit = 800_000;
    let record = run(config, 1);
    let full = record.misses.iter().filter(|m| m.reason == Miss::BlockFull);
    assert!(full.clone().count() > 0);
    assert!(full.clone().all(|m| m.gas_usd == 0.0));
    // Five blocks of one liquidation each at most.
    assert!(record.steps.iter().all(|row| row.liquidations <= 5));
    assert!(record.steps.iter().any(|row| row.block_use > 0.4));
    reconcile(&record);
}

#[test]
fn inventory_is_limited_by_capital_and_sold_over_time() {
    let mut config = config(crash(0.4, Refine::Linear));
    config.liquidators = vec![LiquidatorConfig {
        capital_usd: 1_500.0,
        exit: Exit::Inventory { half_life_s: 600.0 },
        ..example("desk", LiquidatorKind::Public)
    }];
    let record = run(config, 1);
    assert!(!record.liquidations.is_empty());
    assert!(record.liquidations[0].repaid_usd <= 1_500.0);
    assert!(record.liquidators[0].inventory_usd > 0.0);
    assert!(record.liquidators[0].slippage_usd > 0.0);
    reconcile(&record);
    events_agree(&record);
}

#[test]
fn gas_above_the_bonus_keeps_dust_alive_unless_the_protocol_acts() {
    let dust = || Toy::new(&[(0.1, 15.5), (50.0, 7_500.0)]);
    let mut config = config(crash(0.3, Refine::Linear));
    config.network.gas = GasModel::Series(GasSeries {
        points: vec![(0, 100.0)],
    });
    let left = run_on(dust(), config.clone(), 1);
    assert!(left.liquidations.iter().all(|row| row.account.0 == 1));
    assert!(left.steps.last().is_some_and(|row| row.breached == 1));
    config.liquidators = vec![example("keeper", LiquidatorKind::Native)];
    let cleared = run_on(dust(), config, 1);
    assert!(
        cleared
            .liquidations
            .iter()
            .any(|row| row.account.0 == 0 && row.profit_usd < 0.0)
    );
    assert!(cleared.steps.last().is_some_and(|row| row.breached == 0));
}

#[test]
fn a_gap_leaves_a_deficit_that_the_layers_pay_in_order() {
    let mut config = config(PriceModel::Historical(Historical::from_points(
        &[(0, 200.0), (600, 80.0), (7_200, 80.0)],
        Refine::Hold,
    )));
    config.liquidators = vec![LiquidatorConfig {
        sizing: Sizing::Full,
        ..example("keeper", LiquidatorKind::Native)
    }];
    let record = run(config, 1);
    let layers: Vec<_> = record.coverage.iter().map(|c| c.layer.as_str()).collect();
    assert_eq!(
        &layers[..3],
        ["treasury reserve", "insurance fund", "socialised"],
        "{layers:?}"
    );
    assert!(layers[3..].iter().all(|l| *l == "socialised"));
    let finite: f64 = record.coverage[..2].iter().map(|c| c.usd).sum();
    assert!((finite - 200.0).abs() < 0.1, "{finite}");
    assert_eq!(record.refusals, []);
    reconcile(&record);
    events_agree(&record);
}

#[test]
fn fees_fill_a_fund_and_every_payment_tells_whose_money_it_was() {
    let mut config = config(PriceModel::Historical(Historical::from_points(
        &[(0, 200.0), (600, 150.0), (1_800, 80.0), (7_200, 80.0)],
        Refine::Hold,
    )));
    config.liquidators = vec![LiquidatorConfig {
        sizing: Sizing::Full,
        ..example("keeper", LiquidatorKind::Native)
    }];
    let refill = Refill {
        share: Bps(5_000),
        target: Value::MAX,
    };
    let fund = InsuranceFund::with_refill(Value::ZERO, refill);
    config.coverage = Waterfall::new(vec![Box::new(fund)]);
    let mut world = World::new(book(), config, 1).unwrap();
    let record = world.run(&mut |_| ControlFlow::Continue(()));
    let fees: f64 = record.liquidations.iter().map(|row| row.fee_usd).sum();
    let fund = record
        .coverage
        .iter()
        .filter(|row| row.layer == "insurance fund");
    let paid: f64 = fund.map(|row| row.usd).sum();
    let left = world.waterfall.layers().next().and_then(|fund| fund.left());
    let left = crate::door::value_to_usd(left.unwrap(), 8);
    assert!(paid > 1.0, "{paid} of {fees}");
    assert!(
        (paid + left - fees / 2.0).abs() < 0.01,
        "{paid} {left} {fees}"
    );
    for row in &record.coverage {
        let lost: f64 = row.losses.iter().map(|loss| loss.paid_usd).sum();
        assert!((lost - row.usd).abs() < 1e-6, "{row:?}");
        for loss in &row.losses {
            if let (Some(before), Some(after)) = (loss.before_usd, loss.after_usd) {
                assert!((before - loss.paid_usd - after).abs() < 1e-6, "{row:?}");
            }
        }
    }
    assert_eq!(record.refusals, []);
}

#[test]
fn without_liquidators_the_shortfall_stays_in_the_accounts() {
    let mut config = config(crash(0.6, Refine::Linear));
    config.liquidators = Vec::new();
    let record = run(config, 1);
    assert!(record.liquidations.is_empty());
    for row in &record.accounts {
        let want = (row.debt_usd[1] - row.collateral_usd[1]).max(0.0);
        assert_eq!(row.shortfall_usd, want);
    }
    assert!(record.accounts.iter().any(|row| row.shortfall_usd > 0.0));
}

#[test]
fn borrowers_who_react_are_liquidated_less() {
    for reaction in [Reaction::TopUp, Reaction::Repay] {
        let mut config = config(crash(0.4, Refine::Linear));
        let ignoring = run(config.clone(), 1);
        config.borrowers = vec![BorrowerGroup {
            name: "careful".to_owned(),
            share: 0.5,
            reaction,
            trigger: 1.1,
            target: 1.3,
            delay_s: 60,
            budget_share: 0.8,
        }];
        let reacting = run(config, 1);
        let repaid = |r: &PathRecord| r.steps.iter().map(|s| s.repaid_usd).sum::<f64>();
        let (some, all) = (repaid(&reacting), repaid(&ignoring));
        assert!(some < 0.9 * all, "{reaction:?} {some} of {all}");
        assert!(reacting.reactions.len() > 20);
        let repays = reaction == Reaction::Repay;
        let asset = if repays { USD } else { ETH };
        for row in &reacting.reactions {
            assert_eq!((row.repay, row.asset), (repays, asset));
        }
        let budget: f64 = reacting.accounts.iter().map(|a| 0.8 * a.debt_usd[0]).sum();
        assert!(reacting.reactions.iter().map(|r| r.usd).sum::<f64>() <= budget);
        reconcile(&reacting);
    }
}

#[test]
fn refuses_worlds_that_cannot_run() {
    let good = config(crash(0.1, Refine::Hold));
    let mut no_steps = good.clone();
    no_steps.grid.steps = 0;
    let mut one_asset = good.clone();
    one_asset.assets.truncate(1);
    let mut greedy = good.clone();
    greedy.borrowers = ["a", "b"]
        .map(|name| BorrowerGroup {
            name: name.to_owned(),
            share: 0.7,
            reaction: Reaction::TopUp,
            trigger: 1.1,
            target: 1.2,
            delay_s: 0,
            budget_share: 1.0,
        })
        .to_vec();
    let mut weight = good;
    weight.impact.venue_weight = 2.0;
    for (config, want) in [
        (no_steps, "grid: steps and step_s must be above 0"),
        (
            one_asset,
            "assets: must match the protocol's 2 assets, found 1",
        ),
        (
            greedy,
            "borrowers: shares must add up to at most 1, found 1.4",
        ),
        (
            weight,
            "impact.venue_weight: must lie between 0 and 1, found 2",
        ),
    ] {
        let got = World::new(book(), config, 1).unwrap_err();
        assert_eq!(got.to_string(), want);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]
    #[test]
    fn totals_reconcile_in_any_world(
        seed: u64,
        fall in 0.0f64..0.8,
        depth in 100.0f64..50_000.0,
        half_life_s in 0.0f64..5_000.0,
        venue_weight in 0.0f64..1.0,
        permanent_share in 0.0f64..1.0,
        gas in 0.0f64..2_000.0,
        inventory: bool,
        native: bool,
        careful in 0.0f64..1.0,
    ) {
        let mut config = config(crash(fall, Refine::Bridge));
        config.venues[0].half_life_s = half_life_s;
        config.venues[0].liquidity =
            Liquidity::ConstantProduct(ConstantProduct::fixed(depth, depth * 200.0));
        config.impact.venue_weight = venue_weight;
        config.impact.permanent_share = permanent_share;
        config.network.gas = GasModel::Series(GasSeries { points: vec![(0, gas)] });
        if inventory {
            config.liquidators[0].exit = Exit::Inventory { half_life_s };
            config.liquidators[0].capital_usd = 20_000.0;
        }
        if native {
            config.liquidators.push(LiquidatorConfig {
                latency_s: 300.0,
                ..example("keeper", LiquidatorKind::Native)
            });
        }
        config.borrowers = vec![BorrowerGroup {
            name: "careful".to_owned(),
            share: careful,
            reaction: Reaction::Repay,
            trigger: 1.1,
            target: 1.2,
            delay_s: 60,
            budget_share: 0.3,
        }];
        let record = run(config, seed);
        reconcile(&record);
        events_agree(&record);
    }
}

use super::*;
use crate::price::Refine;
use crate::random::path_seed;
use crate::record::AccountsTold;
use crate::toy::Toy;
use crate::world::Recording;
use crate::world::tests::{book, config, crash};

/// A crash with a bridge between its points, so that each path is another one.
fn start() -> World<Toy> {
    let mut config = config(crash(0.3, Refine::Bridge));
    config.recording = Recording {
        accounts: AccountsTold::Touched,
        ..Recording::default()
    };
    World::new(book(), config, 1).unwrap()
}

#[test]
fn threads_and_pieces_do_not_matter() {
    let start = start();
    let ensemble = Ensemble {
        start: &start,
        seed: 5,
        lead: 0,
        draws: Draws::Plain,
    };
    let go = || ControlFlow::Continue(());
    let threads = |n| {
        let pool = rayon::ThreadPoolBuilder::new()
            .num_threads(n)
            .build()
            .unwrap();
        pool.install(|| ensemble.run(0..24, &go).unwrap().unwrap())
    };
    let (one, three) = (threads(1), threads(3));
    assert_eq!(one, three);
    let mut pieces = ensemble.empty();
    for range in [16..24, 0..5, 5..16] {
        let piece = ensemble.run(range, &go).unwrap().unwrap();
        // As a file keeps it.
        let kept = serde_json::to_string(&piece).unwrap();
        pieces.merge(&serde_json::from_str(&kept).unwrap());
    }
    assert_eq!(one, pieces);
    let text = |totals| serde_json::to_string(totals).unwrap();
    assert_eq!(text(&one), text(&pieces));
    assert_eq!(one.paths, 24);
    let liquidations = &one.figure("liquidations").unwrap().sum;
    assert!(liquidations.min() > Some(0.0) && liquidations.min() < liquidations.max());
    assert!(!one.accounts.is_empty() && one.fan.len() == 96);
}

/// What is at risk is told three times over: of a path in all, by asset and by account.
#[test]
fn collateral_at_risk_adds_up_by_asset_and_by_account() {
    let start = start();
    let tilt = crate::price::Tilt {
        asset: 0,
        shocks: 1.0,
        jumps: 1.0,
        sizes: 0.0,
    };
    let tilted = Draws::Tilted([tilt].into());
    for draws in [Draws::Plain, tilted] {
        let ensemble = Ensemble {
            start: &start,
            seed: 5,
            lead: 0,
            draws,
        };
        // A price along given points has no shocks that could be tilted; weights are what is looked at here.
        let mut totals = ensemble.empty();
        for number in 0..24 {
            let figures = ensemble.path(number).unwrap();
            totals.add(&figures);
        }
        let all = totals.figure("collateral_at_risk").unwrap();
        let total = all.sum.total();
        let of_assets: f64 = totals.at_risk.iter().map(|asset| asset.sum.total()).sum();
        let of_accounts: f64 = totals.accounts.values().map(|a| a.at_risk.total()).sum();
        assert!(total > 0.0 && all.sum.min() < all.sum.max());
        assert!(
            (of_assets / total - 1.0).abs() < 1e-9,
            "{of_assets} {total}"
        );
        assert!(
            (of_accounts / total - 1.0).abs() < 1e-9,
            "{of_accounts} {total}"
        );
        // The toy's accounts have ether and owe dollars.
        assert!(totals.at_risk[0].sum.total() > 0.0);
        assert_eq!(totals.at_risk[1].sum.total(), 0.0);
        let (first, at_risk) = totals.accounts.iter().min_by_key(|row| row.0).unwrap();
        // As the toy's book is made, at 200 dollars an ether.
        let want = 200.0 * (10.0 + f64::from(first * 7 % 51));
        assert!((at_risk.at_risk.collateral / want - 1.0).abs() < 1e-9);
        assert!((0.0..=24.0 * 2.0).contains(&at_risk.at_risk.mass()));
        let mut pieces = ensemble.empty();
        for numbers in [12..24, 0..12] {
            let mut piece = ensemble.empty();
            for number in numbers {
                piece.add(&ensemble.path(number).unwrap());
            }
            pieces.merge(&piece);
        }
        assert_eq!(totals, pieces);
    }
}

#[test]
fn a_break_ends_it() {
    let start = start();
    let ensemble = Ensemble {
        start: &start,
        seed: 5,
        lead: 0,
        draws: Draws::Plain,
    };
    let none = ensemble.run(0..24, &|| ControlFlow::Break(()));
    assert!(none.unwrap().is_none());
}

/// A fork is the world that its seed makes, and touched accounts lose what all of them do.
#[test]
fn a_path_of_an_ensemble_is_the_path_of_its_seed() {
    let seed = path_seed(5, 3);
    let run = |mut world: World<Toy>| world.run(&mut |_| ControlFlow::Continue(()));
    let forked = start().fork(seed).unwrap();
    let (undisturbed, forked) = (forked.undisturbed(), run(forked));
    let mut config = config(crash(0.3, Refine::Bridge));
    let whole = run(World::new(book(), config.clone(), seed).unwrap());
    let prices = |record: &crate::record::PathRecord| -> Vec<_> {
        record.steps.iter().map(|row| row.oracle.clone()).collect()
    };
    assert_eq!(prices(&forked), prices(&whole));
    let figures = |record| {
        let evidence = Evidence::of(record);
        let all = crate::metrics::METRICS.iter();
        all.map(|metric| (metric.name, (metric.compute)(&evidence)))
            .collect::<Vec<_>>()
    };
    assert_eq!(figures(&forked), figures(&whole));
    assert!(forked.accounts.len() < whole.accounts.len());
    config.impact.mode = crate::market::FeedbackMode::Off;
    let off = run(World::new(book(), config, seed).unwrap());
    assert_eq!(prices(&undisturbed), prices(&off));
}

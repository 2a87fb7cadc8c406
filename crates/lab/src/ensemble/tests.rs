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
        let told = all.filter(|metric| metric.name != "accounts_softened");
        told.map(|metric| (metric.name, (metric.compute)(&evidence)))
            .collect::<Vec<_>>()
    };
    assert_eq!(figures(&forked), figures(&whole));
    assert!(forked.accounts.len() < whole.accounts.len());
    config.impact.mode = crate::market::FeedbackMode::Off;
    let off = run(World::new(book(), config, seed).unwrap());
    assert_eq!(prices(&undisturbed), prices(&off));
}

use super::super::statistics_for_tests::*;
use super::*;
use crate::price::{PriceModel, Refine};

const GRID: Grid = Grid {
    start: 1_000,
    step_s: 10,
    steps: 31,
};

/// 100 → 80 → 120 → 100, with a low of 75 inside the first bar.
fn history(refine: Refine) -> Historical {
    let points = [
        (1_000, 100.0),
        (1_100, 80.0),
        (1_200, 120.0),
        (1_300, 100.0),
        (1_400, 50.0),
    ];
    let mut history = Historical::from_points(&points, refine);
    let mut bars = history.bars.to_vec();
    bars[0].low = 75.0;
    history.bars = bars.into();
    history
}

fn path(scale: Scale, refine: Refine) -> Vec<f64> {
    let history = history(refine);
    let model = PriceModel::Scaled(Scaled { history, scale });
    plan(&[model], &GRID).paths(1).usd.remove(0)
}

#[test]
fn returns_are_multiplied() {
    let path = path(Scale::Returns(2.0), Refine::Linear);
    for (step, want) in [(0, 100.0), (10, 64.0), (20, 144.0), (30, 100.0)] {
        assert!((path[step] - want).abs() < 1e-9, "{path:?}");
    }
}

/// The lowest price is the low of 75; the bar of the last step belongs to the run as a whole.
#[test]
fn falls_are_what_is_asked_for() {
    for scale in [Scale::Fall(0.6), Scale::Drift(0.6), Scale::Drift(0.1)] {
        let wanted = match scale {
            Scale::Drift(share) | Scale::Fall(share) | Scale::Returns(share) => 1.0 - share,
        };
        let got = Scaled {
            history: history(Refine::Hold),
            scale,
        }
        .history(&GRID, "price")
        .unwrap();
        let low = got.bars[..4]
            .iter()
            .map(|bar| bar.low)
            .fold(f64::INFINITY, f64::min);
        assert!((low / 100.0 - wanted).abs() < 1e-9, "{scale:?}: {low}");
        assert_eq!(got.bars[0].open, 100.0);
        let fits = |b: &Bar| b.low <= b.open.min(b.close) && b.high >= b.open.max(b.close);
        assert!(got.bars.iter().all(fits));
    }
}

/// A drift leaves differences of returns as they were.
#[test]
fn a_drift_keeps_ups_and_downs() {
    let (plain, moved) = (
        path(Scale::Returns(1.0), Refine::Hold),
        path(Scale::Drift(0.7), Refine::Hold),
    );
    let log = |p: &[f64], i: usize| (p[i + 10] / p[i]).ln();
    for i in [0, 10] {
        let extra = log(&moved, i) - log(&plain, i);
        assert!((extra - (log(&moved, 20) - log(&plain, 20))).abs() < 1e-9);
    }
}

#[test]
fn refuses_by_key() {
    let flat = Historical::from_points(&[(1_000, 1.0), (1_200, 2.0), (1_400, 3.0)], Refine::Hold);
    for (history, scale, want) in [
        (
            history(Refine::Hold),
            Scale::Returns(0.0),
            "scale: must lie between 0.001 and 1000, found 0",
        ),
        (
            history(Refine::Hold),
            Scale::Fall(1.0),
            "fall: must lie between 0.0001 and 0.9999, found 1",
        ),
        (
            flat,
            Scale::Fall(0.5),
            "fall: the record falls from 1 to 1 only; its returns cannot be scaled to a fall of 0.5",
        ),
    ] {
        let model = PriceModel::Scaled(Scaled { history, scale });
        assert_eq!(refusal(&model, &GRID), want);
    }
}

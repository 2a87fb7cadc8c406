use super::super::statistics_for_tests::*;
use super::*;
use std::collections::BTreeSet;

/// Bars whose returns tell their times: hour k has the log return (k + 1)/1000.
fn history(from: u64, hours: u64, sign: f64) -> Arc<[Bar]> {
    let mut log = 0.0;
    let bar = |k: u64| {
        let open = 100.0 * f64::exp(log);
        log += sign * (k + 1) as f64 / 1_000.0;
        let close = 100.0 * f64::exp(log);
        Bar {
            time: 3_600 * k,
            open,
            high: open.max(close),
            low: open.min(close),
            close,
        }
    };
    let bars: Vec<Bar> = (0..from + hours).map(bar).collect();
    bars[from as usize..].into()
}

fn model(bars: Arc<[Bar]>, block_hours: f64) -> Bootstrap {
    Bootstrap {
        start: 50.0,
        bars,
        blocks: Blocks::Geometric,
        block_s: 3_600.0 * block_hours,
        group: 0,
    }
}

/// Which hours a path's returns are of.
fn drawn(path: &[f64]) -> Vec<i64> {
    let hour = |pair: &[f64]| ((pair[1] / pair[0]).ln() * 1_000.0).round() as i64;
    path.windows(2).map(hour).collect()
}

#[test]
fn returns_of_one_time_stay_together() {
    // The second history begins ten hours later: only the hours that both have may be drawn.
    let up = PriceModel::Bootstrap(model(history(0, 60, 1.0), 6.0));
    let down = PriceModel::Bootstrap(model(history(10, 60, -1.0), 6.0));
    let plan = plan(&[up, down], &hours(200));
    let mut seen = BTreeSet::new();
    for seed in 0..20 {
        let paths = plan.paths(seed);
        let (up, down) = (drawn(&paths.usd[0]), drawn(&paths.usd[1]));
        assert!(up.iter().zip(&down).all(|(a, b)| *a == -b), "seed {seed}");
        seen.extend(up);
    }
    assert_eq!(seen, (11..=60).collect::<BTreeSet<i64>>());
}

#[test]
fn other_groups_draw_other_times() {
    let bars = history(0, 60, 1.0);
    let one = PriceModel::Bootstrap(model(bars.clone(), 6.0));
    let two = PriceModel::Bootstrap(Bootstrap {
        group: 1,
        ..model(bars, 6.0)
    });
    let paths = plan(&[one, two], &hours(200)).paths(1);
    assert_ne!(drawn(&paths.usd[0]), drawn(&paths.usd[1]));
}

/// The mean length of geometric blocks is the one told: of 8,000 steps one in six begins a block.
/// A new block continues the old one by chance once in 60 times.
#[test]
fn blocks_have_their_lengths() {
    let steps = 8_000;
    let breaks = |blocks| {
        let one = Bootstrap {
            blocks,
            ..model(history(0, 60, 1.0), 6.0)
        };
        let path = plan(&[PriceModel::Bootstrap(one)], &hours(steps)).paths(3);
        let hours = drawn(&path.usd[0]);
        let broken = |(i, pair): (usize, &[i64])| (pair[0] % 60 + 1 != pair[1]).then_some(i + 1);
        hours
            .windows(2)
            .enumerate()
            .filter_map(broken)
            .collect::<Vec<_>>()
    };
    let random = breaks(Blocks::Geometric);
    check_share(random.len() as u64, u64::from(steps), 59.0 / 60.0 / 6.0);
    assert!(random.iter().any(|i| i % 6 != 0));
    let fixed = breaks(Blocks::Fixed);
    assert!(fixed.len() > 1_200 && fixed.iter().all(|i| i % 6 == 0));
}

#[test]
fn gaps_and_finer_bars_are_read_by_the_step() {
    // Two-hour steps from hourly bars: pairs of hours, from even hours on.
    let grid = Grid {
        start: 0,
        step_s: 7_200,
        steps: 100,
    };
    let path = plan(
        &[PriceModel::Bootstrap(model(history(1, 40, 1.0), 8.0))],
        &grid,
    )
    .paths(1);
    for sum in drawn(&path.usd[0]) {
        assert!(
            (sum - 1) % 4 == 2 || sum == 0,
            "{sum} is no sum of hours 2k + 1 and 2k + 2"
        );
    }
    // Without the bars of hours 20 to 29 no return begins or ends in the gap.
    let all = history(0, 60, 1.0);
    let bars: Vec<Bar> = all
        .iter()
        .filter(|b| !(72_000..108_000).contains(&b.time))
        .copied()
        .collect();
    let path = plan(
        &[PriceModel::Bootstrap(model(bars.into(), 6.0))],
        &hours(2_000),
    )
    .paths(1);
    let seen: BTreeSet<i64> = drawn(&path.usd[0]).into_iter().collect();
    let want: BTreeSet<i64> = (1..=20).chain(31..=60).collect();
    assert_eq!(seen, want);
}

#[test]
fn refuses_by_key() {
    let good = || model(history(0, 60, 1.0), 6.0);
    for (model, want) in [
        (
            Bootstrap {
                start: 0.0,
                ..good()
            },
            "start: must be a number above 0, found 0",
        ),
        (
            Bootstrap {
                block_s: 60.0,
                ..good()
            },
            "block_s: must be at least a step of 3600 s, found 60",
        ),
        (
            Bootstrap {
                block_s: 200_000.0,
                ..good()
            },
            "bars: have 60 returns of 3600 s in common with their group: fewer than two blocks",
        ),
        (
            Bootstrap {
                bars: [].into(),
                ..good()
            },
            "bars: must be two or more, not longer than a step of 3600 s",
        ),
        (
            Bootstrap {
                bars: history(0, 60, 1.0).iter().step_by(2).copied().collect(),
                ..good()
            },
            "bars: must be two or more, not longer than a step of 3600 s",
        ),
    ] {
        assert_eq!(refusal(&PriceModel::Bootstrap(model), &hours(10)), want);
    }
}

//! Fewer points that look the same.

/// Which points of long series to draw: in each of `buckets` equal runs of points the first one
/// and, for every series, its lowest and its highest. Ascending; always holds both ends.
pub(crate) fn pick(len: usize, series: &[&[f64]], buckets: usize) -> Vec<usize> {
    let buckets = buckets.max(1);
    if len <= buckets * 2 {
        return (0..len).collect();
    }
    let mut kept = Vec::new();
    for bucket in 0..buckets {
        let (start, end) = (bucket * len / buckets, (bucket + 1) * len / buckets);
        kept.push(start);
        for values in series {
            kept.extend(extreme(values, start, end, f64::lt));
            kept.extend(extreme(values, start, end, f64::gt));
        }
    }
    kept.push(len - 1);
    kept.sort_unstable();
    kept.dedup();
    kept
}

fn extreme(
    values: &[f64],
    start: usize,
    end: usize,
    beats: fn(&f64, &f64) -> bool,
) -> Option<usize> {
    let mut best: Option<(usize, f64)> = None;
    let window = values.get(start..end.min(values.len()))?;
    for (i, value) in window.iter().enumerate().filter(|(_, v)| v.is_finite()) {
        if best.is_none_or(|(_, b)| beats(value, &b)) {
            best = Some((start + i, *value));
        }
    }
    best.map(|(i, _)| i)
}

/// The value at `x` of a step function that falls with x: that of the first point at or above `x`.
/// `points` ascend by their first member.
pub(crate) fn resample_steps(points: &[(f64, f64)], grid: &[f64]) -> Vec<f64> {
    grid.iter()
        .map(|x| {
            let at = points.partition_point(|(p, _)| p < x);
            points.get(at).map_or(0.0, |(_, value)| *value)
        })
        .collect()
}

/// Weighted points joined into at most one a slot of x: (x, y, weight, how many), in order.
pub(crate) fn merge_points(
    points: impl Iterator<Item = (f64, f64, f64)>,
    low: f64,
    high: f64,
    slots: usize,
) -> Vec<(f64, f64, f64, u64)> {
    let mut sums = vec![(0.0, 0.0, 0.0, 0u64); slots.max(1)];
    let length = (high - low).max(f64::MIN_POSITIVE);
    for (x, y, weight) in points.filter(|(x, y, w)| x.is_finite() && y.is_finite() && w.is_finite())
    {
        // A cast from float saturates, so the slot is never negative.
        let slot = ((x - low) / length * slots as f64) as usize;
        let last = sums.len() - 1;
        if let Some(sum) = sums.get_mut(slot.min(last)) {
            // Nothing is worth nothing to the picture: it still gets a small dot.
            let share = weight.max(1e-9);
            *sum = (
                sum.0 + x * share,
                sum.1 + y * share,
                sum.2 + share,
                sum.3 + 1,
            );
        }
    }
    sums.into_iter()
        .filter(|sum| sum.3 > 0)
        .map(|(x, y, weight, n)| (x / weight, y / weight, weight, n))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn extremes_survive() {
        let mut values: Vec<f64> = (0..10_000).map(|i| f64::from(i % 7)).collect();
        values[1_234] = -50.0;
        values[8_765] = 99.0;
        values[5_000] = f64::NAN;
        let kept = pick(values.len(), &[&values], 100);
        assert!(kept.len() <= 301, "{}", kept.len());
        for index in [0, 1_234, 8_765, 9_999] {
            assert!(kept.contains(&index), "{index}");
        }
        assert!(kept.is_sorted());
        assert_eq!(pick(0, &[], 10), Vec::<usize>::new());
        assert_eq!(pick(3, &[&[1.0]], 0), vec![0, 2]);
    }

    #[test]
    fn steps_hold_until_the_next_point() {
        let points = [(10.0, 300.0), (20.0, 100.0)];
        assert_eq!(
            resample_steps(&points, &[0.0, 10.0, 15.0, 20.0, 25.0]),
            vec![300.0, 300.0, 100.0, 100.0, 0.0]
        );
    }

    #[test]
    fn points_merge_by_slot() {
        let points = [
            (0.1, 10.0, 1.0),
            (0.2, 20.0, 3.0),
            (0.9, 5.0, 0.0),
            (f64::NAN, 1.0, 1.0),
        ];
        let merged = merge_points(points.into_iter(), 0.0, 1.0, 2);
        assert_eq!(merged.len(), 2);
        assert!((merged[0].1 - 17.5).abs() < 1e-9);
        assert_eq!((merged[0].3, merged[1].3), (2, 1));
    }
}

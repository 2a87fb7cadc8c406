//! The simplex method of Nelder and Mead (1965), for functions of a few variables.

/// Where a search ended.
#[derive(Clone, Debug)]
pub(super) struct Found {
    pub(super) at: Vec<f64>,
    pub(super) value: f64,
    /// Whether the simplex shrank to the tolerance before the evaluations ran out.
    pub(super) converged: bool,
}

/// Difference of the best and the worst corner at which the search ends.
const TOLERANCE: f64 = 1e-9;
/// Searches from the best point so far; a fresh simplex finds its way out of a collapsed one.
const RESTARTS: usize = 4;

/// Looks for a minimum near a point, with a first simplex of this size. Where the function has no
/// value it has to return infinity.
pub(super) fn minimise(f: &dyn Fn(&[f64]) -> f64, from: &[f64], size: f64) -> Found {
    let mut best = Found {
        at: from.to_vec(),
        value: f(from),
        converged: false,
    };
    for restart in 0..RESTARTS {
        let size = size / 4f64.powi(restart as i32);
        let found = search(f, &best.at, size);
        let gain = best.value - found.value;
        if found.value <= best.value {
            best = found;
        }
        if restart > 0 && best.converged && gain < 1e-6 {
            break;
        }
    }
    best
}

type Corner = (Vec<f64>, f64);

fn search(f: &dyn Fn(&[f64]) -> f64, from: &[f64], size: f64) -> Found {
    let n = from.len();
    let mut corners: Vec<Corner> = (0..=n)
        .map(|i| {
            let mut at = from.to_vec();
            if let Some(x) = i.checked_sub(1).and_then(|i| at.get_mut(i)) {
                *x += size;
            }
            let value = f(&at);
            (at, value)
        })
        .collect();
    for _ in 0..400 * n {
        corners.sort_by(|a, b| a.1.total_cmp(&b.1));
        if corners[n].1 - corners[0].1 < TOLERANCE {
            break;
        }
        step(f, &mut corners);
    }
    corners.sort_by(|a, b| a.1.total_cmp(&b.1));
    let converged = corners[n].1 - corners[0].1 < TOLERANCE;
    let (at, value) = corners.swap_remove(0);
    Found {
        at,
        value,
        converged,
    }
}

/// Replaces the worst of the sorted corners, or draws all toward the best.
fn step(f: &dyn Fn(&[f64]) -> f64, corners: &mut [Corner]) {
    let n = corners.len() - 1;
    let centre: Vec<f64> = (0..n)
        .map(|i| corners[..n].iter().map(|(at, _)| at[i]).sum::<f64>() / n as f64)
        .collect();
    // The point at `share` of the way from the centre through the worst corner and beyond.
    let along = |worst: &[f64], share: f64| {
        let at: Vec<f64> = centre
            .iter()
            .zip(worst)
            .map(|(c, w)| c + share * (w - c))
            .collect();
        let value = f(&at);
        (at, value)
    };
    let worst = corners[n].clone();
    let reflected = along(&worst.0, -1.0);
    let replacement = if reflected.1 < corners[0].1 {
        let expanded = along(&worst.0, -2.0);
        Some(if expanded.1 < reflected.1 {
            expanded
        } else {
            reflected
        })
    } else if reflected.1 < corners[n - 1].1 {
        Some(reflected)
    } else {
        let outside = reflected.1 < worst.1;
        let contracted = along(&worst.0, if outside { -0.5 } else { 0.5 });
        (contracted.1 < worst.1.min(reflected.1)).then_some(contracted)
    };
    match replacement {
        Some(corner) => corners[n] = corner,
        None => {
            let best = corners[0].0.clone();
            for (at, value) in &mut corners[1..] {
                at.iter_mut()
                    .zip(&best)
                    .for_each(|(x, b)| *x = b + 0.5 * (*x - b));
                *value = f(at);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_known_minima() {
        let rosenbrock = |x: &[f64]| 100.0 * (x[1] - x[0] * x[0]).powi(2) + (1.0 - x[0]).powi(2);
        let bowl = |x: &[f64]| {
            (0..5)
                .map(|i| (i + 1) as f64 * (x[i] - i as f64).powi(2))
                .sum()
        };
        let walled = |x: &[f64]| {
            if x[0] < 0.5 {
                f64::INFINITY
            } else {
                x[0] + x[1].powi(2)
            }
        };
        for (f, from, want) in [
            (
                &rosenbrock as &dyn Fn(&[f64]) -> f64,
                vec![-1.2, 1.0],
                vec![1.0, 1.0],
            ),
            (&bowl, vec![0.0; 5], vec![0.0, 1.0, 2.0, 3.0, 4.0]),
            (&walled, vec![3.0, 2.0], vec![0.5, 0.0]),
        ] {
            let found = minimise(f, &from, 0.5);
            assert!(found.converged);
            let near = found
                .at
                .iter()
                .zip(&want)
                .all(|(x, w)| (x - w).abs() < 1e-3);
            assert!(near, "{:?} for {want:?}", found.at);
        }
    }
}

//! Maximum likelihood: search, standard errors, delta method.

use super::simplex::{Found, minimise};
use super::{Estimate, Family, Fitted, Goodness, Sample};
use crate::price::PriceModel;

/// A process whose parameters can take any real value in the search.
pub(super) trait Likelihood {
    /// Which process.
    fn family(&self) -> Family;
    /// Names of the parameters that are told.
    fn names(&self) -> &'static [&'static str];
    /// The parameters that are told, from free ones.
    fn natural(&self, free: &[f64]) -> Vec<f64>;
    /// Calls `each` with the log density of every return and, where `WITH_RESIDUALS` is asked for,
    /// its chance P(return ≤ r), both given the returns before.
    fn walk(&self, free: &[f64], wanted: Wanted, each: &mut dyn FnMut(f64, f64));
    /// Free parameters from which searches start.
    fn starts(&self) -> Vec<Vec<f64>>;
    /// The process, starting at the sample's last price.
    fn model(&self, free: &[f64]) -> PriceModel;
}

/// What a walk over the sample has to tell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Wanted {
    /// Densities only.
    Densities,
    /// Densities and chances.
    Chances,
}

/// Fits a process to the sample.
pub(super) fn maximise(sample: &Sample, process: &dyn Likelihood) -> Fitted {
    let cost = |free: &[f64]| {
        let value = -log_likelihood(process, free);
        if value.is_finite() {
            value
        } else {
            f64::INFINITY
        }
    };
    let starts = process.starts();
    // The search begins at the start where the likelihood is largest.
    let best = starts
        .iter()
        .map(|start| (cost(start), start))
        .min_by(|a, b| a.0.total_cmp(&b.0));
    let from = best.map_or_else(Vec::new, |(_, start)| start.clone());
    let found = minimise(&cost, &from, 0.3);
    tell(sample, process, &found)
}

/// A fit at free parameters that are the best.
pub(super) fn tell(sample: &Sample, process: &dyn Likelihood, found: &Found) -> Fitted {
    let natural = process.natural(&found.at);
    let errors = standard_errors(process, &found.at);
    let parameters = process
        .names()
        .iter()
        .zip(natural.iter().zip(errors))
        .map(|(name, (value, error))| Estimate {
            name,
            value: *value,
            error,
        })
        .collect();
    let (mut residuals, mut log_likelihood) = (Vec::with_capacity(sample.returns.len()), 0.0);
    process.walk(&found.at, Wanted::Chances, &mut |density, chance| {
        log_likelihood += density;
        residuals.push(chance);
    });
    Fitted {
        family: process.family(),
        parameters,
        log_likelihood,
        aic: 2.0 * found.at.len() as f64 - 2.0 * log_likelihood,
        converged: found.converged,
        goodness: Goodness::new(residuals),
        model: process.model(&found.at),
    }
}

fn log_likelihood(process: &dyn Likelihood, free: &[f64]) -> f64 {
    let mut sum = 0.0;
    process.walk(free, Wanted::Densities, &mut |density, _| sum += density);
    sum
}

/// Standard errors of the told parameters: √diag(J·H⁻¹·Jᵀ), where H is the curvature of minus the
/// log likelihood in the free parameters and J the derivative of those told.
fn standard_errors(process: &dyn Likelihood, free: &[f64]) -> Vec<f64> {
    let n = free.len();
    let information = curvature(&|at| -log_likelihood(process, at), free);
    let count = process.names().len();
    let Some(covariance) = inverse(information) else {
        return vec![f64::NAN; count];
    };
    let slopes: Vec<Vec<f64>> = (0..n)
        .map(|i| {
            let at = |by: f64| {
                let mut moved = free.to_vec();
                moved[i] += by;
                process.natural(&moved)
            };
            let (up, down) = (at(STEP), at(-STEP));
            up.iter()
                .zip(&down)
                .map(|(u, d)| (u - d) / (2.0 * STEP))
                .collect()
        })
        .collect();
    (0..count)
        .map(|k| {
            let pairs = (0..n).flat_map(|i| (0..n).map(move |j| (i, j)));
            let variance: f64 = pairs
                .map(|(i, j)| slopes[i][k] * covariance[i][j] * slopes[j][k])
                .sum();
            // A direction in which the sample tells nothing has no error to tell.
            if variance > 0.0 {
                variance.sqrt()
            } else {
                f64::NAN
            }
        })
        .collect()
}

/// Step of numerical derivatives; free parameters are of the order of 1.
const STEP: f64 = 1e-3;

fn curvature(f: &dyn Fn(&[f64]) -> f64, at: &[f64]) -> Vec<Vec<f64>> {
    let n = at.len();
    let moved = |steps: &[(usize, f64)]| {
        let mut point = at.to_vec();
        steps.iter().for_each(|(i, by)| point[*i] += by * STEP);
        f(&point)
    };
    let here = f(at);
    let entry = |i: usize, j: usize| {
        if i == j {
            let (up, down) = (moved(&[(i, 1.0)]), moved(&[(i, -1.0)]));
            return (up - 2.0 * here + down) / STEP.powi(2);
        }
        let corner = |a: f64, b: f64| moved(&[(i, a), (j, b)]);
        let equal = corner(1.0, 1.0) + corner(-1.0, -1.0);
        (equal - corner(1.0, -1.0) - corner(-1.0, 1.0)) / (4.0 * STEP.powi(2))
    };
    let lower: Vec<Vec<f64>> = (0..n)
        .map(|i| (0..=i).map(|j| entry(i, j)).collect())
        .collect();
    (0..n)
        .map(|i| (0..n).map(|j| lower[i.max(j)][i.min(j)]).collect())
        .collect()
}

/// Inverse by Gauss and Jordan with pivots; `None` where there is none.
fn inverse(mut matrix: Vec<Vec<f64>>) -> Option<Vec<Vec<f64>>> {
    let n = matrix.len();
    for (i, row) in matrix.iter_mut().enumerate() {
        row.extend((0..n).map(|j| f64::from(u8::from(i == j))));
    }
    for column in 0..n {
        let pivot = (column..n).max_by(|a, b| {
            let size = |row: usize| matrix[row][column].abs();
            size(*a).total_cmp(&size(*b))
        })?;
        matrix.swap(column, pivot);
        let scale = matrix[column][column];
        if !(scale.abs() > 1e-12 && scale.is_finite()) {
            return None;
        }
        matrix[column].iter_mut().for_each(|x| *x /= scale);
        let row = matrix[column].clone();
        for (i, other) in matrix.iter_mut().enumerate() {
            if i != column {
                let factor = other[column];
                other
                    .iter_mut()
                    .zip(&row)
                    .for_each(|(x, y)| *x -= factor * y);
            }
        }
    }
    Some(matrix.into_iter().map(|row| row[n..].to_vec()).collect())
}

/// A number in (0, 1) from any number.
pub(super) fn share(free: f64) -> f64 {
    1.0 / (1.0 + (-free).exp())
}

/// The reverse of [`share`].
pub(super) fn logit(share: f64) -> f64 {
    (share / (1.0 - share)).ln()
}

/// Density of a standard normal number, in logarithm.
pub(super) fn log_normal_density(z: f64) -> f64 {
    -0.5 * z * z - 0.5 * (2.0 * std::f64::consts::PI).ln()
}

/// Distribution function of the standard normal law.
pub(super) fn normal_cdf(z: f64) -> f64 {
    0.5 * statrs::function::erf::erfc(-z / std::f64::consts::SQRT_2)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn inverse_and_curvature_are_those_of_a_quadratic() {
        let matrix = vec![
            vec![4.0, 1.0, 0.5],
            vec![1.0, 3.0, 0.2],
            vec![0.5, 0.2, 2.0],
        ];
        let form = |x: &[f64]| -> f64 {
            let pairs = (0..3).flat_map(|i| (0..3).map(move |j| (i, j)));
            pairs.map(|(i, j)| 0.5 * x[i] * matrix[i][j] * x[j]).sum()
        };
        let got = curvature(&form, &[0.3, -0.2, 1.0]);
        let back = inverse(inverse(matrix.clone()).unwrap()).unwrap();
        for i in 0..3 {
            for j in 0..3 {
                assert!((got[i][j] - matrix[i][j]).abs() < 1e-6);
                assert!((back[i][j] - matrix[i][j]).abs() < 1e-9);
            }
        }
        assert!(inverse(vec![vec![1.0, 1.0], vec![1.0, 1.0]]).is_none());
    }
}

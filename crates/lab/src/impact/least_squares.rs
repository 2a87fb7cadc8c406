//! Least squares with a few columns, and standard errors that hold where residuals are of unequal
//! size and depend on each other (Newey and West 1987, Bartlett weights).

/// A symmetric positive definite matrix, by rows.
#[derive(Clone, Debug)]
pub(super) struct Gram {
    pub(super) size: usize,
    pub(super) cells: Vec<f64>,
}

impl Gram {
    /// Sums of products of columns of equal length.
    pub(super) fn of(columns: &[&[f64]]) -> Self {
        let size = columns.len();
        let mut cells = vec![0.0; size * size];
        for (i, a) in columns.iter().enumerate() {
            for (j, b) in columns.iter().enumerate().take(i + 1) {
                let sum = dot(a, b);
                cells[i * size + j] = sum;
                cells[j * size + i] = sum;
            }
        }
        Self { size, cells }
    }

    /// The lower Cholesky factor; `None` where columns depend on each other.
    pub(super) fn factor(&self) -> Option<Factor> {
        let n = self.size;
        let mut lower = vec![0.0; n * n];
        for i in 0..n {
            for j in 0..=i {
                let known: f64 = (0..j).map(|k| lower[i * n + k] * lower[j * n + k]).sum();
                let rest = self.cells[i * n + j] - known;
                if i != j {
                    lower[i * n + j] = rest / lower[j * n + j];
                } else if rest > 1e-11 * self.cells[i * n + i] && rest.is_finite() {
                    lower[i * n + i] = rest.sqrt();
                } else {
                    return None;
                }
            }
        }
        Some(Factor { size: n, lower })
    }
}

/// The lower Cholesky factor of a Gram matrix.
#[derive(Clone, Debug)]
pub(super) struct Factor {
    size: usize,
    lower: Vec<f64>,
}

impl Factor {
    /// Solves the normal equations.
    pub(super) fn solve(&self, right: &[f64]) -> Vec<f64> {
        let n = self.size;
        let mut x = right.to_vec();
        for i in 0..n {
            let known: f64 = (0..i).map(|k| self.lower[i * n + k] * x[k]).sum();
            x[i] = (x[i] - known) / self.lower[i * n + i];
        }
        for i in (0..n).rev() {
            let known: f64 = (i + 1..n).map(|k| self.lower[k * n + i] * x[k]).sum();
            x[i] = (x[i] - known) / self.lower[i * n + i];
        }
        x
    }
}

pub(super) fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

/// Coefficients, their standard errors and what is left over.
#[derive(Clone, Debug)]
pub(super) struct Regression {
    pub(super) coefficients: Vec<f64>,
    pub(super) errors: Vec<f64>,
    pub(super) residuals: Vec<f64>,
    /// Share of the variance about the mean that is explained.
    pub(super) r_squared: f64,
}

/// Regresses `y` on the columns, the first of which is constant. `None` where columns depend on each
/// other.
pub(super) fn regress(columns: &[&[f64]], y: &[f64], lags: usize) -> Option<Regression> {
    let factor = Gram::of(columns).factor()?;
    let right: Vec<f64> = columns.iter().map(|column| dot(column, y)).collect();
    let coefficients = factor.solve(&right);
    let mut residuals = y.to_vec();
    for (column, b) in columns.iter().zip(&coefficients) {
        for (e, x) in residuals.iter_mut().zip(*column) {
            *e -= b * x;
        }
    }
    let mean = y.iter().sum::<f64>() / y.len() as f64;
    let all: f64 = y.iter().map(|y| (y - mean).powi(2)).sum();
    let errors = newey_west(columns, &residuals, &factor, lags);
    Some(Regression {
        r_squared: 1.0 - dot(&residuals, &residuals) / all,
        coefficients,
        errors,
        residuals,
    })
}

/// Standard errors of coefficients: the root of the diagonal of G⁻¹ S G⁻¹ with G the Gram matrix and
/// S = Γ₀ + Σ (1 − l/(L+1))·(Γ_l + Γ_l′), Γ_l = Σ_t x_t e_t e_(t−l) x′_(t−l), times n/(n − k).
pub(super) fn newey_west(
    columns: &[&[f64]],
    residuals: &[f64],
    factor: &Factor,
    lags: usize,
) -> Vec<f64> {
    let (k, n) = (columns.len(), residuals.len());
    // Each row of G⁻¹ turns the scores into what moves one coefficient; its long-run variance is the
    // coefficient's.
    (0..k)
        .map(|i| {
            let mut unit = vec![0.0; k];
            unit[i] = 1.0;
            let row = factor.solve(&unit);
            let influence: Vec<f64> = (0..n)
                .map(|t| {
                    let x: f64 = columns.iter().zip(&row).map(|(c, w)| c[t] * w).sum();
                    x * residuals[t]
                })
                .collect();
            let lagged = |l: usize| dot(&influence[l..], &influence);
            let weight = |l: usize| 1.0 - l as f64 / (lags + 1) as f64;
            let around: f64 = (1..=lags.min(n - 1))
                .map(|l| 2.0 * weight(l) * lagged(l))
                .sum();
            let small = n as f64 / (n as f64 - k as f64).max(1.0);
            ((lagged(0) + around) * small).max(0.0).sqrt()
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_by_hand() {
        let ones = [1.0; 4];
        let x = [0.0, 1.0, 2.0, 3.0];
        let y = [1.0, 3.0, 4.0, 8.0];
        let fit = regress(&[&ones, &x], &y, 0).unwrap();
        // Slope 11/5, intercept 4 − 3.3; residuals 0.3, 0.1, −1.1, 0.7.
        assert!((fit.coefficients[1] - 2.2).abs() < 1e-12);
        assert!((fit.coefficients[0] - 0.7).abs() < 1e-12);
        assert!((fit.r_squared - (1.0 - 1.8 / 26.0)).abs() < 1e-12);
        // White's slope variance: Σ (x − x̄)² e² ÷ (Σ (x − x̄)²)², times 4/2.
        let white: f64 = (2.25 * 0.09 + 0.25 * 0.01 + 0.25 * 1.21 + 2.25 * 0.49) / 25.0 * 2.0;
        assert!((fit.errors[1] - white.sqrt()).abs() < 1e-12);
        // One lag adds (x_t − x̄) e_t (x_(t−1) − x̄) e_(t−1), at weight ½, twice.
        let around = -1.5 * 0.3 * -0.5 * 0.1 + -0.5 * 0.1 * 0.5 * -1.1 + 0.5 * -1.1 * 1.5 * 0.7;
        let west = (white / 2.0 + around / 25.0) * 2.0;
        let fit = regress(&[&ones, &x], &y, 1).unwrap();
        assert!((fit.errors[1] - west.max(0.0).sqrt()).abs() < 1e-12);
    }

    #[test]
    fn dependent_columns_are_refused() {
        let (ones, x) = ([1.0; 3], [2.0; 3]);
        assert!(regress(&[&ones, &x], &[1.0, 2.0, 3.0], 0).is_none());
        assert!(regress(&[&ones, &[0.0; 3]], &[1.0, 2.0, 3.0], 0).is_none());
    }
}

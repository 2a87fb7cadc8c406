//! What a path told of the past beside what was recorded, period by period.

/// How near a prediction by period is to the record.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Agreement {
    /// Sum of the predicted amounts.
    pub predicted: f64,
    /// Sum of the recorded amounts.
    pub recorded: f64,
    /// Predicted over recorded; nothing where nothing was recorded.
    pub ratio: Option<f64>,
    /// Root of the mean squared difference by period.
    pub error: f64,
    /// Pearson's correlation of the amounts by period; nothing where one of them does not vary.
    pub correlation: Option<f64>,
}

impl Agreement {
    /// Compares amounts of the same periods; nothing without periods or with unequal numbers.
    pub fn new(predicted: &[f64], recorded: &[f64]) -> Option<Self> {
        if predicted.is_empty() || predicted.len() != recorded.len() {
            return None;
        }
        let n = predicted.len() as f64;
        let pairs = || predicted.iter().zip(recorded);
        let (all, known) = (predicted.iter().sum::<f64>(), recorded.iter().sum::<f64>());
        let squares: f64 = pairs().map(|(a, b)| (a - b).powi(2)).sum();
        let (mean, other) = (all / n, known / n);
        let product: f64 = pairs().map(|(a, b)| (a - mean) * (b - other)).sum();
        let spread = |of: &[f64], mean: f64| of.iter().map(|x| (x - mean).powi(2)).sum::<f64>();
        let scale = (spread(predicted, mean) * spread(recorded, other)).sqrt();
        Some(Self {
            predicted: all,
            recorded: known,
            ratio: (known != 0.0).then(|| all / known),
            error: (squares / n).sqrt(),
            correlation: (scale > 0.0).then(|| product / scale),
        })
    }
}

/// Sums of amounts by period. A period lasts from its start to the next one's; the last one to `end`.
/// What lies outside all of them is left out.
pub fn by_period(starts: &[u64], end: u64, amounts: impl Iterator<Item = (u64, f64)>) -> Vec<f64> {
    let mut sums = vec![0.0; starts.len()];
    for (time, amount) in amounts.filter(|(time, _)| *time < end) {
        let begun = starts.partition_point(|start| *start <= time);
        if let Some(sum) = begun.checked_sub(1).and_then(|at| sums.get_mut(at)) {
            *sum += amount;
        }
    }
    sums
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn agreement_is_its_formulas() {
        let got = Agreement::new(&[1.0, 2.0, 6.0], &[2.0, 2.0, 2.0]).unwrap();
        assert_eq!((got.predicted, got.recorded), (9.0, 6.0));
        assert_eq!((got.ratio, got.correlation), (Some(1.5), None));
        assert!((got.error - (17.0f64 / 3.0).sqrt()).abs() < 1e-12);
        let got = Agreement::new(&[1.0, 2.0, 3.0], &[10.0, 20.0, 30.0]).unwrap();
        assert!((got.correlation.unwrap() - 1.0).abs() < 1e-12);
        let got = Agreement::new(&[1.0, 0.0], &[0.0, 0.0]).unwrap();
        assert_eq!((got.ratio, got.correlation), (None, None));
        assert_eq!(Agreement::new(&[], &[]), None);
        assert_eq!(Agreement::new(&[1.0], &[]), None);
    }

    #[test]
    fn periods_take_what_lies_in_them() {
        let amounts = [
            (99, 1.0),
            (100, 2.0),
            (199, 4.0),
            (200, 8.0),
            (299, 16.0),
            (300, 32.0),
        ];
        let got = by_period(&[100, 200], 300, amounts.into_iter());
        assert_eq!(got, [6.0, 24.0]);
        assert!(by_period(&[], 300, amounts.into_iter()).is_empty());
    }
}

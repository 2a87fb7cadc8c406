//! Recorded gas prices.

use crate::error::{ConfigError, require, require_not_negative};

/// Gas prices over time; straight lines between the points, the ends held.
#[derive(Clone, Debug, PartialEq)]
pub struct GasSeries {
    /// Seconds since 1970 and gwei, ascending in time.
    pub points: Vec<(u64, f64)>,
}

impl GasSeries {
    pub(super) fn check(&self, field: &str) -> Result<(), ConfigError> {
        require(
            !self.points.is_empty(),
            || format!("{field}.points"),
            || "must not be empty".to_owned(),
        )?;
        let mut before = None;
        for (i, (time, gwei)) in self.points.iter().enumerate() {
            require_not_negative(*gwei, || format!("{field}.points[{i}].gwei"))?;
            require(
                before.is_none_or(|b| b < *time),
                || format!("{field}.points[{i}].time"),
                || format!("must be later than the point before, found {time}"),
            )?;
            before = Some(*time);
        }
        Ok(())
    }

    /// Price at a time, gwei.
    pub(super) fn gwei(&self, time: u64) -> f64 {
        let next = self.points.partition_point(|(t, _)| *t <= time);
        let before = next.checked_sub(1).and_then(|i| self.points.get(i));
        match (before, self.points.get(next)) {
            (Some((t0, g0)), Some((t1, g1))) => {
                g0 + (g1 - g0) * (time - t0) as f64 / (t1 - t0) as f64
            }
            (Some((_, gwei)), None) | (None, Some((_, gwei))) => *gwei,
            (None, None) => 0.0,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prices_lie_on_the_lines_between_the_points() {
        let series = GasSeries {
            points: vec![(100, 10.0), (200, 30.0), (300, 20.0)],
        };
        for (time, want) in [
            (0, 10.0),
            (100, 10.0),
            (150, 20.0),
            (200, 30.0),
            (250, 25.0),
            (999, 20.0),
        ] {
            assert_eq!(series.gwei(time), want);
        }
    }
}

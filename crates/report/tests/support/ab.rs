//! Policies compared by a small generator, for tests and the example.

use super::support;
use backstop_report::{AB_METRICS, AbReport, AbRow, AbRun, RunContext};

/// One side: figures by metric and path.
type Side = Vec<Vec<Option<f64>>>;

/// A comparison and its texts; [`AbReport`] borrows them.
pub(crate) struct Policies {
    pub(crate) context: RunContext,
    pub(crate) rows: Vec<(String, Side)>,
    pub(crate) asked: usize,
    base: Side,
    set: Vec<String>,
    refused: Vec<(String, String)>,
    random: Vec<String>,
    paths: u64,
}

/// Paths whose bad debt is a factor of a noise and whose other figures follow it.
fn side(paths: u64, bad_debt: f64, penalty: f64, own_noise: f64) -> Side {
    let (mut noise, mut other) = (support::Noise::new(), support::Noise::new());
    let mut sides: Side = vec![Vec::new(); AB_METRICS.len()];
    for path in 0..paths {
        let term = -(1.0 - noise.next()).ln();
        let extra = own_noise * (other.next() - 0.5) * if path % 2 == 0 { 1.0 } else { -1.0 };
        let bad = (2e6 * term * bad_debt + 1e5 * extra).max(0.0);
        let values = [
            Some(bad),
            Some((bad - 1e6).max(0.0)),
            Some(5e6 * penalty * (1.0 + term)),
            Some(0.05 * penalty),
            (path % 9 > 0).then_some(1.01 + 0.02 * bad_debt * term),
            Some((40.0 * bad_debt * term).floor()),
            Some(100.0 + (50.0 * term).floor()),
            Some(1e8 * (1.0 + term)),
        ];
        for (all, value) in sides.iter_mut().zip(values) {
            all.push(value);
        }
    }
    sides
}

impl Policies {
    /// One that helps, one that harms, one that does nothing, and one that is unclear.
    pub(crate) fn some(paths: u64) -> Self {
        let rows = [
            ("threshold-offset", side(paths, 0.6, 1.1, 0.0)),
            ("oracle-delay", side(paths, 1.5, 0.9, 0.0)),
            ("insurance-fund", side(paths, 1.0, 1.0, 0.0)),
            ("oracle-twap", side(paths, 1.0, 1.0, 3.0)),
        ];
        Self {
            context: RunContext {
                title: "A made-up day".into(),
                question: "What does each policy change?".into(),
                command: "backstop ab sample.toml --each --paths 800".into(),
                ..support::context()
            },
            rows: rows.map(|(name, side)| (name.to_owned(), side)).to_vec(),
            asked: 4,
            base: side(paths, 1.0, 1.0, 0.0),
            set: vec!["policy.sample={}".to_owned()],
            refused: vec![(
                "bonus-offset".to_owned(),
                "it has one incentive for all assets, its own".to_owned(),
            )],
            random: vec!["the whole price of WETH".to_owned()],
            paths,
        }
    }

    /// The only row of these.
    pub(crate) fn one(self, at: usize) -> Self {
        Self {
            rows: vec![self.rows[at].clone()],
            asked: 1,
            ..self
        }
    }

    pub(crate) fn report<T>(&self, of: impl FnOnce(&AbReport<'_>) -> T) -> T {
        let run = |values| AbRun { values, stopped: 0 };
        let rows: Vec<AbRow<'_>> = self
            .rows
            .iter()
            .map(|(label, side)| AbRow {
                label,
                about: "What it does",
                set: &self.set,
                run: run(side),
            })
            .collect();
        of(&AbReport {
            context: &self.context,
            base: run(&self.base),
            rows: &rows,
            refused: &self.refused,
            random: &self.random,
            asked: self.asked,
            seed: 7,
            paths: self.paths,
            horizon_s: 86_400,
        })
    }
}

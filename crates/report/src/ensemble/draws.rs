//! What a report says of draws that are not plain.

use super::Known;
use crate::format::{count, percent};
use backstop_lab::ensemble::{Totals, Weights};
use serde::Serialize;

/// Weights in `stress.json`.
#[derive(Clone, Copy, Debug, Serialize)]
pub(crate) struct WeightsFile {
    /// Sum of the weights of all paths: their number, but for chance.
    sum: f64,
    /// Its mean with the standard error; 1, but for chance.
    mean: f64,
    mean_error: Option<f64>,
    largest: f64,
    /// Number of paths of equal weight that would tell as much.
    effective_paths: f64,
    /// The same of the paths that leave bad debt alone.
    effective_paths_with_bad_debt: f64,
    paths_with_bad_debt: u64,
}

impl WeightsFile {
    pub(crate) fn of(totals: &Totals) -> Option<Self> {
        let Weights { all, with_bad_debt } = totals.weights.as_ref()?;
        let n = all.count() as f64;
        Some(Self {
            sum: all.total(),
            mean: all.mean()?,
            mean_error: all.variance().map(|variance| (variance / n).sqrt()),
            largest: all.max()?,
            effective_paths: Weights::effective(all).unwrap_or(n),
            effective_paths_with_bad_debt: Weights::effective(with_bad_debt).unwrap_or(0.0),
            paths_with_bad_debt: with_bad_debt.count(),
        })
    }
}

/// Effective paths with bad debt below which its figures are rough.
const EFFECTIVE_MIN: f64 = 20.0;
/// Shares below this are told as one in so many.
const RARE: f64 = 1e-4;

/// A share of paths; of paths with weights it may be far smaller than one path is of all.
pub(crate) fn share_text(known: &Known<'_>, share: f64) -> String {
    let weighted = known.report.totals.weights.is_some();
    if weighted && share > 0.0 && share < RARE {
        // A cast from float saturates.
        return format!("one in {}", count(share.recip().round() as u64));
    }
    percent(share)
}

/// How the paths were drawn and what their weights say; nothing where they are plain.
pub(crate) fn draws_text(known: &Known<'_>) -> Option<String> {
    let draws = known.report.draws?;
    let Some(weights) = WeightsFile::of(known.report.totals) else {
        return Some(format!("Draws: {draws}."));
    };
    let whole = |n: f64| count(n.round() as u64);
    let n = known.report.totals.paths;
    let few = match weights.effective_paths_with_bad_debt {
        n if n < EFFECTIVE_MIN => {
            " Few paths carry all of the bad debt: its figures and their intervals are rough, and another \
             tilt may tell more."
        }
        _ => "",
    };
    Some(format!(
        "Draws: {draws}. Paths have weights, and figures are weighted. The {} count like {} of equal \
         weight, the {} among them with bad debt like {}; the chance of bad debt is {}. The largest weight is {:.3}, \
         the mean {:.3}.{few}",
        crate::format::plural(n, "path", "paths"),
        whole(weights.effective_paths),
        count(weights.paths_with_bad_debt),
        whole(weights.effective_paths_with_bad_debt),
        share_text(
            known,
            known.without_bad_debt().map_or(0.0, |share| 1.0 - share)
        ),
        weights.largest,
        weights.mean
    ))
}

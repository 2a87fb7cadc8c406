//! The report of an ensemble: many paths from one start.

mod accounts;
mod answer;
mod cascades;
mod draws;
mod figures;
mod files;
mod losses;
mod text;

pub(crate) use accounts::{Account, Accounts};
pub(crate) use answer::{answer, horizon};
pub(crate) use cascades::{CascadeTail, Cascades, LARGEST};
pub(crate) use draws::{draws_text, share_text};
pub(crate) use figures::{Figure, SHOWN, interval, money_range};
pub use files::write_ensemble;
pub(crate) use files::{EstimateFile, FigureFile, estimate_file, figure_file};
pub(crate) use losses::{Loss, losses};
pub use text::{ensemble_text, estimate_text};

use crate::context::RunContext;
use crate::sweep::{self, DriversReport, Moved, SweepReport};
use backstop_lab::ensemble::{Level, Totals};
use backstop_lab::world::CollateralAtRisk;

/// The level that the answer speaks of.
pub(crate) const HEADLINE: Level = Level(0.99);

/// A level as per cent, without what its binary fraction adds.
pub(crate) fn percent_of(level: Level) -> f64 {
    (level.0 * 1_000.0).round() / 10.0
}

/// A part of a report that takes runs of its own.
#[derive(Clone, Copy, Debug)]
pub enum Added<'a, T> {
    /// It was run.
    Run(T),
    /// It was not; the command that runs it, or nothing where none does.
    Command(&'a str),
}

impl<'a, T> Added<'a, T> {
    fn map<U>(self, of: impl FnOnce(T) -> U) -> Added<'a, U> {
        match self {
            Self::Run(report) => Added::Run(of(report)),
            Self::Command(command) => Added::Command(command),
        }
    }

    /// What was run.
    pub(crate) fn run(&self) -> Option<&T> {
        match self {
            Self::Run(report) => Some(report),
            Self::Command(_) => None,
        }
    }
}

/// Everything that an ensemble's report shows.
#[derive(Clone, Copy)]
pub struct EnsembleReport<'a> {
    /// What was asked, from which inputs.
    pub context: &'a RunContext,
    /// What the paths add up to.
    pub totals: &'a Totals,
    /// Tickers, by asset.
    pub symbols: &'a [String],
    /// Position of the asset whose price the fan shows.
    pub lead: usize,
    /// Seed of the whole.
    pub seed: u64,
    /// Paths that were asked for; the totals may hold fewer.
    pub asked: u64,
    /// From the first to the last step, seconds.
    pub horizon_s: u64,
    /// What falls of one price at the start would bring into breach; may be empty.
    pub instant: &'a [CollateralAtRisk],
    /// Which input moves the result most.
    pub drivers: Added<'a, DriversReport<'a>>,
    /// The same paths by how far prices fall and how much depth is left.
    pub heat_map: Added<'a, SweepReport<'a>>,
    /// How the paths were drawn, where not independent of each other from the model's law.
    pub draws: Option<&'a str>,
    /// Name of an account in the book file, where it has one.
    pub account_name: &'a dyn Fn(u32) -> Option<String>,
    /// Command that runs a path by its number again, with its full trace.
    pub path_command: &'a dyn Fn(u64) -> String,
}

impl std::fmt::Debug for EnsembleReport<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("EnsembleReport")
            .field("title", &self.context.title)
            .field("paths", &self.totals.paths)
            .field("seed", &self.seed)
            .finish_non_exhaustive()
    }
}

impl EnsembleReport<'_> {
    /// The page as text, UTF-8. The same report gives the same bytes.
    pub fn page(&self) -> String {
        crate::html::ensemble_page(&Known::new(*self))
    }
}

/// A report with what its parts share, computed once.
pub(crate) struct Known<'a> {
    pub(crate) report: EnsembleReport<'a>,
    /// One a metric, in the lab's order.
    pub(crate) figures: Vec<Figure>,
    pub(crate) accounts: Accounts,
    /// None where no path has any.
    pub(crate) cascades: Option<Cascades>,
    pub(crate) drivers: Added<'a, Moved<'a>>,
    pub(crate) heat_map: Added<'a, sweep::Known<'a>>,
}

impl<'a> Known<'a> {
    pub(crate) fn new(report: EnsembleReport<'a>) -> Self {
        Self {
            report,
            figures: Figure::all(report.totals),
            accounts: Accounts::of(report.totals),
            cascades: Cascades::of(report.totals),
            drivers: report.drivers.map(Moved::new),
            heat_map: report.heat_map.map(sweep::Known::new),
        }
    }

    /// A figure that at least one path tells.
    pub(crate) fn figure(&self, name: &str) -> Option<&Figure> {
        let mut all = self.figures.iter();
        all.find(|f| f.metric.name == name && f.paths > 0)
    }

    /// Figures of the main table that no path tells, as a list in a sentence; empty without any.
    pub(crate) fn untold(&self) -> String {
        let untold = SHOWN.iter().filter(|s| self.figure(s.metric).is_none());
        let labels: Vec<String> = untold.map(|s| s.label.to_lowercase()).collect();
        match labels.as_slice() {
            [] => String::new(),
            [one] => one.clone(),
            [first @ .., last] => format!("{} and {last}", first.join(", ")),
        }
    }

    /// The name of an account in the book file, else its number.
    pub(crate) fn account(&self, number: u32) -> String {
        (self.report.account_name)(number).unwrap_or_else(|| format!("account {number}"))
    }

    /// Ticker of the asset whose price the fan shows.
    pub(crate) fn lead(&self) -> &str {
        let symbol = self.report.symbols.get(self.report.lead);
        symbol.map_or("the lead asset", String::as_str)
    }

    /// Over what the means of accounts are taken: number of paths, or the sum of their weights.
    pub(crate) fn paths(&self) -> f64 {
        let mass = self.report.totals.mass();
        if mass > 0.0 { mass } else { 1.0 }
    }

    /// Share of paths that leave no bad debt; none where no path tells its bad debt.
    pub(crate) fn without_bad_debt(&self) -> Option<f64> {
        let all = self.report.totals.figure("bad_debt")?;
        all.share_below(crate::answer::NOTHING_USD)
    }
}

//! What grids and drivers share, whichever command asks for them: paths, and where results are kept.

use crate::failure::Failure;
use crate::progress;
use crate::setup::{Base, OpenedCell};
use backstop_lab::ensemble::PathValues;
use indicatif::ProgressBar;
use std::ops::ControlFlow;
use std::path::Path;

/// Whether results that are kept in the folder are taken over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Going {
    /// Everything is run.
    Afresh,
    /// What is kept is not run again.
    On,
}

/// A grid or drivers to run.
#[derive(Clone, Copy)]
pub(crate) struct Work<'a> {
    pub(crate) base: &'a Base,
    /// Folder for the results; it exists.
    pub(crate) out: &'a Path,
    /// Paths of each cell or change.
    pub(crate) paths: u64,
    pub(crate) going: Going,
    /// What the progress bar calls it, with a space after it; may be empty.
    pub(crate) name: &'static str,
}

/// Paths whose figures are in memory at once.
const ROUND: u64 = 1_024;

impl Work<'_> {
    /// A bar over the paths of so many cells or changes.
    pub(crate) fn bar(&self, parts: usize) -> ProgressBar {
        progress::catch_interrupt();
        progress::bar(parts as u64 * self.paths, "paths")
    }

    /// Tells the bar how many parts are done.
    pub(crate) fn told(&self, bar: &ProgressBar, (done, all): (usize, usize), what: &str) {
        bar.set_message(format!("{}{done}/{all} {what}", self.name));
    }

    /// Hands the figures of all paths of one setting to `take`, in rounds and in their order; nothing where Ctrl-C
    /// was pressed.
    pub(crate) fn run(
        &self,
        opened: &OpenedCell,
        metrics: &[&str],
        bar: &ProgressBar,
        mut take: impl FnMut(&PathValues),
    ) -> Result<Option<()>, Failure> {
        let mut next = 0;
        while next < self.paths {
            let end = (next + ROUND).min(self.paths);
            let Some(values) = opened.stage.values(next..end, metrics, &|| tick(bar))? else {
                return Ok(None);
            };
            values.iter().for_each(&mut take);
            next = end;
        }
        Ok(Some(()))
    }
}

fn tick(bar: &ProgressBar) -> ControlFlow<()> {
    bar.inc(1);
    if progress::interrupted() {
        ControlFlow::Break(())
    } else {
        ControlFlow::Continue(())
    }
}

//! Several designs on the same crash, side by side.

mod answer;
mod figures;
mod files;
mod measures;
mod text;
mod timeline;

pub(crate) use answer::{answer, named};
pub(crate) use figures::{Figures, figures};
pub(crate) use measures::{Better, MEASURES, Measure, Ranking, full, ranking, short};
pub use text::comparison_text;
pub(crate) use text::{shortened, table_width};
pub(crate) use timeline::Timeline;

pub use files::write_comparison;

use crate::context::RunContext;
use backstop_lab::metrics::hardest_hit;
use backstop_lab::record::PathRecord;

/// One design and what the crash did to it.
#[derive(Clone, Copy, Debug)]
pub struct Contender<'a> {
    /// Unique short name, such as `aave-3.7`; stands in data and in the terminal.
    pub name: &'a str,
    /// Name for people, such as `Aave v3.7`.
    pub title: &'a str,
    /// How borrowers, parameters and debt assets were mapped onto this design, one sentence each.
    pub mapping: &'a [String],
    /// What its path left behind.
    pub record: &'a PathRecord,
    /// The same path without the feedback of sales on prices, where it was run.
    pub without_feedback: Option<&'a PathRecord>,
}

/// Several designs that met the same prices, depth, gas, liquidators, seed and borrowers.
#[derive(Clone, Copy, Debug)]
pub struct Comparison<'a> {
    /// What was asked, from which inputs; `protocol` holds the list of designs.
    pub context: &'a RunContext,
    /// The designs, in the order in which they are shown.
    pub contenders: &'a [Contender<'a>],
}

impl Comparison<'_> {
    /// The page as text, UTF-8. The same comparison gives the same bytes.
    pub fn page(&self) -> String {
        crate::html::comparison_page(self)
    }

    /// Ticker of the asset whose oracle price falls most, without feedback where that was run; the
    /// first design that tells it decides for all.
    pub(crate) fn hardest_hit(&self) -> Option<&str> {
        self.contenders.iter().find_map(|contender| {
            let path = contender.without_feedback.unwrap_or(contender.record);
            path.symbols.get(hardest_hit(path)?).map(String::as_str)
        })
    }
}

impl<'a> Contender<'a> {
    /// Position of an asset in this design's records.
    pub(crate) fn asset(&self, symbol: &str) -> Option<usize> {
        self.record.symbols.iter().position(|s| s == symbol)
    }
}

//! A thin SVG layer over `maud`: axes, lines, dots and bars.
//!
//! Tick positions come from the `plotters` crate. Its SVG backend is not used, because it writes
//! whole-pixel coordinates, which make visible steps of smooth lines, and fixed colours and font
//! sizes without classes or titles, so that one drawing cannot serve light and dark, phone and
//! print. Here colours are classes, x runs in per cent of the width and text keeps its size.

mod bars;
mod frame;
mod heat;
mod lines;
mod sample;
mod scale;

pub(crate) use bars::{BarChart, BarGroup};
pub(crate) use frame::Medium;
pub(crate) use heat::{HeatCell, HeatMap, SHADES, Shading};
pub(crate) use lines::{Base, Dot, Fill, Line, LineChart, Rule, Shape, XKind};
pub(crate) use sample::{merge_points, pick, resample_steps};
pub(crate) use scale::Scale;

/// A coordinate or a length with at most `digits` decimals, without trailing zeros.
pub(crate) fn coordinate(value: f64, digits: usize) -> String {
    if !value.is_finite() {
        return "0".to_owned();
    }
    let text = format!("{value:.digits$}");
    let text = match text.contains('.') {
        true => text.trim_end_matches('0').trim_end_matches('.'),
        false => &text,
    };
    if text == "-0" {
        "0".to_owned()
    } else {
        text.to_owned()
    }
}

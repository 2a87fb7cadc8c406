//! Heat maps: one number for each pair of settings, as colour and, where there is room, as text.

use super::coordinate;
use super::frame::{Frame, Medium};
use super::scale::Tick;
use maud::{Markup, html};

/// Height of a row, pixels.
const ROW: f64 = 34.0;
/// Most columns whose cells have room for their value.
const TEXT_COLUMNS: usize = 8;
/// Most rows with text.
const TEXT_ROWS: usize = 16;
/// Steps of colour, from none to full.
pub(crate) const SHADES: usize = 8;

/// A number with its texts.
#[derive(Clone, Debug)]
pub(crate) struct HeatCell {
    /// Not finite where there is none.
    pub(crate) value: f64,
    /// In the cell.
    pub(crate) text: String,
    /// On hover.
    pub(crate) title: String,
}

/// A heat map.
#[derive(Clone, Debug)]
pub(crate) struct HeatMap {
    /// Unique within the page.
    pub(crate) id: String,
    pub(crate) title: String,
    pub(crate) desc: String,
    pub(crate) x_title: String,
    /// Settings from left to right.
    pub(crate) columns: Vec<String>,
    /// Settings from top to bottom.
    pub(crate) rows: Vec<String>,
    /// By row, then by column.
    pub(crate) cells: Vec<Vec<HeatCell>>,
    /// Values that get the weakest and the strongest colour.
    pub(crate) shading: Shading,
}

/// How values become shades.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Shading {
    low: f64,
    high: f64,
    logarithmic: bool,
}

impl Shading {
    /// From `none`, which has no colour, to the largest value: by equal ratios where the values
    /// span more than a factor of fifty, else by equal distances.
    pub(crate) fn of(values: impl Iterator<Item = f64>, none: f64) -> Self {
        let above = values.filter(|v| v.is_finite() && *v > none);
        let (low, high) = above.fold((f64::INFINITY, f64::NEG_INFINITY), |(a, b), v| {
            (a.min(v), b.max(v))
        });
        let logarithmic = none == 0.0 && high > 50.0 * low;
        Self {
            low: if logarithmic {
                low.max(high / 1e6)
            } else {
                none
            },
            high,
            logarithmic,
        }
    }

    /// 0 for no colour, to [`SHADES`].
    pub(crate) fn shade(&self, value: f64) -> usize {
        if !(value.is_finite() && self.high.is_finite() && self.high > self.low) {
            return usize::from(value >= self.high && self.high.is_finite()) * SHADES;
        }
        let at = if self.logarithmic {
            if value <= 0.0 {
                return 0;
            }
            (value / self.low).ln() / (self.high / self.low).ln()
        } else {
            (value - self.low) / (self.high - self.low)
        };
        if !self.logarithmic && at <= 0.0 {
            return 0;
        }
        // A cast from float saturates.
        (at.clamp(0.0, 1.0) * (SHADES as f64 - 1e-9)).floor() as usize + 1
    }

    /// The lowest value of a shade from 1 on.
    pub(crate) fn floor_of(&self, shade: usize) -> f64 {
        let at = (shade.saturating_sub(1)) as f64 / SHADES as f64;
        if self.logarithmic {
            self.low * (self.high / self.low).powf(at)
        } else {
            self.low + (self.high - self.low) * at
        }
    }

    /// Whether there is anything to colour.
    pub(crate) fn is_flat(&self) -> bool {
        !(self.high.is_finite() && self.high > self.low)
    }
}

impl HeatMap {
    /// The map as SVG.
    pub(crate) fn draw(&self) -> Markup {
        let height = ROW * self.rows.len().max(1) as f64;
        let frame = Frame {
            id: &self.id,
            title: &self.title,
            desc: &self.desc,
            height,
            x_title: &self.x_title,
            legend: &[],
            x_class: if self.columns.len() > 5 {
                "x thin"
            } else {
                "x"
            },
            medium: Medium::Page,
        };
        let middle = |i: usize, n: usize| (i as f64 + 0.5) / n.max(1) as f64;
        let every = self.columns.len().div_ceil(14);
        let x: Vec<Tick> = self
            .columns
            .iter()
            .enumerate()
            .filter(|(i, _)| i % every == 0)
            .map(|(i, text)| Tick {
                at: middle(i, self.columns.len()),
                text: text.clone(),
            })
            .collect();
        let every = self.rows.len().div_ceil(40);
        let y: Vec<Tick> = self
            .rows
            .iter()
            .enumerate()
            .filter(|(i, _)| i % every == 0)
            .map(|(i, text)| Tick {
                at: 1.0 - middle(i, self.rows.len()),
                text: text.clone(),
            })
            .collect();
        frame.draw(&x, &y, &self.content())
    }

    fn content(&self) -> Markup {
        let width = 100.0 / self.columns.len().max(1) as f64;
        let texts = self.columns.len() <= TEXT_COLUMNS && self.rows.len() <= TEXT_ROWS;
        let percent = |value: f64| format!("{}%", coordinate(value, 3));
        html! {
            g class="heat" {
                @for (j, row) in self.cells.iter().enumerate() {
                    @for (i, cell) in row.iter().enumerate() {
                        @let shade = self.shading.shade(cell.value);
                        @let top = ROW * j as f64;
                        g {
                            title { (cell.title) }
                            rect class=(format!("h{shade}")) x=(percent(width * i as f64)) width=(percent(width))
                                y=(coordinate(top, 1)) height=(coordinate(ROW, 1)) {}
                            @if texts {
                                text class=(if shade > 5 { "hot" } else { "cool" })
                                    x=(percent(width * (i as f64 + 0.5))) y=(coordinate(top + ROW / 2.0 + 4.0, 1))
                                    text-anchor="middle" { (cell.text) }
                            }
                        }
                    }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shades(values: &[f64], none: f64) -> Vec<usize> {
        let shading = Shading::of(values.iter().copied(), none);
        values.iter().map(|v| shading.shade(*v)).collect()
    }

    #[test]
    fn shades_run_from_none_to_the_largest() {
        assert_eq!(shades(&[0.0, 1.0, 4.0, 8.0], 0.0), [0, 1, 4, 8]);
        assert_eq!(shades(&[1.0, 1.0, 1.1, 2.0], 1.0), [0, 0, 1, 8]);
        assert_eq!(shades(&[0.0, 1.0, 1e3, 1e6], 0.0), [0, 1, 4, 8]);
        assert_eq!(shades(&[0.0, 0.0], 0.0), [0, 0]);
        assert_eq!(shades(&[f64::NAN, 5.0], 0.0), [0, 8]);
        assert_eq!(shades(&[], 0.0), [0; 0]);
    }

    #[test]
    fn floors_are_where_shades_begin() {
        for values in [[1.0, 8.0], [1.0, 1e6]] {
            let shading = Shading::of(values.into_iter(), 0.0);
            for shade in 1..=SHADES {
                let floor = shading.floor_of(shade);
                let nudged = if floor == 0.0 {
                    1e-9
                } else {
                    floor * 1.000_001
                };
                assert_eq!(shading.shade(nudged), shade, "{values:?} {floor}");
            }
        }
    }
}

//! A chart of Braille dots: two columns and four rows of dots in each character.

use crate::svg::Scale;
use std::fmt::Write;

/// A filled curve for a terminal.
#[derive(Clone, Debug)]
pub(crate) struct Chart {
    pub(crate) title: String,
    pub(crate) x_title: String,
    /// Ascending by x.
    pub(crate) points: Vec<(f64, f64)>,
    /// Characters, labels included.
    pub(crate) width: usize,
    /// Lines, labels included.
    pub(crate) height: usize,
}

const LABEL: usize = 9;
const WIDTH_MIN: usize = 40;
const HEIGHT_MIN: usize = 8;
const SIZE_MAX: usize = 500;

impl Chart {
    /// The chart as lines of text.
    pub(crate) fn draw(&self) -> String {
        let columns = self.width.clamp(WIDTH_MIN, SIZE_MAX) - LABEL - 2;
        let rows = self.height.clamp(HEIGHT_MIN, SIZE_MAX) - 4;
        let x = Scale::around(self.points.iter().map(|p| p.0));
        let y = Scale::around(self.points.iter().map(|p| p.1)).with_zero();
        let heights = self.heights(columns * 2, rows * 4, &x, &y);
        let ticks = y.ticks(rows / 3 + 2);
        let mut out = format!("{}\n", self.title);
        for row in 0..rows {
            // The dots of this line, counted from the bottom.
            let bottom = (rows - 1 - row) * 4;
            let label = ticks.iter().find(|t| {
                // A tick at the very top belongs to the first line.
                let at = (t.at * (rows * 4) as f64).min((rows * 4 - 1) as f64);
                at >= bottom as f64 && at < (bottom + 4) as f64
            });
            let text = label.map_or("", |t| t.text.as_str());
            // Writing to a string cannot fail.
            let edge = if text.is_empty() { '│' } else { '┤' };
            let _ = writeln!(out, "{text:>LABEL$} {edge}{}", cells(&heights, bottom));
        }
        let _ = writeln!(out, "{:>LABEL$} └{}", "", "─".repeat(columns));
        out.push_str(&x_labels(&x, columns));
        let _ = writeln!(out, "{:LABEL$}  {}", "", self.x_title);
        out
    }

    /// Height in dots of each column of dots.
    fn heights(&self, columns: usize, rows: usize, x: &Scale, y: &Scale) -> Vec<usize> {
        (0..columns)
            .map(|column| {
                let at = x.low + (x.high - x.low) * (column as f64 + 0.5) / columns as f64;
                let right = self.points.partition_point(|p| p.0 < at);
                let value = self
                    .points
                    .get(right)
                    .or(self.points.last())
                    .map_or(0.0, |p| p.1);
                let height = y.at(value) * rows as f64;
                // A cast from float saturates; something small still shows one dot.
                if height > 0.0 {
                    (height.round() as usize).clamp(1, rows)
                } else {
                    0
                }
            })
            .collect()
    }
}

/// One line of characters: the dots between `bottom` and `bottom + 4` that lie under the curve.
fn cells(heights: &[usize], bottom: usize) -> String {
    const LEFT: [u32; 4] = [0x40, 0x04, 0x02, 0x01];
    const RIGHT: [u32; 4] = [0x80, 0x20, 0x10, 0x08];
    let dots = |height: usize, bits: [u32; 4]| {
        let filled = height.saturating_sub(bottom).min(4);
        bits.iter().take(filled).sum::<u32>()
    };
    let cell = |pair: &[usize]| {
        let left = pair.first().copied().unwrap_or(0);
        let right = pair.get(1).copied().unwrap_or(0);
        let bits = dots(left, LEFT) + dots(right, RIGHT);
        if bits == 0 {
            ' '
        } else {
            char::from_u32(0x2800 + bits).unwrap_or(' ')
        }
    };
    heights
        .chunks(2)
        .map(cell)
        .collect::<String>()
        .trim_end()
        .to_owned()
}

fn x_labels(x: &Scale, columns: usize) -> String {
    let mut line = vec![' '; columns + LABEL + 2];
    let mut free = 0;
    for tick in x.ticks(columns / 14 + 2) {
        let center = LABEL + 2 + (tick.at * columns as f64).max(0.0) as usize;
        let length = tick.text.chars().count();
        let start = center.saturating_sub(length / 2);
        if start < free || start + length > line.len() {
            continue;
        }
        for (slot, c) in line.iter_mut().skip(start).zip(tick.text.chars()) {
            *slot = c;
        }
        free = start + length + 1;
    }
    format!("{}\n", line.into_iter().collect::<String>().trim_end())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chart(points: Vec<(f64, f64)>) -> String {
        let (title, x_title) = ("collateral (USD)".into(), "price (USD)".into());
        Chart {
            title,
            x_title,
            points,
            width: 44,
            height: 10,
        }
        .draw()
    }

    #[test]
    fn draws_a_falling_curve() {
        let points = (0..=200)
            .map(|i| (f64::from(i), f64::from(200 - i) * 1e5))
            .collect();
        expect_test::expect![[r#"
            collateral (USD)
                  20M ┤⣷⣶⣤⣄⣀
                      │⣿⣿⣿⣿⣿⣿⣶⣦⣤⣀
                  10M ┤⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣷⣶⣤⣄⡀
                      │⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣶⣦⣤⣀⡀
                      │⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣷⣶⣤⣄⡀
                    0 ┤⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣶⣦⣤⣀⣀
                      └─────────────────────────────────
                       0              100
                       price (USD)
        "#]]
        .assert_eq(&chart(points));
    }

    #[test]
    fn draws_anything() {
        for points in [
            vec![],
            vec![(0.0, 0.0)],
            vec![(1.0, f64::NAN), (2.0, f64::INFINITY)],
        ] {
            assert_eq!(chart(points).lines().count(), 10);
        }
    }
}

//! From values to positions, and where the ticks stand.

use crate::format;
use plotters::coord::ranged1d::{BoldPoints, Ranged};
use plotters::coord::types::RangedCoordf64;

/// A linear scale from `low..high` to 0..1.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Scale {
    pub(crate) low: f64,
    pub(crate) high: f64,
}

/// A tick: where (0 to 1) and what it says.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Tick {
    pub(crate) at: f64,
    pub(crate) text: String,
}

/// The largest magnitude that is drawn; beyond it differences of floats lose their meaning.
const DRAWN_MAX: f64 = 1e18;

impl Scale {
    /// A scale that holds all finite values; a single value gets room on both sides.
    pub(crate) fn around(values: impl Iterator<Item = f64>) -> Self {
        let drawn = values
            .filter(|v| v.is_finite())
            .map(|v| v.clamp(-DRAWN_MAX, DRAWN_MAX));
        let (low, high) = drawn.fold((f64::INFINITY, f64::NEG_INFINITY), |(a, b), v| {
            (a.min(v), b.max(v))
        });
        Self { low, high }.opened()
    }

    /// The same scale with zero in it.
    pub(crate) fn with_zero(self) -> Self {
        Self {
            low: self.low.min(0.0),
            high: self.high.max(0.0),
        }
        .opened()
    }

    /// The same scale with a margin of `share` of its length at both ends.
    pub(crate) fn padded(self, share: f64) -> Self {
        let margin = (self.high - self.low) * share;
        // A margin never makes a positive quantity look as if it could be negative.
        let low = if self.low >= 0.0 {
            (self.low - margin).max(0.0)
        } else {
            self.low - margin
        };
        Self {
            low,
            high: self.high + margin,
        }
    }

    /// Position of a value, 0 at `low` and 1 at `high`.
    pub(crate) fn at(&self, value: f64) -> f64 {
        (value - self.low) / (self.high - self.low)
    }

    /// About `count` ticks at round values.
    pub(crate) fn ticks(&self, count: usize) -> Vec<Tick> {
        // The crate compares with an absolute epsilon, so it gets a range of ordinary size.
        let unit = 10f64.powf((self.high - self.low).log10().floor());
        let range: RangedCoordf64 = (self.low / unit..self.high / unit).into();
        let values: Vec<f64> = range
            .key_points(BoldPoints(count.max(2)))
            .into_iter()
            .map(|v| v * unit)
            .filter(|v| v.is_finite())
            .collect();
        let texts = format::ticks(&values);
        values
            .iter()
            .zip(texts)
            .map(|(v, text)| Tick {
                at: self.at(*v),
                text,
            })
            .collect()
    }

    /// At most `count` ticks at round times; the scale is in seconds since 1970.
    pub(crate) fn time_ticks(&self, count: u64) -> Vec<Tick> {
        let (low, high) = (seconds(self.low.ceil()), seconds(self.high));
        let step = time_step(high.saturating_sub(low), count);
        let mut ticks = Vec::new();
        let mut time = low.div_ceil(step).saturating_mul(step);
        while time <= high {
            let text = match time.is_multiple_of(86_400) {
                true => format::day(time),
                false if step < 60 => format::clock_seconds(time),
                false => format::clock(time),
            };
            ticks.push(Tick {
                at: self.at(time as f64),
                text,
            });
            time = time.saturating_add(step);
            if ticks.len() > 64 {
                break;
            }
        }
        ticks
    }

    /// Ticks of a scale of rarity: of each power of ten, and the halves and fifths between where
    /// they are few.
    pub(crate) fn rarity_ticks(&self) -> Vec<Tick> {
        let factors: &[f64] = match self.high - self.low {
            length if length > 2.5 => &[1.0],
            length if length > 1.5 => &[1.0, 0.5],
            _ => &[1.0, 0.5, 0.2],
        };
        let tick = |share: f64| Tick {
            at: self.at(-share.log10()),
            text: format!("{}\u{a0}%", share_text(share)),
        };
        self.inside(shares(factors).map(tick))
    }

    /// The same of a scale of decimal logarithms of shares.
    pub(crate) fn share_ticks(&self) -> Vec<Tick> {
        let turned = Self {
            low: -self.high,
            high: -self.low,
        };
        let ticks = turned.rarity_ticks().into_iter();
        let turn = |tick: Tick| Tick {
            at: 1.0 - tick.at,
            ..tick
        };
        ticks.map(turn).collect()
    }

    /// Ticks of a scale of decimal logarithms of USD: of each power of ten, and doubles and fives between
    /// where they are few.
    pub(crate) fn decade_ticks(&self) -> Vec<Tick> {
        let (factors, every): (&[f64], usize) = match self.high - self.low {
            length if length > 7.0 => (&[1.0], 2),
            length if length > 2.5 => (&[1.0], 1),
            length if length > 1.2 => (&[1.0, 3.0], 1),
            _ => (&[1.0, 2.0, 5.0], 1),
        };
        let sizes = (-3..20).step_by(every).flat_map(|power| {
            let ten = 10f64.powi(power);
            factors.iter().map(move |factor| factor * ten)
        });
        let tick = |size: f64| Tick {
            at: self.at(size.log10()),
            text: format::money(size).replace(".00", "").replace(".0", ""),
        };
        self.inside(sizes.map(tick))
    }

    fn inside(&self, ticks: impl Iterator<Item = Tick>) -> Vec<Tick> {
        let inside = |tick: &Tick| (-1e-9..=1.0 + 1e-9).contains(&tick.at);
        ticks.filter(inside).collect()
    }

    fn opened(self) -> Self {
        if !(self.low.is_finite() && self.high.is_finite()) {
            return Self {
                low: 0.0,
                high: 1.0,
            };
        }
        let size = self.low.abs().max(self.high.abs());
        // Less than this apart, ticks would repeat each other's texts.
        if self.high - self.low > size * 1e-9 {
            return self;
        }
        let room = if size > 0.0 { size * 0.05 } else { 1.0 };
        Self {
            low: self.low - room,
            high: self.high + room,
        }
    }
}

/// Shares from one down, a tenth and its parts at a time.
fn shares(factors: &[f64]) -> impl Iterator<Item = f64> {
    (0..20).flat_map(move |power| {
        let ten = 10f64.powi(-power);
        factors.iter().map(move |factor| factor * ten)
    })
}

/// A share as per cent, with the digits that it needs.
fn share_text(share: f64) -> String {
    let digits = (-(share * 100.0).log10()).ceil().clamp(0.0, 18.0) as usize;
    format!("{:.digits$}", share * 100.0)
}

fn seconds(value: f64) -> u64 {
    // A cast from float saturates; times are positive.
    value as u64
}

fn time_step(length: u64, count: u64) -> u64 {
    const STEPS: [u64; 18] = [
        1, 5, 15, 60, 300, 900, 1_800, 3_600, 7_200, 10_800, 21_600, 43_200, 86_400, 172_800,
        604_800, 1_209_600, 2_592_000, 7_776_000,
    ];
    let fits = |step: &&u64| length / **step <= count;
    STEPS
        .iter()
        .find(fits)
        .copied()
        .unwrap_or_else(|| (length / count.max(1)).max(1))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(ticks: &[Tick]) -> String {
        ticks
            .iter()
            .map(|t| t.text.as_str())
            .collect::<Vec<_>>()
            .join(" ")
    }

    #[test]
    fn ticks_are_round() {
        let cases = [
            ((86.0, 201.0), "100 120 140 160 180 200"),
            ((0.0, 12.7e6), "0 2M 4M 6M 8M 10M 12M"),
            (
                (0.9987, 1.0021),
                "0.9990 0.9995 1.0000 1.0005 1.0010 1.0015 1.0020",
            ),
            (
                (0.0, 3e-9),
                "0 0.0000000005 0.0000000010 0.0000000015 0.0000000020 0.0000000025 0.0000000030",
            ),
            ((-5.0, 5.0), "−4 −2 0 2 4"),
        ];
        for ((low, high), want) in cases {
            assert_eq!(texts(&Scale { low, high }.ticks(7)), want);
        }
    }

    #[test]
    fn any_values_give_a_scale_with_ticks() {
        let sets: [&[f64]; 8] = [
            &[],
            &[f64::NAN, f64::INFINITY],
            &[0.0],
            &[5.0, 5.0],
            &[1e-300, 2e-300],
            &[1e300, -1e300],
            &[1e17, 1e17 + 16.0],
            &[f64::MIN_POSITIVE, 1.0],
        ];
        for values in sets {
            let scale = Scale::around(values.iter().copied());
            let ticks = scale.ticks(5);
            assert!(scale.low < scale.high, "{values:?}");
            assert!(ticks.len() <= 12, "{values:?} {}", ticks.len());
            assert!(
                ticks.iter().all(|t| (-0.01..=1.01).contains(&t.at)),
                "{values:?}"
            );
        }
    }

    #[test]
    fn rarity_ticks_are_shares() {
        for (high, want) in [
            (4.0, "100 % 10 % 1 % 0.1 % 0.01 %"),
            (2.0, "100 % 50 % 10 % 5 % 1 %"),
            (1.0, "100 % 50 % 20 % 10 %"),
            (0.1, "100 %"),
        ] {
            let scale = Scale { low: 0.0, high };
            let got = texts(&scale.rarity_ticks()).replace('\u{a0}', " ");
            assert_eq!(got, want);
        }
    }

    #[test]
    fn time_ticks_name_the_day_at_midnight() {
        let scale = Scale {
            low: 1_583_971_200.0,
            high: 1_584_144_000.0,
        };
        assert_eq!(
            texts(&scale.time_ticks(8)),
            "12 Mar 06:00 12:00 18:00 13 Mar 06:00 12:00 18:00 14 Mar"
        );
        let scale = Scale {
            low: 1_584_058_000.0,
            high: 1_584_058_060.0,
        };
        assert_eq!(
            texts(&scale.time_ticks(4)),
            "00:06:45 00:07:00 00:07:15 00:07:30"
        );
        assert!(
            Scale {
                low: 0.0,
                high: 1e18
            }
            .time_ticks(6)
            .len()
                <= 65
        );
    }
}

//! How far a price may fall: the plug-in point of the threshold policies.

mod ewma;
mod garch;
mod realised;
mod stress;
mod variance;

pub use ewma::Ewma;
pub use garch::Garch;
pub use realised::Realised;
pub use stress::Stress;

use super::number::{MILLION, down, narrow};
use super::outlook::Outlook;
use crate::protocol::AssetId;
use crate::signals::Signals;
use crate::units::{Price, Timestamp};
use std::fmt::Debug;

/// A forecast of the size of price moves.
pub trait Forecast: Debug + Send + Sync {
    /// Name of the policy that lets thresholds follow this forecast.
    fn policy(&self) -> &'static str;

    /// Whether it looks at the exposures of an [`Outlook`].
    fn reads_book(&self) -> bool {
        false
    }

    /// Looks at a tick.
    fn see(&mut self, signals: &Signals);

    /// One standard deviation of the relative price move over a horizon, in ppm; nothing until enough was
    /// seen.
    fn deviation(&self, asset: AssetId, horizon_s: u64, outlook: &Outlook) -> Option<u128>;

    /// A copy with all that it has seen.
    fn copy(&self) -> Box<dyn Forecast>;
}

impl Clone for Box<dyn Forecast> {
    fn clone(&self) -> Self {
        self.copy()
    }
}

/// Largest relative move that counts, in ppm: a hundredfold.
const MOVE_MAX: u128 = 100_000_000;

/// Moves of one asset's price, told once an interval. A longer gap counts as one move of its size, spread
/// over the intervals that it took.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Moves {
    last: Option<(Timestamp, Price)>,
}

/// A move of a price.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Move {
    /// Square of the relative move over one interval, ppm².
    square: u128,
    /// Intervals that it took, at least one.
    intervals: u64,
}

impl Moves {
    /// The move since the last one told, if an interval has passed and both prices are known.
    fn see(&mut self, now: Timestamp, price: Price, interval_s: u64) -> Option<Move> {
        if price.is_zero() {
            return None;
        }
        let Some((since, before)) = self.last else {
            self.last = Some((now, price));
            return None;
        };
        let intervals = now.seconds_since(since).checked_div(interval_s)?;
        if intervals == 0 {
            return None;
        }
        self.last = Some((now, price));
        let gap = price.max(before).minus_or_zero(price.min(before));
        let size = down(narrow(gap.0), MILLION, narrow(before.0)).min(MOVE_MAX);
        let square = size.saturating_mul(size);
        Some(Move {
            square: square.checked_div(intervals.into())?,
            intervals,
        })
    }
}

/// The deviation over a horizon, in ppm, of moves with so much variance (ppm²) an interval.
fn over(variance: u128, horizon_s: u64, interval_s: u64) -> u128 {
    down(variance, horizon_s.into(), interval_s.max(1).into()).isqrt()
}

/// The place of an asset in a list that grows as it is asked for.
fn place<T: Default>(list: &mut Vec<T>, at: usize) -> Option<&mut T> {
    if list.len() <= at {
        list.resize_with(at.saturating_add(1), T::default);
    }
    list.get_mut(at)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::signals::AssetSignal;

    const ETH: AssetId = AssetId(0);

    fn tick(now: u64, price: u128) -> Signals {
        Signals {
            now: Timestamp(now),
            assets: vec![AssetSignal {
                price: Price::new(price),
                ..AssetSignal::default()
            }],
            ..Signals::default()
        }
    }

    /// Prices that jump up and down by a share, every five minutes.
    fn shaken(forecast: &mut dyn Forecast, start: u64, ticks: u64, share: u128) {
        for n in 0..ticks {
            let up = if n % 2 == 0 { share } else { 0 };
            forecast.see(&tick((start + n) * 300, 100_000_000 + up * 100));
        }
    }

    fn deviation(forecast: &dyn Forecast) -> Option<u128> {
        forecast.deviation(ETH, 300, &Outlook::default())
    }

    /// A forecast of moves of 1 % is 1 % in the end, and calm comes back to nothing or to the long run's.
    #[test]
    fn follow_what_they_see() {
        let forecasts: [(Box<dyn Forecast>, u128, u128); 3] = [
            (Box::new(Ewma::default()), 10_000, 600),
            (Box::new(Realised::default()), 10_000, 0),
            (Box::new(Garch::default()), 8_500, 1_700),
        ];
        for (mut forecast, shaky, calm) in forecasts {
            assert_eq!(deviation(&*forecast), None, "{forecast:?}");
            shaken(&mut *forecast, 0, 600, 10_000);
            let found = deviation(&*forecast).unwrap();
            assert!(
                found.abs_diff(shaky) < shaky / 10,
                "{found} in {forecast:?}"
            );
            shaken(&mut *forecast, 600, 600, 0);
            let found = deviation(&*forecast).unwrap();
            assert!(found <= calm, "{found} in {forecast:?}");
        }
    }

    #[test]
    fn a_gap_counts_as_one_move() {
        let mut moves = Moves::default();
        let mut see = |now, price| moves.see(Timestamp(now), Price::new(price), 300);
        assert_eq!(see(0, 1_000_000), None);
        assert_eq!(see(299, 2_000_000), None);
        let of = |square, intervals| Some(Move { square, intervals });
        assert_eq!(see(300, 1_010_000), of(100_000_000, 1));
        assert_eq!(see(1_500, 1_030_200), of(100_000_000, 4));
        assert_eq!(see(2_000, 0), None);
    }

    #[test]
    fn longer_horizons_grow_by_the_root() {
        assert_eq!(over(100, 300, 300), 10);
        assert_eq!(over(100, 1_200, 300), 20);
        assert_eq!(over(100, 1_200, 0), 346);
    }
}

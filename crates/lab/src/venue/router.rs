//! Picks the venue for a trade: the one with the best quote for the whole size.
//!
//! A trade is not split. The next trade finds the chosen venue displaced and so goes elsewhere
//! where that is better. An asset without a venue trades at its outside price, in any size and
//! without a fee; give every asset whose depth matters a venue.

use super::{Fill, Side, Venue};

/// Largest relative difference of two fills of the same size.
const ROUNDING: f64 = 1e-9;

/// All venues, by asset.
#[derive(Clone, Debug)]
pub struct Router {
    venues: Vec<Venue>,
    by_asset: Vec<Vec<usize>>,
}

impl Router {
    /// A router over venues for a number of assets.
    pub fn new(venues: Vec<Venue>, assets: usize) -> Self {
        let of = |asset| {
            let base = |(_, venue): &(usize, &Venue)| venue.base() == asset;
            venues
                .iter()
                .enumerate()
                .filter(base)
                .map(|(i, _)| i)
                .collect()
        };
        let by_asset = (0..assets).map(of).collect();
        Self { venues, by_asset }
    }

    /// Weighted mean of the venues' mids, USD; the outside price where there is no venue.
    pub fn mid(&self, asset: usize, outside: f64) -> f64 {
        let (sum, weight) = self
            .of(asset)
            .map(|venue| (venue.mid() * venue.weight(), venue.weight()))
            .fold((0.0, 0.0), |(s, w), (m, v)| (s + m, w + v));
        if weight > 0.0 { sum / weight } else { outside }
    }

    /// What the best venue would do with a trade.
    pub fn quote(&self, asset: usize, side: Side, base: f64, outside: f64) -> Fill {
        self.best(asset, side, base)
            .map_or_else(|| at_outside(base, outside), |(_, fill)| fill)
    }

    /// Trades at the best venue.
    pub fn trade(&mut self, asset: usize, side: Side, base: f64, outside: f64) -> Fill {
        let best = self.best(asset, side, base).map(|(index, _)| index);
        match best.and_then(|index| self.venues.get_mut(index)) {
            Some(venue) => venue.trade(side, base),
            None => at_outside(base, outside),
        }
    }

    /// Lets time pass on all venues; `outside` by asset.
    pub fn step(&mut self, outside: &[f64], dt: f64, time: u64) {
        for venue in &mut self.venues {
            if let Some(price) = outside.get(venue.base()) {
                venue.step(*price, dt, time);
            }
        }
    }

    /// Takes a permanent move of an asset's outside price that its venues have already seen.
    pub fn absorb(&mut self, asset: usize, outside: f64) {
        for index in self.by_asset.get(asset).into_iter().flatten() {
            if let Some(venue) = self.venues.get_mut(*index) {
                venue.absorb(outside);
            }
        }
    }

    fn of(&self, asset: usize) -> impl Iterator<Item = &Venue> {
        let indices = self.by_asset.get(asset).into_iter().flatten();
        indices.filter_map(|i| self.venues.get(*i))
    }

    /// The venue that fills most, and of those the one that pays most or costs least.
    fn best(&self, asset: usize, side: Side, base: f64) -> Option<(usize, Fill)> {
        let indices = self.by_asset.get(asset).into_iter().flatten();
        let mut best: Option<(usize, Fill)> = None;
        for &index in indices {
            let Some(venue) = self.venues.get(index) else {
                continue;
            };
            let fill = venue.quote(side, base);
            if best.is_none_or(|(_, other)| beats(side, &fill, &other)) {
                best = Some((index, fill));
            }
        }
        best
    }
}

fn beats(side: Side, fill: &Fill, other: &Fill) -> bool {
    match side {
        Side::Sell => fill.usd > other.usd,
        Side::Buy => {
            // Fills of the same size differ by rounding, which must not decide over the price.
            let alike = (fill.base - other.base).abs() <= ROUNDING * fill.base.max(other.base);
            if alike {
                fill.usd < other.usd
            } else {
                fill.base > other.base
            }
        }
    }
}

fn at_outside(base: f64, outside: f64) -> Fill {
    Fill::new(base, base * outside, outside)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rounding_does_not_decide_over_the_price() {
        let fill = |base, usd| Fill::new(base, usd, 1.0);
        for (fill, other, want) in [
            (
                fill(100.0, 900.0),
                fill(100.0 * (1.0 - 1e-15), 200.0),
                false,
            ),
            (fill(100.0 * (1.0 - 1e-15), 200.0), fill(100.0, 900.0), true),
            (fill(100.0, 900.0), fill(99.0, 200.0), true),
            (fill(100.0, 200.0), fill(100.0, 200.0), false),
        ] {
            assert_eq!(beats(Side::Buy, &fill, &other), want, "{fill:?} {other:?}");
        }
    }
}

//! Where a trade goes: to the venue with the best quote for the whole size, or to several.
//!
//! With [`Routing::Best`] a trade is not split. The next trade finds the chosen venue displaced and so
//! goes elsewhere where that is better. With [`Routing::Split`] each venue gets what brings its next token
//! to the same price as the others', fees included (venues that begin worse get nothing): no other
//! division brings more. That price is found by bracketing and false position (Illinois); each venue tells
//! in closed form how much it takes until a price. What remains between the ends of the last bracket,
//! such as a part of a level of an order book, is divided in proportion.
//!
//! An asset without a venue trades at its outside price, in any size and without a fee; give every asset
//! whose depth matters a venue.

use super::{Fill, Side, Venue};
use std::cmp::Ordering;

/// Where a trade goes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Routing {
    /// To the venue with the best quote for all of it.
    #[default]
    Best,
    /// To all venues, at equal marginal prices.
    Split,
}

/// Width of the last bracket, as a share of the price. An amount that is misplaced by it costs the
/// square of it.
const PRICE_TOLERANCE: f64 = 1e-8;
/// Steps of the search for the price.
const STEPS_MAX: usize = 60;

/// Largest relative difference of two fills of the same size.
const ROUNDING: f64 = 1e-9;

/// All venues, by asset.
#[derive(Clone, Debug)]
pub struct Router {
    venues: Vec<Venue>,
    by_asset: Vec<Vec<usize>>,
    routing: Routing,
}

/// A marginal price and what all venues together take until it.
#[derive(Clone, Copy, Debug)]
struct Edge {
    price: f64,
    base: f64,
}

impl Router {
    /// A router over venues for a number of assets.
    pub fn new(venues: Vec<Venue>, assets: usize, routing: Routing) -> Self {
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
        Self {
            venues,
            by_asset,
            routing,
        }
    }

    /// Weighted mean of the venues' mids, USD; the outside price where there is no venue.
    pub fn mid(&self, asset: usize, outside: f64) -> f64 {
        let (sum, weight) = self
            .of(asset)
            .map(|venue| (venue.mid() * venue.weight(), venue.weight()))
            .fold((0.0, 0.0), |(s, w), (m, v)| (s + m, w + v));
        if weight > 0.0 { sum / weight } else { outside }
    }

    /// What all venues together take until a marginal price, fees included; without a venue there is no end.
    pub fn until(&self, asset: usize, side: Side, price: f64) -> f64 {
        if self.of(asset).next().is_none() {
            return f64::INFINITY;
        }
        self.edge(asset, side, price).base
    }

    /// Mid of one venue, USD; nothing where there is no such venue.
    pub fn mid_of(&self, venue: usize) -> Option<f64> {
        self.venues.get(venue).map(Venue::mid)
    }

    /// What a trade would do.
    pub fn quote(&self, asset: usize, side: Side, base: f64, outside: f64) -> Fill {
        if self.splits(asset, base) {
            let mut total = Total::default();
            let bracket = self.bracket(asset, side, base);
            for venue in self.of(asset) {
                let fill = venue.quote(side, bracket.part(venue, side, base));
                total.add(venue, &fill, fill.mid_after);
            }
            return total.fill(&bracket, base);
        }
        self.best(asset, side, base)
            .map_or_else(|| at_outside(base, outside), |(_, fill)| fill)
    }

    /// Trades; beside the fill, the share of the impact that stays, from the venues' own shares and this one
    /// for venues without.
    pub fn trade(
        &mut self,
        asset: usize,
        side: Side,
        base: f64,
        (outside, stays): (f64, f64),
    ) -> (Fill, f64) {
        if self.splits(asset, base) {
            return self.trade_split(asset, side, base, stays);
        }
        let best = self.best(asset, side, base).map(|(index, _)| index);
        match best.and_then(|index| self.venues.get_mut(index)) {
            Some(venue) => {
                let stays = venue.permanent_share().unwrap_or(stays);
                (venue.trade(side, base), stays)
            }
            None => (at_outside(base, outside), stays),
        }
    }

    /// What each venue of an asset would be given of a trade, in the order of the venues.
    pub fn parts(&self, asset: usize, side: Side, base: f64) -> Vec<f64> {
        if self.splits(asset, base) {
            let bracket = self.bracket(asset, side, base);
            let part = |venue| bracket.part(venue, side, base);
            return self.of(asset).map(part).collect();
        }
        let best = self.best(asset, side, base).map(|(index, _)| index);
        let indices = self.by_asset.get(asset).into_iter().flatten();
        indices
            .map(|index| if Some(*index) == best { base } else { 0.0 })
            .collect()
    }

    fn trade_split(&mut self, asset: usize, side: Side, base: f64, stays: f64) -> (Fill, f64) {
        let bracket = self.bracket(asset, side, base);
        let mut total = Total::default();
        // Moves of the weighted mid, and what stays of each.
        let (mut moved, mut kept) = (0.0, 0.0);
        for &index in self.by_asset.get(asset).into_iter().flatten() {
            let Some(venue) = self.venues.get_mut(index) else {
                continue;
            };
            let before = venue.mid();
            let fill = venue.trade(side, bracket.part(venue, side, base));
            let move_of = venue.weight() * (venue.mid() - before);
            moved += move_of;
            kept += move_of * venue.permanent_share().unwrap_or(stays);
            total.add(venue, &fill, venue.mid());
        }
        let same = self
            .of(asset)
            .all(|venue| venue.permanent_share().is_none());
        let stays = if same || moved == 0.0 {
            stays
        } else {
            kept / moved
        };
        (total.fill(&bracket, base), stays)
    }

    fn splits(&self, asset: usize, base: f64) -> bool {
        let several = self.by_asset.get(asset).is_some_and(|of| of.len() > 1);
        self.routing == Routing::Split && several && base > 0.0
    }

    /// What all venues together take until a marginal price.
    fn edge(&self, asset: usize, side: Side, price: f64) -> Edge {
        let base = self.of(asset).map(|venue| venue.until(side, price)).sum();
        Edge { price, base }
    }

    /// Two marginal prices close to each other, between which all venues together take `base`.
    fn bracket(&self, asset: usize, side: Side, base: f64) -> Bracket {
        /// The first look is so far from the best price, as a share; each next one eight times.
        const FIRST: f64 = 1e-3;
        let marginals = self.of(asset).map(|venue| venue.marginal(side));
        let best = match side {
            Side::Sell => marginals.fold(0.0, f64::max),
            Side::Buy => marginals.fold(f64::INFINITY, f64::min),
        };
        let away = |distance: f64| match side {
            Side::Sell => best / (1.0 + distance),
            Side::Buy => best * (1.0 + distance),
        };
        let mut near = Edge {
            price: best,
            base: 0.0,
        };
        let mut distance = FIRST;
        let mut far = self.edge(asset, side, away(distance));
        while far.base < base {
            if distance > 1e12 {
                return Bracket {
                    near,
                    far,
                    whole: false,
                };
            }
            near = far;
            distance *= 8.0;
            far = self.edge(asset, side, away(distance));
        }
        self.narrowed(asset, side, (near, far), base)
    }

    /// Narrows a bracket by false position. An end that stays twice in a row counts half (Illinois).
    fn narrowed(
        &self,
        asset: usize,
        side: Side,
        (mut near, mut far): (Edge, Edge),
        base: f64,
    ) -> Bracket {
        let (mut near_weight, mut far_weight) = (1.0, 1.0);
        let mut last = Ordering::Equal;
        for step in 0..STEPS_MAX {
            let width = (near.price - far.price).abs();
            let narrow = width <= PRICE_TOLERANCE * near.price.min(far.price);
            if narrow || far.base - near.base <= 1e-9 * base {
                break;
            }
            let short = (base - near.base) * near_weight;
            let over = (far.base - base) * far_weight;
            // Steps of order books defeat false position: every fourth look is in the middle.
            let middle = step % 4 == 3 || short + over <= 0.0;
            let share = if middle { 0.5 } else { short / (short + over) };
            let price = near.price + (far.price - near.price) * share;
            let found = self.edge(asset, side, price);
            if found.base < base {
                near = found;
                near_weight = 1.0;
                far_weight = if last == Ordering::Less {
                    far_weight / 2.0
                } else {
                    1.0
                };
                last = Ordering::Less;
            } else {
                far = found;
                far_weight = 1.0;
                near_weight = if last == Ordering::Greater {
                    near_weight / 2.0
                } else {
                    1.0
                };
                last = Ordering::Greater;
            }
        }
        Bracket {
            near,
            far,
            whole: true,
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

    /// Venues of an asset.
    pub(super) fn of(&self, asset: usize) -> impl Iterator<Item = &Venue> {
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

/// Between which marginal prices a trade ends.
#[derive(Clone, Copy, Debug)]
struct Bracket {
    /// Less than the whole trade is filled until here.
    near: Edge,
    /// The whole trade or more.
    far: Edge,
    /// Whether the venues together can fill the trade.
    whole: bool,
}

impl Bracket {
    /// A venue's part of the trade.
    fn part(&self, venue: &Venue, side: Side, base: f64) -> f64 {
        if !self.whole {
            return base;
        }
        let near = venue.until(side, self.near.price);
        let far = venue.until(side, self.far.price);
        let near = if self.near.base > 0.0 { near } else { 0.0 };
        let rest = self.far.base - self.near.base;
        let share = if rest > 0.0 {
            (base - self.near.base) / rest
        } else {
            0.0
        };
        near + (far - near).max(0.0) * share
    }
}

/// Fills of several venues.
#[derive(Clone, Copy, Debug, Default)]
struct Total {
    base: f64,
    usd: f64,
    mids: f64,
    weight: f64,
}

impl Total {
    fn add(&mut self, venue: &Venue, fill: &Fill, mid: f64) {
        self.base += fill.base;
        self.usd += fill.usd;
        self.mids += mid * venue.weight();
        self.weight += venue.weight();
    }

    fn fill(&self, bracket: &Bracket, asked: f64) -> Fill {
        // Parts add up to the whole but for their last digits.
        let base = if bracket.whole {
            asked
        } else {
            self.base.min(asked)
        };
        Fill::new(base, self.usd, self.mids / self.weight)
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

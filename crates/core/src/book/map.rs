//! How much collateral becomes liquidatable between any two prices.

use super::threshold::Threshold;
use crate::protocol::AccountId;
use crate::units::{Amount, Overflow, Price, Rounding, U256, Value, mul_div};
use std::cmp::Reverse;

/// What one account adds to the map of one shocked asset.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Position {
    /// Which account.
    pub account: AccountId,
    /// At which prices of the shocked asset it is liquidatable.
    pub threshold: Threshold,
    /// Its collateral in the shocked asset, in asset units.
    pub collateral: Amount,
    /// The value of that collateral at the caller's reference price.
    pub value: Value,
    /// Its whole debt.
    pub debt: Value,
}

impl Position {
    /// The price at which its state changes; zero where it never does.
    fn edge(&self) -> Price {
        match self.threshold {
            Threshold::Below(price) | Threshold::Above(price) => price,
            Threshold::Never | Threshold::Always => Price::ZERO,
        }
    }
}

/// Sums over accounts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Totals {
    /// How many accounts.
    pub accounts: u32,
    /// Collateral in the shocked asset, in asset units.
    pub collateral: Amount,
    /// Value of that collateral at the reference price.
    pub value: Value,
    /// Whole debt of the accounts.
    pub debt: Value,
}

impl Totals {
    fn plus(self, position: &Position) -> Result<Self, Overflow> {
        Ok(Self {
            accounts: self.accounts.checked_add(1).ok_or(Overflow::Arithmetic)?,
            collateral: self.collateral.plus(position.collateral)?,
            value: self.value.plus(position.value)?,
            debt: self.debt.plus(position.debt)?,
        })
    }

    /// `self` less a part of it.
    fn less(self, part: Self) -> Self {
        Self {
            accounts: self.accounts.saturating_sub(part.accounts),
            collateral: self.collateral.minus_or_zero(part.collateral),
            value: self.value.minus_or_zero(part.value),
            debt: self.debt.minus_or_zero(part.debt),
        }
    }
}

/// One point of a cumulative curve.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MapPoint {
    /// A price of the shocked asset.
    pub price: Price,
    /// Everything that is liquidatable at that price.
    pub totals: Totals,
}

/// The liquidation map of one asset, or of several that move by the same factor.
///
/// Built once in O(n log n); every question afterwards is a binary search over prefix sums.
#[derive(Clone, Debug)]
pub struct LiquidationMap {
    falling: Curve,
    rising: Curve,
    always: Totals,
    never: Totals,
}

impl LiquidationMap {
    /// Sorts the positions and sums them up.
    ///
    /// # Errors
    /// [`Overflow::Arithmetic`] where a sum needs more than 256 bits.
    pub fn new(positions: impl IntoIterator<Item = Position>) -> Result<Self, Overflow> {
        let (mut falling, mut rising) = (Vec::new(), Vec::new());
        let (mut always, mut never) = (Totals::default(), Totals::default());
        for position in positions {
            match position.threshold {
                Threshold::Always => always = always.plus(&position)?,
                Threshold::Never => never = never.plus(&position)?,
                Threshold::Below(_) => falling.push(position),
                Threshold::Above(_) => rising.push(position),
            }
        }
        falling.sort_unstable_by_key(|position| (Reverse(position.edge()), position.account));
        rising.sort_unstable_by_key(|position| (position.edge(), position.account));
        Ok(Self {
            falling: Curve::new(falling)?,
            rising: Curve::new(rising)?,
            always,
            never,
        })
    }

    /// Accounts that a fall of the price makes liquidatable, highest threshold first.
    pub fn falling(&self) -> &Curve {
        &self.falling
    }

    /// Accounts that a rise of the price makes liquidatable (they are short), lowest first.
    pub fn rising(&self) -> &Curve {
        &self.rising
    }

    /// Accounts that are liquidatable at every price.
    pub fn always(&self) -> Totals {
        self.always
    }

    /// Accounts that are liquidatable at no price.
    pub fn never(&self) -> Totals {
        self.never
    }
}

/// Positions in the order in which a move in one direction makes them liquidatable.
#[derive(Clone, Debug)]
pub struct Curve {
    positions: Vec<Position>,
    /// Sums over the first 0, 1, 2, … positions.
    sums: Vec<Totals>,
}

impl Curve {
    fn new(positions: Vec<Position>) -> Result<Self, Overflow> {
        let mut sum = Totals::default();
        let mut sums = Vec::with_capacity(positions.len().saturating_add(1));
        sums.push(sum);
        for position in &positions {
            sum = sum.plus(position)?;
            sums.push(sum);
        }
        Ok(Self { positions, sums })
    }

    /// The positions, in the order in which they become liquidatable.
    pub fn positions(&self) -> &[Position] {
        &self.positions
    }

    /// Everything on this side.
    pub fn total(&self) -> Totals {
        self.sum(self.positions.len())
    }

    /// What is liquidatable at a price.
    pub fn at(&self, price: Price) -> Totals {
        self.sum(self.rank(price))
    }

    /// What becomes liquidatable as the price moves from one price to the other, whichever way
    /// this side's accounts fear: liquidatable at one end and not at the other.
    pub fn between(&self, low: Price, high: Price) -> Totals {
        let (one, other) = (self.rank(low), self.rank(high));
        self.sum(one.max(other)).less(self.sum(one.min(other)))
    }

    /// At most `count` points of the cumulative curve, in the order in which accounts become
    /// liquidatable, spread evenly over the collateral: what lies between two neighbours is at
    /// most 1 ÷ `count` of all collateral, or one account, or accounts of one threshold.
    pub fn points(&self, count: u32) -> Vec<MapPoint> {
        let total = self.total().collateral.0;
        let mut points: Vec<MapPoint> = Vec::new();
        for step in 1..=count {
            // The share `step ÷ count` of the collateral; the last is the whole.
            let share = mul_div(total, U256::from(step), U256::from(count), Rounding::Ceil);
            let share = share.unwrap_or(total);
            let rank = self.sums.partition_point(|sum| sum.collateral.0 < share);
            let last = rank.saturating_sub(1);
            let Some(price) = self.positions.get(last).map(Position::edge) else {
                continue;
            };
            if points.last().is_none_or(|point| point.price != price) {
                let totals = self.at(price);
                points.push(MapPoint { price, totals });
            }
        }
        points
    }

    /// How many positions are liquidatable at a price.
    fn rank(&self, price: Price) -> usize {
        self.positions
            .partition_point(|position| position.threshold.contains(price))
    }

    fn sum(&self, rank: usize) -> Totals {
        self.sums.get(rank).copied().unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn position(threshold: Threshold, collateral: u128) -> Position {
        Position {
            account: AccountId(0),
            threshold,
            collateral: Amount::new(collateral),
            value: Value::new(collateral * 3),
            debt: Value::new(collateral * 2),
        }
    }

    fn total(positions: &[Position], wanted: impl Fn(&Position) -> bool) -> Totals {
        let wanted = positions.iter().filter(|position| wanted(position));
        wanted.fold(Totals::default(), |sum, position| {
            sum.plus(position).unwrap()
        })
    }

    fn threshold() -> impl Strategy<Value = Threshold> {
        let price = || prop_oneof![0u128..20, any::<u128>()].prop_map(Price::new);
        prop_oneof![
            1 => Just(Threshold::Never),
            1 => Just(Threshold::Always),
            5 => price().prop_map(Threshold::Below),
            5 => price().prop_map(Threshold::Above),
        ]
    }

    proptest! {
        /// Every answer is the sum that a scan would give.
        #[test]
        fn agrees_with_a_scan(
            list in prop::collection::vec((threshold(), 0u128..1000), 0..60),
            low in 0u128..25,
            rise in 0u128..25,
            count in 0u32..12,
        ) {
            let list: Vec<Position> = list.into_iter().map(|(t, c)| position(t, c)).collect();
            let map = LiquidationMap::new(list.iter().copied()).unwrap();
            let (low, high) = (Price::new(low), Price::new(low + rise));
            let long = |p: &Position| matches!(p.threshold, Threshold::Below(_));
            let short = |p: &Position| matches!(p.threshold, Threshold::Above(_));
            prop_assert_eq!(map.always(), total(&list, |p| p.threshold == Threshold::Always));
            prop_assert_eq!(map.never(), total(&list, |p| p.threshold == Threshold::Never));
            prop_assert_eq!(map.falling().total(), total(&list, long));
            prop_assert_eq!(map.rising().total(), total(&list, short));
            for price in [low, high] {
                let falling = total(&list, |p| long(p) && p.threshold.contains(price));
                prop_assert_eq!(map.falling().at(price), falling);
                let rising = total(&list, |p| short(p) && p.threshold.contains(price));
                prop_assert_eq!(map.rising().at(price), rising);
            }
            let crossed = |p: &Position| p.threshold.contains(low) != p.threshold.contains(high);
            prop_assert_eq!(map.falling().between(low, high), total(&list, |p| long(p) && crossed(p)));
            prop_assert_eq!(map.rising().between(low, high), total(&list, |p| short(p) && crossed(p)));
            for curve in [map.falling(), map.rising()] {
                check_points(curve, count);
            }
        }
    }

    fn check_points(curve: &Curve, count: u32) {
        let points = curve.points(count);
        assert!(points.len() <= count as usize);
        for point in &points {
            assert_eq!(point.totals, curve.at(point.price));
        }
        assert!(points.is_sorted_by(|a, b| a.totals.accounts < b.totals.accounts));
        let Some(last) = points.last() else {
            return;
        };
        assert_eq!(last.totals.collateral, curve.total().collateral);
        for pair in points.windows(2) {
            // Accounts between the two points, without those at the second point's price.
            let between = total(curve.positions(), |p| {
                p.threshold.contains(pair[1].price)
                    && !p.threshold.contains(pair[0].price)
                    && p.edge() != pair[1].price
            });
            let spread = between.collateral.0 * U256::from(count);
            assert!(spread <= curve.total().collateral.0);
        }
    }

    #[test]
    fn refuses_sums_beyond_256_bits() {
        let huge = Position {
            value: Value::MAX,
            ..position(Threshold::Below(Price::new(1)), 1)
        };
        let map = LiquidationMap::new([huge, huge]);
        assert_eq!(map.err(), Some(Overflow::Arithmetic));
    }
}

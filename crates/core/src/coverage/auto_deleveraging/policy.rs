//! Whose contracts are closed, and how many.

use super::position::{Contracts, Position};
use crate::coverage::pro_rata::{capped_pro_rata, pro_rata};
use crate::units::U256;
use ruint::aliases::U512;
use std::cmp::Ordering;

/// In which order, or proportion, counterparties are closed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Policy {
    /// By profit times leverage, highest first, each as far as it can be closed (BitMEX).
    Queue,
    /// In list order from a place that the seed and the number of the deficit decide (dYdX v4).
    SeededStart(u64),
    /// In proportion to size, each under its cap.
    ProRata,
    /// Highest leverage first, until all that were closed have the same leverage
    /// (Campbell, Hey, Moallemi and Nutz, arXiv 2603.15963).
    LeverageDraining,
}

/// The places of positions in the order in which a queue by profit and leverage closes them;
/// equals stay in list order.
pub fn queue(positions: &[Position], contracts: &Contracts) -> Vec<usize> {
    let scores = positions.iter().map(|position| position.score(contracts));
    let mut ranked: Vec<_> = scores.enumerate().collect();
    ranked.sort_by(|(_, one), (_, other)| other.cmp(one));
    ranked.into_iter().map(|(place, _)| place).collect()
}

/// Everything a policy needs of one deficit.
pub(super) struct Closing<'a> {
    pub(super) positions: &'a [Position],
    pub(super) contracts: &'a Contracts,
    /// By position: how much of it can be closed.
    pub(super) caps: Vec<U256>,
    /// To close in all, at most the sum of the caps.
    pub(super) quantity: U256,
    /// Counts deficits.
    pub(super) event: u64,
}

impl Closing<'_> {
    /// How much of each position is closed; sums to the quantity.
    pub(super) fn parts(&self, policy: Policy) -> Vec<U256> {
        match policy {
            Policy::Queue => self.in_order(queue(self.positions, self.contracts)),
            Policy::SeededStart(seed) => {
                let start = start(seed, self.event, self.positions.len());
                let wrapped = (start..self.positions.len()).chain(0..start);
                self.in_order(wrapped)
            }
            Policy::ProRata => {
                let sizes: Vec<U256> = self.positions.iter().map(|p| p.quantity.0).collect();
                capped_pro_rata(self.quantity, &sizes, &self.caps)
            }
            Policy::LeverageDraining => self.drained(),
        }
    }

    fn in_order(&self, places: impl IntoIterator<Item = usize>) -> Vec<U256> {
        let mut parts = vec![U256::ZERO; self.caps.len()];
        let mut rest = self.quantity;
        for place in places {
            if let (Some(part), Some(cap)) = (parts.get_mut(place), self.caps.get(place)) {
                *part = rest.min(*cap);
                rest = rest.saturating_sub(*part);
            }
        }
        parts
    }

    /// Drains leverage; who would be closed beyond its cap is closed up to it, and the others are
    /// drained of the rest.
    fn drained(&self) -> Vec<U256> {
        let mut parts = vec![U256::ZERO; self.caps.len()];
        let mut rest = self.quantity;
        let mut open: Vec<usize> = (0..self.caps.len()).collect();
        open.retain(|place| self.caps.get(*place).is_some_and(|cap| !cap.is_zero()));
        open.sort_by(|one, other| self.by_leverage(*one, *other));
        loop {
            let drained = self.drain(&open, rest);
            let over =
                |(place, part): &(usize, U256)| self.caps.get(*place).is_some_and(|cap| part > cap);
            if !drained.iter().any(over) {
                for (place, part) in drained {
                    if let Some(slot) = parts.get_mut(place) {
                        *slot = part;
                    }
                }
                return parts;
            }
            for (place, _) in drained.into_iter().filter(over) {
                if let (Some(slot), Some(cap)) = (parts.get_mut(place), self.caps.get(place)) {
                    *slot = *cap;
                    rest = rest.saturating_sub(*cap);
                }
                open.retain(|other| *other != place);
            }
        }
    }

    /// Takes `rest` from the positions at these places, which are sorted by leverage: the first so
    /// many keep one leverage, that of the next one or more.
    fn drain(&self, sorted: &[usize], rest: U256) -> Vec<(usize, U256)> {
        let positions = sorted.iter().filter_map(|place| self.positions.get(*place));
        let (sizes, equities): (Vec<U256>, Vec<U256>) =
            positions.map(|p| (p.quantity.0, p.equity.0)).unzip();
        let mut group = (U256::ZERO, U256::ZERO);
        let mut members = 0usize;
        for (size, equity) in sizes.iter().zip(&equities) {
            let kept = group.0.saturating_sub(rest);
            // Stops where the group, drained, is no more levered than the next one.
            if group.0 >= rest && at_most((kept, *equity), (*size, group.1)) != Ordering::Less {
                break;
            }
            group = (
                group.0.saturating_add(*size),
                group.1.saturating_add(*equity),
            );
            members = members.saturating_add(1);
        }
        let kept = group.0.saturating_sub(rest);
        let keeps = pro_rata(kept, equities.get(..members).unwrap_or_default());
        let cut = sizes
            .iter()
            .zip(keeps)
            .map(|(size, keep)| size.saturating_sub(keep));
        sorted.iter().copied().zip(cut).collect()
    }

    /// Highest leverage first; equals stay in list order.
    fn by_leverage(&self, one: usize, other: usize) -> Ordering {
        match (self.positions.get(one), self.positions.get(other)) {
            (Some(one), Some(other)) => at_most(
                (other.quantity.0, one.equity.0),
                (one.quantity.0, other.equity.0),
            ),
            _ => Ordering::Equal,
        }
    }
}

/// Compares two products exactly.
fn at_most((a, b): (U256, U256), (c, d): (U256, U256)) -> Ordering {
    let left: U512 = a.widening_mul(b);
    let right: U512 = c.widening_mul(d);
    left.cmp(&right)
}

/// A place in a list that depends on the seed and the number of the deficit: one step of
/// SplitMix64, which spreads neighbouring numbers over the list.
fn start(seed: u64, event: u64, places: usize) -> usize {
    let step = event.wrapping_add(1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    let mut mixed = seed.wrapping_add(step);
    mixed = (mixed ^ mixed.wrapping_shr(30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    mixed = (mixed ^ mixed.wrapping_shr(27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^= mixed.wrapping_shr(31);
    let places = u64::try_from(places).unwrap_or(u64::MAX);
    let place = mixed.checked_rem(places).unwrap_or(0);
    usize::try_from(place).unwrap_or(0)
}

//! A pool with liquidity concentrated between ticks (Uniswap v3, Adams and others 2021).
//!
//! Liquidity L is constant between neighbouring boundaries of the price P (quote per base). Within a
//! range a move from √a to √b takes base Δx = L·(1/√a − 1/√b) against quote Δy = L·(√b − √a). A trade
//! walks from range to range until it is filled or the last boundary is reached; ranges without
//! liquidity are passed at no cost. The fee is kept from what the trader gives and does not join the
//! liquidity.
//!
//! Boundaries are prices and stay where they are: when the reference price moves, the pool slides along
//! its curve to other ranges, as arbitrage would take it. The state is the displacement
//! ln(price/reference) and the range in which the price lies, from which a trade starts to walk: its cost
//! follows the boundaries that it crosses, not the number of boundaries.

use super::{Fill, Side};
use crate::error::{ConfigError, require, require_not_negative, require_positive};

/// From a price on upwards, a liquidity.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Range {
    /// Lower boundary, USD per base token.
    pub from: f64,
    /// Liquidity from there to the next boundary: √(base · dollars) of a pool over all prices with the
    /// same depth. 0 for none; that of the last boundary is not used.
    pub liquidity: f64,
}

/// A pool with ticks.
#[derive(Clone, Debug)]
pub struct Concentrated {
    /// Square roots of the boundaries, ascending.
    roots: Vec<f64>,
    /// Liquidity between each boundary and the next; one fewer than boundaries.
    liquidity: Vec<f64>,
    /// Prices as told, for messages.
    ranges: Vec<Range>,
    /// Range in which the price lies; that below the first boundary counts as the first.
    cursor: usize,
    /// Logarithm of price over reference.
    displacement: f64,
}

/// A point on the curve.
#[derive(Clone, Copy, Debug)]
struct Place {
    root: f64,
    range: usize,
}

/// What a walk gave and took, and where it ended.
#[derive(Clone, Copy, Debug)]
struct Walk {
    base: f64,
    usd: f64,
    end: Place,
}

impl Concentrated {
    /// A pool at rest. Boundaries ascend.
    pub fn new(ranges: Vec<Range>) -> Self {
        let inner = ranges.len().saturating_sub(1);
        Self {
            roots: ranges.iter().map(|range| range.from.sqrt()).collect(),
            liquidity: ranges.iter().take(inner).map(|r| r.liquidity).collect(),
            ranges,
            cursor: 0,
            displacement: 0.0,
        }
    }

    pub(super) fn check(&self, field: &str) -> Result<(), ConfigError> {
        let ranges = || format!("{field}.ranges");
        require(self.ranges.len() >= 2, ranges, || {
            let found = self.ranges.len();
            format!("must have at least two boundaries, found {found}")
        })?;
        let mut before = 0.0;
        for (i, range) in self.ranges.iter().enumerate() {
            let at = |name: &str| format!("{field}.ranges[{i}].{name}");
            require_positive(range.from, || at("from"))?;
            require_not_negative(range.liquidity, || at("liquidity"))?;
            require(
                range.from > before,
                || at("from"),
                || {
                    format!(
                        "must be above {before} (boundaries ascend), found {}",
                        range.from
                    )
                },
            )?;
            before = range.from;
        }
        let some = self.liquidity.iter().any(|l| *l > 0.0);
        require(some, ranges, || "must have liquidity somewhere".to_owned())
    }

    pub(super) fn mid(&self, reference: f64) -> f64 {
        reference * self.displacement.exp()
    }

    /// The fill, and displacement and range after it.
    pub(super) fn fill(
        &self,
        reference: f64,
        fee: f64,
        side: Side,
        base: f64,
    ) -> (Fill, (f64, usize)) {
        let start = self.place(self.mid(reference).sqrt());
        let (base, usd, end) = match side {
            Side::Sell => {
                let given = base * (1.0 - fee);
                let walk = self.walk_down(start, given, 0.0);
                // What is not asked for beyond the last boundary keeps the amount as it was told.
                let sold = if walk.base < given {
                    walk.base / (1.0 - fee)
                } else {
                    base
                };
                (sold, walk.usd, walk.end)
            }
            Side::Buy => {
                let walk = self.walk_up(start, base, f64::INFINITY);
                (walk.base, walk.usd / (1.0 - fee), walk.end)
            }
        };
        // Where there is nothing to trade, the price stays, even beyond ranges without liquidity.
        if base <= 0.0 {
            let fill = Fill::new(0.0, 0.0, self.mid(reference));
            return (fill, (self.displacement, self.cursor));
        }
        let mid_after = end.root * end.root;
        let displacement = (mid_after / reference).ln();
        (Fill::new(base, usd, mid_after), (displacement, end.range))
    }

    pub(super) fn trade(&mut self, reference: f64, fee: f64, side: Side, base: f64) -> Fill {
        let (fill, after) = self.fill(reference, fee, side, base);
        (self.displacement, self.cursor) = after;
        fill
    }

    /// Base tokens, before fees, until the price of the pool is `price`.
    pub(super) fn until(&self, reference: f64, side: Side, price: f64) -> f64 {
        let start = self.place(self.mid(reference).sqrt());
        let root = price.sqrt();
        let walk = match side {
            Side::Sell if root < start.root => self.walk_down(start, f64::INFINITY, root),
            Side::Buy if root > start.root => self.walk_up(start, f64::INFINITY, root),
            _ => return 0.0,
        };
        walk.base
    }

    /// The displacement decays and the reference may have moved: the cursor follows.
    pub(super) fn recover(&mut self, keep: f64, reference: f64) {
        self.displacement *= keep;
        self.cursor = self.place(self.mid(reference).sqrt()).range;
    }

    /// Finds the range of a price from the cursor on: a few steps for a small move.
    fn place(&self, root: f64) -> Place {
        let last = self.liquidity.len().saturating_sub(1);
        let mut range = self.cursor.min(last);
        while range < last && self.roots[range + 1] <= root {
            range += 1;
        }
        while range > 0 && self.roots[range] > root {
            range -= 1;
        }
        Place { root, range }
    }

    /// Takes base in until so much is given, the price is down to a root, or there is no range left.
    fn walk_down(&self, start: Place, given: f64, floor: f64) -> Walk {
        let top = self
            .roots
            .get(start.range + 1)
            .copied()
            .unwrap_or(start.root);
        let mut walk = Walk {
            base: 0.0,
            usd: 0.0,
            // Above the last boundary there is nothing on the way down to it.
            end: Place {
                root: start.root.min(top),
                range: start.range,
            },
        };
        if given <= 0.0 || start.root <= floor {
            walk.end.root = start.root;
            return walk;
        }
        loop {
            let Place { root, range } = walk.end;
            let (liquidity, boundary) = (self.liquidity[range], self.roots[range].max(floor));
            if liquidity > 0.0 && boundary < root {
                let capacity = liquidity * (1.0 / boundary - 1.0 / root);
                let left = given - walk.base;
                if left <= capacity {
                    // L·(√p − √p′) without a difference of nearly equal numbers.
                    let after = root / (1.0 + left * root / liquidity);
                    walk.usd += left * root * after;
                    walk.base = given;
                    walk.end.root = after;
                    return walk;
                }
                walk.base += capacity;
                walk.usd += liquidity * (root - boundary);
            }
            walk.end.root = boundary.min(root);
            if range == 0 || boundary > self.roots[range] || boundary == floor {
                return walk;
            }
            walk.end.range = range - 1;
        }
    }

    /// Gives base out until so much is taken, the price is up to a root, or there is no range left.
    fn walk_up(&self, start: Place, taken: f64, ceiling: f64) -> Walk {
        let bottom = self.roots.get(start.range).copied().unwrap_or(start.root);
        let mut walk = Walk {
            base: 0.0,
            usd: 0.0,
            end: Place {
                root: start.root.max(bottom),
                range: start.range,
            },
        };
        if taken <= 0.0 || start.root >= ceiling {
            walk.end.root = start.root;
            return walk;
        }
        loop {
            let Place { root, range } = walk.end;
            let next = self.roots[range + 1];
            let (liquidity, boundary) = (self.liquidity[range], next.min(ceiling));
            if liquidity > 0.0 && boundary > root {
                let capacity = liquidity * (1.0 / root - 1.0 / boundary);
                let left = taken - walk.base;
                if left <= capacity {
                    let after = (root / (1.0 - left * root / liquidity)).min(boundary);
                    walk.usd += left * root * after;
                    walk.base = taken;
                    walk.end.root = after;
                    return walk;
                }
                walk.base += capacity;
                walk.usd += liquidity * (boundary - root);
            }
            walk.end.root = boundary.max(root);
            if range + 1 == self.liquidity.len() || boundary < next {
                return walk;
            }
            walk.end.range = range + 1;
        }
    }
}

//! Dutch auctions of equal lots, with the start and the speed of the price that cost least.
//!
//! A lot is offered at a share z(t) = start·e^(−decay·t) of its worth to the first buyer, and whoever comes and finds
//! it cheap enough takes all of it. Buyers come at random, `per_hour` of them in the mean, independently of each
//! other and of the market (a Poisson process). Each wants a margin m, uniform between 0 and `margin`, and takes
//! the lot where z ≤ 1 − m. So takes come at the rate
//!
//!   h(t) = per_hour · min(1, max(0, (1 − z(t)) ÷ margin)),
//!
//! and with Λ(t) the integral of h, and w the time after which the lot is withdrawn, the share received, the chance of no
//! take and the mean time are
//!
//!   E z = ∫ z·h·e^(−Λ) dt,  q = e^(−Λ(w)),  E min(τ, w) = ∫ e^(−Λ) dt,  over 0 to w.
//!
//! Below 1 − margin everybody buys, so the price stays there. The price is told as a share of the oracle's price of the
//! moment, as in houses with a discount from it: the share received does not depend on where prices go. (A price in
//! dollars that is fixed at the start, as Maker's, would.)
//!
//! A buyer resells the share `resold` of the lot on the venues at once and keeps the rest, so that a lot is worth
//! 1 − resold·(loss of that sale) of the outside price to the first buyer. Lots follow each other at equal parts w of the
//! time, and venues recover in between. A lot that nobody takes in its time is sold on the venues at once: what
//! that brings, and triggers, is that of a course in which all lots are; the expected figures are the mean of this course
//! and the one in which buyers take all, by q.
//!
//! Without a deadline the best price would not fall at all, since buyers come as likely later as now; it falls because
//! what waits for a lot at the end of its time is worth less.
//!
//! All three numbers of [`Buyers`] are assumptions.

use super::divide::divide;
use super::ground::{Ground, Point, Sale, Tried};
use super::{Alternative, Expected, Method, Slice, Terms};
use crate::error::{ConfigError, require, require_positive, require_share};

const HOUR_S: f64 = 3_600.0;
/// Numbers of lots that are tried.
const LOTS: [u32; 6] = [1, 2, 4, 8, 16, 32];
/// Intervals of an integral by Simpson's rule; even.
const INTERVALS: u32 = 128;
/// A chance of no take until then that is as good as none.
const SURELY_TAKEN: f64 = 1e-12;
/// Halvings that find the time of it.
const HALVINGS: u32 = 24;
/// Points of a side of the grid on which start and decay are searched.
const SIDE: u32 = 13;
/// Grids, each around the best point of the one before.
const ZOOMS: u32 = 7;
/// Seconds in which the price passes the margin, over a lot's part of the time: least and most.
const SPEEDS: (f64, f64) = (1.0 / 256.0, 64.0);

/// Who comes to an auction.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Buyers {
    /// How many come in an hour, in the mean.
    pub per_hour: f64,
    /// Largest margin that one wants, as a share; each wants one between 0 and it.
    pub margin: f64,
    /// Share of a lot that a buyer resells on the venues at once.
    pub resold: f64,
}

impl Buyers {
    pub(super) fn check(&self) -> Result<(), ConfigError> {
        require_positive(self.per_hour, || "buyers.per_hour".to_owned())?;
        require(
            self.margin > 0.0 && self.margin < 1.0,
            || "buyers.margin".to_owned(),
            || format!("must be above 0 and below 1, found {}", self.margin),
        )?;
        require_share(self.resold, || "buyers.resold".to_owned())
    }
}

/// A price and its fall.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Auction {
    /// First price over a lot's worth to the first buyer.
    pub start: f64,
    /// Speed of its fall, an hour: the price falls as e^(−decay·hours).
    pub decay: f64,
}

/// What an auction of one lot does in the mean.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Law {
    /// Price received over the lot's worth to the first buyer, counted as 0 where nobody takes it.
    pub mean_price: f64,
    /// Mean of its square.
    pub mean_square: f64,
    /// Chance that nobody takes the lot in its time.
    pub untaken: f64,
    /// Seconds until the take or the end.
    pub mean_time_s: f64,
}

impl Auction {
    /// Its means with these buyers, for a lot that is withdrawn after some seconds.
    pub fn law(&self, buyers: &Buyers, window_s: f64) -> Law {
        let window = window_s / HOUR_S;
        let floor = (1.0 - buyers.margin).min(self.start);
        // Nobody buys above 1.
        let wait = (self.start.max(1.0).ln() / self.decay).min(window);
        let first = self.start.min(1.0);
        let floored = ((first / floor).ln() / self.decay).min(window - wait);
        let price = |t: f64| first * (-self.decay * t).exp();
        let rate = |z: f64| buyers.per_hour * ((1.0 - z) / buyers.margin).clamp(0.0, 1.0);
        let survival = |t: f64| {
            let fallen = (first - price(t)) / self.decay;
            (-(buyers.per_hour / buyers.margin) * (t - fallen).max(0.0)).exp()
        };
        let falling = simpson(end(floored, survival), |t| {
            let (z, alive) = (price(t), survival(t));
            let taken = rate(z) * alive;
            [z * taken, z * z * taken, alive]
        });
        // At the floor takes come at a constant rate.
        let alive = survival(floored);
        let left = (-rate(floor) * (window - wait - floored)).exp();
        let at_floor = alive * (1.0 - left);
        let [money, square, time] = falling;
        Law {
            mean_price: money + floor * at_floor,
            mean_square: square + floor * floor * at_floor,
            untaken: alive * left,
            mean_time_s: (wait + time + at_floor / rate(floor).max(f64::MIN_POSITIVE)) * HOUR_S,
        }
    }
}

/// Integrals from 0 by Simpson's rule.
fn simpson<const N: usize>(until: f64, integrand: impl Fn(f64) -> [f64; N]) -> [f64; N] {
    let step = until / f64::from(INTERVALS);
    let mut sums = [0.0; N];
    for i in 0..=INTERVALS {
        let weight = match i {
            0 | INTERVALS => 1.0,
            i if i % 2 == 1 => 4.0,
            _ => 2.0,
        };
        for (sum, value) in sums.iter_mut().zip(integrand(step * f64::from(i))) {
            *sum += weight * value;
        }
    }
    sums.map(|sum| sum * step / 3.0)
}

/// Where a survival that falls is as good as nothing, or `until` where that is earlier.
fn end(until: f64, survival: impl Fn(f64) -> f64) -> f64 {
    if survival(until) >= SURELY_TAKEN {
        return until;
    }
    let (mut low, mut high) = (0.0, until);
    for _ in 0..HALVINGS {
        let middle = f64::midpoint(low, high);
        if survival(middle) >= SURELY_TAKEN {
            low = middle;
        } else {
            high = middle;
        }
    }
    high
}

/// Offers equal lots one after another.
pub(super) struct Dutch;

impl Method for Dutch {
    fn best(&self, ground: &Ground<'_>) -> Option<Alternative> {
        let possible = LOTS
            .into_iter()
            .filter(|lots| *lots <= ground.config.over_s);
        let ways = possible.filter_map(|lots| Lots::new(ground, lots)?.best());
        ways.reduce(|a, b| {
            if b.expected.cost_usd < a.expected.cost_usd {
                b
            } else {
                a
            }
        })
    }
}

/// So many lots, and what becomes of them.
#[derive(Debug)]
pub(super) struct Lots<'a> {
    ground: &'a Ground<'a>,
    lots: u32,
    /// Seconds from one lot's start to the next's.
    window_s: f64,
    /// Buyers take all and resell their share. Lots are taken at equal intervals, whatever the time of a take is.
    taken: Tried,
    /// Nobody takes any, and each is sold on the venues.
    untaken: Tried,
    /// Each lot's worth to its first buyer, USD.
    worth: Vec<f64>,
}

impl<'a> Lots<'a> {
    /// Nothing where the venues would not take what is sold on them.
    pub(super) fn new(ground: &'a Ground<'a>, lots: u32) -> Option<Self> {
        let config = ground.config;
        let window_s = f64::from(config.over_s) / f64::from(lots);
        let lot = ground.tokens / f64::from(lots);
        let resold = config.buyers.resold;
        let try_out = |share: f64| {
            let sale = |j: u32| Sale {
                wait_s: if j == 0 { 0.0 } else { window_s },
                tokens: share * lot,
            };
            ground.try_out(&(0..lots).map(sale).collect::<Vec<_>>())
        };
        let (taken, untaken) = (try_out(resold), try_out(1.0));
        let kept = |outside: f64| (1.0 - resold) * lot * outside;
        let worth = taken.points.iter().map(|p| kept(p.outside) + p.usd);
        let worth = worth.collect();
        (taken.whole && untaken.whole).then_some(Self {
            worth,
            ground,
            lots,
            window_s,
            taken,
            untaken,
        })
    }

    /// Means of an auction of each lot.
    fn law(&self, auction: &Auction) -> Law {
        auction.law(&self.ground.config.buyers, self.window_s)
    }

    fn proceeds_usd(&self, law: &Law) -> f64 {
        law.mean_price * self.worth.iter().sum::<f64>() + law.untaken * self.untaken.sold_usd
    }

    /// Variance of the proceeds: of the outside price while tokens are left, and of each lot's take. USD².
    fn variance(&self, law: &Law) -> f64 {
        let lot = self.ground.tokens / f64::from(self.lots);
        let until_take = self.ground.price_variance(law.mean_time_s);
        let after_take = self.ground.price_variance(self.window_s - law.mean_time_s);
        let of_lot = |(j, (worth, point)): (u32, (&f64, &Point))| {
            let left = f64::from(self.lots - j) * lot;
            let then = left - lot;
            let mean = law.mean_price * worth + law.untaken * point.usd;
            let square = law.mean_square * worth * worth + law.untaken * point.usd * point.usd;
            until_take * left * left + after_take * then * then + (square - mean * mean).max(0.0)
        };
        let courses = self.worth.iter().zip(&self.untaken.points);
        (0..self.lots).zip(courses).map(of_lot).sum()
    }

    fn expected(&self, law: &Law) -> Expected {
        let tried = self.taken.mixed(&self.untaken, law.untaken);
        self.ground
            .expected(&tried, self.proceeds_usd(law), self.variance(law))
    }

    /// What an auction is expected to cost, USD.
    pub(super) fn cost(&self, auction: &Auction) -> f64 {
        self.expected(&self.law(auction)).cost_usd
    }

    /// Start and decay that cost least, by grids that close in.
    pub(super) fn auction(&self) -> Option<Auction> {
        let margin = self.ground.config.buyers.margin;
        let pass = -(1.0 - margin).ln() * HOUR_S / self.window_s;
        let mut starts = (1.0 - margin, 1.0 + margin / 2.0);
        let mut decays = ((pass / SPEEDS.1).ln(), (pass / SPEEDS.0).ln());
        let at = |(low, high): (f64, f64), i: u32| {
            low + (high - low) * f64::from(i) / f64::from(SIDE - 1)
        };
        let mut best: Option<(f64, Auction)> = None;
        for _ in 0..ZOOMS {
            for (i, j) in (0..SIDE).flat_map(|i| (0..SIDE).map(move |j| (i, j))) {
                let auction = Auction {
                    start: at(starts, i),
                    decay: at(decays, j).exp(),
                };
                let cost = self.cost(&auction);
                if cost < best.map_or(f64::INFINITY, |(least, _)| least) {
                    best = Some((cost, auction));
                }
            }
            let (_, found) = best?;
            let near = |(low, high): (f64, f64), middle: f64| {
                // Two and a half cells to each side.
                let reach = 2.5 * (high - low) / f64::from(SIDE - 1);
                (middle - reach, middle + reach)
            };
            starts = near(starts, found.start);
            decays = near(decays, found.decay.ln());
        }
        best.map(|(_, auction)| auction)
    }

    fn best(&self) -> Option<Alternative> {
        let (ground, auction) = (self.ground, self.auction()?);
        let (config, law) = (ground.config, self.law(&auction));
        let lot = ground.tokens / f64::from(self.lots);
        let ends = (0..self.lots).map(|j| self.window_s * f64::from(j) + law.mean_time_s);
        let mut course = ground.course(ends.clone().map(|end| (end, config.buyers.resold * lot)));
        for point in &mut course {
            let over = ends.clone().filter(|end| *end <= point.at_s).count();
            point.left = ground.tokens - lot * over as f64;
        }
        let amounts = divide(config.amount, &vec![1.0; self.worth.len()]);
        let slices = (0..self.lots).zip(amounts).map(|(j, amount)| Slice {
            at_s: self.window_s * f64::from(j),
            amount,
            venues: Vec::new(),
        });
        Some(Alternative {
            terms: Terms::Dutch {
                lots: self.lots,
                auction,
                mean_time_s: law.mean_time_s,
                untaken: law.untaken,
            },
            expected: self.expected(&law),
            slices: slices.collect(),
            course,
        })
    }
}

//! Whether forced selling feeds on itself: the cascade reproduction number R(p).
//!
//! When the price falls a little, some collateral becomes liquidatable; selling it moves the price
//! further, which makes more of it liquidatable, and so on. At a price p, with a window w (a share
//! of the price):
//!
//! - Q(p) = what becomes liquidatable between p and p·(1 − w), in tokens ([`Triggers`]);
//! - F(p) = the fall of the oracle's price, as a share of p, that a sale of Q(p) at p causes
//!   ([`Depth`]);
//! - **R(p) = F(p) ÷ w**: the further fall per fall.
//!
//! As w → 0 this is (price impact per token sold at p) × (tokens that become liquidatable per
//! dollar of price at p), the reproduction number of a branching process whose generations are
//! rounds of selling. Below 1 a fall of δ ends at δ ÷ (1 − R) ([`amplification`]); from 1 on it
//! runs on until R falls below 1 further down. The window smooths the steps of a book of single
//! accounts, and bounds impact where that of the first token has no finite slope (the square-root
//! law): there R depends on w, and the window is part of the answer.
//!
//! **Assumptions.** What becomes liquidatable is sold at once, in full, before venues recover; no
//! limit of capital, gas or profit holds liquidators back; the oracle reports its source price
//! without delay; other assets stay ([`next_generation`] lets them fall, too). Each makes R an upper bound of what a path shows. Sales are
//! taken to start from venues at rest, priced by the venues' own code, split as the router splits
//! pieces of equal size.
//!
//! The idea of a reproduction number for cascades of defaults and fire sales goes back to branching
//! processes in networks (Gleeson and Cahalane, "Seed size strongly affects cascades on random
//! networks", 2007; Cont and Schaanning, "Fire sales, indirect contagion and systemic stress
//! testing", 2017).

mod next_generation;

pub use next_generation::{Holder, Matrix, Sold, Stake, next_generation, settled, spectral_radius};

use crate::error::{ConfigError, require, require_positive};
use crate::market::Impact;
use crate::venue::{Router, Side, Venue, VenueConfig};

/// Equal pieces in which a window's collateral is sold, so that several venues share it.
const PIECES: u32 = 32;
/// Halvings of the search for the largest sale that pays.
const HALVINGS: u32 = 60;
/// Largest sale that is looked at, in USD.
const LARGEST_USD: f64 = 1e13;

/// Collateral that comes up for sale once the price reaches a threshold.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Trigger {
    /// Price at and below which it is liquidatable, USD.
    pub price: f64,
    /// Whole tokens.
    pub tokens: f64,
}

/// Triggers in order, with running sums: what lies between two prices costs two binary searches.
#[derive(Clone, Debug, Default)]
pub struct Triggers {
    /// Falling.
    prices: Vec<f64>,
    /// Tokens of the first 0, 1, 2, … of them.
    sums: Vec<f64>,
}

impl Triggers {
    /// Sorts triggers and sums them up.
    ///
    /// # Errors
    /// When a price or an amount is not finite, or below zero.
    pub fn new(triggers: impl IntoIterator<Item = Trigger>) -> Result<Self, ConfigError> {
        let mut all: Vec<Trigger> = triggers.into_iter().collect();
        for (i, trigger) in all.iter().enumerate() {
            for (name, value) in [("price", trigger.price), ("tokens", trigger.tokens)] {
                require(
                    value.is_finite() && value >= 0.0,
                    || format!("triggers[{i}].{name}"),
                    || format!("must be finite and at least 0, found {value}"),
                )?;
            }
        }
        all.sort_by(|a, b| b.price.total_cmp(&a.price));
        let mut sum = 0.0;
        let running = all.iter().map(|trigger| {
            sum += trigger.tokens;
            sum
        });
        let sums = std::iter::once(0.0).chain(running).collect();
        Ok(Self {
            prices: all.iter().map(|trigger| trigger.price).collect(),
            sums,
        })
    }

    /// Tokens that a fall from one price to a lower one makes liquidatable: those with a threshold
    /// below `high` and not below `low`.
    pub fn between(&self, high: f64, low: f64) -> f64 {
        let passed = self.prices.partition_point(|price| *price >= low);
        let before = self.prices.partition_point(|price| *price >= high);
        let sum = |rank: usize| self.sums.get(rank).copied().unwrap_or(0.0);
        (sum(passed) - sum(before)).max(0.0)
    }

    /// Tokens of all triggers.
    pub fn total(&self) -> f64 {
        self.sums.last().copied().unwrap_or(0.0)
    }
}

/// The venues of one asset at rest, and how its oracle follows them.
#[derive(Clone, Debug)]
pub struct Depth {
    venues: Vec<VenueConfig>,
    impact: Impact,
    time: u64,
}

impl Depth {
    /// The venues on which an asset is sold, as they are at a time, seconds since 1970. Venues of
    /// other assets are left out.
    ///
    /// # Errors
    /// When a venue is badly set.
    pub fn new(
        venues: &[VenueConfig],
        asset: usize,
        impact: Impact,
        time: u64,
    ) -> Result<Self, ConfigError> {
        let own = venues.iter().filter(|venue| venue.base == asset);
        let own = own.map(|venue| VenueConfig {
            base: 0,
            ..venue.clone()
        });
        let depth = Self {
            venues: own.collect(),
            impact,
            time,
        };
        depth.router(1.0)?;
        Ok(depth)
    }

    /// Whether the asset has any venue; without one its price does not move.
    pub fn has_venues(&self) -> bool {
        !self.venues.is_empty()
    }

    /// The venues at rest at a price.
    fn router(&self, price: f64) -> Result<Router, ConfigError> {
        require_positive(price, || "price".to_owned())?;
        let venue = |(i, config): (usize, &VenueConfig)| {
            Venue::new(config.clone(), &[price], self.time, &format!("venues[{i}]"))
        };
        let venues = self.venues.iter().enumerate().map(venue);
        let venues = venues.collect::<Result<Vec<_>, _>>()?;
        Ok(Router::new(venues, 1, self.impact.routing))
    }

    /// Fall of the price that the oracle samples, as a share, when so many tokens are sold at once
    /// at a price.
    ///
    /// The weighted mid of the venues moves by the factor m; the outside price by m to the power of what
    /// stays, [`Impact::permanent_share`] where a venue states no share of its own; the oracle's source is their mean by [`Impact::venue_weight`].
    ///
    /// # Errors
    /// When the price is not above zero.
    pub fn fall(&self, price: f64, tokens: f64) -> Result<f64, ConfigError> {
        let mut router = self.router(price)?;
        let before = router.mid(0, price);
        let (mut last, mut outside) = (before, 1.0);
        for _ in 0..PIECES {
            let stays = self.impact.permanent_share;
            let piece = tokens / f64::from(PIECES);
            let (_, stays) = router.trade(0, Side::Sell, piece, (price, stays));
            let mid = router.mid(0, price);
            outside *= (mid / last).powf(stays);
            last = mid;
        }
        let mid = last / before;
        let weight = self.impact.venue_weight;
        Ok(1.0 - ((1.0 - weight) * outside + weight * mid))
    }

    /// What one sale of so many tokens loses against the outside price, as a share: fees and
    /// slippage, at the best venue. What finds no buyer is lost.
    ///
    /// # Errors
    /// When the price is not above zero.
    pub fn slippage(&self, price: f64, tokens: f64) -> Result<f64, ConfigError> {
        Ok(self.loss(&self.router(price)?, price, tokens))
    }

    fn loss(&self, router: &Router, price: f64, tokens: f64) -> f64 {
        if tokens <= 0.0 {
            return 0.0;
        }
        1.0 - router.quote(0, Side::Sell, tokens, price).usd / (tokens * price)
    }

    /// The largest sale, in tokens, that loses no more than a share; infinite without a venue, 0
    /// where fees alone lose more.
    ///
    /// # Errors
    /// When the price is not above zero.
    pub fn largest_sale(&self, price: f64, loss: f64) -> Result<f64, ConfigError> {
        let router = self.router(price)?;
        if !self.has_venues() {
            return Ok(f64::INFINITY);
        }
        // The search runs over logarithms, from a cent's worth up.
        let (mut low, mut high) = ((0.01 / price).ln(), (LARGEST_USD / price).ln());
        if self.loss(&router, price, low.exp()) > loss {
            return Ok(0.0);
        }
        for _ in 0..HALVINGS {
            let middle = f64::midpoint(low, high);
            if self.loss(&router, price, middle.exp()) <= loss {
                low = middle;
            } else {
                high = middle;
            }
        }
        Ok(low.exp())
    }
}

/// R at one price.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Reproduction {
    /// Price of the asset, USD.
    pub price: f64,
    /// Tokens that become liquidatable over the window below it.
    pub tokens: f64,
    /// Fall of the oracle's price, as a share, that their sale causes.
    pub fall: f64,
    /// The reproduction number.
    pub r: f64,
}

/// R at each of these prices, over a window that is a share of the price.
///
/// # Errors
/// When the window does not lie between 0 and 1, or a price is not above zero.
pub fn reproduction(
    triggers: &Triggers,
    depth: &Depth,
    window: f64,
    prices: &[f64],
) -> Result<Vec<Reproduction>, ConfigError> {
    require(
        window > 0.0 && window < 1.0,
        || "window".to_owned(),
        || format!("must lie between 0 and 1, found {window}"),
    )?;
    let at = |price: &f64| {
        let tokens = triggers.between(*price, price * (1.0 - window));
        let fall = depth.fall(*price, tokens)?;
        Ok(Reproduction {
            price: *price,
            tokens,
            fall,
            r: fall / window,
        })
    };
    prices.iter().map(at).collect()
}

/// What R does where the price falls through a level.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// It reaches 1 from below: from here on a fall feeds on itself.
    Rises,
    /// It drops below 1: a cascade that comes from above ends.
    Falls,
}

/// A price at which R crosses 1.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Crossing {
    /// Price, USD, between two of the points.
    pub price: f64,
    /// What R does there while the price falls.
    pub direction: Direction,
}

/// Where R crosses 1, from the highest price down. `points` may come in any order.
pub fn crossings(points: &[Reproduction]) -> Vec<Crossing> {
    crossings_of(points.iter().map(|point| (point.price, point.r)))
}

/// Where a number that depends on a price crosses 1, from the highest price down.
pub fn crossings_of(points: impl IntoIterator<Item = (f64, f64)>) -> Vec<Crossing> {
    let mut points: Vec<(f64, f64)> = points.into_iter().filter(|(_, r)| r.is_finite()).collect();
    points.sort_by(|a, b| b.0.total_cmp(&a.0));
    let mut found = Vec::new();
    for pair in points.windows(2) {
        let [above, below] = pair else {
            continue;
        };
        let direction = match (above.1 < 1.0, below.1 < 1.0) {
            (true, false) => Direction::Rises,
            (false, true) => Direction::Falls,
            _ => continue,
        };
        let share = (1.0 - above.1) / (below.1 - above.1);
        found.push(Crossing {
            price: above.0 + (below.0 - above.0) * share,
            direction,
        });
    }
    found
}

/// How much larger a fall ends where each fall causes R times as much again: 1 ÷ (1 − R); infinite
/// from 1 on.
pub fn amplification(r: f64) -> f64 {
    if r < 1.0 {
        1.0 / (1.0 - r)
    } else {
        f64::INFINITY
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::market::FeedbackMode;
    use crate::venue::{ConstantProduct, Liquidity, Routing, SquareRoot};
    use proptest::prelude::*;

    fn impact(venue_weight: f64, permanent_share: f64) -> Impact {
        Impact {
            mode: FeedbackMode::On,
            venue_weight,
            permanent_share,
            routing: Routing::Best,
        }
    }

    fn venue(base: usize, liquidity: Liquidity) -> VenueConfig {
        VenueConfig {
            name: "venue".to_owned(),
            base,
            fee: 0.0,
            half_life_s: 600.0,
            weight: 1.0,
            permanent_share: None,
            depth: None,
            liquidity,
        }
    }

    /// 10,000 tokens and a million dollars: 100 dollars a token.
    fn pool() -> VenueConfig {
        let pool = ConstantProduct::fixed(10_000.0, 1_000_000.0);
        venue(0, Liquidity::ConstantProduct(pool))
    }

    fn spread(from: f64, to: f64, count: u32, tokens: f64) -> Triggers {
        let at = |i: u32| from + (to - from) * f64::from(i) / f64::from(count - 1);
        Triggers::new((0..count).map(|i| Trigger {
            price: at(i),
            tokens,
        }))
        .unwrap()
    }

    #[test]
    fn triggers_count_each_threshold_once() {
        let triggers = [(90.0, 1.0), (80.0, 2.0), (90.0, 4.0), (70.0, 8.0)];
        let triggers = triggers.map(|(price, tokens)| Trigger { price, tokens });
        let triggers = Triggers::new(triggers).unwrap();
        for (high, low, want) in [
            (100.0, 95.0, 0.0),
            (100.0, 90.0, 5.0),
            (90.0, 80.0, 2.0),
            (90.0, 60.0, 10.0),
            (100.0, 0.0, 15.0),
            (70.0, 0.0, 0.0),
            (60.0, 100.0, 0.0),
        ] {
            assert_eq!(triggers.between(high, low), want, "{high} {low}");
        }
        assert_eq!(triggers.total(), 15.0);
        let bad = Trigger {
            price: f64::NAN,
            tokens: 1.0,
        };
        let message = Triggers::new([bad]).unwrap_err().to_string();
        assert_eq!(
            message,
            "triggers[0].price: must be finite and at least 0, found NaN"
        );
    }

    /// A pool of x tokens that takes q more falls to (x ÷ (x + q))² of its price.
    #[test]
    fn a_pool_falls_as_in_closed_form() {
        let depth = Depth::new(&[pool()], 0, impact(1.0, 0.0), 0).unwrap();
        for q in [0.0, 1.0, 100.0, 5_000.0] {
            let want = 1.0 - (10_000.0f64 / (10_000.0 + q)).powi(2);
            let got = depth.fall(100.0, q).unwrap();
            assert!((got - want).abs() < 1e-9, "{q}: {got} {want}");
            let slippage = depth.slippage(100.0, q).unwrap();
            assert!(
                (slippage - q / (10_000.0 + q)).abs() < 1e-9,
                "{q}: {slippage}"
            );
        }
        // A loss of 5 %: q ÷ (x + q) = 0.05.
        let most = depth.largest_sale(100.0, 0.05).unwrap();
        assert!((most - 10_000.0 / 19.0).abs() < 1e-3, "{most}");
        // The oracle sees a tenth of the venue, and a third of its move stays.
        let depth = Depth::new(&[pool()], 0, impact(0.1, 1.0 / 3.0), 0).unwrap();
        let mid = (10_000.0f64 / 11_000.0).powi(2);
        let want = 1.0 - (0.9 * mid.cbrt() + 0.1 * mid);
        assert!((depth.fall(100.0, 1_000.0).unwrap() - want).abs() < 1e-9);
    }

    /// The square-root law: e^(−a√Q), a = coefficient · volatility ÷ √(volume in tokens).
    #[test]
    fn the_square_root_law_falls_as_in_closed_form() {
        let law = Liquidity::SquareRoot(SquareRoot::new(1.0, 0.05, 1e8));
        let depth = Depth::new(&[venue(0, law)], 0, impact(1.0, 0.0), 0).unwrap();
        let a = 0.05 / 1e6f64.sqrt();
        for q in [10.0f64, 1e4, 1e6] {
            let want = 1.0 - (-a * q.sqrt()).exp();
            let got = depth.fall(100.0, q).unwrap();
            assert!((got - want).abs() < 1e-9, "{q}: {got} {want}");
        }
    }

    /// Impact per token 2 ÷ x, tokens per share of the price c·p: R = 2·c·p ÷ x to first order.
    #[test]
    fn r_is_impact_times_density() {
        let depth = Depth::new(&[pool()], 0, impact(1.0, 0.0), 0).unwrap();
        // 100,001 triggers between 100 and 50: 40 tokens a dollar.
        let triggers = spread(100.0, 50.0, 100_001, 2_000.0 / 100_001.0);
        let got = reproduction(&triggers, &depth, 1e-3, &[90.0, 70.0, 51.0]).unwrap();
        for point in &got {
            // The pool keeps x·y: at a price p it holds 10,000·√(100 ÷ p) tokens.
            let x = 10_000.0 * (100.0 / point.price).sqrt();
            let want = 2.0 * 40.0 * point.price / x;
            assert!((point.r / want - 1.0).abs() < 3e-3, "{point:?} {want}");
        }
        for window in [0.0, 1.0, -0.1, f64::NAN] {
            assert!(reproduction(&triggers, &depth, window, &[90.0]).is_err());
        }
        for price in [0.0, -1.0, f64::NAN, f64::INFINITY] {
            assert!(
                reproduction(&triggers, &depth, 0.01, &[price]).is_err(),
                "{price}"
            );
        }
    }

    #[test]
    fn crossings_are_told_while_the_price_falls() {
        let point = |price: f64, r: f64| Reproduction {
            price,
            tokens: 0.0,
            fall: 0.0,
            r,
        };
        let points = [
            (60.0, 0.2),
            (100.0, 0.0),
            (90.0, 0.5),
            (80.0, 1.5),
            (70.0, 1.2),
        ];
        let got = crossings(&points.map(|(price, r)| point(price, r)));
        let want = [(85.0, Direction::Rises), (62.0 + 6.0, Direction::Falls)];
        assert_eq!(got.len(), want.len());
        for (got, (price, direction)) in got.iter().zip(want) {
            assert!(
                (got.price - price).abs() < 1e-9 && got.direction == direction,
                "{got:?}"
            );
        }
        assert!(crossings(&[]).is_empty());
        assert_eq!(amplification(0.75), 4.0);
        assert_eq!(amplification(1.0), f64::INFINITY);
    }

    #[test]
    fn an_asset_without_a_venue_does_not_move() {
        let depth = Depth::new(&[pool()], 1, impact(1.0, 0.5), 0).unwrap();
        assert!(!depth.has_venues());
        assert_eq!(depth.fall(100.0, 1e6).unwrap(), 0.0);
        assert_eq!(depth.slippage(100.0, 1e6).unwrap(), 0.0);
        assert_eq!(depth.largest_sale(100.0, 0.05).unwrap(), f64::INFINITY);
    }

    proptest! {
        /// Selling more falls further, and half of the depth never falls less.
        #[test]
        fn falls_grow_with_sales_and_shrink_with_depth(
            tokens in 0.0..1e5f64, more in 0.0..1e5f64, weight in 0.0..=1.0f64, stays in 0.0..=1.0f64,
        ) {
            let depth = Depth::new(&[pool()], 0, impact(weight, stays), 0).unwrap();
            let less = depth.fall(100.0, tokens).unwrap();
            prop_assert!(less <= depth.fall(100.0, tokens + more).unwrap() + 1e-12);
            prop_assert!((0.0..1.0).contains(&less));
            let half = ConstantProduct::fixed(5_000.0, 500_000.0);
            let half = venue(0, Liquidity::ConstantProduct(half));
            let half = Depth::new(&[half], 0, impact(weight, stays), 0).unwrap();
            prop_assert!(less <= half.fall(100.0, tokens).unwrap() + 1e-12);
        }
    }
}
